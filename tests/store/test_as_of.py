"""Questions about the past are answered as they would have been answered then, on either engine."""

import io
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from fastapi.testclient import TestClient
from openpyxl import load_workbook

from schemas.canonical import encode_base64
from tests.conftest import DISTRICT
from tests.stories_builder import CLINIC, COLLECTOR, INFECTIOUS, OTHER_CLINIC, Teller, ms
from wasteledger import clock
from wasteledger.app import make_app
from wasteledger.domain.entry import decode_entry
from wasteledger.domain.merkle import leaf_hash
from wasteledger.errors import QueryError, QueueFullError
from wasteledger.flows import cuts as cuts_module
from wasteledger.flows.accept_batch import accept_batch
from wasteledger.flows.load_register import load_register
from wasteledger.flows.manifest_forms import manifest_json, manifest_pdf, medical_month, trip_card
from wasteledger.flows.manifest_questions import list_manifests
from wasteledger.flows.manifests import draft_manifest, void_manifest
from wasteledger.flows.moments import NOW, Past, looking
from wasteledger.flows.questions import ask_then, find_item, reconciliation_json
from wasteledger.flows.service import Service
from wasteledger.reports.answers import KINDS, render, report
from wasteledger.reports.tables import document_json
from wasteledger.settings import Settings
from wasteledger.store.ledger import Ledger
from wasteledger.store.ledger_cut import LedgerCut

BAGS = ("M50011400000001V", "M50011400000002T", "M50011400000003R")
ORIGIN = "ledger.example.org/qianjiang"
NOVEMBER: dict[str, Any] = {"from_day": "2026-11-01", "to_day": "2026-11-30"}


class Month:
    """A district in November 2026, told hour by hour; what was answered is remembered with the size and the moment."""

    def __init__(self, folder: Path, database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now_ms = ms("01 08:00")
        monkeypatch.setattr(clock, "now_ms", lambda: self.now_ms)
        self.folder = folder
        self.service = Service(Settings(data_dir=folder, database_url=database_url, public_pages=True, sign=False))
        self.fields: dict[str, Any] = yaml.safe_load(DISTRICT.read_text(encoding="utf-8"))
        self.load("01 08:00")
        self.tellers = {site: Teller(site, origin=ORIGIN) for site in (CLINIC, OTHER_CLINIC, COLLECTOR)}
        for teller, site in [(teller, site) for site, teller in self.tellers.items()]:
            index = self.service.office().enrol([(teller.key, site)])[0].index or 0
            with self.service.database.read() as connection:
                teller.previous = encode_base64(leaf_hash(Ledger(connection).entry(index) or b""))
        self.answers: dict[tuple[int, int], dict[str, Any]] = {}

    def load(self, at: str, **asked: Any) -> None:
        self.now_ms = ms(at)
        file = self.folder / "district.yaml"
        file.write_text(yaml.safe_dump(self.fields, allow_unicode=True), encoding="utf-8")
        load_register(self.service, file, **asked)

    def tell(self, site: str, kind: str, at: str, **fields: Any) -> None:
        """It happened, and was received at once."""
        self.now_ms = ms(at)
        note = self.tellers[site].note(kind, occurred_ms=self.now_ms, **fields).decode()
        (verdict,) = accept_batch(self.service.database, [note], origin=ORIGIN, node="node1").verdicts
        assert verdict.verdict == "new"

    def seal(self, bag: str, at: str, site: str = CLINIC) -> None:
        self.tell(
            site, "sealed", at, codes=[bag], waste_code=INFECTIOUS, package="bag", mass_g=1000, mass_source="scale"
        )

    def collect(self, bag: str, at: str) -> None:
        self.tell(CLINIC, "released", at, codes=[bag], to_site=COLLECTOR)
        self.tell(COLLECTOR, "accepted", at, codes=[bag], from_site=CLINIC)

    def asked(self, **past: Any) -> dict[str, Any]:
        return reconciliation_json(*ask_then(self.service, **NOVEMBER, **past))

    def answer_now(self) -> dict[str, Any]:
        found = self.asked()
        self.answers[found["tree_size"], self.now_ms] = found
        return found

    def size(self) -> int:
        with self.service.database.read() as connection:
            return Ledger(connection).size


@pytest.fixture
def month(tmp_path: Path, database_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Month]:
    made = Month(tmp_path, database_url, monkeypatch)
    made.seal(BAGS[0], "02 08:00")
    made.answer_now()
    made.seal(BAGS[1], "02 10:00", OTHER_CLINIC)
    made.answer_now()
    made.collect(BAGS[0], "03 09:00")
    made.answer_now()
    yield made
    made.service.close()


def test_what_was_answered_at_a_size_is_answered_so_for_ever(month: Month) -> None:
    """After more events, after a device was revoked, and after an edit of the register that holds for those days too."""
    month.seal(BAGS[2], "20 08:00")
    month.service.office().record(
        [{"kind": "revoked", "device": month.tellers[CLINIC].key.device_id, "reason": "lost"}]
    )
    site = next(row for row in month.fields["sites"] if row["code"] == OTHER_CLINIC)
    site |= {"name": "另一个名字", "closed_on": "2026-11-10", "successor": CLINIC}
    month.fields["rules"] = [{"key": "clinic_storage_h", "value": 1, "basis": "试"}]
    month.load("21 08:00", holds_from="2026-11-01", decision="试")
    now = month.asked()
    assert now["tree_size"] == month.size()
    assert len(month.answers) == 3
    for (size, moment_ms), answered in month.answers.items():
        # Each was asked in the moment in which its newest entry was received.
        assert month.asked(at_size=size) == answered
        assert answered["as_of_ms"] == moment_ms
        assert answered != now
    assert month.asked() == now


def test_a_day_is_asked_about_as_at_its_end(month: Month) -> None:
    """On the 2nd both bags were there and nothing was late; the collection of the next morning was not known."""
    month.now_ms = ms("25 08:00")
    found = month.asked(as_of="2026-11-02")
    assert found["as_of_ms"] == ms("03 00:00") - 1
    assert [(row["code"], row["holder"], row["item_class"]) for row in found["items"]] == [
        (BAGS[0], CLINIC, "on_its_way"), (BAGS[1], OTHER_CLINIC, "on_its_way"),
    ]  # fmt: skip
    assert found["to"] == "2026-11-30"
    late = {row["code"]: row["item_class"] for row in month.asked(as_of="2026-11-10")["items"]}
    assert set(late.values()) == {"overdue"}
    assert month.asked(as_of="2026-11-10")["tree_size"] == month.size()


def test_both_together_ask_of_a_size_at_a_later_moment(month: Month) -> None:
    month.now_ms = ms("25 08:00")
    (size, _), answered = next(iter(month.answers.items()))
    later = month.asked(at_size=size, as_of="2026-11-20")
    assert [row["code"] for row in later["items"]] == [row["code"] for row in answered["items"]] == [BAGS[0]]
    assert (later["items"][0]["item_class"], answered["items"][0]["item_class"]) == ("overdue", "on_its_way")


def test_today_ends_now(month: Month) -> None:
    assert month.asked(as_of="2026-11-03")["as_of_ms"] == month.now_ms


@pytest.mark.parametrize(
    ("past", "said"),
    [
        ({"at_size": 999}, "at_size 999: the log has [0-9]+ entries"),
        ({"at_size": 0}, "at_size 0"),
        ({"as_of": "2026-11-04"}, r"lies in the future \(today is 2026-11-03\)"),
        ({"as_of": "2026-10-31"}, "before the first entry of the log, which was received on 2026-11-01"),
        ({"as_of": "gestern"}, "as_of 'gestern' is no day"),
        ({"as_of": "2026-11-01", "at_size": 6}, "was received later, on 2026-11-02"),
    ],
)
def test_a_moment_that_never_was_is_explained(month: Month, past: dict[str, Any], said: str) -> None:
    with pytest.raises(QueryError, match=said):
        month.asked(**past)


def test_an_item_is_shown_as_it_was_known(month: Month) -> None:
    month.now_ms = ms("25 08:00")
    now, then = find_item(month.service, BAGS[0]), find_item(month.service, BAGS[0], as_of="2026-11-02")
    assert [step.fact.kind for step in now.chain.steps] == ["sealed", "released", "accepted"]
    assert [step.fact.kind for step in then.chain.steps] == ["sealed"]
    assert (now.item_class, then.item_class) == ("overdue", "on_its_way")


def test_a_late_entry_of_a_device_is_not_seen_before_it_was_received(month: Month) -> None:
    """Of two scans the later one came first; the number before it was missing then."""
    teller = month.tellers[CLINIC]
    fields: dict[str, Any] = {"waste_code": INFECTIOUS, "package": "bag", "mass_g": 1000, "mass_source": "scale"}
    early = teller.note("sealed", occurred_ms=ms("03 10:00"), codes=[BAGS[2]], **fields).decode()
    late = teller.note("stored", occurred_ms=ms("03 11:00"), codes=[BAGS[2]], room="库").decode()
    revoked = {"kind": "revoked", "device": teller.key.device_id, "reason": "lost"}
    month.now_ms = ms("03 12:00")
    accept_batch(month.service.database, [late], origin=ORIGIN, node="node1")
    month.answer_now()
    month.service.office().record([revoked])  # all that the device ever said is judged again
    month.answer_now()
    month.now_ms = ms("03 13:00")
    accept_batch(month.service.database, [early], origin=ORIGIN, node="node1")
    month.answer_now()
    month.tell(OTHER_CLINIC, "stored", "03 14:00", codes=[BAGS[1]], room="库")
    for (size, _), answered in month.answers.items():
        assert month.asked(at_size=size) == answered


def test_a_log_that_is_cut_knows_nothing_of_what_came_later(month: Month) -> None:
    size = month.size()
    with month.service.database.read() as connection:
        whole = Ledger(connection)
        ids = [decode_entry(content).event_id for _, content in whole.contents()]
        for until in (1, size - 2, size):
            cut = LedgerCut(connection, until)
            indexes = [index for index, _ in cut.contents()]
            assert (cut.size, indexes, indexes) == (
                until,
                list(range(until)),
                [i for i, _ in cut.entries_at(range(size))],
            )
            assert [index for index in range(size) if cut.entry(index) is not None] == indexes
            assert [index for index in range(size) if cut.index_of(ids[index]) is not None] == indexes
            for device in whole.devices([teller.key.device_id for teller in month.tellers.values()]).values():
                assert all(index < until for index in cut.number_places(device.device_no, 99))
        assert [index for index, _ in LedgerCut(connection, 3).contents(1, 2)] == [1]


def test_few_cuts_are_kept_and_none_outlives_the_service(month: Month) -> None:
    cuts = month.service.cuts()
    for size in range(4, 4 + cuts_module.CUTS_KEPT_MAX + 2):
        month.asked(at_size=size)
    assert len(cuts._cuts) == cuts_module.CUTS_KEPT_MAX
    folders = [Path(cut._folder.name) for cut in cuts._cuts.values()]
    assert all((folder / "books.db").exists() for folder in folders)
    with looking(month.service, at_size=4) as look:
        again = look.books
    with looking(month.service, at_size=4) as look:
        assert look.books is again
    month.service.close()
    assert not any(folder.exists() for folder in folders)


def test_who_comes_when_many_wait_is_told_to_come_again(month: Month, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cuts_module, "CUTS_WAITING_MAX", 0)
    with pytest.raises(QueueFullError, match="ask again"):
        month.asked(at_size=5)
    monkeypatch.undo()
    assert month.service.cuts()._cuts == {}


def test_over_http_and_on_the_pages(month: Month) -> None:
    month.now_ms = ms("25 08:00")
    (size, _), answered = next(iter(month.answers.items()))
    period = {"from": "2026-11-01", "to": "2026-11-30"}
    with TestClient(make_app(month.service), follow_redirects=False) as client:
        assert client.get("/v1/reconciliation", params=period | {"at_size": size}).json() == json.loads(
            json.dumps(answered)
        )
        day = client.get("/v1/reconciliation", params={"as_of": "2026-11-02"}).json()
        assert (day["from"], day["to"], len(day["items"])) == ("2026-10-03", "2026-11-02", 2)
        then = client.get(f"/v1/items/{BAGS[0]}", params={"as_of": "2026-11-02"}).json()
        assert [step["kind"] for step in then["steps"]] == ["sealed"]
        bad = client.get("/v1/reconciliation", params={"as_of": "2030-01-01"})
        assert (bad.status_code, bad.json()["code"]) == (422, "bad_query")
        for path in ("/", "/items", "/findings", f"/items/{BAGS[0]}"):
            given = {"as_of": "2026-11-02"} if path.startswith("/items/") else period | {"as_of": "2026-11-02"}
            page = client.get(path, params=given)
            assert page.status_code == 200
            assert "按当时已知情况回答" in page.text
        items = client.get("/items", params=period | {"at_size": size}).text
        assert f"/items/{BAGS[0]}?at_size={size}" in items  # whoever follows a link stays in that moment
        assert BAGS[1] not in items
        assert client.get("/items", params={"at_size": "many"}).status_code == 422
        assert month.service.cuts()._cuts
    assert not month.service.cuts()._cuts  # with the service they end


def _papers(month: Month, past: Past = NOW) -> dict[str, Any]:
    """What is printed and filed."""
    service, asked = month.service, {"persons": True, **past._asdict()}
    made: dict[str, Any] = {
        kind: document_json(report(service, kind, site=CLINIC, month="2026-11", **asked)) for kind in KINDS
    }
    made["xlsx"] = _cells(render(report(service, "ledger", site=CLINIC, month="2026-11", **asked), "xlsx"))
    made["manifests"] = [row.number for row in list_manifests(service, past=past).manifests]
    for number in made["manifests"]:
        made[number] = manifest_json(service, number, persons=True, past=past)
        assert manifest_pdf(service, [number], past=past).startswith(b"%PDF")
    made["month"] = medical_month(service, CLINIC, "2026-11", past=past).lines
    return made


def _cells(workbook: bytes) -> list[list[Any]]:
    sheets = load_workbook(io.BytesIO(workbook)).worksheets
    return [[cell.value for row in sheet.iter_rows() for cell in row] for sheet in sheets]


def test_a_paper_that_was_filed_can_be_had_again(month: Month) -> None:
    """台账、报表、联单、医废专用联单：当时报出去的，多年后照样打得出来。"""
    number = draft_manifest(
        month.service, consignor=CLINIC, carriers=[COLLECTOR], consignee="D500114004001", waste_codes=[INFECTIOUS]
    ).number
    month.now_ms = ms("03 20:00")
    then, size = _papers(month), month.size()
    assert then["manifests"] == [number]
    month.seal(BAGS[2], "20 08:00")
    month.collect(BAGS[1], "20 09:00")
    void_manifest(month.service, number, "计划取消")
    month.fields["rules"] = [{"key": "clinic_storage_h", "value": 1, "basis": "试"}]
    month.load("21 08:00", holds_from="2026-11-01", decision="试")
    later = _papers(month)
    again = _papers(month, Past(at_size=size))
    assert again == then
    assert later["ledger"] != then["ledger"]
    assert later[number] != then[number]
    by_day = _papers(month, Past(as_of="2026-11-03"))
    assert {name: by_day[name] for name in ("ledger", "xlsx", "month", number)} == {
        name: then[name] for name in ("ledger", "xlsx", "month", number)
    }


def test_the_pages_of_manifests_are_asked_about_a_day(month: Month) -> None:
    """联单清单、联单页：截至当日的样子，链接留在当日。"""
    month.now_ms = ms("03 20:00")
    consignee = "D500114004001"
    asked = {"consignor": CLINIC, "carriers": [COLLECTOR], "consignee": consignee, "waste_codes": [INFECTIOUS]}
    number, size = draft_manifest(month.service, **asked).number, month.size()
    month.now_ms = ms("10 08:00")
    void_manifest(month.service, number, "计划取消")
    then, address = {"as_of": "2026-11-03"}, f"/manifests/{number}"
    with TestClient(make_app(month.service), follow_redirects=False) as client:
        assert _phase(client.get(address).text) == "voided"
        for past in (then, {"at_size": f"{size}"}):
            page = client.get(address, params=past).text
            assert _phase(page) == "drafted"
            assert "按当时已知情况回答" in page
            query = "&".join(f"{name}={value}" for name, value in past.items())
            assert f'href="/v1/manifests/{number}.pdf?{query}"' in page
            assert f'href="/manifests/{number}?{query}"' in client.get("/manifests", params=past).text
        listed = client.get("/manifests", params=then | {"site": CLINIC, "phase": "drafted"}).text
        assert '<small id="rows">共 1 项' in listed
        assert 'name="as_of" value="2026-11-03"' in listed
        assert "?site=" in listed
        assert "as_of=2026-11-03" in re.findall(r'class="chip[^"]*" href="([^"]+)"', listed)[0]
        assert '<small id="rows">共 0 项' in client.get("/manifests?as_of=2026-11-02").text
        assert client.get(address, params={"as_of": "2026-11-02"}).status_code == 404
        assert client.get("/manifests", params={"as_of": "2030-01-01"}).status_code == 422
        first = client.get("/", params=then | {"from": "2026-11-01", "to": "2026-11-03"}).text
        assert 'href="/manifests?late=1&amp;as_of=2026-11-03"' in first


def _phase(page: str) -> str:
    return re.findall(r'class="phase ([a-z_]+)"', page)[0]


def test_a_trip_card_that_was_printed_can_be_had_again(month: Month) -> None:
    """登记卡：当天打的只有收运，第二天送到后重打多了一行；按当天已知情况，还是原来那张。"""
    plate = next(v.plate for v in month.service.directory().register.vehicles if v.carrier == COLLECTOR)
    month.tell(OTHER_CLINIC, "released", "03 10:00", codes=[BAGS[1]], to_site=COLLECTOR)
    month.tell(COLLECTOR, "accepted", "03 10:05", codes=[BAGS[1]], from_site=OTHER_CLINIC, vehicle=plate)
    month.now_ms = ms("03 20:00")
    then, size = trip_card(month.service, plate, "2026-11-03"), month.size()
    assert (len(then.collections), len(then.deliveries)) == (1, 0)
    month.tell(COLLECTOR, "released", "04 09:00", codes=[BAGS[1]], to_site="T500114105001", vehicle=plate)
    month.now_ms = ms("10 08:00")
    assert len(trip_card(month.service, plate, "2026-11-03").deliveries) == 1
    for past in (Past(as_of="2026-11-03"), Past(at_size=size)):
        again = trip_card(month.service, plate, "2026-11-03", past=past)
        assert again.model_copy(update={"drawn_at": then.drawn_at}) == then
    with TestClient(make_app(month.service)) as client:
        card = client.get(f"/v1/trip-cards/{plate}/2026-11-03.pdf", params={"as_of": "2026-11-03"})
        assert card.content.startswith(b"%PDF")
        assert client.get(f"/v1/trip-cards/{plate}/2026-11-03.pdf?as_of=2026-11-02").status_code == 422
