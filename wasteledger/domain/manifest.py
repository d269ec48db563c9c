"""A transfer manifest (危险废物转移联单) as a pure fold over every fact that names its number.

What is on a manifest follows from the scans that name it, in whatever order they arrive; only who is to carry what where is drafted
(危险废物转移管理办法 art. 10 to 20). The fold, in the order of `fold_manifest`:

1. who may say it: what a fact says that its signer may not say is kept, and counts for nothing (design section 14);
2. the legs: hand-overs by giver and taker, several carriers in turn (联运, art. 17), boxes opened into the items inside;
3. the papers: drafts, confirmations and voids, each by the party that may make it;
4. what was loaded, accepted, refused, returned, and what is still outstanding: of its own consignor's load alone;
5. the phase.

    blank → drafted → released → in_transit → arrived → accepted | part_accepted | refused → closed
    voided: by the consignor or the authority, before the consignee accepted anything
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from schemas.codes import SiteKind, site_kind
from schemas.entitlement import Standing
from wasteledger.domain.facts import Fact, by_order
from wasteledger.domain.load import Entitled, Inside
from wasteledger.domain.timeline import CLOCK_DIFFERENCE_MS_MAX

#: Whether it is agreed that a fact never occurred to a code that it names.
Struck = Callable[[str, Fact], bool]


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
_MOVES = frozenset({"released", "accepted", "refused"})


class Leg(NamedTuple):
    """Everything that one party handed to another one under the manifest.

    Attributes:
        releases, acceptances, refusals: the facts, in order of time.
        taken, rejected, waiting: codes accepted; refused for good; and named by the giver without an answer so far.
    """

    giver: str
    taker: str
    releases: tuple[Fact, ...]
    acceptances: tuple[Fact, ...]
    refusals: tuple[Fact, ...]
    taken: frozenset[str]
    rejected: frozenset[str]
    waiting: frozenset[str]

    @property
    def facts(self) -> tuple[Fact, ...]:
        """All of them, in order of time."""
        return tuple(sorted((*self.releases, *self.acceptances, *self.refusals), key=by_order))

    @property
    def codes(self) -> frozenset[str]:
        """Every code that either side named."""
        return self.taken | self.rejected | self.waiting

    @property
    def by_carrier(self) -> bool:
        """Whether the giver is a carrier."""
        return _is_carrier(self.giver)

    @property
    def to_carrier(self) -> bool:
        """Whether the taker is a carrier."""
        return _is_carrier(self.taker)

    @property
    def begin_ms(self) -> int:
        """When the hand-over began."""
        return self.facts[0].occurred_ms


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a manifest is, as far as is known.

    Attributes:
        drafts: every draft of the consignor and of the office, in order of time; the last one holds, and is `draft`.
        consignor: 移出人, as drafted, else the first that gave under it; empty while nobody is known.
        consignors: everybody who gave under it and is no carrier, in order; more than one is against art. 16.
        carriers: as drafted, else those that carried, in the order of their legs.
        consignee: 接受人, as drafted, else the last taker that is no carrier.
        vehicle, driver: as drafted, else as the first scan that names a vehicle; empty where unknown.
        form: electronic or paper; empty without a draft.
        legs: in order of time.
        loaded: items that left the consignor; `foreign`: what other consignors sent under its number, which is not on it.
        accepted, refused: what the consignee decided; `returned`: what the consignor took back.
        outstanding: loaded, and neither accepted, refused nor returned.
        confirmations: the consignee's words (art. 18), in order of time; the last one holds, and is `confirmation`.
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
        return tuple(fact for fact in self.said if fact.kind in _MOVES)

    @property
    def loadings(self) -> tuple[Leg, ...]:
        """The legs by which its own consignor's load left; of redirected goods the first leg, which begins in a carrier's hands."""
        return tuple(leg for leg in _sources(self.legs) if _is_own(leg, self.consignor))

    @property
    def carried_by(self) -> tuple[str, ...]:
        """Carriers that took the load, in order."""
        return tuple(dict.fromkeys(leg.taker for leg in self.legs if leg.to_carrier))

    @property
    def arrivals(self) -> tuple[Leg, ...]:
        """Legs that end at somebody who is neither a carrier nor the consignor."""
        return tuple(leg for leg in self.legs if _arrives(leg, self.consignor))

    @property
    def decisions(self) -> tuple[Fact, ...]:
        """Acceptances and refusals where the load arrived, in order of time."""
        found = (fact for leg in self.arrivals for fact in (*leg.acceptances, *leg.refusals))
        return tuple(sorted(found, key=by_order))

    @property
    def handed_over(self) -> Fact | None:
        """The fact by which the load left the consignor (交付时间)."""
        first = [leg.facts[0] for leg in self.legs if not leg.by_carrier and leg.codes - leg.rejected]
        return min(first, key=by_order) if first else self.moves[0] if self.loaded else None

    @property
    def arrived(self) -> Fact | None:
        """The fact by which it is known to have arrived: the last carrier's release there, else the first decision."""
        shown = [fact for leg in self.arrivals if leg.by_carrier for fact in leg.releases]
        found = [*shown, *self.decisions]
        return min(found, key=by_order) if found else None

    @property
    def holder(self) -> str:
        """Who has the load while it is on its way: the last carrier that took it, else the consignor."""
        carrying = [leg for leg in self.legs if leg.to_carrier and leg.taken]
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
    legs = _legs([fact for fact in said if fact.kind in _MOVES], inside, struck)
    papers = _papers([fact for fact in said if fact.kind == "manifested"], legs)
    draft = papers.drafts[-1].event if papers.drafts else None
    load = _load(legs, papers.consignor)
    return Manifest(
        number=number,
        phase=_phase(legs, load, papers),
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
    drafts = _drafts(papers, _givers(legs))
    draft = drafts[-1].event if drafts else None
    drafters = (fact.event.site for fact in drafts if not _by_authority(fact))
    consignor = next(drafters, "") or _first_giver(legs)
    ends = [leg for leg in legs if _arrives(leg, consignor)]
    consignee = draft.consignee if draft else ends[-1].taker if ends else ""
    confirmations = [fact for fact in papers if fact.event.action == "confirmed" and fact.event.site == consignee]
    voids = [fact for fact in papers if fact.event.action == "voided" and _may_void(fact, consignor)]
    accepted = min((fact.order for leg in ends for fact in leg.acceptances), default=None)
    holding = tuple(fact for fact in voids if accepted is None or fact.order < accepted)
    rightful = {fact.event_id for fact in (*drafts, *confirmations, *voids)}
    return _Papers(
        consignor,
        consignee,
        drafts,
        confirmations=tuple(confirmations),
        void=holding[0] if holding else None,
        late_voids=tuple(fact for fact in voids if fact not in holding),
        strangers=tuple(fact for fact in papers if fact.event_id not in rightful),
    )


def _drafts(papers: Sequence[Fact], givers: Sequence[str]) -> tuple[Fact, ...]:
    """Those of one consignor, with what the authority mended.

    Its number makes nobody else's papers his: the office drew it up for a party, else a party that loads under it did, else who
    told first. Whoever drafts a neighbour's number takes nothing from him.
    """
    drafts = [fact for fact in papers if fact.event.action == "drafted"]

    def rank(fact: Fact) -> tuple[bool, bool, int, str, int]:
        event = fact.event
        in_its_name = fact.standing is Standing.OTHER
        return not in_its_name, event.site not in givers, fact.received_ms, event.device_id, event.device_seq

    first = min((fact for fact in drafts if not _by_authority(fact)), key=rank, default=None)
    own = first.event.site if first else ""
    return tuple(fact for fact in drafts if fact.event.site == own or _by_authority(fact))


def _first_giver(legs: Sequence[Leg]) -> str:
    return (*_givers(legs), *(leg.giver for leg in legs), "")[0]


def _givers(legs: Sequence[Leg]) -> tuple[str, ...]:
    """Those that gave and are no carriers, in order."""
    return tuple(dict.fromkeys(leg.giver for leg in legs if not leg.by_carrier))


def _may_void(fact: Fact, consignor: str) -> bool:
    return fact.event.site == consignor or _by_authority(fact)


def _by_authority(fact: Fact) -> bool:
    """Whether the office says it for itself; what it says in a party's name is that party's paper."""
    return fact.standing is Standing.OFFICE


class _Load(NamedTuple):
    """Sets of codes, as `Manifest` names them; `presented` is what a carrier showed at the destination."""

    loaded: frozenset[str]
    foreign: frozenset[str]
    presented: frozenset[str]
    accepted: frozenset[str]
    refused: frozenset[str]
    returned: frozenset[str]

    @property
    def outstanding(self) -> frozenset[str]:
        return self.loaded - self.accepted - self.refused - self.returned


def _is_carrier(site: str) -> bool:
    return site_kind(site) is SiteKind.CARRIER


def _arrives(leg: Leg, consignor: str) -> bool:
    return not leg.to_carrier and leg.taker != consignor


def _legs(moves: Sequence[Fact], inside: Inside | None, struck: Struck | None) -> tuple[Leg, ...]:
    """Hand-overs by giver and taker; `moves` are in order of time, and so are the legs."""
    hops: dict[tuple[str, str], list[tuple[Fact, list[str]]]] = {}
    for fact in moves:
        codes = [code for code in fact.event.codes if struck is None or not struck(code, fact)]
        if codes:
            event = fact.event
            hop = (event.site, event.to_site) if fact.kind == "released" else (event.from_site, event.site)
            hops.setdefault(hop, []).append((fact, opened(codes, fact, inside)))
    return tuple(_leg(giver, taker, named) for (giver, taker), named in hops.items())


def opened(codes: Sequence[str], fact: Fact, inside: Inside | None) -> list[str]:
    """The items that codes stand for; a box of which nothing is known stands for itself."""
    opened: list[str] = []
    for code in codes:
        opened += (inside(code, fact) if inside and code[0] == "B" else ()) or [code]
    return opened


def _leg(giver: str, taker: str, named: Sequence[tuple[Fact, list[str]]]) -> Leg:
    answers: dict[str, Fact] = {}
    offered: dict[str, Fact] = {}
    taken: set[str] = set()
    for fact, codes in named:
        if fact.kind == "accepted":
            taken.update(codes)
        shelf = offered if fact.kind == "released" else answers
        shelf.update(dict.fromkeys(codes, fact))
    rejected = {code for code, fact in answers.items() if code not in taken and not _again(offered.get(code), fact)}
    by_kind = {kind: tuple(fact for fact, _ in named if fact.kind == kind) for kind in _MOVES}
    return Leg(
        giver,
        taker,
        by_kind["released"],
        by_kind["accepted"],
        by_kind["refused"],
        taken=frozenset(taken),
        rejected=frozenset(rejected),
        waiting=frozenset((offered.keys() | answers.keys()) - taken - rejected),
    )


def _again(offer: Fact | None, refusal: Fact) -> bool:
    """Whether it was offered once more after a refusal, by more than clocks differ."""
    return offer is not None and offer.occurred_ms - refusal.occurred_ms > CLOCK_DIFFERENCE_MS_MAX


def _sources(legs: Sequence[Leg]) -> list[Leg]:
    """Legs by which something left a consignor; redirected goods begin their new manifest in a carrier's hands, with their first leg."""
    return [leg for leg in legs if not leg.by_carrier] or list(legs[:1])


def _is_own(leg: Leg, consignor: str) -> bool:
    return leg.by_carrier or leg.giver == consignor


def _load(legs: Sequence[Leg], consignor: str) -> _Load:
    sources = _sources(legs)
    # What a carrier would not take never left; what the plant would not take did.
    loaded = _left(leg for leg in sources if _is_own(leg, consignor))
    # Two consignors on one number are not added up: what only the other one sent is not on this manifest.
    foreign = _left(leg for leg in sources if not _is_own(leg, consignor)) - loaded
    arrivals = [leg for leg in legs if _arrives(leg, consignor)]
    accepted = frozenset(code for leg in arrivals for code in leg.taken) - foreign
    return _Load(
        loaded=loaded,
        foreign=foreign,
        presented=frozenset(code for leg in arrivals if leg.by_carrier for code in leg.codes) - foreign,
        accepted=accepted,
        refused=frozenset(code for leg in arrivals for code in leg.rejected) - accepted - foreign,
        returned=frozenset(code for leg in legs if leg.taker == consignor for code in leg.taken) - accepted - foreign,
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
