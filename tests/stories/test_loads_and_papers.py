"""What stands on bags, boxes, scales and manifests, and is not so: each told once, with all that the ledger makes of it."""

from collections.abc import Callable
from datetime import date

import pytest

from schemas.codes import box_code, identification_code, stock_code
from tests.stories.telling import UNDER_THE_MANIFEST, Telling
from tests.stories_builder import (
    BAG,
    BAG2,
    BOX,
    CARRIER,
    CLINIC,
    COLLECTOR,
    COMPANY_LORRY,
    COMPANY_PLANT,
    COMPANY_VEHICLE,
    FOREIGN_VEHICLE,
    HOSPITAL,
    MANIFEST,
    OTHER_CLINIC,
    OTHER_PLANT,
    PLANT,
    TRANSFER,
    VEHICLE,
)

Told = Callable[[Telling], None]
BAGS = tuple(stock_code("500114", serial) for serial in range(21, 27))
BOX2 = box_code("500114", 2)
DRUM = identification_code("91130200699229617X", "900-214-08", date(2026, 11, 2), 1)
FAR = {"latitude_udeg": 30_530_000, "longitude_udeg": 108_770_000, "accuracy_m": 10}
Ends = tuple[Told, dict[str, str], str, str]
STORIES: list[Ends] = []


def ends_with(item_class: str, *, at: str = "04 10:00", **findings: str) -> Callable[[Told], Told]:
    """Files a story with the class of its first bag, and with every finding and who has to act; of two of a kind, the later one's."""

    def file(told: Told) -> Told:
        STORIES.append((told, findings, item_class, at))
        return told

    return file


def sealed(day: Telling, *bags: str) -> None:
    day.clinic_seals(*(bags or (BAG,)))


def at_the_centre(day: Telling, *bags: str) -> None:
    sealed(day, *bags)
    day.collector_takes(*(bags or (BAG,)))
    day.collector_brings_to_centre(*(bags or (BAG,)))


def burned(day: Telling, *load: str) -> None:
    day.lorry_takes(*(load or (BAG,)))
    day.lorry_brings_to_plant(*(load or (BAG,)))
    day.plant_burns(*(load or (BAG,)))
    day.plant_confirms()


# Who seals, gives and takes.


@ends_with("unsealed", sealed_by_handler=PLANT)
def _the_plant_makes_a_bag_of_its_own(day: Telling) -> None:
    """处置厂自己封一袋，自己烧：来源不明，进分母不进分子。"""
    day.issue(BAG, site=PLANT)
    day.seal(BAG, at="03 12:00", site=PLANT)
    day.plant_burns(BAG)


@ends_with("chain_broken", wrong_giver=COLLECTOR, at="02 20:00")
def _taken_from_another_than_the_holder(day: Telling) -> None:
    """收运员接收时选错了交出方。"""
    sealed(day)
    day.release(BAG, CLINIC, COLLECTOR, at="02 14:00")
    day.accept(BAG, OTHER_CLINIC, COLLECTOR, at="02 14:05")


@ends_with("chain_broken", wrong_destination=TRANSFER, at="02 20:00")
def _brought_to_another_than_named(day: Telling) -> None:
    """交给收运队的，却由中转点接收。"""
    sealed(day)
    day.release(BAG, CLINIC, COLLECTOR, at="02 14:00")
    day.accept(BAG, CLINIC, TRANSFER, at="02 15:00")


@ends_with("chain_broken", impossible_travel=COLLECTOR, at="02 20:00")
def _in_two_towns_within_ten_minutes(day: Telling) -> None:
    """十分钟内在相距一百公里的两处被扫到。"""
    day.issue(BAG)
    day.seal(BAG, position=FAR | {"latitude_udeg": 29_530_000})
    day.release(BAG, CLINIC, COLLECTOR, at="02 08:10")
    day.accept(BAG, CLINIC, COLLECTOR, at="02 08:10", position=FAR)


@ends_with("on_its_way", unknown_site="C500114105009", at="02 20:00")
def _a_clinic_that_no_register_knows(day: Telling) -> None:
    """登记簿里没有的卫生室：它的包仍在本区的分母里。"""
    day.issue(BAG)
    day.seal(BAG, site="C500114105009")


# How it ends.


@ends_with("disposed_not_provably", disposed_not_received=PLANT)
def _burned_and_never_accepted(day: Telling) -> None:
    """处置厂从未接收，却烧了。"""
    at_the_centre(day)
    day.plant_burns(BAG)


@ends_with("disposed_not_provably", method_not_permitted=PLANT)
def _infectious_waste_is_tipped(day: Telling) -> None:
    """感染性废物填埋，不是无害化处置。"""
    at_the_centre(day)
    day.lorry_takes(BAG)
    day.lorry_brings_to_plant(BAG)
    day.tell(PLANT, "disposed", at="03 15:00", codes=[BAG], batch="坑1", method="landfill")
    day.plant_confirms()


@ends_with("disposed_not_provably", method_not_permitted=PLANT)
def _infectious_waste_is_sold(day: Telling) -> None:
    """感染性废物卖去利用。"""
    at_the_centre(day)
    day.lorry_takes(BAG)
    day.lorry_brings_to_plant(BAG)
    day.tell(PLANT, "disposed", at="03 15:00", codes=[BAG], batch="线1", method="recovery")
    day.plant_confirms()


@ends_with("disposed_not_provably", disposed_twice=PLANT)
def _burned_in_two_batches(day: Telling) -> None:
    """同一袋烧了两炉。"""
    at_the_centre(day)
    day.lorry_takes(BAG)
    day.lorry_brings_to_plant(BAG)
    day.plant_burns(BAG)
    day.dispose(BAG, at="03 15:50", batch="炉2")
    day.plant_confirms()


@ends_with("disposed_not_provably", seen_after_end=TRANSFER)
def _seen_again_after_the_furnace(day: Telling) -> None:
    """烧完以后又在中转点被扫到：那烧的是什么？"""
    at_the_centre(day)
    burned(day)
    day.tell(TRANSFER, "stored", at="03 18:00", codes=[BAG], room="库1")


@ends_with("safely_disposed", capacity_exceeded=COMPANY_PLANT)
def _more_than_the_licence_of_a_year(day: Telling) -> None:
    """处置厂一年烧得比许可证多：每一桶都证明了，但超规模是一条异常。"""
    drums = [BAG, *BAGS[:5]]
    papers = {"manifest": MANIFEST, "vehicle": COMPANY_VEHICLE}
    for drum in drums:
        day.issue(drum, site=HOSPITAL)
        day.seal(drum, at="03 07:00", site=HOSPITAL, mass_g=200_000, package="drum")
    day.draft(MANIFEST, HOSPITAL, at="03 08:00", carriers=[COMPANY_LORRY], consignee=COMPANY_PLANT, vehicle=COMPANY_VEHICLE)  # fmt: skip
    day.hop(drums, HOSPITAL, COMPANY_LORRY, at="03 08:00", **papers)
    day.hop(drums, COMPANY_LORRY, COMPANY_PLANT, at="03 11:00", **papers)
    day.dispose(drums, site=COMPANY_PLANT)
    day.tell(COMPANY_PLANT, "manifested", at="04 09:00", manifest=MANIFEST, action="confirmed", opinion="accepted")


# Voids, spills.


@ends_with("disputed", void_without_evidence=CLINIC, at="02 20:00")
def _voided_by_a_word(day: Telling) -> None:
    """一句“没有这袋”，没有凭证：仍在分母里，有争议。"""
    sealed(day)
    day.tell(CLINIC, "voided", at="02 09:00", codes=[BAG], reason="never_was")


@ends_with("disputed", spilled=CLINIC, at="02 20:00")
def _a_bag_bursts_and_nobody_answers(day: Telling) -> None:
    """袋子破了，没有人答复。"""
    sealed(day)
    day.tell(CLINIC, "incident", at="02 09:00", codes=[BAG], incident="spill")


# Boxes, scales, labels.


@ends_with("on_its_way", in_two_boxes=TRANSFER, at="03 00:00")
def _packed_again_and_never_taken_out(day: Telling) -> None:
    """装进第二箱，却从未从第一箱取出。"""
    at_the_centre(day)
    day.centre_packs(BAG)
    day.tell(TRANSFER, "packed", at="02 18:00", codes=[BAG], box=BOX2)


@ends_with("on_its_way", implausible_mass=CLINIC, at="02 20:00")
def _a_bag_of_sixty_tonnes(day: Telling) -> None:
    """一袋六十吨。"""
    day.issue(BAG)
    day.seal(BAG, mass_g=60_000_000)


@ends_with("on_its_way", label_mismatch=HOSPITAL, at="02 20:00")
def _a_label_of_another_waste_and_producer(day: Telling) -> None:
    """桶上的37位标签写的是另一种废物、另一家单位。"""
    day.issue(DRUM, site=HOSPITAL)
    day.seal(DRUM, site=HOSPITAL, waste_code="900-217-08")


@ends_with("safely_disposed", copied_weight=TRANSFER)
def _six_weights_are_copied(day: Telling) -> None:
    """六袋复称，一克不差：抄的。"""
    bags = (BAG, *BAGS[:5])
    for number, bag in enumerate(bags):
        day.issue(bag)
        day.seal(bag, mass_g=1000 + number)
    day.collector_takes(*bags)
    day.collector_brings_to_centre(*bags, masses_g=[1000 + number for number in range(len(bags))], mass_source="scale")
    burned(day, *bags)


@ends_with("disposed_not_provably", count_difference=PLANT)
def _one_scanned_three_counted(day: Telling) -> None:
    """扫了一袋，说数了三袋。"""
    at_the_centre(day)
    day.lorry_takes(BAG)
    day.lorry_brings_to_plant(BAG, packages_count=3)
    day.plant_burns(BAG)
    day.plant_confirms()


@ends_with("safely_disposed", box_not_washed=PLANT, at="04 16:00")
def _a_box_is_left_as_it_came_from_the_furnace(day: Telling) -> None:
    """周转箱烧完没有消毒。"""
    at_the_centre(day)
    day.centre_packs(BAG)
    day.lorry_takes(BOX)
    day.lorry_brings_to_plant(BOX)
    day.dispose(BOX)
    day.plant_confirms()


@ends_with("on_its_way", unlisted_waste_code=CLINIC, at="02 20:00")
def _a_code_that_is_in_no_catalogue(day: Telling) -> None:
    """名录里没有的代码。"""
    day.issue(BAG)
    day.seal(BAG, waste_code="999-999-01")


@ends_with("on_its_way", unknown_code=CLINIC, at="02 20:00")
def _a_label_that_nobody_issued(day: Telling) -> None:
    """从未发放的编码。"""
    day.seal(BAG)


@ends_with("on_its_way", reprint_without_reason="A500114001001", at="02 20:00")
def _printed_twice(day: Telling) -> None:
    """标签打了第二张，没有说为什么。"""
    day.issue(BAG)
    day.tell("A500114001001", "printed", at="02 07:00", codes=[BAG], job="打印1", copy_no=2)
    day.seal(BAG)


@ends_with("", label_stock_unaccounted=CLINIC, at="02 20:00")
def _a_blank_label_is_gone(day: Telling) -> None:
    """一卷空白标签少了一张。"""
    day.issue(BAG, BAG2)
    day.tell(CLINIC, "counted", at="02 08:00", codes=[BAG2], stock="roll 1", complete=True)


@ends_with("on_its_way", same_person_both_sides=COLLECTOR, at="02 20:00")
def _one_person_for_both_sides(day: Telling) -> None:
    """一个人代双方签字。"""
    sealed(day)
    day.collector_takes(BAG, vouched_by="u-ghost")


# Manifests.


@ends_with("disposed_not_provably", manifest_not_valid=CARRIER, manifest_unknown=TRANSFER)
def _a_number_that_nobody_drew_up(day: Telling) -> None:
    """没有人填报过的联单号。"""
    day.drafted.add(MANIFEST)
    at_the_centre(day)
    day.lorry_takes(BAG)
    day.lorry_brings_to_plant(BAG)
    day.plant_burns(BAG)


@ends_with("disposed_not_provably", manifest_not_valid=CARRIER, manifest_void_used=TRANSFER)
def _voided_and_used_all_the_same(day: Telling) -> None:
    """作废了的联单照样用。"""
    at_the_centre(day)
    day.draft(MANIFEST, TRANSFER, at="02 18:00", vehicle=VEHICLE)
    day.tell(TRANSFER, "manifested", at="02 19:00", manifest=MANIFEST, action="voided", reason="填错")
    day.lorry_takes(BAG)
    day.lorry_brings_to_plant(BAG)
    day.plant_burns(BAG)


@ends_with("safely_disposed", manifest_mixed=HOSPITAL, manifest_not_valid=CARRIER)
def _two_consignors_on_one_manifest(day: Telling) -> None:
    """两家移出人共用一单：填报的那家有效，另一家的那袋不能证明。"""
    at_the_centre(day)
    day.issue(BAG2, site=HOSPITAL)
    day.seal(BAG2, site=HOSPITAL)
    day.lorry_takes(BAG)
    day.hop(BAG2, HOSPITAL, CARRIER, at="03 08:20", **UNDER_THE_MANIFEST)
    day.lorry_brings_to_plant(BAG, BAG2)
    day.plant_burns(BAG, BAG2)
    day.plant_confirms()


@ends_with("safely_disposed", manifest_mismatch=CARRIER)
def _another_lorry_than_drafted(day: Telling) -> None:
    """联单上写的是另一辆车。"""
    at_the_centre(day)
    day.draft(MANIFEST, TRANSFER, at="03 07:00", vehicle=FOREIGN_VEHICLE)
    burned(day)


@ends_with("safely_disposed", unlicensed_driver=CARRIER)
def _driven_by_somebody_nobody_knows(day: Telling) -> None:
    """驾驶员没有登记。"""
    at_the_centre(day)
    day.draft(MANIFEST, TRANSFER, at="03 07:00", vehicle=VEHICLE, driver="u-nobody")
    burned(day)


@ends_with("safely_disposed", late_confirmation=PLANT, at="30 00:00")
def _the_word_comes_after_five_working_days(day: Telling) -> None:
    """五个工作日以后才确认：留下痕迹。"""
    at_the_centre(day)
    day.lorry_takes(BAG)
    day.lorry_brings_to_plant(BAG)
    day.plant_burns(BAG)
    day.plant_confirms(at="12 09:00")


@ends_with("safely_disposed", manifest_not_confirmed=PLANT, at="11 00:01")
def _five_working_days_and_no_word(day: Telling) -> None:
    """五个工作日过去，没有人确认。"""
    at_the_centre(day)
    day.lorry_takes(BAG)
    day.lorry_brings_to_plant(BAG)
    day.plant_burns(BAG)


@ends_with("on_its_way", manifest_overdue=CARRIER, at="04 08:01")
def _the_lorry_never_arrives(day: Telling) -> None:
    """车开走了，到时候没有到。"""
    at_the_centre(day)
    day.lorry_takes(BAG)


@ends_with("disposed_not_provably", unlicensed_plant=OTHER_PLANT)
def _brought_to_a_plant_without_a_licence(day: Telling) -> None:
    """送到没有许可证的厂。"""
    at_the_centre(day)
    day.draft(MANIFEST, TRANSFER, at="03 08:00", consignee=OTHER_PLANT, vehicle=VEHICLE)
    day.lorry_takes(BAG)
    day.hop(BAG, CARRIER, OTHER_PLANT, at="03 11:00", **UNDER_THE_MANIFEST)
    day.dispose(BAG, site=OTHER_PLANT)
    day.tell(OTHER_PLANT, "manifested", at="04 09:00", manifest=MANIFEST, action="confirmed", opinion="accepted")


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story[0].__name__)
def test_a_story_ends_as_it_should(story: Ends) -> None:
    told, findings, item_class, at = story
    day = Telling()
    told(day)
    end = day.ends(at=at)
    assert (end.findings, end.classes.get(BAG, item_class)) == (findings, item_class), told.__doc__
