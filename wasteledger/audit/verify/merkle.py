"""The Merkle tree of RFC 6962 as a verifier needs it: roots from leaves, and the checks of proofs."""

import hashlib
from collections.abc import Sequence

EMPTY_ROOT = hashlib.sha256(b"").digest()
HASH_BYTES = 32


def leaf_hash(entry: bytes) -> bytes:
    """SHA-256(0x00 ‖ entry)."""
    return hashlib.sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """SHA-256(0x01 ‖ left ‖ right)."""
    return hashlib.sha256(b"\x01" + left + right).digest()


class Peaks:
    """A growing tree as the stack of its perfect subtrees: (height, root), highest first."""

    def __init__(self) -> None:
        """Begins empty."""
        self.size = 0
        self._peaks: list[tuple[int, bytes]] = []

    def push(self, leaf: bytes) -> None:
        """Adds a leaf hash."""
        height = 0
        while self._peaks and self._peaks[-1][0] == height:
            leaf = node_hash(self._peaks.pop()[1], leaf)
            height += 1
        self._peaks.append((height, leaf))
        self.size += 1

    def root(self, right: bytes = b"") -> bytes:
        """The root over all leaves so far, and over a smaller tree that stands right of them."""
        root = right
        for _, peak in reversed(self._peaks):
            root = node_hash(peak, root) if root else peak
        return root or EMPTY_ROOT


def fold(hashes: Sequence[bytes]) -> bytes:
    """The root of a perfect tree over 1, 2, 4 … 256 hashes."""
    sha256 = hashlib.sha256
    while len(hashes) > 1:
        pairs = zip(hashes[::2], hashes[1::2], strict=True)
        hashes = [sha256(b"\x01" + left + right).digest() for left, right in pairs]
    return hashes[0]


def stands_at(index: int, *, size: int, leaf: bytes, path: Sequence[bytes], root: bytes) -> bool:
    """Whether the audit path leads from the leaf at `index` to the root of `size` leaves.

    The path is walked from the top down: at each fork the definition of RFC 6962 section 2.1.1 says on which side the leaf lies.
    """
    if not 0 <= index < size or any(len(part) != HASH_BYTES for part in (leaf, root, *path)):
        return False
    sides = []
    while size > 1:
        left = 1 << (size - 1).bit_length() - 1
        if index < left:
            sides.append("left")
            size = left
        else:
            sides.append("right")
            index, size = index - left, size - left
    if len(sides) != len(path):
        return False
    for side, sibling in zip(reversed(sides), path, strict=True):
        leaf = node_hash(leaf, sibling) if side == "left" else node_hash(sibling, leaf)
    return leaf == root
