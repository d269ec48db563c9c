"""Pages of what has to be done: manifests, what is due today, and cases."""

import re
from collections import Counter, defaultdict
from collections.abc import Collection, Sequence
from functools import partial
from typing import Annotated, Any, NamedTuple, TypeVar
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Query, Request, Response

from schemas.canonical import decode_base64
from schemas.codes import SiteKind
from wasteledger import clock
from wasteledger.domain.booking import BookedDoubt
from wasteledger.domain.cases import CaseStatus
from wasteledger.domain.manifest import Phase
from wasteledger.domain.register import Directory
from wasteledger.domain.timeline import is_box
from wasteledger.errors import NotFoundError, QueryError
from wasteledger.flows.case_book import judge_cases, list_cases, load_case
from wasteledger.flows.case_forms import due_of_day
from wasteledger.flows.due import DueRow, due_list
from wasteledger.flows.manifest_forms import manifest_json
from wasteledger.flows.manifest_questions import check_list
from wasteledger.flows.moments import Past, looking
from wasteledger.flows.questions import check_question
from wasteledger.flows.service import Service
from wasteledger.web import session
from wasteledger.web.case_view import case_view, listed_case
from wasteledger.web.manifest_view import due_view, listed_manifest, manifest_view
from wasteledger.web.past import FromWhen
from wasteledger.web.render import NoDistrictError, render
from wasteledger.web.view import Question, china_time

#: Rows on one page of a list.
ROWS_MAX = 50
_FIELD_MAX = 200
#: Highest page of a list that is asked for in an address.
_PAGE = re.compile(r"[1-9][0-9]{0,5}")
#: Sites that are parties of manifests; clinics hand over to collectors, most of them without one.
_PARTIES = (SiteKind.TRANSFER_POINT, SiteKind.CARRIER, SiteKind.PLANT, SiteKind.HOSPITAL, SiteKind.GENERATOR)

_Row = TypeVar("_Row")
_Text = Annotated[str, Query(max_length=_FIELD_MAX)]


class ManifestFilter(NamedTuple):
    """Which manifests a list shows; an empty field asks nothing."""

    site: str = ""
    month: str = ""
    phase: str = ""
    late: str = ""


def _wanted(site: _Text = "", month: _Text = "", phase: _Text = "", late: _Text = "") -> ManifestFilter:
    return ManifestFilter(site, month, phase, late)


_Wanted = Annotated[ManifestFilter, Depends(_wanted)]


class Place(NamedTuple):
    """Where in a list a page is, with the addresses of its neighbours; None where there is none."""

    page: int
    pages: int
    before: str | None
    after: str | None


def add_duty_pages(router: APIRouter, service: Service, guarded: list[Any]) -> None:
    """Adds these pages to a router of pages; `guarded` lets in whoever may read."""
    pages = _DutyPages(service)
    router.add_api_route("/manifests", pages.manifests, dependencies=guarded)
    router.add_api_route("/manifests/{number}", pages.manifest, dependencies=guarded)
    router.add_api_route("/due", pages.due, dependencies=guarded)
    router.add_api_route("/cases", pages.cases, dependencies=guarded)
    router.add_api_route("/cases/{number}", pages.case, dependencies=guarded)


class _DutyPages:
    """The handlers, with the service they ask."""

    def __init__(self, service: Service) -> None:
        self._service = service

    def _directory(self) -> Directory:
        try:
            return self._service.directory()
        except NotFoundError as error:
            raise NoDistrictError(str(error)) from None

    def manifests(self, request: Request, wanted: _Wanted, past: FromWhen, page: _Text = "1") -> Response:
        """Manifests by site and month, with where each is and what it waits for; as of now, or as it was known."""
        self._directory()
        at, (site, month, phase, late) = _page_number(page), wanted
        _check_choice("late", late, ("1",))
        with looking(self._service, **past.asked) as look, look.books.opened() as (rows, _):
            directory, moment_ms = look.directory, look.moment_ms
            check_list(directory, phase=phase, site=site, month=month)
            ask = partial(rows.manifests, phase=phase, site=site, month=month)
            late_count = ask(late_ms=moment_ms, limit=0)[1]
            found, count = ask(late_ms=moment_ms if late else 0, offset=(at - 1) * ROWS_MAX, limit=ROWS_MAX)
            phases, months = rows.manifests_by_phase(site=site, month=month), rows.manifest_months()
            doubts = _by_subject(rows.doubts_of(row.number for row in found))
        t, filters = session.words(request), wanted._asdict() | past.given
        shown = [listed_manifest(row, doubts.get(row.number, ()), directory, as_of_ms=moment_ms, t=t) for row in found]
        return render(
            request, "manifests.html", rows=shown, number=count, late_count=late_count, months=months, directory=directory,
            phases=[(name.value, phases[name]) for name in Phase if name in phases], filters=filters, parties=_parties(directory, site),
            place=_place("/manifests", filters, at, count), link=_link, past=past,
        )  # fmt: skip

    def manifest(self, request: Request, number: str, past: FromWhen) -> Response:
        """One manifest: where it is, what is on it, and which signature stands for each field; as of now, or as it was known."""
        self._directory()
        persons = session.account_of(request) is not None
        shown = manifest_json(self._service, number, persons=persons, past=Past(**past.asked))
        with looking(self._service, **past.asked) as look, look.books.opened() as (rows, _):
            doubts, directory, moment_ms = rows.doubts_of([shown["number"]]), look.directory, look.moment_ms
        period = check_question(directory, region=None, from_day=None, to_day=None, moment_ms=moment_ms)
        question, t = Question(*period, *past), session.words(request)
        view = manifest_view(shown, doubts, directory, question, as_of_ms=moment_ms, persons=persons, t=t)
        return render(request, "manifest.html", view=view, shown=shown, past=past)

    def due(
        self, request: Request, site: str | None = None, step: _Text = "", when: _Text = "", page: _Text = "1"
    ) -> Response:
        """What is due until the end of the day: of the reader's own site, of everybody for the regulator."""
        directory, now_ms, at = self._directory(), clock.now_ms(), _page_number(page)
        wanted = _own_site(request) if site is None else site[:_FIELD_MAX]
        today = china_time(now_ms)[:10]
        found = due_list(self._service, wanted or None, due_of_day(today) or now_ms, as_of_ms=now_ms)
        steps = Counter(_step(row) for row in found)
        _check_choice("step", step, steps)
        _check_choice("when", when, ("late", "today"))
        kind = [row for row in found if step in {"", _step(row)}]
        late = [row for row in kind if row.late_ms > 0]
        chosen = {"": kind, "late": late, "today": [row for row in kind if row.late_ms == 0]}[when]
        t, filters = session.words(request), {"site": wanted, "step": step, "when": when}
        rows = [due_view(row, directory, as_of_ms=now_ms, t=t) for row in _part(chosen, at)]
        sites = sorted({row.site for row in found} | ({wanted} if wanted else set()))
        return render(
            request, "due.html", rows=rows, number=len(chosen), late=len(late), today=len(kind) - len(late), all=len(found),
            steps=steps.most_common(), filters=filters, sites=sites, directory=directory, until=today,
            place=_place("/due", filters, at, len(chosen)), link=_link,
        )  # fmt: skip

    def cases(self, request: Request, site: _Text = "", status: _Text = "", page: _Text = "1") -> Response:
        """Cases with who has to answer by when."""
        directory, now_ms = self._directory(), clock.now_ms()
        found = list_cases(self._service, status=status or None, site=site or None)
        at, t = _page_number(page), session.words(request)
        rows = [listed_case(row, directory, as_of_ms=now_ms, t=t) for row in _part(found, at)]
        owners = sorted({row.case.owner for row in found} | ({site} if site else set()))
        filters = {"site": site, "status": status}
        return render(
            request, "cases.html", rows=rows, number=len(found), statuses=[one.value for one in CaseStatus], chosen=status, site=site,
            owners=owners, directory=directory, place=_place("/cases", filters, at, len(found)),
        )  # fmt: skip

    def case(self, request: Request, number: str) -> Response:
        """One case: its matter, owner and day, everything that was done, and what would close it."""
        directory, now_ms = self._directory(), clock.now_ms()
        (judged,) = judge_cases(self._service, [load_case(self._service, number)])
        with self._service.books().opened() as (_, source):
            facts = [source.event(decode_base64(event_id)) for event_id in judged.case.evidence]
        spoken_of = {fact.event_id: code for fact in facts if fact for code in fact.event.codes if not is_box(code)}
        known = session.account_of(request) is not None
        view = case_view(
            judged, directory, spoken_of=spoken_of, as_of_ms=now_ms, persons=known, t=session.words(request)
        )
        return render(request, "case.html", view=view, level=judged.case.level, state=judged.judgement.status)


def _own_site(request: Request) -> str:
    """The site of the account that is logged in; empty, which is everybody, for the regulator and for strangers."""
    known = session.account_of(request) is not None and request.session.get("role") != "regulator"
    return str(request.session.get("site") or "") if known else ""


def _step(row: DueRow) -> str:
    """What kind of step it is."""
    return "case" if row.kind == "case" else row.reason


def _check_choice(name: str, value: str, known: Collection[str]) -> None:
    if value and value not in known:
        message = f"{name} {value!r} is not known here: open the list again and choose from it"
        raise QueryError(message)


def _by_subject(doubts: Sequence[BookedDoubt]) -> dict[str, list[BookedDoubt]]:
    found: dict[str, list[BookedDoubt]] = defaultdict(list)
    for doubt in doubts:
        found[doubt.subject].append(doubt)
    return found


def _parties(directory: Directory, chosen: str) -> list[str]:
    """Sites to choose from, in the order of a load's way, with the one that is chosen."""
    order = list(_PARTIES)
    sites = [site for site in directory.register.sites if site.kind in _PARTIES or site.code == chosen]
    sites.sort(key=lambda site: (order.index(site.kind) if site.kind in order else len(order), site.code))
    return [site.code for site in sites]


def _page_number(typed: str) -> int:
    if not _PAGE.fullmatch(typed):
        message = f"page {typed!r}: pages are numbered from 1"
        raise QueryError(message)
    return int(typed)


def _part(rows: Sequence[_Row], page: int) -> Sequence[_Row]:
    return rows[(page - 1) * ROWS_MAX : page * ROWS_MAX]


def _place(path: str, filters: dict[str, str], page: int, count: int) -> Place:
    """Where a page is; one behind the end is an error.

    Raises:
        QueryError: the list has fewer pages.
    """
    pages = max(1, -(-count // ROWS_MAX))
    if page > pages:
        message = f"page {page}: this list has pages 1 to {pages}"
        raise QueryError(message)
    before = _link(path, filters, page=str(page - 1)) if page > 1 else None
    after = _link(path, filters, page=str(page + 1)) if page < pages else None
    return Place(page, pages, before, after)


def _link(path: str, filters: dict[str, str], **changes: str) -> str:
    """The address of a list with some filters changed; a site that is empty on purpose stays in it."""
    values = {
        name: value for name, value in (filters | changes).items() if value or (path == "/due" and name == "site")
    }
    return f"{path}?{urlencode(values)}" if values else path
