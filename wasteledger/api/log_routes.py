"""The published log at the standard paths (C2SP tlog-tiles), and the receipts made from it.

Checkpoint, hash tiles and proofs tell nothing but hashes and are open. Entry bundles are the log's content, and as open as
the pages are.
"""

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Response
from fastapi.responses import PlainTextResponse

from wasteledger.domain.tiles import parse_path
from wasteledger.errors import NotFoundError
from wasteledger.flows.questions import prove_event
from wasteledger.flows.service import Service

#: A tile never changes: whoever has it need not ask again.
IMMUTABLE = "max-age=31536000, immutable"
#: Seconds after which a device asks again for a proof that is not there yet.
RETRY_S = 2

EventId = Annotated[str, Path(max_length=64, description="Event id: 64 hex digits, or base64 with - and _ for + and /")]
TilePath = Annotated[str, Path(max_length=80)]


def log_router(service: Service, reader: Callable[..., None]) -> APIRouter:
    """The log for mirrors, witnesses, devices and auditors; `reader` lets in who may read entries."""
    router = APIRouter(tags=["log"])

    @router.get("/checkpoint", response_class=PlainTextResponse)
    def get_checkpoint() -> PlainTextResponse:
        """The newest published checkpoint, a signed note with its cosignatures."""
        note = service.published.note()
        if note is None:
            message = "nothing has been signed yet: ask again in a moment"
            raise NotFoundError(message)
        return PlainTextResponse(note, headers={"Cache-Control": "no-cache"})

    @router.get("/tile/entries/{path:path}", dependencies=[Depends(reader)])
    def get_bundle(path: TilePath) -> Response:
        """An entry bundle: entries in order, each behind its length in two bytes."""
        return _tile(service, f"tile/entries/{path}", "private")

    @router.get("/tile/{path:path}")
    def get_tile(path: TilePath) -> Response:
        """A hash tile."""
        return _tile(service, f"tile/{path}", "public")

    @router.get("/v1/log")
    def get_log() -> dict[str, Any]:
        """The log's name, the keys to check it with, and the policy as the operator states it."""
        return service.log_keys()._asdict()

    @router.get("/v1/events/{event_id}/proof", response_class=PlainTextResponse)
    def get_proof(event_id: EventId) -> PlainTextResponse:
        """Receipt R2 of an event, a C2SP tlog-proof; 202 while no checkpoint holds the event yet."""
        proof = prove_event(service, event_id)
        if proof is None:
            text = "in the log, but under no published checkpoint yet: ask again in a moment\n"
            return PlainTextResponse(text, status_code=202, headers={"Retry-After": str(RETRY_S)})
        return PlainTextResponse(proof.encode(), headers={"Cache-Control": "no-cache"})

    return router


def _tile(service: Service, path: str, whose: str) -> Response:
    """A tile that the published checkpoint covers; what is behind it is not promised yet."""
    tile, checkpoint = parse_path(path), service.published.checkpoint()
    if checkpoint is None or tile.size_needed > checkpoint.size:
        message = f"{path} is not published: the newest checkpoint has {checkpoint.size if checkpoint else 0} entries"
        raise NotFoundError(message)
    content = service.published.exact(tile)
    return Response(content, media_type="application/octet-stream", headers={"Cache-Control": f"{whose}, {IMMUTABLE}"})
