"""Ed25519 in plain Python accepts what libsodium accepts, and nothing else."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from nacl.bindings import crypto_sign_open
from nacl.exceptions import CryptoError
from nacl.signing import SigningKey

from wasteledger.audit.verify.ed25519 import _TABLES_MAX, D, L, P, is_sound_key, verify, verify_plain

#: RFC 8032 section 7.1: seed, public key, message, signature.
RFC8032 = [
    (
        "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
    ),
    (
        "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
    ),
    (
        "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
    ),
]


def sodium(public_key: bytes, message: bytes, signature: bytes) -> bool:
    try:
        crypto_sign_open(signature + message, public_key)
    except (CryptoError, ValueError):
        return False
    return True


@pytest.mark.parametrize(("seed", "public", "message", "signature"), RFC8032)
def test_the_published_vectors(seed: str, public: str, message: str, signature: str) -> None:
    assert bytes(SigningKey(bytes.fromhex(seed)).verify_key).hex() == public
    for check in (verify_plain, verify):
        assert check(bytes.fromhex(public), bytes.fromhex(message), bytes.fromhex(signature))
        assert not check(bytes.fromhex(public), bytes.fromhex(message) + b"x", bytes.fromhex(signature))


@given(
    seed=st.binary(min_size=32, max_size=32),
    message=st.binary(max_size=100),
    place=st.integers(0, 63),
    bit=st.integers(0, 7),
)
def test_it_agrees_with_libsodium_on_good_and_on_changed_signatures(
    seed: bytes, message: bytes, place: int, bit: int
) -> None:
    key = SigningKey(seed)
    public, signature = bytes(key.verify_key), key.sign(message).signature
    changed = signature[:place] + bytes([signature[place] ^ 1 << bit]) + signature[place + 1 :]
    assert verify_plain(public, message, signature)
    assert verify_plain(public, message, changed) == sodium(public, message, changed)
    assert verify_plain(bytes([public[0] ^ 1]) + public[1:], message, signature) == sodium(
        bytes([public[0] ^ 1]) + public[1:], message, signature
    )


#: Read off the curve, not off the code under test: y = 0 and its double -1 have order 4 and 2, and `test_…_really_are` doubles the rest.
ORDER_8_Y = 55188659117513257062467267217118295137698188065244968500265048394206261417927
SMALL_ORDER_Y = (0, 1, P - 1, P, P + 1, ORDER_8_Y, P - ORDER_8_Y)
ODD_POINTS = [((y | sign << 255) & (1 << 256) - 1).to_bytes(32, "little") for y in SMALL_ORDER_Y for sign in (0, 1)]
BASE_SCALAR = int.from_bytes(hashlib.sha512(b"k" * 32).digest()[:32], "little") & (1 << 254) - 8 | 1 << 254
BASE_Y = 4 * pow(5, P - 2, P) % P
Affine = tuple[int, int]


def plus(p: Affine, q: Affine) -> Affine:
    """RFC 8032 section 5.1.4 in affine coordinates, slow and plain."""
    product = D * p[0] * q[0] * p[1] * q[1]
    x = (p[0] * q[1] + q[0] * p[1]) * pow(1 + product, P - 2, P)
    return x % P, (p[1] * q[1] + p[0] * q[0]) * pow(1 - product, P - 2, P) % P


def times(scalar: int, point: Affine) -> Affine:
    result: Affine = (0, 1)
    while scalar:
        if scalar & 1:
            result = plus(result, point)
        point, scalar = plus(point, point), scalar >> 1
    return result


def on_curve(y: int) -> Affine:
    """A point with this y, by a square root found with Tonelli's rule for 5 modulo 8."""
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    root = pow(square, (P + 3) // 8, P)
    if root * root % P != square:
        root = root * pow(2, (P - 1) // 4, P) % P
    assert root * root % P == square
    return root if root % 2 == 0 else P - root, y


def encoded(point: Affine) -> bytes:
    return (point[1] | (point[0] & 1) << 255).to_bytes(32, "little")


BASE, TORSION = on_curve(BASE_Y), on_curve(ORDER_8_Y)


def challenge(r: bytes, public: bytes, message: bytes) -> int:
    return int.from_bytes(hashlib.sha512(r + public + message).digest(), "little") % L


def test_the_points_that_are_said_to_be_of_small_order_really_are() -> None:
    """All eight, and no ninth: a digit mistyped here let anybody sign for a key of order 8."""
    ys = {times(n, TORSION)[1] for n in range(8)}
    assert len({times(n, TORSION) for n in range(8)}) == 8
    assert times(8, TORSION) == (0, 1)
    assert ys == {y % P for y in SMALL_ORDER_Y}
    assert all(not is_sound_key(encoded(times(n, TORSION))) for n in range(8))


@pytest.mark.parametrize("order_8", range(1, 8))
def test_nobody_signs_without_a_secret_for_a_key_of_small_order(order_8: int) -> None:
    """The signature fits the equation; only the look at the key refuses it, here and in libsodium."""
    public = encoded(times(order_8, TORSION))
    for scalar in range(1, 100):
        for guess in range(8):
            r = encoded(plus(times(scalar, BASE), times((8 - guess) * order_8 % 8, TORSION)))
            if challenge(r, public, b"entry") % 8 == guess:
                signature = r + scalar.to_bytes(32, "little")
                assert not verify_plain(public, b"entry", signature)
                assert not sodium(public, b"entry", signature)
                return
    pytest.fail("no signature was found")


@pytest.mark.parametrize("point", ODD_POINTS)
def test_points_of_small_order_and_odd_encodings_are_no_keys_and_no_signatures(point: bytes) -> None:
    """With such a key one signature would fit many messages; every later verifier must say the same."""
    key = SigningKey(b"k" * 32)
    public, message = bytes(key.verify_key), b"message"
    for candidate, signature in (
        (point, bytes(64)),
        (point, point + bytes(32)),
        (public, point + key.sign(message).signature[32:]),
        (point, key.sign(message).signature),
    ):
        assert not verify_plain(candidate, message, signature)
        assert not sodium(candidate, message, signature)


def test_a_signature_has_one_spelling() -> None:
    """S + L is the same number to a careless verifier."""
    key = SigningKey(b"k" * 32)
    public, message = bytes(key.verify_key), b"message"
    signature = key.sign(message).signature
    malleable = signature[:32] + (int.from_bytes(signature[32:], "little") + L).to_bytes(32, "little")
    assert verify_plain(public, message, signature)
    assert not verify_plain(public, message, malleable)
    assert not sodium(public, message, malleable)


def test_the_equation_has_no_cofactor() -> None:
    """A signature that only holds eight times over is refused, as libsodium refuses it; the same without torsion is good."""
    public, message = bytes(SigningKey(b"k" * 32).verify_key), b"message"
    assert encoded(times(BASE_SCALAR, BASE)) == public
    for torsion, good in ((0, True), (1, False), (4, False)):
        r = encoded(plus(times(7, BASE), times(torsion, TORSION)))
        signature = r + ((7 + challenge(r, public, message) * BASE_SCALAR) % L).to_bytes(32, "little")
        assert verify_plain(public, message, signature) == sodium(public, message, signature) == good


def test_a_key_with_a_part_of_small_order_is_judged_as_libsodium_judges_it() -> None:
    """Such a signature holds for one message in eight; both must say for which."""
    public = encoded(plus(times(BASE_SCALAR, BASE), TORSION))
    judged = []
    for number in range(1, 41):
        r = encoded(times(number, BASE))
        signature = r + ((number + challenge(r, public, b"m") * BASE_SCALAR) % L).to_bytes(32, "little")
        judged.append(verify_plain(public, b"m", signature))
        assert judged[-1] == sodium(public, b"m", signature)
        assert judged[-1] == (challenge(r, public, b"m") % 8 == 0)
    assert any(judged)


def test_an_encoding_beyond_the_prime_is_no_key_and_no_r() -> None:
    """The same point has a second spelling when its y is below 19; only the short one counts."""
    key = SigningKey(b"k" * 32)
    public, signature = bytes(key.verify_key), key.sign(b"m").signature
    for y in range(3, 19):
        short, long = y.to_bytes(32, "little"), (y + P).to_bytes(32, "little")
        assert not is_sound_key(long)
        for r in (short, long):
            assert verify_plain(public, b"m", r + signature[32:]) == sodium(public, b"m", r + signature[32:]) is False
        assert verify_plain(long, b"m", signature) == sodium(long, b"m", signature) is False


def test_more_keys_than_tables_are_kept_are_all_verified() -> None:
    for number in range(_TABLES_MAX + 3):
        key = SigningKey(number.to_bytes(32, "big"))
        assert verify_plain(bytes(key.verify_key), b"m", key.sign(b"m").signature)
    first = SigningKey(bytes(32))
    assert verify_plain(bytes(first.verify_key), b"m", first.sign(b"m").signature)
    assert not verify_plain(bytes(first.verify_key), b"n", first.sign(b"m").signature)


@pytest.mark.parametrize(("key_bytes", "signature_bytes"), [(31, 64), (33, 64), (32, 63), (32, 65), (0, 0)])
def test_other_lengths_are_refused(key_bytes: int, signature_bytes: int) -> None:
    for check in (verify_plain, verify):
        assert not check(b"\x01" * key_bytes, b"message", b"\x01" * signature_bytes)
