"""A slip that is put right late: of another waste after the fire, by whom, and what is judged anew; and agreed to on whose device."""

from typing import Any

import pytest

from tests.stories.telling import Telling
from tests.stories.test_lies import whole_day
from tests.stories_builder import BAG, CABIN, CABIN_KEY, CLINIC, COLLECTOR, INFECTIOUS, OFFICE

PATHOLOGICAL, MERCURY_LAMPS = "841-003-01", "900-023-29"


def burnt() -> tuple[Telling, str]:
    day = whole_day(BAG)
    return day, next(fact.event_id for fact in day.history().by_code[BAG] if fact.kind == "sealed")


def wastes(day: Telling) -> list[str]:
    return [row.waste_code for row in day.reconcile(as_of="05 00:00").items]


def test_two_parties_rename_what_was_burnt() -> None:
    """烧过以后，卫生室与收运人商量着改废物代码：不算，要主管部门；在它说话之前有争议。"""
    day, sealed = burnt()
    named = {"reason": "wrong_waste", "waste_code": PATHOLOGICAL}
    proposed = day.correct(BAG, sealed, site=CLINIC, at="04 10:00", **named)
    day.correct(BAG, sealed, site=COLLECTOR, at="04 11:00", agrees_with=proposed, reason="wrong_waste")
    end = day.ends()
    assert (end.classes, wastes(day)) == ({BAG: "disputed"}, [INFECTIOUS])
    day.correct(BAG, sealed, site=OFFICE, at="04 12:00", agrees_with=proposed, reason="wrong_waste")
    assert day.ends().classes == {BAG: "safely_disposed"}
    assert wastes(day) == [PATHOLOGICAL]


@pytest.mark.parametrize(
    ("waste_code", "is_licensed"), [(PATHOLOGICAL, True), (MERCURY_LAMPS, False)], ids=["covered", "not covered"]
)
def test_the_authority_renames_what_was_burnt_and_the_licence_is_judged_anew(
    waste_code: str, *, is_licensed: bool
) -> None:
    """主管部门事后查明装的是别的废物：按它重新看处置厂有没有许可。"""
    day, sealed = burnt()
    day.correct(BAG, sealed, site=OFFICE, at="04 10:00", reason="wrong_waste", waste_code=waste_code)
    end = day.ends()
    assert wastes(day) == [waste_code]
    assert ("unlicensed_plant" in end.findings) is not is_licensed
    assert end.classes == {BAG: "safely_disposed" if is_licensed else "disposed_not_provably"}


@pytest.mark.parametrize("own", [False, True], ids=["by PIN on the collector's handheld", "on its own device"])
def test_the_clinic_agrees_to_a_heavier_bag(*, own: bool) -> None:
    """收运人说少写了，卫生室的护士在收运人的手持机上用密码“同意”：不算，要卫生室自己的设备。"""
    day = Telling()
    day.issue(BAG, site=CABIN)
    day.teller(CABIN)
    sealed = day.seal(BAG, site=CABIN)
    day.hop(BAG, CABIN, COLLECTOR, at="02 14:00")
    proposed = day.correct(BAG, sealed, site=COLLECTOR, at="02 15:00", reason="wrong_mass", mass_g=4000)
    agreed: dict[str, Any] = {
        "codes": [BAG],
        "target_event_id": sealed,
        "reason": "wrong_mass",
        "agrees_with": proposed,
    }
    pin: dict[str, Any] = {"by": COLLECTOR, "vouched_by": "u-cabin2", "vouch_method": "pin", "person": CABIN_KEY}
    day.tell(CABIN, "corrected", at="02 15:10", **agreed, **({} if own else pin))
    end = day.ends(at="02 20:00")
    assert end.classes == {BAG: "on_its_way" if own else "disputed"}
    assert [row.amount.mass_g for row in end.answer.items] == [4000 if own else 1000]
    assert end.findings == ({} if own else {"disputed": CABIN})
