"""A device hands in photos and papers with signed requests; the log says what is stored. On both engines."""

import hashlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from fastapi.testclient import TestClient
from httpx import Response

from schemas.canonical import encode_base64
from schemas.requests import SignedRequest, body_hash, sign_request
from schemas.signing import DeviceKey
from tests.api.authority import run
from tests.api.conftest import BAG, CLINIC, seal
from tests.folding import history_of
from wasteledger import clock
from wasteledger.errors import QueryError
from wasteledger.flows.device_request import REQUEST_AGE_MS_MAX
from wasteledger.flows.evidence import EVIDENCE_BYTES_MAX, read_evidence
from wasteledger.flows.evidence_intake import EVIDENCE_A_DAY_MAX
from wasteledger.flows.service import Service
from wasteledger.simulate.device import Handheld

ORIGIN = "ledger.example.org/qianjiang"
PHOTO = b"\xff\xd8\xff a burst bag, photographed"
PHOTO_HASH = encode_base64(hashlib.sha256(PHOTO).digest())


class Camera:
    """A device that uploads: it never signs two requests for one moment."""

    def __init__(self, client: TestClient, key: DeviceKey) -> None:
        self.client = client
        self.key = key
        self.last_ms = 0

    def credential(self, body: bytes, *, target: str = "/v1/evidence", off_ms: int = 0, origin: str = ORIGIN) -> str:
        self.last_ms = max(self.last_ms + 1, clock.now_ms())
        asked = SignedRequest("POST", target, body_hash(body), self.last_ms + off_ms, 5_000, "0123456789abcdef")
        return sign_request(self.key, asked, origin=origin)

    def send(self, body: bytes, credential: str, *, target: str = "/v1/evidence") -> Response:
        headers = {"Authorization": credential, "Content-Type": "image/jpeg"}
        return self.client.post(target, content=body, headers=headers)

    def upload(self, body: bytes) -> Response:
        return self.send(body, self.credential(body))


@pytest.fixture
def camera(client: TestClient, handheld: Handheld) -> Iterator[Camera]:
    return Camera(client, handheld.key)


def test_a_photo_is_kept_and_the_log_says_so(service: Service, camera: Camera) -> None:
    stored = camera.upload(PHOTO).json()
    assert (stored["sha256"], stored["size_bytes"], stored["media"]) == (PHOTO_HASH, len(PHOTO), "image/jpeg")
    assert read_evidence(service.settings.data_dir, PHOTO_HASH) == (PHOTO, "image/jpeg")
    history = history_of(service)
    (fact,) = [fact for facts in history.by_device.values() for fact in facts.values() if fact.index == stored["index"]]
    assert (fact.kind, fact.event.device, fact.event.attachments) == ("evidenced", camera.key.device_id, [PHOTO_HASH])


def test_the_same_photo_again_is_known_and_not_recorded_twice(client: TestClient, camera: Camera) -> None:
    camera.upload(PHOTO)
    size = client.get("/v1/health").json()["tree_size"]
    again = camera.upload(PHOTO).json()
    assert (again["known"], again["index"]) == (True, None)
    assert client.get("/v1/health").json()["tree_size"] == size


@pytest.mark.parametrize("photo_first", [True, False])
def test_a_photo_counts_before_and_after_the_event_that_names_it(
    client: TestClient, service: Service, handheld: Handheld, camera: Camera, *, photo_first: bool
) -> None:
    if photo_first:
        camera.upload(PHOTO)
    seal(handheld)
    handheld.record(
        "voided", 1_793_578_600_000, actor="u-c105x1", codes=[BAG], reason="never_was", attachments=[PHOTO_HASH]
    )
    client.post("/v1/events", json={"events": [note.decode() for note in handheld.queue]})
    if not photo_first:
        assert missing(service) == ([PHOTO_HASH], [PHOTO_HASH])
        camera.upload(PHOTO)
    assert missing(service) == ([], [])


def missing(service: Service) -> tuple[list[str], list[str]]:
    """What the void's evidence lacks, by the fold and by the books."""
    history = history_of(service)
    (void,) = [fact for fact in history.facts_of(BAG) if fact.kind == "voided"]
    with service.books().opened() as (_, source):
        (booked,) = [fact for fact in source.facts_of(BAG) if fact.kind == "voided"]
        return history.evidence_missing(void), source.evidence_missing(booked)


def test_a_copied_request_counts_once(camera: Camera) -> None:
    credential = camera.credential(PHOTO)
    assert camera.send(PHOTO, credential).status_code == 200
    again = camera.send(PHOTO, credential)
    assert (again.status_code, again.json()["code"]) == (401, "bad_device_request")
    assert "sign anew, with a later clock" in again.json()["detail"]


def test_copies_sent_at_once_count_once(camera: Camera) -> None:
    credential = camera.credential(PHOTO)
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: camera.send(PHOTO, credential).status_code, range(4)))
    assert sorted(answers) == [200, 401, 401, 401]


def test_a_request_is_good_for_its_path_body_log_and_moment_alone(client: TestClient, camera: Camera) -> None:
    wrong = {
        "signed for POST /v1/other": camera.send(PHOTO, camera.credential(PHOTO, target="/v1/other")),
        "another one was signed": camera.send(PHOTO + b".", camera.credential(PHOTO)),
        "is meant for the log ledger.example.org/other": camera.send(
            PHOTO, camera.credential(PHOTO, origin="ledger.example.org/other")
        ),
        "add the difference": camera.send(PHOTO, camera.credential(PHOTO, off_ms=-REQUEST_AGE_MS_MAX - 60_000)),
        "within 5 minutes": camera.send(PHOTO, camera.credential(PHOTO, off_ms=REQUEST_AGE_MS_MAX + 60_000)),
        "is no base64url": camera.send(PHOTO, "WasteLedger-Device !!!"),
        "expected `WasteLedger-Device": camera.send(PHOTO, "Bearer abc"),
        "a device signs its request": client.post("/v1/evidence", content=PHOTO),
        "is not enrolled": Camera(client, DeviceKey(bytes(32))).upload(PHOTO),
    }
    unknown = camera.send(PHOTO, camera.credential(PHOTO), target="/v1/evidence?a=1")
    assert (unknown.status_code, unknown.json()["code"]) == (422, "bad_query")
    for said, answer in wrong.items():
        assert (answer.status_code, answer.json()["code"]) == (401, "bad_device_request"), said
        assert said in answer.json()["detail"]
    assert camera.upload(PHOTO).status_code == 200, "and none of them has spent anything"


def test_a_changed_signature_is_refused(camera: Camera) -> None:
    credential = camera.credential(PHOTO)
    middle = len(credential) - 40
    changed = credential[:middle] + ("A" if credential[middle] != "A" else "B") + credential[middle + 1 :]
    assert camera.send(PHOTO, changed).status_code == 401


def test_a_revoked_device_brings_its_photos_to_the_office(service: Service, camera: Camera) -> None:
    run(service, "device", "revoke", camera.key.device_id, "--reason", "stolen")
    refused = camera.upload(PHOTO)
    assert (refused.status_code, refused.json()["code"]) == (403, "forbidden")
    path = service.settings.data_dir / "photo.jpg"
    path.write_bytes(PHOTO)
    assert run(service, "evidence", "add", str(path), str(path)).count(PHOTO_HASH) == 2
    with service.books().opened() as (_, source):
        assert source.evidence.missing([PHOTO_HASH], source.admissions) == []


def test_what_is_no_photo_or_too_large_is_refused_with_the_way_out(service: Service, camera: Camera) -> None:
    for body, said in (
        (b"GIF89a", "neither JPEG nor PNG nor PDF"),
        (b"", "1 to"),
        (PHOTO + bytes(EVIDENCE_BYTES_MAX), "take a smaller photo"),
    ):
        answer = camera.upload(body)
        assert (answer.status_code, answer.json()["code"]) == (422, "bad_query")
        assert said in answer.json()["detail"]
    with pytest.raises(QueryError, match="name a file that you may read"):
        run(service, "evidence", "add", str(service.settings.data_dir / "none.jpg"))


def test_a_device_hands_in_so_many_files_a_day(client: TestClient, camera: Camera) -> None:
    for number in range(EVIDENCE_A_DAY_MAX):
        assert camera.upload(PHOTO + bytes([number])).status_code == 200
    assert "tomorrow" in camera.upload(PHOTO).json()["detail"]
    size = client.get("/v1/health").json()["tree_size"]
    assert camera.upload(PHOTO + bytes([0])).json()["known"] is True, "what is kept already is not counted"
    assert client.get("/v1/health").json()["tree_size"] == size


def test_no_device_says_itself_that_its_photo_is_stored(
    client: TestClient, service: Service, handheld: Handheld
) -> None:
    handheld.record(
        "evidenced", 1_793_578_500_000, actor="u-c105x1", attachments=[PHOTO_HASH], size_bytes=9, media="image/jpeg"
    )
    client.post("/v1/events", json={"events": [handheld.queue[-1].decode()]})
    history = history_of(service)
    assert history.evidence.missing([PHOTO_HASH], history.admissions) == [PHOTO_HASH]
    assert CLINIC in history.admissions[handheld.key.device_id].sites
