"""Secret keys of the service: 32 random bytes each, in a file that its owner alone may read."""

import contextlib
import os
import secrets
import stat
from pathlib import Path

from wasteledger.errors import DatabaseError

SEED_BYTES = 32


def load_seed(path: Path) -> bytes:
    """The seed in a file, made on first use.

    Raises:
        DatabaseError: the file is there but is no key.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        _make(path)
    seed = path.read_bytes()
    if len(seed) != SEED_BYTES:
        message = f"{path} holds no key ({SEED_BYTES} bytes): put the right file back from your backup"
        raise DatabaseError(message)
    return seed


def _make(path: Path) -> None:
    """Writes a new seed beside its place and links it there, so that of two starting processes one key wins, whole."""
    beside = path.with_name(f".{path.name}.{secrets.token_hex(4)}.new")
    handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, stat.S_IRUSR | stat.S_IWUSR)
    with os.fdopen(handle, "wb") as file:
        file.write(secrets.token_bytes(SEED_BYTES))
        file.flush()
        os.fsync(file.fileno())
    with contextlib.suppress(FileExistsError):
        os.link(beside, path)
    beside.unlink()
