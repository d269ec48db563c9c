"""What is wrong with a manifest, and what it waits for. Time is an input: `as_of_ms`.

Licence, vehicle and destination on the day of each act are judged item by item (`checks.py`); here the acts are held against the draft.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from schemas.codes import item_waste_code
from schemas.plates import normal_plate
from wasteledger.domain.deadlines import HOUR_MS, Expected
from wasteledger.domain.facts import Fact, by_order
from wasteledger.domain.manifest import Manifest, Phase
from wasteledger.domain.manifest_legs import Leg
from wasteledger.domain.register import Directory

#: `add_workdays(at_ms, days)`: the end of that many working days after a moment, as `domain.workdays` reckons them.
AddWorkdays = Callable[[int, int], int]
#: The waste code of an item; empty where it is not known.
WasteCodeOf = Callable[[str], str]
_ON_THE_ROAD = frozenset({Phase.RELEASED, Phase.IN_TRANSIT})


class Apart(NamedTuple):
    """Packages of one hand-over for which giver and taker named two manifests."""

    release: Fact
    acceptance: Fact
    items: tuple[str, ...]


class ManifestDoubt(NamedTuple):
    """A reason to doubt a manifest.

    Attributes:
        reason: a code of `schemas.reasons`.
        evidence: the facts that show it, in order.
        items: codes that it concerns, sorted.
        site: who has to act.
        at_ms: when it arose; for an overdue step its limit.
    """

    reason: str
    evidence: tuple[Fact, ...]
    items: tuple[str, ...]
    site: str
    at_ms: int


def expected_of(manifest: Manifest, directory: Directory, add_workdays: AddWorkdays) -> Expected | None:
    """What the manifest waits for: the arrival of its load, or the consignee's word; None while nothing is under way, and at the end.

    Rules `carriage_h` (at whoever has the load) and `confirm_workdays` (转移办法 art. 18: within five working days of acceptance).
    """
    left = manifest.handed_over
    if manifest.phase in _ON_THE_ROAD and left:
        site = manifest.holder
        due_ms = left.occurred_ms + directory.limit("carriage_h", site) * HOUR_MS
        return Expected("manifest_overdue", "carriage_h", site, due_ms, left)
    decisions = manifest.decisions
    if decisions and manifest.confirmation is None and manifest.phase is not Phase.VOIDED:
        site = manifest.consignee or decisions[0].event.site
        due_ms = add_workdays(decisions[0].occurred_ms, directory.limit("confirm_workdays", site))
        return Expected("manifest_not_confirmed", "confirm_workdays", site, due_ms, decisions[0])
    return None


def judge_manifest(  # noqa: PLR0913 - the manifest and everything it is held against
    manifest: Manifest,
    directory: Directory,
    as_of_ms: int,
    *,
    add_workdays: AddWorkdays,
    waste_code_of: WasteCodeOf | None = None,
    apart: Iterable["Apart"] = (),
) -> list[ManifestDoubt]:
    """Every doubt about a manifest as of a moment, in order of time.

    1. A void that was used, or came after acceptance.
    2. A number that nobody drew up; several consignors on one manifest (art. 16); a load whose two sides named two numbers (`apart`).
    3. What was done, against what was drafted: carriers and their turns, vehicle, consignee, wastes, who made the papers.
    4. More accepted than was released.
    5. The drafted driver against the register.
    6. Paper entered too late (art. 20), and a confirmation made too late (art. 18).
    7. A step that is overdue.
    """
    doubts = [*_void_used(manifest)]
    if manifest.phase is not Phase.VOIDED:
        doubts += _unknown(manifest)
        doubts += _mixed(manifest)
        doubts += _two_numbers(apart)
        doubts += _more_than_released(manifest)
        doubts += _mismatches(manifest, waste_code_of or _printed_waste_code)
        doubts += _driver(manifest, directory)
        doubts += _late_backfill(manifest, directory, add_workdays)
        doubts += _late_confirmation(manifest, directory, add_workdays)
        doubts += _overdue(manifest, directory, as_of_ms, add_workdays)
    return sorted(doubts, key=lambda doubt: (doubt.at_ms, doubt.reason, doubt.site))


def _printed_waste_code(item: str) -> str:
    return item_waste_code(item) or ""


def _doubt(
    reason: str, facts: Iterable[Fact], items: Iterable[str], site: str, at_ms: int | None = None
) -> ManifestDoubt:
    """A doubt raised by the last of its facts."""
    evidence = tuple(facts)
    return ManifestDoubt(
        reason, evidence, tuple(sorted(items)), site, evidence[-1].occurred_ms if at_ms is None else at_ms
    )


def _void_used(manifest: Manifest) -> Iterator[ManifestDoubt]:
    void = manifest.void
    if void:
        used = [fact for fact in manifest.moves if fact.order > void.order]
        if used:
            items = {code for fact in used for code in fact.event.codes}
            yield _doubt("manifest_void_used", (void, *used), items, used[0].event.site, used[0].occurred_ms)
    for late in manifest.late_voids:
        yield _doubt("manifest_void_used", (*manifest.decisions[:1], late), manifest.accepted, late.event.site)


def _unknown(manifest: Manifest) -> Iterator[ManifestDoubt]:
    moves = manifest.moves
    if moves and not manifest.drafts:
        site = manifest.consignor or moves[0].event.site
        yield _doubt("manifest_unknown", moves, manifest.loaded, site, moves[0].occurred_ms)


def _mixed(manifest: Manifest) -> Iterator[ManifestDoubt]:
    own, *others = manifest.consignors or ("",)
    first = [fact for leg in manifest.legs if leg.giver == own for fact in leg.facts[:1]][:1] or manifest.drafts[-1:]
    for other in others:
        legs = [leg for leg in manifest.legs if leg.giver == other]
        items = {code for leg in legs for code in leg.codes}
        facts = sorted((fact for leg in legs for fact in leg.facts), key=by_order)
        yield _doubt("manifest_mixed", (*first, *facts), items, other, facts[0].occurred_ms)


def _mismatches(manifest: Manifest, waste_code_of: WasteCodeOf) -> Iterator[ManifestDoubt]:
    draft = manifest.draft
    for stranger in manifest.strangers:
        yield _doubt("manifest_mismatch", (*manifest.drafts[-1:], stranger), (), stranger.event.site)
    if draft is None:
        return
    for leg in manifest.legs:
        at_fault = _out_of_turn(manifest, leg)
        if at_fault:
            yield _doubt("manifest_mismatch", (draft, *leg.facts), leg.codes, at_fault, leg.begin_ms)
    plate, scans = normal_plate(draft.event.vehicle or ""), _first_carrier_facts(manifest)
    vehicle = [fact for fact in scans if fact.event.vehicle and normal_plate(fact.event.vehicle) != plate]
    if plate and vehicle:
        items = {code for fact in vehicle for code in fact.event.codes}
        yield _doubt("manifest_mismatch", (draft, *vehicle), items, manifest.carriers[0], vehicle[0].occurred_ms)
    drafted = {*manifest.waste_codes, ""}
    others = [item for item in manifest.loaded if waste_code_of(item) not in drafted]
    left = manifest.handed_over
    if others and left:
        yield _doubt("manifest_mismatch", (draft, left), others, manifest.consignor)


def _out_of_turn(manifest: Manifest, leg: Leg) -> str:
    """Who is at fault when a hand-over is none of the draft's; empty when it is one.

    Each party takes from the one before it: the consignor, the carriers in their order, the consignee (art. 11: the carrier delivers to the
    named receiver; art. 17). Going back to the consignor is always open, and another consignor is a doubt of its own.
    """
    if leg.taker == manifest.consignor or (not leg.by_carrier and leg.giver != manifest.consignor):
        return ""
    way = (manifest.consignor, *manifest.carriers, manifest.consignee)
    if leg.taker not in way[1:]:
        return leg.taker if leg.acceptances or leg.refusals else leg.giver
    turns = {way[place - 1] for place, party in enumerate(way) if place and party == leg.taker}
    if leg.giver in turns:
        return ""
    # Who never spoke of it is not at fault for what another one tells.
    return leg.taker if (leg.to_carrier and leg.acceptances) or not leg.releases else leg.giver


def _first_carrier_facts(manifest: Manifest) -> list[Fact]:
    """Scans of the vehicle that the draft names: the first carrier's, when it takes over and when it delivers to the end."""
    first = manifest.carriers[:1]
    legs = [leg for leg in manifest.legs if [leg.taker] == [*first] or ([leg.giver] == [*first] and not leg.to_carrier)]
    facts = (fact for leg in legs for fact in leg.facts if fact.event.site in manifest.parties)
    return sorted(facts, key=by_order)


def _driver(manifest: Manifest, directory: Directory) -> Iterator[ManifestDoubt]:
    draft = manifest.draft
    if draft is None or not draft.event.driver:
        return
    carrier = directory.carrier_of.get(normal_plate(draft.event.vehicle or ""), manifest.carriers[0])
    person = directory.people.get(draft.event.driver)
    if person is None or person.role != "driver" or person.site != carrier:
        yield _doubt("unlicensed_driver", (draft,), manifest.loaded, carrier)


def _two_numbers(apart: Iterable[Apart]) -> Iterator[ManifestDoubt]:
    """Shown at both manifests, by the same two facts; who took over says what it took."""
    for release, acceptance, items in apart:
        yield _doubt("manifest_mismatch", (release, acceptance), items, acceptance.event.site, acceptance.occurred_ms)


def _more_than_released(manifest: Manifest) -> Iterator[ManifestDoubt]:
    """What the consignee took under the number though nobody loaded it; where nothing is known to have left, each chain says so itself."""
    for leg in manifest.arrivals:
        more = (leg.taken - manifest.loaded - manifest.foreign) if manifest.loaded else frozenset()
        if more and leg.by_carrier:
            facts = tuple(fact for fact in leg.acceptances)
            yield _doubt("count_difference", facts, more, leg.taker)


def transfer_end(manifest: Manifest) -> Fact | None:
    """The fact by which the transfer ended: the consignee has decided, or the consignor has its load back; None while it goes on."""
    ends = [*manifest.decisions, *manifest.returns]
    return max(ends, key=by_order) if ends and manifest.phase is not Phase.ARRIVED else None


def _late_backfill(manifest: Manifest, directory: Directory, add_workdays: AddWorkdays) -> Iterator[ManifestDoubt]:
    """Nothing is late before the transfer has ended."""
    ended = transfer_end(manifest)
    if ended is None:
        return
    for fact in manifest.backfilled:
        site = fact.event.site
        limit_ms = add_workdays(ended.occurred_ms, directory.limit("backfill_workdays", site))
        if fact.received_ms > limit_ms:
            yield _doubt("late_backfill", (fact,), fact.event.codes, site, limit_ms)


def _late_confirmation(manifest: Manifest, directory: Directory, add_workdays: AddWorkdays) -> Iterator[ManifestDoubt]:
    """The consignee's first word came later than the law asks for; a later one only mends it.

    One that is dated back by more than is told in time came when it was received.
    """
    decisions = manifest.decisions
    if not decisions or not manifest.confirmations:
        return
    first, site = manifest.confirmations[0], manifest.consignee
    limit_ms = add_workdays(decisions[0].occurred_ms, directory.limit("confirm_workdays", site))
    behind_ms = first.received_ms - first.occurred_ms
    dated_back = not first.event.backfill and behind_ms > directory.limit("back_dated_h", site) * HOUR_MS
    if (first.received_ms if dated_back else first.occurred_ms) > limit_ms:
        items = manifest.accepted | manifest.refused
        yield _doubt("late_confirmation", (decisions[0], first), items, site, limit_ms)


def _overdue(
    manifest: Manifest, directory: Directory, as_of_ms: int, add_workdays: AddWorkdays
) -> Iterator[ManifestDoubt]:
    expected = expected_of(manifest, directory, add_workdays)
    if expected and expected.after and as_of_ms > expected.due_ms:
        items = manifest.outstanding if expected.rule == "carriage_h" else manifest.accepted | manifest.refused
        yield _doubt(expected.reason, (expected.after,), items, expected.site, expected.due_ms)
