"""Where the keeper of the books finds facts: a working set in memory, with the books and the log behind it."""

from array import array
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence

from schemas.entitlement import Standing
from wasteledger.domain.admissions import Admissions, standing_of
from wasteledger.domain.entitled import entitlement_of
from wasteledger.domain.entry import decode_entry
from wasteledger.domain.evidence import EvidenceShelf
from wasteledger.domain.facts import Fact, ReadEntry, StockTake, by_order, read_entry, stock_takes
from wasteledger.domain.manifest_validity import ManifestLaw, read_law
from wasteledger.domain.register import Directory
from wasteledger.domain.times import Bound, Clocks, Held
from wasteledger.store.books import BookRows
from wasteledger.store.ledger import Ledger

#: Facts kept in memory; beyond it the older half is dropped and read again when it is asked for.
FACTS_KEPT = 80_000
#: Codes whose places are kept in memory.
CODES_KEPT = 60_000


class BookSource:
    """A `Source` on the books. Places are pairs (moment, index), flat in one array for each code."""

    def __init__(self) -> None:
        """Knows nothing yet."""
        self.clocks = Clocks()
        self.admissions = Admissions()
        self.evidence = EvidenceShelf()
        self.relabelled: set[str] = set()
        self.openings: dict[str, list[Fact]] = defaultdict(list)
        self.opened: set[str] = set()
        self.doubled: dict[str, Fact] = {}
        #: Times that do not follow from an event and its clocks alone: (occurred, earliest, latest, outside) by index.
        self.held: dict[int, tuple[int, ...]] = {}
        self.facts: dict[int, Fact] = {}
        self.places: dict[str, array[int]] = {}
        self.fresh: dict[str, list[int]] = {}
        self._named: dict[str, list[Fact]] = {}
        self.targets: dict[str, list[Fact]] = defaultdict(list)
        self.corrected: set[str] = set()
        self.counts: dict[str, list[Fact]] = defaultdict(list)
        self.rolls: set[str] = set()
        self.forks: dict[str, list[Fact]] = defaultdict(list)
        #: Codes of which something is told that happened before what was known, or that is corrected.
        self.late: set[str] = set()
        self._rewritten: set[str] = set()
        #: Codes that this portion names first: all that is told of them is told in it.
        self.first_named: set[str] = set()
        self._takes: dict[str, list[StockTake]] = {}
        self._sorted: dict[tuple[str, bool], tuple[array[int], array[int]]] = {}
        self._laws: dict[str, ManifestLaw | None] = {}
        self._rows: BookRows | None = None
        self._ledger: Ledger | None = None

    def attach(self, rows: BookRows | None, ledger: Ledger | None) -> None:
        """Uses these transactions from now on; what was sorted for the last ones is forgotten."""
        self._rows, self._ledger = rows, ledger
        self._named.clear()
        self._takes.clear()
        self._laws.clear()

    def file(self, fact: Fact) -> None:
        """Files a new fact under everything that it names."""
        fresh, moment_ms, index, is_packing = self.fresh, fact.occurred_ms, fact.index, fact.kind == "packed"
        for code in named_by(fact):
            # A packing is filed under its box by the complement of its index: most who ask for a box's facts want the others.
            place = ~index if is_packing and code[0] == "B" else index
            places = fresh.get(code)
            if places is None:
                fresh[code] = [moment_ms, place]
            else:
                places += (moment_ms, place)

    def settle(self) -> "dict[str, array[int]]":
        """Joins what is new to what is known, and returns the places of every code that gained some."""
        fresh, self.fresh = self.fresh, {}
        self._named.clear()
        self.late = set(self._rewritten)
        self.first_named, places = set(), self.places
        stored = self._stored([code for code in fresh if code not in places])
        for code, added in fresh.items():
            known = places.get(code) or stored.get(code)
            if known:
                if not code.startswith("acts ") and min(added[::2]) <= max(known[::2]):
                    self.late.add(code)
                known.fromlist(added)
                places[code] = known
            else:
                self.first_named.add(code)
                places[code] = array("q", added)
            if code[0] == "B":
                self._sort_in(code, added)
        changed = self._rewritten.union(fresh)
        self._rewritten = set()
        return {code: self.places[code] for code in changed}

    def _sort_in(self, box: str, added: Sequence[int]) -> None:
        """Puts new places of a box where they belong in what was sorted before; most of them at its end."""
        for packings in (False, True):
            known = self._sorted.get((box, packings))
            if known is None:
                continue
            moments, indexes = known
            for at in range(0, len(added), 2):
                moment, index = added[at], added[at + 1]
                if packings or index >= 0:
                    place = bisect_right(moments, moment)
                    moments.insert(place, moment)
                    indexes.insert(place, max(index, ~index))

    def date_anew(self, fact: Fact, codes: Iterable[str]) -> None:
        """A fact's moment has changed: its places are written anew."""
        self.facts[fact.index] = fact
        self._named.clear()
        site = fact.event.site
        for shelf in (
            self.targets.get(fact.event.target_event_id, []), self.counts.get(site, []), self.openings.get(site, []),
        ):  # fmt: skip
            shelf[:] = [fact if kept.index == fact.index else kept for kept in shelf]
        for code in codes:
            self._rewritten.add(code)
            self._sorted.pop((code, False), None)
            self._sorted.pop((code, True), None)
            if code not in self.places:
                self._load_places((code,))
            for places in (self.places[code], self.fresh.get(code, [])):
                for at in range(1, len(places), 2):
                    if fact.index in {places[at], ~places[at]}:
                        places[at - 1] = fact.occurred_ms

    def ask_anew(self, event_id: str) -> None:
        """What is said of an event was told before it: who takes it back has to have made it."""
        for word in self.targets[event_id]:
            for fact in (word, self.facts.get(word.index, word)):
                fact.entitlement = None

    def prefetch(self, codes: Iterable[str]) -> None:
        """Reads at once what walking these codes will ask for."""
        wanted = [code for code in codes if code not in self.first_named]  # of which all facts are new, and at hand
        self._load_places(code for code in wanted if code not in self.places)
        missing = {
            index for code in wanted if code[0] != "B" for index in self.places[code][1::2] if index not in self.facts
        }
        self._load_facts(missing)

    def forget(self) -> None:
        """Drops the older half of what is in memory, where it has become too much."""
        if len(self.facts) > FACTS_KEPT:
            self.facts = dict(list(self.facts.items())[-FACTS_KEPT // 2 :])
        if len(self.places) > CODES_KEPT:
            self.places = dict(list(self.places.items())[-CODES_KEPT // 2 :])

    def _load_places(self, codes: Iterable[str]) -> None:
        wanted = set(codes)
        stored = self._stored(wanted)
        for code in wanted:
            self.places[code] = stored.get(code) or array("q")

    def _stored(self, codes: Collection[str]) -> dict[str, "array[int]"]:
        """The places of these codes by the books as they are written; of those that they know."""
        return (
            {code: array("q", facts) for code, facts in self._rows.traced(codes).items()}
            if self._rows and codes
            else {}
        )

    def _load_facts(self, indexes: Iterable[int]) -> None:
        if self._ledger is not None:
            for index, content in self._ledger.entries_at(indexes):
                self.facts[index] = self.dated(read_entry(index, content))

    def dated(self, entry: ReadEntry) -> Fact:
        """The fact of an entry, with the time that it is held to."""
        fact = entry.fact(self.clocks)
        known = self.held.get(entry.index) if self.held else None
        if known:
            occurred_ms, earliest_ms, latest_ms, outside = known
            fact.hold(Held(fact, occurred_ms, earliest_ms, latest_ms, bool(outside), Bound(0)))
        return fact

    def received_at(self, index: int) -> int | None:
        """When the service received the entry at a place in the log; None where there is none."""
        known = self.facts.get(index)
        if known is not None:
            return known.received_ms
        stored = self._ledger.entry(index) if self._ledger is not None else None
        return None if stored is None else decode_entry(stored).received_ms

    def read_facts(self, indexes: Iterable[int]) -> None:
        """Reads at once the facts at these places that are not in memory."""
        self._load_facts({index for index in indexes if index not in self.facts})

    def fact(self, index: int) -> Fact:
        """The fact at a place in the log."""
        found = self.facts.get(index)
        if found is None:
            self._load_facts((index,))
            found = self.facts[index]
        return found

    def facts_of(self, code: str) -> Sequence[Fact]:
        """The facts that name a code, in log order; kept for who asks again in the same portion."""
        known = self._named.get(code)
        if known is not None:
            return known
        if code not in self.places:
            self._load_places((code,))
        indexes, facts = self.places[code][1::2], self.facts
        if code[0] == "B":
            return [self.fact(max(index, ~index)) for index in indexes]
        try:
            named = [facts[index] for index in indexes]
        except KeyError:
            self._load_facts(index for index in indexes if index not in facts)
            named = [facts[index] for index in indexes]
        self._named[code] = named
        return named

    def standing_of(self, fact: Fact) -> Standing:
        """What the device that signed a fact is to the site that it names."""
        return fact.standing or standing_of(fact, self.admissions)

    def manifest_law(self, number: str, directory: Directory) -> ManifestLaw | None:  # noqa: ARG002 - the books were judged by it
        """What the judgement of a hop needs to know of its manifest: as folded in this portion, else as the books have it."""
        if number not in self._laws:
            self._load_laws((number,))
        return self._laws[number]

    def set_law(self, number: str, law: ManifestLaw | None) -> bool:
        """What a manifest was folded to; whether items were judged by another law of it before.

        Of a number that the books do not know yet, all facts are new, and their items are touched already.
        """
        if number not in self._laws:
            self._load_laws((number,))
        before, self._laws[number] = self._laws[number], law
        return before is not None and before != law

    def prefetch_laws(self, numbers: Iterable[str]) -> None:
        """Reads at once what the books have of these manifests."""
        self._load_laws([number for number in numbers if number not in self._laws])

    def _load_laws(self, numbers: Sequence[str]) -> None:
        stored = self._rows.manifest_laws(numbers) if self._rows and numbers else {}
        for number in numbers:
            text = stored.get(number)
            self._laws[number] = read_law(text) if text else None

    def evidence_missing(self, fact: Fact) -> list[str]:
        """Hashes that an act names as its evidence and that no office has said to be stored."""
        return self.evidence.missing(fact.event.attachments, self.admissions)

    def facts_of_device(self, device: str, newest: int, *, end: int) -> Iterator[Fact]:
        """The facts of a device from a number downwards; read one by one.

        `end`: how far the log has been read; what stands behind is not known yet.
        """
        stored = self._ledger.devices([device]).get(device) if self._ledger is not None and newest >= 0 else None
        if stored is not None and self._ledger is not None:
            for index in self._ledger.number_places(stored.device_no, newest):
                if index < end:
                    yield self.fact(index)

    def begun(self, device: str, boot_id: str) -> int | None:
        """The lowest number that a device gave in one boot, by the books as they are written: a hello may come behind it."""
        return self._rows.begun(device, boot_id) if self._rows else None

    def box_facts(
        self, box: str, begin_ms: int, end_ms: int, *, packings: bool = False, backwards: bool = False
    ) -> Iterator[Fact]:
        """The facts that name a box between two moments, both included, in order of time; read one by one."""
        known = self._sorted.get((box, packings))
        if known is None:
            if box not in self.places:
                self._load_places((box,))
            places = self.places[box]
            known = self._sorted[box, packings] = array("q"), array("q")
            for moment, index in sorted(zip(places[::2], places[1::2], strict=True)):
                if packings or index >= 0:
                    known[0].append(moment)
                    known[1].append(max(index, ~index))
        moments, indexes = known
        first, last = bisect_left(moments, begin_ms), bisect_right(moments, end_ms)
        facts, step = self.facts, -1 if backwards else 1
        at, stop = (last - 1, first - 1) if backwards else (first, last)
        while at != stop:
            moment, begin = moments[at], at
            at += step
            if at == stop or moments[at] != moment:
                yield facts.get(indexes[begin]) or self.fact(indexes[begin])
                continue
            # Facts of one moment are put in order; there is seldom more than one.
            while at != stop and moments[at] == moment:
                at += step
            group = [facts.get(indexes[place]) or self.fact(indexes[place]) for place in range(begin, at, step)]
            yield from sorted(group, key=by_order, reverse=backwards)

    def event(self, event_id: bytes) -> Fact | None:
        """The event of an id, by the log's own index of ids; None for a fork, a quarantined note, and what the log lacks."""
        index = self._ledger.index_of(event_id) if self._ledger is not None else None
        stored = self._ledger.entry(index) if self._ledger is not None and index is not None else None
        entry = read_entry(index, stored) if index is not None and stored is not None else None
        return self.dated(entry) if entry and entry.entry_class == "event" else None

    def counts_of(self, site: str, directory: Directory) -> Sequence[StockTake]:
        """Complete stock-takes of a site's rooms."""
        if site not in self._takes:
            told = self.counts.get(site, ())
            self._takes[site] = stock_takes(fact for fact in told if entitlement_of(fact, self, directory))
        return self._takes[site]

    def forks_of(self, code: str) -> Sequence[Fact]:
        """Forked events that name this code."""
        return self.forks.get(code, ())


def named_by(fact: Fact) -> Sequence[str]:
    """What a fact is filed under: items and boxes by code, manifests by number, cases and rolls behind a word."""
    event, kind = fact.event, fact.kind
    if kind == "sealed" or ((kind == "released" or kind == "accepted") and not event.manifest):  # noqa: PLR1714 - of every fact
        return event.codes
    names = [*event.codes]
    if event.new_code:
        names.append(event.new_code)
    if event.box and event.box not in names:
        names.append(event.box)
    if event.manifest:
        names.append(event.manifest)
    if event.case:
        names.append(f"case {event.case}")
    if event.stock:
        names.append(f"roll {event.stock}")
    return names
