"""The tree and its leaves, by published values and by another implementation's cases."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.errors import ContractError
from tests.schemas.vectors import vectors
from tests.stories_builder import BAG, Story
from wasteledger.domain.entry import ENTRY_BYTES_MAX, Entry, decode_entry
from wasteledger.domain.history import History
from wasteledger.domain.merkle import (
    EMPTY_ROOT,
    Frontier,
    leaf_hash,
    node_hash,
    tree_root,
)

TREE, ENTRIES = vectors("merkle"), vectors("entry")
LEAVES = [leaf_hash(bytes.fromhex(leaf)) for leaf in TREE["leaves"]]
hashes = st.lists(st.binary(min_size=32, max_size=32), min_size=1, max_size=40)


def test_published_roots_at_every_size() -> None:
    assert [tree_root(LEAVES[:size]).hex() for size in range(len(LEAVES) + 1)] == TREE["roots"]
    assert EMPTY_ROOT.hex() == TREE["roots"][0]


def _plain_root(leaves: list[bytes]) -> bytes:
    """RFC 6962 section 2.1 word for word."""
    if len(leaves) <= 1:
        return leaves[0] if leaves else EMPTY_ROOT
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return node_hash(_plain_root(leaves[:split]), _plain_root(leaves[split:]))


@given(leaves=hashes)
def test_the_frontier_makes_the_root_of_the_definition(leaves: list[bytes]) -> None:
    assert tree_root(leaves) == _plain_root(leaves)


@given(leaves=hashes, cut=st.integers(0, 40))
def test_a_frontier_taken_up_again_goes_on(leaves: list[bytes], cut: int) -> None:
    frontier = Frontier()
    for leaf in leaves[:cut]:
        frontier.append(leaf)
    again = Frontier(frontier.size, frontier.subtrees)
    for leaf in leaves[cut:]:
        again.append(leaf)
    assert again.root() == tree_root(leaves)


def test_a_frontier_that_does_not_fit_its_size() -> None:
    for size, subtrees in ((1, []), (2, [b"x" * 32] * 2), (1, [b"short"])):
        with pytest.raises(ContractError):
            Frontier(size, subtrees)


@pytest.mark.parametrize("case", ENTRIES["entries"])
def test_golden_entries(case: dict[str, Any]) -> None:
    entry = Entry(case["class"], case["received_ms"], case["node"], case["note"].encode())
    assert leaf_hash(entry.encode()).hex() == case["leaf_hash"]
    assert decode_entry(entry.encode()) == entry


@pytest.mark.parametrize("text", ENTRIES["wrong"])
def test_bytes_that_are_no_entry(text: str) -> None:
    with pytest.raises(ContractError, match="fsck"):
        decode_entry(text.encode())


def test_an_entry_too_long_is_neither_written_nor_read() -> None:
    with pytest.raises(ContractError):
        Entry("event", 1, "node1", b"x" * ENTRY_BYTES_MAX).encode()
    with pytest.raises(ContractError):
        decode_entry(b"wasteledger-entry/v1\nevent 1 node1\n\n" + b"x" * ENTRY_BYTES_MAX)


def test_an_entry_that_can_not_be_read_is_met_again_and_never_passed_over() -> None:
    story = Story()
    story.seal(BAG)
    history = History()
    history.add(story.entries[0])
    damaged = story.entries[1].replace(b'"kind":"enrolled"', b'"kynd":"enrolled"')
    assert damaged != story.entries[1]
    for _ in range(2):
        with pytest.raises(ContractError):
            history.add(damaged)
        assert history.size == 1
    history.add(story.entries[1])
    assert history.size == 2
