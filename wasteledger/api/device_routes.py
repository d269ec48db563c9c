"""Devices, what waits for the second party, and evidence of devices, for programs.

A regulator acts with the log-in and the token of his session, as on cases; a device signs its request (docs/protocol.md).
"""

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Path, Query, Request

from wasteledger import clock
from wasteledger.api.doors import Guard, Visitor, doors, visitor_of
from wasteledger.errors import DeviceRequestError, ForbiddenError, QueryError
from wasteledger.flows.device_request import Asked
from wasteledger.flows.enrolment import (
    EVENTS_PATH,
    device_json,
    enrol_device,
    list_devices,
    revoke_device,
    trust_device,
)
from wasteledger.flows.evidence import EVIDENCE_BYTES_MAX
from wasteledger.flows.evidence_intake import take_evidence
from wasteledger.flows.office import Who
from wasteledger.flows.second_party import (
    confirm_opening,
    confirm_sealing,
    confirm_void,
    list_openings,
    list_sealings,
    list_voids,
    refuse_opening,
    refuse_void,
    waiting_json,
)
from wasteledger.flows.service import Service

DeviceName = Annotated[str, Path(max_length=40, description="16 characters, as `GET /v1/devices` shows them")]
EventId = Annotated[str, Path(max_length=70, description="64 hex digits, or base64 with - and _ for + and /")]
_Note = Annotated[str, Form(max_length=1000)]
_FILE_BODY = {
    "requestBody": {
        "required": True,
        "content": {
            media: {"schema": {"type": "string", "format": "binary"}}
            for media in ("image/jpeg", "image/png", "application/pdf")
        },
    }
}


def authority_router(service: Service, guard: Guard) -> APIRouter:
    """What the authority does with devices, voids, sealings and opening stock; regulators alone."""
    router = APIRouter(prefix="/v1", tags=["authority"])
    _add_devices(router, service, guard)
    _add_waiting(router, service, guard)
    return router


def evidence_router(service: Service) -> APIRouter:
    """Where devices hand in photos and papers: their signatures are their credentials."""
    router = APIRouter(prefix="/v1", tags=["devices"])

    @router.post("/evidence", openapi_extra=_FILE_BODY)
    def post_evidence(
        asked: Annotated[Asked, Depends(_asked)], body: Annotated[bytes, Depends(_body)]
    ) -> dict[str, Any]:
        """Keeps a photo or paper, sent as it is; `sha256` is what an event names in `attachments`, before or afterwards."""
        stored = take_evidence(service, asked, body)
        return {
            "sha256": stored.digest, "size_bytes": stored.size_bytes, "media": stored.media, "known": stored.known,
            "index": stored.entry, "server_ms": clock.now_ms(),
        }  # fmt: skip

    return router


def _asked(request: Request) -> Asked:
    """What was asked, as it was sent: a signature covers these bytes."""
    path = bytes(request.scope.get("raw_path") or request.url.path.encode()).partition(b"?")[0].decode("latin-1")
    query = request.scope.get("query_string", b"").decode("latin-1")
    authorization = request.headers.get("authorization", "")
    return Asked(authorization, request.method, f"{path}?{query}" if query else path)


async def _body(request: Request) -> bytes:
    """The bytes of a file; of a large one just enough to see that it is too large, and nothing of a stranger's."""
    if not request.headers.get("authorization"):
        message = "Authorization: a device signs its request, see docs/protocol.md; people bring evidence to a case, or to the office"
        raise DeviceRequestError(message)
    content = bytearray()
    async for chunk in request.stream():
        content += chunk
        if len(content) > EVIDENCE_BYTES_MAX:
            message = (
                f"the file has more than {EVIDENCE_BYTES_MAX} bytes: take a smaller photo, or send the pages one by one"
            )
            raise QueryError(message)
    return bytes(content)


def _reading_regulator(service: Service) -> Callable[[Request], Visitor]:
    """Who may read what only the authority needs."""

    def regulator(request: Request) -> Visitor:
        visitor = visitor_of(service, request)
        if visitor.role != "regulator":
            message = f"an account with role {visitor.role} can not see this: log in as a regulator"
            raise ForbiddenError(message)
        return visitor

    return regulator


def _add_devices(router: APIRouter, service: Service, guard: Guard) -> None:
    _, regulator = doors(service, guard)
    acting, reading = Depends(regulator), Depends(_reading_regulator(service))

    @router.get("/devices", dependencies=[reading])
    def get_devices(request: Request, site: Annotated[str | None, Query(max_length=13)] = None) -> dict[str, Any]:
        """The admitted devices, with what has arrived of each and what is missing."""
        rows = [device_json(row) for row in list_devices(service, site=site)]
        return {"devices": rows, "token": guard.token(request)}

    @router.post("/devices")
    def post_device(
        site: Annotated[str, Form(max_length=13)],
        key: Annotated[str, Form(max_length=100)],
        role: Annotated[str, Form(max_length=10)] = "device",
        prior: Annotated[str, Form(max_length=40)] = "",
        who: Who = acting,
    ) -> dict[str, Any]:
        """Admits the public key of a device for a site; one admitted before is told the same chain root again."""
        enrolment = enrol_device(service, site, key, role=role, prior=prior or None, who=who)
        return enrolment._asdict() | {"events_path": EVENTS_PATH}

    @router.post("/devices/{device}/revocation")
    def post_revocation(
        device: DeviceName, reason: Annotated[str, Form(max_length=20)], who: Who = acting
    ) -> dict[str, Any]:
        """Takes the trust from a device that was lost, stolen, replaced or retired."""
        return device_json(revoke_device(service, device, reason, who=who))

    @router.post("/devices/{device}/trust")
    def post_trust(
        device: DeviceName, last_seq: Annotated[int, Form(ge=0)], note: _Note, who: Who = acting
    ) -> dict[str, Any]:
        """Says up to which number a revoked, copied or rewritten device is to be believed all the same."""
        return device_json(trust_device(service, device, last_seq, note, who=who))


def _add_waiting(router: APIRouter, service: Service, guard: Guard) -> None:
    _, regulator = doors(service, guard)
    acting, reading = Depends(regulator), Depends(_reading_regulator(service))

    @router.get("/voids", dependencies=[reading])
    def get_voids(request: Request) -> dict[str, Any]:
        """Voids of sealed packages that wait for the second party, with the evidence that is still missing."""
        directory = service.directory()
        return {
            "voids": [waiting_json(row, directory) for row in list_voids(service)],
            "token": guard.token(request),
        }

    @router.post("/voids/{event_id}/confirmation")
    def post_confirmation(event_id: EventId, who: Who = acting) -> dict[str, Any]:
        """Stands for a void whose evidence is stored: its packages leave the denominator."""
        return {"event_id": confirm_void(service, event_id, who=who)}

    @router.post("/voids/{event_id}/refusal")
    def post_refusal(event_id: EventId, note: _Note, who: Who = acting) -> dict[str, Any]:
        """Strikes a void out: its packages go on where they were."""
        return {"event_id": refuse_void(service, event_id, note, who=who)}

    @router.get("/sealings", dependencies=[reading])
    def get_sealings(request: Request) -> dict[str, Any]:
        """Sealings in another site's name that wait for it or for the authority."""
        directory = service.directory()
        return {
            "sealings": [waiting_json(row, directory) for row in list_sealings(service)],
            "token": guard.token(request),
        }

    @router.post("/sealings/{event_id}/confirmation")
    def post_sealing(event_id: EventId, who: Who = acting) -> dict[str, Any]:
        """Stands for a sealing that a foreign device made."""
        return {"event_id": confirm_sealing(service, event_id, who=who)}

    @router.get("/opening-stock", dependencies=[reading])
    def get_opening_stock(request: Request) -> dict[str, Any]:
        """Opening stock that sites have declared and that waits for the authority."""
        directory = service.directory()
        return {
            "opening_stock": [waiting_json(row, directory) for row in list_openings(service)],
            "token": guard.token(request),
        }

    @router.post("/opening-stock/{event_id}/confirmation")
    def post_opening(event_id: EventId, who: Who = acting) -> dict[str, Any]:
        """Says that the authority has seen this stock: its packages count from there as if they had been sealed."""
        return {"event_id": confirm_opening(service, event_id, who=who)}

    @router.post("/opening-stock/{event_id}/refusal")
    def post_opening_refusal(event_id: EventId, note: _Note, who: Who = acting) -> dict[str, Any]:
        """Strikes a declaration out; the site may make another."""
        return {"event_id": refuse_opening(service, event_id, note, who=who)}
