"""The chain of one item: what became of it, and every doubt met on the way. `walk.py` makes it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from schemas.acts import Act
from schemas.custody import ItemState, Phase
from wasteledger.domain.deadlines import Awaited, Expected
from wasteledger.domain.facts import Fact
from wasteledger.domain.labels import Label
from wasteledger.domain.step import Step
from wasteledger.domain.timeline import BoxStay, BoxWeighing

_UNSEEN = ItemState()
_HAND_OVERS = frozenset({"released", "accepted"})
_ENDED = frozenset({Phase.DISPOSED, Phase.VOIDED})

#: What is said of a package that nobody sealed.
_OF_NO_STORY = frozenset({"never_sealed", "not_entitled", "opening_stock_again", "opening_stock_known"})


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


class Stay(NamedTuple):
    """The item's time in one room of one holder; a lost item is in no room until it is found.

    Attributes:
        room: as the last `stored` there said; empty before one.
        end_ms: None while it is there.
    """

    site: str
    room: str
    begin_ms: int
    end_ms: int | None


@dataclass(slots=True)
class Chain:
    """What became of one item.

    Attributes:
        seals: the facts by which its life began; more than one is a code used twice.
        mass_g: at sealing, or as an agreed correction says.
        weighings: its own weighings (moment, grams, fact), the sealing first; what a weighed box is held against.
        since_ms: when the present state began, and `since` the fact that began it.
        inferred: some hop rests on an unopened box.
        expected: the next step, if life goes on; `awaited` its rule while the walk is under way.
        unvouched: acts that nobody stood for, with the time until which somebody may.
        stays: where it was, in order; `boxes`: in which boxes; `box_weighings`: of those boxes while it was inside.
        arrived, storage: the fact by which its holder got it, and the limit of its storage there, which runs until it has really left.
        returns: how often it came to a place that is for the law one in which it had been (`storage.py`).
        lost: what was waited for when it was declared lost, since when, and the fact that had begun it: found again, that runs on.
        producer: the site that sealed it; `producer_strength`: by what it took part (`entitled.py`); `first_taker`: to whom it gave.
        two_organisations: some hop was signed by two of them.
        entered: hand-overs from one organisation to another in which the giver itself took no part: both facts, and what stood for it.
        void: a void after sealing that waits, or was confirmed.
        corrected_down_g: by how many grams an agreed correction lowered its mass.
        self_disposed: its producer disposed of it on its own site, licensed.
        relabelled_from: the code of the package on which this label took another one's place; nothing else is told here then.
        replaced: the labels that took the place of its first one, in their order.
        ghost: nobody whose waste it is sealed it.
        declared: as opening stock, which was known by then and is counted beside it; `declared_waits` for the authority.
    """

    code: str
    steps: list[Step]
    boxes: list[BoxStay] = field(default_factory=list)
    state: ItemState = _UNSEEN
    seals: list[Fact] = field(default_factory=list)
    mass_g: int = 0
    weighings: list[tuple[int, int, Fact]] = field(default_factory=list)
    waste_code: str = ""
    since_ms: int = 0
    since: Fact | None = None
    inferred: bool = False
    disputed: bool = False
    doubts: list[Doubt] = field(default_factory=list)
    expected: Expected | None = None
    unvouched: list[Expected] = field(default_factory=list)
    stays: list[Stay] = field(default_factory=list)
    box_weighings: Sequence[BoxWeighing] = ()
    awaited: Awaited | None = None
    consignor: str | None = None
    released: Fact | None = None
    arrived: Fact | None = None
    storage: Awaited | None = None
    taken_ms: int = 0
    returns: int = 0
    lost: tuple[Awaited | None, int, Fact | None] = (None, 0, None)
    producer: str = ""
    producer_strength: int = 0
    first_taker: str = ""
    two_organisations: bool = False
    entered: tuple[tuple[Fact, Fact, int], ...] = ()
    void: Fact | None = None
    corrected_down_g: int = 0
    self_disposed: bool = False
    ghost: bool = False
    declared: Fact | None = None
    declared_waits: bool = False
    seen_at: Fact | None = None
    roll: str = ""
    issued_for: str = ""
    relabelled_from: str = ""
    replaced: Mapping[str, Label] = field(default_factory=dict)

    @property
    def ended(self) -> bool:
        """Whether its life is over."""
        return self.state.phase in _ENDED

    def parties_before(self, fact: Fact) -> set[str]:
        """Who had sealed it, or been giver or taker of it itself, before one of its steps."""
        parties: set[str] = set()
        for step in self.steps:
            kind, event = step.fact.kind, step.fact.event
            if step.fact is fact:
                break
            if kind == "sealed":
                parties.add(event.site)
            elif kind in _HAND_OVERS and step.entitled and not step.box:
                parties.update((event.site, event.to_site or event.from_site))
        return parties

    def mass_in(self, event: Act) -> int | None:
        """What an event says the package weighs, by whichever of its labels."""
        if event.masses_g is None or self.code in event.codes:
            return event.mass_of(self.code)
        return next((event.mass_of(code) for code in event.codes if code in self.labels), None)

    @property
    def labels(self) -> set[str]:
        """Every code that it has borne."""
        return {self.code, *self.replaced}

    @property
    def names(self) -> set[str]:
        """What somebody calls it who speaks of it: its labels, and the boxes that it lay in."""
        return self.labels.union(stay.box for stay in self.boxes)

    @property
    def weighed_g(self) -> int:
        """Its latest own weighing."""
        return self.weighings[-1][1] if self.weighings else 0

    @property
    def expectations(self) -> list[Expected]:
        """Everything that is waited for: nothing but leaving stops the time of storage, which is the next step of what is only held."""
        if self.expected is None:
            return self.unvouched
        waiting = [self.expected, *self.unvouched]
        if self.storage and self.arrived:
            storage = self.storage.since(self.arrived)
            if storage != self.expected:
                waiting.append(storage)
        return waiting

    def expect(self) -> None:
        """Notes the next step, once all steps are known; what was given on one side's paper alone still waits for its giver."""
        if self.awaited and self.since:
            self.expected = self.awaited.since(self.since)
        elif self.state.phase is Phase.OFFERED and self.storage and self.arrived:
            self.expected = self.storage.since(self.arrived)

    def doubt(self, reason: str, *facts: Fact, site: str, at_ms: int | None = None) -> None:
        """Notes a doubt, raised by the last of `facts`."""
        self.doubts.append(Doubt(reason, facts, site, facts[-1].occurred_ms if at_ms is None else at_ms))

    def simplify(self) -> None:
        """What follows from one thing is not a finding of its own.

        A code on two packages makes two interleaved stories; one sealed on a void label is doubted once, and not wherever it goes; a
        package that nobody sealed has no story to hold anything against.
        """
        if len(self.seals) > 1:
            self.doubts = [doubt for doubt in self.doubts if doubt.reason in {"duplicate_code", "not_entitled"}]
            self.expected, self.unvouched = None, []
        elif (
            self.seals
            and self.state.phase is Phase.VOIDED
            and any(doubt.reason == "duplicate_code" for doubt in self.doubts)
        ):
            self.doubts = [doubt for doubt in self.doubts if doubt.reason != "seen_after_end"]
        elif not self.seals and any(doubt.reason == "never_sealed" for doubt in self.doubts):
            self.doubts = [doubt for doubt in self.doubts if doubt.reason in _OF_NO_STORY]
            self.expected, self.unvouched = None, []
