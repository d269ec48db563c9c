"""One simulation from beginning to end, into a folder of its own.

1. The district is ordered and its register put in force; the office admits every device.
2. Day by day: the furnace burns what came in before, lorries take what stands packed, vans collect, centres put away, producers seal; a
   disposal company serves some clinics by itself.
3. At the end of the last day everybody hands in what he has, and nothing more happens.
4. `truth.jsonl` says what really happened; `summary.json` what was run.

Folder: scenario.yaml, register.yaml, ledger/ (a data folder of the service), truth.jsonl, summary.json.
"""

import json
import os
import shutil
import stat
from collections import Counter
from pathlib import Path
from typing import Any

import yaml

from wasteledger.domain.register import Register, register_digest
from wasteledger.errors import BusyError
from wasteledger.flows.service import Service
from wasteledger.settings import Settings
from wasteledger.simulate.acts import DAY_MS, HOUR_MS
from wasteledger.simulate.centres import Centres
from wasteledger.simulate.chance import secret
from wasteledger.simulate.company import COMPANY_T, Company
from wasteledger.simulate.handhelds import Handhelds
from wasteledger.simulate.hauls import Hauls
from wasteledger.simulate.journal import Journal
from wasteledger.simulate.layout import Layout
from wasteledger.simulate.old_stock import OldStock
from wasteledger.simulate.plants import Plant
from wasteledger.simulate.rolls import BoxRoom, LabelRoom
from wasteledger.simulate.rounds import Rounds
from wasteledger.simulate.scenario import Run
from wasteledger.simulate.sealing import Producers
from wasteledger.simulate.world import World, office_hour

#: Marks a folder that a simulation may throw away.
MARKER = "SIMULATION"
#: The office opens the ledger on the morning before the first day.
OPENING_MS = -DAY_MS + office_hour(8)
_ROGUE_KINDS = ("unlicensed_plant", "unlicensed_carrier")


def run_simulation(run: Run, folder: Path) -> dict[str, Any]:
    """Runs the four steps; returns the summary.

    Raises:
        BusyError: the folder holds something that no simulation made.
        RegisterError: the district lacks somebody without whom no waste gets to a plant.
    """
    rogues = any(run.scenario.rate(kind) for kind in _ROGUE_KINDS)
    company_t = COMPANY_T if run.scenario.rate("over_capacity") else None
    layout = Layout(run.register, run.begin, rogues=rogues, company_t=company_t)
    _fresh(folder)
    settings = Settings(data_dir=folder / "ledger", database_url="")
    _write_key(settings.data_dir / "office.key", secret(run.seed, f"{layout.authority} office"))
    service = Service(settings)
    try:
        journal = Journal(service)
        world = World(run, layout, journal)
        _open_ledger(world)
        _live(world)
        journal.load(layout.register, world.counters)
    finally:
        service.close()
    return _write(world, folder)


def _open_ledger(world: World) -> None:
    """Step 1."""
    at_ms = world.begin_ms + OPENING_MS
    with world.journal.open():
        world.fleet.enrol(world.devices, at_ms)
        register = world.layout.register
        ruled: dict[str, Any] = {"rule": "register", "value": len(register.sites), "basis": register_digest(register)}
        world.act(world.fleet.office, at_ms + HOUR_MS, "ruled", **ruled)


def _live(world: World) -> None:
    """Steps 2 and 3."""
    labels, boxes = LabelRoom(world), BoxRoom(world)
    producers = Producers(world, labels)
    handhelds, company = Handhelds(world, producers), Company(world, producers)
    old = OldStock(world, producers)
    rounds, centres = Rounds(world, producers), Centres(world, producers, labels, boxes)
    hauls = Hauls(world, producers, rounds, centres)
    plants = [Plant(world, site, boxes) for site in (world.layout.plant, world.layout.rogue_plant) if site]
    for _ in range(world.run.days):
        handhelds.morning()
        labels.morning(producers.need)
        old.morning()
        for plant in plants:
            plant.run()
        centres.morning()
        loads = hauls.run()
        for plant in plants:
            plant.take_in(loads)
        company.run()
        centres.take_in(rounds.run())
        producers.run()
        centres.evening()
        old.evening()
        for plant in plants:
            plant.count()
        world.run_day()
    with world.journal.open():
        world.fleet.finish(world.end_ms)


def _fresh(folder: Path) -> None:
    """An empty folder: what a simulation did not make it does not touch."""
    if folder.exists() and any(folder.iterdir()) and not (folder / MARKER).exists():
        message = f"{folder} is not empty and holds no simulation: choose another with --out"
        raise BusyError(message)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    (folder / MARKER).write_text("made by `wasteledger simulate`; deleted by the next one\n", encoding="utf-8")


def _write_key(path: Path, seed: bytes) -> None:
    """The office's key, so that the service goes on where the simulation ends; its owner alone may read it."""
    path.parent.mkdir(parents=True)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, stat.S_IRUSR | stat.S_IWUSR)
    with os.fdopen(handle, "wb") as file:
        file.write(seed)


def _write(world: World, folder: Path) -> dict[str, Any]:
    """Step 4."""
    run, truth, layout = world.run, world.truth, world.layout
    truth.write(folder / "truth.jsonl")
    scenario = run.scenario.model_dump(by_alias=True) | {"register": "register.yaml"}
    _write_yaml(folder / "scenario.yaml", scenario)
    _write_yaml(folder / "register.yaml", _plain(layout.register))
    kinds = Counter(wrong.kind for package in truth.packages for wrong in package.wrongs)
    kinds.update(wrong.kind for wrongs in truth.subjects.values() for wrong in wrongs)
    for name in ("companion", "many_voids"):  # no faults of their own
        del kinds[name]
    summary = {
        "days": run.days, "seed": run.seed, "begin_day": f"{layout.day(0)}", "end_day": f"{layout.day(run.days - 1)}",
        "as_of_ms": world.end_ms, "region": layout.register.region, "items": len(truth.packages), "entries": world.journal.size,
        "devices": len(world.devices), "faults": dict(sorted(kinds.items())),
        "unentitled": sum(device.unentitled_count for device in world.devices),
    }  # fmt: skip
    (folder / "summary.json").write_text(json.dumps(summary, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    return summary


def _plain(register: Register) -> Any:
    """A register as plain values that a district file may hold."""
    return json.loads(register.model_dump_json(exclude_defaults=True))


def _write_yaml(path: Path, content: Any) -> None:
    path.write_text(yaml.safe_dump(content, allow_unicode=True, sort_keys=False), encoding="utf-8")
