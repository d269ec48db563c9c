"""What a device signs when it asks for something else than taking in events: a note of five lines, in the family of the hello.

    wasteledger-request/v1
    <origin>
    <METHOD> <path, with its query>
    <SHA-256 of the body, base64; of no bytes where there is none>
    <wall clock ms> <monotonic_ms> <boot_id>

    — <origin>/d/<device id> base64(key id 4 ‖ Ed25519 signature 64)

It travels in one header: `Authorization: WasteLedger-Device <the note in base64url without padding>`. The wall clock is the
service's as the device reckons it (its own, plus the difference to the last `server_ms` it was told), and later than in every request
before: so a copy of a request is refused, at this path and at every other one.
"""

import base64
import binascii
import hashlib
import re
from typing import NamedTuple

from schemas.canonical import encode_base64
from schemas.errors import SignatureError
from schemas.signing import DeviceKey, EventNote, parse_lines, sign_lines

HEADER = "wasteledger-request/v1"
#: Name of the scheme in the Authorization header.
SCHEME = "WasteLedger-Device"
#: Longest header value: a note with the longest origin and path.
CREDENTIAL_CHARS_MAX = 2_048
#: Longest path with its query.
TARGET_MAX = 500
_BODY_LINES = 3
_TARGET = re.compile(rf"(?P<method>[A-Z]{{3,7}}) (?P<target>/[!-~]{{0,{TARGET_MAX - 1}}})")
_CLOCK = re.compile(r"(0|[1-9][0-9]{0,15}) (0|[1-9][0-9]{0,15}) ([0-9a-f]{16})")


class SignedRequest(NamedTuple):
    """What a device asks.

    Attributes:
        target: path with its query, as sent.
        body_hash: base64 of the SHA-256 of the body.
        wall_ms, monotonic_ms, boot_id: its clocks, the wall clock mended by what the service last told it.
    """

    method: str
    target: str
    body_hash: str
    wall_ms: int
    monotonic_ms: int
    boot_id: str


def body_hash(body: bytes) -> str:
    """How a body stands in a request."""
    return encode_base64(hashlib.sha256(body).digest())


def sign_request(key: DeviceKey, request: SignedRequest, *, origin: str) -> str:
    """The value of the Authorization header.

    Raises:
        SignatureError: the origin is malformed.
    """
    lines = (
        f"{request.method} {request.target}",
        request.body_hash,
        f"{request.wall_ms} {request.monotonic_ms} {request.boot_id}",
    )
    note = sign_lines(key, header=HEADER, origin=origin, body="\n".join(lines).encode())
    return f"{SCHEME} {base64.urlsafe_b64encode(note).decode().rstrip('=')}"


def parse_request(authorization: str) -> tuple[SignedRequest, EventNote]:
    """A request and its note, whose signature `verify_note` checks.

    Raises:
        SignatureError: another scheme, or malformed; the message says what is expected.
    """
    scheme, _, credential = authorization.partition(" ")
    if scheme != SCHEME or not credential or len(credential) > CREDENTIAL_CHARS_MAX:
        message = f"Authorization: expected `{SCHEME} <signed note in base64url>`, see docs/protocol.md"
        raise SignatureError(message)
    try:
        content = base64.b64decode(credential + "=" * (-len(credential) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        message = f"Authorization: what follows {SCHEME} is no base64url"
        raise SignatureError(message) from None
    note = parse_lines(content, header=HEADER, body_lines=_BODY_LINES)
    try:
        asked, hashed, clocks = note.body.decode("ascii").split("\n")
    except UnicodeDecodeError:
        asked, hashed, clocks = "", "", ""
    target, times = _TARGET.fullmatch(asked), _CLOCK.fullmatch(clocks)
    if not target or not times:
        message = "request: a line of method and path, the body's SHA-256, and a line of wall clock, monotonic clock and boot id"
        raise SignatureError(message)
    return SignedRequest(target["method"], target["target"], hashed, int(times[1]), int(times[2]), times[3]), note
