"""Where a package was closed and what its label says: a site of another region, and a label that names its producer."""

from datetime import date

import pytest

from schemas.codes import identification_code, uscc_check_character
from tests.stories.telling import Telling
from tests.stories_builder import BAG, CLINIC, HOSPITAL, INFECTIOUS, register
from wasteledger.domain.register import Directory, Register

#: A clinic of the county next door, with a handheld of this district.
NEIGHBOURING = "C500239100001"
USCC, OTHER_USCC = (body + uscc_check_character(body) for body in ("12500114450000001", "12500114450000002"))


@pytest.mark.parametrize(("labels_of", "home"), [(CLINIC, CLINIC), (NEIGHBOURING, "C500114000000")])
def test_a_clinic_of_another_region_closes_a_bag_with_a_label_of_this_one(labels_of: str, home: str) -> None:
    """外县的卫生室贴了本区的标签：登记里没有它，包装仍计入标签所属的区。"""
    day = Telling()
    day.issue(BAG, site=labels_of)
    day.seal(BAG, site=NEIGHBOURING)
    end = day.ends(at="02 20:00")
    assert end.classes == {BAG: "on_its_way"}
    assert end.findings == {"unknown_site": NEIGHBOURING}
    assert [row.site for row in end.answer.items] == [home]
    assert end.answer.district.classes["on_its_way"].count == 1


def with_uscc() -> Directory:
    """The district of the stories, where the register knows the hospital's credit code."""
    known = register()
    sites = [site.model_copy(update={"uscc": USCC}) if site.code == HOSPITAL else site for site in known.sites]
    return Directory(
        Register.model_validate(known.model_dump(mode="json") | {"sites": [s.model_dump(mode="json") for s in sites]})
    )


@pytest.mark.parametrize(
    ("printed", "sealed_at", "found"),
    [(USCC, HOSPITAL, False), (OTHER_USCC, HOSPITAL, True), (OTHER_USCC, CLINIC, False)],
    ids=["its own", "of another unit", "where the register knows no credit code"],
)
def test_a_label_names_the_unit_that_produced_it(printed: str, sealed_at: str, *, found: bool) -> None:
    """37 位标签的第一段是产废单位的统一社会信用代码：是别家的，就不相符。"""
    day = Telling()
    day.directory = with_uscc()
    code = identification_code(printed, INFECTIOUS, date(2026, 11, 2), 1)
    day.issue(code, site=sealed_at)
    day.seal(code, site=sealed_at)
    end = day.ends(at="02 20:00")
    assert end.findings == ({"label_mismatch": HOSPITAL} if found else {})
