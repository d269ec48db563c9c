"""A full disk, and a database that is torn: a clear word, nothing acknowledged lost, and the way out."""

import os
import resource
import subprocess
import sys
from pathlib import Path
from threading import Event

import httpx
import pytest

from tests.faults.running import Killed, free_port
from wasteledger.audit.fsck import check_log
from wasteledger.flows.service import Service
from wasteledger.settings import Settings
from wasteledger.store.database import Database

PROGRAM = str(Path(sys.executable).with_name("wasteledger"))


@pytest.fixture
def killed(tmp_path: Path) -> Killed:
    return Killed(Settings(data_dir=tmp_path / "data", database_url=""), clients=1)


def _run(killed: Killed, *arguments: str) -> subprocess.CompletedProcess[str]:
    variables = os.environ | {"WASTELEDGER_DATA_DIR": str(killed.settings.data_dir), "WASTELEDGER_DATABASE_URL": ""}
    return subprocess.run([PROGRAM, *arguments], env=variables, capture_output=True, text=True, check=False, timeout=60)


def test_a_disk_that_fills_up_is_said_and_costs_nothing(killed: Killed) -> None:
    """The process may not write files beyond a size: to SQLite that is a full disk."""
    client = killed.clients[0]
    with killed.running() as (process, address), httpx.Client(base_url=address, timeout=30) as http:
        client.scan(20)
        client.send(http)
        resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (400_000, resource.RLIM_INFINITY))
        refused = None
        for _ in range(60):
            client.scan(50)
            try:
                client.send(http)
            except httpx.HTTPStatusError as error:
                refused = error.response
                break
        assert refused is not None
        assert (refused.status_code, refused.headers["content-type"]) == (503, "application/problem+json")
        assert refused.json()["detail"]
        assert int(refused.headers["retry-after"]) > 0
        resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        restarted = False
        try:
            client.send(http)
        except httpx.HTTPStatusError:
            restarted = True
    if restarted:
        with killed.running() as (_, address), httpx.Client(base_url=address, timeout=30) as http:
            client.send(http)
    database = Database(killed.settings.effective_database_url)
    assert check_log(database).problems == []
    database.close()
    with killed.running() as (_, address), httpx.Client(base_url=address, timeout=30) as http:
        first = dict(client.acknowledged)
        client.unanswered = list(first)
        while client.unanswered:
            assert {verdict["verdict"] for verdict in client.send(http)} == {"duplicate"}


DAMAGE = {
    "cut off in the middle": lambda content: content[: len(content) // 2],
    "not a database": lambda _content: b"this is no database " * 500,
    "a page of zeros": lambda content: content[:4096] + bytes(4096) + content[8192:],
    "empty": lambda _content: b"",
}


def _tear(killed: Killed, damage: str) -> None:
    """Damages the database of a district whose log was signed and published."""
    service = Service(killed.settings)
    assert service.signer().round()
    service.close()
    file = killed.settings.data_dir / "wasteledger.db"
    for suffix in ("-wal", "-shm"):
        file.with_name(file.name + suffix).unlink(missing_ok=True)
    file.write_bytes(DAMAGE[damage](file.read_bytes()))


@pytest.mark.parametrize("damage", DAMAGE)
@pytest.mark.parametrize("command", ["fsck", "backup"])
def test_a_torn_database_is_said_with_the_way_out(killed: Killed, damage: str, command: str, tmp_path: Path) -> None:
    _tear(killed, damage)
    done = _run(killed, *([command] if command == "fsck" else [command, str(tmp_path / "backup")]))
    assert done.returncode != 0
    assert "Traceback" not in done.stderr
    assert (done.stdout + done.stderr).strip()


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_service_on_a_torn_database_takes_nothing_in(killed: Killed, damage: str) -> None:
    """It ends with a sentence, or answers each scan that it can not be taken; it never acknowledges one."""
    _tear(killed, damage)
    port = free_port()
    variables = os.environ | {
        "WASTELEDGER_DATA_DIR": str(killed.settings.data_dir),
        "WASTELEDGER_DATABASE_URL": "",
        "WASTELEDGER_PORT": str(port),
    }
    process = subprocess.Popen(
        [PROGRAM, "serve"], env=variables, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True
    )
    client = killed.clients[0]
    client.scan(1)
    status = _post_or_end(process, f"http://127.0.0.1:{port}/v1/events", client.unanswered)
    process.kill()
    said = process.communicate()[1]
    assert status is None or status >= 400
    if status is None:
        assert said.startswith("wasteledger: ")


def _post_or_end(process: subprocess.Popen[str], address: str, notes: list[str]) -> int | None:
    """The status of the answer, or None when the service ended instead."""
    for _ in range(600):
        if process.poll() is not None:
            return None
        try:
            answer = httpx.post(address, json={"events": notes}, timeout=10)
        except httpx.TransportError:
            Event().wait(0.05)
            continue
        assert answer.headers["content-type"] == "application/problem+json"
        return answer.status_code
    message = "the service neither answered nor ended"
    raise AssertionError(message)
