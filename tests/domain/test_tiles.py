"""Tiles, and the proofs made from them, beside the definitions of RFC 6962 and another implementation's cases."""

import json
from base64 import b64decode
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.errors import ContractError
from tests.conftest import SHARED_VECTORS
from tests.domain.trees import Tree, plain_consistency, plain_path, plain_root
from wasteledger.domain.merkle import EMPTY_ROOT, tree_root, verify_consistency, verify_inclusion
from wasteledger.domain.tiles import (
    Tile,
    TileBuilder,
    consistency_proof,
    decode_bundle,
    encode_bundle,
    frontier_at,
    inclusion_proof,
    parse_path,
    root_at,
    tiles_between,
)

BORDERS = (255, 256, 257, 511, 512, 513, 65_535, 65_536, 65_537)
#: The one case of another implementation whose hashes are words and not 32 bytes: strict readers refuse it.
WORDS_AS_ROOTS = "sizes are equal (one) and proof is empty"


@pytest.fixture(scope="module")
def small() -> Tree:
    return Tree(70)


@pytest.fixture(scope="module")
def large() -> Tree:
    return Tree(65_800)


def test_every_inclusion_proof_of_small_trees_is_the_definitions(small: Tree) -> None:
    for size in range(1, 71):
        leaves = tuple(small.leaves[:size])
        root = plain_root(leaves)
        assert root_at(size, small.read) == root
        for index in range(size):
            proof = inclusion_proof(index, size=size, read=small.read)
            assert proof == plain_path(index, leaves)
            assert verify_inclusion(index=index, size=size, leaf=leaves[index], proof=proof, root=root)


def test_every_consistency_proof_of_small_trees_is_the_definitions(small: Tree) -> None:
    roots = [EMPTY_ROOT, *(plain_root(tuple(small.leaves[:size])) for size in range(1, 71))]
    for size2 in range(1, 71):
        for size1 in range(1, size2 + 1):
            proof = consistency_proof(size1=size1, size2=size2, read=small.read)
            assert proof == plain_consistency(size1, tuple(small.leaves[:size2]))
            sizes = {"size1": size1, "size2": size2}
            assert verify_consistency(**sizes, root1=roots[size1], root2=roots[size2], proof=proof)
            if size1 < size2:
                assert not verify_consistency(**sizes, root1=roots[size1 - 1], root2=roots[size2], proof=proof)
                assert not verify_consistency(**sizes, root1=roots[size1], root2=roots[size2 - 1], proof=proof)


@pytest.mark.parametrize("size", BORDERS)
def test_proofs_where_tiles_end(large: Tree, size: int) -> None:
    root = tree_root(large.leaves[:size])
    assert root_at(size, large.read) == frontier_at(size, large.read).root() == root
    for index in {0, 255, 256, size // 2, size - 2, size - 1} & set(range(size)):
        proof = inclusion_proof(index, size=size, read=large.read)
        assert verify_inclusion(index=index, size=size, leaf=large.leaves[index], proof=proof, root=root)
    for size1 in {1, 255, 256, 257, size // 3, size - 1, size} & set(range(1, size + 1)):
        proof = consistency_proof(size1=size1, size2=size, read=large.read)
        old = tree_root(large.leaves[:size1])
        assert verify_consistency(size1=size1, size2=size, root1=old, root2=root, proof=proof)


def test_a_proof_takes_a_handful_of_tiles(large: Tree) -> None:
    large.reads = 0
    inclusion_proof(40_000, size=65_800, read=large.read)
    assert large.reads <= 5
    large.reads = 0
    consistency_proof(size1=33_333, size2=65_800, read=large.read)
    assert large.reads <= 6


@given(data=st.data())
def test_a_proof_proves_its_leaf_at_its_place_and_nothing_else(small: Tree, data: st.DataObject) -> None:
    size = data.draw(st.integers(1, 70))
    index = data.draw(st.integers(0, size - 1))
    root, leaf, proof = (
        root_at(size, small.read), small.leaves[index], inclusion_proof(index, size=size, read=small.read)
    )  # fmt: skip
    good: dict[str, Any] = {"index": index, "size": size, "leaf": leaf, "proof": proof, "root": root}
    wrong = [
        {"leaf": b"\xff" * 32}, {"proof": [*proof, leaf]}, {"root": leaf[::-1]}, {"index": size}, {"index": -1},
        {"index": index ^ 1} if size > 1 else {"size": 0}, {"proof": proof[:-1]} if proof else {"size": 2},
        {"proof": [part[:-1] for part in proof]} if proof else {"leaf": leaf[:-1]},
    ]  # fmt: skip
    assert verify_inclusion(**good)
    assert not any(verify_inclusion(**(good | change)) for change in wrong)


def test_no_proof_of_what_is_not_there(small: Tree) -> None:
    for index in (-1, 70):
        with pytest.raises(ContractError):
            inclusion_proof(index, size=70, read=small.read)
    for size1, size2 in ((5, 4), (-1, 4)):
        with pytest.raises(ContractError):
            consistency_proof(size1=size1, size2=size2, read=small.read)


def test_a_tile_that_is_too_short_is_named(small: Tree) -> None:
    with pytest.raises(ContractError, match=r"tile/0/000\.p/70"):
        inclusion_proof(3, size=70, read=lambda tile: small.read(tile)[:-1])


def test_tiles_are_not_grown_from_one_that_is_a_hash_short(small: Tree) -> None:
    with pytest.raises(ContractError, match=r"tile/0/000\.p/70"):
        TileBuilder(70, lambda tile: small.read(tile)[:-32])


@given(cuts=st.lists(st.integers(0, 1200), max_size=6))
def test_tiles_grown_in_any_steps_are_the_same(cuts: list[int]) -> None:
    whole, size = Tree(1200), 0
    stored: dict[Tile, bytes] = {}
    for cut in [*sorted(cuts), 1200]:
        builder = TileBuilder(size, stored.__getitem__)
        for leaf in whole.leaves[size:cut]:
            builder.append(leaf)
        fresh = dict(builder.take_full()) | dict(builder.take_partial())
        assert set(fresh) == set(tiles_between(size, cut))
        stored |= fresh
        size = cut
    assert whole.tiles.items() <= stored.items()


PATHS = {
    Tile(0, 0, 1): "tile/0/000.p/1",
    Tile(0, 5): "tile/0/005",
    Tile(1, 1234, 255): "tile/1/x001/234.p/255",
    Tile(0, 1_234_067): "tile/0/x001/x234/067",
    Tile(63, 0): "tile/63/000",
    Tile(-1, 1000, 7): "tile/entries/x001/000.p/7",
}


@pytest.mark.parametrize(("tile", "path"), PATHS.items())
def test_paths_are_those_of_tlog_tiles(tile: Tile, path: str) -> None:
    assert tile.path == path
    assert parse_path(path) == tile


@pytest.mark.parametrize(
    "path",
    [
        "", "tile/0", "tile/0/0", "tile/0/5", "tile/00/005", "tile/64/000", "tile/-1/000", "tile/0/x000/005", "tile/0/001/234",
        "tile/0/005.p/0", "tile/0/005.p/256", "tile/0/005.p/01", "tile/0/005.p/", "tile/0/005/", "/tile/0/005", "tile/0/005\n",
        "tile/0/٠٠٥", "tile/0/../005", "tile/entries/x1/234", "tile/0/+05", "tile/0/0_5", "tile/0/" + "x001/" * 7 + "000",
    ],
)  # fmt: skip
def test_a_path_has_one_spelling(path: str) -> None:
    with pytest.raises(ContractError, match="tile"):
        parse_path(path)


@given(entries=st.lists(st.binary(max_size=300), max_size=20), cut=st.integers(1, 3))
def test_bundles_come_back_and_never_end_inside_an_entry(entries: list[bytes], cut: int) -> None:
    content = encode_bundle(entries)
    assert decode_bundle(content) == entries
    if content and len(entries[-1]) >= cut:
        with pytest.raises(ContractError, match="inside"):
            decode_bundle(content[:-cut])


def _foreign(folder: str) -> list[dict[str, Any]]:
    place = SHARED_VECTORS / "merkle" / folder
    if not place.is_dir():
        pytest.skip("the vectors of transparency-dev/merkle are not beside this clone")
    return [json.loads(path.read_text(encoding="utf-8")) for path in sorted(Path(place).rglob("*.json"))]


def _bytes(text: str | None) -> bytes:
    return b64decode(text or "")


def test_inclusion_cases_of_another_implementation() -> None:
    cases = _foreign("inclusion")
    assert len(cases) == 98
    for case in cases:
        root, leaf = _bytes(case["root"]), _bytes(case["leafHash"])
        proof = [_bytes(part) for part in case["proof"] or []]
        good = verify_inclusion(index=case["leafIdx"], size=case["treeSize"], leaf=leaf, proof=proof, root=root)
        assert good is not case["wantErr"], case["desc"]


def test_consistency_cases_of_another_implementation() -> None:
    cases = _foreign("consistency")
    assert len(cases) == 98
    for case in cases:
        roots = {"root1": _bytes(case["root1"]), "root2": _bytes(case["root2"])}
        proof = [_bytes(part) for part in case["proof"] or []]
        good = verify_consistency(size1=case["size1"], size2=case["size2"], **roots, proof=proof)
        if case["desc"] == WORDS_AS_ROOTS:
            assert not good
            assert not case["wantErr"]
        else:
            assert good is not case["wantErr"], case["desc"]
