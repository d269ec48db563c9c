"""Packages that nobody sealed: no month and no void hides them, and no stranger's void spoils what was sealed."""

import pytest

from tests.stories.telling import PHOTO, Telling
from tests.stories_builder import BAG, BAG2, CLINIC, COLLECTOR, OFFICE, OTHER_CLINIC, PLANT, STRANGER, TRANSFER, ms
from wasteledger.domain.hello import Hello, sign_hello

HOUR_MS = 60 * 60 * 1000
DAY_MS = 24 * HOUR_MS


def ghosts(day: Telling, **wanted: str) -> list[tuple[str, str]]:
    return [(row.site, row.item_class) for row in day.reconcile(as_of="30 00:00", **wanted).items]


@pytest.mark.parametrize("running_days", [20, 45])
def test_a_late_hello_moves_no_ghost_into_another_month(running_days: int) -> None:
    """无主的包在十一月出现；事后报时，说机器早就开着：仍在十一月。"""
    day = Telling()
    day.issue(BAG)
    day.tell(COLLECTOR, "stored", at="02 10:00", codes=[BAG], room="车", monotonic_ms=HOUR_MS)
    teller = day.teller(COLLECTOR)
    said = Hello(
        teller.key.device_id, teller.number, bytes(32), ms("05 08:00"), running_days * DAY_MS, "0123456789abcdef"
    )
    day.write_raw(sign_hello(teller.key, said, origin=teller.origin), received_ms=ms("05 08:00"))
    assert day.ends(at="10 00:00").classes == {BAG: "unsealed"}


def test_a_scan_told_later_moves_no_ghost_into_an_earlier_month() -> None:
    """事后补报“十月就见过”：十一月的无主包不会搬到没人再问的月份。"""
    day = Telling()
    day.issue(BAG)
    day.hop(BAG, COLLECTOR, TRANSFER, at="02 10:00")
    day.teller(f"{COLLECTOR} 2")
    day.tell(
        COLLECTOR,
        "stored",
        by=f"{COLLECTOR} 2",
        at="01 10:00",
        after_ms=-20 * DAY_MS,
        delay_ms=25 * DAY_MS,
        codes=[BAG],
        room="车",
    )
    assert day.ends(at="08 00:00").classes == {BAG: "unsealed"}
    assert ghosts(day, from_day="2026-10-01", to_day="2026-10-31") == []


@pytest.mark.parametrize("voided_at", ["01 12:00", "02 18:00"])
@pytest.mark.parametrize("by", [CLINIC, OFFICE])
def test_a_label_that_is_voided_hides_no_package(voided_at: str, by: str) -> None:
    """作废空白标签：贴着它、没封装就上路的包，照样是无主的，照样在分母里。"""
    day = Telling()
    day.issue(BAG)
    day.hop(BAG, COLLECTOR, TRANSFER, at="02 10:00")
    delay_ms = ms("03 08:00") - ms(voided_at)
    day.tell(by, "voided", at=voided_at, delay_ms=delay_ms, codes=[BAG], reason="spoiled", attachments=[PHOTO])
    end = day.ends(at="10 00:00")
    assert (end.classes, end.findings["never_sealed"]) == ({BAG: "unsealed"}, COLLECTOR)


@pytest.mark.parametrize("issued", [True, False])
def test_seen_moving_after_its_label_was_voided(*, issued: bool) -> None:
    """先作废，再上路、进炉：无主的包。"""
    day = Telling()
    if issued:
        day.issue(BAG)
    day.tell(CLINIC, "voided", at="01 12:00", codes=[BAG], reason="spoiled")
    day.comes_to_centre(BAG)
    day.lorry_takes(BAG)
    day.lorry_brings_to_plant(BAG)
    day.plant_burns(BAG)
    assert day.ends(at="10 00:00").classes == {BAG: "unsealed"}


def test_a_voided_label_on_a_roll_that_is_counted_is_no_package() -> None:
    """清点整卷标签，把作废的那一张也扫了：不是包。"""
    day = Telling()
    day.issue(BAG)
    day.tell(CLINIC, "voided", at="01 12:00", codes=[BAG], reason="spoiled")
    day.tell(CLINIC, "counted", at="02 12:00", codes=[BAG], stock="roll 1", complete=False)
    assert day.ends(at="10 00:00").classes == {}


@pytest.mark.parametrize("stranger", [STRANGER, OTHER_CLINIC, PLANT, COLLECTOR])
@pytest.mark.parametrize("issued", [True, False])
def test_a_void_dated_before_the_label_was_issued_spoils_nothing(stranger: str, *, issued: bool) -> None:
    """别人把作废写在发放标签之前：没有效力，封装、收运、焚烧照样算数。"""
    day = Telling()
    day.teller(f"{stranger} 2")
    if issued:
        day.clinic_seals(BAG)
    else:
        day.seal(BAG)
    day.comes_to_centre(BAG)
    day.goes_into_the_fire(BAG)
    day.tell(stranger, "voided", by=f"{stranger} 2", at="01 07:00", delay_ms=6 * DAY_MS, codes=[BAG], reason="spoiled")
    end = day.ends(at="10 00:00")
    assert (end.classes, end.findings["not_entitled"]) == ({BAG: "safely_disposed"}, stranger)
    assert set(end.findings) <= {"not_entitled", "unknown_code", "back_dated"}


def test_a_label_of_ones_own_roll_is_voided_by_whoever_has_the_roll() -> None:
    """卫生室撕坏一张自己卷上的标签：作废，别无发现；印错、还没登记发放的也一样。"""
    day = Telling()
    day.issue(BAG)
    day.tell(CLINIC, "voided", at="01 12:00", codes=[BAG], reason="spoiled")
    day.tell(CLINIC, "voided", at="01 12:00", codes=[BAG2], reason="spoiled")
    end = day.ends(at="10 00:00")
    assert (end.classes, end.findings) == ({}, {"unknown_code": CLINIC})
