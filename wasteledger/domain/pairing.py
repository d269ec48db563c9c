"""Hand-overs whose two sides are told by two clocks: a release is put in front of the acceptance that it belongs to."""

from wasteledger.domain.boxes import PAIRING_MS_MAX
from wasteledger.domain.entitled import entitlement_of
from wasteledger.domain.facts import Fact, Source
from wasteledger.domain.register import Directory
from wasteledger.domain.step import CLOCK_DIFFERENCE_MS_MAX, Step

#: What the takers of a package do with it; within what clocks differ, it came after they had taken it over.
_HANDLING = frozenset({"stored", "packed", "unpacked", "counted", "released", "disposed"})
#: What one party does and the other one answers.
_HAND_OVERS = frozenset({"released", "accepted", "refused"})


def pair(  # noqa: C901 - one pass over an order, each branch a kind of step
    steps: list[Step], source: Source, directory: Directory
) -> tuple[list[Step], dict[tuple[str, str], Step]]:
    """Moves each release that stands behind its own acceptance in front of it; returns also acceptances without a release.

    What somebody tells of a hand-over in another's name moves nothing.
    """
    ordered: list[Step] = []
    offers: set[tuple[str, str]] = set()
    orphans: dict[tuple[str, str], Step] = {}
    answered: dict[tuple[str, str], int] = {}
    taken: dict[tuple[str, str], int] = {}  # scanned again at once, it is taken over once
    for step in steps:
        kind = step.fact.kind
        if kind in _HAND_OVERS and not entitlement_of(step.fact, source, directory):
            ordered.append(step)
            continue
        if kind == "accepted":
            event = step.fact.event
            hop = (event.from_site, event.site)
            if hop in offers:
                offers.discard(hop)
                taken[hop] = step.fact.occurred_ms
            elif step.fact.occurred_ms - taken.get(hop, -PAIRING_MS_MAX) > CLOCK_DIFFERENCE_MS_MAX:
                first = orphans.setdefault(hop, step)
                if step.fact.occurred_ms - first.fact.occurred_ms > CLOCK_DIFFERENCE_MS_MAX:
                    orphans[hop] = (
                        step  # another hop; scanned again at once it is the same one, and the release belongs in front of both
                    )
            if ordered and ordered[-1].fact.event.site == event.site:
                _take_over(step, ordered)
                continue
        elif kind == "released":
            event = step.fact.event
            hop = (event.site, event.to_site)
            orphan = orphans.pop(hop, None) if orphans else None
            if orphan:
                late_ms = step.fact.occurred_ms - orphan.fact.occurred_ms
                if late_ms <= PAIRING_MS_MAX:
                    step.misordered = late_ms > CLOCK_DIFFERENCE_MS_MAX
                    _move_before(step, orphan, ordered)
                    answered[hop] = step.fact.occurred_ms
                    continue
            if step.fact.occurred_ms - answered.get(hop, -PAIRING_MS_MAX) > CLOCK_DIFFERENCE_MS_MAX:
                offers.add(hop)  # scanned twice behind its acceptance, it offers nothing anew
        elif kind == "refused":
            offers.discard((step.fact.event.from_site, step.fact.event.site))
        ordered.append(step)
    return ordered, orphans


def _move_before(step: Step, orphan: Step, ordered: list[Step]) -> None:
    """Puts a release in front of its acceptance, and with it what its own device did between: each device's order is its own."""
    place, device = ordered.index(orphan), step.fact.event.device_id
    behind = ordered[place:]
    own = [other for other in behind if other.fact.event.device_id == device]
    ordered[place:] = [*own, step, *(other for other in behind if other.fact.event.device_id != device)]


def _take_over(step: Step, ordered: list[Step]) -> None:
    """Adds an acceptance, in front of what another device of the same site did with the package, by its own clock, just before."""
    fact, place = step.fact, len(ordered)
    while place and _is_hasty(ordered[place - 1].fact, fact):
        place -= 1
    ordered.insert(place, step)


def _is_hasty(fact: Fact, accepted: Fact) -> bool:
    event, taken = fact.event, accepted.event
    same_site = event.site == taken.site and event.device_id != taken.device_id and fact.kind in _HANDLING
    return same_site and accepted.occurred_ms - fact.occurred_ms <= CLOCK_DIFFERENCE_MS_MAX
