"""Management categories and what has to be filed when (HJ 1259-2022 4.2, 5.2.2, 7.2)."""

from collections.abc import Iterable
from datetime import date
from typing import NamedTuple

from schemas.codes import SiteKind
from wasteledger.domain.legal_days import china_day
from wasteledger.domain.register import Directory, Plan
from wasteledger.reports.lives import Flow, Life
from wasteledger.reports.periods import (
    QUARTER_MONTHS,
    YEAR_MONTHS,
    Period,
    month_period,
    quarter_period,
    year_period,
)
from wasteledger.reports.tables import TONNE_G, tonnes

#: From 100 t a year a site is of the key category, from 10 t of the simplified one (4.2.1).
KEY_G_MIN = 100 * TONNE_G
SIMPLIFIED_G_MIN = 10 * TONNE_G
#: Yearly production is the largest of the last three years (4.2.3).
YEARS_LOOKED_AT = 3
#: Reports of a month or quarter are due by the 15th of the month after it (7.2).
REPORT_DUE_DAY = 15
#: Plans and yearly reports are due by 31 March (5.2.2, 7.2).
YEARLY_DUE = (3, 31)
CATEGORIES_ZH = {"key": "危险废物环境重点监管单位", "simplified": "危险废物简化管理单位", "registered": "危险废物登记管理单位"}  # fmt: skip
_PRODUCERS = frozenset({SiteKind.CLINIC, SiteKind.HOSPITAL, SiteKind.GENERATOR})


class Category(NamedTuple):
    """A site's management category as its records and licences make it; the city's authority may class it otherwise (4.2.2).

    Attributes:
        key: `key`, `simplified` or `registered`.
        yearly_g: its yearly production.
        certain: whether a whole year of records stands behind it; before that the figures of its EIA or permit decide.
        basis: the reason, in words.
    """

    key: str
    yearly_g: int
    certain: bool
    basis: str


class Due(NamedTuple):
    """Something that has to be filed.

    Attributes:
        what: `plan` or `report`.
        period: that it is about.
    """

    what: str
    period: Period
    due_on: date


class FilingLine(NamedTuple):
    """A `Due` as it is printed."""

    what: str
    period: str
    due_on: date
    state: str


def is_producer(site: str, lives: Iterable[Life], directory: Directory) -> bool:
    """Whether it has to plan and report: a clinic, hospital or generator, or whoever sealed packages of its own."""
    row = directory.sites.get(site)
    if row and row.kind in _PRODUCERS:
        return True
    return any(move.site == site and move.flow is Flow.PRODUCED for life in lives for move in life.movements)


def category_of(site: str, lives: Iterable[Life], directory: Directory, *, today: date) -> Category:
    """The management category of a site on a day (4.2.1), by its yearly production (4.2.3), own treatment and licence."""
    yearly: dict[int, int] = {}
    first: date | None = None
    treats = False
    for life in lives:
        for move in life.movements:
            if move.site != site or china_day(move.at_ms).date() > today:
                continue
            treats = treats or move.flow is Flow.OWN
            if move.flow is Flow.PRODUCED:
                day = china_day(move.at_ms).date()
                first = min(first or day, day)
                yearly[day.year] = yearly.get(day.year, 0) + move.mass_g
    yearly_g = max((yearly.get(today.year - back, 0) for back in range(YEARS_LOOKED_AT + 1)), default=0)
    certain = first is not None and first <= _a_year_before(today)
    if holds_licence(site, directory, today):
        return Category("key", yearly_g, certain=True, basis="4.2.1：持有危险废物经营许可证")
    if treats:
        return Category("key", yearly_g, certain=True, basis="4.2.1：有自行利用处置")
    key = "key" if yearly_g >= KEY_G_MIN else "simplified" if yearly_g >= SIMPLIFIED_G_MIN else "registered"
    basis = f"4.2.3：近三年（含本年至今）最大年产生量 {tonnes(yearly_g)} t"
    if not certain:
        basis += "；记录不满一年，应按环评或排污许可数值，须人工核对"
    return Category(key, yearly_g, certain, basis)


def _a_year_before(day: date) -> date:
    # 29 February has no day a year before it.
    return day.replace(year=day.year - 1, day=min(day.day, 28) if day.month == 2 else day.day)  # noqa: PLR2004 - February


def holds_licence(site: str, directory: Directory, day: date) -> bool:
    """Whether a site has a licence to dispose on a day."""
    return any(
        licence.holder == site and licence.activity == "dispose" and licence.valid_from <= day <= licence.valid_to
        for licence in directory.register.licences
    )


def dues(category: str, *, year: int) -> list[Due]:
    """What a site of a category has to file about a year: its plan, the yearly report, and quarterly or monthly ones."""
    periods: list[Period] = []
    if category == "key":
        periods += [month_period(year, month) for month in range(1, YEAR_MONTHS + 1)]
    elif category == "simplified":
        periods += [quarter_period(year, quarter) for quarter in range(1, YEAR_MONTHS // QUARTER_MONTHS + 1)]
    whole = year_period(year)
    plan = Due("plan", whole, plan_due(year))
    reports = [Due("report", period, _report_due(period)) for period in (*periods, whole)]
    return [plan, *reports]


def plan_due(year: int) -> date:
    """By when the plan of a year is filed (5.2.2)."""
    return date(year, *YEARLY_DUE)


def _report_due(period: Period) -> date:
    if period.kind == "year":
        return date(period.year + 1, *YEARLY_DUE)
    return period.after.replace(day=REPORT_DUE_DAY)


def plan_of(site: str, year: int, directory: Directory) -> Plan | None:
    """The plan that a site filed for a year."""
    return next((plan for plan in directory.register.plans if plan.site == site and plan.year == year), None)


def plan_state(plan: Plan | None, year: int, *, today: date) -> str:
    """How a site stands with the filing of its plan."""
    due = plan_due(year)
    if plan is None:
        return f"逾期未备案（截止 {due}）" if today > due else f"待备案（截止 {due}）"
    return f"逾期备案（晚 {(plan.filed_on - due).days} 天）" if plan.filed_on > due else "按期备案"


def filing_lines(site: str, category: str, directory: Directory, *, year: int, today: date) -> list[FilingLine]:
    """What a site has to file about a year, and how that stands as far as this ledger knows.

    Reports are filed in the national system; the register knows plans only, so a report whose day has passed is named as one to be
    looked up, never as filed.
    """
    lines = []
    for due in dues(category, year=year):
        if due.what == "plan":
            lines.append(
                FilingLine(
                    "管理计划备案",
                    due.period.zh,
                    due.due_on,
                    plan_state(plan_of(site, year, directory), year, today=today),
                )
            )
            continue
        state = "已到期：本账本没有申报记录，请在国家系统核对" if today > due.due_on else "未到期"
        lines.append(FilingLine(f"管理台账申报（{_name(due.period)}）", due.period.zh, due.due_on, state))
    return lines


def _name(period: Period) -> str:
    return {"month": "月报", "quarter": "季报", "year": "年报"}[period.kind]
