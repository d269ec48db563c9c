"""A simulated district: whole, the same for the same seed, and without a fault where none was asked for."""

import json
from datetime import date
from itertools import pairwise
from pathlib import Path

import pytest

from schemas.codes import CodeKind, parse_code
from tests.simulate.district import BEGIN, entries, opened, simulate, small_register, small_rows
from wasteledger.audit.fsck import check_log
from wasteledger.domain.entry import decode_entry
from wasteledger.errors import BusyError, RegisterError
from wasteledger.flows.issue_codes import Wanted, issue_codes
from wasteledger.flows.load_register import parse_register, read_register
from wasteledger.simulate.layout import Layout
from wasteledger.simulate.run import run_simulation
from wasteledger.simulate.scenario import Run, Scenario, read_scenario
from wasteledger.simulate.score import score_simulation
from wasteledger.simulate.truth import read_truth

EVERYTHING = {"all": 0.02}


@pytest.fixture(scope="module")
def faultless(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Ten days of the small district in which nothing goes wrong."""
    folder = tmp_path_factory.mktemp("faultless") / "sim"
    simulate(folder)
    return folder


@pytest.fixture(scope="module")
def faulty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twenty days with a little of everything."""
    folder = tmp_path_factory.mktemp("faulty") / "sim"
    simulate(folder, days=20, faults=EVERYTHING)
    return folder


def test_where_nothing_goes_wrong_nothing_is_found(faultless: Path) -> None:
    score = score_simulation(faultless)
    assert score.false == []
    assert score.missed == []
    assert score.codes == {}
    assert score.proved == score.true
    assert score.proved.safe_count > 0.6 * score.items  # the youngest are on their way
    assert score.proved_above_true == []


def test_honest_people_say_what_they_may_say(faultless: Path, faulty: Path, tmp_path: Path) -> None:
    """By the table itself; the liars do not ask it."""
    simulate(tmp_path / "lies", days=20, faults={"impostor": 0.05})
    told = [
        json.loads((folder / "summary.json").read_text())["unentitled"]
        for folder in (faultless, faulty, tmp_path / "lies")
    ]
    assert told[:2] == [0, 0]
    assert told[2] > 0


def test_the_ledger_is_whole(faulty: Path) -> None:
    service = opened(faulty)
    checked = check_log(service.database)
    service.close()
    assert checked.problems == []
    assert checked.entries == json.loads((faulty / "summary.json").read_text())["entries"]


def test_the_same_seed_gives_the_same_bytes(faulty: Path, tmp_path: Path) -> None:
    simulate(tmp_path / "again", days=20, faults=EVERYTHING)
    assert (tmp_path / "again" / "truth.jsonl").read_bytes() == (faulty / "truth.jsonl").read_bytes()
    assert entries(tmp_path / "again") == entries(faulty)


def test_another_seed_gives_another_district(faultless: Path, tmp_path: Path) -> None:
    simulate(tmp_path / "other", seed=2)
    assert (tmp_path / "other" / "truth.jsonl").read_bytes() != (faultless / "truth.jsonl").read_bytes()
    assert not set(entries(tmp_path / "other")) & set(entries(faultless))


def test_every_package_has_a_story_that_ends_where_it_is(faulty: Path) -> None:
    packages = [line for line in read_truth(faulty / "truth.jsonl") if line["subject"] == "item"]
    for line in packages:
        times = [at_ms for _, _, at_ms in line["story"]]
        kinds = [kind for kind, _, _ in line["story"]]
        assert times == sorted(times), line
        assert kinds[0] == "sealed", line
        assert ("destroyed" in kinds) >= line["safe"], line
        assert not (line["safe"] and set(kinds) & {"vanished", "voided"}), line
        assert parse_code(line["code"]).kind is CodeKind.ITEM
    assert {"vanished", "voided", "refused", "returned", "lost", "found"} <= {
        kind for line in packages for kind, _, _ in line["story"]
    }


def test_no_package_has_two_faults_of_its_own(faulty: Path) -> None:
    for line in read_truth(faulty / "truth.jsonl"):
        if line["subject"] == "item":
            assert len({fault["kind"] for fault in line["faults"]} & ITEM_KINDS) <= 1, line


ITEM_KINDS = {
    "lost_bag",
    "jumped",
    "wrong_giver",
    "lost_weight",
    "scanned_after_end",
    "void_without_evidence",
    "declared_lost",
}


def test_lines_of_the_truth_are_sorted_by_key(faulty: Path) -> None:
    for text in (faulty / "truth.jsonl").read_text(encoding="utf-8").splitlines():
        line = json.loads(text)
        assert list(line) == sorted(line)


def test_an_event_names_as_few_codes_as_asked(tmp_path: Path) -> None:
    few, many = simulate(tmp_path / "few", days=4, codes_per_event=1), simulate(tmp_path / "many", days=4)
    assert few["items"] == many["items"]
    assert few["entries"] > 2 * many["entries"]
    bodies = [decode_entry(content).note for content in entries(tmp_path / "few")]
    assert not any(b'","M5001' in body for body in bodies)


def test_what_is_written_can_be_run_again(faulty: Path, tmp_path: Path) -> None:
    told, register = read_scenario(faulty / "scenario.yaml")
    assert register == read_register(faulty / "register.yaml")
    run_simulation(Run(told, register, 20, 1, BEGIN), tmp_path / "again")
    assert (tmp_path / "again" / "truth.jsonl").read_bytes() == (faulty / "truth.jsonl").read_bytes()


def test_the_service_goes_on_where_the_simulation_ends(tmp_path: Path) -> None:
    simulate(tmp_path / "sim", days=3)
    service = opened(tmp_path / "sim")
    labels = issue_codes(service, [Wanted("C500114105001", "841-001-01")], day=date(2026, 8, 4), stock="after")
    assert check_log(service.database).problems == []
    service.close()
    used = {line["code"] for line in read_truth(tmp_path / "sim" / "truth.jsonl") if line["subject"] == "item"}
    assert labels[0].code not in used


def test_a_folder_of_somebody_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "sim").mkdir()
    (tmp_path / "sim" / "diary.txt").write_text("mine")
    with pytest.raises(BusyError, match="--out"):
        simulate(tmp_path / "sim", days=1)
    assert (tmp_path / "sim" / "diary.txt").read_text() == "mine"


@pytest.mark.parametrize("letter", ["A", "D", "R", "T"])
def test_a_district_without_a_party_is_refused_by_name(tmp_path: Path, letter: str) -> None:
    rows = small_rows()
    rows["sites"] = [site for site in rows["sites"] if site["code"][0] != letter]
    codes = {site["code"] for site in rows["sites"]}
    for name, key in (("people", "site"), ("vehicles", "carrier"), ("licences", "holder")):
        rows[name] = [row for row in rows[name] if row[key] in codes]
    register = parse_register(rows, name="district of a test")
    with pytest.raises(RegisterError, match=letter):
        run_simulation(Run(Scenario(), register, 1, 1, BEGIN), tmp_path / "sim")


def test_between_two_visits_lie_no_more_than_two_days() -> None:
    layout = Layout(small_register(), BEGIN, rogues=False)
    for group in (0, 1):
        for visits in (layout.collects, layout.hauls):
            days = [day for day in range(60) if visits(group, day)]
            assert max(later - earlier for earlier, later in pairwise(days)) == 2
        assert all(layout.hauls(group, day + 1) for day in range(60) if layout.collects(group, day))


def test_every_way_of_collection_is_in_the_district() -> None:
    layout = Layout(small_register(), BEGIN, rogues=False)
    ways = {site.collection for site in layout.register.sites if site.code[0] in "CT"}
    assert ways == {"own_device", "vouched", "hand_in", "unattended"}
    assert layout.register != small_register()
