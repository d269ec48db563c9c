"""The walk: an item's steps taken through the custody table, and every doubt met on the way.

The walk, in the order of `walk`:

1. who may not say a step is not heard, and a declaration is heard as `declarations.py` says;
2. each step changes the state by the custody table; the same act scanned twice is one act;
3. a hand-over is held against two parties (`hops.py`), and where it leaves a consignor under the manifest law against that (`checks.py`);
4. a weighing is held against the one before it and against the sealing, so that a loss is named once, where it showed;
5. a step made after its limit is noted, and an act that nobody stood for waits for somebody;
6. the plant's licence is asked on the day of disposal;
7. at the end: what boxes and rooms did not show when they were looked into, and whether enough parties took part.
"""

from copy import copy
from typing import NamedTuple

from schemas.custody import ItemState, Move, Phase, decide_move
from schemas.reasons import REASONS, Severity
from wasteledger.domain.chain import Chain, Stay
from wasteledger.domain.checks import (
    check_boxes_opened,
    check_hand_over,
    check_late_paper,
    check_mass,
    check_new_labels,
    check_packings,
    check_plant,
    check_sealing,
    check_stock_takes,
    check_travel,
)
from wasteledger.domain.deadlines import HOUR_MS, Awaited, Expected, awaited_step, storage_of
from wasteledger.domain.declarations import (
    DECLARED,
    check_sealer,
    hear_declaration,
    is_heard_twice,
    is_sealed_for_nobody,
)
from wasteledger.domain.entitled import NOT, OFFICE, OWN, PIN, answer_to, entitlement_of
from wasteledger.domain.facts import Fact, Source
from wasteledger.domain.hops import check_parties, is_paper_in_time, seal_strength
from wasteledger.domain.labels import ACTS, Label
from wasteledger.domain.opening import is_opening_stock
from wasteledger.domain.opening_checks import check_opening_stock, note_without_effect
from wasteledger.domain.register import Directory
from wasteledger.domain.register_history import changed_in_hindsight
from wasteledger.domain.same_acts import same_acts, sealed_by_second_tap, weigh_again
from wasteledger.domain.step import CLOCK_DIFFERENCE_MS_MAX, Step
from wasteledger.domain.storage import left_of, put
from wasteledger.domain.timeline import Tail, Tails, Timeline, box_weighings, timeline_of

#: At hand: a member of an enumeration costs as much as a call, and the walk asks for them at each step.
_HELD, _OFFERED, _DISPOSED, _LOST, _VOIDED = Phase.HELD, Phase.OFFERED, Phase.DISPOSED, Phase.LOST, Phase.VOIDED
_ENDED = frozenset({_DISPOSED, _LOST, _VOIDED})
#: What is in no box any more, whatever is said to lie in it.
_GONE = frozenset({_LOST, _VOIDED})
#: What is heard before the custody table decides on it, if at all.
_OBSERVED = DECLARED | {"counted"}
#: Acts that the register of their day judges.
_JUDGED = frozenset({"sealed", "released", "accepted", "disposed"})
_BREAKING = frozenset(code for code, row in REASONS.items() if row.severity is Severity.BREAKS_CHAIN)


class TailWalk(NamedTuple):
    """What a walk along a tail came to, where it raised no doubt: the same for every item that begins it in the same state.

    Attributes:
        moved_ms: when it first changed phase or hands.
        taken_ms: when it first came into other hands.
        left_ms: when it first left the room it was in.
        stays: where it was afterwards.
        arrived, storage, two_organisations, entered: as the chain has them.
    """

    state: ItemState
    moved_ms: int
    taken_ms: int
    left_ms: int | None
    stays: list[Stay]
    awaited: Awaited | None
    since: Fact
    consignor: str | None
    arrived: Fact | None
    storage: Awaited | None
    two_organisations: bool
    entered: tuple[tuple[Fact, Fact, int], ...]


def walk(code: str, source: Source, directory: Directory, tails: Tails | None = None) -> Chain:
    """Walks an item's steps; see the numbered list above. `tails` remembers what items of one box share."""
    timeline = timeline_of(code, source, directory, tails)
    chain = _walk_through(code, timeline, source, directory)
    if len(chain.seals) > 1:
        strangers = [
            seal for seal in chain.seals
            if is_sealed_for_nobody(chain, seal, source, directory)
            and any(
                other.event.site == seal.event.site and (other.entitlement or NOT) >= PIN and other is not seal for other in chain.seals
            )
        ]  # fmt: skip
        if strangers:  # a stranger's word does not make two of a package that its site has sealed itself
            steps = [_disowned(step) if step.fact in strangers else step for step in timeline.steps]
            chain = _walk_through(code, timeline._replace(steps=steps), source, directory)
    return chain


def _disowned(step: Step) -> Step:
    """A step which, as all that is told of the package shows, its signer may not say."""
    fact = copy(step.fact)
    fact.entitlement = NOT
    return Step(fact, step.box, step.correction)


def _walk_through(  # noqa: C901 - the numbered list above, in its order
    code: str, timeline: Timeline, source: Source, directory: Directory
) -> Chain:
    chain = Chain(code, timeline.steps, timeline.stays)
    if timeline.steps and timeline.relabelled_from:
        # The label took another one's place: the package's story stands under its first code.
        chain.state, chain.relabelled_from = ItemState(_VOIDED), timeline.relabelled_from
        chain.roll = next((step.fact.event.stock for step in timeline.steps if step.fact.kind == "issued"), "")
        return chain
    if timeline.labels:
        _note_labels(chain, timeline.labels, source, directory)
    own = timeline.steps[: timeline.own] if timeline.tail else timeline.steps
    _walk_steps(chain, own, source, directory)
    if timeline.tail:
        _walk_tail(chain, timeline.tail, source, directory)
    if chain.replaced and chain.seals:
        check_new_labels(chain, chain.seals[0], directory)
    chain.expect()
    if chain.boxes:
        chain.box_weighings = timeline.tail.weighings if timeline.tail else box_weighings(chain.steps)
        check_boxes_opened(chain)
        check_packings(chain)
    check_stock_takes(chain, source, directory)
    for fork in source.forks_of(code):
        if is_heard_twice(chain, fork, source, directory):
            chain.doubt("device_fork", fork, site=fork.event.site)
    if chain.state.phase is _LOST and chain.since:
        chain.doubt("declared_lost", chain.since, site=chain.since.event.site)
    elif chain.state.phase is _DISPOSED and chain.since:
        _conclude(chain, chain.since, source, directory)
    chain.simplify()
    if directory.history is not None:
        _note_hindsight(chain, directory)
    return chain


def _note_labels(chain: Chain, labels: dict[str, Label], source: Source, directory: Directory) -> None:
    """The package bore other labels: unproven where one is not proved to have been put on before it left, or where two move at once."""
    chain.replaced = dict(sorted(labels.items(), key=lambda label: label[1].number))
    for label in labels.values():
        if label.left:
            chain.doubt("late_packing", label.word, label.left, site=label.word.event.site)
    names = chain.labels
    for step in chain.steps:
        fact = step.fact
        if (
            fact.kind in ACTS
            and len(names.intersection(fact.event.codes)) > 1
            and entitlement_of(fact, source, directory)
        ):
            chain.doubt("count_difference", next(iter(labels.values())).word, fact, site=fact.event.site)
            return


def _note_hindsight(chain: Chain, directory: Directory) -> None:
    """Shows where an entry of the register that was made for days that had passed changed what judges this package."""
    for step in chain.steps:
        fact, event = step.fact, step.fact.event
        if fact.kind not in _JUDGED or not step.entitled:
            continue
        sites = [site for site in (event.site, event.to_site, event.from_site) if site]
        actors = [actor for actor in (event.vouched_by, event.actor) if actor]
        if changed_in_hindsight(directory, fact.occurred_ms, sites=sites, vehicle=event.vehicle, actors=actors):
            chain.doubt("retroactive_register", fact, site=event.site)
            return


def _conclude(chain: Chain, disposed: Fact, source: Source, directory: Directory) -> None:
    """A life that ended in a furnace: by its own producer, or through enough hands that are not one."""
    if chain.released is not None and chain.released.event.backfill:
        check_late_paper(chain, chain.released, disposed, source, directory)
    if not chain.seals or (chain.doubts and any(doubt.reason in _BREAKING for doubt in chain.doubts)):
        return
    if disposed.event.site == chain.seals[0].event.site:
        chain.self_disposed = True
    else:
        check_parties(chain, disposed, directory)


def _walk_tail(chain: Chain, tail: Tail, source: Source, directory: Directory) -> None:
    """The steps that an item shares with the others in its box: walked once for each state that they begin in."""
    begin = (
        chain.state,
        chain.waste_code,
        chain.consignor,
        bool(chain.first_taker),
        chain.seals[0].event.site if chain.seals else "",
        _giver_of(chain),
        tuple([stay.site for stay in chain.stays]),  # what is left of its time depends on where it was
    )
    known: TailWalk | None = tail.walks.get(begin)
    stays = chain.stays
    if known and chain.released is None and stays:
        late = chain.awaited and known.moved_ms > chain.since_ms + chain.awaited.limit_ms
        if chain.storage and chain.arrived:
            late = late or known.taken_ms > chain.arrived.earliest_ms + chain.storage.limit_ms
        if not late and stays[-1].end_ms is None:
            chain.state, chain.awaited, chain.consignor = known.state, known.awaited, known.consignor
            chain.arrived, chain.storage = known.arrived, known.storage
            chain.two_organisations = chain.two_organisations or known.two_organisations
            chain.entered += known.entered
            chain.since, chain.since_ms, chain.inferred = known.since, known.since.occurred_ms, True
            if known.left_ms is not None:
                last = stays[-1]
                stays[-1] = Stay(last.site, last.room, last.begin_ms, known.left_ms)
                stays += known.stays
            return
    quiet = chain.released is None and chain.seen_at is None and bool(stays) and stays[-1].end_ms is None
    doubts, waiting, rooms, weighed = len(chain.doubts), len(chain.unvouched), len(stays), len(chain.weighings)
    returns = chain.returns
    before, chain.two_organisations = chain.two_organisations, False
    entered = len(chain.entered)
    arrived = chain.arrived
    moved_ms = _walk_steps(chain, tail.steps, source, directory)
    two, chain.two_organisations = chain.two_organisations, before or chain.two_organisations
    taken_ms = chain.taken_ms if chain.arrived is not arrived else 2**63
    unchanged = (doubts, waiting, weighed) == (len(chain.doubts), len(chain.unvouched), len(chain.weighings))
    if (
        quiet
        and unchanged
        and moved_ms
        and chain.since
        and chain.released is None
        and chain.inferred
        and not chain.disputed
        and chain.returns == returns
    ):
        left_ms = stays[rooms - 1].end_ms
        tail.walks[begin] = TailWalk(
            chain.state, moved_ms, taken_ms, left_ms, stays[rooms:], chain.awaited, chain.since, chain.consignor,
            chain.arrived, chain.storage, two, chain.entered[entered:],
        )  # fmt: skip


def _walk_steps(  # noqa: C901, PLR0912, PLR0915 - the inner loop, in which each call counts
    chain: Chain, steps: list[Step], source: Source, directory: Directory
) -> int | None:
    """Takes steps in order; returns when the item first changed phase or hands among them."""
    moved_ms: int | None = None
    rights, merged = source.admissions.rights, directory.newest.merged
    for step in steps:
        fact = step.fact
        kind, event, entitlement, before = fact.kind, fact.event, fact.entitlement, chain.state
        if entitlement is None:
            entitlement = fact.entitlement = rights.get((event.device_id, event.site, kind))
            if entitlement is None:
                entitlement = entitlement_of(fact, source, directory)
        if (not entitlement or kind in _OBSERVED) and not _is_heard(chain, step, entitlement, source, directory):
            continue
        if (step.box and before.phase in _GONE) or (kind == "disposed" and before.phase is _LOST):
            continue  # neither a box that is said to contain it nor a line in a list of what was burnt brings it back
        move = fact.move
        if merged:
            before, move = _passed_on(before, move, fact, directory)
            chain.state = before
        after, reasons = decide_move(before, move)
        if reasons or (kind == "accepted" and after == before):
            again = list(same_acts(chain, step)) or list(sealed_by_second_tap(chain, step, directory))
            if again:
                weigh_again(chain, step, again, source, directory)
                continue
            reasons = reasons or _from_elsewhere(chain, fact, move, directory)
        if reasons or step.misordered:
            _note_reasons(chain, step, reasons, chain.since)
        chain.state = after = _note_correction(chain, step, after) if step.correction else after
        if kind == "released" or kind == "accepted":  # noqa: PLR1714 - the walk's inner loop: half the time of `in`
            if step.box:
                chain.inferred = True
            check_hand_over(chain, step, source, directory)
            if event.masses_g is not None and not step.box:
                check_mass(chain, step, source, directory)
        elif kind == "sealed":
            _note_sealing(chain, step, source, directory)
        elif kind == "issued":
            chain.roll, chain.issued_for = event.stock, event.for_site
        elif kind == "opening_stock":
            note_without_effect(chain, fact, source, directory)
        elif kind == "printed" and event.copy_no > 1 and not event.reason:
            chain.doubt("reprint_without_reason", fact, site=event.site)
        elif kind == "disposed":
            if event.backfill and not is_paper_in_time(fact, source, directory):
                chain.doubt("weak_evidence", fact, site=event.site)
            check_plant(chain, step, before, directory)
        elif kind == "stored" and after.holder == event.site:
            put(chain, event.site, event.room, fact.occurred_ms)
        if event.vouch_method == "none":
            _check_vouched(chain, fact, source, directory)
        if event.position and not step.box and entitlement and kind not in DECLARED:
            check_travel(chain, fact, directory)
        if after.phase is not before.phase or after.holder != before.holder or after.offered_to != before.offered_to:
            _move(chain, fact, before, directory)
            moved_ms = moved_ms or fact.latest_ms
    return moved_ms


def _is_heard(chain: Chain, step: Step, entitlement: int, source: Source, directory: Directory) -> bool:
    """Whether the custody table decides on a declaration, a count, or what its signer may not say."""
    fact = step.fact
    if entitlement and fact.kind == "counted":
        return entitlement != OFFICE  # an inspector who counts takes nothing over
    heard = hear_declaration(chain, step, entitlement, source, directory)
    if fact.event.position and not step.box:
        check_travel(chain, fact, directory)
    return heard


def _giver_of(chain: Chain) -> str | None:
    """From whom the holder says that it got the package; itself where it sealed it, None where it never said."""
    got = chain.arrived
    if got is None or got.kind not in {"sealed", "accepted"}:
        return None
    return got.event.from_site or got.event.site


def _from_elsewhere(chain: Chain, fact: Fact, move: Move, directory: Directory) -> tuple[str, ...]:
    """The holder says that it takes over from another one than it had the package from: it was out of its hands in between."""
    giver = _giver_of(chain)
    if giver is None or move.from_site in {move.site, directory.successor_of(giver, fact.occurred_ms)}:
        return ()
    return ("missing_link",)


def _passed_on(state: ItemState, move: Move, fact: Fact, directory: Directory) -> tuple[ItemState, Move]:
    """What a merged site held or was offered is its successor's, whichever of the two the scan names."""

    def heir(site: str) -> str:
        return directory.successor_of(site, fact.occurred_ms)

    held = state._replace(
        holder=heir(state.holder) if state.holder else None,
        offered_to=heir(state.offered_to) if state.offered_to else None,
    )
    return held, move._replace(
        site=heir(move.site), to_site=heir(move.to_site) if move.to_site else "",
        from_site=heir(move.from_site) if move.from_site else "",
    )  # fmt: skip


def _move(  # noqa: C901, PLR0912 - one look at a change of hands, asked at most steps
    chain: Chain, fact: Fact, before: ItemState, directory: Directory
) -> None:
    """The item changed phase or hands: was it in time, where is it now, and what is expected next."""
    if before.phase is _LOST and fact.kind == "accepted" and fact.event.site == before.offered_to:
        chain.awaited, chain.since_ms, chain.since = (
            chain.lost
        )  # its taker had it: what was waited for was waited for all the time
    state, step, now_ms = chain.state, chain.awaited, fact.occurred_ms
    phase, holder = state.phase, state.holder
    if holder is None and step is None and phase is not _VOIDED and phase is not _LOST:
        chain.since_ms, chain.since = fact.earliest_ms, fact  # a blank label
        return
    if directory.history is not None:
        directory = directory.at(now_ms)  # its limits are those of the day on which it came there
    late = step is not None and fact.latest_ms > chain.since_ms + step.limit_ms
    if late and step and not is_silent(step.site, fact) and not _is_lost_late(chain, chain.since):
        chain.doubt("late_step", fact, site=step.site)
    passed_on = holder != before.holder
    ended = phase in _ENDED
    if ended:
        put(chain, None, "", now_ms)
    elif passed_on or before.phase is _LOST:
        put(chain, holder, fact.event.room if fact.kind == "sealed" else "", now_ms)
    if phase is _LOST:
        chain.lost = step, chain.since_ms, chain.since
    chain.since_ms, chain.since = fact.earliest_ms, fact
    awaited = chain.awaited = awaited_step(state, chain.waste_code, directory)
    if phase is _OFFERED and fact.event.backfill is not None:
        chain.awaited = None  # one side's paper sets the other side no term: what it says it gave is still its own
    if before.phase is _LOST and (phase is _HELD or phase is _OFFERED) and not passed_on:
        chain.awaited, chain.since_ms, chain.since = chain.lost  # found by who had it: all that was waited for still is
    if not passed_on and chain.arrived is not None and (not ended or phase is _LOST or before.phase is _LOST):
        return  # its time of storage runs on
    storage, arrived = chain.storage, chain.arrived
    over = storage and arrived and not late and fact.latest_ms > arrived.earliest_ms + storage.limit_ms
    if over and storage and arrived and not is_silent(storage.site, fact) and not _is_named(chain, arrived):
        chain.doubt("late_step", fact, site=storage.site)
    chain.arrived, chain.taken_ms = fact, fact.latest_ms
    if ended or holder is None:
        chain.storage = None
        return
    held, stays = phase is _HELD, chain.stays
    chain.storage = awaited if held else storage_of(holder, chain.waste_code, directory)
    # Nearly always it is the first time.
    if chain.storage and (holder in directory.organisations or holder in [stay.site for stay in stays[:-1]]):
        chain.storage = left_of(chain, chain.storage, fact, directory)
        if held:
            chain.awaited = chain.storage


def is_silent(site: str, fact: Fact) -> bool:
    """Whether a site has no part in what was entered from paper: nothing is late for one that never spoke."""
    return fact.event.backfill is not None and (fact.event.site != site or (fact.entitlement or 0) < PIN)


def _is_lost_late(chain: Chain, since: Fact | None) -> bool:
    """Whether its loss was declared too late for the step that was waited for already: found again, it is late once."""
    return any(
        doubt.reason == "late_step" and doubt.evidence[-1].kind == "incident" and doubt.evidence[-1].order > since.order
        for doubt in chain.doubts
        if since
    )


def _is_named(chain: Chain, arrived: Fact) -> bool:
    """Whether what came in then is known to have left late already: the release said so, and the acceptance says nothing new."""
    return any(doubt.reason == "late_step" and doubt.evidence[-1].order > arrived.order for doubt in chain.doubts)


def _note_reasons(chain: Chain, step: Step, reasons: tuple[str, ...], previous: Fact | None) -> None:
    """What the custody table doubts about a step, shown by it and by the one before it."""
    fact = step.fact
    evidence = (previous, fact) if previous else (fact,)
    for reason in reasons:
        if reason == "seen_after_end" and previous and _is_hasty_end(previous, fact):
            continue
        chain.doubt(reason, *evidence, site=_who_acts(reason, chain.state, fact))
    if step.misordered:
        chain.doubt("impossible_time", fact, site=fact.event.to_site or fact.event.site)


def _is_hasty_end(disposed: Fact, fact: Fact) -> bool:
    """Whether two devices of the plant only differ in what time it is: the furnace's is a little ahead of the gate's."""
    end, event = disposed.event, fact.event
    near = fact.occurred_ms - disposed.occurred_ms <= CLOCK_DIFFERENCE_MS_MAX
    return disposed.kind == "disposed" and near and end.site == event.site and end.device_id != event.device_id


def _note_sealing(chain: Chain, step: Step, source: Source, directory: Directory) -> None:
    """A life begins: whose, of what, how heavy, and by what its producer took part."""
    fact, event, correction = step.fact, step.fact.event, step.correction
    mass_g, waste_code = event.mass_g, event.waste_code
    if correction:
        waste_code = correction.waste_code or waste_code
        if correction.mass_g:
            mass_g = correction.mass_g
            chain.corrected_down_g = max(0, event.mass_g - mass_g)
    chain.seals.append(fact)
    chain.producer = chain.producer or event.site
    chain.mass_g = max(chain.mass_g, mass_g)
    chain.weighings.append((fact.occurred_ms, chain.mass_g, fact))
    chain.waste_code = chain.waste_code or waste_code
    if fact.entitlement == OWN:
        chain.producer_strength = OWN
    elif chain.producer_strength < OWN:
        chain.producer_strength = max(chain.producer_strength, seal_strength(chain, fact, source, directory))
    if fact.entitlement != OWN and not (correction and correction.never_was):
        check_sealer(chain, fact, source, directory.at(fact.occurred_ms))
    (check_opening_stock if is_opening_stock(fact) else check_sealing)(chain, fact, source, directory)


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
    return after._replace(phase=_VOIDED) if never_was else after


def _who_acts(reason: str, state: ItemState, fact: Fact) -> str:
    """A missing acceptance is the last holder's to explain, everything else is the present actor's."""
    if reason in {"missing_link", "one_sided_hop"} and state.holder:
        return state.holder
    return fact.event.site


def _check_vouched(chain: Chain, fact: Fact, source: Source, directory: Directory) -> None:
    """Nobody stood for this act: somebody of the place has to, within `vouch_h`."""
    site = fact.event.site
    limit_ms = directory.at(fact.occurred_ms).limit("vouch_h", site) * HOUR_MS
    answer = answer_to(fact, chain.names, source, directory)
    if answer is None:
        chain.unvouched.append(Expected("not_vouched", "vouch_h", site, fact.earliest_ms + limit_ms, fact))
    elif answer.latest_ms > fact.earliest_ms + limit_ms:
        chain.doubt("late_step", answer, site=site)
