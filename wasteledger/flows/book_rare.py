"""Facts that the books keep in memory from the beginning of the log, because what they concern is named nowhere else."""

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


def opened_at(site: str, source: BookSource) -> set[str]:
    """Every package that a site has declared as opening stock."""
    return {code for declared in source.openings.get(site, ()) for code in declared.event.codes}


def of_one_package(codes: set[str], source: BookSource) -> set[str]:
    """The other labels of these packages: whether one label took another one's place may have changed for both."""
    found: set[str] = set()
    waiting = codes & source.relabelled
    while waiting:
        found |= waiting
        words = [fact for code in waiting for fact in source.facts_of(code) if fact.event.new_code]
        waiting = {code for fact in words for code in (*fact.event.codes, fact.event.new_code)} - found
    return found - codes
