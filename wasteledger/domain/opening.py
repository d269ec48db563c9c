"""Opening stock (期初库存): what a site had in its rooms on the day it began, declared once and confirmed by the authority.

A declaration that counts is read as the sealing of each of its packages: producer is the site that had them, mass and waste as declared,
cohort the day on which the service was told, whatever a clock or a paper says. From then on the rules of every other package hold. What
counts, for each package:

1. a device of the site itself says so; anybody else's word has no effect (`not_entitled`);
2. the authority has not refused it (`corrected`, did_not_occur, by itself or in agreement with the site);
3. it belongs to the site's one declaration: the first that was told and not refused. Its later parts say the same day and number of parts,
   and each part is told once. A further one has no effect (`opening_stock_again`);
4. the package was news to the ledger: nobody entitled had sealed or moved it before, and no other site's declaration of it goes before,
   confirmed ones first. Else the package stays what it was (`opening_stock_known`). Before is what happened before and was told before: a
   scan that is told afterwards moves nothing by the day it bears. What the site put into its own rooms before is how one declares.

Until the authority has confirmed it (`vouched`, for the codes that it names), a package stands in the denominator as one of unknown
origin. A word that waits harms nobody: a package that somebody has sealed is his, whatever another site has declared of its code, until
the authority says that both exist. Nor is it undone by anybody: what was declared before it was sealed, or had moved before it was
declared, stays in the denominator with the mass that was declared, of unknown origin, until the authority refuses it.
"""

from collections.abc import Iterable, Sequence

from schemas.acts import Act
from schemas.custody import Move
from wasteledger.domain.entitled import OFFICE, entitlement_of
from wasteledger.domain.facts import RANK, Fact, Source, by_order
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
    first = foremost(code, own, source, directory)
    if first is None or _is_known(first, code, own, source, directory, near_ms=near_ms):
        return list(own)
    shelved = [fact.occurred_ms for fact in own if _is_shelved(fact, first) and entitlement_of(fact, source, directory)]
    sealing = as_sealing(first, code, begun_ms=min(shelved, default=first.occurred_ms))
    moved = [fact.occurred_ms for fact in own if fact.kind in _MOVES or _is_shelved(fact, first)]
    sealing.order = (min([sealing.occurred_ms, *moved]), *sealing.order[1:])
    return sorted([sealing if fact is first else fact for fact in own], key=by_order)


def foremost(code: str, facts: Iterable[Fact], source: Source, directory: Directory) -> Fact | None:
    """The declaration of a package that goes before all others: a confirmed one, else the first that was told."""
    standing = [fact for fact in facts if _stands(fact, code, source, directory)]
    return min(
        standing,
        key=lambda fact: (not is_confirmed(fact, code, source, directory), fact.received_ms, fact.index),
        default=None,
    )


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
            before = not confirmed or is_told_first(fact, declared)
        elif fact.kind not in _MOVES or _is_shelved(fact, declared):
            continue
        else:
            # A device's own numbers say what came first; of two devices the one may be heard late, and the other's clock be a little off.
            same = fact.event.device_id == declared.event.device_id
            before = same or fact.occurred_ms < declared.occurred_ms - near_ms
            before = before and is_told_first(fact, declared)
        if before and entitlement_of(fact, source, directory):
            return True
    return False


def _is_shelved(fact: Fact, declared: Fact) -> bool:
    """Whether the site that declares a package put it into a room of its own, or counted it there."""
    there = fact.kind == "stored" or (fact.kind == "counted" and bool(fact.event.room))
    return there and fact.event.site == declared.event.site


def is_told_first(fact: Fact, declared: Fact) -> bool:
    """Whether it is proved that a fact was there before a package was declared: by the chain of their device, else by receipt."""
    if fact.event.device_id == declared.event.device_id:
        return fact.event.device_seq < declared.event.device_seq
    return fact.received_ms < declared.received_ms


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


def as_sealing(fact: Fact, code: str, *, begun_ms: int) -> Fact:
    """What a declaration says of one package, as the sealing that nobody could record; its time of storage counts from `since`.

    `begun_ms`: when the site first saw it in its rooms.
    """
    event = fact.event
    place = event.codes.index(code)
    said = {"codes": [code], "mass_g": event.mass_of(code) or 0, "waste_code": event.waste_codes[place]}
    left_out = {"masses_g": None, "waste_codes": (), "since": (), "mass_source": "typed"}
    begun_ms = min(begun_ms, fact.occurred_ms)
    sealing = Fact(
        fact.index, fact.received_ms, fact.event_id, Act(event.__dict__ | said | left_out), begun_ms, fact.wall_ms
    )
    sealing.kind, sealing.move = "sealed", Move("sealed", event.site)
    sealing.order = (begun_ms, _SEALED_RANK, event.device_id, event.device_seq)
    sealing.earliest_ms, sealing.latest_ms, sealing.outside = (
        min(fact.earliest_ms, begun_ms),
        fact.latest_ms,
        fact.outside,
    )
    sealing.standing, sealing.entitlement = fact.standing, fact.entitlement
    since = event.since[place] if event.since else None
    if since:
        sealing.earliest_ms = min(sealing.earliest_ms, day_over_ms(since))
    return sealing


def is_opening_stock(seal: Fact) -> bool:
    """Whether a package's sealing is a declaration of opening stock."""
    return seal.event.kind == OPENING_STOCK
