"""The main job on one district, from label to disposal and rate, on real input: what `make demo` runs.

1. Load the district.  2. Issue codes, print labels.  3. Read the labels back as a camera would.
4. Devices sign events and send them to the running service.  5. Six things go wrong on purpose.
6. Reconcile.  7. What lay on unconnected handhelds arrives; reconcile again.  8. Serve.
"""

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from importlib.resources import files
from pathlib import Path
from typing import Any

import httpx
import numpy as np

from schemas.label_fields import BoxLabel, LabelFields
from wasteledger import clock
from wasteledger.domain.legal_days import CHINA, china_day
from wasteledger.domain.register import Register
from wasteledger.errors import BusyError, DatabaseError
from wasteledger.flows.accounts import create_account
from wasteledger.flows.issue_codes import Wanted, draw_manifest, issue_codes
from wasteledger.flows.load_register import load_register
from wasteledger.flows.service import Service
from wasteledger.settings import Settings
from wasteledger.simulate.day import DAY_MS, HOUR_MS, Fleet, Round
from wasteledger.simulate.device import REQUEST_S_MAX, Handheld
from wasteledger.simulate.labels_seen import Camera, print_labels, read_labels
from wasteledger.simulate.report import Report
from wasteledger.simulate.story import Story

#: The first day lies three days back, so that the third day is over when the rate is asked for.
DAYS_BACK = 3
BAGS_PER_CLINIC = 2
BAGS_PER_HOSPITAL = 15
DRUMS_PER_GENERATOR = 3
SPARE_BOXES = 4
#: The office puts the register in force before the label station opens: it signs in the order of time too.
LOADED_MS = 6 * HOUR_MS
#: The label station prints in the morning of the first day.
STATION_OPENS_MS = 7 * HOUR_MS
#: How long the service may take to come up.
START_S_MAX = 30
_CATEGORIES = ("841-001-01", "841-002-01", "841-001-01", "841-005-01", "841-001-01", "841-003-01", "841-004-01")


@dataclass(frozen=True)
class Options:
    """What a caller may choose."""

    directory: Path
    port: int
    seed: int
    camera: Camera
    serve: bool


def run_demo(options: Options, report: Report) -> dict[str, Any]:
    """Runs steps 1 to 7, serves if asked to, and returns the figures."""
    settings = _fresh(options)
    service = Service(settings)
    register, labels, sites = _prepare(service, options, report)
    readable, undecoded = _read_back(options, labels, report)
    with _running(settings, options) as client:
        fleet = Fleet(register, np.random.default_rng(options.seed), lambda made: _enrol(service, made))
        fleet.equip()
        begin_ms = _first_midnight_ms()
        year = china_day(begin_ms).year
        day = Round(fleet, begin_ms=begin_ms, draw_manifest=lambda: draw_manifest(service, year=year))
        story = Story(day, readable, sites)
        story.first_days()
        period = {"from": _day(begin_ms), "to": _day(begin_ms + 2 * DAY_MS)}
        before = _first_sync(client, fleet, period, report, day)
        after = _repair(client, fleet, story, period, report, before)
        result = {
            "items": sum(not isinstance(label, BoxLabel) for label in labels),
            "events": after["tree_size"],
            "decoded": len(readable),
            "undecoded": len(undecoded),
            "before": _figures(before),
            "after": _figures(after),
        }
        if options.serve:
            _serve(service, options, report, day, period)
    service.close()
    return result


def _first_midnight_ms() -> int:
    """Midnight, China time, at which the first day begins."""
    midnight = china_day(clock.now_ms()).replace(hour=0, minute=0, second=0, microsecond=0)
    return int((midnight - timedelta(days=DAYS_BACK)).timestamp()) * 1000


def _fresh(options: Options) -> Settings:
    """An empty data directory: a demonstration never touches one that it did not make."""
    marker = options.directory / "DEMO"
    if options.directory.exists() and any(options.directory.iterdir()) and not marker.exists():
        message = f"{options.directory} is not empty and holds no demonstration: choose another with --directory"
        raise BusyError(message)
    shutil.rmtree(options.directory, ignore_errors=True)
    options.directory.mkdir(parents=True)
    marker.write_text("made by `wasteledger demo`; deleted by the next one\n")
    _check_port(options.port)
    return Settings(data_dir=options.directory, database_url="", public_pages=True, port=options.port)


def _check_port(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            message = f"port {port} on 127.0.0.1 is in use: stop what uses it, or choose another with --port"
            raise BusyError(message) from error


def _prepare(service: Service, options: Options, report: Report) -> tuple[Register, list[LabelFields], dict[str, str]]:
    source = options.directory / "district.yaml"
    source.write_text(
        files("wasteledger").joinpath("data/qianjiang.yaml").read_text(encoding="utf-8"), encoding="utf-8"
    )
    begin_ms = _first_midnight_ms()
    register = load_register(service, source, at_ms=begin_ms + LOADED_MS).register
    report.loaded(register)
    wanted = _first_day_labels(register, options.seed)
    labels = issue_codes(
        service, wanted, day=china_day(begin_ms).date(), stock="demo-1", at_ms=begin_ms + STATION_OPENS_MS
    )
    with report.timed("print"):
        print_labels(labels, options.directory / "labels.pdf")
    report.printed(labels, options.directory / "labels.pdf")
    return register, labels, {label.code: want.site for want, label in zip(wanted, labels, strict=True)}


def _first_day_labels(register: Register, seed: int) -> list[Wanted]:
    chance = np.random.default_rng(seed)
    wanted = []
    for site in register.sites:
        bags = {"C": BAGS_PER_CLINIC, "H": BAGS_PER_HOSPITAL}.get(site.code[0], 0)
        for _ in range(bags):
            category = _CATEGORIES[int(chance.integers(len(_CATEGORIES)))]
            package = "sharps_box" if category == "841-002-01" else "bag"
            wanted.append(Wanted(site.code, category, package))
        if site.code[0] in "TH":
            wanted.append(Wanted(site.code))
    for stream in register.streams:
        masses_g = chance.integers(20_000, 45_000, DRUMS_PER_GENERATOR)
        wanted += [Wanted(stream.site, stream.waste_code, "drum", int(mass_g), 50) for mass_g in masses_g]
    centre = next(site.code for site in register.sites if site.code[0] == "T")
    return wanted + [Wanted(centre)] * SPARE_BOXES


def _read_back(options: Options, labels: list[LabelFields], report: Report) -> tuple[list[LabelFields], list[str]]:
    with report.timed("decode"):
        seen = read_labels(
            options.directory / "labels.pdf", len(labels), seed=options.seed, camera=options.camera,
            workers=min(os.cpu_count() or 1, 4), done=lambda pages: report.progress(pages, len(labels)),
        )  # fmt: skip
    decoded = set(seen.codes)
    readable = [label for label in labels if label.code in decoded]
    undecoded = [label.code for label in labels if label.code not in decoded]
    report.decoded(seen, readable, undecoded)
    return readable, undecoded


@contextmanager
def _running(settings: Settings, options: Options) -> Iterator[httpx.Client]:
    """The service as its own process, as everybody else runs it."""
    environment = os.environ | {
        "WASTELEDGER_DATA_DIR": str(settings.data_dir), "WASTELEDGER_DATABASE_URL": "",
        "WASTELEDGER_PUBLIC_PAGES": "1", "WASTELEDGER_PORT": str(options.port), "WASTELEDGER_HOST": "127.0.0.1",
    }  # fmt: skip
    command = [sys.executable, "-m", "wasteledger.cli", "serve"]
    with (
        (options.directory / "service.log").open("wb") as log,
        subprocess.Popen(command, env=environment, stdout=log, stderr=subprocess.STDOUT) as process,  # noqa: S603 - our own program
        httpx.Client(base_url=f"http://127.0.0.1:{options.port}", timeout=REQUEST_S_MAX, trust_env=False) as client,
    ):
        try:
            _await_health(client, process, options)
            yield client
        finally:
            process.terminate()


def _await_health(client: httpx.Client, process: "subprocess.Popen[bytes]", options: Options) -> None:
    deadline = clock.elapsed_s() + START_S_MAX
    while clock.elapsed_s() < deadline and process.poll() is None:
        try:
            client.get("/v1/health").raise_for_status()
        except httpx.HTTPError:
            time.sleep(0.05)
        else:
            return
    message = f"the service did not come up; its last words are in {options.directory / 'service.log'}"
    raise DatabaseError(message)


def _enrol(service: Service, made: list[Handheld]) -> None:
    """The office admits the keys; each chain begins at the entry that admitted it."""
    verdicts = service.office().enrol([(device.key, device.site) for device in made])
    for device, verdict in zip(made, verdicts, strict=True):
        device.begin(verdict.leaf_hash or "")


def _first_sync(
    client: httpx.Client, fleet: Fleet, period: dict[str, str], report: Report, day: Round
) -> dict[str, Any]:
    with report.timed("send"):
        # Days are told within a minute: hellos come with the last of them, or the days that follow would be bounded by today.
        sent = sum(device.sync(client) for name, device in fleet.devices.items() if name not in fleet.late)
    report.sent(sent, len(fleet.devices))
    answer = _ask(client, period)
    report.wrongs(day.wrongs)
    report.reconciled(answer, "before")
    return answer


def _connect(client: httpx.Client, device: Handheld) -> int:
    """A handheld finds the network: it says hello, and hands in what it has."""
    device.greet(client, clock.now_ms())
    return device.sync(client)


def _repair(  # noqa: PLR0913, PLR0917 - the parties of the day
    client: httpx.Client, fleet: Fleet, story: Story, period: dict[str, str], report: Report, before: dict[str, Any]
) -> dict[str, Any]:
    story.fetch_forgotten()
    for device, note in fleet.withheld:
        device.queue.insert(0, note)
    sent = sum(_connect(client, device) for device in fleet.devices.values())
    answer = _ask(client, period)
    report.repaired(sent)
    report.reconciled(answer, "after")
    report.difference(before, answer)
    return answer


def _ask(client: httpx.Client, period: dict[str, str]) -> dict[str, Any]:
    reply = client.get("/v1/reconciliation", params=period)
    reply.raise_for_status()
    answer: dict[str, Any] = reply.json()
    return answer


def _figures(answer: dict[str, Any]) -> dict[str, Any]:
    counts: dict[str, int] = {}
    for finding in answer["findings"]:
        counts[finding["code"]] = counts.get(finding["code"], 0) + 1
    names = ("rate_proved_mass", "rate_proved_count", "rate_due_mass", "rate_due_count")
    official = {name: figure["rate_mass"] for name, figure in answer["official"].items()}
    classes = {name: amount["count"] for name, amount in answer["classes"].items()}
    return {name: answer[name] for name in names} | {"official": official, "classes": classes, "findings": counts}


def _day(moment_ms: int) -> str:
    return f"{datetime.fromtimestamp(moment_ms / 1000, tz=CHINA):%Y-%m-%d}"


def _serve(service: Service, options: Options, report: Report, day: Round, period: dict[str, str]) -> None:
    logins = [create_account(service, name, role=role, site=site) for name, role, site in _logins(day)]
    report.serving(options.port, options.directory, logins, day.wrongs, period)
    try:
        while True:
            time.sleep(3600)
    except KeyboardInterrupt:
        report.stopped()


def _logins(day: Round) -> list[tuple[str, str, str]]:
    sites = [site.code for site in day.register.sites]
    return [
        ("regulator", "regulator", next(code for code in sites if code[0] == "A")),
        ("keeper", "keeper", next(code for code in sites if code[0] == "T")),
        ("plant", "operator", day.plant),
    ]
