"""A log that a witness watches, and what it posts."""

from typing import Any

import httpx
from starlette.testclient import TestClient

from schemas.canonical import encode_base64
from tests.domain.trees import Tree
from wasteledger.domain.checkpoint import Checkpoint, sign_checkpoint
from wasteledger.domain.merkle import tree_root
from wasteledger.domain.note import NoteKey, NoteSignature, VerifierKey, parse_signed_note
from wasteledger.domain.tiles import consistency_proof

ORIGIN = "ledger.example.org/watched"
NAME = "witness.example.org/w1"
LOG = NoteKey(ORIGIN, b"l" * 32)
TREE = Tree(300)
#: Another story from entry 60 on.
FORK = Tree(300, forked_at=60)


def checkpoint_note(size: int, *, tree: Tree = TREE, root: bytes | None = None, key: NoteKey = LOG) -> bytes:
    return sign_checkpoint(Checkpoint(key.name, size, root or tree_root(tree.leaves[:size])), key)


def body(
    old: int, size: int, *, tree: Tree = TREE, note: bytes | None = None, proof: list[bytes] | None = None
) -> bytes:
    if proof is None:
        proof = consistency_proof(size1=old, size2=size, read=tree.read) if old <= size else []
    lines = "".join(f"{encode_base64(part)}\n" for part in proof)
    return f"old {old}\n{lines}\n".encode() + (note or checkpoint_note(size, tree=tree))


def post(client: TestClient | httpx.Client, content: bytes) -> tuple[int, str]:
    answer = client.post("/add-checkpoint", content=content)
    return answer.status_code, answer.text


def cosignature(note: bytes, answer: str, key: VerifierKey) -> NoteSignature:
    """The witness's signature in an answer, verified over the checkpoint."""
    found = key.find(parse_signed_note(note + answer.encode()))
    assert found is not None
    return found


def evidence(client: TestClient) -> list[dict[str, Any]]:
    cases: list[dict[str, Any]] = client.get("/evidence").json()
    return cases


def cosigned_size(client: TestClient) -> int:
    size: int = client.get("/").json()["logs"][0]["size"]
    return size
