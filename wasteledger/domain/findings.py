"""Findings: doubts of many items gathered by what shows them, and what devices' own chains tell."""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from schemas.reasons import PRECEDENCE, REASONS, Severity
from wasteledger.domain.chain import Chain, Doubt
from wasteledger.domain.deadlines import HOUR_MS
from wasteledger.domain.facts import Fact
from wasteledger.domain.history import Announced, History
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
    reason: str, *, items: Iterable[str], evidence: Iterable[str], site: str, at_ms: int, detail: str = ""
) -> Finding:
    """A finding with its identity and its time limit."""
    row, shown = REASONS[reason], tuple(evidence)
    identity = "|".join((reason, site, detail, *shown)).encode()
    return Finding(
        finding_id=hashlib.sha256(identity).hexdigest()[:12],
        code=reason,
        severity=row.severity,
        items=tuple(sorted(items)),
        evidence=shown,
        site=site,
        at_ms=at_ms,
        due_ms=at_ms + row.answer_h * HOUR_MS,
        detail=detail,
    )


def item_findings(chains: Iterable[Chain]) -> list[Finding]:
    """One finding for each reason and evidence, naming all items that share it."""
    gathered: dict[tuple[str, tuple[str, ...], str], list[tuple[str, Doubt]]] = defaultdict(list)
    for chain in chains:
        for doubt in chain.doubts:
            key = doubt.reason, tuple(fact.event_id for fact in doubt.evidence), doubt.site
            gathered[key].append((chain.code, doubt))
    return [
        make_finding(
            reason,
            items={code for code, _ in members},
            evidence=evidence,
            site=site,
            at_ms=members[0][1].at_ms,
        )
        for (reason, evidence, site), members in gathered.items()
    ]


def device_findings(history: History, directory: Directory, *, region: str) -> Iterator[Finding]:
    """What the chains of the region's devices show: gaps, forks, clocks, late and unreadable uploads."""
    for device in sorted(history.by_device.keys() | history.announced.keys()):
        facts = history.by_device.get(device, {})
        known = history.devices.get(device)
        site = known.site if known else next(iter(facts.values())).event.site
        if not site[1:].startswith(region):
            continue
        yield from _gaps(facts, site)
        yield from _lost_end(device, facts, history.announced.get(device), site)
        yield from _forks(facts, site, known.chain_root if known else None)
        yield from _clocks(facts, site, directory)
        if known and known.revoked_index is not None:
            late = [fact for fact in facts.values() if fact.index > known.revoked_index]
            yield from (_of_fact("revoked_device", fact, site) for fact in late)
    for fact in history.forks:
        if fact.event.site[1:].startswith(region):
            yield _of_fact("device_fork", fact, fact.event.site)
    for note in history.quarantined:
        owner = history.devices.get(note.device_id)
        if owner and owner.site[1:].startswith(region):
            yield make_finding(
                "quarantined_event", items=(), evidence=(note.event_id,), site=owner.site, at_ms=note.received_ms
            )


def _of_fact(reason: str, fact: Fact, site: str, detail: str = "") -> Finding:
    items = fact.event.codes or ()
    return make_finding(
        reason, items=items, evidence=(fact.event_id,), site=site, at_ms=fact.received_ms, detail=detail
    )


def _gaps(facts: dict[int, Fact], site: str) -> Iterator[Finding]:
    before: Fact | None = None
    expected = 0
    for number in sorted(facts):
        if number > expected:
            missing = str(expected) if number == expected + 1 else f"{expected}–{number - 1}"
            shown = ((before,) if before else ()) + (facts[number],)
            yield make_finding(
                "device_gap",
                items=(),
                evidence=(fact.event_id for fact in shown),
                site=site,
                at_ms=facts[number].received_ms,
                detail=f"{facts[number].event.device_id} № {missing}",
            )
        before, expected = facts[number], number + 1


def _lost_end(device: str, facts: dict[int, Fact], announced: Announced | None, site: str) -> Iterator[Finding]:
    """Events at the end of a chain, which its device said it had made and which never arrived."""
    first = max(facts, default=-1) + 1
    if announced and announced.next_seq > first:
        last = announced.next_seq - 1
        yield make_finding(
            "device_gap",
            items=(),
            evidence=(announced.event_id,),
            site=site,
            at_ms=announced.received_ms,
            detail=f"{device} № {first if first == last else f'{first}–{last}'}",
        )


def _forks(facts: dict[int, Fact], site: str, chain_root: str | None) -> Iterator[Finding]:
    """A `device_prev` that names another event than the one before it: the device was copied or its past rewritten."""
    for number, fact in facts.items():
        earlier = facts[number - 1].event_id if number - 1 in facts else chain_root if number == 0 else None
        if earlier and fact.event.device_prev != earlier:
            yield _of_fact("device_fork", fact, site, detail=f"{fact.event.device_id} № {number}")


def _clocks(facts: dict[int, Fact], site: str, directory: Directory) -> Iterator[Finding]:
    """A clock that was off: once for each boot, by its first event that shows it. Late arrival: for each event."""
    off_ms, late_ms = directory.limit("clock_skew_s", site) * 1000, directory.limit("back_dated_h", site) * HOUR_MS
    boots: set[str] = set()
    for _, fact in sorted(facts.items()):
        event = fact.event
        if event.backfill:
            continue
        wall_ms = event.occurred_ms
        skewed = wall_ms - fact.received_ms > off_ms or abs(wall_ms - fact.occurred_ms) > off_ms
        if skewed and event.boot_id not in boots:
            boots.add(event.boot_id)
            yield _of_fact("clock_skew", fact, site)
        if fact.received_ms - fact.occurred_ms > late_ms:
            yield _of_fact("back_dated", fact, site)


def by_precedence(findings: Iterable[Finding]) -> list[Finding]:
    """Gravest first, then the earliest limit; a finding that items and devices both show stands once, the first way."""
    once: dict[str, Finding] = {}
    for finding in findings:
        once.setdefault(finding.finding_id, finding)
    return sorted(once.values(), key=lambda finding: (PRECEDENCE[finding.code], finding.due_ms, finding.finding_id))
