"""Reading cases (督办单): from the books, with what each needs now."""

import re
from collections.abc import Collection, Iterable, Sequence
from typing import NamedTuple

from schemas.canonical import encode_base64
from wasteledger import clock
from wasteledger.domain.cases import Case, CaseStatus, Judgement, fold_case, judge_case, same_matter
from wasteledger.domain.entitled import said_by_office
from wasteledger.domain.findings import Finding, by_precedence, gather
from wasteledger.domain.legal_days import china_day
from wasteledger.errors import NotFoundError, QueryError
from wasteledger.flows.book_answers import devices_now, producers_now, rolls_now, voids_now
from wasteledger.flows.evidence import evidence_digest
from wasteledger.flows.service import Service

#: Cases of one month: their number has four digits.
CASES_MAX = 9_999
#: Months that are looked through for cases: ten years, as long as records are kept.
MONTHS_MAX = 120
#: Cases read from the books at once.
_PORTION = 200
_OF_PRODUCERS = frozenset({"silent_producer", "under_reporting"})
_OF_ROLLS = "label_stock_unaccounted"
_OF_VOIDS = "unusual_voids"
_NUMBER = re.compile(r"DB-20[0-9]{2}(0[1-9]|1[0-2])-[0-9]{4}")


class JudgedCase(NamedTuple):
    """A case, and what it needs now."""

    case: Case
    judgement: Judgement


def findings_now(service: Service, as_of_ms: int, codes: Collection[str] = ()) -> list[Finding]:
    """Every finding of the district at a moment, whenever its packages were sealed; only those of some codes, where any are given."""
    books, directory = service.books(), service.directory()
    condition, values = "(rule = '' OR at_ms < ?)", [as_of_ms, *codes]
    if codes:
        condition += f" AND reason IN ({', '.join('?' * len(codes))})"
    region = directory.register.region
    with books.opened() as (rows, source):
        doubts = rows.doubts(condition, values)
        others = devices_now(books, region)
        if not codes or not _OF_PRODUCERS.isdisjoint(codes):
            others += producers_now(rows, source, directory, region, as_of_ms)
        if not codes or _OF_VOIDS in codes:
            others += voids_now(rows, source, directory, region, as_of_ms)
        if not codes or _OF_ROLLS in codes:
            others += rolls_now(rows, source, directory, region)
    return by_precedence(
        [*gather(doubts, directory), *(finding for finding in others if not codes or finding.code in codes)]
    )


def still_standing(service: Service, cases: Iterable[Case], as_of_ms: int) -> set[str]:
    """Numbers of the cases whose finding the ledger still raises about a package that was not voided with evidence."""
    wanted = list(cases)
    found = findings_now(service, as_of_ms, sorted({case.code for case in wanted})) if wanted else []
    by_code: dict[str, list[Finding]] = {}
    for finding in found:
        by_code.setdefault(finding.code, []).append(finding)
    standing = {case.number: [f for f in by_code.get(case.code, ()) if same_matter(case, f)] for case in wanted}
    voided = _voided(service, {code for findings in standing.values() for f in findings for code in f.items})
    return {
        case.number
        for case in wanted
        if any(_concerned(case, f) - voided or not _concerned(case, f) for f in standing[case.number])
    }


def _concerned(case: Case, finding: Finding) -> set[str]:
    """The packages by which a finding belongs to a case: all of the very finding that it was opened on."""
    return set(finding.items) if finding.finding_id == case.finding else set(finding.items) & set(case.items)


def _voided(service: Service, codes: Iterable[str]) -> set[str]:
    with service.books().opened() as (rows, _):
        items = [item for code in sorted(codes) if (item := rows.item(code)) is not None]
    return {
        item.code for item in items if item.phase == "voided" and "void_without_evidence" not in item.reasons.split()
    }


def load_case(service: Service, typed: str) -> Case:
    """A case by its number.

    Raises:
        QueryError: no number of a case.
        NotFoundError: it was never opened.
    """
    number = parse_case(typed)
    case = fold_cases(service, [number]).get(number)
    if case is None:
        message = f"case {number} was never opened: `wasteledger case list` shows those that were"
        raise NotFoundError(message)
    return case


def load_cases(service: Service, numbers: Sequence[str]) -> list[Case]:
    """Those of these cases that were opened, in the order asked for."""
    return list(fold_cases(service, numbers).values())


def list_cases(
    service: Service, *, status: str | None = None, site: str | None = None, as_of_ms: int | None = None
) -> list[JudgedCase]:
    """Cases with what they need now, the newest first; in a status, or those that a site has to answer.

    Raises:
        QueryError: no such status.
        NotFoundError: no such site.
    """
    if status and status not in set(CaseStatus):
        message = f"status {status!r}: one of {', '.join(CaseStatus)}"
        raise QueryError(message)
    if site and site not in service.directory().sites:
        message = f"site {site} is not in the register: see `wasteledger sites`"
        raise NotFoundError(message)
    wanted = [case for case in all_cases(service) if not site or case.owner == site]
    judged = judge_cases(service, wanted, as_of_ms=as_of_ms)
    return [row for row in judged if not status or row.judgement.status == status]


def judge_cases(service: Service, cases: Sequence[Case], *, as_of_ms: int | None = None) -> list[JudgedCase]:
    """What each of these cases needs now."""
    now_ms = clock.now_ms() if as_of_ms is None else as_of_ms
    there = still_standing(service, cases, now_ms)
    return [
        JudgedCase(case, judge_case(case, finding_still_there=case.number in there, as_of_ms=now_ms)) for case in cases
    ]


def all_cases(service: Service) -> list[Case]:
    """Every case of the last ten years, the newest first. Numbers have no gaps, so the first that is missing ends its month."""
    today = china_day(clock.now_ms())
    months = [divmod(today.year * 12 + today.month - 1 - back, 12) for back in range(MONTHS_MAX)]
    firsts = fold_cases(service, [f"DB-{year}{month + 1:02d}-0001" for year, month in months])
    found: list[Case] = []
    for first in firsts.values():
        begin = 1
        while begin <= CASES_MAX:
            numbers = [
                f"{first.number[:-4]}{serial:04d}" for serial in range(begin, min(begin + _PORTION, CASES_MAX + 1))
            ]
            portion = fold_cases(service, numbers)
            found += portion.values()
            if len(portion) < len(numbers):
                break
            begin += _PORTION
    return sorted(found, key=lambda case: case.number, reverse=True)


def parse_case(typed: str) -> str:
    """The number of a case, as printed or typed.

    Raises:
        QueryError: it is none.
    """
    number = typed.strip().upper()
    if not _NUMBER.fullmatch(number):
        message = f"case {typed[:40]!r}: write its number as DB-202611-0001"
        raise QueryError(message)
    return number


def fold_cases(service: Service, numbers: Sequence[str]) -> dict[str, Case]:
    """The cases that were opened, from what office keys said of them before they were revoked; other devices may say what they like."""
    names = {number: f"case {number}" for number in numbers}
    with service.books().opened() as (_, source):
        source.prefetch(names.values())
        facts = {number: list(source.facts_of(name)) for number, name in names.items()}
        said = {number: [fact for fact in told if said_by_office(fact, source)] for number, told in facts.items()}
    folded = {number: fold_case(number, told) for number, told in said.items()}
    return {number: case for number, case in folded.items() if case is not None}


def sites_of_evidence(service: Service, typed: str) -> set[str]:
    """The sites that have to do with an evidence file: owners of the cases that name it, and whoever handed it in.

    Raises:
        QueryError: no hash.
    """
    named = encode_base64(evidence_digest(typed))
    sites: set[str] = set()
    for case in all_cases(service):
        handed_in = [act.site for act in case.acts if act.action != "opened" and named in act.attachments]
        if handed_in:
            sites.update((case.owner, *handed_in))
    return sites
