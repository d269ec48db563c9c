"""The custody table: the golden stories, and a walk over everything it might be asked."""

from typing import Any

import pytest

from schemas.acts import Act
from schemas.custody import ItemState, Phase, decide
from schemas.event_base import ItemEvent
from schemas.events import parse_stored
from schemas.reasons import CLASSES, PRECEDENCE, REASONS, Severity
from tests.schemas.samples import BOX, ITEM, ITEM_KINDS, payload
from tests.schemas.vectors import vectors

SITES = ["C500114105001", "R500114001001", "T500114105001", "D500114004001"]
ENDS = {Phase.DISPOSED, Phase.VOIDED}


def _event(kind: str, **fields: Any) -> Any:
    codes = [BOX] if kind == "washed" else [ITEM]
    lists: dict[str, Any] = {"masses_g": None, "manifest": None} if kind in {"released", "accepted"} else {}
    if kind == "opening_stock":
        lists = {"masses_g": [1000], "waste_codes": ["841-001-01"], "since": None}
    sent = payload(kind, **{"codes": codes, **lists, **fields})
    assert isinstance(parse_stored(sent), ItemEvent)  # an old log may hold a hand-over to oneself
    return Act(sent)


@pytest.mark.parametrize("case", vectors("custody")["cases"], ids=lambda case: case["name"])
def test_golden_stories(case: dict[str, Any]) -> None:
    state = ItemState()
    for number, step in enumerate(case["steps"], start=1):
        decision = decide(state, _event(**step["event"]))
        state = decision.state
        told = f"step {number}, {step['event']}"
        assert {**state._asdict(), "phase": str(state.phase)} == step["after"], told
        assert list(decision.reasons) == step["reasons"], told


STATES = [
    ItemState(Phase(phase), holder, offered, None, 1)
    for phase in Phase
    for holder in (None, SITES[0], SITES[1])
    for offered in (None, SITES[1], SITES[2])
]
EVENTS = [
    _event(kind, site=site, **fields)
    for kind in ITEM_KINDS
    for site in SITES
    for fields in {
        "released": [{"to_site": other} for other in SITES if other != site],
        "accepted": [{"from_site": other} for other in SITES if other != site],
        "refused": [{"from_site": other} for other in SITES if other != site],
        "incident": [{"incident": what} for what in ("spill", "damage", "loss", "theft", "found")],
    }.get(kind, [{}])
]


@pytest.mark.parametrize("phase", list(Phase))
def test_every_pair_of_phase_and_kind_has_an_answer(phase: Phase) -> None:
    for state in (state for state in STATES if state.phase is phase):
        for event in EVENTS:
            after, reasons = decide(state, event)
            told = f"{state} {event.kind} at {event.site}"
            assert set(reasons) <= set(REASONS), told
            assert list(reasons) == sorted(reasons, key=PRECEDENCE.__getitem__), told
            assert phase not in ENDS or after.phase is phase, f"the end is the end: {told}"
            assert after.phase is not Phase.UNSEEN or event.kind in {
                "inspected",
                "corrected",
                "relabelled",
                "washed",
                "incident",
                "printed",
                "vouched",
                "opening_stock",
            }, told
            assert after.phase is not Phase.HELD or after.holder is not None or state.holder is None, told


def _reachable() -> list[ItemState]:
    """Every state that any sequence of these events can bring about; lives are counted to two."""
    found, waiting = {ItemState()}, [ItemState()]
    while waiting:
        state = waiting.pop()
        for event in EVENTS:
            after = decide(state, event).state
            after = after._replace(lives_count=min(after.lives_count, 2))
            if after not in found:
                found.add(after)
                waiting.append(after)
    return list(found)


REACHABLE = _reachable()


def test_an_offer_ends_with_the_phase_it_belongs_to() -> None:
    for state in REACHABLE:
        if state.phase in {Phase.HELD, Phase.REFUSED, Phase.DISPOSED, Phase.BLANK}:
            assert state.offered_to is None, state
        if state.phase in {Phase.HELD, Phase.OFFERED, Phase.REFUSED, Phase.DISPOSED}:
            assert state.holder is not None, state


def test_custody_never_changes_hands_unseen() -> None:
    """Only a hop that both sides recorded, or a found item, brings another holder without a reason to doubt."""
    for state in REACHABLE:
        for event in EVENTS:
            after, reasons = decide(state, event)
            if state.holder is None or after.holder == state.holder or reasons:
                continue
            offered = state.phase in {Phase.OFFERED, Phase.LOST}
            both_sides = offered and event.kind == "accepted" and event.site == state.offered_to
            assert both_sides or (state.phase is Phase.LOST and event.kind == "incident"), (state, event)


def test_reasons_are_complete() -> None:
    assert list(PRECEDENCE) == list(REASONS)
    severities = [reason.severity for reason in REASONS.values()]
    assert set(severities) == set(Severity)
    for reason in REASONS.values():
        assert reason.zh
        assert reason.en
        assert reason.answer_h >= 0
    assert all(zh and en for zh, en in CLASSES.values())


def test_what_breaks_a_chain_comes_first() -> None:
    breaking = [PRECEDENCE[code] for code, reason in REASONS.items() if reason.severity is Severity.BREAKS_CHAIN]
    assert breaking == list(range(len(breaking)))
