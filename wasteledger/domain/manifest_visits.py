"""Hand-overs as people remember them: one visit, one line, however many scans it took.

The monthly medical manifest has a line for each hand-over of an institution, a trip card a line for each hand-over to a vehicle
(医疗废物集中处置技术规范（试行）环发〔2003〕206号).
"""

from collections.abc import Iterable
from typing import NamedTuple

from wasteledger.domain.facts import Fact, by_order
from wasteledger.domain.load import Inside, Struck
from wasteledger.domain.manifest_legs import opened

#: Scans of two parties further apart than this are two visits; a collector does not come twice within an hour.
VISIT_MS_MAX = 60 * 60 * 1000


class Visit(NamedTuple):
    """One party handed packages to another one.

    Attributes:
        number: of the manifest, empty where none was named.
        plate: of the vehicle, empty where no scan names it.
        facts: its scans, in order of time.
        items, accepted: codes named by either side, and by the taker.
    """

    giver: str
    taker: str
    number: str
    plate: str
    facts: tuple[Fact, ...]
    items: frozenset[str]
    accepted: frozenset[str]

    @property
    def at_ms(self) -> int:
        """When it began."""
        return self.facts[0].occurred_ms

    def actor(self, kind: str) -> str:
        """Who stood for a side, by its pseudonym: `released` the giver's, `accepted` the taker's; empty where it did not scan."""
        found = next((fact.event for fact in self.facts if fact.kind == kind), None)
        return (found.vouched_by or found.actor) if found else ""


def visits(facts: Iterable[Fact], inside: Inside | None = None, struck: Struck | None = None) -> list[Visit]:
    """The visits that `released` and `accepted` facts make, in order of time; other facts are passed over."""
    hops: dict[tuple[str, str, str], list[Fact]] = {}
    for fact in sorted(facts, key=by_order):
        event = fact.event
        if fact.kind == "released":
            hops.setdefault((event.site, event.to_site, event.manifest or ""), []).append(fact)
        elif fact.kind == "accepted":
            hops.setdefault((event.from_site, event.site, event.manifest or ""), []).append(fact)
    found = [_visit(hop, group, inside, struck) for hop, all_facts in hops.items() for group in _groups(all_facts)]
    return sorted((visit for visit in found if visit.items), key=lambda visit: visit.facts[0].order)


def _groups(facts: list[Fact]) -> list[list[Fact]]:
    groups: list[list[Fact]] = []
    for fact in facts:
        if groups and fact.occurred_ms - groups[-1][-1].occurred_ms <= VISIT_MS_MAX:
            groups[-1].append(fact)
        else:
            groups.append([fact])
    return groups


def _visit(hop: tuple[str, str, str], facts: list[Fact], inside: Inside | None, struck: Struck | None) -> Visit:
    items: set[str] = set()
    accepted: set[str] = set()
    for fact in facts:
        codes = opened([code for code in fact.event.codes if struck is None or not struck(code, fact)], fact, inside)
        items.update(codes)
        accepted.update(codes if fact.kind == "accepted" else ())
    plate = next((fact.event.vehicle for fact in facts if fact.event.vehicle), "")
    return Visit(*hop, plate, tuple(facts), frozenset(items), frozenset(accepted))
