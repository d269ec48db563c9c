"""A device's hello commits it to the end of its own chain."""

from collections.abc import Iterator

import pytest
from sqlalchemy import text

from schemas.canonical import decode_base64
from tests.store.logs import Log, stored_note
from tests.stories_builder import BAG, CLINIC, COLLECTOR, ORIGIN, Teller, register
from wasteledger import clock
from wasteledger.audit.fsck import check_log
from wasteledger.domain.boots import ANCHORS_PER_BOOT_MAX, BOOTS_PER_DAY_MAX
from wasteledger.domain.devices import device_findings
from wasteledger.domain.hello import NO_EVENT, Hello, sign_hello
from wasteledger.domain.register import Directory
from wasteledger.store.database import Database


@pytest.fixture
def log(database: Database) -> Iterator[Log]:
    made = Log(database)
    yield made
    assert check_log(database).problems == []


BOOT, NEXT_BOOT = "0123456789abcdef", "fedcba9876543210"
MINUTE_MS = 60_000


def hello(
    teller: Teller, *, origin: str = ORIGIN, boot_id: str = BOOT, running_ms: int = 5, next_seq: int | None = None
) -> bytes:
    newest = decode_base64(teller.previous) if teller.number else NO_EVENT
    number = teller.number if next_seq is None else next_seq
    spoken = Hello(teller.key.device_id, number, newest, 1_700_000_000_000, running_ms, boot_id)
    return sign_hello(teller.key, spoken, origin=origin)


def gaps(log: Log) -> list[str]:
    found = device_findings(log.history(), Directory(register()), region="500114")
    return [finding.detail.split(" № ")[1] for finding in found if finding.code == "device_gap"]


def test_a_hello_behind_everything_it_names_anchors_its_boot_once(log: Log) -> None:
    verdicts = log.send(stored_note(log.clinic), stored_note(log.clinic, "库2"), hello(log.clinic))
    assert [verdict.verdict for verdict in verdicts] == ["new", "new", "new"]
    again = log.send(stored_note(log.clinic), hello(log.clinic, running_ms=6))
    assert [verdict.verdict for verdict in again] == ["new", "noted"]
    assert again[1].index is None
    assert len(log.contents()) == 6
    assert gaps(log) == []


def test_a_hello_behind_its_events_mends_their_clock(log: Log) -> None:
    """A handheld whose clock is hours behind hands in a scan, then says hello: the scan belongs to the hour it was made."""
    wall_ms = clock.now_ms() - 10 * 60 * MINUTE_MS
    made = log.clinic.note(
        "stored", occurred_ms=wall_ms, codes=[BAG], room="库1", boot_id=BOOT, monotonic_ms=10 * MINUTE_MS
    )
    log.send(made)
    assert log.history().by_code[BAG][0].occurred_ms == wall_ms
    verdict = log.send(hello(log.clinic, running_ms=40 * MINUTE_MS))[0]
    assert verdict.verdict == "new"
    assert log.history().by_code[BAG][0].occurred_ms == (verdict.received_ms or 0) - 30 * MINUTE_MS


def test_each_boot_is_anchored_and_a_better_contact_corrects_it(log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    now_ms = clock.now_ms()
    monkeypatch.setattr(clock, "now_ms", lambda: now_ms)
    slow, other = hello(log.clinic, running_ms=10 * MINUTE_MS), hello(log.clinic, boot_id=NEXT_BOOT)
    assert [verdict.verdict for verdict in log.send(slow, other)] == ["new", "new"]
    small, better = (hello(log.clinic, running_ms=minutes * MINUTE_MS) for minutes in (11, 13))
    noted, corrected = log.send(small, better)
    assert (noted.verdict, corrected.verdict) == ("noted", "new")
    anchors = log.history().clocks.anchors(log.clinic.key.device_id, BOOT)
    assert min(anchor.zero_ms for anchor in anchors) == (corrected.received_ms or 0) - 13 * MINUTE_MS


def test_the_same_hello_gets_the_same_verdict_for_ever(log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    """Kept or noted, before and after the events it speaks of arrived."""
    note = stored_note(log.clinic)
    kept = log.send(hello(log.clinic))[0]
    noted = log.send(hello(log.clinic, running_ms=6))[0]
    assert (kept.verdict, noted.verdict) == ("new", "noted")
    log.send(note)
    later_ms = clock.now_ms() + 7 * 24 * 60 * MINUTE_MS
    monkeypatch.setattr(clock, "now_ms", lambda: later_ms)
    assert log.send(hello(log.clinic))[0] == kept
    assert log.send(hello(log.clinic, running_ms=6))[0] == noted


def test_a_contact_of_many_requests_leaves_one_hello(log: Log) -> None:
    """A handheld with many scans says hello with each request: each time it names fewer that are missing, and nothing new."""
    notes = [stored_note(log.clinic, f"库{number}") for number in range(6)]
    verdicts = []
    for number, note in enumerate(notes):
        answer = log.answer(note, hello(log.clinic, running_ms=number))
        verdicts.append(answer.verdicts[1].verdict)
        missing = [(number + 1, 5)] if number < 5 else []
        assert [(hole.first, hole.last) for hole in answer.needed] == missing
    assert verdicts == ["new", *["noted"] * 5]


def test_boots_and_corrections_are_bounded(log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    """A program that begins anew with each request, or whose running clock races, does not fill the log."""
    now_ms = clock.now_ms()
    monkeypatch.setattr(clock, "now_ms", lambda: now_ms)
    racing = [hello(log.clinic, running_ms=number * 3 * MINUTE_MS) for number in range(ANCHORS_PER_BOOT_MAX + 5)]
    verdicts = [verdict.verdict for verdict in log.send(*racing)]
    assert verdicts == ["new"] * ANCHORS_PER_BOOT_MAX + ["noted"] * 5
    boots = [hello(log.clinic, boot_id=f"{number:016x}") for number in range(BOOTS_PER_DAY_MAX)]
    *kept, beyond = log.send(*boots)
    assert {verdict.verdict for verdict in kept} == {"new"}
    assert (beyond.verdict, "boots" in (beyond.reason or "")) == ("held", True)
    now_ms += 25 * 60 * MINUTE_MS
    assert log.send(boots[-1])[0].verdict == "new"


def test_an_edited_boot_is_found(log: Log) -> None:
    log.send(hello(log.clinic), hello(log.clinic, boot_id=NEXT_BOOT))
    for field in ("zero_ms", "next_seq", "anchors", "first_ms"):
        edit(log, field, 1)
        assert any(f"boot {BOOT}" in problem for problem in check_log(log.database).problems), field
        edit(log, field, -1)
    assert check_log(log.database).problems == []


def edit(log: Log, field: str, by: int) -> None:
    statement = f"UPDATE boot SET {field} = {field} + :by WHERE boot_id = :boot_id"  # noqa: S608 - names above
    with log.database.write() as connection:
        assert connection.execute(text(statement), {"by": by, "boot_id": BOOT}).rowcount == 1


def test_scans_lost_at_the_end_are_named_and_asked_for(log: Log) -> None:
    """Attacks 5 and 6: whoever drops the last scans, the device's next word shows that they were there."""
    first, second, third = (stored_note(log.clinic, f"库{number}") for number in range(3))
    log.send(first)
    answer = log.answer(hello(log.clinic))
    assert [(hole.first, hole.last) for hole in answer.needed] == [(1, 2)]
    assert answer.verdicts[0].verdict == "new"
    assert gaps(log) == ["1–2"]
    log.send(third)
    assert gaps(log) == ["1"]
    log.send(second)
    assert gaps(log) == []


def test_the_same_hello_again_is_kept_once(log: Log) -> None:
    stored_note(log.clinic)
    first, again = (log.send(hello(log.clinic))[0] for _ in range(2))
    assert (first.verdict, first.index, first.leaf_hash) == (again.verdict, again.index, again.leaf_hash)
    assert len(log.contents()) == 3
    assert gaps(log) == ["0"]


def test_a_hello_of_a_stranger_or_of_another_log_is_held(log: Log) -> None:
    stored_note(log.clinic)
    thief = Teller(CLINIC)
    thief.key, thief.number = Teller(COLLECTOR).key, 9
    for content in (hello(Teller(COLLECTOR)), hello(log.clinic, origin="ledger.example.org/test"), hello(thief)):
        assert log.send(content)[0].verdict == "held"
    forged = hello(log.clinic).replace(b"1700000000000", b"1700000000001")
    assert log.send(forged)[0].verdict == "held"
    assert gaps(log) == []
