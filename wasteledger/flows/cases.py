"""Cases (督办单) as the office keeps them: open, assign, answer, escalate, close. Each act is a `cased` event of the office.

Each act reads the case and records its event in one writing transaction, so that of two processes at work at once none acts on a case
that the other has just changed, and no number is drawn twice. Handhelds may hand in whatever they sign; only the office's events count.
"""

import hashlib
import hmac
from base64 import b32encode
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from schemas.event_base import ATTACHMENTS_MAX, CODES_MAX, NOTE_MAX
from schemas.events import CASE_LEVEL_MAX
from wasteledger import clock
from wasteledger.domain.cases import (
    Case,
    CaseStanding,
    CaseStatus,
    answer_limit_ms,
    fold_case,
    judge_case,
    may_close,
    owner_at,
    still_raised,
)
from wasteledger.domain.chain import china_day
from wasteledger.domain.facts import Fact
from wasteledger.domain.findings import Finding
from wasteledger.domain.history import History
from wasteledger.domain.reconcile import Question
from wasteledger.domain.register import Directory
from wasteledger.errors import NotFoundError, QueryError
from wasteledger.flows.book_answers import answer as answer_from
from wasteledger.flows.evidence import keep_evidence
from wasteledger.flows.keys import load_seed
from wasteledger.flows.office import OFFICE_ACTOR, china_time
from wasteledger.flows.service import Service
from wasteledger.store.district import DistrictStore
from wasteledger.store.ledger import Ledger

#: Highest number of a case in a month: DB-YYYYMM-NNNN has four digits.
CASES_PER_MONTH_MAX = 9999
#: Most cases in one list; the rest is asked for by status or owner.
CASES_LISTED_MAX = 500
#: Every day of sealing there can be: a case asks whether its finding is raised, whenever the packages were sealed.
_FIRST_DAY, _LAST_DAY = "2000-01-01", "2099-12-31"
_ACTOR_CHARACTERS = 16


class Findings(NamedTuple):
    """What is raised at a moment, in the whole district.

    Attributes:
        voided: packages that were voided with evidence.
    """

    as_of_ms: int
    findings: list[Finding]
    voided: frozenset[str]

    def about(self, case: Case) -> bool:
        """Whether a case's finding is still there."""
        voided = bool(case.items) and self.voided.issuperset(case.items)
        return not voided and still_raised(case, self.findings)


class CaseList(NamedTuple):
    """Cases, the newest number first.

    Attributes:
        left_off: how many more there are.
    """

    cases: list[Case]
    left_off: int


def open_case(  # noqa: PLR0913 - the fields of an opening
    service: Service,
    finding_id: str,
    *,
    owner: str | None = None,
    note: str = "",
    actor: str = OFFICE_ACTOR,
    vouched_by: str | None = None,
    at_ms: int | None = None,
) -> Case:
    """Opens a case for a finding that is raised now; its owner, by default who has to act, answers within `case_answer_h`.

    The number is drawn in the transaction of the event: a number that was drawn stands in the log.

    Raises:
        NotFoundError: no such finding, or the owner is not in the register.
        QueryError: an open case is about this finding already, or the month's numbers are used up.
    """
    now_ms, directory = clock.now_ms() if at_ms is None else at_ms, service.directory()
    raised = raised_findings(service, directory, as_of_ms=now_ms)
    finding = next((found for found in raised.findings if found.finding_id == finding_id), None)
    if finding is None:
        message = f"finding {finding_id!r} is not raised now: take its id from the list of findings"
        raise NotFoundError(message)
    owner = owner or finding.site
    _check_owner(directory, owner)
    body = _body(
        "opened", actor, vouched_by, note=_note(note), finding=finding.finding_id, code=finding.code, owner=owner, level=1,
        items=list(finding.items[:CODES_MAX]) or None, due_at=china_time(now_ms + answer_limit_ms(directory, 1, owner)),
    )  # fmt: skip
    office, month = service.office(directory), f"{china_day(now_ms):%Y%m}"
    with service.database.write() as connection:
        history = service.history()
        twin = next(
            (c for c in _cases_of(history) if c.finding == finding_id and c.status is not CaseStatus.CLOSED), None
        )
        if twin:
            message = f"finding {finding_id} has case {twin.case} already: answer or close that one"
            raise QueryError(message)
        number = f"DB-{month}-{_draw(DistrictStore(connection), month):04d}"
        office.record_in(Ledger(connection), [body | {"case": number}], at_ms=now_ms)
    return load_case(service, number)


def assign_case(  # noqa: PLR0913 - the fields of an assignment
    service: Service,
    case: str,
    owner: str,
    *,
    due_ms: int | None = None,
    note: str = "",
    actor: str = OFFICE_ACTOR,
    vouched_by: str | None = None,
    at_ms: int | None = None,
) -> Case:
    """Gives a case to another site, which has the time of its level again unless `due_ms` says until when.

    Raises:
        NotFoundError: no such case or site.
        QueryError: the case is closed, or the limit lies in the past.
    """
    now_ms, directory = clock.now_ms() if at_ms is None else at_ms, service.directory()
    _check_owner(directory, owner)
    if due_ms is not None and due_ms <= now_ms:
        message = f"due {china_time(due_ms)} has passed: name a moment that is still to come"
        raise QueryError(message)

    def body(found: Case) -> dict[str, Any]:
        _check_going_on(found)
        until_ms = now_ms + answer_limit_ms(directory, found.level, owner) if due_ms is None else due_ms
        return _body("assigned", actor, vouched_by, note=_note(note), owner=owner, due_at=china_time(until_ms))

    return _act_on(service, case, body, now_ms)


def answer_case(  # noqa: PLR0913 - the fields of an answer
    service: Service,
    case: str,
    text: str,
    attachments: Sequence[bytes] = (),
    *,
    site: str | None = None,
    actor: str = OFFICE_ACTOR,
    vouched_by: str | None = None,
    at_ms: int | None = None,
) -> Case:
    """Records the owner's answer; evidence is kept by its hash, which the event carries.

    Raises:
        NotFoundError: no such case, or the answering site is not in the register.
        QueryError: no text, too long a text, evidence that is not taken, or a closed case.
    """
    now_ms, note = clock.now_ms() if at_ms is None else at_ms, _note(text)
    if not note:
        message = "text: say what was found and done; it stands in the ledger for ever"
        raise QueryError(message)
    if site is not None:
        _check_owner(service.directory(), site, name="site")
    _check_going_on(load_case(service, case))
    hashes = keep_evidence(service, attachments)

    def body(found: Case) -> dict[str, Any]:
        _check_going_on(found)
        return _body("answered", actor, vouched_by, note=note, attachments=hashes or None, site=site or found.owner)

    return _act_on(service, case, body, now_ms)


def escalate_due(service: Service, as_of_ms: int | None = None) -> list[Case]:
    """The office's follow-up: what is overdue goes one level up, and what facts raise again is reopened. Returns what changed.

    Idempotent: an escalated case has the time of its new level, so a second run at the same moment records nothing.
    """
    now_ms, directory = clock.now_ms() if as_of_ms is None else as_of_ms, service.directory()
    raised, office = raised_findings(service, directory, as_of_ms=now_ms), service.office(directory)
    bodies = []
    with service.database.write() as connection:
        for case in _cases_of(service.history()):
            standing = judge_case(case, finding_still_there=raised.about(case), as_of_ms=now_ms)
            if standing.step:
                bodies.append(_follow_up(case, standing, directory, now_ms) | {"case": case.case})
        if bodies:
            office.record_in(Ledger(connection), bodies, at_ms=now_ms)
    return [load_case(service, body["case"]) for body in bodies]


def close_case(  # noqa: PLR0913 - the fields of a closing
    service: Service,
    case: str,
    note: str,
    attachments: Sequence[bytes] = (),
    *,
    actor: str = OFFICE_ACTOR,
    vouched_by: str | None = None,
    at_ms: int | None = None,
) -> Case:
    """Closes a case where facts, or for a discrepancy a note with evidence, allow it (`domain.cases.may_close`).

    Raises:
        NotFoundError: no such case.
        QueryError: it may not be closed; the message says why and what to do.
    """
    now_ms, text = clock.now_ms() if at_ms is None else at_ms, _note(note)
    raised = raised_findings(service, service.directory(), as_of_ms=now_ms)

    def check(found: Case) -> None:
        refusal = may_close(
            found,
            finding_still_there=raised.about(found),
            note=text,
            attachments=len(found.evidence) + len(attachments),
        )
        if refusal:
            raise QueryError(refusal)

    check(load_case(service, case))
    hashes = keep_evidence(service, attachments)

    def body(found: Case) -> dict[str, Any]:
        check(found)
        return _body("closed", actor, vouched_by, note=text, attachments=hashes or None)

    return _act_on(service, case, body, now_ms)


def load_case(service: Service, case: str) -> Case:
    """A case by its number.

    Raises:
        NotFoundError: nothing in the ledger names it.
    """
    return _case_in(service.history(), case)


def list_cases(service: Service, *, status: str | None = None, owner: str | None = None) -> CaseList:
    """Cases of a status or an owner, the newest number first.

    Raises:
        QueryError: no such status.
        NotFoundError: the owner is not in the register.
    """
    if status and status not in set(CaseStatus):
        message = f"status {status!r}: one of {', '.join(CaseStatus)}"
        raise QueryError(message)
    if owner:
        _check_owner(service.directory(), owner)
    wanted = [
        case
        for case in _cases_of(service.history())
        if (not status or case.status == status) and (not owner or case.owner == owner)
    ]
    return CaseList(wanted[:CASES_LISTED_MAX], max(0, len(wanted) - CASES_LISTED_MAX))


def standing_of(service: Service, case: Case, *, as_of_ms: int | None = None) -> CaseStanding:
    """What this moment makes of a case."""
    raised = raised_findings(service, service.directory(), as_of_ms=clock.now_ms() if as_of_ms is None else as_of_ms)
    return judge_case(case, finding_still_there=raised.about(case), as_of_ms=raised.as_of_ms)


def raised_findings(service: Service, directory: Directory, *, as_of_ms: int) -> Findings:
    """Everything that is raised at a moment, whenever the packages were sealed."""
    books = service.books()
    asked = Question(directory.register.region, _FIRST_DAY, _LAST_DAY, as_of_ms)
    found = answer_from(books, asked, books.size).findings
    with books.opened() as (rows, _):
        voided = rows.items("phase = ?", ("voided",))
    proved = frozenset(item.code for item in voided if "void_without_evidence" not in item.reasons.split())
    return Findings(as_of_ms, found, proved)


def actor_of(service: Service, account: str) -> str:
    """The pseudonym under which an account acts in the log: a keyed digest of its name.

    The key lies in `actors.key`; where it is erased nobody can tell any more whose pseudonyms the log holds.
    """
    digest = hmac.digest(load_seed(service.settings.data_dir / "actors.key"), account.encode(), hashlib.sha256)
    return f"u-{b32encode(digest).decode().lower()[:_ACTOR_CHARACTERS]}"


def _act_on(service: Service, case: str, body: Callable[[Case], dict[str, Any]], now_ms: int) -> Case:
    """Records one act on a case as it stands inside the transaction."""
    office = service.office()
    with service.database.write() as connection:
        found = _case_in(service.history(), case)
        made = body(found)
        if len(made.get("attachments", ())) > ATTACHMENTS_MAX:
            message = f"attachments: at most {ATTACHMENTS_MAX} pieces of evidence at once"
            raise QueryError(message)
        office.record_in(Ledger(connection), [made | {"case": found.case}], at_ms=now_ms)
    return load_case(service, case)


def _follow_up(case: Case, standing: CaseStanding, directory: Directory, now_ms: int) -> dict[str, Any]:
    owner = owner_at(standing.level, case.first_owner, directory)
    if standing.step == "reopened":
        note, owner = f"{case.code} 再次出现，重新督办", case.owner
    else:
        note = f"逾期未办结，升级至第 {standing.level} 级（共 {CASE_LEVEL_MAX} 级）"
    due_at = china_time(now_ms + answer_limit_ms(directory, standing.level, owner))
    return _body(standing.step, OFFICE_ACTOR, None, note=note, owner=owner, level=standing.level, due_at=due_at)


def _case_in(history: History, case: str) -> Case:
    found = fold_case(case, _office_facts(history, case))
    if not found.opened:
        message = f"case {case!r} is not in this ledger: `wasteledger case list` shows those that are"
        raise NotFoundError(message)
    return found


def _cases_of(history: History) -> list[Case]:
    """Every case that was opened, the newest number first. The one place where cases are read from."""
    folded = (fold_case(case, _office_facts(history, case)) for case in sorted(history.by_case, reverse=True))
    return [case for case in folded if case.opened]


def _office_facts(history: History, case: str) -> list[Fact]:
    """What the office did to a case: a `cased` event that a handheld signed says nothing."""
    facts = history.by_case.get(case, ())
    offices = {name for name, device in history.devices.items() if device.role == "office"} if facts else set()
    return [fact for fact in facts if fact.event.device_id in offices]


def _draw(store: DistrictStore, month: str) -> int:
    drawn = store.draw(f"case/{month}", 1, last=CASES_PER_MONTH_MAX)
    if not drawn:
        message = f"the {CASES_PER_MONTH_MAX} case numbers of {month} are used up: assign or close cases that are there"
        raise QueryError(message)
    return drawn[0]


def _body(action: str, actor: str, vouched_by: str | None, **fields: Any) -> dict[str, Any]:
    body = {"kind": "cased", "action": action, "actor": actor, "vouched_by": vouched_by} | fields
    return {name: value for name, value in body.items() if value is not None and value != ""}


def _check_going_on(case: Case) -> None:
    if case.status is CaseStatus.CLOSED:
        message = f"case {case.case} is closed: it opens again by itself when its finding is raised again"
        raise QueryError(message)


def _check_owner(directory: Directory, code: str, *, name: str = "owner") -> None:
    if code not in directory.sites:
        message = f"{name} {code!r} is not in the register: see `wasteledger sites`"
        raise NotFoundError(message)


def _note(text: str) -> str:
    if len(text) > NOTE_MAX:
        message = f"note has {len(text)} characters: shorten it to {NOTE_MAX}, the rest belongs into an attachment"
        raise QueryError(message)
    return text.strip()
