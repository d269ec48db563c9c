"""Storage limits run from arrival until a package has really left: no word, and no way round between one's own sites, begins them anew."""

from tests.stories.both import ends
from tests.stories.telling import Telling
from tests.stories_builder import (
    BAG,
    CLINIC,
    COLLECTOR,
    PLANT,
)


def lost_and_found(day: Telling, site: str, *bags: str, days: range) -> None:
    """Declared lost each morning, and found half an hour later."""
    for number in days:
        day.tell(site, "incident", at=f"{number:02d} 07:00", codes=list(bags), incident="loss")
        day.tell(site, "incident", at=f"{number:02d} 07:30", codes=list(bags), incident="found")


def test_lost_and_found_each_day_does_not_begin_the_clock_anew() -> None:
    """诊所每天“丢失”又“找到”：贮存时间从封装算起，照样超期。"""
    day = Telling()
    day.clinic_seals(BAG)
    lost_and_found(day, CLINIC, BAG, days=range(3, 5))
    assert ends(day, at="04 07:45").findings == {}, "two days are not over yet"
    end = ends(day, at="04 08:15")
    assert (end.classes, end.findings) == ({BAG: "overdue"}, {"overdue_pickup": CLINIC})
    lost_and_found(day, CLINIC, BAG, days=range(5, 8))
    end = ends(day, at="07 08:00")
    assert (end.classes, end.findings) == ({BAG: "overdue"}, {"overdue_pickup": CLINIC, "late_step": CLINIC})
    assert end.answer.finding_counts()["late_step"] == 1
    day.collector_takes(BAG, at="07 09:00")
    assert ends(day, at="07 10:00").findings == {"late_step": CLINIC}


def test_a_plant_that_never_burns_it_is_late_however_often_it_is_found() -> None:
    day = Telling()
    day.clinic_seals(BAG)
    day.collector_takes(BAG)
    day.collector_brings_to_centre(BAG)
    day.lorry_takes(BAG)
    day.lorry_brings_to_plant(BAG)
    day.plant_confirms()
    lost_and_found(day, PLANT, BAG, days=range(4, 9))
    end = ends(day, at="08 08:00")
    assert (end.classes, end.findings["arrived_not_disposed"]) == ({BAG: "overdue"}, PLANT)


def test_an_offer_that_nobody_answered_still_waits_when_the_package_was_lost_and_found() -> None:
    """移出后没人接收，报一次丢失再找到：对方仍未接收，贮存时间照算。"""
    day = Telling()
    day.clinic_seals(BAG)
    day.release(BAG, CLINIC, COLLECTOR, at="02 14:00")
    lost_and_found(day, CLINIC, BAG, days=range(3, 4))
    end = ends(day, at="03 15:00")
    assert (end.classes, end.findings) == ({BAG: "overdue"}, {"in_limbo": COLLECTOR})
    end = ends(day, at="04 09:00")
    assert end.findings == {"in_limbo": COLLECTOR, "overdue_pickup": CLINIC}


def test_what_the_taker_says_is_lost_and_the_giver_finds_still_waits() -> None:
    """收运员报丢失，诊所又找到：收运员的接收仍在等。"""
    day = Telling()
    day.clinic_seals(BAG)
    day.release(BAG, CLINIC, COLLECTOR, at="02 14:00")
    day.tell(COLLECTOR, "incident", at="02 15:00", codes=[BAG], incident="loss")
    day.tell(CLINIC, "incident", at="02 16:00", codes=[BAG], incident="found")
    assert ends(day, at="02 17:00").findings == {}
    assert ends(day, at="03 15:00").findings == {"in_limbo": COLLECTOR}


def test_a_bag_that_was_mislaid_for_an_hour_goes_its_way() -> None:
    """放错了架子，找了一小时：找到后照常交出，没有人被责怪；连点两下也一样。"""
    day = Telling()
    day.clinic_seals(BAG)
    for kind, at in (("loss", "02 09:00"), ("loss", "02 09:01"), ("found", "02 10:00"), ("found", "02 10:01")):
        day.tell(CLINIC, "incident", at=at, codes=[BAG], incident=kind)
    day.collector_takes(BAG)
    day.collector_brings_to_centre(BAG)
    day.lorry_takes(BAG)
    day.lorry_brings_to_plant(BAG)
    day.plant_burns(BAG)
    day.plant_confirms()
    end = ends(day, at="05 00:00")
    assert (end.classes, end.findings) == ({BAG: "safely_disposed"}, {})
