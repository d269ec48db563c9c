"""Attack 20: what is malformed but could be accepted. The service and the offline verifier must judge alike, each with its own code."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.canonical import encode_base64
from schemas.errors import ContractError
from schemas.signing import DeviceKey, key_id, parse_note, sign_event, verify_note
from tests.stories_builder import BAG, CLINIC, ORIGIN, Teller, ms
from wasteledger.audit.verify import ed25519
from wasteledger.audit.verify.entries import NotCanonicalError, key_id_of, read_device_note, read_payload
from wasteledger.audit.verify.formats import InvalidError

KEY = DeviceKey(b"j" * 32)
GOOD = Teller(CLINIC).note("stored", occurred_ms=ms("02 08:00"), codes=[BAG], room="库")


def service_takes_body(body: bytes) -> bool:
    text = f"wasteledger-event/v1\n{ORIGIN}\n".encode() + body + b"\n"
    name = f"{ORIGIN}/d/{KEY.device_id}"
    blob = encode_base64(key_id(name, KEY.public_key) + KEY.sign(text))
    try:
        note = parse_note(text + f"\n— {name} {blob}\n".encode())
        verify_note(note, KEY.public_key)
        note.payload()
    except ContractError:
        return False
    return True


def verifier_takes_body(body: bytes) -> bool:
    try:
        read_payload(body)
    except NotCanonicalError:
        return False
    return b"\n" not in body


BODIES = {
    "good": b'{"a":1,"b":[true,null,"\xe6\x9d\x91"]}',
    "empty": b"{}",
    "a key twice": b'{"a":1,"a":1}',
    "a key twice, other values": b'{"a":1,"a":2}',
    "a fraction": b'{"a":1.0}',
    "not a number": b'{"a":NaN}',
    "infinity": b'{"a":Infinity}',
    "a number that becomes infinite": b'{"a":1e400}',
    "minus zero": b'{"a":-0}',
    "beyond 2^53": b'{"a":9007199254740992}',
    "2^53 - 1": b'{"a":9007199254740991}',
    "an integer of a thousand digits": b'{"a":' + b"9" * 1000 + b"}",
    "a lone surrogate": b'{"a":"\\ud800"}',
    "a pair of surrogates, escaped": b'{"a":"\\ud83d\\ude00"}',
    "an emoji": '{"a":"😀"}'.encode(),
    "bytes that are no UTF-8": b'{"a":"\xff"}',
    "a byte order mark": b'\xef\xbb\xbf{"a":1}',
    "an escape that is not needed": b'{"a":"\\u0041"}',
    "a solidus, escaped": b'{"a":"\\/"}',
    "delete, not escaped": b'{"a":"\x7f"}',
    "a control character": b'{"a":"\x01"}',
    "a control character, escaped": b'{"a":"\\u0001"}',
    "a blank": b'{"a": 1}',
    "wrong order": b'{"b":1,"a":2}',
    "a capital key": b'{"A":1}',
    "a key beyond the plane": '{"😀":1}'.encode(),
    "a key of 33 characters": b'{"' + b"a" * 33 + b'":1}',
    "a key of 32 characters": b'{"' + b"a" * 32 + b'":1}',
    "six levels": b'{"a":[[[[[1]]]]]}',
    "seven levels": b'{"a":[[[[[[1]]]]]]}',
    "a thousand levels": b'{"a":' + b"[" * 1000 + b"]" * 1000 + b"}",
    "an array": b"[1]",
    "true": b"true",
    "nothing": b"",
    "16 KiB": b'{"a":"' + b"x" * (16 * 1024 - 8) + b'"}',
    "16 KiB and one byte": b'{"a":"' + b"x" * (16 * 1024 - 7) + b'"}',
    "a line feed behind": b'{"a":1}\n',
    "a line feed inside": b'{"a":\n1}',
}


@pytest.mark.parametrize("why", BODIES)
def test_a_body_is_canonical_to_both_or_to_neither(why: str) -> None:
    assert service_takes_body(BODIES[why]) == verifier_takes_body(BODIES[why])


def test_the_list_has_both_kinds() -> None:
    taken = {why for why, body in BODIES.items() if service_takes_body(body)}
    assert {"good", "empty", "2^53 - 1", "an emoji", "six levels", "16 KiB"} <= taken
    assert len(BODIES) - len(taken) > 20


values: Any = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**54), 2**54) | st.text(max_size=5) | st.floats(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)


@given(value=values)
def test_any_json_is_canonical_to_both_or_to_neither(value: Any) -> None:
    import json  # noqa: PLC0415 - a third writer, which belongs to neither

    for separators in ((",", ":"), (", ", ": ")):
        body = json.dumps({"a": value}, ensure_ascii=False, separators=separators, sort_keys=True).encode(
            "utf-8", "surrogatepass"
        )
        assert service_takes_body(body) == verifier_takes_body(body)


def service_takes_note(content: bytes) -> bool:
    try:
        verify_note(parse_note(content), Teller(CLINIC).key.public_key)
    except ContractError:
        return False
    return True


def verifier_takes_note(content: bytes) -> bool:
    key = Teller(CLINIC).key
    try:
        note = read_device_note(content, 1)
    except InvalidError:
        return False
    expected = key_id_of(note.origin, key.device_id, key.public_key)
    same = note.device_id == key.device_id and note.key_id == expected
    return same and ed25519.verify_plain(key.public_key, note.text, note.signature)


@given(place=st.integers(0, len(GOOD) - 1), byte=st.integers(0, 255))
def test_a_changed_note_is_good_to_both_or_to_neither(place: int, byte: int) -> None:
    content = GOOD[:place] + bytes([byte]) + GOOD[place + 1 :]
    assert service_takes_note(content) == verifier_takes_note(content) == (content == GOOD)


@pytest.mark.parametrize(
    "content",
    [
        GOOD + b"\n", b"\n" + GOOD, GOOD[:-1], GOOD.replace(b"\n\n", b"\n"), GOOD + GOOD.rpartition(b"\n\n")[2],
        GOOD.replace(b"\n", b"\r\n"), GOOD.replace("— ".encode(), b"- "), GOOD.replace(b"=\n", b"==\n"), b"",
        GOOD.replace(b"event/v1", b"event/v2"), GOOD.replace(ORIGIN.encode(), b"ledger.example.org/other", 1),
    ],
)  # fmt: skip
def test_another_frame_is_good_to_neither(content: bytes) -> None:
    assert not service_takes_note(content)
    assert not verifier_takes_note(content)


def test_the_same_event_signed_by_another_key_is_good_to_neither() -> None:
    content = sign_event(KEY, origin=ORIGIN, payload=parse_note(GOOD).payload())
    assert not service_takes_note(content)
    assert not verifier_takes_note(content)
