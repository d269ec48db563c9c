"""The contract at the door: versions that meet, texts that say nothing, hellos; over HTTP, on SQLite and on PostgreSQL."""

from typing import Any

import pytest
from fastapi.testclient import TestClient

from schemas.canonical import encode_base64
from schemas.event_base import VERSION
from schemas.events import KINDS
from schemas.signing import key_id
from schemas.sync import BatchAnswer
from tests.api.conftest import BAG, CLINIC, seal
from tests.older import older_service, upgraded_service
from wasteledger.audit.fsck import check_log
from wasteledger.flows.service import Service
from wasteledger.simulate.device import Handheld

UNIT: dict[str, frozenset[str] | None] = {"sealed": frozenset({"unit"}), "relabelled": None}
AT_MS = 1_793_578_500_000
HASH = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
FURNACE = "D500114004001"


def post(client: TestClient, *notes: bytes | str) -> dict[str, Any]:
    texts = [note if isinstance(note, str) else note.decode() for note in notes]
    answer: dict[str, Any] = client.post("/v1/events", json={"events": texts}).raise_for_status().json()
    return answer


def scan(handheld: Handheld, kind: str = "stored", **fields: Any) -> str:
    body = {"codes": [BAG]} | ({"room": "库1"} if kind == "stored" else {}) | fields
    handheld.record(kind, AT_MS, actor="u-c105x1", **body)
    return handheld.queue[-1].decode()


def findings(client: TestClient, code: str) -> list[dict[str, Any]]:
    answer = client.get("/v1/reconciliation?from=2026-11-01&to=2026-11-30").raise_for_status().json()
    return [finding for finding in answer["findings"] if finding["code"] == code]


def test_a_newer_device_meets_an_older_service_and_its_upgrade(
    client: TestClient, service: Service, handheld: Handheld
) -> None:
    """The handheld was upgraded over night, the service was not: it learns so, goes on, and nothing is lost."""
    sealing = scan(
        handheld, "sealed", waste_code="841-001-01", package="bag", mass_g=1200, mass_source="scale", unit="内科"
    )
    with older_service(UNIT):
        answer = post(client, sealing, scan(handheld))
        assert answer["versions"] == [VERSION]
        assert set(KINDS) - set(answer["kinds"]) == {"relabelled"}, "the device knows what has no effect yet"
        first, second = answer["verdicts"]
        assert (first["verdict"], second["verdict"], second["reason"]) == ("new", "new", None)
        assert "sealed: unit" in first["reason"]
        assert post(client, sealing)["verdicts"][0] == first | {"verdict": "duplicate"}
        item = client.get(f"/v1/items/{BAG}").json()
        assert [step["kind"] for step in item["steps"]] == ["stored"]
        (kept,) = findings(client, "newer_event")
        assert (kept["severity"], kept["items"], kept["site"]) == ("hygiene", [BAG], CLINIC)
        assert check_log(service.database).problems == []
    with upgraded_service(UNIT):
        item = client.get(f"/v1/items/{BAG}").json()
        assert [step["kind"] for step in item["steps"]] == ["sealed", "stored"]
        assert item["mass_g"] == 1200
        assert findings(client, "newer_event") == []
        assert check_log(service.database).problems == []
        service.sequencer().gateway._known.clear()  # an upgrade is another process
        assert post(client, sealing)["verdicts"][0] == first | {"verdict": "duplicate", "reason": None}


def test_an_older_device_meets_a_newer_service(client: TestClient, handheld: Handheld) -> None:
    """It says what it always said, and passes over what it does not know of the answer."""
    answer = post(client, seal(handheld))
    assert answer["verdicts"][0]["verdict"] == "new"
    tomorrow = answer | {"versions": [1, 2], "kinds": [*answer["kinds"], "weighed_again"], "advice": "喝水"}
    assert BatchAnswer.model_validate(tomorrow).verdicts[0].verdict == "new"


def test_a_newer_device_understands_an_answer_of_yesterday(client: TestClient, handheld: Handheld) -> None:
    answer = post(client, seal(handheld))
    yesterday = {name: value for name, value in answer.items() if name not in {"versions", "kinds"}}
    heard = BatchAnswer.model_validate(yesterday)
    assert (heard.versions, heard.kinds) == ([], [])


SENSELESS: list[tuple[str, dict[str, Any], str]] = [
    ("stored", {"room": " "}, "room: is blank"),
    ("stored", {"room": "暂存间\v1"}, "room: holds the control character U+000B"),
    ("stored", {"note": "a\0b"}, "note: holds the control character U+0000"),
    ("released", {"to_site": CLINIC}, f"to_site: {CLINIC} hands over to itself"),
    ("accepted", {"from_site": CLINIC}, f"from_site: {CLINIC} hands over to itself"),
    ("accepted", {"from_site": FURNACE, "packages_count": 0}, "packages_count: 0, but packages are named"),
    ("released", {"to_site": FURNACE, "vehicle": "     "}, "vehicle: a blank plate"),
    ("stored", {"occurred_at": "2026-11-02T08:15:00.000+19:59"}, "occurred_at: no place on Earth"),
    ("stored", {"masses_g:": [1250]}, "key 'masses_g:'"),
    ("stored", {"room": None, "shade": "yellow"}, "room: "),
]


@pytest.mark.parametrize(("kind", "changes", "said"), SENSELESS, ids=[said[:40] for _, _, said in SENSELESS])
def test_what_means_nothing_is_quarantined_with_its_reason(
    client: TestClient, service: Service, handheld: Handheld, kind: str, changes: dict[str, Any], said: str
) -> None:
    try:
        note = scan(handheld, kind, **changes)
    except ValueError:  # a key that no canonical form has: written by hand
        note = _uncanonical(handheld)
    verdict = post(client, note)["verdicts"][0]
    assert (verdict["verdict"], said in verdict["reason"]) == ("quarantine", True), verdict["reason"]
    assert post(client, note)["verdicts"][0] == verdict
    assert post(client, seal(handheld))["verdicts"][0]["verdict"] == "new"
    assert check_log(service.database).problems == []


def _uncanonical(handheld: Handheld) -> str:
    """Fault 1 of others: a stray colon in the name of a field."""
    good = scan(handheld, masses_g=[1250])
    handheld.queue.pop()
    head, body, *_ = good.split("\n", 2)[0], good.split("\n")[2]
    origin = good.split("\n")[1]
    text = f"{head}\n{origin}\n{body.replace('masses_g', 'masses_g:')}\n"
    key, name = handheld.key, f"{origin}/d/{handheld.key.device_id}"
    blob = encode_base64(key_id(name, key.public_key) + key.sign(text.encode()))
    return f"{text}\n— {name} {blob}\n"


def test_years_far_off_stay_readable_everywhere(client: TestClient, handheld: Handheld) -> None:
    """A clock at 2000 or 2099 is a finding, and no page, list or paper dies of it."""
    for year in ("2000", "2099"):
        note = scan(handheld, occurred_at=f"{year}-11-02T08:15:00.000+08:00")
        assert post(client, note)["verdicts"][0]["verdict"] == "new"
    for page in ("/", "/due", "/items", f"/items/{BAG}", "/findings", f"/v1/items/{BAG}"):
        assert client.get(page).status_code == 200, page
    assert findings(client, "clock_skew")


def test_one_photo_named_twice_in_one_event_is_taken(client: TestClient, handheld: Handheld) -> None:
    verdict = post(client, scan(handheld, "incident", incident="spill", attachments=[HASH, HASH]))["verdicts"][0]
    assert verdict["verdict"] == "new"
    assert client.get(f"/v1/items/{BAG}").status_code == 200
