"""Ghosts, voids, corrections down and late additions: on the first page, in JSON and on the command line, each with its site."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from typer.testing import CliRunner

from schemas.codes import stock_code
from tests.reports.months import put_into
from tests.stories_builder import CLINIC, COLLECTOR, HOSPITAL, OFFICE, PHOTO, PLANT, TRANSFER, Story, ms
from tests.web.reading import numbers, packages, rows, shown
from wasteledger import clock
from wasteledger.app import make_app
from wasteledger.cli import cli
from wasteledger.flows.service import Service
from wasteledger.settings import Settings

#: Seen moving and never sealed, twice; sealed by the plant; declared as opening stock and not confirmed.
GHOST, GHOST2, PLANTS, STOCK = (stock_code("500114", serial) for serial in range(40, 44))
#: Sealed by the clinic and voided, corrected down, kept, and handed in three days later.
VOIDED, LOWERED, KEPT, LATE = (stock_code("500114", serial) for serial in range(50, 54))
PERIOD = "from=2026-11-01&to=2026-11-02"
DAY_MS = 86_400_000


def _story() -> Story:
    story = Story()
    story.issue(GHOST, GHOST2, VOIDED, LOWERED, KEPT, LATE)
    story.hop([GHOST, GHOST2], COLLECTOR, TRANSFER, at="02 10:00")
    story.seal(PLANTS, site=PLANT, mass_g=3000, at="02 11:00")
    story.declare_stock(STOCK, mass_g=1500)
    story.tell(OFFICE, "evidenced", at="01 08:30", attachments=[PHOTO], size_bytes=1200, media="image/jpeg")
    sealing = story.seal(LOWERED, mass_g=2000)
    story.seal(VOIDED, mass_g=700)
    story.seal(KEPT, mass_g=1000)
    void = story.tell(CLINIC, "voided", at="02 09:00", codes=[VOIDED], reason="never_was", attachments=[PHOTO])
    story.confirm(void, VOIDED, at="02 10:00")
    lowering = {"codes": LOWERED, "target": sealing, "at": "02 12:00", "reason": "wrong_mass", "mass_g": 800}
    said = story.correct(site=CLINIC, **lowering)
    story.correct(site=OFFICE, agrees_with=said, **(lowering | {"at": "02 13:00"}))
    story.seal(LATE, mass_g=500, at="02 15:00", delay_ms=3 * DAY_MS)
    return story


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("apart")
    service = Service(Settings(data_dir=made, database_url="", node="node1", sign=False))
    put_into(service, _story())
    service.close()
    return made


@pytest.fixture
def browser(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[TestClient]:
    monkeypatch.setattr(clock, "now_ms", lambda: ms("06 08:00"))
    service = Service(Settings(data_dir=folder, database_url="", node="node1", public_pages=True, sign=False))
    with TestClient(make_app(service)) as client:
        yield client
    service.close()


def told(browser: TestClient, address: str = f"/v1/reconciliation?{PERIOD}") -> dict[str, Any]:
    answer: dict[str, Any] = browser.get(address).json()
    return answer


def typed(folder: Path, *words: str) -> str:
    result = CliRunner().invoke(cli, list(words), env={"WASTELEDGER_DATA_DIR": str(folder)})
    assert result.exit_code == 0, result.output
    return result.output


def reconciled(folder: Path, *words: str) -> str:
    return typed(folder, "reconcile", "--from", "2026-11-01", "--to", "2026-11-02", *words)


def table(page: str, heading: str) -> dict[str, list[str]]:
    """The rows of the table under a heading: the first cell, and the text of the others."""
    part = page.partition(f'id="{heading}"')[2].partition("</table>")[0].partition("<tbody>")[2]
    cells = [re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, flags=re.DOTALL) for row in part.split("</tr>")]
    texts = [[re.sub(r"<[^>]+>", "", cell).strip() for cell in row] for row in cells if row]
    return {row[0]: row[1:] for row in texts}


def test_what_nobody_sealed_is_listed_by_site_with_what_is_known_of_its_mass(browser: TestClient) -> None:
    page, answer = browser.get(f"/?{PERIOD}").text, told(browser)
    listed = {row["site"]: (row["count"], row["mass_g"], row["mass_unknown_count"]) for row in answer["unsealed"]}
    assert listed == {COLLECTOR: (2, 0, 2), PLANT: (1, 3000, 0), TRANSFER: (1, 1500, 0)}
    assert table(page, "unsealed") == {
        "收运队": ["2", "重量未知", "2"],
        "处置中心": ["1", "3 kg", "0"],
        "镇卫生院中转点": ["1", "1.5 kg", "0"],
    }
    for number, href in numbers(page, "data-unsealed").values():
        assert packages(browser, href) == number
    english = browser.get(f"/?{PERIOD}&lang=en").text
    assert table(english, "unsealed")["收运队"] == ["2", "mass unknown", "2"]


def test_the_command_line_lists_them_too(folder: Path, browser: TestClient) -> None:
    lines = reconciled(folder)
    assert "  来源不明 2 件 重量未知，其中重量未知 2 件\t收运队" in lines
    assert "  来源不明 1 件 3 kg\t处置中心" in lines
    assert json.loads(reconciled(folder, "--json"))["unsealed"] == told(browser)["unsealed"]


def test_the_classes_add_up_with_a_ghost_in_the_sum(browser: TestClient) -> None:
    page, answer = browser.get(f"/?{PERIOD}").text, told(browser)
    classes = answer["classes"]
    assert classes["unsealed"] == {"count": 4, "mass_g": 4500}
    for unit in ("count", "mass_g"):
        assert sum(amount[unit] for amount in classes.values()) == answer["total"][unit]
        assert sum(item["amount"][unit] or 0 for item in answer["items"]) == answer["total"][unit]
    found = {name: number for name, (number, _) in numbers(page, "data-class").items()}
    assert found == {name: amount["count"] for name, amount in classes.items()}
    assert sum(found.values()) == int(shown(page, "cohort")) == len(answer["items"]) == 7
    assert page.count("另 2 件重量未知") == 2  # of the class, and of the sum
    for attribute in ("data-division", "data-waste"):
        groups = numbers(page, attribute)
        assert sum(number for number, _ in groups.values()) == 7
        for number, href in groups.values():
            assert packages(browser, href) == number


def test_without_a_mass_it_says_so_instead_of_0_kg(folder: Path, browser: TestClient) -> None:
    page, item = browser.get(f"/items/{GHOST}").text, told(browser, f"/v1/items/{GHOST}")
    assert (item["mass_g"], item["class"]) == (None, "unsealed")
    assert "重量未知" in page
    assert "mass unknown" in browser.get(f"/items/{GHOST}?lang=en").text
    assert "重量未知" in typed(folder, "item", GHOST)
    (row,) = (row for row in rows(browser, f"/items?{PERIOD}&lang=zh") if f"{GHOST}</code>" in row)
    assert "重量未知" in row
    listed = {row["code"]: row["amount"]["mass_g"] for row in told(browser)["items"]}
    assert (listed[GHOST], listed[PLANTS], listed[STOCK], listed[KEPT]) == (None, 3000, 1500, 1000)
    for text in (page, row, reconciled(folder), browser.get(f"/?{PERIOD}").text):
        assert not re.search(r"[1-9][0-9]* 件( ·)? 0 kg", text)
    stock = told(browser, f"/v1/items/{STOCK}")
    assert stock["mass_g"] == 1500
    assert "1.5 kg" in browser.get(f"/items/{STOCK}").text
    assert "1.5 kg" in typed(folder, "item", STOCK)


def test_a_site_of_the_list_is_a_filter_of_the_packages(browser: TestClient) -> None:
    listed = browser.get(f"/items?{PERIOD}&site={COLLECTOR}").text
    assert listed.count('class="row"') == 2
    assert "<span>收运队</span>" in listed
    assert browser.get(f"/items?{PERIOD}&site=C500114999999").status_code == 422


def test_what_was_voided_and_corrected_down_stands_by_site_with_its_share(folder: Path, browser: TestClient) -> None:
    page, answer = browser.get(f"/?{PERIOD}").text, told(browser)
    (row,) = answer["withdrawn"]
    assert (row["site"], row["site_name"]) == (CLINIC, "大坪村卫生室")
    assert (row["sealed_count"], row["sealed_g"]) == (4, 4200)
    assert (row["voided_count"], row["voided_g"], row["lowered_count"], row["lowered_g"]) == (1, 700, 1, 1200)
    assert (row["share_count"], row["share_mass"]) == (0.5, 0.45238)
    assert table(page, "taken-back") == {"大坪村卫生室": ["1", "0.7", "1", "1.2", "50.00 %", "45.23 %"]}
    assert answer["voided"] == {"count": 1, "mass_g": 700}
    assert "  作废 1 件 0.7 kg，核减 1 件 1.2 kg\t占封装 50.00 %（按件）\t大坪村卫生室" in reconciled(folder)
    assert HOSPITAL not in {row["site"] for row in answer["withdrawn"]}


def test_what_was_handed_in_after_the_period_is_marked(folder: Path, browser: TestClient) -> None:
    page, answer = browser.get(f"/?{PERIOD}").text, told(browser)
    assert answer["late_additions"] == {"count": 1, "mass_g": 500}
    assert [row["code"] for row in answer["items"] if row["is_late"]] == [LATE]
    assert "期后补报 1 件（0.5 kg）" in page
    assert "期后补报 1 件 0.5 kg" in reconciled(folder)
    marked = [row for row in rows(browser, f"/items?{PERIOD}") if "期后补报" in row]
    assert len(marked) == 1
    assert LATE in marked[0]
    later = browser.get("/items?from=2026-11-01&to=2026-11-30").text
    assert LATE in later
    assert "期后补报" not in later
