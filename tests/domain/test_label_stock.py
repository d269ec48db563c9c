"""Rolls of blank labels: what was issued is used, void, or there when somebody counts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.codes import stock_code
from tests.stories_builder import CLINIC, OTHER_CLINIC, Story, register
from wasteledger.domain.facts import Fact
from wasteledger.domain.findings import Finding
from wasteledger.domain.label_stock import roll_findings
from wasteledger.domain.reconcile import walk_all
from wasteledger.domain.register import Directory

ROLL = "roll 1"
LABELS = [stock_code("500114", serial) for serial in range(1, 7)]
DIRECTORY = Directory(register())


def _roll() -> Story:
    story = Story()
    story.issue(*LABELS)
    return story


def _count(story: Story, *codes: str, at: str = "10 08:00", name: str | None = None, complete: bool = True) -> str:
    named = {"count_name": name} if name else {}
    return story.tell(CLINIC, "counted", at=at, codes=list(codes), stock=ROLL, complete=complete, **named)


def _found(story: Story) -> list[Finding]:
    history = story.history()
    facts: list[Fact] = [fact for by_number in history.by_device.values() for fact in by_number.values()]
    phases = {chain.code: chain.state.phase.value for chain in walk_all(history, DIRECTORY, as_of_ms=0)}
    return roll_findings(ROLL, [fact for fact in facts if fact.event.stock == ROLL], phases)


def test_nobody_has_counted_yet() -> None:
    assert _found(_roll()) == []


@given(
    there=st.sets(st.sampled_from(LABELS)), used=st.sets(st.sampled_from(LABELS)), void=st.sets(st.sampled_from(LABELS))
)
def test_what_is_neither_there_nor_used_nor_void_is_named(there: set[str], used: set[str], void: set[str]) -> None:
    story = _roll()
    for code in sorted(used):
        story.seal(code)
    for code in sorted(void - used):
        story.tell(CLINIC, "voided", at="03 08:00", codes=[code], reason="spoiled")
    count = _count(story, *sorted(there))
    missing = set(LABELS) - there - used - void
    found = _found(story)
    assert {code for finding in found for code in finding.items} == missing
    assert [(finding.site, finding.evidence) for finding in found] == [(CLINIC, (count,))] * bool(missing)


def test_a_count_in_two_parts_is_one_when_they_share_a_name() -> None:
    story = _roll()
    _count(story, *LABELS[:3], name="盘点11月", complete=False)
    _count(story, *LABELS[3:], at="10 09:00", name="盘点11月")
    assert _found(story) == []


@pytest.mark.parametrize("name", [None, "盘点11月"])
def test_an_unfinished_count_says_nothing(name: str | None) -> None:
    story = _roll()
    _count(story, LABELS[0], name=name, complete=False)
    assert _found(story) == []


def test_a_later_count_stands_for_the_earlier_one() -> None:
    story = _roll()
    _count(story, *LABELS[1:])
    _count(story, *LABELS, at="11 08:00")
    assert _found(story) == []


def test_labels_of_another_site_and_later_ones_are_not_missed() -> None:
    story = _roll()
    story.issue(stock_code("500114", 90), site=OTHER_CLINIC)
    _count(story, *LABELS)
    story.issue(stock_code("500114", 91), at="12 08:00")
    assert _found(story) == []
