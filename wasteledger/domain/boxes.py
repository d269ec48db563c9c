"""Who had a box, and when it was empty.

A code may stand on two boxes, by a copied label or by a slip. What is done with a box concerns the packages of whoever packed into it and
of whoever took it over from him: it is one box, however many packed on its way. What those did who packed into one of the same code, and
neither had it from him nor gave it to him, is about theirs.
"""

from collections.abc import Callable

from wasteledger.domain.entitled import OFFICE, entitlement_of
from wasteledger.domain.facts import Fact, Source
from wasteledger.domain.register import Directory
from wasteledger.domain.told_again import is_spoken_of

#: A release stamped later than this after an acceptance belongs to another hop.
PAIRING_MS_MAX = 24 * 60 * 60 * 1000
#: A box that was not emptied for so long is judged as if it had been; the longest legal storage of medical waste is seven days.
LOAD_MS_MAX = 60 * 24 * 60 * 60 * 1000
#: How a site comes to a box.
_COMING = frozenset({"accepted", "packed"})
#: Two moments between which there is none.
NOTHING_TOLD = (0, -1)


def was_at(box: str, packed: Fact, fact: Fact, source: Source, directory: Directory) -> bool:
    """Whether the site of a fact had the box by then: it packed the item, took the box over, or is the authority that looks into it.

    What a site had that was merged into another one, the other one has.
    """
    site = fact.event.site
    if site == packed.event.site or entitlement_of(fact, source, directory) == OFFICE:
        return True
    if directory.acts_for(site, {packed.event.site}, fact.occurred_ms):
        return True
    begin_ms, until_ms = fact.occurred_ms - LOAD_MS_MAX, fact.occurred_ms + PAIRING_MS_MAX
    return any(
        other.kind == "accepted"
        and other is not fact
        and directory.acts_for(site, {other.event.site}, fact.occurred_ms)
        for other in source.box_facts(box, begin_ms, until_ms)
    )


def is_anothers(  # noqa: PLR0913, PLR0917 - a fact, and all that it is held against
    by: str, fact: Fact, had: set[str], packed: Fact, source: Source, directory: Directory
) -> bool:
    """Whether a fact is about another box of the same code: packed into by somebody else, from whom nobody had this one.

    What no other box explains is about this one, of which a hand-over was not recorded.
    """

    def entitled(other: Fact) -> bool:
        return bool(entitlement_of(other, source, directory))

    box, begin_ms = packed.event.box, packed.occurred_ms - LOAD_MS_MAX
    if by in {directory.successor_of(site, fact.occurred_ms) for site in had}:
        return False
    others = {
        other.event.site: other
        for other in source.box_facts(box, begin_ms, fact.occurred_ms, packings=True)
        if other.kind == "packed" and other.event.site not in had and entitled(other)
    }
    for other in others.values():
        line = carried(other, packed.occurred_ms, fact.occurred_ms, source, entitled)
        if by in line and packed.event.site not in line:
            source.doubled.setdefault(box, other)
            return True
    return False


def carried(packed: Fact, since_ms: int, until_ms: int, source: Source, entitled: Callable[[Fact], bool]) -> set[str]:
    """Who had a box from a packing on, each by taking it over from the one before; nobody where they had emptied it by `since_ms`."""
    box, had = packed.event.box, {packed.event.site}
    for fact in source.box_facts(box, packed.occurred_ms, until_ms):
        event = fact.event
        if fact.kind == "accepted" and event.from_site in had and entitled(fact):
            had.add(event.site)
        elif (
            event.site in had
            and fact.occurred_ms <= since_ms
            and (empties(fact) or fact.kind == "disposed")
            and entitled(fact)
        ):
            return set()
    return had


def empties(fact: Fact) -> bool:
    """Whether the fact says that the box is empty now, apart from its disposal."""
    return fact.kind == "washed" or (fact.kind == "unpacked" and fact.event.complete)


def had_before(fact: Fact, box: str, source: Source, *, told: tuple[int, int] = NOTHING_TOLD) -> set[str]:
    """How the site of a fact had come to a box: `accepted`, `packed`, both or neither; an acceptance between two moments does not count."""
    before = source.box_facts(box, fact.occurred_ms - LOAD_MS_MAX, fact.occurred_ms, packings=True, backwards=True)
    kinds = set()
    for other in before:
        if other.event.site == fact.event.site and other is not fact and other.kind in _COMING:
            if other.kind == "packed":
                kinds.add("packed")
            elif not told[0] <= other.occurred_ms <= told[1]:
                kinds.add("accepted")
                break
    return kinds


def ends_load(
    fact: Fact, box: str, source: Source, directory: Directory, *, told: tuple[int, int] = NOTHING_TOLD
) -> bool:
    """Whether a box is empty after a fact for whoever packed into it: emptied by one that had taken it over, or destroyed; and one box.

    `told`: of these moments something new is told, which makes nothing sure that was not sure before.
    """
    if not empties(fact) and not (fact.kind == "disposed" and box in fact.event.codes):
        return False
    if box in source.doubled or is_spoken_of(fact, box, source) or not entitlement_of(fact, source, directory):
        return False
    had = had_before(fact, box, source, told=told)
    return had != {"packed"} if fact.kind == "disposed" else "accepted" in had
