"""What the first page shows of the official figures, and of what sites took back."""

from typing import NamedTuple

from schemas.quantities import format_kg
from wasteledger.domain.official import PARTS, OfficialFigure, official_figures
from wasteledger.domain.reconcile import Amount, Reconciliation, share
from wasteledger.domain.register import Directory
from wasteledger.web.texts import Words
from wasteledger.web.view import Question, percent

#: Sites that are listed with what they took back; the finding `unusual_voids` names the others that matter.
TAKEN_BACK_ROWS_MAX = 8


class PartLine(NamedTuple):
    """Something a figure does not count."""

    title: str
    count: int  # type: ignore[assignment]  # nobody asks this tuple for `count()`
    mass: str


class FigureView(NamedTuple):
    """One official figure with its formula, its cohort and what it leaves out."""

    key: str
    title: str
    rate: str
    formula: str
    cohort: str
    disposed_kg: str
    cohort_kg: str
    cohort_count: int
    beside: list[PartLine]
    left_out: list[PartLine]


class TakenBackRow(NamedTuple):
    """What one site voided and corrected down, with its share of what it sealed."""

    site: str
    href: str
    voided: str
    voided_kg: str
    lowered: str
    lowered_kg: str
    share_count: str
    share_mass: str


class OfficialView(NamedTuple):
    """Both, with how many sites there are beyond those listed, and what was added after the period; empty when nothing was."""

    figures: list[FigureView]
    taken_back: list[TakenBackRow]
    taken_back_more: int
    late: str


def official_view(answer: Reconciliation, directory: Directory, t: Words) -> OfficialView:
    """The official figures and what was taken back, ready to print."""
    question = Question(answer.region, answer.from_day, answer.to_day)
    figures = [_figure(figure, t) for figure in official_figures(answer.items, answer.withdrawn, directory)]
    rows = [
        TakenBackRow(
            directory.site_name(site), question.link("/findings", site=site), str(row.voided_count), format_kg(row.voided_g),
            str(row.lowered_count), format_kg(row.lowered_g), _percent(row.packages, row.sealed_count), _percent(row.mass_g, row.sealed_g),
        )
        for site, row in answer.taken_back()
    ]  # fmt: skip
    added = answer.late_additions
    late = t("official.late", count=added.count, kg=format_kg(added.mass_g)) if added.count else ""
    return OfficialView(figures, rows[:TAKEN_BACK_ROWS_MAX], max(0, len(rows) - TAKEN_BACK_ROWS_MAX), late)


def _figure(figure: OfficialFigure, t: Words) -> FigureView:
    named, chinese = figure.definition, t.language == "zh"
    return FigureView(
        key=named.key,
        title=named.zh if chinese else named.en,
        rate=percent(figure.rate),
        formula=named.formula_zh if chinese else named.formula_en,
        cohort=named.cohort_zh if chinese else named.cohort_en,
        disposed_kg=format_kg(figure.disposed.mass_g),
        cohort_kg=format_kg(figure.cohort.mass_g),
        cohort_count=figure.cohort.count,
        beside=_lines(figure.beside, t),
        left_out=_lines(figure.left_out, t),
    )


def _lines(parts: dict[str, Amount], t: Words) -> list[PartLine]:
    """The parts that are not empty."""
    place = 0 if t.language == "zh" else 1
    return [PartLine(PARTS[name][place], row.count, t.mass(row.mass_g)) for name, row in parts.items() if row.count]


def _percent(part: int, whole: int) -> str:
    return percent(share(part, whole))
