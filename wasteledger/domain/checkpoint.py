"""Checkpoints: the size and root that a log promises (C2SP tlog-checkpoint), three lines and no extension.

<origin>
<size>
<root, base64>
"""

import re
from typing import NamedTuple

from schemas.canonical import decode_base64, encode_base64
from schemas.errors import CanonicalError, NoteError, NoTreeError, SignatureError
from schemas.signing import check_origin
from wasteledger.domain.merkle import EMPTY_ROOT, HASH_BYTES
from wasteledger.domain.note import NoteKey, SignedNote, VerifierKey, parse_signed_note

#: `int()` takes blanks, signs, underscores and the digits of every script; a size is spelled in one way only.
DECIMAL = re.compile(r"0|[1-9][0-9]{0,18}")
#: Largest number read: the signed 64 bits of databases and of other implementations.
DECIMAL_MAX = 2**63 - 1
_LINES = 3


class Checkpoint(NamedTuple):
    """A log's promise: these many entries, under this root."""

    origin: str
    size: int
    root: bytes

    @property
    def text(self) -> bytes:
        """The three lines that are signed."""
        return f"{self.origin}\n{self.size}\n{encode_base64(self.root)}\n".encode()


def parse_decimal(text: str, *, name: str) -> int:
    """A whole number in its one spelling.

    Raises:
        NoteError: anything else.
    """
    if not DECIMAL.fullmatch(text) or int(text) > DECIMAL_MAX:
        message = f"{name} {text[:40]!r} is no whole number in plain digits below 2^63"
        raise NoteError(message)
    return int(text)


def parse_hash(text: str, *, name: str) -> bytes:
    """32 bytes from their one base64 spelling.

    Raises:
        NoteError: anything else.
    """
    try:
        content = decode_base64(text)
    except CanonicalError:
        content = b""
    if len(content) != HASH_BYTES:
        message = f"{name} {text[:60]!r} is not the base64 of {HASH_BYTES} bytes"
        raise NoteError(message)
    return content


def parse_checkpoint(text: bytes) -> Checkpoint:
    """The checkpoint of a note's text.

    Raises:
        NoTreeError: a checkpoint of no entries has another root than the empty tree.
        NoteError: other lines than the three, or one that is malformed.
    """
    lines = text.decode().split("\n")
    if len(lines) != _LINES + 1 or lines[-1]:
        message = "not a checkpoint: three lines, origin, size and root, and no extension"
        raise NoteError(message)
    try:
        origin = check_origin(lines[0])
    except SignatureError as error:
        raise NoteError(str(error)) from None
    checkpoint = Checkpoint(origin, parse_decimal(lines[1], name="size"), parse_hash(lines[2], name="root"))
    if checkpoint.size == 0 and checkpoint.root != EMPTY_ROOT:
        message = "a checkpoint of no entries has the root of the empty tree"
        raise NoTreeError(message)
    return checkpoint


def sign_checkpoint(checkpoint: Checkpoint, key: NoteKey) -> bytes:
    """The checkpoint as a note signed by the log."""
    return SignedNote(checkpoint.text, (key.sign(checkpoint.text),)).encode()


def open_checkpoint(content: bytes, key: VerifierKey) -> tuple[Checkpoint, SignedNote]:
    """The checkpoint in a note that the log's key signed.

    Raises:
        NoteError: malformed, of another log, or not signed by the key.
    """
    note = parse_signed_note(content)
    checkpoint = parse_checkpoint(note.text)
    if checkpoint.origin != key.name:
        message = f"checkpoint of {checkpoint.origin}, expected one of {key.name}"
        raise NoteError(message)
    if key.find(note) is None:
        message = f"checkpoint is not signed by {key.name}"
        raise NoteError(message)
    return checkpoint, note
