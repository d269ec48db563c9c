"""Pages of manifests, due steps and cases, from outside: what they show, where they lead, and what strangers do not see."""

import re
from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient

from tests.stories_builder import CARRIER, CLINIC, COLLECTOR, OTHER_CLINIC, PLANT, TRANSFER
from tests.web.conftest import District
from tests.web.reading import addresses, log_in, rows
from wasteledger import clock
from wasteledger.app import make_app
from wasteledger.domain.legal_days import china_day
from wasteledger.flows.accounts import create_account
from wasteledger.flows.case_book import findings_now
from wasteledger.flows.cases import answer_case, open_case
from wasteledger.flows.due import due_today
from wasteledger.flows.manifest_forms import manifest_json
from wasteledger.flows.manifest_questions import list_manifests

NOTE = "已找到，照片附后"
PDF = b"%PDF-1.4 evidence"


@pytest.fixture(scope="module")
def number(district: District) -> str:
    """The one manifest of the district."""
    (manifest,) = list_manifests(district.service).manifests
    return manifest.number


@pytest.fixture(scope="module")
def case(district: District) -> str:
    """A case on the forgotten bag, answered with a paper."""
    standing = findings_now(district.service, clock.now_ms())
    (finding,) = (one for one in standing if one.code == "overdue_pickup" and district.forgotten in one.items)
    opened = open_case(district.service, finding.finding_id)
    answer_case(district.service, opened.number, NOTE, [PDF])
    return opened.number


@pytest.fixture
def closed(district: District, monkeypatch: pytest.MonkeyPatch) -> Iterator[TestClient]:
    """The same service without public pages."""
    monkeypatch.setattr(district.service.settings, "public_pages", False)
    with TestClient(make_app(district.service), follow_redirects=False) as client:
        yield client


def test_the_first_page_leads_to_what_is_due_to_manifests_and_to_cases(browser: TestClient) -> None:
    found = addresses(browser.get("/").text)
    for path in ("/due", "/manifests?late=1", "/cases"):
        assert path in found
        assert browser.get(path).status_code == 200


def test_a_manifest_is_listed_by_its_site_and_month_and_nowhere_else(
    district: District, browser: TestClient, number: str
) -> None:
    month = f"{china_day(clock.now_ms() - 4 * 86_400_000):%Y-%m}"
    for site in (TRANSFER, CARRIER, PLANT):
        (row,) = rows(browser, f"/manifests?site={site}&month={month}")
        assert f'href="/manifests/{number}"' in row
        assert "4 / 4" in row
        assert district.service.directory().site_name(TRANSFER) in row
    assert rows(browser, f"/manifests?site={COLLECTOR}") == rows(browser, "/manifests?month=2020-01") == []
    assert rows(browser, "/manifests?phase=voided") == []
    assert "没有符合条件的联单" in browser.get("/manifests?phase=voided").text


def test_a_manifest_shows_its_contents_and_each_item_opens(
    district: District, browser: TestClient, number: str
) -> None:
    page = browser.get(f"/manifests/{number}").text
    shown = manifest_json(district.service, number, persons=False)
    items = {code for row in shown["contents"] for code in row["items"]}
    assert len(items) == 4
    found = addresses(page)
    for code in items:
        assert f"/items/{code}" in found
        assert browser.get(f"/items/{code}").status_code == 200
    assert f"/v1/manifests/{number}.pdf" in found
    (row,) = shown["contents"]
    assert re.search(rf"{row['waste_code']}</code></th><td class=\"n\">4</td>", page)


def test_each_field_leads_to_the_record_that_seals_it(district: District, browser: TestClient, number: str) -> None:
    page = browser.get(f"/manifests/{number}").text
    shown = manifest_json(district.service, number, persons=False)
    places = {event["event_id"]: event["index"] for event in shown["events"]}
    sealed = [field for field in shown["fields"] if field["sealed_by"]]
    assert {field["field"] for field in sealed} >= {"handed_over_at", "vehicle", "accepted_at"}
    for field in sealed:
        row = re.search(rf'"><?[^<]*{field["zh"]}.*?</tr>', page, flags=re.DOTALL)
        assert row
        assert f'href="/v1/entries/{places[field["sealed_by"]]}"' in row[0]
    for index in places.values():
        assert f"№ {index}" in page
    assert len(places) == page.count("№ ")


def test_a_manifest_names_its_findings(district: District, browser: TestClient, number: str) -> None:
    standing = findings_now(district.service, clock.now_ms())
    own = [finding.code for finding in standing if finding.detail == number]
    assert own == ["manifest_mismatch"]
    page = browser.get(f"/manifests/{number}").text
    assert re.findall(r'data-finding="([^"]+)"', page) == own
    (row,) = rows(browser, f"/manifests?site={PLANT}")
    assert f'href="/manifests/{number}#findings">1<' in row


def test_persons_of_a_manifest_are_for_those_logged_in(district: District, browser: TestClient, number: str) -> None:
    people = district.service.directory().register.people
    stranger = browser.get(f"/manifests/{number}").text
    assert [person for person in people if person.name in stranger or person.actor in stranger] == []
    assert "登录后可见" in stranger
    log_in(browser, *district.login)
    known = browser.get(f"/manifests/{number}").text
    assert [person.name for person in people if person.name in known] != []
    assert "登录后可见" not in known


def test_a_number_is_looked_up_and_an_unknown_one_is_not_found(browser: TestClient, number: str) -> None:
    assert browser.get("/search", params={"code": f"{number[:4]} {number[4:]}"}).headers["location"] == (
        f"/manifests/{number}"
    )
    assert browser.get("/manifests/20205001000001").status_code == 404
    assert browser.get("/manifests/123").status_code == 422
    assert browser.get("/cases/DB-202001-0001").status_code == 404
    assert browser.get("/cases/x").status_code == 422


def test_due_shows_every_step_and_each_site_its_own(district: District, browser: TestClient) -> None:
    everything = due_today(district.service).rows
    assert len(rows(browser, "/due")) == len(everything)
    own = [row for row in everything if row.site == OTHER_CLINIC]
    assert own
    shown = rows(browser, f"/due?site={OTHER_CLINIC}")
    assert len(shown) == len(own)
    assert any(f'href="/items/{district.forgotten}"' in row and "已逾期" in row for row in shown)
    late = [row for row in everything if row.late_ms]
    assert len(rows(browser, "/due?when=late")) == len(late)
    assert len(rows(browser, "/due?when=today")) == len(everything) - len(late)
    picked = [row for row in everything if row.reason == "overdue_pickup" and row.kind == "item"]
    assert len(rows(browser, "/due?step=overdue_pickup")) == len(picked)


def test_due_is_my_sites_own_unless_i_am_the_regulator(district: District, browser: TestClient) -> None:
    everything = due_today(district.service).rows
    log_in(browser, *district.login)
    assert len(rows(browser, "/due")) == len(everything)
    with TestClient(make_app(district.service), follow_redirects=False) as other:
        clinic = create_account(district.service, "a-clinic", role="clinic", site=OTHER_CLINIC)
        log_in(other, clinic.name, clinic.password)
        assert len(rows(other, "/due")) == len([row for row in everything if row.site == OTHER_CLINIC])
        assert len(rows(other, "/due?site=")) == len(everything)


def test_a_long_due_list_has_pages_that_keep_the_question(
    district: District, browser: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    everything = due_today(district.service).rows
    assert len(everything) > 1
    monkeypatch.setattr("wasteledger.web.duty_pages.ROWS_MAX", 1)
    assert len(re.findall('class="row"', browser.get("/due").text)) == 1
    assert len(rows(browser, "/due")) == len(everything)
    assert browser.get(f"/due?page={len(everything) + 1}").status_code == 422


def test_a_case_tells_owner_day_acts_evidence_and_what_would_close_it(
    district: District, browser: TestClient, case: str
) -> None:
    (row,) = rows(browser, "/cases?status=answered")
    assert f'href="/cases/{case}"' in row
    owner = district.service.directory().site_name(OTHER_CLINIC)
    assert owner in row
    assert rows(browser, "/cases?status=closed") == rows(browser, f"/cases?site={CLINIC}") == []
    page = browser.get(f"/cases/{case}").text
    assert re.findall(r'<li class="step">\s*<h3>(\S+)', page) == ["立案", "答复"]
    assert owner in page
    assert "只有事实能办结" in page
    assert f'href="/items/{district.forgotten}"' in page
    anchors = re.findall(rf'href="/items/{district.forgotten}#([^"]+)"', page)
    assert anchors
    assert f'id="{anchors[0]}"' in browser.get(f"/items/{district.forgotten}").text


def test_what_was_said_in_a_case_and_its_files_are_for_those_logged_in(
    district: District, browser: TestClient, case: str
) -> None:
    stranger = browser.get(f"/cases/{case}").text
    assert NOTE not in stranger
    assert "/v1/evidence/" not in stranger
    assert "登录后可见" in stranger
    log_in(browser, *district.login)
    known = browser.get(f"/cases/{case}").text
    assert NOTE in known
    (file,) = (address for address in addresses(known) if address.startswith("/v1/evidence/"))
    assert browser.get(file).content == PDF


def test_closed_pages_send_strangers_to_log_in(closed: TestClient, number: str, case: str) -> None:
    for path in ("/manifests", f"/manifests/{number}", "/due?site=x", "/cases", f"/cases/{case}"):
        answer = closed.get(path)
        assert answer.status_code == 303
        assert answer.headers["location"].startswith("/login?next=%2F")


@pytest.mark.parametrize(
    "path",
    ["/manifests?phase=x", "/manifests?month=2026-13", "/manifests?late=2", "/manifests?page=2", "/manifests?page=0", "/manifests?page=²",
     "/due?step=x", "/due?when=x", "/due?page=99", "/cases?status=x", "/cases?page=9"],
)  # fmt: skip
def test_an_unknown_filter_is_an_error_not_an_empty_list(browser: TestClient, path: str) -> None:
    answer = browser.get(path)
    assert answer.status_code == 422
    assert "这个问题无法回答" in answer.text


@pytest.mark.parametrize("path", ["/manifests?site=x", "/due?site=x", "/cases?site=x"])
def test_an_unknown_site_is_not_found(browser: TestClient, path: str) -> None:
    assert browser.get(path).status_code == 404


def test_the_pages_speak_both_languages_and_show_no_key(browser: TestClient, number: str, case: str) -> None:
    paths = ("/manifests", f"/manifests/{number}", "/due", "/cases", f"/cases/{case}")
    for language, word in (("zh", "转移联单"), ("en", "Transfer manifests")):
        pages = [browser.get(path, params={"lang": language}).text for path in paths]
        assert word in pages[0]
        for page in pages:
            text = re.sub(r"<[^>]+>", " ", page)
            keys = r"\b(?:manifests?|due|cases?|step|paper|kind|nav|act|field|severity)\.[A-Za-z_]+"
            assert re.findall(keys, text) == []
            assert [address for address in addresses(page) if not re.match(r"/(?!/)|#", address)] == []
            assert re.findall(r"\sstyle=|<style|<script|\son\w+=", page) == []


def test_before_a_district_is_loaded_the_pages_name_the_command(empty_browser: TestClient) -> None:
    for path in ("/manifests", "/due", "/cases", "/manifests/20265001000001", "/cases/DB-202611-0001"):
        answer = empty_browser.get(path)
        assert answer.status_code == 404
        assert "wasteledger load district.yaml" in answer.text
