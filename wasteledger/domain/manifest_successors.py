"""A manifest of sites that were merged while it was under way: its papers and its trip are read as their successors'."""

from collections.abc import Iterable
from copy import copy

from schemas.acts import Act
from wasteledger.domain.facts import Fact
from wasteledger.domain.load import Entitled
from wasteledger.domain.register import Directory


def read_as_successors(facts: Iterable[Fact], entitled: Entitled, directory: Directory) -> dict[str, tuple[Fact, Fact]]:
    """Facts, by their id: as they say it, and with the names of those that stand for its parties at the last of them."""
    facts = list(facts)
    last_ms = max((fact.occurred_ms for fact in facts), default=0)
    for fact in facts:
        entitled(fact)  # whose device it was is judged by what it said; the answer stands on the fact
    return {fact.event_id: (fact, _renamed(fact, last_ms, directory)) for fact in facts}


def _renamed(fact: Fact, last_ms: int, directory: Directory) -> Fact:
    event = fact.event
    named = {name: getattr(event, name) for name in ("site", "to_site", "from_site", "consignee")}
    heirs = {name: directory.successor_of(site, last_ms) for name, site in named.items() if site}
    carriers = [directory.successor_of(site, last_ms) for site in event.carriers]
    if all(named[name] == heir for name, heir in heirs.items()) and carriers == list(event.carriers):
        return fact
    renamed = copy(fact)
    renamed.event = Act(event.__dict__ | heirs | {"carriers": carriers})
    return renamed
