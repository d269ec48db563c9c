"""Trees in memory, cut into tiles, and the definitions of RFC 6962 word for word to compare proofs with."""

from functools import cache

from wasteledger.domain.merkle import leaf_hash, node_hash
from wasteledger.domain.tiles import Tile, TileBuilder


class Tree:
    """Tiles of a tree over `entry 0`, `entry 1` … as they would lie in a folder, partial ones included.

    From `forked_at` on, the entries are other ones: a second story that begins like the first.
    """

    def __init__(self, size: int, *, forked_at: int | None = None) -> None:
        words = ["entry" if forked_at is None or number < forked_at else "other" for number in range(size)]
        self.leaves = [leaf_hash(f"{word} {number}".encode()) for number, word in enumerate(words)]
        self.tiles: dict[Tile, bytes] = {}
        self.reads = 0
        builder = TileBuilder(0, self.read)
        for leaf in self.leaves:
            builder.append(leaf)
        self.tiles.update(builder.take_full())
        self.tiles.update(builder.take_partial())

    def read(self, tile: Tile) -> bytes:
        """The tile, or a fuller one that stands at its place."""
        self.reads += 1
        return next(
            content
            for stored, content in self.tiles.items()
            if (stored.level, stored.number) == (tile.level, tile.number) and stored.width >= tile.width
        )


def plain_root(leaves: tuple[bytes, ...]) -> bytes:
    """RFC 6962 section 2.1."""
    return _root(leaves, 0, len(leaves))


@cache
def _root(leaves: tuple[bytes, ...], begin: int, end: int) -> bytes:
    if end - begin == 1:
        return leaves[begin]
    split = begin + _largest_power_below(end - begin)
    return node_hash(_root(leaves, begin, split), _root(leaves, split, end))


def plain_path(index: int, leaves: tuple[bytes, ...]) -> list[bytes]:
    """RFC 6962 section 2.1.1."""
    if len(leaves) == 1:
        return []
    split = _largest_power_below(len(leaves))
    if index < split:
        return [*plain_path(index, leaves[:split]), plain_root(leaves[split:])]
    return [*plain_path(index - split, leaves[split:]), plain_root(leaves[:split])]


def plain_consistency(size: int, leaves: tuple[bytes, ...], *, whole: bool = True) -> list[bytes]:
    """RFC 6962 section 2.1.2: SUBPROOF."""
    if size == len(leaves):
        return [] if whole else [plain_root(leaves)]
    split = _largest_power_below(len(leaves))
    if size <= split:
        return [*plain_consistency(size, leaves[:split], whole=whole), plain_root(leaves[split:])]
    return [*plain_consistency(size - split, leaves[split:], whole=False), plain_root(leaves[:split])]


def _largest_power_below(number: int) -> int:
    power = 1
    while power * 2 < number:
        power *= 2
    return power
