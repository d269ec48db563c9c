"""The log as plain files for somebody else: a regulator, a mirror, an archive.

What is written was published: the checkpoint, the tiles and entry bundles that it needs, every checkpoint before it, the policy. It is
checked while it is copied, so that a damaged folder is never handed out as a good one. With it goes every version of the register that the
log names, in `registers/`, so that whoever checks the log can judge by them: without names and telephones of persons, which are no part of
a version's digest, so that the SHA-256 of each file is its name and is what the log says.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from schemas.canonical import encode_base64
from wasteledger.domain.checkpoint import Checkpoint
from wasteledger.domain.merkle import HASH_BYTES, Frontier, leaf_hash
from wasteledger.domain.register import register_text
from wasteledger.domain.tiles import TILE_WIDTH, Tile, decode_bundle, encode_bundle, entries_tile, tiles_between
from wasteledger.errors import BusyError, NotFoundError, TamperedError
from wasteledger.flows.published import HISTORY_PATH, register_path
from wasteledger.flows.service import Service
from wasteledger.store.blobs import Blobs
from wasteledger.store.district import DistrictStore
from wasteledger.store.ledger import Ledger

POLICY_PATH = "policy"


class Exported(NamedTuple):
    """What was written: the checkpoint's size and root, and how many checkpoints went before it."""

    size: int
    root: str
    checkpoints: int


def export_log(service: Service, folder: Path) -> Exported:
    """Writes the published log into a folder, which must be empty or an older export of the same log.

    Raises:
        NotFoundError: nothing was published yet.
        BusyError: the folder holds something else.
        TamperedError: the published files do not lead to the published checkpoint.
    """
    if folder.exists() and any(folder.iterdir()) and not (folder / "checkpoint").exists():
        message = f"{folder} is not empty and holds no exported log: name another folder"
        raise BusyError(message)
    note, checkpoint = service.published.note(), service.published.checkpoint()
    if note is None or checkpoint is None:
        message = "nothing has been signed yet: run `wasteledger serve` or `wasteledger sign` for a moment"
        raise NotFoundError(message)
    blobs = Blobs(folder)
    _copy_bundles(service, blobs, checkpoint)
    for tile in tiles_between(0, checkpoint.size):
        blobs.write(tile.path, service.published.tile(tile)[: tile.width * HASH_BYTES])
    history = _history(service, checkpoint.size)
    blobs.write(HISTORY_PATH, encode_bundle(history))
    for digest, text in _registers(service, checkpoint.size):
        blobs.write(register_path(digest), text.encode())
    blobs.write(POLICY_PATH, service.log_keys().policy.encode())
    blobs.write("checkpoint", note)  # last: a folder with a checkpoint is whole
    return Exported(checkpoint.size, encode_base64(checkpoint.root), len(history))


def bundle_tiles(size: int) -> Iterator[Tile]:
    """The entry bundles of a tree of that size."""
    for number in range(-(-size // TILE_WIDTH)):
        yield entries_tile(number, min(TILE_WIDTH, size - number * TILE_WIDTH))


def _copy_bundles(service: Service, blobs: Blobs, checkpoint: Checkpoint) -> None:
    frontier = Frontier()
    for tile in bundle_tiles(checkpoint.size):
        entries = decode_bundle(service.published.tile(tile))[: tile.width]
        for entry in entries:
            frontier.append(leaf_hash(entry))
        blobs.write(tile.path, encode_bundle(entries))
    if (frontier.size, frontier.root()) != (checkpoint.size, checkpoint.root):
        message = "the published entries do not lead to the published checkpoint: run `wasteledger fsck`; nothing is handed out"
        raise TamperedError(message)


def _registers(service: Service, size: int) -> Iterator[tuple[str, str]]:
    """The versions of the register that the first `size` entries name, as text without persons' names.

    Of one from before there were versions the digest is of its rows as they were written then, with names: only `fsck` can check it.
    """
    with service.database.read() as connection:
        store = DistrictStore(connection)
        for version in store.versions():
            register = store.register_of(version.number) if version.entry < size else None
            if register is not None:
                yield version.digest, register_text(register, persons=False)


def _history(service: Service, size: int) -> list[bytes]:
    with service.database.read() as connection:
        return list(Ledger(connection).checkpoints(size))
