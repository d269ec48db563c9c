"""Licences against what was done: capacity against what was disposed of this year, dates that run out, waste beyond the licence."""

from collections.abc import Iterable
from datetime import date
from typing import NamedTuple

from schemas.codes import SiteKind, site_kind
from wasteledger.domain.legal_days import china_day
from wasteledger.domain.register import Directory, Licence
from wasteledger.reports.lives import Flow, Life, Movement
from wasteledger.reports.plans import Span
from wasteledger.reports.tables import TONNE_G, WHOLE_BP, share_bp
from wasteledger.reports.wording import short_name

#: A licence that runs out within so many days is named.
EXPIRY_DAYS = 90
_ACTIVITIES_ZH = {"carry": "运输", "dispose": "处置"}


class LicenceLine(NamedTuple):
    """One licence: how long it holds, and how much of its capacity is used."""

    holder: str
    licence: str
    activity: str
    waste: str
    valid_from: date
    valid_to: date
    days_left: int
    capacity_g: int | None
    treated_g: int | None
    used_bp: int | None
    remark: str


class OutsideLine(NamedTuple):
    """A package that a plant received without a licence for its waste on that day."""

    holder: str
    at_ms: int
    code: str
    waste_code: str
    waste_name: str
    mass_g: int
    giver: str
    event_id: str


def licence_lines(
    lives: Iterable[Life], directory: Directory, span: Span, *, today: date, site: str | None = None
) -> list[LicenceLine]:
    """The licences of a site, or all, that held on some day of the year; a package counts under the first that covers it."""
    licences = [
        licence
        for licence in directory.register.licences
        if site in {None, licence.holder} and licence.valid_from.year <= span.year <= licence.valid_to.year
    ]
    treated = dict.fromkeys(licences, 0)
    for life in lives:
        for move in life.movements:
            if move.flow is Flow.OWN and span.holds(move.at_ms):
                licence = covering(move, licences)
                if licence:
                    treated[licence] += move.mass_g
    rows = [_line(licence, treated[licence], directory, today) for licence in licences]
    return sorted(rows, key=lambda row: (row.valid_to, row.licence))


def covering(move: Movement, licences: Iterable[Licence]) -> Licence | None:
    """The first licence to dispose by which a site may have this waste on that day."""
    day = china_day(move.at_ms).date()
    return next(
        (
            licence
            for licence in licences
            if licence.activity == "dispose" and licence.holder == move.site and licence.covers(move.waste_code, day)
        ),
        None,
    )


def _line(licence: Licence, treated_g: int, directory: Directory, today: date) -> LicenceLine:
    disposes = licence.activity == "dispose"
    capacity_g = licence.capacity_t * TONNE_G if licence.capacity_t else None
    days_left = (licence.valid_to - today).days
    used_bp = share_bp(treated_g, capacity_g or 0) if disposes else None
    return LicenceLine(
        holder=directory.site_name(licence.holder),
        licence=licence.number,
        activity=_ACTIVITIES_ZH[licence.activity],
        waste="、".join(licence.waste),
        valid_from=licence.valid_from,
        valid_to=licence.valid_to,
        days_left=days_left,
        capacity_g=capacity_g,
        treated_g=treated_g if disposes else None,
        used_bp=used_bp,
        remark="；".join(_remarks(licence, days_left, used_bp)),
    )


def _remarks(licence: Licence, days_left: int, used_bp: int | None) -> list[str]:
    remarks = []
    if days_left < 0:
        remarks.append("已过期")
    elif days_left <= EXPIRY_DAYS:
        remarks.append(f"{EXPIRY_DAYS} 天内到期")
    if used_bp is not None and used_bp > WHOLE_BP:
        remarks.append("超核准规模")
    if licence.activity == "dispose" and licence.capacity_t is None:
        remarks.append("登记中没有核准规模")
    return remarks


def outside_lines(
    lives: Iterable[Life], directory: Directory, span: Span, *, site: str | None = None
) -> list[OutsideLine]:
    """Packages that plants received beyond their licences, in order of time (危险废物转移管理办法 art. 12; 经营许可证)."""
    rows = []
    for life in lives:
        for move in life.movements:
            at_plant = move.flow is Flow.RECEIVED and site_kind(move.site) is SiteKind.PLANT
            # Nobody knows what a package without a sealing is: that is the finding `never_sealed`, not one of the licence.
            if not at_plant or not move.waste_code or site not in {None, move.site} or not span.holds(move.at_ms):
                continue
            if covering(move, directory.register.licences) is None:
                rows.append(_outside(move, directory))
    return sorted(rows, key=lambda row: (row.at_ms, row.code))


def _outside(move: Movement, directory: Directory) -> OutsideLine:
    return OutsideLine(
        holder=directory.site_name(move.site),
        at_ms=move.at_ms,
        code=move.code,
        waste_code=move.waste_code,
        waste_name=short_name(move.waste_code),
        mass_g=move.mass_g,
        giver=directory.site_name(move.other),
        event_id=move.fact.event_id,
    )
