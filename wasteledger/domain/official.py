"""The official figures: medical and other hazardous waste are never mixed in one of them.

    镇级以上医疗废物集中无害化处置率 = disposed of at a plant ÷ sealed, by mass, of medical institutions of township level and above
    工业危险废物安全处置率           = disposed of at a plant ÷ sealed, by mass, of everything that is not medical waste

What these formulas rest on: that the two are evaluated apart is read in official texts; 医疗废物集中无害化处置率 = 集中处置量 ÷ 产生量 by
weight is general knowledge (M in the notes on standards, section 9), and no text was found that fixes what counts at the end of a period,
nor the formula of the district's own indicator. The figures are therefore configuration of this product and not law, and each one says
what it leaves out. They are looser than the proved rate: a package counts as soon as a plant that the register knows has disposed of it,
whatever its chain shows; only a plant counts, so what its own producer burned or what was recovered stands beside the rate.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from schemas.codes import SiteKind, site_kind
from schemas.custody import Phase
from schemas.waste import is_medical
from wasteledger.domain.reconcile import Amount, ItemRow, share
from wasteledger.domain.register import Directory
from wasteledger.domain.voids import Withdrawn

#: Methods that make medical waste harmless (GB 39707-2020); a landfill does not.
_HARMLESS = frozenset({"incineration", "steam", "microwave", "chemical"})
_INSTITUTIONS = frozenset({SiteKind.CLINIC, SiteKind.HOSPITAL, SiteKind.TRANSFER_POINT})

#: What stands beside a figure: in its cohort and not in its numerator, or not in its cohort at all.
PARTS = {
    "self_disposed": ("产生单位自行处置", "disposed of by its own producer"),
    "recovered": ("利用", "recovered"),
    "not_at_a_plant": ("未在登记的处置单位处置", "ended elsewhere than at a plant of the register"),
    "not_harmless": ("处置方式不属无害化", "ended by a method that makes nothing harmless"),
    "not_disposed": ("尚未处置", "not disposed of yet"),
    "below_level": ("村级及非医疗机构产生的医疗废物", "medical waste of village level, and of others than medical institutions"),
    "unknown_origin": ("来源不明（未封装或处理单位自行封装）", "of unknown origin"),
    "voided": ("封装后作废或撤销", "voided or undone after sealing"),
}  # fmt: skip
_BESIDE = ("self_disposed", "recovered", "not_at_a_plant", "not_harmless", "not_disposed")
_LEFT_OUT = ("below_level", "unknown_origin", "voided")


class Definition(NamedTuple):
    """What an official figure is, in words for the screen."""

    key: str
    zh: str
    en: str
    formula_zh: str
    formula_en: str
    cohort_zh: str
    cohort_en: str


MEDICAL = Definition(
    "medical_central_disposal",
    "镇级以上医疗废物集中无害化处置率",
    "central harmless disposal of medical waste, township level and above",
    "登记的处置单位无害化处置量 ÷ 封装量（按重量）",
    "mass made harmless at a registered plant ÷ mass sealed",
    "镇级以上医疗机构封装的医疗废物",
    "medical waste sealed by institutions of township level and above",
)
HAZARDOUS = Definition(
    "hazardous_safe_disposal",
    "工业危险废物安全处置率",
    "safe disposal of hazardous waste other than medical",
    "登记的处置单位处置量 ÷ 封装量（按重量）",
    "mass disposed of at a registered plant ÷ mass sealed",
    "产生单位封装的危险废物（不含医疗废物）",
    "hazardous waste other than medical, sealed by its producers",
)


@dataclass
class OfficialFigure:
    """One official figure with everything needed to explain it.

    Attributes:
        cohort: what was sealed; the denominator.
        disposed: of it, disposed of at a plant; the numerator.
        beside: of the cohort, what the formula does not count, by `PARTS`; with `disposed` it adds up to the cohort.
        left_out: what is not in the cohort, by `PARTS`.
    """

    definition: Definition
    cohort: Amount = Amount()
    disposed: Amount = Amount()
    beside: dict[str, Amount] = field(default_factory=lambda: dict.fromkeys(_BESIDE, Amount()))
    left_out: dict[str, Amount] = field(default_factory=lambda: dict.fromkeys(_LEFT_OUT, Amount()))

    @property
    def rate(self) -> float | None:
        """Numerator by denominator, rounded down; None when nothing was sealed."""
        return share(self.disposed.mass_g, self.cohort.mass_g)

    def take(self, part: str, amount: Amount) -> None:
        """Counts packages of the cohort."""
        self.cohort = self.cohort.plus(amount)
        if part == "disposed":
            self.disposed = self.disposed.plus(amount)
        else:
            self.beside[part] = self.beside[part].plus(amount)

    def leave_out(self, part: str, amount: Amount) -> None:
        """Counts packages that are not in the cohort."""
        self.left_out[part] = self.left_out[part].plus(amount)


def official_figures(
    rows: Iterable[ItemRow], withdrawn: Mapping[tuple[str, str], Withdrawn], directory: Directory
) -> tuple[OfficialFigure, OfficialFigure]:
    """The two figures of a cohort: medical waste, and other hazardous waste.

    Args:
        rows: the items of the cohort.
        withdrawn: what sites took back, by site and waste code; only what was voided is read.
        directory: plants, and the level of institutions on the day of sealing.
    """
    medical, hazardous = OfficialFigure(MEDICAL), OfficialFigure(HAZARDOUS)
    for row in rows:
        figure = medical if is_medical(row.waste_code) else hazardous
        if row.item_class == "unsealed":
            figure.leave_out("unknown_origin", row.amount)
        elif figure is medical and not of_township_level(row.site, directory.at(row.sealed_ms)):
            figure.leave_out("below_level", row.amount)
        else:
            figure.take(part_of(row, directory), row.amount)
    for (_, waste_code), account in withdrawn.items():
        figure = medical if is_medical(waste_code) else hazardous
        figure.leave_out("voided", Amount(account.voided_count, account.voided_g))
    return medical, hazardous


def rates_by_waste(rows: Iterable[ItemRow], directory: Directory) -> dict[str, float | None]:
    """Disposed of at a plant by what was sealed, by mass, for each waste code alone: no waste is mixed with another."""
    sealed: dict[str, int] = {}
    disposed: dict[str, int] = {}
    for row in rows:
        sealed[row.waste_code] = sealed.get(row.waste_code, 0) + row.amount.mass_g
        if part_of(row, directory) == "disposed":
            disposed[row.waste_code] = disposed.get(row.waste_code, 0) + row.amount.mass_g
    return {code: share(disposed.get(code, 0), mass_g) for code, mass_g in sealed.items()}


def part_of(row: ItemRow, directory: Directory) -> str:
    """`disposed`, or the part of `PARTS` that a package of the cohort belongs to."""
    if row.phase is not Phase.DISPOSED:
        return "not_disposed"
    if row.item_class == "self_disposed" or row.holder == row.site:
        return "self_disposed"
    if row.holder is None or site_kind(row.holder) is not SiteKind.PLANT or row.holder not in directory.sites:
        return "not_at_a_plant"
    if row.method == "recovery":
        return "recovered"
    return "disposed" if row.method in _HARMLESS or not is_medical(row.waste_code) else "not_harmless"


def of_township_level(site: str, directory: Directory) -> bool:
    """Whether a site is a medical institution of township level or above: by its level, else by its kind."""
    known = directory.sites.get(site)
    if known and known.level:
        return known.level != "village"
    kind = site_kind(site)
    return kind in _INSTITUTIONS and kind is not SiteKind.CLINIC


def official_json(figures: Iterable[OfficialFigure]) -> dict[str, Any]:
    """The figures as plain values for JSON, by key; masses in grams."""
    return {
        figure.definition.key: {
            "zh": figure.definition.zh,
            "en": figure.definition.en,
            "formula_zh": figure.definition.formula_zh,
            "formula_en": figure.definition.formula_en,
            "cohort_zh": figure.definition.cohort_zh,
            "cohort_en": figure.definition.cohort_en,
            "rate_mass": figure.rate,
            "cohort": figure.cohort._asdict(),
            "disposed": figure.disposed._asdict(),
            "beside": _parts_json(figure.beside),
            "left_out": _parts_json(figure.left_out),
        }
        for figure in figures
    }


def _parts_json(parts: Mapping[str, Amount]) -> dict[str, Any]:
    return {name: {"zh": PARTS[name][0], "en": PARTS[name][1], **amount._asdict()} for name, amount in parts.items()}
