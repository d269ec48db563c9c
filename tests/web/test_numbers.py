"""The numbers on the pages are those of the reconciliation, and each opens a list with that many rows."""

import re

import pytest
from fastapi.testclient import TestClient

from schemas.reasons import CLASSES, REASONS
from tests.stories_builder import CARRIER, CLINIC, COLLECTOR, OTHER_CLINIC, PLANT, TRANSFER
from tests.web.conftest import District
from tests.web.reading import addresses, numbers, packages, rows, shown
from wasteledger.flows.questions import ask
from wasteledger.web.pages import PAGE_ROWS_MAX
from wasteledger.web.view import BAR_MIN, BAR_UNITS, bar_widths, percent


def test_the_first_page_shows_the_rates_of_the_reconciliation(district: District, browser: TestClient) -> None:
    page = browser.get("/").text
    rates = ask(district.service).district.rates()
    assert 0 < (rates["rate_proved_mass"] or 0) < (rates["rate_due_mass"] or 0) < 1
    assert shown(page, "rate-proved") == percent(rates["rate_proved_mass"])
    assert shown(page, "rate-due") == percent(rates["rate_due_mass"])
    for rate in rates.values():
        assert f">{percent(rate)}<" in page


def test_every_class_opens_that_many_packages_and_they_add_up(district: District, browser: TestClient) -> None:
    answer = ask(district.service)
    page = browser.get("/").text
    found = numbers(page, "data-class")
    assert {name: number for name, (number, _) in found.items()} == {
        name: amount.count for name, amount in answer.district.classes.items()
    }
    assert sum(number for number, _ in found.values()) == int(shown(page, "cohort")) == answer.district.total.count == 8
    assert {name for name, (number, _) in found.items() if number} == {
        "safely_disposed", "on_its_way", "overdue", "chain_broken", "disposed_not_provably",
    }  # fmt: skip
    for number, href in found.values():
        assert packages(browser, href) == number


@pytest.mark.parametrize("attribute", ["data-division", "data-waste"])
def test_every_township_and_waste_opens_that_many_packages(browser: TestClient, attribute: str) -> None:
    found = numbers(browser.get("/").text, attribute)
    assert sum(number for number, _ in found.values()) == 8
    for number, href in found.values():
        assert packages(browser, href) == number


def test_a_township_asked_for_alone_shows_itself_only(district: District, browser: TestClient) -> None:
    answer = ask(district.service, region="500114001")
    assert answer.district.total.count == 0
    assert "这段时间、这个区域没有封装过包装" in browser.get("/?region=500114001").text


def test_every_finding_code_opens_that_many_rows(district: District, browser: TestClient) -> None:
    found = numbers(browser.get("/").text, "data-finding")
    assert {code: number for code, (number, _) in found.items()} == ask(district.service).finding_counts()
    assert {"duplicate_code", "overdue_pickup", "weight_difference", "device_gap"} <= set(found)
    for number, href in found.values():
        assert len(rows(browser, href)) == number


def test_every_site_that_has_to_act_opens_that_many_rows(district: District, browser: TestClient) -> None:
    found = numbers(browser.get("/").text, "data-site")
    assert sum(number for number, _ in found.values()) == len(ask(district.service).findings)
    for number, href in found.values():
        assert len(rows(browser, href)) == number


def test_the_shares_open_what_they_are_made_of(district: District, browser: TestClient) -> None:
    answer = ask(district.service)
    on_its_way = answer.district.classes["on_its_way"].count
    assert packages(browser, "/items?class=due") == answer.district.total.count - on_its_way
    assert packages(browser, "/items?phase=disposed") == answer.district.disposed.count == 4
    assert packages(browser, "/items?class=safely_disposed&evidence=inferred") == answer.district.inferred.count == 2


def test_a_finding_names_items_evidence_and_who_must_act(district: District, browser: TestClient) -> None:
    (row,) = rows(browser, "/findings?code=weight_difference")
    (finding,) = (one for one in ask(district.service).findings if one.code == "weight_difference")
    assert f'href="/items/{district.lighter}"' in row
    assert district.service.directory().site_name(TRANSFER) in row
    assert "已逾期" in row
    for event_id in finding.evidence:
        anchor = re.findall(rf'href="/items/{district.lighter}#([^"]+)" title="{re.escape(event_id)}"', row)[0]
        assert f'id="{anchor}"' in browser.get(f"/items/{district.lighter}").text


def test_evidence_about_a_device_opens_a_package_it_scanned(browser: TestClient) -> None:
    (row,) = rows(browser, "/findings?code=device_gap")
    assert "设备记录" in row
    assert 'href="/items/' in row


def test_a_long_list_has_pages(district: District, browser: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("wasteledger.web.pages.PAGE_ROWS_MAX", 3)
    assert PAGE_ROWS_MAX > 3
    assert len(re.findall('class="row"', browser.get("/items").text)) == 3
    assert {code for row in rows(browser, "/items") for code in district.bags if code in row} == set(district.bags)
    assert browser.get("/items?page=4").status_code == 422


def test_only_all_of_it_shows_as_100_percent() -> None:
    assert [percent(rate) for rate in (0.0, 0.5, 0.99999, 0.999999, 1.0, None)] == [
        "0.00 %", "50.00 %", "99.99 %", "99.99 %", "100 %", "—",
    ]  # fmt: skip


@pytest.mark.parametrize("parts", [[1, 10_000_000, 0, 1], [3, 3, 3], [5], [1] * 7])
def test_the_bar_adds_up_and_shows_everything_that_is_there(parts: list[int]) -> None:
    widths = bar_widths(parts)
    assert sum(widths) == BAR_UNITS
    assert all((width >= BAR_MIN) == bool(part) for width, part in zip(widths, parts, strict=True))
    assert bar_widths([0, 0]) == [0, 0]


def test_an_item_shows_its_steps_in_order_with_their_evidence(district: District, browser: TestClient) -> None:
    page = browser.get(f"/items/{district.safe}").text
    titles = re.findall(r'<li class="step[^>]*>\s*<h3>(\S+)', page)
    assert titles == ["发码", "封装", "交出", "接收", "交出", "接收", "装箱", "交出", "接收", "交出", "接收", "处置"]
    assert page.count('class="step inferred') == 5
    assert page.count("双方设备") == 4  # at each acceptance
    names = district.service.directory().site_name
    hops = [(CLINIC, COLLECTOR), (COLLECTOR, TRANSFER), (TRANSFER, CARRIER), (CARRIER, PLANT)]
    for giver, taker in hops:
        assert page.count(f'{names(giver)} <span class="arrow">→</span> {names(taker)}') == 2
    assert CLASSES["safely_disposed"][0] in page
    assert "整箱重量" in page
    assert "链条到此结束" in page


def test_a_doubt_stands_at_the_step_it_arises_from(district: District, browser: TestClient) -> None:
    page = browser.get(f"/items/{district.lighter}").text
    doubted = re.findall(r'<li class="step[^"]*doubted.*?</li>', page, flags=re.DOTALL)
    (step,) = [step for step in doubted if REASONS["weight_difference"].zh in step]
    assert "1.3 kg" in step
    assert "接收" in step


def test_a_finding_of_its_manifest_stands_on_the_page_of_each_package(district: District, browser: TestClient) -> None:
    """What the manifest lacks concerns the package, though no step of its own chain is wrong."""
    for code in (district.safe, district.lighter):
        page, told = browser.get(f"/items/{code}").text, browser.get(f"/v1/items/{code}").json()
        assert REASONS["manifest_mismatch"].zh in page
        assert "manifest_mismatch" in {finding["code"] for finding in told["findings"]}
        assert "manifest_mismatch" not in {doubt["code"] for doubt in told["doubts"]}
    fresh = browser.get(f"/v1/items/{district.fresh}").json()
    assert fresh["findings"] == []


def test_every_finding_that_names_a_package_is_among_those_of_the_package(
    district: District, browser: TestClient
) -> None:
    found = ask(district.service).findings
    for code in district.bags:
        named = {finding.finding_id for finding in found if code in finding.items}
        shown_here = browser.get(f"/v1/items/{code}").json()["findings"]
        assert named <= {finding["finding_id"] for finding in shown_here}
        assert len(shown_here) == len({finding["finding_id"] for finding in shown_here})


def test_a_missing_step_is_shown_with_who_and_by_when(district: District, browser: TestClient) -> None:
    late = browser.get(f"/items/{district.forgotten}").text
    assert "缺失的一步：等待收运" in late
    assert "已逾期" in late
    assert REASONS["overdue_pickup"].zh in late
    assert f"应由 {district.service.directory().site_name(OTHER_CLINIC)} 在" in late
    in_time = browser.get(f"/items/{district.fresh}").text
    assert "下一步：等待收运" in in_time
    assert "还剩" in in_time
    assert "缺失的一步" not in in_time


def test_no_page_loads_or_leads_anywhere_else(district: District, browser: TestClient) -> None:
    pages = ["/", "/findings", "/items", "/login", "/items/nothing", *(f"/items/{code}" for code in district.bags)]
    for path in pages:
        found = addresses(browser.get(path).text)
        assert found
        assert [address for address in found if not re.match(r"/(?!/)|#", address)] == []
    style = browser.get("/static/style.css").text
    assert re.findall(r"url\(([^)]*)\)", style) == ['"/static/fonts/NotoSansSC-Medium.ttf"']
    assert "@import" not in style
