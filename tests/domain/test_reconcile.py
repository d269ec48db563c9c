"""The rate: what counts, what does not, and that it can not be talked up."""

import random
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.reasons import CLASSES
from tests.domain.finding_stories import STORIES
from tests.stories_builder import (
    BAG,
    BAG2,
    BAG3,
    BOX,
    CARRIER,
    CLINIC,
    COLLECTOR,
    MANIFEST,
    OFFICE,
    OTHER_CLINIC,
    PHOTO,
    PLANT,
    TRANSFER,
    VEHICLE,
    Story,
    classes,
    codes_of,
    register,
)
from wasteledger.domain.history import History
from wasteledger.domain.reconcile import Reconciliation, Tally, share
from wasteledger.domain.register import Directory


def _boxed_life(story: Story, *, box_mass_g: int | None) -> None:
    """Two bags travel from the transfer point to the furnace in one box that nobody opens."""
    for code, mass_g in ((BAG, 1000), (BAG2, 3000)):
        story.issue(code)
        story.seal(code, mass_g=mass_g)
    story.to_transfer([BAG, BAG2])
    story.tell(TRANSFER, "packed", at="02 17:00", codes=[BAG, BAG2], box=BOX)
    story.hop(BOX, TRANSFER, CARRIER, at="03 08:00", manifest=MANIFEST, vehicle=VEHICLE)
    masses = {} if box_mass_g is None else {"masses_g": [box_mass_g]}
    story.release(BOX, CARRIER, PLANT, at="03 11:00", manifest=MANIFEST)
    story.accept(BOX, CARRIER, PLANT, at="03 11:05", manifest=MANIFEST, **masses)
    story.dispose(BOX)


def test_an_unopened_box_counts_and_its_share_is_shown() -> None:
    story = Story()
    _boxed_life(story, box_mass_g=4000)
    answer = story.reconcile()
    assert classes(answer) == {"safely_disposed": 2}
    assert answer.district.rates()["share_inferred_mass"] == 1.0
    assert codes_of(answer) == set()


def test_a_box_that_weighs_differently_makes_all_its_items_unproven() -> None:
    story = Story()
    _boxed_life(story, box_mass_g=3799)
    answer = story.reconcile()
    assert classes(answer) == {"disposed_not_provably": 2}
    found = next(finding for finding in answer.findings if finding.code == "box_difference")
    assert found.items == tuple(sorted((BAG, BAG2)))


def test_a_box_within_the_tolerance_is_as_packed() -> None:
    story = Story()
    _boxed_life(story, box_mass_g=3800)
    assert classes(story.reconcile()) == {"safely_disposed": 2}


def test_what_comes_after_the_furnace_concerns_the_next_load_of_the_box() -> None:
    story = Story()
    _boxed_life(story, box_mass_g=None)
    story.tell(PLANT, "washed", at="03 15:10", codes=[BOX])
    story.hop(BOX, PLANT, CARRIER, at="03 15:20")
    assert codes_of(story.reconcile()) == set()


def test_a_code_on_two_bags_counts_as_two() -> None:
    story = Story()
    story.whole_life(BAG, mass_g=1000)
    story.seal(BAG, at="02 09:00", site=OTHER_CLINIC, mass_g=700)
    answer = story.reconcile()
    assert answer.district.total == (2, 1700)
    assert classes(answer) == {"chain_broken": 2}


def test_a_correction_holds_only_when_another_party_agrees() -> None:
    story = Story()
    story.issue(BAG)
    sealed = story.seal(BAG, mass_g=1000)
    proposed = story.correct(BAG, sealed, site=CLINIC, at="02 09:00", reason="wrong_mass", mass_g=4000)
    assert classes(story.reconcile()) == {"disputed": 1}
    assert story.reconcile().district.total.mass_g == 1000

    story.correct(BAG, sealed, site=CLINIC, at="02 10:00", reason="wrong_mass", agrees_with=proposed)
    assert classes(story.reconcile()) == {"disputed": 1}, "nobody agrees with himself"

    story.correct(BAG, sealed, site=OFFICE, at="02 11:00", reason="wrong_mass", agrees_with=proposed)
    answer = story.reconcile()
    assert classes(answer) == {"on_its_way": 1}
    assert answer.district.total.mass_g == 4000


def test_the_mass_that_was_agreed_holds_and_not_another_proposal() -> None:
    story = Story()
    story.issue(BAG)
    sealed = story.seal(BAG, mass_g=1000)
    story.correct(BAG, sealed, site=CLINIC, at="02 09:00", reason="wrong_mass", mass_g=10)
    proposed = story.correct(BAG, sealed, site=CLINIC, at="02 09:30", reason="wrong_mass", mass_g=4000)
    story.correct(BAG, sealed, site=OFFICE, at="02 11:00", reason="wrong_mass", agrees_with=proposed)
    answer = story.reconcile()
    assert answer.district.total.mass_g == 4000
    assert classes(answer) == {"disputed": 1}, "the first proposal still waits for an answer"


def test_nobody_agreed_that_it_never_occurred() -> None:
    """Agreeing to another mass is no agreement that the bag never was."""
    story = Story()
    story.issue(BAG)
    sealed = story.seal(BAG)
    proposed = story.correct(BAG, sealed, site=CLINIC, at="02 09:00", reason="wrong_mass", mass_g=900)
    story.correct(BAG, sealed, site=OFFICE, at="02 09:30", reason="wrong_mass", agrees_with=proposed)
    story.correct(BAG, sealed, site=CLINIC, at="02 10:00", reason="did_not_occur")
    answer = story.reconcile()
    assert answer.voided.count == 0
    assert classes(answer) == {"disputed": 1}


def test_a_hop_that_both_sides_say_never_was_is_taken_out_of_the_chain() -> None:
    story = Story()
    story.whole_life(BAG)
    wrong = story.accept(BAG, CLINIC, OTHER_CLINIC, at="02 17:00")
    assert classes(story.reconcile()) == {"disposed_not_provably": 1}
    proposed = story.correct(BAG, wrong, site=OTHER_CLINIC, at="03 09:00", reason="did_not_occur")
    story.correct(BAG, wrong, site=CLINIC, at="03 10:00", reason="did_not_occur", agrees_with=proposed)
    assert classes(story.reconcile()) == {"safely_disposed": 1}


def test_a_void_needs_stored_evidence_and_a_second_party_to_leave_the_cohort() -> None:
    for attachments, stored, confirmed, total in (
        (None, False, True, 1), ([PHOTO], False, True, 1), ([PHOTO], True, False, 1), ([PHOTO], True, True, 0),
    ):  # fmt: skip
        story = Story()
        story.issue(BAG)
        story.seal(BAG)
        void = story.tell(CLINIC, "voided", at="02 09:00", codes=[BAG], reason="never_was", attachments=attachments)
        if stored:
            story.tell(OFFICE, "evidenced", at="02 09:10", attachments=[PHOTO], size_bytes=1200, media="image/jpeg")
        if confirmed:
            story.tell(OFFICE, "vouched", at="02 10:00", codes=[BAG], target_event_id=void)
        answer = story.reconcile()
        assert (answer.district.total.count, answer.voided.count) == (total, 1 - total)
        assert classes(answer) == ({"disputed": 1} if total else {})


def test_a_loss_declared_stays_in_the_denominator() -> None:
    story = Story()
    story.whole_life(BAG)
    story.issue(BAG2)
    story.seal(BAG2)
    story.tell(CLINIC, "incident", at="02 09:00", codes=[BAG2], incident="loss")
    answer = story.reconcile()
    assert classes(answer) == {"safely_disposed": 1, "declared_lost": 1}
    assert answer.district.rates()["rate_proved_count"] == 0.5


def test_the_due_rate_leaves_out_what_is_still_in_time() -> None:
    story = Story()
    story.whole_life(BAG)
    story.issue(BAG2)
    story.seal(BAG2, at="03 08:00")
    rates = story.reconcile().district.rates()
    assert (rates["rate_proved_count"], rates["rate_due_count"]) == (0.5, 1.0)


def test_a_cohort_is_what_was_sealed_in_a_region_on_china_days() -> None:
    story = Story()
    story.issue(BAG, BAG2, BAG3)
    story.seal(BAG, at="02 00:01")
    story.seal(BAG2, at="02 23:59")
    story.seal(BAG3, at="03 00:00")

    def asked(region: str, day: str) -> set[str]:
        answer = story.reconcile(region=region, from_day=day, to_day=day)
        return {row.code for row in answer.items}

    assert asked("500114", "2026-11-02") == {BAG, BAG2}
    assert asked("500114105", "2026-11-03") == {BAG3}
    assert asked("500114001", "2026-11-02") == set()
    assert asked("500114", "2026-11-01") == set()


def test_nothing_sealed_has_no_rate_rather_than_a_good_one() -> None:
    assert set(Story().reconcile().district.rates().values()) == {None}


@given(part=st.integers(0, 10**12), whole=st.integers(1, 10**12))
def test_a_share_is_rounded_down_and_one_means_all(part: int, whole: int) -> None:
    part = min(part, whole)
    shown = share(part, whole)
    assert shown is not None
    assert Decimal(str(shown)) <= Decimal(part) / Decimal(whole)
    assert (shown == 1.0) == (part == whole)


@pytest.mark.parametrize(
    ("part", "whole", "shown"), [(999_999_999, 10**9, 0.999999), (1, 3, 0.333333), (0, 5, 0.0), (0, 0, None)]
)
def test_shares_by_example(part: int, whole: int, shown: float | None) -> None:
    assert share(part, whole) == shown


def _district_of_stories() -> Story:
    """Every story that needs no device of its own, each with a bag of its own, in one log."""
    story = Story()
    _boxed_life(story, box_mass_g=3000)
    story.issue(BAG3)
    sealed = story.seal(BAG3, mass_g=2000)
    proposed = story.correct(BAG3, sealed, site=CLINIC, at="02 09:00", reason="wrong_mass", mass_g=2500)
    story.correct(BAG3, sealed, site=OFFICE, at="02 09:30", reason="wrong_mass", agrees_with=proposed)
    story.correct(BAG3, sealed, site=CLINIC, at="02 10:00", reason="wrong_mass", mass_g=1)
    story.accept(BAG3, COLLECTOR, TRANSFER, at="02 16:00")
    return story


def _judged(history: History, story: Story) -> Reconciliation:
    return story.reconcile(history=history, directory=Directory(register()))


@given(seed=st.integers(0, 2**32))
def test_the_order_of_delivery_changes_nothing(seed: int) -> None:
    """Scans of one device arrive days after those of another; the judgement is the same."""
    story = _district_of_stories()
    expected = story.reconcile()
    shuffled = list(story.entries)
    random.Random(seed).shuffle(shuffled)
    history = History()
    for content in shuffled:
        history.add(content)
    answer = _judged(history, story)
    assert answer.items == expected.items
    assert answer.district == expected.district
    assert answer.findings == expected.findings


@pytest.mark.parametrize("code", STORIES)
def test_classes_add_up_to_the_cohort(code: str) -> None:
    story = Story()
    STORIES[code][0](story)
    answer = story.reconcile(as_of=STORIES[code][2])
    assert set(answer.district.classes) == set(CLASSES)
    assert answer.district.total.count == sum(row.amount.count for row in answer.items)
    assert answer.district.total.mass_g == sum(row.amount.mass_g for row in answer.items)
    for parts in (answer.divisions, answer.categories):
        assert sum((tally.total.mass_g for tally in parts.values()), 0) == answer.district.total.mass_g
    safe, due = answer.district.classes["safely_disposed"], answer.district.due
    assert safe.mass_g <= due.mass_g <= answer.district.total.mass_g


def test_an_empty_tally_adds_up_too() -> None:
    assert (Tally().total.count, Tally().due.count) == (0, 0)


def test_a_moment_of_an_unknown_office_makes_no_difference() -> None:
    """Office events are no steps of any item."""
    story = Story()
    story.whole_life(BAG)
    story.tell(OFFICE, "ruled", at="03 12:00", rule="carriage_h", value=1, basis="试")
    assert classes(story.reconcile()) == {"safely_disposed": 1}
