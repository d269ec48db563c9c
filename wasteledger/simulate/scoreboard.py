"""Every scenario that comes with the product, with several seeds, each run and scored: one line of figures a run.

A run `holds` where it meets the bars below; a reader of the table sees at once what fell short.
"""

import tempfile
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from datetime import date
from importlib.resources import as_file, files
from multiprocessing import get_context
from pathlib import Path
from typing import Any, NamedTuple

from wasteledger import clock
from wasteledger.simulate.run import run_simulation
from wasteledger.simulate.scenario import Run, read_scenario
from wasteledger.simulate.score import Score, score_simulation

#: The scenarios that come with the product, by the part of the file name after `scenario_`.
SCENARIOS = ("faultless", "one_percent", "lies_one_percent", "lies_ten_percent")
#: Least share of expected chain-breaking pairs found, and of reported pairs that are true; most parts proved above the truth.
RECALL_CHAIN_MIN, PRECISION_MIN, ABOVE_MAX = 1.0, 0.995, 0


class Job(NamedTuple):
    """One run."""

    scenario: str
    seed: int
    days: int
    begin: date


def scoreboard(jobs: list[Job], *, workers: int) -> Iterator[dict[str, Any]]:
    """The figures of each run, in the order of the jobs; each in a process of its own where there are several workers."""
    if workers == 1:
        yield from map(_line, jobs)
        return
    with ProcessPoolExecutor(max_workers=workers, mp_context=get_context("spawn")) as pool:
        yield from pool.map(_line, jobs)


def _line(job: Job) -> dict[str, Any]:
    started_s = clock.elapsed_s()
    with (
        as_file(files("wasteledger").joinpath(f"data/scenario_{job.scenario}.yaml")) as path,
        tempfile.TemporaryDirectory(prefix="wasteledger-score-") as folder,
    ):
        scenario, register = read_scenario(path)
        run_simulation(Run(scenario, register, job.days, job.seed, job.begin), Path(folder) / "sim")
        score = score_simulation(Path(folder) / "sim")
    values = score.values()
    names = (
        "recall_chain", "precision", "proved_above_true", "true_rate_mass", "proved_rate_mass", "rate_due_mass", "items", "events",
    )  # fmt: skip
    return {
        "scenario": job.scenario, "seed": job.seed, "days": job.days, **{name: values[name] for name in names},
        "missed": len(score.missed), "false": len(score.false), "collusion": values["collusion"],
        "holds": holds(job.scenario, score), "took_s": round(clock.elapsed_s() - started_s, 1),
    }  # fmt: skip


def holds(scenario: str, score: Score) -> bool:
    """Whether a run meets the bars: for the faultless district no finding at all, and everything that is due proved."""
    if scenario == "faultless":
        return not score.codes and score.due_rate == 1.0
    recall, precision = score.recall_chain, score.precision
    enough = recall is not None and recall >= RECALL_CHAIN_MIN and precision is not None and precision >= PRECISION_MIN
    return enough and len(score.proved_above_true) <= ABOVE_MAX
