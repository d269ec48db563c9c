"""The published log over HTTP: standard paths, cache headers, receipts, and a mirror made from nothing else."""

import hashlib
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from schemas.canonical import decode_base64
from schemas.signing import parse_note
from tests.api.conftest import seal
from wasteledger.app import make_app
from wasteledger.audit.verify.__main__ import main as verify
from wasteledger.domain.merkle import leaf_hash
from wasteledger.domain.note import VerifierKey
from wasteledger.domain.policy import parse_policy
from wasteledger.domain.receipt import open_receipt
from wasteledger.domain.tiles import tiles_between
from wasteledger.domain.tlog_proof import parse_tlog_proof, verify_tlog_proof
from wasteledger.flows import sequencer
from wasteledger.flows.export_log import bundle_tiles
from wasteledger.flows.service import Service
from wasteledger.simulate.device import Handheld


def test_before_the_first_signature_nothing_is_published(client: TestClient) -> None:
    for path in ("/checkpoint", "/tile/0/000.p/1", "/v1/log"):
        answer = client.get(path)
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


def test_an_event_gets_each_of_its_three_receipts(client: TestClient, service: Service, handheld: Handheld) -> None:
    note = seal(handheld)
    answer = client.post("/v1/events", json={"events": [note]}).json()
    verdict = answer["verdicts"][0]
    path = f"/v1/events/{parse_note(note.encode()).event_id.hex()}/proof"
    pending = client.get(path)
    assert (pending.status_code, pending.headers["retry-after"]) == (202, "2")
    service.signer().round()
    keys = client.get("/v1/log").json()
    promise = open_receipt(answer["receipt"].encode(), VerifierKey.parse(keys["receipt_key"]))[0]
    assert (promise.index, promise.received_ms) == (verdict["index"], verdict["received_ms"])
    assert promise.leaf_hash == decode_base64(verdict["leaf_hash"])
    proof = parse_tlog_proof(client.get(path).content)
    assert (
        verify_tlog_proof(proof, leaf=promise.leaf_hash, policy=parse_policy(keys["policy"])).checkpoint.size
        > proof.index
    )
    spelled = verdict["event_id"].replace("+", "-").replace("/", "_")
    assert client.get(f"/v1/events/{spelled}/proof").content == proof.encode()


def test_a_duplicate_gets_the_same_receipt_again(client: TestClient, handheld: Handheld) -> None:
    note = seal(handheld)
    first, again = (client.post("/v1/events", json={"events": [note]}).json() for _ in range(2))
    assert first["receipt"] == again["receipt"]
    assert client.post("/v1/events", json={"events": ["rubbish"]}).json()["receipt"] is None


def test_one_receipt_covers_a_whole_answer(client: TestClient, service: Service, handheld: Handheld) -> None:
    notes = [seal(handheld)]
    handheld.record("stored", 1_790_000_000_000, actor="u-nurse", codes=["M50011400000001V"], room="库")
    notes.append(handheld.queue.pop().decode())
    answer = client.post("/v1/events", json={"events": [*notes, "rubbish"]}).json()
    service.signer().round()
    key = VerifierKey.parse(client.get("/v1/log").json()["receipt_key"])
    promised = [promise.index for promise in open_receipt(answer["receipt"].encode(), key)]
    assert promised == [verdict["index"] for verdict in answer["verdicts"][:2]]


@pytest.mark.parametrize(
    ("event_id", "status", "code"),
    [
        ("00" * 32, 404, "not_found"),
        ("hello", 422, "bad_query"),
        ("A" * 43 + "=", 404, "not_found"),
        ("A" * 44, 422, "bad_query"),
    ],
)
def test_an_event_that_is_not_there(client: TestClient, event_id: str, status: int, code: str) -> None:
    answer = client.get(f"/v1/events/{event_id}/proof")
    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_cache_headers_tell_what_changes_and_what_never_does(client: TestClient, service: Service) -> None:
    size = service.signer().round()
    assert size is not None
    assert client.get("/checkpoint").headers["cache-control"] == "no-cache"
    assert client.get("/checkpoint").headers["content-type"].startswith("text/plain")
    tile = client.get(f"/tile/0/000.p/{size.size}")
    assert tile.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert tile.headers["content-type"] == "application/octet-stream"
    bundle = client.get(f"/tile/entries/000.p/{size.size}")
    assert bundle.headers["cache-control"] == "private, max-age=31536000, immutable"


@pytest.mark.parametrize("path", ["0/000", "0/000.p/200", "0/001", "1/000.p/1", "63/000.p/1", "entries/000"])
def test_a_tile_behind_the_checkpoint_is_not_served(client: TestClient, service: Service, path: str) -> None:
    service.signer().round()
    answer = client.get(f"/tile/{path}")
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


@pytest.mark.parametrize("path", ["0/0", "..%2f..%2fsigner%2flog.key", "0/x000/005", "64/000", "0/000.p/256", "a" * 81])
def test_a_path_that_is_no_tile(client: TestClient, service: Service, path: str) -> None:
    service.signer().round()
    assert client.get(f"/tile/{path}").status_code in {404, 422}


def test_entries_are_as_closed_as_the_pages_are(service: Service) -> None:
    size = service.signer().round()
    assert size is not None
    closed = Service(service.settings.model_copy(update={"public_pages": False}))
    with TestClient(make_app(closed)) as client:
        assert client.get(f"/tile/entries/000.p/{size.size}").status_code == 403
        assert client.get(f"/tile/0/000.p/{size.size}").status_code == 200
        assert client.get("/checkpoint").status_code == 200
    closed.close()


def test_a_mirror_made_over_http_passes_the_audit(
    client: TestClient, service: Service, handheld: Handheld, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nothing but the standard paths: checkpoint, tiles, bundles, and a policy of the regulator's own."""
    client.post("/v1/events", json={"events": [seal(handheld)]})
    checkpoint = service.signer().round()
    assert checkpoint is not None
    mirror = tmp_path / "mirror"
    paths = [
        "checkpoint",
        *(t.path for t in tiles_between(0, checkpoint.size)),
        *(t.path for t in bundle_tiles(checkpoint.size)),
    ]
    for path in paths:
        (mirror / path).parent.mkdir(parents=True, exist_ok=True)
        (mirror / path).write_bytes(client.get(f"/{path}").content)
    (mirror / "policy").write_text(client.get("/v1/log").json()["policy"])
    assert verify(["audit", str(mirror), "--now", "0"]) in {0, 3}
    bundle = next(path for path in (mirror / "tile" / "entries").rglob("*") if path.is_file())
    bundle.write_bytes(bundle.read_bytes()[:-1] + b"x")
    assert verify(["audit", str(mirror)]) == 1
    capsys.readouterr()


def test_a_full_queue_and_a_full_disk_are_said_with_a_time_to_come_again(
    client: TestClient, service: Service, handheld: Handheld, monkeypatch: pytest.MonkeyPatch
) -> None:
    note = seal(handheld)
    for name, value, code in (("QUEUE_EVENTS_MAX", 0, "queue_full"), ("FREE_BYTES_MIN", 2**62, "disk_full")):
        if code == "disk_full" and not service.database.is_sqlite:
            continue
        with monkeypatch.context() as patched:
            patched.setattr(sequencer, name, value)
            answer = client.post("/v1/events", json={"events": [note]})
        assert (answer.status_code, answer.json()["code"]) == (503, code)
        assert int(answer.headers["retry-after"]) > 0
    assert client.post("/v1/events", json={"events": [note]}).json()["verdicts"][0]["verdict"] == "new"


def test_health_says_when_nothing_can_be_written_or_signed(client: TestClient, service: Service) -> None:
    assert client.get("/v1/health").json()["status"] == "ok"
    service.database.failed_commit = "disk I/O error"
    answer = client.get("/v1/health")
    assert (answer.status_code, answer.json()["problem"]) == (503, "disk I/O error")


def test_hashes_of_the_interface_and_of_the_log_are_the_same(
    client: TestClient, service: Service, handheld: Handheld
) -> None:
    verdict = client.post("/v1/events", json={"events": [seal(handheld)]}).json()["verdicts"][0]
    service.signer().round()
    shown = client.get(f"/v1/entries/{verdict['index']}").json()
    assert shown["leaf_hash"] == verdict["leaf_hash"]
    content = shown["entry"].encode()
    assert decode_base64(shown["leaf_hash"]) == leaf_hash(content) == hashlib.sha256(b"\x00" + content).digest()
