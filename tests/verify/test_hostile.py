"""Logs that somebody with the log's key made to mislead, to hide something in, or to break the audit."""

import hashlib
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from schemas.canonical import encode_base64
from schemas.signing import device_id, parse_note, sign_event
from tests.stories_builder import BAG, CLINIC, COLLECTOR, OFFICE, ORIGIN, Story, ms
from tests.verify.exports import NOW_S, POLICY, checkpoint, export, framed, leaf, root, story
from wasteledger.audit.verify.audit import Audit, Options
from wasteledger.audit.verify.folder import LogFolder, Tree
from wasteledger.audit.verify.formats import parse_policy
from wasteledger.audit.verify.report import FINDINGS, GOOD, INVALID, LISTED_MAX, Report
from wasteledger.domain.hello import Hello, sign_hello

HASH = encode_base64(b"\x01" * 32)
MINUTE_MS = 60_000


def audit(folder: Path, **options: Any) -> Report:
    return Audit(LogFolder(folder), parse_policy(POLICY), Options(**options)).run()


def found(report: Report) -> dict[str, list[int | None]]:
    codes: dict[str, list[int | None]] = {}
    for problem in (*report.invalid, *report.findings):
        codes.setdefault(problem.code, []).append(problem.index)
    return codes


MISSHAPEN: dict[str, dict[str, Any]] = {
    "uptime is a text": {"monotonic_ms": "abc"},
    "uptime is true": {"monotonic_ms": True},
    "codes is a number": {"codes": 5},
    "codes holds a list": {"codes": [[BAG]]},
    "box is a number": {"codes": [BAG], "box": 7},
    "kind is an object": {"kind": {"a": 1}},
    "boot is another form": {"boot_id": "x"},
    "number is a list": {"device_seq": [1]},
    "number is negative": {"device_seq": -1},
    "the event before is no hash": {"device_prev": "AAAA"},
    "a hash with spare bits": {"device_prev": HASH[:-2] + "F="},
    "checkpoint is a text": {"checkpoint": "5"},
    "checkpoint size is a text": {"checkpoint": {"size": "x", "root": HASH}},
    "checkpoint without a root": {"checkpoint": {"size": 1}},
    "counter number is a list": {"counter_event": {"device_id": "a" * 16, "device_seq": [1], "event_id": HASH}},
    "counter device is a list": {"counter_event": {"device_id": ["a"], "device_seq": 1, "event_id": HASH}},
    "a time without an offset": {"occurred_at": "2026-11-03T16:00:00.000"},
    "a time that is none": {"occurred_at": "2026-19-39T16:00:00.000+08:00"},
    "a time that is a number": {"occurred_at": 5},
    "another device": {"device_id": "a" * 16},
    "revokes a list": {"kind": "revoked", "device": ["x"], "reason": "lost"},
    "enrols a number": {"kind": "enrolled", "device": 5, "role": "device", "public_key": HASH},
    "enrols with a role that is a list": {"kind": "enrolled", "device": "a" * 16, "role": [], "public_key": HASH},
}


def with_fields(entry_class: str, **fields: Any) -> Story:
    """A story whose last entry is an event of the office with other fields than the contract gives it, well signed."""
    told = story()
    note = told.office.note("stored", occurred_ms=ms("03 16:00"), codes=[BAG], room="库")
    signed = sign_event(told.office.key, origin=ORIGIN, payload=parse_note(note).payload() | fields)
    told.write(signed, received_ms=ms("03 16:01"), entry_class=entry_class, absurd=True)
    return told


@pytest.mark.parametrize("why", MISSHAPEN)
def test_a_field_of_another_type_is_invalid_and_breaks_nothing(tmp_path: Path, why: str) -> None:
    """The service logs no such event; who has its key, and an office's, may."""
    told = with_fields("event", **MISSHAPEN[why])
    report = audit(export(tmp_path, told.entries))
    assert found(report)["entry"] == [len(told.entries) - 1]
    assert report.exit_code == INVALID


FORKED = [why for why in MISSHAPEN if not why.startswith(("enrols", "revokes", "number"))]


@pytest.mark.parametrize("why", FORKED)
def test_a_fork_has_the_shape_of_an_event_too(tmp_path: Path, why: str) -> None:
    told = with_fields("fork", **{"device_seq": 0} | MISSHAPEN[why])
    assert found(audit(export(tmp_path, told.entries)))["entry"] == [len(told.entries) - 1]


def test_the_same_events_with_good_fields_are_taken(tmp_path: Path) -> None:
    assert found(audit(export(tmp_path / "event", with_fields("event").entries))) == {}
    told = with_fields("fork", device_seq=0)
    codes = found(audit(export(tmp_path / "fork", told.entries)))
    assert codes.pop("not_entitled")[0] == 0  # an office with two histories has proved nothing from their parting on
    assert codes == {"fork": [len(told.entries) - 1]}


def test_a_note_that_the_service_set_apart_may_have_any_shape(tmp_path: Path) -> None:
    told = story()
    note = told.office.note("stored", occurred_ms=ms("03 16:00"), codes=5)
    told.office.number -= 1
    told.write(note, received_ms=ms("03 16:01"), entry_class="quarantine")
    report = audit(export(tmp_path, told.entries))
    assert found(report) == {"quarantine": [len(told.entries) - 1]}
    assert "why was it set apart" not in report.findings[0].text


def test_a_good_event_that_was_set_apart_asks_why(tmp_path: Path) -> None:
    """An operator could hide a scan by calling it unreadable."""
    told = story()
    clinic = told.teller(CLINIC)
    note = clinic.note("stored", occurred_ms=ms("03 16:00"), codes=[BAG], room="库")
    clinic.number -= 1
    told.write(note, received_ms=ms("03 16:01"), entry_class="quarantine")
    report = audit(export(tmp_path, told.entries))
    assert f"number {clinic.number}, stored: why was it set apart?" in report.findings[0].text


def test_a_key_of_small_order_is_never_admitted(tmp_path: Path) -> None:
    """Anybody could sign for it; its order is 8, and it is none of the well-known zeros and ones."""
    weak = bytes.fromhex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05")
    told = story()
    note = told.office.note(
        "enrolled", occurred_ms=ms("03 16:00"), device=device_id(weak), role="device", public_key=encode_base64(weak),
        for_site=CLINIC,
    )  # fmt: skip
    told.write(note, received_ms=ms("03 16:01"))
    report = audit(export(tmp_path, told.entries))
    assert found(report) == {"entry": [len(told.entries) - 1]}
    assert "sound" in report.invalid[0].text


def test_a_device_id_that_does_not_follow_from_its_key(tmp_path: Path) -> None:
    told = story()
    note = told.office.note(
        "enrolled", occurred_ms=ms("03 16:00"), device="a" * 16, role="device", public_key=HASH, for_site=CLINIC
    )
    told.write(note, received_ms=ms("03 16:01"))
    report = audit(export(tmp_path, told.entries))
    assert found(report) == {"entry": [len(told.entries) - 1]}
    assert "does not follow" in report.invalid[0].text


def test_a_revoked_office_admits_and_revokes_nobody(tmp_path: Path) -> None:
    told = story()
    told.tell(OFFICE, "revoked", at="03 16:00", device=told.office.key.device_id, reason="stolen")
    told.tell(OFFICE, "revoked", at="03 16:01", device=told.teller(CLINIC).key.device_id, reason="stolen")
    report = audit(export(tmp_path, told.entries))
    assert found(report)["entry"] == [len(told.entries) - 1]
    assert report.exit_code == INVALID


def test_a_revocation_said_again_does_not_move(tmp_path: Path) -> None:
    told = story()
    for at in ("03 16:00", "03 16:20"):
        told.tell(OFFICE, "revoked", at=at, device=told.teller(CLINIC).key.device_id, reason="stolen")
    first = len(told.entries) - 2
    told.tell(CLINIC, "stored", at="03 16:30", codes=[BAG], room="库")
    report = audit(export(tmp_path, told.entries))
    assert found(report) == {"revoked": [len(told.entries) - 1], "not_entitled": [len(told.entries) - 1]}
    assert f"entry {first}" in report.findings[0].text


def test_a_flood_of_one_finding_hides_no_other(tmp_path: Path) -> None:
    told = story()
    clinic = told.teller(CLINIC)
    for _ in range(LISTED_MAX + 5):
        note = clinic.note("stored", occurred_ms=ms("03 16:00"), codes=[BAG], room="库")
        clinic.number -= 1
        told.write(note, received_ms=ms("03 16:01"), entry_class="quarantine")
    clinic.number += 2
    told.tell(CLINIC, "stored", at="03 16:02", codes=[BAG], room="库")
    report = audit(export(tmp_path, told.entries))
    assert len(found(report)["quarantine"]) == LISTED_MAX
    assert report.left_out == {"quarantine": 5}
    assert "hole" in found(report)


def test_a_hello_that_names_another_newest_event(tmp_path: Path) -> None:
    told = story()
    clinic = told.teller(CLINIC)
    hello = Hello(clinic.key.device_id, clinic.number, b"\x01" * 32, ms("03 16:00"), 5, "0123456789abcdef")
    told.write_raw(sign_hello(clinic.key, hello, origin=ORIGIN), received_ms=ms("03 16:01"))
    assert found(audit(export(tmp_path / "other", told.entries))) == {"hello": [len(told.entries) - 1]}
    honest = story()
    newest = next(e for e in reversed(honest.entries) if clinic.key.device_id.encode() in e.partition(b"\n\n")[2])
    event_id = parse_note(newest.partition(b"\n\n")[2]).event_id
    right = Hello(clinic.key.device_id, clinic.number, event_id, ms("03 16:00"), 5, "0123456789abcdef")
    honest.write_raw(sign_hello(clinic.key, right, origin=ORIGIN), received_ms=ms("03 16:01"))
    assert found(audit(export(tmp_path / "right", honest.entries))) == {}


def test_a_scan_that_stands_as_a_fork_is_not_missing(tmp_path: Path) -> None:
    told = story()
    giver = told.teller(CLINIC)
    giver.number -= 1
    note = giver.note("released", occurred_ms=ms("03 16:00"), codes=[BAG], to_site=COLLECTOR)
    told.write(note, received_ms=ms("03 16:01"), entry_class="fork")
    counter = {
        "device_id": giver.key.device_id, "device_seq": giver.number - 1, "event_id": encode_base64(parse_note(note).event_id),
    }  # fmt: skip
    told.tell(COLLECTOR, "accepted", at="03 16:05", codes=[BAG], from_site=CLINIC, counter_event=counter)
    codes = found(audit(export(tmp_path, told.entries)))
    assert (codes["fork"], codes.get("counter_event")) == ([len(told.entries) - 2], None)


def test_a_checkpoint_that_is_cosigned_again_accuses_nobody(tmp_path: Path) -> None:
    """In a quiet night the same size is cosigned each hour, to show that the log lives."""
    told = story()
    size = len(told.entries)
    seen = {"size": size, "root": encode_base64(root([leaf(entry) for entry in told.entries]))}
    history = [checkpoint(told.entries, time_s=ms(at) // 1000) for at in ("03 15:30", "03 17:30")]
    told.tell(CLINIC, "stored", at="03 15:40", codes=[BAG], room="库", checkpoint=seen)
    assert found(audit(export(tmp_path, told.entries, history=history))) == {}


def test_a_moment_after_the_checkpoint_that_holds_it_can_not_be(tmp_path: Path) -> None:
    """Device and service may agree on a wrong hour; the witness does not."""
    told = story()
    told.tell(CLINIC, "stored", at="03 16:00", codes=[BAG], room="库", delay_ms=-4 * MINUTE_MS)
    history = [checkpoint(told.entries, time_s=ms("03 15:50") // 1000)]
    report = audit(export(tmp_path, told.entries, history=history))
    assert found(report) == {"clock": [len(told.entries) - 1]}
    assert "cosigned" in report.findings[0].text


@pytest.mark.parametrize(("at", "good"), [("03 15:55", True), ("03 15:56", False)])
def test_the_tolerance_of_clocks_ends_at_five_minutes(tmp_path: Path, at: str, good: bool) -> None:
    told = story()
    told.tell(CLINIC, "stored", at=at, codes=[BAG], room="库", delay_ms=-5 * MINUTE_MS)
    history = [checkpoint(told.entries, time_s=ms("03 15:50") // 1000)]
    assert (found(audit(export(tmp_path, told.entries, history=history))) == {}) == good


def test_a_hello_can_not_be_back_dated_either(tmp_path: Path) -> None:
    told = story()
    clinic = told.teller(CLINIC)
    size, witnessed = len(told.entries), checkpoint(told.entries, time_s=ms("04 12:00") // 1000)
    hello = Hello(clinic.key.device_id, 99, HASH.encode()[:32], ms("03 16:00"), 5, "0123456789abcdef")
    told.write_raw(sign_hello(clinic.key, hello, origin=ORIGIN), received_ms=ms("03 16:01"))
    assert found(audit(export(tmp_path, told.entries, history=[witnessed])))["received"] == [size]


def test_published_checkpoints_that_are_not_there_are_missed(tmp_path: Path) -> None:
    folder = export(tmp_path, story().entries)
    (folder / "checkpoints").unlink()
    assert found(audit(folder)) == {"history": [None]}
    assert audit(folder).exit_code == FINDINGS
    assert audit(folder, hashes_only=True).exit_code == GOOD


def test_published_checkpoints_out_of_order_are_a_rollback(tmp_path: Path) -> None:
    entries = story().entries
    folder = export(tmp_path, entries, history=[checkpoint(entries), checkpoint(entries, size=5)])
    assert "rollback" in found(audit(folder))
    assert audit(folder).exit_code == INVALID


def test_a_published_checkpoint_that_nobody_signed(tmp_path: Path) -> None:
    entries = story().entries
    stranger = checkpoint(entries, size=5).replace(ORIGIN.encode(), b"ledger.example.org/other")
    report = audit(export(tmp_path, entries, history=[stranger, checkpoint(entries)]))
    assert found(report) == {"log": [None]}


def test_tiles_that_are_written_ahead_of_the_checkpoint_are_left_alone(tmp_path: Path) -> None:
    """A log writes its tiles before it signs; a mirror may come between."""
    folder = export(tmp_path, story().entries)
    (folder / "tile" / "0" / "001").write_bytes(bytes(8192))
    assert audit(folder).exit_code == GOOD


Change = Callable[[Path], object]
STRANGE_FILES: dict[str, Change] = {
    "a file that is no tile": lambda tile: (tile / "0" / "notes.txt").write_bytes(b""),
    "a partial tile of full width": lambda tile: (tile / "0" / "000.p" / "256").write_bytes(bytes(8192)),
    "another partial tile at the same place": lambda tile: (tile / "0" / "000.p" / "3").write_bytes(bytes(96)),
    "a tile of zeros": lambda tile: next((tile / "0" / "000.p").iterdir()).write_bytes(bytes(32)),
    "a tile that is too long": lambda tile: (tile / "0" / "000").write_bytes(bytes(10_000)),
    "a bundle with an entry too many": lambda tile: _append(next((tile / "entries" / "000.p").iterdir())),
    "another bundle at the same place": lambda tile: (tile / "entries" / "000.p" / "2").write_bytes(
        framed([b"a", b"b"])
    ),
}


def _append(path: Path) -> None:
    path.write_bytes(path.read_bytes() + framed([b"one more"]))


@pytest.mark.parametrize("why", STRANGE_FILES)
def test_every_tile_file_is_compared(tmp_path: Path, why: str) -> None:
    folder = export(tmp_path, story().entries)
    STRANGE_FILES[why](folder / "tile")
    assert audit(folder).exit_code == INVALID


def test_a_tile_that_is_missing(tmp_path: Path) -> None:
    folder = export(tmp_path, story().entries)
    next((folder / "tile" / "0" / "000.p").iterdir()).unlink()
    assert found(audit(folder)) == {"tile": [None]}


def test_roots_at_every_size_are_those_of_the_definition() -> None:
    """Sizes around the edges of tiles, asked for alone and together."""
    entries = [hashlib.sha256(str(n).encode()).digest() for n in range(515)]
    tree = Tree()
    for start in range(0, len(entries), 256):
        tree.push(entries[start : start + 256])
    leaves = [leaf(entry) for entry in entries]
    wanted = [0, 1, 2, 3, 7, 254, 255, 256, 257, 300, 511, 512, 513, 515]
    assert tree.roots([*wanted, 516, 10**9, -1]) == {size: root(leaves[:size]) for size in wanted}
    for size in wanted:
        assert tree.roots([size]) == {size: root(leaves[:size])}


def test_the_office_is_the_first_and_admits_itself_only(tmp_path: Path) -> None:
    told = story()
    first = told.entries[0]
    as_hello = re.sub(rb"\nevent ", b"\nquarantine ", first, count=1)
    assert 0 in found(audit(export(tmp_path, [as_hello, *told.entries[1:]])))["entry"]


def test_the_empty_log_is_good(tmp_path: Path) -> None:
    report = audit(export(tmp_path, []), now_ms=NOW_S * 1000)
    assert (report.exit_code, report.facts["size"]) == (GOOD, 0)
