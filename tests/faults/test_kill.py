"""kill -9 of the running service under load: every acknowledged scan is there, once, and sending again is answered the same."""

import random
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from tests.faults.running import Killed, kill_after
from wasteledger.audit.fsck import check_log
from wasteledger.domain.policy import parse_policy
from wasteledger.domain.tiles import root_at
from wasteledger.flows.published import Published
from wasteledger.settings import Settings
from wasteledger.store.blobs import Blobs
from wasteledger.store.database import Database
from wasteledger.store.ledger import Ledger

ROUNDS = 3


@pytest.fixture
def killed(tmp_path: Path, database_url: str) -> Killed:
    return Killed(Settings(data_dir=tmp_path / "data", database_url=database_url), clients=4)


def _whole(killed: Killed) -> int:
    database = Database(killed.settings.effective_database_url)
    try:
        assert check_log(database).problems == []
        with database.read() as connection:
            return Ledger(connection).size
    finally:
        database.close()


def test_nothing_acknowledged_is_lost_by_kill_nine(killed: Killed) -> None:
    chance = random.Random(3)
    before = _whole(killed)
    for _ in range(ROUNDS):
        stop = threading.Event()
        with killed.running() as (process, address):
            timer = kill_after(process, chance.uniform(0.3, 1.2), stop)
            killed.under_load(address, stop, sizes=[1, 7, 100, 30])
            timer.join()
        _whole(killed)
    told = [verdict for client in killed.clients for verdict in client.acknowledged.values()]
    assert len(told) > 200
    with killed.running() as (_, address), httpx.Client(base_url=address, timeout=30) as http:
        for client in killed.clients:
            first = dict(client.acknowledged)
            client.unanswered = [*first, *client.unanswered]
            while client.unanswered:
                client.send(http)
            for note, verdict in first.items():
                again = client.acknowledged[note]
                assert again["verdict"] == "duplicate"
                for field in ("index", "leaf_hash", "received_ms", "event_id"):
                    assert again[field] == verdict[field]
    everything = [verdict["index"] for client in killed.clients for verdict in client.acknowledged.values()]
    assert len(set(everything)) == len(everything)
    assert _whole(killed) == before + len(everything)


def test_an_answer_that_was_lost_behind_the_commit_is_given_again(killed: Killed) -> None:
    """The classic duplicate maker: committed, then cut off before the answer; the device sends the same bytes."""
    client, before = killed.clients[0], _whole(killed)
    client.scan(5)
    with killed.running() as (_, address), httpx.Client(base_url=address, timeout=30) as http:
        with _sent_and_never_read(address, client.unanswered):
            _wait_for_size(killed, before + 5)
        verdicts = client.send(http)
    assert [verdict["verdict"] for verdict in verdicts] == ["duplicate"] * 5
    assert [verdict["index"] for verdict in verdicts] == list(range(before, before + 5))
    assert _whole(killed) == before + 5


@contextmanager
def _sent_and_never_read(address: str, notes: list[str]) -> Iterator[None]:
    """A device whose line breaks behind the request."""
    request = httpx.Request("POST", f"{address}/v1/events", json={"events": notes})
    head = "".join(f"{name}: {value}\r\n" for name, value in request.headers.items())
    with socket.create_connection((request.url.host, request.url.port or 80)) as line:
        line.sendall(f"POST /v1/events HTTP/1.1\r\n{head}\r\n".encode() + request.content)
        yield


def _wait_for_size(killed: Killed, size: int) -> None:
    database = Database(killed.settings.effective_database_url)
    for _ in range(2000):
        with database.read() as connection:
            if Ledger(connection).size >= size:
                break
        threading.Event().wait(0.005)
    database.close()


def test_a_killed_signer_goes_on_with_its_promises(killed: Killed) -> None:
    """Checkpoints seen before the kill are the beginning of those seen after it."""
    seen: list[bytes] = []
    chance = random.Random(5)
    for _ in range(ROUNDS):
        stop = threading.Event()
        with killed.running() as (process, address):
            timer = kill_after(process, chance.uniform(1.2, 2.4), stop)
            killed.under_load(address, stop, sizes=[20])
            timer.join()
        published = Published(Blobs(killed.settings.effective_log_dir))
        note = published.note()
        if note:
            seen.append(note)
    policy = parse_policy(f"log {published.key()}\nquorum none\n")
    checkpoints = [policy.accept(note).checkpoint for note in seen]
    assert len(checkpoints) >= 2
    assert [c.size for c in checkpoints] == sorted(c.size for c in checkpoints)
    for checkpoint in checkpoints:
        assert root_at(checkpoint.size, published.tile) == checkpoint.root
