"""Receipt R1: the service's signed promise that entries stand at their indexes, given before any checkpoint holds them.

    wasteledger-receipt/v1
    <origin>
    <index>
    <event id, base64>          these four lines once for each entry of the answer
    <leaf hash, base64>
    <received_ms>

One signature serves a whole answer. Whoever holds a promise and a later checkpoint whose tree says otherwise has caught the operator.
"""

from collections.abc import Iterable
from typing import NamedTuple

from schemas.canonical import encode_base64
from schemas.errors import NoteError
from wasteledger.domain.checkpoint import parse_decimal, parse_hash
from wasteledger.domain.note import NoteKey, SignedNote, VerifierKey, parse_signed_note

HEADER = "wasteledger-receipt/v1"
#: Appended to the origin, it names the receipt key, which is not the log's.
KEY_SUFFIX = "/receipt"
_LINES = 4


class Promise(NamedTuple):
    """One entry of a receipt."""

    index: int  # type: ignore[assignment]  # nobody asks this tuple for `index()`
    event_id: bytes
    leaf_hash: bytes
    received_ms: int

    @property
    def lines(self) -> tuple[str, str, str, str]:
        """The four lines."""
        return str(self.index), encode_base64(self.event_id), encode_base64(self.leaf_hash), str(self.received_ms)


def receipt_text(lines: Iterable[tuple[str, str, str, str]], *, origin: str) -> bytes:
    """The text of a receipt from the four lines of each promise."""
    return "\n".join([HEADER, origin, *(line for group in lines for line in group), ""]).encode()


def sign_receipt(lines: Iterable[tuple[str, str, str, str]], *, origin: str, key: NoteKey) -> bytes:
    """A receipt for the four lines of each promise."""
    text = receipt_text(lines, origin=origin)
    return SignedNote(text, (key.sign(text),)).encode()


def open_receipt(content: bytes, key: VerifierKey) -> list[Promise]:
    """The promises of a receipt that the key signed.

    Raises:
        NoteError: malformed, or not signed by the key.
    """
    note = parse_signed_note(content)
    header, origin, *lines = note.text.decode().split("\n")[:-1]
    if header != HEADER or origin + KEY_SUFFIX != key.name or not lines or len(lines) % _LINES:
        message = f"not a receipt of {key.name}: {HEADER}, the origin, and four lines for each entry"
        raise NoteError(message)
    if key.find(note) is None:
        message = f"receipt is not signed by {key.name}"
        raise NoteError(message)
    return [
        Promise(
            parse_decimal(index, name="index"),
            parse_hash(event_id, name="event id"),
            parse_hash(leaf, name="leaf hash"),
            parse_decimal(received, name="received_ms"),
        )
        for index, event_id, leaf, received in zip(*(iter(lines),) * _LINES, strict=True)
    ]
