"""The running service over HTTP: its own processor time, and how long one scan waits for its acknowledgement."""

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx

from wasteledger import clock
from wasteledger.bench.load import make_district
from wasteledger.bench.measure import percentile, process_cpu_s, time_each

#: Scans in one request of a handheld that comes back from the mountain.
REQUEST_EVENTS = 100
EVENTS = 20_000
#: Single scans, one after the other, on a service that has nothing else to do.
SINGLE_EVENTS = 2_000
START_S_MAX = 30


def measure_http(folder: Path, scale: float) -> dict[str, Any]:
    """Starts `wasteledger serve` on a new database and posts batches, then single scans."""
    district = make_district(folder)
    events = int(EVENTS * scale) // REQUEST_EVENTS * REQUEST_EVENTS
    batches = district.requests(events // REQUEST_EVENTS, size=REQUEST_EVENTS)
    singles = district.requests(int(SINGLE_EVENTS * scale), size=1)
    district.service.close()
    port = _free_port()
    environment = os.environ | {"WASTELEDGER_DATA_DIR": str(folder), "WASTELEDGER_PORT": str(port)}
    command = [str(Path(sys.executable).with_name("wasteledger")), "serve"]
    service = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL)  # noqa: S603 - our own program
    try:
        return _measure(f"http://127.0.0.1:{port}", service.pid, batches, singles)
    finally:
        service.send_signal(signal.SIGTERM)
        service.wait()


def _measure(address: str, pid: int, batches: list[list[str]], singles: list[list[str]]) -> dict[str, Any]:
    with httpx.Client(base_url=address, timeout=START_S_MAX) as client:
        _wait(client)
        _post(client, batches[0])
        events = sum(map(len, batches[1:]))
        cpu, waiting = process_cpu_s(pid), iter(batches[1:])
        batched = time_each(lambda: _post(client, next(waiting)), len(batches) - 1)
        cpu = process_cpu_s(pid) - cpu
        single_cpu, waiting = process_cpu_s(pid), iter(singles)
        taken = time_each(lambda: _post(client, next(waiting)), len(singles))
        single_cpu = process_cpu_s(pid) - single_cpu
    return {
        "ingest_http_events_per_cpu_s": round(events / cpu),
        "ingest_http_events_per_s": round(events / sum(batched)),
        "batch_ms_p50": percentile(batched, 0.5),
        "batch_ms_p99": percentile(batched, 0.99),
        "ingest_http_single_events_per_cpu_s": round(len(singles) / max(single_cpu, 0.01)),
        "ingest_http_single_events_per_s": round(len(singles) / sum(taken)),
        "ack_ms_p50": percentile(taken, 0.5),
        "ack_ms_p99": percentile(taken, 0.99),
    }


def _post(client: httpx.Client, batch: list[str]) -> None:
    answer = client.post("/v1/events", json={"events": batch})
    answer.raise_for_status()
    if any(verdict["verdict"] != "new" for verdict in answer.json()["verdicts"]):
        message = "the service did not take every scan of the benchmark"
        raise RuntimeError(message)


def _wait(client: httpx.Client) -> None:
    deadline = clock.elapsed_s() + START_S_MAX
    while clock.elapsed_s() < deadline:
        try:
            if client.get("/v1/health").is_success:
                return
        except httpx.TransportError:
            continue
    message = f"the service did not come up within {START_S_MAX} s"
    raise RuntimeError(message)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
