"""A hand-over is two parties: what each one complete is worth, and whether enough parties took part in the whole chain (design section 14).

1. Own devices of both sites; or one side vouched on the other's device by a person registered there. Between two sites of one
   organisation it takes two devices and two people, and it is no proof by itself.
2. Each leg needs the strength of evidence that its rule asks for: the weaker side counts. Paper counts when it bears its number, its
   photograph where the region asks for it, and is entered within `backfill_workdays` by the party itself: on its own device, by badge and
   PIN, or by its own word on what the other side entered. Nobody at all is never enough.
3. The producer takes part by its own device, by a badge and PIN that everybody can check, or by its own answer within `vouch_h`. Where one
   company drives and burns, a badge alone is that company's word; so it is of whoever else gave the package to its lorry, and of the
   carrier at the gate of those who burn.
4. A chain needs a hop that two organisations signed.

A party that was vouched for on the other's device although it had one of its own, and has not shown why, is a finding. What shows why is
its own word, or the authority's, on the act; or a note that its own person signed by badge and PIN. A note beside a badge is written by
whoever holds the device, and shows nothing.
"""

from schemas.codes import SiteKind, site_kind
from wasteledger.domain.admissions import has_device
from wasteledger.domain.chain import Chain
from wasteledger.domain.deadlines import HOUR_MS
from wasteledger.domain.entitled import (
    BADGE,
    NOT,
    OWN,
    PAPER,
    PIN,
    answer_to,
    authority_on,
    entitlement_of,
    is_unattended,
)
from wasteledger.domain.facts import Fact, Source
from wasteledger.domain.register import Directory
from wasteledger.domain.workdays import add_workdays

_VOUCHED = frozenset({PAPER, BADGE, PIN})


def check_hop(chain: Chain, given: Fact, taken: Fact, source: Source, directory: Directory) -> None:
    """Steps 1 to 3 for a hand-over that both sides recorded."""
    giver, taker = given.event, taken.event
    organisations = directory.organisations
    own = organisations.get(giver.site, giver.site) == organisations.get(taker.site, taker.site)
    one_device = giver.device_id == taker.device_id
    one_person = (giver.vouched_by or giver.actor) == (taker.vouched_by or taker.actor)
    if (
        given.entitlement == taken.entitlement == OWN  # the walk has asked
        and giver.vouch_method == taker.vouch_method == "own_device"
        and not (own or one_device or one_person or giver.backfill or taker.backfill)
        and giver.site in directory.sites
        and taker.site in directory.sites
    ):
        chain.two_organisations = True  # nearly always: two organisations, two devices, two people
        if giver.site == chain.producer:
            chain.first_taker = chain.first_taker or taker.site
            chain.producer_strength = OWN
        return
    known = giver.site in directory.sites and taker.site in directory.sites
    sides = entitlement_of(given, source, directory), entitlement_of(taken, source, directory)
    vouched = _VOUCHED.isdisjoint(sides) is False and OWN in sides
    if (own and (one_device or one_person)) or (one_device and (one_person or not vouched)):
        chain.doubt("one_party_hop", given, taken, site=taker.site)
    elif one_person:
        chain.doubt("same_person_both_sides", given, taken, site=taker.site)
    firm = [_is_firm(chain, fact, side, source, directory) for fact, side in zip((given, taken), sides, strict=True)]
    strength = min(
        side_strength(chain, fact, side, source, directory) for fact, side in zip((given, taken), sides, strict=True)
    )
    if not (own or one_person) and known and all(firm) and not (one_device and not vouched):
        chain.two_organisations = True
    if not own and not (firm[0] or _is_answered_paper(chain, given, sides[0], source, directory)):
        chain.entered += ((given, taken, sides[0]),)
    for fact in (given, taken):
        note_device_unused(chain, fact, source, directory)
    if giver.site == chain.producer:
        chain.first_taker = chain.first_taker or taker.site
        chain.producer_strength = max(chain.producer_strength, OWN if firm[0] else sides[0])
    rule = _rule(chain, giver.site, taker.site)
    # An unattended side that may still be answered for waits; it is weighed again at the end of the chain.
    waiting = any(
        is_unattended(fact) and not answer_to(fact, chain.names, source, directory) for fact in (given, taken)
    )
    if not waiting and strength < max(1, directory.limit(rule, giver.site)):
        chain.doubt("weak_evidence", given, taken, site=giver.site)


def note_device_unused(chain: Chain, fact: Fact, source: Source, directory: Directory) -> None:
    """A site was vouched for on another's device, and had its own: it has to show why, or to stand for the act itself."""
    entitlement = entitlement_of(fact, source, directory)
    if not NOT < entitlement < OWN or (entitlement == PIN and fact.event.note):
        return
    if not has_device(fact.event.site, fact, source.admissions) or answer_to(fact, chain.names, source, directory):
        return
    if not authority_on(fact, chain.names, source, directory):
        chain.doubt("own_device_unused", fact, site=fact.event.site)


def _rule(chain: Chain, giver: str, taker: str) -> str:
    if site_kind(taker) is SiteKind.PLANT:
        return "strength_plant_leg"
    return "strength_producer_leg" if giver == chain.producer else "strength_transfer_leg"


def side_strength(chain: Chain, fact: Fact, entitlement: int, source: Source, directory: Directory) -> int:
    """The strength of the evidence of one side: 5 own device, 4 badge and PIN, 3 badge, 2 paper, 0 nobody."""
    if fact.event.vouch_method == "paper" and not fact.event.backfill:
        return NOT  # no number, no day: there is no such paper
    if fact.event.backfill:
        in_time = is_paper_in_time(fact, source, directory) and _is_entered(chain, fact, entitlement, source, directory)
        return PAPER if in_time else NOT
    if is_unattended(fact) and not answer_to(fact, chain.names, source, directory):
        return NOT
    return min(entitlement, OWN)


def is_paper_in_time(fact: Fact, source: Source, directory: Directory) -> bool:
    """Whether an act that was first on paper bears what it needs, and was entered in time (转移办法 art. 20)."""
    paper, then = fact.event.backfill or {}, directory.at(fact.occurred_ms)
    photographed = bool(fact.event.attachments) and not source.evidence_missing(fact)
    if not paper.get("paper") or (then.limit("paper_photo", fact.event.site) and not photographed):
        return False
    return fact.received_ms <= add_workdays(fact.occurred_ms, then.limit("backfill_workdays", fact.event.site))


def _is_entered(chain: Chain, fact: Fact, entitlement: int, source: Source, directory: Directory) -> bool:
    """Whether the party itself entered its paper, or stood in time for what the other side entered in its name."""
    if entitlement >= PIN:
        return True
    own = answer_to(fact, chain.names, source, directory)
    days = directory.at(fact.occurred_ms).limit("backfill_workdays", fact.event.site)
    return own is not None and own.received_ms <= add_workdays(fact.occurred_ms, days)


def _is_firm(chain: Chain, fact: Fact, entitlement: int, source: Source, directory: Directory) -> bool:
    """Whether the party itself took part: its own device, badge and PIN, or its own answer in time."""
    if entitlement in {OWN, PIN} and not is_unattended(fact):
        return True
    within_ms = directory.limit("vouch_h", fact.event.site) * HOUR_MS
    if entitlement == OWN:
        return answer_to(fact, chain.names, source, directory) is not None
    return answer_to(fact, chain.names, source, directory, within_ms=within_ms) is not None


def _is_answered_paper(chain: Chain, fact: Fact, entitlement: int, source: Source, directory: Directory) -> bool:
    """Whether it was entered from paper, for which its party stood within the term of paper."""
    return fact.event.backfill is not None and side_strength(chain, fact, entitlement, source, directory) == PAPER


def seal_strength(chain: Chain, fact: Fact, source: Source, directory: Directory) -> int:
    """By what the producer took part in a sealing."""
    entitlement = entitlement_of(fact, source, directory)
    if entitlement == OWN:
        return OWN
    within_ms = directory.limit("vouch_h", fact.event.site) * HOUR_MS
    if entitlement < OWN and answer_to(fact, chain.names, source, directory, within_ms=within_ms):
        return OWN
    return min(entitlement, OWN)


def check_parties(chain: Chain, disposed: Fact, directory: Directory) -> None:
    """Steps 3 and 4 for a chain that has come to its end, where nothing else breaks it."""
    directory = directory.at(disposed.occurred_ms)
    plant = directory.organisation(disposed.event.site)
    if chain.unvouched:
        chain.doubt(
            "weak_evidence",
            *(waiting.after for waiting in chain.unvouched if waiting.after),
            site=chain.unvouched[0].site,
        )
    producer = chain.seals[0].event.site
    if not chain.two_organisations:
        chain.doubt("one_organisation", chain.seals[0], disposed, site=disposed.event.site)
        return
    by_company = directory.organisation(chain.first_taker) == plant
    if by_company and chain.producer_strength < directory.limit("strength_one_company", producer):
        chain.doubt("producer_absent", chain.seals[0], disposed, site=producer)
        return
    for given, taken, strength in chain.entered:
        # At its gate as on its own lorry.
        by_company_alone = directory.organisation(taken.event.site) == plant
        if by_company_alone and strength < directory.limit("strength_one_company", given.event.site):
            chain.doubt("weak_evidence", given, taken, site=given.event.site)
            return
