"""A disk in memory that remembers every write and every sync, so that the power can be cut at any of them afterwards.

It is a VFS for SQLite (apsw), beneath the product's own store: nothing of the store is imitated.
"""

import random
from collections.abc import Callable
from typing import NamedTuple

import apsw

#: What a real disk writes at once; a torn write ends at such a border.
SECTOR_BYTES = 512


class Operation(NamedTuple):
    """One thing that happened to the disk, or a word of the test in between."""

    kind: str  # write, truncate, sync, delete, or note
    name: str
    offset: int = 0
    content: bytes = b""


class Disk:
    """Files by name, and everything that was done to them, in order.

    Attributes:
        fault: asked before each write and sync; raises to let it fail.
    """

    def __init__(self, files: dict[str, bytes] | None = None) -> None:
        self.start = dict(files or {})
        self.files = {name: bytearray(content) for name, content in self.start.items()}
        self.operations: list[Operation] = []
        self.fault: Callable[[str], None] = lambda _kind: None

    def apply(self, operation: Operation) -> None:
        self.operations.append(operation)
        _apply(self.files, operation)

    def note(self, word: str) -> None:
        """Puts a word of the test between the operations."""
        self.operations.append(Operation("note", word))

    def image(self, cut: int, chance: random.Random) -> dict[str, bytes]:
        """What is on the disk when the power goes before operation `cut`.

        Everything before a file's last sync is there; of what was written to it later, a random half, torn at sectors.
        """
        done = self.operations[:cut]
        synced = {op.name: place for place, op in enumerate(done) if op.kind == "sync"}
        files = {name: bytearray(content) for name, content in self.start.items()}
        for place, operation in enumerate(done):
            if place <= synced.get(operation.name, -1) or operation.kind == "delete":
                _apply(files, operation)
            elif chance.random() < 0.5:
                _apply(files, _torn(operation, chance))
        return {name: bytes(content) for name, content in files.items()}

    def notes_before(self, cut: int) -> list[str]:
        """The test's words before an operation."""
        return [operation.name for operation in self.operations[:cut] if operation.kind == "note"]


def _apply(files: dict[str, bytearray], operation: Operation) -> None:
    if operation.kind == "delete":
        files.pop(operation.name, None)
    elif operation.kind in {"write", "truncate"}:
        file = files.setdefault(operation.name, bytearray())
        if operation.kind == "truncate":
            del file[operation.offset :]
            return
        file.extend(bytes(max(0, operation.offset - len(file))))
        file[operation.offset : operation.offset + len(operation.content)] = operation.content


def _torn(operation: Operation, chance: random.Random) -> Operation:
    sectors = len(operation.content) // SECTOR_BYTES
    if operation.kind != "write" or sectors < 2 or chance.random() < 0.5:
        return operation
    return operation._replace(content=operation.content[: chance.randrange(1, sectors) * SECTOR_BYTES])


class MemoryVFS(apsw.VFS):
    """Registers a disk under a name that SQLite can be told to use."""

    def __init__(self, name: str, disk: Disk) -> None:
        self._disk = disk
        super().__init__(name, base="")

    def xOpen(self, name: object, flags: list[int]) -> "MemoryFile":  # noqa: N802 - SQLite's names
        text = name.filename() if isinstance(name, apsw.URIFilename) else str(name)
        flags[1] = flags[0]
        return MemoryFile(self._disk, text)

    def xDelete(self, filename: str, syncdir: bool) -> None:  # noqa: ARG002, N802
        if filename not in self._disk.files:
            raise apsw.IOError
        self._disk.apply(Operation("delete", filename))

    def xAccess(self, pathname: str, flags: int) -> bool:  # noqa: ARG002, N802
        return pathname in self._disk.files

    def xFullPathname(self, name: str) -> str:  # noqa: N802
        return name


class MemoryFile:
    """One open file of the disk."""

    def __init__(self, disk: Disk, name: str) -> None:
        self._disk = disk
        self._name = name
        disk.files.setdefault(name, bytearray())

    def xRead(self, amount: int, offset: int) -> bytes:  # noqa: N802
        return bytes(self._disk.files.get(self._name, b"")[offset : offset + amount])

    def xWrite(self, data: bytes, offset: int) -> None:  # noqa: N802
        self._disk.fault("write")
        self._disk.apply(Operation("write", self._name, offset, bytes(data)))

    def xTruncate(self, newsize: int) -> None:  # noqa: N802
        self._disk.apply(Operation("truncate", self._name, newsize))

    def xSync(self, flags: int) -> None:  # noqa: ARG002, N802
        self._disk.fault("sync")
        self._disk.apply(Operation("sync", self._name))

    def xFileSize(self) -> int:  # noqa: N802
        return len(self._disk.files.get(self._name, b""))

    def xClose(self) -> None:  # noqa: N802
        return

    def xLock(self, level: int) -> None:  # noqa: ARG002, N802
        return

    def xUnlock(self, level: int) -> None:  # noqa: ARG002, N802
        return

    def xCheckReservedLock(self) -> bool:  # noqa: N802
        return False

    def xFileControl(self, op: int, ptr: int) -> bool:  # noqa: ARG002, N802
        return False

    def xSectorSize(self) -> int:  # noqa: N802
        return SECTOR_BYTES

    def xDeviceCharacteristics(self) -> int:  # noqa: N802
        return 0
