"""A package that two sites pass to and fro, so that no limit ends; and honest returns that look alike."""

from tests.stories.telling import Telling
from tests.stories_builder import BAG, BAG2, BOX, CLINIC, COLLECTOR, TRANSFER


def test_to_and_fro_between_two_does_not_begin_the_clock_anew() -> None:
    """诊所和收运员来回交接，每次都不到48小时；在诊所的时间合起来算。"""
    day = Telling()
    day.clinic_seals(BAG, BAG2)
    day.collector_takes(BAG, BAG2, at="03 08:00")
    day.hop([BAG, BAG2], COLLECTOR, CLINIC, at="03 12:00")
    day.collector_takes(BAG2, at="04 10:00")
    assert day.ends(at="04 11:00").findings == {}, "24 hours, and 22 more"
    end = day.ends(at="04 20:00")
    assert (end.classes[BAG], end.findings["overdue_pickup"]) == ("overdue", CLINIC)
    day.collector_takes(BAG, at="04 20:00")
    assert day.ends(at="04 20:30").findings == {"late_step": CLINIC}


def test_back_from_a_third_place_it_has_its_whole_time() -> None:
    """中转点退回诊所，是另一回事：重新计时。"""
    day = Telling()
    day.clinic_seals(BAG)
    day.collector_takes(BAG, at="03 08:00")
    day.collector_brings_to_centre(BAG, at="03 09:00")
    day.hop(BAG, TRANSFER, COLLECTOR, at="03 11:00")
    day.hop(BAG, COLLECTOR, CLINIC, at="03 12:00")
    assert not {"overdue_pickup", "late_step"} & day.ends(at="05 11:00").findings.keys()


def test_sent_back_by_the_centre_it_has_its_whole_time() -> None:
    """中转点拒收，收运员退回诊所：诊所重新贮存，重新计时。"""
    day = Telling()
    day.clinic_seals(BAG)
    day.collector_takes(BAG, at="03 08:00")
    day.release(BAG, COLLECTOR, TRANSFER, at="03 09:00")
    day.tell(TRANSFER, "refused", at="03 09:05", codes=[BAG], from_site=COLLECTOR, reason="damaged", onward="return")
    day.hop(BAG, COLLECTOR, CLINIC, at="03 12:00")
    assert day.ends(at="05 11:00").findings == {}


def test_what_lies_in_one_box_has_its_own_time_each() -> None:
    """同一箱来回：先封装的先到期。"""
    day = Telling()
    day.clinic_seals(BAG)
    day.clinic_seals(BAG2, at="03 06:00")
    day.tell(CLINIC, "packed", at="03 07:00", codes=[BAG, BAG2], box=BOX)
    day.collector_takes(BOX, at="03 08:00")
    day.hop(BOX, COLLECTOR, CLINIC, at="03 12:00")
    day.tell(CLINIC, "washed", at="06 08:00", codes=[BOX])
    assert day.ends(at="04 20:00").classes == {BAG: "overdue", BAG2: "on_its_way"}
    assert day.ends(at="05 11:00").classes == {BAG: "overdue", BAG2: "overdue"}
