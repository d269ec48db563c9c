"""Cases (督办单) as the office keeps them: opened on a finding, assigned, answered, escalated, closed, reopened.

Every act is a `cased` event of the office, drawn up inside the writing transaction in which the case was read, so that two who act at once
do not undo each other. Whether a finding still stands is asked of the books at that moment.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from schemas.codes import CodeKind, SiteKind, parse_code
from schemas.errors import CodeError
from schemas.event_base import ATTACHMENTS_MAX, CODES_MAX, NOTE_MAX
from schemas.events import CASE_LEVEL_MAX
from schemas.sense import check_text
from wasteledger import clock
from wasteledger.domain.cases import Case, CaseStatus, Judgement, may_close, subject_of
from wasteledger.domain.deadlines import HOUR_MS
from wasteledger.domain.legal_days import china_day
from wasteledger.domain.register import Directory
from wasteledger.errors import ForbiddenError, NotFoundError, QueryError
from wasteledger.flows.case_book import (
    CASES_MAX,
    JudgedCase,
    all_cases,
    findings_now,
    fold_cases,
    judge_cases,
    load_case,
    load_cases,
    parse_case,
    still_standing,
)
from wasteledger.flows.evidence import check_evidence, keep_evidence
from wasteledger.flows.evidence_intake import evidence_words
from wasteledger.flows.office import Office, Who, china_time
from wasteledger.flows.service import Service
from wasteledger.store.district import DistrictStore
from wasteledger.store.ledger import Ledger


class _Desk:
    """One writing transaction on cases."""

    def __init__(
        self, service: Service, directory: Directory, office: Office, ledger: Ledger, store: DistrictStore
    ) -> None:
        self.service, self.directory, self._office, self._ledger, self._store = (
            service,
            directory,
            office,
            ledger,
            store,
        )
        self.authority = authority_of(directory)

    def case(self, number: str) -> Case:
        """The case as it stands inside this transaction.

        Raises:
            NotFoundError: it was never opened.
        """
        case = fold_cases(self.service, [number]).get(number)
        if case is None:
            message = f"case {number} was never opened: `wasteledger case list` shows those that were"
            raise NotFoundError(message)
        return case

    def cases(self, numbers: Sequence[str]) -> list[Case]:
        """Those of these cases that were opened, as they stand inside this transaction."""
        return list(fold_cases(self.service, numbers).values())

    def since(self, before: Sequence[Case], number: str) -> list[Case]:
        """The cases of a number's month that were opened after a list was read and before that number was drawn."""
        month = number[:-4]
        known = max((int(case.number[-4:]) for case in before if case.number.startswith(month)), default=0)
        return self.cases([f"{month}{serial:04d}" for serial in range(known + 1, int(number[-4:]))])

    def draw(self, now_ms: int) -> str:
        """The next number of a month. After an old backup the counter may be behind the log: numbers that stand there are passed over."""
        month = f"{china_day(now_ms):%Y%m}"
        while True:
            drawn = self._store.draw(f"case/{month}", 1, last=CASES_MAX)
            if not drawn:
                message = f"the {CASES_MAX} case numbers of {month} are used up: open the case next month"
                raise QueryError(message)
            number = f"DB-{month}-{drawn[0]:04d}"
            if not fold_cases(self.service, [number]):
                return number

    def record(self, bodies: Sequence[dict[str, Any]], at_ms: int) -> None:
        """Puts acts into the log."""
        self._office.record_in(self._ledger, list(bodies), at_ms=at_ms)

    def check_open(self, case: Case) -> None:
        """Refuses to act on a closed case."""
        if case.status is CaseStatus.CLOSED:
            message = f"case {case.number} is closed: reopen it first, with the reason"
            raise QueryError(message)


@contextmanager
def _writing(service: Service) -> Iterator[_Desk]:
    service.books()  # what can be read before others have to wait is read before
    directory = service.directory()
    office = service.office(directory)
    with service.database.write() as connection:
        yield _Desk(service, directory, office, Ledger(connection), DistrictStore(connection))


def open_case(  # noqa: PLR0913 - one field each
    service: Service,
    finding_id: str,
    *,
    owner: str | None = None,
    due_ms: int | None = None,
    who: Who | None = None,
    at_ms: int | None = None,
) -> Case:
    """Opens a case on a finding: its site has to answer within `case_answer_h`, unless somebody else or another day is named.

    Raises:
        NotFoundError: no such finding stands now; an unknown site.
        QueryError: the finding has a case already; a day in the past.
    """
    now_ms = clock.now_ms() if at_ms is None else at_ms
    finding = next((f for f in findings_now(service, now_ms) if f.finding_id == finding_id), None)
    if finding is None:
        message = f"finding {finding_id[:40]!r} does not stand now: `wasteledger reconcile` lists those that do"
        raise NotFoundError(message)
    before = all_cases(service)  # most of them are read before others have to wait
    with _writing(service) as desk:
        number = desk.draw(now_ms)
        same = next((case for case in (*before, *desk.since(before, number)) if case.finding == finding_id), None)
        if same:
            message = (
                f"finding {finding_id} has case {same.number} ({same.status}) already: act on that one, or reopen it"
            )
            raise QueryError(message)
        answerer = _owner(desk, owner or (finding.site if finding.site in desk.directory.sites else desk.authority))
        body = {
            "action": "opened", "finding": finding.finding_id, "code": finding.code, "owner": answerer, "level": 1,
            "due_at": _due(desk, due_ms, now_ms, "case_answer_h", answerer),
            "attachments": list(finding.evidence[:ATTACHMENTS_MAX]),
        }  # fmt: skip
        items = [code for code in finding.items if _is_package(code)][:CODES_MAX]
        if items:
            body["items"] = items
        if subject_of(finding):
            body["note"] = subject_of(finding)[:NOTE_MAX]
        desk.record([_body(desk, number, who, body)], now_ms)
    return load_case(service, number)


def assign_case(  # noqa: PLR0913 - one field each
    service: Service,
    typed: str,
    owner: str,
    *,
    due_ms: int | None = None,
    note: str = "",
    who: Who | None = None,
    at_ms: int | None = None,
) -> Case:
    """Gives a case to another site, or another day to the same one.

    Raises:
        NotFoundError: no such case or site.
        QueryError: closed; a day in the past; a note that is too long.
    """

    def build(desk: _Desk, case: Case, now_ms: int) -> dict[str, Any]:
        desk.check_open(case)
        site = _owner(desk, owner)
        rule = "case_answer_h" if case.level == 1 else "case_escalate_h"
        body = {"action": "assigned", "owner": site, "due_at": _due(desk, due_ms, now_ms, rule, site)}
        return body | ({"note": _note(note)} if note else {})

    return _on_case(service, typed, build, who, at_ms)


def answer_case(  # noqa: PLR0913 - one field each
    service: Service,
    typed: str,
    text: str,
    attachments: Sequence[bytes] = (),
    *,
    who: Who | None = None,
    at_ms: int | None = None,
) -> Case:
    """Answers a case with words and evidence. The first answer in time gives the office `case_escalate_h` to look into it.

    Raises:
        ForbiddenError: somebody else has to answer.
        NotFoundError: no such case.
        QueryError: closed; no text; evidence that is not taken.
    """
    check_evidence(attachments)

    def build(desk: _Desk, case: Case, now_ms: int) -> dict[str, Any]:
        desk.check_open(case)
        if who and who.site not in {case.owner, desk.authority}:
            message = f"case {case.number} is to be answered by {desk.directory.site_name(case.owner)} ({case.owner}): log in for that site"
            raise ForbiddenError(message)
        body = {"action": "answered", "note": _note(text, needed=True)} | _kept(desk, attachments, now_ms)
        in_time = now_ms <= case.due_ms and case.status is not CaseStatus.ANSWERED
        if in_time:  # neither a late answer nor a second one wins time
            body["due_at"] = _due(desk, None, now_ms, "case_escalate_h", desk.authority)
        return body

    return _on_case(service, typed, build, who, at_ms)


def close_case(  # noqa: PLR0913 - one field each
    service: Service,
    typed: str,
    note: str,
    attachments: Sequence[bytes] = (),
    *,
    who: Who | None = None,
    at_ms: int | None = None,
) -> Case:
    """Closes a case: by facts where its finding breaks a chain or is overdue, else by a note and evidence.

    Raises:
        NotFoundError: no such case.
        QueryError: it may not be closed yet; the message says what is missing.
    """
    check_evidence(attachments)

    def build(desk: _Desk, case: Case, now_ms: int) -> dict[str, Any]:
        there = bool(still_standing(service, [case], now_ms))
        given_count = len(case.attachments) + len(attachments)
        refused = may_close(case, finding_still_there=there, note=note, evidence_count=given_count)
        if refused:
            raise QueryError(refused)
        return {"action": "closed", "note": _note(note, needed=True)} | _kept(desk, attachments, now_ms)

    return _on_case(service, typed, build, who, at_ms)


def reopen_case(  # noqa: PLR0913 - one field each
    service: Service,
    typed: str,
    note: str,
    *,
    due_ms: int | None = None,
    who: Who | None = None,
    at_ms: int | None = None,
) -> Case:
    """Opens a closed case again, with the reason.

    Raises:
        NotFoundError: no such case.
        QueryError: it is not closed; no reason; a day in the past.
    """

    def build(desk: _Desk, case: Case, now_ms: int) -> dict[str, Any]:
        if case.status is not CaseStatus.CLOSED:
            message = f"case {case.number} is not closed ({case.status}): answer, assign or close it"
            raise QueryError(message)
        due_at = _due(desk, due_ms, now_ms, "case_escalate_h", case.owner)
        return {"action": "reopened", "note": _note(note, needed=True), "due_at": due_at}

    return _on_case(service, typed, build, who, at_ms)


def escalate_due(service: Service, as_of_ms: int | None = None) -> list[Case]:
    """Moves every overdue case one level up (单位 → 乡镇 → 区县), and opens again those closed ones whose finding stands again.

    Run twice at one moment it does nothing the second time: each act gives a new day. Returns the cases that it moved.
    """
    now_ms = clock.now_ms() if as_of_ms is None else as_of_ms
    wanted = [
        row.case.number for row in judge_cases(service, all_cases(service), as_of_ms=now_ms) if _moves(row.judgement)
    ]
    if not wanted:
        return []
    with _writing(service) as desk:
        rows = judge_cases(service, desk.cases(wanted), as_of_ms=now_ms)
        moved = [row for row in rows if _moves(row.judgement)]
        if moved:
            desk.record([_body(desk, row.case.number, None, _move(desk, row, now_ms)) for row in moved], now_ms)
    return load_cases(service, [row.case.number for row in moved])


def _moves(judgement: Judgement) -> bool:
    return judgement.to_reopen or judgement.next_level is not None


def _move(desk: _Desk, row: JudgedCase, now_ms: int) -> dict[str, Any]:
    case, level = row.case, row.judgement.next_level
    if level is None:
        due_at = _due(desk, None, now_ms, "case_escalate_h", case.owner)
        return {"action": "reopened", "note": "对账再次发现该问题", "due_at": due_at}
    owner = overseer(desk.directory, case.owner, level)
    if owner == case.owner and level < CASE_LEVEL_MAX:
        level += 1
        owner = overseer(desk.directory, case.owner, level)
    due_at = _due(desk, None, now_ms, "case_escalate_h", owner)
    return {"action": "escalated", "owner": owner, "level": level, "due_at": due_at}


def overseer(directory: Directory, site: str, level: int) -> str:
    """Who answers at a level: at 2 the township's authority, else the centre that serves the site; at 3 the district's authority."""
    district = authority_of(directory)
    if level >= CASE_LEVEL_MAX:
        return district
    division = site[1:10]
    own = directory.sites.get(site)
    there = [other for other in directory.register.sites if other.division == division]
    authorities = [other.code for other in there if other.kind is SiteKind.AUTHORITY and other.code != district]
    centres = [own.centre] if own and own.centre else []
    centres += [other.code for other in there if other.kind is SiteKind.TRANSFER_POINT]
    return next(iter([*authorities, *centres, district]))


def authority_of(directory: Directory) -> str:
    """The district's authority, in whose name the office acts.

    Raises:
        NotFoundError: the register has none.
    """
    found = next((site.code for site in directory.register.sites if site.kind is SiteKind.AUTHORITY), None)
    if found is None:
        message = (
            f"district {directory.register.region} has no authority: add a site whose code begins with A to its file"
        )
        raise NotFoundError(message)
    return found


def _on_case(
    service: Service,
    typed: str,
    build: Callable[[_Desk, Case, int], dict[str, Any]],
    who: Who | None,
    at_ms: int | None,
) -> Case:
    """One act on one case: read, checked and recorded in one transaction."""
    number, now_ms = parse_case(typed), clock.now_ms() if at_ms is None else at_ms
    with _writing(service) as desk:
        desk.record([_body(desk, number, who, build(desk, desk.case(number), now_ms))], now_ms)
    return load_case(service, number)


def _body(desk: _Desk, number: str, who: Who | None, fields: dict[str, Any]) -> dict[str, Any]:
    who = who or Who(desk.authority)
    common = {"kind": "cased", "case": number, "site": who.site, "actor": who.actor, "vouch_method": who.vouch_method}
    return common | fields


def _kept(desk: _Desk, attachments: Sequence[bytes], now_ms: int) -> dict[str, Any]:
    """Keeps files, and says in the log that they are: a void may wait for one of them."""
    hashes = keep_evidence(desk.service.settings.data_dir, attachments)
    if hashes:
        desk.record(evidence_words(desk.service, attachments), now_ms)
    return {"attachments": hashes} if hashes else {}


def _owner(desk: _Desk, site: str) -> str:
    if site not in desk.directory.sites:
        message = f"owner: site {site} is not in the register; see `wasteledger sites`"
        raise NotFoundError(message)
    return site


def _due(desk: _Desk, due_ms: int | None, now_ms: int, rule: str, site: str) -> str:
    if due_ms is not None and due_ms <= now_ms:
        message = f"due: {clock.shown(due_ms)} lies in the past; name a later day"
        raise QueryError(message)
    return china_time(now_ms + desk.directory.limit(rule, site) * HOUR_MS if due_ms is None else due_ms)


def _note(text: str, *, needed: bool = False) -> str:
    note = text.replace("\r\n", "\n").strip()
    check_text(note, name="note")
    if (needed and not note) or len(note) > NOTE_MAX:
        message = f"note: {len(note)} characters; say it in 1 to {NOTE_MAX}, it stands in the ledger for ever"
        raise QueryError(message)
    return note


def _is_package(code: str) -> bool:
    """Whether a finding's subject is an item or a box; a manifest's number is neither."""
    try:
        return parse_code(code).kind in {CodeKind.ITEM, CodeKind.BOX}
    except CodeError:
        return False
