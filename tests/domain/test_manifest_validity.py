"""Whether a manifest satisfies the law on a hop: drawn up in time by somebody who may, its own consignor, one trip, one number."""

from typing import Any

import pytest

from tests.manifest_stories import DAY_MS, OTHER_NUMBER, confirm, district, draft, fold, pooled, void
from tests.stories_builder import (
    BAG,
    BAG2,
    CARRIER,
    CLINIC,
    COLLECTOR,
    FOREIGN_VEHICLE,
    HOSPITAL,
    INFECTIOUS,
    MANIFEST,
    OFFICE,
    PLANT,
    STRANGER,
    TRANSFER,
    VEHICLE,
    Story,
    china,
    ms,
)
from wasteledger.domain.entitled import told_before
from wasteledger.domain.manifest import Manifest
from wasteledger.domain.manifest_validity import (
    PROBLEMS_ZH,
    ManifestLaw,
    hop_problem,
    read_law,
    write_law,
)
from wasteledger.domain.other_doubts import law_in

HOUR_MS = 3_600_000
PAPERS = {"manifest": MANIFEST, "vehicle": VEHICLE}


def centre(*codes: str) -> Story:
    """Bags at the township centre, nothing drawn up so far."""
    story = Story()
    for code in codes or (BAG,):
        story.issue(code)
        story.seal(code)
        story.to_transfer(code)
    story.drafted.add(MANIFEST)  # nobody draws it up behind the story's back
    return story


def law(story: Story, number: str = MANIFEST) -> ManifestLaw:
    found = story.history().manifest_law(number, district())
    assert found is not None
    return found


def problems(story: Story, *, number: str = MANIFEST, consignor: str = TRANSFER) -> list[str]:
    """The problem of each hand-over under a number, in order of time."""
    manifest, held = fold(story, number), law(story, number)
    return [hop_problem(held, fact, consignor) for fact in manifest.moves if fact.kind != "refused"]


def in_the_name_of(story: Story, device: str, site: str, kind: str, *, at: str, **fields: Any) -> str:
    """The device of one site says something as if it were another site's."""
    note = story.teller(device).note(kind, occurred_ms=ms(at), site=site, **fields)
    return story.write(note, received_ms=ms(at) + 60_000)


DRAFT: dict[str, Any] = {
    "manifest": MANIFEST, "action": "drafted", "form": "electronic", "carriers": [CARRIER], "consignee": PLANT,
    "waste_codes": [INFECTIOUS],
}  # fmt: skip


def test_a_manifest_that_was_drawn_up_before_the_load_left_is_valid_on_every_hop() -> None:
    story = pooled(BAG, BAG2)
    story.to_plant([BAG, BAG2])
    confirm(story)
    assert problems(story) == [""] * 4


def test_a_number_that_nobody_drew_up_satisfies_no_law() -> None:
    story = centre()
    story.to_plant(BAG)
    assert problems(story) == ["undrafted"] * 4
    history = story.history()
    fact = fold(story).moves[0]
    assert history.manifest_law(OTHER_NUMBER, district()) is None
    assert hop_problem(None, fact, TRANSFER) == "undrafted"


@pytest.mark.parametrize("device", [CLINIC, CARRIER, PLANT])
def test_a_draft_by_anybody_but_the_consignor_and_the_office_draws_nothing_up(device: str) -> None:
    story = centre()
    told = in_the_name_of(story, device, TRANSFER, "manifested", at="03 07:00", **DRAFT)
    story.to_plant(BAG)
    manifest = fold(story)
    assert [fact.event_id for fact in manifest.unentitled] == [told]
    assert problems(story) == ["undrafted"] * 4


def test_who_drafts_a_neighbours_number_takes_nothing_from_him() -> None:
    story = centre()
    # The clinic guesses the number and is first; the office draws it up for the centre.
    story.tell(CLINIC, at="03 06:00", **(DRAFT | {"kind": "manifested"}))
    in_the_name_of(story, OFFICE, TRANSFER, "manifested", at="03 07:00", **DRAFT)
    story.to_plant(BAG)
    assert fold(story).consignor == TRANSFER
    assert problems(story) == [""] * 4
    # Dated back, it comes after whoever told first; who loads comes before who only drafts.
    own = pooled(BAG)
    own.tell(CLINIC, at="03 06:00", delay_ms=DAY_MS, **(DRAFT | {"kind": "manifested"}))
    own.to_plant(BAG)
    assert (fold(own).consignor, problems(own)) == (TRANSFER, [""] * 4)
    assert [fact.event.site for fact in fold(own).strangers] == [CLINIC]
    guessed = centre()
    guessed.tell(CLINIC, at="03 06:00", **(DRAFT | {"kind": "manifested"}))
    draft(guessed, at="03 07:00")
    assert fold(guessed).consignor == CLINIC
    guessed.to_plant(BAG)
    assert (fold(guessed).consignor, problems(guessed)) == (TRANSFER, [""] * 4)


def test_the_office_draws_up_for_a_consignor_without_a_device_and_in_its_own_name() -> None:
    for site in (TRANSFER, OFFICE):
        story = centre()
        in_the_name_of(story, OFFICE, site, "manifested", at="03 07:00", **DRAFT)
        story.to_plant(BAG)
        assert fold(story).consignor == TRANSFER
        assert problems(story) == [""] * 4


def test_a_device_admitted_to_an_authority_is_no_office() -> None:
    story = centre()
    mate = story.teller("A500114001002")  # a handheld of another authority
    note = mate.note("manifested", occurred_ms=ms("03 07:00"), **(DRAFT | {"site": TRANSFER}))
    story.write(note, received_ms=ms("03 07:01"))
    story.to_plant(BAG)
    draft(story, at="03 07:30", site="A500114001002")
    assert hop_problem(law(story), fold(story).moves[0], TRANSFER) == "foreign_consignor"


@pytest.mark.parametrize(("at", "problem"), [("03 08:14", ""), ("03 08:16", "after_the_fact")])
def test_a_draft_dated_after_the_load_left_by_more_than_clocks_differ_is_after_the_fact(at: str, problem: str) -> None:
    story = centre()
    in_the_name_of(story, OFFICE, TRANSFER, "manifested", at=at, **DRAFT)
    # The centre was offline: all that is told of the hand-over came in the evening.
    story.to_plant(BAG, delay_ms=10 * HOUR_MS)
    assert problems(story) == [problem] * 4


def test_a_draft_that_was_told_after_the_hand_over_proves_nothing_by_its_date() -> None:
    story = centre()
    story.to_plant(BAG)
    in_the_name_of(story, OFFICE, TRANSFER, "manifested", at="03 18:00", **DRAFT)
    assert problems(story) == ["after_the_fact"] * 4
    dated_back = centre()
    dated_back.to_plant(BAG)
    note = dated_back.office.note("manifested", occurred_ms=ms("03 07:00"), **(DRAFT | {"site": TRANSFER}))
    dated_back.write(note, received_ms=ms("03 18:00"))
    assert problems(dated_back) == ["after_the_fact"] * 4


def test_a_draft_of_a_second_device_comes_too_late_once_the_taker_has_told() -> None:
    story = centre()
    story.accept(BAG, TRANSFER, CARRIER, at="03 08:05", **PAPERS)
    note = story.office.note("manifested", occurred_ms=ms("03 07:00"), **(DRAFT | {"site": TRANSFER}))
    story.write(note, received_ms=ms("03 09:00"))
    story.release(BAG, TRANSFER, CARRIER, at="03 08:00", delay_ms=2 * HOUR_MS, **PAPERS)
    assert law(story).drafting == "after_the_fact"


def test_the_chain_of_an_offline_device_shows_that_it_drew_up_first() -> None:
    story = centre()
    draft(story, at="03 07:00", delay_ms=DAY_MS)
    story.release(BAG, TRANSFER, CARRIER, at="03 08:00", delay_ms=2 * HOUR_MS, **PAPERS)
    story.accept(BAG, TRANSFER, CARRIER, at="03 08:05", **PAPERS)
    assert problems(story) == ["", ""]
    release, acceptance = fold(story).moves
    (drafted,) = fold(story).drafts
    assert told_before(drafted, release)
    assert not told_before(drafted, acceptance)
    assert not told_before(release, drafted)
    other_way = centre()
    other_way.release(BAG, TRANSFER, CARRIER, at="03 08:00", **PAPERS)
    draft(other_way, at="03 07:00", delay_ms=DAY_MS)
    assert problems(other_way) == ["after_the_fact"]


@pytest.mark.parametrize(
    ("paper", "entered", "form", "problem"),
    [
        ("纸1", "12 09:00", "paper", ""),
        ("纸1", "18 09:00", "paper", "after_the_fact"),  # ten working days after the 3rd is the 17th
        (None, "12 09:00", "paper", "after_the_fact"),
        ("纸1", "12 09:00", "electronic", "after_the_fact"),
    ],
)
def test_paper_counts_with_its_number_when_it_is_entered_in_time(
    paper: str | None, entered: str, form: str, problem: str
) -> None:
    story = centre()
    story.to_plant(BAG)
    backfill = {"happened_at": china(ms("03 07:30")), "reason": "no_signal"} | ({"paper": paper} if paper else {})
    draft(story, at=entered, form=form, backfill=backfill)
    assert problems(story) == [problem] * 4


def test_paper_that_was_written_after_the_load_left_is_after_the_fact() -> None:
    story = centre()
    story.to_plant(BAG)
    backfill = {"happened_at": china(ms("03 12:00")), "reason": "no_signal", "paper": "纸1"}
    draft(story, at="04 09:00", form="paper", backfill=backfill)
    assert problems(story) == ["after_the_fact"] * 4


def test_a_void_manifest_is_not_valid_from_its_void_on() -> None:
    story = pooled(BAG)
    void(story, at="03 07:30", site=OFFICE)
    story.to_plant(BAG)
    assert problems(story) == ["void"] * 4
    on_the_way = pooled(BAG)
    on_the_way.to_plant(BAG)
    void(on_the_way, at="03 10:00")
    assert problems(on_the_way) == ["", "", "void", "void"]
    late = pooled(BAG)
    late.to_plant(BAG)
    void(late, at="03 12:00")
    assert problems(late) == [""] * 4


def test_a_strangers_void_voids_nothing() -> None:
    story = pooled(BAG)
    in_the_name_of(
        story, CLINIC, TRANSFER, "manifested", at="03 07:30", manifest=MANIFEST, action="voided", reason="恶意"
    )
    story.to_plant(BAG)
    assert fold(story).void is None
    assert problems(story) == [""] * 4


def test_another_consignors_number_is_not_ones_own() -> None:
    story = pooled(BAG)
    story.seal(BAG2, site=HOSPITAL)
    story.to_plant(BAG)
    story.hop(BAG2, HOSPITAL, CARRIER, at="03 08:30", **PAPERS)
    manifest, held = fold(story), law(story)
    by_giver = {
        fact.event.site or "": hop_problem(held, fact, fact.event.site)
        for fact in manifest.moves
        if fact.kind == "released" and fact.event.to_site == CARRIER
    }
    assert by_giver == {TRANSFER: "", HOSPITAL: "foreign_consignor"}
    # The load of another one, even if it left before the draft, makes nobody's own manifest late.
    early = centre()
    early.seal(BAG2, site=HOSPITAL)
    early.hop(BAG2, HOSPITAL, CARRIER, at="03 06:00", **PAPERS)
    draft(early, at="03 07:00")
    early.to_plant(BAG)
    assert law(early).drafting == ""


def test_what_is_loaded_after_the_first_arrival_is_a_second_trip_and_the_first_stays_lawful() -> None:
    story = pooled(BAG, BAG2)
    story.to_plant(BAG)
    story.hop(BAG2, TRANSFER, CARRIER, at="03 13:00", **PAPERS)
    story.hop(BAG2, CARRIER, PLANT, at="03 15:00", **PAPERS)
    assert problems(story) == ["", "", "", "", "second_trip", "second_trip", "", ""]


def test_a_second_vehicle_or_carrier_under_the_number_is_a_second_trip() -> None:
    story = pooled(BAG, BAG2)
    story.hop(BAG, TRANSFER, CARRIER, at="03 08:00", **PAPERS)
    story.hop(BAG2, TRANSFER, CARRIER, at="03 08:30", manifest=MANIFEST, vehicle=FOREIGN_VEHICLE)
    assert problems(story) == ["", "", "", "second_trip"]
    carriers = pooled(BAG, BAG2)
    carriers.hop(BAG, TRANSFER, CARRIER, at="03 08:00", **PAPERS)
    carriers.hop(BAG2, TRANSFER, COLLECTOR, at="03 08:30", manifest=MANIFEST)
    assert problems(carriers) == ["", "", "second_trip", "second_trip"]


def test_one_plate_in_two_spellings_is_one_vehicle() -> None:
    story = pooled(BAG, BAG2)
    story.hop(BAG, TRANSFER, CARRIER, at="03 08:00", **PAPERS)
    story.hop(BAG2, TRANSFER, CARRIER, at="03 08:30", manifest=MANIFEST, vehicle=f"{VEHICLE[:2]}·{VEHICLE[2:]}")
    assert problems(story) == [""] * 4


def test_a_relay_of_the_drafted_carriers_is_one_trip_and_any_other_is_not() -> None:
    story = pooled(BAG)
    draft(story, at="03 07:30", carriers=[COLLECTOR, CARRIER], vehicle=None, driver=None)
    story.hop(BAG, TRANSFER, COLLECTOR, at="03 08:00", manifest=MANIFEST, vehicle=FOREIGN_VEHICLE)
    story.hop(BAG, COLLECTOR, CARRIER, at="03 10:00", **PAPERS)
    story.hop(BAG, CARRIER, PLANT, at="03 12:00", **PAPERS)
    assert problems(story) == [""] * 6
    story.hop(BAG, CARRIER, STRANGER, at="03 12:30", manifest=MANIFEST)
    assert problems(story)[6:] == ["second_trip"] * 2


def test_the_office_may_name_another_carrier_on_the_way() -> None:
    story = pooled(BAG)
    story.hop(BAG, TRANSFER, CARRIER, at="03 08:00", **PAPERS)
    draft(story, at="03 09:00", site=OFFICE, carriers=[CARRIER, COLLECTOR], vehicle=None, driver=None)
    story.hop(BAG, CARRIER, COLLECTOR, at="03 10:00", manifest=MANIFEST)
    assert problems(story) == [""] * 4


@pytest.mark.parametrize("refused", [True, False])
def test_a_load_that_came_back_needs_a_new_number_to_be_sent_again(refused: bool) -> None:
    story = pooled(BAG)
    story.hop(BAG, TRANSFER, CARRIER, at="03 08:00", **PAPERS)
    if refused:
        story.tell(
            PLANT, "refused", at="03 11:00", codes=[BAG], from_site=CARRIER, reason="damaged", onward="return",
            manifest=MANIFEST,
        )  # fmt: skip
    story.hop(BAG, CARRIER, TRANSFER, at="03 12:00", **PAPERS)
    story.hop(BAG, TRANSFER, CARRIER, at="03 15:00", **PAPERS)
    assert problems(story) == ["", "", "", "", "second_trip", "second_trip"]
    draft(story, number=OTHER_NUMBER, at="04 07:00")
    story.hop(BAG, TRANSFER, CARRIER, at="04 08:00", manifest=OTHER_NUMBER, vehicle=VEHICLE)
    assert problems(story, number=OTHER_NUMBER) == ["", ""]


def test_giver_and_taker_who_name_two_numbers_have_no_manifest() -> None:
    story = pooled(BAG)
    draft(story, number=OTHER_NUMBER)
    story.release(BAG, TRANSFER, CARRIER, at="03 08:00", **PAPERS)
    story.accept(BAG, TRANSFER, CARRIER, at="03 08:05", manifest=OTHER_NUMBER, vehicle=VEHICLE)
    (release,), (acceptance,) = fold(story).moves, fold(story, OTHER_NUMBER).moves
    assert hop_problem(law(story, OTHER_NUMBER), acceptance, TRANSFER, release) == "two_numbers"
    assert hop_problem(law(story), release, TRANSFER, acceptance) == "two_numbers"
    assert hop_problem(law(story), release, TRANSFER, release) == ""


def test_hand_overs_of_impostors_load_and_accept_nothing() -> None:
    story = pooled(BAG)
    in_the_name_of(story, CARRIER, TRANSFER, "released", at="03 08:00", codes=[BAG], to_site=CARRIER, manifest=MANIFEST)
    in_the_name_of(story, CARRIER, PLANT, "accepted", at="03 11:00", codes=[BAG], from_site=CARRIER, manifest=MANIFEST)
    manifest = fold(story)
    assert (manifest.loaded, manifest.accepted, manifest.moves) == (frozenset(), frozenset(), ())
    assert len(manifest.unentitled) == 2


@pytest.mark.parametrize(
    ("person", "method", "taker", "loaded"),
    [
        ("u-keeper", "badge", CARRIER, True),
        ("u-keeper", "pin", CARRIER, True),
        ("u-keeper", "none", CARRIER, False),
        ("u-clerk", "badge", CARRIER, False),  # belongs to the carrier
        ("u-nobody", "badge", CARRIER, False),
        ("u-keeper", "badge", COLLECTOR, False),  # stood by at a device of somebody else
    ],
)
def test_a_person_of_the_giver_stands_for_it_on_the_takers_device(
    person: str, method: str, taker: str, loaded: bool
) -> None:
    story = pooled(BAG)
    in_the_name_of(
        story, CARRIER, TRANSFER, "released", at="03 08:00", codes=[BAG], to_site=taker, manifest=MANIFEST,
        vouched_by=person, vouch_method=method,
    )  # fmt: skip
    assert bool(fold(story).loaded) is loaded


def test_nobodys_badge_stands_for_the_plant() -> None:
    story = pooled(BAG)
    rows = district().register.model_dump()["people"]
    plant = {"actor": "u-plant", "name": "王", "site": PLANT, "role": "operator"}
    known = district(people=[*rows, plant])
    in_the_name_of(
        story, CARRIER, PLANT, "accepted", at="03 11:00", codes=[BAG], from_site=CARRIER, manifest=MANIFEST,
        vouched_by="u-plant", vouch_method="badge",
    )  # fmt: skip
    manifest: Manifest = story.history().manifest(MANIFEST, known)
    assert manifest.accepted == frozenset()


def test_what_a_revoked_device_hands_in_afterwards_draws_nothing_up() -> None:
    story = centre()
    story.teller(TRANSFER)
    story.tell(OFFICE, "revoked", at="03 06:00", device=story.tellers[TRANSFER].key.device_id, reason="lost")
    draft(story, at="03 07:00")
    assert law(story).drafting == "undrafted"


def test_a_law_is_read_as_it_was_written_and_has_words_for_every_problem() -> None:
    story = pooled(BAG)
    story.to_plant(BAG)
    void(story, at="03 10:00")
    held = law(story)
    brought = {device for device, _ in held.brought}
    assert brought == {story.teller(site).key.device_id for site in (CARRIER, PLANT)}
    expected = ManifestLaw(
        TRANSFER, "", ms("03 10:00"), ms("03 11:05"), CARRIER, VEHICLE, (CARRIER,), ms("03 11:06"), held.brought
    )
    assert held == expected
    assert read_law(write_law(held)) == held
    assert law_in(fold(story, OTHER_NUMBER), district()) is None
    assert set(PROBLEMS_ZH) == {
        "undrafted", "after_the_fact", "void", "foreign_consignor", "second_trip", "two_numbers",
    }  # fmt: skip
