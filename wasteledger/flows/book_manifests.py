"""The manifests that a portion of the log touches: each folded once, before its items are judged by its law.

A manifest whose law is no longer the one in the books (`ManifestLaw`) concerns every package that was ever on it.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping

from wasteledger.domain.boxes import LOAD_MS_MAX, PAIRING_MS_MAX, ends_load
from wasteledger.domain.chain import Chain
from wasteledger.domain.judge import companions_between
from wasteledger.domain.manifest import Manifest
from wasteledger.domain.other_doubts import fold_in, law_in
from wasteledger.domain.register import Directory
from wasteledger.domain.timeline import is_box
from wasteledger.flows.book_source import BookSource
from wasteledger.flows.book_touched import Spans

_HAND_OVERS = frozenset({"released", "accepted"})


class ManifestFolds:
    """The manifests of one portion, as they have become."""

    def __init__(self, source: BookSource, directory: Directory) -> None:
        """Folds by these facts and this register."""
        self._source = source
        self._directory = directory
        self.folded: dict[str, Manifest] = {}

    def take(self, numbers: Iterable[str]) -> set[str]:
        """Folds what was not folded yet; returns the items to be judged again, since the law of their manifest has changed."""
        new = sorted(set(numbers) - self.folded.keys())
        self._source.prefetch_laws(new)
        items: set[str] = set()
        for number in new:
            manifest = self.folded[number] = fold_in(self._source, self._directory, number)
            if self._source.set_law(number, law_in(manifest, self._directory)):
                items |= _ever_on(manifest, self._source, self._directory)
        return items


def _ever_on(manifest: Manifest, source: BookSource, directory: Directory) -> set[str]:
    """Every item on it, and every one that lay in a box which it names."""
    items = {code for leg in manifest.legs for code in leg.codes if not is_box(code)}
    boxes: dict[str, list[int]] = defaultdict(list)
    for fact in manifest.facts:
        for code in fact.event.codes:
            if is_box(code):
                boxes[code].append(fact.occurred_ms)
            else:
                items.add(code)
    for box, moments in boxes.items():
        items.update(companions_between(box, min(moments), max(moments), source, directory))
    return items


def numbers_before(
    again: Iterable[str], boxes: Spans, packed: Spans, source: BookSource, directory: Directory
) -> set[str]:
    """Manifests that name boxes in which, as is told late, something else lay than was known: their load is another one now.

    And those of a box for which two numbers were named.

    Args:
        again: items that may have been packed before; packed into a second box, they are out of the first one.
        boxes: of which something was told, from the first to the last moment of it.
        packed: boxes into which something was packed, the same.
        source: has settled what is new.
        directory: the register.
    """
    numbers: set[str] = set()
    for box, (begin_ms, end_ms) in boxes.items():
        # What is told in order is beside something known at its beginning alone; every number that is told now is judged anyway.
        numbers |= _numbers_beside(box, begin_ms, end_ms if box in source.late else begin_ms, source)
    for box, (begin_ms, end_ms) in (*boxes.items(), *packed.items()):
        if box in source.late:
            numbers |= _numbers_of_box(box, begin_ms, end_ms, source, directory)
    for code in again:
        if len({fact.event.box for fact in source.facts_of(code) if fact.kind == "packed"}) > 1:
            numbers |= _numbers_of_item(code, source, directory)
    return numbers


def _numbers_beside(box: str, begin_ms: int, end_ms: int, source: BookSource) -> set[str]:
    """Manifests of one hand-over of a box whose sides may have named two numbers: each is a doubt about the other, whatever lay in it."""
    hops: dict[tuple[str, str], dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for fact in source.box_facts(box, begin_ms - PAIRING_MS_MAX, end_ms + PAIRING_MS_MAX):
        event = fact.event
        if event.manifest and fact.kind in _HAND_OVERS:
            hop = (event.site, event.to_site) if event.to_site else (event.from_site, event.site)
            hops[hop][event.manifest].add(fact.kind)
    return {
        number
        for named in hops.values()
        if len(named) > 1 and any(len(kinds) == 1 for kinds in named.values())
        for number in named
    }


def _numbers_of_box(box: str, begin_ms: int, end_ms: int, source: BookSource, directory: Directory) -> set[str]:
    """Manifests under which a box went with what lay in it between two moments."""
    numbers = set()
    for fact in source.box_facts(box, begin_ms, end_ms + LOAD_MS_MAX):
        if fact.event.manifest:
            numbers.add(fact.event.manifest)
        if fact.occurred_ms > end_ms and ends_load(fact, box, source, directory):
            break
    return numbers


def _numbers_of_item(code: str, source: BookSource, directory: Directory) -> set[str]:
    """Manifests that name an item, or a box in which it may have lain then: taken out in secret, it is on the box's manifest still."""
    numbers: set[str] = set()
    for fact in source.facts_of(code):
        if fact.event.manifest:
            numbers.add(fact.event.manifest)
        if fact.kind == "packed":
            numbers |= _numbers_of_box(fact.event.box, fact.occurred_ms, fact.occurred_ms, source, directory)
    return numbers


def numbers_after(chains: Mapping[str, Chain], source: BookSource, directory: Directory, begin: int) -> set[str]:
    """Manifests to be judged again for what the walk of their items has shown.

    1. An item told late may have lain in a box that a manifest has named before, and its waste may be another one; so may that of an item
       known before this portion (`begin`) that was sealed in it.
    2. The two sides of a hand-over named two numbers: that is a doubt about both.
    """
    late, places = source.late, source.places
    numbers: set[str] = set()
    for chain in chains.values():
        told_late = late and (chain.code in late or any(stay.box in late for stay in chain.boxes))
        if told_late or (chain.seals and chain.seals[-1].index >= begin > places[chain.code][1]):
            numbers.update(step.fact.event.manifest for step in chain.steps if step.fact.event.manifest)
            numbers |= _numbers_of_item(chain.code, source, directory)
            continue
        if not chain.doubts or all(doubt.reason != "manifest_not_valid" for doubt in chain.doubts):
            continue
        named: dict[tuple[str, str], str] = {}
        for step in chain.steps:
            event = step.fact.event
            if event.manifest and step.fact.kind in _HAND_OVERS:
                hop = (event.site, event.to_site) if event.to_site else (event.from_site, event.site)
                before = named.setdefault(hop, event.manifest)
                if before != event.manifest:
                    numbers.update((before, event.manifest))
    return numbers
