"""What the signer has promised, in a small file of its own that no database restore can take back.

    wasteledger-signer/v1
    <origin>
    <size>
    <subtree hash, base64>      one line for each one-bit of the size, largest first
    <SHA-256 of the lines above, base64>

It is written, with fsync, before a checkpoint of that size is signed: compare, then swap. A database that has forgotten what was
signed, or tells it differently, is found out here.
"""

import fcntl
import hashlib
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from schemas.canonical import decode_base64, encode_base64
from schemas.errors import CanonicalError, ContractError
from wasteledger.domain.merkle import Frontier
from wasteledger.errors import BusyError, TamperedError
from wasteledger.store.blobs import write_whole

HEADER = "wasteledger-signer/v1"
_SIZE = re.compile(r"0|[1-9][0-9]{0,18}")


class SignerState:
    """The compare-and-swap file of one log's signer."""

    def __init__(self, path: Path, origin: str) -> None:
        """Names the file; it is made by the first `swap`."""
        self._path = path
        self._origin = origin
        path.parent.mkdir(parents=True, exist_ok=True)

    @contextmanager
    def held(self) -> Iterator[None]:
        """Holds the signer's place: of all processes on this machine only one signs.

        Raises:
            BusyError: another process holds it.
        """
        handle = os.open(self._path.with_suffix(".lock"), os.O_RDWR | os.O_CREAT, 0o600)
        try:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                message = f"another process signs this log already (it holds {self._path.with_suffix('.lock')})"
                raise BusyError(message) from None
            yield
        finally:
            os.close(handle)

    def read(self) -> Frontier:
        """The tree as it was last signed; empty before the first time.

        Raises:
            TamperedError: the file is damaged, or belongs to another log.
        """
        if not self._path.exists():
            return Frontier()
        text = self._path.read_bytes()
        try:
            return self._parse(text)
        except (ContractError, CanonicalError, ValueError) as error:
            message = (
                f"{self._path} is not what the signer wrote ({error}): put it back from the backup of the same day. Without "
                f"it nobody can tell what was signed, so nothing more will be"
            )
            raise TamperedError(message) from None

    def _parse(self, content: bytes) -> Frontier:
        body, _, check = content.decode("ascii").removesuffix("\n").rpartition("\n")
        if decode_base64(check) != _check(body):
            message = "its check does not fit"
            raise ContractError(message)
        header, origin, size, *hashes = body.split("\n")
        if (header, origin) != (HEADER, self._origin) or not _SIZE.fullmatch(size):
            message = f"it speaks of the log {origin[:100]}, not of {self._origin}"
            raise ContractError(message)
        return Frontier(int(size), [decode_base64(line) for line in hashes])

    def swap(self, before: Frontier, after: Frontier) -> None:
        """Writes a new state if the file still holds the one that the caller started from.

        MUST: be durable before a checkpoint of `after` is signed.

        Raises:
            TamperedError: somebody else wrote the file meanwhile.
        """
        found = self.read()
        if (found.size, found.subtrees) != (before.size, before.subtrees):
            message = f"{self._path} was changed to size {found.size} while {before.size} was being continued"
            raise TamperedError(message)
        lines = [HEADER, self._origin, str(after.size), *map(encode_base64, after.subtrees)]
        body = "\n".join(lines)
        write_whole(self._path, f"{body}\n{encode_base64(_check(body))}\n".encode())


def _check(body: str) -> bytes:
    return hashlib.sha256(body.encode()).digest()
