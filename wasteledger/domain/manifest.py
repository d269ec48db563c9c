"""A transfer manifest (危险废物转移联单) as a pure fold over every fact that names its number.

What is on a manifest follows from the scans that name it, in whatever order they arrive; only who is to carry what where is drafted
(危险废物转移管理办法 art. 10 to 20). The fold, in the order of `fold_manifest`:

1. who may say it: what a fact says that its signer may not say is kept, and counts for nothing (design section 14);
2. the legs: hand-overs by giver and taker, several carriers in turn (联运, art. 17), boxes opened into the items inside;
3. the papers: drafts, confirmations and voids, each by the party that may make it;
4. what was loaded, accepted, refused, returned, and what is still outstanding: of its own consignor's load alone, as its parties say;
5. the phase.

    blank → drafted → released → in_transit → arrived → accepted | part_accepted | refused → closed
    voided: by the consignor or the authority, before the consignee accepted anything
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from schemas.entitlement import Standing
from wasteledger.domain.facts import Fact, by_order
from wasteledger.domain.load import Entitled, Inside, Struck
from wasteledger.domain.manifest_drafts import after_decision, in_force
from wasteledger.domain.manifest_legs import (
    MOVES,
    Leg,
    about,
    hops_of,
    legs_of,
    parties_to,
    told_by,
)


class Phase(StrEnum):
    """Where a manifest is in its life."""

    BLANK = "blank"
    DRAFTED = "drafted"
    RELEASED = "released"
    IN_TRANSIT = "in_transit"
    ARRIVED = "arrived"
    ACCEPTED = "accepted"
    PART_ACCEPTED = "part_accepted"
    REFUSED = "refused"
    CLOSED = "closed"
    VOIDED = "voided"


#: What screens show.
PHASES_ZH = {
    Phase.BLANK: "空白", Phase.DRAFTED: "已填报", Phase.RELEASED: "已交付", Phase.IN_TRANSIT: "运输中", Phase.ARRIVED: "已到达",
    Phase.ACCEPTED: "已接受", Phase.PART_ACCEPTED: "部分接受", Phase.REFUSED: "已拒收", Phase.CLOSED: "已办结",
    Phase.VOIDED: "已作废",
}  # fmt: skip
#: The consignee has decided.
DECIDED = frozenset({Phase.ACCEPTED, Phase.PART_ACCEPTED, Phase.REFUSED})


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a manifest is, as far as is known.

    Attributes:
        drafts: those of the consignor and of the office that count (`manifest_drafts.py`), in order of time; the last one is `draft`.
        consignor: 移出人, as drafted, else the first that gave under it; empty while nobody is known.
        consignors: everybody who gave under it and is no carrier, in order; more than one is against art. 16.
        carriers: as drafted, else those that carried, in the order of their legs.
        consignee: 接受人, as drafted, else the last taker that is no carrier.
        vehicle, driver: as drafted, else as the first scan that names a vehicle; empty where unknown.
        form: electronic or paper; empty without a draft.
        legs: in order of time, whoever tells of them.
        parties: whose word counts here (`manifest_legs.parties_to`); `trip`: the legs of its load as they tell them, in order of time.
        loaded: items that left the consignor; `foreign`: what other consignors sent under its number, which is not on it.
        accepted, refused: what the consignee decided; `returned`: what the consignor took back.
        outstanding: loaded, and neither accepted, refused nor returned.
        confirmations: the consignee's words on what it decided (art. 18), in order of time; the last one holds, and is `confirmation`.
        void: the void that holds.
        late_voids: voids after the consignee had accepted something, which hold no longer.
        strangers: drafts, confirmations and voids by parties that may not make them, each on its own device.
        unentitled: facts whose signer may not say them: shown, and of no effect.
        backfilled: facts that were first on paper (补录, art. 20).
        facts: everything that names the number, in order of time.
    """

    number: str
    phase: Phase
    drafts: tuple[Fact, ...]
    consignor: str
    consignors: tuple[str, ...]
    carriers: tuple[str, ...]
    consignee: str
    vehicle: str
    driver: str
    form: str
    waste_codes: tuple[str, ...]
    planned_on: str
    legs: tuple[Leg, ...]
    parties: frozenset[str]
    trip: tuple[Leg, ...]
    loaded: frozenset[str]
    foreign: frozenset[str]
    accepted: frozenset[str]
    refused: frozenset[str]
    returned: frozenset[str]
    outstanding: frozenset[str]
    confirmations: tuple[Fact, ...]
    void: Fact | None
    late_voids: tuple[Fact, ...]
    strangers: tuple[Fact, ...]
    unentitled: tuple[Fact, ...]
    facts: tuple[Fact, ...]

    @property
    def draft(self) -> Fact | None:
        """The draft that holds."""
        return self.drafts[-1] if self.drafts else None

    @property
    def confirmation(self) -> Fact | None:
        """The confirmation that holds."""
        return self.confirmations[-1] if self.confirmations else None

    @property
    def said(self) -> tuple[Fact, ...]:
        """What was said by those who may say it, in order of time."""
        return tuple(fact for fact in self.facts if fact not in self.unentitled) if self.unentitled else self.facts

    @property
    def moves(self) -> tuple[Fact, ...]:
        """Hand-overs and refusals, in order of time."""
        return tuple(fact for fact in self.said if fact.kind in MOVES)

    @property
    def loadings(self) -> tuple[Leg, ...]:
        """The legs by which its own consignor's load left; of redirected goods the first leg, which begins in a carrier's hands."""
        return tuple(leg for leg in _sources(self.trip) if _is_own(leg, self.consignor))

    @property
    def carried_by(self) -> tuple[str, ...]:
        """Carriers that took the load, in order."""
        return tuple(dict.fromkeys(leg.taker for leg in self.legs if leg.to_carrier))

    @property
    def arrivals(self) -> tuple[Leg, ...]:
        """Legs that end at a party that is neither a carrier nor the consignor, with all that was handed over there."""
        return tuple(leg for leg in self.legs if leg.taker in self.parties and _arrives(leg, self.consignor))

    @property
    def ends(self) -> tuple[Leg, ...]:
        """The legs of the trip that end so."""
        return tuple(leg for leg in self.trip if _arrives(leg, self.consignor))

    @property
    def returns(self) -> tuple[Fact, ...]:
        """The facts by which the consignor took its load back."""
        return tuple(fact for leg in self.trip if leg.taker == self.consignor for fact in leg.acceptances)

    @property
    def decisions(self) -> tuple[Fact, ...]:
        """Acceptances and refusals where the load arrived, in order of time."""
        found = (fact for leg in self.ends for fact in (*leg.acceptances, *leg.refusals))
        return tuple(sorted(found, key=by_order))

    @property
    def handed_over(self) -> Fact | None:
        """The fact by which the load left the consignor (交付时间)."""
        first = [leg.facts[0] for leg in self.trip if not leg.by_carrier and leg.codes - leg.rejected]
        return min(first or [leg.facts[0] for leg in self.trip], key=by_order, default=None)

    @property
    def arrived(self) -> Fact | None:
        """The fact by which it is known to have arrived: the last carrier's release there, else the first decision."""
        shown = [fact for leg in self.ends if leg.by_carrier for fact in leg.releases]
        found = [*shown, *self.decisions]
        return min(found, key=by_order) if found else None

    @property
    def holder(self) -> str:
        """Who has the load while it is on its way: the last carrier that took it, else the consignor."""
        carrying = [leg for leg in self.trip if leg.to_carrier and leg.taken]
        return carrying[-1].taker if carrying else self.consignor

    @property
    def backfilled(self) -> tuple[Fact, ...]:
        """Facts that were first on paper."""
        return tuple(fact for fact in self.said if fact.event.backfill)


def fold_manifest(
    number: str,
    facts: Iterable[Fact],
    inside: Inside | None = None,
    struck: Struck | None = None,
    entitled: Entitled | None = None,
) -> Manifest:
    """What the facts that name `number` make of it; their order and doubled ones make no difference.

    Args:
        number: 14 digits.
        facts: at least all that name it; others are passed over.
        inside: opens boxes; without it a box stands for itself, and must be accepted as the box it was released as.
        struck: which acts an agreed correction declared never to have occurred (`manifest_contents.struck_by`).
        entitled: whose signer may say them, the standing of the signer then being known (`manifest_contents.entitled_in`); without it all.
    """
    named = {fact.event_id: fact for fact in facts if fact.event.manifest == number}
    known = tuple(sorted(named.values(), key=by_order))
    said: list[Fact] = []
    unentitled: list[Fact] = []
    for fact in known:
        (said if entitled is None or entitled(fact) else unentitled).append(fact)
    hops = hops_of([fact for fact in said if fact.kind in MOVES], inside, struck)
    legs = legs_of(hops)
    papers = _papers([fact for fact in said if fact.kind == "manifested"], legs)
    draft = papers.drafts[-1].event if papers.drafts else None
    parties = _parties(legs, papers)
    told = told_by(hops, parties)
    own = legs if told is hops else legs_of(told)
    load = _load(own, legs, papers.consignor)
    trip = about(told, load.loaded | load.scanned)
    return Manifest(
        number=number,
        phase=_phase(own, load, papers),
        drafts=papers.drafts,
        consignor=papers.consignor,
        consignors=tuple(dict.fromkeys(filter(None, (papers.consignor, *_givers(legs))))),
        carriers=tuple(draft.carriers) if draft else tuple(dict.fromkeys(leg.taker for leg in legs if leg.to_carrier)),
        consignee=papers.consignee,
        vehicle=(draft.vehicle if draft else None) or _first_vehicle(legs),
        driver=(draft.driver if draft else None) or "",
        form=draft.form if draft else "",
        waste_codes=tuple(draft.waste_codes) if draft else (),
        planned_on=draft.planned_on if draft else "",
        legs=legs,
        parties=parties,
        trip=own if trip is told else legs_of(trip),
        loaded=load.loaded,
        foreign=load.foreign,
        accepted=load.accepted,
        refused=load.refused,
        returned=load.returned,
        outstanding=load.outstanding,
        confirmations=papers.confirmations,
        void=papers.void,
        late_voids=papers.late_voids,
        strangers=papers.strangers,
        unentitled=tuple(unentitled),
        facts=known,
    )


def _parties(legs: Sequence[Leg], papers: "_Papers") -> frozenset[str]:
    """Whose word counts; everybody's, where nobody drew it up: such a number satisfies the law for nobody."""
    if not papers.drafts:
        return frozenset(party for leg in legs for party in (leg.giver, leg.taker))
    drafts = [fact.event for fact in papers.drafts]
    carriers = [carrier for draft in drafts for carrier in draft.carriers]
    return parties_to(legs, [papers.consignor, *carriers, *(draft.consignee for draft in drafts)])


class _Papers(NamedTuple):
    """Drafts, confirmations and voids, as `Manifest` names them."""

    consignor: str
    consignee: str
    drafts: tuple[Fact, ...]
    confirmations: tuple[Fact, ...]
    void: Fact | None
    late_voids: tuple[Fact, ...]
    strangers: tuple[Fact, ...]


def _papers(papers: Sequence[Fact], legs: Sequence[Leg]) -> _Papers:
    """Who may make which: the consignor drafts and voids, the consignee confirms, the office may draft and void for anybody."""
    made = _drafts(papers, legs)
    drafters = (fact.event.site for fact in made if not _by_authority(fact))
    consignor = next(drafters, "") or _first_giver(legs, made[-1].event.carriers if made else ())
    drafts = in_force(made, legs, consignor)
    draft = drafts[-1].event if drafts else None
    ends = [leg for leg in legs if _arrives(leg, consignor)]
    consignee = draft.consignee if draft else ends[-1].taker if ends else ""
    confirmed = [fact for fact in papers if fact.event.action == "confirmed" and fact.event.site == consignee]
    voids = [fact for fact in papers if fact.event.action == "voided" and _may_void(fact, consignor)]
    accepted = min((fact.order for leg in ends for fact in leg.acceptances), default=None)
    holding = tuple(fact for fact in voids if accepted is None or fact.order < accepted)
    rightful = {fact.event_id for fact in (*made, *confirmed, *voids)}
    return _Papers(
        consignor,
        consignee,
        drafts,
        confirmations=after_decision(confirmed, ends),
        void=holding[0] if holding else None,
        late_voids=tuple(fact for fact in voids if fact not in holding),
        strangers=tuple(fact for fact in papers if fact.event_id not in rightful),
    )


def _drafts(papers: Sequence[Fact], legs: Sequence[Leg]) -> tuple[Fact, ...]:
    """Those of one consignor, with what the authority mended.

    Its number makes nobody else's papers his: the office drew it up for a party, else one did from whom a carrier of its draft says that it
    took something, else one that says that it gave, else who told first. Whoever drafts a neighbour's number takes nothing from him.
    """
    drafts = [fact for fact in papers if fact.event.action == "drafted"]
    givers, taken = _givers(legs), {(leg.giver, leg.taker) for leg in _shown(legs)}

    def rank(fact: Fact) -> tuple[bool, bool, bool, int, str, int]:
        event = fact.event
        in_its_name = fact.standing is Standing.OTHER
        shown = any((event.site, carrier) in taken for carrier in event.carriers)
        return (
            not in_its_name, not shown, event.site not in givers, fact.received_ms, event.device_id, event.device_seq,
        )  # fmt: skip

    first = min((fact for fact in drafts if not _by_authority(fact)), key=rank, default=None)
    own = first.event.site if first else ""
    return tuple(fact for fact in drafts if fact.event.site == own or _by_authority(fact))


def _first_giver(legs: Sequence[Leg], carriers: Sequence[str]) -> str:
    """One from whom a drafted carrier took something goes before one that only says that it gave."""
    shown = (leg.giver for leg in _shown(legs) if not leg.by_carrier and leg.taker in carriers)
    return next(shown, "") or (*_givers(legs), *(leg.giver for leg in legs), "")[0]


def _shown(legs: Sequence[Leg]) -> list[Leg]:
    """Legs that both sides tell of."""
    return [leg for leg in legs if leg.releases and leg.acceptances]


def _givers(legs: Sequence[Leg]) -> tuple[str, ...]:
    """Those that gave and are no carriers, in order."""
    return tuple(dict.fromkeys(leg.giver for leg in legs if not leg.by_carrier))


def _may_void(fact: Fact, consignor: str) -> bool:
    return fact.event.site == consignor or _by_authority(fact)


def _by_authority(fact: Fact) -> bool:
    """Whether the office says it for itself; what it says in a party's name is that party's paper."""
    return fact.standing is Standing.OFFICE


class _Load(NamedTuple):
    """Sets of codes, as `Manifest` names them; `presented` is what a carrier showed at the destination, `scanned` the codes loaded by."""

    loaded: frozenset[str]
    scanned: frozenset[str]
    foreign: frozenset[str]
    presented: frozenset[str]
    accepted: frozenset[str]
    refused: frozenset[str]
    returned: frozenset[str]

    @property
    def outstanding(self) -> frozenset[str]:
        return self.loaded - self.accepted - self.refused - self.returned


def _arrives(leg: Leg, consignor: str) -> bool:
    return not leg.to_carrier and leg.taker != consignor


def _sources(legs: Sequence[Leg]) -> list[Leg]:
    """Legs by which something left a consignor; redirected goods begin their new manifest in a carrier's hands, with their first leg."""
    return [leg for leg in legs if not leg.by_carrier] or list(legs[:1])


def _is_own(leg: Leg, consignor: str) -> bool:
    return leg.by_carrier or leg.giver == consignor


def _load(told: Sequence[Leg], legs: Sequence[Leg], consignor: str) -> _Load:
    """`told`: what the parties say; `legs`: what anybody says."""
    # What a carrier would not take never left; what the plant would not take did.
    loadings = [leg for leg in _sources(told) if _is_own(leg, consignor)]
    loaded = _left(loadings)
    # Two consignors on one number are not added up: what only the other one sent is not on this manifest.
    foreign = _left(leg for leg in _sources(legs) if not _is_own(leg, consignor)) - loaded
    arrivals = [leg for leg in told if _arrives(leg, consignor)]
    accepted = frozenset(code for leg in arrivals for code in leg.taken) - foreign
    return _Load(
        loaded=loaded,
        scanned=frozenset(code for leg in loadings for fact in leg.facts for code in fact.event.codes),
        foreign=foreign,
        presented=frozenset(code for leg in arrivals if leg.by_carrier for code in leg.codes) - foreign,
        accepted=accepted,
        refused=frozenset(code for leg in arrivals for code in leg.rejected) - accepted - foreign,
        returned=frozenset(code for leg in told if leg.taker == consignor for code in leg.taken) - accepted - foreign,
    )


def _left(legs: Iterable[Leg]) -> frozenset[str]:
    legs = list(legs)
    stayed = frozenset(code for leg in legs if leg.to_carrier for code in leg.rejected)
    return frozenset(code for leg in legs for code in leg.codes) - stayed


def _phase(legs: Sequence[Leg], load: _Load, papers: _Papers) -> Phase:
    if papers.void:
        return Phase.VOIDED
    decided = load.accepted | load.refused
    if decided and papers.confirmations and not load.outstanding:
        return Phase.CLOSED
    if load.presented - decided and not papers.confirmations:
        return Phase.ARRIVED
    if decided:
        return _decision(load)
    if load.outstanding:
        return (
            Phase.IN_TRANSIT
            if any(leg.by_carrier or (leg.to_carrier and leg.taken) for leg in legs)
            else Phase.RELEASED
        )
    on_paper = not papers.drafts or papers.drafts[-1].event.form == "paper"
    return Phase.BLANK if on_paper else Phase.DRAFTED


def _decision(load: _Load) -> Phase:
    if not load.accepted:
        return Phase.REFUSED
    return Phase.PART_ACCEPTED if load.refused or load.outstanding else Phase.ACCEPTED


def _first_vehicle(legs: Sequence[Leg]) -> str:
    return next((fact.event.vehicle for leg in legs for fact in leg.facts if fact.event.vehicle), "")
