"""The real service as a process, clients that record what it acknowledged, and the checks after it was killed."""

import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import numpy as np

from tests.conftest import DISTRICT
from wasteledger import clock
from wasteledger.flows.load_register import load_register
from wasteledger.flows.service import Service
from wasteledger.settings import Settings
from wasteledger.simulate.device import Handheld

CLINIC = "C500114105001"
ORIGIN = "ledger.example.org/qianjiang"
START_S_MAX = 30


class Client:
    """One handheld that sends, and remembers each verdict it was given."""

    def __init__(self, service: Service, number: int) -> None:
        self.handheld = Handheld(CLINIC, origin=ORIGIN, chance=np.random.default_rng(number))
        self.handheld.begin(service.office().enrol([(self.handheld.key, CLINIC)])[0].leaf_hash or "")
        self.unanswered: list[str] = []
        self.acknowledged: dict[str, dict[str, Any]] = {}

    def scan(self, count: int) -> None:
        """Signs so many further scans."""
        for _ in range(count):
            self.handheld.record("stored", 1_790_000_000_000, actor="u-nurse", codes=["M50011400000001V"], room="库")
        self.unanswered += [note.decode() for note in self.handheld.queue]
        self.handheld.queue.clear()

    def send(self, http: httpx.Client) -> list[dict[str, Any]]:
        """Sends what has no answer yet, the same bytes as before."""
        answer = http.post("/v1/events", json={"events": self.unanswered[:500]})
        answer.raise_for_status()
        verdicts: list[dict[str, Any]] = answer.json()["verdicts"]
        for note, verdict in zip(self.unanswered[:500], verdicts, strict=True):
            assert verdict["verdict"] in {"new", "duplicate"}, verdict
            self.acknowledged[note] = verdict
        del self.unanswered[: len(verdicts)]
        return verdicts


class Killed:
    """A district whose service is killed at bad moments."""

    def __init__(self, settings: Settings, clients: int) -> None:
        self.settings = settings
        service = Service(settings)
        load_register(service, DISTRICT)
        self.clients = [Client(service, number) for number in range(clients)]
        service.close()

    @contextmanager
    def running(self, **environment: str) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
        """The service, and its address; killed at the end whatever happened."""
        port = free_port()
        variables = os.environ | environment | {
            "WASTELEDGER_DATA_DIR": str(self.settings.data_dir),
            "WASTELEDGER_DATABASE_URL": self.settings.database_url,
            "WASTELEDGER_PORT": str(port),
        }  # fmt: skip
        command = [str(Path(sys.executable).with_name("wasteledger")), "serve"]
        process = subprocess.Popen(command, env=variables, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            wait_for(f"http://127.0.0.1:{port}", process)
            yield process, f"http://127.0.0.1:{port}"
        finally:
            process.kill()
            process.wait()

    def under_load(self, address: str, stop: threading.Event, sizes: list[int]) -> None:
        """All clients send at once until the service is gone."""

        def work(client: Client, turn: int) -> None:
            with httpx.Client(base_url=address, timeout=10) as http:
                while not stop.is_set():
                    client.scan(sizes[turn % len(sizes)])
                    try:
                        client.send(http)
                    except httpx.TransportError:
                        return

        threads = [threading.Thread(target=work, args=pair) for pair in zip(self.clients, range(100), strict=False)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)


def kill_after(process: subprocess.Popen[bytes], seconds: float, stop: threading.Event) -> threading.Timer:
    """SIGKILL in so many seconds; nothing in the process can prepare for it."""

    def kill() -> None:
        os.kill(process.pid, signal.SIGKILL)
        stop.set()

    timer = threading.Timer(seconds, kill)
    timer.start()
    return timer


def wait_for(address: str, process: subprocess.Popen[bytes]) -> None:
    """Until the service answers."""
    deadline = clock.elapsed_s() + START_S_MAX
    while clock.elapsed_s() < deadline:
        assert process.poll() is None, "the service ended by itself"
        try:
            if httpx.get(f"{address}/v1/health").status_code in {200, 503}:
                return
        except httpx.TransportError:
            threading.Event().wait(0.05)
    message = "the service did not come up"
    raise AssertionError(message)


def free_port() -> int:
    """A port that nobody uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
