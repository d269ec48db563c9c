"""The signer: turns what is stored into what is promised.

Each round is this list; it goes on to the next step only where the one before it held.

1. Read from the signer's own file what was signed last.
2. Read the stored entries behind that size again, hash their bytes, and require the stored tree to be exactly
   that continuation. A shorter, other or altered log stops here, and nothing more is signed.
3. Write the tiles and entry bundles.
4. Swap the signer's own file, with fsync.
5. Sign the checkpoint, and let the witnesses of the policy see that it continues what they cosigned.
6. Publish it where the policy's quorum is met, and keep it in the history of checkpoints.
"""

import contextlib
from collections.abc import Iterator

from schemas.canonical import encode_base64
from schemas.errors import ContractError
from wasteledger.domain.checkpoint import Checkpoint, parse_checkpoint, sign_checkpoint
from wasteledger.domain.merkle import Frontier, leaf_hash
from wasteledger.domain.note import NoteKey, parse_signed_note, with_signatures
from wasteledger.domain.policy import Policy
from wasteledger.domain.tiles import TILE_WIDTH, TileBuilder, encode_bundle, entries_tile, root_at, tiles_between
from wasteledger.errors import NotFoundError, RolledBackError, TamperedError
from wasteledger.flows.published import Published
from wasteledger.flows.signer_state import SignerState
from wasteledger.flows.witnesses import Witnesses
from wasteledger.store.database import Database
from wasteledger.store.ledger import Ledger


class Signer:
    """Signs and publishes the checkpoints of one log."""

    def __init__(  # noqa: PLR0913 - the signer's whole world
        self,
        database: Database,
        *,
        key: NoteKey,
        state: SignerState,
        published: Published,
        policy: Policy,
        witnesses: Witnesses,
    ) -> None:
        """Signs with the log's key, whose name is the log's origin."""
        self._database = database
        self._key = key
        self._state = state
        self._published = published
        self._policy = policy
        self._witnesses = witnesses

    def round(self) -> Checkpoint | None:
        """One round; returns the checkpoint that is published after it, None before the first.

        Raises:
            BusyError: another process signs this log.
            RolledBackError: the database has forgotten entries that were signed.
            TamperedError: stored bytes are not what was signed, or not what the sequencer put into the tree.
            DatabaseError: a disk refused.
        """
        with self._state.held():
            before = self._state.read()
            after = self._continue(before)
            if after.size > before.size:
                self._state.swap(before, after)
            return self._publish(Checkpoint(self._key.name, after.size, after.root()))

    def _continue(self, before: Frontier) -> Frontier:
        """Steps 2 and 3."""
        with self._database.read() as connection:
            ledger = Ledger(connection)
            after = self._verified(ledger, before)
            if after.size > before.size:
                self._publish_tiles(ledger, before.size, after)
        return after

    def _publish_tiles(self, ledger: Ledger, before: int, after: Frontier) -> None:
        """Step 3. The partial tiles that it goes on from lie where anybody may write: what rotted there is made again."""
        for begin in (before, 0):
            with contextlib.suppress(NotFoundError, ContractError):
                self._write_tiles(ledger, begin, after.size)
                if root_at(after.size, self._published.exact) == after.root():
                    return
        message = "the stored entries do not lead to what was signed: nothing is signed. Run `wasteledger fsck`"
        raise TamperedError(message)

    def _verified(self, ledger: Ledger, before: Frontier) -> Frontier:
        """The tree over the stored bytes, where it is the one that was signed, continued."""
        published = self._published.checkpoint()
        signed_size = max(before.size, published.size if published else 0)
        if ledger.size < signed_size:
            message = (
                f"the database holds {ledger.size} entries, but {signed_size} were signed: it was rolled back. Nothing is "
                f"signed until it has them again: see docs/recovery.md"
            )
            raise RolledBackError(message)
        after = Frontier(before.size, before.subtrees)
        for index, content in ledger.contents(before.size):
            if index != after.size:
                message = f"entry {after.size} is missing from the database: nothing is signed. Run `wasteledger fsck`"
                raise TamperedError(message)
            after.append(leaf_hash(content))
            if published and after.size == published.size and after.root() != published.root:
                message = f"the database leads to another root at size {after.size} than the published checkpoint"
                raise TamperedError(message)
        if (after.size, after.subtrees) != (ledger.size, ledger.frontier.subtrees):
            message = (
                f"the tree signed at size {before.size} and the stored bytes behind it lead to the root "
                f"{encode_base64(after.root())}, the stored tree is {encode_base64(ledger.root())}: the database was altered, "
                f"or is another history than the one signed. Nothing is signed. Run `wasteledger fsck`, and see docs/recovery.md"
            )
            raise TamperedError(message)
        return after

    def _write_tiles(self, ledger: Ledger, before: int, after: int) -> None:
        builder = TileBuilder(before, self._published.tile)
        first = before - before % TILE_WIDTH
        for bundle in _bundles(ledger.contents(first, after)):
            tile = entries_tile(first // TILE_WIDTH, len(bundle))
            self._published.write(tile.path, encode_bundle(bundle))
            for content in bundle[max(0, before - first) :]:
                builder.append(leaf_hash(content))
            for full, hashes in builder.take_full():
                self._published.write(full.path, hashes)
            first += len(bundle)
        for partial, hashes in builder.take_partial():
            self._published.write(partial.path, hashes)

    def _publish(self, checkpoint: Checkpoint) -> Checkpoint | None:
        """Steps 5 and 6."""
        published = self._published.checkpoint()
        if (published and published.size == checkpoint.size) or not checkpoint.size:
            return published
        note = sign_checkpoint(checkpoint, self._key)
        note = with_signatures(note, self._witnesses.cosign(checkpoint, note, self._published.tile))
        if not self._policy.is_met(set(self._policy.cosigned(parse_signed_note(note)))):
            return published
        with self._database.write() as connection:
            Ledger(connection).save_checkpoint(checkpoint.size, note)
        self._published.write_checkpoint(note)
        self._drop_partials(published.size if published else 0, checkpoint.size)
        return parse_checkpoint(parse_signed_note(note).text)

    def _drop_partials(self, before: int, after: int) -> None:
        """A full tile takes the place of its partial ones."""
        for tile in tiles_between(before, after):
            if tile.width == TILE_WIDTH:
                self._published.drop_partials(tile)
                if not tile.level:
                    self._published.drop_partials(entries_tile(tile.number, TILE_WIDTH))


def _bundles(contents: Iterator[tuple[int, bytes]]) -> Iterator[list[bytes]]:
    """Entries in bundles of one tile's width; the last may be shorter."""
    bundle: list[bytes] = []
    for _, content in contents:
        bundle.append(content)
        if len(bundle) == TILE_WIDTH:
            yield bundle
            bundle = []
    if bundle:
        yield bundle
