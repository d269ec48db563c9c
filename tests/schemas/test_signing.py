"""A signed event: golden notes, and every way to tamper with one."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.canonical import encode_base64
from schemas.errors import CanonicalError, SignatureError
from schemas.signing import (
    NOTE_BYTES_MAX,
    DeviceKey,
    check_origin,
    device_id,
    key_id,
    parse_note,
    sign_event,
    verify_note,
)
from tests.schemas.vectors import vectors

VECTORS = vectors("signing")
ORIGIN = "ledger.example.org/qianjiang"
KEY = DeviceKey(bytes(range(32)))
OTHER = DeviceKey(bytes(range(1, 33)))
NOTE = sign_event(KEY, origin=ORIGIN, payload={"kind": "sealed", "note": "村卫生室"})


@pytest.mark.parametrize("case", VECTORS["rfc8032"], ids=["test1", "test2"])
def test_rfc8032(case: dict[str, str]) -> None:
    key = DeviceKey(bytes.fromhex(case["seed"]))
    assert key.public_key.hex() == case["public_key"]
    assert key.sign(bytes.fromhex(case["message"])).hex() == case["signature"]


@pytest.mark.parametrize("case", VECTORS["notes"], ids=["test1", "test2"])
def test_golden_notes(case: dict[str, Any]) -> None:
    key = DeviceKey(bytes.fromhex(case["seed"]))
    assert sign_event(key, origin=case["origin"], payload=case["payload"]).decode() == case["note"]
    note = parse_note(case["note"].encode())
    assert (note.device_id, device_id(key.public_key)) == (case["device_id"], case["device_id"])
    assert encode_base64(note.event_id) == case["event_id"]
    assert note.payload() == case["payload"]
    verify_note(note, key.public_key)


def test_signing_again_gives_the_same_event() -> None:
    assert sign_event(KEY, origin=ORIGIN, payload={"kind": "sealed", "note": "村卫生室"}) == NOTE


def test_a_key_keeps_its_seed() -> None:
    made = DeviceKey.generate()
    assert DeviceKey(made.seed).device_id == made.device_id
    assert made.device_id != DeviceKey.generate().device_id


@given(place=st.integers(0, len(NOTE) - 1), bit=st.integers(0, 7))
def test_no_bit_of_a_note_can_be_turned(place: int, bit: int) -> None:
    tampered = bytearray(NOTE)
    tampered[place] ^= 1 << bit
    with pytest.raises(SignatureError):
        verify_note(parse_note(bytes(tampered)), KEY.public_key)


@given(length=st.integers(0, len(NOTE) - 1))
def test_no_cut_note_is_taken(length: int) -> None:
    with pytest.raises(SignatureError):
        verify_note(parse_note(NOTE[:length]), KEY.public_key)


def _line() -> bytes:
    return NOTE.rsplit(b"\n\n", 1)[1]


def _with_signature(name: str, named_key: bytes, signature: bytes) -> bytes:
    return NOTE.rsplit(b"\n\n", 1)[0] + f"\n\n— {name} {encode_base64(named_key + signature)}\n".encode()


def _verifies(raw: bytes) -> bool:
    try:
        verify_note(parse_note(raw), KEY.public_key)
    except SignatureError:
        return False
    return True


def test_tampering_by_hand() -> None:
    note = parse_note(NOTE)
    name, other_name = f"{ORIGIN}/d/{KEY.device_id}", f"{ORIGIN}/d/{OTHER.device_id}"
    forged = {
        "another device's name": _with_signature(other_name, note.key_id, note.signature),
        "another key's id": _with_signature(name, b"\0\0\0\0", note.signature),
        "no signature bytes": _with_signature(name, note.key_id, b""),
        "a zero signature": _with_signature(name, note.key_id, bytes(64)),
        "one byte too many": _with_signature(name, note.key_id, note.signature + b"\0"),
        "another log's name": _with_signature(
            f"ledger.example.org/other/d/{KEY.device_id}", note.key_id, note.signature
        ),
        "two signature lines": NOTE + _line(),
        "something in front": b"\n" + NOTE,
        "something behind": NOTE + b"\n",
        "a fourth line": NOTE.replace(b"\n\n", b"\nmore\n\n", 1),
        "another header": NOTE.replace(b"event/v1", b"event/v2", 1),
        "a hyphen for the dash": NOTE.replace("—".encode(), b"-", 1),
        "carriage returns": NOTE.replace(b"\n", b"\r\n"),
        "another origin": NOTE.replace(b"qianjiang\n", b"qianjianh\n", 1),
        "another payload": NOTE.replace(b"sealed", b"issued", 1),
        "empty": b"",
        "too long": NOTE + b" " * NOTE_BYTES_MAX,
    }
    assert [what for what, tampered in forged.items() if _verifies(tampered)] == []
    assert _verifies(NOTE)


def test_another_key_does_not_verify() -> None:
    with pytest.raises(SignatureError, match="names another key"):
        verify_note(parse_note(NOTE), OTHER.public_key)


def test_an_event_of_a_test_system_is_none_of_the_real_log() -> None:
    moved = sign_event(KEY, origin="ledger.example.org/test", payload={"kind": "sealed"})
    assert parse_note(moved).origin == "ledger.example.org/test"
    assert parse_note(moved).event_id != parse_note(sign_event(KEY, origin=ORIGIN, payload={"kind": "sealed"})).event_id


def test_a_body_that_is_not_canonical_is_signed_but_not_read() -> None:
    text = f'wasteledger-event/v1\n{ORIGIN}\n{{"b":1, "a":2}}\n'.encode()
    name = f"{ORIGIN}/d/{KEY.device_id}"
    blob = encode_base64(parse_note(NOTE).key_id + KEY.sign(text))
    note = parse_note(text + f"\n— {name} {blob}\n".encode())
    verify_note(note, KEY.public_key)
    with pytest.raises(CanonicalError):
        note.payload()


def test_a_low_order_key_signs_nothing() -> None:
    """Under the key of order one the signature (R = identity, S = 0) satisfies the bare equation for every message."""
    identity = b"\x01" + bytes(31)
    name = f"{ORIGIN}/d/{device_id(identity)}"
    note = parse_note(_with_signature(name, key_id(name, identity), identity + bytes(32)))
    with pytest.raises(SignatureError, match="does not verify"):
        verify_note(note, identity)


@pytest.mark.parametrize(
    "origin", ["", "ledger", "https://ledger.example.org/x", "Ledger.example.org/x", "a/" + "b" * 100, "a/b\n"]
)
def test_origins_that_a_note_can_not_carry(origin: str) -> None:
    with pytest.raises(SignatureError):
        check_origin(origin)
