"""Lives of the simulated district, and proof that it would notice: the same lives on products that were made wrong on purpose."""

import itertools
import os
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from schemas.sync import Verdict
from tests.faults import world as world_module
from tests.faults.actors import Phone, Violation
from tests.faults.nodes import POINTS, CrashError
from tests.faults.oracle import Made
from tests.faults.world import ACTIONS, run
from wasteledger.domain.devices import DeviceBook
from wasteledger.domain.merkle import Frontier
from wasteledger.domain.policy import Policy, log_only
from wasteledger.flows import accept_batch, sequencer
from wasteledger.flows.books import Books
from wasteledger.flows.replay import recover
from wasteledger.flows.sequencer import Sequencer
from wasteledger.flows.service import Service
from wasteledger.flows.signer import Signer
from wasteledger.flows.signer_state import SignerState
from wasteledger.store.database import Database
from wasteledger.store.ledger import Ledger

SEEDS = int(os.environ.get("WASTELEDGER_FAULT_SEEDS", "10"))
#: Lives in which a mutant must be found; most are found in the first or second.
MUTANT_SEEDS = 12

Patch = pytest.MonkeyPatch


def _one_after_another(folder: Path, seeds: int) -> Counter[str]:
    happened: Counter[str] = Counter()
    for seed in range(seeds):
        (folder / str(seed)).mkdir()
        happened += run(seed, folder / str(seed))
    return happened


def test_a_district_that_everything_happens_to_keeps_its_word(tmp_path: Path) -> None:
    """And everything did happen: a simulation in which nobody crashes or lies proves nothing."""
    happened = _one_after_another(tmp_path, SEEDS)
    wanted = {*ACTIONS, "new", "duplicate", "fork", "held", "quarantine", "noted", "proved", "recovered", "behind"}
    wanted |= {"told, and not there", "refused, rolled back", "not signed, rolled back"}
    wanted |= {f"crash {point}" for point in POINTS}
    assert wanted <= happened.keys(), wanted - happened.keys()
    assert happened["proved"] > 50 * SEEDS


def test_a_life_can_be_lived_again(tmp_path: Path) -> None:
    (tmp_path / "again").mkdir()
    (tmp_path / "other").mkdir()
    first = _one_after_another(tmp_path, 1)
    assert run(0, tmp_path / "again") == first
    assert run(1, tmp_path / "other") != first


def answered_before_the_commit(patch: Patch) -> None:
    def write(self: Sequencer, batch: list[Any]) -> None:
        read = [item for request in batch for item in request.read]
        try:
            with self._database.write() as connection:
                answer = accept_batch.take_in(Ledger(connection), read, origin=self.gateway.origin, node=self._node)
                sequencer._hand_out(batch, answer)
        except CrashError:
            pass  # the answer was on its way already

    patch.setattr(Sequencer, "_write", write)


def a_number_is_not_looked_up(patch: Patch) -> None:
    patch.setattr(Ledger, "numbers_taken", lambda _self, _numbers: {})


def indexes_come_from_a_counter(patch: Patch) -> None:
    counter, real = itertools.count(), Ledger.append

    def append(self: Ledger, content: bytes, *, received_ms: int) -> tuple[int, bytes]:
        _, leaf = real(self, content, received_ms=received_ms)
        self._entries[-1] = (next(counter), content)
        return self._entries[-1][0], leaf

    patch.setattr(Ledger, "append", append)


def an_hour_may_go_back(patch: Patch) -> None:
    patch.setattr(accept_batch, "max", lambda now_ms, _last_ms: now_ms, raising=False)


def the_signers_file_is_not_written(patch: Patch) -> None:
    patch.setattr(SignerState, "swap", lambda _self, _before, _after: None)


def the_signer_believes_the_database(patch: Patch) -> None:
    def verified(_self: Signer, ledger: Ledger, _before: Frontier) -> Frontier:
        return ledger.frontier

    patch.setattr(Signer, "_verified", verified)


def nobody_has_to_cosign(patch: Patch) -> None:
    def policy(_self: Service, log: Any) -> Policy:
        return log_only(log)

    patch.setattr(Service, "policy", policy)


def an_old_copy_takes_scans(patch: Patch) -> None:
    patch.setattr(Service, "_check_not_rolled_back", lambda _self: None)


def only_what_was_published_is_recovered(patch: Patch) -> None:
    patch.setattr(world_module, "recover", lambda database, published, _signed: recover(database, published))


def the_books_forget_hellos(patch: Patch) -> None:
    patch.setattr(Books, "_hear", lambda *_arguments: None)


def a_lost_end_is_no_gap(patch: Patch) -> None:
    patch.setattr(DeviceBook, "announce", lambda *_arguments: None)


def a_verdict_is_enough_to_forget(patch: Patch) -> None:
    real = Phone.hear

    def hear(self: Phone, made: Made, verdict: Verdict) -> None:
        real(self, made, verdict)
        if made.number in self.told:
            self.forget(made.number)
            self.kept.pop(made.number)

    patch.setattr(Phone, "hear", hear)


def a_failed_batch_stays(patch: Patch) -> None:
    """As a driver would that commits on its own, statement by statement."""
    real = Database._commit

    def commit(self: Database, connection: Any) -> None:
        real(self, connection)
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    patch.setattr(Database, "_commit", commit)
    patch.setattr(Ledger, "flush", _committing(Ledger.flush))


def _committing(real: Callable[[Ledger], None]) -> Callable[[Ledger], None]:
    def flush(self: Ledger) -> None:
        real(self)
        self._connection.commit()
        self._connection.exec_driver_sql("BEGIN IMMEDIATE")

    return flush


MUTANTS = {
    answered_before_the_commit: "I1: answered before the commit",
    a_number_is_not_looked_up: "UNIQUE|I1",
    indexes_come_from_a_counter: "I1",
    an_hour_may_go_back: "received before",
    the_signers_file_is_not_written: "I2|rolled back",
    the_signer_believes_the_database: "I2",
    nobody_has_to_cosign: "lacks the quorum",
    an_old_copy_takes_scans: "rolled back",
    only_what_was_published_is_recovered: "I1|NotFound|rolled back",
    the_books_forget_hellos: "I6",
    a_lost_end_is_no_gap: "I5",
    a_verdict_is_enough_to_forget: "I4|I7",
    a_failed_batch_stays: "I1",
}


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.__name__)
def test_the_simulation_notices(mutant: Callable[[Patch], None], tmp_path: Path, monkeypatch: Patch) -> None:
    mutant(monkeypatch)
    with pytest.raises(Violation, match=MUTANTS[mutant]) as caught:
        _one_after_another(tmp_path, MUTANT_SEEDS)
    assert "tests.faults.world --seed" in str(caught.value)
