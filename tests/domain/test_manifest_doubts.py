"""What is wrong with a manifest: acts held against the draft, voids, and everything that is late."""

import pytest

from tests.manifest_stories import (
    OTHER_NUMBER,
    SHARPS,
    confirm,
    district,
    draft,
    fold,
    judge,
    plain_days,
    pooled,
    reasons,
    void,
)
from tests.stories_builder import (
    BAG,
    BAG2,
    CARRIER,
    COLLECTOR,
    FOREIGN_VEHICLE,
    HOSPITAL,
    INFECTIOUS,
    MANIFEST,
    OTHER_CLINIC,
    OTHER_PLANT,
    PLANT,
    STRANGER,
    TRANSFER,
    VEHICLE,
    Story,
    ms,
)
from wasteledger.domain.manifest import Phase
from wasteledger.domain.manifest_doubts import expected_of
from wasteledger.domain.manifest_fields import missing_fields


def test_carriers_out_of_turn_do_not_match_the_draft() -> None:
    story = pooled(BAG)
    draft(story, at="03 07:10", carriers=[COLLECTOR, CARRIER], vehicle=None, driver=None)
    story.hop(BAG, TRANSFER, CARRIER, at="03 08:00", manifest=MANIFEST)
    story.hop(BAG, CARRIER, COLLECTOR, at="03 10:00", manifest=MANIFEST)
    story.hop(BAG, COLLECTOR, PLANT, at="03 12:00", manifest=MANIFEST)
    doubts = judge(story)
    assert reasons(doubts) == ["manifest_mismatch"] * 3
    assert [doubt.site for doubt in doubts] == [CARRIER, COLLECTOR, COLLECTOR]


def test_a_carrier_a_vehicle_and_a_plant_that_nobody_drafted_are_named() -> None:
    story = pooled(BAG)
    story.hop(BAG, TRANSFER, STRANGER, at="03 08:00", manifest=MANIFEST)
    story.hop(BAG, STRANGER, OTHER_PLANT, at="03 11:00", manifest=MANIFEST)
    doubts = judge(story)
    assert [(doubt.reason, doubt.site, doubt.items) for doubt in doubts] == [
        ("manifest_mismatch", STRANGER, (BAG,)), ("manifest_mismatch", OTHER_PLANT, (BAG,)),
    ]  # fmt: skip
    other_vehicle = pooled(BAG)
    other_vehicle.to_plant(BAG, vehicle=FOREIGN_VEHICLE)
    (doubt,) = judge(other_vehicle)
    assert (doubt.reason, doubt.site) == ("manifest_mismatch", CARRIER)
    assert {fact.event.vehicle for fact in doubt.evidence[1:]} == {FOREIGN_VEHICLE}


def test_a_vehicle_changed_on_the_way_is_named_too() -> None:
    story = pooled(BAG)
    story.hop(BAG, TRANSFER, CARRIER, at="03 08:00", manifest=MANIFEST, vehicle=VEHICLE)
    story.hop(BAG, CARRIER, PLANT, at="03 11:00", manifest=MANIFEST, vehicle=FOREIGN_VEHICLE)
    assert [(doubt.reason, doubt.site) for doubt in judge(story)] == [("manifest_mismatch", CARRIER)]


def test_a_package_that_was_never_sealed_has_no_waste_that_could_differ() -> None:
    story = pooled(BAG)
    story.issue(BAG2)
    story.to_plant([BAG, BAG2])
    assert judge(story) == []


def test_goods_that_are_redirected_begin_their_new_manifest_in_the_carriers_hands() -> None:
    story = pooled(BAG)
    story.hop(BAG, TRANSFER, CARRIER, at="03 08:00", manifest=MANIFEST, vehicle=VEHICLE)
    story.tell(
        PLANT,
        "refused",
        at="03 11:00",
        codes=[BAG],
        from_site=CARRIER,
        reason="other",
        onward="redirect",
        manifest=MANIFEST,
    )
    draft(story, number=OTHER_NUMBER, at="03 11:30", consignee=OTHER_PLANT)
    story.hop(BAG, CARRIER, OTHER_PLANT, at="03 14:00", manifest=OTHER_NUMBER, vehicle=VEHICLE)
    manifest = fold(story, OTHER_NUMBER)
    assert (manifest.phase, manifest.loaded, manifest.accepted) == (Phase.ACCEPTED, {BAG}, {BAG})
    assert judge(story, number=OTHER_NUMBER) == []
    assert judge(story) == []


def test_a_waste_that_is_not_in_the_draft_is_named_with_its_items() -> None:
    for again in ([], [INFECTIOUS, SHARPS]):
        story = pooled(BAG)
        story.issue(BAG2)
        story.seal(BAG2, waste_code=SHARPS)
        story.to_transfer(BAG2)
        story.draft(MANIFEST, TRANSFER, at="03 08:00", vehicle=VEHICLE)
        if again:
            draft(story, at="03 07:30", waste_codes=again)
        story.to_plant([BAG, BAG2])
        named = [(doubt.reason, doubt.items, doubt.site) for doubt in judge(story)]
        assert named == ([] if again else [("manifest_mismatch", (BAG2,), TRANSFER)])


def test_void_holds_until_the_consignee_has_accepted_something() -> None:
    story = pooled(BAG)
    void(story, at="03 07:30")
    assert fold(story).phase is Phase.VOIDED
    assert judge(story, as_of="09 00:00") == []
    story.to_plant(BAG)
    (doubt,) = judge(story)
    assert (fold(story).phase, doubt.reason, doubt.items) == (Phase.VOIDED, "manifest_void_used", (BAG,))
    late = pooled(BAG)
    late.to_plant(BAG)
    void(late, at="03 12:00")
    assert fold(late).phase is Phase.ACCEPTED
    (doubt,) = judge(late)
    assert (doubt.reason, doubt.site) == ("manifest_void_used", TRANSFER)


def test_only_what_was_done_after_the_void_used_a_void_manifest() -> None:
    story = pooled(BAG)
    before = story.release(BAG, TRANSFER, CARRIER, at="03 08:00", manifest=MANIFEST, vehicle=VEHICLE)
    void(story, at="03 08:02")
    after = story.accept(BAG, TRANSFER, CARRIER, at="03 08:05", manifest=MANIFEST, vehicle=VEHICLE)
    (doubt,) = judge(story)
    shown = {fact.event_id for fact in doubt.evidence}
    assert after in shown
    assert before not in shown
    assert missing_fields(fold(story), district()) == []


def test_papers_made_by_others_do_not_hold_and_are_named() -> None:
    story = pooled(BAG)
    void(story, at="03 07:30", site=HOSPITAL)
    confirm(story, site=CARRIER)
    draft(story, at="03 07:40", site=HOSPITAL, consignee=OTHER_PLANT)
    story.to_plant(BAG)
    manifest = fold(story)
    assert (manifest.phase, manifest.consignor, manifest.consignee) == (Phase.ACCEPTED, TRANSFER, PLANT)
    doubts = judge(story)
    assert reasons(doubts) == ["manifest_mismatch"] * 3
    assert [doubt.site for doubt in doubts] == [HOSPITAL, HOSPITAL, CARRIER]


def test_a_number_that_nobody_drew_up_is_unknown() -> None:
    story = Story()
    story.drafted.add(MANIFEST)  # the story shall not draw it up by itself
    story.whole_life(BAG)
    (unknown,) = judge(story)
    assert (unknown.reason, unknown.site, unknown.items) == ("manifest_unknown", TRANSFER, (BAG,))
    assert fold(story).consignor == TRANSFER


def test_a_shared_vehicle_has_one_manifest_for_each_consignor() -> None:
    """Art. 16: the hospital and the centre share a vehicle, and each has its own number."""
    story = pooled(BAG)
    story.issue(BAG2)
    story.seal(BAG2, site=HOSPITAL)
    draft(story, site=HOSPITAL, number=OTHER_NUMBER)
    story.hop(BAG2, HOSPITAL, CARRIER, at="03 07:30", manifest=OTHER_NUMBER, vehicle=VEHICLE)
    story.hop(BAG, TRANSFER, CARRIER, at="03 08:00", manifest=MANIFEST, vehicle=VEHICLE)
    for code, number in ((BAG, MANIFEST), (BAG2, OTHER_NUMBER)):
        story.hop(code, CARRIER, PLANT, at="03 11:00", manifest=number, vehicle=VEHICLE)
        assert judge(story, number=number) == []
        assert fold(story, number).accepted == {code}


def test_one_manifest_for_two_consignors_is_mixed() -> None:
    story = pooled(BAG)
    story.issue(BAG2)
    story.seal(BAG2, site=HOSPITAL)
    story.hop(BAG2, HOSPITAL, CARRIER, at="03 07:30", manifest=MANIFEST, vehicle=VEHICLE)
    story.to_plant(BAG)
    (doubt,) = judge(story)
    assert (doubt.reason, doubt.site, doubt.items) == ("manifest_mixed", HOSPITAL, (BAG2,))
    assert fold(story).consignors == (TRANSFER, HOSPITAL)


def test_the_township_centre_is_the_consignor_of_the_pooled_load() -> None:
    """Clinics hand over without a manifest; what the centre sends on is its own."""
    story = pooled(BAG)
    story.issue(BAG2)
    story.seal(BAG2, site=OTHER_CLINIC)
    story.to_transfer(BAG2, site=OTHER_CLINIC)
    story.to_plant([BAG, BAG2])
    assert (fold(story).consignor, fold(story).loaded, judge(story)) == (TRANSFER, {BAG, BAG2}, [])


def test_a_load_that_does_not_arrive_in_time_is_overdue_by_the_clock_alone() -> None:
    story = pooled(BAG)
    story.hop(BAG, TRANSFER, CARRIER, at="03 08:00", manifest=MANIFEST, vehicle=VEHICLE)
    expected = expected_of(fold(story), district(), plain_days)
    assert expected is not None
    assert (expected.site, expected.due_ms, expected.rule) == (CARRIER, ms("04 08:00"), "carriage_h")
    assert judge(story, as_of="04 08:00") == []
    (doubt,) = judge(story, as_of="04 08:01")
    assert (doubt.reason, doubt.site, doubt.items, doubt.at_ms) == ("manifest_overdue", CARRIER, (BAG,), ms("04 08:00"))
    story.release(BAG, CARRIER, PLANT, at="04 09:00", manifest=MANIFEST)
    assert judge(story, as_of="09 00:00") == []


def test_a_load_that_no_carrier_has_taken_is_its_consignors_to_explain() -> None:
    story = pooled(BAG)
    story.release(BAG, TRANSFER, CARRIER, at="03 08:00", manifest=MANIFEST, vehicle=VEHICLE)
    (doubt,) = judge(story, as_of="04 09:00")
    assert (doubt.reason, doubt.site) == ("manifest_overdue", TRANSFER)


def test_the_limit_on_the_road_is_the_carriers_own_rule() -> None:
    story = pooled(BAG)
    story.hop(BAG, TRANSFER, CARRIER, at="03 08:00", manifest=MANIFEST, vehicle=VEHICLE)
    remote = district(rules=[{"key": "carriage_h", "value": 48, "basis": "山区", "scope": CARRIER}])
    assert judge(story, as_of="05 07:59", directory=remote) == []
    assert reasons(judge(story, as_of="05 08:01", directory=remote)) == ["manifest_overdue"]


def test_acceptance_that_is_not_confirmed_in_time_is_named() -> None:
    story = pooled(BAG)
    story.to_plant(BAG)
    assert judge(story, as_of="08 11:05") == []
    (doubt,) = judge(story, as_of="08 11:06")
    assert (doubt.reason, doubt.site, doubt.at_ms) == ("manifest_not_confirmed", PLANT, ms("08 11:05"))
    confirm(story, at="09 10:00")
    (late,) = judge(story, as_of="10 00:00")
    assert (late.reason, late.site, late.items, late.at_ms) == ("late_confirmation", PLANT, (BAG,), ms("08 11:05"))
    confirm(story, at="12 10:00", opinion="accepted", difference="更正")
    assert [doubt.evidence for doubt in judge(story, as_of="13 00:00")] == [late.evidence]


@pytest.mark.parametrize(("received", "late"), [("13 11:00", 0), ("13 11:10", 4)])
def test_paper_that_is_entered_after_its_time_is_late(received: str, late: int) -> None:
    """The transfer ended on the 3rd at 11:05; ten days later is the limit."""
    story = pooled(BAG)
    papers = {"manifest": MANIFEST, "vehicle": VEHICLE, "delay_ms": 0}
    for kind, giver, taker, happened in (
        ("released", TRANSFER, CARRIER, "03T08:00"), ("accepted", TRANSFER, CARRIER, "03T08:05"),
        ("released", CARRIER, PLANT, "03T11:00"), ("accepted", CARRIER, PLANT, "03T11:05"),
    ):  # fmt: skip
        backfill = {"happened_at": f"2026-11-{happened}:00.000+08:00", "reason": "no_signal", "paper": "纸1"}
        site, other = (giver, {"to_site": taker}) if kind == "released" else (taker, {"from_site": giver})
        story.tell(site, kind, at=received, codes=[BAG], backfill=backfill, **other, **papers)
    confirm(story, at="08 09:00")
    doubts = judge(story, as_of="20 00:00")
    assert reasons(doubts) == ["late_backfill"] * late
    assert {doubt.at_ms for doubt in doubts} <= {ms("13 11:05")}
    assert len(fold(story).backfilled) == 4
    assert fold(story).phase is Phase.CLOSED


def test_paper_is_not_late_while_the_plant_is_still_deciding() -> None:
    story = pooled(BAG, BAG2)
    load = [BAG, BAG2]
    backfill = {"happened_at": "2026-11-03T08:00:00.000+08:00", "reason": "no_signal"}
    story.release(load, TRANSFER, CARRIER, at="14 08:00", manifest=MANIFEST, vehicle=VEHICLE, backfill=backfill)
    story.accept(load, TRANSFER, CARRIER, at="03 08:05", manifest=MANIFEST, vehicle=VEHICLE)
    story.release(load, CARRIER, PLANT, at="03 11:00", manifest=MANIFEST)
    story.accept(BAG, CARRIER, PLANT, at="03 11:05", manifest=MANIFEST)
    assert "late_backfill" not in reasons(judge(story, as_of="14 09:00"))
    story.accept(BAG2, CARRIER, PLANT, at="03 11:30", manifest=MANIFEST)
    assert "late_backfill" in reasons(judge(story, as_of="14 09:00"))


@pytest.mark.parametrize("driver", ["u-nobody", "u-keeper", "u-clerk"])
def test_a_driver_who_is_not_the_carriers_is_named(driver: str) -> None:
    story = pooled(BAG)
    draft(story, at="03 07:30", driver=driver)
    (doubt,) = judge(story)
    assert (doubt.reason, doubt.site) == ("unlicensed_driver", CARRIER)
