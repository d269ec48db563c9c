"""Manifests for regulators' programs, and their papers as PDF. Strangers are shown no persons (decision 1)."""

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request, Response

from wasteledger.api.parameters import PastQuery
from wasteledger.flows.manifest_forms import (
    manifest_json,
    manifest_pdf,
    manifest_summary,
    medical_month_pdf,
    trip_card_pdf,
)
from wasteledger.flows.manifest_questions import list_manifests
from wasteledger.flows.service import Service

Number = Annotated[str, Path(max_length=30, description="14 digits, as printed or typed, e.g. 20265001000001")]
Phase = Annotated[str | None, Query(max_length=20, description="blank, drafted, released, in_transit, arrived, …")]
SiteQuery = Annotated[str | None, Query(max_length=13, description="consignor, carrier or consignee")]
SitePath = Annotated[str, Path(max_length=13)]
Month = Annotated[str, Path(max_length=7, description="as 2026-11")]
Plate = Annotated[str, Path(max_length=12)]
Day = Annotated[str, Path(max_length=10, description="as 2026-11-02")]


def manifest_router(service: Service) -> APIRouter:
    """What readers ask; the application lets them in."""
    router = APIRouter(prefix="/v1", tags=["manifests"])

    @router.get("/manifests")
    def get_manifests(past: PastQuery, phase: Phase = None, site: SiteQuery = None) -> dict[str, Any]:
        """Manifests in a phase or of a site, the newest number first."""
        found = list_manifests(service, phase=phase, site=site, past=past)
        rows = [manifest_summary(manifest, found.directory) for manifest in found.manifests]
        return {"manifests": rows, "left_off": found.left_off}

    @router.get("/manifests/{number}.pdf", response_class=Response)
    def get_manifest_pdf(number: Number, request: Request, past: PastQuery) -> Response:
        """The manifest as it stands, on the form of the law."""
        return _pdf(manifest_pdf(service, [number], persons=_known(request), past=past), f"manifest-{number}")

    @router.get("/manifests/{number}")
    def get_manifest(number: Number, request: Request, past: PastQuery) -> dict[str, Any]:
        """One manifest: its phase, contents, hand-overs, and every field with what is missing and which event sealed it."""
        return manifest_json(service, number, persons=_known(request), past=past)

    @router.get("/medical-months/{site}/{month}.pdf", response_class=Response)
    def get_medical_month(site: SitePath, month: Month, request: Request, past: PastQuery) -> Response:
        """危险废物转移联单（医疗废物专用）of an institution and month."""
        return _pdf(
            medical_month_pdf(service, site, month, persons=_known(request), past=past), f"medical-{site}-{month}"
        )

    @router.get("/trip-cards/{plate}/{day}.pdf", response_class=Response)
    def get_trip_card(plate: Plate, day: Day, request: Request, past: PastQuery) -> Response:
        """医疗废物运送登记卡 of a vehicle and day."""
        return _pdf(trip_card_pdf(service, plate, day, persons=_known(request), past=past), f"trip-{day}")

    return router


def _known(request: Request) -> bool:
    """Whether somebody has logged in."""
    return bool(request.session.get("account"))


def _pdf(content: bytes, name: str) -> Response:
    # A header is ASCII; whoever asked knows the rest.
    safe = "".join(character for character in name if character.isascii() and (character.isalnum() or character == "-"))
    headers = {"Content-Disposition": f'inline; filename="{safe}.pdf"', "Cache-Control": "private, no-cache"}
    return Response(content, media_type="application/pdf", headers=headers)
