"""What the books keep of a manifest: one row, enough for every list; the manifest itself is folded again when it is opened."""

from typing import NamedTuple

from wasteledger.domain.legal_days import china_day
from wasteledger.domain.manifest import Manifest
from wasteledger.domain.manifest_validity import ManifestLaw, write_law


class BookedManifest(NamedTuple):
    """One manifest in a list, as plain values.

    Attributes:
        month: of `begun_ms` in China's calendar, as 2026-11.
        begun_ms: when it was handed over; before that, when it was first spoken of.
        drafted: 1 where a draft of somebody who may draw it up stands in the log, so that its number was drawn.
        carriers, waste_codes: separated by blanks.
        parties: every site that has to do with it, each between two blanks.
        confirmed: 1 once the consignee has confirmed it.
        law: what the judgement of hops needs to know of it, as `manifest_validity.write_law` writes it.
    """

    number: str
    month: str
    begun_ms: int
    phase: str
    form: str
    drafted: int
    planned_on: str
    consignor: str
    carriers: str
    consignee: str
    vehicle: str
    waste_codes: str
    parties: str
    loaded_count: int
    accepted_count: int
    refused_count: int
    outstanding_count: int
    confirmed: int
    law: str = ""


def book_manifest(manifest: Manifest, law: ManifestLaw | None = None) -> BookedManifest:
    """The row of a manifest that at least one fact names; `law` where it is to be kept."""
    begun = manifest.handed_over or manifest.facts[0]
    return BookedManifest(
        number=manifest.number,
        month=f"{china_day(begun.occurred_ms):%Y-%m}",
        begun_ms=begun.occurred_ms,
        phase=manifest.phase.value,
        form=manifest.form,
        drafted=int(any(fact.event.action == "drafted" for fact in manifest.said)),
        planned_on=manifest.planned_on or "",
        consignor=manifest.consignor,
        carriers=" ".join(manifest.carriers),
        consignee=manifest.consignee,
        vehicle=manifest.vehicle or "",
        waste_codes=" ".join(manifest.waste_codes),
        parties=f" {' '.join(sorted(filter(None, parties_of(manifest))))} ",
        loaded_count=len(manifest.loaded),
        accepted_count=len(manifest.accepted),
        refused_count=len(manifest.refused),
        outstanding_count=len(manifest.outstanding),
        confirmed=int(manifest.confirmation is not None),
        law=write_law(law) if law else "",
    )


def parties_of(manifest: Manifest) -> set[str]:
    """Every site that has to do with a manifest."""
    on_paper = {manifest.consignee, *manifest.consignors, *manifest.carriers}
    return on_paper | {party for leg in manifest.legs for party in (leg.giver, leg.taker)}
