"""What lies in a box at the moment of a fact."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from wasteledger.domain.boxes import LOAD_MS_MAX, carried, empties, had_before
from wasteledger.domain.facts import Fact, Source

#: The items inside a box at the moment of a fact.
Inside = Callable[[str, Fact], Sequence[str]]
#: Whether the signer of a fact may say it.
Entitled = Callable[[Fact], bool]
#: What changes the contents of a box.
_CHANGING = frozenset({"packed", "unpacked", "washed", "disposed"})


class _Load(NamedTuple):
    """What lies in a box.

    Attributes:
        gone: by item the order of the fact that put it into another box without anybody having taken it out.
        packings: by item, where several sites packed.
    """

    codes: list[str]
    gone: dict[str, tuple[int, int, str, int]]
    packings: dict[str, Fact]


def _anybody(_: Fact) -> bool:
    return True


def inside_of(source: Source, entitled: Entitled = _anybody) -> Inside:
    """Opens boxes by what was packed into them since they were last empty; read backwards, it is no more than one load.

    What a box holds changes when it is packed or unpacked: asked again before that, the answer is at hand. An item lies in one box at a
    time: packed into another one, it is in the first one no longer, whether or not somebody said that it was taken out. What is said by
    somebody who may not say it (`entitled`) changes nothing.
    """
    known: dict[tuple[str, str], _Load] = {}

    def inside(box: str, fact: Fact) -> Sequence[str]:
        begin_ms, order = fact.occurred_ms - LOAD_MS_MAX, fact.order
        for last in source.box_facts(box, begin_ms, fact.occurred_ms, packings=True, backwards=True):
            if last.kind in _CHANGING and last.order < order and entitled(last):
                key = (box, last.event_id)
                load = known.get(key)
                if load is None:
                    load = known[key] = _load_of(box, last, source, entitled)
                if not load.gone and not load.packings:
                    return load.codes
                codes = [code for code in load.codes if code not in load.gone or load.gone[code] > order]
                return _of_one_box(codes, fact, load, source, entitled) if load.packings else codes
        return ()

    return inside


def _of_one_box(codes: list[str], fact: Fact, load: _Load, source: Source, entitled: Entitled) -> Sequence[str]:
    """What was packed by those from whom the one that speaks of the box had it; everything where that is nobody."""
    by, until_ms = fact.event.from_site or fact.event.site, fact.occurred_ms
    packers = {packed.event.site: packed for packed in load.packings.values()}
    had = {
        site for site, packed in packers.items()
        if by in carried(packed, 0, until_ms, source, entitled)
    }  # fmt: skip
    return [code for code in codes if not had or load.packings[code].event.site in had]


def _load_of(box: str, last: Fact, source: Source, entitled: Entitled) -> _Load:
    """What lies in a box after the newest fact that changed it."""
    items: dict[str, Fact] = {}
    gone: set[str] = set()
    emptied: set[str] = set()
    for fact in source.box_facts(box, last.occurred_ms - LOAD_MS_MAX, last.occurred_ms, packings=True, backwards=True):
        if fact.order > last.order or not entitled(fact):
            continue
        if empties(fact) or (fact.kind == "disposed" and box in fact.event.codes):
            if had_before(fact, box, source) != {"packed"}:
                break
            emptied.add(fact.event.site)  # what others packed lies in another box of this code
        elif fact.kind == "unpacked":
            gone.update(fact.event.codes)
        elif fact.kind == "packed" and fact.event.box == box and fact.event.site not in emptied:
            for code in fact.event.codes:
                if code not in gone:
                    items.setdefault(code, fact)
    several = len({packed.event.site for packed in items.values()}) > 1
    return _Load(sorted(items), _moved(items, box, source, entitled), items if several else {})


def _moved(
    items: dict[str, Fact], box: str, source: Source, entitled: Entitled
) -> dict[str, tuple[int, int, str, int]]:
    """What was packed into another box afterwards, and when."""
    moved: dict[str, tuple[int, int, str, int]] = {}
    for code, packed in items.items():
        for fact in source.facts_of(code):
            if fact.kind != "packed" or fact is packed:
                continue  # nearly always
            order = fact.order
            if fact.event.box != box and order > packed.order and entitled(fact):
                moved[code] = min(order, moved.get(code, order))
    return moved
