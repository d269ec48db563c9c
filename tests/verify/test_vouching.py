"""Badges of all kinds on other parties' devices, and the signatures that badge and PIN make."""

from pathlib import Path
from typing import Any

import pytest

from schemas.canonical import encode_base64
from schemas.signing import parse_note, sign_event
from schemas.vouching import person_key, sign_vouch
from tests.stories_builder import (
    BAG,
    CARRIER,
    CLINIC,
    COLLECTOR,
    NURSE,
    OFFICE,
    ORIGIN,
    OTHER_CLINIC,
    PLANT,
    Story,
    china,
    ms,
)
from tests.verify.exports import export, story
from tests.verify.speakers import (
    BADGE,
    BADGED,
    KEY,
    PIN,
    at_the_van,
    audit,
    found,
    keep,
    people,
    put_in_force,
    said,
    speak,
)
from tests.verify.test_same_standing import KINDS
from wasteledger.audit.verify.report import INVALID
from wasteledger.domain.entry import decode_entry


def test_without_a_register_vouched_acts_are_told_and_not_judged(tmp_path: Path) -> None:
    told, _ = at_the_van()
    report = audit(export(tmp_path, told.entries))
    assert found(report) == {}
    assert report.facts["vouching"] == "2 vouched acts not checked: a register is not in this folder"
    assert "vouching" not in audit(export(tmp_path / "own", story().entries)).facts


def test_a_registered_person_vouches(tmp_path: Path) -> None:
    told, _ = at_the_van(people())
    report = audit(keep(export(tmp_path, told.entries), people()))
    assert found(report) == {}
    assert report.facts["registers"] == 1
    assert "vouching" not in report.facts


WRONG: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "nobody": ({}, {"vouched_by": None}),
    "a person that no register knows": ({}, {"vouched_by": "u-ghost"}),
    "a person of another site": ({}, {"vouched_by": "u-nurse2"}),
    "the collector's own man": ({}, {"vouched_by": "u-collector"}),
    "an expired person": ({"valid_to": "2026-11-01"}, {}),
    "a person who begins tomorrow": ({"valid_from": "2026-11-03"}, {}),
    "a name and no badge": ({}, {"vouch_method": "none"}),
}


@pytest.mark.parametrize("who", WRONG)
def test_who_does_not_vouch(tmp_path: Path, who: str) -> None:
    row, vouched = WRONG[who]
    told, first = at_the_van(people(**row), **vouched)
    report = audit(keep(export(tmp_path, told.entries), people(**row)))
    assert said(report) == {"sealed": 1, "released": 1}
    assert found(report)["not_entitled"] == [first, first + 1]
    assert found(report)["one_device_hop"] == [first + 1]


@pytest.mark.parametrize("row", [{"valid_to": "2026-11-02"}, {"valid_from": "2026-11-02"}])
def test_the_first_and_the_last_day_count(tmp_path: Path, row: dict[str, Any]) -> None:
    told, _ = at_the_van(people(**row), at="02 00:10")
    assert found(audit(keep(export(tmp_path, told.entries), people(**row)))) == {}


def test_the_day_is_that_of_the_act_on_paper(tmp_path: Path) -> None:
    paper = {"happened_at": china(ms("02 08:00")), "reason": "power_cut", "paper": "7"}
    told, _ = at_the_van(people(valid_to="2026-11-02"), at="03 08:00", backfill=paper)
    assert found(audit(keep(export(tmp_path, told.entries), people(valid_to="2026-11-02")))) == {}


def test_no_badge_stands_for_a_plants_furnace(tmp_path: Path) -> None:
    told = story()
    put_in_force(told, people(), at="03 15:30")
    vouched = {"site": PLANT, "vouched_by": "u-operator", "vouch_method": "badge"}
    speak(told, COLLECTOR, "accepted", at="03 16:00", codes=[BAG], from_site=COLLECTOR, **vouched)
    speak(told, COLLECTOR, "disposed", at="03 16:10", codes=[BAG], batch="炉1", method="incineration", **vouched)
    report = audit(keep(export(tmp_path, told.entries), people()))
    assert said(report) == {"accepted": 1, "disposed": 1}


@pytest.mark.parametrize("by", [CLINIC, OFFICE, OTHER_CLINIC, COLLECTOR])
def test_the_site_or_the_office_stands_for_a_sealing_afterwards(tmp_path: Path, by: str) -> None:
    told = Story()
    for site in (CLINIC, OTHER_CLINIC, COLLECTOR):
        told.teller(site)
    told.issue(BAG)
    first = len(told.entries)
    fields = {"waste_code": "841-001-01", "package": "bag", "mass_g": 1000, "mass_source": "scale"}
    sealing = speak(told, COLLECTOR, "sealed", at="02 08:00", codes=[BAG], site=CLINIC, **fields)
    speak(told, by, "vouched", at="02 18:00", codes=[BAG], target_event_id=sealing)
    codes = found(audit(export(tmp_path, told.entries)))
    assert codes == ({} if by in {CLINIC, OFFICE} else {"not_entitled": [first]})


def test_a_word_that_nobody_stands_for_stands_for_nothing(tmp_path: Path) -> None:
    told = story()
    stored = speak(told, COLLECTOR, "stored", at="03 16:00", codes=[BAG], site=CLINIC, room="库", vouch_method="none")
    speak(told, CLINIC, "vouched", at="03 18:00", codes=[BAG], target_event_id=stored, vouch_method="none")
    assert list(found(audit(export(tmp_path / "nobody", told.entries)))) == ["not_entitled"]
    speak(told, CLINIC, "vouched", at="03 18:10", codes=[BAG], target_event_id=stored, vouch_method="own_device")
    assert found(audit(export(tmp_path / "keeper", told.entries))) == {}


def pinned(told: Story, *, key: Any = KEY, spoil: dict[str, Any] | None = None, **fields: Any) -> None:
    """A stored package, by badge and PIN on the collector's device; `spoil` changes it after it was signed."""
    van = told.teller(COLLECTOR)
    payload = {
        "version": 1, "device_id": van.key.device_id, "device_seq": van.number, "device_prev": van.previous,
        "occurred_at": china(ms("02 08:05")), "monotonic_ms": 1, "boot_id": "f" * 16, "site": CLINIC, "actor": "u-collector",
        "vouch_method": "pin", "vouched_by": NURSE, "kind": "stored", "codes": [BAG], "room": "库",
    } | fields  # fmt: skip
    payload["vouch_signature"] = sign_vouch(key, origin=ORIGIN, payload=payload)
    note = sign_event(van.key, origin=ORIGIN, payload=payload | (spoil or {}))
    van.number += 1
    told.write(note, received_ms=ms("02 08:06"))


def test_badge_and_pin_are_checked_anew(tmp_path: Path) -> None:
    told, _ = at_the_van(people())
    pinned(told)
    assert found(audit(keep(export(tmp_path, told.entries), people()))) == {}


FORGED: dict[str, dict[str, Any]] = {
    "another PIN": {"key": person_key(BADGE, "1234")},
    "another room than was signed": {"spoil": {"room": "库9"}},
}


@pytest.mark.parametrize("how", FORGED)
def test_a_signature_that_does_not_hold_is_named(tmp_path: Path, how: str) -> None:
    told, _ = at_the_van(people())
    pinned(told, **FORGED[how])
    report = audit(keep(export(tmp_path, told.entries), people()))
    last = len(told.entries) - 1
    assert found(report) == {"not_entitled": [last], "vouch_signature": [last]}


@pytest.mark.parametrize(("act", "is_heard"), [({"kind": "released", "to_site": COLLECTOR}, True), ({}, False)])
def test_a_signature_that_no_register_has_a_key_for_is_a_badge(
    tmp_path: Path, act: dict[str, Any], *, is_heard: bool
) -> None:
    """It hands over, and puts nothing into a store."""
    told, _ = at_the_van(people())
    pinned(told, vouched_by="u-nurse2", site=OTHER_CLINIC, **act)
    report = audit(keep(export(tmp_path, told.entries), people()))
    assert found(report) == ({} if is_heard else {"not_entitled": [len(told.entries) - 1]})


@pytest.mark.parametrize("kind", ["stored", "voided", "counted"])
def test_a_badge_alone_declares_nothing_on_a_strangers_device(tmp_path: Path, kind: str) -> None:
    """A photograph of the nurse's badge on a passing lorry's handheld."""
    told, _ = at_the_van(people())
    speak(told, CARRIER, kind, at="02 12:00", **(KINDS[kind] | {"site": CLINIC} | BADGED))
    assert found(audit(keep(export(tmp_path, told.entries), people()))) == {"not_entitled": [len(told.entries) - 1]}


@pytest.mark.parametrize("by", [COLLECTOR, CARRIER])
def test_who_made_an_act_by_a_badge_takes_it_back_by_it(tmp_path: Path, by: str) -> None:
    told, first = at_the_van(people())
    sealing = encode_base64(parse_note(decode_entry(told.entries[first]).note).event_id)
    undo = {"codes": [BAG], "target_event_id": sealing, "reason": "did_not_occur"} | BADGED
    speak(told, by, "corrected", at="02 08:04", site=CLINIC, **undo)
    report = audit(keep(export(tmp_path, told.entries), people()))
    assert found(report) == ({} if by == COLLECTOR else {"not_entitled": [len(told.entries) - 1]})


def test_a_third_partys_device_reads_no_badge_for_a_hand_over(tmp_path: Path) -> None:
    """The driver of a passing lorry lets the nurse hand over to the collector."""
    told = story()
    put_in_force(told, people(), at="03 15:30")
    vouched = {"site": CLINIC, **BADGED}
    speak(told, COLLECTOR, "released", at="03 16:00", codes=[BAG], to_site=COLLECTOR, **vouched)
    speak(told, CARRIER, "released", at="03 16:10", codes=[BAG], to_site=COLLECTOR, **vouched)
    report = audit(keep(export(tmp_path, told.entries), people()))
    assert found(report) == {"not_entitled": [len(told.entries) - 1]}


def test_a_name_on_paper_is_a_word_though_a_weak_one(tmp_path: Path) -> None:
    told, _ = at_the_van(people(), vouch_method="paper")
    assert found(audit(keep(export(tmp_path, told.entries), people()))) == {}


def test_a_signature_by_a_key_of_another_day_does_not_hold(tmp_path: Path) -> None:
    """The nurse has a new badge since the 3rd; what is dated the 2nd is judged by the old one."""
    new = people(vouch_key=encode_base64(person_key(b"n" * 16, PIN).public_key))
    told, _ = at_the_van(people())
    pinned(told, key=person_key(b"n" * 16, PIN))
    put_in_force(told, new, at="03 06:00", holds_from="2026-11-03")
    report = audit(keep(export(tmp_path, told.entries), people(), new))
    assert list(found(report)) == ["not_entitled", "vouch_signature"]


@pytest.mark.parametrize(
    "fields",
    [
        {"vouched_by": 5}, {"vouched_by": "somebody"}, {"vouched_by": NURSE, "vouch_signature": "AAAA"},
        {"vouched_by": NURSE, "vouch_signature": 7}, {"vouched_by": NURSE, "backfill": 7},
        {"vouched_by": NURSE, "backfill": {"happened_at": "gestern"}}, {"site": "Z1"}, {"site": 7},
        {"kind": "released", "to_site": 5}, {"kind": "accepted"}, {"kind": "vouched", "target_event_id": "x"},
        {"kind": "trusted", "device": "x", "last_seq": 1}, {"kind": "trusted", "device": "a" * 16, "last_seq": -1},
        {"kind": "ruled", "rule": "register", "basis": 7}, {"kind": "ruled", "rule": "register", "basis": "md5:0"},
        {"kind": "ruled", "rule": "register", "basis": "sha256:" + "0" * 64, "holds_from": "2026-19-39"},
    ],
    ids=str,
)  # fmt: skip
def test_a_field_of_another_form_is_invalid_and_breaks_nothing(tmp_path: Path, fields: dict[str, Any]) -> None:
    told = story()
    speak(
        told,
        OFFICE,
        fields.get("kind", "stored"),
        at="03 16:00",
        absurd=True,
        **{"codes": [BAG]} | {k: v for k, v in fields.items() if k != "kind"},
    )
    report = audit(export(tmp_path, told.entries))
    assert found(report)["entry"] == [len(told.entries) - 1]
    assert report.exit_code == INVALID
