"""What lies in a box at the moment of a fact."""

from collections.abc import Callable, Sequence

from wasteledger.domain.facts import Fact, Source
from wasteledger.domain.timeline import LOAD_MS_MAX, empties

#: The items inside a box at the moment of a fact.
Inside = Callable[[str, Fact], Sequence[str]]
#: What changes the contents of a box.
_CHANGING = frozenset({"packed", "unpacked", "washed", "disposed"})


def inside_of(source: Source) -> Inside:
    """Opens boxes by what was packed into them since they were last empty; read backwards, it is no more than one load.

    What a box holds changes when it is packed or unpacked: asked again before that, the answer is at hand.
    """
    known: dict[tuple[str, str], list[str]] = {}

    def inside(box: str, fact: Fact) -> list[str]:
        begin_ms, order = fact.occurred_ms - LOAD_MS_MAX, fact.order
        for last in source.box_facts(box, begin_ms, fact.occurred_ms, packings=True, backwards=True):
            if last.kind in _CHANGING and last.order < order:
                key = (box, last.event_id)
                if key not in known:
                    known[key] = _load_of(box, last, source)
                return known[key]
        return []

    return inside


def _load_of(box: str, last: Fact, source: Source) -> list[str]:
    """What lies in a box after the newest fact that changed it."""
    items: dict[str, None] = {}
    gone: set[str] = set()
    for fact in source.box_facts(box, last.occurred_ms - LOAD_MS_MAX, last.occurred_ms, packings=True, backwards=True):
        if fact.order > last.order:
            continue
        if empties(fact) or (fact.kind == "disposed" and box in fact.event.codes):
            break
        if fact.kind == "unpacked":
            gone.update(fact.event.codes)
        elif fact.kind == "packed" and fact.event.box == box:
            items.update(dict.fromkeys(code for code in fact.event.codes if code not in gone))
    return sorted(items)
