"""Questions people ask of the ledger, checked before they are answered."""

import re
from datetime import timedelta
from typing import Any, NamedTuple

from schemas.canonical import decode_base64, encode_base64
from schemas.codes import CodeKind, read_typed
from schemas.errors import CanonicalError
from wasteledger import clock
from wasteledger.domain.chain import Chain
from wasteledger.domain.checkpoint import Checkpoint, parse_checkpoint
from wasteledger.domain.findings import Finding
from wasteledger.domain.legal_days import china_day
from wasteledger.domain.merkle import HASH_BYTES, leaf_hash, verify_inclusion
from wasteledger.domain.note import parse_signed_note
from wasteledger.domain.official import official_figures, official_json, rates_by_waste
from wasteledger.domain.reconcile import Amount, Question, Reconciliation, class_of, share
from wasteledger.domain.register import Directory
from wasteledger.domain.step import Step
from wasteledger.domain.tlog_proof import TlogProof
from wasteledger.errors import NotFoundError, QueryError, TamperedError
from wasteledger.flows.book_answers import answer, item_of
from wasteledger.flows.moments import looking, parse_day
from wasteledger.flows.service import Service
from wasteledger.store.ledger import Ledger

#: Longest period one question may span: ten years, as long as records are kept.
PERIOD_DAYS_MAX = 3660
#: Period shown when none is asked for.
PERIOD_DAYS_DEFAULT = 30


def check_question(
    directory: Directory, *, region: str | None, from_day: str | None, to_day: str | None, moment_ms: int | None = None
) -> tuple[str, str, str]:
    """Region and period of a question, with defaults filled in: the whole district, the last days up to today.

    `moment_ms`: of a question about the past; today is its day.

    Raises:
        QueryError: an unknown region, a day that is none, an empty or too long period, or one wholly in the future.
    """
    region = region or directory.register.region
    if region not in directory.divisions:
        message = f"region {region!r} is not in the register: give {directory.register.region} or one of its townships"
        raise QueryError(message)
    today = china_day(clock.now_ms() if moment_ms is None else moment_ms).date()
    end = parse_day(to_day, name="to") if to_day else today
    begin = parse_day(from_day, name="from") if from_day else end - timedelta(days=PERIOD_DAYS_DEFAULT)
    if begin > end:
        message = f"from {begin} lies after to {end}: exchange them"
        raise QueryError(message)
    if (end - begin).days > PERIOD_DAYS_MAX:
        message = f"{begin} to {end} is more than {PERIOD_DAYS_MAX} days: ask for a shorter period"
        raise QueryError(message)
    if begin > today:
        message = f"from {begin} lies in the future (today is {today}): nothing can have happened yet"
        raise QueryError(message)
    return region, begin.isoformat(), end.isoformat()


class Answered(NamedTuple):
    """An answer, and the register that it was judged and has to be shown by."""

    answer: Reconciliation
    directory: Directory


def ask(
    service: Service, *, region: str | None = None, from_day: str | None = None, to_day: str | None = None
) -> Reconciliation:
    """Reconciles a checked question as of now."""
    return ask_then(service, region=region, from_day=from_day, to_day=to_day).answer


def ask_then(  # noqa: PLR0913 - where, from when to when, and from when it is asked
    service: Service,
    *,
    region: str | None = None,
    from_day: str | None = None,
    to_day: str | None = None,
    as_of: str | None = None,
    at_size: int | None = None,
) -> Answered:
    """Reconciles a checked question as it would have been answered at the end of a day, or at a size of the log (`looking`).

    Raises:
        QueryError: as `check_question` and `looking` do.
    """
    with looking(service, as_of=as_of, at_size=at_size) as look:
        directory, moment_ms = look.directory, look.moment_ms
        question = check_question(directory, region=region, from_day=from_day, to_day=to_day, moment_ms=moment_ms)
        return Answered(answer(look.books, Question(*question, moment_ms), directory), directory)


class FoundItem(NamedTuple):
    """One item: its chain, its class, every finding that names it, and from when and by which register it was judged."""

    chain: Chain
    item_class: str | None
    findings: list[Finding]
    directory: Directory
    moment_ms: int


def find_item(service: Service, typed: str, *, as_of: str | None = None, at_size: int | None = None) -> FoundItem:
    """An item by its code as printed or typed, as it was known at the end of a day, or at a size of the log (`looking`).

    Raises:
        CodeError: the code fails its check.
        QueryError: it is the code of something else than an item, or as `looking` does.
        NotFoundError: nothing is known of the item.
    """
    code = read_typed(typed)
    if code.kind is not CodeKind.ITEM:
        message = f"{code.text} is the code of a {code.kind}, not of an item"
        raise QueryError(message)
    with looking(service, as_of=as_of, at_size=at_size) as look:
        chain, findings = item_of(look.books, code.text, look.directory, as_of_ms=look.moment_ms)
    if not chain.steps:
        message = f"{code.text} is a well-formed code, but nothing in this ledger speaks of it"
        if as_of or at_size:
            message += " at that time"
        raise NotFoundError(message)
    return FoundItem(chain, class_of(chain, look.moment_ms), findings, look.directory, look.moment_ms)


def prove_entry(service: Service, index: int) -> dict[str, Any]:
    """One log entry with the proof that it stands under the published checkpoint (RFC 6962).

    While no checkpoint holds it yet, which is a second or so, `proof` is None.

    Raises:
        NotFoundError: no such entry.
        TamperedError: the stored bytes are not those that were published.
    """
    with service.database.read() as connection:
        ledger = Ledger(connection)
        stored, size = ledger.entry(index), ledger.size
    if stored is None:
        message = f"entry {index} is not in the log, which has {size} entries"
        raise NotFoundError(message)
    shown = {"index": index, "entry": stored.decode("utf-8", "replace"), "leaf_hash": encode_base64(leaf_hash(stored))}
    proof = service.published.prove(index)
    if proof is None:
        return shown | {"tree_size": None, "root": None, "proof": None, "checkpoint": None}
    checkpoint = _proved(proof, stored)
    return shown | {
        "tree_size": checkpoint.size,
        "root": encode_base64(checkpoint.root),
        "proof": [encode_base64(part) for part in proof.hashes],
        "checkpoint": proof.checkpoint.decode(),
    }


def _proved(proof: TlogProof, stored: bytes) -> Checkpoint:
    """The checkpoint of a proof that really leads from the stored bytes to it."""
    checkpoint = parse_checkpoint(parse_signed_note(proof.checkpoint).text)
    if not verify_inclusion(
        index=proof.index, size=checkpoint.size, leaf=leaf_hash(stored), proof=proof.hashes, root=checkpoint.root
    ):
        message = f"entry {proof.index} does not stand under the published checkpoint: run `wasteledger fsck`"
        raise TamperedError(message)
    return checkpoint


def prove_event(service: Service, typed: str) -> TlogProof | None:
    """Receipt R2 of an event, by its id in base64 or hex; None while no checkpoint holds it.

    Raises:
        QueryError: the text is no event id.
        NotFoundError: the log has no such event.
        TamperedError: the stored bytes are not those that were published.
    """
    event_id = parse_event_id(typed)
    with service.database.read() as connection:
        ledger = Ledger(connection)
        index = ledger.index_of(event_id)
        stored = None if index is None else ledger.entry(index)
    if index is None or stored is None:
        message = "no event of this id is in the log: send it again"
        raise NotFoundError(message)
    proof = service.published.prove(index)
    if proof is not None:
        _proved(proof, stored)
    return proof


def parse_event_id(typed: str) -> bytes:
    """An event id from 64 hex digits, or base64 as it stands in verdicts, `-` and `_` for `+` and `/` allowed.

    Raises:
        QueryError: neither.
    """
    if re.fullmatch(r"[0-9a-f]{64}", typed):
        return bytes.fromhex(typed)
    try:
        event_id = decode_base64(typed.replace("-", "+").replace("_", "/"))
    except CanonicalError:
        event_id = b""
    if len(event_id) != HASH_BYTES:
        message = f"{typed[:60]!r} is no event id: give its 64 hex digits, or its base64 with - and _ for + and /"
        raise QueryError(message)
    return event_id


def reconciliation_json(answer: Reconciliation, directory: Directory) -> dict[str, Any]:
    """A reconciliation as plain values for JSON."""
    by_waste = rates_by_waste(answer.items, directory)
    return {
        "region": answer.region,
        "from": answer.from_day,
        "to": answer.to_day,
        "as_of_ms": answer.as_of_ms,
        "tree_size": answer.tree_size,
        **_tally_json(answer.district),
        "official": official_json(official_figures(answer.items, answer.withdrawn, directory)),
        "voided": answer.voided._asdict(),
        "withdrawn": _withdrawn_json(answer, directory),
        "unsealed": _unsealed_json(answer, directory),
        "opening_waiting": answer.opening_waiting._asdict(),
        "late_additions": answer.late_additions._asdict(),
        "divisions": {code: _tally_json(tally) for code, tally in sorted(answer.divisions.items())},
        "categories": {
            code: _tally_json(tally) | {"rate_official_mass": by_waste.get(code)}
            for code, tally in sorted(answer.categories.items())
        },
        "findings": [
            finding._asdict() | {"site_name": directory.site_name(finding.site)} for finding in answer.findings
        ],
        "items": [row._asdict() | {"amount": _amount_json(row.amount)} for row in answer.items],
    }


def _amount_json(amount: Amount) -> dict[str, Any]:
    """Of one package; `mass_g` is null where its mass is unknown."""
    return {"count": amount.count, "mass_g": amount.mass_g or None}


def _unsealed_json(answer: Reconciliation, directory: Directory) -> list[dict[str, Any]]:
    """What nobody sealed, by the site of its first sight; `mass_g` is the mass that is known."""
    return [
        {"site": site, "site_name": directory.site_name(site), **row.amount._asdict()}
        | {"mass_unknown_count": row.mass_unknown_count}
        for site, row in answer.unsealed()
    ]


def _withdrawn_json(answer: Reconciliation, directory: Directory) -> list[dict[str, Any]]:
    """What was voided and corrected down, by site, the greatest share first; sites that took nothing back are not listed."""
    return [
        {"site": site, "site_name": directory.site_name(site), **row._asdict()}
        | {"share_count": share(row.packages, row.sealed_count), "share_mass": share(row.mass_g, row.sealed_g)}
        for site, row in answer.taken_back()
    ]


def _tally_json(tally: Any) -> dict[str, Any]:
    return {
        **tally.rates(),
        "total": tally.total._asdict(),
        "classes": {name: amount._asdict() for name, amount in tally.classes.items()},
    }


def known_mass_g(chain: Chain) -> int | None:
    """As it was sealed, or declared where nobody sealed it; None where neither happened: unknown."""
    return chain.mass_g or (chain.declared.event.mass_g if chain.declared else 0) or None


def chain_json(found: FoundItem) -> dict[str, Any]:
    """An item's chain as plain values for JSON."""
    chain, item_class, findings = found[:3]
    return {
        "code": chain.code,
        "class": item_class,
        "phase": chain.state.phase,
        "holder": chain.state.holder,
        "offered_to": chain.state.offered_to,
        "waste_code": chain.waste_code,
        "mass_g": known_mass_g(chain),
        "steps": [_step_json(chain, step) for step in chain.steps],
        "doubts": [
            {"code": d.reason, "site": d.site, "at_ms": d.at_ms, "evidence": [fact.event_id for fact in d.evidence]}
            for d in chain.doubts
        ],
        "findings": [finding._asdict() for finding in findings],
        "expected": [
            {"code": e.reason, "rule": e.rule, "site": e.site, "due_ms": e.due_ms} for e in chain.expectations
        ],
    }


def _step_json(chain: Chain, step: Step) -> dict[str, Any]:
    fact, event = step.fact, step.fact.event
    return {
        "index": fact.index,
        "event_id": fact.event_id,
        "received_ms": fact.received_ms,
        "kind": event.kind,
        "occurred_at": event.occurred_at,
        "site": event.site,
        "device_id": event.device_id,
        "device_seq": event.device_seq,
        "to_site": event.to_site or None,
        "from_site": event.from_site or None,
        "manifest": event.manifest,
        "vehicle": event.vehicle,
        "box": event.box or None,
        "unit": event.unit or None,
        "new_code": event.new_code or None,
        "mass_g": event.mass_g or chain.mass_in(event),
        "mass_source": event.mass_source or None,
        "attachments": list(event.attachments),
        "evidence": "inferred" if step.inferred else "verified",
        "entitled": step.entitled,
    }
