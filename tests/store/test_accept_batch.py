"""Taking in a batch, on SQLite and on PostgreSQL: identity before rules, and the same verdict for ever."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from schemas.canonical import decode_base64, encode_base64
from schemas.signing import device_id, parse_note, sign_event
from schemas.sync import Verdict
from tests.store.logs import Log, not_canonical_note, stored_note
from tests.stories_builder import BAG2, CLINIC, COLLECTOR, INFECTIOUS, OFFICE, ORIGIN, Teller, ms
from wasteledger import clock
from wasteledger.audit.fsck import check_log
from wasteledger.domain.history import History
from wasteledger.domain.merkle import leaf_hash, tree_root
from wasteledger.flows.accept_batch import accept_batch
from wasteledger.flows.office import Office, load_key
from wasteledger.store.database import Database
from wasteledger.store.ledger import Ledger


@pytest.fixture
def log(database: Database) -> Iterator[Log]:
    made = Log(database)
    yield made
    assert check_log(database).problems == []


def test_a_new_event_is_in_the_log_byte_for_byte(log: Log) -> None:
    note = stored_note(log.clinic)
    answer = log.answer(note)
    verdict = answer.verdicts[0]
    assert (verdict.verdict, verdict.index) == ("new", 2)
    assert verdict.event_id == encode_base64(parse_note(note).event_id)
    content = log.contents()[2]
    assert content.endswith(b"\n\n" + note)
    assert verdict.leaf_hash == encode_base64(leaf_hash(content))
    assert answer.tree_size == 3


def test_the_same_bytes_again_get_the_first_verdict_for_ever(log: Log) -> None:
    note = stored_note(log.clinic)
    first = log.send(note)[0]
    log.send(stored_note(log.clinic, "库2"))
    for _ in range(3):
        again = log.send(note)[0]
        assert again.verdict == "duplicate"
        assert replace(again, verdict="new") == first
    assert len(log.contents()) == 4


def test_the_same_event_twice_in_one_batch(log: Log) -> None:
    note = stored_note(log.clinic)
    first, second = log.send(note, note)
    assert (first.verdict, second.verdict) == ("new", "duplicate")
    assert (first.index, first.leaf_hash, first.received_ms) == (second.index, second.leaf_hash, second.received_ms)


def test_a_fork_is_kept_and_answered_the_same_again(log: Log) -> None:
    first = stored_note(log.clinic)
    log.clinic.number = 0
    other = stored_note(log.clinic, "库2")
    log.send(first)
    fork = log.send(other)[0]
    assert (fork.verdict, fork.index) == ("fork", 3)
    assert fork.leaf_hash
    log.send(stored_note(log.clinic, "库3"))
    assert log.send(other)[0] == fork
    assert log.send(first)[0].verdict == "duplicate"
    assert len(log.contents()) == 5
    assert [fact.event_id for fact in log.history().forks] == [fork.event_id]


def test_a_signed_note_that_is_no_event_is_quarantined_and_answered_the_same_again(log: Log) -> None:
    strange = sign_event(log.clinic.key, origin=ORIGIN, payload={"kind": "teleported", "version": 2})
    borrowed = sign_event(
        log.clinic.key, origin=ORIGIN, payload=parse_note(stored_note(Teller(COLLECTOR))).payload()
    )  # names another device than the one that signed
    for place, note in enumerate((strange, not_canonical_note(log.clinic), borrowed), start=2):
        first = log.send(note)[0]
        assert (first.verdict, first.index) == ("quarantine", place)
        assert first.leaf_hash == encode_base64(leaf_hash(log.contents()[place]))
        assert first.reason
        assert log.send(note)[0] == first
        assert log.contents()[place].endswith(b"\n\n" + note)
    assert len(log.contents()) == 5
    assert len(log.history().quarantined) == 3


def test_what_is_not_authentic_is_held_aside_and_not_counted(log: Log) -> None:
    good = stored_note(log.clinic)
    held = {
        "is not enrolled": stored_note(Teller(COLLECTOR)),
        "does not verify": good.replace("库1".encode(), "库9".encode()),
        "is meant for the log": stored_note(Teller(CLINIC, origin="ledger.example.org/test")),
        "not an event note": b"hello",
    }
    for reason, note in held.items():
        for _ in range(2):
            verdict = log.send(note)[0]
            assert (verdict.verdict, verdict.index, verdict.leaf_hash) == ("held", None, None)
            assert reason in (verdict.reason or "")
    assert log.held_count() == len(held)
    assert len(log.contents()) == 2


def test_a_held_note_is_taken_once_its_device_is_enrolled(log: Log) -> None:
    stranger = Teller(COLLECTOR)
    note = stored_note(stranger)
    assert log.send(note)[0].verdict == "held"
    enrolled, taken = log.send(log.office.enrolment(stranger), note)
    assert (enrolled.verdict, taken.verdict) == ("new", "new")


def test_one_poison_event_does_not_block_the_ones_behind_it(log: Log) -> None:
    notes = [
        b"\x00poison", not_canonical_note(log.clinic), stored_note(Teller(COLLECTOR)),
        stored_note(log.clinic), stored_note(log.clinic, "库2"),
    ]  # fmt: skip
    verdicts = [verdict.verdict for verdict in log.send(*notes)]
    assert verdicts == ["held", "quarantine", "held", "new", "new"]


def test_texts_that_no_encoding_knows_are_held(log: Log) -> None:
    answer = accept_batch(log.database, ["\ud800", "—", "\x00"], origin=ORIGIN, node="node1")
    assert [verdict.verdict for verdict in answer.verdicts] == ["held"] * 3


def test_fifty_identical_batches_at_once_append_once(log: Log, database_url: str) -> None:
    notes = [stored_note(log.clinic), stored_note(log.clinic, "库2")]
    other = Database(database_url)
    start = threading.Barrier(10)

    def send(number: int) -> list[Verdict]:
        if number < 10:
            start.wait()
        return log.answer(*notes, database=other if number % 2 else log.database).verdicts

    try:
        with ThreadPoolExecutor(10) as pool:
            answers = list(pool.map(send, range(50)))
    finally:
        other.close()
    for place in range(len(notes)):
        verdicts = [answer[place] for answer in answers]
        assert sorted(verdict.verdict for verdict in verdicts) == ["duplicate"] * 49 + ["new"]
        assert len({(verdict.index, verdict.leaf_hash, verdict.received_ms) for verdict in verdicts}) == 1
    assert len(log.contents()) == 4


def test_what_was_answered_is_there_for_everybody_else(log: Log, database_url: str) -> None:
    verdict = log.send(stored_note(log.clinic))[0]
    other = Database(database_url)
    with other.read() as connection:
        stored = Ledger(connection).entry(verdict.index or 0)
    other.close()
    assert stored is not None
    assert encode_base64(leaf_hash(stored)) == verdict.leaf_hash


def test_received_times_never_run_backwards(log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    """The service's clock may be set back; the log's order is still an order in time."""
    ahead_ms = clock.now_ms() + 60_000
    with monkeypatch.context() as patched:
        patched.setattr(clock, "now_ms", lambda: ahead_ms)
        assert log.send(stored_note(log.clinic))[0].received_ms == ahead_ms
    assert log.send(stored_note(log.clinic))[0].received_ms == ahead_ms


def test_nobody_but_an_office_enrols_or_revokes(log: Log) -> None:
    stranger = Teller(COLLECTOR)
    assert log.send(log.clinic.enrolment(stranger))[0].verdict == "held"
    revoke = log.clinic.note("revoked", occurred_ms=ms("02 08:00"), device=log.office.key.device_id, reason="stolen")
    assert log.send(revoke)[0].verdict == "held"


def test_nobody_enrols_himself_once_the_log_has_begun(log: Log) -> None:
    thief = Teller(COLLECTOR)
    assert log.send(thief.enrolment(thief, role="office"))[0].verdict == "held"


def test_an_office_key_that_was_revoked_admits_nobody(log: Log) -> None:
    second = Teller("A500114001002")
    assert log.send(log.office.enrolment(second, role="office"))[0].verdict == "new"
    revoke = log.office.note("revoked", occurred_ms=ms("02 08:00"), device=second.key.device_id, reason="stolen")
    accomplice = Teller(COLLECTOR)
    verdicts = log.send(revoke, second.enrolment(accomplice), stored_note(accomplice))
    assert [verdict.verdict for verdict in verdicts] == ["new", "held", "held"]
    assert log.send(second.enrolment(accomplice))[0].verdict == "held"


def test_a_device_id_must_follow_from_its_key(log: Log) -> None:
    stranger = Teller(COLLECTOR)
    forged = log.office.note(
        "enrolled", occurred_ms=ms("02 08:00"), device=stranger.key.device_id, role="device", for_site=COLLECTOR,
        public_key=encode_base64(Teller("T500114105001").key.public_key),
    )  # fmt: skip
    assert log.send(forged)[0].verdict == "held"


def test_a_revoked_device_still_hands_in_its_scans(log: Log) -> None:
    revoke = log.office.note("revoked", occurred_ms=ms("02 08:00"), device=log.clinic.key.device_id, reason="lost")
    assert [verdict.verdict for verdict in log.send(revoke, stored_note(log.clinic))] == ["new", "new"]


def test_an_office_that_restarts_continues_its_chain(database: Database, tmp_path: Path) -> None:
    body = {"kind": "ruled", "rule": "carriage_h", "value": 24, "basis": "试"}
    key_file = tmp_path / "office.key"
    for _ in range(3):
        office = Office(database, load_key(key_file), origin=ORIGIN, node="node1", site=OFFICE)
        verdicts = office.record([body, body])
        assert [verdict.verdict for verdict in verdicts] == ["new", "new"]
    facts = _fold(database).by_device[load_key(key_file).device_id]
    assert sorted(facts) == list(range(7))
    for number in range(1, 7):
        assert facts[number].event.device_prev == facts[number - 1].event_id
    assert key_file.stat().st_mode & 0o077 == 0
    assert check_log(database).problems == []


def test_offices_at_work_at_once_never_take_the_same_number(database: Database, tmp_path: Path) -> None:
    body = {"kind": "ruled", "rule": "carriage_h", "value": 24, "basis": "试"}
    key = load_key(tmp_path / "office.key")

    def work(_turn: int) -> str:
        return Office(database, key, origin=ORIGIN, node="node1", site=OFFICE).record([body])[0].verdict

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(work, range(24))) == ["new"] * 24
    history = _fold(database)
    assert sorted(history.by_device[key.device_id]) == list(range(25))
    assert history.forks == []


def _fold(database: Database) -> History:
    history = History()
    with database.read() as connection:
        for _, content in Ledger(connection).contents():
            history.add(content)
    return history


def test_a_batch_of_five_hundred(log: Log) -> None:
    notes = [
        log.clinic.note(
            "sealed", occurred_ms=ms("02 08:00"), codes=[BAG2], waste_code=INFECTIOUS, package="bag",
            mass_g=number + 1, mass_source="scale",
        )
        for number in range(500)
    ]  # fmt: skip
    answer = log.answer(*notes)
    assert [verdict.index for verdict in answer.verdicts] == list(range(2, 502))
    assert {verdict.verdict for verdict in log.send(*notes)} == {"duplicate"}
    assert decode_base64(answer.root) == tree_root([leaf_hash(content) for content in log.contents()])


def test_a_key_that_anybody_could_sign_for_is_not_admitted(log: Log) -> None:
    """A point of small order: one signature would fit many messages (ledger of attacks, 20)."""
    weak = (1).to_bytes(32, "little")
    enrolment = log.office.note(
        "enrolled", occurred_ms=ms("02 08:00"), device=device_id(weak), role="device", for_site=COLLECTOR,
        public_key=encode_base64(weak),
    )  # fmt: skip
    verdict = log.send(enrolment)[0]
    assert verdict.verdict == "held"
    assert "no sound" in (verdict.reason or "")
