"""Tiles: the tree cut into pieces of 256 hashes, and every proof made from a handful of them (C2SP tlog-tiles).

Tile (L, N) holds the roots of the perfect subtrees of 256^L leaves from N·256 on. A tile of fewer than 256 hashes is
partial: it stands at the right edge of one tree size, and its full tile begins with the same bytes.
"""

import hashlib
import re
import struct
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from schemas.errors import ContractError
from wasteledger.domain.merkle import EMPTY_ROOT, HASH_BYTES, Frontier, node_hash

TILE_HEIGHT = 8
TILE_WIDTH = 1 << TILE_HEIGHT
#: Highest level of a tile that C2SP gives a path.
LEVEL_MAX = 63
ENTRIES = "entries"
#: Longest entry that the framing of a bundle can carry.
BUNDLE_ENTRY_BYTES_MAX = 0xFFFF

_PATH = re.compile(
    r"tile/(?P<level>0|[1-9][0-9]?|entries)/(?P<number>(?:x[0-9]{3}/){0,6}[0-9]{3})(?:\.p/(?P<width>[1-9][0-9]{0,2}))?"
)


class Tile(NamedTuple):
    """The place of a hash tile (or, at level -1, of an entry bundle) and how many hashes (entries) it has."""

    level: int
    number: int
    width: int = TILE_WIDTH

    @property
    def path(self) -> str:
        """Where it is published: `tile/0/x001/067.p/8`."""
        level = ENTRIES if self.level < 0 else str(self.level)
        partial = f".p/{self.width}" if self.width < TILE_WIDTH else ""
        return f"tile/{level}/{_number_path(self.number)}{partial}"

    @property
    def full(self) -> "Tile":
        """The same place with all its hashes."""
        return self._replace(width=TILE_WIDTH)

    @property
    def size_needed(self) -> int:
        """The smallest tree that has this tile."""
        per_hash = 1 << TILE_HEIGHT * max(self.level, 0)
        return (self.number * TILE_WIDTH + self.width) * per_hash


#: Bytes of a tile of at least the width asked for.
Read = Callable[[Tile], bytes]


def _number_path(number: int) -> str:
    parts = [f"{number % 1000:03}"]
    while number := number // 1000:
        parts.append(f"x{number % 1000:03}")
    return "/".join(reversed(parts))


def parse_path(path: str) -> Tile:
    """The tile of a published path, which must be the one spelling of it.

    Raises:
        ContractError: not a tile path.
    """
    match = _PATH.fullmatch(path)
    if match:
        level = -1 if match["level"] == ENTRIES else int(match["level"])
        number = int(match["number"].replace("x", "").replace("/", ""))
        tile = Tile(level, number, int(match["width"] or TILE_WIDTH))
        if tile.path == path and level <= LEVEL_MAX and (not match["width"] or tile.width < TILE_WIDTH):
            return tile
    message = f"{path[:80]!r} is no tile path: tile/<level>/<number>[.p/<width>] as in C2SP tlog-tiles"
    raise ContractError(message)


def entries_tile(number: int, width: int) -> Tile:
    """The entry bundle of that number with its first `width` entries."""
    return Tile(-1, number, width)


def tiles_between(old_size: int, new_size: int) -> Iterator[Tile]:
    """Every hash tile that the tree of `new_size` has and the one of `old_size` has not, lowest level first."""
    for level in range(LEVEL_MAX + 1):
        old, new = old_size >> TILE_HEIGHT * level, new_size >> TILE_HEIGHT * level
        if not new:
            return
        for number in range(old // TILE_WIDTH, -(-new // TILE_WIDTH)):
            width = min(TILE_WIDTH, new - number * TILE_WIDTH)
            if new > old:
                yield Tile(level, number, width)


class TileBuilder:
    """Grows the tiles of a tree leaf by leaf; keeps the right edge only."""

    def __init__(self, size: int, read: Read) -> None:
        """Takes up a tree of `size` leaves from its partial tiles.

        Raises:
            ContractError: a tile is too short.
        """
        self._edges: list[list[bytes]] = []
        self._numbers: list[int] = []
        self._full: list[tuple[Tile, bytes]] = []
        self._changed: set[int] = set()
        level = 0
        while size >> TILE_HEIGHT * level:
            hashes = size >> TILE_HEIGHT * level
            number, width = divmod(hashes, TILE_WIDTH)
            self._edges.append(_hashes(Tile(level, number, width), read) if width else [])
            self._numbers.append(number)
            level += 1

    def append(self, leaf: bytes, *, level: int = 0) -> None:
        """Adds a leaf hash."""
        if level == len(self._edges):
            self._edges.append([])
            self._numbers.append(0)
        edge = self._edges[level]
        edge.append(leaf)
        self._changed.add(level)
        if len(edge) == TILE_WIDTH:
            self._full.append((Tile(level, self._numbers[level]), b"".join(edge)))
            self._edges[level] = []
            self._numbers[level] += 1
            self.append(fold(edge), level=level + 1)

    def take_full(self) -> list[tuple[Tile, bytes]]:
        """The tiles that became full since this was last asked."""
        full, self._full = self._full, []
        return full

    def take_partial(self) -> list[tuple[Tile, bytes]]:
        """The partial tiles of the right edge that changed since this was last asked."""
        changed, self._changed = sorted(self._changed), set()
        return [
            (Tile(level, self._numbers[level], len(edge)), b"".join(edge))
            for level in changed
            if (edge := self._edges[level])
        ]


def fold(hashes: Sequence[bytes]) -> bytes:
    """The root over a power of two of hashes; `node_hash` written out, since a proof makes some hundreds of them."""
    sha256 = hashlib.sha256
    while len(hashes) > 1:
        pairs = iter(hashes)
        hashes = [sha256(b"\x01" + left + right).digest() for left, right in zip(pairs, pairs, strict=True)]
    return hashes[0]


def split_hashes(content: bytes) -> list[bytes]:
    """A tile's bytes as hashes."""
    return [content[i : i + HASH_BYTES] for i in range(0, len(content), HASH_BYTES)]


def _hashes(tile: Tile, read: Read) -> list[bytes]:
    content = read(tile)
    if len(content) < tile.width * HASH_BYTES or len(content) % HASH_BYTES:
        message = f"tile {tile.path} has {len(content)} bytes, not {tile.width} hashes"
        raise ContractError(message)
    return split_hashes(content)[: tile.width]


class _Nodes:
    """Hashes of perfect subtrees of one tree, each tile read once."""

    def __init__(self, size: int, read: Read) -> None:
        self._size = size
        self._read = read
        self._tiles: dict[tuple[int, int], list[bytes]] = {}

    def subtree(self, begin: int, height: int) -> bytes:
        """The root over the 2^height leaves from `begin`, which must be a multiple of that."""
        level, rest = divmod(height, TILE_HEIGHT)
        first = begin >> TILE_HEIGHT * level
        number, offset = divmod(first, TILE_WIDTH)
        hashes = self._tile(level, number)[offset : offset + (1 << rest)]
        if len(hashes) != 1 << rest:
            message = f"tile {Tile(level, number).path} is shorter than the tree of {self._size} entries needs"
            raise ContractError(message)
        return fold(hashes)

    def _tile(self, level: int, number: int) -> list[bytes]:
        key = (level, number)
        if key not in self._tiles:
            width = min(TILE_WIDTH, (self._size >> TILE_HEIGHT * level) - number * TILE_WIDTH)
            self._tiles[key] = _hashes(Tile(level, number, width), self._read)
        return self._tiles[key]

    def root(self, begin: int, end: int) -> bytes:
        """The root over the leaves from `begin` to `end`, where `begin` begins a perfect subtree of at least that size."""
        parts = []
        while begin < end:
            height = (end - begin).bit_length() - 1
            parts.append(self.subtree(begin, height))
            begin += 1 << height
        root = parts.pop()
        while parts:
            root = node_hash(parts.pop(), root)
        return root


def frontier_at(size: int, read: Read) -> Frontier:
    """The frontier of the first `size` leaves."""
    nodes, begin, subtrees = _Nodes(size, read), 0, []
    for height in reversed(range(size.bit_length())):
        if size >> height & 1:
            subtrees.append(nodes.subtree(begin, height))
            begin += 1 << height
    return Frontier(size, subtrees)


def root_at(size: int, read: Read) -> bytes:
    """The root over the first `size` leaves."""
    return frontier_at(size, read).root() if size else EMPTY_ROOT


def inclusion_proof(index: int, *, size: int, read: Read) -> list[bytes]:
    """The audit path of leaf `index` in the tree of `size`, from the leaf's sibling upwards (RFC 6962 2.1.1).

    Raises:
        ContractError: no such leaf, or a tile that is too short.
    """
    if not 0 <= index < size:
        message = f"index {index} is not in a tree of {size} entries"
        raise ContractError(message)
    nodes, path, begin, end = _Nodes(size, read), [], 0, size
    while end - begin > 1:
        split = begin + (1 << (end - begin - 1).bit_length() - 1)
        if index < split:
            path.append(nodes.root(split, end))
            end = split
        else:
            path.append(nodes.root(begin, split))
            begin = split
    return path[::-1]


def consistency_proof(*, size1: int, size2: int, read: Read) -> list[bytes]:
    """The proof that the tree of `size1` is the beginning of the one of `size2` (RFC 6962 2.1.2); empty from size 0.

    Raises:
        ContractError: the sizes run backwards, or a tile is too short.
    """
    if not 0 <= size1 <= size2:
        message = f"a tree of {size1} entries is not the beginning of one of {size2}"
        raise ContractError(message)
    if size1 in {0, size2}:
        return []
    nodes, path, begin, end = _Nodes(size2, read), [], 0, size2
    whole = True  # the old tree's own root is known to the verifier
    while end != size1:
        split = begin + (1 << (end - begin - 1).bit_length() - 1)
        if size1 <= split:
            path.append(nodes.root(split, end))
            end = split
        else:
            path.append(nodes.root(begin, split))
            begin, whole = split, False
    return path[::-1] if whole else [nodes.root(begin, end), *path[::-1]]


def encode_bundle(entries: Sequence[bytes]) -> bytes:
    """Entries one behind the other, each after its length in two bytes, big end first."""
    return b"".join(struct.pack(">H", len(entry)) + entry for entry in entries)


def decode_bundle(content: bytes) -> list[bytes]:
    """The entries of a bundle.

    Raises:
        ContractError: it ends inside an entry.
    """
    entries, place = [], 0
    while place < len(content):
        if place + 2 > len(content):
            break
        (length,) = struct.unpack_from(">H", content, place)
        entries.append(content[place + 2 : place + 2 + length])
        place += 2 + length
    if place != len(content):
        message = "entry bundle ends inside an entry"
        raise ContractError(message)
    return entries
