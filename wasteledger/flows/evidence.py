"""Evidence files: photos and papers that belong to an act, kept by their SHA-256; the hash stands in the act's event.

A file is durable before the event that names it is recorded. It may show persons: only regulators and the sites of its case may see
it, and it may be erased; the hash in the log stays and says that it was there.
"""

import hashlib
import re
from collections.abc import Sequence
from pathlib import Path

from schemas.canonical import decode_base64, encode_base64
from schemas.errors import ContractError
from schemas.event_base import ATTACHMENTS_MAX
from wasteledger.errors import DatabaseError, DiskFullError, NotFoundError, QueryError
from wasteledger.store.blobs import write_whole

#: Largest file: a photo of a handheld's camera, or a few scanned pages.
EVIDENCE_BYTES_MAX = 5 * 1024 * 1024
#: Most files in the folder: ten years of a district's cases. A mistaken program can not fill the disk of the ledger.
EVIDENCE_FILES_MAX = 50_000
#: First bytes of what is taken (JPEG ITU-T T.81, PNG ISO/IEC 15948, PDF ISO 32000), with the media type.
_MAGIC = (
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"%PDF-", "application/pdf"),
)


def media_type(content: bytes) -> str | None:
    """The media type by the first bytes; None for what is not taken."""
    return next((kind for magic, kind in _MAGIC if content.startswith(magic)), None)


def check_evidence(files: Sequence[bytes]) -> None:
    """Refuses files that are too many, too large, or neither photo nor paper.

    Raises:
        QueryError: naming the file by its place.
    """
    if len(files) > ATTACHMENTS_MAX:
        message = f"attachments: {len(files)} files, at most {ATTACHMENTS_MAX} with one act; make several acts"
        raise QueryError(message)
    for place, content in enumerate(files, start=1):
        if not content or len(content) > EVIDENCE_BYTES_MAX:
            message = f"attachments: file {place} has {len(content)} bytes or more; give 1 to {EVIDENCE_BYTES_MAX}, a smaller photo"
            raise QueryError(message)
        if media_type(content) is None:
            message = f"attachments: file {place} is neither JPEG nor PNG nor PDF; take a photo, or print it into a PDF"
            raise QueryError(message)


def keep_evidence(data_dir: Path, files: Sequence[bytes]) -> list[str]:
    """Stores files and returns the base64 of their SHA-256, each once, in order; the same file is kept once.

    Raises:
        QueryError: as `check_evidence`, or the folder is full.
        DiskFullError: the disk refused.
    """
    check_evidence(files)
    digests = {hashlib.sha256(content).digest(): content for content in files}
    fresh = {digest: content for digest, content in digests.items() if not _place(data_dir, digest).exists()}
    if fresh:
        kept_count = sum(1 for _ in (data_dir / "evidence").glob("??/*"))
        if kept_count + len(fresh) > EVIDENCE_FILES_MAX:
            message = f"attachments: the evidence folder holds {kept_count} files, at most {EVIDENCE_FILES_MAX}; archive old years"
            raise QueryError(message)
    for digest, content in fresh.items():
        target = _place(data_dir, digest)
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            write_whole(target, content)
        except OSError as error:
            message = (
                f"{target} can not be written ({error.strerror}): nothing was recorded; make room, then send it again"
            )
            raise DiskFullError(message) from error
    return [encode_base64(digest) for digest in digests]


def is_kept(data_dir: Path, digest: bytes) -> bool:
    """Whether a file of this SHA-256 lies here; `read_evidence` looks whether it is whole."""
    return _place(data_dir, digest).exists()


def read_evidence(data_dir: Path, typed: str) -> tuple[bytes, str]:
    """A file and its media type, by its SHA-256 in 64 hex digits or base64 as it stands in the event.

    Raises:
        QueryError: no hash.
        NotFoundError: it is not kept here.
        DatabaseError: the stored bytes are not those that the event names.
    """
    digest = evidence_digest(typed)
    try:
        content = _place(data_dir, digest).read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        message = f"evidence {digest.hex()} is not kept here: it was erased, or lies in an archive"
        raise NotFoundError(message) from None
    kind = media_type(content)
    if hashlib.sha256(content).digest() != digest or kind is None:
        message = f"evidence {digest.hex()} was changed where it is kept: put the file back from your backup"
        raise DatabaseError(message)
    return content, kind


def evidence_digest(typed: str) -> bytes:
    """The SHA-256 of a file, as people and programs write it.

    Raises:
        QueryError: no hash.
    """
    if re.fullmatch(r"[0-9a-f]{64}", typed):
        return bytes.fromhex(typed)
    try:
        digest = decode_base64(typed.replace("-", "+").replace("_", "/"))
    except ContractError:
        digest = b""
    if len(digest) != hashlib.sha256().digest_size:
        message = f"evidence {typed[:60]!r}: give its 64 hex digits, or its base64 with - and _ for + and /"
        raise QueryError(message)
    return digest


def _place(data_dir: Path, digest: bytes) -> Path:
    name = digest.hex()
    return data_dir / "evidence" / name[:2] / name
