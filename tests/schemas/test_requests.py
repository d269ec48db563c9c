"""A signed request: one form, read back as it was written, and everything else refused."""

import base64

import pytest

from schemas.errors import SignatureError
from schemas.requests import CREDENTIAL_CHARS_MAX, TARGET_MAX, SignedRequest, body_hash, parse_request, sign_request
from schemas.signing import DeviceKey, sign_lines, verify_note

KEY = DeviceKey(bytes(range(32)))
ORIGIN = "ledger.example.org/qianjiang"
ASKED = SignedRequest("POST", "/v1/evidence?a=1", body_hash(b"x"), 1_793_578_500_000, 5, "0123456789abcdef")
BODY = f"POST /v1/evidence\n{body_hash(b'')}\n1 2 0123456789abcdef"


def test_a_request_is_read_back_as_it_was_signed() -> None:
    request, note = parse_request(sign_request(KEY, ASKED, origin=ORIGIN))
    assert (request, note.device_id, note.origin) == (ASKED, KEY.device_id, ORIGIN)
    verify_note(note, KEY.public_key)


def test_the_longest_request_fits_into_its_header() -> None:
    longest = "a" + ".b" * 40 + "/" + "c" * 18
    asked = ASKED._replace(target="/" + "x" * (TARGET_MAX - 1), wall_ms=10**15, monotonic_ms=10**15)
    assert parse_request(sign_request(KEY, asked, origin=longest))[0] == asked
    assert len(sign_request(KEY, asked, origin=longest)) < CREDENTIAL_CHARS_MAX


@pytest.mark.parametrize(
    "body",
    [
        BODY.replace("POST", "post"),
        BODY.replace("/v1", "v1"),
        BODY.replace("/v1/evidence", "/v1/evi dence"),
        BODY.replace("/v1/evidence", "/" + "x" * TARGET_MAX),
        BODY.replace("1 2 ", "01 2 "),
        BODY.replace("1 2 ", "1 -2 "),
        BODY.replace("1 2 ", "1 2"),
        BODY.replace("abcdef", "ABCDEF"),
        BODY.replace("evidence", "证据"),
        BODY.replace("\n1 2", "\n\n1 2"),
    ],
)
def test_another_form_is_refused(body: str) -> None:
    note = sign_lines(KEY, header="wasteledger-request/v1", origin=ORIGIN, body=body.encode())
    with pytest.raises(SignatureError):
        parse_request(f"WasteLedger-Device {base64.urlsafe_b64encode(note).decode().rstrip('=')}")


def test_a_hello_and_an_event_are_no_request() -> None:
    for header in ("wasteledger-hello/v1", "wasteledger-event/v1"):
        note = sign_lines(KEY, header=header, origin=ORIGIN, body=BODY.encode())
        with pytest.raises(SignatureError, match="not an event note"):
            parse_request(f"WasteLedger-Device {base64.urlsafe_b64encode(note).decode().rstrip('=')}")


@pytest.mark.parametrize(
    "header", ["", "WasteLedger-Device", "WasteLedger-Device ", "Basic YTpi", "WasteLedger-Device é"]
)
def test_another_header_is_refused(header: str) -> None:
    with pytest.raises(SignatureError, match="Authorization"):
        parse_request(header)


def test_a_header_beyond_its_limit_is_refused_before_it_is_decoded() -> None:
    with pytest.raises(SignatureError, match="expected `WasteLedger-Device"):
        parse_request(f"WasteLedger-Device {'A' * CREDENTIAL_CHARS_MAX}A")
