"""When something happened: what a device claims, mended by its running clock, and held inside the bracket that is proved.

The time of a fact, in this order:

1. what the paper says, where the act was first written on paper (`backfill.happened_at`), but never later than its receipt; a paper without
   a number is held inside the bracket like any claim, and opening stock is told when it is told;
2. the device's own running clock (`monotonic_ms`), anchored by a hello of the same boot, when its wall clock is further off than
   honest clocks are: a hello tells the service's clock and both of the device's at one moment;
3. the device's wall clock, but never later than the moment at which the service had the event in its hands; a clock that is years off is no
   clock, and the event is held to its receipt;
4. all of this inside the bracket: not before the event in front of it in the device's own chain, nor the checkpoint that it names, nor
   the hello that said that its number was still to come, nor the device's enrolment (less `ENROLMENT_GRACE_MS`); not after the service had
   any later event of that device. Within one boot the running clock bounds it too: the wall clock may not go back on it by more than
   clocks are trusted and a crystal gains. A claim outside is a finding and gains nothing: the event counts from its receipt, and from the
   beginning of the bracket wherever an earlier moment is the one that costs. Where it is a hello that puts it outside, and the wall clock
   alone does not, the wall clock holds. An event that is held to its receipt happened by then, and proves no more: the next one of its
   device is put behind it, and accused of nothing for claiming an earlier moment (`Bound`).

A hello that comes later than the contact in which its events were handed in mends clocks too; what was overdue by the first telling stays
late (`earliest_ms`, `latest_ms`). It moves no sealing, and no opening stock, to a later day than the one it was received for, nor by more
than `LATE_MEND_MS_MAX` to an earlier one: what was counted in a month stays there.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain
from typing import TYPE_CHECKING, Any, NamedTuple

from schemas.acts import Act, moment_ms
from wasteledger.domain.hello import Hello
from wasteledger.domain.legal_days import day_end_ms

if TYPE_CHECKING:
    from wasteledger.domain.facts import Fact

#: A wall clock that differs from the anchored running clock by more than this is set aside.
TRUSTED_CLOCK_MS_MAX = 120_000
#: What a device hands in within so long of another thing belongs to one contact.
CONTACT_MS_MAX = 10 * 60 * 1000
#: A wall clock further behind the receipt than this is no clock: a battery was empty, or somebody reaches for another year.
CLOCK_BEHIND_MS_MAX = 366 * 24 * 60 * 60 * 1000
#: A clock that a late hello finds wrong by more than this gets no sealing moved: honest ones are hours off, or no clocks at all.
LATE_MEND_MS_MAX = 24 * 60 * 60 * 1000
#: A quartz gains or loses less than one part in so many.
CRYSTAL_PARTS = 1000
#: A district that is loaded tells its last weeks afterwards: so long before its enrolment a device may have acted.
ENROLMENT_GRACE_MS = 31 * 24 * 60 * 60 * 1000

#: Paper that is entered later than this after it was written proves no moment, whatever a region's `backfill_workdays` is.
PAPER_BEHIND_MS_MAX = 31 * 24 * 60 * 60 * 1000

#: Behind every moment.
_NEVER = 2**63
#: Kinds by which a package begins.
_BEGINNINGS = frozenset({"sealed", "opening_stock"})
#: Stands for a device as a whole among its boots.
NO_BOOT = ""

#: When the service received the entry at an index; None where there is none.
ReceivedAt = Callable[[int], int | None]


class Anchor(NamedTuple):
    """What one hello told: when it was received, and when by the service's clock the boot began."""

    received_ms: int
    zero_ms: int


def paper_of(event: Act) -> dict[str, Any] | None:
    """What an act was first written on; opening stock is told when it is told, whatever was written before."""
    return None if event.kind == "opening_stock" else event.backfill


class Clocks:
    """When each boot of each device began, by the service's clock, as its hellos tell."""

    def __init__(self) -> None:
        self._anchors: dict[tuple[str, str], tuple[Anchor, ...]] = {}
        self._said: dict[str, tuple[tuple[int, int], ...]] = {}

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Clocks) and (self._anchors, self._said) == (other._anchors, other._said)

    __hash__ = None  # type: ignore[assignment]  # it learns

    def put_back(self, device: str, boot_id: str, rows: Iterable[Iterable[int]]) -> None:
        """Puts back what earlier hellos came to, as `known` gave it."""
        if boot_id == NO_BOOT:
            self._said[device] = tuple((next_seq, said_ms) for next_seq, said_ms in rows)
        else:
            self._anchors[device, boot_id] = tuple(Anchor(*anchor) for anchor in rows)

    def known(self, device: str, boot_id: str) -> tuple[Anchor, ...] | tuple[tuple[int, int], ...]:
        """What hellos came to: of one boot its anchors; of `NO_BOOT`, the device's numbers and when each was said to be still to come."""
        return self._said.get(device, ()) if boot_id == NO_BOOT else self.anchors(device, boot_id)

    def anchors(self, device: str, boot_id: str) -> tuple[Anchor, ...]:
        """What is known of a boot, in order of receipt."""
        return self._anchors.get((device, boot_id), ())

    def floor_ms(self, event: Act, received_ms: int) -> int:
        """When a hello said that the event's number was still to come; 0 where none did."""
        said = self._said.get(event.device_id)
        if not said:
            return 0
        for next_seq, said_ms in reversed(said):
            if next_seq <= event.device_seq and said_ms < received_ms:
                return said_ms
        return 0

    def moves(self, hello: Hello, received_ms: int) -> bool:
        """Whether a hello puts the beginning of its boot elsewhere, by more than clocks are trusted."""
        known, zero_ms = self.anchors(hello.device_id, hello.boot_id), received_ms - hello.monotonic_ms
        if any(other.received_ms <= received_ms and other.zero_ms <= zero_ms for other in known):
            return False
        before = min((other.zero_ms for other in known if other.received_ms <= received_ms), default=None)
        return before is None or before - zero_ms > TRUSTED_CLOCK_MS_MAX

    def learn(self, hello: Hello, received_ms: int) -> bool:
        """Takes in a hello; whether it moved the boot (`moves`). What it says of numbers concerns what comes later.

        A hello that was long under way makes the boot seem to begin later than it did, so the earliest one holds. One that moves nothing
        is not kept: what is dated by the clocks that are known must not change behind a hello for which nobody dates it anew.
        """
        said = self._said.get(hello.device_id, ())
        if not said or said[-1][0] < hello.next_seq:
            self._said[hello.device_id] = (*said, (hello.next_seq, received_ms))
        if not self.moves(hello, received_ms):
            return False
        boot, made = (hello.device_id, hello.boot_id), Anchor(received_ms, received_ms - hello.monotonic_ms)
        known = self._anchors.get(boot, ())
        kept = [other for other in known if other.received_ms < received_ms or other.zero_ms < made.zero_ms]
        self._anchors[boot] = tuple(sorted([*kept, made]))
        return True

    def claim(self, event: Act, received_ms: int, wall_ms: int) -> tuple[int, int, int]:
        """Steps 1 to 3: when the event happened, and no earlier and no later than which moments it counts."""
        paper = event.backfill and paper_of(event)
        if paper:
            told_ms = min(moment_ms(paper["happened_at"]), received_ms)
            return told_ms, told_ms, told_ms
        held_ms = min(wall_ms, received_ms)
        if received_ms - wall_ms > CLOCK_BEHIND_MS_MAX:
            held_ms = received_ms
        anchors = self._anchors.get((event.device_id, event.boot_id)) if self._anchors else None
        if not anchors:
            return held_ms, held_ms, held_ms
        contact = [anchor.zero_ms for anchor in anchors if anchor.received_ms <= received_ms + CONTACT_MS_MAX]
        zero_ms = min(contact) if contact else min(anchor.zero_ms for anchor in anchors)
        anchored_ms = zero_ms + event.monotonic_ms
        if abs(anchored_ms - wall_ms) <= TRUSTED_CLOCK_MS_MAX:
            return held_ms, held_ms, held_ms
        mended_ms = min(anchored_ms, received_ms)
        if contact:
            return mended_ms, mended_ms, mended_ms
        at_ms = mended_ms
        if event.kind in _BEGINNINGS and held_ms == wall_ms:
            at_ms = min(mended_ms, day_end_ms(held_ms)) if held_ms - mended_ms <= LATE_MEND_MS_MAX else held_ms
        return at_ms, min(mended_ms, held_ms), max(mended_ms, held_ms)


class Bound(NamedTuple):
    """What a device's events so far prove of the next one.

    Attributes:
        lower_ms: the beginning of its bracket.
        boot: of the newest event; `zero_ms`: when that boot began at the earliest, by the times of its events; 0 where none tells.
        after_ms: the time of the event in front, where its own claim did not set it: the next one is put behind it, and held to nothing.
    """

    lower_ms: int
    boot: str = ""
    zero_ms: int = 0
    after_ms: int = 0

    def clock_ms(self, event: Act) -> int:
        """Before which moment the event can not have been, by the running clock."""
        if event.boot_id != self.boot or not self.zero_ms:
            return 0
        return self.zero_ms + event.monotonic_ms - event.monotonic_ms // CRYSTAL_PARTS

    def behind(self, event: Act, held: "Held", *, told: bool) -> "Bound":
        """What holds behind one more event; `told`: its own claim set its time."""
        zero_ms = self.zero_ms if event.boot_id == self.boot else 0
        if event.backfill and paper_of(event):
            return Bound(self.lower_ms, event.boot_id, zero_ms, self.after_ms)
        if held.outside:
            return Bound(max(self.lower_ms, held.earliest_ms), event.boot_id, zero_ms, self.after_ms)
        if not told:
            return Bound(self.lower_ms, event.boot_id, zero_ms, held.occurred_ms)
        return Bound(held.occurred_ms, event.boot_id, max(zero_ms, held.occurred_ms - event.monotonic_ms))


def _is_told(occurred_ms: int, claimed_ms: int, upper_ms: int, wall_ms: int) -> bool:
    """Whether an event happened when its device claims: it was not held to its receipt, nor put behind one that was."""
    return occurred_ms - claimed_ms <= TRUSTED_CLOCK_MS_MAX and (claimed_ms < upper_ms or wall_ms == upper_ms)


def bound_behind(facts: Iterable["Fact"], boot: str, floor_ms: int, upper_ms: int, clocks: Clocks) -> Bound:
    """What facts of one device, read downwards from a number, prove of the next one of a boot: the same as `Bound.behind` upwards.

    `upper_ms`: when the service had the first of those from the number on.
    """
    lower_ms, zero_ms, after_ms, is_bound, is_met, is_same = floor_ms, 0, 0, False, False, True
    for fact in facts:
        event = fact.event
        upper_ms = min(upper_ms, fact.received_ms)
        is_same = is_same and event.boot_id == boot
        if is_bound and not is_same:
            break
        if event.backfill and paper_of(event):
            continue
        if fact.outside:
            lower_ms = lower_ms if is_bound else max(lower_ms, fact.earliest_ms)
            continue
        claimed_ms = min(clocks.claim(event, fact.received_ms, fact.wall_ms)[0], upper_ms)
        told = _is_told(fact.occurred_ms, claimed_ms, upper_ms, fact.wall_ms)
        if not (is_met or told):
            after_ms = fact.occurred_ms
        is_met = True
        if told and not is_bound:
            lower_ms, is_bound = max(lower_ms, fact.occurred_ms), True
        if told and is_same:
            zero_ms = max(zero_ms, fact.occurred_ms - event.monotonic_ms)
    return Bound(lower_ms, boot, zero_ms, after_ms)


class Held(NamedTuple):
    """A fact's time inside its bracket.

    Attributes:
        occurred_ms: when it counts as having happened; `earliest_ms`, `latest_ms`: where the other end would cost.
        outside: its claim lies outside the bracket.
        bound: what holds for the next event of its device.
    """

    fact: "Fact"
    occurred_ms: int
    earliest_ms: int
    latest_ms: int
    outside: bool
    bound: Bound


def hold_chain(facts: Sequence["Fact"], bound: Bound, clocks: Clocks, received_at: ReceivedAt) -> Iterator[Held]:
    """Step 4 for facts of one device in the order of their numbers; `bound` holds for the first one."""
    upper = [0] * len(facts)
    bound_ms = _NEVER
    for place in range(len(facts) - 1, -1, -1):
        bound_ms = upper[place] = min(bound_ms, facts[place].received_ms)
    for fact, upper_ms in zip(facts, upper, strict=True):
        held = _hold(fact, bound, upper_ms, clocks, received_at)
        bound = held.bound
        yield held


def hold_from(
    number: int, downwards: Iterator["Fact"], floor_ms: int, clocks: Clocks, received_at: ReceivedAt
) -> list[Held]:
    """The same for those from a number on, read downwards and no further than the bracket of the first one needs."""
    facts: list[Fact] = []
    earlier: list[Fact] = []
    for fact in downwards:
        if fact.event.device_seq < number:
            earlier.append(fact)
            break
        facts.append(fact)
    boot = facts[-1].event.boot_id if facts else NO_BOOT
    upper_ms = min((fact.received_ms for fact in facts), default=_NEVER)
    bound = bound_behind(chain(earlier, downwards), boot, floor_ms, upper_ms, clocks)
    return list(hold_chain(facts[::-1], bound, clocks, received_at))


def _hold(fact: "Fact", bound: Bound, upper_ms: int, clocks: Clocks, received_at: ReceivedAt) -> Held:
    event, lower_ms = fact.event, bound.lower_ms
    claimed = clocks.claim(event, fact.received_ms, fact.wall_ms)
    paper = event.backfill and paper_of(event)
    if paper and paper.get("paper"):
        if fact.received_ms - claimed[0] <= PAPER_BEHIND_MS_MAX:
            held = Held(fact, *claimed, outside=False, bound=bound)
        else:
            received_ms = min(fact.received_ms, upper_ms)
            held = Held(fact, received_ms, min(lower_ms, received_ms), received_ms, outside=True, bound=bound)
        return held._replace(bound=bound.behind(event, held, told=False))
    claimed_ms, earliest_ms, latest_ms = (min(moment, upper_ms) for moment in claimed)
    shown_ms = max(lower_ms, _checkpoint_ms(fact, received_at), clocks.floor_ms(event, fact.received_ms))
    begin_ms, occurred_ms = max(shown_ms, bound.after_ms), claimed_ms
    proved_ms = max(shown_ms, bound.clock_ms(event))
    outside = proved_ms - claimed_ms > TRUSTED_CLOCK_MS_MAX
    if outside:
        wall_ms = min(fact.wall_ms, upper_ms)
        by_wall = claimed_ms < wall_ms and proved_ms - wall_ms <= TRUSTED_CLOCK_MS_MAX
        occurred_ms = min(max(wall_ms, begin_ms), upper_ms) if by_wall else upper_ms
        earliest_ms, latest_ms = min(proved_ms, occurred_ms), upper_ms
    elif claimed_ms < begin_ms:
        occurred_ms = min(begin_ms, upper_ms)
        earliest_ms, latest_ms = min(earliest_ms, occurred_ms), max(latest_ms, occurred_ms)
    held = Held(fact, occurred_ms, earliest_ms, latest_ms, outside, bound)
    told = not outside and _is_told(occurred_ms, claimed_ms, upper_ms, fact.wall_ms)
    return held._replace(bound=bound.behind(event, held, told=told))


def _checkpoint_ms(fact: "Fact", received_at: ReceivedAt) -> int:
    """When the newest entry of the checkpoint that an event names was received: its device can not have known it before."""
    named = fact.event.checkpoint
    if not named or not 0 < named["size"] <= fact.index:
        return 0
    return received_at(named["size"] - 1) or 0
