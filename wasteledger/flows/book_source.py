"""Where the keeper of the books finds facts: a working set in memory, with the books and the log behind it."""

from array import array
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Sequence

from wasteledger.domain.facts import Clocks, Fact, StockTake, by_order, read_entry, stock_takes
from wasteledger.store.books import BookRows
from wasteledger.store.ledger import Ledger

#: Facts kept in memory; beyond it the older half is dropped and read again when it is asked for.
FACTS_KEPT = 60_000
#: Codes whose places are kept in memory.
CODES_KEPT = 60_000


class BookSource:
    """A `Source` on the books. Places are pairs (moment, index), flat in one array for each code."""

    def __init__(self) -> None:
        """Knows nothing yet."""
        self.clocks = Clocks()
        self.facts: dict[int, Fact] = {}
        self.places: "dict[str, array[int]]" = {}
        self.fresh: "dict[str, array[int]]" = {}
        self.targets: dict[str, list[Fact]] = defaultdict(list)
        self.counts: dict[str, list[Fact]] = defaultdict(list)
        self.forks: dict[str, list[Fact]] = defaultdict(list)
        self._rewritten: set[str] = set()
        self._takes: dict[str, list[StockTake]] = {}
        self._sorted: dict[str, tuple[list[int], list[int]]] = {}
        self._rows: BookRows | None = None
        self._ledger: Ledger | None = None

    def attach(self, rows: BookRows | None, ledger: Ledger | None) -> None:
        """Uses these transactions from now on; what was sorted for the last ones is forgotten."""
        self._rows, self._ledger = rows, ledger
        self._sorted.clear()
        self._takes.clear()

    def file(self, code: str, fact: Fact) -> None:
        """A new fact names a code."""
        if code not in self.fresh:
            self.fresh[code] = array("q")
        self.fresh[code].extend((fact.occurred_ms, fact.index))

    def settle(self) -> "dict[str, array[int]]":
        """Joins what is new to what is known, and returns the places of every code that gained some."""
        fresh, self.fresh = self.fresh, {}
        self._load_places(code for code in fresh if code not in self.places)
        for code, added in fresh.items():
            self.places[code].extend(added)
        changed = self._rewritten.union(fresh)
        self._rewritten = set()
        return {code: self.places[code] for code in changed}

    def date_anew(self, fact: Fact, codes: Iterable[str]) -> None:
        """A fact's moment has changed: its places are written anew."""
        self.facts[fact.index] = fact
        for shelf in (self.targets.get(fact.event.target_event_id, []), self.counts.get(fact.event.site, [])):
            shelf[:] = [fact if kept.index == fact.index else kept for kept in shelf]
        for code in codes:
            self._rewritten.add(code)
            if code not in self.places:
                self._load_places((code,))
            for places in (self.places[code], self.fresh.get(code, array("q"))):
                for at in range(1, len(places), 2):
                    if places[at] == fact.index:
                        places[at - 1] = fact.occurred_ms

    def prefetch(self, codes: Iterable[str]) -> None:
        """Reads at once what walking these codes will ask for."""
        wanted = list(codes)
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
        stored = self._rows.traced(wanted) if self._rows and wanted else {}
        for code in wanted:
            self.places[code] = places = array("q")
            if code in stored:
                places.frombytes(stored[code])

    def _load_facts(self, indexes: Iterable[int]) -> None:
        if self._ledger is not None:
            for index, content in self._ledger.entries_at(indexes):
                self.facts[index] = read_entry(index, content).fact(self.clocks)

    def fact(self, index: int) -> Fact:
        """The fact at a place in the log."""
        found = self.facts.get(index)
        if found is None:
            self._load_facts((index,))
            found = self.facts[index]
        return found

    def facts_of(self, code: str) -> Sequence[Fact]:
        """The facts that name a code, in log order."""
        if code not in self.places:
            self._load_places((code,))
        facts = self.facts
        try:
            return [facts[index] for index in self.places[code][1::2]]
        except KeyError:
            self._load_facts(index for index in self.places[code][1::2] if index not in facts)
            return [facts[index] for index in self.places[code][1::2]]

    def facts_of_boot(self, device: str, boot_id: str, newest: int) -> list[Fact]:
        """The facts that a device made in one boot, which are its numbers down from `newest` as far as the boot's name stands on them."""
        if self._ledger is None:
            return []
        stored = self._ledger.devices([device]).get(device)
        facts: list[Fact] = []
        for index in self._ledger.number_places(stored.device_no, newest) if stored else ():
            fact = self.fact(index)
            if fact.event.boot_id != boot_id:
                break
            facts.append(fact)
        return facts[::-1]

    def box_facts(self, box: str, begin_ms: int, end_ms: int) -> Sequence[Fact]:
        """The facts that name a box between two moments, both included, sorted by time."""
        known = self._sorted.get(box)
        if known is None:
            if box not in self.places:
                self._load_places((box,))
            places = self.places[box]
            pairs = sorted(zip(places[::2], places[1::2], strict=True))
            known = self._sorted[box] = [moment for moment, _ in pairs], [index for _, index in pairs]
        moments, indexes = known
        found = [self.fact(index) for index in indexes[bisect_left(moments, begin_ms) : bisect_right(moments, end_ms)]]
        found.sort(key=by_order)
        return found

    def corrections_of(self, event_id: str) -> Sequence[Fact]:
        """Corrections that name this event."""
        found = self.targets.get(event_id)
        return [fact for fact in found if fact.kind == "corrected"] if found else ()

    def vouchings_of(self, event_id: str) -> Sequence[Fact]:
        """Vouchings for this event."""
        return [fact for fact in self.targets.get(event_id, ()) if fact.kind == "vouched"]

    def counts_of(self, site: str) -> Sequence[StockTake]:
        """Complete stock-takes of a site's rooms."""
        if site not in self._takes:
            self._takes[site] = stock_takes(self.counts.get(site, ()))
        return self._takes[site]

    def forks_of(self, code: str) -> Sequence[Fact]:
        """Forked events that name this code."""
        return self.forks.get(code, ())
