"""Cases (督办单): somebody has to answer for a finding by a day, and three levels see to it that he does.

A case is a fold over its `cased` events. Whether its finding still stands is told by the ledger, never by the case: what breaks a chain or
is overdue is closed by the fact that was missing, and no signature does instead. A closed case whose finding stands again counts as
reopened from that moment; the office's next `reopened` event gives it a new day.
"""

from collections.abc import Iterable
from enum import StrEnum
from typing import NamedTuple

from schemas.acts import moment_ms
from schemas.events import CASE_LEVEL_MAX
from schemas.reasons import REASONS, Severity
from wasteledger.domain.facts import Fact, by_order
from wasteledger.domain.findings import Finding

#: Severities whose cases only facts close.
_HARD = frozenset({Severity.BREAKS_CHAIN, Severity.OVERDUE})
LEVELS_ZH = {1: "单位", 2: "乡镇", 3: "区县"}


class CaseStatus(StrEnum):
    """Where a case is."""

    OPEN = "open"
    ANSWERED = "answered"
    CLOSED = "closed"
    REOPENED = "reopened"


STATUS_ZH = {"open": "待答复", "answered": "已答复，待核查", "closed": "已办结", "reopened": "重新督办"}


class CaseAct(NamedTuple):
    """One thing that was done to a case.

    Attributes:
        site, actor, vouch_method: who stands for it, and how weakly.
        attachments: SHA-256 of each piece of evidence, base64; of an opening the event ids of the facts that show the finding.
        due_ms, owner, level: what it changed; None, empty and 0 where it did not.
    """

    at_ms: int
    action: str
    site: str
    actor: str
    vouch_method: str
    note: str
    attachments: tuple[str, ...]
    due_ms: int | None
    owner: str
    level: int
    event_id: str


class Case(NamedTuple):
    """A case as its acts left it.

    Attributes:
        finding, code, items: the finding that it is about; `subject` tells it where it concerns no item (a manifest, a device's numbers),
            `evidence` names the first of the facts that show it, by event id.
        owner: the site that has to answer by `due_ms`.
        level: 1 site, 2 township, 3 district.
        acts: everything that was done, in order of time.
    """

    number: str
    finding: str
    code: str
    subject: str
    items: tuple[str, ...]
    owner: str
    due_ms: int
    level: int
    status: CaseStatus
    evidence: tuple[str, ...]
    acts: tuple[CaseAct, ...]

    @property
    def hard(self) -> bool:
        """Whether only facts can close it; so it is for a code that this program does not know."""
        return self.code not in REASONS or REASONS[self.code].severity in _HARD

    @property
    def attachments(self) -> tuple[str, ...]:
        """The files that were given since it was opened, or opened again."""
        given: list[str] = []
        for act in self.acts:
            if act.action in {"opened", "reopened"}:
                given.clear()
            else:
                given += act.attachments
        return tuple(given)


class Judgement(NamedTuple):
    """What has to happen to a case at a moment.

    Attributes:
        status: as facts make it: a closed case whose finding stands again is reopened.
        settled: the finding is gone, so it can be closed.
        overdue: its day has passed; `next_level` is where it goes then, None at the last one.
        to_reopen: facts reopened it, and no event says so yet.
    """

    status: CaseStatus
    settled: bool
    overdue: bool
    next_level: int | None
    to_reopen: bool


def fold_case(number: str, facts: Iterable[Fact]) -> Case | None:
    """A case from the office's `cased` facts, delivered in any order and any number of times; None before it was opened.

    The caller leaves out what other devices say: a case is the office's own book.
    """
    known = {fact.event_id: fact for fact in facts if fact.kind == "cased" and fact.event.case == number}
    acts = sorted(known.values(), key=by_order)
    opening = next((fact for fact in acts if fact.event.action == "opened"), None)
    if opening is None:
        return None
    event = opening.event
    case = Case(
        number, event.finding, event.code, event.note or "", tuple(event.items), event.owner, moment_ms(event.due_at), event.level,
        CaseStatus.OPEN, tuple(event.attachments), tuple(_act(fact) for fact in acts),
    )  # fmt: skip
    for fact in acts:
        if fact is not opening:
            case = _apply(case, fact)
    return case


def _act(fact: Fact) -> CaseAct:
    event = fact.event
    return CaseAct(
        fact.occurred_ms, event.action, event.site, event.actor, event.vouch_method, event.note or "", tuple(event.attachments),
        moment_ms(event.due_at) if event.due_at else None, event.owner, event.level, fact.event_id,
    )  # fmt: skip


_AFTER = {
    "assigned": CaseStatus.OPEN, "answered": CaseStatus.ANSWERED, "escalated": CaseStatus.OPEN, "closed": CaseStatus.CLOSED,
    "reopened": CaseStatus.REOPENED,
}  # fmt: skip


def _apply(case: Case, fact: Fact) -> Case:
    """A second opening says nothing; a closed case hears only of its reopening, and only a closed one does."""
    event = fact.event
    if event.action not in _AFTER or (case.status is CaseStatus.CLOSED) != (event.action == "reopened"):
        return case
    return case._replace(
        status=_AFTER[event.action],
        owner=event.owner or case.owner,
        due_ms=moment_ms(event.due_at) if event.due_at else case.due_ms,
        level=max(case.level, event.level),  # a case never goes down again
    )


def same_matter(case: Case, finding: Finding) -> bool:
    """Whether a finding is what the case is about, though later facts may have changed its evidence, and so its id, in part.

    Another finding of the same kind about the same package, at another hop, is another matter: no fact shows both.
    """
    if finding.finding_id == case.finding:
        return True
    shown_by_one = not set(case.evidence).isdisjoint(finding.evidence) or not (case.evidence or finding.evidence)
    if finding.code != case.code or not shown_by_one:
        return False
    if case.items:
        return not set(case.items).isdisjoint(finding.items)
    return subject_of(finding).split()[:1] == case.subject.split()[:1]


def subject_of(finding: Finding) -> str:
    """What a finding is about, beside packages: a manifest, a device's numbers; its site where no fact shows it, as with silence."""
    return finding.detail if finding.evidence else f"{finding.site} {finding.detail}"


def judge_case(case: Case, *, finding_still_there: bool, as_of_ms: int) -> Judgement:
    """What a case needs at a moment, given whether the ledger still raises its finding."""
    closed = case.status is CaseStatus.CLOSED
    to_reopen = closed and case.hard and finding_still_there
    overdue = not closed and finding_still_there and as_of_ms > case.due_ms
    return Judgement(
        status=CaseStatus.REOPENED if to_reopen else case.status,
        settled=not finding_still_there,
        overdue=overdue,
        next_level=case.level + 1 if overdue and case.level < CASE_LEVEL_MAX else None,
        to_reopen=to_reopen,
    )


def may_close(case: Case, *, finding_still_there: bool, note: str, evidence_count: int) -> str | None:
    """Why a case can not be closed, with the way out; None where it can.

    `evidence_count`: pieces of evidence in the case since it was last opened, with those that come with the closing.
    """
    if case.status is CaseStatus.CLOSED:
        return f"case {case.number} is closed already"
    if not note.strip():
        return "note: say how the matter was settled; it stands in the ledger for ever"
    if not finding_still_there:
        return None
    if case.hard:
        return (
            f"case {case.number}: the ledger still raises {case.code} ({REASONS[case.code].zh if case.code in REASONS else '?'}); only the "
            f"missing fact closes it. Record the scan or the agreed correction, or void the packages with evidence, then close again"
        )
    if not evidence_count:
        return f"attachments: case {case.number} can be closed with at least one piece of evidence (JPEG, PNG or PDF); attach it"
    return None
