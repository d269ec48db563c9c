"""The chain of one item: its steps walked through `decide`, and every doubt met on the way.

The walk, in the order of `walk`:

1. each step changes the state by the custody table;
2. a hand-over that leaves a consignor under the manifest law is checked for manifest, carrier and vehicle;
3. a weighing is held against the one before it, so that a loss is named once, where it showed;
4. a step made after its limit is noted;
5. the plant's licence is asked on the day of disposal.
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone
from typing import NamedTuple

from schemas.codes import SiteKind, site_kind
from schemas.custody import ItemState, Phase, decide
from schemas.events import Accepted, Released, Sealed, Voided
from schemas.waste import waste_kind
from wasteledger.domain.deadlines import Expected, expected_step
from wasteledger.domain.history import Fact, History
from wasteledger.domain.register import Directory
from wasteledger.domain.timeline import Step, agreed_mass_g, correction_agreed, corrections_of, declared_void, steps_of

#: Legal days are counted in China's time.
CHINA = timezone(timedelta(hours=8))


class Doubt(NamedTuple):
    """A reason to doubt, with the facts that show it.

    Attributes:
        site: who has to act.
        at_ms: when the doubt arose; for an overdue step its limit.
    """

    reason: str
    evidence: tuple[Fact, ...]
    site: str
    at_ms: int


@dataclass
class Chain:
    """What became of one item.

    Attributes:
        seals: the facts by which its life began; more than one is a code used twice.
        mass_g: at sealing, or as an agreed correction says.
        weighed_g, weighed_at: its latest own weighing, which is what a weighed box is held against.
        since_ms: when the present state began.
        inferred: some hop rests on an unopened box.
        expected: the next step, if life goes on.
    """

    code: str
    steps: list[Step]
    state: ItemState = field(default_factory=ItemState)
    seals: list[Fact] = field(default_factory=list)
    mass_g: int = 0
    weighed_g: int = 0
    weighed_at: Fact | None = None
    waste_code: str = ""
    since_ms: int = 0
    inferred: bool = False
    disputed: bool = False
    doubts: list[Doubt] = field(default_factory=list)
    expected: Expected | None = None
    consignor: str | None = None
    released: Fact | None = None

    @property
    def ended(self) -> bool:
        """Whether its life is over."""
        return self.state.phase in {Phase.DISPOSED, Phase.VOIDED}

    def doubt(self, reason: str, *facts: Fact, site: str, at_ms: int | None = None) -> None:
        """Notes a doubt, raised by the last of `facts`."""
        self.doubts.append(Doubt(reason, facts, site, facts[-1].occurred_ms if at_ms is None else at_ms))


def china_day(moment_ms: int) -> datetime:
    """The moment as China's wall clock."""
    return datetime.fromtimestamp(moment_ms / 1000, tz=UTC).astimezone(CHINA)


def walk(code: str, history: History, directory: Directory) -> Chain:
    """Walks an item's steps; see the numbered list above."""
    chain = Chain(code, steps_of(code, history))
    previous: Fact | None = None
    for step in chain.steps:
        before = chain.state
        _decide(chain, step, previous, history)
        if step.inferred and step.fact.event.kind in {"released", "accepted"}:
            chain.inferred = True
        _check_hand_over(chain, step, directory)
        _check_mass(chain, step, directory)
        _check_time_limit(chain, step, before)
        if step.fact.event.kind == "disposed":
            _check_plant(chain, step, directory)
        if _moved(before, chain.state):
            chain.since_ms = step.fact.occurred_ms
            previous = step.fact
        chain.expected = expected_step(
            chain.state, since_ms=chain.since_ms, waste_code=chain.waste_code, directory=directory
        )
    _simplify(chain)
    return chain


def _decide(chain: Chain, step: Step, previous: Fact | None, history: History) -> None:
    fact = step.fact
    decision = decide(chain.state, fact.event)  # type: ignore[arg-type]  # only item events are filed by code
    evidence = (previous, fact) if previous else (fact,)
    for reason in decision.reasons:
        chain.doubt(reason, *evidence, site=_who_acts(reason, chain.state, fact))
    if step.misordered:
        chain.doubt("impossible_time", fact, site=getattr(fact.event, "to_site", fact.event.site))
    if isinstance(fact.event, Sealed):
        _open_life(chain, fact, fact.event, history)
    if isinstance(fact.event, Voided) and chain.seals and not fact.event.attachments:
        chain.doubt("void_without_evidence", fact, site=fact.event.site)
    if correction_agreed(fact, history) is False:
        chain.disputed = True
        correction = corrections_of(fact, history)[0]
        chain.doubt("disputed", fact, correction, site=chain.state.holder or fact.event.site)
    never_was = isinstance(fact.event, Sealed) and declared_void(fact, history)
    chain.state = decision.state._replace(phase=Phase.VOIDED) if never_was else decision.state


def _who_acts(reason: str, state: ItemState, fact: Fact) -> str:
    """A missing acceptance is the last holder's to explain, everything else is the present actor's."""
    if reason in {"missing_link", "one_sided_hop"} and state.holder:
        return state.holder
    return fact.event.site


def _open_life(chain: Chain, fact: Fact, event: Sealed, history: History) -> None:
    chain.seals.append(fact)
    corrected_g = agreed_mass_g(fact, history)
    chain.mass_g = max(chain.mass_g, corrected_g or event.mass_g)
    chain.weighed_g = chain.mass_g
    chain.waste_code = chain.waste_code or event.waste_code
    if waste_kind(event.waste_code) is None:
        chain.doubt("unlisted_waste_code", fact, site=event.site)


def _check_hand_over(chain: Chain, step: Step, directory: Directory) -> None:
    event = step.fact.event
    if not isinstance(event, Released | Accepted):
        return
    giver, taker = (event.site, event.to_site) if isinstance(event, Released) else (event.from_site, event.site)
    if site_kind(giver) is not SiteKind.CARRIER:
        chain.consignor = giver
    _check_persons(chain, step.fact)
    if chain.consignor is None:
        return
    # A consignor that the register does not know has shown no right to the exemption of small institutions.
    site = directory.sites.get(chain.consignor)
    if site is not None and not site.needs_manifest:
        return
    if event.manifest is None:
        chain.doubt("manifest_missing", step.fact, site=giver)
    if isinstance(event, Accepted) and site_kind(taker) is SiteKind.CARRIER:
        _check_carrier(chain, step.fact, event, directory)


def _check_persons(chain: Chain, fact: Fact) -> None:
    """Two parties, two persons: who vouched, else who acted; and two keys, unless one side stood by and vouched."""
    if isinstance(fact.event, Released):
        chain.released = fact
    elif chain.released is not None:
        given, taken = chain.released.event, fact.event
        one_person = (given.vouched_by or given.actor) == (taken.vouched_by or taken.actor)
        one_device = given.device_id == taken.device_id and not (given.vouched_by or taken.vouched_by)
        if one_person or one_device:
            chain.doubt("same_person_both_sides", chain.released, fact, site=taken.site)
        chain.released = None


def _check_carrier(chain: Chain, fact: Fact, event: Accepted, directory: Directory) -> None:
    day = china_day(fact.occurred_ms).date()
    if not directory.licensed(holder=event.site, activity="carry", waste_code=chain.waste_code, day=day):
        chain.doubt("unlicensed_carrier", fact, site=event.site)
    if event.vehicle is None or directory.carrier_of.get(event.vehicle) != event.site:
        chain.doubt("unlicensed_vehicle", fact, site=event.site)


def _check_mass(chain: Chain, step: Step, directory: Directory) -> None:
    event = step.fact.event
    if step.inferred or not isinstance(event, Released | Accepted) or not chain.seals:
        return
    weighed_g = event.mass_of(chain.code)
    if weighed_g is None:
        return
    if not directory.tolerance.allows(before_g=chain.weighed_g, after_g=weighed_g):
        chain.doubt("weight_difference", chain.weighed_at or chain.seals[0], step.fact, site=event.site)
    chain.weighed_g, chain.weighed_at = weighed_g, step.fact


def _check_time_limit(chain: Chain, step: Step, before: ItemState) -> None:
    late = chain.expected is not None and step.fact.occurred_ms > chain.expected.due_ms
    if late and chain.expected and _moved(before, chain.state):
        chain.doubt("late_step", step.fact, site=chain.expected.site)


def _check_plant(chain: Chain, step: Step, directory: Directory) -> None:
    event, day = step.fact.event, china_day(step.fact.occurred_ms).date()
    if not directory.licensed(holder=event.site, activity="dispose", waste_code=chain.waste_code, day=day):
        chain.doubt("unlicensed_plant", step.fact, site=event.site)


def _moved(before: ItemState, after: ItemState) -> bool:
    return (before.phase, before.holder, before.offered_to) != (after.phase, after.holder, after.offered_to)


def _simplify(chain: Chain) -> None:
    """A code on two packages makes two interleaved stories: what follows from that is not a finding of its own."""
    if len(chain.seals) > 1:
        chain.doubts = [doubt for doubt in chain.doubts if doubt.reason == "duplicate_code"]
        chain.expected = None
