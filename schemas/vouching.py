"""Badge and PIN: how a person stands for an act on another party's device so that everybody can check it anew.

A badge carries 16 random bytes. Badge and PIN together make the person's signing key, by scrypt (RFC 7914); the register holds the public
key alone (`Person.vouch_key`), so neither the service nor whoever reads its database can vouch for anybody. The device asks for both,
signs, and forgets the key. What is signed is the event itself without the signature, so that it fits no other event:

    wasteledger-vouch/v1
    <origin>
    <canonical JSON of the event without `vouch_signature`>

A device that has seen badge and PIN could go on using them: two organisations at the hop, weights and stock-takes are what makes that dear.
"""

import hashlib
import re
from base64 import b32decode, b32encode
from typing import Any

from schemas.canonical import decode_base64, encode, encode_base64
from schemas.codes import check_character
from schemas.errors import CanonicalError, CodeError
from schemas.signing import DeviceKey, ed25519_verify

HEADER = "wasteledger-vouch/v1"
BADGE_BYTES = 16
#: On the badge stands `U`, its bytes in base32 without padding, and a check character (ISO/IEC 7064 MOD 37,36): one QR code, upper case.
_BADGE_CODE = re.compile(r"U([A-Z2-7]{26})([0-9A-Z])")
#: Digits of a PIN, at least and at most.
PIN_DIGITS_MIN, PIN_DIGITS_MAX = 4, 12
_SCRYPT_N, _SCRYPT_R, _SCRYPT_P = 2**14, 8, 1
_SCRYPT_BYTES_MAX = 64 * 1024 * 1024


def person_key(badge: bytes, pin: str) -> DeviceKey:
    """The signing key of a person.

    Args:
        badge: the 16 random bytes on the badge.
        pin: 4 to 12 digits.

    Raises:
        CanonicalError: a badge of another length, or a PIN that is none.
    """
    if len(badge) != BADGE_BYTES or not (
        pin.isascii() and pin.isdigit() and PIN_DIGITS_MIN <= len(pin) <= PIN_DIGITS_MAX
    ):
        message = f"badge: {BADGE_BYTES} bytes; PIN: {PIN_DIGITS_MIN} to {PIN_DIGITS_MAX} digits"
        raise CanonicalError(message)
    seed = hashlib.scrypt(
        pin.encode(), salt=badge, n=_SCRYPT_N, r=_SCRYPT_R, p=_SCRYPT_P, maxmem=_SCRYPT_BYTES_MAX, dklen=32
    )
    return DeviceKey(seed)


def badge_code(badge: bytes) -> str:
    """What stands on a badge: its bytes as 28 upper-case characters, the last of which is their check."""
    body = "U" + b32encode(badge).decode().rstrip("=")
    return body + check_character(body)


def read_badge(text: str) -> bytes:
    """The bytes of a badge as scanned or typed.

    Raises:
        CodeError: it is none, or fails its check.
    """
    match = _BADGE_CODE.fullmatch(text.strip().upper())
    badge = b32decode(match[1] + "======") if match else b""
    if not match or badge_code(badge) != match[0]:
        message = f"badge: {len(text)} characters that are no badge, or one was read wrong: 28, beginning with U"
        raise CodeError(message)
    return badge


def vouch_text(origin: str, payload: dict[str, Any]) -> bytes:
    """What a person signs for an event."""
    body = encode({name: value for name, value in payload.items() if name != "vouch_signature"})
    return f"{HEADER}\n{origin}\n".encode() + body + b"\n"


def sign_vouch(key: DeviceKey, *, origin: str, payload: dict[str, Any]) -> str:
    """The value of `vouch_signature` for an event that is complete but for it."""
    return encode_base64(key.sign(vouch_text(origin, payload)))


def verify_vouch(public_key: str, *, origin: str, payload: dict[str, Any]) -> bool:
    """Whether the person with this key (base64, as in the register) stands for the event."""
    signature = payload.get("vouch_signature")
    if not isinstance(signature, str):
        return False
    try:
        return ed25519_verify(decode_base64(public_key), vouch_text(origin, payload), decode_base64(signature))
    except CanonicalError:
        return False
