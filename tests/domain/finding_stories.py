"""The smallest story that raises each finding: finding code → (the story, the class of its items, the moment of the question)."""

from collections.abc import Callable

from schemas.codes import stock_code
from schemas.signing import sign_event
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
    MANIFEST,
    OFFICE,
    ORIGIN,
    OTHER_CLINIC,
    OTHER_PLANT,
    PLANT,
    STRANGER,
    TRANSFER,
    VEHICLE,
    Story,
    china,
    ms,
)

Told = Callable[[Story], None]
#: Finding code → (the story, the class of its item, the moment of the question).
STORIES: dict[str, tuple[Told, str | None, str]] = {}
HOUR_MS = 60 * 60 * 1000
MORE = tuple(stock_code("500114", serial) for serial in range(11, 15))


def story_of(code: str, item_class: str | None, *, as_of: str = "03 16:00") -> Callable[[Told], Told]:
    """Files a story under the finding it raises."""

    def file(told: Told) -> Told:
        STORIES[code] = (told, item_class, as_of)
        return told

    return file


@story_of("duplicate_code", "chain_broken")
def _two_bags_under_one_code(story: Story) -> None:
    story.whole_life(BAG)
    story.seal(BAG, at="02 09:00", site=OTHER_CLINIC)


@story_of("seen_after_end", "disposed_not_provably")
def _scanned_again_after_the_furnace(story: Story) -> None:
    story.whole_life(BAG)
    story.tell(TRANSFER, "stored", at="03 15:30", codes=[BAG], room="库1")


@story_of("device_fork", "disposed_not_provably")
def _a_copied_device_tells_another_story(story: Story) -> None:
    story.whole_life(BAG)
    teller = story.teller(COLLECTOR)
    teller.number -= 1
    note = teller.note("stored", occurred_ms=ms("02 17:00"), codes=[BAG], room="库1")
    story.write(note, received_ms=ms("02 17:01"), entry_class="fork")


@story_of("never_sealed", "unsealed")
def _a_blank_label_travels(story: Story) -> None:
    story.issue(BAG)
    story.release(BAG, CLINIC, COLLECTOR, at="02 14:00")


@story_of("missing_link", "disposed_not_provably")
def _the_collector_never_scanned(story: Story) -> None:
    story.issue(BAG)
    story.seal(BAG)
    story.accept(BAG, COLLECTOR, TRANSFER, at="02 16:00")
    story.to_plant(BAG)
    story.dispose(BAG)


@story_of("wrong_giver", "disposed_not_provably")
def _taken_from_another_than_the_holder(story: Story) -> None:
    story.issue(BAG)
    story.seal(BAG)
    story.release(BAG, CLINIC, COLLECTOR, at="02 14:00")
    story.accept(BAG, OTHER_CLINIC, COLLECTOR, at="02 14:05")
    story.hop(BAG, COLLECTOR, TRANSFER, at="02 16:00")
    story.to_plant(BAG)
    story.dispose(BAG)


@story_of("wrong_destination", "chain_broken")
def _brought_to_another_than_named(story: Story) -> None:
    story.issue(BAG)
    story.seal(BAG)
    story.release(BAG, CLINIC, COLLECTOR, at="02 14:00")
    story.accept(BAG, CLINIC, TRANSFER, at="02 15:00")


@story_of("one_sided_hop", "chain_broken")
def _the_giver_did_not_scan(story: Story) -> None:
    story.issue(BAG)
    story.seal(BAG)
    story.accept(BAG, CLINIC, COLLECTOR, at="02 14:00")


@story_of("impossible_time", "chain_broken")
def _released_an_hour_after_it_was_accepted(story: Story) -> None:
    story.issue(BAG)
    story.seal(BAG)
    story.accept(BAG, CLINIC, COLLECTOR, at="02 14:00")
    story.release(BAG, CLINIC, COLLECTOR, at="02 15:00")


@story_of("disposed_not_received", "disposed_not_provably")
def _burnt_by_a_plant_that_never_accepted_it(story: Story) -> None:
    story.issue(BAG)
    story.seal(BAG)
    story.to_transfer(BAG)
    story.dispose(BAG)


@story_of("manifest_missing", "disposed_not_provably")
def _carried_without_a_manifest(story: Story) -> None:
    story.issue(BAG)
    story.seal(BAG)
    story.to_transfer(BAG)
    story.to_plant(BAG, manifest=None)
    story.dispose(BAG)


@story_of("unlicensed_plant", "disposed_not_provably")
def _burnt_without_a_licence(story: Story) -> None:
    story.issue(BAG)
    story.seal(BAG)
    story.to_transfer(BAG)
    story.draft(MANIFEST, TRANSFER, at="03 08:00", consignee=OTHER_PLANT)
    story.hop(BAG, TRANSFER, CARRIER, at="03 08:00", manifest=MANIFEST, vehicle=VEHICLE)
    story.hop(BAG, CARRIER, OTHER_PLANT, at="03 11:00", manifest=MANIFEST, vehicle=VEHICLE)
    story.dispose(BAG, site=OTHER_PLANT)


@story_of("void_without_evidence", "disputed")
def _declared_void_by_a_word(story: Story) -> None:
    story.issue(BAG)
    story.seal(BAG)
    story.tell(CLINIC, "voided", at="02 09:00", codes=[BAG], reason="never_was")


@story_of("box_difference", "disposed_not_provably")
def _a_box_weighs_less_at_the_plant(story: Story) -> None:
    story.issue(BAG)
    story.seal(BAG, mass_g=4000)
    story.to_transfer(BAG)
    story.tell(TRANSFER, "packed", at="02 17:00", codes=[BAG], box=BOX)
    story.hop(BOX, TRANSFER, CARRIER, at="03 08:00", manifest=MANIFEST, vehicle=VEHICLE)
    story.release(BOX, CARRIER, PLANT, at="03 11:00", manifest=MANIFEST)
    story.accept(BOX, CARRIER, PLANT, at="03 11:05", manifest=MANIFEST, masses_g=[3000])
    story.dispose(BOX)


@story_of("overdue_pickup", "overdue", as_of="04 08:01")
def _nobody_came(story: Story) -> None:
    story.issue(BAG)
    story.seal(BAG)


@story_of("overdue_storage", "overdue", as_of="04 16:06")
def _left_at_the_transfer_point(story: Story) -> None:
    story.issue(BAG)
    story.seal(BAG)
    story.to_transfer(BAG)


@story_of("in_limbo", "overdue", as_of="03 14:01")
def _handed_over_and_never_accepted(story: Story) -> None:
    story.issue(BAG)
    story.seal(BAG)
    story.release(BAG, CLINIC, COLLECTOR, at="02 14:00")


@story_of("arrived_not_disposed", "overdue", as_of="04 11:06")
def _left_at_the_plant(story: Story) -> None:
    story.issue(BAG)
    story.seal(BAG)
    story.to_transfer(BAG)
    story.to_plant(BAG)


@story_of("refused_not_rerouted", "overdue", as_of="03 14:11")
def _refused_and_forgotten(story: Story) -> None:
    story.issue(BAG)
    story.seal(BAG)
    story.release(BAG, CLINIC, COLLECTOR, at="02 14:00")
    story.tell(COLLECTOR, "refused", at="02 14:10", codes=[BAG], from_site=CLINIC, reason="damaged")


@story_of("overdue_delivery", "overdue", as_of="03 14:06")
def _still_in_the_van(story: Story) -> None:
    story.issue(BAG)
    story.seal(BAG)
    story.hop(BAG, CLINIC, COLLECTOR, at="02 14:00")


@story_of("weight_difference", "disposed_not_provably")
def _lighter_at_the_plant(story: Story) -> None:
    story.issue(BAG)
    story.seal(BAG, mass_g=2000)
    story.to_transfer(BAG)
    story.to_plant(BAG, masses_g=[1899])
    story.dispose(BAG)


@story_of("count_difference", "disposed_not_provably")
def _three_counted_one_scanned(story: Story) -> None:
    story.issue(BAG)
    story.seal(BAG)
    story.to_transfer(BAG)
    story.hop(BAG, TRANSFER, CARRIER, at="03 08:00", manifest=MANIFEST, vehicle=VEHICLE)
    story.release(BAG, CARRIER, PLANT, at="03 11:00", manifest=MANIFEST)
    story.accept(BAG, CARRIER, PLANT, at="03 11:05", manifest=MANIFEST, packages_count=3)
    story.dispose(BAG)


@story_of("disputed", "disputed")
def _corrected_and_not_agreed(story: Story) -> None:
    story.issue(BAG)
    sealed = story.seal(BAG)
    story.correct(BAG, sealed, site=CLINIC, at="02 09:00", reason="wrong_mass", mass_g=100)


@story_of("unknown_code", "on_its_way")
def _sealed_under_a_code_nobody_issued(story: Story) -> None:
    story.seal(BAG, at="03 15:00")


@story_of("unlicensed_carrier", "safely_disposed")
def _carried_without_a_licence(story: Story) -> None:
    story.issue(BAG)
    story.seal(BAG)
    story.to_transfer(BAG)
    story.to_plant(BAG, carrier=STRANGER)
    story.dispose(BAG)


@story_of("unlicensed_vehicle", "safely_disposed")
def _carried_in_a_foreign_vehicle(story: Story) -> None:
    story.issue(BAG)
    story.seal(BAG)
    story.to_transfer(BAG)
    story.to_plant(BAG, vehicle=FOREIGN_VEHICLE)
    story.dispose(BAG)


@story_of("device_gap", "on_its_way")
def _a_scan_is_missing(story: Story) -> None:
    story.issue(BAG)
    story.seal(BAG, at="03 15:00")
    story.teller(CLINIC).note("stored", occurred_ms=ms("03 15:10"), codes=[BAG], room="库1")
    story.tell(CLINIC, "stored", at="03 15:20", codes=[BAG], room="库2")


@story_of("revoked_device", "chain_broken")
def _a_stopped_device_still_scans(story: Story) -> None:
    story.issue(BAG)
    device = story.teller(CLINIC).key.device_id
    story.tell(OFFICE, "revoked", at="03 14:00", device=device, reason="stolen")
    story.seal(BAG, at="03 15:00")


@story_of("quarantined_event", "on_its_way")
def _signed_but_unreadable(story: Story) -> None:
    story.issue(BAG)
    story.seal(BAG, at="03 15:00")
    note = sign_event(story.teller(CLINIC).key, origin=ORIGIN, payload={"kind": "teleported"})
    story.write(note, received_ms=ms("03 15:30"), entry_class="quarantine")


@story_of("newer_event", "on_its_way")
def _said_by_a_newer_device(story: Story) -> None:
    story.issue(BAG)
    story.seal(BAG, at="03 15:00")
    story.tell(CLINIC, "stored", at="03 15:10", codes=[BAG], room="库1", shelf="上层")


@story_of("clock_skew", "on_its_way")
def _a_clock_runs_ahead(story: Story) -> None:
    story.issue(BAG)
    story.seal(BAG, at="03 15:00", delay_ms=-11 * 60_000)


@story_of("back_dated", "on_its_way")
def _handed_in_after_eleven_days(story: Story) -> None:
    story.issue(BAG)
    story.seal(BAG, at="03 15:00", delay_ms=241 * HOUR_MS)


@story_of("late_step", "on_its_way", as_of="04 15:00")
def _collected_a_day_late(story: Story) -> None:
    story.issue(BAG)
    story.seal(BAG, at="02 08:00")
    story.hop(BAG, CLINIC, COLLECTOR, at="04 14:00")


@story_of("same_person_both_sides", "on_its_way")
def _one_person_for_both_sides(story: Story) -> None:
    story.issue(BAG)
    story.seal(BAG)
    story.hop(BAG, CLINIC, COLLECTOR, at="03 14:00", vouched_by="u-ghost")


@story_of("unlisted_waste_code", "on_its_way")
def _a_code_of_a_later_edition(story: Story) -> None:
    story.issue(BAG)
    story.seal(BAG, at="03 15:00", waste_code="999-999-01")


@story_of("impossible_travel", "chain_broken")
def _seen_in_two_towns_within_ten_minutes(story: Story) -> None:
    story.issue(BAG)
    story.seal(BAG, position={"latitude_udeg": 29_530_000, "longitude_udeg": 108_770_000, "accuracy_m": 10})
    far = {"latitude_udeg": 30_530_000, "longitude_udeg": 108_770_000, "accuracy_m": 10}
    story.release(BAG, CLINIC, COLLECTOR, at="02 08:10")
    story.accept(BAG, CLINIC, COLLECTOR, at="02 08:10", position=far)


@story_of("not_vouched", "overdue", as_of="05 16:01")
def _put_into_an_unattended_cabinet(story: Story) -> None:
    story.issue(BAG)
    story.seal(BAG, at="03 15:00")
    story.release(BAG, CLINIC, TRANSFER, at="03 16:00")
    story.accept(BAG, CLINIC, TRANSFER, at="03 16:00", vouch_method="none")


@story_of("manifest_overdue", "on_its_way", as_of="04 08:01")
def _the_lorry_never_arrives(story: Story) -> None:
    story.issue(BAG)
    story.seal(BAG)
    story.to_transfer(BAG)
    story.hop(BAG, TRANSFER, CARRIER, at="03 08:00", manifest=MANIFEST, vehicle=VEHICLE)


@story_of("manifest_not_confirmed", "safely_disposed", as_of="11 00:01")
def _five_working_days_and_no_word(story: Story) -> None:
    story.whole_life(BAG)


@story_of("late_confirmation", "safely_disposed", as_of="30 00:00")
def _the_word_comes_after_five_working_days(story: Story) -> None:
    story.whole_life(BAG)
    story.tell(PLANT, "manifested", at="12 09:00", manifest=MANIFEST, action="confirmed", opinion="accepted")


@story_of("declared_lost", "declared_lost")
def _fallen_off_the_van(story: Story) -> None:
    story.issue(BAG)
    story.seal(BAG)
    story.to_transfer(BAG)
    story.tell(TRANSFER, "incident", at="03 07:00", codes=[BAG], incident="loss")


@story_of("stock_imbalance", "on_its_way")
def _the_keeper_counts_and_it_is_not_there(story: Story) -> None:
    story.issue(BAG)
    story.seal(BAG)
    story.to_transfer(BAG)
    story.tell(TRANSFER, "stored", at="02 16:30", codes=[BAG], room="库1")
    story.tell(TRANSFER, "counted", at="03 07:00", codes=[], room="库1", complete=True)


@story_of("correction_refused", "disputed")
def _the_other_side_says_no(story: Story) -> None:
    story.issue(BAG)
    story.seal(BAG)
    released = story.release(BAG, CLINIC, COLLECTOR, at="03 08:00")
    story.accept(BAG, CLINIC, COLLECTOR, at="03 08:01")
    proposed = story.correct(BAG, released, site=CLINIC, at="03 09:00", reason="did_not_occur")
    story.correct(BAG, released, site=COLLECTOR, at="03 10:00", reason="did_not_occur", refuses=proposed)


@story_of("manifest_unknown", "disposed_not_provably")
def _a_number_nobody_drew_up(story: Story) -> None:
    story.drafted.add(MANIFEST)
    story.whole_life(BAG)


@story_of("manifest_void_used", "disposed_not_provably")
def _voided_and_used_all_the_same(story: Story) -> None:
    story.draft(MANIFEST, TRANSFER, at="02 10:00", vehicle=VEHICLE)
    story.tell(TRANSFER, "manifested", at="02 12:00", manifest=MANIFEST, action="voided", reason="填错")
    story.whole_life(BAG)


@story_of("manifest_mixed", "safely_disposed disposed_not_provably")
def _two_consignors_on_one_manifest(story: Story) -> None:
    story.whole_life(BAG)
    story.issue(BAG2)
    story.seal(BAG2, site=HOSPITAL)
    story.hop(BAG2, HOSPITAL, CARRIER, at="03 08:20", manifest=MANIFEST, vehicle=VEHICLE)
    story.hop(BAG2, CARRIER, PLANT, at="03 11:00", manifest=MANIFEST, vehicle=VEHICLE)
    story.dispose(BAG2)


@story_of("manifest_mismatch", "safely_disposed")
def _another_vehicle_than_drafted(story: Story) -> None:
    story.draft(MANIFEST, TRANSFER, at="03 07:00", vehicle=FOREIGN_VEHICLE)
    story.whole_life(BAG)


@story_of("unlicensed_driver", "safely_disposed")
def _driven_by_somebody_nobody_knows(story: Story) -> None:
    story.draft(MANIFEST, TRANSFER, at="03 07:00", vehicle=VEHICLE, driver="u-nobody")
    story.whole_life(BAG)


@story_of("silent_producer", "safely_disposed", as_of="30 12:00")
def _a_clinic_falls_silent(story: Story) -> None:
    for day, code in enumerate((BAG, BAG2, BAG3, *MORE), start=2):
        story.issue(code)
        story.seal(code, at=f"{day:02d} 08:00")
        story.hop(code, CLINIC, COLLECTOR, at=f"{day:02d} 09:00")
        story.hop(code, COLLECTOR, TRANSFER, at=f"{day:02d} 10:00")
        story.hop(code, TRANSFER, CARRIER, at=f"{day:02d} 11:00", manifest=f"2026500100001{day}", vehicle=VEHICLE)
        story.hop(code, CARRIER, PLANT, at=f"{day:02d} 13:00", manifest=f"2026500100001{day}", vehicle=VEHICLE)
        story.dispose(code, at=f"{day:02d} 15:00")


@story_of("label_stock_unaccounted", None)
def _a_blank_label_is_gone(story: Story) -> None:
    story.issue(BAG, BAG2)
    story.tell(CLINIC, "counted", at="03 08:00", codes=[BAG], stock="roll 1", complete=True)


@story_of("late_backfill", "disposed_not_provably", as_of="28 00:00")
def _the_paper_comes_after_three_weeks(story: Story) -> None:
    story.issue(BAG)
    story.seal(BAG)
    story.to_transfer(BAG)
    story.draft(MANIFEST, TRANSFER, at="03 08:00", form="paper", vehicle=VEHICLE)
    told = {"manifest": MANIFEST, "vehicle": VEHICLE}
    paper = {"happened_at": china(ms("03 08:00")), "reason": "no_signal"}
    story.release(BAG, TRANSFER, CARRIER, at="24 08:00", backfill=paper, **told)
    story.accept(BAG, TRANSFER, CARRIER, at="03 08:05", **told)
    story.hop(BAG, CARRIER, PLANT, at="03 11:00", **told)
    story.dispose(BAG)


@story_of("box_not_washed", "safely_disposed", as_of="04 12:01")
def _left_as_it_came_from_the_furnace(story: Story) -> None:
    story.issue(BAG)
    story.seal(BAG)
    story.to_transfer(BAG)
    story.tell(TRANSFER, "packed", at="02 17:00", codes=[BAG], box=BOX)
    story.to_plant(BOX)
    story.dispose(BOX, at="03 12:00")


@story_of("reprint_without_reason", "on_its_way")
def _printed_twice(story: Story) -> None:
    story.issue(BAG)
    story.tell(OFFICE, "printed", at="02 07:00", codes=[BAG], job="打印1", copy_no=2)
    story.seal(BAG, at="03 15:00")
