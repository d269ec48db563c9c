"""An exported log as a folder of files, in the C2SP tlog-tiles layout."""

import os
import re
import struct
from collections.abc import Iterator
from pathlib import Path

from .formats import Checkpoint, InvalidError, Policy, fail
from .merkle import HASH_BYTES, Peaks, leaf_hash, node_hash

WIDTH = 256
_TILE = re.compile(r"tile/(entries|0|[1-9][0-9]?)/((?:x[0-9]{3}/)*[0-9]{3})(?:\.p/([1-9][0-9]{0,2}))?")


class UnreadableError(Exception):
    """A file that is not there or can not be read: the question can not be answered."""


def read_file(path: Path) -> bytes:
    """The bytes of a file."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise UnreadableError(f"{path}: {error.strerror}") from None


def tile_path(level: str, number: int, width: int) -> str:
    """`tile/0/x001/067.p/8`."""
    parts, rest = [f"{number % 1000:03}"], number // 1000
    while rest:
        parts.insert(0, f"x{rest % 1000:03}")
        rest //= 1000
    return f"tile/{level}/{'/'.join(parts)}" + (f".p/{width}" if width < WIDTH else "")


class LogFolder:
    """Reads an exported log."""

    def __init__(self, folder: Path) -> None:
        """Names the folder; nothing is read yet."""
        self.folder = folder

    def checkpoint(self, policy: Policy) -> Checkpoint:
        """The newest checkpoint, where it meets the policy."""
        return policy.accepted(read_file(self.folder / "checkpoint"))

    def history(self, policy: Policy) -> list[Checkpoint]:
        """Every published checkpoint, oldest first; the log signed each of them."""
        path = self.folder / "checkpoints"
        if not path.exists():
            return []
        return [policy.signed(note) for note in framed(read_file(path), "checkpoints")]

    def entries(self, size: int) -> Iterator[bytes]:
        """The first `size` entries, in order."""
        for number in range(-(-size // WIDTH)):
            width = min(WIDTH, size - number * WIDTH)
            entries = framed(self._tile("entries", number, width), "entry bundle")
            if len(entries) < width:
                raise fail(f"entry bundle {number} holds {len(entries)} of {width} entries")
            yield from entries[:width]

    def _tile(self, level: str, number: int, width: int) -> bytes:
        """The tile of that width, or any wider one at its place, which begins with the same."""
        full = self.folder / tile_path(level, number, WIDTH)
        partial = full.with_name(f"{full.name}.p")
        names = [path.name for path in partial.iterdir()] if partial.is_dir() else []
        widths = sorted(int(name) for name in names if re.fullmatch("[1-9][0-9]{0,2}", name) and int(name) >= width)
        return read_file(partial / str(widths[0]) if widths else full)

    def check_tiles(self, levels: list[list[bytes]]) -> Iterator[str]:
        """Tile and bundle files that differ from the hashes that the entries lead to, and files that are none."""
        for name in self._tile_files():
            match = _TILE.fullmatch(name)
            if not match:
                yield f"{name} is no tile"
                continue
            number = int(match[2].replace("x", "").replace("/", ""))
            hashes = levels[0] if match[1] == "entries" else dict(enumerate(levels)).get(int(match[1]), [])
            wanted = hashes[number * WIDTH : number * WIDTH + int(match[3] or WIDTH)]
            found = self._hashes(name, is_bundle=match[1] == "entries")
            if not wanted or found[: len(wanted)] != wanted or len(found) != int(match[3] or WIDTH):
                yield name
        for level, hashes in enumerate(levels):
            for number in range(-(-len(hashes) // WIDTH)):
                width = min(WIDTH, len(hashes) - number * WIDTH)
                if not any((self.folder / tile_path(str(level), number, wide)).exists() for wide in (width, WIDTH)):
                    yield f"{tile_path(str(level), number, width)} is missing"

    def _hashes(self, name: str, *, is_bundle: bool) -> list[bytes]:
        content = read_file(self.folder / name)
        if is_bundle:
            try:
                return [leaf_hash(entry) for entry in framed(content, name)]
            except InvalidError:
                return []
        return [content[i : i + HASH_BYTES] for i in range(0, len(content), HASH_BYTES)]

    def _tile_files(self) -> Iterator[str]:
        for place, _, names in os.walk(self.folder / "tile"):
            for name in sorted(names):
                yield Path(place, name).relative_to(self.folder).as_posix()


def framed(content: bytes, what: str) -> list[bytes]:
    """Items each behind their length in two bytes, big end first."""
    items, place = [], 0
    while place + 2 <= len(content):
        (length,) = struct.unpack_from(">H", content, place)
        items.append(content[place + 2 : place + 2 + length])
        place += 2 + length
    if place != len(content):
        raise fail(f"{what} ends inside an item")
    return items


class Tree:
    """Leaf hashes of a log being read, the tile levels above them, and roots at the sizes that are asked for."""

    def __init__(self, sizes: set[int]) -> None:
        """Remembers the roots at these sizes as the tree passes them."""
        self.levels: list[list[bytes]] = [[]]
        self.roots: dict[int, bytes] = {}
        self._peaks = Peaks()
        self._sizes = sizes
        if 0 in sizes:
            self.roots[0] = self._peaks.root()

    def push(self, entry: bytes) -> bytes:
        """Adds an entry; returns its leaf hash."""
        leaf = leaf_hash(entry)
        self._peaks.push(leaf)
        self.levels[0].append(leaf)
        if not len(self.levels[0]) % WIDTH:
            self._raise(0)
        if self._peaks.size in self._sizes:
            self.roots[self._peaks.size] = self._peaks.root()
        return leaf

    def _raise(self, level: int) -> None:
        hashes = self.levels[level][-WIDTH:]
        while len(hashes) > 1:
            hashes = [node_hash(hashes[i], hashes[i + 1]) for i in range(0, len(hashes), 2)]
        if level + 1 == len(self.levels):
            self.levels.append([])
        self.levels[level + 1].append(hashes[0])
        if not len(self.levels[level + 1]) % WIDTH:
            self._raise(level + 1)

    @property
    def size(self) -> int:
        """Entries so far."""
        return self._peaks.size

    def root(self) -> bytes:
        """The root over the entries so far."""
        return self._peaks.root()


def roots_at(folder: LogFolder, size: int, sizes: set[int]) -> dict[int, bytes]:
    """The roots at some sizes, from the entries alone: a second reading that only hashes."""
    tree = Tree(sizes)
    for entry in folder.entries(min(size, max(sizes, default=0))):
        tree.push(entry)
    return tree.roots


__all__ = ["HASH_BYTES", "LogFolder", "Tree", "UnreadableError", "framed", "read_file", "roots_at", "tile_path"]
