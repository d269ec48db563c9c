"""Who may refuse a package, and what becomes of one that goes astray between two who both recorded the hand-over."""

from tests.stories.telling import Telling
from tests.stories_builder import BAG, CLINIC, COLLECTOR, PLANT, STRANGER, TRANSFER


def in_the_centre() -> Telling:
    day = Telling()
    day.clinic_seals(BAG)
    day.comes_to_centre(BAG)
    return day


def goes_on(day: Telling) -> Telling:
    day.goes_into_the_fire(BAG)
    return day


def test_nobody_refuses_what_was_not_offered() -> None:
    """包好好放在中转点，无关车队扫了“拒收”：中转点没有要改派的，期限不变。"""
    day = in_the_centre()
    day.tell(STRANGER, "refused", at="02 17:00", codes=[BAG], from_site=TRANSFER, reason="other")
    assert day.expects(BAG) == f"{TRANSFER} overdue_storage"
    end = goes_on(day).ends()
    assert (end.classes, end.findings) == ({BAG: "safely_disposed"}, {})


def test_what_was_offered_is_refused_all_the_same() -> None:
    """处置厂拒收运来的包：车队要退回或改送。"""
    day = in_the_centre()
    day.lorry_takes(BAG)
    day.release(BAG, "R500114004001", PLANT, at="03 11:00", manifest="20265001000001")
    day.tell(PLANT, "refused", at="03 11:05", codes=[BAG], from_site="R500114004001", reason="other")
    assert day.expects(BAG) == "R500114004001 refused_not_rerouted"


def test_who_is_said_to_have_brought_it_had_it() -> None:
    """拒收时说是运输公司送来的，而包应在中转点：有一段没有记录。"""
    day = in_the_centre()
    day.tell(STRANGER, "refused", at="02 17:00", codes=[BAG], from_site="R500114004001", reason="other")
    assert "missing_link" in goes_on(day).ends().findings


def lost_by_its_taker(*, accepted: str, found: str = "") -> Telling:
    day = Telling()
    day.clinic_seals(BAG)
    day.release(BAG, CLINIC, COLLECTOR, at="02 14:00")
    day.tell(COLLECTOR, "incident", at="02 14:30", codes=[BAG], incident="loss")
    if found:
        day.tell(COLLECTOR, "incident", at=found, codes=[BAG], incident="found")
    day.accept(BAG, CLINIC, COLLECTOR, at=accepted)
    return day


def test_its_taker_lost_it_and_found_it_before_he_scanned_it() -> None:
    """收运员接过来没扫就找不到了，报了丢失，半小时后找到再扫接收：两边都有记录，谁也不冤枉。"""
    for found in ("", "02 14:50"):
        day = lost_by_its_taker(accepted="02 15:00", found=found)
        day.collector_brings_to_centre(BAG)
        end = goes_on(day).ends()
        assert (end.classes, end.findings) == ({BAG: "safely_disposed"}, {})


def test_found_by_its_taker_it_still_waits_for_him() -> None:
    """找到了却不扫接收：还是没接收，期限从交出那时算。"""
    day = lost_by_its_taker(accepted="20 08:00", found="02 14:50")
    del day.entries[-1]
    assert day.ends(at="03 20:00").findings == {"in_limbo": COLLECTOR}


def test_a_loss_does_not_stop_its_takers_clock() -> None:
    """报丢失几天以后才接收：晚了就是晚了。"""
    for found in ("", "02 14:50", "04 19:00"):
        day = lost_by_its_taker(accepted="04 20:00", found=found)
        end = day.ends(at="04 21:00")
        assert end.findings == {"late_step": COLLECTOR}
        assert end.classes == {BAG: "on_its_way"}
