"""Who reads: log-in sessions, the language kept in them, and how often a password may be tried."""

import secrets
from collections import OrderedDict
from threading import Lock
from urllib.parse import quote

from fastapi import HTTPException, Request

from wasteledger import clock
from wasteledger.web.texts import LANGUAGES, Language, Words

#: Wrong passwords for one name within the window; then the name waits until the oldest falls out of it.
ATTEMPTS_MAX = 5
ATTEMPTS_WINDOW_S = 300
#: Names remembered; beyond that the longest untouched is forgotten.
NAMES_MAX = 10_000
TOKEN_BYTES = 24


class Attempts:
    """Tries to log in, by name, in memory: a restart forgets them."""

    def __init__(self) -> None:
        """Nobody has tried yet."""
        self._tries: OrderedDict[str, list[float]] = OrderedDict()
        self._lock = Lock()

    def wait_s(self, name: str) -> float:
        """Counts a try before its password is looked at; returns how long the name must wait, 0 when it may try now."""
        now_s = clock.elapsed_s()
        with self._lock:
            recent = [at_s for at_s in self._tries.get(name, []) if now_s - at_s < ATTEMPTS_WINDOW_S]
            self._tries[name] = recent
            self._tries.move_to_end(name)
            if len(self._tries) > NAMES_MAX:
                self._tries.popitem(last=False)
            if len(recent) >= ATTEMPTS_MAX:
                return ATTEMPTS_WINDOW_S - (now_s - recent[0])
            recent.append(now_s)
        return 0

    def forget(self, name: str) -> None:
        """The right password clears the name."""
        with self._lock:
            self._tries.pop(name, None)


def words(request: Request) -> Words:
    """The reader's language: asked for in the address, else kept in the session, else Chinese."""
    asked = request.query_params.get("lang")
    chosen = asked or request.session.get("lang")
    language: Language = next((known for known in LANGUAGES if known == chosen), "zh")
    if asked:
        request.session["lang"] = language
    return Words(language)


def account_of(request: Request) -> str | None:
    """Name of the account that is logged in."""
    name = request.session.get("account")
    return str(name) if name else None


def token(request: Request) -> str:
    """The secret that forms of this session carry; a form without it was not ours."""
    if "token" not in request.session:
        request.session["token"] = secrets.token_urlsafe(TOKEN_BYTES)
    return str(request.session["token"])


def token_fits(request: Request, given: str) -> bool:
    """Whether a form came from a page of this session."""
    kept = str(request.session.get("token", ""))
    return bool(kept) and secrets.compare_digest(kept.encode(), given.encode())


def to_login(request: Request) -> HTTPException:
    """Sends the reader to the log-in page, and back here afterwards."""
    query = f"?{request.url.query}" if request.url.query else ""
    target = quote(request.url.path + query, safe="")
    return HTTPException(status_code=303, headers={"Location": f"/login?next={target}"})


def local_target(target: str) -> str:
    """Where to go after log-in: a page of ours, never another server's."""
    harmless = target.startswith("/") and not target.startswith("//") and "\\" not in target and target.isprintable()
    return target if harmless else "/"
