"""How fast the books are kept: a year at once, and scan by scan; with what it grows."""

import json
import resource
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from importlib.resources import files
from pathlib import Path
from typing import Any

from wasteledger import clock
from wasteledger.bench.measure import spend
from wasteledger.bench.traffic import Traffic
from wasteledger.domain.legal_days import CHINA
from wasteledger.domain.reconcile import Question
from wasteledger.domain.register import Directory, register_digest
from wasteledger.flows.book_answers import rates
from wasteledger.flows.books import Books
from wasteledger.flows.load_register import read_register
from wasteledger.store.database import Database
from wasteledger.store.ledger import Ledger

#: Sizes of the log at which a full run is timed; the year of a district is the third.
SIZES = (500_000, 1_000_000, 2_000_000, 4_000_000)
YEAR = SIZES[2]
#: Entries that the sequencer appends at once, and how many of such batches are judged one by one.
BATCH_ENTRIES = 256
BATCHES = 80
_BEGIN = datetime(2026, 1, 1, tzinfo=CHINA)
_PERIOD = ("2026-01-01", "2028-12-31")


def bench_reconcile(*, scale: float = 1.0) -> dict[str, Any]:
    """Writes a log of some million events, then keeps its books in a process of its own; `scale` makes all sizes smaller or larger."""
    sizes = [int(size * scale) for size in SIZES]
    with tempfile.TemporaryDirectory(prefix="wasteledger-bench-") as name:
        folder = Path(name)
        written = _write_log(folder, sizes[-1] + BATCH_ENTRIES * BATCHES)
        command = [sys.executable, "-m", "wasteledger.bench.reconcile", str(folder), *map(str, sizes)]
        done = subprocess.run(command, check=True, capture_output=True, text=True)  # noqa: S603 - this very program
    measured: dict[str, Any] = json.loads(done.stdout)
    return {"log_entries": written, **measured}


def _write_log(folder: Path, entries: int) -> int:
    traffic = Traffic(_register(), begin=_BEGIN.replace(tzinfo=None))
    database = Database(f"sqlite:///{folder / 'wasteledger.db'}")
    number, size = 0, 0
    while size < entries:
        with database.write() as connection:
            ledger = Ledger(connection)
            for content in [*(traffic.enrolments() if number == 0 else ()), *traffic.day(number)]:
                ledger.append(content, received_ms=0)
            ledger.flush()
            size = ledger.size
        number += 1
    database.close()
    return size


def _register() -> Any:
    return read_register(Path(str(files("wasteledger").joinpath("data/qianjiang.yaml"))))


@contextmanager
def _opened(folder: Path) -> Iterator[Books]:
    database = Database(f"sqlite:///{folder / 'wasteledger.db'}")
    books = Books(database)
    yield books
    books.close()
    database.close()


def keep_and_measure(folder: Path, sizes: list[int]) -> dict[str, Any]:
    """Keeps the books of a log from nothing to each size in turn, which is a full run of that size; then batch by batch."""
    register = _register()
    directory, digest = Directory(register), register_digest(register)
    growth: list[tuple[int, float]] = []
    result: dict[str, Any] = {}
    begun_s, begun_cpu_s = clock.elapsed_s(), clock.cpu_s()
    with _opened(folder) as books:
        for size in sizes:
            books.keep(directory, digest, until=size)
            tally = rates(books, Question(register.region, *_PERIOD, clock.now_ms()))
            growth.append((size, round(clock.elapsed_s() - begun_s, 2)))
            if size == sizes[2]:
                result |= {
                    "events": size,
                    "full_s": growth[-1][1],
                    "full_cpu_s": round(clock.cpu_s() - begun_cpu_s, 2),
                    "full_peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
                    "items": tally.total.count,
                    "rate_proved_count": tally.rates()["rate_proved_count"],
                }

        def keep_batches() -> None:
            for number in range(1, BATCHES + 1):
                books.keep(directory, digest, until=sizes[-1] + number * BATCH_ENTRIES)

        spent = spend(keep_batches)
    count = BATCHES * BATCH_ENTRIES
    return result | {
        "incremental_events_per_s": spent.per_wall_s(count),
        "incremental_events_per_cpu_s": spent.per_cpu_s(count),
        "growth": growth,
    }


if __name__ == "__main__":
    print(json.dumps(keep_and_measure(Path(sys.argv[1]), [int(size) for size in sys.argv[2:]])))  # noqa: T201 - its one answer
