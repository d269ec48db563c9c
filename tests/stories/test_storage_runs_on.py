"""Storage limits run from arrival until a package has really left: no word, and no way round between one's own sites, begins them anew."""

import pytest

from tests.stories.in_both import ends_alike
from tests.stories.telling import UNDER_THE_MANIFEST, Telling
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
    PLANT,
    TRANSFER,
    register,
)
from wasteledger.domain.register import Register


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
    assert ends_alike(day, at="04 07:45").findings == {}, "two days are not over yet"
    end = ends_alike(day, at="04 08:15")
    assert (end.classes, end.findings) == ({BAG: "overdue"}, {"overdue_pickup": CLINIC})
    lost_and_found(day, CLINIC, BAG, days=range(5, 8))
    end = ends_alike(day, at="07 08:00")
    assert (end.classes, end.findings) == ({BAG: "overdue"}, {"overdue_pickup": CLINIC, "late_step": CLINIC})
    assert end.answer.finding_counts()["late_step"] == 1
    day.collector_takes(BAG, at="07 09:00")
    assert ends_alike(day, at="07 10:00").findings == {"late_step": CLINIC}


def test_a_plant_that_never_burns_it_is_late_however_often_it_is_found() -> None:
    day = Telling()
    day.clinic_seals(BAG)
    day.comes_to_centre(BAG)
    day.lorry_takes(BAG)
    day.lorry_brings_to_plant(BAG)
    day.plant_confirms()
    lost_and_found(day, PLANT, BAG, days=range(4, 9))
    end = ends_alike(day, at="08 08:00")
    assert (end.classes, end.findings["arrived_not_disposed"]) == ({BAG: "overdue"}, PLANT)


def test_an_offer_that_nobody_answered_still_waits_when_the_package_was_lost_and_found() -> None:
    """移出后没人接收，报一次丢失再找到：对方仍未接收，贮存时间照算。"""
    day = Telling()
    day.clinic_seals(BAG)
    day.release(BAG, CLINIC, COLLECTOR, at="02 14:00")
    lost_and_found(day, CLINIC, BAG, days=range(3, 4))
    end = ends_alike(day, at="03 15:00")
    assert (end.classes, end.findings) == ({BAG: "overdue"}, {"in_limbo": COLLECTOR})
    end = ends_alike(day, at="04 09:00")
    assert end.findings == {"in_limbo": COLLECTOR, "overdue_pickup": CLINIC}


def test_what_the_taker_says_is_lost_and_the_giver_finds_still_waits() -> None:
    """收运员报丢失，诊所又找到：收运员的接收仍在等。"""
    day = Telling()
    day.clinic_seals(BAG)
    day.release(BAG, CLINIC, COLLECTOR, at="02 14:00")
    day.tell(COLLECTOR, "incident", at="02 15:00", codes=[BAG], incident="loss")
    day.tell(CLINIC, "incident", at="02 16:00", codes=[BAG], incident="found")
    assert ends_alike(day, at="02 17:00").findings == {}
    assert ends_alike(day, at="03 15:00").findings == {"in_limbo": COLLECTOR}


def test_a_bag_that_was_mislaid_for_an_hour_goes_its_way() -> None:
    """放错了架子，找了一小时：找到后照常交出，没有人被责怪；连点两下也一样。"""
    day = Telling()
    day.clinic_seals(BAG)
    for kind, at in (("loss", "02 09:00"), ("loss", "02 09:01"), ("found", "02 10:00"), ("found", "02 10:01")):
        day.tell(CLINIC, "incident", at=at, codes=[BAG], incident=kind)
    day.comes_to_centre(BAG)
    day.goes_into_the_fire(BAG)
    end = ends_alike(day, at="05 00:00")
    assert (end.classes, end.findings) == ({BAG: "safely_disposed"}, {})


#: Two more transfer points.
CENTRE2, CENTRE3 = "T500114004002", "T500114004003"
TIMES = {"overdue_pickup", "overdue_storage", "overdue_delivery", "arrived_not_disposed", "late_step"}


def of_one_company(*sites: str) -> Register:
    """The district in which these sites belong to the company too, and those that it does not know yet are built."""
    told = register().model_dump(mode="json")
    known = {row["code"] for row in told["sites"]}
    told["sites"] += [{"code": site, "name": f"环保公司{site}"} for site in sites if site not in known]
    for row in told["sites"]:
        if row["code"] in sites:
            row["organisation"] = "环保公司"
    return Register.model_validate(told)


def passed(day: Telling, *ways: tuple[str, str], load: str = BAG) -> None:
    """Handed over from place to place, each with its moment."""
    giver = CLINIC
    for site, at in ways:
        day.hop(load, giver, site, at=at, vehicle=COMPANY_VEHICLE)
        giver = site


def times(day: Telling, *, at: str, told: Register | None = None) -> dict[str, str]:
    """The findings about time alone: manifests are another story."""
    found = ends_alike(day, at=at, known=told).findings
    return {code: site for code, site in found.items() if code in TIMES}


def test_a_company_passes_it_to_and_fro_between_lorry_and_plant() -> None:
    """处置厂每天把袋子交给自己的车兜一圈再收回：在厂时间合起来算，过了24小时就是超期。"""
    day = Telling()
    day.clinic_seals(BAG)
    passed(
        day, (COMPANY_LORRY, "02 14:00"), (COMPANY_PLANT, "02 16:00"), (COMPANY_LORRY, "03 06:00"),
        (COMPANY_PLANT, "03 06:30"), (COMPANY_LORRY, "03 14:00"), (COMPANY_PLANT, "03 14:30"),
    )  # fmt: skip
    assert times(day, at="03 16:30") == {}, "14 hours and 8 and 2"
    end = ends_alike(day, at="03 18:00")
    assert end.findings["arrived_not_disposed"] == COMPANY_PLANT
    day.hop(BAG, COMPANY_PLANT, COMPANY_LORRY, at="03 20:00", vehicle=COMPANY_VEHICLE)
    assert times(day, at="03 20:30") == {"late_step": COMPANY_PLANT}


def test_three_centres_of_one_company_are_one_place_for_the_limit() -> None:
    """一家公司三个中转点轮流存放，每处不到48小时：合起来算。"""
    told = of_one_company(TRANSFER, CENTRE2, CENTRE3)
    day = Telling()
    day.clinic_seals(BAG)
    passed(day, (TRANSFER, "02 14:00"), (CENTRE2, "03 14:00"), (CENTRE3, "04 02:00"), (TRANSFER, "04 10:00"))
    assert times(day, at="04 14:00", told=told) == {}
    assert times(day, at="04 15:00", told=told) == {"overdue_storage": TRANSFER}
    assert times(day, at="04 15:00") == {}, "three companies"


def test_its_lorry_round_the_block_does_not_count_as_leaving() -> None:
    """中转点—自有车—中转点—自有车：中转点时间合算，在途时间也合算。"""
    told = of_one_company(TRANSFER)
    day = Telling()
    day.clinic_seals(BAG)
    passed(
        day, (COMPANY_LORRY, "02 14:00"), (TRANSFER, "02 22:00"), (COMPANY_LORRY, "02 23:00"), (TRANSFER, "03 21:00"),
        (COMPANY_LORRY, "03 22:00"),
    )  # fmt: skip
    assert times(day, at="04 00:00", told=told) == {}, "it was carried for 22 hours since it first came to the centre"
    assert times(day, at="04 01:00", told=told) == {"overdue_delivery": COMPANY_LORRY}


def test_what_lies_in_a_box_that_went_round_before_keeps_its_own_time() -> None:
    """同一箱的两袋，一袋先前已兜过一圈：各算各的。"""
    told = of_one_company(TRANSFER, CENTRE2)
    day = Telling()
    day.clinic_seals(BAG, BAG2)
    passed(day, (CENTRE2, "02 14:00"), (TRANSFER, "03 14:00"), load=BAG)
    day.hop(BAG2, CLINIC, TRANSFER, at="03 14:00")
    day.tell(TRANSFER, "packed", at="03 15:00", codes=[BAG, BAG2], box=BOX)
    day.hop(BOX, TRANSFER, CENTRE2, at="03 16:00")
    day.tell(CENTRE2, "washed", at="09 16:00", codes=[BOX])
    assert times(day, at="04 14:00", told=told) == {}
    for at, bags in (("04 15:00", {(BAG,)}), ("05 15:00", {(BAG, BAG2)})):
        found = ends_alike(day, at=at, known=told).answer.findings
        assert {finding.items for finding in found if finding.code == "overdue_storage"} == bags


@pytest.mark.parametrize("bags", [(BAG, BAG2), (BAG2, BAG)])
def test_one_box_two_ways_to_it(bags: tuple[str, str]) -> None:
    """同一箱的两袋，先前由两支车队各运过一趟：再上其中一支的车，只有它运过的那袋时间短。"""
    first, second = bags
    day = Telling()
    day.clinic_seals(*bags)
    day.hop(first, CLINIC, COLLECTOR, at="02 10:00")
    day.hop(second, CLINIC, CARRIER, at="02 10:10")
    day.hop(first, COLLECTOR, CLINIC, at="03 06:00")
    day.hop(second, CARRIER, CLINIC, at="03 06:10")
    day.tell(CLINIC, "packed", at="03 07:00", codes=[BAG, BAG2], box=BOX)
    day.hop(BOX, CLINIC, COLLECTOR, at="03 08:00")
    day.hop(BOX, COLLECTOR, TRANSFER, at="03 20:00")
    day.tell(TRANSFER, "washed", at="04 20:00", codes=[BOX])
    found = ends_alike(day, at="03 21:00").answer.findings
    assert [(finding.code, finding.items) for finding in found if finding.code in TIMES] == [("late_step", (first,))]


def test_a_company_with_centre_lorries_and_plant_has_each_limit_of_the_law() -> None:
    """公司自有车收运14小时，中转点40小时，自有车20小时，厂里20小时：各有各的时限，谁也没超。"""
    told = of_one_company(TRANSFER)
    day = Telling()
    day.clinic_seals(BAG)
    passed(
        day,
        (COMPANY_LORRY, "02 10:00"),
        (TRANSFER, "03 00:00"),
        (COMPANY_LORRY, "04 16:00"),
        (COMPANY_PLANT, "05 12:00"),
    )
    assert times(day, at="06 08:00", told=told) == {}
    day.dispose(BAG, at="06 08:00", site=COMPANY_PLANT)
    assert times(day, at="06 09:00", told=told) == {}


def test_a_centre_that_makes_and_keeps_waste_of_its_own() -> None:
    """乡镇卫生院既产生又中转，自有车先送别的中转点：封装起48小时。"""
    day = Telling()
    day.issue(BAG, site=TRANSFER)
    day.seal(BAG, site=TRANSFER)
    day.hop(BAG, TRANSFER, CARRIER, at="04 07:00", **UNDER_THE_MANIFEST)
    day.hop(BAG, CARRIER, PLANT, at="04 10:00", **UNDER_THE_MANIFEST)
    assert times(day, at="05 10:00") == {}


def test_the_same_carrier_collects_and_carries_on() -> None:
    """同一支车队上午收运、隔天再从别家中转点运到厂里：两程各自计时。"""
    day = Telling()
    day.clinic_seals(BAG)
    day.hop(BAG, CLINIC, CARRIER, at="02 10:00")
    day.hop(BAG, CARRIER, TRANSFER, at="03 06:00")
    day.hop(BAG, TRANSFER, CARRIER, at="04 16:00", **UNDER_THE_MANIFEST)
    assert times(day, at="05 14:00") == {}


def test_refused_by_another_company_it_has_its_whole_time_again() -> None:
    """别家处置厂拒收，退回公司中转点：重新计时；自家厂拒收不算。"""
    for refuser, found in ((PLANT, {}), (COMPANY_PLANT, {"overdue_storage": TRANSFER})):
        told = of_one_company(TRANSFER)
        day = Telling()
        day.clinic_seals(BAG)
        passed(day, (TRANSFER, "02 10:00"), (COMPANY_LORRY, "04 06:00"))
        day.release(BAG, COMPANY_LORRY, refuser, at="04 08:00")
        day.tell(
            refuser, "refused", at="04 08:05", codes=[BAG], from_site=COMPANY_LORRY, reason="damaged", onward="return"
        )
        day.hop(BAG, COMPANY_LORRY, TRANSFER, at="04 10:00")
        assert times(day, at="05 10:00", told=told) == found


def test_a_badge_read_on_the_companys_own_lorry_refuses_nothing() -> None:
    """公司的车刷一下别家卫生室的工牌，说人家“拒收”：不重新计时。"""
    told = of_one_company(TRANSFER)
    day = Telling()
    day.clinic_seals(BAG)
    passed(day, (TRANSFER, "02 10:00"), (COMPANY_LORRY, "04 06:00"))
    day.release(BAG, COMPANY_LORRY, CABIN, at="04 08:00")
    how = {"from_site": COMPANY_LORRY, "reason": "damaged", "onward": "return", "vouched_by": "u-cabin"}
    day.tell(CABIN, "refused", by=COMPANY_LORRY, at="04 08:05", codes=[BAG], **how)
    day.hop(BAG, COMPANY_LORRY, TRANSFER, at="04 10:00")
    assert times(day, at="05 10:00", told=told) == {"overdue_storage": TRANSFER}


def test_a_store_of_the_company_is_new_once() -> None:
    """公司的车在自家几个中转点之间转：每到一个“新”中转点，在途时间不重新计。"""
    told = of_one_company(TRANSFER, CENTRE2, CENTRE3)
    day = Telling()
    day.clinic_seals(BAG)
    passed(
        day, (COMPANY_LORRY, "02 14:00"), (TRANSFER, "02 20:00"), (COMPANY_LORRY, "02 21:00"), (CENTRE2, "03 11:00"),
        (COMPANY_LORRY, "03 12:00"),
    )  # fmt: skip
    assert times(day, at="03 22:00", told=told) == {}, "14 hours between its centres, and 10 more"
    assert times(day, at="03 22:30", told=told) == {"overdue_delivery": COMPANY_LORRY}


def test_a_clinic_gets_it_back_when_the_companys_plant_refuses_it() -> None:
    """诊所47小时后按时交出，公司处置厂拒收退回：不能怪诊所。"""
    day = Telling()
    day.clinic_seals(BAG)
    passed(day, (COMPANY_LORRY, "04 07:00"))
    day.release(BAG, COMPANY_LORRY, COMPANY_PLANT, at="04 09:00")
    day.tell(
        COMPANY_PLANT, "refused", at="04 09:05", codes=[BAG], from_site=COMPANY_LORRY, reason="damaged", onward="return"
    )
    day.hop(BAG, COMPANY_LORRY, CLINIC, at="04 12:00")
    assert times(day, at="06 11:00") == {}
    assert times(day, at="06 13:00") == {"overdue_pickup": CLINIC}


def test_lost_between_two_stays_the_time_runs_on() -> None:
    """在厂里“丢失”十小时再找到，兜一圈回来：那十小时也算。"""
    day = Telling()
    day.clinic_seals(BAG)
    passed(day, (COMPANY_LORRY, "02 14:00"), (COMPANY_PLANT, "02 16:00"))
    day.tell(COMPANY_PLANT, "incident", at="02 18:00", codes=[BAG], incident="loss")
    day.tell(COMPANY_PLANT, "incident", at="03 10:00", codes=[BAG], incident="found")
    day.hop(BAG, COMPANY_PLANT, COMPANY_LORRY, at="03 11:00")
    day.hop(BAG, COMPANY_LORRY, COMPANY_PLANT, at="03 12:00")
    assert times(day, at="03 18:00") == {"arrived_not_disposed": COMPANY_PLANT}
