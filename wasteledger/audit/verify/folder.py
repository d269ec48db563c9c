"""An exported log as a folder of files, in the C2SP tlog-tiles layout."""

import os
import re
from collections.abc import Iterable, Iterator
from itertools import groupby
from pathlib import Path

from .formats import Checkpoint, InvalidError, Policy, fail
from .merkle import HASH_BYTES, Peaks, fold, leaf_hash

WIDTH = 256
#: The largest bundle: as many entries as a tile has hashes, each as long as two bytes of length can say.
BUNDLE_BYTES_MAX = WIDTH * (2 + 65_535)
#: All published checkpoints in one file: many years of one each minute.
HISTORY_BYTES_MAX = 1 << 30
#: Notes, receipts, proofs, policies and single entries.
FILE_BYTES_MAX = 4 << 20
_TILE = re.compile(r"tile/(entries|0|[1-9][0-9]?)/((?:x[0-9]{3}/)*[0-9]{3})(?:\.p/([1-9][0-9]{0,2}))?")


class UnreadableError(Exception):
    """A file that is not there or can not be read: the question can not be answered."""


def read_file(path: Path, bytes_max: int = FILE_BYTES_MAX) -> bytes:
    """The bytes of a plain file that is no longer than such files are."""
    try:
        if path.exists() and not path.is_file():
            raise UnreadableError(f"{path}: not a file")
        with path.open("rb") as file:
            content = file.read(bytes_max + 1)
    except OSError as error:
        raise UnreadableError(f"{path}: {error.strerror}") from None
    if len(content) > bytes_max:
        raise UnreadableError(f"{path}: longer than {bytes_max} bytes")
    return content


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
        self._read_bundles: set[Path] = set()

    def note(self) -> bytes:
        """The note of the newest checkpoint, whoever signed it."""
        return read_file(self.folder / "checkpoint")

    def checkpoint(self, policy: Policy) -> Checkpoint:
        """The newest checkpoint, where it meets the policy."""
        return policy.accepted(self.note())

    def history(self, policy: Policy) -> list[Checkpoint] | None:
        """Every published checkpoint, oldest first, each signed by the log; None when the folder does not have them."""
        path = self.folder / "checkpoints"
        if not path.exists():
            return None
        return [policy.signed(note) for note in framed(read_file(path, HISTORY_BYTES_MAX), "checkpoints")]

    def bundles(self, size: int) -> Iterator[list[bytes]]:
        """The first `size` entries, in order, as many at a time as a bundle holds."""
        for number in range(-(-size // WIDTH)):
            width = min(WIDTH, size - number * WIDTH)
            path, there = self._bundle(number, width)
            entries = framed(read_file(path, BUNDLE_BYTES_MAX), "entry bundle")
            if len(entries) != there:
                raise fail(f"entry bundle {number} holds {len(entries)} of {there} entries")
            self._read_bundles.add(path)
            yield entries[:width]

    def entries(self, size: int) -> Iterator[bytes]:
        """The first `size` entries, one by one."""
        for bundle in self.bundles(size):
            yield from bundle

    def _bundle(self, number: int, width: int) -> tuple[Path, int]:
        """The bundle of that width, or any wider one at its place, which begins with the same; and its width."""
        full = self.folder / tile_path("entries", number, WIDTH)
        partial = full.with_name(f"{full.name}.p")
        names = [path.name for path in partial.iterdir()] if partial.is_dir() else []
        widths = sorted(int(name) for name in names if re.fullmatch("[1-9][0-9]{0,2}", name) and int(name) >= width)
        return (partial / str(widths[0]), widths[0]) if widths else (full, WIDTH)

    def check_tiles(self, levels: list[list[bytes]]) -> Iterator[str]:
        """Tile and bundle files that differ from the hashes that the entries lead to, and files that are none.

        A file wholly behind the newest checkpoint is not compared: a log writes its tiles before it signs.
        """
        for name in self._tile_files():
            match = _TILE.fullmatch(name)
            if not match or int(match[3] or 1) >= WIDTH:
                yield f"{name} is no tile"
                continue
            number, width = int(match[2].replace("x", "").replace("/", "")), int(match[3] or WIDTH)
            hashes = levels[0] if match[1] == "entries" else dict(enumerate(levels)).get(int(match[1]), [])
            wanted = hashes[number * WIDTH : number * WIDTH + width]
            if not wanted or self.folder / name in self._read_bundles:
                continue
            found = self._hashes(name, is_bundle=match[1] == "entries")
            if found[: len(wanted)] != wanted or len(found) != width:
                yield f"{name}: it does not fit the entries"
        for level, hashes in enumerate(levels):
            for number in range(-(-len(hashes) // WIDTH)):
                width = min(WIDTH, len(hashes) - number * WIDTH)
                if not any((self.folder / tile_path(str(level), number, wide)).is_file() for wide in (width, WIDTH)):
                    yield f"{tile_path(str(level), number, width)} is missing"

    def _hashes(self, name: str, *, is_bundle: bool) -> list[bytes]:
        try:
            if is_bundle:
                return [leaf_hash(entry) for entry in framed(read_file(self.folder / name, BUNDLE_BYTES_MAX), name)]
            content = read_file(self.folder / name, WIDTH * HASH_BYTES)
        except (InvalidError, UnreadableError):
            return []
        return [content[i : i + HASH_BYTES] for i in range(0, len(content), HASH_BYTES)]

    def _tile_files(self) -> Iterator[str]:
        for place, folders, names in os.walk(self.folder / "tile"):
            folders.sort()
            for name in sorted(names):
                yield Path(place, name).relative_to(self.folder).as_posix()


def framed(content: bytes, what: str) -> list[bytes]:
    """Items each behind their length in two bytes, big end first."""
    items, place, end = [], 0, len(content)
    while place + 2 <= end:
        begin = place + 2
        place = begin + (content[place] << 8 | content[place + 1])
        items.append(content[begin:place])
    if place != end:
        raise fail(f"{what} ends inside an item")
    return items


class Tree:
    """Leaf hashes of a log being read, and the tile levels above them.

    Attributes:
        levels: leaf hashes, the roots of full tiles of them, the roots of full tiles of those, and so on.
    """

    def __init__(self) -> None:
        """Begins empty."""
        self.levels: list[list[bytes]] = [[]]

    def push(self, entries: list[bytes]) -> list[bytes]:
        """Adds the entries of a bundle; returns their leaf hashes."""
        leaves = [leaf_hash(entry) for entry in entries]
        self.levels[0] += leaves
        level = 0
        while len(leaves) == WIDTH and not len(self.levels[level]) % WIDTH:
            if level + 1 == len(self.levels):
                self.levels.append([])
            self.levels[level + 1].append(fold(self.levels[level][-WIDTH:]))
            level += 1
        return leaves

    @property
    def size(self) -> int:
        """Entries so far."""
        return len(self.levels[0])

    def root(self) -> bytes:
        """The root over the entries so far."""
        return self.roots({self.size})[self.size]

    def roots(self, sizes: Iterable[int]) -> dict[int, bytes]:
        """The roots at those of the sizes that the tree has reached."""
        leaves, full = self.levels[0], [*self.levels, []][1]
        found: dict[int, bytes] = {}
        above = Peaks()
        for number, wanted in groupby(sorted({n for n in sizes if 0 <= n <= self.size}), key=lambda n: n // WIDTH):
            for root in full[above.size : number]:
                above.push(root)
            tile = Peaks()
            for size in wanted:
                for leaf in leaves[number * WIDTH + tile.size : size]:
                    tile.push(leaf)
                found[size] = above.root(tile.root()) if tile.size else above.root()
        return found


def tree_of(folder: LogFolder, size: int) -> Tree:
    """The tree of the first `size` entries; of fewer where the folder has fewer."""
    tree = Tree()
    try:
        for bundle in folder.bundles(size):
            tree.push(bundle)
    except (InvalidError, UnreadableError):
        return tree
    return tree


__all__ = ["HASH_BYTES", "LogFolder", "Tree", "UnreadableError", "framed", "read_file", "tile_path", "tree_of"]
