"""Producers against their own past: what is silence, what is too little, and what is not yet known."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.stories_builder import CLINIC, HOSPITAL, PLANT, ms, register
from wasteledger.domain.findings import Finding
from wasteledger.domain.producers import EVIDENCE_MAX, Sealings, producer_findings
from wasteledger.domain.register import Directory

DIRECTORY = Directory(register())
TODAY = date(2026, 11, 30)
NOW_MS = ms("30 12:00")


def _found(sealed: dict[int, int], site: str = CLINIC) -> list[Finding]:
    """Findings of a site that sealed so many grams so many days ago."""
    days = {(TODAY - timedelta(days=ago)).isoformat(): mass_g for ago, mass_g in sealed.items()}
    return list(producer_findings({site: days}, DIRECTORY, NOW_MS, _sealings(days)))


def _sealings(days: dict[str, int]) -> Sealings:
    """Each day with its own sealing, called after the day."""
    return lambda _site, first, last: tuple(
        sorted((day for day in days if first.isoformat() <= day <= last.isoformat()), reverse=True)[:EVIDENCE_MAX]
    )


@pytest.mark.parametrize(("ago", "codes"), [(7, []), (8, ["silent_producer"])])
def test_who_sealed_every_day_is_silent_after_a_week(ago: int, codes: list[str]) -> None:
    assert [finding.code for finding in _found({ago + day: 1000 for day in range(20)})] == codes


@pytest.mark.parametrize(("ago", "codes"), [(12, []), (13, ["silent_producer"])])
def test_who_sealed_every_third_day_is_silent_after_four_times_that(ago: int, codes: list[str]) -> None:
    found = _found({ago + 3 * number: 1000 for number in range(10)})
    assert [finding.code for finding in found] == codes
    assert all(finding.evidence == ((TODAY - timedelta(days=ago)).isoformat(),) for finding in found)
    assert all("平时间隔 3 天" in finding.detail and finding.site == CLINIC for finding in found)


def test_four_days_are_no_habit() -> None:
    assert _found(dict.fromkeys((30, 31, 32, 33), 1000)) == []


def test_less_than_two_fifths_of_ones_own_past_is_under_reporting() -> None:
    past = dict.fromkeys(range(28, 120), 1000)
    assert _found(past | dict.fromkeys(range(28), 400)) == []
    (found,) = _found(past | dict.fromkeys(range(28), 399), HOSPITAL)
    assert found.code == "under_reporting"
    assert "床位 300 张" in found.detail
    assert found.evidence == tuple((TODAY - timedelta(days=ago)).isoformat() for ago in range(EVIDENCE_MAX))


def test_the_finding_of_a_week_is_one_whatever_is_sealed_on_its_days() -> None:
    """A case that was opened on it stays with it."""
    thin = dict.fromkeys(range(28, 130), 1000) | dict.fromkeys(range(28), 399)
    found = []
    for day in range(3):  # TODAY is a Monday
        days = {(TODAY + timedelta(days=day - ago)).isoformat(): mass_g for ago, mass_g in thin.items()}
        now_ms = NOW_MS + day * 24 * 60 * 60 * 1000
        found += producer_findings({HOSPITAL: days}, DIRECTORY, now_ms, _sealings(days))
    assert len({finding.evidence for finding in found}) == len(found) == 3
    assert len({finding.finding_id for finding in found}) == 1


def test_whose_past_is_too_short_under_reports_nothing() -> None:
    assert _found(dict.fromkeys(range(28, 112), 1000) | dict.fromkeys(range(28), 1)) == []


def test_who_produces_no_waste_is_not_asked() -> None:
    assert _found({100 + day: 1000 for day in range(20)}, PLANT) == []


@given(ago=st.integers(0, 60), grams=st.integers(1, 10_000), every=st.integers(1, 6))
def test_a_steady_producer_is_never_suspected(ago: int, grams: int, every: int) -> None:
    """Whatever the day of the question within its usual interval."""
    assert _found({ago % every + every * number: grams for number in range(200 // every)}) == []
