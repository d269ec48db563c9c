"""Logging in, who may read what, languages, and error pages that say what to do."""

import re
from collections.abc import Iterator

import pypdfium2
import pytest
from fastapi.testclient import TestClient

from schemas.events import AnyItemEvent
from schemas.reasons import CLASSES, REASONS, Severity
from tests.web.conftest import District
from tests.web.reading import addresses, log_in
from wasteledger import clock
from wasteledger.app import make_app
from wasteledger.domain.legal_days import china_day
from wasteledger.flows.issue_codes import Wanted, issue_codes
from wasteledger.web import session
from wasteledger.web.texts import TEXTS, Words


@pytest.fixture
def closed(district: District, monkeypatch: pytest.MonkeyPatch) -> Iterator[TestClient]:
    """The same service without public pages."""
    monkeypatch.setattr(district.service.settings, "public_pages", False)
    with TestClient(make_app(district.service), follow_redirects=False) as client:
        yield client


def test_logging_in_and_out(district: District, browser: TestClient) -> None:
    answer = log_in(browser, *district.login, next="/findings?code=device_gap")
    assert (answer.status_code, answer.headers["location"]) == (303, "/findings?code=device_gap")
    page = browser.get("/").text
    assert "regulator" in page
    browser.post("/logout", data={"token": "not of this page"})
    assert 'action="/logout"' in browser.get("/").text
    token = re.findall(r'name="token" value="([^"]+)"', page)[0]
    browser.post("/logout", data={"token": token})
    assert 'action="/logout"' not in browser.get("/").text


def test_wrong_password_and_unknown_name_get_the_same_answer(browser: TestClient) -> None:
    answers = [log_in(browser, name, "wrong") for name in ("regulator", "nobody-at-all")]
    assert [answer.status_code for answer in answers] == [401, 401]
    without_token = [re.sub(r'value="[^"]*"', "", answer.text) for answer in answers]
    assert without_token[0] == without_token[1]
    assert "账号或密码不正确" in without_token[0]


def test_a_form_without_the_token_of_this_session_is_refused(district: District, browser: TestClient) -> None:
    name, password = district.login
    answer = browser.post("/login", data={"name": name, "password": password, "token": "x"})
    assert answer.status_code == 403
    assert 'action="/logout"' not in browser.get("/").text


def test_attempts_for_one_name_are_limited_within_a_window(
    district: District, browser: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    now_s = 1000.0
    monkeypatch.setattr(clock, "elapsed_s", lambda: now_s)
    monkeypatch.setattr("wasteledger.web.pages.check_password", lambda *_: None)
    for _ in range(session.ATTEMPTS_MAX):
        assert log_in(browser, "regulator", "wrong").status_code == 401
    monkeypatch.undo()
    monkeypatch.setattr(clock, "elapsed_s", lambda: now_s)
    limited = log_in(browser, *district.login)
    assert limited.status_code == 429
    assert limited.headers["retry-after"] == str(session.ATTEMPTS_WINDOW_S)
    assert log_in(browser, "somebody-else", "wrong").status_code == 401
    now_s += session.ATTEMPTS_WINDOW_S
    assert log_in(browser, *district.login).status_code == 303


def test_names_tried_are_forgotten_beyond_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session, "NAMES_MAX", 3)
    attempts = session.Attempts()
    for number in range(10):
        attempts.wait_s(f"name{number}")
    assert list(attempts._tries) == ["name7", "name8", "name9"]


@pytest.mark.parametrize(
    "target", ["//evil.example/x", "https://evil.example", "/\\evil.example", "javascript:alert(1)", "/\r\nx"]
)
def test_logging_in_never_leads_to_another_server(district: District, browser: TestClient, target: str) -> None:
    assert log_in(browser, *district.login, next=target).headers["location"] == "/"


@pytest.mark.parametrize(
    "path", ["/", "/findings?code=device_gap", "/items", "/items/x", "/search?code=x", "/items/x/label.pdf"]
)
def test_closed_pages_lead_to_the_log_in_and_back(district: District, closed: TestClient, path: str) -> None:
    answer = closed.get(path)
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/login?next=%2F")
    form = closed.get(answer.headers["location"]).text
    target = re.findall(r'name="next" value="([^"]+)"', form)[0].replace("&amp;", "&")
    assert target == path
    assert log_in(closed, *district.login, next=target).headers["location"] == path
    assert closed.get("/").status_code == 200


def test_style_and_log_in_are_open_where_pages_are_closed(closed: TestClient) -> None:
    assert closed.get("/login").status_code == 200
    for path in ("/static/style.css", "/static/mark.svg", "/static/fonts/NotoSansSC-Medium.ttf"):
        assert closed.get(path).status_code == 200


def test_persons_are_named_to_those_logged_in_only(district: District, browser: TestClient) -> None:
    people = district.service.directory().register.people
    path = f"/items/{district.safe}"
    stranger = browser.get(path).text
    assert [person for person in people if person.name in stranger or person.actor in stranger] == []
    log_in(browser, *district.login)
    known = browser.get(path).text
    assert {"吴春梅", "刘文军", "胡玉珍"} <= {person.name for person in people if person.name in known}


def test_a_label_that_names_a_person_is_for_those_logged_in(district: District, browser: TestClient) -> None:
    wanted = Wanted("G500114004001", "900-214-08", "drum", 31_250, 50)
    today = china_day(clock.now_ms()).date()
    path = f"/items/{issue_codes(district.service, [wanted], day=today, stock='试')[0].code}/label.pdf"
    assert browser.get(path).status_code == 303
    log_in(browser, *district.login)
    assert browser.get(path).headers["content-type"] == "application/pdf"


def test_a_medical_label_is_open_where_pages_are(district: District, browser: TestClient) -> None:
    path = f"/items/{district.safe}/label.pdf"
    assert path in addresses(browser.get(f"/items/{district.safe}").text)
    answer = browser.get(path)
    assert answer.headers["content-type"] == "application/pdf"
    pdf = pypdfium2.PdfDocument(answer.content)
    assert district.safe in pdf[0].get_textpage().get_text_range().replace(" ", "")
    pdf.close()


def test_chinese_by_default_english_when_asked_and_kept(browser: TestClient) -> None:
    first = browser.get("/").text
    assert '<html lang="zh-CN">' in first
    assert "处置率是多少" in first
    switch = next(address for address in addresses(first) if "lang=en" in address)
    for path in (switch, "/"):
        page = browser.get(path).text
        assert '<html lang="en">' in page
        assert "What is the rate" in page
        assert "处置率" not in page
    assert '<html lang="zh-CN">' in browser.get("/?lang=zh").text


def test_no_page_shows_a_key_in_place_of_a_text(district: District, browser: TestClient) -> None:
    for language in ("zh", "en"):
        for path in ("/", "/findings", "/items", "/login", *(f"/items/{code}" for code in district.bags)):
            page = re.sub(r"<[^>]+>", " ", browser.get(path, params={"lang": language}).text)
            assert (
                re.findall(r"\b(?:field|kind|class|phase|site|rate|severity|expected|value|vouch)\.[A-Za-z_]+", page)
                == []
            )


def test_every_text_stands_in_both_languages() -> None:
    assert [key for key, (zh, en) in TEXTS.items() if not zh or not en] == []
    assert {
        key for key, (zh, en) in TEXTS.items() if set(re.findall(r"{\w+}", zh)) != set(re.findall(r"{\w+}", en))
    } == set()
    for t in (Words("zh"), Words("en")):
        titles = [t.reason(code) for code in REASONS] + [t.item_class(name) for name in CLASSES]
        assert all(titles)
        assert len(set(titles)) >= len(REASONS)
    kinds = [kind.model_fields["kind"].annotation.__args__[0] for kind in AnyItemEvent.__args__]  # type: ignore[union-attr]
    named = [f"kind.{kind}" for kind in kinds] + [f"severity.{severity}" for severity in Severity]
    named += [f"expected.{code}" for code, reason in REASONS.items() if reason.severity is Severity.OVERDUE]
    assert [key for key in named if key not in TEXTS] == []


def test_english_titles_are_english() -> None:
    titles = [Words("en").reason(code) for code in REASONS] + [Words("en").item_class(name) for name in CLASSES]
    assert [title for title in titles if not title.isascii()] == []


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("from=2026-13-01", "from"),
        ("to=yesterday", "to"),
        ("from=2026-11-03&to=2026-11-01", "exchange"),
        ("from=2001-01-01&to=2026-01-01", "shorter"),
        ("from=2999-01-01&to=2999-01-02", "future"),
        ("region=110000", "region"),
        ("region=" + "1" * 300, "region"),
    ],
)
def test_a_bad_question_gets_a_page_that_says_what_to_do(browser: TestClient, query: str, told: str) -> None:
    for path in ("/", "/findings", "/items"):
        answer = browser.get(f"{path}?{query}")
        assert answer.status_code == 422
        assert answer.headers["content-type"].startswith("text/html")
        assert "这个问题无法回答" in answer.text
        assert told in answer.text


@pytest.mark.parametrize(
    "path",
    ["/items?class=x", "/items?division=x", "/items?phase=x", "/items?evidence=x", "/items?page=0", "/items?page=²",
     "/findings?code=x", "/findings?site=x", "/findings?page=2"],
)  # fmt: skip
def test_an_unknown_filter_is_an_error_not_an_empty_list(browser: TestClient, path: str) -> None:
    assert browser.get(path).status_code == 422


def test_a_code_that_fails_its_check_is_told_so(district: District, browser: TestClient) -> None:
    wrong = district.safe[:-1] + ("A" if district.safe[-1] != "A" else "B")
    for path in (f"/items/{wrong}", f"/search?code={wrong}"):
        answer = browser.get(path)
        assert answer.status_code == 422
        assert "编码没有通过校验" in answer.text
        assert "the last character should be" in answer.text


def test_an_unknown_code_is_not_found(browser: TestClient) -> None:
    answer = browser.get("/items/M500114999999992")
    if answer.status_code == 422:  # the check character the message asks for
        right = re.findall(r"should be (\w)", answer.text)[0]
        answer = browser.get(f"/items/M50011499999999{right}")
    assert answer.status_code == 404
    assert "没有找到" in answer.text


def test_a_typed_code_is_forgiven_its_blanks_and_case(district: District, browser: TestClient) -> None:
    typed = f" {district.safe[:4].lower()} {district.safe[4:8]}-{district.safe[8:].lower()}"
    assert browser.get("/search", params={"code": typed}).headers["location"] == f"/items/{district.safe}"
    assert district.safe in browser.get(f"/items/{typed.strip()}").text
    assert browser.get("/search?code=t500114105001").headers["location"] == "/findings?site=T500114105001"


def test_without_a_district_the_page_names_the_command(empty_browser: TestClient) -> None:
    for path in ("/", "/items", "/items/M50011400000001V"):
        answer = empty_browser.get(path)
        assert answer.status_code == 404
        assert "wasteledger load district.yaml" in answer.text


def test_what_is_typed_is_never_markup(browser: TestClient) -> None:
    answer = browser.get("/", params={"region": "<script>alert(1)</script>"})
    assert "<script" not in answer.text
    assert "&lt;script&gt;" in answer.text


def test_pages_forbid_everything_from_elsewhere(browser: TestClient) -> None:
    answer = browser.get("/")
    assert answer.headers["content-security-policy"].startswith("default-src 'self';")
    assert "unsafe-inline" not in answer.headers["content-security-policy"]
    assert (answer.headers["x-content-type-options"], answer.headers["cache-control"]) == ("nosniff", "no-store")
    assert re.findall(r"\sstyle=|<style|<script|\son\w+=", answer.text) == []
    assert "unsafe-inline" in browser.get("/docs").headers["content-security-policy"]
