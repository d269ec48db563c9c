"""Ed25519 in plain Python accepts what libsodium accepts, and nothing else."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from nacl.bindings import crypto_sign_open
from nacl.exceptions import CryptoError
from nacl.signing import SigningKey

from wasteledger.audit.verify.ed25519 import L, P, verify, verify_plain

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


SMALL_ORDER_Y = (
    0, 1, P - 1, P, P + 1,
    2707385501144840649318225287225658788936804267575313519463743609750303021781,
    55188659117513257062467267217118295137698188065244968500265048394206261417927,
)  # fmt: skip
ODD_POINTS = [((y | sign << 255) & (1 << 256) - 1).to_bytes(32, "little") for y in SMALL_ORDER_Y for sign in (0, 1)]


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
    """A signature that only holds eight times over is refused, as libsodium refuses it."""
    base, torsion = SigningKey(b"k" * 32), ODD_POINTS[10]
    public, message = bytes(base.verify_key), b"message"
    expanded = hashlib.sha512(b"k" * 32).digest()
    scalar = int.from_bytes(expanded[:32], "little") & (1 << 254) - 8 | 1 << 254
    challenge = int.from_bytes(hashlib.sha512(torsion + public + message).digest(), "little") % L
    signature = torsion + (challenge * scalar % L).to_bytes(32, "little")
    assert verify_plain(public, message, signature) == sodium(public, message, signature) is False


@pytest.mark.parametrize(("key_bytes", "signature_bytes"), [(31, 64), (33, 64), (32, 63), (32, 65), (0, 0)])
def test_other_lengths_are_refused(key_bytes: int, signature_bytes: int) -> None:
    for check in (verify_plain, verify):
        assert not check(b"\x01" * key_bytes, b"message", b"\x01" * signature_bytes)
