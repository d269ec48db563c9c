"""Compares what was published, and the history of checkpoints, with the entries in the database: the operator's nightly look."""

from collections.abc import Iterator

from schemas.errors import WasteLedgerError
from wasteledger.domain.checkpoint import Checkpoint, open_checkpoint, parse_checkpoint
from wasteledger.domain.merkle import Frontier, leaf_hash
from wasteledger.domain.note import VerifierKey, parse_signed_note
from wasteledger.domain.tiles import TILE_WIDTH, Tile, TileBuilder, encode_bundle, entries_tile
from wasteledger.flows.published import Published
from wasteledger.store.ledger import Ledger


def check_published(ledger: Ledger, published: Published) -> Iterator[str]:
    """What does not fit, one sentence each."""
    newest = published.checkpoint()
    kept = list(_kept_checkpoints(ledger, published.key()))
    yield from (problem for problem in kept if isinstance(problem, str))
    promised = {item.size: item for item in kept if isinstance(item, Checkpoint)}
    if newest:
        promised.setdefault(newest.size, newest)
        if newest.size not in {item.size for item in kept if isinstance(item, Checkpoint)}:
            yield f"the published checkpoint of {newest.size} entries is missing from the history of checkpoints"
        if newest.size > ledger.size:
            yield f"{newest.size} entries were published, the database holds {ledger.size}: see docs/recovery.md"
            return
    elif promised:
        yield "the history holds checkpoints, but nothing is published: is WASTELEDGER_LOG_DIR the right folder?"
    yield from _roots_and_files(ledger, published, promised, newest.size if newest else 0)


def _kept_checkpoints(ledger: Ledger, key: str | None) -> Iterator[Checkpoint | str]:
    for size, note in ledger.checkpoint_rows():
        try:
            checkpoint = parse_checkpoint(parse_signed_note(note).text)
            if key:
                open_checkpoint(note, VerifierKey.parse(key))
        except WasteLedgerError as error:
            yield f"the kept checkpoint of size {size}: {error}"
            continue
        yield checkpoint if checkpoint.size == size else f"the kept checkpoint of size {size} says {checkpoint.size}"


def _roots_and_files(ledger: Ledger, published: Published, promised: dict[int, Checkpoint], size: int) -> Iterator[str]:
    frontier, builder, bundle = Frontier(), TileBuilder(0, published.tile), []
    for index, content in ledger.contents():
        leaf = leaf_hash(content)
        frontier.append(leaf)
        checkpoint = promised.get(index + 1)
        if checkpoint and checkpoint.root != frontier.root():
            yield f"the checkpoint of {index + 1} entries was signed over other entries than those in the database"
        if index < size:
            builder.append(leaf)
            bundle.append(content)
        if index < size and (len(bundle) == TILE_WIDTH or index + 1 == size):
            yield from _differs(published, entries_tile(index // TILE_WIDTH, len(bundle)), encode_bundle(bundle))
            bundle = []
            for tile, hashes in builder.take_full():
                yield from _differs(published, tile, hashes)
    for tile, hashes in builder.take_partial():
        yield from _differs(published, tile, hashes)


def _differs(published: Published, tile: Tile, wanted: bytes) -> Iterator[str]:
    try:
        found = published.tile(tile)
    except WasteLedgerError:
        yield f"published file {tile.path} is missing"
        return
    if found[: len(wanted)] != wanted:
        yield f"published file {tile.path} is not what the entries in the database make"
