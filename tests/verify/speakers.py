"""Devices that say what they like, on behalf of whom they like, and the registers that tell who may vouch for it."""

import hashlib
import json
from pathlib import Path
from typing import Any

from schemas.canonical import encode_base64
from schemas.vouching import person_key
from tests.stories_builder import (
    BAG,
    CLINIC,
    COLLECTOR,
    NURSE,
    OFFICE,
    Story,
    ms,
    register,
)
from tests.verify.exports import POLICY
from wasteledger.audit.verify.audit import Audit, Options
from wasteledger.audit.verify.folder import LogFolder
from wasteledger.audit.verify.formats import parse_policy
from wasteledger.audit.verify.report import Problem, Report

BADGE, PIN = b"b" * 16, "271828"
KEY = person_key(BADGE, PIN)
BADGED = {"vouched_by": NURSE, "vouch_method": "badge"}


def audit(folder: Path) -> Report:
    return Audit(LogFolder(folder), parse_policy(POLICY), Options()).run()


def found(report: Report) -> dict[str, list[int | None]]:
    codes: dict[str, list[int | None]] = {}
    for problem in (*report.invalid, *report.findings):
        codes.setdefault(problem.code, []).append(problem.index)
    return codes


def of_code(report: Report, code: str) -> list[Problem]:
    return [problem for problem in report.findings if problem.code == code]


def said(report: Report) -> dict[str, int]:
    """What was not entitled: how many of each kind."""
    words = [problem.text.partition(" signed ")[2].split() for problem in of_code(report, "not_entitled")]
    return {word[1]: int(word[0]) for word in words}


def text_of(rows: dict[str, Any]) -> bytes:
    """A register as an export holds it, put together by hand."""
    return json.dumps(rows, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def changed(**parts: Any) -> dict[str, Any]:
    """The register of the stories with other rows."""
    return json.loads(register().model_dump_json()) | parts


def people(**of_the_nurse: Any) -> dict[str, Any]:
    """The register of the stories, with a nurse who has a badge and PIN."""
    row = {"vouch_key": encode_base64(KEY.public_key)} | of_the_nurse
    rows = changed()["people"]
    return changed(people=[person | row if person["actor"] == NURSE else person for person in rows])


def speak(told: Story, by: str, kind: str, *, at: str, after_ms: int = 0, absurd: bool = False, **fields: Any) -> str:
    """The device of `by` says something, on behalf of whatever site the fields name."""
    occurred_ms = ms(at) + after_ms
    note = told.teller(by).note(kind, occurred_ms=occurred_ms, **fields)
    return told.write(note, received_ms=occurred_ms + 60_000, absurd=absurd)


def digest_of(version: dict[str, Any]) -> str:
    return hashlib.sha256(text_of(version)).hexdigest()


def put_in_force(told: Story, version: dict[str, Any], *, at: str = "01 06:00", **fields: Any) -> None:
    """The office loads a register."""
    basis = f"sha256:{digest_of(version)}"
    speak(told, OFFICE, "ruled", at=at, rule="register", value=len(version["sites"]), basis=basis, **fields)


def keep(folder: Path, *versions: dict[str, Any]) -> Path:
    """Puts registers into an export."""
    for version in versions:
        path = folder / "registers" / f"{digest_of(version)}.json"
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(text_of(version))
    return folder


def at_the_van(*versions: dict[str, Any], at: str = "02 08:00", **vouched: Any) -> tuple[Story, int]:
    """A clinic without a device: the collector's handheld seals and releases for it; the index of the sealing."""
    told = Story()
    told.teller(COLLECTOR)
    for number, version in enumerate(versions):
        put_in_force(told, version, at=f"01 06:0{number}")
    told.issue(BAG)
    first = len(told.entries)
    vouched = {"site": CLINIC, **BADGED} | vouched
    fields = {"waste_code": "841-001-01", "package": "bag", "mass_g": 1000, "mass_source": "scale"}
    speak(told, COLLECTOR, "sealed", at=at, codes=[BAG], **fields, **vouched)
    speak(told, COLLECTOR, "released", at=at, after_ms=60_000, codes=[BAG], to_site=COLLECTOR, **vouched)
    speak(told, COLLECTOR, "accepted", at=at, after_ms=120_000, codes=[BAG], from_site=CLINIC)
    return told, first
