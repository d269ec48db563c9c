"""The legs of a manifest: what one party handed to another one under its number; and who is a party to it.

A number stands on a paper that many eyes see. What its trip did is told by its parties: its consignor, the carriers and the consignee that
were drafted, and whoever one of these says that it handed the load to, or, on the way, that it took it from. It is told of what was loaded
under the number. Anybody else's word, and a party's word about another package, is kept, shown and a finding of its own.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

from schemas.codes import SiteKind
from wasteledger.domain.facts import Fact, by_order
from wasteledger.domain.load import Inside, Struck
from wasteledger.domain.step import CLOCK_DIFFERENCE_MS_MAX

#: Hand-overs by giver and taker: each fact with the items that it speaks of.
Hops = Mapping[tuple[str, str], Sequence[tuple[Fact, list[str]]]]
MOVES = frozenset({"released", "accepted", "refused"})
_CARRIER = SiteKind.CARRIER.value


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
        return is_carrier(self.giver)

    @property
    def to_carrier(self) -> bool:
        """Whether the taker is a carrier."""
        return is_carrier(self.taker)

    @property
    def begin_ms(self) -> int:
        """When the hand-over began."""
        return self.facts[0].occurred_ms


def is_carrier(site: str) -> bool:
    """Whether a site carries."""
    return site[0] == _CARRIER


def hops_of(moves: Iterable[Fact], inside: Inside | None, struck: Struck | None) -> Hops:
    """Hand-overs and refusals, which are in order of time, with boxes opened."""
    hops: dict[tuple[str, str], list[tuple[Fact, list[str]]]] = {}
    for fact in moves:
        codes = [code for code in fact.event.codes if struck is None or not struck(code, fact)]
        if codes:
            event = fact.event
            hop = (event.site, event.to_site) if fact.kind == "released" else (event.from_site, event.site)
            hops.setdefault(hop, []).append((fact, opened(codes, fact, inside)))
    return hops


def legs_of(hops: Hops) -> tuple[Leg, ...]:
    """The legs that they make, in order of time."""
    ordered = sorted(hops.items(), key=lambda hop: hop[1][0][0].order)
    return tuple(_leg(giver, taker, named) for (giver, taker), named in ordered)


def told_by(hops: Hops, parties: frozenset[str]) -> Hops:
    """What these parties say themselves."""
    return _only(hops, lambda fact, _: fact.event.site in parties)


def about(hops: Hops, codes: frozenset[str]) -> Hops:
    """What is said of these items, or of a box among them, whatever is told to lie in it by then."""
    return _only(hops, lambda fact, named: not (codes.isdisjoint(named) and codes.isdisjoint(fact.event.codes)))


def _only(hops: Hops, holds: Callable[[Fact, list[str]], bool]) -> Hops:
    if all(holds(*pair) for named in hops.values() for pair in named):
        return hops  # nearly always
    kept = {hop: [pair for pair in named if holds(*pair)] for hop, named in hops.items()}
    return {hop: named for hop, named in kept.items() if named}


def parties_to(legs: Iterable[Leg], drafted: Iterable[str]) -> frozenset[str]:
    """Those of the drafts, and whoever one of them says that it gave to, or that it took from on the way."""
    parties, legs = set(drafted), list(legs)
    known = 0
    while known != len(parties):
        known = len(parties)
        for leg in legs:
            if leg.giver in parties and leg.releases:
                parties.add(leg.taker)
            if leg.taker in parties and leg.by_carrier and leg.acceptances:
                parties.add(leg.giver)
    return frozenset(parties)


def opened(codes: Sequence[str], fact: Fact, inside: Inside | None) -> list[str]:
    """The items that codes stand for, by their packages' codes; a box of which nothing is known stands for itself."""
    opened: list[str] = []
    for code in codes:
        opened += (inside(code, fact) if inside else ()) or [code]
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
    by_kind = {kind: tuple(fact for fact, _ in named if fact.kind == kind) for kind in MOVES}
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
