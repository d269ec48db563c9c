"""A proposal that its maker takes back, and a hand-over that both sides say never was: nobody is left with a doubt."""

import pytest

from tests.stories.telling import UNDER_THE_MANIFEST, Telling
from tests.stories_builder import BAG, CARRIER, CLINIC, COLLECTOR, OTHER_CLINIC, STRANGER, TRANSFER

HEAVIER = {"reason": "wrong_mass", "mass_g": 1300}


def proposed() -> tuple[Telling, str, str]:
    """The collector says that the clinic's bag weighs more."""
    day = Telling()
    day.issue(BAG)
    sealed = day.seal(BAG)
    day.collector_takes(BAG)
    return day, sealed, day.correct(BAG, sealed, site=COLLECTOR, at="02 15:00", **HEAVIER)


def goes_on(day: Telling) -> Telling:
    day.collector_brings_to_centre(BAG, at="02 18:00")
    day.goes_into_the_fire(BAG)
    return day


@pytest.mark.parametrize("refused", [False, True])
def test_a_proposal_that_is_taken_back_leaves_no_doubt(refused: bool) -> None:
    """收运员提出更正，一小时后自己撤回（卫生室不同意以后也行）：不再有争议。"""
    day, sealed, proposal = proposed()
    if refused:
        day.correct(BAG, sealed, site=CLINIC, at="02 15:30", refuses=proposal, **HEAVIER)
    day.correct(BAG, proposal, site=COLLECTOR, at="02 16:00", reason="did_not_occur")
    end = goes_on(day).ends()
    assert (end.classes, end.findings) == ({BAG: "safely_disposed"}, {})


def test_what_was_agreed_its_maker_does_not_take_back_alone() -> None:
    """卫生室同意以后收运员又自己撤回：重量不变小，有争议。"""
    day, sealed, proposal = proposed()
    day.correct(BAG, sealed, site=CLINIC, at="02 15:30", agrees_with=proposal, **HEAVIER)
    day.correct(BAG, proposal, site=COLLECTOR, at="02 16:00", reason="did_not_occur")
    end = goes_on(day).ends()
    assert end.classes == {BAG: "disputed"}
    assert end.answer.district.total.mass_g == 1300


def test_nobody_else_takes_it_back_or_keeps_it_up() -> None:
    """不是他提的，撤不回；无关的人“同意”，也拦不住撤回。"""
    day, _, proposal = proposed()
    day.correct(BAG, proposal, site=CLINIC, at="02 16:00", reason="did_not_occur")
    assert goes_on(day).ends().classes == {BAG: "disputed"}
    day, sealed, proposal = proposed()
    day.correct(BAG, sealed, site=STRANGER, at="02 15:30", agrees_with=proposal, **HEAVIER)
    day.correct(BAG, proposal, site=COLLECTOR, at="02 16:00", reason="did_not_occur")
    assert goes_on(day).ends().classes == {BAG: "safely_disposed"}


@pytest.mark.parametrize("first", [TRANSFER, OTHER_CLINIC])
def test_whoever_says_that_nothing_was_handed_to_him_is_no_stranger(first: str) -> None:
    """扫错了对象，两边都说没有交接过：只在这一次出现过的那家，也是当事人。"""
    day = Telling()
    day.clinic_seals(BAG)
    day.collector_takes(BAG)
    day.collector_brings_to_centre(BAG, at="02 15:00")
    second = TRANSFER if first == OTHER_CLINIC else OTHER_CLINIC
    for event in (
        day.release(BAG, TRANSFER, OTHER_CLINIC, at="02 16:00"),
        day.accept(BAG, TRANSFER, OTHER_CLINIC, at="02 16:05"),
    ):
        proposal = day.correct(BAG, event, site=first, at="02 17:00", reason="did_not_occur")
        day.correct(BAG, event, site=second, at="02 17:10", reason="did_not_occur", agrees_with=proposal)
    day.hop(BAG, TRANSFER, CARRIER, at="03 08:00", **UNDER_THE_MANIFEST)
    day.lorry_brings_to_plant(BAG)
    day.plant_burns(BAG)
    day.plant_confirms()
    end = day.ends()
    assert (end.classes, {code for code in end.findings if code != "clock_skew"}) == ({BAG: "safely_disposed"}, set())


def test_who_was_no_side_of_it_stays_a_stranger() -> None:
    """与这次交接无关的人说没有这回事：记在他头上。"""
    day = Telling()
    day.clinic_seals(BAG)
    day.release(BAG, CLINIC, COLLECTOR, at="02 14:00")
    taken = day.accept(BAG, CLINIC, COLLECTOR, at="02 14:05")
    day.correct(BAG, taken, site=STRANGER, at="02 15:00", reason="did_not_occur")
    assert day.ends(at="02 16:00").findings == {"not_entitled": STRANGER}
