"""The contract grows: what is not known is kept and named, what is known has to be right."""

from typing import Any

import pytest

from schemas.acts import NO_EFFECT, read_act
from schemas.canonical import encode
from schemas.errors import ContractError
from schemas.event_base import VERSION
from schemas.first_contract import FIRST_FIELDS, FIRST_PARTS
from schemas.growth import KNOWN, PARTS, NewerEvent, contract_digest, read_event, unknown_in, why_without_effect
from tests.older import older_service, upgraded_service
from tests.schemas.samples import FIELDS, HASH, ITEM, ITEM2, payload

PLACE = {"latitude_udeg": 29_530_000, "longitude_udeg": 108_770_000, "accuracy_m": 8}
PAPER = {"happened_at": "2026-11-02T08:15:00.250+08:00", "reason": "other"}


def test_the_first_contract_is_part_of_this_one() -> None:
    """Nothing that was ever checked at intake is taken back: old logs hold it."""
    assert all(fields <= KNOWN[kind] for kind, fields in FIRST_FIELDS.items())
    assert all(fields <= PARTS[name] for name, fields in FIRST_PARTS.items())


@pytest.mark.parametrize("kind", FIELDS)
def test_an_event_of_this_version_is_read_as_it_stands(kind: str) -> None:
    event, unknown = read_event(payload(kind, position=PLACE, backfill=PAPER))
    assert (event.kind, unknown, isinstance(event, NewerEvent)) == (kind, "", False)
    act = read_act(encode(payload(kind)))
    assert (act.kind, act.unknown, act.malformed) == (kind, "", "")


NEWER: list[tuple[dict[str, Any], str]] = [
    (payload("sealed", shade="yellow"), "sealed: shade"),
    (payload("stored", waste_code="841-001-01"), "stored: waste_code"),
    (payload("stored", position=PLACE | {"floor": 2}), "stored: position.floor"),
    (payload("stored", backfill=PAPER | {"sheet": 3}), "stored: backfill.sheet"),
    (payload("stored", checkpoint={"size": 1, "root": HASH, "cosigned": True}), "stored: checkpoint.cosigned"),
    (payload("stored", room=None) | {"kind": "weighed_again", "scale": "秤1"}, "kind weighed_again"),
    (payload("stored") | {f"f{n}": n for n in range(9)}, "stored: f0, f1, f2, f3, f4 and 4 more"),
    (payload("stored", version=VERSION + 1), "version 2"),
    (payload("sealed", version=VERSION + 1, package="crate", mass_g="2 kg"), "version 2"),
]


@pytest.mark.parametrize(("sent", "unknown"), NEWER, ids=[unknown for _, unknown in NEWER])
def test_what_is_newer_is_kept_and_named(sent: dict[str, Any], unknown: str) -> None:
    event, told = read_event(sent)
    assert (isinstance(event, NewerEvent), told) == (True, unknown)
    assert unknown in why_without_effect(told)
    act = read_act(encode(sent))
    assert (act.kind, act.unknown, act.malformed) == (NO_EFFECT, unknown, "")
    assert (list(act.codes), act.speaks_of) == ([], sent["codes"])
    assert (act.room, act.mass_g, act.backfill, act.site) == ("", 0, None, sent["site"])


WRONG: list[tuple[dict[str, Any], str]] = [
    (payload("sealed", shade="yellow", mass_g=0), "mass_g"),
    (payload("sealed", shade="yellow", mass_g=None), "mass_g: Field required"),
    (payload("stored", shade="yellow", codes=[ITEM, ITEM]), "codes: one code stands twice"),
    (payload("stored", shade="yellow", room=" "), "room: is blank"),
    (payload("stored", position={"latitude_udeg": 1, "floor": 2}), "longitude_udeg"),
    (payload("stored", version=2, device_seq=-1), "device_seq"),
    (payload("stored", version=2, codes=[ITEM[:-1] + "0"]), "codes"),
    (payload("stored", version=2, occurred_at="2026-11-02T08:15:00.000+19:59"), "occurred_at: no place on Earth"),
    (payload("stored", version=2, boot_id=None), "boot_id: Field required"),
    (payload("stored") | {"kind": "weighed_again", "codes": "all"}, "codes"),
    (payload("stored") | {"kind": "Weighed"}, "kind"),
    (payload("stored", version=True), "version"),
    (payload("stored", version=0), "version"),
    ({"kind": "weighed_again"}, "device_seq"),
]


@pytest.mark.parametrize(("sent", "said"), WRONG, ids=[said for _, said in WRONG])
def test_what_is_known_has_to_be_right_all_the_same(sent: dict[str, Any], said: str) -> None:
    with pytest.raises(ContractError, match=said):
        read_event(sent)


def test_an_upgrade_gives_effect_to_what_was_kept_and_checks_it_first() -> None:
    new_code = payload("relabelled")["new_code"]
    good, bad = payload("relabelled"), payload("relabelled", new_code=7)
    since: dict[str, frozenset[str] | None] = {"relabelled": None, "sealed": frozenset({"unit"})}
    with older_service(since):
        before = contract_digest()
        for sent in (good, bad):
            assert read_event(sent)[1] == "kind relabelled"
            assert read_act(encode(sent)).kind == NO_EFFECT
        assert read_act(encode(payload("sealed", unit="内科"))).unknown == "sealed: unit"
    with upgraded_service(since):
        assert contract_digest() != before
        assert read_act(encode(good)).new_code == new_code
        assert read_act(encode(payload("sealed", unit="内科"))).unit == "内科"
        act = read_act(encode(bad))
        assert (act.kind, act.new_code, act.unknown) == (NO_EFFECT, "", "")
        assert "new_code" in act.malformed


def test_bytes_that_hold_no_event_are_still_an_error() -> None:
    for content in (
        b"{}",
        b"[]",
        b"7",
        b"{",
        b'{"kind":"stored"}',
        b'{"kind":7}',
        b'{"kind":{}}',
        b'{"kind":"new_one"}',
    ):
        with pytest.raises(ContractError, match="fsck"):
            read_act(content)


def test_what_is_unknown_is_no_reason_to_look_into_what_is_not_even_an_event() -> None:
    assert [unknown_in(sent) for sent in ({}, {"kind": 7}, {"kind": None}, {"kind": ["stored"]})] == [""] * 4
    assert ITEM2 in payload("stored")["codes"]
