"""Corrections: what was declared wrong, by whom, and who agreed.

A proposal counts from a party concerned (it sealed the package, holds it, or was giver or taker of it) and from the authority; a stranger's
does nothing. It holds

1. when the authority agreed or proposed it: its word is final;
2. when the device that made the event takes it back at once (`undo_min` of its running clock, same boot, handed in in the same contact or
   within that time), before anything else happened to the package;
3. when the holder alone names another waste before the package has left it (a nurse notices next day);
4. when somebody entitled of another organisation has agreed, from its own device: for a hand-over its other side, if it really had the
   package in that hop; for anything else a party that has had the package in its hands too, or, where that party proposes, whoever made
   the event.

By 4 nothing is struck out but a hand-over, and that only while the package's life has not ended by then: what was sealed, lost, found in
a box or a room, burnt, or seen after the end takes the authority, which alone may strike out what raises a doubt. By 4 no mass shrinks
below what was sealed beyond the tolerance, and no waste is renamed after disposal; by 3 and 4 no medical waste becomes another one, and
none gets a longer limit after its own has passed (design section 14.4). What the authority said of a mass or a waste no party changes after
it; what it stood for (`vouched`) its maker neither takes back nor renames alone, and a proposal made before that is answered by it. The
maker of a proposal may withdraw it until it is agreed. Until it is agreed, withdrawn or refused by the authority, a proposal leaves its
items disputed.
"""

from collections.abc import Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from enum import StrEnum
from typing import NamedTuple

from schemas.waste import is_medical
from wasteledger.domain.deadlines import storage_of
from wasteledger.domain.entitled import NOT, OFFICE, OWN, entitlement_of, told_before
from wasteledger.domain.facts import Fact, Source, by_order
from wasteledger.domain.register import Directory
from wasteledger.domain.times import CONTACT_MS_MAX
from wasteledger.domain.told_again import is_told_again, told_again

MINUTE_MS = 60_000
#: As long as a load is looked for in a box (`timeline.LOAD_MS_MAX`).
BOX_MS_MAX = 60 * 24 * 60 * MINUTE_MS
#: What speaks of a label or of another event, and says nothing of who had the package.
_WORDS = frozenset(
    {"issued", "printed", "corrected", "vouched", "voided", "inspected", "incident", "relabelled", "opening_stock"}
)
#: What its two parties may say never was; of everything else the rate would rise.
_BY_BOTH = frozenset({"released", "accepted", "refused"})
#: What ends a package's life; what is seen of it afterwards is evidence of doubt.
_ENDS = frozenset({"disposed", "voided"})


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
        waste_code: the same of the waste, empty where there is none.
        disputed: some proposal waits for an answer, or was refused by the other party.
    """

    proposals: tuple[Proposal, ...]
    never_was: bool
    mass_g: int
    waste_code: str
    disputed: bool

    @property
    def refused(self) -> Proposal | None:
        """The first proposal that the other party refused."""
        return next((proposal for proposal in self.proposals if proposal.answer is Answer.REFUSED), None)


def correction_of(  # noqa: PLR0913, PLR0917 - a package, a fact, and where facts are found
    code: str,
    fact: Fact,
    own: Sequence[Fact],
    source: Source,
    directory: Directory,
    names: AbstractSet[str] = frozenset(),
) -> Correction | None:
    """What became of the corrections of `fact` as far as they concern `code`, an item or a box; None where there are none.

    `own` are all facts that name `code`; `names`: what else names it, which is its other labels, or what lies in the box. A correction that
    names all that the event names concerns all that the event is about; one of either of two taps concerns both.
    """
    names = {code, *names}
    named = [
        one
        for told in (fact, *told_again(fact, source))
        for one in corrections_of(told.event_id, source)
        if not names.isdisjoint(one.event.codes) or {*fact.event.codes} <= {*one.event.codes}
    ]
    judge = _Judge(code, names, fact, own, source, directory) if named else None
    facts = [correction for correction in named if judge and judge.is_heard(correction)]
    facts.sort(key=by_order)
    proposals = tuple(
        judge.proposal(proposal, facts)
        for proposal in facts
        if judge and not (proposal.event.agrees_with or proposal.event.refuses)
    )
    if not proposals:
        return None
    if judge:
        proposals = tuple(judge.held_to_authority(proposals))
    agreed = [proposal.fact.event for proposal in proposals if proposal.answer is Answer.AGREED]
    return Correction(
        proposals,
        never_was=any(event.reason == "did_not_occur" for event in agreed),
        mass_g=next((event.mass_g for event in reversed(agreed) if event.reason == "wrong_mass" and event.mass_g), 0),
        waste_code=next((event.waste_code for event in reversed(agreed) if event.reason == "wrong_waste"), ""),
        disputed=any(proposal.answer in {Answer.OPEN, Answer.REFUSED} for proposal in proposals),
    )


def corrections_of(event_id: str, source: Source) -> list[Fact]:
    """Proposals to correct an event, and answers to them."""
    return [fact for fact in source.targets.get(event_id, ()) if fact.kind == "corrected"]


def parties_to(facts: Iterable[Fact], source: Source, directory: Directory) -> set[str]:
    """Who sealed or handled what these facts name, or was giver or taker of it, as entitled signers say."""
    parties: set[str] = set()
    for fact in facts:
        if fact.kind not in _WORDS and entitlement_of(fact, source, directory):
            parties.update(filter(None, (fact.event.site, fact.event.to_site, fact.event.from_site)))
    return parties


class _Judge:
    """Judges the proposals about one event, as far as they concern one package, by all its names, or one box."""

    def __init__(  # noqa: PLR0913, PLR0917 - a package, a fact, and where facts are found
        self,
        code: str,
        names: AbstractSet[str],
        target: Fact,
        own: Sequence[Fact],
        source: Source,
        directory: Directory,
    ) -> None:
        self._code, self._names, self._target, self._own = code, names, target, own
        self._source, self._directory = source, directory.at(target.occurred_ms)
        self._parties = parties_to(own, source, directory)

    def is_heard(self, fact: Fact) -> bool:
        """Whether its maker may say it: the authority, or an entitled device of a party concerned."""
        entitlement = entitlement_of(fact, self._source, self._directory)
        if entitlement in {OFFICE, NOT}:
            return entitlement == OFFICE
        return self._directory.acts_for(fact.event.site, self._parties, fact.occurred_ms)

    def _is_authority(self, fact: Fact) -> bool:
        return entitlement_of(fact, self._source, self._directory) == OFFICE

    def proposal(self, proposal: Fact, facts: Sequence[Fact]) -> Proposal:
        """How a proposal stands."""
        maker, counterparts = proposal.event.site, self._counterparts(proposal)
        told = [proposal, *(other for other in facts if is_told_again(proposal, other))]
        ids = {other.event_id for other in told}
        answers = tuple(
            answer
            for answer in facts
            if not ids.isdisjoint({answer.event.agrees_with, answer.event.refuses})
            and (
                self._is_authority(answer)
                or (not self._is_one(answer, {maker}) and self._may_answer(answer, counterparts))
            )
        )
        final = next((answer for answer in reversed(answers) if self._is_authority(answer)), None)
        return Proposal(proposal, self._answer(told, answers, final), answers)

    def held_to_authority(self, proposals: Sequence[Proposal]) -> Iterator[Proposal]:
        """What the authority said of a mass or a waste stands: what parties agree on afterwards waits for it, the rest is over.

        What it has refused, nobody brings about by saying it again.
        """
        said: dict[str, Fact] = {}
        refused: dict[str, list[Fact]] = {}
        spoken = [[word for word in (one.fact, *one.answers) if self._is_authority(word)] for one in proposals]
        for proposal, words in zip(proposals, spoken, strict=True):
            reason = proposal.fact.event.reason
            if words and proposal.answer is Answer.AGREED and reason != "did_not_occur":
                said[reason] = max([*words, said.get(reason, words[0])], key=by_order)
            refused.setdefault(reason, []).extend(word for word in words if word.event.refuses)
        for proposal, words in zip(proposals, spoken, strict=True):
            last = said.get(proposal.fact.event.reason)
            again = any(not told_before(proposal.fact, word) for word in refused[proposal.fact.event.reason])
            if words or proposal.answer is not Answer.AGREED or (last is None and not again):
                yield proposal
            elif last is None or again:
                yield proposal._replace(answer=Answer.OPEN)
            else:
                later = proposal.fact.order > last.order
                yield proposal._replace(answer=Answer.OPEN if later else Answer.OVERRULED)

    def _answer(self, told: list[Fact], answers: tuple[Fact, ...], final: Fact | None) -> Answer:
        """`told`: the proposal, by each of the taps that told it."""
        proposal = told[0]
        stood_for = self._stood_for() if proposal.event.reason == "did_not_occur" else None
        said = max(proposal.order, final.order) if final else proposal.order
        if stood_for and said < stood_for.order and not self._is_authority(proposal):
            return Answer.OVERRULED  # the authority's last word is that it did occur
        if final:
            return Answer.AGREED if final.event.agrees_with else Answer.OVERRULED
        if any(self._is_withdrawn(one, answers) for one in told):
            return Answer.WITHDRAWN
        if self._is_authority(proposal):
            return Answer.AGREED
        if answers and answers[-1].event.refuses:
            return Answer.REFUSED
        if answers and not self._needs_authority(proposal, answers):
            return Answer.AGREED
        if self._is_undone(proposal) or self._is_renamed(proposal) or self._withdraws(proposal):
            return Answer.AGREED
        return Answer.OPEN

    def _withdraws(self, withdrawal: Fact) -> bool:
        """Whether the maker of a proposal takes it back, to which no party has agreed before."""
        target = self._target.event
        if target.kind != "corrected" or target.agrees_with or target.refuses or withdrawal.event.site != target.site:
            return False
        return not any(
            answer.event.agrees_with == self._target.event_id
            and self.is_heard(answer)
            and told_before(answer, withdrawal)
            for answer in corrections_of(target.target_event_id, self._source)
        )

    def _is_withdrawn(self, proposal: Fact, answers: tuple[Fact, ...]) -> bool:
        agreed = [answer for answer in answers if answer.event.agrees_with]
        return any(
            taken.event.site == proposal.event.site
            and entitlement_of(taken, self._source, self._directory)
            and not any(told_before(answer, taken) for answer in agreed)
            for taken in corrections_of(proposal.event_id, self._source)
        )

    def _may_answer(self, answer: Fact, counterparts: set[str]) -> bool:
        known = entitlement_of(answer, self._source, self._directory) == OWN
        return known and self._is_one(answer, counterparts)

    def _is_one(self, answer: Fact, sites: set[str]) -> bool:
        return self._directory.acts_for(answer.event.site, sites, answer.occurred_ms)

    def _counterparts(self, proposal: Fact) -> set[str]:
        """Who may answer for the other side, the authority apart: those that had the package by their own device's word.

        What one party made is answered for by that party, where somebody else proposes; a hand-over concerns its two sides. Sites of one
        organisation are one party.
        """
        target, maker = self._target.event, proposal.event.site
        sites = {
            fact.event.site
            for fact in self._own
            if fact.kind not in _WORDS and entitlement_of(fact, self._source, self._directory) == OWN
        }
        other = target.to_site or target.from_site
        if maker != target.site:
            sites &= {target.site} if maker == other or not other else set()  # a third party is no side of a hand-over
        elif other:
            sites &= {other}
        organisation = self._directory.organisation
        return {site for site in sites if organisation(site) != organisation(maker)}

    def _stood_for(self) -> Fact | None:
        """The last word by which the authority stands for the event, as far as it concerns the package."""
        words = [
            word
            for word in self._source.targets.get(self._target.event_id, ())
            if word.kind == "vouched" and not self._names.isdisjoint(word.event.codes) and self._is_authority(word)
        ]
        return max(words, key=by_order, default=None)

    def _is_stood_for_before(self, word: Fact) -> bool:
        """Whether the authority stood for the event, and for what it names, before something else was said of it."""
        stood_for = self._stood_for()
        return stood_for is not None and not told_before(word, stood_for)

    def _needs_authority(self, proposal: Fact, answers: tuple[Fact, ...]) -> bool:
        """Whether the rate would rise or the denominator shrink."""
        event, target = proposal.event, self._target
        if event.reason == "did_not_occur":
            return target.kind not in _BY_BOTH or self._has_ended_before(target.order)
        if event.reason == "wrong_waste":
            agreed = next(answer for answer in answers if answer.event.agrees_with)
            burnt = [fact for fact in self._handled() if fact.kind == "disposed"]
            if self._escapes(proposal) or self._is_stood_for_before(agreed):
                return True
            return not all(told_before(agreed, fact) for fact in burnt)
        weighed = next((target.event.mass_of(name) for name in target.event.codes if name in self._names), None)
        before_g = target.event.mass_g or weighed or 0
        if target.kind != "sealed":  # a slip at a hop is brought back to what the package weighed at first
            sealed = next((fact.event.mass_g for fact in self._own if fact.kind == "sealed"), 0)
            before_g = min(before_g, sealed) or before_g
        lowered = event.mass_g < before_g
        return lowered and not self._directory.tolerance.allows(before_g=before_g, after_g=event.mass_g)

    def _has_ended_before(self, order: tuple[int, int, str, int]) -> bool:
        """Whether it was burnt or voided before a moment; a box is empty then, and begins anew."""
        return self._code[0] != "B" and any(
            fact.kind in _ENDS and fact.order < order and self.is_heard(fact) for fact in self._handled()
        )

    def _escapes(self, proposal: Fact) -> bool:
        """Whether another waste takes the package out of the medical figures, or out of a limit that has passed."""
        old, new = self._target.event.waste_code, proposal.event.waste_code
        if is_medical(old) and not is_medical(new):
            return True
        for fact in self._handled():
            if fact.kind not in {"sealed", "accepted"}:
                continue
            before, after = (storage_of(fact.event.site, code, self._directory) for code in (old, new))
            longer = before is not None and (after is None or after.limit_ms > before.limit_ms)
            if longer and before and proposal.received_ms > fact.earliest_ms + before.limit_ms:
                return True
        return False

    def _is_undone(self, proposal: Fact) -> bool:
        """Taken back by the hand that made it, at once, before anything else happened: proved by the device's own chain and clock."""
        event, target = proposal.event, self._target.event
        if self._stood_for() or any(map(self._is_authority, corrections_of(self._target.event_id, self._source))):
            return False
        undo_ms = self._directory.limit("undo_min") * MINUTE_MS
        if event.device_id != target.device_id or event.reason != "did_not_occur" or event.boot_id != target.boot_id:
            return False
        at_once = 0 <= event.monotonic_ms - target.monotonic_ms <= undo_ms and event.device_seq > target.device_seq
        contact_ms = max(undo_ms, CONTACT_MS_MAX)
        if not at_once or proposal.received_ms - self._target.received_ms > contact_ms:
            return False
        if proposal.occurred_ms - self._target.occurred_ms > contact_ms:
            return False  # a running clock that runs backwards proves nothing
        return not any(
            other.event_id != self._target.event_id
            and other.kind not in _WORDS
            and self._lies_between(other, proposal)
            and not is_told_again(self._target, other)
            for other in (*self._own, *self._beside(proposal))
        )

    def _beside(self, proposal: Fact) -> Iterator[Fact]:
        """What happened to a new label of the package, and to the boxes that it lay in or is said to have been put into or taken out of.

        A box that is gone, nobody says afterwards what lay in it.
        """
        target = self._target
        packed = [fact for fact in self._own if fact.kind == "packed" and fact.order < target.order]
        boxes = {target.event.box, *(fact.event.box for fact in packed[-1:])} - {""}
        for box in boxes:
            yield from self._source.box_facts(box, target.occurred_ms, proposal.occurred_ms)
        if target.event.new_code:
            yield from self._source.facts_of(target.event.new_code)

    def _lies_between(self, other: Fact, proposal: Fact) -> bool:
        target = self._target
        if other.event.device_id == target.event.device_id:
            return target.event.device_seq < other.event.device_seq < proposal.event.device_seq
        return target.occurred_ms <= other.occurred_ms <= proposal.occurred_ms

    def _is_renamed(self, proposal: Fact) -> bool:
        """Another waste, named by the one that sealed it and still holds it."""
        event, target = proposal.event, self._target
        if event.reason != "wrong_waste" or target.kind != "sealed" or event.site != target.event.site:
            return False
        if self._escapes(proposal) or self._is_stood_for_before(proposal):
            return False
        # Before it was handed over: by the numbers of the device that says both, else by receipt.
        moved = [fact for fact in self._handled() if fact.kind in {"released", "accepted", "refused", "disposed"}]
        own = [fact for fact in moved if fact.event.device_id == event.device_id]
        return all(told_before(proposal, fact) for fact in own or moved)

    def _handled(self) -> Iterator[Fact]:
        """What happened to the package: by its own code, and to the boxes that it was packed into."""
        yield from self._own
        for packed in self._own:
            if packed.kind == "packed":
                begin_ms = packed.occurred_ms
                yield from self._source.box_facts(packed.event.box, begin_ms, begin_ms + BOX_MS_MAX)
