"""Who counts a room, and who counts it again: what a complete stock-take says of the packages that it does not name."""

import pytest

from tests.stories.telling import Ending, Telling
from tests.stories_builder import BAG, BAG2, BAG3, BOX, CLINIC, OFFICE, STRANGER, TRANSFER

ROOM = "暂存间"


def in_the_room(*, boxed: bool = True) -> Telling:
    """Two bags lie in a room of the centre, in a box or singly."""
    day = Telling()
    day.clinic_seals(BAG, BAG2)
    day.comes_to_centre(BAG, BAG2)
    if boxed:
        day.centre_packs(BAG, BAG2)
    day.tell(TRANSFER, "stored", at="02 18:00", codes=[BOX] if boxed else [BAG, BAG2], room=ROOM)
    return day


def counts(day: Telling, *codes: str, at: str, by: str = TRANSFER, **fields: object) -> None:
    day.tell(TRANSFER, "counted", at=at, by=by, codes=list(codes), room=ROOM, **({"complete": True} | fields))


def burned(day: Telling, *load: str) -> Ending:
    day.goes_into_the_fire(*load)
    return day.ends()


@pytest.mark.parametrize("boxed", [True, False])
def test_a_stranger_counts_the_room_in_the_keepers_name(*, boxed: bool) -> None:
    """外人用自己的手持机，以中转点的名义盘点“库里什么都没有”：只追究他，不动中转点的包。"""
    day = in_the_room(boxed=boxed)
    counts(day, at="02 19:00", by=STRANGER)
    end = burned(day, *([BOX] if boxed else [BAG, BAG2]))
    assert (set(end.classes.values()), end.findings) == ({"safely_disposed"}, {"not_entitled": STRANGER})


def test_a_stranger_finds_nothing_that_the_keeper_missed() -> None:
    """中转点盘亏，外人以同一次盘点的名义补上一页：盘亏照旧。"""
    day = in_the_room(boxed=False)
    counts(day, BAG, at="02 19:00", count_name="月末")
    counts(day, BAG2, at="02 19:05", by=STRANGER, count_name="月末", complete=False)
    end = day.ends(at="02 20:00")
    assert [finding.items for finding in end.answer.findings if finding.code == "stock_imbalance"] == [(BAG2,)]


def test_a_stolen_handheld_counts_nothing_away() -> None:
    """手持机被盗并已吊销，之后用它盘空了库：不影响任何一袋。"""
    day = in_the_room()
    day.tell(OFFICE, "revoked", at="02 18:30", device=day.teller(TRANSFER).key.device_id, reason="stolen")
    counts(day, at="02 19:00")
    end = day.ends(at="02 20:00")
    assert (set(end.classes.values()), set(end.findings)) == ({"on_its_way"}, {"revoked_device"})


@pytest.mark.parametrize("second", [TRANSFER, f"{TRANSFER} 2"])
def test_who_counts_again_and_finds_the_box_has_answered(second: str) -> None:
    """盘点单误发了空单，两分钟后重盘，箱子在：没有盘亏。"""
    day = in_the_room()
    counts(day, at="02 19:00")
    counts(day, BOX, at="02 19:02", by=second)
    end = burned(day, BOX)
    assert (set(end.classes.values()), end.findings) == ({"safely_disposed"}, {})


def test_what_is_missing_in_the_last_count_too_stays_missing() -> None:
    """两次盘点都没有箱子：盘亏。"""
    day = in_the_room()
    counts(day, at="02 19:00")
    counts(day, at="02 19:02")
    end = burned(day, BOX)
    assert (set(end.classes.values()), end.findings) == ({"disposed_not_provably"}, {"stock_imbalance": TRANSFER})


@pytest.mark.parametrize(("second", "found"), [(TRANSFER, True), (OFFICE, False)])
def test_the_keeper_does_not_answer_the_authority_by_a_count_of_its_own(second: str, *, found: bool) -> None:
    """检查员盘点时箱子不在，保管方自己再盘一次说在：不算；检查员再盘才算。"""
    day = in_the_room()
    counts(day, at="02 19:00", by=OFFICE)
    counts(day, BOX, at="02 19:30", by=second)
    assert ("stock_imbalance" in day.ends(at="02 20:00").findings) is found


def of_a_roll(*, by: str, keeper_finds: tuple[str, ...] = (), stranger_finds: tuple[str, ...] = ()) -> Ending:
    """Three labels were issued to the clinic, one of which was used; the clinic counts the roll, and then a stranger in its name."""
    day = Telling()
    day.issue(BAG, BAG2, BAG3)
    day.seal(BAG)
    said: dict[str, object] = {"stock": "roll 1", "complete": True}
    day.tell(CLINIC, "counted", at="02 09:00", codes=list(keeper_finds), **said)
    day.tell(CLINIC, "counted", at="02 10:00", by=by, codes=list(stranger_finds), **said)
    return day.ends(at="02 20:00")


def test_a_stranger_counts_no_labels_away_and_finds_none() -> None:
    """外人以卫生室的名义盘点标签卷：既不能盘空，也不能替它盘出来。"""
    both = (BAG2, BAG3)
    assert of_a_roll(by=STRANGER, keeper_finds=both).findings == {"not_entitled": STRANGER}
    missing = of_a_roll(by=STRANGER, stranger_finds=both)
    assert set(missing.findings) == {"label_stock_unaccounted", "not_entitled"}
    assert of_a_roll(by=CLINIC, stranger_finds=both).findings == {}
