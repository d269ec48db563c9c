"""The one byte form of an event: RFC 8785 (JCS), restricted so that every encoder agrees.

Keys are `[a-z][a-z0-9_]{0,31}`; values are objects, arrays, strings, booleans, null, or integers within
±(2^53−1); no fractions, no lone surrogates; at most six levels deep and 16 KiB long. Under these limits sorting by code point
equals RFC 8785's sorting by UTF-16 unit, and no number has two spellings.

Bytes are verified, never re-serialised: `decode` parses, encodes again and requires equality, which also
finds duplicate keys, escapes and blanks that a lenient parser would forgive.
"""

import base64
import binascii
import hashlib
import re
from typing import Any

import orjson

from schemas.errors import CanonicalError

PAYLOAD_BYTES_MAX = 16 * 1024
DEPTH_MAX = 6
INTEGER_MAX = 2**53 - 1

_KEY = re.compile(r"[a-z][a-z0-9_]{0,31}")

Value = Any  # dict, list, str, int, bool or None, checked by `_check`


def encode(payload: dict[str, Value]) -> bytes:
    """The canonical bytes of `payload`.

    Raises:
        CanonicalError: a key, a value, the depth or the length is outside the limits.
    """
    _check(payload, depth=1)
    try:
        encoded = orjson.dumps(payload, option=orjson.OPT_SORT_KEYS)
    except (TypeError, ValueError) as error:
        message = f"event can not be written as JSON: {error}"
        raise CanonicalError(message) from None
    if len(encoded) > PAYLOAD_BYTES_MAX:
        message = f"event of {len(encoded)} bytes is longer than {PAYLOAD_BYTES_MAX}"
        raise CanonicalError(message)
    return encoded


def decode(encoded: bytes) -> dict[str, Value]:
    """The payload whose canonical bytes are `encoded`.

    Raises:
        CanonicalError: not JSON, not an object, or not in canonical form.
    """
    if len(encoded) > PAYLOAD_BYTES_MAX:
        message = f"event of {len(encoded)} bytes is longer than {PAYLOAD_BYTES_MAX}"
        raise CanonicalError(message)
    try:
        payload = orjson.loads(encoded)
    except orjson.JSONDecodeError as error:
        message = f"event is not JSON: {error}"
        raise CanonicalError(message) from None
    if not isinstance(payload, dict):
        message = "event is not a JSON object"
        raise CanonicalError(message)
    if encode(payload) != encoded:
        message = "event is not in canonical form (RFC 8785): order, blanks, escapes or a key given twice"
        raise CanonicalError(message)
    return payload


def sha256_base64(content: bytes) -> str:
    """SHA-256 of `content` in base64, the way hashes stand in events."""
    return encode_base64(hashlib.sha256(content).digest())


def encode_base64(content: bytes) -> str:
    """Standard base64 with padding."""
    return binascii.b2a_base64(content, newline=False).decode("ascii")


def decode_base64(text: str) -> bytes:
    """Bytes of `text`, which must be the one base64 spelling of them.

    Raises:
        CanonicalError: foreign characters, wrong padding, or spare bits that are not zero.
    """
    try:
        content = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        content = b""
    if encode_base64(content) != text:
        message = f"{text[:60]!r} is not canonical base64"
        raise CanonicalError(message)
    return content


#: Keys that were looked at and found good: events use a few dozen of them.
_good_keys: set[str] = set()
_GOOD_KEYS_MAX = 1_000


def _is_key(key: object) -> bool:
    if not isinstance(key, str) or not _KEY.fullmatch(key):
        return False
    if len(_good_keys) < _GOOD_KEYS_MAX:
        _good_keys.add(key)
    return True


def _check(value: Value, *, depth: int) -> None:
    kind = type(value)
    if kind is str or kind is bool or value is None:
        return
    if kind is int:
        if not -INTEGER_MAX <= value <= INTEGER_MAX:
            message = f"integer {value} is beyond ±(2^53−1)"
            raise CanonicalError(message)
        return
    if depth > DEPTH_MAX:
        message = f"event is nested deeper than {DEPTH_MAX} levels"
        raise CanonicalError(message)
    if kind is dict:
        for key, member in value.items():
            if key not in _good_keys and not _is_key(key):
                message = f"key {str(key)[:40]!r}: keys are [a-z][a-z0-9_]{{0,31}}"
                raise CanonicalError(message)
            _check(member, depth=depth + 1)
        return
    if kind is list:
        for member in value:
            _check(member, depth=depth + 1)
        return
    message = f"value of type {kind.__name__}: only objects, arrays, strings, integers, booleans and null"
    raise CanonicalError(message)
