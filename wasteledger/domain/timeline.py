"""The steps of one item in the order they happened, boxes included.

1. The item's own facts, without those that an agreed correction declared never to have occurred.
2. While it lies in a box, the box's facts are its facts too, with *inferred* evidence (an unopened box was not looked into). It leaves
   the box when it is taken out, packed elsewhere, burnt, declared lost or found, or handed over singly to another place than the box's.
3. Sorted by time. Clocks of two devices differ: a release stamped after the acceptance it belongs to is moved before it,
   and when they differ by more than clocks do, that is a doubt of its own. Inside one site, and between issuing and sealing a label,
   no order within what clocks differ is held against anybody.

What a signer was not entitled to say neither packs nor empties a box.
"""

from collections.abc import Callable, Sequence
from collections.abc import Set as AbstractSet
from typing import Any, NamedTuple

from wasteledger.domain.boxes import LOAD_MS_MAX, PAIRING_MS_MAX, empties, is_anothers, was_at
from wasteledger.domain.corrections import Correction, correction_of
from wasteledger.domain.entitled import OFFICE, entitlement_of
from wasteledger.domain.facts import Fact, Source, by_order
from wasteledger.domain.labels import ACTS, Label, labels_around
from wasteledger.domain.opening import with_opening_stock
from wasteledger.domain.pairing import pair
from wasteledger.domain.register import Directory
from wasteledger.domain.step import CLOCK_DIFFERENCE_MS_MAX, Step
from wasteledger.domain.told_again import is_spoken_of

#: What takes an item out of its box.
_LEAVING = frozenset({"packed", "unpacked", "disposed"})
#: Said by whoever has the box, that its item is not there.
MISSING = frozenset({"loss", "theft", "found"})
#: What a box goes through that its items do not.
_BOX_ONLY = frozenset(
    {"issued", "printed", "packed", "unpacked", "washed", "corrected", "vouched", "voided", "relabelled"}
)
#: What speaks of a label, before its package is.
_LABEL = frozenset({"issued", "printed", "counted", "voided"})
_HAND_OVERS = frozenset({"released", "accepted", "refused"})
#: Shown by whom a box left: what a packing is held against.
_DEPARTURES = frozenset({"released", "accepted", "disposed"})


class BoxStay(NamedTuple):
    """An item's time in one box.

    Attributes:
        packed: the fact that put it in.
        end_ms: when it left, or when the box was emptied; None while it is inside.
        missed_by: facts that looked into the box and did not find the item: the box was opened, counted or washed without it.
        departures: hand-overs and the disposal of the box while the item is said to lie in it.
    """

    box: str
    packed: Fact
    end_ms: int | None
    missed_by: tuple[Fact, ...]
    departures: tuple[Fact, ...] = ()


class Tail:
    """What became of everything that lay in a box from some fact on: the same steps for each item packed before it and not taken out.

    Attributes:
        weighings: of the box, among these steps.
        walks: what a walk along these steps came to, by the state that it began in; kept by `walk.py`.
    """

    __slots__ = ("departures", "end_ms", "missed_by", "steps", "walks", "weighings")

    def __init__(self, steps: list[Step], stay: BoxStay) -> None:
        self.steps = steps
        self.end_ms = stay.end_ms
        self.missed_by = stay.missed_by
        self.departures = stay.departures
        self.weighings = box_weighings(steps)
        self.walks: dict[Any, Any] = {}


class BoxWeighing(NamedTuple):
    """A box that was weighed as a whole while the item lay in it."""

    box: str
    fact: Fact
    mass_g: int


def box_weighings(steps: list[Step]) -> list[BoxWeighing]:
    """Each weighing of a box among the steps of what lay in it."""
    found = []
    for step in steps:
        mass_g = step.fact.event.mass_of(step.box) if step.box else None
        if mass_g is not None:
            corrected_g = step.correction.mass_g if step.correction else 0
            found.append(BoxWeighing(step.box, step.fact, corrected_g or mass_g))
    return found


class Tails:
    """The tails of boxes, each made once.

    Attributes:
        made: by box, the index of their first fact and who packed; None where the steps need each item's own look.
        spans: by box and packer the spans (begin, end, tail) in which nothing happened to it: what is packed inside one begins the tail
            at its end.
        labels: those that words connect with a code, by the code.
    """

    __slots__ = ("labels", "made", "spans")

    def __init__(self) -> None:
        self.made: dict[tuple[str, int, str], Tail | None] = {}
        self.spans: dict[tuple[str, str], list[tuple[int, int, Tail | None]]] = {}
        self.labels: dict[str, dict[str, Label]] = {}


class Timeline(NamedTuple):
    """An item's steps in order, and its times in boxes.

    Attributes:
        tail: shared with the items beside it, where its own steps end with its packing; those steps come after `own` steps.
        relabelled_from: the code of the package, where this label took another one's place.
        labels: those that took this one's place.
    """

    steps: list[Step]
    stays: list[BoxStay]
    own: int
    tail: Tail | None = None
    relabelled_from: str = ""
    labels: dict[str, Label] | None = None


def is_box(code: str) -> bool:
    """Whether a code names a box."""
    return code[0] == "B"


def timeline_of(  # noqa: C901, PLR0912 - the parts of a life, one after the other
    code: str, source: Source, directory: Directory, tails: Tails | None = None
) -> Timeline:
    """The steps of an item, in order. `tails` remembers what items of one box share."""
    facts, labels, first = source.facts_of(code), None, ""
    if code in source.relabelled:
        facts, labels, first = _by_label(code, facts, source, directory, tails)
    own = sorted(facts, key=by_order)
    if first:
        return Timeline([Step(fact) for fact in own], [], len(own), relabelled_from=first)
    if code in source.opened:
        own = with_opening_stock(code, own, source, directory, near_ms=CLOCK_DIFFERENCE_MS_MAX)
    steps, kept, targets = [], own, source.targets
    names = {code, *labels} if labels else {code}
    packings, taken, is_corrected = 0, False, code in source.corrected
    for fact in own:
        correction = None
        if fact.event_id in targets or (is_corrected and is_spoken_of(fact, code, source)):
            correction = correction_of(code, fact, own, source, directory, names)
            # A sealing that never was still counts as a step, unless another one stands: the item is voided by it, not forgotten.
            if correction and correction.never_was and _is_left_out(code, names, fact, own, source, directory):
                kept = [other for other in kept if other is not fact]
                continue
        steps.append(Step(fact, "", correction))
        if fact.kind == "packed":
            packings += 1
        elif fact.kind == "accepted":
            taken = True
    _begin_first(steps)
    stays: list[BoxStay] = []
    if packings:
        tail = None
        if tails is not None and packings == 1 and not is_corrected:
            tail = _tail(kept[-1], source, directory, tails)
        if tail:
            paired, orphans = pair(steps, source, directory) if taken else (steps, None)
            if not orphans:
                stay = BoxStay(kept[-1].event.box, kept[-1], tail.end_ms, tail.missed_by, tail.departures)
                return Timeline(paired + tail.steps, [stay], len(paired), tail, labels=labels)
        inside, stays = _boxed_steps(kept, names, source, directory)
        if inside:
            steps += inside
            steps.sort(key=_by_order)
            _begin_first(steps)
    return Timeline(pair(steps, source, directory)[0], stays, len(steps), labels=labels)


def _is_left_out(  # noqa: PLR0913, PLR0917 - a package, a fact, and where facts are found
    code: str, names: AbstractSet[str], struck: Fact, own: list[Fact], source: Source, directory: Directory
) -> bool:
    """Whether what never was is no step: of a package that was sealed more than once, one sealing is left, which stands if any does."""
    if struck.kind != "sealed":
        return True
    for fact in own:
        if fact.kind == "sealed" and fact is not struck and entitlement_of(fact, source, directory):
            correction = correction_of(code, fact, own, source, directory, names)
            if correction is None or not correction.never_was or fact.order < struck.order:
                return True
    return False


def _by_label(
    code: str, facts: Sequence[Fact], source: Source, directory: Directory, tails: Tails | None
) -> tuple[Sequence[Fact], dict[str, Label], str]:
    """The facts that name a package, by its first label and by those that took its place, and these; or whose label the code is now."""
    around = labels_of(code, source, directory, tails.labels if tails is not None else {})
    if code in around:
        return facts, {}, around[code].first
    labels = {new: label for new, label in around.items() if label.first == code}
    own = {fact.event_id: fact for fact in facts}
    for new, label in labels.items():
        later = source.facts_of(new)
        own |= {fact.event_id: fact for fact in later if fact.kind not in _LABEL or fact.order > label.word.order}
    return list(own.values()), labels, ""


def labels_of(code: str, source: Source, directory: Directory, known: dict[str, dict[str, Label]]) -> dict[str, Label]:
    """The labels that took another one's place among those that words connect with a code; `known`: what was read before."""
    if code not in known:

        def acts_of(label: str) -> list[Fact]:
            return _acts_of(label, source, directory)

        codes, around = labels_around(code, source, directory, acts_of, near_ms=CLOCK_DIFFERENCE_MS_MAX)
        known |= dict.fromkeys(codes, around)
    return known[code]


def _acts_of(label: str, source: Source, directory: Directory) -> list[Fact]:
    """What entitled signers did with a label, by itself and in its boxes, without what never was."""
    facts = sorted(source.facts_of(label), key=by_order)
    own = []
    for fact in facts:
        if fact.kind in ACTS and entitlement_of(fact, source, directory):
            struck = fact.event_id in source.targets and correction_of(label, fact, facts, source, directory)
            if not (struck and struck.never_was):
                own.append(fact)
    inside = [step.fact for step in _boxed_steps(own, {label}, source, directory)[0]]
    return own + [fact for fact in inside if fact.kind in ACTS and entitlement_of(fact, source, directory)]


def _begin_first(steps: list[Step]) -> None:
    """A label is issued and its package sealed before anything else, whatever two clocks say that differ by what clocks may."""
    if len(steps) > 1 and steps[1].fact.kind == "sealed" and steps[0].fact.kind == "issued":
        return  # nearly always
    for step in steps:
        kind = step.fact.kind
        if kind == "sealed":
            break
        if kind not in _LABEL:
            _bring_forward("sealed", steps)
            break
    if steps and steps[0].fact.kind != "issued":
        _bring_forward("issued", steps)


def _bring_forward(kind: str, steps: list[Step]) -> None:
    place = next((number for number, step in enumerate(steps) if step.fact.kind == kind), 0)
    if not place:
        return
    first = steps[place]
    front = next((n for n in range(place) if steps[n].fact.kind not in _LABEL or kind == "issued"), place)
    ahead = steps[front:place]
    near = all(first.fact.occurred_ms - step.fact.occurred_ms <= CLOCK_DIFFERENCE_MS_MAX for step in ahead)
    if near and (kind == "issued" or all(step.fact.event.site == first.fact.event.site for step in ahead)):
        steps.insert(front, steps.pop(place))


def _tail(packed: Fact, source: Source, directory: Directory, tails: Tails) -> Tail | None:
    """The tail behind a packing, if that is the item's last own fact and nothing about the tail is out of the ordinary."""
    if packed.kind != "packed" or not entitlement_of(packed, source, directory):
        return None
    box, site, begin_ms = packed.event.box, packed.event.site, packed.occurred_ms
    spans = tails.spans.setdefault((box, site), [])
    for span_ms, end_ms, tail in spans:
        if span_ms <= begin_ms < end_ms:
            return tail
    first = next(iter(source.box_facts(box, begin_ms, begin_ms + LOAD_MS_MAX)), None)
    if first is None or first.occurred_ms == begin_ms:
        return None
    key = (box, first.index, site)
    if key not in tails.made:
        steps, stays = _boxed_steps([packed], frozenset(), source, directory)
        steps.sort(key=_by_order)
        paired, orphans = pair(list(steps), source, directory)
        plain = stays[0].end_ms is not None and paired == steps and not orphans
        # What is said afterwards of an act on a box may name some of what lay in it.
        shown = [*(step.fact for step in steps), *stays[0].missed_by]
        alike = plain and not any(is_spoken_of(fact, box, source) for fact in shown)
        tails.made[key] = Tail(steps, stays[0]) if alike else None
    spans.append((begin_ms, first.occurred_ms, tails.made[key]))
    return tails.made[key]


def steps_of(code: str, source: Source, directory: Directory) -> list[Step]:
    """The steps of an item, in order."""
    return timeline_of(code, source, directory).steps


def _by_order(step: Step) -> tuple[int, int, str, int]:
    return step.fact.order


def _boxed_steps(
    own: list[Fact], names: AbstractSet[str], source: Source, directory: Directory
) -> tuple[list[Step], list[BoxStay]]:
    """The steps that the item made inside its boxes, each once, and its stays. `names`: every code of the item."""
    steps: dict[str, Step] = {}
    stays = []
    named = {fact.event_id for fact in own}
    is_corrected = not names.isdisjoint(source.corrected)

    def correction(packed: Fact, fact: Fact) -> Correction | None:
        if fact.event_id not in source.targets and not (is_corrected or packed.event.box in source.corrected):
            return None  # nearly always
        if not any(is_spoken_of(fact, name, source) for name in (packed.event.box, *names)):
            return None
        box, begin_ms = packed.event.box, packed.occurred_ms
        # Who had the box before is concerned with nothing in it.
        since = source.box_facts(box, begin_ms, begin_ms + LOAD_MS_MAX, packings=True)
        said = correction_of(box, fact, [*own, *since], source, directory, names)
        if said is None or not said.mass_g:
            return said
        # A box weighs the same for all that lie in it.
        of_box = correction_of(box, fact, source.facts_of(box), source, directory)
        return said._replace(mass_g=of_box.mass_g if of_box else 0)

    for number, packed in enumerate(own):
        if packed.kind != "packed" or not entitlement_of(packed, source, directory):
            continue
        box = packed.event.box
        leaving = next((fact for fact in own[number + 1 :] if _leaves(fact, packed, source, directory)), None)
        stay, inside = _stay(box, packed, leaving, named, correction, source, directory)
        steps |= inside
        stays.append(stay)
    return list(steps.values()), stays


def _stay(  # noqa: C901, PLR0913, PLR0917 - one pass over a box, each branch a way out of it
    box: str,
    packed: Fact,
    leaving: Fact | None,
    named: set[str],
    correction: Callable[[Fact, Fact], Correction | None],
    source: Source,
    directory: Directory,
) -> tuple[BoxStay, dict[str, Step]]:
    end_ms = leaving.occurred_ms if leaving else None
    until_ms = packed.occurred_ms + LOAD_MS_MAX
    missed_by, departures, steps = [], [], {}
    had = {packed.event.site}
    for fact in source.box_facts(box, packed.occurred_ms, until_ms if end_ms is None else min(end_ms, until_ms)):
        if fact.event_id in named or fact.order < packed.order:
            continue
        by = fact.event.from_site or fact.event.site
        if by not in had and is_anothers(by, fact, had, packed, source, directory):
            continue
        if fact.kind == "accepted" and entitlement_of(fact, source, directory):
            had.add(fact.event.site)
        if empties(fact) or _counted(fact, box):
            if not entitlement_of(fact, source, directory) or not was_at(box, packed, fact, source, directory):
                continue
            struck = correction(packed, fact)
            if struck is not None and struck.never_was:
                continue
            missed_by.append(fact)
            if fact.kind != "counted":
                end_ms = fact.occurred_ms
                break
        elif fact.kind not in _BOX_ONLY and box in fact.event.codes:
            said = correction(packed, fact)
            if said is None or not said.never_was:
                steps[fact.event_id] = Step(fact, box, said)
                if fact.kind in _DEPARTURES and entitlement_of(fact, source, directory):
                    departures.append(fact)
                    if fact.kind == "disposed":
                        end_ms = fact.occurred_ms
                        break  # the box is empty now; what comes later concerns the next load
    return BoxStay(box, packed, end_ms, tuple(missed_by), tuple(departures)), steps


def _leaves(fact: Fact, packed: Fact, source: Source, directory: Directory) -> bool:
    """Whether an own fact takes the item out of the box: taken out, packed again, burnt, missed, or handed over singly elsewhere."""
    kind, box = fact.kind, packed.event.box
    if kind not in _LEAVING and kind not in {"accepted", "refused"} and fact.event.incident not in MISSING:
        return False
    if not entitlement_of(fact, source, directory):
        return False
    if kind in _LEAVING:
        if kind == "unpacked":
            return bool(fact.event.box == box)
        return kind == "disposed" or fact.event.box == box or was_at(box, packed, fact, source, directory)
    if box in fact.event.codes or fact.order < packed.order:
        return False
    if kind == "refused":
        return _was_offered(box, packed, fact, source, directory)
    if kind == "incident":
        return fact.entitlement == OFFICE or misses(box, packed, fact, source, directory)
    return place_of(box, packed, fact, source) != fact.event.site


def _was_offered(box: str, packed: Fact, refused: Fact, source: Source, directory: Directory) -> bool:
    """Whether a box or an item in it was offered to who refuses the item, or he has it: nobody refuses what lies in another's box."""
    facts = [*source.box_facts(box, packed.occurred_ms, refused.occurred_ms + PAIRING_MS_MAX)]
    facts += [fact for code in refused.event.codes if not is_box(code) for fact in source.facts_of(code)]
    parties = {fact.event.to_site for fact in facts if fact.kind == "released"}
    parties |= {fact.event.site for fact in facts if fact.kind == "accepted"}
    return directory.acts_for(refused.event.site, parties, refused.occurred_ms)


def misses(box: str, packed: Fact, missed: Fact, source: Source, directory: Directory) -> bool:
    """Whether an item is missed by who has its box, or by the one to whom that one has offered the box."""
    place, offered = packed.event.site, ""
    for fact in source.box_facts(box, packed.occurred_ms, missed.occurred_ms):
        event = fact.event
        if fact.kind not in _HAND_OVERS or box not in event.codes or not entitlement_of(fact, source, directory):
            continue
        if fact.kind == "accepted":
            place, offered = event.site, ""
        elif fact.kind == "refused":
            offered = "" if event.site == offered else offered
        elif directory.acts_for(event.site, {place}, fact.occurred_ms):
            offered = event.to_site
    return directory.acts_for(missed.event.site, {place, offered}, missed.occurred_ms)


def place_of(box: str, packed: Fact, fact: Fact, source: Source) -> str:
    """Where the box is at a fact. Accepted by itself: with the box, when the box is there, or comes there in the same hand-over."""
    place, accepted = packed.event.site, fact.kind == "accepted"
    for other in source.box_facts(box, packed.occurred_ms, fact.occurred_ms + (PAIRING_MS_MAX if accepted else 0)):
        if other.kind == "accepted" and box in other.event.codes:
            if other.occurred_ms <= fact.occurred_ms or other.event.from_site == fact.event.from_site:
                place = other.event.site
            if other.occurred_ms > fact.occurred_ms:
                break
    return place


def _counted(fact: Fact, box: str) -> bool:
    return fact.kind == "counted" and fact.event.box == box and fact.event.complete
