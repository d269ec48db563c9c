"""The order of an item's steps: boxes, clocks that differ, hops that belong together, limits."""

from datetime import date

import pytest

from schemas.codes import box_code
from schemas.custody import ItemState, Phase
from tests.stories_builder import (
    BAG,
    BAG2,
    BOX,
    CARRIER,
    CLINIC,
    COLLECTOR,
    INFECTIOUS,
    MANIFEST,
    OFFICE,
    OTHER_CLINIC,
    PLANT,
    TRANSFER,
    VEHICLE,
    Story,
    ms,
    register,
)
from wasteledger.domain.chain import Chain
from wasteledger.domain.deadlines import HOUR_MS, awaited_step
from wasteledger.domain.legal_days import china_day
from wasteledger.domain.register import Directory, Register
from wasteledger.domain.register_checks import check_register
from wasteledger.domain.timeline import steps_of
from wasteledger.domain.walk import walk

DIRECTORY = Directory(register())
MINUTE_MS = 60_000


def _steps(story: Story, code: str = BAG) -> list[str]:
    return [
        f"{step.fact.event.kind}{'*' if step.inferred else ''}"
        for step in steps_of(code, story.history(), Directory(register()))
    ]


def _chain(story: Story, code: str = BAG) -> Chain:
    return walk(code, story.history(), DIRECTORY)


def _reasons(story: Story) -> list[str]:
    return [doubt.reason for doubt in _chain(story).doubts]


def test_a_boxs_steps_are_its_items_steps_only_while_they_are_inside() -> None:
    story = Story()
    story.seal(BAG)
    story.hop(BOX, OTHER_CLINIC, CLINIC, at="02 07:00")
    story.tell(CLINIC, "packed", at="02 09:00", codes=[BAG], box=BOX)
    story.hop(BOX, CLINIC, COLLECTOR, at="02 14:00")
    story.tell(COLLECTOR, "unpacked", at="02 15:00", codes=[BAG], box=BOX, complete=True)
    story.hop(BOX, COLLECTOR, TRANSFER, at="02 16:00")
    assert _steps(story) == ["sealed", "packed", "released*", "accepted*", "unpacked"]
    assert _chain(story).state == ItemState(Phase.HELD, COLLECTOR, None, None, 1)


def test_a_bag_moved_into_another_box_follows_that_one() -> None:
    story = Story()
    story.seal(BAG)
    other = box_code("500114", 2)
    story.tell(CLINIC, "packed", at="02 09:00", codes=[BAG], box=BOX)
    story.tell(CLINIC, "packed", at="02 10:00", codes=[BAG], box=other)
    story.release(BOX, CLINIC, COLLECTOR, at="02 14:00")
    story.release(other, CLINIC, TRANSFER, at="02 14:01")
    assert _steps(story) == ["sealed", "packed", "packed", "released*"]
    assert _chain(story).state.offered_to == TRANSFER


def test_a_box_scanned_at_the_very_moment_of_packing_twice_is_one_step() -> None:
    story = Story()
    story.seal(BAG)
    story.tell(CLINIC, "packed", at="02 09:00", codes=[BAG], box=BOX)
    story.tell(CLINIC, "packed", at="02 14:00", codes=[BAG], box=BOX)
    story.release(BOX, CLINIC, COLLECTOR, at="02 14:00")
    assert _steps(story) == ["sealed", "packed", "packed", "released*"]


@pytest.mark.parametrize(("late_ms", "doubts"), [(15 * MINUTE_MS, []), (15 * MINUTE_MS + 1, ["impossible_time"])])
def test_clocks_of_two_devices_may_differ_by_a_quarter_of_an_hour(late_ms: int, doubts: list[str]) -> None:
    story = Story()
    story.issue(BAG)
    story.seal(BAG)
    story.accept(BAG, CLINIC, COLLECTOR, at="02 14:00")
    story.release(BAG, CLINIC, COLLECTOR, at="02 14:00", after_ms=late_ms)
    assert _steps(story) == ["issued", "sealed", "released", "accepted"]
    assert _reasons(story) == doubts


def test_what_one_device_did_stays_in_its_own_order_when_anothers_clock_is_behind() -> None:
    """The collector takes over and hands on within a minute; the centre's clock is two minutes behind."""
    story = Story()
    story.issue(BAG)
    story.seal(BAG)
    story.release(BAG, CLINIC, COLLECTOR, at="02 14:00")
    story.accept(BAG, CLINIC, COLLECTOR, at="02 14:09")
    story.release(BAG, COLLECTOR, TRANSFER, at="02 14:10")
    story.accept(BAG, COLLECTOR, TRANSFER, at="02 14:08")
    assert _steps(story) == ["issued", "sealed", *["released", "accepted"] * 2]
    assert _reasons(story) == []


def test_a_refused_offer_is_over() -> None:
    """Brought back and sent again; this time the taker's clock is behind."""
    story = Story()
    story.issue(BAG)
    story.seal(BAG)
    story.release(BAG, CLINIC, COLLECTOR, at="02 14:00")
    story.tell(COLLECTOR, "refused", at="02 14:05", codes=[BAG], from_site=CLINIC, reason="damaged")
    story.accept(BAG, CLINIC, COLLECTOR, at="02 16:00")
    story.release(BAG, CLINIC, COLLECTOR, at="02 16:01")
    assert _reasons(story) == []


def test_a_release_a_day_later_belongs_to_another_hop() -> None:
    story = Story()
    story.issue(BAG)
    story.seal(BAG)
    story.accept(BAG, CLINIC, COLLECTOR, at="02 14:00")
    story.release(BAG, CLINIC, COLLECTOR, at="03 14:01")
    assert _steps(story) == ["issued", "sealed", "accepted", "released"]
    assert _reasons(story)[0] == "one_sided_hop"


def test_hops_there_and_back_and_there_again_stay_in_order() -> None:
    story = Story()
    story.issue(BAG)
    story.seal(BAG)
    story.hop(BAG, CLINIC, COLLECTOR, at="02 14:00")
    story.hop(BAG, COLLECTOR, CLINIC, at="02 15:00")
    story.hop(BAG, CLINIC, COLLECTOR, at="02 16:00")
    assert _steps(story) == ["issued", "sealed", *["released", "accepted"] * 3]
    assert _reasons(story) == []


def test_the_collectors_vehicle_does_not_hide_where_the_waste_comes_from() -> None:
    """From the transfer point on the manifest law holds for every vehicle, the second one too."""
    story = Story()
    story.issue(BAG)
    story.seal(BAG)
    story.to_transfer(BAG)
    story.hop(BAG, TRANSFER, CARRIER, at="03 08:00", manifest=MANIFEST, vehicle=VEHICLE)
    story.hop(BAG, CARRIER, PLANT, at="03 11:00")
    assert _reasons(story) == ["manifest_missing", "manifest_missing"]


def test_an_inferred_weighing_is_the_boxs_and_not_the_bags() -> None:
    story = Story()
    story.issue(BAG)
    story.seal(BAG, mass_g=1000)
    story.tell(CLINIC, "packed", at="02 09:00", codes=[BAG], box=BOX)
    story.release(BOX, CLINIC, COLLECTOR, at="02 14:00", masses_g=[9000])
    assert "weight_difference" not in _reasons(story)


def test_an_agreement_changes_no_other_item() -> None:
    story = Story()
    first, second = story.seal(BAG), story.seal(BAG2)
    proposed = story.correct(BAG, first, site=CLINIC, at="02 09:00", reason="did_not_occur")
    story.correct(BAG, first, site=OFFICE, at="02 10:00", reason="did_not_occur", agrees_with=proposed)
    assert _chain(story).state.phase is Phase.VOIDED
    assert _chain(story, BAG2).state.phase is Phase.HELD
    assert first != second


def _due(state: ItemState, *, waste: str = INFECTIOUS, directory: Directory = DIRECTORY) -> tuple[str, str, int] | None:
    awaited = awaited_step(state, waste, directory)
    return awaited and (awaited.reason, awaited.site, awaited.limit_ms // HOUR_MS)


def test_every_state_but_the_end_has_a_next_step() -> None:
    assert _due(ItemState(Phase.HELD, CLINIC)) == ("overdue_pickup", CLINIC, 48)
    assert _due(ItemState(Phase.HELD, TRANSFER)) == ("overdue_storage", TRANSFER, 48)
    assert _due(ItemState(Phase.HELD, TRANSFER), waste="900-214-08") == ("overdue_storage", TRANSFER, 8760)
    assert _due(ItemState(Phase.HELD, COLLECTOR)) == ("overdue_delivery", COLLECTOR, 24)
    assert _due(ItemState(Phase.HELD, PLANT)) == ("arrived_not_disposed", PLANT, 24)
    assert _due(ItemState(Phase.HELD, PLANT), waste="900-214-08") == ("arrived_not_disposed", PLANT, 8760)
    assert _due(ItemState(Phase.HELD, "C500114105999")) == ("overdue_storage", "C500114105999", 48)
    assert _due(ItemState(Phase.OFFERED, CLINIC, COLLECTOR)) == ("in_limbo", COLLECTOR, 24)
    assert _due(ItemState(Phase.REFUSED, CLINIC)) == ("refused_not_rerouted", CLINIC, 24)
    for phase in (Phase.UNSEEN, Phase.BLANK, Phase.DISPOSED, Phase.LOST, Phase.VOIDED):
        assert _due(ItemState(phase, CLINIC)) is None


@pytest.mark.parametrize(
    ("cold", "remote", "hours"), [(False, False, 24), (True, False, 72), (True, True, 168), (False, True, 24)]
)
def test_a_plant_stores_by_its_temperature_and_its_place(cold: bool, remote: bool, hours: int) -> None:
    changed = register().model_dump()
    for site in changed["sites"]:
        site.update({"store_below_5c": cold, "remote": remote} if site["code"] == PLANT else {})
    directory = Directory(Register.model_validate(changed))
    assert _due(ItemState(Phase.HELD, PLANT), directory=directory) == ("arrived_not_disposed", PLANT, hours)


def test_a_district_puts_its_own_rule_over_the_law() -> None:
    changed = register().model_dump()
    changed["rules"] = [{"key": "clinic_storage_h", "value": 24, "basis": "区里的规定"}]
    directory = Directory(Register.model_validate(changed))
    assert _due(ItemState(Phase.HELD, CLINIC), directory=directory) == ("overdue_pickup", CLINIC, 24)


def test_a_licence_holds_for_its_waste_on_its_days() -> None:
    asked = {"holder": CARRIER, "activity": "carry"}
    assert DIRECTORY.licensed(**asked, waste_code=INFECTIOUS, day=date(2026, 1, 1))
    assert DIRECTORY.licensed(**asked, waste_code="900-214-08", day=date(2026, 12, 31))
    assert not DIRECTORY.licensed(**asked, waste_code="900-047-49", day=date(2026, 6, 1))
    assert not DIRECTORY.licensed(**asked, waste_code=INFECTIOUS, day=date(2025, 12, 31))
    assert not DIRECTORY.licensed(**asked, waste_code=INFECTIOUS, day=date(2027, 1, 1))
    assert not DIRECTORY.licensed(**(asked | {"activity": "dispose"}), waste_code=INFECTIOUS, day=date(2026, 6, 1))
    assert not DIRECTORY.licensed(**(asked | {"holder": COLLECTOR}), waste_code=INFECTIOUS, day=date(2026, 6, 1))


@pytest.mark.parametrize("kind", ["divisions", "sites", "vehicles", "licences"])
def test_two_rows_of_one_name_are_refused(kind: str) -> None:
    doubled = register().model_dump()
    doubled[kind] = [*doubled[kind], doubled[kind][0]]
    with pytest.raises(ValueError, match="stands twice"):
        check_register(Register.model_validate(doubled))


def test_rows_that_refer_to_nothing_are_named() -> None:
    changed = register().model_dump()
    changed["vehicles"] = [{"plate": "渝H0X000", "carrier": "R500114001999"}]
    with pytest.raises(ValueError, match="vehicle 渝H0X000: no site R500114001999"):
        check_register(Register.model_validate(changed))


def test_days_are_chinas_days() -> None:
    assert f"{china_day(ms('02 00:00')):%d %H:%M}" == "02 00:00"
    assert f"{china_day(ms('02 00:00') - 1):%d %H:%M}" == "01 23:59"


def test_a_hop_names_its_giver() -> None:
    story = Story()
    story.issue(BAG)
    story.seal(BAG)
    story.hop(BAG, CLINIC, COLLECTOR, at="02 14:00")
    event = _chain(story).steps[-1].fact.event
    assert (event.from_site, event.site) == (CLINIC, COLLECTOR)
