"""When something happened: what a device claims, mended by its running clock, and held inside the bracket that is proved.

The time of a fact, in this order:

1. what the paper says, where the act was first written on paper (`backfill.happened_at`), but never later than its receipt; a paper without
   a number is held inside the bracket like any claim;
2. the device's own running clock (`monotonic_ms`), anchored by a hello of the same boot, when its wall clock is further off than
   honest clocks are: a hello tells the service's clock and both of the device's at one moment;
3. the device's wall clock, but never later than the moment at which the service had the event in its hands; a clock that is years off is no
   clock, and the event is held to its receipt;
4. all of this inside the bracket: not before the event in front of it in the device's own chain, nor the checkpoint that it names, nor
   the hello that said that its number was still to come, nor the device's enrolment (less `ENROLMENT_GRACE_MS`); not after the service had
   any later event of that device. A claim outside is a finding and gains nothing: the event counts from its receipt, and from the
   beginning of the bracket wherever an earlier moment is the one that costs.

A hello that comes later than the contact in which its events were handed in mends clocks too; what was overdue by the first telling stays
late (`earliest_ms`, `latest_ms`).
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

from schemas.acts import Act, moment_ms
from wasteledger.domain.hello import Hello

if TYPE_CHECKING:
    from wasteledger.domain.facts import Fact

#: A wall clock that differs from the anchored running clock by more than this is set aside.
TRUSTED_CLOCK_MS_MAX = 120_000
#: What a device hands in within so long of another thing belongs to one contact.
CONTACT_MS_MAX = 10 * 60 * 1000
#: A wall clock further behind the receipt than this is no clock: a battery was empty, or somebody reaches for another year.
CLOCK_BEHIND_MS_MAX = 366 * 24 * 60 * 60 * 1000
#: A district that is loaded tells its last weeks afterwards: so long before its enrolment a device may have acted.
ENROLMENT_GRACE_MS = 31 * 24 * 60 * 60 * 1000

#: Paper that is entered later than this after it was written proves no moment, whatever a region's `backfill_workdays` is.
PAPER_BEHIND_MS_MAX = 31 * 24 * 60 * 60 * 1000

#: Stands for a device as a whole among its boots.
NO_BOOT = ""

#: When the service received the entry at an index; None where there is none.
ReceivedAt = Callable[[int], int | None]


class Anchor(NamedTuple):
    """What one hello told: when it was received, and when by the service's clock the boot began."""

    received_ms: int
    zero_ms: int


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
            if next_seq <= event.device_seq and said_ms <= received_ms:
                return said_ms
        return 0

    def learn(self, hello: Hello, received_ms: int) -> bool:
        """Takes in a hello; whether it moved the boot by more than clocks are trusted. What it says of numbers concerns what comes later.

        A hello that was long under way makes the boot seem to begin later than it did, so the earliest one holds.
        """
        said = self._said.get(hello.device_id, ())
        if not said or said[-1][0] < hello.next_seq:
            self._said[hello.device_id] = (*said, (hello.next_seq, received_ms))
        boot, made = (hello.device_id, hello.boot_id), Anchor(received_ms, received_ms - hello.monotonic_ms)
        known = self._anchors.get(boot, ())
        if any(other.received_ms <= received_ms and other.zero_ms <= made.zero_ms for other in known):
            return False
        before = min((other.zero_ms for other in known if other.received_ms <= received_ms), default=None)
        kept = [other for other in known if other.received_ms < received_ms or other.zero_ms < made.zero_ms]
        self._anchors[boot] = tuple(sorted([*kept, made]))
        return before is None or before - made.zero_ms > TRUSTED_CLOCK_MS_MAX

    def claim(self, event: Act, received_ms: int, wall_ms: int) -> tuple[int, int, int]:
        """Steps 1 to 3: when the event happened, and no earlier and no later than which moments it counts."""
        if event.backfill:
            told_ms = min(moment_ms(event.backfill["happened_at"]), received_ms)
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
        return mended_ms, min(mended_ms, held_ms), max(mended_ms, held_ms)


class Held(NamedTuple):
    """A fact's time inside its bracket.

    Attributes:
        occurred_ms: when it counts as having happened; `earliest_ms`, `latest_ms`: where the other end would cost.
        outside: its claim lies outside the bracket.
        lower_ms: the beginning of the bracket of the next event of its device.
    """

    fact: "Fact"
    occurred_ms: int
    earliest_ms: int
    latest_ms: int
    outside: bool
    lower_ms: int


def hold_chain(facts: Sequence["Fact"], lower_ms: int, clocks: Clocks, received_at: ReceivedAt) -> Iterator[Held]:
    """Step 4 for facts of one device in the order of their numbers; `lower_ms` is the beginning of the first one's bracket."""
    upper = [0] * len(facts)
    bound_ms = 2**63
    for place in range(len(facts) - 1, -1, -1):
        bound_ms = upper[place] = min(bound_ms, facts[place].received_ms)
    for fact, upper_ms in zip(facts, upper, strict=True):
        held = _hold(fact, lower_ms, upper_ms, clocks, received_at)
        lower_ms = held.lower_ms
        yield held


def _hold(fact: "Fact", lower_ms: int, upper_ms: int, clocks: Clocks, received_at: ReceivedAt) -> Held:
    event = fact.event
    claimed = clocks.claim(event, fact.received_ms, fact.wall_ms)
    if event.backfill and event.backfill.get("paper"):
        if fact.received_ms - claimed[0] <= PAPER_BEHIND_MS_MAX:
            return Held(fact, *claimed, outside=False, lower_ms=lower_ms)
        received_ms = min(fact.received_ms, upper_ms)
        return Held(fact, received_ms, min(lower_ms, received_ms), received_ms, outside=True, lower_ms=lower_ms)
    occurred_ms, earliest_ms, latest_ms = (min(moment, upper_ms) for moment in claimed)
    begin_ms = max(lower_ms, _checkpoint_ms(fact, received_at), clocks.floor_ms(event, fact.received_ms))
    outside = begin_ms - occurred_ms > TRUSTED_CLOCK_MS_MAX
    if outside:
        occurred_ms, earliest_ms, latest_ms = upper_ms, min(begin_ms, upper_ms), upper_ms
    elif occurred_ms < begin_ms:
        occurred_ms = min(begin_ms, upper_ms)
        earliest_ms, latest_ms = min(earliest_ms, occurred_ms), max(latest_ms, occurred_ms)
    if event.backfill:
        return Held(fact, occurred_ms, earliest_ms, latest_ms, outside, lower_ms)
    # An event that is held to its receipt says nothing of the next one: only what its own bracket begins with does.
    return Held(fact, occurred_ms, earliest_ms, latest_ms, outside, max(lower_ms, begin_ms if outside else occurred_ms))


def _checkpoint_ms(fact: "Fact", received_at: ReceivedAt) -> int:
    """When the newest entry of the checkpoint that an event names was received: its device can not have known it before."""
    named = fact.event.checkpoint
    if not named or not 0 < named["size"] <= fact.index:
        return 0
    return received_at(named["size"] - 1) or 0
