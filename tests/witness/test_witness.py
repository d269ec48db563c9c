"""The regulator's witness speaks C2SP tlog-witness: it cosigns what only ever grows."""

import hashlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from schemas.errors import NoteError
from tests.witness.posts import (
    FORK,
    LOG,
    NAME,
    ORIGIN,
    TREE,
    body,
    checkpoint_note,
    cosignature,
    cosigned_size,
    evidence,
    post,
)
from wasteledger import clock
from wasteledger.domain.checkpoint import open_checkpoint
from wasteledger.domain.merkle import tree_root
from wasteledger.domain.note import COSIGNATURE, NoteKey, cosigned_at_s, parse_signed_note, with_signatures
from wasteledger.witness.service import BODY_BYTES_MAX, load_key, make_witness_app, open_witness
from wasteledger.witness.state import WitnessState


@pytest.fixture
def client(tmp_path: Path) -> Iterator[TestClient]:
    with TestClient(make_witness_app(open_witness(tmp_path, NAME, [LOG.verifier]))) as opened:
        yield opened


def test_a_log_that_grows_is_cosigned(client: TestClient, tmp_path: Path) -> None:
    key = load_key(tmp_path, NAME).verifier
    times = [clock.now_ms() // 1000]
    for old, size in ((0, 1), (1, 5), (5, 5), (5, 257), (257, 300)):
        status, text = post(client, body(old, size))
        assert status == 200, text
        times.append(cosigned_at_s(cosignature(checkpoint_note(size), text, key)))
        assert cosigned_size(client) == size
    assert times == sorted(times)
    assert times[-1] <= clock.now_ms() // 1000
    assert evidence(client) == []


def test_an_empty_log_may_be_cosigned(client: TestClient) -> None:
    empty = checkpoint_note(0)
    assert post(client, body(0, 0, note=empty))[0] == 200
    assert post(client, body(0, 5))[0] == 200


def test_a_log_that_stands_elsewhere_is_told_where(client: TestClient) -> None:
    post(client, body(0, 100))
    for old in (0, 50, 99, 101, 120):
        answer = client.post("/add-checkpoint", content=body(old, 120))
        assert (answer.status_code, answer.text) == (409, "100\n")
        assert answer.headers["content-type"] == "text/x.tlog.size"
    assert post(client, body(100, 120))[0] == 200


def test_a_rolled_back_log_is_not_cosigned(client: TestClient) -> None:
    """Attacks 1 and 2: whatever the operator restored, the witness has seen more."""
    post(client, body(0, 200))
    assert post(client, body(0, 150)) == (409, "200\n")
    assert post(client, body(200, 150, proof=[]))[0] == 400
    assert cosigned_size(client) == 200


UNPROVED = {
    "another root at the same size": body(200, 200, note=checkpoint_note(200, tree=FORK)),
    "a larger tree of another story": body(200, 250, tree=FORK),
    "a proof of something else": body(200, 250, proof=[b"\x00" * 32]),
    "no proof": body(200, 250, proof=[]),
    "a proof where none is needed": body(200, 200, proof=[b"\x00" * 32]),
}


@pytest.mark.parametrize("why", UNPROVED)
def test_what_does_not_continue_the_cosigned_tree_is_unprocessable(client: TestClient, why: str) -> None:
    post(client, body(0, 200))
    assert post(client, UNPROVED[why])[0] == 422
    assert cosigned_size(client) == 200


def test_a_first_checkpoint_needs_no_proof_and_may_have_none(client: TestClient) -> None:
    assert post(client, body(0, 10, proof=[b"\x00" * 32]))[0] == 422
    assert post(client, body(0, 10))[0] == 200


def test_an_empty_tree_with_a_root_is_unprocessable(client: TestClient) -> None:
    assert post(client, body(0, 0, note=checkpoint_note(0, root=tree_root(TREE.leaves))))[0] == 422


def test_a_foreign_log_and_a_foreign_key_are_told_apart(client: TestClient) -> None:
    stranger = NoteKey("ledger.example.org/stranger", b"s" * 32)
    thief = NoteKey(ORIGIN, b"t" * 32)
    wrong = with_signatures(checkpoint_note(5), [LOG.sign(b"something else")])
    assert post(client, body(0, 5, note=checkpoint_note(5, key=stranger)))[0] == 404
    assert post(client, body(0, 5, note=checkpoint_note(5, key=thief)))[0] == 403
    assert post(client, body(0, 5, note=wrong))[0] == 403
    assert evidence(client) == []
    assert cosigned_size(client) == 0


def test_signatures_of_strangers_are_passed_over(client: TestClient) -> None:
    stranger = NoteKey("ledger.example.org/stranger", b"s" * 32)
    note = with_signatures(checkpoint_note(5), [stranger.sign(b"whatever")])
    assert post(client, body(0, 5, note=note))[0] == 200


def test_a_log_that_changes_its_key_may_sign_with_either(tmp_path: Path) -> None:
    following = NoteKey(ORIGIN, b"n" * 32)
    with TestClient(make_witness_app(open_witness(tmp_path, NAME, [LOG.verifier, following.verifier]))) as client:
        assert post(client, body(0, 5))[0] == 200
        assert post(client, body(5, 9, note=checkpoint_note(9, key=following)))[0] == 200


@pytest.mark.parametrize(
    "content",
    [
        b"", b"old 0\n", b"old 0\n\n", b"new 0\n\n" + checkpoint_note(5), b"old 00\n\n" + checkpoint_note(5),
        b"old +0\n\n" + checkpoint_note(5), b"old 0_0\n\n" + checkpoint_note(5), b"old  0\n\n" + checkpoint_note(5),
        b"old 0\r\n\r\n" + checkpoint_note(5), b"old 0 \n\n" + checkpoint_note(5), "old ٠\n\n".encode() + checkpoint_note(5),
        b"old 0\nAAAA\n\n" + checkpoint_note(5), b"old 0\n" + (b"A" * 43 + b"=\n") * 64 + b"\n" + checkpoint_note(5),
        b"old 0\n" + b"A" * 42 + b"B=\n\n" + checkpoint_note(5), b"old 9223372036854775808\n\n" + checkpoint_note(5),
        b"old 6\n\n" + checkpoint_note(5), b"old 0\n\n" + checkpoint_note(5)[:-1], b"\xff\n\n" + checkpoint_note(5),
        b"old 0\n\n" + checkpoint_note(9_223_372_036_854_775_808, root=b"r" * 32),
    ],
)  # fmt: skip
def test_a_malformed_request_is_a_bad_request(client: TestClient, content: bytes) -> None:
    assert post(client, content)[0] == 400
    assert cosigned_size(client) == 0


def test_sixty_three_proof_lines_are_read(client: TestClient) -> None:
    """The most that the specification allows is not malformed, only wrong."""
    assert post(client, body(0, 5, proof=[b"\x00" * 32] * 63))[0] == 422


def test_a_request_without_end_is_cut_off(client: TestClient) -> None:
    assert post(client, b"old 0\n" * (BODY_BYTES_MAX // 6 + 1))[0] == 413


def test_monitors_find_the_newest_cosigned_checkpoint(client: TestClient, tmp_path: Path) -> None:
    address = f"/{hashlib.sha256(ORIGIN.encode()).hexdigest()}/checkpoint"
    assert client.get(address).status_code == 404
    post(client, body(0, 5))
    _, text = post(client, body(5, 9))
    answer = client.get(address)
    checkpoint, note = open_checkpoint(answer.content, LOG.verifier)
    assert (checkpoint.size, checkpoint.root) == (9, tree_root(TREE.leaves[:9]))
    assert load_key(tmp_path, NAME).verifier.find(note) == cosignature(
        checkpoint_note(9), text, load_key(tmp_path, NAME).verifier
    )
    assert client.get(f"/{'0' * 64}/checkpoint").status_code == 404


def test_fifty_different_trees_at_once_leave_one_chain(client: TestClient, tmp_path: Path) -> None:
    """Half of them tell another story: the race of the specification can not roll the witness back."""
    bodies = [body(0, size, tree=TREE if size % 2 else FORK) for size in range(101, 151)]
    with ThreadPoolExecutor(10) as pool:
        statuses = list(pool.map(lambda content: post(client, content)[0], bodies))
    assert (statuses.count(200), statuses.count(409)) == (1, 49)
    assert len(WitnessState(tmp_path / "witness.db").given(ORIGIN)) == 1


def test_fifty_identical_posts_at_once_agree(client: TestClient, tmp_path: Path) -> None:
    post(client, body(0, 100))
    with ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(lambda _: post(client, body(100, 150)), range(50)))
    assert {status for status, _ in answers} <= {200, 409}
    assert [text for status, text in answers if status == 409] == ["150\n"] * 49
    given = WitnessState(tmp_path / "witness.db").given(ORIGIN)
    assert [size for size, _, _ in given] == [100, 150]


def test_two_witnesses_on_one_folder_are_one(tmp_path: Path) -> None:
    """Started twice by mistake: each looks into the file inside its own transaction, and neither forgets the other."""
    services = [open_witness(tmp_path, NAME, [LOG.verifier]) for _ in range(2)]
    with ThreadPoolExecutor(2) as pool:
        for old, size in zip(range(100, 140), range(101, 141), strict=True):
            if old == 100:
                services[0].add_checkpoint(body(0, 100))
            posts = [pool.submit(service.add_checkpoint, body(old, size)) for service in services]
            assert sorted(answer.result().status for answer in posts) == [200, 409]
    given = open_witness(tmp_path, NAME, [LOG.verifier]).state.given(ORIGIN)
    assert [size for size, _, _ in given] == list(range(100, 141))


def test_growth_sent_by_ten_at_once_never_goes_back(client: TestClient, tmp_path: Path) -> None:
    """Everybody asks where the witness stands and continues from there, half of them with another story."""

    def push(tree_and_sizes: tuple[bool, range]) -> None:
        forked, sizes = tree_and_sizes
        for size in sizes:
            while (old := cosigned_size(client)) < size:
                if post(client, body(old, size, tree=FORK if forked else TREE))[0] != 409:
                    break

    with ThreadPoolExecutor(10) as pool:
        list(pool.map(push, [(bool(n % 2), range(50 + n, 250, 23)) for n in range(10)]))
    given = WitnessState(tmp_path / "witness.db").given(ORIGIN)
    sizes = [size for size, _, _ in given]
    assert sizes == sorted(sizes)
    assert len(sizes) > 1
    stories = [all(root == tree_root(tree.leaves[:size]) for size, root, _ in given) for tree in (TREE, FORK)]
    assert any(stories)


def test_the_time_of_cosignatures_never_runs_backwards(tmp_path: Path) -> None:
    """The newest one is of tomorrow, as after a clock that was wrong: the next is not earlier."""
    service = open_witness(tmp_path, NAME, [LOG.verifier])
    tomorrow = clock.now_ms() // 1000 + 86_400
    note = checkpoint_note(5)
    checkpoint, _ = open_checkpoint(note, LOG.verifier)
    with service.state.deciding() as decision:
        line = service.key.cosign(checkpoint.text, time_s=tomorrow).line
        decision.cosigned(checkpoint, note + line, time_s=tomorrow)
    answer = service.add_checkpoint(body(5, 9))
    assert cosigned_at_s(cosignature(checkpoint_note(9), answer.body, service.key.verifier)) == tomorrow


def test_the_key_is_made_once_and_is_the_owners_alone(tmp_path: Path) -> None:
    first = open_witness(tmp_path, NAME, [LOG.verifier]).key.verifier
    assert load_key(tmp_path, NAME).verifier == first
    assert (tmp_path / "witness.key").stat().st_mode & 0o777 == 0o600
    answer = open_witness(tmp_path, NAME, [LOG.verifier]).add_checkpoint(body(0, 5))
    assert first.find(parse_signed_note(checkpoint_note(5) + answer.body.encode())) is not None


@pytest.mark.parametrize(
    "name", ["", "two words", "with+plus", "no-slash", "Witness.example.org/W1", "w.example.org/1\n"]
)
def test_a_name_that_no_signature_line_can_carry_makes_no_key(tmp_path: Path, name: str) -> None:
    with pytest.raises(NoteError, match="schema-less address"):
        load_key(tmp_path, name)
    assert list(tmp_path.iterdir()) == []


def test_the_key_of_a_witness_is_no_key_of_a_log(tmp_path: Path) -> None:
    other = NoteKey(ORIGIN, b"w" * 32, algorithm=COSIGNATURE)
    with pytest.raises(NoteError, match="a log's own key"):
        open_witness(tmp_path, NAME, [LOG.verifier, other.verifier])
