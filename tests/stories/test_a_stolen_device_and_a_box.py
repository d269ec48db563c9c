"""What a revoked device says of a box concerns every package in it: each carries the finding."""

from tests.stories.telling import Telling
from tests.stories_builder import BAG, BAG2, BAG3, BOX, OFFICE, PLANT


def at_the_plant() -> Telling:
    """Two bags in a box and one beside it have come to the plant, whose handheld is then revoked."""
    day = Telling()
    day.clinic_seals(BAG, BAG2, BAG3)
    day.comes_to_centre(BAG, BAG2, BAG3)
    day.centre_packs(BAG, BAG2)
    day.lorry_takes(BOX, BAG3)
    day.lorry_brings_to_plant(BOX, BAG3)
    day.tell(OFFICE, "revoked", at="03 12:00", device=day.teller(PLANT).key.device_id, reason="stolen")
    return day


def test_the_packages_of_a_box_that_a_revoked_device_burns_carry_the_finding() -> None:
    """停用的手持机把整箱“烧了”：箱里每一袋的页上都有这条。"""
    day = at_the_plant()
    day.dispose([BOX, BAG3])
    end = day.ends(at="03 18:00")
    named = [finding.items for finding in end.answer.findings if finding.code == "revoked_device"]
    assert named == [tuple(sorted((BAG, BAG2, BAG3, BOX)))]
    assert set(end.classes.values()) == {"on_its_way"}


def test_what_it_does_not_name_carries_nothing() -> None:
    """只说了旁边那一袋：箱里的不受牵连。"""
    day = at_the_plant()
    day.dispose([BAG3])
    end = day.ends(at="03 18:00")
    assert [finding.items for finding in end.answer.findings if finding.code == "revoked_device"] == [(BAG3,)]
    assert {row.code: row.reasons for row in end.answer.items} == {BAG: (), BAG2: (), BAG3: ()}
