"""The log, its regulator's witness and the offline verifier, each a process of its own, as docs/verifying.md tells it."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event
from typing import Any

import httpx
import pytest

from tests.conftest import DISTRICT
from tests.faults.running import free_port

PROGRAM = str(Path(sys.executable).with_name("wasteledger"))
NAME = "witness.example.org/w1"


class Place:
    """A folder in which everything happens."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port, self.witness_port = free_port(), free_port()
        self.environment = os.environ | {
            "WASTELEDGER_DATA_DIR": str(folder / "data"),
            "WASTELEDGER_DATABASE_URL": "",
            "WASTELEDGER_PORT": str(self.port),
        }
        self.run("load", str(DISTRICT))
        self.key = json.loads(self.run("log-key"))["log_key"]
        line = self.run(*self.witness_words, "--show-key").strip()
        (folder / "policy").write_text(f"log {self.key}\n{line}\nquorum w1\n")
        (folder / "data" / "policy").write_text((folder / "policy").read_text())

    @property
    def witness_words(self) -> list[str]:
        return ["witness", "--dir", str(self.folder / "witness"), "--name", NAME, "--port", str(self.witness_port)]

    def run(self, *words: str, code: int = 0) -> str:
        done = subprocess.run(
            [PROGRAM, *words], env=self.environment, cwd=self.folder, capture_output=True, text=True, check=False
        )
        assert done.returncode == code, done.stdout + done.stderr
        return done.stdout

    @contextmanager
    def process(self, *words: str) -> Iterator[None]:
        process = subprocess.Popen([PROGRAM, *words], env=self.environment, stdout=subprocess.DEVNULL)
        try:
            yield
        finally:
            process.terminate()
            process.wait()

    def health(self, published: int) -> dict[str, Any]:
        """The service's word on itself, once so many entries are published."""
        deadline = time.monotonic() + 40
        while time.monotonic() < deadline:
            try:
                answer: dict[str, Any] = httpx.get(f"http://127.0.0.1:{self.port}/v1/health").json()
            except httpx.TransportError:
                answer = {"published_size": -1}
            if answer["published_size"] >= published:
                return answer
            Event().wait(0.1)
        message = f"{published} entries were not published"
        raise AssertionError(message)


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


def test_nothing_is_published_that_the_regulators_witness_has_not_seen(place: Place) -> None:
    with place.process("serve"):
        assert place.health(0)["tree_size"] == 2
        Event().wait(2.5)  # two rounds of the signer, in which nothing may be published
        assert place.health(0)["published_size"] == 0
        with place.process(*place.witness_words, "--log", place.key):
            assert place.health(2)["published_size"] == 2
            place.run("issue", "C500114105001", "841-001-01", "--count", "3")
            place.health(3)
    place.run("export-log", "exported")
    report = json.loads(place.run("verify", "audit", "exported", "--policy", "policy", "--json"))
    assert (report["result"], report["size"], report["checkpoints"]) == ("good", 3, 2)
    (place.folder / "policy").write_text(f"log {place.key}\nquorum none\n")
    place.run("verify", "audit", "exported", "--policy", "policy")


def test_a_log_whose_witness_is_away_takes_scans_all_the_same(place: Place) -> None:
    with place.process("serve"):
        place.health(0)
        place.run("issue", "C500114105001", "841-001-01")
        assert place.health(0)["tree_size"] == 3
        assert httpx.get(f"http://127.0.0.1:{place.port}/checkpoint").status_code == 404
    place.run("fsck")
    place.run("export-log", "exported", code=2)
