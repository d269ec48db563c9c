"""Turning values into pages, and errors into pages that say what to do."""

from collections.abc import Callable, Coroutine, Mapping
from functools import partial
from typing import Any

from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse
from fastapi.routing import APIRoute
from jinja2 import Environment, PackageLoader, StrictUndefined

from schemas.errors import WasteLedgerError
from schemas.quantities import format_kg
from wasteledger.errors import NotFoundError, QueryError
from wasteledger.web import session
from wasteledger.web.texts import TEXTS
from wasteledger.web.view import BAR_UNITS, FINDING_ITEMS_SHOWN, china_time

_ENVIRONMENT = Environment(
    loader=PackageLoader("wasteledger.web"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_ENVIRONMENT.globals |= {
    "kg": format_kg, "china_time": china_time, "BAR_UNITS": BAR_UNITS,
    "FINDING_ITEMS_SHOWN": FINDING_ITEMS_SHOWN,
}  # fmt: skip
_ENVIRONMENT.globals["m"] = _ENVIRONMENT.get_template("macros.html").module


class NoDistrictError(NotFoundError):
    """The ledger is empty of sites: nothing can be shown before a district is loaded."""

    code = "no_district"


def render(
    request: Request, template: str, *, status: int = 200, headers: Mapping[str, str] | None = None, **values: Any
) -> HTMLResponse:
    """A page in the reader's language."""
    t = session.words(request)
    page = _ENVIRONMENT.get_template(template).render(
        t=t, account=session.account_of(request), token=partial(session.token, request), switch=_switch(request, t.other),
        path=request.url.path, **values,
    )  # fmt: skip
    return HTMLResponse(page, status_code=status, headers=dict(headers or {}))


def _switch(request: Request, language: str) -> str:
    """This page in the other language; a form's answer has no address of its own and leads to its page."""
    url = request.url.include_query_params(lang=language)
    return f"{url.path}?{url.query}"


class PageRoute(APIRoute):
    """A route whose errors are pages, not JSON.

    Attributes:
        also_known: parameters of an address that every page understands.
    """

    also_known = frozenset({"lang"})

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The handler, with a page for every error of ours."""
        handler = super().get_route_handler()

        async def guarded(request: Request) -> Response:
            try:
                return await handler(request)
            except WasteLedgerError as error:
                return error_page(request, error)
            except RequestValidationError as error:
                fields = "; ".join(f"{item['loc'][-1]}: {item['msg']}" for item in error.errors())
                return error_page(request, QueryError(fields))

        return guarded


def error_page(request: Request, error: WasteLedgerError) -> HTMLResponse:
    """The page of an error: what it is, what to do, and its own sentence."""
    kind = error.code if f"error.{error.code}" in TEXTS else "other"
    return render(request, "error.html", status=error.status, kind=kind, detail=str(error))
