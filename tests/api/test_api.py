"""The HTTP interface over SQLite and over PostgreSQL: verdicts, proofs, errors as problem+json."""

import pytest
from fastapi.testclient import TestClient

from schemas.canonical import decode_base64
from tests.api.conftest import BAG, CLINIC, seal
from wasteledger.app import BODY_BYTES_MAX, make_app
from wasteledger.domain.merkle import leaf_hash, verify_inclusion
from wasteledger.flows.service import Service
from wasteledger.simulate.device import Handheld


def test_a_scan_is_taken_once_and_answered_the_same_for_ever(client: TestClient, handheld: Handheld) -> None:
    note = seal(handheld)
    first, again = (client.post("/v1/events", json={"events": [note]}).json()["verdicts"][0] for _ in range(2))
    assert (first["verdict"], again["verdict"]) == ("new", "duplicate")
    assert {**first, "verdict": ""} == {**again, "verdict": ""}


def test_an_entry_proves_itself_under_the_published_checkpoint(
    client: TestClient, service: Service, handheld: Handheld
) -> None:
    index = client.post("/v1/events", json={"events": [seal(handheld)]}).json()["verdicts"][0]["index"]
    assert client.get(f"/v1/entries/{index}").json()["proof"] is None
    service.signer().round()
    shown = client.get(f"/v1/entries/{index}").json()
    health = client.get("/v1/health").json()
    assert (shown["root"], shown["tree_size"]) == (health["root"], health["published_size"])
    assert verify_inclusion(
        index=index,
        size=shown["tree_size"],
        leaf=leaf_hash(shown["entry"].encode()),
        proof=[decode_base64(part) for part in shown["proof"]],
        root=decode_base64(shown["root"]),
    )


def test_a_poison_event_does_not_block_the_one_behind_it(client: TestClient, handheld: Handheld) -> None:
    answer = client.post("/v1/events", json={"events": ["rubbish", seal(handheld)]}).json()
    assert [verdict["verdict"] for verdict in answer["verdicts"]] == ["held", "new"]


def test_the_item_shows_its_chain(client: TestClient, handheld: Handheld) -> None:
    client.post("/v1/events", json={"events": [seal(handheld)]})
    item = client.get("/v1/items/m500 1140 0000 001v").json()
    assert (item["holder"], item["mass_g"], item["steps"][0]["kind"]) == (CLINIC, 1200, "sealed")


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/v1/items/M500114000000019", 422, "bad_code"),
        (f"/v1/items/{BAG}", 404, "not_found"),
        (f"/v1/labels/{BAG}", 404, "not_found"),
        ("/v1/entries/999999", 404, "not_found"),
        ("/v1/entries/-1", 422, "bad_request"),
        ("/v1/reconciliation?region=999999", 422, "bad_query"),
        ("/v1/reconciliation?from=gestern", 422, "bad_query"),
    ],
)
def test_errors_are_problem_json(client: TestClient, path: str, status: int, code: str) -> None:
    answer = client.get(path)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["detail"]


@pytest.mark.parametrize(
    "body", [{}, {"events": []}, {"events": ["x"] * 501}, {"events": [1]}, {"events": ["x" * 25_000]}]
)
def test_a_malformed_batch_is_answered_with_its_field(client: TestClient, body: dict[str, object]) -> None:
    answer = client.post("/v1/events", json=body)
    assert answer.status_code == 422
    assert "events" in answer.json()["detail"]


def test_a_body_beyond_the_limit_is_refused_before_it_is_read(client: TestClient) -> None:
    answer = client.post("/v1/events", content=b" " * (BODY_BYTES_MAX + 1))
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")


def test_readers_are_kept_out_unless_pages_are_public(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service.settings, "public_pages", False)
    with TestClient(make_app(service)) as client:
        assert client.get("/v1/reconciliation").status_code == 403
        assert client.get("/v1/health").status_code == 200


def test_the_pages_answer(client: TestClient, handheld: Handheld) -> None:
    client.post("/v1/events", json={"events": [seal(handheld)]})
    assert client.get("/", params={"from": "2026-11-01", "to": "2026-11-30"}).status_code == 200
    assert BAG[:4] in client.get(f"/items/{BAG}").text


def test_the_documentation_asks_no_other_server(client: TestClient) -> None:
    page = client.get("/docs").text
    assert "swagger" in page.lower()
    assert "https://" not in page
    assert client.get("/openapi.json").json()["info"]["title"] == "WasteLedger"
