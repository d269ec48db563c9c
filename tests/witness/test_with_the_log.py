"""The log's side and the witness's side of C2SP tlog-witness understand one another."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from tests.domain.trees import Tree
from tests.witness.posts import FORK, LOG, NAME, TREE, checkpoint_note, evidence
from wasteledger.domain.checkpoint import open_checkpoint
from wasteledger.domain.note import with_signatures
from wasteledger.domain.policy import Policy, parse_policy
from wasteledger.flows.witnesses import Witnesses
from wasteledger.witness.service import load_key, make_witness_app, open_witness


@pytest.fixture
def client(tmp_path: Path) -> Iterator[TestClient]:
    with TestClient(make_witness_app(open_witness(tmp_path, NAME, [LOG.verifier]))) as opened:
        yield opened


@pytest.fixture
def policy(tmp_path: Path) -> Policy:
    key = load_key(tmp_path, NAME).verifier
    return parse_policy(f"log {LOG.verifier.text}\nwitness w1 {key.text} http://testserver\nquorum w1\n")


def cosigned(witnesses: Witnesses, size: int, *, tree: Tree = TREE) -> bytes:
    note = checkpoint_note(size, tree=tree)
    checkpoint, _ = open_checkpoint(note, LOG.verifier)
    return with_signatures(note, witnesses.cosign(checkpoint, note, tree.read))


def test_a_growing_log_gets_its_quorum(client: TestClient, policy: Policy) -> None:
    witnesses = Witnesses(policy, client)
    for size in (1, 100, 100, 300):
        assert policy.accept(cosigned(witnesses, size)).checkpoint.size == size
    assert witnesses.problems == {}


def test_a_log_that_was_started_again_asks_where_the_witness_stands(client: TestClient, policy: Policy) -> None:
    """Its first try starts from nothing and is refused; nobody is accused of anything by the second."""
    cosigned(Witnesses(policy, client), 100)
    again = Witnesses(policy, client)
    assert policy.accept(cosigned(again, 300)).checkpoint.size == 300
    assert evidence(client) == []


def test_a_log_that_was_rolled_back_hears_of_it(client: TestClient, policy: Policy) -> None:
    cosigned(Witnesses(policy, client), 200)
    again = Witnesses(policy, client)
    assert cosigned(again, 150) == checkpoint_note(150)
    assert "rolled back" in again.problems["w1"]


def test_a_second_story_gets_no_cosignature(client: TestClient, policy: Policy) -> None:
    cosigned(Witnesses(policy, client), 100)
    forked = Witnesses(policy, client)
    assert cosigned(forked, 200, tree=FORK) == checkpoint_note(200, tree=FORK)
    assert "422" in forked.problems["w1"]
    assert [case["kind"] for case in evidence(client)] == ["inconsistent"]
