"""The commands, each from plain files to a report."""

import base64
import json
import re
from pathlib import Path
from typing import Any

from .audit import Audit, Options
from .folder import LogFolder, UnreadableError, read_file, roots_at
from .formats import (
    Checkpoint,
    InvalidError,
    Policy,
    check_proof,
    decimal,
    fail,
    parse_key,
    parse_note,
    parse_policy,
    signature_of,
    unbase64,
)
from .merkle import leaf_hash
from .report import FORK, Report

_PROMISE_LINES = 4


class UsageError(Exception):
    """The question can not be answered as it was asked."""


def load_policy(path: str | None, folder: str | None = None) -> Policy:
    """The policy that was named; else the one that lies in the export, which is the operator's own word."""
    place = Path(path) if path else Path(folder or ".", "policy")
    try:
        return parse_policy(read_file(place).decode("utf-8", "replace"))
    except InvalidError as error:
        raise UsageError(f"{place}: {error}") from None


def proof(file: str, entry: str, policy: Policy) -> Report:
    """One receipt R2, and no other data."""
    report = Report()
    try:
        index, checkpoint = check_proof(read_file(Path(file)), leaf_hash(read_file(Path(entry))), policy)
    except InvalidError as error:
        report.wrong("proof", str(error))
    else:
        report.facts = {"index": index, "size": checkpoint.size, "cosigned_at_s": checkpoint.times}
    return report


def audit(folder: str, policy: Policy, options: Options, *, older: str | None, receipts: list[str], receipt_key: str | None,
          evidence_dir: str) -> tuple[Report, int]:  # fmt: skip
    """The whole log; and that it keeps what an older checkpoint and receipts promised."""
    log = LogFolder(Path(folder))
    report = Audit(log, policy, options).run()
    exit_code = report.exit_code
    if older and not report.invalid:
        newest, kept = log.checkpoint(policy), read_file(Path(older))
        if policy.signed(kept).size > newest.size:
            text = f"you hold a checkpoint of {policy.signed(kept).size} entries, this log has {newest.size}: it was rolled back"
            report.wrong("rollback", text)
        else:
            exit_code = max(exit_code, compare_notes(kept, newest.note, policy, log, evidence_dir, report))
    for file in receipts:
        if receipt_key is None:
            raise UsageError("--receipt needs --receipt-key, the key that the service names at /v1/log")
        _check_receipt(read_file(Path(file)), receipt_key, log, policy, report)
    return report, exit_code if exit_code == FORK else report.exit_code


def compare(first: str, second: str, folder: str | None, policy: Policy, evidence_dir: str) -> tuple[Report, int]:
    """Whether two checkpoints are of one log."""
    report = Report()
    log = LogFolder(Path(folder)) if folder else None
    code = compare_notes(read_file(Path(first)), read_file(Path(second)), policy, log, evidence_dir, report)
    return report, code or report.exit_code


def compare_notes(  # noqa: PLR0917 - two notes, and where to look and to write
    one: bytes, two: bytes, policy: Policy, log: LogFolder | None, evidence_dir: str, report: Report
) -> int:
    """0 where the smaller is the beginning of the larger; 4, both notes saved, where the log signed a contradiction."""
    try:
        old, new = sorted((policy.signed(one), policy.signed(two)), key=lambda checkpoint: checkpoint.size)
    except InvalidError as error:
        report.wrong("checkpoint", str(error))
        return 0
    if old.origin != new.origin:
        raise UsageError(f"the checkpoints are of two logs, {old.origin} and {new.origin}")
    if old.size == new.size:
        same = old.root == new.root
    elif log is None:
        raise UsageError("checkpoints of different sizes: name the folder of the exported log too")
    else:
        same = _is_beginning(old, new, log)
    report.facts |= {"older_size": old.size, "newer_size": new.size, "consistent": same}
    if same:
        return 0
    saved = Path(evidence_dir)
    saved.mkdir(parents=True, exist_ok=True)
    for checkpoint, name in ((old, "first"), (new, "second")):
        (saved / f"{name}-{checkpoint.size}.checkpoint").write_bytes(checkpoint.note)
    report.facts["evidence"] = str(saved)
    report.wrong("fork", f"the log signed two trees that are not one: both notes are in {saved}")
    return FORK


def _is_beginning(old: Checkpoint, new: Checkpoint, log: LogFolder) -> bool:
    roots = roots_at(log, new.size, {old.size, new.size})
    if roots.get(new.size) not in {new.root, None} and roots.get(old.size) != old.root:
        raise fail("the folder's entries fit neither checkpoint")
    return roots.get(old.size) == old.root and roots.get(new.size) == new.root


def _check_receipt(raw: bytes, key_text: str, log: LogFolder, policy: Policy, report: Report) -> None:
    """Receipt R1: what was promised must stand in the log."""
    key = parse_key(key_text)
    try:
        note = parse_note(raw)
        if not signature_of(note, key):
            raise fail("receipt is not signed by its key")
        lines = note.text.decode().split("\n")[2:-1]
        if len(lines) % _PROMISE_LINES or not lines:
            raise fail("receipt without four lines for each promise")
    except InvalidError as error:
        report.wrong("receipt", str(error))
        return
    size = log.checkpoint(policy).size
    promises = {}
    for place in range(0, len(lines), _PROMISE_LINES):
        promises[decimal(lines[place], "index")] = unbase64(lines[place + 2], "leaf hash", 32)
    for index in promises:
        if index >= size:
            report.find("promise", f"entry {index} was promised, the newest checkpoint has {size} entries", index)
    for index, entry in enumerate(log.entries(size)):
        if index in promises and leaf_hash(entry) != promises[index]:
            report.wrong("promise", "the operator promised another entry at this place: a broken promise", index)


def gaps(folder: str, policy: Policy) -> Report:
    """Each device's missing numbers."""
    run = Audit(LogFolder(Path(folder)), policy, Options())
    whole = run.run()
    report = Report(invalid=whole.invalid, facts=whole.facts)
    report.findings = [problem for problem in whole.findings if problem.code in {"hole", "lost_end"}]
    report.facts["gaps"] = [
        {"device_id": d.device_id, "events": len(d.ids), "holes": d.holes(), "lost_end": d.lost_end()}
        for d in run.devices.known.values()
    ]
    return report


def item(code: str, folder: str, policy: Policy) -> Report:
    """Every event that names an item or a box."""
    run = Audit(LogFolder(Path(folder)), policy, Options())
    run.keep = re.sub(r"[\s\-]", "", code).upper()
    whole = run.run()
    report = Report(invalid=whole.invalid, facts={"code": run.keep, "size": whole.facts.get("size")})
    report.facts["steps"] = [
        _step(index, entry.received_ms, entry.note.event_id, payload) for index, entry, payload in run.kept
    ]
    if not run.kept and not whole.invalid:
        report.find("unknown", f"nothing in this log names {run.keep}")
    return report


def _step(index: int, received_ms: int, event_id: bytes, payload: dict[str, Any]) -> dict[str, Any]:
    names = (
        "kind",
        "site",
        "device_id",
        "device_seq",
        "occurred_at",
        "to_site",
        "from_site",
        "manifest",
        "box",
        "mass_g",
    )
    step = {name: payload[name] for name in names if name in payload}
    return {"index": index, "received_ms": received_ms, "event_id": base64.b64encode(event_id).decode(), **step}


def shown(report: Report, *, as_json: bool) -> str:
    """A report as it is printed."""
    if as_json:
        return json.dumps(report.as_json(), ensure_ascii=False, indent=1)
    lines = [" ".join(f"{name}={value}" for name, value in step.items()) for step in report.facts.get("steps", [])]
    return "\n".join([*lines, report.as_text()])


__all__ = ["UnreadableError", "UsageError", "audit", "compare", "gaps", "item", "load_policy", "proof", "shown"]
