"""What is checked at a step of the walk, and at its end. Each function notes doubts on the chain it is given."""

from math import asin, cos, radians, sin, sqrt

from schemas.acts import Act
from schemas.canonical import INTEGER_MAX
from schemas.codes import SiteKind, item_waste_code, site_kind
from schemas.custody import ItemState, Phase
from schemas.plates import normal_plate
from schemas.waste import is_medical, waste_kind
from wasteledger.domain.chain import Chain
from wasteledger.domain.declarations import HANDLERS, is_ghost
from wasteledger.domain.entitled import NOT, OWN
from wasteledger.domain.facts import Fact, Source, StockTake
from wasteledger.domain.hops import check_hop, is_paper_in_time, note_device_unused
from wasteledger.domain.legal_days import legal_day
from wasteledger.domain.manifest_contents import inside_in
from wasteledger.domain.manifest_legs import opened
from wasteledger.domain.manifest_validity import hop_problem
from wasteledger.domain.opening import is_opening_stock
from wasteledger.domain.register import KEPT_MAX, Directory, Site
from wasteledger.domain.step import CLOCK_DIFFERENCE_MS_MAX, Step
from wasteledger.domain.workdays import add_workdays

_EARTH_KM = 6371
_STOCK_CODE_LENGTH = 16
#: Seeing a package itself, not its box: what resolves a doubt about a box or a room that was looked into without it. A line in the list of
#: what was burnt is no such look.
_SEEN = frozenset({"released", "accepted", "unpacked", "packed", "stored", "counted", "refused"})
#: Being said to be packed once more, or the same scan twice, does not say in which of two boxes it is.
_SEEN_ITSELF = _SEEN - {"packed"}
_NOT_WEIGHED = frozenset({"copied", "estimated"})
_HEAVIEST = {"bag": "bag_mass_kg_max", "sharps_box": "sharps_box_mass_kg_max", "drum": "drum_mass_kg_max"}


def check_sealing(chain: Chain, fact: Fact, source: Source, directory: Directory) -> None:
    """A package is closed: by whom, where, with what on its label, and how heavy."""
    event, then = fact.event, directory
    if then.history is not None:
        then = then.at(fact.occurred_ms)
    if fact.entitlement != OWN:
        note_device_unused(chain, fact, source, then)
    site = check_beginning(chain, fact, source, then)
    if event.site[0] in HANDLERS and is_ghost(fact, then):
        chain.ghost = chain.ghost or len(chain.seals) == 1  # sealed again by a handler, it is still its producer's
        chain.doubt("sealed_by_handler", fact, site=event.site)
    if not is_plausible(chain.mass_g, event.package, then):  # as corrected: nobody agrees on sixty tonnes
        chain.doubt("implausible_mass", fact, site=event.site)
    if len(chain.code) > _STOCK_CODE_LENGTH and not chain.replaced and _is_mismatch(chain.code, chain, site):
        chain.doubt("label_mismatch", fact, site=event.site)


def _is_mismatch(label: str, chain: Chain, site: Site | None) -> bool:
    """Whether a label prints another waste than the package's, or another producer than the one that sealed it."""
    printed = item_waste_code(label)
    return bool(printed) and (
        printed != chain.waste_code or bool(site and site.uscc and not label.startswith(site.uscc))
    )


def check_new_labels(chain: Chain, sealed: Fact, directory: Directory) -> None:
    """What the labels of a package print, where it bore more than one: those it was handed over with, and the last one."""
    # Whoever has old stock on its shelves did not make it.
    site = None if is_opening_stock(sealed) else directory.at(sealed.occurred_ms).sites.get(chain.producer)
    handed = (step.fact.order for step in chain.steps if step.fact.kind in {"released", "accepted"} and step.entitled)
    left = next(handed, None)
    label, word = chain.code, sealed
    for new, known in chain.replaced.items():
        if left and left < known.word.order and _is_mismatch(label, chain, site):
            break
        label, word = new, known.word
    if _is_mismatch(label, chain, site):
        chain.doubt("label_mismatch", word, site=word.event.site)


def check_beginning(chain: Chain, fact: Fact, source: Source, then: Directory) -> Site | None:
    """A life begins, by a sealing or as opening stock: of a listed waste, at a known site, which is returned, and on paper in time."""
    event = fact.event
    if waste_kind(event.waste_code) is None:
        chain.doubt("unlisted_waste_code", fact, site=event.site)
    site = then.sites.get(event.site)
    if site is None or (site.closed_on and legal_day(fact.occurred_ms) > site.closed_on):
        chain.doubt("unknown_site", fact, site=event.site)
    if event.backfill and not is_paper_in_time(fact, source, then):
        chain.doubt("weak_evidence", fact, site=event.site)
    return site


def is_plausible(mass_g: int, package: str, directory: Directory) -> bool:
    """Whether a package of this kind can weigh so much, the heaviest where the kind is not told; nothing weighs nothing."""
    return mass_g > 0 and mass_g <= directory.limit(_HEAVIEST.get(package, "drum_mass_kg_max")) * 1000


def check_hand_over(chain: Chain, step: Step, source: Source, directory: Directory) -> None:
    """Two parties, manifest, carrier and vehicle, where the law asks for them."""
    fact, other = step.fact, None
    event = fact.event
    if directory.history is not None:
        directory = directory.at(fact.occurred_ms)
    sites = directory.sites
    if fact.kind == "accepted":
        giver, taker, given, chain.released = event.from_site, event.site, chain.released, None
        if given is not None and _are_sides(given, fact, directory):
            other = given  # what the other side of this hand-over recorded
    else:
        giver, taker, chain.released = event.site, event.to_site, fact
    if giver[0] != "R":
        chain.consignor = giver
    if event.packages_count is not None and fact.kind == "accepted" and event.packages_count != len(event.codes):
        _check_count(chain, fact, source, directory)
    if giver not in sites or taker not in sites or taker in directory.closed:
        _check_known(chain, fact, (giver, taker), directory)
    if other is not None:
        check_hop(chain, other, fact, source, directory)
    if chain.consignor is None or (
        chain.consignor in directory.exempt and is_exempt_hop(event.vehicle, giver, taker, chain.waste_code, directory)
    ):
        return
    _check_manifest(chain, fact, other, source, directory)
    if taker[0] == "R" and fact.kind == "accepted":
        _check_carrier(chain, fact, event, directory)


def _check_known(chain: Chain, fact: Fact, sides: tuple[str, str], directory: Directory) -> None:
    """Both sides stand in the register; one that was closed gives away what stands there, and takes nothing more."""
    unknown = next((site for site in sides if site not in directory.sites), None)
    day = legal_day(fact.occurred_ms)
    if unknown or day > directory.closed.get(sides[1], day):
        chain.doubt("unknown_site", fact, site=unknown or sides[1])


def _are_sides(given: Fact, taken: Fact, directory: Directory) -> bool:
    """Whether they are the two sides of one hand-over; a merged site's side is its successor's."""
    giver, taker, moment_ms = given.event, taken.event, taken.occurred_ms
    if (giver.site, giver.to_site) == (taker.from_site, taker.site):
        return True
    sides = [
        [directory.successor_of(site, moment_ms) for site in hop]
        for hop in ((giver.site, giver.to_site), (taker.from_site, taker.site))
    ]
    return sides[0] == sides[1]


def _check_manifest(chain: Chain, fact: Fact, other: Fact | None, source: Source, directory: Directory) -> None:
    """A manifest that satisfies the law on this hop (转移办法 art. 10 to 20; `manifest_validity.py`)."""
    event = fact.event
    giver = event.from_site if fact.kind == "accepted" else event.site
    if event.manifest is None:
        chain.doubt("manifest_missing", fact, site=giver)
        return
    law, consignor = source.manifest_law(event.manifest, directory), chain.consignor or giver
    problem = hop_problem(law, fact, consignor, other)
    if problem and directory.newest.merged:
        problem = hop_problem(law, fact, consignor, other, heir=lambda site: directory.successor_of(site, INTEGER_MAX))
    if problem:
        chain.doubt("manifest_not_valid", fact, site=giver)


def is_exempt_hop(vehicle: str | None, giver: str, taker: str, waste_code: str, directory: Directory) -> bool:
    """Medical waste of a small institution, in a vehicle that may carry it (名录 2021 exemption list no. 2)."""
    key = (vehicle, giver, taker, waste_code)
    known = directory.exempt_hops.get(key)
    if known is None:
        if len(directory.exempt_hops) > KEPT_MAX:
            directory.exempt_hops.clear()
        known = directory.exempt_hops[key] = _is_exempt(vehicle, giver, taker, waste_code, directory)
    return known


def _is_exempt(vehicle: str | None, giver: str, taker: str, waste_code: str, directory: Directory) -> bool:
    if waste_code and not is_medical(waste_code):
        return False
    if vehicle is None:
        # On foot to a neighbour; at a plant's gate the vehicle is known.
        return SiteKind.PLANT not in {site_kind(giver), site_kind(taker)}
    plate = normal_plate(vehicle)
    return directory.carrier_of.get(plate) in {giver, taker} and plate not in directory.unfit_vehicles


def _check_count(chain: Chain, fact: Fact, source: Source, directory: Directory) -> None:
    """The packages counted: those named, or those that lie in the boxes named."""
    if fact.event.packages_count != len(opened(fact.event.codes, fact, inside_in(source, directory))):
        chain.doubt("count_difference", fact, site=fact.event.site)


def _check_carrier(chain: Chain, fact: Fact, event: Act, directory: Directory) -> None:
    day = legal_day(fact.occurred_ms)
    if not directory.licensed(holder=event.site, activity="carry", waste_code=chain.waste_code, day=day):
        chain.doubt("unlicensed_carrier", fact, site=event.site)
    if event.vehicle is None or directory.carrier_of.get(normal_plate(event.vehicle)) != event.site:
        chain.doubt("unlicensed_vehicle", fact, site=event.site)


def check_mass(chain: Chain, step: Step, source: Source, directory: Directory, *, again: bool = False) -> None:
    """Two weighings of the package itself may differ by the tolerance, and so may the last one and the sealing.

    A copied or estimated mass is no weighing; nor are many that repeat the first ones to the gram, which no scale does. But a copy says
    what was there, and no estimate is off by half. A weighing of one act made `again` is held against those before the act: a slip that is
    mended at once is one difference, not two.
    """
    event, then = step.fact.event, directory.at(step.fact.occurred_ms)
    if step.box or event.masses_g is None or not chain.seals:
        return
    corrected_g = step.correction.mass_g if step.correction else 0
    weighed_g = chain.mass_in(event)
    if corrected_g:
        weighed_g = corrected_g
    if weighed_g is None:
        return
    if not is_plausible(weighed_g, chain.seals[0].event.package, then) and weighed_g:
        chain.doubt("implausible_mass", step.fact, site=event.site)
    earlier = [one for one in chain.weighings if one[2].move != step.fact.move] if again else chain.weighings
    if event.mass_source in _NOT_WEIGHED and weighed_g:
        _, known_g, known = earlier[-1]
        tolerance = then.tolerance if event.mass_source == "copied" else then.estimate
        if not tolerance.allows(before_g=known_g, after_g=weighed_g):
            chain.doubt("weight_difference", known, step.fact, site=event.site)  # it was not copied from there
        return
    _, before_g, shown = earlier[-1]
    if weighed_g == before_g and _is_copied(step.fact, source, then):
        chain.doubt("copied_weight", shown, step.fact, site=event.site)
        return
    _, sealed_g, sealed = chain.weighings[0]
    if weighed_g == 0 or not then.tolerance.allows(before_g=before_g, after_g=weighed_g):
        chain.doubt("weight_difference", shown, step.fact, site=event.site)
    elif shown is not sealed and not then.tolerance.allows(before_g=sealed_g, after_g=weighed_g):
        chain.doubt("weight_difference", sealed, step.fact, site=event.site)
    chain.weighings.append((step.fact.occurred_ms, weighed_g, step.fact))


def _is_copied(fact: Fact, source: Source, directory: Directory) -> bool:
    """Whether every mass of a hand-over repeats, to the gram, what its package weighed before."""
    event = fact.event
    if len(event.codes) < directory.limit("copied_packages_min") or event.masses_g is None:
        return False
    weighed = [
        (_weighed_before(code, fact, source), mass_g) for code, mass_g in zip(event.codes, event.masses_g, strict=True)
    ]
    again = [
        (before_g, mass_g) for before_g, mass_g in weighed if before_g is not None
    ]  # one without a first weighing hides nobody
    return len(again) >= directory.limit("copied_packages_min") and all(
        before_g == mass_g for before_g, mass_g in again
    )


def _weighed_before(code: str, fact: Fact, source: Source) -> int | None:
    """The newest weighing of a package before a fact."""
    weighed = [
        (other.order, other.event.mass_g or other.event.mass_of(code))
        for other in source.facts_of(code)
        if other.order < fact.order and (other.event.mass_g or other.event.masses_g) and other.kind != "corrected"
    ]
    return max(weighed)[1] if weighed else None


def check_plant(chain: Chain, step: Step, before: ItemState, directory: Directory) -> None:
    """A plant that the register knows, whose licence covers this waste and this method on this day; and burnt once."""
    fact, event = step.fact, step.fact.event
    then, day = directory.at(fact.occurred_ms), legal_day(fact.occurred_ms)
    if before.phase is Phase.DISPOSED:
        if chain.since and fact.occurred_ms - chain.since.occurred_ms > CLOCK_DIFFERENCE_MS_MAX:
            chain.doubt("disposed_twice", chain.since, fact, site=event.site)
        return
    own = bool(chain.seals) and chain.seals[0].event.site == event.site
    lawful = (
        event.site in then.sites
        and day <= then.closed.get(event.site, day)
        and (site_kind(event.site) is SiteKind.PLANT or own)
    )
    if not lawful or not then.licensed(holder=event.site, activity="dispose", waste_code=chain.waste_code, day=day):
        chain.doubt("unlicensed_plant", fact, site=event.site)
    elif not then.may_treat(holder=event.site, waste_code=chain.waste_code, method=event.method, day=day):
        chain.doubt("method_not_permitted", fact, site=event.site)


def check_late_paper(chain: Chain, given: Fact, disposed: Fact, source: Source, directory: Directory) -> None:
    """A release on paper that nobody answered, of what was burned, entered too late (art. 20); a manifest that has ended says so itself."""
    law = source.manifest_law(given.event.manifest, directory) if given.event.manifest else None
    days = directory.at(given.occurred_ms).limit("backfill_workdays", given.event.site)
    limit_ms = add_workdays(disposed.occurred_ms, days)
    if (law is None or law.trip_end_ms < 0) and given.received_ms > limit_ms:
        chain.doubt("late_backfill", given, site=given.event.site, at_ms=limit_ms)


def check_travel(chain: Chain, fact: Fact, directory: Directory) -> None:
    """Two devices saw the package at two places: could anything have travelled so fast?"""
    before, chain.seen_at = chain.seen_at, fact
    if before is None or before.event.device_id == fact.event.device_id:
        return
    distance_km = _distance_km(before.event, fact.event)
    between_ms = abs(fact.occurred_ms - before.occurred_ms) + CLOCK_DIFFERENCE_MS_MAX
    if distance_km * 3_600_000 > directory.limit("travel_kmh_max") * between_ms:
        chain.doubt("impossible_travel", before, fact, site=fact.event.site)


def _distance_km(one: Act, other: Act) -> float:
    """Great-circle distance less what both devices say that they may be wrong."""
    here, there = one.position or {}, other.position or {}
    lat1, lat2 = radians(here["latitude_udeg"] / 1_000_000), radians(there["latitude_udeg"] / 1_000_000)
    lon1, lon2 = radians(here["longitude_udeg"] / 1_000_000), radians(there["longitude_udeg"] / 1_000_000)
    half = sin((lat2 - lat1) / 2) ** 2 + cos(lat1) * cos(lat2) * sin((lon2 - lon1) / 2) ** 2
    return 2 * _EARTH_KM * asin(sqrt(half)) - (here["accuracy_m"] + there["accuracy_m"]) / 1000


def check_boxes_opened(chain: Chain) -> None:
    """A box was looked into and the package was not there; seen itself later, it is proved again."""
    for stay in chain.boxes:
        for fact in stay.missed_by:
            if not seen_after(chain, fact):
                chain.doubt("box_difference", stay.packed, fact, site=fact.event.site)


def check_packings(chain: Chain) -> None:
    """A packing not proved to have come before the box left; and a package that left its box unseen. Seen later, it is proved again.

    Proved: told before every scan that shows the box leaving, or made by the device that released it, with a lower number. Seen later: by
    another site than the one that packed it, or counted among the packages by the one that took the box over.
    """
    for stay in chain.boxes:
        departures = stay.departures
        if (
            not departures
            or is_packed_before(stay.packed, departures)
            or seen_after(chain, departures[0], by=stay.packed)
        ):
            continue
        if any(is_counted(chain, departure, stay.packed) for departure in departures):
            continue
        chain.doubt("late_packing", stay.packed, departures[0], site=stay.packed.event.site)
    if chain.doubts:
        for doubt in [doubt for doubt in chain.doubts if doubt.reason == "in_two_boxes"]:
            if seen_after(chain, doubt.evidence[-1], _SEEN_ITSELF):
                chain.doubts.remove(doubt)


def is_counted(chain: Chain, taken: Fact, packed: Fact) -> bool:
    """Whether another site that took the box over said how many packages it is, and they are as many with this one."""
    if taken.kind != "accepted" or taken.event.packages_count is None or taken.event.site == packed.event.site:
        return False
    if taken.event.packages_count == len(taken.event.codes):
        return False  # as many as were scanned: boxes may have been counted, and nobody looked inside
    return not any(doubt.reason == "count_difference" and taken in doubt.evidence for doubt in chain.doubts)


def is_packed_before(packed: Fact, departures: tuple[Fact, ...]) -> bool:
    """Whether a packing is proved to be earlier than the box's leaving."""
    # Not the earliest by the clocks, which differ: the device's own number is what proves it, where the device that packed released.
    device, told, own = packed.event.device_id, True, False
    for departure in departures:
        if departure.event.device_id != device:
            told = told and packed.received_ms <= departure.received_ms
        elif packed.event.device_seq < departure.event.device_seq:
            own = True
        else:
            return False
    return own or told


def check_stock_takes(chain: Chain, source: Source, directory: Directory) -> None:
    """A room was counted completely, and neither the package nor its box was named, nor when it was counted again."""
    for stay in chain.stays:
        if not stay.room:
            continue
        takes = [
            take
            for take in source.counts_of(stay.site, directory)
            if take.room == stay.room
            and stay.begin_ms < take.begin_ms
            and (stay.end_ms is None or take.fact.occurred_ms < stay.end_ms)
        ]
        for number, take in enumerate(takes):
            if any(_is_there(chain, other, take) for other in takes[number:]) or seen_after(chain, take.fact):
                continue
            chain.doubt("stock_imbalance", take.fact, site=stay.site)


def _is_there(chain: Chain, take: StockTake, first: StockTake) -> bool:
    """Whether a stock-take names the package, or the box that it has lain in since the first one; no keeper answers the authority so."""
    if (take.fact.entitlement or NOT) < (first.fact.entitlement or NOT):
        return False
    boxes = boxes_at(chain, first.fact.occurred_ms) & boxes_at(chain, take.fact.occurred_ms)
    return not chain.labels.isdisjoint(take.codes) or not boxes.isdisjoint(take.codes)


def boxes_at(chain: Chain, moment_ms: int) -> set[str]:
    """The boxes that an item lay in at a moment."""
    return {
        stay.box
        for stay in chain.boxes
        if stay.packed.occurred_ms <= moment_ms and (stay.end_ms is None or moment_ms <= stay.end_ms)
    }


def seen_after(chain: Chain, fact: Fact, kinds: frozenset[str] = _SEEN, *, by: Fact | None = None) -> bool:
    """Whether the package itself was scanned after a fact that made it doubtful; by another site than that of `by`, where it is given."""
    return any(
        step.fact.order > fact.order
        and not step.box
        and step.fact.kind in kinds
        and step.entitled
        and (by is None or step.fact.event.site != by.event.site)
        and not step.fact.event.backfill  # what is entered from paper afterwards shows nobody the package
        for step in chain.steps
    )
