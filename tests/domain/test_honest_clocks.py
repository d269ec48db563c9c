"""What the simulated district showed: honest people who scan twice, and devices of one site whose clocks differ; and lies that used it."""

import pytest

from schemas.codes import box_code, stock_code
from tests.stories_builder import (
    BAG,
    BAG2,
    BOX,
    CARRIER,
    CLINIC,
    COLLECTOR,
    INFECTIOUS,
    MANIFEST,
    PLANT,
    TRANSFER,
    VEHICLE,
    Story,
    register,
)
from wasteledger.domain.chain import Chain
from wasteledger.domain.register import Directory
from wasteledger.domain.walk import walk

DIRECTORY = Directory(register())
MINUTE_MS = 60_000
DAY_MS = 24 * 60 * MINUTE_MS
BOX2 = box_code("500114", 2)
PAPERS = {"manifest": MANIFEST, "vehicle": VEHICLE}


def _chain(story: Story, code: str = BAG) -> Chain:
    return walk(code, story.history(), DIRECTORY)


def _reasons(story: Story, code: str = BAG) -> list[str]:
    return [doubt.reason for doubt in _chain(story, code).doubts]


def _sealed(*codes: str) -> Story:
    story = Story()
    story.issue(*codes)
    for number, code in enumerate(codes):
        story.seal(code, mass_g=1000 + number)
    return story


def test_an_acceptance_is_scanned_twice_before_its_release_by_the_clocks() -> None:
    story = _sealed(BAG)
    story.accept(BAG, CLINIC, COLLECTOR, at="02 14:00")
    story.accept(BAG, CLINIC, COLLECTOR, at="02 14:00", after_ms=20_000)
    story.release(BAG, CLINIC, COLLECTOR, at="02 14:01")
    assert _reasons(story) == []


def test_a_scan_made_twice_is_no_second_weighing() -> None:
    codes = [stock_code("500114", serial) for serial in range(1, 7)]
    story = _sealed(*codes)
    story.hop(codes, CLINIC, COLLECTOR, at="02 14:00")
    story.release(codes, COLLECTOR, TRANSFER, at="02 16:00")
    masses_g = [1010 + number for number in range(6)]
    for after_ms in (MINUTE_MS, MINUTE_MS + 20_000):
        story.accept(
            codes, COLLECTOR, TRANSFER, at="02 16:00", after_ms=after_ms, masses_g=masses_g, mass_source="scale"
        )
    assert [_reasons(story, code) for code in codes] == [[]] * 6


def test_one_package_without_a_first_weighing_hides_no_copied_ones() -> None:
    codes = [stock_code("500114", serial) for serial in range(1, 7)]
    story = _sealed(*codes[:5])
    story.issue(codes[5])
    story.hop(codes, CLINIC, COLLECTOR, at="02 14:00")
    story.hop(codes, COLLECTOR, TRANSFER, at="02 16:00", masses_g=[1000, 1001, 1002, 1003, 1004, 900])
    assert set(_reasons(story, codes[0])) == {"copied_weight"}


def test_the_number_of_the_device_proves_a_packing_whatever_the_lorrys_clock_says() -> None:
    """Three days without a network, and a lorry whose clock is behind: it accepts, by its clock, before the release."""
    story = _sealed(BAG)
    story.to_transfer(BAG)
    story.tell(TRANSFER, "packed", at="02 17:00", delay_ms=3 * DAY_MS, codes=[BAG], box=BOX)
    story.draft(MANIFEST, TRANSFER, at="03 08:00", vehicle=VEHICLE, delay_ms=3 * DAY_MS)
    story.accept(BOX, TRANSFER, CARRIER, at="03 08:00", **PAPERS)
    story.tell(TRANSFER, "released", at="03 08:02", delay_ms=3 * DAY_MS, codes=[BOX], to_site=CARRIER, **PAPERS)
    story.hop(BOX, CARRIER, PLANT, at="03 11:00", **PAPERS)
    story.dispose(BOX)
    assert _reasons(story) == []


@pytest.mark.parametrize("again", [BOX2, BOX])
def test_packed_once_more_does_not_say_in_which_of_two_boxes_it_is(again: str) -> None:
    story = _sealed(BAG)
    story.to_transfer(BAG)
    story.tell(TRANSFER, "packed", at="02 17:00", codes=[BAG], box=BOX)
    story.tell(TRANSFER, "packed", at="02 17:05", codes=[BAG], box=BOX2)
    story.tell(TRANSFER, "packed", at="02 17:06", codes=[BAG], box=again)
    assert "in_two_boxes" in _reasons(story)


def test_a_stock_take_knows_a_package_by_its_new_label() -> None:
    story = _sealed(BAG)
    story.issue(BAG2)
    story.tell(CLINIC, "relabelled", at="02 09:00", codes=[BAG], new_code=BAG2, reason="damaged")
    story.to_transfer(BAG2)
    story.tell(TRANSFER, "stored", at="02 16:30", codes=[BAG2], room="暂存间")
    story.tell(TRANSFER, "counted", at="02 20:00", codes=[BAG2], room="暂存间", complete=True)
    assert _reasons(story) == []


@pytest.mark.parametrize(("at", "disputed"), [("02 09:00", False), ("02 18:00", True)])
def test_a_wrong_waste_is_the_holders_to_correct_until_he_hands_over(at: str, *, disputed: bool) -> None:
    story = Story()
    story.issue(BAG)
    sealed = story.seal(BAG, waste_code="841-005-01")
    if not disputed:
        story.correct(BAG, sealed, site=CLINIC, at=at, reason="wrong_waste", waste_code=INFECTIOUS)
    story.to_transfer(BAG)
    if disputed:
        story.correct(BAG, sealed, site=CLINIC, at=at, reason="wrong_waste", waste_code=INFECTIOUS)
    assert _reasons(story) == (["disputed"] if disputed else [])
    assert disputed or _chain(story).waste_code == INFECTIOUS


def test_a_sealing_that_nobody_may_say_is_one_however_often_it_is_said() -> None:
    story = Story()
    story.issue(BAG)
    sealed = {"codes": [BAG], "waste_code": INFECTIOUS, "package": "bag", "mass_source": "scale", "mass_g": 1000}
    for after_ms in (0, 20_000):
        story.tell(CLINIC, "sealed", by=COLLECTOR, at="02 08:00", after_ms=after_ms, **sealed)
    reasons = set(_reasons(story))
    assert "sealing_unconfirmed" in reasons
    assert "duplicate_code" not in reasons


def test_one_lateness_is_named_once() -> None:
    story = _sealed(BAG)
    story.hop(BAG, CLINIC, COLLECTOR, at="05 09:00")
    assert _reasons(story) == ["late_step"]


def test_a_release_scanned_twice_behind_its_acceptance_offers_nothing_anew() -> None:
    """The bag comes back and goes the same way again, and by the clocks the collector accepts first once more."""
    story = _sealed(BAG)
    story.accept(BAG, CLINIC, COLLECTOR, at="02 14:00")
    for after_ms in (0, 20_000):
        story.release(BAG, CLINIC, COLLECTOR, at="02 14:01", after_ms=after_ms)
    story.hop(BAG, COLLECTOR, CLINIC, at="02 17:00")
    story.accept(BAG, CLINIC, COLLECTOR, at="03 09:00")
    story.release(BAG, CLINIC, COLLECTOR, at="03 09:01")
    assert _reasons(story) == []
