"""What lies in a box at the moment of a fact; each package by its code, which is its first label's."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from wasteledger.domain.boxes import LOAD_MS_MAX, carried, empties, had_before
from wasteledger.domain.entitled import OFFICE
from wasteledger.domain.facts import Fact, Source
from wasteledger.domain.packages import Packages
from wasteledger.domain.timeline import MISSING, misses

#: The items inside a box at the moment of a fact; of another code its package, where that is one of another code.
Inside = Callable[[str, Fact], Sequence[str]]
#: Whether the signer of a fact may say it.
Entitled = Callable[[Fact], bool]
#: Whether it is agreed that a fact never occurred to a code that it names.
Struck = Callable[[str, Fact], bool]
#: What changes the contents of a box.
_CHANGING = frozenset({"packed", "unpacked", "washed", "disposed"})
#: What may say that an item is in its box no longer.
_REMOVING = frozenset({"packed", "incident", "voided"})


class _Load(NamedTuple):
    """What lies in a box.

    Attributes:
        gone: by item the order of the fact that put it into another box, missed it or voided it, without anybody having taken it out.
        packings: by item, where several sites packed.
    """

    codes: list[str]
    gone: dict[str, tuple[int, int, str, int]]
    packings: dict[str, Fact]


class _Look(NamedTuple):
    """How boxes are looked into; see `inside_of`."""

    source: Source
    entitled: Entitled
    struck: Struck | None
    packages: Packages | None

    def named(self, fact: Fact) -> Sequence[str]:
        """The packages of which a fact counts, each by its code."""
        codes: Sequence[str] = fact.event.codes
        if self.struck and self.source.targets:
            codes = [code for code in codes if not self.struck(code, fact)]
        if self.packages is None or not self.source.relabelled:
            return codes
        return [self.packages.of(code) for code in codes]

    def never_was(self, box: str, fact: Fact) -> bool:
        """Whether a fact never occurred to a box."""
        return bool(self.struck and self.source.targets and self.struck(box, fact))


def _anybody(_: Fact) -> bool:
    return True


def inside_of(
    source: Source, entitled: Entitled = _anybody, struck: Struck | None = None, packages: Packages | None = None
) -> Inside:
    """Opens boxes by what was packed into them since they were last empty; read backwards, it is no more than one load.

    What a box holds changes when it is packed or unpacked: asked again before that, the answer is at hand. An item lies in one box at a
    time: packed into another one, it is in the first one no longer, whether or not somebody said that it was taken out. What is said by
    somebody who may not say it (`entitled`) changes nothing, and what never was (`struck`) neither. A package that was packed again under
    another label is one (`packages`).
    """
    look = _Look(source, entitled, struck, packages)
    known: dict[tuple[str, str], _Load] = {}

    def inside(box: str, fact: Fact) -> Sequence[str]:
        if box[0] != "B":
            package = packages.of(box) if packages else box
            return () if package == box else (package,)
        begin_ms, order = fact.occurred_ms - LOAD_MS_MAX, fact.order
        for last in source.box_facts(box, begin_ms, fact.occurred_ms, packings=True, backwards=True):
            if last.kind in _CHANGING and last.order < order and entitled(last):
                key = (box, last.event_id)
                load = known.get(key)
                if load is None:
                    load = known[key] = _load_of(box, last, look)
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


def _load_of(box: str, last: Fact, look: _Look) -> _Load:
    """What lies in a box after the newest fact that changed it."""
    items: dict[str, Fact] = {}
    gone: set[str] = set()
    emptied: set[str] = set()
    source = look.source
    for fact in source.box_facts(box, last.occurred_ms - LOAD_MS_MAX, last.occurred_ms, packings=True, backwards=True):
        if fact.order > last.order or not look.entitled(fact):
            continue
        if empties(fact) or (fact.kind == "disposed" and box in fact.event.codes):
            if look.never_was(box, fact):
                continue
            if had_before(fact, box, source) != {"packed"}:
                break
            emptied.add(fact.event.site)  # what others packed lies in another box of this code
        elif fact.kind == "unpacked":
            gone.update(look.named(fact))
        elif fact.kind == "packed" and fact.event.box == box and fact.event.site not in emptied:
            for code in look.named(fact):
                if code not in gone:
                    items.setdefault(code, fact)
    several = len({packed.event.site for packed in items.values()}) > 1
    return _Load(sorted(items), _moved(items, box, look), items if several else {})


def _moved(items: dict[str, Fact], box: str, look: _Look) -> dict[str, tuple[int, int, str, int]]:
    """What was packed into another box afterwards, missed or voided, and when."""
    moved: dict[str, tuple[int, int, str, int]] = {}
    for code, packed in items.items():
        for name in look.packages.names(code) if look.packages else (code,):
            for fact in look.source.facts_of(name):
                if fact.kind not in _REMOVING or fact is packed:
                    continue  # nearly always
                order = fact.order
                if (
                    order > packed.order
                    and _is_elsewhere(name, fact, box, packed, look)
                    and not look.never_was(name, fact)
                ):
                    moved[code] = min(order, moved.get(code, order))
    return moved


def _is_elsewhere(name: str, fact: Fact, box: str, packed: Fact, look: _Look) -> bool:
    """Whether a fact puts an item into another box, or whoever has the box misses it there or voids it, as the authority has confirmed."""
    if not look.entitled(fact):
        return False
    if fact.kind == "packed":
        return bool(fact.event.box != box)
    if fact.kind == "voided":
        words = [word for word in look.source.targets.get(fact.event_id, ()) if word.kind == "vouched"]
        stands = any(name in word.event.codes and look.entitled(word) and word.entitlement == OFFICE for word in words)
        stands = stands or fact.entitlement == OFFICE  # the authority's own void needs nobody else
        if not stands or not fact.event.attachments or look.source.evidence_missing(fact):
            return False
    elif fact.event.incident not in MISSING:
        return False
    if fact.entitlement == OFFICE:
        return True
    return look.packages is not None and misses(box, packed, fact, look.source, look.packages.directory)
