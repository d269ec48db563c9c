"""Published files: tiles, entry bundles and the checkpoint, as plain files that any web server or mirror can carry on.

A file appears whole or not at all: it is written beside its place, synced, and renamed.
"""

import os
import re
import shutil
from pathlib import Path

from wasteledger.errors import DatabaseError, NotFoundError

#: No published path is longer; the deepest tile of a log of 2^63 entries has fewer characters.
PATH_MAX = 80
_PATH = re.compile(r"[a-z0-9]+(?:\.p)?(?:/[a-z0-9]+(?:\.p|\.json)?)*")


class Blobs:
    """A folder of published files."""

    def __init__(self, folder: Path) -> None:
        """Makes the folder where it is missing."""
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def write(self, path: str, content: bytes) -> None:
        """Puts a file in its place; durable, and whole for whoever reads it meanwhile.

        Raises:
            DatabaseError: the disk refused.
        """
        target = Path(self._place(path))
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            write_whole(target, content)
        except OSError as error:
            message = f"{target} can not be written ({error.strerror}): nothing new is published until it can"
            raise DatabaseError(message) from error

    def read(self, path: str) -> bytes:
        """The bytes of a published file.

        Raises:
            NotFoundError: there is no such file.
        """
        try:
            with open(self._place(path), "rb", buffering=0) as file:  # noqa: PTH123 - a proof waits for five of these
                return file.readall()
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
            message = f"{path[:PATH_MAX]} is not published here"
            raise NotFoundError(message) from None

    def has(self, path: str) -> bool:
        """Whether the file is there."""
        return Path(self._place(path)).is_file()

    def drop_folder(self, path: str) -> None:
        """Removes a folder of partial tiles whose full tile has taken their place."""
        shutil.rmtree(self._place(path), ignore_errors=True)

    def _place(self, path: str) -> str:
        if len(path) > PATH_MAX or not _PATH.fullmatch(path):
            message = f"{path[:PATH_MAX]!r} is no path of a published file"
            raise NotFoundError(message)
        return f"{self.folder}/{path}"


def write_whole(target: Path, content: bytes) -> None:
    """Replaces a file by one of other content: durable when this returns, and never half of each."""
    beside = target.with_name(f".{target.name}.{os.getpid()}.new")
    with beside.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(target)
    folder = os.open(target.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
