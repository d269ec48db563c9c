"""What happened, sorted by what it happened to: a fold over the log, taken entry by entry.

A `History` can be thrown away and folded again from entry 0; nothing in it is stored anywhere else.
"""

from collections import defaultdict
from collections.abc import Iterator
from typing import NamedTuple

from schemas.canonical import encode_base64
from schemas.entitlement import Standing
from wasteledger.domain.admissions import Admissions, break_chain, standing_of, take_office_event
from wasteledger.domain.entitled import entitlement_of
from wasteledger.domain.evidence import EvidenceShelf
from wasteledger.domain.facts import Fact, ReadEntry, StockTake, by_order, read_entry, stock_takes
from wasteledger.domain.manifest import Manifest
from wasteledger.domain.manifest_validity import ManifestLaw
from wasteledger.domain.merkle import EMPTY_ROOT, leaf_hash
from wasteledger.domain.other_doubts import fold_in, law_in
from wasteledger.domain.register import Directory
from wasteledger.domain.times import ENROLMENT_GRACE_MS, Bound, Clocks, hold_chain


class Quarantined(NamedTuple):
    """A signed note that is no readable event."""

    index: int  # type: ignore[assignment]  # nobody asks this tuple for `index()`
    received_ms: int
    event_id: str
    device_id: str


class Announced(NamedTuple):
    """How far a device said its chain has come.

    Attributes:
        next_seq: the number that its next event would have had.
        event_id: of the hello that says so.
    """

    next_seq: int
    received_ms: int
    event_id: str


class Device(NamedTuple):
    """An admitted key: for which site, since which entry; the rest stands in its `Admission`.

    Attributes:
        enrolled_ms: when its enrolment was received.
        chain_root: what its event 0 names as the one before it: base64 of its enrolment's leaf hash; the first office, which
            admitted itself before there was a leaf, names the root of the empty tree.
    """

    device_id: str
    site: str
    role: str
    enrolled_index: int
    chain_root: str
    enrolled_ms: int


class History:
    """Everything the log tells, in memory: by item, box, device, manifest and case. A `Source` for the walk."""

    def __init__(self) -> None:
        """Begins before entry 0."""
        self.size = 0
        self.by_code: dict[str, list[Fact]] = defaultdict(list)
        self.by_device: dict[str, dict[int, Fact]] = defaultdict(dict)
        self.by_manifest: dict[str, list[Fact]] = defaultdict(list)
        self.by_case: dict[str, list[Fact]] = defaultdict(list)
        self.targets: dict[str, list[Fact]] = defaultdict(list)
        self.corrected: set[str] = set()
        self.counts: dict[str, list[Fact]] = defaultdict(list)
        self.forks_by_code: dict[str, list[Fact]] = defaultdict(list)
        self.devices: dict[str, Device] = {}
        self.forks: list[Fact] = []
        self.quarantined: list[Quarantined] = []
        self.announced: dict[str, Announced] = {}
        self.admissions = Admissions()
        self.evidence = EvidenceShelf()
        self.relabelled: set[str] = set()
        self.openings: dict[str, list[Fact]] = defaultdict(list)
        self.opened: set[str] = set()
        self.doubled: dict[str, Fact] = {}
        self.clocks = Clocks()
        self._received: list[int] = []
        self._last: dict[str, tuple[int, Bound, int]] = {}
        self._manifests: dict[str, tuple[Manifest, ManifestLaw | None]] = {}
        self._folded_by: Directory | None = None

    def add(self, content: bytes) -> None:
        """Takes in the next entry of the log.

        Raises:
            ContractError: the bytes are not an entry, or an entry of class `event` is not readable.
        """
        entry = read_entry(self.size, content)
        self._manifests.clear()
        if entry.hello:
            self._announce(entry)
        elif entry.entry_class == "quarantine":
            self.quarantined.append(Quarantined(entry.index, entry.received_ms, entry.event_id, entry.device_id))
        elif entry.event:
            fact = entry.fact(self.clocks)
            if entry.entry_class == "fork":
                self.forks.append(fact)
                self._break(fact.event.device_id, fact.event.device_seq)
                for code in fact.event.codes:
                    self.forks_by_code[code].append(fact)
            else:
                self._file(fact, content)
        self._received.append(entry.received_ms)
        self.size += 1  # last: an entry that can not be read is met again, never passed over

    def _announce(self, entry: ReadEntry) -> None:
        hello = entry.hello
        if hello is None:
            return
        before = self.announced.get(hello.device_id)
        if before is None or before.next_seq < hello.next_seq:
            self.announced[hello.device_id] = Announced(hello.next_seq, entry.received_ms, entry.event_id)
        if self.clocks.learn(hello, entry.received_ms):
            self._hold(hello.device_id)

    def _hold(self, device: str, newest: Fact | None = None) -> None:
        """Times of one device's events, each inside its bracket; of the newest one alone where it is the last of its chain."""
        facts = [newest] if newest else []
        known, last = self.devices.get(device), self._last.get(device)
        lower_ms = known.enrolled_ms - ENROLMENT_GRACE_MS if known else 0
        if newest and (last is None or (last[0] < newest.event.device_seq and last[2] <= newest.received_ms)):
            bound = last[1]._replace(lower_ms=max(lower_ms, last[1].lower_ms)) if last else Bound(lower_ms)
        else:
            bound, facts = Bound(lower_ms), [fact for _, fact in sorted(self.by_device[device].items())]
        for held in hold_chain(facts, bound, self.clocks, self._received_at):
            held.fact.hold(held)
            self._last[device] = (
                held.fact.event.device_seq,
                held.bound,
                max(held.fact.received_ms, last[2] if last else 0),
            )

    def _received_at(self, index: int) -> int | None:
        return self._received[index] if index < len(self._received) else None

    def _file(self, fact: Fact, content: bytes) -> None:
        event = fact.event
        self.by_device[event.device_id][event.device_seq] = fact
        self._hold(event.device_id, fact)
        for shelf in self._shelves(fact):
            shelf.append(fact)
        if event.kind == "enrolled" and event.device and event.for_site:
            root = encode_base64(EMPTY_ROOT if event.device == event.device_id else leaf_hash(content))
            first = Device(event.device, event.for_site, event.role, fact.index, root, fact.received_ms)
            self.devices.setdefault(event.device, first)  # admitted again, a revoked key stays revoked
            self._hold(event.device)
        self.evidence.add(fact)
        self._link(fact)  # first: a word of the office from behind a broken link of its own is not heard
        self._weigh(take_office_event(fact, self.admissions))
        for word in self.targets.get(fact.event_id, ()):
            word.entitlement = None  # who takes an act back has to have made it

    def _link(self, fact: Fact) -> None:
        """Holds an event against its neighbours in its device's own chain."""
        event = fact.event
        facts, known = self.by_device[event.device_id], self.devices.get(event.device_id)
        if event.device_seq == 0 and known and event.device_prev != known.chain_root:
            self._break(event.device_id, 0)
        if event.kind == "enrolled" and event.device in self.devices:
            first = self.by_device[event.device].get(0)
            if first is not None and first.event.device_prev != self.devices[event.device].chain_root:
                self._break(event.device, 0)
        before, behind = facts.get(event.device_seq - 1), facts.get(event.device_seq + 1)
        if before is not None and event.device_prev != before.event_id:
            self._break(event.device_id, event.device_seq)
        if behind is not None and behind.event.device_prev != fact.event_id:
            self._break(event.device_id, event.device_seq + 1)

    def _break(self, device: str, number: int) -> None:
        if break_chain(device, number, self.admissions):
            self._weigh(device)

    def _weigh(self, device: str) -> None:
        """The standing of a device has changed: that of its events is asked for again."""
        for fact in self.by_device[device].values() if device else ():
            fact.standing = fact.entitlement = None

    def standing_of(self, fact: Fact) -> Standing:
        """What the device that signed a fact is to the site that it names."""
        return fact.standing or standing_of(fact, self.admissions)

    def manifest_law(self, number: str, directory: Directory) -> ManifestLaw | None:
        """What the judgement of a hop needs to know of its manifest; None for a number that nothing names."""
        return self._folded(number, directory)[1]

    def manifest(self, number: str, directory: Directory) -> Manifest:
        """A manifest, folded when it is first asked for."""
        return self._folded(number, directory)[0]

    def _folded(self, number: str, directory: Directory) -> "tuple[Manifest, ManifestLaw | None]":
        if self._folded_by is not directory:
            self._manifests.clear()
            self._folded_by = directory
        if number not in self._manifests:
            manifest = fold_in(self, directory, number)
            self._manifests[number] = manifest, law_in(manifest, directory)
        return self._manifests[number]

    def evidence_missing(self, fact: Fact) -> list[str]:
        """Hashes that an act names as its evidence and that no office has said to be stored."""
        return self.evidence.missing(fact.event.attachments, self.admissions)

    def _shelves(self, fact: Fact) -> Iterator[list[Fact]]:
        """Where a fact stands."""
        event = fact.event
        for code in event.codes:
            yield self.by_code[code]
        if event.box and event.box not in event.codes:
            yield self.by_code[event.box]
        if event.new_code:
            self.relabelled.update((*event.codes, event.new_code))
            yield self.by_code[event.new_code]
        if event.manifest:
            yield self.by_manifest[event.manifest]
        if event.case:
            yield self.by_case[event.case]
        if event.target_event_id:
            if event.kind == "corrected":
                self.corrected.update(event.codes)
            yield self.targets[event.target_event_id]
        if event.kind == "counted":
            yield self.counts[event.site]
        elif event.kind == "opening_stock":
            self.opened.update(event.codes)
            yield self.openings[event.site]

    def facts_of(self, code: str) -> list[Fact]:
        """The facts that name a code, or a manifest's number, in log order; none for one never seen."""
        return self.by_code.get(code) or self.by_manifest.get(code, [])

    def box_facts(
        self, box: str, begin_ms: int, end_ms: int, *, packings: bool = False, backwards: bool = False
    ) -> list[Fact]:
        """The facts that name a box between two moments, both included, in order of time."""
        facts = [fact for fact in self.facts_of(box) if begin_ms <= fact.occurred_ms <= end_ms]
        facts = [fact for fact in facts if packings or fact.kind != "packed"]
        return sorted(facts, key=by_order, reverse=backwards)

    def counts_of(self, site: str, directory: Directory) -> list[StockTake]:
        """Complete stock-takes of a site's rooms."""
        return stock_takes(fact for fact in self.counts.get(site, ()) if entitlement_of(fact, self, directory))

    def forks_of(self, code: str) -> list[Fact]:
        """Forked events that name this code."""
        return self.forks_by_code.get(code, [])
