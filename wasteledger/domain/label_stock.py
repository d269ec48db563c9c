"""Rolls of blank labels: every label that was issued is used, void, or still there when the roll is counted."""

from collections.abc import Iterable, Mapping

from schemas.custody import Phase
from wasteledger.domain.entitled import entitlement_of
from wasteledger.domain.facts import Fact, Source, by_order
from wasteledger.domain.findings import Finding, make_finding
from wasteledger.domain.register import Directory


def is_of_roll(fact: Fact, source: Source, directory: Directory) -> bool:
    """Whether a fact that names a roll tells of it: whoever issued labels, they are there; a count is told by who may say it."""
    return fact.kind != "counted" or bool(entitlement_of(fact, source, directory))


def roll_findings(roll: str, facts: Iterable[Fact], phases: Mapping[str, str]) -> list[Finding]:
    """Labels of a roll that are not accounted for at its last complete count.

    Args:
        roll: name of the stock.
        facts: those that name the roll: `issued` and `counted`.
        phases: the phase of each of its labels now; one that is not there is blank.
    """
    ordered = sorted(facts, key=by_order)
    complete = [fact for fact in ordered if fact.kind == "counted" and fact.event.complete]
    if not complete:
        return []
    last = complete[-1]
    name = last.event.count_name
    counted = [
        fact
        for fact in ordered
        if fact.kind == "counted" and (fact is last or (name and fact.event.count_name == name))
    ]
    there = {code for fact in counted for code in fact.event.codes}
    site = last.event.site
    issued = {
        code for fact in ordered if fact.kind == "issued" and fact.order < last.order and fact.event.for_site == site
        for code in fact.event.codes
    }  # fmt: skip
    missing = sorted(
        code
        for code in issued - there
        if phases.get(code, Phase.BLANK.value) in {Phase.BLANK.value, Phase.UNSEEN.value}
    )
    if not missing:
        return []
    return [
        make_finding(
            "label_stock_unaccounted", items=missing, evidence=(last.event_id,), site=site, at_ms=last.occurred_ms,
            detail=roll,
        )
    ]  # fmt: skip
