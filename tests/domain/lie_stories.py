"""The smallest story that raises each finding about people who say what is not so; they stand in `STORIES` beside the others."""

from datetime import date
from typing import Any

from schemas.codes import box_code, identification_code
from tests.domain.finding_stories import MORE, STORIES, story_of
from tests.stories_builder import (
    BAG,
    BAG2,
    BOX,
    CABIN,
    CARRIER,
    CLINIC,
    COLLECTOR,
    COMPANY_LORRY,
    COMPANY_PLANT,
    COMPANY_VEHICLE,
    HOSPITAL,
    INFECTIOUS,
    MANIFEST,
    NURSE,
    OFFICE,
    PHOTO,
    PLANT,
    TRANSFER,
    VEHICLE,
    Story,
    china,
    ms,
)

__all__ = ["STORIES", "cabin_gives"]

HOUR_MS = 60 * 60 * 1000
PAPERS: dict[str, Any] = {"manifest": MANIFEST, "vehicle": VEHICLE}
BY_BADGE = {"vouched_by": "u-cabin", "vouch_method": "badge"}


def cabin_gives(story: Story, code: str, taker: str, *, at: str, **how: Any) -> None:
    """A clinic without a device: sealed and handed over on the taker's handheld, its nurse beside it."""
    how = BY_BADGE | how
    sealed = {"waste_code": INFECTIOUS, "package": "bag", "mass_source": "scale", "mass_g": 1000}
    story.issue(code, site=CABIN)
    story.tell(CABIN, "sealed", by=taker, at=at, codes=[code], **sealed, **how)
    story.tell(CABIN, "released", by=taker, at=at, after_ms=60_000, codes=[code], to_site=taker, **how)
    story.tell(taker, "accepted", at=at, after_ms=120_000, codes=[code], from_site=CABIN)


def company_burns(story: Story, code: str, *, at: str = "03 15:00") -> None:
    """The company's lorry brings a bag to the company's furnace: two devices, two people."""
    papers = {"manifest": MANIFEST, "vehicle": COMPANY_VEHICLE}
    story.tell(COMPANY_LORRY, "released", at="03 11:00", codes=[code], to_site=COMPANY_PLANT, **papers)
    story.accept(code, COMPANY_LORRY, COMPANY_PLANT, at="03 11:05", **papers)
    story.dispose(code, at=at, site=COMPANY_PLANT)


@story_of("not_entitled", "on_its_way")
def _a_clinic_accepts_in_the_collectors_name(story: Story) -> None:
    story.issue(BAG)
    story.seal(BAG, at="03 15:00")
    story.tell(COLLECTOR, "accepted", by=CLINIC, at="03 15:30", codes=[BAG], from_site=CLINIC)


@story_of("sealing_unconfirmed", "chain_broken")
def _the_collector_seals_for_a_clinic_that_is_not_there(story: Story) -> None:
    story.issue(BAG)
    sealed = {"waste_code": INFECTIOUS, "package": "bag", "mass_source": "scale", "mass_g": 1000}
    story.tell(CLINIC, "sealed", by=COLLECTOR, at="03 15:00", codes=[BAG], **sealed)


@story_of("sealed_by_handler", "unsealed")
def _the_plant_makes_a_bag_of_its_own(story: Story) -> None:
    story.issue(BAG, site=PLANT)
    story.seal(BAG, at="03 12:00", site=PLANT)
    story.dispose(BAG)


@story_of("one_party_hop", "chain_broken")
def _one_hand_holds_both_ends(story: Story) -> None:
    story.issue(BAG)
    story.seal(BAG)
    story.tell(
        CLINIC, "released", by=COLLECTOR, at="02 14:00", codes=[BAG], to_site=COLLECTOR, vouched_by=NURSE, vouch_method="badge",
    )  # fmt: skip
    story.accept(BAG, CLINIC, COLLECTOR, at="02 14:01", actor=NURSE)


@story_of("one_organisation", "disposed_not_provably")
def _the_company_is_its_own_witness(story: Story) -> None:
    cabin_gives(story, BAG, COMPANY_LORRY, at="03 08:00")
    company_burns(story, BAG)


@story_of("producer_absent", "disposed_not_provably")
def _only_a_badge_on_the_handheld_of_those_who_burn(story: Story) -> None:
    cabin_gives(story, BAG, COMPANY_LORRY, at="02 14:00")
    story.hop(BAG, COMPANY_LORRY, TRANSFER, at="02 16:00")
    story.draft(
        MANIFEST, TRANSFER, at="03 08:00", carriers=[COMPANY_LORRY], consignee=COMPANY_PLANT, vehicle=COMPANY_VEHICLE
    )
    story.hop(BAG, TRANSFER, COMPANY_LORRY, at="03 08:00", manifest=MANIFEST, vehicle=COMPANY_VEHICLE)
    company_burns(story, BAG)


@story_of("weak_evidence", "disposed_not_provably")
def _a_paper_without_a_number(story: Story) -> None:
    story.issue(BAG)
    story.seal(BAG)
    story.to_transfer(BAG)
    story.draft(MANIFEST, TRANSFER, at="03 08:00", form="paper", vehicle=VEHICLE)
    paper = {"happened_at": china(ms("03 08:00")), "reason": "no_signal"}
    story.release(BAG, TRANSFER, CARRIER, at="03 09:00", backfill=paper, **PAPERS)
    story.accept(BAG, TRANSFER, CARRIER, at="03 08:05", **PAPERS)
    story.hop(BAG, CARRIER, PLANT, at="03 11:00", **PAPERS)
    story.dispose(BAG)


@story_of("method_not_permitted", "disposed_not_provably")
def _infectious_waste_is_tipped(story: Story) -> None:
    story.issue(BAG)
    story.seal(BAG)
    story.to_transfer(BAG)
    story.to_plant(BAG)
    story.tell(PLANT, "disposed", at="03 15:00", codes=[BAG], batch="坑1", method="landfill")


@story_of("late_packing", "disposed_not_provably")
def _packed_by_another_device_into_a_box_that_had_burned(story: Story) -> None:
    story.issue(BAG)
    story.seal(BAG)
    story.to_transfer(BAG)
    story.to_plant(BOX)
    story.dispose([BOX])
    story.tell(TRANSFER, "packed", by=f"{TRANSFER} 2", at="02 17:30", delay_ms=23 * HOUR_MS, codes=[BAG], box=BOX)


@story_of("in_two_boxes", "on_its_way")
def _packed_again_and_never_taken_out(story: Story) -> None:
    story.issue(BAG)
    story.seal(BAG)
    story.to_transfer(BAG)
    story.tell(TRANSFER, "packed", at="02 17:00", codes=[BAG], box=BOX)
    story.tell(TRANSFER, "packed", at="02 18:00", codes=[BAG], box=box_code("500114", 2))


@story_of("void_unconfirmed", "disputed")
def _the_holder_voids_and_nobody_has_looked(story: Story) -> None:
    story.issue(BAG)
    story.seal(BAG)
    story.tell(OFFICE, "evidenced", at="02 08:30", attachments=[PHOTO], size_bytes=1200, media="image/jpeg")
    story.tell(CLINIC, "voided", at="02 09:00", codes=[BAG], reason="never_was", attachments=[PHOTO])


@story_of("void_after_end", "safely_disposed")
def _voided_when_it_was_ashes(story: Story) -> None:
    story.whole_life(BAG)
    story.tell(CLINIC, "voided", at="03 15:30", codes=[BAG], reason="never_was")


@story_of("objection", "disputed")
def _an_inspector_objects(story: Story) -> None:
    story.issue(BAG)
    story.seal(BAG, at="03 15:00")
    story.tell(OFFICE, "inspected", at="03 15:30", codes=[BAG], result="objection")


@story_of("spilled", "disputed")
def _a_bag_bursts(story: Story) -> None:
    story.issue(BAG)
    story.seal(BAG, at="03 15:00")
    story.tell(CLINIC, "incident", at="03 15:30", codes=[BAG], incident="spill")


@story_of("implausible_mass", "on_its_way")
def _a_bag_of_sixty_tonnes(story: Story) -> None:
    story.issue(BAG)
    story.seal(BAG, at="03 15:00", mass_g=60_000_000)


@story_of("label_mismatch", "on_its_way")
def _another_waste_than_the_label_says(story: Story) -> None:
    code = identification_code("91130200699229617X", "900-214-08", date(2026, 11, 3), 1)
    story.issue(code)
    story.seal(code, at="03 15:00", waste_code="900-217-08")


@story_of("copied_weight", "on_its_way")
def _five_bags_weigh_the_same_to_the_gram(story: Story) -> None:
    bags = [BAG, *MORE]
    for number, code in enumerate(bags):
        story.issue(code)
        story.seal(code, at="03 08:00", mass_g=1000 + number)
    story.hop(bags, CLINIC, COLLECTOR, at="03 14:00")
    story.release(bags, COLLECTOR, TRANSFER, at="03 15:00")
    story.accept(bags, COLLECTOR, TRANSFER, at="03 15:05", masses_g=[1000 + number for number in range(len(bags))])


@story_of("disposed_twice", "disposed_not_provably")
def _burnt_in_two_batches(story: Story) -> None:
    story.whole_life(BAG)
    story.dispose(BAG, at="03 15:50", batch="炉2")


@story_of("unknown_site", "on_its_way")
def _a_clinic_that_no_register_knows(story: Story) -> None:
    story.issue(BAG)
    story.seal(BAG, at="03 15:00", site="C500114105009")


@story_of("untrusted_device", "on_its_way")
def _a_rewritten_past(story: Story) -> None:
    story.issue(BAG)
    story.seal(BAG, at="03 14:00")
    story.teller(CLINIC).previous = "A" * 43 + "="
    story.tell(CLINIC, "stored", at="03 15:00", codes=[BAG], room="库1")


@story_of("time_outside_bracket", "on_its_way")
def _a_moment_before_the_scan_in_front_of_it(story: Story) -> None:
    story.issue(BAG)
    story.seal(BAG, at="03 15:00")
    story.tell(CLINIC, "stored", at="03 09:00", delay_ms=7 * HOUR_MS, codes=[BAG], room="库1")


@story_of("own_device_unused", "on_its_way")
def _the_clinics_own_handheld_lay_in_a_drawer(story: Story) -> None:
    story.issue(BAG)
    sealed = {"waste_code": INFECTIOUS, "package": "bag", "mass_source": "scale", "mass_g": 1000}
    story.tell(
        CLINIC, "sealed", by=COLLECTOR, at="03 15:00", codes=[BAG], **sealed, vouched_by=NURSE, vouch_method="badge"
    )
    story.hop(BAG, CLINIC, COLLECTOR, at="03 15:02")


@story_of("capacity_exceeded", "safely_disposed")
def _more_than_the_licence_of_a_year(story: Story) -> None:
    story.draft(
        MANIFEST, HOSPITAL, at="03 08:00", carriers=[COMPANY_LORRY], consignee=COMPANY_PLANT, vehicle=COMPANY_VEHICLE
    )
    papers = {"manifest": MANIFEST, "vehicle": COMPANY_VEHICLE}
    drums = [BAG, BAG2, *MORE]
    for code in drums:
        story.issue(code, site=HOSPITAL)
        story.seal(code, at="03 07:00", site=HOSPITAL, mass_g=200_000, package="drum")
    story.hop(drums, HOSPITAL, COMPANY_LORRY, at="03 08:00", **papers)
    story.hop(drums, COMPANY_LORRY, COMPANY_PLANT, at="03 11:00", **papers)
    story.dispose(drums, site=COMPANY_PLANT)


@story_of("manifest_not_valid", "disposed_not_provably")
def _drawn_up_when_the_lorry_had_left(story: Story) -> None:
    story.drafted.add(MANIFEST)
    story.issue(BAG)
    story.seal(BAG)
    story.to_transfer(BAG)
    story.hop(BAG, TRANSFER, CARRIER, at="03 08:00", **PAPERS)
    story.draft(MANIFEST, TRANSFER, at="03 11:30", vehicle=VEHICLE)
    story.hop(BAG, CARRIER, PLANT, at="03 11:00", **PAPERS)
    story.dispose(BAG)


@story_of("late_confirmation", "safely_disposed", as_of="25 00:00")
def _confirmed_after_two_weeks(story: Story) -> None:
    story.whole_life(BAG)
    story.tell(PLANT, "manifested", at="24 09:00", manifest=MANIFEST, action="confirmed", opinion="accepted")


@story_of("opening_stock_unconfirmed", "unsealed")
def _old_stock_that_nobody_has_looked_at(story: Story) -> None:
    story.issue(BAG, site=PLANT)
    story.declare_stock(BAG, site=PLANT)
    story.dispose(BAG)


@story_of("opening_stock_again", "safely_disposed")
def _a_second_list_of_old_stock(story: Story) -> None:
    story.issue(BAG, BAG2, site=TRANSFER)
    story.confirm(story.declare_stock(BAG), BAG)
    story.to_plant(BAG)
    story.dispose(BAG)
    story.declare_stock(BAG2, at="03 09:00")


@story_of("opening_stock_known", "safely_disposed")
def _a_bag_of_today_is_called_old_stock(story: Story) -> None:
    story.whole_life(BAG)
    story.declare_stock(BAG, at="03 11:30", site=PLANT)


@story_of("opening_stock_late", "on_its_way", as_of="30 12:00")
def _remembered_after_a_month(story: Story) -> None:
    story.received_ms = ms("01 00:00") - 3 * 24 * HOUR_MS
    story.teller(COMPANY_LORRY)
    story.issue(BAG, site=COMPANY_LORRY)
    story.confirm(story.declare_stock(BAG, at="30 11:00", site=COMPANY_LORRY), BAG, at="30 11:30")
