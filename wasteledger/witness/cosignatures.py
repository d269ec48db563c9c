"""The witness's own log of everything it ever cosigned: a file that only grows, beside the database and not in it.

A record is a length of two bytes, big end first, and a checkpoint with the log's signature and the witness's cosignature. It is written
with fsync before the database commits, so a database that was put back from an old copy is behind this file and shows itself.
The layout is that of `checkpoints` in an exported log: the two can be laid side by side.
"""

import os
import struct
from collections.abc import Iterable, Iterator
from pathlib import Path

from wasteledger.store.blobs import write_whole

_LENGTH = struct.Struct(">H")


class CosignatureLog:
    """The file; whoever writes holds the database's write lock."""

    def __init__(self, path: Path) -> None:
        """Names the file; the first record makes it."""
        self.path = path

    @property
    def end(self) -> int:
        """Bytes in the file."""
        return self.path.stat().st_size if self.path.exists() else 0

    def append(self, note: bytes) -> int:
        """Adds a record, durably; returns where the next one begins."""
        with self.path.open("ab") as file:
            file.write(_record(note))
            file.flush()
            os.fsync(file.fileno())
            return file.tell()

    def read(self, begin: int) -> Iterator[tuple[int, bytes]]:
        """The whole records from a place on, each with where the next one begins; half a record at the end is no record."""
        if begin >= self.end:
            return
        with self.path.open("rb") as file:
            file.seek(begin)
            while len(head := file.read(_LENGTH.size)) == _LENGTH.size:
                note = file.read(*_LENGTH.unpack(head))
                if len(note) < _LENGTH.unpack(head)[0]:
                    return
                yield file.tell(), note

    def cut(self, end: int) -> None:
        """Takes away half a record, left by a process that ended while it wrote: what it holds was never given to anybody."""
        with self.path.open("r+b") as file:
            file.truncate(end)
            os.fsync(file.fileno())

    def write(self, notes: Iterable[bytes]) -> None:
        """Writes the file anew."""
        write_whole(self.path, b"".join(map(_record, notes)))


def record_bytes(note: bytes) -> int:
    """How long a note's record is."""
    return _LENGTH.size + len(note)


def _record(note: bytes) -> bytes:
    return _LENGTH.pack(len(note)) + note
