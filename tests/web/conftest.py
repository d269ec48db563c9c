"""A small district that happened: two rounds of waste over five days, with wrongs of every grave kind, on real SQLite."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from fastapi.testclient import TestClient

from tests.conftest import DISTRICT
from tests.stories_builder import CARRIER, CLINIC, COLLECTOR, INFECTIOUS, OTHER_CLINIC, PLANT, TRANSFER, VEHICLE, Teller
from wasteledger import clock
from wasteledger.app import make_app
from wasteledger.domain.legal_days import china_day
from wasteledger.flows.accept_batch import accept_batch
from wasteledger.flows.accounts import create_account
from wasteledger.flows.issue_codes import Wanted, draw_manifest, issue_codes
from wasteledger.flows.load_register import load_register
from wasteledger.flows.service import Service
from wasteledger.settings import Settings

HOUR_MS = 3_600_000
PEOPLE = {
    CLINIC: "u-c1",
    OTHER_CLINIC: "u-c2",
    COLLECTOR: "u-collector1",
    TRANSFER: "u-t1",
    CARRIER: "u-driver1",
    PLANT: "u-plant1",
}


class District(NamedTuple):
    """The service and what the tests need to name."""

    service: Service
    safe: str
    forgotten: str
    lighter: str
    twice: str
    fresh: str
    bags: list[str]
    box: str
    login: tuple[str, str]


class _Play:
    """Devices of the sites; every act is signed, and handed in at the end."""

    def __init__(self, service: Service) -> None:
        self.service = service
        self.origin = service.directory().register.origin
        self.tellers = {site: Teller(site, origin=self.origin) for site in PEOPLE}
        self.notes: list[str] = []
        keys = [(teller.key, site) for site, teller in self.tellers.items()]
        for teller, verdict in zip(self.tellers.values(), service.office().enrol(keys), strict=True):
            teller.previous = verdict.leaf_hash or ""  # with which its own chain begins

    def act(self, kind: str, site: str, at_ms: int, **fields: Any) -> None:
        note = self.tellers[site].note(kind, occurred_ms=at_ms, actor=PEOPLE[site], **fields)
        self.notes.append(note.decode())

    def seal(self, code: str, site: str, at_ms: int, mass_g: int = 2000) -> None:
        self.act(
            "sealed",
            site,
            at_ms,
            codes=[code],
            waste_code=INFECTIOUS,
            package="bag",
            mass_g=mass_g,
            mass_source="scale",
        )

    def hop(self, codes: list[str], giver: str, taker: str, at_ms: int, **fields: Any) -> None:
        papers = {name: fields[name] for name in ("manifest", "vehicle") if name in fields}
        self.act("released", giver, at_ms, codes=codes, to_site=taker, **papers)
        self.act("accepted", taker, at_ms + 60_000, codes=codes, from_site=giver, **fields)

    def hand_in(self) -> None:
        answer = accept_batch(self.service.database, self.notes, origin=self.origin, node="node1")
        assert {verdict.verdict for verdict in answer.verdicts} == {"new"}


def _round(play: _Play, codes: list[str], box: str, begin_ms: int) -> tuple[str, str, str, str, str]:
    """Seven bags: three go all the way, one is forgotten, one gets lighter, one code is used twice, one was sealed just now."""
    safe, whole, last, forgotten, lighter, twice, fresh = codes
    for code in (safe, whole, last, lighter, twice):
        play.seal(code, CLINIC, begin_ms)
    play.seal(forgotten, OTHER_CLINIC, begin_ms)
    play.seal(twice, OTHER_CLINIC, begin_ms + HOUR_MS)
    moved = [safe, whole, last, lighter]
    play.hop(moved, CLINIC, COLLECTOR, begin_ms + 2 * HOUR_MS)
    play.hop(moved, COLLECTOR, TRANSFER, begin_ms + 4 * HOUR_MS, masses_g=[2000, 2000, 2000, 1300])
    play.act("packed", TRANSFER, begin_ms + 5 * HOUR_MS, codes=[safe, whole], box=box)
    manifest = draw_manifest(play.service, year=china_day(begin_ms).year)
    # The driver came with another vehicle than the one that was planned.
    play.act(
        "manifested", TRANSFER, begin_ms + 5 * HOUR_MS + 60_000, manifest=manifest, action="drafted", form="electronic",
        carriers=[CARRIER], consignee=PLANT, waste_codes=[INFECTIOUS], vehicle="渝H9Z999",
    )  # fmt: skip
    load = [box, last, lighter]
    play.hop(load, TRANSFER, CARRIER, begin_ms + 6 * HOUR_MS, manifest=manifest, vehicle=VEHICLE)
    play.hop(
        load, CARRIER, PLANT, begin_ms + 9 * HOUR_MS, manifest=manifest, vehicle=VEHICLE, masses_g=[4000, 2000, None]
    )
    play.act("disposed", PLANT, begin_ms + 12 * HOUR_MS, codes=load, batch="L1", method="incineration")
    play.seal(fresh, CLINIC, clock.now_ms() - HOUR_MS)
    play.tellers[TRANSFER].number += 1  # a scan that was lost: the device skips a number
    play.act("stored", TRANSFER, begin_ms + 13 * HOUR_MS, codes=[box], room="暂存间")
    return safe, forgotten, lighter, twice, fresh


@pytest.fixture(scope="session")
def district(tmp_path_factory: pytest.TempPathFactory) -> Iterator[District]:
    service = Service(Settings(data_dir=tmp_path_factory.mktemp("web"), database_url="", public_pages=True))
    begin_ms = clock.now_ms() - 4 * 24 * HOUR_MS
    with pytest.MonkeyPatch.context() as then:  # the office did its part before anything was sealed
        then.setattr(clock, "now_ms", lambda: begin_ms - HOUR_MS)
        load_register(service, DISTRICT)
        wanted = [Wanted(CLINIC, INFECTIOUS)] * 7 + [Wanted(TRANSFER)]
        labels = issue_codes(service, wanted, day=china_day(begin_ms).date(), stock="t-1")
        codes = [label.code for label in labels]
        play = _Play(service)
    story = _round(play, codes[:7], codes[7], begin_ms)
    play.hand_in()
    account = create_account(service, "regulator", role="regulator", site="A500114001001")
    yield District(service, *story, codes[:7], codes[7], (account.name, account.password))
    service.close()


@pytest.fixture
def browser(district: District) -> Iterator[TestClient]:
    """Somebody who has not logged in, at a service with public pages."""
    with TestClient(make_app(district.service), follow_redirects=False) as client:
        yield client


@pytest.fixture
def empty_browser(tmp_path: Path) -> Iterator[TestClient]:
    """Pages of a service into which no district was loaded."""
    service = Service(Settings(data_dir=tmp_path, database_url="", public_pages=True))
    with TestClient(make_app(service), follow_redirects=False) as client:
        yield client
    service.close()
