"""What a portion of the log touches, and so has to be judged again.

1. A new fact: the items and the manifest that it names, and what lies in a box of which it says something.
2. A fact that counts otherwise than before (its device, its time, a correction of it): the same, and what lay in the box that it packed.
3. What an act concerns that is corrected or vouched for, what waits for evidence, and all that a site declared as opening stock.
4. What is, or was since, in a room that was counted.
"""

from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet

from schemas.canonical import decode_base64
from wasteledger.domain.booking import COPY_MARK
from wasteledger.domain.boxes import LOAD_MS_MAX
from wasteledger.domain.chain import Chain
from wasteledger.domain.facts import Fact
from wasteledger.domain.judge import companions_before, companions_between, companions_of_late
from wasteledger.domain.register import Directory
from wasteledger.domain.timeline import is_box
from wasteledger.flows.book_rare import of_one_package, opened_at
from wasteledger.flows.book_source import BookSource, named_by
from wasteledger.store.books import BookRows

#: What most events are: they speak of packages alone, and are kept in memory for nobody's later question, unless they name evidence.
PLAIN = frozenset({"issued", "printed", "sealed", "packed", "unpacked", "released", "accepted", "stored", "disposed"})
#: What takes a package out of its box without a look into the box: what was said of the box before concerns the others.
_LEAVING = frozenset({"incident", "voided", "relabelled", "refused"})
#: A room that was counted concerns what has moved since, clocks apart.
COUNT_MARGIN_MS = 24 * 60 * 60 * 1000

#: Of a name the first and the last moment of which something was said.
Spans = dict[str, tuple[int, int]]


class Touched:
    """What one portion of the log touches.

    Attributes:
        items: in the order of the log, by which facts lie beside each other in memory.
        boxes: of which something was said; `packed`: into which something was packed, which concerns nothing else while they stand there.
        packed_items: what was packed; `packed_again`: what was packed twice.
        corrected: what is named by facts that count otherwise than before.
    """

    def __init__(self, source: BookSource) -> None:
        """Nothing yet."""
        self._source = source
        self.items: dict[str, None] = {}
        self.boxes: Spans = {}
        self.packed: Spans = {}
        self.packed_items: set[str] = set()
        self.packed_again: set[str] = set()
        self.manifests: set[str] = set()
        self.corrected: set[str] = set()
        self._counted: list[tuple[Fact, int]] = []

    def add(self, fact: Fact) -> None:
        """What has to be judged again because of a new fact."""
        event, kind = fact.event, fact.kind
        if fact.event_id in self._source.targets:
            self._source.ask_anew(fact.event_id)
        for code in event.codes:
            if code[0] == "B":
                stretch(self.boxes, code, fact.occurred_ms)
            else:
                self.items[code] = None
        if event.box:
            stretch(self.packed if kind == "packed" else self.boxes, event.box, fact.occurred_ms)
            if kind == "packed":
                self.packed_again |= self.packed_items.intersection(event.codes)
                self.packed_items.update(event.codes)
        if event.manifest:
            self.manifests.add(event.manifest)
        if kind not in PLAIN:
            self._add_rare(fact)

    def add_again(self, fact: Fact, before_ms: int | None = None) -> None:
        """What has to be judged again because a fact counts otherwise; `before_ms`: when it happened, by what was known before."""
        self.add(fact)
        moments = {fact.occurred_ms, fact.occurred_ms if before_ms is None else before_ms}
        for name in named_by(fact):
            if is_box(name):
                for moment_ms in moments:
                    stretch(self.packed if fact.kind == "packed" else self.boxes, name, moment_ms)
        self.corrected.update(named_by(fact))
        if fact.kind == "counted" and fact.event.room:
            self._counted.append((fact, min(moments)))

    def add_items(self, codes: Iterable[str]) -> None:
        """Items, whatever is told of them."""
        self.items |= dict.fromkeys(codes)

    def _add_rare(self, fact: Fact) -> None:
        event = fact.event
        if fact.kind in _LEAVING:
            self.corrected.update(event.codes)
        if event.new_code:
            self.items[event.new_code] = None
        if event.target_event_id:
            self.corrected.update(event.codes)
            self._add_target(event.target_event_id)
        if event.room and fact.kind == "counted":
            self._counted.append((fact, fact.occurred_ms))
        if fact.kind == "evidenced":
            self._add_evidence(fact)

    def _add_target(self, event_id: str) -> None:
        """What the act names that is corrected or vouched for; a withdrawal names the proposal, and that the act.

        No word reaches further: who withdraws a withdrawal, a thousand times over, says nothing.
        """
        for _ in range(2):
            target = self._source.event(decode_base64(event_id)) if event_id else None
            if target is None:
                return
            event = target.event
            self.corrected.update(named_by(target))  # a packing that never was concerns what else lies in its box
            for name in named_by(target):
                if is_box(name):
                    stretch(self.packed if target.kind == "packed" else self.boxes, name, target.occurred_ms)
            self.add_items(code for code in event.codes if not is_box(code))
            if event.manifest:
                self.manifests.add(event.manifest)
            if target.kind == "opening_stock":
                self.add_openings(event.site)
            event_id = event.target_event_id

    def add_openings(self, site: str) -> None:
        """All that a site declared as opening stock: which of its declarations counts may have changed, and manifests that carried it."""
        opened = opened_at(site, self._source)
        self.add_items(opened)
        self.corrected |= opened

    def _add_evidence(self, fact: Fact) -> None:
        """What waits for evidence that is stored now; of a box what lay in it when it was named."""
        hashes = set(fact.event.attachments)
        for code in self._source.evidence.concerned(fact):
            if not is_box(code):
                self.items[code] = None
                self.corrected.add(code)
                continue
            for named in self._source.facts_of(code):
                if hashes.intersection(named.event.attachments):
                    self.corrected.add(code)
                    stretch(self.boxes, code, named.occurred_ms)

    def gather(self, rows: BookRows, directory: Directory) -> None:
        """Adds what lies in boxes and rooms that were spoken of, and the other labels of all that; what nothing names is no item."""
        source = self._source
        for box, span in self.boxes.items():
            if box in source.late:
                self.add_items(companions_between(box, *span, source, directory))
            else:  # what was packed since is told now, and touched by itself
                self.add_items(companions_before(box, span, source, directory))
        for box, span in self.packed.items():
            if box in source.late:
                self.add_items(companions_of_late(box, span, source, directory))
        for fact, moment_ms in self._counted:
            concerned = rows.held_by(fact.event.site) + rows.moved_since(moment_ms - COUNT_MARGIN_MS)
            self.add_items(code.partition(COPY_MARK)[0] for code in concerned)
            self.add_items(code for code in fact.event.codes if not is_box(code))
        labels = self.items.keys() & source.relabelled
        if labels:
            labels |= of_one_package(labels, source)
            self.add_items(labels)
            source.late |= labels  # what lies beside them, and their paper, may be told otherwise
        source.prefetch(self.items)
        places = source.places
        unnamed = [code for code in self.items if not places[code]]
        for code in unnamed:
            del self.items[code]

    def packed_before(self, begin: int) -> set[str]:
        """What was packed and may have been packed before: known before this portion, or packed twice in it."""
        places = self._source.places
        return self.packed_again | {code for code in self.packed_items if places[code][1] < begin}


def beside(chains: Mapping[str, Chain], again: AbstractSet[str], source: BookSource, directory: Directory) -> set[str]:
    """What was handed over beside items of which something is told late: how many packages and which masses there were concerns them all.

    `again`: items that were packed before; packed into a second box, they are out of the first one.
    """
    late, found, seen = source.late | again, set(), set()
    for chain in chains.values() if late else ():
        if chain.code not in late and not any(stay.box in late for stay in chain.boxes):
            continue
        for fact in _facts_around(chain, source):
            event = fact.event
            is_held_against_others = event.masses_g is not None or event.packages_count is not None
            alone = len(event.codes) == 1 and not is_box(event.codes[0])
            if alone or not is_held_against_others or fact.index in seen:
                continue
            seen.add(fact.index)
            for code in event.codes:
                if not is_box(code):
                    found.add(code)
                elif event.packages_count is not None:
                    found.update(companions_between(code, fact.occurred_ms, fact.occurred_ms, source, directory))
    return found


def _facts_around(chain: Chain, source: BookSource) -> Iterator[Fact]:
    """The facts of an item's chain, and those of the boxes into which it was packed: it may have lain in them by what was known before."""
    yield from (step.fact for step in chain.steps)
    for packed in source.facts_of(chain.code):
        if packed.kind == "packed":
            yield from source.box_facts(packed.event.box, packed.occurred_ms, packed.occurred_ms + LOAD_MS_MAX)


def stretch(spans: Spans, name: str, moment_ms: int) -> None:
    """Makes the span of a name hold a moment too."""
    span = spans.get(name)
    if span is None:
        spans[name] = moment_ms, moment_ms
    elif moment_ms < span[0]:
        spans[name] = moment_ms, span[1]
    elif moment_ms > span[1]:
        spans[name] = span[0], moment_ms
