"""Where a package was, and what is left of the time that it may be stored where it came to.

The law gives each kind of place its time: a producer's store, a transfer point, the road, a plant. For one kind of place the sites of one
organisation are one: passed on among them, or to somebody else and back, a package does not begin its time anew. It has its whole time

1. at the first such place, and at every place of another kind;
2. when it comes back from a third organisation, or after one has refused it that did not have it and is not the holder's own: by its own
   device, or badge and PIN, since a badge on another's device is that one's word;
3. on the road from a store, where it was in none of that kind and organisation before: being collected and being carried on are two
   journeys.
"""

from schemas.codes import SiteKind, site_kind
from wasteledger.domain.chain import Chain, Stay
from wasteledger.domain.deadlines import Awaited, storage_of
from wasteledger.domain.entitled import PIN
from wasteledger.domain.facts import Fact
from wasteledger.domain.register import Directory


def put(chain: Chain, site: str | None, room: str, now_ms: int) -> None:
    """The item is in another place from now on."""
    stays = chain.stays
    if stays and stays[-1].end_ms is None:
        stays[-1] = tuple.__new__(Stay, (*stays[-1][:3], now_ms))  # past the named constructor: done at each hand-over
    if site:
        stays.append(tuple.__new__(Stay, (site, room, now_ms, None)))


def left_of(chain: Chain, storage: Awaited, fact: Fact, directory: Directory) -> Awaited:
    """The storage limit at the place that a package came to by `fact`, less what it has spent in places that are the same for the law."""
    stays, place = chain.stays, directory.organisation(chain.stays[-1].site)

    def is_same(stay: Stay) -> bool:
        kept = storage_of(stay.site, chain.waste_code, directory)
        return kept is not None and kept.rule == storage.rule and directory.organisation(stay.site) == place

    if not any(is_same(stay) for stay in stays[:-1]):
        return storage
    chain.returns += 1
    refused = _refusals(chain, fact, place, directory)
    spent_ms, places, sites = 0, {place}, {stays[-1].site}
    for number in range(len(stays) - 2, -1, -1):
        stay = stays[number]
        places.add(directory.organisation(stay.site))
        sites.add(stay.site)
        if len(places) > 2 or any(at_ms > stay.begin_ms and site not in sites for at_ms, site in refused):  # noqa: PLR2004 - step 2
            break
        if is_same(stay):
            spent_ms += max(0, stays[number + 1].begin_ms - stay.begin_ms)
        elif site_kind(stays[-1].site) is SiteKind.CARRIER and _is_first_store(stays, number, directory):
            break
    return storage._replace(limit_ms=max(0, storage.limit_ms - spent_ms))


def _refusals(chain: Chain, fact: Fact, place: str, directory: Directory) -> list[tuple[int, str]]:
    """When, and by which sites of other organisations, it was refused before a fact."""
    return [
        (step.fact.occurred_ms, step.fact.event.site)
        for step in chain.steps
        if step.fact.kind == "refused"
        and (step.fact.entitlement or 0) >= PIN
        and step.fact.order < fact.order
        and directory.organisation(step.fact.event.site) != place
    ]


def _is_first_store(stays: list[Stay], number: int, directory: Directory) -> bool:
    """Whether a stay is no carrier's, and the first one at a site of its kind and organisation."""
    site = stays[number].site
    kind, organisation = site_kind(site), directory.organisation(site)
    return kind is not SiteKind.CARRIER and not any(
        site_kind(stay.site) is kind and directory.organisation(stay.site) == organisation for stay in stays[:number]
    )
