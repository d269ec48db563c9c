"""Nobody is answered before the transaction has ended: a commit that fails is an error to every caller who waited for it."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy.exc import OperationalError

from tests.faults.attacks import District, opened
from wasteledger.store.database import Database, DatabaseDown


@pytest.fixture
def district(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[District]:
    yield from opened(tmp_path, monkeypatch)


def test_a_commit_that_fails_acknowledges_nobody(district: District, monkeypatch: pytest.MonkeyPatch) -> None:
    """Three callers share one transaction; its commit fails; none hears of an index, and the same bytes are new afterwards."""
    sequencer = district.service.sequencer()
    notes = [district.stored(district.clinic).decode() for _ in range(3)]
    size = len(district.contents())

    def fails(*_: object) -> None:
        statement, cause = "COMMIT", "no power"
        raise OperationalError(statement, {}, OSError(cause))

    with monkeypatch.context() as patched, ThreadPoolExecutor(3) as pool:
        patched.setattr(Database, "_commit", fails)
        with sequencer._pen:
            futures = [pool.submit(sequencer.submit, [note]) for note in notes]
            while len(sequencer._waiting) < len(notes):
                threading.Event().wait(0.001)
        for future in futures:
            with pytest.raises(DatabaseDown, match="no power"):
                future.result(20)
    assert len(district.contents()) == size
    assert [verdict.verdict for verdict in district.send(*map(str.encode, notes)).verdicts] == ["new"] * 3
