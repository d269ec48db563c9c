"""Findings: doubts of many items gathered by what shows them, and what devices' own chains tell."""

import hashlib
from collections import defaultdict
from collections.abc import Iterable
from typing import NamedTuple

from schemas.reasons import PRECEDENCE, REASONS, Severity
from wasteledger.domain.booking import BookedDoubt
from wasteledger.domain.deadlines import HOUR_MS
from wasteledger.domain.register import Directory


class Finding(NamedTuple):
    """Something the rules say is wrong or missing.

    Attributes:
        finding_id: the same whenever the same facts are judged.
        items: codes it concerns; none when it concerns a device.
        evidence: event ids of the facts that show it.
        site: who has to act, and `due_ms` by when.
        detail: numbers that belong to it, for people.
    """

    finding_id: str
    code: str
    severity: Severity
    items: tuple[str, ...]
    evidence: tuple[str, ...]
    site: str
    at_ms: int
    due_ms: int
    detail: str = ""


def make_finding(  # noqa: PLR0913 - the fields of a finding, by name
    reason: str,
    *,
    items: Iterable[str],
    evidence: Iterable[str],
    site: str,
    at_ms: int,
    detail: str = "",
    identity: str = "",
) -> Finding:
    """A finding with its identity and its time limit.

    `identity` stands in for a `detail` and evidence that change from day to day.
    """
    row, shown = REASONS[reason], tuple(evidence)
    named = "|".join((reason, site, identity) if identity else (reason, site, detail, *shown)).encode()
    return Finding(
        finding_id=hashlib.sha256(named).hexdigest()[:12],
        code=reason,
        severity=row.severity,
        items=tuple(sorted(items)),
        evidence=shown,
        site=site,
        at_ms=at_ms,
        due_ms=at_ms + row.answer_h * HOUR_MS,
        detail=detail,
    )


def gather(doubts: Iterable[BookedDoubt], directory: Directory) -> list[Finding]:
    """One finding for each reason and evidence, naming all items that share it; by when to act may be a rule of the region."""
    gathered: dict[tuple[str, str, str, str], list[BookedDoubt]] = defaultdict(list)
    for doubt in doubts:
        gathered[doubt.reason, doubt.evidence, doubt.site, doubt.detail].append(doubt)
    found = [
        make_finding(
            reason,
            items={code for doubt in members for code in doubt.concerned},
            evidence=evidence.split(),
            site=site,
            at_ms=min(doubt.at_ms for doubt in members),
            detail=detail,
        )
        for (reason, evidence, site, detail), members in gathered.items()
    ]
    return [_by_rule(finding, directory) if REASONS[finding.code].answer_rule else finding for finding in found]


def _by_rule(finding: Finding, directory: Directory) -> Finding:
    """The finding with the time limit of the rule as it was when the fact arose."""
    limit_h = directory.at(finding.at_ms).limit(REASONS[finding.code].answer_rule, finding.site)
    return finding._replace(due_ms=finding.at_ms + limit_h * HOUR_MS)


def by_precedence(findings: Iterable[Finding]) -> list[Finding]:
    """Gravest first, then the earliest limit; a finding that items and devices both show stands once, with what both name."""
    once: dict[str, Finding] = {}
    for finding in findings:
        first = once.setdefault(finding.finding_id, finding)
        if first.items != finding.items:
            once[finding.finding_id] = first._replace(items=tuple(sorted({*first.items, *finding.items})))
    return sorted(once.values(), key=lambda finding: (PRECEDENCE[finding.code], finding.due_ms, finding.finding_id))
