"""The steps of one item in the order they happened, boxes included.

1. The item's own facts, without those that an agreed correction declared never to have occurred.
2. While it lies in a box, the box's facts are its facts too, with *inferred* evidence (an unopened box was not looked into).
3. Sorted by time. Clocks of two devices differ: a release stamped after the acceptance it belongs to is moved before it,
   and when they differ by more than clocks do, that is a doubt of its own.
"""

from typing import NamedTuple

from wasteledger.domain.corrections import Correction, correction_of
from wasteledger.domain.facts import Fact, Source, by_order

#: Two honest device clocks may differ by this much.
CLOCK_DIFFERENCE_MS_MAX = 15 * 60 * 1000
#: A release stamped later than this after an acceptance belongs to another hop.
PAIRING_MS_MAX = 24 * 60 * 60 * 1000
#: A box that was not emptied for so long is judged as if it had been; the longest legal storage of medical waste is seven days.
LOAD_MS_MAX = 60 * 24 * 60 * 60 * 1000

#: What takes an item out of its box.
_LEAVING = frozenset({"packed", "unpacked", "disposed"})
#: What a box goes through that its items do not.
_BOX_ONLY = frozenset({"issued", "printed", "packed", "unpacked", "washed", "corrected", "vouched"})


class Step:
    """One fact in an item's life.

    Attributes:
        box: the item's box that was scanned in its place; empty where the item itself was scanned.
        misordered: this release bears a time too long after the acceptance it belongs to.
        correction: what became of corrections to the fact.
    """

    __slots__ = ("box", "correction", "fact", "misordered")

    def __init__(self, fact: Fact, box: str = "", correction: Correction | None = None) -> None:
        self.fact = fact
        self.box = box
        self.misordered = False
        self.correction = correction

    @property
    def inferred(self) -> bool:
        """Whether it was the item's box that was scanned."""
        return bool(self.box)


class BoxStay(NamedTuple):
    """An item's time in one box.

    Attributes:
        packed: the fact that put it in.
        end_ms: when it left, or when the box was emptied; None while it is inside.
        missed_by: facts that looked into the box and did not find the item: the box was opened, counted or washed without it.
    """

    box: str
    packed: Fact
    end_ms: int | None
    missed_by: tuple[Fact, ...]


class Timeline(NamedTuple):
    """An item's steps in order, and its times in boxes."""

    steps: list[Step]
    stays: list[BoxStay]


def is_box(code: str) -> bool:
    """Whether a code names a box."""
    return code[0] == "B"


def timeline_of(code: str, source: Source, *, undo_ms: int) -> Timeline:
    """The steps of an item, in order."""
    own = sorted(source.facts_of(code), key=by_order)
    steps, kept = [], []
    boxed = False
    for fact in own:
        correction = correction_of(code, fact, own, source, undo_ms=undo_ms)
        # A sealing that never was still counts as a step: the item is voided by it, not forgotten.
        if correction is None or not correction.never_was or fact.kind == "sealed":
            steps.append(Step(fact, "", correction))
            kept.append(fact)
            boxed = boxed or fact.kind == "packed"
    stays: list[BoxStay] = []
    if boxed:
        inside, stays = _boxed_steps(kept, source, undo_ms)
        steps += inside
        steps.sort(key=_by_order)
    return Timeline(_pair(steps), stays)


def steps_of(code: str, source: Source, *, undo_ms: int = 0) -> list[Step]:
    """The steps of an item, in order."""
    return timeline_of(code, source, undo_ms=undo_ms).steps


def _by_order(step: Step) -> tuple[int, int, str, int]:
    return step.fact.order


def _boxed_steps(own: list[Fact], source: Source, undo_ms: int) -> tuple[list[Step], list[BoxStay]]:
    """The steps that the item made inside its boxes, each once, and its stays."""
    steps: dict[str, Step] = {}
    stays = []
    named = {fact.event_id for fact in own}
    for number, packed in enumerate(own):
        if packed.kind != "packed":
            continue
        leaving = next((fact for fact in own[number + 1 :] if fact.kind in _LEAVING), None)
        box, end_ms = packed.event.box, leaving.occurred_ms if leaving else None
        until_ms = packed.occurred_ms + LOAD_MS_MAX
        missed_by = []
        for fact in source.box_facts(box, packed.occurred_ms, until_ms if end_ms is None else min(end_ms, until_ms)):
            if fact.event_id in named or fact.order < packed.order:
                continue
            if empties(fact) or (fact.kind == "counted" and fact.event.box == box and fact.event.complete):
                missed_by.append(fact)
                if fact.kind != "counted":
                    end_ms = fact.occurred_ms
                    break
            elif fact.kind not in _BOX_ONLY and box in fact.event.codes:
                correction = correction_of(box, fact, source.facts_of(box), source, undo_ms=undo_ms)
                if correction is None or not correction.never_was:
                    steps[fact.event_id] = Step(fact, box, correction)
                    if fact.kind == "disposed":
                        end_ms = fact.occurred_ms
                        break  # the box is empty now; what comes later concerns the next load
        stays.append(BoxStay(box, packed, end_ms, tuple(missed_by)))
    return list(steps.values()), stays


def empties(fact: Fact) -> bool:
    """Whether the fact says that the box is empty now, apart from its disposal."""
    return fact.kind == "washed" or (fact.kind == "unpacked" and fact.event.complete)


def _pair(steps: list[Step]) -> list[Step]:
    """Moves each release that stands behind its own acceptance in front of it."""
    ordered: list[Step] = []
    offers: dict[tuple[str, str], int] = {}
    orphans: dict[tuple[str, str], Step] = {}
    for step in steps:
        kind = step.fact.kind
        if kind == "accepted":
            event = step.fact.event
            hop = (event.from_site, event.site)
            if offers.get(hop):
                offers[hop] -= 1
            else:
                orphans[hop] = step
        elif kind == "released":
            event = step.fact.event
            hop = (event.site, event.to_site)
            orphan = orphans.pop(hop, None) if orphans else None
            if orphan:
                late_ms = step.fact.occurred_ms - orphan.fact.occurred_ms
                if late_ms <= PAIRING_MS_MAX:
                    step.misordered = late_ms > CLOCK_DIFFERENCE_MS_MAX
                    ordered.insert(ordered.index(orphan), step)
                    continue
            offers[hop] = offers.get(hop, 0) + 1
        ordered.append(step)
    return ordered
