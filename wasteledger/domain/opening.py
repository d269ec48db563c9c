"""Opening stock (期初库存): what a site had in its rooms on the day it began, declared once and confirmed by the authority.

A declaration that counts is read as the sealing of each of its packages: producer is the site that had them, cohort the day on which it was
told, mass and waste as declared. From then on the rules of every other package hold. What counts, for each package:

1. a device of the site itself says so; anybody else's word has no effect (`not_entitled`);
2. the authority has not refused it (`corrected`, did_not_occur, by itself or in agreement with the site);
3. it belongs to the site's one declaration: the first that was told and not refused. Its later parts say the same day and number of parts,
   and each part is told once. A further one has no effect (`opening_stock_again`);
4. the package was news to the ledger: nobody entitled had sealed or moved it before, and no other site's declaration of it goes before,
   confirmed ones first. Else the package stays what it was (`opening_stock_known`).

Until the authority has confirmed it (`vouched`, for the codes that it names), a package stands in the denominator as one of unknown
origin. A word that waits harms nobody: a package that somebody has sealed is his, whatever another site has declared of its code, until
the authority says that both exist.
"""

from collections.abc import Iterable, Sequence

from schemas.acts import Act
from schemas.custody import Move
from wasteledger.domain.entitled import OFFICE, entitlement_of
from wasteledger.domain.facts import RANK, Fact, Source
from wasteledger.domain.legal_days import day_over_ms
from wasteledger.domain.register import Directory

OPENING_STOCK = "opening_stock"
#: What shows that a package was under way: none of it precedes a stock-take of what lay in a room since before the ledger.
_MOVES = frozenset({"packed", "unpacked", "released", "accepted", "refused", "stored", "disposed"})
_SEALED_RANK = RANK["sealed"]


def with_opening_stock(
    code: str, own: Sequence[Fact], source: Source, directory: Directory, *, near_ms: int
) -> list[Fact]:
    """The facts of a package in their order, with the declaration that counts for it, if one does, read as its sealing.

    Args:
        code: of the package.
        own: all facts that name it.
        source: where other declarations of the same sites are found.
        directory: the register.
        near_ms: what two honest clocks may differ by; a scan so near may have come after the declaration.
    """
    standing = [fact for fact in own if _stands(fact, code, source, directory)]
    if not standing:
        return list(own)
    first = min(
        standing, key=lambda fact: (not is_confirmed(fact, code, source, directory), fact.received_ms, fact.index)
    )
    if _is_known(first, code, own, source, directory, near_ms=near_ms):
        return list(own)
    return [as_sealing(fact, code) if fact is first else fact for fact in own]


def _stands(fact: Fact, code: str, source: Source, directory: Directory) -> bool:
    """Steps 1 to 3."""
    return (
        fact.kind == OPENING_STOCK
        and code in fact.event.codes
        and bool(entitlement_of(fact, source, directory))
        and not is_refused(fact, code, source, directory)
        and is_first(fact, source, directory)
    )


def _is_known(  # noqa: PLR0913 - a declaration of a package, and all that is known of the package
    declared: Fact, code: str, own: Iterable[Fact], source: Source, directory: Directory, *, near_ms: int
) -> bool:
    """Whether the package was sealed or under way before it was declared; while nobody has confirmed it, whether it was ever sealed."""
    confirmed = is_confirmed(declared, code, source, directory)
    for fact in own:
        if fact.kind == "sealed":
            before = not confirmed or (fact.received_ms, fact.index) < (declared.received_ms, declared.index)
        else:
            before = fact.kind in _MOVES and fact.occurred_ms < declared.occurred_ms - near_ms
        if before and entitlement_of(fact, source, directory):
            return True
    return False


def is_first(fact: Fact, source: Source, directory: Directory) -> bool:
    """Whether a declaration belongs to the one of its site that counts."""
    counted = counted_part(fact, source, directory)
    return counted is not None and counted.event_id == fact.event_id


def counted_part(fact: Fact, source: Source, directory: Directory) -> Fact | None:
    """The event that counts as this part of its site's declaration."""
    told = [
        other
        for other in sorted(
            source.openings.get(fact.event.site, ()), key=lambda other: (other.received_ms, other.index)
        )
        if entitlement_of(other, source, directory) and not _is_refused_whole(other, source, directory)
    ]
    first: dict[int, Fact] = {}
    for other in told:
        event = other.event
        if (event.as_of, event.parts_count) == (told[0].event.as_of, told[0].event.parts_count):
            first.setdefault(event.part_no, other)
    return first.get(fact.event.part_no)


def is_confirmed(fact: Fact, code: str, source: Source, directory: Directory) -> bool:
    """Whether the authority stands for the package in a declaration."""
    return any(
        word.kind == "vouched" and code in word.event.codes and entitlement_of(word, source, directory) == OFFICE
        for word in source.targets.get(fact.event_id, ())
    )


def is_refused(fact: Fact, code: str, source: Source, directory: Directory) -> bool:
    """Whether the authority strikes the package out of a declaration; this goes before a confirmation."""
    return any(code in word.event.codes for word in _refusals(fact, source, directory))


def _is_refused_whole(fact: Fact, source: Source, directory: Directory) -> bool:
    struck = {code for word in _refusals(fact, source, directory) for code in word.event.codes}
    return struck.issuperset(fact.event.codes)


def _refusals(fact: Fact, source: Source, directory: Directory) -> list[Fact]:
    return [
        word
        for word in source.targets.get(fact.event_id, ())
        if word.kind == "corrected"
        and word.event.reason == "did_not_occur"
        and not word.event.refuses
        and entitlement_of(word, source, directory) == OFFICE
    ]


def as_sealing(fact: Fact, code: str) -> Fact:
    """What a declaration says of one package, as the sealing that nobody could record; its time of storage counts from `since`."""
    event = fact.event
    place = event.codes.index(code)
    said = {"codes": [code], "mass_g": event.mass_of(code) or 0, "waste_code": event.waste_codes[place]}
    left_out = {"masses_g": None, "waste_codes": (), "since": (), "mass_source": "typed"}
    sealing = Fact(
        fact.index,
        fact.received_ms,
        fact.event_id,
        Act(event.__dict__ | said | left_out),
        fact.occurred_ms,
        fact.wall_ms,
    )
    sealing.kind, sealing.move = "sealed", Move("sealed", event.site)
    sealing.order = (fact.occurred_ms, _SEALED_RANK, event.device_id, event.device_seq)
    sealing.earliest_ms, sealing.latest_ms, sealing.outside = fact.earliest_ms, fact.latest_ms, fact.outside
    sealing.standing, sealing.entitlement = fact.standing, fact.entitlement
    since = event.since[place] if event.since else None
    if since:
        sealing.earliest_ms = min(fact.earliest_ms, day_over_ms(since))
    return sealing


def is_opening_stock(seal: Fact) -> bool:
    """Whether a package's sealing is a declaration of opening stock."""
    return seal.event.kind == OPENING_STOCK
