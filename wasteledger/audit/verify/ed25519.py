"""Ed25519 verification (RFC 8032): by libsodium where it is installed, else in plain Python.

The plain one accepts just what libsodium accepts: canonical encodings, no key and no R of small order, the equation
without the cofactor. A table for each key makes it some hundreds of checks a second.
"""

import hashlib
from functools import lru_cache
from typing import NamedTuple

try:
    from nacl.bindings import crypto_sign_open as _sodium_open
    from nacl.exceptions import CryptoError as _CryptoError

    _HAS_SODIUM = True
except ImportError:  # bare Python
    _HAS_SODIUM = False

KEY_BYTES, SIGNATURE_BYTES = 32, 64
P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
_SQRT_M1 = pow(2, (P - 1) // 4, P)
#: A scalar is read as 64 digits of 4 bits; a table holds the multiples for every fourth of them.
_DIGIT_BITS, _DIGITS_BETWEEN, _TABLE_DIGITS = 4, 4, 16
#: Keys whose table of multiples is kept; each takes about 90 kB.
_TABLES_MAX = 512

#: The y of two points of order 8; those of the other two are P - y.
_ORDER_8_Y = 55188659117513257062467267217118295137698188065244968500265048394206261417927
#: The y of all eight points of small order, which no honest key or signature has.
_SMALL_ORDER_Y = frozenset({0, 1, P - 1, _ORDER_8_Y, P - _ORDER_8_Y})


class Point(NamedTuple):
    """A point of the curve in extended coordinates."""

    x: int
    y: int
    z: int
    t: int


_NEUTRAL = Point(0, 1, 1, 0)


def _add(p: Point, q: Point) -> Point:
    a = (p.y - p.x) * (q.y - q.x) % P
    b = (p.y + p.x) * (q.y + q.x) % P
    c = 2 * p.t * q.t * D % P
    d = 2 * p.z * q.z % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return Point(e * f % P, g * h % P, f * g % P, e * h % P)


def _decode(encoded: bytes) -> Point | None:
    """The point of a canonical encoding; None for any other bytes."""
    number = int.from_bytes(encoded, "little")
    sign, y = number >> 255, number & (1 << 255) - 1
    if y >= P:
        return None
    u, v = (y * y - 1) % P, (D * y * y + 1) % P
    x = u * pow(v, 3, P) * pow(u * pow(v, 7, P), (P - 5) // 8, P) % P
    if (v * x * x - u) % P:
        x = x * _SQRT_M1 % P
        if (v * x * x - u) % P:
            return None
    if x == 0 and sign:
        return None
    if x & 1 != sign:
        x = P - x
    return Point(x, y, 1, x * y % P)


def _encode(p: Point) -> bytes:
    inverse = pow(p.z, P - 2, P)
    x, y = p.x * inverse % P, p.y * inverse % P
    return (y | (x & 1) << 255).to_bytes(32, "little")


def _table(p: Point) -> list[list[Point]]:
    """For every fourth digit of a scalar the 16 multiples of `p` at that place."""
    table = []
    for _ in range(_TABLE_DIGITS):
        multiples = [_NEUTRAL]
        for _ in range(15):
            multiples.append(_add(multiples[-1], p))
        table.append(multiples)
        for _ in range(_DIGIT_BITS * _DIGITS_BETWEEN):
            p = _add(p, p)
    return table


def _sum_of_products(pairs: list[tuple[int, list[list[Point]]]]) -> Point:
    """The sum of scalar times point, each point given by its table; the doublings are done once for all."""
    result = _NEUTRAL
    for place in reversed(range(_DIGITS_BETWEEN)):
        if result is not _NEUTRAL:
            for _ in range(_DIGIT_BITS):
                result = _add(result, result)
        for scalar, table in pairs:
            rest = scalar >> place * _DIGIT_BITS
            for multiples in table:
                if rest & 15:
                    result = _add(result, multiples[rest & 15])
                rest >>= _DIGIT_BITS * _DIGITS_BETWEEN
    return result


@lru_cache(maxsize=_TABLES_MAX)
def _negated_key_table(public_key: bytes) -> list[list[Point]] | None:
    point = _decode(public_key)
    if point is None or _is_small(public_key):
        return None
    return _table(Point(P - point.x, point.y, 1, P - point.t))


@lru_cache(maxsize=1)
def _base_table() -> list[list[Point]]:
    base = _decode((4 * pow(5, P - 2, P) % P).to_bytes(32, "little"))
    return _table(base or _NEUTRAL)


def _is_small(encoded: bytes) -> bool:
    y = (int.from_bytes(encoded, "little") & (1 << 255) - 1) % P
    return y in _SMALL_ORDER_Y


def is_sound_key(public_key: bytes) -> bool:
    """Whether 32 bytes are a point that only the holder of a secret can sign for: canonical, and not of small order."""
    return len(public_key) == KEY_BYTES and _decode(public_key) is not None and not _is_small(public_key)


def verify_plain(public_key: bytes, message: bytes, signature: bytes) -> bool:
    """Whether the signature is good, by this file alone."""
    if len(public_key) != KEY_BYTES or len(signature) != SIGNATURE_BYTES:
        return False
    encoded_r, s = signature[:32], int.from_bytes(signature[32:], "little")
    table = _negated_key_table(public_key)
    if s >= L or table is None or _is_small(encoded_r):
        return False
    k = int.from_bytes(hashlib.sha512(encoded_r + public_key + message).digest(), "little") % L
    return _encode(_sum_of_products([(s, _base_table()), (k, table)])) == encoded_r


def verify(public_key: bytes, message: bytes, signature: bytes) -> bool:
    """Whether the holder of the key signed the message."""
    if not _HAS_SODIUM:
        return verify_plain(public_key, message, signature)
    if len(public_key) != KEY_BYTES or len(signature) != SIGNATURE_BYTES:
        return False
    try:
        _sodium_open(signature + message, public_key)
    except (_CryptoError, ValueError):
        return False
    return True
