"""One database of each engine: every test here runs on both."""

from collections.abc import Iterator

import pytest

from wasteledger.store.database import Database


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """The database, opened."""
    opened = Database(database_url)
    yield opened
    opened.close()
