"""Reports as they are asked for: checked, made from the chains, and written as JSON, XLSX or PDF.

kind        what                                                       site      month
ledger      HJ 1259-2022 tables B.1 to B.5                             needed    month, quarter, year
balance     tables C.1 to C.3 and what has to be filed when            needed    month, quarter, year
plan        produced and transferred against the yearly plans          or all    the year up to its end
licences    capacity, dates and waste beyond the licence               or all    the year up to its end
assessment  the assessment sheet                                       needed    the year up to its end
register    the register of medical waste                              needed    month, quarter, year
stock       stock by room, waste and day; what stock-takes found       needed    month, quarter, year
"""

from collections.abc import Callable, Mapping
from datetime import date
from typing import NamedTuple

import orjson

from schemas.codes import SiteKind
from wasteledger.domain.legal_days import china_day
from wasteledger.domain.reconcile import Question as Reconciled
from wasteledger.domain.register import Directory, Site
from wasteledger.errors import NotFoundError, QueryError
from wasteledger.flows.book_answers import answer
from wasteledger.flows.moments import Look, looking
from wasteledger.flows.service import Service
from wasteledger.reports import documents
from wasteledger.reports.assessment import Case, assess
from wasteledger.reports.balance import balance_of
from wasteledger.reports.filing import YEARS_LOOKED_AT, category_of, filing_lines, holds_licence, is_producer
from wasteledger.reports.ledgers import Asked, Books
from wasteledger.reports.licences import licence_lines, outside_lines
from wasteledger.reports.lives import Life, by_site, life_of
from wasteledger.reports.medical import register_rows
from wasteledger.reports.paper import draw_paper
from wasteledger.reports.periods import Period, day_ms, parse_period
from wasteledger.reports.plans import plan_lines, plan_states, span_of
from wasteledger.reports.sources import chains_for, ledger_sources, stock_for
from wasteledger.reports.stock import presences, stock_days
from wasteledger.reports.tables import Document, document_json
from wasteledger.reports.wording import SITE_KINDS_ZH
from wasteledger.reports.workbook import draw_workbook

#: Sites that keep a ledger of waste: whoever makes it, gathers it or ends it.
_KEEPERS = frozenset({SiteKind.CLINIC, SiteKind.HOSPITAL, SiteKind.GENERATOR, SiteKind.TRANSFER_POINT, SiteKind.PLANT})
MEDIA_TYPES = {
    "json": "application/json",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "pdf": "application/pdf",
}


class Question(NamedTuple):
    """A checked question.

    Attributes:
        look: from when it is asked, and the books of then.
        site: None for all of the district.
        persons: whether people are named.
        tree_size: entries of the ledger that the answer rests on at least.
    """

    look: Look
    site: Site | None
    period: Period
    persons: bool
    tree_size: int

    @property
    def directory(self) -> Directory:
        """The register of then."""
        return self.look.directory

    @property
    def today(self) -> date:
        """The day of the question in China."""
        return china_day(self.look.moment_ms).date()

    @property
    def made(self) -> documents.Made:
        """What stands in the head of the report."""
        return documents.Made(self.tree_size, self.today)

    def lives(self, *, from_ms: int) -> list[Life]:
        """What the books of the asked site rest on from a moment to the period's end."""
        code = self.site.code if self.site else None
        return [life_of(chain) for chain in chains_for(self.look, code, from_ms, self.period.to_ms)]

    def asked(self) -> Asked:
        """The same for the tables of one site."""
        return Asked(needed(self.site).code, self.period, self.directory, self.persons)


def report(  # noqa: PLR0913 - what, where, when, for whom, and from when it is asked
    service: Service,
    kind: str,
    *,
    site: str | None = None,
    month: str | None = None,
    persons: bool,
    as_of: str | None = None,
    at_size: int | None = None,
) -> Document:
    """A report; `month` is a month, quarter or year, by default the month that now is.

    Asked as of a day, or of a size of the log, it is the report that was made then (`looking`).

    Raises:
        QueryError: an unknown kind or period, one that has not begun, a site that keeps no such report, or as `looking` does.
        NotFoundError: no district is loaded, or an unknown site.
    """
    if kind not in KINDS:
        message = f"kind {kind[:20]!r}: one of {', '.join(KINDS)}"
        raise QueryError(message)
    with looking(service, as_of=as_of, at_size=at_size) as look:
        period = parse_period(month or f"{china_day(look.moment_ms):%Y-%m}", now_ms=look.moment_ms)
        asked_of = check_site(look.directory, site, kind)
        return KINDS[kind](Question(look, asked_of, period, persons, look.books.size))


def check_site(directory: Directory, code: str | None, kind: str) -> Site | None:
    """The site that a report of this kind is about.

    Raises:
        QueryError: none where one is needed, or one that keeps no such report.
        NotFoundError: an unknown site.
    """
    if not code:
        if kind in DISTRICT_KINDS:
            return None
        message = f"site: a report of kind {kind} is about one site; `wasteledger sites` lists them"
        raise QueryError(message)
    site = directory.sites.get(code)
    if site is None:
        message = f"site {code[:20]!r} is not in the register: `wasteledger sites` lists them"
        raise NotFoundError(message)
    if site.kind not in _KEEPERS and not (kind == "licences" and site.kind is SiteKind.CARRIER):
        message = (
            f"site {code} is a {site.kind.name.lower()} ({SITE_KINDS_ZH[site.kind]}), which keeps no ledger of waste: ask for "
            f"a clinic, hospital, generator, transfer point or plant (site codes beginning with C, H, G, T, D)"
        )
        raise QueryError(message)
    return site


def needed(site: Site | None) -> Site:
    """The site of a kind that needs one, as `check_site` has seen to."""
    if site is None:
        message = "site: this report is about one site"
        raise QueryError(message)
    return site


def render(document: Document, file_format: str) -> bytes:
    """A report as the bytes of a file.

    Raises:
        QueryError: an unknown format, or more rows than the format takes.
    """
    if file_format == "json":
        return orjson.dumps(document_json(document), option=orjson.OPT_INDENT_2)
    if file_format == "xlsx":
        return draw_workbook(document)
    if file_format == "pdf":
        return draw_paper(document)
    message = f"format {file_format[:20]!r}: one of {', '.join(MEDIA_TYPES)}"
    raise QueryError(message)


def _ledger(question: Question) -> Document:
    asked = question.asked()
    sources = ledger_sources(question.look, asked.site, asked.period.from_ms, asked.period.to_ms)
    books = Books(sources.chains, sources.acts)
    return documents.ledger_document(books, asked, question.made)


def _balance(question: Question) -> Document:
    asked = question.asked()
    lives = question.lives(from_ms=asked.period.from_ms)
    balance = balance_of(lives, asked.site, asked.period)
    if not holds_licence(asked.site, asked.directory, question.today):
        # The category looks at three years back; a licence decides it alone, and a plant has had everybody's packages.
        lives = question.lives(from_ms=_years_back(asked.period.year))
    category = category_of(asked.site, lives, asked.directory, today=question.today)
    files = is_producer(asked.site, lives, asked.directory)
    filings = (
        filing_lines(asked.site, category.key, asked.directory, year=asked.period.year, today=question.today)
        if files
        else []
    )
    return documents.balance_document(balance, category, filings, asked, question.made)


def _plan(question: Question) -> Document:
    span = span_of(question.period)
    lives = by_site(question.lives(from_ms=_years_back(span.year)))
    sites = [question.site.code] if question.site else sorted(question.directory.sites)
    lines = [line for site in sites for line in plan_lines(site, lives.get(site, []), question.directory, span)]
    producers = {line.site for line in lines if line.produced_g or line.planned_g is not None}
    lines = [line for line in lines if line.site in producers or question.site]
    states = plan_states(sites, lives, question.directory, year=span.year, today=question.today)
    return documents.plan_document(lines, states, question.site, question.period, question.made)


def _licences(question: Question) -> Document:
    span = span_of(question.period)
    lives = question.lives(from_ms=span.from_ms)
    code = question.site.code if question.site else None
    rows = licence_lines(lives, question.directory, span, today=question.today, site=code)
    outside = outside_lines(lives, question.directory, span, site=code)
    return documents.licence_document(rows, outside, question.site, question.period, question.made)


def _assessment(question: Question) -> Document:
    asked, span = question.asked(), span_of(question.period)
    lives = tuple(question.lives(from_ms=span.from_ms))
    # Whom a finding concerns is said by the finding: a plant answers for packages that were sealed anywhere in the district.
    first, last = date(span.year, 1, 1), min(question.period.last, question.today)
    look, days = question.look, (first.isoformat(), last.isoformat())
    answered = answer(look.books, Reconciled(asked.directory.register.region, *days, look.moment_ms), asked.directory)
    findings = tuple(finding for finding in answered.findings if finding.site == asked.site)
    lines = assess(Case(asked.site, asked.directory, lives, findings, span, question.today))
    return documents.assessment_document(lines, asked, question.made)


def _register(question: Question) -> Document:
    asked = question.asked()
    rows = register_rows(question.lives(from_ms=asked.period.from_ms), asked)
    return documents.register_document(rows, asked, question.made)


def _stock(question: Question) -> Document:
    asked, period = question.asked(), question.period
    items, takes = stock_for(question.look, asked.site, period.from_ms, period.to_ms)
    days = stock_days(presences(items, asked.site), period, question.today)
    return documents.stock_document(days, takes, asked, question.made)


def _years_back(year: int) -> int:
    return day_ms(date(year - YEARS_LOOKED_AT, 1, 1))


KINDS: Mapping[str, Callable[[Question], Document]] = {
    "ledger": _ledger,
    "balance": _balance,
    "plan": _plan,
    "licences": _licences,
    "assessment": _assessment,
    "register": _register,
    "stock": _stock,
}
#: Kinds that may be asked of the whole district.
DISTRICT_KINDS = frozenset({"plan", "licences"})
