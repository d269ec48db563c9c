"""The sequencer: one writer at a time for many callers, bounded, and nothing half taken."""

import threading
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import text

from tests.store.logs import Log, not_canonical_note, stored_note
from tests.stories_builder import CLINIC, COLLECTOR, ORIGIN, Teller
from wasteledger.audit.fsck import check_log
from wasteledger.errors import DatabaseError, DiskFullError, QueueFullError
from wasteledger.flows import sequencer as module
from wasteledger.flows.sequencer import Sequencer
from wasteledger.store.database import Database


@pytest.fixture
def log(database: Database) -> Iterator[Log]:
    made = Log(database)
    yield made
    assert check_log(database).problems == []


def make(database: Database) -> Sequencer:
    return Sequencer(database, origin=ORIGIN, node="node1")


def texts(*notes: bytes) -> list[str]:
    return [note.decode() for note in notes]


class Crowd:
    """Callers that all wait while somebody else holds the writer's lock of the database."""

    def __init__(self, sequencer: Sequencer, pool: ThreadPoolExecutor) -> None:
        self._sequencer, self._pool = sequencer, pool

    def gather(self, database: Database, batches: list[list[str]]) -> list[Future[Any]]:
        futures = []
        with database.write():
            for number, batch in enumerate(batches):
                futures.append(self._pool.submit(self._sequencer.submit, batch))
                self._wait_for(min(number, 1) + max(number - 1, 0))
        return futures

    def _wait_for(self, callers: int) -> None:
        """The first caller is inside its transaction, the others in the queue."""
        turn = threading.Event()
        while len(self._sequencer._waiting) < callers:
            turn.wait(0.001)


def test_a_caller_gets_his_own_verdicts_in_his_own_order(log: Log) -> None:
    notes = [stored_note(log.clinic, f"库{number}") for number in range(3)]
    answer = make(log.database).submit(texts(notes[0], b"junk", notes[1], notes[0], notes[2]))
    assert [verdict.verdict for verdict in answer.verdicts] == ["new", "held", "new", "duplicate", "new"]
    assert [verdict.index for verdict in answer.verdicts] == [2, None, 3, 2, 4]


def test_what_waits_during_a_commit_shares_the_next_one(log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    sequencer, sizes = make(log.database), []
    real = module.take_in

    def counted(ledger: Any, read: Any, **names: str) -> Any:
        sizes.append(len(read))
        return real(ledger, read, **names)

    monkeypatch.setattr(module, "take_in", counted)
    batches = [texts(stored_note(log.clinic, f"库{number}")) for number in range(12)]
    with ThreadPoolExecutor(12) as pool:
        answers = [future.result(20) for future in Crowd(sequencer, pool).gather(log.database, batches)]
    assert sizes == [1, 11]
    assert sorted(answer.verdicts[0].index for answer in answers) == list(range(2, 14))


def test_a_full_queue_takes_nothing_of_the_next_caller(log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "QUEUE_EVENTS_MAX", 3)
    sequencer = make(log.database)
    notes = [stored_note(log.clinic, f"库{number}") for number in range(6)]
    with ThreadPoolExecutor(8) as pool:
        futures = []
        with log.database.write():
            futures.append(pool.submit(sequencer.submit, texts(notes[0])))
            while not sequencer._pen.locked() or sequencer._waiting:
                threading.Event().wait(0.001)
            futures.append(pool.submit(sequencer.submit, texts(notes[1], notes[2])))
            while not sequencer._waiting:
                threading.Event().wait(0.001)
            with pytest.raises(QueueFullError, match="again") as refused:
                sequencer.submit(texts(notes[3], notes[4]))
        assert [verdict.verdict for future in futures for verdict in future.result(20).verdicts] == ["new"] * 3
    assert refused.value.status == 503
    assert [verdict.verdict for verdict in sequencer.submit(texts(notes[3], notes[4])).verdicts] == ["new", "new"]


def test_one_callers_poison_is_not_his_neighbours_concern(log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    sequencer, real = make(log.database), module.take_in
    poison = stored_note(log.clinic, "毒")

    def sickened(ledger: Any, read: Any, **names: str) -> Any:
        if any(item.raw == poison for item in read):
            message = "a defect that one note sets off"
            raise RuntimeError(message)
        return real(ledger, read, **names)

    monkeypatch.setattr(module, "take_in", sickened)
    batches = [texts(stored_note(log.clinic, "库1")), texts(poison), texts(stored_note(log.clinic, "库2"))]
    with ThreadPoolExecutor(4) as pool:
        first, second, third = Crowd(sequencer, pool).gather(log.database, batches)
        assert first.result(20).verdicts[0].verdict == "new"
        with pytest.raises(RuntimeError, match="defect"):
            second.result(20)
        assert third.result(20).verdicts[0].verdict == "new"


def test_below_the_floor_of_free_disk_nothing_is_taken(log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    if not log.database.is_sqlite:
        monkeypatch.setattr(module, "FREE_BYTES_MIN", 2**62)
        assert make(log.database).submit(texts(stored_note(log.clinic))).verdicts[0].verdict == "new"
        return  # the server's disk is the server's business
    note = stored_note(log.clinic)
    with monkeypatch.context() as patched:
        patched.setattr(module, "FREE_BYTES_MIN", 2**62)
        with pytest.raises(DiskFullError, match="Make room"):
            make(log.database).submit(texts(note))
    assert len(log.contents()) == 2
    assert make(log.database).submit(texts(note)).verdicts[0].verdict == "new"


def test_fifty_identical_posts_at_once_by_several_processes_worth_of_writers(log: Log, database_url: str) -> None:
    note = stored_note(log.clinic)
    databases = [Database(database_url) for _ in range(3)]
    sequencers = [make(database) for database in (log.database, *databases)]
    start = threading.Barrier(10)

    def post(number: int) -> Any:
        if number < 10:
            start.wait()
        return sequencers[number % len(sequencers)].submit(texts(note)).verdicts[0]

    with ThreadPoolExecutor(10) as pool:
        verdicts = list(pool.map(post, range(50)))
    for database in databases:
        database.close()
    assert sorted(verdict.verdict for verdict in verdicts) == ["duplicate"] * 49 + ["new"]
    assert len({(verdict.index, verdict.leaf_hash, verdict.received_ms) for verdict in verdicts}) == 1
    assert len(log.contents()) == 3


def test_bytes_known_as_good_are_still_only_taken_once_and_never_on_trust(log: Log) -> None:
    sequencer = make(log.database)
    note, forged = stored_note(log.clinic), b""
    first = sequencer.submit(texts(note)).verdicts[0]
    again = [sequencer.submit(texts(note)).verdicts[0] for _ in range(3)]
    assert all(verdict == replace(first, verdict="duplicate") for verdict in again)
    forged = note.replace("库1".encode(), "库9".encode())
    assert sequencer.submit(texts(forged)).verdicts[0].verdict == "held"


def test_a_note_that_was_verified_but_rolled_back_is_taken_afresh(log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    sequencer, note = make(log.database), stored_note(log.clinic)

    def cut(*_: Any, **__: Any) -> Any:
        message = "power"
        raise RuntimeError(message)

    with monkeypatch.context() as patched:
        patched.setattr(module, "take_in", cut)
        for _ in range(2):
            with pytest.raises(RuntimeError, match="power"):
                sequencer.submit(texts(note))
    assert sequencer.submit(texts(note)).verdicts[0].verdict == "new"


def test_a_device_enrolled_in_the_same_batch_and_strange_notes_behind_the_gateway(log: Log) -> None:
    stranger = Teller(COLLECTOR)
    sequencer = make(log.database)
    waiting = stored_note(stranger)
    answer = sequencer.submit(texts(waiting, log.office.enrolment(stranger), waiting, not_canonical_note(log.clinic)))
    assert [verdict.verdict for verdict in answer.verdicts] == ["held", "new", "new", "quarantine"]


def test_the_answer_names_the_hole_before_what_was_sent(log: Log) -> None:
    notes = [stored_note(log.clinic, f"库{number}") for number in range(8)]
    sequencer = make(log.database)

    def holes(*chosen: int) -> list[tuple[str, int, int]]:
        answer = sequencer.submit(texts(*(notes[number] for number in chosen)))
        return [(hole.device_id, hole.first, hole.last) for hole in answer.needed]

    own = log.clinic.key.device_id
    assert holes(0, 1) == []
    assert holes(4) == [(own, 2, 3)]
    assert holes(6) == [(own, 5, 5)]
    assert holes(3) == [(own, 2, 2)]
    assert holes(2, 5) == []
    assert holes(7) == []


def test_a_hole_is_named_to_its_own_device_only(log: Log) -> None:
    other = Teller("T500114105001")
    log.send(log.office.enrolment(other))
    stored_note(log.clinic)
    sequencer = make(log.database)
    batches = [texts(stored_note(other)), texts(stored_note(log.clinic)), texts(stored_note(other))]
    with ThreadPoolExecutor(4) as pool:
        answers = [future.result(20) for future in Crowd(sequencer, pool).gather(log.database, batches)]
    assert [[hole.device_id for hole in answer.needed] for answer in answers] == [[], [log.clinic.key.device_id], []]


def test_after_a_failed_commit_nothing_more_is_written_until_a_restart(log: Log, database_url: str) -> None:
    database = Database(database_url)
    database.failed_commit = "disk I/O error"
    with pytest.raises(DatabaseError, match="restart"):
        make(database).submit(texts(stored_note(log.clinic)))
    database.close()
    assert len(log.contents()) == 2


def test_a_damaged_entry_is_not_confirmed_to_its_device(database_url: str) -> None:
    database = Database(database_url)
    damaged = Log(database)
    note = stored_note(damaged.clinic)
    sequencer = make(database)
    sequencer.submit(texts(note))
    with database.write() as connection:
        guard = "DROP TRIGGER entry_no_update" if database.is_sqlite else "DROP TRIGGER entry_append_only ON entry"
        connection.execute(text(guard))
        connection.execute(text("UPDATE entry SET content = :junk WHERE idx = 2").bindparams(junk=b"junk"))
    verdict = sequencer.submit(texts(note)).verdicts[0]
    assert verdict.verdict == "held"
    assert "keep it" in (verdict.reason or "")
    assert any("entry 2" in problem for problem in check_log(database).problems)
    database.close()


def test_the_clinics_name_stays_with_its_own_key(log: Log) -> None:
    """Another key may say any device id; its notes are held, and the real one's go on."""
    thief = Teller(CLINIC)
    thief.key = Teller(COLLECTOR).key
    sequencer = make(log.database)
    assert sequencer.submit(texts(stored_note(thief))).verdicts[0].verdict == "held"
    assert sequencer.submit(texts(stored_note(log.clinic))).verdicts[0].verdict == "new"
