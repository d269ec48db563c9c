"""Reports for regulators' programs and for people, as JSON, XLSX or PDF. Strangers are shown no persons (decision 1)."""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request, Response

from wasteledger.api.parameters import AsOf, AtSize
from wasteledger.flows.service import Service
from wasteledger.reports.answers import MEDIA_TYPES, render, report

Kind = Annotated[str, Path(max_length=20, description="ledger, balance, plan, licences, assessment, register or stock")]
SiteQuery = Annotated[str | None, Query(max_length=13, description="Site code; plan and licences may be asked of all")]
Month = Annotated[str | None, Query(max_length=7, description="2026-11, 2026-Q4 or 2026; default this month")]
Format = Annotated[str, Query(alias="format", max_length=10, description="json, xlsx or pdf")]


def report_router(service: Service) -> APIRouter:
    """What readers ask; the application lets them in."""
    router = APIRouter(prefix="/v1", tags=["reports"])

    @router.get("/reports/{kind}", response_class=Response)
    def get_report(  # noqa: PLR0913, PLR0917 - one field each
        request: Request,
        kind: Kind,
        site: SiteQuery = None,
        month: Month = None,
        file_format: Format = "json",
        as_of: AsOf = None,
        at_size: AtSize = None,
    ) -> Response:
        """A ledger, periodic report, plan, licence list, assessment sheet or register, derived from the scans; as it was made then."""
        persons = _known(request)
        document = report(service, kind, site=site, month=month, persons=persons, as_of=as_of, at_size=at_size)
        content = render(document, file_format)
        headers = {"Cache-Control": "private, no-cache"}
        if file_format != "json":
            # Every part was checked against closed lists or plain shapes by now, so the name is plain ASCII.
            name = "-".join(part for part in (kind, site, month) if part)
            headers["Content-Disposition"] = f'attachment; filename="{name}.{file_format}"'
        return Response(content, media_type=MEDIA_TYPES[file_format], headers=headers)

    return router


def _known(request: Request) -> bool:
    """Whether somebody has logged in."""
    return bool(request.session.get("account"))
