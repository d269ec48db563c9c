"""Manifest numbers (转移办法 art. 15): without gaps or doubles for each city and year, on both engines, whoever dies in between."""

import os
import random
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import delete

from schemas.codes import MANIFEST_SERIAL_MAX, parse_code
from tests.conftest import DISTRICT, ROOT
from tests.folding import history_of
from wasteledger.audit.fsck import check_log
from wasteledger.errors import DatabaseError, QueryError
from wasteledger.flows.load_register import load_register
from wasteledger.flows.manifests import catch_up_numbers, draft_manifest, print_blank_manifests
from wasteledger.flows.service import Service
from wasteledger.settings import Settings
from wasteledger.store.district import DistrictStore
from wasteledger.store.tables import CounterRow

CENTRE, CARRIER, PLANT = "T500114105001", "R500114004001", "D500114004001"
#: The first moment of 2027 in China: still the afternoon of the last day of 2026 in London.
NEW_YEAR_MS = 1_798_732_800_000
THREADS = 8
DRAFTS_EACH = 4
#: Drafts manifests for ever and says each number once it is told; dies by itself where it is told to.
WORKER = """
import os, signal, sys
from wasteledger.flows.manifests import draft_manifest
from wasteledger.flows.office import Office
from wasteledger.flows.service import Service
from wasteledger.settings import Settings
from wasteledger.store.database import Database

def die(*_arguments, **_fields):
    os.kill(os.getpid(), signal.SIGKILL)

if sys.argv[1] == "drawn":
    Office.record_in = die
if sys.argv[1] == "appended":
    Database._commit = die
service = Service(Settings())
while True:
    drafted = draft_manifest(
        service, consignor="T500114105001", carriers=["R500114004001"], consignee="D500114004001", waste_codes=["841-001-01"],
    )
    print(drafted.number, flush=True)
"""


@pytest.fixture
def settings(tmp_path: Path, database_url: str) -> Settings:
    return Settings(data_dir=tmp_path / "data", database_url=database_url, node="node1", sign=False)


@pytest.fixture
def service(settings: Settings) -> Iterator[Service]:
    opened = Service(settings)
    load_register(opened, DISTRICT)
    yield opened
    assert check_log(opened.database).problems == []
    opened.close()


def draft(service: Service, *, at_ms: int | None = None) -> str:
    return draft_manifest(
        service, consignor=CENTRE, carriers=[CARRIER], consignee=PLANT, waste_codes=["841-001-01"], at_ms=at_ms
    ).number


def drafted_numbers(service: Service) -> list[str]:
    """Numbers of the drafts in the log, in its order."""
    history = history_of(service)
    assert history.forks == []
    facts = [fact for shelf in history.by_manifest.values() for fact in shelf if fact.event.action == "drafted"]
    return [fact.event.manifest or "" for fact in sorted(facts, key=lambda fact: fact.index)]


def serials(numbers: list[str]) -> list[int]:
    return [parse_code(number).serial for number in numbers]


def worker(settings: Settings, dies: str = "never") -> "subprocess.Popen[str]":
    environment = os.environ | {
        "WASTELEDGER_DATA_DIR": str(settings.data_dir), "WASTELEDGER_DATABASE_URL": settings.database_url,
    }  # fmt: skip
    return subprocess.Popen(
        [sys.executable, "-c", WORKER, dies], cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True
    )


def test_threads_of_several_services_never_share_or_skip_a_number(service: Service, settings: Settings) -> None:
    other = Service(settings)
    with ThreadPoolExecutor(THREADS) as pool:
        turns = [(service, other)[turn % 2] for turn in range(THREADS * DRAFTS_EACH)]
        numbers = list(pool.map(draft, turns))
    other.close()
    assert sorted(serials(numbers)) == list(range(1, THREADS * DRAFTS_EACH + 1))
    assert drafted_numbers(service) == sorted(numbers)


def test_processes_that_are_killed_at_any_moment_leave_no_gap_and_no_double(
    service: Service, settings: Settings
) -> None:
    chance = random.Random(5)
    told: list[str] = []
    for _ in range(2):
        processes = [worker(settings) for _ in range(3)]
        for process in processes:
            assert process.stdout
            told += [process.stdout.readline().strip() for _ in range(chance.randint(2, 6))]
            process.kill()
            told += process.stdout.read().split()
            process.wait()
            process.stdout.close()
    numbers = drafted_numbers(service)
    assert serials(numbers) == list(range(1, len(numbers) + 1))
    assert len(set(told)) == len(told) >= 12
    # A line may have been cut short by the kill; whole ones stand in the log.
    assert {number for number in told if len(number) == 14} <= set(numbers)
    assert serials([draft(service)]) == [len(numbers) + 1]


@pytest.mark.parametrize("dies", ["drawn", "appended"])
def test_a_process_that_dies_before_its_commit_has_drawn_nothing(
    service: Service, settings: Settings, dies: str
) -> None:
    """Between the draw and the event, and between the event and the commit."""
    first = draft(service)
    process = worker(settings, dies)
    assert process.communicate(timeout=60) == ("", None)
    assert process.returncode == -9
    assert serials([first, draft(service)]) == [1, 2]
    assert serials(drafted_numbers(service)) == [1, 2]


def test_a_draft_that_the_log_does_not_take_uses_up_no_number(service: Service, settings: Settings) -> None:
    draft(service)
    key_file = settings.data_dir / "office.key"
    kept = key_file.read_bytes()
    key_file.unlink()
    with pytest.raises(DatabaseError, match=r"Put it back from your backup"):
        draft(service)
    key_file.write_bytes(kept)
    assert serials([draft(service)]) == [2]
    assert serials(drafted_numbers(service)) == [1, 2]


def test_a_batch_of_blanks_is_drawn_whole_or_not_at_all(service: Service) -> None:
    blanks = print_blank_manifests(service, CENTRE, 5)
    assert serials([blank.number for blank in blanks]) == [1, 2, 3, 4, 5]
    assert [blank.index for blank in blanks] == list(range(blanks[0].index, blanks[0].index + 5))
    year = blanks[0].number[:4]
    with service.database.write() as connection:
        DistrictStore(connection).draw(f"manifest/{year}/5001", MANIFEST_SERIAL_MAX - 7, last=MANIFEST_SERIAL_MAX)
    with pytest.raises(QueryError, match=r"is used up \(999999\)"):
        print_blank_manifests(service, CENTRE, 3)
    assert serials([blank.number for blank in print_blank_manifests(service, CENTRE, 2)]) == [999_998, 999_999]
    with pytest.raises(QueryError, match=r"is used up"):
        draft(service)


def test_the_year_is_chinas_year_of_the_draft(service: Service) -> None:
    numbers = [
        draft(service, at_ms=at_ms) for at_ms in (NEW_YEAR_MS - 1, NEW_YEAR_MS, NEW_YEAR_MS - 1, NEW_YEAR_MS + 1)
    ]
    assert numbers == ["20265001000001", "20275001000001", "20265001000002", "20275001000002"]
    history = history_of(service)
    for number in numbers:
        assert history.by_manifest[number][0].event.occurred_at[:4] == number[:4]


def test_numbers_that_a_restored_database_forgot_are_not_drawn_again(service: Service) -> None:
    """The log was brought forward to what was published; the counters come from the older backup."""
    for _ in range(3):
        draft(service)
    with service.database.write() as connection:
        connection.execute(delete(CounterRow))
    assert catch_up_numbers(service) == 1
    assert catch_up_numbers(service) == 0
    assert serials([draft(service)]) == [4]
