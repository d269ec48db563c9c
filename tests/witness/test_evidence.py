"""What a log signed and a witness refused is kept: a fork is proof, a missing proof is a question."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from tests.witness.posts import FORK, LOG, NAME, ORIGIN, body, checkpoint_note, evidence, post
from wasteledger.domain.checkpoint import open_checkpoint
from wasteledger.domain.note import NoteKey, with_signatures
from wasteledger.witness import state
from wasteledger.witness.service import make_witness_app, open_witness


@pytest.fixture
def client(tmp_path: Path) -> Iterator[TestClient]:
    with TestClient(make_witness_app(open_witness(tmp_path, NAME, [LOG.verifier]))) as opened:
        yield opened


def roots(case: dict[str, str]) -> set[tuple[str, int, bytes]]:
    """What the log said in the two notes of a case, by the log's own signature."""
    return {tuple(open_checkpoint(case[name].encode(), LOG.verifier)[0]) for name in ("note", "against")}


@pytest.mark.parametrize("old", [0, 100, 200, 300])
def test_two_roots_for_the_newest_size_prove_a_fork(client: TestClient, old: int) -> None:
    post(client, body(0, 100))
    post(client, body(100, 200))
    for _ in range(3):
        assert post(client, body(old, 200, note=checkpoint_note(200, tree=FORK), proof=[]))[0] != 200
    (case,) = evidence(client)
    assert case["kind"] == "fork"
    assert len(roots(case)) == 2
    assert {size for _, size, _ in roots(case)} == {200}


def test_two_roots_for_an_earlier_size_prove_a_fork(client: TestClient) -> None:
    for old, size in ((0, 100), (100, 200), (200, 300)):
        post(client, body(old, size))
    assert post(client, body(0, 100, note=checkpoint_note(100, tree=FORK))) == (409, "300\n")
    (case,) = evidence(client)
    assert (case["kind"], case["size"], len(roots(case))) == ("fork", 100, 2)


def test_two_roots_that_were_both_refused_prove_a_fork(client: TestClient) -> None:
    post(client, body(0, 100))
    post(client, body(0, 200))
    post(client, body(0, 200, tree=FORK))
    kinds = [case["kind"] for case in evidence(client)]
    assert kinds == ["fork", "refused"]
    assert len(roots(evidence(client)[0])) == 2


def test_a_root_that_is_cosigned_after_another_was_shown_proves_a_fork(client: TestClient) -> None:
    """The witness does as the specification says and cosigns what continues its tree, and keeps both notes."""
    post(client, body(0, 100))
    post(client, body(0, 200, tree=FORK))
    assert post(client, body(100, 200))[0] == 200
    assert evidence(client)[0]["kind"] == "fork"
    assert len(roots(evidence(client)[0])) == 2


def test_a_larger_tree_without_a_proof_is_kept_with_the_tree_that_it_does_not_continue(client: TestClient) -> None:
    post(client, body(0, 200))
    assert post(client, body(200, 250, tree=FORK))[0] == 422
    (case,) = evidence(client)
    assert case["kind"] == "inconsistent"
    assert case["note"].encode() == checkpoint_note(250, tree=FORK)
    assert case["against"].encode().startswith(checkpoint_note(200))


def test_a_rolled_back_log_leaves_its_checkpoint_here(client: TestClient) -> None:
    post(client, body(0, 200))
    post(client, body(0, 150))
    (case,) = evidence(client)
    assert (case["kind"], case["size"]) == ("refused", 150)


def test_an_honest_log_accused_by_an_outsider_clears_itself(client: TestClient, tmp_path: Path) -> None:
    """Anybody may send an honest checkpoint with a wrong proof; the right proof makes the question go away."""
    post(client, body(0, 200))
    assert post(client, body(200, 250, proof=[b"\x00" * 32]))[0] == 422
    assert len(list((tmp_path / "evidence").iterdir())) == 1
    assert post(client, body(200, 250))[0] == 200
    assert post(client, body(0, 250, proof=[]))[0] == 409
    assert evidence(client) == []
    assert list((tmp_path / "evidence").iterdir()) == []


def test_junk_of_outsiders_takes_no_room(client: TestClient) -> None:
    """One checkpoint is one case, however many foreign signatures are put under it."""
    post(client, body(0, 100))
    for number in range(20):
        junk = NoteKey("outsider.example.org/x", bytes([number]) * 32).sign(b"junk")
        post(client, body(100, 150, note=with_signatures(checkpoint_note(150), [junk]), proof=[]))
    (case,) = evidence(client)
    assert case["note"].encode() == checkpoint_note(150)


def test_no_number_of_open_questions_keeps_a_fork_out(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(state, "EVIDENCE_MAX", 5)
    post(client, body(0, 100))
    for size in range(101, 120):
        post(client, body(100, size, proof=[]))
        post(client, body(0, 200 + size, note=checkpoint_note(200 + size, root=b"x" * 32)))
    post(client, body(100, 100, note=checkpoint_note(100, tree=FORK)))
    kinds = [case["kind"] for case in evidence(client)]
    assert kinds == ["fork"] + ["inconsistent"] * 5 + ["refused"] * 5


def test_every_case_of_weight_is_a_file_too(client: TestClient, tmp_path: Path) -> None:
    post(client, body(0, 100))
    post(client, body(100, 100, note=checkpoint_note(100, tree=FORK)))
    (case,) = evidence(client)
    (path,) = (tmp_path / "evidence").iterdir()
    assert json.loads(path.read_text(encoding="utf-8")) == case
    path.unlink()
    open_witness(tmp_path, NAME, [LOG.verifier])
    assert json.loads(path.read_text(encoding="utf-8")) == case


def test_evidence_outlives_the_process(client: TestClient, tmp_path: Path) -> None:
    post(client, body(0, 100))
    post(client, body(100, 100, note=checkpoint_note(100, tree=FORK)))
    before = evidence(client)
    with TestClient(make_witness_app(open_witness(tmp_path, NAME, [LOG.verifier]))) as again:
        assert evidence(again) == before
        assert again.get("/").json()["logs"][0] == client.get("/").json()["logs"][0]


def test_logs_are_kept_apart(tmp_path: Path) -> None:
    other = NoteKey("ledger.example.org/other", b"o" * 32)
    with TestClient(make_witness_app(open_witness(tmp_path, NAME, [LOG.verifier, other.verifier]))) as client:
        assert post(client, body(0, 100))[0] == 200
        assert post(client, body(0, 100, note=checkpoint_note(100, tree=FORK, key=other)))[0] == 200
        assert post(client, body(100, 110))[0] == 200
        assert evidence(client) == []
        sizes = {log["origin"]: log["size"] for log in client.get("/").json()["logs"]}
    assert sizes == {ORIGIN: 110, other.name: 100}
