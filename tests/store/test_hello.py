"""A device's hello commits it to the end of its own chain."""

from collections.abc import Iterator

import pytest

from schemas.canonical import decode_base64
from tests.store.logs import Log, stored_note
from tests.stories_builder import CLINIC, COLLECTOR, ORIGIN, Teller, register
from wasteledger.audit.fsck import check_log
from wasteledger.domain.devices import device_findings
from wasteledger.domain.hello import NO_EVENT, Hello, sign_hello
from wasteledger.domain.register import Directory
from wasteledger.store.database import Database


@pytest.fixture
def log(database: Database) -> Iterator[Log]:
    made = Log(database)
    yield made
    assert check_log(database).problems == []


def hello(teller: Teller, *, origin: str = ORIGIN) -> bytes:
    newest = decode_base64(teller.previous) if teller.number else NO_EVENT
    spoken = Hello(teller.key.device_id, teller.number, newest, 1_700_000_000_000, 5, "0123456789abcdef")
    return sign_hello(teller.key, spoken, origin=origin)


def gaps(log: Log) -> list[str]:
    found = device_findings(log.history(), Directory(register()), region="500114")
    return [finding.detail.split(" № ")[1] for finding in found if finding.code == "device_gap"]


def test_a_hello_behind_everything_it_names_tells_nothing_new(log: Log) -> None:
    verdicts = log.send(stored_note(log.clinic), stored_note(log.clinic, "库2"), hello(log.clinic))
    assert [verdict.verdict for verdict in verdicts] == ["new", "new", "noted"]
    assert len(log.contents()) == 4
    assert gaps(log) == []


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
