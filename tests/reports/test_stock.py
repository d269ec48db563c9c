"""Stock by room, class and day: it always balances, and a stock-take names what it did not find."""

from collections.abc import Iterator
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.codes import box_code
from tests.reports.months import AS_OF, BAGS, INFECTIOUS, NOVEMBER, SHARPS, put_into
from tests.stories_builder import BAG, BAG2, BAG3, CLINIC, COLLECTOR, TRANSFER, Story, ms
from wasteledger import clock
from wasteledger.domain.booking import BookedItem
from wasteledger.domain.reconcile import Amount
from wasteledger.flows.service import Service
from wasteledger.reports.answers import report
from wasteledger.reports.periods import day_ms
from wasteledger.reports.stock import Presence, StockDay, presences, stock_days
from wasteledger.reports.tables import document_json
from wasteledger.settings import Settings

HOUR_MS = 3_600_000
TODAY = date(2026, 11, 30)
ROOMS = ("", "库1", "库2")


@pytest.fixture
def opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Service]:
    monkeypatch.setattr(clock, "now_ms", lambda: AS_OF)
    service = Service(Settings(data_dir=tmp_path, database_url="", node="node1", public_pages=True, sign=False))
    yield service
    service.close()


def rows_of(service: Service, story: Story, table: int, site: str = TRANSFER) -> list[dict[str, Any]]:
    put_into(service, story)
    rows: list[dict[str, Any]] = document_json(report(service, "stock", site=site, month="2026-11", persons=False))[
        "tables"
    ][table]["rows"]
    return rows


def at_the_centre(story: Story, *bags: str, room: str = "库1") -> None:
    for bag in bags:
        story.issue(bag)
        story.seal(bag)
    story.hop(list(bags), CLINIC, COLLECTOR, at="02 14:00")
    story.hop(list(bags), COLLECTOR, TRANSFER, at="02 16:00")
    story.tell(TRANSFER, "stored", at="02 16:30", codes=list(bags), room=room)


hours = st.integers(-72, 32 * 24)


@st.composite
def lives(draw: st.DrawFn) -> BookedItem:
    """A package that was now in one room, now in another, now elsewhere."""
    moments = sorted(draw(st.lists(hours, min_size=2, max_size=6)))
    begun = day_ms(NOVEMBER.first)
    stays = [
        (
            draw(st.sampled_from((TRANSFER, CLINIC))),
            draw(st.sampled_from(ROOMS)),
            begun + a * HOUR_MS,
            begun + b * HOUR_MS,
        )
        for a, b in pairwise(moments)
    ]
    if draw(st.booleans()):
        stays[-1] = (*stays[-1][:3], None)  # type: ignore[assignment]  # it is still there
    code = draw(st.sampled_from(BAGS))
    waste = draw(st.sampled_from((INFECTIOUS, SHARPS)))
    text = orjson.dumps(stays).decode()
    mass_g = draw(st.integers(0, 9_999))
    return BookedItem(code, CLINIC, waste, 0, "", 1, mass_g, None, "held", None, 0, "", None, 0, text, "", "", 0, "")


def there(found: list[Presence], room: str, waste: str, moment_ms: int) -> Amount:
    """What was in a room at a moment, counted for itself."""
    held = [
        presence
        for presence in found
        if (presence.room, presence.waste_code) == (room, waste)
        and presence.begin_ms < moment_ms
        and (presence.end_ms is None or presence.end_ms >= moment_ms)
    ]
    return Amount(len(held), sum(presence.mass_g for presence in held))


@given(st.lists(lives(), max_size=12))
def test_every_room_waste_and_day_balances_with_what_was_there(items: list[BookedItem]) -> None:
    found = presences(items, TRANSFER)
    rows = stock_days(found, NOVEMBER, TODAY)
    shown = {(row.room, row.waste_code, row.day): row for row in rows}
    assert len(shown) == len(rows)
    for offset in range((NOVEMBER.after - NOVEMBER.first).days):
        day = NOVEMBER.first + timedelta(days=offset)
        for room in ROOMS:
            for waste in (INFECTIOUS, SHARPS):
                row = shown.get((room, waste, day))
                opening, closing = (row.opening, row.closing) if row else (Amount(), Amount())
                assert opening == there(found, room, waste, day_ms(day))
                assert closing == there(found, room, waste, day_ms(day + timedelta(days=1)))
                if row:
                    assert closing == _sum(row)


def _sum(row: StockDay) -> Amount:
    came, gone = row.opening.plus(row.came).plus(row.moved_in), row.went.plus(row.moved_out)
    return Amount(came.count - gone.count, came.mass_g - gone.mass_g)


@given(st.lists(lives(), max_size=12))
def test_what_moves_between_rooms_of_a_site_cancels_out(items: list[BookedItem]) -> None:
    rows = stock_days(presences(items, TRANSFER), NOVEMBER, TODAY)
    for day in {row.day for row in rows}:
        moved_in = sum(row.moved_in.count for row in rows if row.day == day)
        assert moved_in == sum(row.moved_out.count for row in rows if row.day == day)


def test_a_day_at_the_centre_shows_what_came_was_put_away_and_left(opened: Service) -> None:
    story = Story()
    at_the_centre(story, BAG, BAG2)
    story.tell(TRANSFER, "stored", at="02 18:00", codes=[BAG2], room="库2")
    story.to_plant([BAG, BAG2])
    rows = {(row["day"], row["room"]): row for row in rows_of(opened, story, 0)}
    first = rows["2026-11-02", "库1"]
    assert [first[f"{what}_count"] for what in ("opening", "came", "moved_in", "went", "moved_out", "closing")] == [
        0, 0, 2, 0, 1, 1,
    ]  # fmt: skip
    assert rows["2026-11-02", "（未入库）"]["came_count"] == 2
    second = rows["2026-11-03", "库2"]
    assert (second["opening_count"], second["went_count"], second["closing_count"]) == (1, 1, 0)
    assert max(day for day, _ in rows) == "2026-11-03"  # an empty room has no rows


def test_a_stock_take_names_what_is_missing_and_what_is_too_much(opened: Service) -> None:
    story = Story()
    at_the_centre(story, BAG, BAG2)
    at_the_centre(story, BAG3, room="库2")
    story.tell(TRANSFER, "counted", at="03 07:00", codes=[BAG, BAG3], room="库1", complete=True)
    (take,) = rows_of(opened, story, 1)
    assert (take["room"], take["expected_count"], take["missing"], take["surplus"]) == ("库1", 2, BAG2, BAG3)


def test_what_lies_in_a_counted_box_is_not_missing(opened: Service) -> None:
    story, box = Story(), box_code("500114", 1)
    at_the_centre(story, BAG, BAG2)
    story.issue(box)
    story.tell(TRANSFER, "packed", at="02 17:00", codes=[BAG, BAG2], box=box)
    story.tell(TRANSFER, "counted", at="03 07:00", codes=[box], room="库1", complete=True)
    (take,) = rows_of(opened, story, 1)
    assert (take["expected_count"], take["missing_count"], take["surplus_count"]) == (2, 0, 0)


def test_what_was_declared_lost_is_in_no_room_until_it_is_found(opened: Service) -> None:
    story = Story()
    at_the_centre(story, BAG)
    story.tell(TRANSFER, "incident", at="05 08:00", codes=[BAG], incident="loss")
    story.tell(TRANSFER, "counted", at="06 07:00", codes=[box_code("500114", 1)], room="库1", complete=True)
    story.tell(TRANSFER, "incident", at="09 08:00", codes=[BAG], incident="found")
    put_into(opened, story)
    tables = document_json(report(opened, "stock", site=TRANSFER, month="2026-11", persons=False))["tables"]
    days = {row["day"]: row["closing_count"] for row in tables[0]["rows"]}
    assert (days["2026-11-04"], days["2026-11-05"], days.get("2026-11-07"), days["2026-11-09"]) == (1, 0, None, 1)
    (take,) = tables[1]["rows"]
    assert (take["expected_count"], take["missing_count"]) == (0, 0)


def test_the_rows_end_today(opened: Service) -> None:
    story = Story()
    at_the_centre(story, BAG)
    days = [row["day"] for row in rows_of(opened, story, 0) if row["room"] == "库1"]
    assert (days[0], days[-1]) == ("2026-11-02", "2026-11-30")
    assert ms("30 00:00") < AS_OF


def test_a_package_is_found_by_the_label_that_took_anothers_place(opened: Service) -> None:
    story = Story()
    at_the_centre(story, BAG, BAG2)
    story.issue(BAG3, site=TRANSFER, at="02 17:00")
    story.tell(TRANSFER, "relabelled", at="02 17:30", codes=[BAG], new_code=BAG3, reason="lost")
    story.tell(TRANSFER, "counted", at="02 18:00", codes=[BAG3, BAG2], room="库1", complete=True)
    (take,) = rows_of(opened, story, 1)
    assert (take["expected_count"], take["missing_count"], take["surplus_count"]) == (2, 0, 0)
