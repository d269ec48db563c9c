"""What a plant burnt counts in the year in which it burnt it, whatever is said of it afterwards."""

import pytest

from schemas.codes import stock_code
from tests.stories.telling import Ending, Telling
from tests.stories_builder import COMPANY_LORRY, COMPANY_PLANT, COMPANY_VEHICLE, HOSPITAL, MANIFEST, OFFICE

DRUMS = [stock_code("500114", serial) for serial in range(31, 37)]
NEW_YEAR = "2027-01-05 00:00"


def over_its_licence() -> tuple[Telling, str]:
    """Six drums of 190 kg burnt by a plant that may burn a tonne in a year."""
    day = Telling()
    papers = {"manifest": MANIFEST, "vehicle": COMPANY_VEHICLE}
    day.draft(
        MANIFEST, HOSPITAL, at="03 08:00", carriers=[COMPANY_LORRY], consignee=COMPANY_PLANT, vehicle=COMPANY_VEHICLE
    )
    for drum in DRUMS:
        day.issue(drum, site=HOSPITAL)
        day.seal(drum, at="03 07:00", site=HOSPITAL, mass_g=190_000, package="drum")
    day.hop(DRUMS, HOSPITAL, COMPANY_LORRY, at="03 08:00", **papers)
    day.hop(DRUMS, COMPANY_LORRY, COMPANY_PLANT, at="03 11:00", **papers)
    return day, day.dispose(DRUMS, site=COMPANY_PLANT)


def exceeded(end: Ending) -> list[str]:
    return [finding.detail for finding in end.answer.findings if finding.code == "capacity_exceeded"]


@pytest.mark.parametrize("by", [COMPANY_PLANT, OFFICE])
@pytest.mark.parametrize("kind", ["vouched", "inspected"])
def test_a_word_in_january_moves_nothing_into_the_new_year(by: str, kind: str) -> None:
    """元旦以后，处置厂（或检查员）再说起其中一半：超规模仍是超规模。"""
    day, burnt = over_its_licence()
    said = {"target_event_id": burnt} if kind == "vouched" else {"result": "in_order"}
    before = exceeded(day.ends(at=NEW_YEAR))
    day.tell(by, kind, at="2027-01-02 08:00", codes=DRUMS[:3], **said)
    assert exceeded(day.ends(at=NEW_YEAR)) == before == [f"{COMPANY_PLANT} 2026 年已处置 1140 kg，核准规模 1000 kg"]
