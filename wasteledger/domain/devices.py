"""What one device's own chain tells, kept event by event: gaps, forks, wrong clocks, late and revoked uploads.

The numbers that arrived are kept as runs with the events at both ends, so that the order of delivery changes nothing and a year of scans
takes a few lines.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from schemas.acts import NO_EFFECT
from schemas.entitlement import Standing
from schemas.event_base import CODES_MAX
from wasteledger.domain.admissions import Admission
from wasteledger.domain.deadlines import HOUR_MS
from wasteledger.domain.entitled import NOT, entitlement_of
from wasteledger.domain.facts import Fact, Source
from wasteledger.domain.findings import Finding, make_finding
from wasteledger.domain.history import History
from wasteledger.domain.register import Directory
from wasteledger.domain.times import ENROLMENT_GRACE_MS, TRUSTED_CLOCK_MS_MAX, Bound, paper_of

#: Different things that a newer device says and this version does not know, each noted once; one release brings a few.
NEWER_NOTED_MAX = 20


#: Kinds of which no package's chain says that their signer may not say them.
_SAID_OF_NO_PACKAGE = frozenset({"manifested", "washed", "trusted", "evidenced", "cased", "licensed", "ruled"})


def is_said_of_no_package(fact: Fact) -> bool:
    """Whether no package's chain says that the signer may not say it: its kind, or nothing was there when it was counted."""
    return fact.kind in _SAID_OF_NO_PACKAGE or (fact.kind == "counted" and not fact.event.codes)


@dataclass(slots=True)
class Run:
    """Consecutive numbers of a device.

    Attributes:
        first_prev: what the first event names as the one before it.
        lower_ms, boot, zero_ms, after_ms: what holds for the time of what comes behind it (`times.Bound`).
    """

    first: int
    last: int
    first_id: str
    first_prev: str
    first_received_ms: int
    last_id: str
    first_codes: tuple[str, ...] = ()
    lower_ms: int = 0
    boot: str = ""
    zero_ms: int = 0
    after_ms: int = 0

    def bound(self, floor_ms: int) -> Bound:
        """What holds for the next event."""
        return Bound(max(floor_ms, self.lower_ms), self.boot, self.zero_ms, self.after_ms)

    def take_bound(self, bound: Bound) -> None:
        """Notes what holds behind its last event."""
        self.lower_ms, self.boot, self.zero_ms, self.after_ms = bound


@dataclass(slots=True)
class DeviceBook:
    """One device.

    Attributes:
        chain_root: what its event 0 has to name; empty while its enrolment is not known.
        floor_ms: before it the device can not have acted: its enrolment, less what a district may tell afterwards.
        received_ms: when its newest event was received; `last_boot`: in which boot it was made.
        admission: its sites and how far it is believed.
        notes: findings that a single event raises, by event and code; a later word about its clock replaces them.
        announced: next number, moment and id of the hello that said most.
    """

    device_id: str
    site: str = ""
    chain_root: str = ""
    floor_ms: int = -ENROLMENT_GRACE_MS
    received_ms: int = 0
    last_boot: str = ""
    admission: Admission = field(default_factory=Admission)
    runs: list[Run] = field(default_factory=list)
    notes: dict[str, list[Any]] = field(default_factory=dict)
    announced: list[Any] = field(default_factory=list)

    @property
    def newest(self) -> int:
        """Its highest number so far; -1 before the first."""
        return self.runs[-1].last if self.runs else -1

    def admit(self, site: str, chain_root: str, enrolled_ms: int) -> None:
        """The device is admitted for a site; admitted again, nothing changes."""
        if not self.chain_root:
            self.site, self.chain_root = site, chain_root
            self.floor_ms = enrolled_ms - ENROLMENT_GRACE_MS
            self._check_root()

    def _check_root(self) -> None:
        first = self.runs[0] if self.runs else None
        if first and first.first == 0 and self.chain_root and first.first_prev != self.chain_root:
            self.admission.broken_from = 0

    def dated_from(self, fact: Fact) -> int:
        """From which number on brackets change because of a new event; -1 where it is the newest in every way."""
        if fact.received_ms < self.received_ms:
            return 0  # no service's clock runs backwards; a log that was put together otherwise is read all the same
        self.received_ms = fact.received_ms
        number = fact.event.device_seq
        return number if self.runs and number < self.runs[-1].last else -1

    def bound(self, bounds: dict[int, Bound]) -> None:
        """Notes what holds behind the events of these numbers."""
        for run in self.runs:
            if run.last in bounds:
                run.take_bound(bounds[run.last])

    def take_next(self, fact: Fact, said_ms: int, directory: Directory) -> bool:
        """Takes in an event that is its device's next one in every way, and happened when it claims; whether it is, as nearly all are.

        `said_ms`: when a hello said that its number was still to come.
        """
        runs, event, occurred_ms, received_ms = self.runs, fact.event, fact.occurred_ms, fact.received_ms
        if not runs or event.checkpoint or event.backfill:
            return False
        newest, began_ms = runs[-1], occurred_ms - event.monotonic_ms
        if (
            newest.boot != event.boot_id
            or newest.after_ms
            or began_ms < newest.zero_ms - TRUSTED_CLOCK_MS_MAX
            or newest.last + 1 != event.device_seq
            or event.device_prev != newest.last_id
            or not newest.lower_ms <= occurred_ms == fact.wall_ms
            or occurred_ms < self.floor_ms
            or occurred_ms < said_ms
            or received_ms < self.received_ms
            or received_ms - occurred_ms > directory.back_dated_ms_least
            or self.admission.revoked is not None
        ):
            return False
        newest.last, newest.last_id, newest.lower_ms = event.device_seq, fact.event_id, occurred_ms
        self.received_ms = received_ms
        newest.zero_ms = max(newest.zero_ms, began_ms)
        return True

    def take(self, fact: Fact, directory: Directory) -> None:
        """Takes in an event under its number."""
        event = fact.event
        self.site = self.site or event.site
        number = event.device_seq
        newest = self.runs[-1] if self.runs else None
        if newest and newest.last + 1 == number and event.device_prev == newest.last_id:
            newest.last, newest.last_id = number, fact.event_id
        else:
            self._insert(fact, number)
        self.judge_clock(fact, directory)
        revoked = self.admission.revoked
        if revoked is not None and (fact.received_ms, fact.index) > revoked:
            self.note("revoked_device", fact)
        if fact.kind == NO_EFFECT:
            self._note_without_effect(fact)

    def _insert(self, fact: Fact, number: int) -> None:
        event, codes = fact.event, tuple(fact.event.codes)
        run = Run(number, number, fact.event_id, event.device_prev, fact.received_ms, fact.event_id, codes)
        place = next((i for i in range(len(self.runs) - 1, -1, -1) if self.runs[i].first < number), -1)
        self.runs.insert(place + 1, run)
        if number == 0:
            self._check_root()
        self._join(place + 1)
        self._join(place)

    def _join(self, place: int) -> None:
        """Joins a run with the one behind it, where no number is missing between them; a link that does not fit is a fork."""
        if not 0 <= place < len(self.runs) - 1:
            return
        run, following = self.runs[place], self.runs[place + 1]
        if run.last + 1 != following.first:
            return
        if following.first_prev != run.last_id:
            self._fork(following)
        run.last, run.last_id = following.last, following.last_id
        run.take_bound(following.bound(following.lower_ms))
        del self.runs[place + 1]

    def _fork(self, run: Run) -> None:
        self.admission.broken_from = min(self.admission.broken_from, run.first)
        key = f"{run.first_id} device_fork"
        self.notes[key] = [
            "device_fork", list(run.first_codes), run.first_id, run.first_received_ms, f"{self.device_id} № {run.first}",
        ]  # fmt: skip

    def judge_clock(self, fact: Fact, directory: Directory) -> None:
        """Notes a clock that was off, once for each boot, and an event that arrived late."""
        event, site = fact.event, self.site
        if self.notes:
            self._forget_clock(fact)
        if fact.outside:
            self.note("time_outside_bracket", fact)
        if fact.outside or (event.backfill and paper_of(event)):
            return
        wall_ms, received_ms, occurred_ms = fact.wall_ms, fact.received_ms, fact.occurred_ms
        steady = wall_ms == occurred_ms and fact.latest_ms == fact.earliest_ms
        if steady and received_ms - occurred_ms <= directory.back_dated_ms_least:
            return  # nearly always; what counts as having happened is never later than its receipt
        off_ms = max(wall_ms - received_ms, abs(wall_ms - occurred_ms), fact.latest_ms - fact.earliest_ms)
        skewed = off_ms > 0 and off_ms > directory.limit("clock_skew_s", site) * 1000
        late = received_ms - occurred_ms > directory.limit("back_dated_h", site) * HOUR_MS
        if not (skewed or late):
            return
        skew_key, late_key = f"{event.boot_id} clock_skew", f"{fact.event_id} back_dated"
        shown = self.notes.get(skew_key)
        if skewed and (shown is None or shown[5] > event.device_seq):
            self.notes[skew_key] = [
                "clock_skew",
                list(event.codes),
                fact.event_id,
                fact.received_ms,
                "",
                event.device_seq,
            ]
        if late:
            self.notes[late_key] = ["back_dated", list(event.codes), fact.event_id, fact.received_ms, ""]

    def _forget_clock(self, fact: Fact) -> None:
        """What was noted of this event's clock before is judged anew."""
        skew_key = f"{fact.event.boot_id} clock_skew"
        shown = self.notes.get(skew_key)
        if shown and shown[2] == fact.event_id:
            del self.notes[skew_key]
        self.notes.pop(f"{fact.event_id} back_dated", None)
        self.notes.pop(f"{fact.event_id} time_outside_bracket", None)

    def announce(self, next_seq: int, received_ms: int, event_id: str) -> None:
        """Takes in a hello."""
        if not self.announced or self.announced[0] < next_seq:
            self.announced = [next_seq, received_ms, event_id]

    def note(self, reason: str, fact: Fact, detail: str = "") -> None:
        """Notes a finding that one event raises."""
        self.notes[f"{fact.event_id} {reason}"] = [
            reason, list(fact.event.codes), fact.event_id, fact.received_ms, detail,
        ]  # fmt: skip

    def note_right(self, fact: Fact, source: Source, directory: Directory) -> None:
        """Notes that the device said what it may not say, where no package's own chain shows it; or that it may, by what is known now."""
        entitled = entitlement_of(fact, source, directory) != NOT
        if entitled or source.standing_of(fact) is Standing.UNTRUSTED:
            self.notes.pop(f"{fact.event_id} not_entitled", None)
        else:
            self.note("not_entitled", fact)

    def note_unreadable(self, event_id: str, received_ms: int) -> None:
        """Notes a signed note of this device that is no readable event."""
        self.notes[f"{event_id} quarantined_event"] = ["quarantined_event", [], event_id, received_ms, ""]

    def _note_without_effect(self, fact: Fact) -> None:
        """Notes once what of its events is not known here, with the packages concerned, whatever the order of delivery."""
        event = fact.event
        if event.malformed:
            self.note_unreadable(fact.event_id, fact.received_ms)
            return
        key = f"{event.unknown} newer_event"
        shown = self.notes.get(key, ["newer_event", [], "", 0, event.unknown, event.device_seq + 1])
        shown[1] = sorted({*shown[1], *event.speaks_of})[:CODES_MAX]
        if event.device_seq < shown[5]:
            shown[2:4], shown[5] = [fact.event_id, fact.received_ms], event.device_seq
        self.notes[key] = shown
        noted = sorted(key for key, note in self.notes.items() if note[0] == "newer_event")
        for beyond in noted[NEWER_NOTED_MAX:]:
            del self.notes[beyond]

    def findings(self) -> Iterator[Finding]:
        """Everything that the device's chain shows."""
        for note in self.notes.values():
            reason, codes, event_id, at_ms, detail = note[:5]
            yield make_finding(reason, items=codes, evidence=(event_id,), site=self.site, at_ms=at_ms, detail=detail)
        if self.runs and self.runs[0].first == 0 and self.chain_root and self.runs[0].first_prev != self.chain_root:
            first = self.runs[0]
            yield make_finding(
                "device_fork", items=first.first_codes, evidence=(first.first_id,), site=self.site,
                at_ms=first.first_received_ms, detail=f"{self.device_id} № 0",
            )  # fmt: skip
        yield from self._gaps()

    def _gaps(self) -> Iterator[Finding]:
        before: Run | None = None
        expected = 0
        for run in self.runs:
            if run.first > expected:
                shown = ((before.last_id,) if before else ()) + (run.first_id,)
                yield self._gap(expected, run.first - 1, shown, run.first_received_ms)
            before, expected = run, run.last + 1
        if self.announced and self.announced[0] > expected:
            yield self._gap(expected, self.announced[0] - 1, (self.announced[2],), self.announced[1])

    def _gap(self, first: int, last: int, shown: tuple[str, ...], at_ms: int) -> Finding:
        missing = str(first) if first == last else f"{first}–{last}"
        detail = f"{self.device_id} № {missing}"
        return make_finding("device_gap", items=(), evidence=shown, site=self.site, at_ms=at_ms, detail=detail)


def device_books(history: History, directory: Directory) -> list[DeviceBook]:  # noqa: C901 - four sources, one list
    """The books of every device, from the whole history at once."""
    books = []
    for device in sorted(history.by_device.keys() | history.announced.keys()):
        known, facts = history.devices.get(device), history.by_device.get(device, {})
        book = DeviceBook(device)
        if known:
            book.admit(known.site, known.chain_root, known.enrolled_ms)
        book.admission = history.admissions.get(device, book.admission)
        for fact in sorted(facts.values(), key=lambda fact: fact.index):
            book.take(fact, directory)
            if is_said_of_no_package(fact):
                book.note_right(fact, history, directory)
        if device in history.announced:
            book.announce(*history.announced[device])
        books.append(book)
    by_device = {book.device_id: book for book in books}
    for fact in history.forks:
        if fact.event.device_id in by_device:
            by_device[fact.event.device_id].note("device_fork", fact)
    for unreadable in history.quarantined:
        owner = history.devices.get(unreadable.device_id)
        if owner and unreadable.device_id not in by_device:
            by_device[unreadable.device_id] = DeviceBook(unreadable.device_id, owner.site)
            books.append(by_device[unreadable.device_id])
        if owner:
            by_device[unreadable.device_id].note_unreadable(unreadable.event_id, unreadable.received_ms)
    return books


def device_findings(history: History, directory: Directory, *, region: str) -> list[Finding]:
    """What the chains of the region's devices show: gaps, forks, clocks, late and unreadable uploads."""
    books = device_books(history, directory)
    return [finding for book in books if book.site[1:].startswith(region) for finding in book.findings()]
