"""The witness over HTTP, and what its keeper may look at."""

import json
from pathlib import Path

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from schemas.canonical import encode_base64
from wasteledger.clock import shown
from wasteledger.domain.note import COSIGNATURE, NOTE_BYTES_MAX, NoteKey, VerifierKey
from wasteledger.errors import DatabaseError
from wasteledger.flows.keys import load_seed
from wasteledger.witness.decide import PROOF_HASHES_MAX, WitnessService
from wasteledger.witness.state import WitnessState

#: Longest request: a proof of 63 lines and a checkpoint with all its signatures.
BODY_BYTES_MAX = NOTE_BYTES_MAX + 50 * (PROOF_HASHES_MAX + 2)


def load_key(folder: Path, name: str) -> NoteKey:
    """The witness's key, made on first use in `witness.key`, apart from what it remembers."""
    return NoteKey(name, load_seed(folder / "witness.key"), algorithm=COSIGNATURE)


def open_witness(folder: Path, name: str, logs: list[VerifierKey]) -> WitnessService:
    """The witness whose key and memory lie in a folder."""
    return WitnessService(WitnessState(folder / "witness.db"), load_key(folder, name), logs)


def make_witness_app(witness: WitnessService) -> Starlette:
    """The application: `POST /add-checkpoint` for logs; what was cosigned and what was refused for everybody."""

    async def add_checkpoint(request: Request) -> Response:
        body = b""
        async for part in request.stream():
            body += part
            if len(body) > BODY_BYTES_MAX:
                return Response(f"longer than {BODY_BYTES_MAX} bytes\n", 413, media_type="text/plain")
        try:
            answer = await run_in_threadpool(witness.add_checkpoint, body)
        except DatabaseError as error:
            return Response(f"{error}\n", 503, {"Retry-After": "5"}, media_type="text/plain")
        return Response(answer.body, answer.status, media_type=answer.media_type)

    def status(_request: Request) -> Response:
        return JSONResponse(
            {"witness": witness.key.verifier.text, "logs": [_log(witness, name) for name in witness.origins]}
        )

    def evidence(_request: Request) -> Response:
        found = [
            item._asdict() | {"note": item.note.decode(), "against": item.against.decode()}
            for item in witness.state.evidence()
        ]
        return Response(json.dumps(found, ensure_ascii=False, indent=1), media_type="application/json")

    return Starlette(
        routes=[
            Route("/add-checkpoint", add_checkpoint, methods=["POST"]),
            Route("/", status),
            Route("/evidence", evidence),
        ]
    )


def _log(witness: WitnessService, origin: str) -> dict[str, object]:
    newest = witness.state.newest(origin)
    seen = shown(newest.time_s * 1000) if newest.time_s else None
    return {"origin": origin, "size": newest.size, "root": encode_base64(newest.root), "cosigned_at": seen}
