"""What a simulation is told, and how it answers when it is told nonsense."""

from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

from wasteledger.errors import QueryError, RegisterError
from wasteledger.simulate.fault_kinds import DRAWN, FAULTS, LIES
from wasteledger.simulate.scenario import Scenario, parse_scenario, read_scenario

DATA = Path(str(files("wasteledger").joinpath("data")))


def test_the_scenarios_that_come_with_it() -> None:
    faultless, _ = read_scenario(DATA / "scenario_faultless.yaml")
    one_percent, register = read_scenario(DATA / "scenario_one_percent.yaml")
    assert faultless.faults == {}
    assert one_percent.faults == dict.fromkeys([kind for kind in DRAWN if kind not in LIES], 0.01)
    for name, rate in (("lies_one_percent", 0.01), ("lies_ten_percent", 0.1)):
        assert read_scenario(DATA / f"scenario_{name}.yaml")[0].faults == dict.fromkeys(LIES, rate)
    assert register.region == "500114"


def test_without_a_file_nothing_goes_wrong() -> None:
    scenario, _ = read_scenario(None)
    assert scenario == Scenario()


@pytest.mark.parametrize("content", [{"all": 0.1, "faults": {"jumped": 0}}, {"faults": {"all": 0.1, "jumped": 0}}])
def test_one_rate_for_all_gives_way_to_a_kinds_own(content: dict[str, Any]) -> None:
    scenario = parse_scenario(content, name="test")
    assert scenario.rate("jumped") == 0
    assert scenario.rate("lost_bag") == 0.1


def test_lies_have_a_rate_of_their_own() -> None:
    scenario = parse_scenario({"all": 0.01, "lies": 0.1, "faults": {"impostor": 0.2}}, name="test")
    assert (scenario.rate("lost_bag"), scenario.rate("ghost_bag"), scenario.rate("impostor")) == (0.01, 0.1, 0.2)


@pytest.mark.parametrize(
    ("content", "named"),
    [
        ({"faults": {"lost_bags": 0.1}}, "lost_bags"),
        ({"faults": {"lost_bag": 1.5}}, "faults.lost_bag"),
        ({"faults": {"companion": 0.1}}, "companion"),
        ({"packages_per_day": 1}, "packages_per_day"),
        ({"codes_per_event": 201}, "codes_per_event"),
        ({"days": 3}, "days"),
        (["faults"], "scenario of a test"),
    ],
)
def test_a_scenario_that_does_not_hold_is_named(content: Any, named: str) -> None:
    with pytest.raises(QueryError, match=named):
        parse_scenario(content, name="scenario of a test")


def test_a_scenario_names_its_district_beside_itself(tmp_path: Path) -> None:
    (tmp_path / "scenario.yaml").write_text("register: nowhere.yaml\n")
    with pytest.raises(RegisterError, match=r"nowhere\.yaml"):
        read_scenario(tmp_path / "scenario.yaml")


@pytest.mark.parametrize("content", [b"\xff\xfe", b"faults: [", None])
def test_a_file_that_can_not_be_read_is_named(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "scenario.yaml"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(QueryError, match=r"scenario\.yaml"):
        read_scenario(path)


def test_every_code_of_a_fault_is_a_finding_code() -> None:
    from schemas.reasons import REASONS  # noqa: PLC0415 - only here

    for kind in FAULTS.values():
        assert {*kind.expected, *kind.allowed, *kind.meanwhile} <= REASONS.keys(), kind.name
