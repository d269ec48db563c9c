"""Claimed time inside proved time: the bracket of one device's chain, whatever arrives when."""

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.stories.telling import Telling
from tests.stories_builder import BAG, CLINIC, Story, codes_of, ms
from wasteledger.domain.history import History
from wasteledger.domain.times import ENROLMENT_GRACE_MS, TRUSTED_CLOCK_MS_MAX

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
        honest = min(claimed_ms, received)
        assert (
            outside == (max([floor_ms, *before]) - honest > TRUSTED_CLOCK_MS_MAX)
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
