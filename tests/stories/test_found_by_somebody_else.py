"""A lost package that somebody else finds: its last holder has to explain how it came there."""

from tests.stories.telling import Telling
from tests.stories_builder import BAG, COLLECTOR, OFFICE, OTHER_CLINIC, china, ms


def lost_and_found() -> tuple[Telling, str]:
    day = Telling()
    day.clinic_seals(BAG)
    day.collector_takes(BAG)
    day.tell(COLLECTOR, "incident", at="02 15:00", codes=[BAG], incident="loss")
    return day, day.tell(OTHER_CLINIC, "incident", at="02 17:00", codes=[BAG], incident="found")


def test_a_neighbour_finds_it_and_nobody_explains() -> None:
    """收运人丢了，别家捡到：还是丢失，中间断了一环，由最后持有人说明。"""
    day, _ = lost_and_found()
    end = day.ends(at="02 20:00")
    assert (end.classes, end.findings) == (
        {BAG: "declared_lost"},
        {"missing_link": COLLECTOR, "declared_lost": COLLECTOR},
    )


def test_the_neighbour_hands_it_back() -> None:
    """捡到的人交还给收运人：袋子在了，断的那一环还在。"""
    day, _ = lost_and_found()
    day.hop(BAG, OTHER_CLINIC, COLLECTOR, at="02 18:00")
    end = day.ends(at="02 20:00")
    assert (end.classes, end.findings) == ({BAG: "chain_broken"}, {"missing_link": COLLECTOR})


def test_the_last_holder_scans_his_own_find_and_explains_nothing() -> None:
    """收运人随后也说找到了：袋子在他手里，怎么到过别家仍没有说明。"""
    day, _ = lost_and_found()
    day.tell(COLLECTOR, "incident", at="02 19:00", codes=[BAG], incident="found")
    end = day.ends(at="02 20:00")
    assert (end.classes, end.findings) == ({BAG: "chain_broken"}, {"missing_link": COLLECTOR})


def test_both_enter_the_hand_over_that_was_missing() -> None:
    """第二天双方按纸上的记录补录了这次交接：说明了，断的那一环接上了。"""
    day, _ = lost_and_found()
    paper = {
        "vouch_method": "paper",
        "backfill": {"happened_at": china(ms("02 16:00")), "reason": "no_signal", "paper": "纸1"},
    }
    day.tell(COLLECTOR, "released", at="03 09:00", codes=[BAG], to_site=OTHER_CLINIC, **paper)
    day.tell(OTHER_CLINIC, "accepted", at="03 09:10", codes=[BAG], from_site=COLLECTOR, **paper)
    end = day.ends(at="03 10:00")
    assert (end.classes, end.findings) == ({BAG: "on_its_way"}, {})


def test_the_last_holder_finds_it_himself_afterwards() -> None:
    """查明是误报：主管部门撤去别家的“捡到”，收运人自己找到了。"""
    day, found = lost_and_found()
    day.correct(BAG, found, site=OFFICE, at="02 18:00", reason="did_not_occur")
    day.tell(COLLECTOR, "incident", at="02 19:00", codes=[BAG], incident="found")
    end = day.ends(at="02 20:00")
    assert (end.classes, end.findings) == ({BAG: "on_its_way"}, {})
