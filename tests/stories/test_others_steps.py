"""Steps that somebody tells in another's name, or twice under one number: what they do to the honest steps beside them."""

import pytest

from tests.stories.telling import Telling
from tests.stories_builder import (
    BAG,
    BOX,
    CARRIER,
    CLINIC,
    COLLECTOR,
    OFFICE,
    OTHER_CLINIC,
    PLANT,
    TRANSFER,
    ms,
)


def brought_to_the_plant(day: Telling) -> None:
    day.comes_to_centre(BAG)
    day.goes_into_the_fire(BAG)


@pytest.mark.parametrize(
    ("site", "kind", "at", "other"),
    [
        (COLLECTOR, "accepted", "02 10:00", {"from_site": CLINIC}),
        (COLLECTOR, "accepted", "02 13:58", {"from_site": CLINIC}),
        (COLLECTOR, "accepted", "02 14:02", {"from_site": CLINIC}),
        (CLINIC, "released", "02 10:00", {"to_site": COLLECTOR}),
        (CLINIC, "released", "02 15:00", {"to_site": COLLECTOR}),
        (COLLECTOR, "refused", "02 14:03", {"from_site": CLINIC}),
        (TRANSFER, "accepted", "02 10:00", {"from_site": COLLECTOR}),
        (CARRIER, "accepted", "02 10:00", {"from_site": TRANSFER}),
        (PLANT, "accepted", "03 09:00", {"from_site": CARRIER}),
    ],
)
def test_a_hand_over_in_anothers_name_moves_no_honest_step(
    site: str, kind: str, at: str, other: dict[str, str]
) -> None:
    """别的诊所的手持机冒名交接：只记在冒名的设备上，真正的交接不受影响。"""
    day = Telling()
    day.clinic_seals(BAG)
    reason = {"reason": "other"} if kind == "refused" else {}
    day.tell(site, kind, by=OTHER_CLINIC, at=at, codes=[BAG], **other, **reason)
    brought_to_the_plant(day)
    end = day.ends()
    assert end.classes == {BAG: "safely_disposed"}
    assert end.findings == {"not_entitled": OTHER_CLINIC}


def test_an_impostor_hides_no_late_release() -> None:
    """收运队上午就接了，诊所下午才补交出；诊所冒收运队的名再接一次，也盖不住时间不对。"""
    day = Telling()
    day.clinic_seals(BAG)
    day.accept(BAG, CLINIC, COLLECTOR, at="02 11:00")
    day.tell(COLLECTOR, "accepted", by=CLINIC, at="02 13:58", codes=[BAG], from_site=CLINIC)
    day.release(BAG, CLINIC, COLLECTOR, at="02 14:00")
    assert "impossible_time" in day.ends(at="02 20:00").findings


def forked(day: Telling, site: str, kind: str, *, at: str, **fields: object) -> int:
    """A device uses its last number once more; returns that number."""
    teller = day.teller(site)
    teller.number -= 1
    note = teller.note(kind, occurred_ms=ms(at), **fields)
    day.write(note, received_ms=ms(at) + 60_000, entry_class="fork")
    return teller.number - 1


def test_a_copied_handheld_counts_again_up_to_where_the_office_trusts_it() -> None:
    """同一个号交来两条：主管部门查过，说信到那一号，先到的那条算数，那一袋又能证明。"""
    day = Telling()
    day.clinic_seals(BAG)
    day.tell(COLLECTOR, "washed", at="02 09:00", codes=[BOX])
    day.collector_takes(BAG)
    number = forked(day, COLLECTOR, "stored", at="02 15:00", codes=[BAG], room="库1")
    assert day.ends(at="02 20:00").classes == {BAG: "chain_broken"}
    device = day.teller(COLLECTOR).key.device_id
    day.tell(OFFICE, "trusted", at="02 20:00", device=device, last_seq=number - 1)
    assert day.ends(at="02 21:00").classes == {BAG: "chain_broken"}
    day.tell(OFFICE, "trusted", at="02 21:00", device=device, last_seq=number)
    end = day.ends(at="02 22:00")
    assert end.classes == {BAG: "on_its_way"}
    assert end.findings == {"device_fork": COLLECTOR}


def test_a_strangers_second_word_under_one_number_breaks_nothing() -> None:
    """与这一袋无关的诊所用同一个号再报它遗失：只是那台设备的事。"""
    day = Telling()
    day.clinic_seals(BAG)
    day.tell(OTHER_CLINIC, "washed", at="02 09:00", codes=[BOX])
    forked(day, OTHER_CLINIC, "incident", at="02 09:30", codes=[BAG], incident="loss")
    end = day.ends(at="02 20:00")
    assert end.classes == {BAG: "on_its_way"}
    assert "device_fork" in end.findings
    assert end.findings["device_fork"] == OTHER_CLINIC


def test_who_tells_of_a_fire_after_the_fire_explains_it() -> None:
    """烧毁之后，别的诊所冒处置厂的名再报一次焚烧：由那家诊所说明，不找处置厂。"""
    day = Telling()
    day.clinic_seals(BAG)
    brought_to_the_plant(day)
    day.tell(PLANT, "disposed", by=OTHER_CLINIC, at="04 12:00", codes=[BAG], batch="b", method="incineration")
    assert day.ends().findings == {"not_entitled": OTHER_CLINIC, "seen_after_end": OTHER_CLINIC}
