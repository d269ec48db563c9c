"""A device's finding about a package, and a record that was not heard, stand on that package's page."""

from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from schemas.reasons import REASONS
from tests.reports.months import put_into
from tests.stories_builder import BAG, CLINIC, COLLECTOR, PLANT, Story, ms
from wasteledger import clock
from wasteledger.app import make_app
from wasteledger.flows.service import Service
from wasteledger.settings import Settings
from wasteledger.web.chain_view import strength_text
from wasteledger.web.texts import Words

DAY_MS = 86_400_000


def _page(folder: Path, story: Story) -> tuple[str, dict[str, list[dict[str, object]]]]:
    service = Service(Settings(data_dir=folder, database_url="", node="node1", public_pages=True, sign=False))
    put_into(service, story)
    with TestClient(make_app(service)) as client:
        page, told = client.get(f"/items/{BAG}").text, client.get(f"/v1/items/{BAG}").json()
    service.close()
    return page, told


@pytest.fixture(autouse=True)
def _now(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now_ms", lambda: ms("30 08:00"))


def test_a_record_that_arrived_late_shows_on_the_page_of_its_package(tmp_path: Path) -> None:
    story = Story()
    story.seal(BAG, at="02 08:00", delay_ms=20 * DAY_MS)
    page, told = _page(tmp_path, story)
    assert REASONS["back_dated"].zh in page
    assert "back_dated" in {finding["code"] for finding in told["findings"]}


def test_an_act_in_anothers_name_is_shown_as_not_entitled_and_changes_nothing(tmp_path: Path) -> None:
    """The clinic's handheld says that the plant burned it."""
    story = Story()
    story.seal(BAG, at="02 08:00")
    story.hop(BAG, CLINIC, COLLECTOR, at="02 14:00")
    burned = {"codes": [BAG], "batch": "炉1", "method": "incineration", "vouch_method": "own_device"}
    note = story.teller(CLINIC).note("disposed", occurred_ms=ms("03 08:00"), site=PLANT, **burned)
    story.write(note, received_ms=ms("03 08:01"))
    page, told = _page(tmp_path, story)
    assert "无权记录，不起作用" in page
    assert REASONS["not_entitled"].zh in page
    assert [step["entitled"] for step in told["steps"]] == [True, True, True, False]
    assert told["phase"] == "held"
    assert "双方设备" in page


@pytest.mark.parametrize(
    ("strength", "zh"),
    [(5, "双方设备"), (4, "工牌加密码"), (3, "工牌"), (2, "纸质"), (1, "外系统"), (0, "无人")],
)
def test_every_strength_has_its_word(strength: int, zh: str) -> None:
    assert strength_text(strength, Words("zh")) == zh
    assert strength_text(strength, Words("en")).isascii()
