"""The walk: an item's steps taken through the custody table, and every doubt met on the way.

The walk, in the order of `walk`:

1. each step changes the state by the custody table;
2. a hand-over that leaves a consignor under the manifest law is checked for manifest, carrier and vehicle (`checks.py`);
3. a weighing is held against the one before it, so that a loss is named once, where it showed;
4. a step made after its limit is noted, and an act that nobody stood for waits for somebody;
5. the plant's licence is asked on the day of disposal;
6. at the end: what boxes and rooms did not show when they were looked into (`stock.py`).
"""

from schemas.custody import ItemState, Phase, decide_move
from schemas.waste import waste_kind
from wasteledger.domain.chain import Chain, Stay
from wasteledger.domain.checks import (
    check_boxes_opened,
    check_hand_over,
    check_mass,
    check_plant,
    check_stock_takes,
    check_travel,
)
from wasteledger.domain.deadlines import HOUR_MS, Expected, expected_step
from wasteledger.domain.facts import Fact, Source
from wasteledger.domain.register import Directory
from wasteledger.domain.timeline import Step, timeline_of

MINUTE_MS = 60_000
#: What happens once in a life.
_RARE = frozenset({"sealed", "issued", "voided", "printed"})


def walk(code: str, source: Source, directory: Directory) -> Chain:
    """Walks an item's steps; see the numbered list above."""
    undo_ms = directory.limit("undo_min") * MINUTE_MS
    timeline = timeline_of(code, source, undo_ms=undo_ms)
    chain = Chain(code, timeline.steps, timeline.stays)
    previous: Fact | None = None
    for step in chain.steps:
        fact, before = step.fact, chain.state
        after = _decide(chain, step, previous)
        kind = fact.kind
        if kind == "released" or kind == "accepted":  # noqa: PLR1714 - the walk's inner loop: half the time of `in`
            chain.inferred = chain.inferred or step.inferred
            check_hand_over(chain, step, directory)
            check_mass(chain, step, directory)
        elif kind == "disposed":
            check_plant(chain, step, directory)
        elif kind == "stored" and after.holder == fact.event.site:
            _stay(chain, fact.event.site, fact.event.room, fact.occurred_ms)
        if fact.event.vouch_method == "none":
            _check_vouched(chain, fact, source, directory)
        if fact.event.position and not step.inferred:
            check_travel(chain, fact, directory)
        if before[:3] != after[:3]:
            _move(chain, fact, before, directory)
            previous = fact
    check_boxes_opened(chain)
    check_stock_takes(chain, source)
    for fork in source.forks_of(code):
        chain.doubt("device_fork", fork, site=fork.event.site)
    if chain.state.phase is Phase.LOST and previous:
        chain.doubt("declared_lost", previous, site=previous.event.site)
    _simplify(chain)
    return chain


def _move(chain: Chain, fact: Fact, before: ItemState, directory: Directory) -> None:
    """The item changed phase or hands: was it in time, where is it now, and what is expected next."""
    state, now_ms = chain.state, fact.occurred_ms
    if chain.expected and now_ms > chain.expected.due_ms:
        chain.doubt("late_step", fact, site=chain.expected.site)
    if state.holder != before.holder or chain.ended:
        _stay(chain, state.holder if not chain.ended else None, "", now_ms)
    chain.since_ms, chain.since = now_ms, fact
    chain.expected = expected_step(state, since_ms=now_ms, waste_code=chain.waste_code, directory=directory, after=fact)


def _stay(chain: Chain, site: str | None, room: str, now_ms: int) -> None:
    """The item is in another place from now on."""
    stays = chain.stays
    if stays and stays[-1].end_ms is None:
        stays[-1] = stays[-1]._replace(end_ms=now_ms)
    if site:
        stays.append(Stay(site, room, now_ms, None))


def _decide(chain: Chain, step: Step, previous: Fact | None) -> ItemState:
    fact = step.fact
    decision = decide_move(chain.state, fact.move)
    if decision.reasons:
        evidence = (previous, fact) if previous else (fact,)
        for reason in decision.reasons:
            chain.doubt(reason, *evidence, site=_who_acts(reason, chain.state, fact))
    if step.misordered:
        chain.doubt("impossible_time", fact, site=fact.event.to_site or fact.event.site)
    state = decision.state
    if fact.kind in _RARE:
        _note_rare(chain, step)
    if step.correction:
        _note_correction(chain, step)
        if step.correction.never_was and fact.kind == "sealed":
            state = state._replace(phase=Phase.VOIDED)
    chain.state = state
    return state


def _note_rare(chain: Chain, step: Step) -> None:
    """What happens once in a life."""
    fact, event = step.fact, step.fact.event
    if fact.kind == "sealed":
        corrected_g = step.correction.mass_g if step.correction else 0
        chain.seals.append(fact)
        chain.mass_g = max(chain.mass_g, corrected_g or event.mass_g)
        chain.weighings.append((fact.occurred_ms, chain.mass_g, fact))
        chain.waste_code = chain.waste_code or event.waste_code
        if waste_kind(event.waste_code) is None:
            chain.doubt("unlisted_waste_code", fact, site=event.site)
    elif fact.kind == "issued":
        chain.roll = event.stock
    elif fact.kind == "voided" and chain.seals and not event.attachments:
        chain.doubt("void_without_evidence", fact, site=event.site)
    elif fact.kind == "printed" and event.copy_no > 1 and not event.reason:
        chain.doubt("reprint_without_reason", fact, site=event.site)


def _note_correction(chain: Chain, step: Step) -> None:
    """A correction that waits or was refused leaves the item disputed."""
    correction, fact = step.correction, step.fact
    if correction is None or not correction.disputed:
        return
    chain.disputed = True
    refused = correction.refused
    if refused:
        chain.doubt("correction_refused", fact, refused.fact, refused.answers[-1], site=refused.fact.event.site)
    else:
        chain.doubt("disputed", fact, correction.proposals[0].fact, site=chain.state.holder or fact.event.site)


def _who_acts(reason: str, state: ItemState, fact: Fact) -> str:
    """A missing acceptance is the last holder's to explain, everything else is the present actor's."""
    if reason in {"missing_link", "one_sided_hop"} and state.holder:
        return state.holder
    return fact.event.site


def _check_vouched(chain: Chain, fact: Fact, source: Source, directory: Directory) -> None:
    """Nobody stood for this act: somebody of the place has to, within `vouch_h`."""
    site = fact.event.site
    vouched = any(
        vouching.event.vouch_method != "none" and vouching.event.site == site
        for vouching in source.vouchings_of(fact.event_id)
    )
    if not vouched:
        due_ms = fact.occurred_ms + directory.limit("vouch_h", site) * HOUR_MS
        chain.unvouched.append(Expected("not_vouched", "vouch_h", site, due_ms, fact))


def _simplify(chain: Chain) -> None:
    """A code on two packages makes two interleaved stories: what follows from that is not a finding of its own."""
    if len(chain.seals) > 1:
        chain.doubts = [doubt for doubt in chain.doubts if doubt.reason == "duplicate_code"]
        chain.expected, chain.unvouched = None, []
