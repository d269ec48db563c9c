"""Manifests as folds: phases, carriers in turn, boxes, refusals, fields, and what the law asks of whom."""

import random
from copy import copy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.manifest_stories import (
    BAGS,
    DRIVER,
    OTHER_NUMBER,
    SHARPS,
    confirm,
    district,
    draft,
    fold,
    judge,
    pooled,
    void,
)
from tests.stories_builder import (
    BAG,
    BAG2,
    BAG3,
    BOX,
    CARRIER,
    CLINIC,
    COLLECTOR,
    FOREIGN_VEHICLE,
    HOSPITAL,
    INFECTIOUS,
    MANIFEST,
    OFFICE,
    PLANT,
    TRANSFER,
    VEHICLE,
    Story,
    ms,
)
from wasteledger.domain.facts import Fact
from wasteledger.domain.history import History
from wasteledger.domain.load import inside_of
from wasteledger.domain.manifest import Phase, fold_manifest
from wasteledger.domain.manifest_contents import manifest_contents
from wasteledger.domain.manifest_fields import field_rows, field_states, manifest_duty, missing_fields
from wasteledger.domain.manifest_visits import visits
from wasteledger.domain.walk import walk


def test_a_manifest_goes_through_its_phases_one_by_one() -> None:
    story = pooled(BAG)
    seen = [fold(story).phase]
    papers = {"manifest": MANIFEST, "vehicle": VEHICLE}
    for act, giver, taker, at in (
        (story.release, TRANSFER, CARRIER, "03 08:00"), (story.accept, TRANSFER, CARRIER, "03 08:05"),
        (story.release, CARRIER, PLANT, "03 11:00"), (story.accept, CARRIER, PLANT, "03 11:05"),
    ):  # fmt: skip
        act(BAG, giver, taker, at=at, **papers)
        seen.append(fold(story).phase)
    confirm(story)
    seen.append(fold(story).phase)
    assert seen == [
        Phase.DRAFTED, Phase.RELEASED, Phase.IN_TRANSIT, Phase.ARRIVED, Phase.ACCEPTED, Phase.CLOSED,
    ]  # fmt: skip
    assert judge(story) == []


def test_a_manifest_names_its_parties_load_and_hand_overs() -> None:
    story = pooled(BAG, BAG2)
    story.to_plant([BAG, BAG2])
    manifest = fold(story)
    assert (manifest.consignor, manifest.carriers, manifest.consignee) == (TRANSFER, (CARRIER,), PLANT)
    assert (manifest.vehicle, manifest.driver, manifest.form) == (VEHICLE, DRIVER, "electronic")
    assert manifest.loaded == manifest.accepted == {BAG, BAG2}
    assert manifest.outstanding == frozenset()
    assert [(leg.giver, leg.taker, sorted(leg.taken)) for leg in manifest.legs] == [
        (TRANSFER, CARRIER, sorted([BAG, BAG2])), (CARRIER, PLANT, sorted([BAG, BAG2])),
    ]  # fmt: skip
    assert manifest.handed_over is not None
    assert manifest.handed_over.occurred_ms == ms("03 08:00")
    assert manifest.arrived is not None
    assert manifest.arrived.occurred_ms == ms("03 11:00")


def test_several_carriers_in_turn_are_in_order() -> None:
    story = Story()
    story.issue(BAG)
    story.seal(BAG, site=HOSPITAL)
    draft(story, site=HOSPITAL, carriers=[COLLECTOR, CARRIER], vehicle=FOREIGN_VEHICLE, driver=None)
    story.hop(BAG, HOSPITAL, COLLECTOR, at="03 08:00", manifest=MANIFEST, vehicle=FOREIGN_VEHICLE)
    assert fold(story).holder == COLLECTOR
    story.hop(BAG, COLLECTOR, CARRIER, at="03 10:00", manifest=MANIFEST, vehicle=VEHICLE)
    assert (fold(story).phase, fold(story).holder) == (Phase.IN_TRANSIT, CARRIER)
    story.hop(BAG, CARRIER, PLANT, at="03 12:00", manifest=MANIFEST, vehicle=VEHICLE)
    assert fold(story).carried_by == (COLLECTOR, CARRIER)
    assert judge(story) == []


def test_several_wastes_on_one_vehicle_make_a_row_each() -> None:
    story = pooled(BAG, BAG2)
    draft(story, at="03 07:30", waste_codes=[INFECTIOUS, SHARPS])
    story.issue(BAG3)
    story.seal(BAG3, waste_code=SHARPS, package="sharps_box", mass_g=400)
    story.to_transfer(BAG3)
    load, weighed = [BAG, BAG2, BAG3], [1010, 990, None]
    story.hop(load, TRANSFER, CARRIER, at="03 08:00", manifest=MANIFEST, vehicle=VEHICLE)
    story.release(load, CARRIER, PLANT, at="03 11:00", manifest=MANIFEST, vehicle=VEHICLE)
    story.accept(load, CARRIER, PLANT, at="03 11:05", manifest=MANIFEST, vehicle=VEHICLE, masses_g=weighed)
    assert judge(story) == []
    history, directory = story.history(), district()
    rows = manifest_contents(fold(story), lambda code: walk(code, history, directory), directory)
    shown = [
        (row.waste_code, row.name, row.packages_count, row.mass_g, row.accepted_g, row.weighed_count) for row in rows
    ]
    assert shown == [(INFECTIOUS, "感染性废物", 2, 2000, 2000, 2), (SHARPS, "损伤性废物", 1, 400, 400, 0)]
    assert [(row.packaging, row.hazards) for row in rows] == [("包装袋", "In"), ("利器盒", "In")]


def boxed(*, waste_code: str = INFECTIOUS) -> Story:
    """Two bags in a box that travels closed; the plant weighs the box."""
    story = pooled(BAG)
    story.issue(BAG2)
    story.seal(BAG2, waste_code=waste_code, mass_g=500)
    story.to_transfer(BAG2)
    draft(story, at="03 07:30", waste_codes=[INFECTIOUS, SHARPS])
    story.tell(TRANSFER, "packed", at="02 18:00", codes=[BAG, BAG2], box=BOX)
    story.hop(BOX, TRANSFER, CARRIER, at="03 08:00", manifest=MANIFEST, vehicle=VEHICLE)
    story.release(BOX, CARRIER, PLANT, at="03 11:00", manifest=MANIFEST, vehicle=VEHICLE)
    return story


@pytest.mark.parametrize(("waste_code", "accepted_g"), [(INFECTIOUS, [1480]), (SHARPS, [1000, 500])])
def test_a_box_stands_for_the_items_inside_and_its_mass_for_theirs_when_they_are_one_waste(
    waste_code: str, accepted_g: list[int]
) -> None:
    story = boxed(waste_code=waste_code)
    story.accept(BOX, CARRIER, PLANT, at="03 11:05", manifest=MANIFEST, masses_g=[1480])
    manifest, history, directory = fold(story), story.history(), district()
    assert manifest.loaded == manifest.accepted == {BAG, BAG2}
    rows = manifest_contents(manifest, lambda code: walk(code, history, directory), directory, inside_of(history))
    assert [row.accepted_g for row in rows] == accepted_g


def test_a_box_that_is_opened_at_the_plant_is_accepted_item_by_item() -> None:
    story = boxed()
    story.accept([BAG, BAG2], CARRIER, PLANT, at="03 11:05", manifest=MANIFEST)
    assert (fold(story).phase, fold(story).outstanding) == (Phase.ACCEPTED, frozenset())


def test_a_box_that_was_emptied_before_carries_only_what_was_packed_since() -> None:
    story = pooled(BAG, BAG2)
    story.tell(TRANSFER, "packed", at="02 17:00", codes=[BAG, BAG2], box=BOX)
    story.tell(TRANSFER, "unpacked", at="02 17:30", codes=[BAG, BAG2], box=BOX, complete=True)
    story.tell(TRANSFER, "packed", at="02 18:00", codes=[BAG], box=BOX)
    story.hop(BOX, TRANSFER, CARRIER, at="03 08:00", manifest=MANIFEST, vehicle=VEHICLE)
    assert fold(story).loaded == {BAG}


@pytest.mark.parametrize("kind", ["washed", "disposed"])
def test_a_washed_or_burnt_box_was_empty_before_it_was_packed_again(kind: str) -> None:
    story = pooled(BAG, BAG2)
    story.tell(TRANSFER, "packed", at="02 17:00", codes=[BAG2], box=BOX)
    fields = {"batch": "炉1", "method": "incineration"} if kind == "disposed" else {}
    story.tell(PLANT, kind, at="02 17:30", codes=[BOX], **fields)
    story.tell(TRANSFER, "packed", at="02 18:00", codes=[BAG], box=BOX)
    story.release(BOX, TRANSFER, CARRIER, at="03 08:00", manifest=MANIFEST, vehicle=VEHICLE)
    assert fold(story).loaded == {BAG}


def test_a_bag_taken_out_of_a_box_does_not_travel_in_it_unless_it_was_put_back() -> None:
    story = pooled(BAG, BAG2, BAG3)
    story.tell(TRANSFER, "packed", at="02 17:00", codes=[BAG, BAG2, BAG3], box=BOX)
    story.tell(TRANSFER, "unpacked", at="02 17:30", codes=[BAG2, BAG3], box=BOX, complete=False)
    story.tell(TRANSFER, "packed", at="02 18:00", codes=[BAG3], box=BOX)
    story.release(BOX, TRANSFER, CARRIER, at="03 08:00", manifest=MANIFEST, vehicle=VEHICLE)
    assert fold(story).loaded == {BAG, BAG3}


def test_a_refused_load_is_refused_and_a_part_of_it_a_part() -> None:
    story = pooled(BAG, BAG2)
    story.hop([BAG, BAG2], TRANSFER, CARRIER, at="03 08:00", manifest=MANIFEST, vehicle=VEHICLE)
    story.release([BAG, BAG2], CARRIER, PLANT, at="03 11:00", manifest=MANIFEST, vehicle=VEHICLE)
    story.tell(PLANT, "refused", at="03 11:10", codes=[BAG], from_site=CARRIER, reason="damaged", manifest=MANIFEST)
    assert fold(story).phase is Phase.ARRIVED
    story.accept(BAG2, CARRIER, PLANT, at="03 11:20", manifest=MANIFEST)
    manifest = fold(story)
    assert (manifest.phase, manifest.accepted, manifest.refused) == (Phase.PART_ACCEPTED, {BAG2}, {BAG})
    confirm(story, opinion="part_accepted", difference="一袋破损")
    assert fold(story).phase is Phase.CLOSED
    whole = pooled(BAG)
    whole.hop(BAG, TRANSFER, CARRIER, at="03 08:00", manifest=MANIFEST, vehicle=VEHICLE)
    whole.tell(PLANT, "refused", at="03 11:10", codes=[BAG], from_site=CARRIER, reason="damaged", manifest=MANIFEST)
    assert fold(whole).phase is Phase.REFUSED


def test_a_refused_load_that_is_shown_again_and_accepted_is_accepted() -> None:
    story = pooled(BAG)
    story.hop(BAG, TRANSFER, CARRIER, at="03 08:00", manifest=MANIFEST, vehicle=VEHICLE)
    story.release(BAG, CARRIER, PLANT, at="03 11:00", manifest=MANIFEST)
    story.tell(PLANT, "refused", at="03 11:10", codes=[BAG], from_site=CARRIER, reason="mislabelled", manifest=MANIFEST)
    story.release(BAG, CARRIER, PLANT, at="03 15:00", manifest=MANIFEST)
    assert fold(story).phase is Phase.ARRIVED
    story.accept(BAG, CARRIER, PLANT, at="03 15:05", manifest=MANIFEST)
    assert (fold(story).phase, fold(story).refused) == (Phase.ACCEPTED, frozenset())


def test_a_load_that_came_back_to_its_consignor_is_no_longer_outstanding() -> None:
    story = pooled(BAG)
    story.hop(BAG, TRANSFER, CARRIER, at="03 08:00", manifest=MANIFEST, vehicle=VEHICLE)
    story.hop(BAG, CARRIER, TRANSFER, at="03 10:00", manifest=MANIFEST, vehicle=VEHICLE)
    manifest = fold(story)
    assert (manifest.phase, manifest.returned, manifest.outstanding) == (Phase.DRAFTED, {BAG}, frozenset())
    assert judge(story, as_of="09 00:00") == []


def test_what_the_carrier_would_not_take_never_left() -> None:
    story = pooled(BAG, BAG2)
    story.release([BAG, BAG2], TRANSFER, CARRIER, at="03 08:00", manifest=MANIFEST, vehicle=VEHICLE)
    story.tell(CARRIER, "refused", at="03 08:04", codes=[BAG2], from_site=TRANSFER, reason="damaged", manifest=MANIFEST)
    story.accept(BAG, TRANSFER, CARRIER, at="03 08:05", manifest=MANIFEST, vehicle=VEHICLE)
    story.hop(BAG, CARRIER, PLANT, at="03 11:00", manifest=MANIFEST, vehicle=VEHICLE)
    assert (fold(story).loaded, fold(story).phase) == ({BAG}, Phase.ACCEPTED)


def test_a_bag_lost_on_the_way_keeps_the_manifest_open() -> None:
    story = pooled(BAG, BAG2)
    story.hop([BAG, BAG2], TRANSFER, CARRIER, at="03 08:00", manifest=MANIFEST, vehicle=VEHICLE)
    story.hop(BAG, CARRIER, PLANT, at="03 11:00", manifest=MANIFEST, vehicle=VEHICLE)
    assert (fold(story).phase, fold(story).outstanding) == (Phase.PART_ACCEPTED, {BAG2})
    confirm(story, opinion="part_accepted", difference="少一袋")
    assert fold(story).phase is Phase.PART_ACCEPTED
    story.hop(BAG2, CARRIER, PLANT, at="03 18:00", manifest=MANIFEST, vehicle=VEHICLE)
    assert fold(story).phase is Phase.CLOSED


def test_a_release_that_was_taken_back_at_once_is_no_part_of_the_manifest() -> None:
    story = pooled(BAG, BAG2)
    slip = story.release([BAG2], TRANSFER, CARRIER, at="03 08:00", manifest=MANIFEST, vehicle=VEHICLE)
    story.correct([BAG2], slip, site=TRANSFER, at="03 08:02", reason="did_not_occur")  # type: ignore[arg-type]  # one of several
    story.hop(BAG, TRANSFER, CARRIER, at="03 08:10", manifest=MANIFEST, vehicle=VEHICLE)
    assert fold(story).loaded == {BAG}


def test_the_authority_may_void_and_mend_anybodys_manifest() -> None:
    story = pooled(BAG)
    draft(story, at="03 07:30", site=OFFICE, carriers=[COLLECTOR], vehicle=None, driver=None)
    assert (fold(story).consignor, fold(story).carriers) == (TRANSFER, (COLLECTOR,))
    void(story, at="03 07:40", site=OFFICE)
    assert fold(story).phase is Phase.VOIDED


def test_a_blank_is_blank_until_something_is_carried_with_it() -> None:
    story = pooled(BAG)
    draft(story, number=OTHER_NUMBER, form="paper", vehicle=None, driver=None)
    assert fold(story, OTHER_NUMBER).phase is Phase.BLANK
    assert missing_fields(fold(story, OTHER_NUMBER), district()) == []
    story.to_plant(BAG, manifest=OTHER_NUMBER)
    assert (fold(story, OTHER_NUMBER).phase, fold(story, OTHER_NUMBER).form) == (Phase.ACCEPTED, "paper")
    assert fold_manifest(MANIFEST, []).phase is Phase.BLANK


def _whole_story() -> History:
    """Everything that can name a number: two carriers, a part refused, paper, a late void, a stranger's draft."""
    story = pooled(BAG, BAG2, BAG3)
    draft(story, at="03 07:20", carriers=[COLLECTOR, CARRIER], vehicle=None, driver=None)
    story.hop(BAGS, TRANSFER, COLLECTOR, at="03 08:00", manifest=MANIFEST)
    story.hop(BAGS, COLLECTOR, CARRIER, at="03 09:00", manifest=MANIFEST)
    story.release(BAGS, CARRIER, PLANT, at="03 11:00", manifest=MANIFEST)
    story.tell(PLANT, "refused", at="03 11:04", codes=[BAG3], from_site=CARRIER, reason="damaged", manifest=MANIFEST)
    story.accept([BAG, BAG2], CARRIER, PLANT, at="03 11:05", manifest=MANIFEST)
    story.hop(BAG3, CARRIER, TRANSFER, at="03 15:00", manifest=MANIFEST)
    void(story, at="03 16:00")
    draft(story, at="03 16:10", site=HOSPITAL)
    confirm(story, at="04 09:00", opinion="part_accepted")
    return story.history()


WHOLE = _whole_story()
WHOLE_FACTS = tuple(WHOLE.by_manifest[MANIFEST])


@given(st.permutations(WHOLE_FACTS), st.lists(st.sampled_from(WHOLE_FACTS), max_size=5))
def test_any_order_of_delivery_and_any_doubling_folds_to_the_same_manifest(
    facts: list[Fact], doubled: list[Fact]
) -> None:
    expected = fold_manifest(MANIFEST, WHOLE_FACTS, inside_of(WHOLE))
    # A doubled delivery is another reading of the same event.
    copies = [copy(fact) for fact in doubled]
    assert fold_manifest(MANIFEST, [*copies, *facts], inside_of(WHOLE)) == expected
    assert expected.phase is Phase.CLOSED
    assert (len(expected.late_voids), len(expected.strangers)) == (1, 1)


@given(st.integers(0, 10_000))
def test_a_log_that_filled_in_another_order_tells_the_same_manifest(seed: int) -> None:
    """Entries received days later, in any order, after their devices were admitted."""
    story = Story()
    for code in BAGS:
        story.seal(code, site=HOSPITAL)
    draft(story, site=HOSPITAL)
    story.hop(BAGS, HOSPITAL, CARRIER, at="03 08:00", manifest=MANIFEST, vehicle=VEHICLE)
    story.hop([BAG, BAG2], CARRIER, PLANT, at="03 11:00", manifest=MANIFEST, vehicle=VEHICLE)
    confirm(story, opinion="part_accepted")
    told = fold(story)
    chance = random.Random(seed)
    shuffled = sorted(story.entries, key=lambda entry: (b'"kind":"enrolled"' not in entry, chance.random()))
    history = History()
    for entry in shuffled:
        history.add(entry)
    again = fold_manifest(MANIFEST, history.by_manifest[MANIFEST], inside_of(history))
    assert [fact.event_id for fact in again.facts] == [fact.event_id for fact in told.facts]
    assert (again.phase, again.loaded, again.accepted, again.outstanding) == (
        told.phase, told.loaded, told.accepted, told.outstanding,
    )  # fmt: skip


def test_the_field_table_names_only_phases_acts_and_parties_that_exist() -> None:
    rows = field_rows()
    assert len({row.field for row in rows}) == len(rows)
    steps = {"blank", "drafted", "released", "in_transit", "arrived", "decided", "closed", ""}
    assert {row.required_from for row in rows} <= steps
    assert {row.sealed_by for row in rows} == {"drafted", "released", "taken", "delivered", "decided", "confirmed"}
    assert {row.filled_by for row in rows} == {"system", "consignor", "carrier", "consignee"}
    assert all(row.source and row.zh and row.en for row in rows)


def test_each_value_names_the_act_that_sealed_it_and_what_is_missing_is_named() -> None:
    story = pooled(BAG)
    released = story.release(BAG, TRANSFER, CARRIER, at="03 08:00", manifest=MANIFEST, vehicle=VEHICLE)
    taken = story.accept(BAG, TRANSFER, CARRIER, at="03 08:05", manifest=MANIFEST, vehicle=VEHICLE)
    history, directory = story.history(), district()
    manifest = fold(story)
    rows = manifest_contents(manifest, lambda code: walk(code, history, directory), directory)
    states = {state.row.field: state for state in field_states(manifest, directory, rows)}
    assert states["consignor_name"].value == "镇卫生院中转点"
    assert states["mass_released"].value == "1 kg"
    assert (states["driver"].value, states["vehicle"].value) == ("刘文军", VEHICLE)
    assert states["handed_over_at"].seal is not None
    assert states["handed_over_at"].seal.event_id == released
    assert states["vehicle"].seal is not None
    assert states["vehicle"].seal.event_id == taken
    missing = {state.row.field for state in missing_fields(manifest, directory, rows)}
    assert missing == {"consignor_phone"}
    assert states["accepted_at"].seal is None


def test_a_later_carriers_part_is_required_only_once_it_has_the_load() -> None:
    story = pooled(BAG)
    draft(story, at="03 07:30", carriers=[COLLECTOR, CARRIER], vehicle=None, driver=None)
    story.hop(BAG, TRANSFER, COLLECTOR, at="03 08:00", manifest=MANIFEST)
    missing = {(state.row.field, state.carrier) for state in missing_fields(fold(story), district())}
    assert ("vehicle", COLLECTOR) in missing
    assert ("vehicle", CARRIER) not in missing


def test_small_institutions_need_no_manifest_and_the_centre_does() -> None:
    directory = district()
    needed = {site: manifest_duty(directory.sites[site], directory) for site in (CLINIC, HOSPITAL, TRANSFER, CARRIER)}
    assert {site: duty[0] for site, duty in needed.items()} == {
        CLINIC: False,
        HOSPITAL: True,
        TRANSFER: True,
        CARRIER: False,
    }
    assert "19张" in needed[CLINIC][1]
    assert "第三十一条" in needed[TRANSFER][1]
    assert all(basis for _, basis in needed.values())


def test_scans_of_one_stop_are_one_visit_and_of_the_next_day_another() -> None:
    story = Story()
    for code in (BAG, BAG2, BAG3):
        story.seal(code)
    for code, at in ((BAG, "02 14:00"), (BAG2, "02 14:10"), (BAG3, "03 14:00")):
        story.hop(code, CLINIC, COLLECTOR, at=at, vehicle=FOREIGN_VEHICLE)
    history = story.history()
    facts = [fact for shelf in history.by_device.values() for fact in shelf.values()]
    found = visits(facts, inside_of(history))
    assert [(visit.items, visit.plate) for visit in found] == [
        ({BAG, BAG2}, FOREIGN_VEHICLE), ({BAG3}, FOREIGN_VEHICLE),
    ]  # fmt: skip
    assert all(visit.accepted == visit.items for visit in found)
