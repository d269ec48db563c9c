"""What every benchmark needs: times, percentiles, and the disk's own speed."""

import gc
import os
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from wasteledger import clock

#: Writes timed to know the disk.
FSYNC_WRITES = 200
#: Bytes of each of them: one page of a database.
FSYNC_BYTES = 4096


class Spent(NamedTuple):
    """Time for a piece of work.

    Attributes:
        wall_s: on the wall.
        cpu_s: of this process, all threads.
    """

    wall_s: float
    cpu_s: float

    def per_cpu_s(self, count: int) -> int:
        """How many of `count` in one second of processor time."""
        return round(count / self.cpu_s)

    def per_wall_s(self, count: int) -> int:
        """How many of `count` in one second."""
        return round(count / self.wall_s)


def spend(work: Callable[[], object]) -> Spent:
    """Does the work once and says what it took; the benchmark's own heap is kept out of the garbage collector's way."""
    gc.collect()
    gc.freeze()
    wall, cpu = clock.elapsed_s(), clock.cpu_s()
    work()
    return Spent(clock.elapsed_s() - wall, clock.cpu_s() - cpu)


def percentile(seconds: Sequence[float], share: float) -> float:
    """The value, in milliseconds, that `share` of the measurements stay below (nearest rank)."""
    ordered = sorted(seconds)
    return round(ordered[min(len(ordered) - 1, int(share * len(ordered)))] * 1000, 3)


def time_each(work: Callable[[], object], count: int) -> list[float]:
    """Seconds of each of `count` calls."""
    taken = []
    for _ in range(count):
        start = clock.elapsed_s()
        work()
        taken.append(clock.elapsed_s() - start)
    return taken


def fsync_latency(folder: Path) -> dict[str, float]:
    """Latency of a small durable write on the disk that the benchmark uses."""
    with tempfile.NamedTemporaryFile(dir=folder) as file:

        def write() -> None:
            file.write(b"\x00" * FSYNC_BYTES)
            file.flush()
            os.fsync(file.fileno())

        taken = time_each(write, FSYNC_WRITES)
    return {"fsync_ms_p50": percentile(taken, 0.5), "fsync_ms_p99": percentile(taken, 0.99)}


def process_cpu_s(pid: int) -> float:
    """Processor time of another process so far, from Linux's /proc."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
