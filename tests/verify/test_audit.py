"""The audit: an honest log passes, and each way to lie has its word."""

import re
from pathlib import Path
from typing import Any

import pytest

from schemas.canonical import encode_base64
from schemas.signing import parse_note
from tests.stories_builder import BAG, CLINIC, COLLECTOR, OFFICE, ORIGIN, Story, Teller, ms
from tests.verify.exports import LOG, NOW_S, POLICY, checkpoint, export, leaf, root, story
from wasteledger.audit.verify.audit import Audit, Options
from wasteledger.audit.verify.folder import LogFolder
from wasteledger.audit.verify.formats import parse_policy
from wasteledger.audit.verify.report import FINDINGS, GOOD, INVALID, Report
from wasteledger.domain.entry import Entry
from wasteledger.domain.hello import Hello, sign_hello


def audit(folder: Path, **options: Any) -> Report:
    return Audit(LogFolder(folder), parse_policy(POLICY), Options(**options)).run()


def found(report: Report) -> dict[str, list[int | None]]:
    """Codes of findings and invalidities, with the entries they name."""
    codes: dict[str, list[int | None]] = {}
    for problem in (*report.invalid, *report.findings):
        codes.setdefault(problem.code, []).append(problem.index)
    return codes


def resealed(entries: list[bytes], index: int, change: tuple[bytes, bytes]) -> list[bytes]:
    """The log with some bytes of an entry changed, and all hashes made again by somebody who has the log's key."""
    assert change[0] in entries[index]
    return [*entries[:index], entries[index].replace(*change), *entries[index + 1 :]]


def test_an_honest_log_is_good(tmp_path: Path) -> None:
    told = story(3)
    report = audit(export(tmp_path, told.entries))
    assert found(report) == {}
    assert report.exit_code == GOOD
    assert report.facts["size"] == len(told.entries)


@pytest.mark.parametrize("size", [255, 256, 257, 515])
def test_logs_that_end_where_tiles_end(tmp_path: Path, size: int) -> None:
    told = Story()
    while len(told.entries) < size:
        told.tell(CLINIC, "stored", at="02 08:00", after_ms=len(told.entries), codes=[BAG], room="库")
    assert found(audit(export(tmp_path, told.entries))) == {}


def test_a_history_of_checkpoints_is_the_beginning_of_the_log(tmp_path: Path) -> None:
    entries = story().entries
    first_s = ms("01 00:00") // 1000
    history = [checkpoint(entries, size=size, time_s=first_s + size) for size in (1, 5)]
    history.append(checkpoint(entries))
    assert found(audit(export(tmp_path, entries, history=history))) == {}
    other = story(2).entries[::-1]
    forked = [history[0], checkpoint(other, size=5, time_s=first_s + 5), history[2]]
    assert found(audit(export(tmp_path, entries, history=forked))) == {"fork": [None]}
    rolled = [checkpoint(story(2).entries)]
    assert "rollback" in found(audit(export(tmp_path, entries, history=rolled)))


def test_every_file_of_an_export_counts(tmp_path: Path) -> None:
    """One bit in every hundredth byte of each file, and each file missing: never good."""
    folder = export(tmp_path, story(2).entries)
    for path in sorted(file for file in folder.rglob("*") if file.is_file() and file.name != "policy"):
        good = path.read_bytes()
        for place in range(0, len(good), 97):
            path.write_bytes(good[:place] + bytes([good[place] ^ 1 << place % 8]) + good[place + 1 :])
            assert audit(folder).exit_code != GOOD, f"{path.name} byte {place}"
        path.write_bytes(good[:-1])
        assert audit(folder).exit_code != GOOD, f"{path.name} cut off"
        path.write_bytes(good)
    assert audit(folder).exit_code == GOOD


CHANGES = {
    "another amount": (b'"mass_g":1000', b'"mass_g":1001'),
    "another site": (CLINIC.encode(), b"C500114105002"),
    "another class": (b"\nevent ", b"\nfork "),
    "no class at all": (b"\nevent ", b"\nevents "),
    "another log's note": (ORIGIN.encode(), b"ledger.example.org/other"),
    "not canonical": (b'{"actor"', b'{ "actor"'),
}


@pytest.mark.parametrize("change", CHANGES)
def test_an_entry_that_was_changed_and_resealed_with_the_logs_key(tmp_path: Path, change: str) -> None:
    told = story()
    place = next(n for n, entry in enumerate(told.entries) if b'"kind":"sealed"' in entry)
    forged = resealed(told.entries, place, CHANGES[change])
    report = audit(export(tmp_path, forged))
    assert report.exit_code == INVALID
    assert place in found(report)["entry"]


def test_a_receipt_time_that_runs_backwards(tmp_path: Path) -> None:
    told = story()
    earlier = re.sub(rb"event (\d+)", b"event 5", told.entries[4], count=1)
    report = audit(export(tmp_path, [*told.entries[:4], earlier, *told.entries[5:]]))
    assert 4 in found(report)["received"]
    assert report.exit_code == INVALID


def test_an_entry_that_was_taken_out_leaves_a_hole(tmp_path: Path) -> None:
    told = story()
    place = next(
        n for n, entry in enumerate(told.entries) if b'"kind":"accepted"' in entry and COLLECTOR.encode() in entry
    )
    report = audit(export(tmp_path, told.entries[:place] + told.entries[place + 1 :]))
    assert "hole" in found(report)
    assert report.exit_code == FINDINGS


def test_two_entries_that_changed_places(tmp_path: Path) -> None:
    entries = story().entries
    swapped = [*entries[:-2], entries[-1], entries[-2]]
    report = audit(export(tmp_path, swapped))
    assert report.exit_code == INVALID
    assert found(audit(export(tmp_path, swapped, note=checkpoint(entries))))["root"] == [None]


def test_a_key_that_nobody_admitted(tmp_path: Path) -> None:
    told = story()
    stranger = Teller("C500114105009")
    told.write(stranger.note("stored", occurred_ms=ms("03 16:00"), codes=[BAG], room="库"), received_ms=ms("03 16:01"))
    assert len(told.entries) - 1 in found(audit(export(tmp_path, told.entries)))["entry"]


def test_only_an_office_in_force_admits(tmp_path: Path) -> None:
    told = story()
    clinic, thief = told.teller(CLINIC), Teller("C500114105009")
    told.write(clinic.enrolment(thief, occurred_ms=ms("03 16:00")), received_ms=ms("03 16:01"))
    assert len(told.entries) - 1 in found(audit(export(tmp_path, told.entries)))["entry"]


def test_the_log_begins_with_an_office_that_admits_itself(tmp_path: Path) -> None:
    entries = story().entries
    assert 0 in found(audit(export(tmp_path, entries[1:])))["entry"]


def test_a_fork_is_a_finding_and_a_false_fork_is_invalid(tmp_path: Path) -> None:
    told = story()
    clinic = told.teller(CLINIC)
    clinic.number -= 1
    note = clinic.note("stored", occurred_ms=ms("03 16:00"), codes=[BAG], room="库9")
    told.write(note, received_ms=ms("03 16:01"), entry_class="fork")
    report = audit(export(tmp_path, told.entries))
    assert found(report)["fork"] == [len(told.entries) - 1]
    assert report.exit_code == FINDINGS
    free = clinic.note("stored", occurred_ms=ms("03 16:00"), codes=[BAG], room="库9")
    told.write(free, received_ms=ms("03 16:02"), entry_class="fork")
    assert found(audit(export(tmp_path, told.entries)))["entry"] == [len(told.entries) - 1]


def test_the_same_number_twice_as_events_is_invalid(tmp_path: Path) -> None:
    told = story()
    clinic = told.teller(CLINIC)
    clinic.number -= 1
    told.write(clinic.note("stored", occurred_ms=ms("03 16:00"), codes=[BAG], room="库9"), received_ms=ms("03 16:01"))
    assert found(audit(export(tmp_path, told.entries)))["entry"] == [len(told.entries) - 1]


def test_a_chain_that_names_another_event_before_it(tmp_path: Path) -> None:
    told = story()
    clinic = told.teller(CLINIC)
    clinic.previous = encode_base64(b"\x07" * 32)
    told.tell(CLINIC, "stored", at="03 16:00", codes=[BAG], room="库")
    assert "prev" in found(audit(export(tmp_path, told.entries)))


def test_a_chain_begins_at_its_enrolment(tmp_path: Path) -> None:
    told = Story()
    told.teller(CLINIC).previous = encode_base64(b"\x07" * 32)
    told.tell(CLINIC, "stored", at="02 08:00", codes=[BAG], room="库")
    assert "prev" in found(audit(export(tmp_path, told.entries)))


def test_a_hello_names_a_lost_end(tmp_path: Path) -> None:
    told = story()
    clinic = told.teller(CLINIC)
    clinic.note("stored", occurred_ms=ms("03 16:00"), codes=[BAG], room="库")
    word = Hello(clinic.key.device_id, clinic.number, b"\x01" * 32, ms("03 16:00"), 5, "0123456789abcdef")
    told.write_raw(sign_hello(clinic.key, word, origin=ORIGIN), received_ms=ms("03 16:01"))
    report = audit(export(tmp_path, told.entries))
    assert found(report) == {"lost_end": [len(told.entries) - 1]}


def test_a_receiver_names_a_scan_that_the_log_lacks(tmp_path: Path) -> None:
    told = story()
    giver = told.teller(COLLECTOR)
    secret = giver.note("released", occurred_ms=ms("03 16:00"), codes=[BAG], to_site=CLINIC)
    giver.number -= 1
    counter = {
        "device_id": giver.key.device_id, "device_seq": giver.number, "event_id": encode_base64(parse_note(secret).event_id),
    }  # fmt: skip
    told.tell(CLINIC, "accepted", at="03 16:05", codes=[BAG], from_site=COLLECTOR, counter_event=counter)
    assert found(audit(export(tmp_path, told.entries))) == {"counter_event": [len(told.entries) - 1]}
    told.write(secret, received_ms=ms("03 16:07"))
    assert found(audit(export(tmp_path, told.entries))) == {}


def test_a_device_that_was_shown_another_log(tmp_path: Path) -> None:
    """Attack 3: it carries the other root in what it signs next."""
    told = story()
    size = len(told.entries)
    leaves = [leaf(entry) for entry in told.entries]
    honest = {"size": size, "root": encode_base64(root(leaves))}
    told.tell(CLINIC, "stored", at="03 16:00", codes=[BAG], room="库", checkpoint=honest)
    assert found(audit(export(tmp_path, told.entries))) == {}
    told.tell(
        CLINIC,
        "stored",
        at="03 16:01",
        codes=[BAG],
        room="库",
        checkpoint=honest | {"root": encode_base64(b"\x09" * 32)},
    )
    told.tell(CLINIC, "stored", at="03 16:02", codes=[BAG], room="库", checkpoint=honest | {"size": 10**9})
    assert found(audit(export(tmp_path, told.entries))) == {"split_view": [size + 1, size + 2]}


def test_clocks_are_held_between_the_checkpoints(tmp_path: Path) -> None:
    """Attack 9: a device that names a checkpoint can not have signed before it was cosigned."""
    told = story()
    size, now_s = len(told.entries), ms("03 15:30") // 1000
    seen = {"size": size, "root": encode_base64(root([leaf(entry) for entry in told.entries]))}
    early = checkpoint(told.entries, time_s=now_s)
    told.tell(CLINIC, "stored", at="01 09:00", delay_ms=55 * 3_600_000, codes=[BAG], room="库", checkpoint=seen)
    report = audit(export(tmp_path, told.entries, history=[early, checkpoint(told.entries, time_s=NOW_S)]))
    assert size in found(report)["clock"]
    assert size in found(report)["late"]


def test_the_service_can_not_back_date_what_it_received(tmp_path: Path) -> None:
    """Attack 10: an entry behind a cosigned checkpoint was not received long before it."""
    told = story()
    size = len(told.entries)
    witnessed = checkpoint(told.entries, time_s=ms("04 12:00") // 1000)
    told.tell(CLINIC, "stored", at="03 15:30", codes=[BAG], room="库")
    report = audit(export(tmp_path, told.entries, history=[witnessed]))
    assert size in found(report)["received"]
    assert report.exit_code == FINDINGS


def test_a_clock_that_was_set_while_the_device_ran(tmp_path: Path) -> None:
    told = story()
    clinic = told.teller(CLINIC)
    for at, uptime_ms in (("03 16:00", 1_000_000), ("03 16:10", 1_600_000), ("03 19:00", 1_700_000)):
        told.write(
            clinic.note("stored", occurred_ms=ms(at), monotonic_ms=uptime_ms, boot_id="f" * 16, codes=[BAG], room="库"),
            received_ms=ms(at) + 1000,
        )
    assert found(audit(export(tmp_path, told.entries))) == {"clock_set": [len(told.entries) - 1]}


def test_a_moment_after_its_receipt_can_not_be(tmp_path: Path) -> None:
    told = story()
    told.tell(CLINIC, "stored", at="03 18:00", delay_ms=-3_600_000, codes=[BAG], room="库")
    assert found(audit(export(tmp_path, told.entries))) == {"clock": [len(told.entries) - 1]}


def test_a_revoked_device_is_seen(tmp_path: Path) -> None:
    told = story()
    told.tell(OFFICE, "revoked", at="03 16:00", device=told.teller(CLINIC).key.device_id, reason="stolen")
    told.tell(CLINIC, "stored", at="03 16:10", codes=[BAG], room="库")
    last = len(told.entries) - 1
    assert found(audit(export(tmp_path, told.entries))) == {"revoked": [last], "not_entitled": [last]}


def test_what_is_no_readable_event_is_seen(tmp_path: Path) -> None:
    told = story()
    note = told.teller(CLINIC).note("stored", occurred_ms=ms("03 16:00"), codes=[BAG], room="库")
    told.teller(CLINIC).number -= 1
    told.write(note, received_ms=ms("03 16:01"), entry_class="quarantine")
    assert found(audit(export(tmp_path, told.entries))) == {"quarantine": [len(told.entries) - 1]}


def test_an_old_view_is_stale(tmp_path: Path) -> None:
    """Attack 25."""
    folder = export(tmp_path, story().entries)
    assert found(audit(folder, now_ms=(NOW_S + 3600) * 1000)) == {}
    assert found(audit(folder, now_ms=(NOW_S + 25 * 3600) * 1000)) == {"stale": [None]}
    assert found(audit(folder, now_ms=(NOW_S + 25 * 3600) * 1000, max_age_hours=26)) == {}


def test_a_log_that_the_witness_has_not_seen_is_refused(tmp_path: Path) -> None:
    """Attack 22: whoever has the log's key alone convinces nobody."""
    entries = story().entries
    report = audit(export(tmp_path, entries, note=checkpoint(entries, time_s=None)))
    assert found(report) == {"log": [None]}
    assert "quorum" in report.invalid[0].text


def test_hashes_only_is_still_about_every_byte(tmp_path: Path) -> None:
    told = story()
    assert found(audit(export(tmp_path, told.entries), hashes_only=True)) == {}
    forged = resealed(told.entries, 3, (b'"version":1', b'"version":2'))
    assert "root" in found(audit(export(tmp_path, forged, note=checkpoint(told.entries)), hashes_only=True))


def test_a_long_list_of_findings_is_cut_and_counted(tmp_path: Path) -> None:
    told = story()
    clinic = told.teller(CLINIC)
    for _ in range(230):
        clinic.number += 1
        told.tell(CLINIC, "stored", at="03 16:00", codes=[BAG], room="库")
    report = audit(export(tmp_path, told.entries))
    assert len(report.findings) == 200
    assert report.more == 30
    assert "and 30 more" in report.as_text()


def test_the_log_key_is_not_asked_for_its_name(tmp_path: Path) -> None:
    entries = story().entries
    other = f"log {LOG.text.replace(ORIGIN, 'ledger.example.org/other', 1)}\nquorum none\n"
    with pytest.raises(Exception, match="key id"):
        parse_policy(other)
    assert found(audit(export(tmp_path, entries))) == {}


def test_an_entry_is_read_as_the_service_wrote_it(tmp_path: Path) -> None:
    note = story().entries[0].partition(b"\n\n")[2]
    strange = Entry("event", 5, "node1", note).encode() + b"\n"
    assert 0 in found(audit(export(tmp_path, [strange])))["entry"]
