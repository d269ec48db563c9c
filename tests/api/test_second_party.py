"""Voids and strange sealings wait for the authority, which looks at the evidence first; on both engines."""

import hashlib
import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from fastapi.testclient import TestClient

from schemas.canonical import decode_base64, encode_base64
from tests.api.authority import OFFICE, Regulator, run
from tests.api.conftest import BAG, CLINIC, seal
from tests.conftest import DISTRICT
from tests.folding import history_of
from wasteledger import clock
from wasteledger.domain.facts import Fact
from wasteledger.errors import DatabaseError, NotFoundError, QueryError
from wasteledger.flows.evidence import keep_evidence
from wasteledger.flows.load_register import load_register
from wasteledger.flows.second_party import confirm_void
from wasteledger.flows.service import Service
from wasteledger.simulate.device import Handheld

HOUR_MS = 3_600_000
PHOTO = b"\xff\xd8\xff the bag that never was"
PHOTO_HASH = encode_base64(hashlib.sha256(PHOTO).digest())


class Waiting:
    """A bag was sealed; an hour later the clinic says that it never was, with a photo."""

    def __init__(self, client: TestClient, service: Service, handheld: Handheld, *, evidence: bool = True) -> None:
        self.client = client
        self.service = service
        seal(handheld)
        named = {"attachments": [PHOTO_HASH]} if evidence else {}
        handheld.record(
            "voided", 1_793_582_100_000, actor="u-c105x1", codes=[BAG], reason="never_was", note="称错了", **named
        )
        answer = client.post("/v1/events", json={"events": [note.decode() for note in handheld.queue]}).json()
        self.void = decode_base64(answer["verdicts"][-1]["event_id"]).hex()

    def item(self) -> dict[str, Any]:
        with self.service.books().opened() as (rows, _):
            row = rows.item(BAG)
        return row._asdict() if row else {}

    def bring(self, folder: Path) -> None:
        path = folder / "photo.jpg"
        path.write_bytes(PHOTO)
        run(self.service, "evidence", "add", str(path))

    def answers(self) -> list[Fact]:
        """What the office has said of the package's acts."""
        facts = history_of(self.service).facts_of(BAG)
        return [fact for fact in facts if fact.event.site == OFFICE]


@pytest.fixture
def waiting(client: TestClient, service: Service, handheld: Handheld) -> Waiting:
    return Waiting(client, service, handheld)


def test_a_void_waits_in_the_list_with_the_evidence_that_is_missing(waiting: Waiting, tmp_path: Path) -> None:
    (row,) = json.loads(run(waiting.service, "void", "list", "--json"))["voids"]
    photo = decode_base64(PHOTO_HASH).hex()
    assert (row["event_id"], row["codes"], row["site"]) == (waiting.void, [BAG], CLINIC)
    assert (row["reason"], row["note"], row["missing"]) == ("never_was", "称错了", [photo])
    assert f"证据未到：{photo}" in run(waiting.service, "void", "list")
    waiting.bring(tmp_path)
    assert json.loads(run(waiting.service, "void", "list", "--json"))["voids"][0]["missing"] == []


@pytest.mark.parametrize("hours", [None, 5])
def test_a_void_that_nobody_confirmed_in_the_rules_time_is_late(
    waiting: Waiting, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, hours: int | None
) -> None:
    """void_confirm_h: in the finding on the pages, and in the list of those who have to confirm."""
    if hours:
        fields = yaml.safe_load(DISTRICT.read_text(encoding="utf-8"))
        fields["rules"] = [{"key": "void_confirm_h", "value": hours, "basis": "试点", "scope": CLINIC}]
        file = tmp_path / "district.yaml"
        file.write_text(yaml.safe_dump(fields, allow_unicode=True), encoding="utf-8")
        load_register(waiting.service, file, holds_from="2026-11-01", decision="试点")
    waiting.bring(tmp_path)
    (row,) = json.loads(run(waiting.service, "void", "list", "--json"))["voids"]
    due_ms = row["at_ms"] + (hours or 72) * HOUR_MS
    assert row["due_ms"] == due_ms
    question = "from=2026-11-01&to=2026-11-30"
    (found,) = (
        finding
        for finding in waiting.client.get(f"/v1/reconciliation?{question}").json()["findings"]
        if finding["code"] == "void_unconfirmed"
    )
    assert found["due_ms"] == due_ms
    of_item = waiting.client.get(f"/v1/items/{BAG}").json()["findings"]
    assert due_ms in {finding["due_ms"] for finding in of_item if finding["code"] == "void_unconfirmed"}
    for after_h, is_late in ((-1, False), (1, True)):
        monkeypatch.setattr(clock, "now_ms", lambda: due_ms + after_h * HOUR_MS)  # noqa: B023 - asked at once
        page = waiting.client.get(f"/findings?{question}&code=void_unconfirmed").text
        assert ("已逾期" in page.partition('class="row"')[2]) is is_late
        assert ("已逾期" in run(waiting.service, "void", "list")) is is_late


def test_a_package_is_judged_again_when_its_photo_arrives(waiting: Waiting, tmp_path: Path) -> None:
    assert waiting.item()["reasons"] == "unknown_code void_without_evidence"
    waiting.bring(tmp_path)
    assert waiting.item()["reasons"] == "unknown_code void_unconfirmed"
    assert waiting.item()["phase"] == "held"


def test_two_regulators_at_once_say_it_once(waiting: Waiting, tmp_path: Path) -> None:
    waiting.bring(tmp_path)

    def confirm(_: int) -> str:
        try:
            return confirm_void(waiting.service, waiting.void)
        except QueryError as error:
            return str(error)

    with ThreadPoolExecutor(4) as pool:
        said = list(pool.map(confirm, range(4)))
    assert len(waiting.answers()) == 1
    assert sum("was confirmed before" in word for word in said) == 3


def test_a_void_is_confirmed_once_its_evidence_is_stored(waiting: Waiting, tmp_path: Path) -> None:
    for words in ((), ("--without-evidence",)):
        with pytest.raises(QueryError, match=f"evidence {decode_base64(PHOTO_HASH).hex()} .* is not stored"):
            run(waiting.service, "void", "confirm", waiting.void, *words)
    assert waiting.answers() == []
    waiting.bring(tmp_path)
    run(waiting.service, "void", "confirm", waiting.void)
    (word,) = waiting.answers()
    assert (word.kind, word.event.codes) == ("vouched", [BAG])
    assert decode_base64(word.event.target_event_id).hex() == waiting.void
    assert (waiting.item()["phase"], waiting.item()["item_class"]) == ("voided", None), "it has left the denominator"
    assert run(waiting.service, "void", "list") == ""
    with pytest.raises(QueryError, match="this void was confirmed before: an authority's answer is final"):
        run(waiting.service, "void", "refuse", waiting.void, "--note", "doch nicht")


def test_a_photo_that_came_with_a_case_is_said_to_be_stored_when_the_void_is_confirmed(waiting: Waiting) -> None:
    keep_evidence(waiting.service.settings.data_dir, [PHOTO])
    run(waiting.service, "void", "confirm", waiting.void)
    history = history_of(waiting.service)
    assert history.evidence.missing([PHOTO_HASH], history.admissions) == []


def test_evidence_that_was_changed_on_the_disk_confirms_nothing(waiting: Waiting, tmp_path: Path) -> None:
    waiting.bring(tmp_path)
    (kept,) = (waiting.service.settings.data_dir / "evidence").glob("??/*")
    kept.write_bytes(PHOTO + b".")
    with pytest.raises(DatabaseError, match="was changed where it is kept"):
        run(waiting.service, "void", "confirm", waiting.void)
    assert waiting.answers() == []


def test_a_void_without_evidence_is_never_confirmed_but_can_be_refused(
    client: TestClient, service: Service, handheld: Handheld
) -> None:
    waiting = Waiting(client, service, handheld, evidence=False)
    with pytest.raises(QueryError, match="names no evidence"):
        run(service, "void", "confirm", waiting.void)
    with pytest.raises(QueryError, match="note: say why"):
        run(service, "void", "refuse", waiting.void, "--note", " ")
    run(service, "void", "refuse", waiting.void, "--note", "照片与包装不符")
    (word,) = waiting.answers()
    assert (word.kind, word.event.reason, word.event.note) == ("corrected", "did_not_occur", "照片与包装不符")
    assert (waiting.item()["phase"], waiting.item()["item_class"]) == ("held", "on_its_way"), "it goes on where it was"
    assert run(service, "void", "list") == ""
    with pytest.raises(QueryError, match="this void was refused before"):
        run(service, "void", "confirm", waiting.void)


def test_a_regulator_confirms_over_http_and_nobody_else(waiting: Waiting, tmp_path: Path) -> None:
    client = waiting.client
    path = f"/v1/voids/{waiting.void}"
    assert client.get("/v1/voids").status_code == 403
    assert client.post(f"{path}/confirmation").status_code == 403
    keeper = Regulator(client, waiting.service, role="keeper", site="T500114105001")
    assert (client.get("/v1/voids").status_code, keeper.post(f"{path}/confirmation").status_code) == (403, 403)
    client.cookies.clear()
    regulator = Regulator(client, waiting.service)
    (row,) = client.get("/v1/voids").json()["voids"]
    assert (row["event_id"], row["site_name"]) == (
        waiting.void,
        waiting.service.directory().site_name(CLINIC),
    )
    assert regulator.post(f"{path}/confirmation").status_code == 422
    assert waiting.answers() == []
    waiting.bring(tmp_path)
    assert regulator.post(f"{path}/confirmation").status_code == 200
    assert client.get("/v1/voids").json()["voids"] == []
    (word,) = waiting.answers()
    assert (word.kind, word.event.site, word.event.vouch_method) == ("vouched", OFFICE, "pin")
    assert regulator.post(f"{path}/refusal", note="zu spät").json()["code"] == "bad_query"


def test_what_is_no_void_is_not_answered(waiting: Waiting) -> None:
    sealed = history_of(waiting.service).facts_of(BAG)[0].event_id
    with pytest.raises(QueryError, match="is no void but 'sealed'"):
        run(waiting.service, "void", "confirm", sealed)
    with pytest.raises(NotFoundError, match="`wasteledger void list` shows what waits"):
        run(waiting.service, "void", "confirm", "0" * 64)
    with pytest.raises(QueryError, match="is no event id"):
        run(waiting.service, "void", "refuse", "rubbish", "--note", "x")
    with pytest.raises(QueryError, match="it needs nobody's word"):
        run(waiting.service, "seal", "confirm", sealed)


def test_a_sealing_in_another_sites_name_is_confirmed(client: TestClient, service: Service) -> None:
    other = Handheld(CLINIC, origin="ledger.example.org/qianjiang", chance=np.random.default_rng(8))
    other.begin(service.office().enrol([(other.key, "R500114001001")])[0].leaf_hash or "")
    event_id = client.post("/v1/events", json={"events": [seal(other)]}).json()["verdicts"][0]["event_id"]
    (row,) = json.loads(run(service, "seal", "list", "--json"))["sealings"]
    assert (row["device"], row["site"], row["codes"]) == (other.key.device_id, CLINIC, [BAG])
    Regulator(client, service)
    assert [row["event_id"] for row in client.get("/v1/sealings").json()["sealings"]] == [row["event_id"]]
    run(service, "seal", "confirm", row["event_id"])
    (word,) = [fact for fact in history_of(service).facts_of(BAG) if fact.event.site == OFFICE]
    assert (word.kind, word.event.target_event_id) == ("vouched", event_id)
    assert run(service, "seal", "list") == ""
    with pytest.raises(QueryError, match="this sealing was confirmed before"):
        run(service, "seal", "confirm", row["event_id"])
