"""How strong the evidence of a leg has to be is the region's rule, for each leg its own; nobody at all is never enough."""

from typing import Any

import pytest

from tests.domain.lie_stories import cabin_gives, company_burns
from tests.stories.telling import UNDER_THE_MANIFEST, Telling
from tests.stories.test_rules_of_a_region import ruled
from tests.stories_builder import BAG, CARRIER, CLINIC, COLLECTOR, COMPANY_LORRY, PLANT, TRANSFER, VEHICLE, china, ms
from wasteledger.domain.register import Directory

SAFE, UNPROVEN = {BAG: "safely_disposed"}, {BAG: "disposed_not_provably"}
NO_EVIDENCE = {"strength_producer_leg": 0, "strength_transfer_leg": 0, "strength_plant_leg": 0}


def on_paper(moment: str, *, number: str | None = "纸0009") -> dict[str, Any]:
    """What somebody says who wrote it on paper first."""
    paper = {"happened_at": china(ms(moment)), "reason": "no_signal"}
    return {"vouch_method": "paper", "backfill": paper | ({"paper": number} if number else {})}


def at_the_centre(rules: dict[str, int]) -> Telling:
    """A bag of the clinic, brought to the centre by two devices each time; the centre's manifest is a paper one."""
    day = Telling()
    day.directory = Directory(ruled(**rules))
    day.clinic_seals(BAG)
    day.comes_to_centre(BAG)
    day.draft("20265001000001", TRANSFER, at="03 08:00", form="paper", vehicle=VEHICLE)
    return day


def burnt(day: Telling) -> tuple[dict[str, str], dict[str, str]]:
    day.plant_burns(BAG)
    day.plant_confirms()
    end = day.ends()
    return end.classes, end.findings


@pytest.mark.parametrize(
    ("rules", "site"),
    [
        ({}, None),
        ({"strength_transfer_leg": 3}, TRANSFER),
        ({"strength_producer_leg": 3}, None),
        ({"strength_plant_leg": 3}, None),
    ],
)
def test_the_centre_gave_it_to_the_lorry_on_paper(rules: dict[str, int], site: str | None) -> None:
    """中转点没信号，交给运输车时写在纸上：只看中转环节的规定。"""
    day = at_the_centre(rules)
    day.release(BAG, TRANSFER, CARRIER, at="03 09:00", **UNDER_THE_MANIFEST, **on_paper("03 08:00"))
    day.accept(BAG, TRANSFER, CARRIER, at="03 08:05", **UNDER_THE_MANIFEST)
    day.lorry_brings_to_plant(BAG)
    assert burnt(day) == ((UNPROVEN, {"weak_evidence": site}) if site else (SAFE, {}))


@pytest.mark.parametrize(
    ("rules", "site"),
    [
        ({}, None),
        ({"strength_plant_leg": 3}, CARRIER),
        ({"strength_producer_leg": 3}, None),
        ({"strength_transfer_leg": 3}, None),
    ],
)
def test_the_lorry_gave_it_to_the_plant_on_paper(rules: dict[str, int], site: str | None) -> None:
    """司机到厂时写在纸上：只看到厂环节的规定。"""
    day = at_the_centre(rules)
    day.lorry_takes(BAG)
    day.release(BAG, CARRIER, PLANT, at="03 12:00", **UNDER_THE_MANIFEST, **on_paper("03 11:00"))
    day.accept(BAG, CARRIER, PLANT, at="03 11:05", **UNDER_THE_MANIFEST)
    assert burnt(day) == ((UNPROVEN, {"weak_evidence": site}) if site else (SAFE, {}))


@pytest.mark.parametrize(("needed", "expected"), [(3, SAFE), (4, UNPROVEN), (None, UNPROVEN)])
def test_what_the_producer_has_to_show_where_one_company_drives_and_burns(
    needed: int | None, expected: dict[str, str]
) -> None:
    """收运与处置一家公司，卫生室只有工牌：本区要求工牌就够；默认要工牌加密码。"""
    day = Telling()
    day.directory = Directory(ruled(**({} if needed is None else {"strength_one_company": needed})))
    cabin_gives(day, BAG, COMPANY_LORRY, at="02 14:00")
    papers = {"manifest": "20265001000001", "vehicle": "渝H3C303"}
    day.hop(BAG, COMPANY_LORRY, TRANSFER, at="02 16:00")
    day.draft(
        "20265001000001",
        TRANSFER,
        at="03 08:00",
        carriers=[COMPANY_LORRY],
        consignee="D500114004003",
        vehicle="渝H3C303",
    )
    day.hop(BAG, TRANSFER, COMPANY_LORRY, at="03 08:00", **papers)
    company_burns(day, BAG)
    day.tell(
        "D500114004003", "manifested", at="04 09:00", manifest="20265001000001", action="confirmed", opinion="accepted"
    )
    end = day.ends()
    assert (end.classes, "producer_absent" in end.findings) == (expected, expected == UNPROVEN)


@pytest.mark.parametrize("rules", [{}, NO_EVIDENCE], ids=["as everywhere", "the region asks for nothing"])
@pytest.mark.parametrize("answered", [True, False])
def test_nobody_stood_by_when_it_was_taken(rules: dict[str, int], *, answered: bool) -> None:
    """无人值守点没有人签字，过后也没人补签：哪怕本区什么都不要求，也不能证明；补签了就能。"""
    day = Telling()
    day.directory = Directory(ruled(**rules))
    day.clinic_seals(BAG)
    day.release(BAG, CLINIC, COLLECTOR, at="02 14:00")
    taken = day.accept(BAG, CLINIC, COLLECTOR, at="02 14:05", vouch_method="none")
    if answered:
        day.tell(COLLECTOR, "vouched", at="02 15:00", codes=[BAG], target_event_id=taken)
    day.collector_brings_to_centre(BAG)
    day.lorry_takes(BAG)
    day.lorry_brings_to_plant(BAG)
    classes, findings = burnt(day)
    assert classes == (SAFE if answered else UNPROVEN)
    assert findings == ({} if answered else {"weak_evidence": COLLECTOR, "not_vouched": COLLECTOR})


def test_a_paper_without_a_number_where_the_region_asks_for_nothing() -> None:
    """没有编号的纸等于没有人：本区什么都不要求，也不能证明。"""
    day = at_the_centre(NO_EVIDENCE)
    day.release(BAG, TRANSFER, CARRIER, at="03 09:00", **UNDER_THE_MANIFEST, **on_paper("03 08:00", number=None))
    day.accept(BAG, TRANSFER, CARRIER, at="03 08:05", **UNDER_THE_MANIFEST)
    day.lorry_brings_to_plant(BAG)
    assert burnt(day) == (UNPROVEN, {"weak_evidence": TRANSFER})
