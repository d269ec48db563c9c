"""Reading a page as tests need it: its links, and the text of what an attribute names."""

import re
from html.parser import HTMLParser
from typing import Any

from fastapi.testclient import TestClient


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.addresses: list[str] = []
        self.marked: list[tuple[dict[str, str], str, str]] = []
        self._open: list[tuple[str, dict[str, str], str]] = []
        self._href = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.addresses += [given[name] for name in ("src", "href", "action", "data", "poster") if name in given]
        if tag == "a":
            self._href = given.get("href", "")
        self._open.append((tag, given, self._href))

    def handle_data(self, data: str) -> None:
        if self._open and data.strip():
            _, given, href = self._open[-1]
            self.marked.append((given, href, data.strip()))


def addresses(page: str) -> list[str]:
    """Everything the page loads or leads to."""
    reader = _Reader()
    reader.feed(page)
    return reader.addresses


def numbers(page: str, attribute: str) -> dict[str, tuple[int, str]]:
    """Of elements that carry an attribute: its value → (the number shown, the address it opens)."""
    reader = _Reader()
    reader.feed(page)
    return {given[attribute]: (int(text), href) for given, href, text in reader.marked if attribute in given}


def shown(page: str, element_id: str) -> str:
    """Text of the element of that id."""
    reader = _Reader()
    reader.feed(page)
    return next(text for given, _, text in reader.marked if given.get("id") == element_id)


def rows(client: TestClient, address: str) -> list[str]:
    """Every row of a list, all its pages together."""
    found: list[str] = []
    next_page: str | None = address
    while next_page:
        page = client.get(next_page).text
        found += re.findall(r'<tr class="row".*?</tr>', page, flags=re.DOTALL)
        match = re.search(r'rel="next" href="([^"]+)"', page)
        next_page = match[1].replace("&amp;", "&") if match else None
    return found


def packages(client: TestClient, address: str) -> int:
    """How many packages a list of items names; a code used on two packages is one row of two."""
    return sum(int(re.findall(r'data-packages="([0-9]+)"', row)[0]) for row in rows(client, address))


def log_in(client: TestClient, name: str, password: str, **fields: Any) -> Any:
    """Fills in the log-in form."""
    form = client.get("/login").text
    token = re.findall(r'action="/login">\s*<input type="hidden" name="token" value="([^"]+)"', form)[0]
    return client.post("/login", data={"name": name, "password": password, "token": token} | fields)
