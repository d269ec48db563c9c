"""Whether a manifest satisfies the law on a hop: small enough to be asked of every hop of every package.

A manifest is valid for a hand-over when (危险废物转移管理办法 art. 10, 11, 16, 17, 20):

1. its consignor, or the office, drew it up before the load left: told before, and not dated later than clocks differ; or on paper,
   entered with the paper's number within `backfill_workdays` after the transfer ended;
2. it was not void by then;
3. it is the manifest of the consignor that loaded this package;
4. it serves one trip, as its parties and nobody else tell (`manifest_legs.py`): what one vehicle loaded before the first decision at the
   other end, carried on by the drafted carriers in their order. What is loaded after that decision, after the load was brought back, or on
   a second vehicle, needs a number of its own. Told after that decision, a loading is proved to have come before it by the number in the
   chain of a device that brought the load there; paper, which has its own term, proves it where both sides wrote it down;
5. giver and taker named the same number.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

import orjson

from schemas.entitlement import Standing
from schemas.plates import normal_plate
from wasteledger.domain.facts import Fact, by_order
from wasteledger.domain.manifest import Manifest
from wasteledger.domain.manifest_doubts import AddWorkdays, transfer_end
from wasteledger.domain.manifest_drafts import in_time, not_later
from wasteledger.domain.manifest_legs import Leg
from wasteledger.domain.register import Directory
from wasteledger.domain.step import CLOCK_DIFFERENCE_MS_MAX

#: What is wrong with a manifest, as `hop_problem` says it, in Chinese for screens.
PROBLEMS_ZH = {
    "undrafted": "无人填报",
    "after_the_fact": "交付后才填报",
    "void": "已作废",
    "foreign_consignor": "他人的联单",
    "second_trip": "一单多车次",
    "two_numbers": "双方联单编号不一致",
}


class ManifestLaw(NamedTuple):
    """What the judgement of a hop needs to know of its manifest; plain values, so that it can be stored and compared.

    Attributes:
        consignor: whose load it is; empty where nobody is known.
        drafting: empty where it was drawn up in time, else `undrafted` or `after_the_fact`.
        void_ms: when it was voided; -1 where it was not.
        trip_end_ms: of the first decision where the load arrived, or of its return; -1 before that. `end_told_ms`: when the service heard.
        brought: devices that recorded the arrival, the return, or a relay proved earlier, each with the number of its first word of it.
        taker, vehicle: who loaded first, and on which vehicle as the taker says, else the giver; empty where unknown.
        carriers: in the order in which they may hand it on.
    """

    consignor: str
    drafting: str
    void_ms: int
    trip_end_ms: int
    taker: str
    vehicle: str
    carriers: tuple[str, ...]
    end_told_ms: int = -1
    brought: tuple[tuple[str, int], ...] = ()


def law_of(manifest: Manifest, directory: Directory, add_workdays: AddWorkdays) -> ManifestLaw:
    """What the judgement of hops under this manifest needs to know of it."""
    loadings = manifest.loadings
    left = _leaving(loadings)
    told_ms = min((fact.received_ms for leg in loadings for fact in leg.facts), default=0)
    ends = [*manifest.decisions, *manifest.returns]
    loaders = [leg for leg in loadings if leg.to_carrier]
    end_told_ms = min((fact.received_ms for fact in ends), default=-1)
    return ManifestLaw(
        consignor=manifest.consignor,
        drafting=_drafting(manifest, left, told_ms, directory, add_workdays),
        void_ms=manifest.void.occurred_ms if manifest.void else -1,
        trip_end_ms=min((fact.occurred_ms for fact in ends), default=-1),
        taker=loadings[0].taker if loadings else "",
        vehicle=_vehicle(loaders[0]) if loaders else "",
        carriers=_carriers(manifest, left),
        end_told_ms=end_told_ms,
        brought=_brought(manifest, end_told_ms),
    )


def hop_problem(
    law: ManifestLaw | None,
    fact: Fact,
    consignor: str,
    other: Fact | None = None,
    *,
    heir: Callable[[str], str] | None = None,
) -> str:
    """What keeps a manifest from satisfying the law on a hop, a word of `PROBLEMS_ZH`; empty when it does.

    Args:
        law: of the number that `fact` names; None where no fact names it.
        fact: an entitled release or acceptance that names a manifest.
        consignor: who loaded this package: the last of its givers that is no carrier.
        other: what the other side of the same hand-over recorded, where it is known.
        heir: who stands for a site that was merged, as the law's names are those of successors.
    """
    event = fact.event
    if other is not None and event.manifest and other.event.manifest not in {None, event.manifest}:
        return "two_numbers"
    if law is None:
        return "undrafted"
    if law.drafting:
        return law.drafting
    if 0 <= law.void_ms < fact.occurred_ms:
        return "void"
    if heir:
        law = law._replace(
            consignor=heir(law.consignor), taker=heir(law.taker), carriers=tuple(map(heir, law.carriers))
        )
        consignor = heir(consignor)
    if law.consignor and law.consignor != consignor:
        return "foreign_consignor"
    return "second_trip" if _is_second_trip(law, fact, other, heir) else ""


def _is_second_trip(law: ManifestLaw, fact: Fact, other: Fact | None, heir: Callable[[str], str] | None) -> bool:
    event, accepted = fact.event, fact.kind == "accepted"
    giver, taker = (event.from_site, event.site) if accepted else (event.site, event.to_site)
    if heir:
        giver, taker = heir(giver), heir(taker)
    if giver[0] == "R":
        # On the way, between carriers, it must be the next one that the draft names; going back is always open.
        return taker[0] == "R" and (giver, taker) not in set(zip(law.carriers, law.carriers[1:], strict=False))
    if 0 <= law.trip_end_ms < fact.occurred_ms - CLOCK_DIFFERENCE_MS_MAX:
        return True
    if other is not None and fact.received_ms > law.end_told_ms >= 0 and not _is_before_end(law, fact, other):
        return True
    if law.taker and taker != law.taker:
        return True
    # Which lorry it is its carrier knows best: a slip of the giver is a mismatch, not another trip.
    plate = event.vehicle if accepted else None
    return bool(plate and law.vehicle and normal_plate(plate) != law.vehicle)


def _is_before_end(law: ManifestLaw, *sides: Fact) -> bool:
    """Whether it is proved of either side of a loading that it came before the trip ended, or both wrote it on paper."""
    brought = dict(law.brought)
    if all(side.event.backfill is not None for side in sides):
        return True
    return any(_is_told(side, law.end_told_ms, brought) for side in sides)


def _is_told(fact: Fact, end_told_ms: int, brought: Mapping[str, int]) -> bool:
    return fact.received_ms <= end_told_ms or fact.event.device_seq < brought.get(fact.event.device_id, -1)


def _brought(manifest: Manifest, end_told_ms: int) -> tuple[tuple[str, int], ...]:
    first: dict[str, int] = {}
    home = [leg for leg in manifest.trip if leg.taker == manifest.consignor]
    for leg in (*manifest.ends, *home):
        _note_first(leg.facts, first)
    for leg in reversed(manifest.trip):
        if leg.by_carrier and leg.to_carrier:  # who handed on what was brought there had loaded it before
            taken = [fact for fact in leg.acceptances if _is_told(fact, end_told_ms, first)]
            codes = {code for fact in taken for code in fact.event.codes}
            _note_first([fact for fact in leg.releases if not codes.isdisjoint(fact.event.codes)], first)
    return tuple(sorted(first.items()))


def _note_first(facts: Iterable[Fact], first: dict[str, int]) -> None:
    for fact in facts:
        event = fact.event
        first[event.device_id] = min(first.get(event.device_id, event.device_seq), event.device_seq)


def write_law(law: ManifestLaw) -> str:
    """As the books keep it."""
    return orjson.dumps(law._asdict()).decode()


def read_law(text: str) -> ManifestLaw:
    """What `write_law` wrote."""
    fields = orjson.loads(text)
    brought = tuple((device, number) for device, number in fields["brought"])
    return ManifestLaw(**fields | {"carriers": tuple(fields["carriers"]), "brought": brought})


def _leaving(loadings: tuple[Leg, ...]) -> Fact | None:
    """The hand-over by which the load left: its consignor's release, where it recorded one."""
    releases = [fact for leg in loadings for fact in leg.releases if leg.codes - leg.rejected]
    taken = [fact for leg in loadings for fact in leg.acceptances]
    found = releases or taken
    return min(found, key=by_order) if found else None


def _vehicle(leg: Leg) -> str:
    named = [fact.event.vehicle for facts in (leg.acceptances, leg.releases) for fact in facts if fact.event.vehicle]
    return normal_plate(named[0]) if named else ""


def _drafting(
    manifest: Manifest, left: Fact | None, told_ms: int, directory: Directory, add_workdays: AddWorkdays
) -> str:
    """Whether somebody drew it up in time; `told_ms` is when the service first heard from either party that the load had left."""
    if not manifest.drafts:
        return "undrafted"
    if left is None or any(
        in_time(draft, left, told_ms) or _on_paper(draft, left, manifest, directory, add_workdays)
        for draft in manifest.drafts
    ):
        return ""
    return "after_the_fact"


def _on_paper(draft: Fact, left: Fact, manifest: Manifest, directory: Directory, add_workdays: AddWorkdays) -> bool:
    """Written on paper before the load left, and entered in time with the paper's number (art. 20)."""
    event = draft.event
    if event.form != "paper" or not event.backfill or not event.backfill.get("paper") or not not_later(draft, left):
        return False
    ended = transfer_end(manifest)
    if ended is None:
        return True
    return draft.received_ms <= add_workdays(ended.occurred_ms, directory.limit("backfill_workdays", event.site))


def _carriers(manifest: Manifest, left: Fact | None) -> tuple[str, ...]:
    """As the last draft says that was made before the load left; the office may name another carrier on the way."""
    holding = [
        draft for draft in manifest.drafts
        if left is None or not_later(draft, left) or draft.standing is Standing.OFFICE
    ]  # fmt: skip
    return tuple(holding[-1].event.carriers) if holding else manifest.carriers
