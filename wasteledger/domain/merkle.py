"""The Merkle tree of RFC 6962 section 2.1: leaf hash, root, and the checks of inclusion and consistency proofs.

A `Frontier` is all that an appender needs to keep: the roots of the perfect subtrees that make up the tree, left to right.
Proofs are made from tiles (`tiles.py`).
"""

import hashlib
from collections.abc import Sequence

from schemas.errors import ContractError

EMPTY_ROOT = hashlib.sha256(b"").digest()
HASH_BYTES = 32


def leaf_hash(entry: bytes) -> bytes:
    """SHA-256(0x00 ‖ entry)."""
    return hashlib.sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """SHA-256(0x01 ‖ left ‖ right)."""
    return hashlib.sha256(b"\x01" + left + right).digest()


class Frontier:
    """A tree that can only grow, in O(log n) memory."""

    def __init__(self, size: int = 0, subtrees: Sequence[bytes] = ()) -> None:
        """Takes up a tree of `size` leaves; one subtree root for each one-bit of `size`, largest first.

        Raises:
            ContractError: the number of subtrees does not fit the size.
        """
        if len(subtrees) != size.bit_count() or any(len(subtree) != HASH_BYTES for subtree in subtrees):
            message = f"a tree of {size} leaves has {size.bit_count()} subtrees of {HASH_BYTES} bytes"
            raise ContractError(message)
        self.size = size
        self.subtrees = list(subtrees)

    def append(self, leaf: bytes) -> None:
        """Adds one leaf hash."""
        merged, carry = leaf, self.size
        while carry & 1:
            merged = node_hash(self.subtrees.pop(), merged)
            carry >>= 1
        self.subtrees.append(merged)
        self.size += 1

    def root(self) -> bytes:
        """The root over everything appended."""
        if not self.subtrees:
            return EMPTY_ROOT
        root = self.subtrees[-1]
        for subtree in reversed(self.subtrees[:-1]):
            root = node_hash(subtree, root)
        return root


def tree_root(leaves: Sequence[bytes]) -> bytes:
    """The root over leaf hashes."""
    frontier = Frontier()
    for leaf in leaves:
        frontier.append(leaf)
    return frontier.root()


def verify_inclusion(*, index: int, size: int, leaf: bytes, proof: Sequence[bytes], root: bytes) -> bool:
    """Whether `proof` shows that `leaf` stands at `index` of the tree of `size` leaves under `root` (RFC 9162 2.1.3.2)."""
    if not 0 <= index < size or any(len(part) != HASH_BYTES for part in (leaf, root, *proof)):
        return False
    first, second, computed = index, size - 1, leaf
    for sibling in proof:
        if second == 0:
            return False
        if first & 1 or first == second:
            computed = node_hash(sibling, computed)
            while not first & 1 and first:
                first, second = first >> 1, second >> 1
        else:
            computed = node_hash(computed, sibling)
        first, second = first >> 1, second >> 1
    return second == 0 and computed == root


def verify_consistency(*, size1: int, size2: int, root1: bytes, root2: bytes, proof: Sequence[bytes]) -> bool:
    """Whether `proof` shows that the tree of `size1` is the beginning of the one of `size2` (RFC 9162 2.1.4.2)."""
    if not 0 <= size1 <= size2 or any(len(part) != HASH_BYTES for part in (root1, root2, *proof)):
        return False
    if size1 == size2:
        return not proof and root1 == root2
    if size1 == 0:
        return not proof and root1 == EMPTY_ROOT
    path = list(proof) if size1 & (size1 - 1) else [root1, *proof]
    if not path:
        return False
    first, second = size1 - 1, size2 - 1
    while first & 1:
        first, second = first >> 1, second >> 1
    old = new = path[0]
    for sibling in path[1:]:
        if second == 0:
            return False
        if first & 1 or first == second:
            old, new = node_hash(sibling, old), node_hash(sibling, new)
            while not first & 1 and first:
                first, second = first >> 1, second >> 1
        else:
            new = node_hash(new, sibling)
        first, second = first >> 1, second >> 1
    return second == 0 and old == root1 and new == root2
