"""Cases (督办单) and what is due, for programs. Strangers see neither persons nor what was said (decision 1); acts need an account.

A form carries the secret of its session (`token`, told with every answer to somebody logged in), as the forms of the pages do: another
site's page can not act in the name of whoever looks at it.
"""

import hashlib
from typing import Annotated, Any

from fastapi import APIRouter, Depends, File, Form, Path, Query, Request, Response, UploadFile

from wasteledger.api.doors import Guard, Visitor, doors, is_logged_in, visitor_of
from wasteledger.domain.cases import Case
from wasteledger.errors import ForbiddenError
from wasteledger.flows.case_book import judge_cases, list_cases, load_case, sites_of_evidence
from wasteledger.flows.case_forms import case_json, due_of_day
from wasteledger.flows.cases import answer_case, assign_case, close_case, escalate_due, open_case, reopen_case
from wasteledger.flows.due import due_json, due_today
from wasteledger.flows.evidence import EVIDENCE_BYTES_MAX, read_evidence
from wasteledger.flows.office import Who
from wasteledger.flows.service import Service

Number = Annotated[str, Path(max_length=20, description="as DB-202611-0001")]
Status = Annotated[str | None, Query(max_length=10, description="open, answered, closed or reopened")]
SiteQuery = Annotated[str | None, Query(max_length=13)]
Day = Annotated[str | None, Query(max_length=10, description="as 2026-11-30; default today")]
_Site = Annotated[str, Form(max_length=13)]
_Day = Annotated[str, Form(max_length=10)]
_Note = Annotated[str, Form(max_length=1000)]
_Files = Annotated[list[UploadFile] | None, File(description="JPEG, PNG or PDF")]


def case_router(service: Service, guard: Guard) -> APIRouter:
    """What readers ask, and what accounts do; the application lets readers in."""
    router = APIRouter(prefix="/v1", tags=["cases"])
    _add_reading(router, service, guard)
    _add_acting(router, service, guard)
    return router


def _add_reading(router: APIRouter, service: Service, guard: Guard) -> None:
    def token_of(request: Request) -> dict[str, str]:
        return {"token": guard.token(request)} if is_logged_in(request) else {}

    @router.get("/cases")
    def get_cases(request: Request, status: Status = None, site: SiteQuery = None) -> dict[str, Any]:
        """Cases in a status or of an owner, the newest first."""
        found, directory = list_cases(service, status=status, site=site), service.directory()
        return {"cases": [case_json(row, directory, persons=is_logged_in(request)) for row in found]} | token_of(
            request
        )

    @router.get("/cases/{case}")
    def get_case(case: Number, request: Request) -> dict[str, Any]:
        """One case: its finding, owner and day, whether its finding still stands, and everything that was done."""
        return _shown(service, load_case(service, case), persons=is_logged_in(request)) | token_of(request)

    @router.get("/evidence/{digest}", response_class=Response)
    def get_evidence(digest: Annotated[str, Path(max_length=64)], request: Request) -> Response:
        """A photo or paper by its SHA-256; for regulators, and for the sites of the cases that it belongs to."""
        if not is_logged_in(request):
            message = "evidence may show persons: log in at /login first"
            raise ForbiddenError(message)
        visitor = visitor_of(service, request)
        if visitor.role != "regulator" and visitor.who.site not in sites_of_evidence(service, digest):
            message = f"evidence {digest}: it belongs to no case of site {visitor.who.site}; ask the authority to show it to you"
            raise ForbiddenError(message)
        content, kind = read_evidence(service.settings.data_dir, digest)
        name = f"evidence-{hashlib.sha256(content).hexdigest()[:12]}"
        headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "private, no-store"}
        return Response(content, media_type=kind, headers=headers)

    @router.get("/due")
    def get_due(site: SiteQuery = None, until: Day = None) -> dict[str, Any]:
        """Every step that a site has to make until the end of a day, what is late first."""
        return due_json(due_today(service, site, until), service.directory())


def _add_acting(router: APIRouter, service: Service, guard: Guard) -> None:
    visitor, regulator = doors(service, guard)
    regulator_only, anybody = Depends(regulator), Depends(visitor)

    @router.post("/cases")
    def post_case(
        finding: Annotated[str, Form(max_length=40)], owner: _Site = "", due: _Day = "", who: Who = regulator_only
    ) -> dict[str, Any]:
        """Opens a case on a finding."""
        return _shown(service, open_case(service, finding, owner=owner or None, due_ms=due_of_day(due), who=who))

    @router.post("/cases/escalate")
    def post_escalate(_: Who = regulator_only) -> dict[str, Any]:
        """Moves overdue cases one level up, and reopens those whose finding stands again."""
        return {"cases": [_shown(service, case) for case in escalate_due(service)]}

    @router.post("/cases/{case}/assign")
    def post_assign(
        case: Number, owner: _Site, due: _Day = "", note: _Note = "", who: Who = regulator_only
    ) -> dict[str, Any]:
        """Gives a case to another site or another day."""
        return _shown(service, assign_case(service, case, owner, due_ms=due_of_day(due), note=note, who=who))

    @router.post("/cases/{case}/answer")
    def post_answer(
        case: Number, note: _Note, attachments: _Files = None, visitor: Visitor = anybody
    ) -> dict[str, Any]:
        """Answers a case; its owner or the authority may."""
        return _shown(service, answer_case(service, case, note, _read(attachments), who=visitor.who))

    @router.post("/cases/{case}/close")
    def post_close(case: Number, note: _Note, attachments: _Files = None, who: Who = regulator_only) -> dict[str, Any]:
        """Closes a case, where its finding lets it."""
        return _shown(service, close_case(service, case, note, _read(attachments), who=who))

    @router.post("/cases/{case}/reopen")
    def post_reopen(case: Number, note: _Note, due: _Day = "", who: Who = regulator_only) -> dict[str, Any]:
        """Opens a closed case again."""
        return _shown(service, reopen_case(service, case, note, due_ms=due_of_day(due), who=who))


def _shown(service: Service, case: Case, *, persons: bool = True) -> dict[str, Any]:
    return case_json(judge_cases(service, [case])[0], service.directory(), persons=persons)


def _read(files: list[UploadFile] | None) -> list[bytes]:
    """The bytes of each file, of a large one just enough to see that it is too large."""
    return [file.file.read(EVIDENCE_BYTES_MAX + 1) for file in files or []]
