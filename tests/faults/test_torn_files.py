"""Files that are missing or torn after a crash: the sentence names the way out, and the way out works."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from threading import Event

import httpx
import pytest

from tests.faults.running import Killed
from tests.faults.test_broken_disk import DAMAGE
from wasteledger.settings import Settings

PROGRAM = str(Path(sys.executable).with_name("wasteledger"))
RECOVERY = "docs/recovery.md"

#: What may have become of the write-ahead log that a killed service left.
TORN: dict[str, Callable[[Path], object]] = {
    "missing": Path.unlink,
    "half of it": lambda path: os.truncate(path, path.stat().st_size // 2),
    "overwritten": lambda path: path.write_bytes(b"junk" * (path.stat().st_size // 4)),
}


@pytest.fixture
def killed(tmp_path: Path) -> Killed:
    return Killed(Settings(data_dir=tmp_path / "data", database_url=""), clients=1)


def _run(killed: Killed, *arguments: str) -> tuple[int, str]:
    variables = os.environ | {"WASTELEDGER_DATA_DIR": str(killed.settings.data_dir), "WASTELEDGER_DATABASE_URL": ""}
    done = subprocess.run([PROGRAM, *arguments], env=variables, capture_output=True, text=True, check=False, timeout=60)
    assert "Traceback" not in done.stderr
    return done.returncode, done.stdout + done.stderr


@pytest.mark.parametrize("command", ["fsck", "serve", "recover"])
@pytest.mark.parametrize("damage", sorted(DAMAGE.keys() - {"empty"}))
def test_a_torn_database_points_to_its_recovery(killed: Killed, damage: str, command: str) -> None:
    file = killed.settings.data_dir / "wasteledger.db"
    file.write_bytes(DAMAGE[damage](file.read_bytes()))
    status, said = _run(killed, command)
    assert status != 0
    assert RECOVERY in said


@pytest.mark.parametrize("torn", TORN)
def test_a_lost_write_ahead_log_is_noticed_and_got_over(killed: Killed, torn: str) -> None:
    """Scans under a checkpoint stood in the -wal alone. Nothing new is taken until they are back, each at its place."""
    client, file = killed.clients[0], killed.settings.data_dir / "wasteledger.db"
    with killed.running() as (_, address), httpx.Client(base_url=address, timeout=30) as http:
        client.scan(200)
        client.send(http)
        size = _published(http)
    file.with_name(f"{file.name}-shm").unlink(missing_ok=True)
    TORN[torn](file.with_name(f"{file.name}-wal"))
    told = dict(client.acknowledged)
    status, said = _run(killed, "fsck")
    assert status != 0
    assert RECOVERY in said
    client.scan(1)
    with killed.running() as (_, address), httpx.Client(base_url=address, timeout=30) as http:
        answer = http.post("/v1/events", json={"events": client.unanswered})
        assert (answer.status_code, answer.json()["code"]) == (503, "rolled_back")
    assert _run(killed, "recover")[0] == 0
    assert _run(killed, "fsck")[0] == 0
    with killed.running() as (_, address), httpx.Client(base_url=address, timeout=30) as http:
        assert [verdict["index"] for verdict in client.send(http)] == [size]
        client.unanswered = list(told)
        again = client.send(http)
    assert {verdict["verdict"] for verdict in again} == {"duplicate"}
    assert [verdict["leaf_hash"] for verdict in again] == [verdict["leaf_hash"] for verdict in told.values()]


def _published(http: httpx.Client) -> int:
    """Waits until the running service has published everything it took in; returns how much that is."""
    for _ in range(200):
        health = http.get("/v1/health").json()
        if health["published_size"] == health["tree_size"]:
            return int(health["tree_size"])
        Event().wait(0.05)
    message = "the service did not publish what it took in within ten seconds"
    raise AssertionError(message)
