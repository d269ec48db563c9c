"""The command line of the simulator: run a district, and score how well reconciliation tells its true story."""

import json
from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from schemas.reasons import REASONS
from wasteledger.errors import QueryError
from wasteledger.flows.moments import parse_day
from wasteledger.simulate.fault_kinds import FAULTS
from wasteledger.simulate.report import percent
from wasteledger.simulate.run import run_simulation
from wasteledger.simulate.scenario import DAYS_MAX, SEED_MAX, Run, read_scenario
from wasteledger.simulate.score import Score, score_simulation
from wasteledger.simulate.scoreboard import SCENARIOS, Job, scoreboard

BEGIN = "2026-08-01"
#: How the product is judged: so many days, so many seeds; more workers than processors only wait for each other.
SCORED_DAYS, SCORED_SEEDS, WORKERS_MAX = 90, 5, 64

simulate_cli = typer.Typer()
_commands = typer.Typer(help="A simulated district whose true story is known.")
simulate_cli.add_typer(_commands, name="simulate")
Json = Annotated[bool, typer.Option("--json", help="One JSON object instead of text.")]


@_commands.callback(
    invoke_without_command=True,
    epilog="Example: wasteledger simulate --days 90 --seed 1 --scenario wasteledger/data/scenario_one_percent.yaml --out sim",
)
def simulate(  # noqa: PLR0913 - one option each
    context: typer.Context,
    days: Annotated[int, typer.Option(min=1, max=DAYS_MAX, help="How many days.")] = 30,
    seed: Annotated[int, typer.Option(min=0, max=SEED_MAX, help="The same seed gives the same district.")] = 1,
    scenario: Annotated[
        Path | None, typer.Option(help="Scenario (YAML) with rates of faults; without one nothing goes wrong.")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Folder, new, empty, or an earlier simulation's.")] = None,
    begin: Annotated[str, typer.Option(help="First day.")] = BEGIN,
    as_json: Json = False,  # noqa: FBT002 - a flag
) -> None:
    """Lets a whole district live for some days, and writes its ledger and its true story into a folder."""
    if context.invoked_subcommand:
        return
    if out is None:
        message = "name a folder: --out DIR"
        raise QueryError(message)
    first: date = parse_day(begin, name="begin")
    told, register = read_scenario(scenario)
    summary = run_simulation(Run(told, register, days, seed, first), out)
    if as_json:
        print(json.dumps(summary, ensure_ascii=False, indent=1))
        return
    print(f"{out}：{summary['begin_day']} 至 {summary['end_day']}，{summary['items']} 件包装，账本 {summary['entries']} 条，"
          f"设备 {summary['devices']} 台")  # fmt: skip
    for kind, count in summary["faults"].items():
        print(f"  {FAULTS[kind].zh}\t{kind}\t{count}")
    print(f"对照真实情况：wasteledger simulate score {out}")


@_commands.command(epilog="Example: wasteledger simulate score sim --json")
def score(
    folder: Annotated[Path, typer.Argument(help="Folder of a simulation.")],
    as_json: Json = False,  # noqa: FBT002 - a flag
) -> None:
    """Compares reconciliation with the true story: recall and precision by finding code, the true rate beside the proved one."""
    answer = score_simulation(folder)
    if as_json:
        print(json.dumps(answer.values(), ensure_ascii=False, indent=1))
        return
    _print(answer)


@_commands.command(epilog="Example: wasteledger simulate scores --days 20 --seeds 2 --scenario lies_ten_percent")
def scores(
    days: Annotated[int, typer.Option(min=1, max=DAYS_MAX, help="How many days.")] = SCORED_DAYS,
    seeds: Annotated[int, typer.Option(min=1, max=SEED_MAX, help="Seeds 1 to this.")] = SCORED_SEEDS,
    scenario: Annotated[
        list[str] | None, typer.Option(help=f"One of {', '.join(SCENARIOS)}; all where none is named.")
    ] = None,
    workers: Annotated[int, typer.Option(min=1, max=WORKERS_MAX, help="Runs at a time.")] = 1,
) -> None:
    """Runs and scores every scenario that comes with the product; one JSON object a line for each run."""
    unknown = sorted(set(scenario or ()) - set(SCENARIOS))
    if unknown:
        message = f"--scenario: no {', '.join(unknown)}: known are {', '.join(SCENARIOS)}"
        raise QueryError(message)
    begin = parse_day(BEGIN, name="begin")
    jobs = [Job(name, seed, days, begin) for name in scenario or SCENARIOS for seed in range(1, seeds + 1)]
    for line in scoreboard(jobs, workers=workers):
        print(json.dumps(line, ensure_ascii=False), flush=True)


def _print(answer: Score) -> None:
    values = answer.values()
    print("异常\t代码\t应发现\t已发现\t召回率\t报告\t属实\t准确率")
    for code, row in values["codes"].items():
        shown = (row["expected"], row["found"], percent(row["recall"]), row["reported"], row["true_reported"])
        print(f"{REASONS[code].zh}\t{code}\t" + "\t".join(map(str, shown)) + f"\t{percent(row['precision'])}")
    print(f"断链类召回率 {percent(values['recall_chain'])}，全部异常准确率 {percent(values['precision'])}")
    print(f"真实处置率   {percent(values['true_rate_mass'])}（按重量） {percent(values['true_rate_count'])}（按件）")
    print(
        f"已证明处置率 {percent(values['proved_rate_mass'])}（按重量） {percent(values['proved_rate_count'])}（按件）"
    )
    print(f"已证明高于真实的乡镇、日期或类别：{values['proved_above_true']} 个 {' '.join(answer.proved_above_true)}")
    colluded = values["collusion"]
    if colluded["packages"]:
        print(f"全链串通（扫码无法发现，另计）：{colluded['packages']} 件，其中记为已证明 {colluded['proved']} 件")
    print(f"包装 {values['items']} 件，账本 {values['events']} 条")
    for title, pairs in (("漏报", values["missed"]), ("误报", values["false"])):
        for code, subject in pairs:
            print(f"  {title} {REASONS[code].zh}（{code}）：{subject}")
