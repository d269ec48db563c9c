"""The walk: an item's steps taken through the custody table, and every doubt met on the way.

The walk, in the order of `walk`:

1. each step changes the state by the custody table;
2. a hand-over that leaves a consignor under the manifest law is checked for manifest, carrier and vehicle (`checks.py`);
3. a weighing is held against the one before it, so that a loss is named once, where it showed;
4. a step made after its limit is noted, and an act that nobody stood for waits for somebody;
5. the plant's licence is asked on the day of disposal;
6. at the end: what boxes and rooms did not show when they were looked into (`stock.py`).
"""

from typing import NamedTuple

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
from wasteledger.domain.deadlines import HOUR_MS, Awaited, Expected, awaited_step
from wasteledger.domain.facts import Fact, Source
from wasteledger.domain.register import Directory
from wasteledger.domain.timeline import Step, Tail, Tails, box_weighings, timeline_of

MINUTE_MS = 60_000
#: What happens once in a life.
_RARE = frozenset({"sealed", "issued", "voided", "printed"})


class TailWalk(NamedTuple):
    """What a walk along a tail came to, where it raised no doubt: the same for every item that begins it in the same state.

    Attributes:
        moved_ms: when it first changed phase or hands.
        left_ms: when it first left the room it was in.
        stays: where it was afterwards.
    """

    state: ItemState
    moved_ms: int
    left_ms: int | None
    stays: list[Stay]
    awaited: Awaited | None
    since: Fact
    consignor: str | None


def walk(code: str, source: Source, directory: Directory, tails: Tails | None = None) -> Chain:
    """Walks an item's steps; see the numbered list above. `tails` remembers what items of one box share."""
    undo_ms = directory.limit("undo_min") * MINUTE_MS
    timeline = timeline_of(code, source, undo_ms=undo_ms, tails=tails)
    chain = Chain(code, timeline.steps, timeline.stays)
    own = timeline.steps[: timeline.own] if timeline.tail else timeline.steps
    _walk_steps(chain, own, source, directory)
    if timeline.tail:
        _walk_tail(chain, timeline.tail, source, directory)
    if chain.awaited and chain.since:
        chain.expected = chain.awaited.since(chain.since)
    if chain.boxes:
        chain.box_weighings = timeline.tail.weighings if timeline.tail else box_weighings(chain.steps)
        check_boxes_opened(chain)
    check_stock_takes(chain, source)
    for fork in source.forks_of(code):
        chain.doubt("device_fork", fork, site=fork.event.site)
    if chain.state.phase is Phase.LOST and chain.since:
        chain.doubt("declared_lost", chain.since, site=chain.since.event.site)
    _simplify(chain)
    return chain


def _walk_tail(chain: Chain, tail: Tail, source: Source, directory: Directory) -> None:
    """The steps that an item shares with the others in its box: walked once for each state that they begin in."""
    begin = (chain.state, chain.waste_code, chain.consignor)
    known: TailWalk | None = tail.walks.get(begin)
    stays = chain.stays
    if known and chain.released is None and stays:
        late = chain.awaited and known.moved_ms > chain.since_ms + chain.awaited.limit_ms
        if not late and stays[-1].end_ms is None:
            chain.state, chain.awaited, chain.consignor = known.state, known.awaited, known.consignor
            chain.since, chain.since_ms, chain.inferred = known.since, known.since.occurred_ms, True
            if known.left_ms is not None:
                last = stays[-1]
                stays[-1] = Stay(last.site, last.room, last.begin_ms, known.left_ms)
                stays += known.stays
            return
    quiet = chain.released is None and chain.seen_at is None and bool(stays) and stays[-1].end_ms is None
    doubts, waiting, rooms, weighed = len(chain.doubts), len(chain.unvouched), len(stays), len(chain.weighings)
    moved_ms = _walk_steps(chain, tail.steps, source, directory)
    unchanged = (doubts, waiting, weighed) == (len(chain.doubts), len(chain.unvouched), len(chain.weighings))
    if (
        quiet
        and unchanged
        and moved_ms
        and chain.since
        and chain.released is None
        and chain.inferred
        and not chain.disputed
    ):
        left_ms = stays[rooms - 1].end_ms
        tail.walks[begin] = TailWalk(
            chain.state, moved_ms, left_ms, stays[rooms:], chain.awaited, chain.since, chain.consignor
        )


def _walk_steps(  # noqa: C901 - the inner loop, in which each call counts
    chain: Chain, steps: list[Step], source: Source, directory: Directory
) -> int | None:
    """Takes steps in order; returns when the item first changed phase or hands among them."""
    moved_ms: int | None = None
    for step in steps:
        fact = step.fact
        kind, event, before = fact.kind, fact.event, chain.state
        after, reasons = decide_move(before, fact.move)
        if reasons or step.misordered:
            _note_reasons(chain, step, reasons, chain.since)
        if kind in _RARE:
            _note_rare(chain, step)
        if step.correction:
            after = _note_correction(chain, step, after)
        chain.state = after
        if kind == "released" or kind == "accepted":  # noqa: PLR1714 - the walk's inner loop: half the time of `in`
            if step.box:
                chain.inferred = True
            check_hand_over(chain, step, directory)
            if event.masses_g is not None and not step.box:
                check_mass(chain, step, directory)
        elif kind == "disposed":
            check_plant(chain, step, directory)
        elif kind == "stored" and after.holder == event.site:
            _stay(chain, event.site, event.room, fact.occurred_ms)
        if event.vouch_method == "none":
            _check_vouched(chain, fact, source, directory)
        if event.position and not step.box:
            check_travel(chain, fact, directory)
        if before[:3] != after[:3]:
            _move(chain, fact, before, directory)
            moved_ms = moved_ms or fact.occurred_ms
    return moved_ms


def _move(chain: Chain, fact: Fact, before: ItemState, directory: Directory) -> None:
    """The item changed phase or hands: was it in time, where is it now, and what is expected next."""
    state, now_ms = chain.state, fact.occurred_ms
    step = chain.awaited
    if step and now_ms > chain.since_ms + step.limit_ms:
        chain.doubt("late_step", fact, site=step.site)
    if state.phase is Phase.DISPOSED or state.phase is Phase.VOIDED or state.phase is Phase.LOST:
        _stay(chain, None, "", now_ms)
    elif state.holder != before.holder or before.phase is Phase.LOST:
        _stay(chain, state.holder, "", now_ms)
    chain.since_ms, chain.since = now_ms, fact
    chain.awaited = awaited_step(state, chain.waste_code, directory)


def _stay(chain: Chain, site: str | None, room: str, now_ms: int) -> None:
    """The item is in another place from now on."""
    stays = chain.stays
    if stays and stays[-1].end_ms is None:
        last = stays[-1]
        stays[-1] = Stay(last.site, last.room, last.begin_ms, now_ms)
    if site:
        stays.append(Stay(site, room, now_ms, None))


def _note_reasons(chain: Chain, step: Step, reasons: tuple[str, ...], previous: Fact | None) -> None:
    """What the custody table doubts about a step, shown by it and by the one before it."""
    fact = step.fact
    evidence = (previous, fact) if previous else (fact,)
    for reason in reasons:
        chain.doubt(reason, *evidence, site=_who_acts(reason, chain.state, fact))
    if step.misordered:
        chain.doubt("impossible_time", fact, site=fact.event.to_site or fact.event.site)


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


def _note_correction(chain: Chain, step: Step, after: ItemState) -> ItemState:
    """A correction that waits or was refused leaves the item disputed; a sealing that never was ends its life."""
    correction, fact = step.correction, step.fact
    if correction is None:
        return after
    if correction.disputed:
        chain.disputed = True
        refused = correction.refused
        if refused:
            chain.doubt("correction_refused", fact, refused.fact, refused.answers[-1], site=refused.fact.event.site)
        else:
            chain.doubt("disputed", fact, correction.proposals[0].fact, site=after.holder or fact.event.site)
    never_was = correction.never_was and fact.kind == "sealed"
    return after._replace(phase=Phase.VOIDED) if never_was else after


def _who_acts(reason: str, state: ItemState, fact: Fact) -> str:
    """A missing acceptance is the last holder's to explain, everything else is the present actor's."""
    if reason in {"missing_link", "one_sided_hop"} and state.holder:
        return state.holder
    return fact.event.site


def _check_vouched(chain: Chain, fact: Fact, source: Source, directory: Directory) -> None:
    """Nobody stood for this act: somebody of the place has to, within `vouch_h`."""
    site = fact.event.site
    vouched = any(
        vouching.kind == "vouched" and vouching.event.vouch_method != "none" and vouching.event.site == site
        for vouching in source.targets.get(fact.event_id, ())
    )
    if not vouched:
        due_ms = fact.occurred_ms + directory.limit("vouch_h", site) * HOUR_MS
        chain.unvouched.append(Expected("not_vouched", "vouch_h", site, due_ms, fact))


def _simplify(chain: Chain) -> None:
    """A code on two packages makes two interleaved stories: what follows from that is not a finding of its own."""
    if len(chain.seals) > 1:
        chain.doubts = [doubt for doubt in chain.doubts if doubt.reason == "duplicate_code"]
        chain.expected, chain.unvouched = None, []
