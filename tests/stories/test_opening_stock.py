"""Opening stock (期初库存): declared once for each site, confirmed by the authority, and no way to make ghosts respectable."""

import pytest

from schemas.codes import stock_code
from tests.stories.telling import Telling
from tests.stories_builder import (
    BAG,
    BAG2,
    BAG3,
    BOX,
    CARRIER,
    CLINIC,
    COLLECTOR,
    COMPANY_LORRY,
    COMPANY_PLANT,
    COMPANY_VEHICLE,
    MANIFEST,
    OFFICE,
    OTHER_PLANT,
    PLANT,
    TRANSFER,
    VEHICLE,
    register,
)
from wasteledger.domain.register import Directory
from wasteledger.domain.walk import walk


def to_the_furnace(day: Telling, *load: str) -> Telling:
    day.goes_into_the_fire(*load)
    return day


def old_stock(*bags: str, site: str = TRANSFER, **fields: object) -> tuple[Telling, str]:
    """Labels are stuck on what lies there, and the site declares it."""
    day = Telling()
    day.issue(*bags, site=site)
    return day, day.declare_stock(*bags, site=site, **fields)


def test_old_stock_that_the_authority_confirmed_is_burnt_and_proved() -> None:
    """启用前就在中转点库里的两包：贴码、申报、主管部门确认，以后与别的包一样。"""
    day, declared = old_stock(BAG, BAG2, mass_g=1500)
    day.confirm(declared, BAG, BAG2)
    end = to_the_furnace(day, BAG, BAG2).ends(at="10 00:00")
    assert end.classes == {BAG: "safely_disposed", BAG2: "safely_disposed"}
    assert end.findings == {}
    assert [(row.site, row.amount.mass_g) for row in end.answer.items] == [(TRANSFER, 1500)] * 2
    assert end.answer.opening_waiting == (0, 0)


def test_old_stock_goes_its_way_in_a_box() -> None:
    day, declared = old_stock(BAG, BAG2)
    day.confirm(declared, BAG, BAG2)
    day.centre_packs(BAG, BAG2)
    end = to_the_furnace(day, BOX).ends(at="10 00:00")
    assert end.classes == {BAG: "safely_disposed", BAG2: "safely_disposed"}


def test_until_the_authority_has_confirmed_it_is_of_unknown_origin_and_counts() -> None:
    """没有确认：在分母里，永远不在分子里；确认来得再晚，也从头算数。"""
    day, declared = old_stock(BAG)
    assert day.ends(at="01 10:00").classes == {BAG: "unsealed"}, "it counts from the day it was declared"
    end = to_the_furnace(day, BAG).ends(at="10 00:00")
    assert end.classes == {BAG: "unsealed"}
    assert (end.findings["opening_stock_unconfirmed"], end.proved_share) == (TRANSFER, 0.0)
    assert end.answer.opening_waiting == (1, 1000)
    day.confirm(declared, BAG, at="20 09:00")
    end = day.ends(at="20 10:00")
    assert (end.classes, end.findings, end.proved_share) == ({BAG: "safely_disposed"}, {}, 1.0)


def test_the_authority_confirms_what_it_names_and_nothing_beside() -> None:
    day, declared = old_stock(BAG, BAG2)
    day.confirm(declared, BAG)
    assert to_the_furnace(day, BAG, BAG2).ends(at="10 00:00").classes == {BAG: "safely_disposed", BAG2: "unsealed"}


@pytest.mark.parametrize("site", [TRANSFER, CARRIER, CLINIC])
def test_nobody_but_the_authority_confirms(site: str) -> None:
    day, declared = old_stock(BAG)
    day.tell(site, "vouched", at="01 12:00", codes=[BAG], target_event_id=declared)
    assert to_the_furnace(day, BAG).ends(at="10 00:00").classes == {BAG: "unsealed"}


def test_a_plant_that_burns_its_own_old_stock_is_no_proof_of_anything() -> None:
    """主管部门确认的是“有过”，不是“烧了”：处置厂自报自烧，不进分子。"""
    day, declared = old_stock(BAG, site=PLANT)
    day.plant_burns(BAG)
    assert day.ends().classes == {BAG: "unsealed"}
    day.confirm(declared, BAG, at="04 09:00")
    end = day.ends()
    assert (end.classes, end.proved_share) == ({BAG: "self_disposed"}, 0.0)


def test_one_company_alone_does_not_prove_its_old_stock_burnt() -> None:
    day, declared = old_stock(BAG, site=COMPANY_LORRY)
    day.confirm(declared, BAG)
    day.draft(MANIFEST, COMPANY_LORRY, at="03 11:00", carriers=[COMPANY_LORRY], consignee=COMPANY_PLANT)
    day.hop(BAG, COMPANY_LORRY, COMPANY_PLANT, at="03 11:00", manifest=MANIFEST, vehicle=COMPANY_VEHICLE)
    day.dispose(BAG, site=COMPANY_PLANT)
    end = day.ends()
    assert end.classes == {BAG: "disposed_not_provably"}
    assert "one_organisation" in end.findings


def test_a_second_declaration_of_a_site_has_no_effect() -> None:
    """每个单位只申报一次：第二张单子上的包，烧了也是来历不明。"""
    day, declared = old_stock(BAG)
    day.confirm(declared, BAG)
    day.issue(BAG2, at="02 08:00", site=TRANSFER)
    again = day.declare_stock(BAG2, at="02 09:00")
    day.confirm(again, BAG2, at="02 10:00")
    end = day.ends(at="02 12:00")
    assert (BAG2 in end.classes, end.findings["opening_stock_again"]) == (False, TRANSFER)
    end = to_the_furnace(day, BAG, BAG2).ends(at="10 00:00")
    assert end.classes == {BAG: "safely_disposed", BAG2: "unsealed"}
    assert end.findings == {"never_sealed": TRANSFER, "opening_stock_again": TRANSFER}


def test_the_same_declaration_told_twice_is_one() -> None:
    """按了两次“提交”。"""
    day, declared = old_stock(BAG)
    day.declare_stock(BAG, at="01 09:01")
    day.confirm(declared, BAG)
    end = day.ends(at="01 14:00")
    assert (end.classes, end.findings) == ({BAG: "on_its_way"}, {})


def test_a_plants_old_stock_that_another_plant_burnt_is_proved() -> None:
    day, declared = old_stock(BAG, site=PLANT)
    day.confirm(declared, BAG)
    papers = {"manifest": MANIFEST, "vehicle": VEHICLE}
    day.draft(MANIFEST, PLANT, at="02 08:00", vehicle=VEHICLE, consignee=COMPANY_PLANT)
    day.hop(BAG, PLANT, CARRIER, at="02 08:00", **papers)
    day.hop(BAG, CARRIER, COMPANY_PLANT, at="02 10:00", **papers)
    day.dispose(BAG, at="02 15:00", site=COMPANY_PLANT)
    assert day.ends(at="03 00:00").classes == {BAG: "safely_disposed"}


def test_old_stock_that_a_stock_take_does_not_find_is_missed() -> None:
    day, declared = old_stock(BAG, room="库1")
    day.confirm(declared, BAG)
    day.tell(TRANSFER, "counted", at="01 18:00", codes=[], room="库1", complete=True)
    assert day.ends(at="01 20:00").findings == {"stock_imbalance": TRANSFER}


def test_the_authority_agrees_that_there_never_was_such_stock() -> None:
    """单位自己说报错了，主管部门同意：不再计入，单位可以重新申报。"""
    day, declared = old_stock(BAG)
    wrong = day.correct(BAG, declared, site=TRANSFER, at="01 10:00", reason="did_not_occur")
    day.correct(BAG, declared, site=OFFICE, at="01 11:00", reason="did_not_occur", agrees_with=wrong)
    day.confirm(day.declare_stock(BAG2, at="01 12:00"), BAG2, at="01 13:00")
    assert day.ends(at="01 14:00").classes == {BAG2: "on_its_way"}


def test_a_refused_declaration_gives_way_to_the_next_one() -> None:
    day, declared = old_stock(BAG, BAG3)
    day.refuse(declared, BAG, BAG3, at="01 10:00")
    end = day.ends(at="01 11:00")
    assert (end.classes, end.findings) == ({}, {}), "the authority said that there is no such stock"
    day.issue(BAG2, at="02 08:00", site=TRANSFER)
    again = day.declare_stock(BAG2, at="02 09:00")
    day.confirm(again, BAG2, at="02 10:00")
    end = to_the_furnace(day, BAG, BAG2).ends(at="10 00:00")
    assert end.classes == {BAG: "unsealed", BAG2: "safely_disposed"}
    assert "opening_stock_again" not in end.findings


def test_a_refusal_that_comes_after_the_second_declaration_makes_it_the_first() -> None:
    day, declared = old_stock(BAG)
    again = day.declare_stock(BAG2, at="01 10:00")
    day.confirm(again, BAG2, at="01 11:00")
    assert BAG2 not in day.ends(at="01 12:00").classes
    day.refuse(declared, BAG, at="01 13:00")
    assert day.ends(at="01 14:00").classes == {BAG2: "on_its_way"}


def test_the_site_can_not_strike_its_own_declaration_out_to_make_another() -> None:
    day, declared = old_stock(BAG)
    day.correct(BAG, declared, site=TRANSFER, at="01 09:01", reason="did_not_occur")
    day.declare_stock(BAG2, at="01 10:00")
    end = day.ends(at="01 12:00")
    assert end.classes == {BAG: "unsealed"}
    assert "opening_stock_again" in end.findings


def test_a_declaration_in_parts_is_one_declaration() -> None:
    """一张单子放不下，或分在几个库：分部分申报，每一部分只计一次。"""
    day = Telling()
    first = day.declare_stock(BAG, part_no=1, parts_count=2, room="库1")
    second = day.declare_stock(BAG2, at="01 09:30", part_no=2, parts_count=2, room="库2")
    repeated = day.declare_stock(BAG3, at="01 09:40", part_no=2, parts_count=2)
    for told, bag in ((first, BAG), (second, BAG2), (repeated, BAG3)):
        day.confirm(told, bag)
    end = day.ends(at="01 14:00")
    assert end.classes == {BAG: "on_its_way", BAG2: "on_its_way"}
    assert end.findings["opening_stock_again"] == TRANSFER


@pytest.mark.parametrize("other", [{"parts_count": 3}, {"parts_count": 3, "part_no": 3}, {"as_of": "2026-11-02"}])
def test_another_day_or_another_number_of_parts_is_another_declaration(other: dict[str, object]) -> None:
    day = Telling()
    day.declare_stock(BAG, part_no=1, parts_count=2)
    day.declare_stock(BAG2, at="01 09:30", **({"part_no": 2, "parts_count": 2} | other))
    end = day.ends(at="01 14:00")
    assert (end.classes, "opening_stock_again" in end.findings) == ({BAG: "unsealed"}, True)


def test_declared_on_anothers_device_it_is_nothing() -> None:
    """别的单位的设备申报：没有效力；烧了也是来历不明。"""
    day = Telling()
    day.issue(BAG, site=TRANSFER)
    said = {"as_of": "2026-11-01", "waste_codes": ["841-001-01"], "masses_g": [1000], "part_no": 1, "parts_count": 1}
    declared = day.tell(TRANSFER, "opening_stock", by=PLANT, at="01 09:00", codes=[BAG], vouched_by="u-keeper", **said)
    day.confirm(declared, BAG)
    end = day.ends(at="01 14:00")
    assert (end.classes, end.findings) == ({}, {"not_entitled": PLANT})
    end = to_the_furnace(day, BAG).ends(at="10 00:00")
    assert end.classes == {BAG: "unsealed"}
    assert day.declare_stock(BAG2, at="10 09:00"), "it does not take the place of the site's own"
    assert day.ends(at="11 00:00").classes == {BAG: "unsealed", BAG2: "unsealed"}


def test_what_somebody_has_sealed_is_his_whatever_is_declared_of_it() -> None:
    """已封装的包被处置厂申报为期初库存：包还是卫生室的，一件，不多不少。"""
    day = Telling()
    day.clinic_seals(BAG)
    declared = day.declare_stock(BAG, at="02 09:00", site=PLANT)
    day.confirm(declared, BAG, at="02 10:00")
    day.comes_to_centre(BAG)
    end = to_the_furnace(day, BAG).ends(at="10 00:00")
    assert (end.classes, end.findings) == ({BAG: "safely_disposed"}, {"opening_stock_known": PLANT})
    assert [row.site for row in end.answer.items] == [CLINIC]


def test_a_word_that_waits_does_not_spoil_a_roll_of_labels() -> None:
    """先把别人整卷标签报成自己的期初库存，害不到后来真用它们的人；报的人那一件，来历不明，等主管部门答复。"""
    day = Telling()
    day.declare_stock(BAG, at="01 09:00", site=PLANT)
    day.clinic_seals(BAG)
    end = day.ends(at="02 12:00")
    assert [(row.site, row.item_class) for row in end.answer.items] == [(CLINIC, "on_its_way"), (PLANT, "unsealed")]
    assert end.findings == {"opening_stock_known": PLANT}


def test_two_packages_that_both_exist_under_one_code_are_two() -> None:
    day, declared = old_stock(BAG, site=PLANT)
    day.confirm(declared, BAG)
    day.seal(BAG, at="02 08:00")
    end = day.ends(at="02 12:00")
    assert [row.item_class for row in end.answer.items] == ["chain_broken"] * 2
    assert "duplicate_code" in end.findings


def test_of_two_sites_that_declare_one_code_the_confirmed_one_has_it() -> None:
    day, _ = old_stock(BAG)
    other = day.declare_stock(BAG, at="01 10:00", site=PLANT)
    first = day.ends(at="01 11:00")
    assert ([row.site for row in first.answer.items], first.findings["opening_stock_known"]) == ([TRANSFER], PLANT)
    day.confirm(other, BAG)
    end = day.ends(at="01 14:00")
    assert [(row.site, row.item_class) for row in end.answer.items] == [(PLANT, "on_its_way")]
    assert end.findings == {"opening_stock_known": TRANSFER}


def test_what_was_seen_moving_first_is_no_old_stock() -> None:
    """已经在路上的无主包，不能事后报成期初库存。"""
    day = Telling()
    day.issue(BAG)
    day.hop(BAG, COLLECTOR, TRANSFER, at="01 16:00")
    declared = day.declare_stock(BAG, at="02 09:00")
    day.confirm(declared, BAG, at="02 10:00")
    end = to_the_furnace(day, BAG).ends(at="10 00:00")
    assert end.classes == {BAG: "unsealed"}
    assert end.findings == {"never_sealed": COLLECTOR, "opening_stock_known": TRANSFER}


def test_since_when_it_lies_there_counts_for_the_limit_of_storage() -> None:
    day, declared = old_stock(BAG, BAG2, since=["2026-10-28", None], room="冷库")
    day.confirm(declared, BAG, BAG2)
    assert day.ends(at="01 13:00").classes == {BAG: "overdue", BAG2: "on_its_way"}
    chain = walk(BAG, day.history(), Directory(register()))
    assert [(stay.site, stay.room) for stay in chain.stays] == [(TRANSFER, "冷库")]
    to_the_furnace(day, BAG, BAG2)
    end = day.ends(at="10 00:00")
    assert end.classes == {BAG: "safely_disposed", BAG2: "safely_disposed"}
    assert end.findings == {"late_step": TRANSFER}


def test_a_wrong_mass_of_old_stock_is_corrected_like_that_of_a_sealing() -> None:
    day, declared = old_stock(BAG, mass_g=5000)
    day.confirm(declared, BAG)
    day.correct(BAG, declared, site=TRANSFER, at="01 14:00", reason="wrong_mass", mass_g=1000)
    assert day.ends(at="01 15:00").classes == {BAG: "disputed"}, "no mass shrinks on one party's word"
    day.correct(BAG, declared, site=OFFICE, at="01 16:00", reason="wrong_mass", mass_g=4000)
    day.correct(BAG, declared, site=TRANSFER, at="01 16:30", reason="wrong_mass", mass_g=4100)
    assert [row.amount.mass_g for row in day.ends(at="01 17:00").answer.items] == [4000]


def test_a_label_of_old_stock_is_no_blank_one_to_hide_a_missing_package_behind() -> None:
    """丢了的那一包，不能说成换了期初库存那一包的标签。"""
    day = Telling()
    day.clinic_seals(BAG2)
    day.collector_takes(BAG2)
    declared = day.declare_stock(BAG, at="02 15:00", site=TRANSFER)
    day.confirm(declared, BAG, at="02 15:30")
    day.tell(COLLECTOR, "relabelled", at="02 16:00", codes=[BAG2], new_code=BAG, reason="damaged")
    to_the_furnace(day, BAG)
    assert day.ends(at="04 00:00").classes == {BAG: "safely_disposed", BAG2: "overdue"}


def test_old_stock_whose_label_was_torn_gets_another_one() -> None:
    day, declared = old_stock(BAG)
    day.issue(BAG2, at="01 10:00", site=TRANSFER)
    day.confirm(declared, BAG)
    day.tell(TRANSFER, "relabelled", at="02 16:00", codes=[BAG], new_code=BAG2, reason="damaged")
    end = to_the_furnace(day, BAG2).ends(at="10 00:00")
    assert (end.classes, end.findings) == ({BAG: "safely_disposed"}, {})


def test_a_stolen_device_declares_nothing() -> None:
    day = Telling()
    day.tell(OFFICE, "revoked", at="01 08:00", device=day.teller(OTHER_PLANT).key.device_id, reason="stolen")
    declared = day.declare_stock(BAG, site=OTHER_PLANT)
    day.confirm(declared, BAG)
    assert day.ends(at="01 14:00").classes == {}


def test_old_stock_is_no_day_of_production_in_a_clinics_own_past() -> None:
    """期初库存不是当天的产生量：不计入“平时多久封装一次”。"""
    day = Telling()
    day.confirm(day.declare_stock(BAG, site=CLINIC), BAG)
    for number in range(2, 6):
        day.seal(stock_code("500114", 100 + number), at=f"{number:02d} 08:00")
    assert "silent_producer" not in day.reconcile(as_of="30 00:00").finding_counts(), "four days show no habit"
    day.seal(stock_code("500114", 106), at="06 08:00")
    assert "silent_producer" in day.reconcile(as_of="30 00:00").finding_counts()
