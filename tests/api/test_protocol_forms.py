"""What docs/protocol.md says of forms, lengths and counts is what the models say, and what it promises of the service is so."""

import base64
import json
import re
from collections.abc import Iterator
from typing import Annotated, Any, get_args

import pytest
from fastapi.testclient import TestClient
from pydantic import TypeAdapter, ValidationError

from schemas.canonical import INTEGER_MAX
from schemas.entitlement import RIGHTS
from schemas.events import FORMS
from schemas.growth import PART_FORMS
from schemas.plates import PLATE_CHARACTERS_MAX, PLATE_CHARACTERS_MIN, check_plate
from schemas.sense import OFFSET_MAX, OFFSET_MIN, WORDS
from schemas.waste import MEDICAL_CATEGORIES
from tests.api.authority import run
from tests.api.outsider import BAG, CLINIC, COLLECTOR, ROOT, Device, b64, proved, tell, verified
from tests.conftest import ROOT as PROJECT
from wasteledger.flows.service import Service

DOCUMENT = (PROJECT / "docs" / "protocol.md").read_text(encoding="utf-8")
BOX = "B50011400000012J"
#: The kinds that a device may say.
KINDS = sorted(kind for kind, right in RIGHTS.items() if right.own or right.vouched)


class Row:
    """A row of the table of forms."""

    def __init__(self, cells: list[str]) -> None:
        self.names = set(re.findall(r"`([a-z0-9_]+)`", cells[0].partition(" of ")[0]))
        self.form, self.example = cells[1], json.loads(cells[2].strip("` "))


def rows() -> list[Row]:
    table = DOCUMENT.partition("| field | form | example |\n|---|---|---|\n")[2].partition("\n\n")[0]
    return [Row([cell.strip() for cell in line.strip("|").split(" | ")]) for line in table.splitlines()]


ROWS = {name: row for row in rows() for name in row.names}


def fields() -> Iterator[tuple[str, str, Any, type[Any]]]:
    """Each field that a device may send: its kind, its name, its JSON schema, and the model that it stands in."""
    for kind in KINDS:
        yield from ((kind, *rest) for rest in _fields_of(FORMS[kind]))
    for name, part in PART_FORMS.items():
        yield from ((name, *rest) for rest in _fields_of(part))


def _fields_of(form: type[Any]) -> Iterator[tuple[str, Any, type[Any]]]:
    for name, schema in form.model_json_schema()["properties"].items():
        options = [option for option in schema.get("anyOf", [schema]) if option.get("type") != "null"]
        if not any({"enum", "const", "$ref"} & option.keys() for option in options):
            yield name, options[0], form


def limits(schema: dict[str, Any]) -> Iterator[str]:
    """The limits of a field as the document words them."""
    if "maxItems" in schema:
        low, high = schema.get("minItems", 0), schema["maxItems"]
        yield f"{low} to {high}" if low else f"at most {high}"
        inner = schema["items"]
        yield from limits(next((o for o in inner.get("anyOf", ()) if o.get("type") != "null"), inner))
    if "maxLength" in schema:
        low, high = schema.get("minLength", 0), schema["maxLength"]
        yield f"{low} to {high} characters" if low else f"at most {high} characters"
    if "maximum" in schema:
        low = schema["exclusiveMinimum"] + 1 if "exclusiveMinimum" in schema else schema["minimum"]
        yield f"{_number(low)} to {_number(schema['maximum'])}"


def _number(value: int) -> str:
    return "2^53−1" if value == INTEGER_MAX else f"{value:,}".replace("-", "−")


def _says(form: str, limit: str) -> bool:
    """Whether a row says a limit, and not only one that begins or ends like it."""
    return re.search(rf"(?<![0-9,−]){re.escape(limit)}(?!,?[0-9])", form) is not None


def test_every_field_of_a_device_has_its_form_and_limits_in_the_document() -> None:
    seen = {name for _, name, _, _ in fields()} - {"codes", "version"}
    assert sorted(seen - ROWS.keys()) == [], "fields without a row in the table of forms"
    assert sorted(ROWS.keys() - seen) == [], "rows about no field of a device"
    said = [
        (kind, name, limit, _says(ROWS[name].form, limit))
        for kind, name, schema, _ in fields() if name in seen for limit in limits(schema)
    ]  # fmt: skip
    assert [row for row in said if not row[-1]] == []
    assert len(said) > 100


@pytest.mark.parametrize("name", sorted(ROWS))
def test_the_example_of_a_form_is_taken_by_every_field_of_that_form(name: str) -> None:
    example = ROWS[name].example
    taken = [
        is_taken(form, name, [example] if schema.get("type") == "array" else example)
        for _, field, schema, form in fields() if field == name
    ]  # fmt: skip
    assert taken
    assert all(taken)


def is_taken(form: type[Any], name: str, value: Any) -> bool:
    """Whether the model takes a value for this field alone."""
    field = form.model_fields[name]
    try:
        TypeAdapter(Annotated[(field.annotation, "the field", *field.metadata)]).validate_python(value, strict=True)
    except ValidationError:
        return False
    return True


def codes_of(kind: str) -> str:
    """How many codes a kind names, and of what, as the document words it."""
    bounds = FORMS[kind].model_json_schema()["properties"]["codes"]
    low, high = bounds.get("minItems", 0), bounds["maxItems"]
    package, box = is_taken(FORMS[kind], "codes", [BAG]), is_taken(FORMS[kind], "codes", [BOX])
    of = "packages or boxes" if package and box else "boxes" if box else "packages"
    return f"1 {of.removesuffix('s')}" if low == high == 1 else f"{low} to {high} {of}"


def test_how_many_codes_a_kind_names_is_what_its_model_takes() -> None:
    table = DOCUMENT.partition("| kind | `codes` names |\n|---|---|\n")[2].partition("\n\n")[0]
    told = [[cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines()]
    named = {kind: said for kinds, said in told for kind in re.findall("`([a-z_]+)`", kinds)}
    others = dict(told)["every other kind"]
    speaking = [kind for kind in KINDS if "codes" in FORMS[kind].model_fields]
    assert {kind: named.get(kind, others).partition(":")[0] for kind in speaking} == {k: codes_of(k) for k in speaking}


def test_what_means_nothing_is_told_with_the_limits_of_the_code() -> None:
    said = " ".join(DOCUMENT.partition("still `quarantine` if")[2].partition("**Codes**")[0].split())
    low, high = (f"{'−' if minutes < 0 else '+'}{abs(minutes) // 60}:00" for minutes in (OFFSET_MIN, OFFSET_MAX))
    assert f"{low} to {high}" in said
    assert all(f"`{name}`" in said for name in WORDS - {"basis", "decision"}), "texts of several lines"
    assert check_plate(ROWS["vehicle"].example) == ROWS["vehicle"].example
    assert f"{PLATE_CHARACTERS_MIN} to {PLATE_CHARACTERS_MAX} of `0-9A-Z`" in ROWS["vehicle"].form
    assert all(f"`{code}` {english}" in ROWS["waste_code"].form for code, (_, english) in MEDICAL_CATEGORIES.items())


@pytest.mark.parametrize("name", ["event", "batch", "answer"])
def test_the_service_hands_out_the_schemas_that_the_document_names(client: TestClient, name: str) -> None:
    reply = client.get(f"/v1/schemas/{name}.json")
    assert reply.headers["content-type"] == "application/schema+json"
    assert reply.json() == json.loads((PROJECT / "schemas" / "json" / f"{name}.schema.json").read_text("utf-8"))
    assert "/v1/schemas/{name}.json" in client.get("/openapi.json").json()["paths"]
    assert f"{name}.json`" in DOCUMENT
    assert client.get("/v1/schemas/label_fields.json").status_code == 422


def test_the_document_names_every_field_of_the_request_that_admits_a_device(client: TestClient) -> None:
    contract = client.get("/openapi.json").json()
    form = contract["paths"]["/v1/devices"]["post"]["requestBody"]["content"]["application/x-www-form-urlencoded"]
    section = DOCUMENT.partition("## 2 ")[2].partition("## 3 ")[0]
    named = contract["components"]["schemas"][form["schema"]["$ref"].rpartition("/")[2]]["properties"]
    assert {"site", "key", "role", "prior", "token"} == named.keys()
    assert [name for name in named if f"| `{name}` |" not in section] == []
    assert all(f"`{role}`" in section for role in get_args(FORMS["enrolled"].model_fields["role"].annotation))


def test_an_outsider_proves_his_event_by_the_document_alone(client: TestClient, service: Service) -> None:
    device = Device(bytes(range(32)), site=CLINIC, root=ROOT)
    device.previous = json.loads(run(service, "device", "enrol", CLINIC, "--key", b64(device.public), "--json"))["root"]
    notes = tell(device, Device(bytes(range(32, 64)), site=COLLECTOR, root=ROOT))
    events = [notes["sealed"], notes["released"]]
    verdicts = client.post("/v1/events", json={"events": events}).json()["verdicts"]
    paths = [f"/v1/events/{base64.b64decode(verdict['event_id']).hex()}/proof" for verdict in verdicts]
    assert client.get(paths[0]).status_code == 202
    service.signer().round()
    log_key = client.get("/v1/log").json()["log_key"]
    checkpoint = verified(client.get("/checkpoint").text, log_key)
    assert checkpoint == (f"{client.get('/v1/health').json()['tree_size']}", client.get("/v1/health").json()["root"])
    for path, verdict in zip(paths, verdicts, strict=True):
        proof = client.get(path).text
        assert proved(proof, log_key, verdict["leaf_hash"])
        assert not proved(proof, log_key, b64(bytes(32)))
