"""The steps of one item in the order they happened, boxes included.

1. The item's own facts, without those that an agreed correction declared never to have occurred.
2. While it lies in a box, the box's facts are its facts too, with *inferred* evidence (an unopened box was not looked into).
3. Sorted by time. Clocks of two devices differ: a release stamped after the acceptance it belongs to is moved before it,
   and when they differ by more than clocks do, that is a doubt of its own.
"""

from typing import NamedTuple

from schemas.codes import CodeKind, parse_code
from schemas.events import Accepted, Released
from wasteledger.domain.history import Fact, History

#: Two honest device clocks may differ by this much.
CLOCK_DIFFERENCE_MS_MAX = 15 * 60 * 1000
#: A release stamped later than this after an acceptance belongs to another hop.
PAIRING_MS_MAX = 24 * 60 * 60 * 1000

#: Order of acts stamped with the same millisecond.
_RANK = {
    kind: rank
    for rank, kind in enumerate(
        ("issued", "sealed", "packed", "released", "refused", "accepted", "unpacked", "stored", "counted", "disposed"),
    )
}


class Step(NamedTuple):
    """One fact in an item's life.

    Attributes:
        inferred: it was the item's box that was scanned.
        misordered: this release bears a time too long after the acceptance it belongs to.
    """

    fact: Fact
    inferred: bool
    misordered: bool = False


def is_box(code: str) -> bool:
    """Whether a code names a box."""
    return parse_code(code).kind is CodeKind.BOX


def steps_of(code: str, history: History) -> list[Step]:
    """The steps of an item, in order."""
    own = sorted((fact for fact in history.facts_of(code) if _counts(fact, history)), key=_order)
    steps = [Step(fact, inferred=False) for fact in own]
    boxed = (step for interval in _boxed(own) for step in _box_steps(*interval, history))
    steps += {step.fact.event_id: step for step in boxed}.values()  # once, where two intervals meet
    steps.sort(key=lambda step: _order(step.fact))
    return _pair(steps)


def corrections_of(fact: Fact, history: History) -> list[Fact]:
    """Proposals to correct a fact and agreements to them, in the order they were made."""
    return sorted(history.corrections.get(fact.event_id, []), key=_order)


def correction_agreed(fact: Fact, history: History) -> bool | None:
    """None when nobody corrected the fact, else whether another party agreed to every correction proposed."""
    corrections = corrections_of(fact, history)
    if not corrections:
        return None
    proposals = [correction for correction in corrections if getattr(correction.event, "agrees_with", None) is None]
    return bool(proposals) and len(_agreed(fact, history)) == len(proposals)


def agreed_mass_g(fact: Fact, history: History) -> int | None:
    """The mass that the latest agreed correction puts in place of the fact's own."""
    masses = [getattr(correction.event, "mass_g", None) for correction in _agreed(fact, history)]
    return next((mass_g for mass_g in reversed(masses) if mass_g), None)


def declared_void(fact: Fact, history: History) -> bool:
    """Whether an agreed correction says that the fact never occurred."""
    return any(getattr(correction.event, "reason", "") == "did_not_occur" for correction in _agreed(fact, history))


def _agreed(fact: Fact, history: History) -> list[Fact]:
    """The proposals that a party other than their maker agreed to."""
    corrections = corrections_of(fact, history)
    answers = {(getattr(answer.event, "agrees_with", None), answer.event.site) for answer in corrections}
    return [
        proposal
        for proposal in corrections
        if getattr(proposal.event, "agrees_with", None) is None
        and any(named == proposal.event_id and site != proposal.event.site for named, site in answers)
    ]


def _counts(fact: Fact, history: History) -> bool:
    """A sealing that never was still counts as a step: the item is voided by it, not forgotten."""
    return fact.event.kind == "sealed" or not declared_void(fact, history)


def _order(fact: Fact) -> tuple[int, int, str, int]:
    event = fact.event
    return fact.occurred_ms, _RANK.get(event.kind, len(_RANK)), event.device_id, event.device_seq


def _boxed(own: list[Fact]) -> list[tuple[str, int, int | None]]:
    """The times in boxes: (box, from, to), `to` open while it is still inside."""
    intervals: list[tuple[str, int, int | None]] = []
    box, begin_ms = None, 0
    for fact in own:
        event = fact.event
        if event.kind not in {"packed", "unpacked", "disposed"}:
            continue
        if box is not None:
            intervals.append((box, begin_ms, fact.occurred_ms))
        box, begin_ms = (event.box, fact.occurred_ms) if event.kind == "packed" else (None, 0)
    if box is not None:
        intervals.append((box, begin_ms, None))
    return intervals


def _box_steps(box: str, begin_ms: int, end_ms: int | None, history: History) -> list[Step]:
    steps = []
    for fact in sorted(history.facts_of(box), key=_order):
        if fact.occurred_ms < begin_ms or (end_ms is not None and fact.occurred_ms > end_ms):
            continue
        if fact.event.kind in {"issued", "washed", "packed", "unpacked"}:
            continue
        steps.append(Step(fact, inferred=True))
        if fact.event.kind == "disposed":
            break  # the box is empty now; what comes later concerns the next load
    return steps


def _pair(steps: list[Step]) -> list[Step]:
    """Moves each release that stands behind its own acceptance in front of it."""
    ordered: list[Step] = []
    offers: dict[tuple[str, str], int] = {}
    orphans: dict[tuple[str, str], Step] = {}
    for step in steps:
        event = step.fact.event
        if isinstance(event, Accepted):
            hop = (event.from_site, event.site)
            if offers.get(hop):
                offers[hop] -= 1
            else:
                orphans[hop] = step
            ordered.append(step)
        elif isinstance(event, Released):
            hop = (event.site, event.to_site)
            orphan = orphans.pop(hop, None)
            late_ms = step.fact.occurred_ms - orphan.fact.occurred_ms if orphan else 0
            if orphan and late_ms <= PAIRING_MS_MAX:
                moved = step._replace(misordered=late_ms > CLOCK_DIFFERENCE_MS_MAX)
                ordered.insert(ordered.index(orphan), moved)
            else:
                offers[hop] = offers.get(hop, 0) + 1
                ordered.append(step)
        else:
            ordered.append(step)
    return ordered
