"""The pages: the rate, what is missing, who has to act; lists behind every number; one item's chain; logging in."""

from collections.abc import Awaitable, Callable
from math import ceil
from typing import Annotated, Any, NamedTuple, TypeVar

from fastapi import APIRouter, Depends, FastAPI, Form, Query, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from fastapi.staticfiles import StaticFiles
from pydantic import TypeAdapter

from labels.pdf import draw_labels
from schemas.canonical import decode_base64, encode_base64
from schemas.codes import CodeKind, read_typed
from schemas.label_fields import HazardousLabel, LabelFields
from schemas.reasons import CLASSES, REASONS
from wasteledger.domain.reconcile import Reconciliation
from wasteledger.domain.register import Directory
from wasteledger.domain.timeline import is_box
from wasteledger.errors import NotFoundError, QueryError
from wasteledger.flows.accounts import check_password
from wasteledger.flows.questions import ask_then, find_item
from wasteledger.flows.service import Service
from wasteledger.store.district import DistrictStore
from wasteledger.store.ledger import Ledger
from wasteledger.web import session
from wasteledger.web.chain_view import item_view
from wasteledger.web.duty_pages import add_duty_pages
from wasteledger.web.official_view import official_view
from wasteledger.web.past import FromWhen, PagePast
from wasteledger.web.render import NoDistrictError, PageRoute, render
from wasteledger.web.view import ItemFilter, Question, finding_groups, finding_row, listed_item, overview

#: Rows on one page of a list.
PAGE_ROWS_MAX = 50
#: Longest value taken in an address or a form.
FIELD_MAX = 200
MINUTE_S = 60
_ROOT_SHOWN = 12
_LABEL: TypeAdapter[LabelFields] = TypeAdapter(LabelFields)

_Row = TypeVar("_Row")
_Text = Annotated[str, Query(max_length=FIELD_MAX)]
_FormText = Annotated[str, Form(max_length=FIELD_MAX)]


class _Asked(NamedTuple):
    """Region and period as asked for, not yet checked, and from when."""

    region: str | None
    from_day: str | None
    to_day: str | None
    past: PagePast


def _asked(
    past: FromWhen,
    region: _Text = "",
    from_day: Annotated[str, Query(alias="from", max_length=FIELD_MAX)] = "",
    to_day: Annotated[str, Query(alias="to", max_length=FIELD_MAX)] = "",
) -> _Asked:
    return _Asked(region or None, from_day or None, to_day or None, past)


def _wanted(  # noqa: PLR0913, PLR0917 - one parameter each
    item_class: Annotated[str, Query(alias="class", max_length=FIELD_MAX)] = "",
    division: _Text = "",
    waste: _Text = "",
    phase: _Text = "",
    evidence: _Text = "",
    site: _Text = "",
) -> ItemFilter:
    return ItemFilter(item_class, division, waste, phase, evidence, site)


class _Answered(NamedTuple):
    """A question, its answer, and the register it was answered with."""

    answer: Reconciliation
    directory: Directory
    question: Question


_Period = Annotated[_Asked, Depends(_asked)]
_Wanted = Annotated[ItemFilter, Depends(_wanted)]


def make_router(service: Service) -> APIRouter:
    """All pages. The application adds the session middleware, `mount_static` and `secure_headers`."""
    pages = _Pages(service)
    router = APIRouter(route_class=PageRoute, default_response_class=HTMLResponse)
    guarded: list[Any] = [Depends(pages.guard)]
    router.add_api_route("/", pages.first, dependencies=guarded)
    router.add_api_route("/findings", pages.findings, dependencies=guarded)
    router.add_api_route("/items", pages.items, dependencies=guarded)
    router.add_api_route("/search", pages.search, dependencies=guarded)
    router.add_api_route("/items/{code}/label.pdf", pages.label, dependencies=guarded)
    router.add_api_route("/items/{code}", pages.item, dependencies=guarded)
    add_duty_pages(router, service, guarded)
    router.add_api_route("/login", pages.login_form)
    router.add_api_route("/login", pages.login, methods=["POST"])
    router.add_api_route("/logout", pages.logout, methods=["POST"])
    return router


class _Pages:
    """The handlers, with the service they ask."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._attempts = session.Attempts()

    def guard(self, request: Request) -> None:
        """Lets in whoever may read; everybody else is sent to log in."""
        if not self._service.settings.public_pages and not session.account_of(request):
            raise session.to_login(request)

    def _answer(self, asked: _Asked) -> _Answered:
        self._directory()
        answer, directory = ask_then(
            self._service, region=asked.region, from_day=asked.from_day, to_day=asked.to_day, **asked.past.asked
        )
        return _Answered(answer, directory, Question(answer.region, answer.from_day, answer.to_day, *asked.past))

    def _directory(self) -> Directory:
        try:
            return self._service.directory()
        except NotFoundError as error:
            raise NoDistrictError(str(error)) from None

    def _log(self) -> tuple[int, str]:
        with self._service.database.read() as connection:
            ledger = Ledger(connection)
            return ledger.size, encode_base64(ledger.root())[:_ROOT_SHOWN]

    def first(self, request: Request, asked: _Period) -> Response:
        """What is the rate, what is missing, who has to act."""
        answer, directory, question = self._answer(asked)
        size, root = self._log()
        t = session.words(request)
        view, official = overview(answer, directory, question, t), official_view(answer, directory, t)
        return render(
            request, "overview.html", view=view, official=official, answer=answer, directory=directory, question=question,
            root=root if size == answer.tree_size else "",
        )  # fmt: skip

    def findings(
        self, request: Request, asked: _Period, code: _Text = "", site: _Text = "", page: _Text = "1"
    ) -> Response:
        """The findings behind a number."""
        answer, directory, question = self._answer(asked)
        _check_known("code", code, REASONS)
        _check_known("site", site, {*directory.sites, *(finding.site for finding in answer.findings)})
        found = [f for f in answer.findings if code in {"", f.code} and site in {"", f.site}]
        shown, pages = _page_of(found, page)
        spoken_of = _spoken_of(self._service, {e for f in shown if not f.items for e in f.evidence})
        t = session.words(request)
        rows = [finding_row(f, directory, question, spoken_of=spoken_of, as_of_ms=answer.as_of_ms, t=t) for f in shown]
        return render(
            request, "findings.html", rows=rows, number=len(found), pages=pages, groups=finding_groups(answer, question, t),
            sites=sorted({f.site for f in answer.findings}), code=code, site=site, answer=answer, directory=directory,
            question=question, parameters=_given(code=code, site=site),
        )  # fmt: skip

    def items(self, request: Request, asked: _Period, wanted: _Wanted, page: _Text = "1") -> Response:
        """The packages behind a number."""
        answer, directory, question = self._answer(asked)
        _check_filter(wanted, directory, answer)
        found = [row for row in answer.items if wanted.takes(row)]
        shown, pages = _page_of(found, page)
        t = session.words(request)
        return render(
            request, "items.html", rows=[listed_item(row, directory, t) for row in shown], wanted=wanted, pages=pages,
            number=sum(row.amount.count for row in found), mass_g=sum(row.amount.mass_g for row in found),
            unknown=t.mass_unknown(sum(not row.amount.mass_g for row in found)),
            answer=answer, directory=directory, question=question, classes=[*CLASSES, "due"],
            parameters=wanted.parameters(),
        )  # fmt: skip

    def item(self, request: Request, code: str, past: FromWhen) -> Response:
        """One item's chain."""
        self._directory()
        found = find_item(self._service, code, **past.asked)
        known = session.account_of(request) is not None
        view = item_view(found, found.directory, as_of_ms=found.moment_ms, persons=known, t=session.words(request))
        fields = self._label_of(found.chain.code)
        printable = fields is not None and (known or not isinstance(fields, HazardousLabel))
        return render(request, "item.html", item=view, printable=printable, past=past.given)

    def label(self, request: Request, code: str) -> Response:
        """An item's label; one that names a contact person (HJ 1276) only for those logged in."""
        text = read_typed(code).text
        fields = self._label_of(text)
        if isinstance(fields, HazardousLabel) and not session.account_of(request):
            raise session.to_login(request)
        if fields is None:
            message = f"no label was issued here for {text}"
            raise NotFoundError(message)
        headers = {"Content-Disposition": f'inline; filename="{text}.pdf"'}
        return Response(draw_labels([fields]), media_type="application/pdf", headers=headers)

    def _label_of(self, code: str) -> LabelFields | None:
        with self._service.database.read() as connection:
            fields = DistrictStore(connection).label(code)
        return _LABEL.validate_json(fields) if fields else None

    def search(self, code: _Text = "") -> Response:
        """From a typed code to its page."""
        found = read_typed(code)
        if found.kind is CodeKind.SITE:
            return RedirectResponse(f"/findings?site={found.text}", status_code=303)
        if found.kind is CodeKind.MANIFEST:
            return RedirectResponse(f"/manifests/{found.text}", status_code=303)
        return RedirectResponse(f"/items/{found.text}", status_code=303)

    def login_form(
        self, request: Request, target: Annotated[str, Query(alias="next", max_length=2000)] = "/"
    ) -> Response:
        """The log-in page."""
        return self._login_page(request, target, problem=None, status=200)

    def _login_page(
        self, request: Request, target: str, *, problem: str | None, status: int, wait_s: float = 0
    ) -> Response:
        headers = {"Retry-After": str(ceil(wait_s))} if wait_s else None
        guarded = not self._service.settings.public_pages
        return render(
            request, "login.html", status=status, headers=headers, target=session.local_target(target),
            problem=problem, minutes=ceil(wait_s / MINUTE_S), guarded=guarded,
        )  # fmt: skip

    def login(
        self,
        request: Request,
        name: _FormText = "",
        password: _FormText = "",
        token: _FormText = "",
        target: Annotated[str, Form(alias="next", max_length=2000)] = "/",
    ) -> Response:
        """Logs in, or says in the same words for every cause that it did not."""
        if not session.token_fits(request, token):
            return self._login_page(request, target, problem="login.stale", status=403)
        wait_s = self._attempts.wait_s(name)
        if wait_s:
            return self._login_page(request, target, problem="login.limited", status=429, wait_s=wait_s)
        account = check_password(self._service, name, password)
        if account is None:
            return self._login_page(request, target, problem="login.wrong", status=401)
        self._attempts.forget(name)
        language = session.words(request).language
        request.session.clear()  # a new session: nothing of a stranger's lives on
        request.session.update({"account": account.name, "role": account.role, "site": account.site, "lang": language})
        return RedirectResponse(session.local_target(target), status_code=303)

    def logout(self, request: Request, token: _FormText = "") -> Response:
        """Logs out."""
        if session.token_fits(request, token):
            language = session.words(request).language
            request.session.clear()
            request.session["lang"] = language
        return RedirectResponse("/", status_code=303)


def _given(**filters: str) -> dict[str, str]:
    return {name: value for name, value in filters.items() if value}


def _check_known(name: str, value: str, known: Any) -> None:
    if value and value not in known:
        message = f"{name} {value!r} is not known here: open the list again and choose from it"
        raise QueryError(message)


def _check_filter(wanted: ItemFilter, directory: Directory, answer: Reconciliation) -> None:
    _check_known("class", wanted.item_class, {*CLASSES, "due"})
    _check_known("division", wanted.division, {*directory.divisions, *answer.divisions})
    _check_known("phase", wanted.phase, {"disposed"})
    _check_known("evidence", wanted.evidence, {"inferred"})
    _check_known("site", wanted.site, {*directory.sites, *(row.site for row in answer.items)})


def _page_of(rows: list[_Row], page: str) -> tuple[list[_Row], "Paging"]:
    pages = max(1, ceil(len(rows) / PAGE_ROWS_MAX))
    if not (page.isascii() and page.isdigit() and 1 <= int(page) <= pages):
        message = f"page {page!r}: this list has pages 1 to {pages}"
        raise QueryError(message)
    begin = (int(page) - 1) * PAGE_ROWS_MAX
    return rows[begin : begin + PAGE_ROWS_MAX], Paging(int(page), pages)


class Paging(NamedTuple):
    """Where in a list a page is."""

    page: int
    pages: int


def _spoken_of(service: Service, event_ids: set[str]) -> dict[str, str]:
    """A package that each of these events speaks of, so that evidence about a device can be opened."""
    if not event_ids:
        return {}
    with service.books().opened() as (_, source):
        facts = [source.event(decode_base64(event_id)) for event_id in event_ids]
    return {fact.event_id: code for fact in facts if fact for code in fact.event.codes if not is_box(code)}


def mount_static(app: FastAPI) -> None:
    """Serves the style sheet and, from the labels' room, the typeface."""
    app.mount("/static/fonts", StaticFiles(packages=[("labels", "fonts")]), name="fonts")
    app.mount("/static", StaticFiles(packages=[("wasteledger.web", "static")]), name="static")


#: Pages of FastAPI's own documentation, which bring scripts and styles inside the page.
_DOCUMENTATION = ("/docs", "/redoc")
_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(self), geolocation=(self), microphone=()",
}
_POLICY = "default-src 'self'; base-uri 'none'; object-src 'none'; frame-ancestors 'none'; form-action 'self'"
_POLICY_DOCUMENTATION = "default-src 'self' 'unsafe-inline' data: blob:; base-uri 'none'; frame-ancestors 'none'"


async def secure_headers(request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
    """Middleware: nothing is loaded from elsewhere, nobody frames a page, no page is kept by a shared browser."""
    response = await call_next(request)
    documentation = request.url.path.startswith(_DOCUMENTATION)
    response.headers["Content-Security-Policy"] = _POLICY_DOCUMENTATION if documentation else _POLICY
    for name, value in _HEADERS.items():
        response.headers.setdefault(name, value)
    if not request.url.path.startswith("/static"):
        response.headers.setdefault("Cache-Control", "no-store")
    return response
