"""Corrections: what was declared wrong, by whom, and who agreed.

A proposal to correct an event holds when somebody entitled has agreed. Entitled are, for a hand-over, its other party; for
anything else, a party that has had the package in its hands too; for everything, the authority, whose answer is final. The
maker of a proposal may withdraw it. The device that made an event may take it back alone within `undo_min`, as long as nobody else
has acted on the package. Until it is agreed, withdrawn or refused by the authority, a proposal leaves its items disputed.
"""

from collections.abc import Sequence
from enum import StrEnum
from typing import NamedTuple

from schemas.codes import SiteKind, site_kind
from wasteledger.domain.facts import Fact, Source, by_order

MINUTE_MS = 60_000


class Answer(StrEnum):
    """How a proposal stands."""

    OPEN = "open"
    AGREED = "agreed"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    OVERRULED = "overruled"


class Proposal(NamedTuple):
    """One proposal to correct an event.

    Attributes:
        answers: agreements and refusals by entitled parties, in order of time.
    """

    fact: Fact
    answer: Answer
    answers: tuple[Fact, ...]


class Correction(NamedTuple):
    """What the proposals to correct one event come to.

    Attributes:
        never_was: it is agreed that the event never occurred.
        mass_g: the mass agreed in place of the event's own, 0 where there is none.
        disputed: some proposal waits for an answer, or was refused by the other party.
    """

    proposals: tuple[Proposal, ...]
    never_was: bool
    mass_g: int
    disputed: bool

    @property
    def refused(self) -> Proposal | None:
        """The first proposal that the other party refused."""
        return next((proposal for proposal in self.proposals if proposal.answer is Answer.REFUSED), None)


def correction_of(code: str, fact: Fact, own: Sequence[Fact], source: Source, *, undo_ms: int) -> Correction | None:
    """What became of the corrections of `fact` as far as they concern `code`, an item or a box; None where there are none.

    `own` are all facts that name `code`.
    """
    facts = [correction for correction in corrections_of(fact.event_id, source) if code in correction.event.codes]
    facts.sort(key=by_order)
    if not facts:
        return None
    parties = _entitled(fact, own)
    proposals = tuple(
        _proposal(proposal, facts, fact, own, source, parties=parties, undo_ms=undo_ms)
        for proposal in facts
        if not (proposal.event.agrees_with or proposal.event.refuses)
    )
    agreed = [proposal.fact.event for proposal in proposals if proposal.answer is Answer.AGREED]
    return Correction(
        proposals,
        never_was=any(event.reason == "did_not_occur" for event in agreed),
        mass_g=next((event.mass_g for event in reversed(agreed) if event.mass_g), 0),
        disputed=any(proposal.answer in {Answer.OPEN, Answer.REFUSED} for proposal in proposals),
    )


def corrections_of(event_id: str, source: Source) -> list[Fact]:
    """Proposals to correct an event, and answers to them."""
    return [fact for fact in source.targets.get(event_id, ()) if fact.kind == "corrected"]


def _entitled(fact: Fact, own: Sequence[Fact]) -> set[str]:
    """Who may answer for the other side, the authority apart."""
    event = fact.event
    other = event.to_site or event.from_site
    if other:
        return {other}
    return {other.event.site for other in own if other.kind not in {"issued", "printed", "corrected"}} - {event.site}


def _proposal(  # noqa: PLR0913 - the proposal and everything it is held against
    proposal: Fact, facts: Sequence[Fact], target: Fact, own: Sequence[Fact], source: Source, *, parties: set[str], undo_ms: int
) -> Proposal:  # fmt: skip
    maker = proposal.event.site
    answers = tuple(
        answer
        for answer in facts
        if proposal.event_id in {answer.event.agrees_with, answer.event.refuses}
        and answer.event.site != maker
        and (answer.event.site in parties or _is_authority(answer))
    )
    final = next((answer for answer in reversed(answers) if _is_authority(answer)), None)
    if final:
        answer = Answer.AGREED if final.event.agrees_with else Answer.OVERRULED
    elif any(taken.event.site == maker for taken in corrections_of(proposal.event_id, source)):
        answer = Answer.WITHDRAWN
    elif answers:
        answer = Answer.AGREED if answers[-1].event.agrees_with else Answer.REFUSED
    else:
        answer = Answer.AGREED if _undone(proposal, target, own, undo_ms) else Answer.OPEN
    return Proposal(proposal, answer, answers)


def _is_authority(fact: Fact) -> bool:
    return site_kind(fact.event.site) is SiteKind.AUTHORITY


def _undone(proposal: Fact, target: Fact, own: Sequence[Fact], undo_ms: int) -> bool:
    """Taken back by the hand that made it, at once, before anybody else acted on it."""
    begin, end = target.occurred_ms, proposal.occurred_ms
    if proposal.event.device_id != target.event.device_id or proposal.event.reason != "did_not_occur":
        return False
    if not 0 <= end - begin <= undo_ms:
        return False
    return not any(
        begin <= other.occurred_ms <= end and other.event.device_id != target.event.device_id for other in own
    )
