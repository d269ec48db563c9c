"""Which drafts and confirmations of a manifest count.

What its consignor writes down after the load has left changes nothing of what it was to be; what its consignee confirms before the load has
come is no word on it.
"""

from collections.abc import Sequence
from typing import NamedTuple

from schemas.entitlement import Standing
from wasteledger.domain.entitled import told_before
from wasteledger.domain.facts import Fact, by_order
from wasteledger.domain.manifest_legs import Leg
from wasteledger.domain.step import CLOCK_DIFFERENCE_MS_MAX


class _Departure(NamedTuple):
    """By which fact the load left, when the service first heard of it, and whether both sides wrote it on paper."""

    left: Fact
    told_ms: int
    on_paper: bool


def in_force(drafts: Sequence[Fact], legs: Sequence[Leg], consignor: str) -> tuple[Fact, ...]:
    """The drafts that count, in order of time: those made before the load left, and what the authority says whenever it says it.

    Where none of the consignor's was made in time, all of them count: that they came after the fact is a doubt of its own.
    """
    departure = _departure([leg for leg in legs if leg.giver == consignor]) if len(drafts) > 1 else None
    if departure is None:
        return tuple(drafts)
    left, told_ms, on_paper = departure
    timely = [
        draft for draft in drafts
        if draft.standing is not Standing.OFFICE
        and (in_time(draft, left, told_ms) or (on_paper and draft.event.backfill and not_later(draft, left)))
    ]  # fmt: skip
    return tuple(draft for draft in drafts if not timely or draft in timely or draft.standing is Standing.OFFICE)


def after_decision(confirmed: Sequence[Fact], ends: Sequence[Leg]) -> tuple[Fact, ...]:
    """The confirmations that may speak of what was decided; nobody confirms a load that has not come."""
    decided = (fact.earliest_ms for leg in ends for fact in (*leg.acceptances, *leg.refusals))
    begin_ms = min(decided, default=0) - CLOCK_DIFFERENCE_MS_MAX
    return tuple(fact for fact in confirmed if fact.latest_ms >= begin_ms)


def in_time(draft: Fact, left: Fact, told_ms: int) -> bool:
    """Its own device's chain shows that it came first; else it was here before anybody told of the hand-over, and is not dated later."""
    if draft.event.backfill:
        return False
    if draft.event.device_id == left.event.device_id:
        return told_before(draft, left)
    return draft.received_ms <= told_ms and draft.latest_ms <= left.occurred_ms + CLOCK_DIFFERENCE_MS_MAX


def not_later(draft: Fact, left: Fact) -> bool:
    """Whether a draft is dated before the load left, as clocks go."""
    return draft.occurred_ms <= left.occurred_ms + CLOCK_DIFFERENCE_MS_MAX


def _departure(loadings: Sequence[Leg]) -> _Departure | None:
    found = [departure for leg in loadings if (departure := _departure_in(leg))]
    return min(found, key=lambda departure: by_order(departure.left), default=None)


def _departure_in(leg: Leg) -> _Departure | None:
    """What the taker refused at the gate had not left: another lorry may have been drafted for it."""
    taken = leg.acceptances[:1]
    refused = [fact.order for fact in leg.refusals if not taken or fact.order < taken[0].order]
    given = [fact for fact in leg.releases if not refused or fact.order > max(refused)]
    told = (*given, *taken)
    if not told:
        return None
    left = given[0] if given else taken[0]
    return _Departure(left, min(fact.received_ms for fact in told), all(fact.event.backfill for fact in told))
