"""Which waste old stock is: its site says so until the authority has been there; afterwards nobody changes it without the authority."""

import pytest

from tests.stories.telling import Ending, Telling
from tests.stories_builder import BAG, CARRIER, INFECTIOUS, OFFICE, TRANSFER

SHARPS = "841-002-01"
RENAMED = {"reason": "wrong_waste", "waste_code": INFECTIOUS}


def declared() -> tuple[Telling, str]:
    day = Telling()
    day.issue(BAG, at="01 08:00", site=TRANSFER)
    return day, day.declare_stock(BAG, waste_codes=[SHARPS])


def burned(day: Telling) -> Ending:
    day.lorry_brings_to_plant(BAG)
    day.plant_burns(BAG)
    day.plant_confirms()
    return day.ends()


def test_the_site_notices_it_before_the_authority_comes() -> None:
    """主管部门来之前，中转点自己改了类别：算数，无人有过错。"""
    day, told = declared()
    day.correct(BAG, told, site=TRANSFER, at="01 10:00", **RENAMED)
    day.confirm(told, BAG)
    day.lorry_takes(BAG)
    end = burned(day)
    assert (end.classes, end.findings, end.answer.items[0].waste_code) == ({BAG: "safely_disposed"}, {}, INFECTIOUS)


@pytest.mark.parametrize(
    ("agreed_by", "item_class"), [("", "disputed"), (CARRIER, "disputed"), (OFFICE, "safely_disposed")]
)
def test_what_the_authority_has_seen_two_parties_do_not_rename(agreed_by: str, item_class: str) -> None:
    """主管部门确认之后，中转点（或与承运人一起）改类别：不算，直到主管部门同意。"""
    day, told = declared()
    day.confirm(told, BAG)
    day.lorry_takes(BAG)
    proposed = day.correct(BAG, told, site=TRANSFER, at="03 09:00", **RENAMED)
    if agreed_by:
        day.correct(BAG, told, site=agreed_by, at="03 09:30", agrees_with=proposed, **RENAMED)
    end = burned(day)
    assert end.classes == {BAG: item_class}
    assert end.answer.items[0].waste_code == (INFECTIOUS if agreed_by == OFFICE else SHARPS)
