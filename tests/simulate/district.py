"""A small district to simulate: four townships of the demonstration district, with one hospital and one generator."""

from datetime import date
from pathlib import Path
from typing import Any

import yaml

from tests.conftest import DISTRICT
from wasteledger.domain.register import Register
from wasteledger.flows.load_register import parse_register
from wasteledger.flows.service import Service
from wasteledger.settings import Settings
from wasteledger.simulate.run import run_simulation
from wasteledger.simulate.scenario import Run, parse_scenario
from wasteledger.store.ledger import Ledger

TOWNSHIPS = {"500114001", "500114105", "500114107", "500114108"}
KEPT = {"A500114001001", "D500114004001", "R500114001001", "R500114004001", "H500114002001", "G500114004001"}
#: A Saturday; the fifth to the twenty-fourth of a month are days of stock-takes.
BEGIN = date(2026, 8, 1)


def small_rows() -> dict[str, Any]:
    """The rows of the small district, as a district file has them."""
    rows: dict[str, Any] = yaml.safe_load(DISTRICT.read_text(encoding="utf-8"))
    rows["sites"] = [
        site
        for site in rows["sites"]
        if site["code"] in KEPT or (site["code"][0] in "CT" and site["code"][1:10] in TOWNSHIPS)
    ]
    codes = {site["code"] for site in rows["sites"]}
    rows["people"] = [person for person in rows["people"] if person["site"] in codes]
    rows["streams"] = [stream for stream in rows["streams"] if stream["site"] in codes]
    return rows


def small_register() -> Register:
    """The small district."""
    return parse_register(small_rows(), name="small district")


def simulate(folder: Path, *, days: int = 10, seed: int = 1, begin: date = BEGIN, **scenario: Any) -> dict[str, Any]:
    """Runs a scenario on the small district; returns its summary."""
    told = parse_scenario({"packages_per_day": 120} | scenario, name="scenario of a test")
    return run_simulation(Run(told, small_register(), days, seed, begin), folder)


def opened(folder: Path) -> Service:
    """The service on a simulated ledger."""
    return Service(Settings(data_dir=folder / "ledger", database_url=""))


def entries(folder: Path) -> list[bytes]:
    """Every entry of a simulated log."""
    service = opened(folder)
    try:
        with service.database.read() as connection:
            return [content for _, content in Ledger(connection).contents()]
    finally:
        service.close()
