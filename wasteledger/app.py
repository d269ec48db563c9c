"""Puts the service together: routes, pages, sessions, errors as problem+json (RFC 9457)."""

import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from fastapi import Depends, FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi_offline import FastAPIOffline
from starlette.concurrency import run_in_threadpool
from starlette.middleware.sessions import SessionMiddleware

from schemas.errors import WasteLedgerError
from wasteledger import __version__
from wasteledger.api.case_routes import case_router
from wasteledger.api.device_routes import authority_router, evidence_router
from wasteledger.api.doors import Guard
from wasteledger.api.log_routes import log_router
from wasteledger.api.manifest_routes import manifest_router
from wasteledger.api.parameters import refuse_unknown
from wasteledger.api.report_routes import report_router
from wasteledger.api.routes import device_router, reader_router
from wasteledger.errors import ForbiddenError
from wasteledger.flows.service import Service
from wasteledger.flows.signing_loop import SigningLoop
from wasteledger.store.database import DatabaseDown
from wasteledger.web import session
from wasteledger.web.pages import make_router, mount_static, secure_headers

#: Largest request body: 500 notes of their greatest length.
BODY_BYTES_MAX = 16 * 1024 * 1024
#: How SQLite and PostgreSQL say that there is no room.
_DISK_FULL = ("database or disk is full", "No space left on device")
#: How SQLite says that a write or an fsync failed.
_DISK_FAILED = "disk I/O error"
#: What is handed out as it is: the contract, and files.
_FILES = ("/openapi.json", "/static/", "/static-offline-docs/")
#: A log-in lasts a working day.
SESSION_S_MAX = 12 * 60 * 60


def make_app(service: Service) -> FastAPI:
    """The application on an opened service."""
    app = FastAPIOffline(
        title="WasteLedger",
        version=__version__,
        summary="一物一码：每一件危险废物从产生到处置的账本",
        swagger_ui_parameters={"defaultModelsExpandDepth": -1},
        lifespan=_signing(service),
        dependencies=[Depends(refuse_unknown)],
    )

    def reader(request: Request) -> None:
        if not service.settings.public_pages and not request.session.get("account"):
            message = "log in at /login first, or let the service be started with WASTELEDGER_PUBLIC_PAGES=1"
            raise ForbiddenError(message)

    guard = Guard(session.token, session.token_fits)
    app.include_router(device_router(service))
    app.include_router(evidence_router(service))
    app.include_router(authority_router(service, guard))
    app.include_router(reader_router(service), dependencies=[Depends(reader)])
    app.include_router(manifest_router(service), dependencies=[Depends(reader)])
    app.include_router(report_router(service), dependencies=[Depends(reader)])
    app.include_router(case_router(service, guard), dependencies=[Depends(reader)])
    app.include_router(log_router(service, reader))
    app.include_router(make_router(service), include_in_schema=False)
    mount_static(app)
    app.middleware("http")(secure_headers)
    app.middleware("http")(_refuse_early)
    app.add_middleware(
        SessionMiddleware,
        secret_key=service.settings.session_secret or secrets.token_hex(32),
        session_cookie="wasteledger",
        max_age=SESSION_S_MAX,
        same_site="lax",
    )
    app.add_exception_handler(WasteLedgerError, _problem)
    app.add_exception_handler(DatabaseDown, _database_down)
    app.add_exception_handler(RequestValidationError, _bad_request)
    return app


def _signing(service: Service) -> Callable[[FastAPI], AbstractAsyncContextManager[None]]:
    """Signs checkpoints as long as the service runs, unless a process of its own does it; at its end the books of the past go."""

    @asynccontextmanager
    async def run(_app: FastAPI) -> AsyncIterator[None]:
        loop = SigningLoop(service.signer) if service.settings.sign else None
        if loop:
            service.signing = loop
            loop.start()
        yield
        if loop:
            await run_in_threadpool(loop.stop)
        await run_in_threadpool(service.cuts().close)

    return run


async def _refuse_early(request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
    """Middleware: a body that is too large, and parameters where no route of ours looks at them (`refuse_unknown`)."""
    if request.scope["query_string"] and request.url.path.startswith(_FILES):
        return problem(422, "bad_query", f"{request.url.path} takes no query parameters: leave out what follows the ?")
    length = request.headers.get("content-length", "0")
    if request.method == "POST" and (not length.isdigit() or int(length) > BODY_BYTES_MAX):
        return problem(
            413, "too_large", f"the request is larger than {BODY_BYTES_MAX} bytes: send fewer events at once"
        )
    return await call_next(request)


def problem(status: int, code: str, detail: str) -> JSONResponse:
    """An error as problem+json."""
    body = {"type": "about:blank", "title": code, "status": status, "code": code, "detail": detail}
    headers = {"Retry-After": "5"} if status == 503 else None  # noqa: PLR2004 - Service Unavailable
    return JSONResponse(body, status_code=status, media_type="application/problem+json", headers=headers)


def _problem(_request: Request, error: Exception) -> JSONResponse:
    known = error if isinstance(error, WasteLedgerError) else WasteLedgerError(str(error))
    return problem(known.status, known.code, str(known))


def _database_down(_request: Request, error: Exception) -> JSONResponse:
    """What went wrong decides what helps: room, a restart, or patience."""
    cause = str(getattr(error, "orig", error))
    if any(said in cause for said in _DISK_FULL):
        detail = "the disk of the database is full; nothing was taken. Make room, then send the same bytes again"
        return problem(503, "disk_full", detail)
    if _DISK_FAILED in cause:
        detail = (
            "the disk refused to keep this; whether it is kept after all shows when the service has been restarted. Look at "
            "the disk, restart the service, then send the same bytes again: what was kept is answered as before"
        )
        return problem(503, "database", detail)
    return problem(503, "database", "the database did not answer; nothing was taken, send the same bytes again")


def _bad_request(_request: Request, error: Exception) -> JSONResponse:
    items = error.errors() if isinstance(error, RequestValidationError) else []
    detail = "; ".join(f"{'.'.join(map(str, item['loc']))}: {item['msg']}" for item in items)
    return problem(422, "bad_request", detail)
