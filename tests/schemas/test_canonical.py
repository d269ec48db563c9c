"""One payload, one byte form, the same that RFC 8785 gives."""

import contextlib
import json
from typing import Any

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from schemas.canonical import DEPTH_MAX, INTEGER_MAX, PAYLOAD_BYTES_MAX, decode, decode_base64, encode, encode_base64
from schemas.errors import CanonicalError
from tests.schemas.vectors import vectors

VECTORS = vectors("canonical")

keys = st.from_regex(r"[a-z][a-z0-9_]{0,31}", fullmatch=True)
scalars = st.none() | st.booleans() | st.integers(-INTEGER_MAX, INTEGER_MAX) | st.text(max_size=20)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(keys, inner, max_size=4),
    max_leaves=12,
).filter(lambda value: _depth(value) < DEPTH_MAX)
payloads = st.dictionaries(keys, values, max_size=6)


def _depth(value: object) -> int:
    members = value.values() if isinstance(value, dict) else value if isinstance(value, list) else None
    return 0 if members is None else 1 + max(map(_depth, members), default=0)


@pytest.mark.parametrize("case", VECTORS["good"], ids=lambda case: case["bytes"][:30])
def test_golden_bytes(case: dict[str, Any]) -> None:
    assert encode(case["payload"]).decode() == case["bytes"]
    assert decode(case["bytes"].encode()) == case["payload"]


@pytest.mark.parametrize("case", VECTORS["not_canonical"], ids=lambda case: case["why"])
def test_other_spellings_are_refused(case: dict[str, str]) -> None:
    with pytest.raises(CanonicalError):
        decode(case["bytes"].encode())


@given(payload=payloads)
def test_agrees_with_the_rfc8785_package(payload: dict[str, Any]) -> None:
    encoded = encode(payload)
    assert encoded == rfc8785.dumps(payload)
    assert decode(encoded) == payload


@given(payload=payloads)
def test_any_other_json_of_the_same_payload_is_refused(payload: dict[str, Any]) -> None:
    spaced = json.dumps(payload, indent=1, ensure_ascii=False).encode("utf-8", "surrogatepass")
    if spaced != encode(payload):
        with pytest.raises(CanonicalError):
            decode(spaced)


@given(content=st.binary(max_size=200))
def test_foreign_bytes_never_raise_anything_else(content: bytes) -> None:
    with contextlib.suppress(CanonicalError):
        assert encode(decode(content)) == content


@pytest.mark.parametrize(
    ("payload", "complaint"),
    [
        ({"a": 1.5}, "float"),
        ({"a": b"x"}, "bytes"),
        ({"a": (1,)}, "tuple"),
        ({"a": INTEGER_MAX + 1}, "beyond"),
        ({"a": -INTEGER_MAX - 1}, "beyond"),
        ({"a" * 33: 1}, "key"),
        ({"9a": 1}, "key"),
        ({1: 1}, "key"),
        ({"a": "\ud800"}, "JSON"),
        ({"a": [[[[[[1]]]]]]}, "deeper"),
        ({"a": "x" * PAYLOAD_BYTES_MAX}, "longer"),
    ],
)
def test_what_has_no_canonical_form(payload: dict[str, Any], complaint: str) -> None:
    with pytest.raises(CanonicalError, match=complaint):
        encode(payload)


def test_the_limits_themselves_are_allowed() -> None:
    assert decode(encode({"a": [[[[[1]]]]]})) == {"a": [[[[[1]]]]]}
    longest = {"a": "x" * (PAYLOAD_BYTES_MAX - len('{"a":""}'))}
    assert len(encode(longest)) == PAYLOAD_BYTES_MAX
    assert decode(encode(longest)) == longest


def test_bytes_longer_than_an_event_are_refused_unread() -> None:
    with pytest.raises(CanonicalError, match="longer"):
        decode(b"[" * (PAYLOAD_BYTES_MAX + 1))


@given(content=st.binary(max_size=40))
def test_base64_has_one_spelling(content: bytes) -> None:
    assert decode_base64(encode_base64(content)) == content


@pytest.mark.parametrize("text", ["QQ", "QQ=", "QR==", "QQ==\n", " QQ==", "Q-==", "QQ==QQ==", "中"])
def test_other_spellings_of_base64_are_refused(text: str) -> None:
    with pytest.raises(CanonicalError):
        decode_base64(text)
