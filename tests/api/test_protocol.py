"""docs/protocol.md is enough to write a device: its bytes are what independent code makes, and a running service takes them."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.testclient import TestClient

from schemas.acts import read_act
from schemas.entitlement import RIGHTS
from schemas.vouching import read_badge, verify_vouch
from tests.api.authority import run
from tests.api.outsider import (
    BADGE,
    BAG,
    CLINIC,
    COLLECTOR,
    ORIGIN,
    PAPER,
    ROOT,
    Device,
    authorization,
    b64,
    badge_code,
    event_id,
    person_key,
    tell,
)
from tests.conftest import ROOT as PROJECT
from tests.folding import history_of
from wasteledger.flows.service import Service

DOCUMENT = (PROJECT / "docs" / "protocol.md").read_text(encoding="utf-8")
BLOCKS = dict(re.findall(r"^```text ([a-z-]+)\n(.*?)^```$", DOCUMENT, re.MULTILINE | re.DOTALL))
SCHEMA = json.loads((PROJECT / "schemas" / "json" / "event.schema.json").read_text(encoding="utf-8"))
MODELS = [SCHEMA["$defs"][option["$ref"].rpartition("/")[2]] for option in SCHEMA["oneOf"]]
SEED, OTHER_SEED = bytes(range(32)), bytes(range(32, 64))


def example() -> dict[str, str]:
    """Every block of the worked example."""
    clinic = Device(SEED, site=CLINIC, root=ROOT)
    told = tell(clinic, Device(OTHER_SEED, site=COLLECTOR, root=ROOT))
    request = clinic.request(PAPER, wall_ms=1_793_599_261_000, monotonic_ms=20_821_000)
    return told | {
        "seed": f"{SEED.hex()}\n",
        "public-key": f"{b64(clinic.public)}\n",
        "device-id": f"{clinic.device_id}\n",
        "key-id": f"{clinic.key_id.hex()}\n",
        "chain-root": f"{ROOT}\n",
        "sealed-id": f"{event_id(told['sealed'])}\n",
        "released-id": f"{event_id(told['released'])}\n",
        "request": request,
        "authorization": f"Authorization: {authorization(request)}\n",
        "badge": f"{badge_code()}\n",
        "vouch-key": f"{b64(bytes(person_key().verify_key))}\n",
    }


@pytest.mark.parametrize("name", sorted(example()))
def test_the_bytes_of_the_document_are_what_independent_code_makes(name: str) -> None:
    assert BLOCKS[name] == example()[name]


def test_the_document_has_no_example_that_nobody_checks() -> None:
    assert BLOCKS.keys() == example().keys()


def test_a_running_service_takes_what_an_outsider_writes(client: TestClient, service: Service) -> None:
    devices = {CLINIC: Device(SEED, site=CLINIC, root=""), COLLECTOR: Device(OTHER_SEED, site=COLLECTOR, root="")}
    for site, device in devices.items():
        told = json.loads(run(service, "device", "enrol", site, "--key", b64(device.public), "--json"))
        assert (told["device"], told["origin"]) == (device.device_id, ORIGIN)
        device.previous = told["root"]
    notes = tell(devices[CLINIC], devices[COLLECTOR])
    answer = client.post("/v1/events", json={"events": [notes[name] for name in ("sealed", "released", "hello")]})
    verdicts = answer.json()["verdicts"]
    assert [verdict["verdict"] for verdict in verdicts[:2]] == ["new", "new"]
    assert verdicts[2]["verdict"] in {"new", "noted"}
    assert verdicts[1]["event_id"] == event_id(notes["released"])
    again = client.post("/v1/events", json={"events": [notes["sealed"], notes["vouched"]]}).json()["verdicts"]
    assert [verdict["verdict"] for verdict in again] == ["duplicate", "new"]

    server_ms = client.get("/v1/health").json()["server_ms"]
    credential = authorization(devices[CLINIC].request(PAPER, wall_ms=server_ms, monotonic_ms=1))
    stored = client.post("/v1/evidence", content=PAPER, headers={"Authorization": credential}).json()
    history = history_of(service)
    sealed = next(fact for fact in history.facts_of(BAG) if fact.kind == "sealed")
    assert [stored["sha256"]] == sealed.event.attachments
    assert history.evidence_missing(sealed) == []
    assert all(history.admissions[device.device_id].broken_from > 1 for device in devices.values())


def test_the_person_of_the_example_stands_for_the_event() -> None:
    body = BLOCKS["vouched"].split("\n")[2].encode()
    assert verify_vouch(BLOCKS["vouch-key"].strip(), origin=ORIGIN, payload=json.loads(body))
    assert read_act(body).vouch_method == "pin"
    assert read_badge(BLOCKS["badge"]) == BADGE


def kind_rows() -> list[str]:
    """The table of kinds, from the JSON schema and the table of entitlement."""
    common = set.intersection(*(set(model["properties"]) for model in MODELS))
    return [_kind_row(model, common) for model in MODELS]


def _kind_row(model: dict[str, Any], common: set[str]) -> str:
    kind = model["properties"]["kind"]["const"]
    needed = [name for name in model["properties"] if name in model["required"] and name not in common]
    others = [name for name in model["properties"] if name not in model["required"] and name not in common]
    right = RIGHTS[kind]
    vouched = {"": "", "badge": "badge", "pin": "PIN"}[right.vouched]
    who = filter(None, ("own" if right.own else "", vouched, "office" if right.office else ""))
    return f"| `{kind}` | {_listed(needed)} | {_listed(others)} | {', '.join(who)} |"


def _listed(names: list[str]) -> str:
    return " ".join(f"`{name}`" for name in names)


def test_the_table_of_kinds_is_the_contract() -> None:
    wrong = [row for row in kind_rows() if row not in DOCUMENT]
    assert wrong == [], "docs/protocol.md, section 4, lacks these rows:\n" + "\n".join(wrong)


def _lists(model: dict[str, Any]) -> dict[str, set[str]]:
    """The words that each field of a kind may have, those of what lies inside it among them."""
    found = {name: set(_words(part)) for name, part in model["properties"].items()}
    return {name: words for name, words in found.items() if words}


def _words(part: Any) -> Iterator[str]:
    if isinstance(part, list):
        for one in part:
            yield from _words(one)
    elif isinstance(part, dict):
        yield from part.get("enum", ())
        if "$ref" in part:
            yield from _words(SCHEMA["$defs"][part["$ref"].rpartition("/")[2]])
        for one in part.values():
            yield from _words(one)


def test_every_word_that_a_device_may_send_stands_in_the_document() -> None:
    rows = {cells[1].strip(): cells[2] for line in DOCUMENT.splitlines() if len(cells := line.split("|")) == 4}
    lacking, told = [], set()
    for model in MODELS:
        kind = model["properties"]["kind"]["const"]
        if not (RIGHTS[kind].own or RIGHTS[kind].vouched):
            continue  # an office writes these, not a device
        for name, words in _lists(model).items():
            told.add(f"`{name}` of `{kind}`")
            row = rows.get(f"`{name}` of `{kind}`") or rows.get(f"`{name}`", "")
            lacking += [f"`{word}` as `{name}` of `{kind}`" for word in sorted(words) if f"`{word}`" not in row]
    assert lacking == []
    assert {name for name in rows if "` of `" in name} <= told, "rows about fields that are no lists, or of no kind"
