"""docs/findings.md says what the code says, and every finding code has its page."""

import csv
from pathlib import Path

import pytest

from schemas.reasons import REASONS, Severity
from tests.tidy.rules import ROOT
from wasteledger.domain.booking import UNPROVEN
from wasteledger.domain.findings_pages import (
    FindingPage,
    check_pages,
    effect_on_rate,
    load_pages,
    main,
    render_pages,
)

PAGES = ROOT / "docs" / "findings.md"
DATA = ROOT / "wasteledger" / "data" / "findings.csv"


def test_the_page_in_the_repository_is_what_the_code_says() -> None:
    assert main(["--check"], path=PAGES) == 0, "run `python -m wasteledger.domain.findings_pages`"


def test_a_page_that_was_changed_by_hand_is_noticed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    page = tmp_path / "findings.md"
    assert main(["--check"], path=page) == 1
    assert main([], path=page) == 0
    assert main(["--check"], path=page) == 0
    page.write_text(page.read_text(encoding="utf-8").replace("断链", "没事", 1), encoding="utf-8")
    assert main(["--check"], path=page) == 1
    assert "findings_pages" in capsys.readouterr().err


def test_an_unknown_option_is_refused() -> None:
    assert main(["--chekc"], path=PAGES) == 2


def test_the_data_file_lists_every_code_once_in_order_of_precedence() -> None:
    with DATA.open(encoding="utf-8", newline="") as file:
        assert [row["code"] for row in csv.DictReader(file)] == list(REASONS)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda rows: rows[1:], "duplicate_code: no row"),
        (lambda rows: [*rows, rows[3]], "impossible_travel: 2 rows"),
        (lambda rows: [*rows, rows[0]._replace(code="no_such_code")], "no_such_code: no such finding code"),
        (lambda rows: [rows[0]._replace(law=""), *rows[1:]], "duplicate_code: law is empty"),
    ],
)
def test_a_code_without_its_row_is_named(change: object, said: str) -> None:
    assert callable(change)
    rows: list[FindingPage] = change(load_pages())
    with pytest.raises(ValueError, match=said):
        check_pages(rows)


def test_every_code_has_one_section_that_the_table_of_contents_leads_to() -> None:
    text = render_pages()
    anchors = [line.split('"')[1] for line in text.splitlines() if line.startswith("<a id=")]
    assert anchors == list(REASONS)
    assert [code for code in REASONS if f"(#{code})" not in text] == []


def test_no_finding_that_keeps_a_package_from_being_proved_is_called_harmless() -> None:
    harmless = {code for code, reason in REASONS.items() if effect_on_rate(reason) == "不影响处置率。"}
    grave = {code for code, reason in REASONS.items() if reason.severity in {Severity.BREAKS_CHAIN, Severity.OVERDUE}}
    assert harmless.isdisjoint(grave | UNPROVEN | {"declared_lost", "disputed"})
    assert {"clock_skew", "back_dated", "late_step"} <= harmless


@pytest.mark.parametrize("code", ["silent_producer", "under_reporting", "impossible_travel", "stock_imbalance"])
def test_a_judgement_by_numbers_states_its_method_with_the_limits_in_force(code: str) -> None:
    section = render_pages().split(f'<a id="{code}"></a>')[1].split("<a id=")[0]
    assert "判定方法" in section
    assert "{" not in section


def test_the_limits_on_the_page_are_those_of_the_rule_table() -> None:
    text = render_pages()
    assert "7 天, `silent_factor` = 4 ×" in text
    assert "`under_reporting_percent` = 40 %" in text
    assert "`travel_kmh_max` = 120 km/h" in text
