"""The simulator from the command line."""

import json
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner

from schemas.errors import WasteLedgerError
from tests.simulate.district import small_rows
from wasteledger.cli_simulate import simulate_cli


@pytest.fixture
def scenario(tmp_path: Path) -> Path:
    """A scenario file on the small district."""
    (tmp_path / "small.yaml").write_text(yaml.safe_dump(small_rows(), allow_unicode=True), encoding="utf-8")
    path = tmp_path / "scenario.yaml"
    path.write_text("register: small.yaml\npackages_per_day: 100\nfaults: {jumped: 0.1}\n", encoding="utf-8")
    return path


def test_a_district_is_run_and_scored(tmp_path: Path, scenario: Path) -> None:
    runner, out = CliRunner(), str(tmp_path / "sim")
    options = ["--days", "10", "--seed", "5", "--scenario", str(scenario), "--out", out, "--begin", "2026-08-25"]
    ran = runner.invoke(simulate_cli, ["simulate", *options], catch_exceptions=False)
    assert ran.exit_code == 0
    assert "2026-08-25 至 2026-09-03" in ran.output
    assert "卫生室与处置单位之间全无扫码" in ran.output
    shown = runner.invoke(simulate_cli, ["simulate", "score", out], catch_exceptions=False)
    assert "交接断链\tmissing_link" in shown.output
    assert "断链类召回率 100.00 %" in shown.output
    answer = json.loads(
        runner.invoke(simulate_cli, ["simulate", "score", out, "--json"], catch_exceptions=False).output
    )
    assert answer["recall_chain"] == 1
    assert answer["precision"] == 1
    assert answer["proved_above_true"] == 0
    assert answer["codes"]["missing_link"]["expected"] == answer["codes"]["missing_link"]["found"] > 0
    assert answer["proved_rate_mass"] < answer["true_rate_mass"]
    assert answer["events"] > answer["items"] > 0


def test_the_summary_as_json(tmp_path: Path, scenario: Path) -> None:
    options = ["--days", "2", "--scenario", str(scenario), "--out", str(tmp_path / "sim"), "--json"]
    ran = CliRunner().invoke(simulate_cli, ["simulate", *options], catch_exceptions=False)
    assert json.loads(ran.output) == json.loads((tmp_path / "sim" / "summary.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ([], "--out"),
        (["--out", "x", "--begin", "2026-13-01"], "begin"),
        (["--out", "x", "--scenario", "no.yaml"], r"no\.yaml"),
    ],
)
def test_what_is_missing_or_wrong_is_named(options: list[str], named: str) -> None:
    with pytest.raises(WasteLedgerError, match=named):
        CliRunner().invoke(simulate_cli, ["simulate", *options], catch_exceptions=False)


def test_every_scenario_is_scored_in_one_line_each() -> None:
    options = [
        "simulate",
        "scores",
        "--days",
        "3",
        "--seeds",
        "1",
        "--scenario",
        "faultless",
        "--scenario",
        "lies_ten_percent",
    ]
    ran = CliRunner().invoke(simulate_cli, options, catch_exceptions=False)
    lines = [json.loads(line) for line in ran.output.splitlines()]
    assert [line["scenario"] for line in lines] == ["faultless", "lies_ten_percent"]
    assert all(line["holds"] and line["proved_above_true"] == 0 and line["missed"] == 0 for line in lines)


def test_a_scenario_that_does_not_come_with_it_is_named() -> None:
    with pytest.raises(WasteLedgerError, match="no_lies"):
        CliRunner().invoke(simulate_cli, ["simulate", "scores", "--scenario", "no_lies"], catch_exceptions=False)
