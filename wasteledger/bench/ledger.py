"""`wasteledger bench ledger`: how fast the log takes in, proves and audits, beside the raw limit of the same disk and rows."""

import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from wasteledger.bench.http import measure_http
from wasteledger.bench.load import District, make_district
from wasteledger.bench.measure import Spent, fsync_latency, spend
from wasteledger.bench.proofs import measure_audit, measure_proofs
from wasteledger.flows.accept_batch import take_in
from wasteledger.flows.read_note import ReadNote
from wasteledger.store.database import Database
from wasteledger.store.ledger import Ledger
from wasteledger.store.rows import insert_entries, insert_numbers

#: Scans in one request of a handheld.
REQUEST_EVENTS = 100
#: Sizes of batches at which the sequencer is measured alone.
BATCHES = (1, 32, 256)
#: Events of each measurement; at batch size 1 a tenth of them.
EVENTS = 20_000
EVENTS_AT_ONE = 2_000
#: Requests between two rounds of the signer, which is about what comes in within its second.
SIGN_EVERY = 50


def bench_ledger(*, scale: float = 1.0) -> dict[str, Any]:
    """Runs every measurement on new databases in the system's folder for temporary files.

    `scale` makes all of them shorter or longer; figures below 1 are only good to see that it runs.
    """
    with tempfile.TemporaryDirectory(prefix="wasteledger-bench-") as name:
        folder = Path(name)
        result: dict[str, Any] = {"events": int(EVENTS * scale)} | fsync_latency(folder)
        district = make_district(folder / "ingest")
        result |= _ingest(district, int(EVENTS * scale))
        result |= measure_audit(district.service, folder / "export")
        district.service.close()
        result |= _sequencer(folder, scale)
        result |= measure_http(folder / "http", scale)
        result |= measure_proofs(folder / "proofs", int(1_000_000 * min(scale, 1.0)))
    return result


def _ingest(district: District, events: int) -> dict[str, Any]:
    """Parse, verify, dedupe, append, commit, sign the checkpoint; then the same bytes again."""
    requests = district.requests(events // REQUEST_EVENTS, size=REQUEST_EVENTS)
    sequencer, signer = district.service.sequencer(), district.service.signer()
    database = district.service.settings.data_dir

    def take() -> None:
        for number, request in enumerate(requests):
            sequencer.submit(request)
            if number % SIGN_EVERY == 0:
                signer.round()
        signer.round()

    before = _bytes_in(database)
    fresh, again = spend(take), spend(lambda: [sequencer.submit(request) for request in requests])
    return {
        "ingest_events_per_cpu_s": fresh.per_cpu_s(events),
        "ingest_events_per_s": fresh.per_wall_s(events),
        "disk_bytes_per_event": round((_bytes_in(database) - before) / events),
        "duplicates_per_s": again.per_wall_s(events),
        "duplicates_per_cpu_s": again.per_cpu_s(events),
    }


def _bytes_in(folder: Path) -> int:
    """Everything on the disk: the database with its log, and the published files, which hold each entry once more."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def _sequencer(folder: Path, scale: float) -> dict[str, Any]:
    """The sequencer on notes that are read and verified, beside the same rows inserted with no ledger."""
    result: dict[str, Any] = {}
    for size in BATCHES:
        events = int((EVENTS_AT_ONE if size == 1 else EVENTS) * scale) // size * size
        district = make_district(folder / f"sequencer-{size}")
        ours = _append_batches(district, size, events)
        rows = _rows_of(district.service.database, events)
        district.service.close()
        raw = _insert_batches(folder / f"raw-{size}", rows, size)
        result |= {
            f"sequencer_{size}_events_per_cpu_s": ours.per_cpu_s(events),
            f"sequencer_{size}_events_per_s": ours.per_wall_s(events),
            f"raw_{size}_events_per_cpu_s": raw.per_cpu_s(events),
            f"raw_{size}_events_per_s": raw.per_wall_s(events),
            f"sequencer_{size}_ratio_raw": round(raw.cpu_s / ours.cpu_s, 2),
        }
    return result | {"sequencer_ratio_raw": result[f"sequencer_{BATCHES[-1]}_ratio_raw"]}


def _append_batches(district: District, size: int, events: int) -> Spent:
    gateway, database = district.service.sequencer().gateway, district.service.database
    notes = [note for request in district.requests(events // size, size=size) for note in request]
    read = district.service.sequencer().read(notes)

    def append(part: Sequence[ReadNote]) -> None:
        with database.write() as connection:
            take_in(Ledger(connection), part, origin=gateway.origin, node="bench")

    return spend(_in_parts(append, read, size))


Rows = list[tuple[tuple[int, bytes], tuple[int, int, bytes, int]]]


def _rows_of(database: Database, events: int) -> Rows:
    with database.read() as connection:
        ledger = Ledger(connection)
        entries = list(ledger.contents(ledger.size - events))
        return list(zip(entries, ledger.number_rows(entries[0][0]), strict=True))


def _insert_batches(folder: Path, rows: Rows, size: int) -> Spent:
    database = Database(f"sqlite:///{folder / 'raw.db'}")

    def insert(part: Sequence[Any]) -> None:
        with database.write() as connection:
            insert_entries(connection, [entry for entry, _ in part])
            insert_numbers(connection, [number for _, number in part])

    spent = spend(_in_parts(insert, rows, size))
    database.close()
    return spent


def _in_parts(work: Callable[[Sequence[Any]], None], everything: Sequence[Any], size: int) -> Callable[[], None]:
    def run() -> None:
        for start in range(0, len(everything), size):
            work(everything[start : start + size])

    return run
