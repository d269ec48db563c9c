"""Events: each kind is read and written again; each limit holds."""

from datetime import date
from typing import Any, get_args

import pytest

from schemas.canonical import INTEGER_MAX, decode, encode
from schemas.codes import identification_code, stock_code
from schemas.errors import ContractError
from schemas.event_base import ATTACHMENTS_MAX, CODES_MAX, NOTE_MAX, ItemEvent
from schemas.events import AnyEvent, parse_event
from schemas.opening import OPENING_ITEMS_MAX, OPENING_PARTS_MAX
from schemas.quantities import MASS_G_MAX
from tests.schemas.samples import BOX, FIELDS, HASH, ITEM, ITEM2, SITE, payload


def test_there_is_a_sample_of_every_kind() -> None:
    union = get_args(get_args(AnyEvent)[0])
    assert {event.model_fields["kind"].annotation.__args__[0] for event in union} == set(FIELDS)


@pytest.mark.parametrize("kind", FIELDS)
def test_every_kind_comes_back_as_it_was(kind: str) -> None:
    sent = payload(
        kind, note="备注", position={"latitude_udeg": 29_530_000, "longitude_udeg": 108_770_000, "accuracy_m": 8}
    )
    event = parse_event(decode(encode(sent)))
    assert event.kind == kind
    assert event.model_dump(exclude_unset=True) == sent


@pytest.mark.parametrize("kind", FIELDS)
def test_every_kind_refuses_a_foreign_field_and_misses_each_own(kind: str) -> None:
    with pytest.raises(ContractError, match="force: Extra inputs"):
        parse_event(payload(kind, force=True))
    fields = type(parse_event(payload(kind))).model_fields
    for name in {name for name in FIELDS[kind] if fields[name].is_required()}:
        with pytest.raises(ContractError, match=f"{name}: Field required"):
            parse_event(payload(kind, **{name: None}))


@pytest.mark.parametrize(
    ("kind", "changes", "said"),
    [
        ("manifested", {"consignee": None}, "consignee: a manifest can not be drafted without it"),
        ("manifested", {"action": "confirmed"}, "opinion: a manifest can not be confirmed without it"),
        ("manifested", {"action": "voided"}, "reason: a manifest can not be voided without it"),
        ("cased", {"owner": None}, "owner: a case can not be opened without it"),
        ("cased", {"action": "closed"}, "note: a case can not be closed without it"),
        ("counted", {"room": None}, "room, box, stock: say exactly one"),
        ("counted", {"box": BOX}, "room, box, stock: say exactly one"),
        ("corrected", {"agrees_with": HASH, "refuses": HASH}, "agrees_with, refuses: say one"),
        ("opening_stock", {"waste_codes": ["841-001-01"]}, "waste_codes: one for each code"),
        ("opening_stock", {"since": [None]}, "since: one for each code"),
        ("opening_stock", {"masses_g": [1]}, "masses_g: one mass"),
        ("opening_stock", {"part_no": 2}, "part_no: 2 of 1 parts"),
    ],
)
def test_what_an_act_needs_is_asked_for(kind: str, changes: dict[str, Any], said: str) -> None:
    with pytest.raises(ContractError, match=said):
        parse_event(payload(kind, **changes))


MANY = [stock_code("500114", serial) for serial in range(1, CODES_MAX + 2)]
WRONG: list[tuple[str, str, Any]] = [
    ("stored", "version", 2),
    ("stored", "version", True),
    ("stored", "device_id", "A" * 16),
    ("stored", "device_id", "a" * 15),
    ("stored", "device_seq", -1),
    ("stored", "device_seq", INTEGER_MAX + 1),
    ("stored", "device_seq", "0"),
    ("stored", "device_seq", True),
    ("stored", "device_prev", HASH[:-1]),
    ("stored", "device_prev", "AAAA"),
    ("stored", "occurred_at", "2026-11-02T08:15:00+08:00"),
    ("stored", "occurred_at", "2026-11-02T08:15:00.000Z"),
    ("stored", "occurred_at", "2026-02-30T08:15:00.000+08:00"),
    ("stored", "occurred_at", "2026-11-02T25:15:00.000+08:00"),
    ("stored", "occurred_at", "1999-11-02T08:15:00.000+08:00"),
    ("stored", "boot_id", "0123456789ABCDEF"),
    ("stored", "site", "C500114105000"),
    ("stored", "site", ITEM),
    ("stored", "actor", "王秀英"),
    ("stored", "actor", "u-" + "a" * 17),
    ("stored", "vouch_method", "handshake"),
    ("stored", "attachments", [HASH] * (ATTACHMENTS_MAX + 1)),
    ("stored", "note", "x" * (NOTE_MAX + 1)),
    ("stored", "position", {"latitude_udeg": 90_000_001, "longitude_udeg": 0, "accuracy_m": 0}),
    ("stored", "position", {"latitude_udeg": 0, "longitude_udeg": 180_000_001, "accuracy_m": 0}),
    ("stored", "checkpoint", {"size": -1, "root": HASH}),
    ("stored", "codes", []),
    ("stored", "codes", MANY),
    ("stored", "codes", [ITEM, ITEM]),
    ("stored", "codes", [SITE]),
    ("stored", "codes", [ITEM[:-1] + "0"]),
    ("stored", "room", ""),
    ("stored", "room", "x" * 41),
    ("sealed", "codes", [ITEM, ITEM2]),
    ("sealed", "codes", [BOX]),
    ("sealed", "mass_g", 0),
    ("sealed", "mass_g", MASS_G_MAX + 1),
    ("sealed", "mass_g", 1.5),
    ("sealed", "waste_code", "841001001"),
    ("sealed", "package", "sack"),
    ("packed", "codes", [BOX]),
    ("packed", "box", ITEM),
    ("washed", "codes", [ITEM]),
    ("released", "masses_g", [1]),
    ("released", "masses_g", [1, -1]),
    ("released", "masses_g", [1, MASS_G_MAX + 1]),
    ("released", "manifest", "20260001000001"),
    ("released", "to_site", ITEM),
    ("released", "vehicle", "渝H2"),
    ("accepted", "packages_count", -1),
    ("opening_stock", "codes", MANY[: OPENING_ITEMS_MAX + 1]),
    ("opening_stock", "codes", [ITEM, BOX]),
    ("opening_stock", "masses_g", [1, 0]),
    ("opening_stock", "as_of", "2026-02-31"),
    ("opening_stock", "part_no", 0),
    ("opening_stock", "parts_count", OPENING_PARTS_MAX + 1),
    ("corrected", "mass_g", 0),
    ("licensed", "valid_from", "2026-1-1"),
    ("licensed", "valid_to", "2026-02-31"),
    ("enrolled", "public_key", "AAAA"),
    ("ruled", "value", -1),
    ("ruled", "basis", ""),
    ("cased", "action", "forgotten"),
]


@pytest.mark.parametrize(("kind", "field", "value"), WRONG, ids=lambda value: str(value)[:24])
def test_each_limit_holds_and_the_message_names_the_field(kind: str, field: str, value: object) -> None:
    with pytest.raises(ContractError, match=f"{field}|codes"):
        parse_event(payload(kind, **{field: value}))


@pytest.mark.parametrize("sent", [{}, {"kind": "teleported"}, {"kind": 1}, {"kind": None}])
def test_what_is_no_event_of_this_version(sent: dict[str, Any]) -> None:
    with pytest.raises(ContractError):
        parse_event(sent)


def test_the_limits_themselves_are_allowed() -> None:
    parse_event(payload("stored", codes=MANY[:CODES_MAX], room="x" * 40, note="x" * NOTE_MAX))
    parse_event(payload("sealed", mass_g=MASS_G_MAX))
    count = OPENING_ITEMS_MAX
    labels = [
        identification_code("91130200699229617X", "900-249-08", date(2026, 11, 2), serial)
        for serial in range(1, count + 1)
    ]
    most = {
        "codes": labels, "waste_codes": ["900-249-08"] * count, "masses_g": [MASS_G_MAX] * count, "since": ["2026-10-20"] * count,
        "room": "库" * 40, "note": "注" * NOTE_MAX, "attachments": [HASH] * ATTACHMENTS_MAX, "parts_count": OPENING_PARTS_MAX,
    }  # fmt: skip
    parse_event(payload("opening_stock", **most))
    assert decode(encode(payload("opening_stock", **most))), "and they fit into an event"
    parse_event(payload("stored", attachments=[HASH] * ATTACHMENTS_MAX, device_seq=INTEGER_MAX))


def test_time_is_read_to_the_millisecond_in_any_offset() -> None:
    east = parse_event(payload("stored"))
    west = parse_event(payload("stored", occurred_at="2026-11-01T19:15:00.250-05:00"))
    assert east.occurred_ms == west.occurred_ms == 1_793_578_500_250


def test_the_mass_of_a_code() -> None:
    event = parse_event(payload("released"))
    assert isinstance(event, ItemEvent)
    assert (event.mass_of(ITEM), event.mass_of(BOX)) == (1250, None)
    stored = parse_event(payload("stored"))
    assert isinstance(stored, ItemEvent)
    assert stored.mass_of(ITEM) is None


def test_an_event_never_changes() -> None:
    event = parse_event(payload("stored"))
    with pytest.raises(ValueError, match="frozen"):
        event.site = "C500114105002"
