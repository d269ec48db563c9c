"""What a site has declared as opening stock stays in the denominator, whatever is told, dated or sealed afterwards."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.stories.telling import UNDER_THE_MANIFEST, Ending, Telling
from tests.stories_builder import (
    BAG,
    BAG2,
    BOX,
    CARRIER,
    CLINIC,
    COLLECTOR,
    INFECTIOUS,
    PLANT,
    STRANGER,
    TRANSFER,
    china,
    ms,
    register,
)
from wasteledger.domain.hello import Hello, sign_hello
from wasteledger.domain.register import Directory
from wasteledger.domain.walk import walk

MINUTE_MS = 60 * 1000
HOUR_MS = 60 * MINUTE_MS
DAY_MS = 24 * HOUR_MS
HEAVY_G = 50_000
SECOND = f"{TRANSFER} 2"


def declared_at(day: Telling, at: str = "02 09:00", *, confirmed: bool = True, **fields: object) -> str:
    day.issue(BAG, at="01 08:00", site=TRANSFER)
    told = day.declare_stock(BAG, at=at, mass_g=HEAVY_G, **fields)
    if confirmed:
        day.confirm(told, BAG, at="02 12:00")
    return told


def rows(end: Ending) -> list[tuple[str, str, int]]:
    return [(row.site, row.item_class, row.amount.mass_g) for row in end.answer.items]


def to_the_furnace(day: Telling) -> None:
    day.goes_into_the_fire(BAG)


@pytest.mark.parametrize("confirmed", [True, False])
def test_what_a_second_device_tells_afterwards_makes_no_ghost_of_it(*, confirmed: bool) -> None:
    """第二台手持机事后补报“前一天已入库”：申报过的五十公斤不会变成零克。"""
    day = Telling()
    day.teller(SECOND)
    declared_at(day, confirmed=confirmed)
    day.tell(TRANSFER, "stored", by=SECOND, at="01 12:00", delay_ms=2 * DAY_MS, codes=[BAG], room="库1")
    to_the_furnace(day)
    end = day.ends(at="10 00:00")
    assert rows(end) == [(TRANSFER, "safely_disposed" if confirmed else "unsealed", HEAVY_G)]
    assert set(end.findings) == (set() if confirmed else {"opening_stock_unconfirmed"})


@pytest.mark.parametrize("site", [TRANSFER, STRANGER, PLANT])
@pytest.mark.parametrize("kind", ["stored", "disposed", "released", "accepted"])
def test_whatever_is_dated_before_it_and_told_after_it_leaves_its_mass(site: str, kind: str) -> None:
    """事后补报申报之前的交接、处置：分母里的质量不动，没有一样能把它证成安全处置。"""
    day = Telling()
    day.teller(f"{site} 2")
    declared_at(day)
    how: dict[str, dict[str, object]] = {
        "stored": {"room": "库1"}, "disposed": {"batch": "炉1", "method": "incineration"},
        "released": {"to_site": COLLECTOR}, "accepted": {"from_site": COLLECTOR},
    }  # fmt: skip
    day.tell(site, kind, by=f"{site} 2", at="01 12:00", delay_ms=2 * DAY_MS, codes=[BAG], **how[kind])
    end = day.ends(at="10 00:00")
    assert [row[2] for row in rows(end)] == [HEAVY_G]
    assert end.classes[BAG] not in {"safely_disposed", "unsealed"}
    assert "opening_stock_known" not in end.findings


@pytest.mark.parametrize("confirmed", [True, False])
def test_shelves_are_scanned_first_and_declared_afterwards(*, confirmed: bool) -> None:
    """先把货架扫一遍、盘点一遍，再申报：本来就该这样做。"""
    day = Telling()
    day.issue(BAG, at="01 08:00", site=TRANSFER)
    day.tell(TRANSFER, "stored", at="01 10:00", codes=[BAG], room="库1")
    day.tell(TRANSFER, "counted", at="01 18:00", codes=[BAG], room="库1", complete=True)
    declared_at(day, confirmed=confirmed)
    to_the_furnace(day)
    end = day.ends(at="10 00:00")
    assert rows(end) == [(TRANSFER, "safely_disposed" if confirmed else "unsealed", HEAVY_G)]
    assert set(end.findings) == (set() if confirmed else {"opening_stock_unconfirmed"})
    chain = walk(BAG, day.history(), Directory(register()))
    assert chain.stays[0].begin_ms == ms("01 10:00"), "its time of storage counts from when it was seen there"
    assert all(stay.end_ms is None or stay.begin_ms <= stay.end_ms for stay in chain.stays)


def test_what_had_moved_before_stays_a_ghost_with_the_mass_that_was_declared() -> None:
    """申报前已在路上：来历不明，但申报的质量留在分母里。"""
    day = Telling()
    day.issue(BAG, at="01 08:00", site=TRANSFER)
    day.hop(BAG, COLLECTOR, TRANSFER, at="01 16:00")
    declared_at(day)
    to_the_furnace(day)
    end = day.ends(at="10 00:00")
    assert rows(end) == [(COLLECTOR, "unsealed", HEAVY_G)]
    assert end.findings == {"never_sealed": COLLECTOR, "opening_stock_known": TRANSFER}


def test_handed_to_oneself_first_it_counts_all_the_same() -> None:
    """旧版系统收下过“交给自己”的记录，先交再申报：不是交接，也不能让它从分母里消失。"""
    day = Telling()
    day.issue(BAG, at="01 08:00", site=TRANSFER)
    day.tell(TRANSFER, "released", at="01 16:00", codes=[BAG], to_site=TRANSFER, absurd=True)
    declared_at(day)
    assert rows(day.ends(at="10 00:00")) == [(TRANSFER, "unsealed", HEAVY_G)]


def test_told_offline_before_it_left_it_is_no_lie_that_others_were_heard_first() -> None:
    """没有信号时先申报、后交出，别人的接收先到：照样是期初库存。"""
    day = Telling()
    day.issue(BAG, at="01 08:00", site=TRANSFER)
    declared = day.declare_stock(BAG, at="03 07:00", delay_ms=20 * HOUR_MS, mass_g=HEAVY_G)
    day.draft("20265001000001", TRANSFER, at="03 08:00", vehicle="渝H2B101")
    day.release(BAG, TRANSFER, CARRIER, at="03 08:00", delay_ms=19 * HOUR_MS, **UNDER_THE_MANIFEST)
    day.accept(BAG, TRANSFER, CARRIER, at="03 08:05", **UNDER_THE_MANIFEST)
    day.lorry_brings_to_plant(BAG)
    day.plant_burns(BAG)
    day.plant_confirms()
    day.confirm(declared, BAG, at="05 09:00")
    end = day.ends(at="10 00:00")
    assert (rows(end), end.findings) == ([(TRANSFER, "safely_disposed", HEAVY_G)], {})


def test_loaded_by_another_device_while_it_was_being_declared() -> None:
    """一台手持机在装车，另一台还在填申报单；装车的那一台没有信号，后来才上传：确认过的申报照样算数。"""
    day = Telling()
    day.teller(SECOND)
    day.draft("20265001000001", TRANSFER, at="03 08:00", vehicle="渝H2B101")
    declared = declared_at(day, at="03 08:30", confirmed=False)
    day.release(BAG, TRANSFER, CARRIER, at="03 08:00", delay_ms=HOUR_MS, by=SECOND, **UNDER_THE_MANIFEST)
    day.accept(BAG, TRANSFER, CARRIER, at="03 08:05", delay_ms=HOUR_MS, **UNDER_THE_MANIFEST)
    day.confirm(declared, BAG, at="03 10:00")
    day.lorry_brings_to_plant(BAG)
    day.plant_burns(BAG)
    day.plant_confirms()
    end = day.ends(at="10 00:00")
    assert (rows(end), end.findings) == ([(TRANSFER, "safely_disposed", HEAVY_G)], {})


@pytest.mark.parametrize("sealer", [TRANSFER, CLINIC])
def test_a_gram_sealed_under_its_code_does_not_take_its_place(sealer: str) -> None:
    """等候确认的五十公斤，后来有人用同一个编码封了一克：两包，各自在分母里，直到主管部门答复。"""
    day = Telling()
    declared = declared_at(day, confirmed=False)
    day.seal(BAG, at="02 10:00", site=sealer, mass_g=1)
    end = day.ends(at="02 18:00")
    assert sorted(rows(end)) == sorted([(sealer, "on_its_way", 1), (TRANSFER, "unsealed", HEAVY_G)])
    assert (end.findings, end.answer.opening_waiting) == ({"opening_stock_known": TRANSFER}, (1, HEAVY_G))
    day.refuse(declared, BAG, at="02 19:00")
    end = day.ends(at="02 20:00")
    assert (rows(end), end.findings) == ([(sealer, "on_its_way", 1)], {})


def test_confirmed_afterwards_both_are_there_and_neither_is_proved() -> None:
    day = Telling()
    declared = declared_at(day, confirmed=False)
    day.seal(BAG, at="02 10:00", mass_g=1)
    day.confirm(declared, BAG, at="02 11:00")
    end = day.ends(at="02 18:00")
    assert sorted(rows(end)) == sorted([(CLINIC, "chain_broken", 1), (TRANSFER, "chain_broken", HEAVY_G)])


def test_sealed_back_in_time_it_is_two_packages_too() -> None:
    """事后补报“申报前已封装”：没有证明，照样是两包。"""
    day = Telling()
    day.teller(SECOND)
    declared_at(day, confirmed=False)
    told = {"waste_code": "841-001-01", "package": "bag", "mass_source": "scale", "mass_g": 1}
    day.tell(TRANSFER, "sealed", by=SECOND, at="01 12:00", delay_ms=2 * DAY_MS, codes=[BAG], **told)
    end = day.ends(at="10 00:00")
    assert sorted(row[2] for row in rows(end)) == [1, HEAVY_G]


@pytest.mark.parametrize("days", [20, 40])
def test_a_paper_gives_it_no_other_month(days: int) -> None:
    """“期初库存先写在纸上”：哪一天申报，就算哪一天，也不早于已有的记录。"""
    day = Telling()
    day.issue(BAG, at="01 08:00", site=TRANSFER)
    day.hop(BAG, TRANSFER, CARRIER, at="01 16:00")
    paper = {"happened_at": china(ms("02 09:00") - days * DAY_MS), "reason": "no_signal", "paper": "纸1"}
    declared_at(day, backfill=paper, vouch_method="paper")
    end = day.ends(at="10 00:00")
    assert (rows(end)[0][1:], end.findings["opening_stock_known"]) == (("unsealed", HEAVY_G), TRANSFER)
    other = Telling()
    declared_at(other, backfill=paper, vouch_method="paper")
    assert rows(other.ends(at="10 00:00")) == [(TRANSFER, "overdue", HEAVY_G)], "in November, in which it was told"


@pytest.mark.parametrize("began_days", [31, 2])
def test_a_late_hello_moves_no_declaration_out_of_its_month(began_days: int) -> None:
    """事后报时，说机器早就开着：申报仍算它收到的那一天。"""
    day = Telling()
    declared_at(day, at="02 09:00", monotonic_ms=HOUR_MS)
    teller = day.teller(TRANSFER)
    said = Hello(
        teller.key.device_id, teller.number, bytes(32), ms("05 08:00"), began_days * DAY_MS, "0123456789abcdef"
    )
    day.write_raw(sign_hello(teller.key, said, origin=teller.origin), received_ms=ms("05 08:00"))
    end = day.ends(at="10 00:00")
    assert [(row.site, row.amount.mass_g) for row in end.answer.items] == [(TRANSFER, HEAVY_G)]


def test_packed_before_it_was_declared_and_burnt_in_the_box() -> None:
    """先申报、再装箱：照常。"""
    day = Telling()
    declared_at(day)
    day.tell(TRANSFER, "stored", at="01 10:00", delay_ms=DAY_MS, by=SECOND, codes=[BAG2], room="库1")
    day.centre_packs(BAG)
    day.goes_into_the_fire(BOX)
    assert day.ends(at="10 00:00").classes[BAG] == "safely_disposed"


#: What anybody may say of the package: kind, and what is said.
_SAID: dict[str, tuple[str, dict[str, object]]] = {
    "sealed": ("sealed", {"waste_code": INFECTIOUS, "package": "bag", "mass_source": "scale", "mass_g": 1}),
    "stored": ("stored", {"room": "库1"}),
    "counted": ("counted", {"room": "库1", "complete": True}),
    "packed": ("packed", {"box": BOX}),
    "released": ("released", {"to_site": CARRIER}),
    "sent to oneself": ("released", {"to_site": TRANSFER}),
    "accepted": ("accepted", {"from_site": COLLECTOR}),
    "taken over": ("accepted", {"from_site": TRANSFER}),
    "burnt": ("disposed", {"batch": "炉1", "method": "incineration"}),
    "voided": ("voided", {"reason": "spoiled"}),
    "relabelled": ("relabelled", {"new_code": BAG2, "reason": "damaged"}),
    "lost": ("incident", {"incident": "loss"}),
    "made light": ("corrected", {"reason": "wrong_mass", "mass_g": 1}),
    "struck out": ("corrected", {"reason": "did_not_occur"}),
    "declared": (
        "opening_stock",
        {"as_of": "2026-11-01", "waste_codes": [INFECTIOUS], "masses_g": [1], "part_no": 1, "parts_count": 1},
    ),
}
#: What is said, on which device, by how many hours its day is off, and how many minutes later it is told.
_WORDS = st.tuples(
    st.sampled_from(sorted(_SAID)),
    st.sampled_from([TRANSFER, SECOND, PLANT, CLINIC, COLLECTOR]),
    st.integers(-40, 40),
    st.integers(1, 3000),
)


@settings(max_examples=150, deadline=None)
@given(
    confirmed=st.booleans(),
    ahead=st.lists(_WORDS.filter(lambda word: "masses_g" not in _SAID[word[0]][1] and word[0] != "sealed"), max_size=2),
    words=st.lists(_WORDS, max_size=8),
)
def test_no_word_of_anybody_but_the_authority_takes_it_away(
    *, confirmed: bool, ahead: list[tuple[str, str, int, int]], words: list[tuple[str, str, int, int]]
) -> None:
    """谁说什么、写哪一天、先报后报，申报过的五十公斤都在分母里；没有主管部门确认，绝不进分子。"""
    day = Telling()
    day.teller(SECOND)
    issued = day.issue(BAG, BAG2, at="01 08:00", site=TRANSFER)
    _say(day, ahead, target=issued, told_ms=ms("05 00:00"))
    told = day.declare_stock(BAG, at="05 09:00", mass_g=HEAVY_G)
    if confirmed:
        day.confirm(told, BAG, at="05 12:00")
    _say(day, words, target=told, told_ms=ms("06 00:00"))
    heavy = [row for row in day.reconcile(as_of="20 00:00").items if row.amount.mass_g >= HEAVY_G]
    assert heavy
    assert confirmed or all(row.item_class != "safely_disposed" for row in heavy)


def _say(day: Telling, words: list[tuple[str, str, int, int]], *, target: str, told_ms: int) -> None:
    for number, (what, device, hours, minutes) in enumerate(words):
        kind, said = _SAID[what]
        about = {"target_event_id": target} if kind == "corrected" else {}
        late_ms = told_ms - ms("05 09:00") + number + (minutes * MINUTE_MS if told_ms > ms("05 09:00") else 0)
        how = {"at": "05 09:00", "after_ms": hours * HOUR_MS, "delay_ms": late_ms - hours * HOUR_MS}
        site = device.split(maxsplit=1)[0]
        itself = site in (said.get("to_site"), said.get("from_site"))  # an older service took it
        day.tell(site, kind, by=device, codes=[BAG], absurd=itself, **how, **about, **said)
