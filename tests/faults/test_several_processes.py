"""Several service processes on one PostgreSQL, and one log."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier, Event
from typing import Any

import httpx
import pytest

from tests.faults.running import Killed
from wasteledger.audit.fsck import check_log
from wasteledger.settings import Settings
from wasteledger.store.database import Database


@pytest.fixture
def killed(tmp_path: Path, postgres_url: str) -> Killed:
    return Killed(Settings(data_dir=tmp_path / "data", database_url=postgres_url), clients=3)


@pytest.fixture
def addresses(killed: Killed) -> Iterator[list[Any]]:
    with (
        killed.running(WASTELEDGER_NODE="one") as one,
        killed.running(WASTELEDGER_NODE="two") as two,
    ):
        yield [one, two]


def test_fifty_identical_posts_to_two_processes_append_once(killed: Killed, addresses: list[Any]) -> None:
    client = killed.clients[0]
    client.scan(1)
    start = Barrier(10)

    def post(number: int) -> Any:
        if number < 10:
            start.wait()
        answer = httpx.post(f"{addresses[number % 2][1]}/v1/events", json={"events": client.unanswered}, timeout=30)
        return answer.json()

    with ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(post, range(50)))
    verdicts = [answer["verdicts"][0] for answer in answers]
    assert sorted(verdict["verdict"] for verdict in verdicts) == ["duplicate"] * 49 + ["new"]
    assert len({(verdict["index"], verdict["leaf_hash"], verdict["received_ms"]) for verdict in verdicts}) == 1
    assert len({answer["receipt"] for answer in answers}) == 1
    _whole(killed)


def test_one_signs_and_the_other_takes_over_when_it_is_killed(killed: Killed, addresses: list[Any]) -> None:
    for victim, survivor in ((0, 1),):
        client = killed.clients[victim]
        client.scan(10)
        with httpx.Client(base_url=addresses[survivor][1], timeout=30) as http:
            client.send(http)
            size = _published_beyond(http, 10)
            addresses[victim][0].kill()
            client.scan(10)
            client.send(http)
            assert _published_beyond(http, size) > size
    _whole(killed)


def _published_beyond(http: httpx.Client, size: int) -> int:
    """Waits until the checkpoint holds everything that the log has."""
    for _ in range(200):
        health = http.get("/v1/health").json()
        if health["published_size"] > size and health["published_size"] == health["tree_size"]:
            return int(health["published_size"])
        Event().wait(0.05)
    message = "no new checkpoint within ten seconds"
    raise AssertionError(message)


def _whole(killed: Killed) -> None:
    database = Database(killed.settings.effective_database_url)
    assert check_log(database).problems == []
    database.close()
