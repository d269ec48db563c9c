"""One database of each engine: every test here runs on both."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from wasteledger.store.database import Database


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Address of a new, empty database."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'ledger.db'}"
    url: str = request.getfixturevalue("postgres_url")
    return url


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """The database, opened."""
    opened = Database(database_url)
    yield opened
    opened.close()
