"""Opening stock waits for the authority in a list of its own: shown, confirmed, refused, by the command line and over HTTP."""

import json
from typing import Any

import numpy as np
import pytest
from fastapi.testclient import TestClient
from typer.testing import CliRunner

from schemas.canonical import decode_base64
from tests.api.authority import OFFICE, Regulator, run
from tests.api.conftest import BAG
from tests.folding import history_of
from wasteledger.cli import cli
from wasteledger.errors import NotFoundError, QueryError
from wasteledger.flows.service import Service
from wasteledger.simulate.device import Handheld

TRANSFER = "T500114105001"
SAID: dict[str, Any] = {
    "as_of": "2026-11-01", "waste_codes": ["841-001-01"], "masses_g": [2500], "room": "库1", "part_no": 1, "parts_count": 1,
}  # fmt: skip


@pytest.fixture
def keeper(service: Service) -> Handheld:
    device = Handheld(TRANSFER, origin="ledger.example.org/qianjiang", chance=np.random.default_rng(9))
    device.begin(service.office().enrol([(device.key, TRANSFER)])[0].leaf_hash or "")
    return device


def declare(client: TestClient, keeper: Handheld, **fields: Any) -> str:
    keeper.record("opening_stock", 1_793_581_500_000, actor="u-keeper1", codes=[BAG], **(SAID | fields))
    note = keeper.queue[-1].decode()
    return decode_base64(client.post("/v1/events", json={"events": [note]}).json()["verdicts"][0]["event_id"]).hex()


def item(service: Service) -> dict[str, Any]:
    with service.books().opened() as (rows, _):
        row = rows.item(BAG)
    return row._asdict() if row else {}


def test_what_was_declared_is_listed_with_its_mass_and_confirmed_once(
    client: TestClient, service: Service, keeper: Handheld
) -> None:
    declared = declare(client, keeper)
    (row,) = json.loads(run(service, "opening", "list", "--json"))["opening_stock"]
    assert (row["event_id"], row["codes"], row["site"], row["mass_g"]) == (declared, [BAG], TRANSFER, 2500)
    assert "1 件 2.5 kg" in run(service, "opening", "list")
    assert (item(service)["item_class"], item(service)["opening"]) == ("unsealed", 1)
    run(service, "opening", "confirm", declared)
    assert (item(service)["item_class"], item(service)["mass_g"]) == ("on_its_way", 2500)
    assert run(service, "opening", "list") == ""
    with pytest.raises(QueryError, match="declaration of opening stock was confirmed before"):
        run(service, "opening", "refuse", declared, "--note", "doch nicht")


def test_a_refused_declaration_makes_room_for_another(client: TestClient, service: Service, keeper: Handheld) -> None:
    declared, again = declare(client, keeper), declare(client, keeper, masses_g=[1500])
    with pytest.raises(
        QueryError, match=r"this declaration has no effect.*refuse it with `wasteledger opening refuse`"
    ):
        run(service, "opening", "confirm", again)
    with pytest.raises(QueryError, match="note: say why the declaration of opening stock is refused"):
        run(service, "opening", "refuse", declared, "--note", " ")
    run(service, "opening", "refuse", declared, "--note", "现场没有这些包装")
    assert [row["event_id"] for row in json.loads(run(service, "opening", "list", "--json"))["opening_stock"]] == [
        again
    ]
    run(service, "opening", "confirm", again)
    assert (item(service)["item_class"], item(service)["mass_g"]) == ("on_its_way", 1500)
    words = [fact for fact in history_of(service).facts_of(BAG) if fact.event.site == OFFICE]
    assert [(word.kind, word.event.note) for word in words] == [("corrected", "现场没有这些包装"), ("vouched", None)]


def test_a_regulator_answers_over_http_and_nobody_else(client: TestClient, service: Service, keeper: Handheld) -> None:
    path = f"/v1/opening-stock/{declare(client, keeper)}"
    assert client.get("/v1/opening-stock").status_code == 403
    stranger = Regulator(client, service, role="keeper", site=TRANSFER)
    assert [stranger.post(f"{path}/{word}", note="x").status_code for word in ("confirmation", "refusal")] == [403, 403]
    client.cookies.clear()
    regulator = Regulator(client, service)
    (row,) = client.get("/v1/opening-stock").json()["opening_stock"]
    assert row["site_name"] == service.directory().site_name(TRANSFER)
    assert regulator.post(f"{path}/refusal", note="现场没有").status_code == 200
    assert regulator.post(f"{path}/confirmation").status_code == 422
    assert client.get("/v1/opening-stock").json()["opening_stock"] == []


def test_what_waits_stands_beside_the_rate(client: TestClient, service: Service, keeper: Handheld) -> None:
    declare(client, keeper)
    asked = {"from": "2026-11-01", "to": "2026-11-30"}
    assert client.get("/v1/reconciliation", params=asked).json()["opening_waiting"] == {"count": 1, "mass_g": 2500}
    settings = service.settings
    environment = {
        "WASTELEDGER_DATA_DIR": str(settings.data_dir),
        "WASTELEDGER_DATABASE_URL": settings.effective_database_url,
    }
    told = CliRunner().invoke(cli, ["reconcile", "--from", "2026-11-01", "--to", "2026-11-30"], env=environment)
    assert "期初库存待确认 1 件 2.5 kg" in told.output
    page = client.get("/", params=asked).text
    assert "期初库存待确认" in page
    shown = client.get(f"/v1/items/{BAG}").json()["steps"]
    assert [(step["kind"], step["mass_g"]) for step in shown] == [("opening_stock", 2500)]
    assert "期初库存申报" in client.get(f"/items/{BAG}").text


def test_what_is_no_declaration_is_not_answered(service: Service) -> None:
    with pytest.raises(NotFoundError, match="`wasteledger opening list` shows what waits"):
        run(service, "opening", "confirm", "0" * 64)
