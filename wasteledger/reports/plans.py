"""What was really produced and transferred against the yearly management plans (HJ 1259-2022 chapter 5), and who has filed none."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import NamedTuple

from schemas.codes import SiteKind, site_kind
from wasteledger.domain.register import Directory, Plan
from wasteledger.reports.filing import (
    CATEGORIES_ZH,
    category_of,
    is_producer,
    plan_due,
    plan_of,
    plan_state,
)
from wasteledger.reports.lives import Flow, Life, Movement
from wasteledger.reports.periods import Period, day_ms
from wasteledger.reports.tables import KILOGRAM_G, share_bp
from wasteledger.reports.wording import called


class Span(NamedTuple):
    """The part of a year that is looked at: from its first day up to a moment that is no longer part of it."""

    year: int
    to_ms: int

    @property
    def from_ms(self) -> int:
        """The beginning of the year."""
        return day_ms(date(self.year, 1, 1))

    def holds(self, moment_ms: int) -> bool:
        """Whether a moment lies in it."""
        return self.from_ms <= moment_ms < self.to_ms


def span_of(period: Period) -> Span:
    """The year of a period, up to the period's end."""
    return Span(period.year, period.to_ms)


class PlanLine(NamedTuple):
    """One waste of one producer: planned and real."""

    site: str
    site_name: str
    waste_code: str
    waste_name: str
    planned_g: int | None
    produced_g: int
    produced_bp: int | None
    moved_g: int
    moved_bp: int | None
    own_g: int
    plants_planned: str
    plants_used: str
    plants_unplanned: str
    remark: str


class PlanStateLine(NamedTuple):
    """How a producer stands with its plan and its category."""

    site: str
    site_name: str
    category: str
    declared: str
    yearly_g: int
    category_basis: str
    filed_on: date | None
    due_on: date
    state: str


class _Real:
    """What became of one producer's one waste."""

    def __init__(self) -> None:
        self.mass_g = dict.fromkeys((Flow.PRODUCED, Flow.ENTRUSTED, Flow.OWN), 0)
        self.plants: set[str] = set()


def plan_lines(site: str, lives: Iterable[Life], directory: Directory, span: Span) -> list[PlanLine]:
    """The plan of a site against its records of the year so far, a line for each waste that is planned or real."""
    real = _real(site, lives, span)
    plan = plan_of(site, span.year, directory)
    planned = {row.waste_code for row in plan.wastes} if plan else set()
    return [_line(site, waste, plan, real.get(waste, _Real()), directory) for waste in sorted(planned | set(real))]


def _real(site: str, lives: Iterable[Life], span: Span) -> dict[str, _Real]:
    found: dict[str, _Real] = {}
    for life in lives:
        for move in life.movements:
            if move.site == site and span.holds(move.at_ms) and move.flow is not Flow.RECEIVED:
                real = found.setdefault(move.waste_code, _Real())
                real.mass_g[move.flow] += move.mass_g
                if move.flow is Flow.ENTRUSTED:
                    real.plants |= plants_after(life, move)
    return found


def plants_after(life: Life, move: Movement) -> set[str]:
    """The plants that had a package after it left a site."""
    sites = {holding.site for holding in life.holdings if holding.begin_ms >= move.at_ms}
    sites |= {life.disposed.event.site} if life.disposed else set()
    return {site for site in sites if site_kind(site) is SiteKind.PLANT}


def _line(site: str, waste: str, plan: Plan | None, real: _Real, directory: Directory) -> PlanLine:
    rows = [row for row in plan.wastes if row.waste_code == waste] if plan else []
    planned_g = sum(row.mass_kg for row in rows) * KILOGRAM_G if rows else None
    named = {row.plant for row in rows}
    produced_g, moved_g = real.mass_g[Flow.PRODUCED], real.mass_g[Flow.ENTRUSTED]
    return PlanLine(
        site=site,
        site_name=directory.site_name(site),
        waste_code=waste,
        waste_name=called(site, waste, directory),
        planned_g=planned_g,
        produced_g=produced_g,
        produced_bp=share_bp(produced_g, planned_g or 0),
        moved_g=moved_g,
        moved_bp=share_bp(moved_g, planned_g or 0),
        own_g=real.mass_g[Flow.OWN],
        plants_planned=_names(named, directory),
        plants_used=_names(real.plants, directory),
        plants_unplanned=_names(real.plants - named, directory),
        remark=_remark(planned_g, produced_g, real.plants - named, has_plan=plan is not None),
    )


def _remark(planned_g: int | None, produced_g: int, unplanned: set[str], *, has_plan: bool) -> str:
    if not has_plan:
        return "没有备案的管理计划"
    remarks = []
    if planned_g is None:
        remarks.append("计划中没有此类废物")
    elif produced_g > planned_g:
        remarks.append("产生量超过计划")
    if unplanned:
        remarks.append("去了计划外处置单位")
    return "；".join(remarks)


def _names(sites: Iterable[str], directory: Directory) -> str:
    return "、".join(directory.site_name(site) for site in sorted(sites))


def plan_states(
    sites: Iterable[str], lives: Mapping[str, list[Life]], directory: Directory, *, year: int, today: date
) -> list[PlanStateLine]:
    """Each producer's plan: filed in time, late, or not at all; and whether its category is the one that its records make.

    `lives` are by site (`lives.by_site`).
    """
    lines = []
    for site in sorted(sites):
        own = lives.get(site, [])
        if not is_producer(site, own, directory):
            continue
        plan = plan_of(site, year, directory)
        category = category_of(site, own, directory, today=today)
        lines.append(
            PlanStateLine(
                site=site,
                site_name=directory.site_name(site),
                category=CATEGORIES_ZH[category.key],
                declared=CATEGORIES_ZH[plan.category] if plan else "",
                yearly_g=category.yearly_g,
                category_basis=category.basis,
                filed_on=plan.filed_on if plan else None,
                due_on=plan_due(year),
                state=_state(plan, category.key, year, today=today, certain=category.certain),
            )
        )
    return lines


def _state(plan: Plan | None, computed: str, year: int, *, today: date, certain: bool) -> str:
    state = plan_state(plan, year, today=today)
    if plan and certain and plan.category != computed:
        state += "；管理类别与推算不符"
    return state
