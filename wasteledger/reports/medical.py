"""The register of medical waste (医疗废物登记), 医疗废物管理条例 art. 12: an institution's month, kept for at least three years.

What the article names: source, kind, mass or number, time of hand-over, method of disposal, final destination, signatures of the
persons. One row for each hand-over, source and kind; what is still in the institution's hands at the end of the period comes last.
"""

from collections import defaultdict
from collections.abc import Iterable
from typing import NamedTuple

from schemas.custody import Phase
from schemas.waste import is_medical
from wasteledger.domain.facts import Fact
from wasteledger.domain.register import Directory
from wasteledger.reports.ledgers import Asked
from wasteledger.reports.lives import Flow, Holding, Life
from wasteledger.reports.wording import METHODS_ZH, short_name, signature

_GONE_ZH = {Phase.LOST: "申报丢失或被盗，尚未找回", Phase.VOIDED: "封装后作废"}


class RegisterRow(NamedTuple):
    """One hand-over of one kind from one source."""

    number: int
    source: str
    waste_name: str
    packages: int
    mass_g: int
    at_ms: int | None
    taker: str
    method: str
    final: str
    given_by: str
    taken_by: str


class _Key(NamedTuple):
    """What packages share that stand in one row.

    Attributes:
        event_id: of the fact that ended the institution's custody; empty while it lasts.
        released_id: of the institution's release.
    """

    at_ms: int
    event_id: str
    released_id: str
    source: str
    waste_code: str
    method: str
    final: str


def register_rows(lives: Iterable[Life], asked: Asked) -> list[RegisterRow]:
    """The register of an institution and period."""
    groups: dict[_Key, list[tuple[Life, Holding]]] = defaultdict(list)
    for life in lives:
        if not is_medical(life.chain.waste_code):
            continue
        for holding in life.holdings:
            if holding.site == asked.site and _belongs(holding, asked):
                groups[_key(life, holding, asked)].append((life, holding))
    return [_row(number, key, groups[key], asked) for number, key in enumerate(sorted(groups), start=1)]


def _belongs(holding: Holding, asked: Asked) -> bool:
    """Gone in the period, whatever way, or there at its end."""
    gone = holding.end_ms is not None and asked.period.holds(holding.end_ms)
    return gone or holding.at(asked.period.to_ms)


def _key(life: Life, holding: Holding, asked: Asked) -> _Key:
    sealed = life.sealed
    here = holding.at(asked.period.to_ms)
    return _Key(
        at_ms=asked.period.to_ms if here else holding.end_ms or 0,
        event_id="" if here or not holding.end else holding.end.event_id,
        released_id="" if here or not holding.released else holding.released.event_id,
        source=sealed.site if sealed else "",
        waste_code=life.chain.waste_code,
        method=life.disposed.event.method if life.disposed and not here else "",
        final="" if here else _final(life, holding, asked.directory),
    )


def _final(life: Life, holding: Holding, directory: Directory) -> str:
    """最终去向: the plant that ended it; before that where it is now, or what else became of it."""
    if life.disposed:
        return directory.site_name(life.disposed.event.site)
    if life.chain.state.phase in _GONE_ZH:
        return _GONE_ZH[life.chain.state.phase]
    if holding.ended is None:
        return "去向无交接记录"
    holder = life.chain.state.holder
    return f"尚未处置，现在{directory.site_name(holder)}" if holder else "尚未处置"


def _row(number: int, key: _Key, members: list[tuple[Life, Holding]], asked: Asked) -> RegisterRow:
    holding = members[0][1]
    here = not key.event_id
    own = holding.ended is Flow.OWN
    return RegisterRow(
        number=number,
        source=asked.directory.site_name(key.source) if key.source else "来源不明（未封装）",
        waste_name=short_name(key.waste_code),
        packages=len(members),
        mass_g=sum(life.chain.mass_g for life, _ in members),
        at_ms=None if here else key.at_ms,
        taker="" if here else asked.directory.site_name(asked.site if own else holding.other),
        method=METHODS_ZH.get(key.method, key.method),
        final="本单位暂存，尚未交接" if here else key.final,
        given_by="" if here else _signed(holding.end if own else holding.released, asked),
        taken_by="" if here else _signed(_taking(holding), asked),
    )


def _taking(holding: Holding) -> Fact | None:
    """The taker's scan, or the disposal by the institution itself."""
    return holding.taken or (holding.end if holding.end and holding.end.kind == "disposed" else None)


def _signed(fact: Fact | None, asked: Asked) -> str:
    return signature(fact, asked.directory, persons=asked.persons) if fact else "（未扫码）"
