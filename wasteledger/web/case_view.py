"""What the pages of cases show: plain values made from a case and from what the ledger says of it now."""

from collections.abc import Mapping
from typing import NamedTuple

from schemas.canonical import decode_base64
from schemas.codes import CodeKind, parse_code
from schemas.errors import CodeError
from schemas.reasons import REASONS, Severity
from wasteledger.domain.cases import CaseAct, CaseStatus
from wasteledger.domain.register import Directory
from wasteledger.flows.case_book import JudgedCase
from wasteledger.web.texts import Words
from wasteledger.web.view import Due, Reference, china_time, due, evidence


class ListedCase(NamedTuple):
    """One case in the list."""

    number: str
    title: str
    severity: Severity | None
    owner: str
    level: str
    status: str
    due: Due | None


class ActView(NamedTuple):
    """One thing that was done; who and what was said only for readers who are logged in."""

    title: str
    time: str
    site: str
    changes: list[str]
    person: str
    note: str
    files: list[Reference]
    hidden: int


class CaseView(NamedTuple):
    """One case's page."""

    row: ListedCase
    finding_href: str
    subject: str
    items: list[Reference]
    evidence: list[Reference]
    stands: bool
    closing: str
    acts: list[ActView]


def listed_case(found: JudgedCase, directory: Directory, *, as_of_ms: int, t: Words) -> ListedCase:
    """One case with what it needs now."""
    case, judgement = found
    known = case.code in REASONS
    closed = judgement.status is CaseStatus.CLOSED
    return ListedCase(
        case.number, t.reason(case.code) if known else case.code, REASONS[case.code].severity if known else None,
        directory.site_name(case.owner), t(f"case.level.{case.level}"), t(f"case.{judgement.status}"),
        None if closed else due(case.due_ms, as_of_ms, t),
    )  # fmt: skip


def case_view(  # noqa: PLR0913 - what the page is made of
    found: JudgedCase,
    directory: Directory,
    *,
    spoken_of: Mapping[str, str],
    as_of_ms: int,
    persons: bool,
    t: Words,
) -> CaseView:
    """Everything on one case's page; `spoken_of` names a package for each piece of evidence that speaks of one."""
    case, judgement = found
    if judgement.status is CaseStatus.CLOSED:
        closing = "closed"
    elif judgement.settled:
        closing = "settled"
    else:
        closing = "hard" if case.hard else "soft"
    return CaseView(
        listed_case(found, directory, as_of_ms=as_of_ms, t=t),
        f"/findings?code={case.code}" if case.code in REASONS else "/findings",
        case.subject,
        [_about(code) for code in case.items],
        [evidence(event_id, spoken_of.get(event_id)) for event_id in case.evidence],
        not judgement.settled,
        t(f"case.close.{closing}"),
        [_act(act, directory, persons=persons, t=t) for act in case.acts],
    )


def _act(act: CaseAct, directory: Directory, *, persons: bool, t: Words) -> ActView:
    changes = [t("case.to", site=directory.site_name(act.owner))] if act.owner else []
    if act.due_ms is not None:
        changes.append(t("case.by_day", day=china_time(act.due_ms)))
    if act.level:
        changes.append(
            f"{t('cases.level')}：{t(f'case.level.{act.level}')}"
            if t.language == "zh"
            else t(f"case.level.{act.level}")
        )
    hashes = () if act.action == "opened" else act.attachments
    files = [
        Reference(t("case.file", number=place), f"/v1/evidence/{decode_base64(digest).hex()}", digest)
        for place, digest in enumerate(hashes, start=1)
    ]
    person = directory.people.get(act.actor)
    shown_note = act.note if persons and act.action != "opened" else ""
    return ActView(
        t(f"case.act.{act.action}"), china_time(act.at_ms), directory.site_name(act.site), changes,
        (person.name if person else act.actor) if persons else "", shown_note, files if persons else [],
        0 if persons else len(files),
    )  # fmt: skip


def _about(code: str) -> Reference:
    """A package or manifest that a case names, with its page."""
    try:
        kind = parse_code(code).kind
    except CodeError:
        return Reference(code, None, code)
    pages = {CodeKind.ITEM: "/items/", CodeKind.MANIFEST: "/manifests/"}
    return Reference(code, f"{pages[kind]}{code}" if kind in pages else None, code)
