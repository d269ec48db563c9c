"""Devices through the command line and the HTTP interface, on both engines; and badges."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from fastapi.testclient import TestClient

from schemas.canonical import encode_base64
from schemas.codes import box_code
from schemas.errors import CanonicalError, CodeError, WasteLedgerError
from schemas.signing import DeviceKey
from schemas.vouching import badge_code, person_key, read_badge
from tests.api.authority import OFFICE, Regulator, run
from tests.api.conftest import BAG, CLINIC, seal
from tests.folding import history_of
from wasteledger.domain.hello import Hello, sign_hello
from wasteledger.errors import NotFoundError, QueryError
from wasteledger.flows.enrolment import enrol_device
from wasteledger.flows.service import Service
from wasteledger.simulate.device import Handheld

CENTRE = "T500114105001"
ORIGIN = "ledger.example.org/qianjiang"
KEY = DeviceKey(bytes(range(32)))
PUBLIC = encode_base64(KEY.public_key)
LOW_ORDER = encode_base64(bytes(32))


@pytest.fixture
def regulator(client: TestClient, service: Service) -> Iterator[Regulator]:
    return Regulator(client, service)


def log_size(client: TestClient) -> int:
    return int(client.get("/v1/health").json()["tree_size"])


def test_a_device_enrolled_on_the_command_line_hands_in_its_first_event(client: TestClient, service: Service) -> None:
    handheld = Handheld(CLINIC, origin=ORIGIN, chance=np.random.default_rng(7))
    key = encode_base64(handheld.key.public_key)
    told = json.loads(run(service, "device", "enrol", CLINIC, "--key", key, "--json"))
    assert (told["device"], told["origin"], told["events_path"]) == (handheld.key.device_id, ORIGIN, "/v1/events")
    handheld.begin(told["root"])
    answer = client.post(told["events_path"], json={"events": [seal(handheld)]}).json()
    assert answer["verdicts"][0]["verdict"] == "new"
    history = history_of(service)
    assert history.devices[handheld.key.device_id].chain_root == told["root"]
    assert history.admissions[handheld.key.device_id].broken_from > 0


def test_a_key_admitted_before_is_told_the_same_root_and_nothing_is_recorded(
    client: TestClient, service: Service
) -> None:
    first = json.loads(run(service, "device", "enrol", CLINIC, "--key", PUBLIC, "--json"))
    size = log_size(client)
    again = json.loads(run(service, "device", "enrol", CLINIC, "--key", PUBLIC, "--json"))
    assert log_size(client) == size
    assert (again["root"], again["known"]) == (first["root"], True)
    assert "was admitted for C500114105001 before" in run(service, "device", "enrol", CLINIC, "--key", PUBLIC)


def test_a_key_admitted_by_two_at_once_is_admitted_once(service: Service) -> None:
    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(lambda _: enrol_device(service, CLINIC, PUBLIC), range(4)))
    assert len({enrolment.root for enrolment in made}) == 1
    assert sorted(enrolment.known for enrolment in made) == [False, True, True, True]


def test_a_key_admitted_for_a_further_site_is_a_device_of_both(service: Service) -> None:
    first = json.loads(run(service, "device", "enrol", CLINIC, "--key", PUBLIC, "--json"))
    second = json.loads(run(service, "device", "enrol", CENTRE, "--key", PUBLIC, "--json"))
    assert (second["root"], second["sites"], second["known"]) == (first["root"], [CLINIC, CENTRE], False)
    (row,) = json.loads(run(service, "device", "list", "--site", CENTRE, "--json"))["devices"]
    assert (row["device"], row["sites"], row["last_number"]) == (KEY.device_id, [CLINIC, CENTRE], None)


NO_DEVICES = [
    ((CLINIC,), "the device makes an Ed25519 key pair"),
    ((CLINIC, "--key", "rubbish"), "key: give the base64"),
    ((CLINIC, "--key", LOW_ORDER), "key: give the base64"),
    (("C500114105999", "--key", PUBLIC), "site 'C500114105999' is not in the register"),
    ((CLINIC, "--key", PUBLIC, "--role", "boss"), "role 'boss': one of device, office"),
    ((CLINIC, "--key", PUBLIC, "--role", "office"), "role office is for an authority"),
    ((CLINIC, "--key", PUBLIC, "--prior", "a" * 16), "'aaaaaaaaaaaaaaaa' was never enrolled"),
    ((CLINIC, "--key", PUBLIC, "--prior", KEY.device_id), "prior: a device can not take its own place"),
]


def test_what_is_no_device_is_not_enrolled(client: TestClient, service: Service) -> None:
    size = log_size(client)
    for words, said in NO_DEVICES:
        with pytest.raises(WasteLedgerError, match=said):
            run(service, "device", "enrol", *words)
    assert log_size(client) == size


def test_a_list_shows_what_has_arrived_and_what_is_missing(
    client: TestClient, service: Service, handheld: Handheld
) -> None:
    seal(handheld)
    lost = handheld.queue.pop()
    handheld.record("washed", 1_793_578_600_000, actor="u-c105x1", codes=[box_code("500114", 7)])
    client.post("/v1/events", json={"events": [handheld.queue[-1].decode()]})
    hello = Hello(handheld.key.device_id, 4, bytes(32), 1_793_578_700_000, 5_000, "0123456789abcdef")
    client.post("/v1/events", json={"events": [sign_hello(handheld.key, hello, origin=ORIGIN).decode()]})
    (row,) = json.loads(run(service, "device", "list", "--site", CLINIC, "--json"))["devices"]
    assert (row["last_number"], row["gaps"]) == (1, [{"first": 0, "last": 0}, {"first": 2, "last": 3}])
    assert row["contact_ms"] >= row["enrolled_ms"]
    assert "缺号 0、2–3" in run(service, "device", "list", "--site", CLINIC)
    client.post("/v1/events", json={"events": [lost.decode()]})
    assert "缺号 2–3" in run(service, "device", "list")


def test_a_revoked_device_is_trusted_up_to_a_number(client: TestClient, service: Service, handheld: Handheld) -> None:
    device = handheld.key.device_id
    with pytest.raises(QueryError, match="is neither revoked nor is its chain broken"):
        run(service, "device", "trust", device, "--last-seq", "0", "--note", "看过")
    assert "已撤销" in run(service, "device", "revoke", device, "--reason", "lost")
    with pytest.raises(QueryError, match="is revoked already, by entry"):
        run(service, "device", "revoke", device, "--reason", "stolen")
    with pytest.raises(QueryError, match="its key is never admitted again"):
        run(service, "device", "enrol", CENTRE, "--key", encode_base64(handheld.key.public_key))
    assert client.post("/v1/events", json={"events": [seal(handheld)]}).json()["verdicts"][0]["verdict"] == "new"
    with pytest.raises(QueryError, match="the highest number that has arrived is 0"):
        run(service, "device", "trust", device, "--last-seq", "1", "--note", "看过")
    assert "可信至 № 0" in run(service, "device", "trust", device, "--last-seq", "0", "--note", "找回后查看了设备")
    with pytest.raises(QueryError, match="is believed up to number 0 already"):
        run(service, "device", "trust", device, "--last-seq", "0", "--note", "再看")
    assert history_of(service).admissions[device].trusted_seq == 0


def test_the_office_does_not_revoke_itself_nor_a_stranger(client: TestClient, service: Service) -> None:
    size = log_size(client)
    with pytest.raises(QueryError, match="the key of the office itself"):
        run(service, "device", "revoke", service.office().key.device_id, "--reason", "lost")
    with pytest.raises(NotFoundError, match="was never enrolled"):
        run(service, "device", "revoke", "b" * 16, "--reason", "lost")
    with pytest.raises(QueryError, match="reason 'bored': one of lost, stolen, replaced, retired"):
        run(service, "device", "revoke", KEY.device_id, "--reason", "bored")
    assert log_size(client) == size


def test_a_regulator_does_the_same_over_http_and_the_ledger_says_who(
    client: TestClient, service: Service, regulator: Regulator
) -> None:
    made = regulator.post("/v1/devices", site=CLINIC, key=PUBLIC).json()
    assert (made["device"], made["known"], made["events_path"]) == (KEY.device_id, False, "/v1/events")
    other = DeviceKey(bytes(range(1, 33)))
    renewed = regulator.post("/v1/devices", site=CLINIC, key=encode_base64(other.public_key), prior=KEY.device_id)
    assert renewed.status_code == 200
    assert regulator.post(f"/v1/devices/{KEY.device_id}/revocation", reason="replaced").json()["revoked_ms"]
    refused = regulator.post(f"/v1/devices/{KEY.device_id}/trust", last_seq=0, note="看过")
    assert (refused.status_code, refused.json()["code"]) == (422, "bad_query")
    rows = {row["device"]: row for row in client.get("/v1/devices").json()["devices"]}
    assert rows[other.device_id]["revoked_ms"] is None
    assert rows[service.office().key.device_id]["role"] == "office"
    history = history_of(service)
    revoked = [fact.event for facts in history.by_device.values() for fact in facts.values() if fact.kind == "revoked"]
    assert [(event.site, event.vouch_method, event.actor == "u-office") for event in revoked] == [
        (OFFICE, "pin", False)
    ]


def test_strangers_and_forms_of_other_pages_change_nothing(client: TestClient, service: Service) -> None:
    fields = {"site": CLINIC, "key": PUBLIC}
    assert client.get("/v1/devices").status_code == 403
    assert client.post("/v1/devices", data=fields).status_code == 403
    keeper = Regulator(client, service, role="keeper", site=CENTRE)
    assert client.get("/v1/devices").status_code == 403
    assert keeper.post("/v1/devices", **fields).status_code == 403
    client.cookies.clear()
    inspector = Regulator(client, service)
    inspector.token = "another page's"
    assert inspector.post("/v1/devices", **fields).status_code == 403
    assert KEY.device_id not in history_of(service).devices


def test_badge_and_pin_make_the_key_that_the_register_holds(service: Service) -> None:
    actor = service.directory().register.people[0].actor
    made = json.loads(run(service, "person", "badge", actor, "--pin-stdin", "--json", stdin="246810\n"))
    assert encode_base64(person_key(read_badge(made["badge"]), "246810").public_key) == made["vouch_key"]
    again = json.loads(run(service, "person", "badge", actor, "--pin-stdin", "--json", stdin="246810\n"))
    assert again["badge"] != made["badge"]
    for folder in (service.settings.data_dir,):
        kept = b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())
        assert read_badge(made["badge"]) not in kept
        assert made["badge"].encode() not in kept


def test_a_badge_for_nobody_and_a_pin_that_is_none_are_refused(service: Service) -> None:
    actor = service.directory().register.people[0].actor
    with pytest.raises(NotFoundError, match="is not in the register"):
        run(service, "person", "badge", "u-nobody", "--pin-stdin", stdin="246810\n")
    with pytest.raises(CanonicalError, match="PIN: 4 to 12 digits"):
        run(service, "person", "badge", actor, "--pin-stdin", stdin="abc\n")


def test_a_badge_that_was_read_wrong_is_no_badge() -> None:
    code = badge_code(bytes(range(16)))
    assert read_badge(f" {code.lower()}\n") == bytes(range(16))
    for place in range(len(code)):
        wrong = code[:place] + ("3" if code[place] != "3" else "4") + code[place + 1 :]
        with pytest.raises(CodeError):
            read_badge(wrong)
    with pytest.raises(CodeError):
        read_badge(BAG)
