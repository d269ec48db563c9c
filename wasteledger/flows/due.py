"""What is due: every expected step of a site, whether of a package, a box, a manifest or a case, with who, by when and on what basis."""

from datetime import datetime, timedelta
from typing import Any, NamedTuple

from schemas.codes import CodeKind, parse_code
from schemas.errors import CodeError
from schemas.reasons import REASONS
from wasteledger import clock
from wasteledger.domain.booking import BookedDoubt
from wasteledger.domain.cases import Case, CaseStatus
from wasteledger.domain.legal_days import CHINA, china_day
from wasteledger.domain.register import Directory
from wasteledger.errors import NotFoundError
from wasteledger.flows.case_book import all_cases
from wasteledger.flows.cases import authority_of
from wasteledger.flows.moments import parse_day
from wasteledger.flows.service import Service

#: Rows of one answer; whoever has more overdue than that asks site by site.
DUE_ROWS_MAX = 2_000
#: What has to be done, by the finding that its absence would raise.
STEPS_ZH = {
    "overdue_pickup": "交给收运人",
    "overdue_storage": "转出暂存点",
    "in_limbo": "确认接收或拒收",
    "arrived_not_disposed": "处置",
    "refused_not_rerouted": "退回或改送",
    "overdue_delivery": "送达",
    "not_vouched": "补签",
    "manifest_overdue": "送达联单货物",
    "manifest_not_confirmed": "确认联单",
    "box_not_washed": "清洗消毒周转箱",
    "disputed": "答复更正",
}


class DueRow(NamedTuple):
    """One step that is waited for.

    Attributes:
        kind: item, box, manifest or case; subject: its code or number.
        step_zh: what has to be done; reason: the finding that its absence raises.
        items: the packages that it concerns.
        site: who has to do it, by `due_ms`.
        rule, basis: whose limit holds, and the law it rests on.
        late_ms: how late it is; 0 while there is time.
    """

    kind: str
    subject: str
    step_zh: str
    reason: str
    items: tuple[str, ...]
    site: str
    due_ms: int
    rule: str
    basis: str
    late_ms: int


class DueList(NamedTuple):
    """What is due, the most urgent first; `left_off`: how many more rows there are."""

    rows: list[DueRow]
    left_off: int


def due_list(service: Service, site: str | None, until_ms: int, *, as_of_ms: int | None = None) -> list[DueRow]:
    """Every step that a site (or, with None, anybody) has to make up to a moment and has not made; what is late comes first.

    What a site that was merged had to do, its successor has to.

    Raises:
        NotFoundError: no such site.
    """
    directory = service.directory()
    if site and site not in directory.sites:
        message = f"site {site} is not in the register: see `wasteledger sites`"
        raise NotFoundError(message)
    now_ms = clock.now_ms() if as_of_ms is None else as_of_ms
    rows = [
        _step_row(step, directory, now_ms)
        for owing in ([site, *directory.predecessors(site, now_ms)] if site else [None])
        for step in expected_steps(service, owing, until_ms)
    ]
    for case in all_cases(service):
        row = _case_row(case, directory, now_ms)
        if row and row.due_ms <= until_ms:
            rows.append(row)
    rows = [row._replace(site=directory.successor_of(row.site, now_ms)) for row in rows]
    rows = [row for row in rows if site in {None, row.site}]
    return sorted(rows, key=lambda row: (row.due_ms, row.kind, row.subject, row.reason))


def due_today(service: Service, site: str | None = None, until: str | None = None) -> DueList:
    """What is due until the end of a day in China, today by default, and what should have been done before.

    Raises:
        NotFoundError: no such site.
        QueryError: `until` is no day.
    """
    day = parse_day(until, name="until") if until else china_day(clock.now_ms()).date()
    end = datetime(day.year, day.month, day.day, tzinfo=CHINA) + timedelta(days=1)
    rows = due_list(service, site, int(end.timestamp()) * 1000)
    return DueList(rows[:DUE_ROWS_MAX], max(0, len(rows) - DUE_ROWS_MAX))


def due_json(found: DueList, directory: Directory) -> dict[str, Any]:
    """A due list as plain values for JSON."""
    rows = [row._asdict() | {"site_name": directory.site_name(row.site)} for row in found.rows]
    return {"due": rows, "left_off": found.left_off}


def expected_steps(service: Service, site: str | None, until_ms: int) -> list[BookedDoubt]:
    """The expected steps of packages, boxes and manifests up to a moment, from the books: the only place that they come from."""
    with service.books().opened() as (rows, _):
        if site is None:
            return rows.doubts("rule <> '' AND at_ms <= ?", (until_ms,))
        return rows.doubts("rule <> '' AND at_ms <= ? AND site = ?", (until_ms, site))


def _step_row(step: BookedDoubt, directory: Directory, now_ms: int) -> DueRow:
    subject = step.subject.partition(" ")[0]  # an emptied box is followed by the event that emptied it
    try:
        kind = parse_code(subject).kind
    except CodeError:
        kind = CodeKind.ITEM
    items = tuple(step.items.split()) if kind is CodeKind.MANIFEST else (subject,)
    return DueRow(
        kind.value, subject, STEPS_ZH.get(step.reason, REASONS[step.reason].zh), step.reason, items, step.site, step.at_ms, step.rule,
        directory.rule(step.rule, step.site).basis, max(0, now_ms - step.at_ms),
    )  # fmt: skip


def _case_row(case: Case, directory: Directory, now_ms: int) -> DueRow | None:
    """What a case waits for: its owner's answer, or the office's look into it; nothing once it is closed."""
    if case.status is CaseStatus.CLOSED:
        return None
    answered = case.status is CaseStatus.ANSWERED
    site = authority_of(directory) if answered else case.owner
    rule = "case_escalate_h" if answered or case.level > 1 else "case_answer_h"
    title = REASONS[case.code].zh if case.code in REASONS else case.code
    step = f"核查督办答复：{title}" if answered else f"答复督办单：{title}"
    return DueRow(
        "case", case.number, step, case.code, case.items, site, case.due_ms, rule, directory.rule(rule, site).basis,
        max(0, now_ms - case.due_ms),
    )  # fmt: skip
