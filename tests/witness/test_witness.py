"""The regulator's witness: it cosigns what only ever grows, and keeps what contradicts it."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest
from starlette.testclient import TestClient

from schemas.canonical import encode_base64
from tests.domain.trees import Tree
from wasteledger.domain.checkpoint import Checkpoint, open_checkpoint, sign_checkpoint
from wasteledger.domain.merkle import tree_root
from wasteledger.domain.note import NoteKey, VerifierKey, cosigned_at_s, parse_signed_note
from wasteledger.domain.tiles import consistency_proof
from wasteledger.witness.service import BODY_BYTES_MAX, load_key, make_witness_app, open_witness
from wasteledger.witness.state import WitnessState

ORIGIN = "ledger.example.org/watched"
NAME = "witness.example.org/w1"
LOG = NoteKey(ORIGIN, b"l" * 32)
TREE = Tree(300)


def checkpoint_note(size: int, *, root: bytes | None = None, key: NoteKey = LOG) -> bytes:
    return sign_checkpoint(Checkpoint(key.name, size, root or tree_root(TREE.leaves[:size])), key)


def body(old: int, size: int, *, note: bytes | None = None, proof: list[bytes] | None = None) -> bytes:
    if proof is None:
        proof = consistency_proof(size1=old, size2=size, read=TREE.read) if old <= size else []
    lines = "".join(f"{encode_base64(part)}\n" for part in proof)
    return f"old {old}\n{lines}\n".encode() + (note or checkpoint_note(size))


@pytest.fixture
def client(tmp_path: Path) -> Iterator[TestClient]:
    with TestClient(make_witness_app(open_witness(tmp_path, NAME, [LOG.verifier]))) as opened:
        yield opened


def post(client: TestClient | httpx.Client, content: bytes) -> tuple[int, str]:
    answer = client.post("/add-checkpoint", content=content)
    return answer.status_code, answer.text


def cosigned(client: TestClient | httpx.Client, old: int, size: int, key: VerifierKey) -> int:
    """Posts a growth and returns the time in the cosignature."""
    status, text = post(client, body(old, size))
    assert status == 200, text
    signature = key.find(parse_signed_note(checkpoint_note(size) + text.encode()))
    assert signature is not None
    return cosigned_at_s(signature)


def test_a_log_that_grows_is_cosigned(client: TestClient, tmp_path: Path) -> None:
    key = load_key(tmp_path, NAME).verifier
    times = [cosigned(client, old, size, key) for old, size in ((0, 1), (1, 5), (5, 5), (5, 257), (257, 300))]
    assert times == sorted(times)
    assert client.get("/").json()["logs"][0]["size"] == 300
    assert client.get("/evidence").json() == []


def test_a_log_that_stands_elsewhere_is_told_where(client: TestClient) -> None:
    post(client, body(0, 100))
    for old in (0, 50, 99):
        answer = client.post("/add-checkpoint", content=body(old, 120))
        assert (answer.status_code, answer.text) == (409, "100\n")
        assert answer.headers["content-type"].startswith("text/x.tlog.size")
    assert post(client, body(100, 120))[0] == 200


def test_a_rolled_back_log_is_not_cosigned(client: TestClient) -> None:
    """Attacks 1 and 2: whatever the operator restored, the witness has seen more."""
    post(client, body(0, 200))
    assert post(client, body(0, 150)) == (409, "200\n")
    assert post(client, body(200, 150, proof=[]))[0] == 400
    assert client.get("/").json()["logs"][0]["size"] == 200


OTHER = tree_root(TREE.leaves[1:201])


@pytest.mark.parametrize(
    ("request_body", "status"),
    [
        (body(200, 200, note=checkpoint_note(200, root=OTHER)), 409),
        (body(200, 250, note=checkpoint_note(250, root=OTHER)), 422),
        (body(200, 250, proof=[b"\x00" * 32]), 422),
        (body(200, 250, proof=[]), 422),
    ],
)
def test_a_contradiction_is_refused_and_kept_with_both_notes(
    client: TestClient, request_body: bytes, status: int
) -> None:
    post(client, body(0, 200))
    for _ in range(3):
        assert post(client, request_body)[0] == status
    evidence = client.get("/evidence").json()
    assert len(evidence) == 1
    assert evidence[0]["note"].encode() == request_body.partition(b"\n\n")[2]
    assert evidence[0]["against"].encode() == checkpoint_note(200)
    for note in (evidence[0]["note"], evidence[0]["against"]):
        open_checkpoint(note.encode(), LOG.verifier)
    assert client.get("/").json()["logs"][0]["size"] == 200


def test_a_fork_at_the_cosigned_size_is_kept_whatever_old_size_it_came_with(client: TestClient) -> None:
    post(client, body(0, 200))
    assert post(client, body(0, 200, note=checkpoint_note(200, root=OTHER))) == (409, "200\n")
    assert len(client.get("/evidence").json()) == 1


def test_a_foreign_log_and_a_foreign_key_are_told_apart(client: TestClient) -> None:
    stranger = NoteKey("ledger.example.org/stranger", b"s" * 32)
    thief = NoteKey(ORIGIN, b"t" * 32)
    assert post(client, body(0, 5, note=checkpoint_note(5, key=stranger)))[0] == 404
    assert post(client, body(0, 5, note=checkpoint_note(5, key=thief)))[0] == 403
    assert client.get("/evidence").json() == []


@pytest.mark.parametrize(
    "content",
    [
        b"", b"old 0\n", b"old 0\n\n", b"new 0\n\n" + checkpoint_note(5), b"old 00\n\n" + checkpoint_note(5),
        b"old +0\n\n" + checkpoint_note(5), b"old 0_0\n\n" + checkpoint_note(5), b"old  0\n\n" + checkpoint_note(5),
        b"old 0\nAAAA\n\n" + checkpoint_note(5), b"old 0\n" + b"A" * 43 + b"=\n" * 64 + b"\n" + checkpoint_note(5),
        b"old 6\n\n" + checkpoint_note(5), b"old 0\n\n" + checkpoint_note(5)[:-1], b"\xff\n\n" + checkpoint_note(5),
    ],
)  # fmt: skip
def test_a_malformed_request_is_a_bad_request(client: TestClient, content: bytes) -> None:
    assert post(client, content)[0] == 400
    assert client.get("/").json()["logs"][0]["size"] == 0


def test_a_request_without_end_is_cut_off(client: TestClient) -> None:
    assert post(client, b"old 0\n" * (BODY_BYTES_MAX // 6 + 1))[0] == 413


def test_fifty_at_once_leave_one_chain(client: TestClient, tmp_path: Path) -> None:
    """Half of them want another tree: the race of the specification can not roll the witness back."""
    fork = Tree(300)
    fork.leaves.reverse()
    bodies = [
        body(0, size, note=checkpoint_note(size, root=None if size % 2 else tree_root(fork.leaves[:size])))
        for size in range(101, 151)
    ]
    with ThreadPoolExecutor(10) as pool:
        statuses = list(pool.map(lambda content: post(client, content)[0], bodies))
    assert sorted(set(statuses)) == [200, 409]
    assert statuses.count(200) == 1
    given = WitnessState(tmp_path / "witness.db").given(ORIGIN)
    assert len(given) == 1


def test_a_witness_restored_from_an_old_backup_is_betrayed_by_its_own_cosignatures(tmp_path: Path) -> None:
    """Attack 21: the log keeps every cosignature; one that the witness's memory does not hold shows the restore."""
    service = open_witness(tmp_path, NAME, [LOG.verifier])
    kept = [service.add_checkpoint(body(old, size)).body for old, size in ((0, 50), (50, 100))]
    (tmp_path / "witness.db").unlink()
    for suffix in ("-wal", "-shm"):
        (tmp_path / f"witness.db{suffix}").unlink(missing_ok=True)
    restored = open_witness(tmp_path, NAME, [LOG.verifier])
    remembered = {size for size, _, _ in restored.state.given(ORIGIN)}
    signed = {
        size
        for size, line in zip((50, 100), kept, strict=True)
        if restored.key.verifier.find(parse_signed_note(checkpoint_note(size) + line.encode()))
    }
    assert signed - remembered == {50, 100}


def test_the_cosignature_leaves_after_the_memory_is_durable(tmp_path: Path) -> None:
    """kill -9 right behind an answer: what was cosigned is known to the next process."""
    command = [Path(sys.executable).with_name("wasteledger"), "witness", "--dir", tmp_path, "--name", NAME]
    port = _free_port()
    arguments = [*map(str, command), "--log", LOG.verifier.text, "--port", str(port)]
    size = 0
    for following in (40, 90, 300):
        process = subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True)
        try:
            assert process.stdout is not None
            key = VerifierKey.parse(process.stdout.readline().strip())
            with httpx.Client(base_url=f"http://127.0.0.1:{port}", transport=httpx.HTTPTransport(retries=20)) as client:
                assert post(client, body(max(size - 1, 0), following))[0] == (409 if size else 200)
                if size:
                    cosigned(client, size, following, key)
        finally:
            os.kill(process.pid, signal.SIGKILL)
            process.communicate()
        size = following


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def test_a_damaged_state_is_said_clearly_and_nothing_is_cosigned(tmp_path: Path) -> None:
    service = open_witness(tmp_path, NAME, [LOG.verifier])
    service.add_checkpoint(body(0, 50))
    for suffix in ("-wal", "-shm"):
        (tmp_path / f"witness.db{suffix}").unlink(missing_ok=True)
    (tmp_path / "witness.db").write_bytes(b"no database at all" * 1000)
    with TestClient(make_witness_app(service)) as client:
        status, text = post(client, body(50, 60))
    assert status == 503
    assert "nothing is cosigned" in text
