"""The seeded world. A failure names its seed: WASTELEDGER_SEED=n pytest tests/faults/test_simulator.py runs it again."""

import os
from collections import Counter
from pathlib import Path

import pytest

from tests.faults.simulator import World, run
from wasteledger import clock

SEEDS = (
    [int(os.environ["WASTELEDGER_SEED"])]
    if "WASTELEDGER_SEED" in os.environ
    else range(int(os.environ.get("WASTELEDGER_SEEDS", "10")))
)
STEPS = int(os.environ.get("WASTELEDGER_STEPS", "200"))


@pytest.mark.parametrize("seed", SEEDS)
def test_a_world_that_lies_loses_and_crashes_keeps_its_promises(
    seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = World(seed, tmp_path, lambda now: monkeypatch.setattr(clock, "now_ms", now))
    happened: Counter[str] = Counter()
    try:
        happened.update(run(world, STEPS))
    except BaseException as error:
        error.add_note(f"seed {seed} after {sum(happened.values())} steps: WASTELEDGER_SEED={seed} runs it again")
        raise
    finally:
        world.database.close()
    assert happened["scan"] > 10
    assert len(world.leaves) > 10
