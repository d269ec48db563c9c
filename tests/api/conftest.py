"""The service behind its HTTP interface, and one handheld."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from fastapi.testclient import TestClient

from tests.conftest import DISTRICT
from wasteledger.app import make_app
from wasteledger.flows.load_register import load_register
from wasteledger.flows.service import Service
from wasteledger.settings import Settings
from wasteledger.simulate.device import Handheld

CLINIC = "C500114105001"
BAG = "M50011400000001V"


@pytest.fixture
def service(tmp_path: Path, database_url: str) -> Iterator[Service]:
    opened = Service(Settings(data_dir=tmp_path, database_url=database_url, public_pages=True, sign=False))
    load_register(opened, DISTRICT)
    yield opened
    opened.close()


@pytest.fixture
def client(service: Service) -> Iterator[TestClient]:
    with TestClient(make_app(service)) as opened:
        yield opened


@pytest.fixture
def handheld(service: Service) -> Handheld:
    made = Handheld(CLINIC, origin="ledger.example.org/qianjiang", chance=np.random.default_rng(7))
    made.begin(service.office().enrol([(made.key, CLINIC)])[0].leaf_hash or "")
    return made


def seal(handheld: Handheld) -> str:
    handheld.record(
        "sealed", 1_793_578_500_000, actor="u-c105x1", codes=[BAG], waste_code="841-001-01", package="bag",
        mass_g=1200, mass_source="scale",
    )  # fmt: skip
    return handheld.queue[-1].decode()
