"""The published log: checkpoint, tiles and entry bundles, as they lie in the folder that is served and exported."""

from wasteledger.domain.checkpoint import Checkpoint, parse_checkpoint
from wasteledger.domain.note import parse_signed_note
from wasteledger.domain.tiles import TILE_WIDTH, Tile, decode_bundle, inclusion_proof
from wasteledger.domain.tlog_proof import TlogProof
from wasteledger.errors import NotFoundError
from wasteledger.store.blobs import Blobs

CHECKPOINT_PATH = "checkpoint"
KEY_PATH = "key"
#: In an export: every published checkpoint, oldest first, each behind its length in two bytes, as entries are in bundles.
HISTORY_PATH = "checkpoints"
#: Tiles kept at hand: those above the leaves and those of the right edge, which most proofs share; two megabytes.
TILES_KEPT_MAX = 256


class Published:
    """Reads and writes the published files of one log."""

    def __init__(self, blobs: Blobs) -> None:
        """Uses the folder."""
        self._blobs = blobs
        self._kept: dict[Tile, bytes] = {}

    def write(self, path: str, content: bytes) -> None:
        """Puts a tile or bundle in its place. Behind the published checkpoint it may still take that of another one."""
        self._kept.clear()
        self._blobs.write(path, content)

    def note(self) -> bytes | None:
        """The newest published checkpoint with its signatures."""
        return self._blobs.read(CHECKPOINT_PATH) if self._blobs.has(CHECKPOINT_PATH) else None

    def checkpoint(self) -> Checkpoint | None:
        """The newest published checkpoint."""
        note = self.note()
        return parse_checkpoint(parse_signed_note(note).text) if note else None

    def history(self) -> list[bytes]:
        """Every published checkpoint that this folder knows: in an export all of them, else the newest."""
        newest = self.note()
        if self._blobs.has(HISTORY_PATH):
            return decode_bundle(self._blobs.read(HISTORY_PATH))
        return [newest] if newest else []

    def write_checkpoint(self, note: bytes) -> None:
        """Publishes a checkpoint: from now on its tiles are served."""
        self._blobs.write(CHECKPOINT_PATH, note)

    def key(self) -> str | None:
        """The log's public key, put beside the checkpoint by the signer, who alone knows the private one."""
        return self._blobs.read(KEY_PATH).decode() if self._blobs.has(KEY_PATH) else None

    def write_key(self, text: str) -> None:
        """Publishes the log's public key."""
        if self.key() != text:
            self._blobs.write(KEY_PATH, text.encode())

    def register_text(self, digest: str) -> str | None:
        """In an export: a version of the register, without names of persons; None where the folder does not have it."""
        path = register_path(digest)
        return self._blobs.read(path).decode() if self._blobs.has(path) else None

    def tile(self, tile: Tile) -> bytes:
        """The bytes of a tile or bundle; where the partial one has given way, those of the full one.

        Raises:
            NotFoundError: neither is there.
        """
        content = self._kept.get(tile)
        if content is None:
            content = self._read(tile)
            if tile.level > 0 or (tile.level == 0 and tile.width < TILE_WIDTH):
                self._kept[tile] = content
                if len(self._kept) > TILES_KEPT_MAX:
                    self._kept.pop(next(iter(self._kept)), None)
        return content

    def _read(self, tile: Tile) -> bytes:
        try:
            return self._blobs.read(tile.path)
        except NotFoundError:
            if tile.width == TILE_WIDTH:
                raise
            return self._blobs.read(tile.full.path)

    def exact(self, tile: Tile) -> bytes:
        """The bytes of a tile or bundle of just that width, from its own file.

        Raises:
            NotFoundError: it is not there; a partial one may have given way to its full tile.
        """
        return self._blobs.read(tile.path)

    def drop_partials(self, tile: Tile) -> None:
        """Removes the partial tiles of a full one."""
        self._blobs.drop_folder(f"{tile.full.path}.p")

    def prove(self, index: int) -> TlogProof | None:
        """The proof of an entry under the newest checkpoint; None while no checkpoint holds it.

        Raises:
            ContractError: the published files do not fit each other.
        """
        note = self.note()
        checkpoint = parse_checkpoint(parse_signed_note(note).text) if note else None
        if note is None or checkpoint is None or index >= checkpoint.size:
            return None
        return TlogProof(index, tuple(inclusion_proof(index, size=checkpoint.size, read=self.tile)), note)


def register_path(digest: str) -> str:
    """Where a version of the register lies in an export: its name is the SHA-256 of the file."""
    return f"registers/{digest.removeprefix('sha256:')}.json"
