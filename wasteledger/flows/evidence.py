"""Evidence behind cases: photos and documents, kept under their SHA-256 beside the log; events carry the hash alone.

The folder may be thrown away or lose a file without harming the log: the hash in the event still says which file it was.
"""

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from schemas.canonical import encode_base64
from schemas.event_base import ATTACHMENTS_MAX
from wasteledger.errors import DiskFullError, NotFoundError, QueryError
from wasteledger.flows.service import Service
from wasteledger.store.blobs import Blobs

#: Largest piece of evidence: a phone's photo, or a scanned document of some pages.
EVIDENCE_BYTES_MAX = 8 * 1024 * 1024
#: Most pieces kept: twenty a day for ten years would be more than this district has cases.
EVIDENCE_FILES_MAX = 50_000
#: Media types that are taken, by the bytes they begin with; a file's name and what a browser says of it prove nothing.
_MAGIC = {b"\xff\xd8\xff": "image/jpeg", b"\x89PNG\r\n\x1a\n": "image/png", b"%PDF-": "application/pdf"}


class Evidence(NamedTuple):
    """One piece of evidence."""

    media_type: str
    content: bytes


def media_type_of(content: bytes) -> str | None:
    """The media type of a photo or document by its first bytes; None for anything else."""
    return next((name for magic, name in _MAGIC.items() if content.startswith(magic)), None)


def keep_evidence(service: Service, contents: Sequence[bytes]) -> list[str]:
    """Keeps evidence and returns the base64 SHA-256 of each piece, in order, each once; durable when this returns.

    Raises:
        QueryError: too many pieces, one too large, or of another media type; nothing was kept.
        DiskFullError: the folder holds as many files as it may.
        DatabaseError: the disk refused.
    """
    if len(contents) > ATTACHMENTS_MAX:
        message = f"attachments: {len(contents)} files; at most {ATTACHMENTS_MAX} at once, put the rest into one PDF"
        raise QueryError(message)
    for number, content in enumerate(contents, start=1):
        if len(content) > EVIDENCE_BYTES_MAX:
            message = f"attachments: file {number} has {len(content)} bytes; make it smaller than {EVIDENCE_BYTES_MAX}"
            raise QueryError(message)
        if media_type_of(content) is None:
            message = f"attachments: file {number} is no JPEG, PNG or PDF by its first bytes: send a photo or a scanned document"
            raise QueryError(message)
    if not contents:
        return []
    blobs = _blobs(service)
    _check_room(blobs.folder, len(contents))
    hashes = dict.fromkeys(hashlib.sha256(content).digest() for content in contents)
    for content in contents:
        path = _path(hashlib.sha256(content).digest())
        if not blobs.has(path):
            blobs.write(path, content)
    return [encode_base64(digest) for digest in hashes]


def read_evidence(service: Service, digest: bytes) -> Evidence:
    """A piece of evidence by its SHA-256.

    Raises:
        NotFoundError: it is not kept here, or its bytes are no longer those that the hash names.
    """
    shown = digest.hex()
    try:
        content = _blobs(service).read(_path(digest))
    except NotFoundError:
        message = f"evidence {shown} is not kept here: put the folder evidence back from your backup"
        raise NotFoundError(message) from None
    media_type = media_type_of(content)
    if hashlib.sha256(content).digest() != digest or media_type is None:
        message = f"evidence {shown} was changed where it is kept: put the folder evidence back from your backup"
        raise NotFoundError(message)
    return Evidence(media_type, content)


def _blobs(service: Service) -> Blobs:
    return Blobs(service.settings.data_dir / "evidence")


def _path(digest: bytes) -> str:
    return f"{digest.hex()[:2]}/{digest.hex()}"


def _check_room(folder: Path, wanted: int) -> None:
    if sum(1 for _ in folder.glob("*/*")) + wanted > EVIDENCE_FILES_MAX:
        message = f"{folder} holds {EVIDENCE_FILES_MAX} files, as many as it may: move closed years to an archive, then send it again"
        raise DiskFullError(message)
