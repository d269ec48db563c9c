"""Small logs and device chains whose every byte was put together by hand (tests/make_log_vectors.py)."""

import hashlib
from typing import Any

import pytest

from schemas.canonical import encode_base64
from schemas.errors import NoteError, SignatureError
from schemas.events import parse_event
from schemas.signing import DeviceKey, parse_note, sign_event, verify_note
from tests.schemas.vectors import vectors
from wasteledger.domain.checkpoint import Checkpoint, sign_checkpoint
from wasteledger.domain.entry import decode_entry
from wasteledger.domain.merkle import leaf_hash, tree_root, verify_consistency, verify_inclusion
from wasteledger.domain.note import COSIGNATURE, NoteKey, with_signatures
from wasteledger.domain.policy import parse_policy
from wasteledger.domain.tiles import (
    Tile,
    TileBuilder,
    consistency_proof,
    encode_bundle,
    inclusion_proof,
    parse_path,
    root_at,
    tiles_between,
)
from wasteledger.domain.tlog_proof import TlogProof, parse_tlog_proof, verify_tlog_proof

LOG, CHAINS = vectors("log"), vectors("device_chains")
KEY = NoteKey(LOG["origin"], bytes.fromhex(LOG["log"]["seed"]))
WITNESS = NoteKey(LOG["witness"]["name"], bytes.fromhex(LOG["witness"]["seed"]), algorithm=COSIGNATURE)
POLICY = parse_policy(LOG["policy"])
each_log = pytest.mark.parametrize("case", LOG["logs"], ids=lambda case: f"size {case['size']}")


def entries(size: int) -> list[bytes]:
    return [f"entry {number}".encode() for number in range(size)]


def tiles(size: int) -> dict[Tile, bytes]:
    """Hash tiles as the builder makes them."""
    builder = TileBuilder(0, {}.__getitem__)
    for entry in entries(size):
        builder.append(leaf_hash(entry))
    return dict(builder.take_full()) | dict(builder.take_partial())


def content(case: dict[str, Any], proof: dict[str, Any]) -> bytes:
    whole: str = proof["head"] + case["checkpoint"] + case["cosignature"]
    assert hashlib.sha256(whole.encode()).hexdigest() == proof["sha256"]
    return whole.encode()


def test_keys_have_the_spelling_of_the_standard() -> None:
    assert (KEY.verifier.text, WITNESS.verifier.text) == (LOG["log"]["vkey"], LOG["witness"]["vkey"])


@each_log
def test_roots_and_notes_are_those_made_by_hand(case: dict[str, Any]) -> None:
    checkpoint = Checkpoint(
        LOG["origin"], case["size"], tree_root([leaf_hash(entry) for entry in entries(case["size"])])
    )
    assert checkpoint.root.hex() == case["root"]
    note = sign_checkpoint(checkpoint, KEY)
    assert note.decode() == case["checkpoint"]
    cosignature = WITNESS.cosign(checkpoint.text, time_s=case["time_s"])
    assert cosignature.line.decode() == case["cosignature"]
    accepted = POLICY.accept(with_signatures(note, [cosignature]))
    assert (accepted.checkpoint, accepted.cosigned_at_s) == (checkpoint, {"w1": case["time_s"]})
    with pytest.raises(NoteError, match="quorum"):
        POLICY.accept(note)


@each_log
def test_tiles_are_those_made_by_hand(case: dict[str, Any]) -> None:
    made = tiles(case["size"])
    assert set(made) == set(tiles_between(0, case["size"]))
    for path in filter(lambda path: path.startswith("tile/entries/"), case["tiles"]):
        bundle = parse_path(path)
        made[bundle] = encode_bundle(entries(case["size"])[256 * bundle.number : 256 * bundle.number + bundle.width])
    assert {tile.path: hashlib.sha256(made[tile]).hexdigest() for tile in made} == {
        path: tile["sha256"] for path, tile in case["tiles"].items()
    }
    assert all(made[parse_path(path)].hex() == tile["hex"] for path, tile in case["tiles"].items() if "hex" in tile)


@each_log
def test_inclusion_proofs_are_those_made_by_hand(case: dict[str, Any]) -> None:
    size, read = case["size"], tiles(case["size"]).__getitem__
    assert root_at(size, read).hex() == case["root"]
    for wanted in case["proofs"]:
        whole, index = content(case, wanted), wanted["index"]
        hashes = inclusion_proof(index, size=size, read=read)
        note = (case["checkpoint"] + case["cosignature"]).encode()
        assert TlogProof(index, tuple(hashes), note).encode() == whole
        proof, leaf = parse_tlog_proof(whole), leaf_hash(f"entry {index}".encode())
        assert verify_tlog_proof(proof, leaf=leaf, policy=POLICY).checkpoint.size == size
        other = leaf_hash(f"entry {index + 1}".encode())
        assert not verify_inclusion(index=index, size=size, leaf=other, proof=hashes, root=bytes.fromhex(case["root"]))


@each_log
def test_consistency_proofs_are_those_made_by_hand(case: dict[str, Any]) -> None:
    size, read = case["size"], tiles(case["size"]).__getitem__
    for older in case["consistency"]:
        proof = consistency_proof(size1=older["size"], size2=size, read=read)
        assert [part.hex() for part in proof] == older["hashes"]
        root1 = tree_root([leaf_hash(entry) for entry in entries(older["size"])])
        root2 = bytes.fromhex(case["root"])
        assert verify_consistency(size1=older["size"], size2=size, root1=root1, root2=root2, proof=proof)


def test_the_vectors_reach_both_sides_of_a_full_tile() -> None:
    assert [case["size"] for case in LOG["logs"]] == [0, 1, 2, 3, 5, 257]
    assert {"tile/0/000", "tile/0/001.p/1", "tile/1/000.p/1"} <= set(LOG["logs"][-1]["tiles"])


DEVICE = CHAINS["devices"][1]
PUBLIC_KEY = DeviceKey(bytes.fromhex(DEVICE["seed"])).public_key
#: What an event that counts says: its number, its own id, the one before.
Link = tuple[int, str, str]


def read_link(note: bytes) -> Link | str:
    """The link of an event that counts; the word for it where it does not."""
    parsed = parse_note(note)
    if parsed.origin != CHAINS["origin"]:
        return "origin"
    try:
        verify_note(parsed, PUBLIC_KEY)
    except SignatureError:
        return "signature"
    event = parse_event(parsed.payload())
    if event.device_id != parsed.device_id:
        return "signature"
    return event.device_seq, encode_base64(parsed.event_id), event.device_prev


def findings(notes: list[bytes]) -> set[str]:
    """The rule of the vectors, told as plainly as it can be."""
    read = [read_link(note) for note in notes]
    links = sorted(link for link in read if isinstance(link, tuple))
    words = {word for word in read if isinstance(word, str)}
    numbers = [number for number, _, _ in links]
    if set(numbers) != set(range(max(numbers, default=-1) + 1)):
        words.add("hole")
    if len(set(numbers)) < len(numbers):
        words.add("fork")
    ids = {number: {event_id for at, event_id, _ in links if at == number} for number in numbers}
    ids[-1] = {CHAINS["enrolments"][1]["leaf_hash"]}
    if any(previous not in ids[number - 1] for number, _, previous in links if number - 1 in ids):
        words.add("prev")
    return words


@pytest.mark.parametrize("case", CHAINS["cases"], ids=lambda case: case["why"])
def test_what_is_wrong_with_a_chain(case: dict[str, Any]) -> None:
    assert findings([CHAINS["notes"][name].encode() for name in case["notes"]]) == set(case["findings"])


def test_every_kind_of_wrong_is_among_the_chains() -> None:
    words = {word for case in CHAINS["cases"] for word in case["findings"]}
    assert words == {"hole", "fork", "prev", "origin", "signature"}
    assert {name for case in CHAINS["cases"] for name in case["notes"]} == set(CHAINS["notes"])


def test_enrolments_are_entries_and_root_the_chains() -> None:
    for case, device in zip(CHAINS["enrolments"], CHAINS["devices"], strict=True):
        entry = decode_entry(case["entry"].encode())
        assert encode_base64(leaf_hash(entry.encode())) == case["leaf_hash"]
        event = parse_event(parse_note(entry.note).payload())
        assert (event.kind, event.device, event.public_key) == ("enrolled", device["device_id"], device["public_key"])
        office = DeviceKey(bytes.fromhex(CHAINS["devices"][0]["seed"]))
        verify_note(parse_note(entry.note), office.public_key)


def test_our_device_signs_the_same_bytes() -> None:
    key = DeviceKey(bytes.fromhex(DEVICE["seed"]))
    assert (key.device_id, encode_base64(key.public_key)) == (DEVICE["device_id"], DEVICE["public_key"])
    for number in range(4):
        wanted = CHAINS["notes"][f"event {number}"].encode()
        assert sign_event(key, origin=CHAINS["origin"], payload=parse_note(wanted).payload()) == wanted
