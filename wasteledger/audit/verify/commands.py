"""The commands, each from plain files to a report."""

import base64
import json
import re
from pathlib import Path
from typing import Any

from .audit import Audit, Kept, Options
from .devices import find_gaps
from .entries import read_entry
from .folder import LogFolder, UnreadableError, read_file
from .forks import UsageError, accuse, contradiction, leads_to, save
from .formats import Checkpoint, InvalidError, Policy, check_proof, parse_key, parse_policy, read_receipt
from .merkle import leaf_hash
from .report import Report, printable

#: Devices, holes of a device, and steps of an item that are listed; the rest is counted.
DEVICES_LISTED_MAX, HOLES_LISTED_MAX, STEPS_LISTED_MAX = 2_000, 200, 2_000
#: Published checkpoints that contradict the newest one and are kept as evidence: one convicts.
PAIRS_SAVED_MAX = 10
_STEP_FIELDS = (
    "kind", "site", "device_id", "device_seq", "occurred_at", "to_site", "from_site", "manifest", "box", "mass_g",
)  # fmt: skip


def load_policy(path: str | None, folder: str | None = None) -> Policy:
    """The policy that was named; else the one that lies in the export, which is the operator's own word."""
    if path is None and folder is None:
        raise UsageError("name your policy: --policy FILE")
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
        root = base64.b64encode(checkpoint.root).decode()
        report.facts = {"index": index, "size": checkpoint.size, "root": root, "cosigned_at_s": checkpoint.last_s}
    return report


def audit(folder: str, policy: Policy, options: Options, *, older: str | None, receipts: list[str], receipt_key: str | None,
          evidence_dir: str) -> Report:  # fmt: skip
    """The whole log; and that it keeps what an older checkpoint and receipts promised."""
    if receipts and receipt_key is None:
        raise UsageError("--receipt needs --receipt-key, the key that the service names at /v1/log")
    kept = read_file(Path(older)) if older else None
    promised = [read_file(Path(file)) for file in receipts]
    log = LogFolder(Path(folder))
    run = Audit(log, policy, options)
    report = run.run()
    if run.checkpoint is not None and run.is_proved:
        for published in run.contradicted[:PAIRS_SAVED_MAX]:
            save((published, run.checkpoint), evidence_dir, report)
    if kept is not None:
        _check_continues(kept, run, log, policy, evidence_dir)
    if promised and run.checkpoint is not None:
        _check_receipts(promised, receipt_key or "", log, run.checkpoint, report)
    return report


def _check_continues(kept: bytes, run: Audit, log: LogFolder, policy: Policy, evidence_dir: str) -> None:
    """Whether the log continues a checkpoint that somebody kept; its own signature convicts it, with or without witnesses."""
    report = run.report
    try:
        old = policy.signed(kept)
    except InvalidError as error:
        report.wrong("checkpoint", f"the checkpoint that you kept: {error}")
        return
    try:
        newest = run.checkpoint or policy.signed(log.note())
    except InvalidError:
        return  # the audit has said so
    if old.origin != newest.origin:
        raise UsageError(f"the checkpoint that you kept is of another log, {old.origin[:100]}")
    if old.size > newest.size:
        text = f"you hold a checkpoint of {old.size} entries, this log has {newest.size}: it was rolled back"
        report.wrong("rollback", text)
        return
    differs = old.root != newest.root if old.size == newest.size else run.is_proved and not leads_to(run.tree, old)
    if differs:
        accuse((old, newest), evidence_dir, report)
    elif run.is_proved:
        report.facts["continues"] = old.size


def compare(first: str, second: str, folder: str | None, policy: Policy, evidence_dir: str) -> Report:
    """Whether two checkpoints are of one log."""
    report = Report()
    log = LogFolder(Path(folder)) if folder else None
    checkpoints = []
    for file in (first, second):
        try:
            checkpoints.append(policy.signed(read_file(Path(file))))
        except InvalidError as error:
            report.wrong("checkpoint", f"{file}: {error}")
    if report.invalid:
        return report
    one, two = checkpoints
    pair = contradiction(one, two, log, policy)
    sizes = sorted((one.size, two.size))
    report.facts |= {"older_size": sizes[0], "newer_size": sizes[1], "consistent": pair is None}
    if pair is not None:
        accuse(pair, evidence_dir, report)
    return report


def _check_receipts(
    receipts: list[bytes], key_text: str, log: LogFolder, checkpoint: Checkpoint, report: Report
) -> None:
    """Receipts R1: what was promised must stand in the log."""
    try:
        key = parse_key(key_text)
    except InvalidError as error:
        raise UsageError(f"--receipt-key: {error}") from None
    if key.name != f"{checkpoint.origin}/receipt":
        raise UsageError(
            f"--receipt-key is {key.name[:100]}: the receipts of this log are signed by {checkpoint.origin}/receipt"
        )
    promises: dict[int, bytes] = {}
    also: dict[int, tuple[bytes, int]] = {}
    for raw in receipts:
        try:
            for index, event_id, leaf, received_ms in read_receipt(raw, key):
                if promises.setdefault(index, leaf) != leaf or also.setdefault(index, (event_id, received_ms)) != (
                    event_id,
                    received_ms,
                ):
                    report.wrong("promise", "the operator promised two entries at this place: a broken promise", index)
        except InvalidError as error:
            report.wrong("receipt", str(error))
    _hold(promises, also, log, checkpoint.size, report)


def _hold(
    promises: dict[int, bytes], also: dict[int, tuple[bytes, int]], log: LogFolder, size: int, report: Report
) -> None:
    """The promises against the entries. A right leaf beside a wrong event id is a lie too: it was signed."""
    for index in sorted(promises):
        if index >= size:
            report.find("promise", f"entry {index} was promised, the newest checkpoint has {size} entries", index)
    try:
        for index, entry in enumerate(log.entries(size)):
            if index in promises and leaf_hash(entry) != promises[index]:
                report.wrong("promise", "the operator promised another entry at this place: a broken promise", index)
            elif index in promises and _told(entry) != also[index]:
                text = (
                    "the operator promised another event, or another time of receipt, at this place: a broken promise"
                )
                report.wrong("promise", text, index)
    except InvalidError as error:
        report.wrong("promise", f"the entries can not be read: {error}")


def _told(content: bytes) -> tuple[bytes, int] | None:
    """What a receipt says of an entry beside its leaf hash."""
    try:
        entry = read_entry(content)
    except InvalidError:
        return None
    return entry.note.event_id, entry.received_ms


def gaps(folder: str, policy: Policy) -> Report:
    """Each device's missing numbers."""
    run = Audit(LogFolder(Path(folder)), policy, Options())
    whole = run.run()
    report = Report(invalid=whole.invalid, facts=whole.facts, counts=_of_kind(whole, "invalid"))
    devices = list(run.devices.known.values())
    find_gaps(devices, report)
    report.facts["gaps"] = [
        {
            "device_id": device.device_id, "events": len(device.ids), "newest": max(device.ids, default=None),
            "holes": device.holes()[:HOLES_LISTED_MAX], "holes_count": len(device.holes()), "lost_end": device.lost_end(),
        }
        for device in devices[:DEVICES_LISTED_MAX]
    ]  # fmt: skip
    report.facts["more_devices"] = max(0, len(devices) - DEVICES_LISTED_MAX)
    return report


def item(code: str, folder: str, policy: Policy) -> Report:
    """Every entry that names an item or a box, and what the audit has to say about those entries."""
    run = Audit(LogFolder(Path(folder)), policy, Options())
    run.keep = re.sub(r"[\s\-]", "", code).upper()
    whole = run.run()
    report = Report(invalid=whole.invalid, facts={"code": run.keep}, counts=_of_kind(whole, "invalid"))
    report.facts |= {name: whole.facts[name] for name in ("origin", "size", "root", "entries") if name in whole.facts}
    proved = run.is_proved and not whole.invalid
    refused = run.signers.refused_at if run.signers else set()
    report.facts["steps"] = [
        _step(kept, proved=proved, entitled=kept.index not in refused) for kept in run.kept[:STEPS_LISTED_MAX]
    ]
    report.facts["more_steps"] = max(0, len(run.kept) - STEPS_LISTED_MAX)
    concerned = {kept.index for kept in run.kept}
    for problem in whole.findings:
        if problem.index in concerned and problem.code != "not_entitled":
            report.find(problem.code, problem.text, problem.index, problem.device_id)
    for index in sorted(concerned & refused):
        report.find("not_entitled", "its signer may not say this: it proves nothing by itself", index)
    if not run.kept and not whole.invalid:
        report.find("unknown", f"nothing in this log names {run.keep}")
    return report


def _of_kind(report: Report, kind: str) -> Any:
    counts = report.counts.copy()
    for key in report.counts:
        if key[0] != kind:
            del counts[key]
    return counts


def _step(kept: Kept, *, proved: bool, entitled: bool) -> dict[str, Any]:
    """One entry that names the item; `proved` says that its signature and its leaf under the checkpoint are good.

    `entitled` says that the signer may say it; one that stands as a fork or set apart says nothing by itself.
    """
    said = {name: kept.payload[name] for name in _STEP_FIELDS if name in kept.payload}
    event_id = base64.b64encode(kept.entry.note.event_id).decode()
    place = {"index": kept.index, "class": kept.entry.kind, "received_ms": kept.entry.received_ms, "proved": proved,
             "entitled": entitled and kept.entry.kind == "event"}  # fmt: skip
    return {**place, "event_id": event_id, **said}


def shown(report: Report, *, as_json: bool) -> str:
    """A report as it is printed."""
    if as_json:
        return json.dumps(report.as_json(), ensure_ascii=False, indent=1)
    rows = [*report.facts.get("steps", []), *report.facts.get("gaps", [])]
    lines = [printable(" ".join(f"{name}={value}" for name, value in row.items())) for row in rows]
    return "\n".join([*lines, report.as_text()])


__all__ = ["UnreadableError", "UsageError", "audit", "compare", "gaps", "item", "load_policy", "proof", "shown"]
