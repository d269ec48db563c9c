"""Facts that the books keep in memory from the beginning of the log, because what they concern is named nowhere else."""

from collections.abc import Set as AbstractSet

from wasteledger.domain.evidence import may_need_evidence
from wasteledger.domain.facts import Fact
from wasteledger.flows.book_source import BookSource

_RARE = frozenset({"evidenced", "opening_stock"})


def is_rare(fact: Fact) -> bool:
    """Whether a fact is kept in memory: it speaks of another event, of evidence, a new label, old stock, or a whole room or roll."""
    event = fact.event
    if event.target_event_id or event.new_code or fact.kind in _RARE or (fact.kind == "counted" and not event.box):
        return True
    return bool(event.attachments) and may_need_evidence(event)


def shelve_rare(fact: Fact, source: BookSource) -> None:
    """Keeps a rare fact where what it concerns is asked for."""
    event = fact.event
    if fact.kind == "packed":
        source.doubled[event.box] = fact
        return
    source.evidence.add(fact)
    if event.new_code:
        source.relabelled.update((*event.codes, event.new_code))
    if event.target_event_id:
        source.targets[event.target_event_id].append(fact)
        if fact.kind == "corrected":
            source.corrected.update(event.codes)
    elif fact.kind == "opening_stock":
        source.openings[event.site].append(fact)
        source.opened.update(event.codes)
    elif event.stock and fact.kind == "counted":
        source.rolls.add(event.stock)
    elif fact.kind == "counted" and not event.box:
        source.counts[event.site].append(fact)


def shelve_fork(fact: Fact, source: BookSource) -> None:
    """Keeps an event that shares its number with another one."""
    for code in fact.event.codes:
        source.forks[code].append(fact)


def opened_at(site: str, source: BookSource) -> set[str]:
    """Every package that a site has declared as opening stock."""
    return {code for declared in source.openings.get(site, ()) for code in declared.event.codes}


def of_one_package(codes: AbstractSet[str], source: BookSource) -> set[str]:
    """The other labels of these packages: whether one label took another one's place may have changed for both."""
    found: set[str] = set()
    waiting = codes & source.relabelled
    while waiting:
        found |= waiting
        words = [fact for code in waiting for fact in source.facts_of(code) if fact.event.new_code]
        waiting = {code for fact in words for code in (*fact.event.codes, fact.event.new_code)} - found
    return found - codes
