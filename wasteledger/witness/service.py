"""The witness over HTTP, and what its keeper may look at."""

from hashlib import sha256
from pathlib import Path

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from schemas.canonical import encode_base64
from schemas.errors import NoteError, SignatureError
from schemas.signing import check_origin
from wasteledger.clock import shown
from wasteledger.domain.note import COSIGNATURE, NOTE_BYTES_MAX, NoteKey, VerifierKey
from wasteledger.errors import DatabaseError
from wasteledger.flows.keys import load_seed
from wasteledger.witness.decide import PROOF_HASHES_MAX, TEXT_TYPE, WitnessService
from wasteledger.witness.state import WitnessState

#: Longest request: a proof of 63 lines and a checkpoint with all its signatures.
BODY_BYTES_MAX = NOTE_BYTES_MAX + 50 * (PROOF_HASHES_MAX + 2)


def load_key(folder: Path, name: str) -> NoteKey:
    """The witness's key, made on first use in `witness.key`, apart from what it remembers.

    Raises:
        NoteError: a name that a signature line can not carry.
    """
    try:
        check_origin(name)
    except SignatureError:
        message = f"witness name {name[:100]!r}: write a schema-less address such as witness.example.org/w1"
        raise NoteError(message) from None
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
                return _text(413, f"longer than {BODY_BYTES_MAX} bytes\n")
        answer = await run_in_threadpool(witness.add_checkpoint, body)
        return _text(answer.status, answer.body, answer.media_type)

    def status(_request: Request) -> Response:
        return JSONResponse(
            {"witness": witness.key.verifier.text, "logs": [_log(witness, name) for name in witness.origins]}
        )

    def evidence(_request: Request) -> Response:
        return JSONResponse([case.shown() for case in witness.state.evidence()])

    def checkpoint(request: Request) -> Response:
        wanted = request.path_params["origin_hash"]
        for origin in witness.origins:
            if sha256(origin.encode()).hexdigest() == wanted and (note := witness.state.newest(origin).note):
                return _text(200, note.decode())
        return _text(404, "nothing of such a log was cosigned here\n")

    return Starlette(
        routes=[
            Route("/add-checkpoint", add_checkpoint, methods=["POST"]),
            Route("/", status),
            Route("/evidence", evidence),
            Route("/{origin_hash}/checkpoint", checkpoint),
        ],
        exception_handlers={DatabaseError: _out_of_order},
    )


def _out_of_order(_request: Request, error: Exception) -> Response:
    answer = _text(503, f"{error}\n")
    answer.headers["retry-after"] = "5"
    return answer


def _text(status: int, body: str, media_type: str = TEXT_TYPE) -> Response:
    # Written out, since Starlette would add a character set, and clients compare `text/x.tlog.size` letter by letter.
    return Response(body, status, {"content-type": media_type})


def _log(witness: WitnessService, origin: str) -> dict[str, object]:
    newest = witness.state.newest(origin)
    seen = shown(newest.time_s * 1000) if newest.time_s else None
    return {"origin": origin, "size": newest.size, "root": encode_base64(newest.root), "cosigned_at": seen}
