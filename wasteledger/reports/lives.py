"""What a chain of custody means for the books of each site: what came in, what went out, and what does neither.

The chain's steps are taken through the custody table once more. At every step, for each site concerned:

1. the *flow* is what somebody recorded: produced, declared as opening stock, received, treated by itself (own), entrusted to another;
2. the *stock* is what the custody table says who holds afterwards;
3. where the two differ there is a *gap*, with its reason and its evidence: a hop nobody recorded, a loss, a voided label.

So for every site, waste and period: opening + produced + received − own − entrusted + gaps = closing (HJ 1259-2022 tables C.1 to C.3), and
a balance that does not close names the packages. Custody changes with the taker's scan; that is the moment of both sides' flow.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

from schemas.custody import Decision, ItemState, Phase, decide_move
from wasteledger.domain.chain import Chain
from wasteledger.domain.facts import Fact
from wasteledger.domain.opening import is_opening_stock
from wasteledger.domain.reconcile import Amount
from wasteledger.domain.same_acts import same_acts
from wasteledger.domain.step import Step

#: Labels on which no package lies, and lives that are over: their voids change nothing in anybody's books.
_UNVOIDABLE = frozenset({Phase.UNSEEN, Phase.BLANK, Phase.DISPOSED, Phase.VOIDED})
_IN_STOCK = frozenset({Phase.HELD, Phase.OFFERED, Phase.REFUSED})
#: Titles of gaps that no finding code names.
GAP_TITLES = {"voided": "封装后作废", "lost": "申报丢失或被盗", "found": "丢失后找回", "other": "其他"}


class Flow(StrEnum):
    """What a site recorded of a package."""

    PRODUCED = "produced"
    RECEIVED = "received"
    OWN = "own"
    ENTRUSTED = "entrusted"
    OPENING = "opening"


_SIGN = {Flow.PRODUCED: 1, Flow.OPENING: 1, Flow.RECEIVED: 1, Flow.OWN: -1, Flow.ENTRUSTED: -1}


_BEGINNINGS = frozenset({Flow.PRODUCED, Flow.OPENING})


class Movement(NamedTuple):
    """One flow of one package at one site.

    Attributes:
        fact: its evidence.
        other: whom it was received from or entrusted to; empty for what has no other side.
        mass_g: as sealed, or as an agreed correction says.
    """

    site: str
    flow: Flow
    at_ms: int
    code: str
    waste_code: str
    mass_g: int
    fact: Fact
    other: str = ""


class Gap(NamedTuple):
    """A change of a site's stock that no flow explains, or a flow that did not change it.

    Attributes:
        reason: a finding code, else a key of `GAP_TITLES`.
        amount: what the stock changed by beyond the flows; negative where less is there.
    """

    site: str
    reason: str
    at_ms: int
    code: str
    waste_code: str
    amount: Amount
    fact: Fact


@dataclass(slots=True)
class Holding:
    """A package's time in the hands of one site.

    Attributes:
        begin: the fact by which it came, and `began` the flow that recorded it; None for a gap.
        brought: the giver's release.
        stored: the first time it was put into a room there; None where nobody scanned that.
        released: the site's own newest release.
        end: the fact by which it went, and `ended` the flow that recorded it.
        other: whom it was entrusted to.
    """

    site: str
    begin: Fact
    begin_ms: int
    began: Flow | None = None
    brought: Fact | None = None
    stored: Fact | None = None
    released: Fact | None = None
    end: Fact | None = None
    end_ms: int | None = None
    ended: Flow | None = None
    other: str = ""

    @property
    def two_sided(self) -> bool:
        """Whether it left by a release of its own and an acceptance of the taker."""
        return self.released is not None and self.taken is not None

    @property
    def taken(self) -> Fact | None:
        """The taker's acceptance that names this site as giver; an acceptance further on speaks of another's hand."""
        end = self.end
        return end if end and end.kind == "accepted" and end.event.from_site == self.site else None

    def at(self, moment_ms: int) -> bool:
        """Whether it was there just before a moment."""
        return self.begin_ms < moment_ms and (self.end_ms is None or moment_ms <= self.end_ms)


@dataclass(slots=True)
class Life:
    """One chain as the books of sites see it."""

    chain: Chain
    movements: list[Movement] = field(default_factory=list)
    gaps: list[Gap] = field(default_factory=list)
    holdings: list[Holding] = field(default_factory=list)

    @property
    def disposed(self) -> Fact | None:
        """The fact that ended it in a plant."""
        return next((move.fact for move in self.movements if move.flow is Flow.OWN), None)

    @property
    def sealed(self) -> Movement | None:
        """Its sealing, or the declaration that stands for one."""
        return next((move for move in self.movements if move.flow in _BEGINNINGS), None)

    def touches(self, site: str, *, from_ms: int, to_ms: int) -> bool:
        """Whether it was at a site, or concerns its books, between two moments."""
        there = any(
            holding.site == site and holding.begin_ms < to_ms and (holding.end_ms is None or holding.end_ms >= from_ms)
            for holding in self.holdings
        )
        return there or any(at_site == site and from_ms <= at_ms < to_ms for at_site, at_ms in self.moments())

    def moments(self) -> Iterator[tuple[str, int]]:
        """Site and time of every movement and gap."""
        yield from ((move.site, move.at_ms) for move in self.movements)
        yield from ((gap.site, gap.at_ms) for gap in self.gaps)


def life_of(chain: Chain) -> Life:
    """Reads a chain for the books."""
    life = Life(chain)
    state = ItemState()
    unheard = {doubt.evidence[-1].event_id for doubt in chain.doubts if doubt.reason == "not_entitled"}
    for step in chain.steps:
        before, at_ms = state, step.fact.occurred_ms
        if not _heard(chain, step, before, unheard):
            continue
        decision = _decide(chain, state, step)
        if decision.reasons and (_is_second_tap(chain, step) or any(same_acts(chain, step))):
            continue
        state = decision.state
        if step.fact.kind == "sealed" or before != state:
            flows = list(_flows(chain, step, before, state, at_ms))
            life.movements += flows
            life.gaps += _gaps(chain, step, before, decision, flows, at_ms)
            _hold(life, step, before, state, flows, at_ms)
        _look(life, step)
    return life


def _is_second_tap(chain: Chain, step: Step) -> bool:
    """Whether the walk took a sealing for one that was told already."""
    return step.fact.kind == "sealed" and step.fact not in chain.seals


def _heard(chain: Chain, step: Step, state: ItemState, unheard: set[str]) -> bool:
    """Whether the walk let a step change anything: as `walk.py` and `declarations.py` have decided."""
    fact = step.fact
    if fact.kind == "sealed":
        return fact in chain.seals  # one scanned twice is one; one by a stranger stays until somebody stands for it
    if not step.entitled or fact.event_id in unheard:
        return False
    if state.phase is Phase.LOST and (step.box or fact.kind == "disposed"):
        return False
    if fact.kind == "voided" and state.phase not in _UNVOIDABLE:
        return fact is chain.void and chain.state.phase is Phase.VOIDED
    return True


def _decide(chain: Chain, state: ItemState, step: Step) -> Decision:
    decision = decide_move(state, step.fact.move)
    if step.fact is chain.void and decision.state.phase is not Phase.VOIDED and chain.state.phase is Phase.VOIDED:
        return Decision(state._replace(phase=Phase.VOIDED, box=None), decision.reasons)
    if _never_was(step):
        # As in the walk: a sealing that never was leaves nothing in anybody's hands.
        return Decision(decision.state._replace(phase=Phase.VOIDED), decision.reasons)
    return decision


def _never_was(step: Step) -> bool:
    return step.fact.kind == "sealed" and step.correction is not None and step.correction.never_was


def _flows(chain: Chain, step: Step, before: ItemState, after: ItemState, at_ms: int) -> Iterator[Movement]:
    """What the step recorded, for either side."""
    fact, event = step.fact, step.fact.event

    def move(site: str, flow: Flow, other: str = "") -> Movement:
        return Movement(site, flow, at_ms, chain.code, chain.waste_code, chain.mass_g, fact, other)

    if fact.kind == "sealed" and not _never_was(step):
        # A code on two packages counts as two, each with its own waste and mass.
        produced = move(event.site, Flow.OPENING if is_opening_stock(fact) else Flow.PRODUCED)
        yield produced if len(chain.seals) == 1 else produced._replace(waste_code=event.waste_code, mass_g=event.mass_g)
    if _stock_site(before) and before.holder != after.holder:
        named = fact.kind == "accepted" and event.from_site == before.holder
        if named or before.phase is Phase.OFFERED:
            yield move(before.holder or "", Flow.ENTRUSTED, event.site if named else before.offered_to or "")
    if fact.kind == "accepted" and after.holder == event.site and before.holder != event.site:
        yield move(event.site, Flow.RECEIVED, event.from_site)
    if fact.kind == "disposed" and before.phase is not Phase.DISPOSED and after.phase is Phase.DISPOSED:
        yield move(event.site, Flow.OWN)


def _gaps(  # noqa: PLR0913, PLR0917 - a step, what was before it and what came of it
    chain: Chain, step: Step, before: ItemState, decision: Decision, flows: list[Movement], at_ms: int
) -> Iterator[Gap]:
    """Where the stock changed by something else than the flows say, by site and waste."""
    change: dict[tuple[str, str], Amount] = {}

    def add(site: str, waste_code: str, *, packages: int, mass_g: int) -> None:
        key = (site, waste_code)
        change[key] = change.get(key, Amount()).plus(Amount(packages, mass_g))

    for state, sign in ((before, -1), (decision.state, 1)):
        site = _stock_site(state)
        if site:
            add(site, chain.waste_code, packages=sign, mass_g=sign * chain.mass_g)
    for flow in flows:
        sign = -_SIGN[flow.flow]
        add(flow.site, flow.waste_code, packages=sign, mass_g=sign * flow.mass_g)
    for (site, waste_code), amount in change.items():
        if amount != Amount():
            yield Gap(site, _reason(step, before, decision), at_ms, chain.code, waste_code, amount, step.fact)


def _reason(step: Step, before: ItemState, decision: Decision) -> str:
    if decision.reasons:
        return decision.reasons[-1]
    kind = step.fact.kind
    if before.phase is Phase.LOST:
        return "found"
    if kind == "incident":
        return "lost"
    return kind if kind in GAP_TITLES else "other"


def _stock_site(state: ItemState) -> str | None:
    """Who has it on the books; None for a label, what is lost, and what has come to its end."""
    return state.holder if state.phase in _IN_STOCK else None


def _hold(  # noqa: PLR0913, PLR0917 - a step, what was before it and what came of it
    life: Life, step: Step, before: ItemState, after: ItemState, flows: list[Movement], at_ms: int
) -> None:
    """Ends the holding of who had it, begins that of who has it."""
    leaver, holder = _stock_site(before), _stock_site(after)
    if leaver == holder:
        return
    brought = None
    if leaver and life.holdings:
        last = life.holdings[-1]
        out = next((flow for flow in flows if flow.site == leaver and _SIGN[flow.flow] < 0), None)
        last.end, last.end_ms, last.ended = step.fact, at_ms, out.flow if out else None
        last.other, brought = out.other if out else "", last.released
    if holder:
        came = next((flow.flow for flow in flows if flow.site == holder and _SIGN[flow.flow] > 0), None)
        life.holdings.append(Holding(holder, step.fact, at_ms, came, brought))


def _look(life: Life, step: Step) -> None:
    """Notes where its holder put it, and by whom it was handed out."""
    fact = step.fact
    if not life.holdings or life.holdings[-1].end or fact.event.site != life.holdings[-1].site:
        return
    if fact.kind == "stored" and life.holdings[-1].stored is None:
        life.holdings[-1].stored = fact
    elif fact.kind == "released":
        life.holdings[-1].released = fact


def by_site(lives: Iterable[Life]) -> dict[str, list[Life]]:
    """Lives by each site whose books they move."""
    found: dict[str, list[Life]] = {}
    for life in lives:
        for site in {move.site for move in life.movements}:
            found.setdefault(site, []).append(life)
    return found
