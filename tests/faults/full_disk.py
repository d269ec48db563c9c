"""What is done on a small file system, as a program: the mount that it needs is seen by this process and its children alone.

python -m tests.faults.full_disk STORY FOLDER
"""

import sys
from pathlib import Path

import httpx
from starlette.testclient import TestClient

from tests.faults.running import Killed
from wasteledger.app import make_app
from wasteledger.audit.fsck import check_log
from wasteledger.flows import sequencer
from wasteledger.flows.service import Service
from wasteledger.settings import Settings

BLOCK = bytes(4096)


def fill(disk: Path, *, keep_bytes: int) -> Path:
    """Leaves only so much room."""
    ballast = disk / "ballast"
    with ballast.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(BLOCK)
        except OSError:
            file.truncate(max(0, file.tell() - keep_bytes))
    return ballast


def said(answer: httpx.Response) -> str:
    """The sentence of a refusal."""
    assert (answer.status_code, answer.headers["content-type"]) == (503, "application/problem+json"), answer.text
    assert int(answer.headers["retry-after"]) > 0
    detail: str = answer.json()["detail"]
    return detail


def stops_in_time(disk: Path) -> None:
    """The running service refuses while too little is free, and goes on by itself."""
    killed = Killed(Settings(data_dir=disk / "data", database_url=""), clients=1)
    client = killed.clients[0]
    with killed.running() as (process, address), httpx.Client(base_url=address, timeout=30) as http:
        client.scan(20)
        client.send(http)
        before = list(client.acknowledged)
        ballast = fill(disk, keep_bytes=sequencer.FREE_BYTES_MIN // 2)
        client.scan(3)
        answer = http.post("/v1/events", json={"events": client.unanswered})
        assert "Make room" in said(answer)
        assert answer.json()["code"] == "disk_full"
        ballast.unlink()
        assert [verdict["verdict"] for verdict in client.send(http)] == ["new"] * 3
        client.unanswered = before
        assert [verdict["verdict"] for verdict in client.send(http)] == ["duplicate"] * 20
        assert process.poll() is None


def fills_up_during_a_batch(disk: Path) -> None:
    """Somebody else took the last bytes after the service had looked: SQLite itself is told that there is no room."""
    sequencer.FREE_BYTES_MIN = 0
    killed = Killed(Settings(data_dir=disk / "data", database_url=""), clients=1)
    client, service = killed.clients[0], Service(killed.settings)
    http = TestClient(make_app(service))
    client.scan(50)
    client.send(http)
    assert service.signer().round()
    size = check_log(service.database).entries
    ballast = fill(disk, keep_bytes=len(BLOCK) * 8)
    client.scan(300)
    detail = said(http.post("/v1/events", json={"events": client.unanswered}))
    assert "nothing was taken" in detail, detail
    assert "room" in detail, detail
    assert check_log(service.database).entries == size
    assert http.get("/v1/health").json()["tree_size"] == size
    ballast.unlink()
    assert {verdict["verdict"] for verdict in client.send(http)} == {"new"}
    checked, checkpoint = check_log(service.database), service.signer().round()
    assert (checked.entries, checked.problems) == (size + 300, [])
    assert checkpoint is not None
    assert checkpoint.size == size + 300
    service.close()


STORIES = {story.__name__: story for story in (stops_in_time, fills_up_during_a_batch)}

if __name__ == "__main__":
    STORIES[sys.argv[1]](Path(sys.argv[2]))
