"""What is checked at a step of the walk, and at its end. Each function notes doubts on the chain it is given."""

from datetime import date
from functools import lru_cache
from math import asin, cos, radians, sin, sqrt

from schemas.acts import Act
from wasteledger.domain.chain import Chain, china_day
from wasteledger.domain.facts import Fact, Source
from wasteledger.domain.register import Directory
from wasteledger.domain.timeline import CLOCK_DIFFERENCE_MS_MAX, Step

_EARTH_KM = 6371
_DAY_MS = 24 * 60 * 60 * 1000
_CHINA_MS = 8 * 60 * 60 * 1000
#: Seeing a package itself, not its box: what resolves a doubt about a box or a room that was looked into without it.
_SEEN = frozenset({"released", "accepted", "unpacked", "packed", "stored", "counted", "disposed", "refused"})


@lru_cache(maxsize=10_000)
def _day(number: int) -> date:
    return china_day(number * _DAY_MS).date()


def legal_day(moment_ms: int) -> date:
    """The day of a moment in China."""
    return _day((moment_ms + _CHINA_MS) // _DAY_MS)


@lru_cache(maxsize=10_000)
def _day_text(number: int) -> str:
    return _day(number).isoformat()


def legal_day_text(moment_ms: int) -> str:
    """The day of a moment in China, as the books write it."""
    return _day_text((moment_ms + _CHINA_MS) // _DAY_MS)


def check_hand_over(chain: Chain, step: Step, directory: Directory) -> None:
    """Manifest, carrier and vehicle, where the law asks for them; and that two persons stood for the two sides."""
    fact, event = step.fact, step.fact.event
    accepted = fact.kind == "accepted"
    giver, taker = (event.from_site, event.site) if accepted else (event.site, event.to_site)
    if giver[0] != "R":
        chain.consignor = giver
    if accepted and event.packages_count is not None and event.packages_count != len(event.codes):
        chain.doubt("count_difference", fact, site=event.site)
    _check_persons(chain, fact)
    if chain.consignor is None or chain.consignor in directory.exempt:
        return
    if event.manifest is None:
        chain.doubt("manifest_missing", fact, site=giver)
    if accepted and taker[0] == "R":
        _check_carrier(chain, fact, event, directory)


def _check_persons(chain: Chain, fact: Fact) -> None:
    """Two parties, two persons: who vouched, else who acted; and two keys, unless one side stood by and vouched."""
    if fact.kind == "released":
        chain.released = fact
    elif chain.released is not None:
        given, taken = chain.released.event, fact.event
        one_person = (given.vouched_by or given.actor) == (taken.vouched_by or taken.actor)
        one_device = given.device_id == taken.device_id and not (given.vouched_by or taken.vouched_by)
        if (one_person or one_device) and given.to_site == taken.site:
            chain.doubt("same_person_both_sides", chain.released, fact, site=taken.site)
        chain.released = None


def _check_carrier(chain: Chain, fact: Fact, event: Act, directory: Directory) -> None:
    day = legal_day(fact.occurred_ms)
    if not directory.licensed(holder=event.site, activity="carry", waste_code=chain.waste_code, day=day):
        chain.doubt("unlicensed_carrier", fact, site=event.site)
    if event.vehicle is None or directory.carrier_of.get(event.vehicle) != event.site:
        chain.doubt("unlicensed_vehicle", fact, site=event.site)


def check_mass(chain: Chain, step: Step, directory: Directory) -> None:
    """Two weighings of the package itself may differ by the tolerance."""
    event = step.fact.event
    if step.box or event.masses_g is None or not chain.seals:
        return
    corrected_g = step.correction.mass_g if step.correction else 0
    weighed_g = corrected_g or event.mass_of(chain.code)
    if weighed_g is None:
        return
    _, before_g, shown = chain.weighings[-1]
    if not directory.tolerance.allows(before_g=before_g, after_g=weighed_g):
        chain.doubt("weight_difference", shown, step.fact, site=event.site)
    chain.weighings.append((step.fact.occurred_ms, weighed_g, step.fact))


def check_plant(chain: Chain, step: Step, directory: Directory) -> None:
    """The plant's licence covers this waste on this day."""
    event, day = step.fact.event, legal_day(step.fact.occurred_ms)
    if not directory.licensed(holder=event.site, activity="dispose", waste_code=chain.waste_code, day=day):
        chain.doubt("unlicensed_plant", step.fact, site=event.site)


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


def check_stock_takes(chain: Chain, source: Source) -> None:
    """A room was counted completely, and neither the package nor its box was named."""
    for stay in chain.stays:
        if not stay.room:
            continue
        for take in source.counts_of(stay.site):
            here = stay.begin_ms < take.begin_ms and (stay.end_ms is None or take.fact.occurred_ms < stay.end_ms)
            if not here or take.room != stay.room or chain.code in take.codes:
                continue
            if not boxes_at(chain, take.fact.occurred_ms) & take.codes and not seen_after(chain, take.fact):
                chain.doubt("stock_imbalance", take.fact, site=stay.site)


def boxes_at(chain: Chain, moment_ms: int) -> set[str]:
    """The boxes that an item lay in at a moment."""
    return {
        stay.box
        for stay in chain.boxes
        if stay.packed.occurred_ms <= moment_ms and (stay.end_ms is None or moment_ms <= stay.end_ms)
    }


def seen_after(chain: Chain, fact: Fact) -> bool:
    """Whether the package itself was scanned after a fact that made it doubtful."""
    return any(step.fact.order > fact.order and not step.box and step.fact.kind in _SEEN for step in chain.steps)
