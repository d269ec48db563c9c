"""Claimed time inside proved time: the bracket of one device's chain, whatever arrives when."""

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.stories.telling import Telling
from tests.stories_builder import BAG, CLINIC, Story, china, codes_of, ms
from wasteledger.domain.entry import decode_entry
from wasteledger.domain.hello import Hello, sign_hello
from wasteledger.domain.history import History
from wasteledger.domain.times import ENROLMENT_GRACE_MS, TRUSTED_CLOCK_MS_MAX, Bound, hold_chain, hold_from

HOUR_MS = 60 * 60 * 1000
DAY_MS = 24 * HOUR_MS


def _told(claims: list[tuple[int, int]]) -> Story:
    """A clinic's device makes events that claim these moments and are received at those."""
    story = Story()
    for claimed_ms, received_ms in claims:
        note = story.teller(CLINIC).note("stored", occurred_ms=claimed_ms, codes=[BAG], room="库", monotonic_ms=0)
        story.write(note, received_ms=received_ms)
    return story


def _times(history: History) -> list[tuple[int, int, int, bool]]:
    device = next(facts for facts in history.by_device.values() if facts and facts[0].event.site == CLINIC)
    return [(f.occurred_ms, f.earliest_ms, f.latest_ms, f.outside) for _, f in sorted(device.items())]


_BEGIN = ms("02 00:00")
_CLAIMS = st.lists(st.tuples(st.integers(-3 * DAY_MS, 3 * DAY_MS), st.integers(0, 2 * HOUR_MS)), min_size=1, max_size=8)


@settings(max_examples=60)
@given(claims=_CLAIMS)
def test_a_time_never_lies_outside_what_is_proved(claims: list[tuple[int, int]]) -> None:
    received_ms, told = _BEGIN, []
    for claimed_ms, later_ms in claims:
        received_ms += later_ms
        told.append((_BEGIN + claimed_ms, received_ms))
    story = _told(told)
    times = _times(story.history())
    floor_ms = ms("01 00:00") - ENROLMENT_GRACE_MS
    for place, ((claimed_ms, received), (at, earliest, latest, outside)) in enumerate(zip(told, times, strict=True)):
        assert floor_ms <= earliest <= at <= latest <= received
        before = [known for known, _, _, known_outside in times[:place] if not known_outside]
        assert outside or not before or at >= max(before)
        # A claim behind its own receipt, and what is put behind it, prove of the next event no more than what stood in front of them.
        proved = [
            known
            for (said_ms, had_ms), (known, _, _, known_outside) in zip(told[:place], times[:place], strict=True)
            if not known_outside and said_ms <= had_ms and known - said_ms <= TRUSTED_CLOCK_MS_MAX
        ]
        honest = min(claimed_ms, received)
        assert (
            outside == (max([floor_ms, *proved]) - honest > TRUSTED_CLOCK_MS_MAX)
            or received - claimed_ms > 366 * DAY_MS
        )


@settings(max_examples=40)
@given(claims=_CLAIMS, order=st.randoms(use_true_random=False))
def test_the_order_of_delivery_changes_no_time(claims: list[tuple[int, int]], order: object) -> None:
    story = _told([(_BEGIN + claimed, _BEGIN + claimed + 60_000) for claimed, _ in claims])
    shuffled = list(story.entries)
    order.shuffle(shuffled)  # type: ignore[attr-defined]
    history = History()
    for content in sorted(shuffled, key=lambda content: b'"kind":"enrolled"' not in content):
        history.add(content)
    assert _times(history) == _times(story.history())


_MINUTE_MS = 60_000
_TELLINGS = st.lists(
    st.tuples(
        # Minutes since the one before, how far the wall clock is off, how long it takes to be handed in, and whether the device boots.
        st.integers(0, 300),
        st.sampled_from([0, 0, 0, -1, 1, -3, 3, -200, 400, -(400 * 24 * 60)]),
        st.sampled_from([0, 1, 1, 200, 3000]),
        st.sampled_from(
            [
                "",
                "",
                "",
                "boots",
                "hello",
                "late hello",
                "checkpoint",
                "paper",
                "no paper",
                "old paper",
                "kept back",
                "mono",
            ]
        ),
    ),
    min_size=1,
    max_size=14,
)


@settings(max_examples=150, deadline=None)
@given(tellings=_TELLINGS)
def test_read_downwards_from_any_number_times_are_what_they_are_upwards(
    tellings: list[tuple[int, int, int, str]],
) -> None:
    """全链向上算一遍，与从任一号码向下读到够为止再算，结果一样。"""
    story = Story()
    teller, received_ms, begun_ms, boots, waiting = (
        story.teller(CLINIC),
        0,
        ms("02 07:00"),
        0,
        list[tuple[int, bytes]](),
    )
    now_ms = ms("02 08:00")
    for after, off, delay, what in tellings:
        now_ms += after * _MINUTE_MS
        if what == "boots":
            boots, begun_ms = boots + 1, now_ms
        running_ms = now_ms - begun_ms + (30 * HOUR_MS if what == "mono" else 0)
        if what in {"hello", "late hello"}:
            running_ms = max(0, running_ms - (5 * HOUR_MS if what == "late hello" else 0))
            said = Hello(teller.key.device_id, teller.number, bytes(32), now_ms, running_ms, f"{boots:016x}")
            received_ms = max(received_ms, now_ms)
            story.write_raw(sign_hello(teller.key, said, origin=teller.origin), received_ms=received_ms)
            continue
        fields: dict[str, object] = (
            {"checkpoint": {"size": len(story.entries), "root": "A" * 43 + "="}} if what == "checkpoint" else {}
        )
        if "paper" in what:
            days = 40 if what == "old paper" else 1
            fields["backfill"] = {"happened_at": china(now_ms - days * DAY_MS), "reason": "no_signal"}
            fields["backfill"] |= {} if what == "no paper" else {"paper": "纸1"}  # type: ignore[operator]
        note = teller.note(
            "stored", occurred_ms=now_ms + off * _MINUTE_MS, codes=[BAG], room="库", monotonic_ms=running_ms,
            boot_id=f"{boots:016x}", **fields,
        )  # fmt: skip
        waiting.append((now_ms + delay * _MINUTE_MS, note))
        if what != "kept back":
            for at_ms, kept in waiting[::-1] if after % 2 else waiting:
                received_ms = max(received_ms, at_ms)
                story.write(kept, received_ms=received_ms)
            waiting.clear()
    history = story.history()
    facts = [fact for _, fact in sorted(history.by_device[teller.key.device_id].items())]
    floor_ms = ms("01 00:00") - ENROLMENT_GRACE_MS
    received_at = [decode_entry(content).received_ms for content in story.entries].__getitem__
    upwards = list(hold_chain(facts, Bound(floor_ms), history.clocks, received_at))
    assert [held.fact.hold(held) for held in upwards] == [False] * len(facts), "told one by one"
    for place, fact in enumerate(facts):
        downwards = iter(facts[::-1])
        read = hold_from(fact.event.device_seq, downwards, floor_ms, history.clocks, received_at)
        assert read == upwards[place:]


def test_an_honest_clock_that_steps_back_a_little_is_no_finding() -> None:
    story = _told([(ms("02 08:00"), ms("02 08:01")), (ms("02 08:00") - TRUSTED_CLOCK_MS_MAX, ms("02 08:02"))])
    assert [outside for _, _, _, outside in _times(story.history())] == [False, False]
    assert "time_outside_bracket" not in codes_of(story.reconcile())


def test_a_checkpoint_that_is_named_can_not_be_younger_than_its_event() -> None:
    story = Story()
    story.tell(CLINIC, "stored", at="02 12:00", codes=[BAG], room="库")
    checkpoint = {"size": len(story.entries), "root": "A" * 43 + "="}
    named = story.tell(
        "T500114105001", "stored", at="02 08:00", delay_ms=5 * HOUR_MS, codes=[BAG], room="库", checkpoint=checkpoint
    )
    fact = next(fact for fact in story.history().by_code[BAG] if fact.event_id == named)
    assert (fact.outside, fact.occurred_ms, fact.earliest_ms) == (True, ms("02 13:00"), ms("02 12:01"))


def test_a_hello_in_the_same_contact_mends_whether_it_comes_in_front_or_behind() -> None:
    """A handheld whose battery was empty believes it is the year 2000; its running clock knows when it scanned."""
    for front in (True, False):
        day = Telling()
        hello = {"at": "02 12:00", "boot_began": "02 06:00", "wall_ms": ms("02 12:00")}
        if front:
            day.device_says_hello(CLINIC, **hello, waiting_count=1)
        note = day.teller(CLINIC).note(
            "stored", occurred_ms=ms("02 12:00") - 26 * 366 * DAY_MS, codes=[BAG], room="库", monotonic_ms=2 * HOUR_MS,
        )  # fmt: skip
        day.write(note, received_ms=ms("02 12:00"))
        if not front:
            day.device_says_hello(CLINIC, **hello)
        assert _times(day.history()) == [(ms("02 08:00"), ms("02 08:00"), ms("02 08:00"), False)]


def test_a_late_hello_mends_and_leaves_the_costly_ends() -> None:
    """Behind by five hours, told a day later: mended, and what costs is still held against the first telling."""
    day = Telling()
    note = day.teller(CLINIC).note(
        "stored", occurred_ms=ms("02 03:00"), codes=[BAG], room="库", monotonic_ms=2 * HOUR_MS
    )
    day.write(note, received_ms=ms("02 09:00"))
    day.device_says_hello(CLINIC, at="03 08:00", boot_began="02 06:00", wall_ms=ms("03 03:00"))
    assert _times(day.history()) == [(ms("02 08:00"), ms("02 03:00"), ms("02 08:00"), False)]
