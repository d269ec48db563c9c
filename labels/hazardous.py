"""The orange label of hazardous waste by HJ 1276-2022, as standards.md section 1 gives it.

    volume       smallest label   smallest letters   pages
    ≤ 50 L       100 × 100 mm     3 mm               1
    ≤ 450 L      150 × 150 mm     5 mm               1
    > 450 L      200 × 200 mm     6 mm               2, for opposite sides

Ground RGB (255, 150, 0), letters and border black, border at least 1 mm with at least 3 mm blank outside it.
The letter height is that of an ideograph (国), not of the em around it, which is the stricter reading; figures and
Latin letters of the same size stand a little lower, as in all Chinese print.
"""

from typing import NamedTuple

from labels.errors import LabelError
from labels.layout import BLACK, IDEOGRAPH_EM, Area, Colour, Dots, Mark, Page, frame, on_dots, rectangle
from labels.qr import draw_symbol, in_groups, side_mm
from labels.signs import HAZARD_NAMES, hazard_diamond
from labels.text import LINE_EM, ROW_PAD_EM, Cell, Row, Table, centred, required
from schemas.codes import item_waste_code
from schemas.label_fields import HazardousLabel
from schemas.quantities import format_kg
from schemas.waste import is_medical, waste_kind

ORANGE: Colour = (255, 150, 0)
BORDER_MM_MIN = 1.0
BLANK_MM_MIN = 3.0
#: Thin rules of the table.
RULE_MM = 0.25
TITLE = "危险废物"
#: Height of the title's row, and the title's letters, in ems of the table.
_TITLE_ROW_EM = 2.0
_TITLE_SCALE = 1.6
_TITLE_COLUMN_EM = 5.3
_PAD_EM = 0.18
#: Letters are as large as the text allows, never larger than this and never below the lawful height.
_SCALES = (1.2, 1.15, 1.1, 1.05, 1.0)


class Size(NamedTuple):
    """A lawful size.

    Attributes:
        side_mm: smallest side of the label.
        letter_mm: smallest letter height.
        module_mm: of the QR symbol; ours, the standard sets none.
        pages: how many labels the package needs.
    """

    side_mm: float
    letter_mm: float
    module_mm: float
    pages: int


_SIZES = ((50, Size(100, 3, 0.75, 1)), (450, Size(150, 5, 1.0, 1)))
_LARGEST = Size(200, 6, 1.4, 2)


def size_of(volume_l: int) -> Size:
    """The smallest lawful size for a package of so many litres."""
    return next((size for limit, size in _SIZES if volume_l <= limit), _LARGEST)


def hazardous_pages(label: HazardousLabel, dots: Dots) -> tuple[Page, ...]:
    """The label's pages: one, or two alike above 450 L.

    Raises:
        LabelError: a field that is missing, can not be drawn, contradicts the code, or does not fit.
    """
    _check(label)
    size = size_of(label.volume_l)
    smallest = size.letter_mm / IDEOGRAPH_EM
    for scale in _SCALES:
        plan = _plan(label, size, smallest * scale, dots)
        if plan.fits:
            return (plan.page(),) * size.pages
    message = (
        f"the text does not fit a label of {size.side_mm:.0f} mm in letters of {size.letter_mm:.0f} mm, "
        f"it is {-plan.spare_mm:.0f} mm too high; shorten this field, the longest"
    )
    raise LabelError(message, field=plan.longest_field())


def _check(label: HazardousLabel) -> None:
    for field in ("waste_name", "main_components", "harmful_components", "cautions", "producer", "contact"):
        required(field, getattr(label, field))
    if not label.hazards:
        message = "is missing, and the label is not lawful without it; name at least one of T, C, I, R, In"
        raise LabelError(message, field="hazards")
    if is_medical(label.waste_code):
        message = f"{label.waste_code} is medical waste, which HJ 421 marks and HJ 1276 does not; use a medical label"
        raise LabelError(message, field="waste_code")
    inside = item_waste_code(label.code)
    if inside is not None and inside != label.waste_code:
        message = f"{label.waste_code} is not the waste code {inside} inside the 数字识别码; correct one of them"
        raise LabelError(message, field="waste_code")


def waste_category(waste_code: str) -> str:
    """废物类别: class and name by the catalogue, or the class alone for a code that no loaded edition lists."""
    kind = waste_kind(waste_code)
    return kind.category if kind else f"HW{waste_code[-2:]}"


class _Plan(NamedTuple):
    """A label at one letter size: whether it fits, and its marks."""

    label: HazardousLabel
    dots: Dots
    side: float
    inner: Area
    border: float
    em: float
    symbol: float
    module_mm: float
    upper: Table
    middle: Table
    lower: Table

    @property
    def panel(self) -> float:
        """Width of the column at the right, for the hazard diamonds and the QR symbol."""
        return self.inner.width - self.upper.width

    @property
    def heights(self) -> tuple[float, float, float, float]:
        """Least heights of the title and the three tables."""
        diamonds = (LINE_EM + ROW_PAD_EM) * self.em + _least_diamonds(len(self.label.hazards), self.em)
        return (
            _TITLE_ROW_EM * self.em,
            max(self.upper.height, diamonds),
            self.middle.height,
            max(self.lower.height, self.symbol + 0.4 * self.em),
        )

    @property
    def spare_mm(self) -> float:
        """Height left over; negative when the text does not fit."""
        return self.inner.height - sum(self.heights)

    @property
    def fits(self) -> bool:
        """Whether everything stands on the label, and the short values that share a row each on one line."""
        return self.spare_mm >= 0 and self.upper.shares_well and self.middle.shares_well

    def longest_field(self) -> str:
        """The field to shorten: the one with the most lines in all three tables."""
        tables = (self.upper, self.middle, self.lower)
        lines = {cell.field: len(table.lines(cell)) for table in tables for row in table.rows for cell in row}
        return max(lines, key=lambda field: lines[field])

    def page(self) -> Page:
        """The drawing list."""
        marks: list[Mark] = [rectangle(0, 0, self.side, self.side, ORANGE)]
        outer = self.inner.inset(-self.border)
        marks.append(frame(outer, self.border, BLACK, self.dots))
        marks += self._blocks()
        return Page(self.label.code, self.side, self.side, on_dots(marks, self.dots))

    def _blocks(self) -> list[Mark]:
        title, upper, middle, lower = self._stretched()
        x, y, width, _ = self.inner
        em, rule = self.em, self.dots.up(RULE_MM)
        marks: list[Mark] = [centred("title", TITLE, Area(x, y, width, title), em * _TITLE_SCALE)]
        y += title
        marks.append(rectangle(x, y - rule / 2, width, rule, BLACK))
        marks += self.upper.draw(x, y, upper, rule)
        marks += self._hazards(Area(x + self.upper.width, y, self.panel, upper), rule)
        y += upper
        marks.append(rectangle(x, y - rule / 2, width, rule, BLACK))
        marks += self.middle.draw(x, y, middle, rule)
        y += middle
        marks.append(rectangle(x, y - rule / 2, width, rule, BLACK))
        marks += self.lower.draw(x, y, lower, rule)
        marks += self._symbol(Area(x + self.lower.width, y, self.panel, lower), rule)
        return marks

    def _stretched(self) -> tuple[float, float, float, float]:
        # What is left over goes to the rows evenly, so that no part looks emptier than the others.
        counts = (1, len(self.upper.rows), len(self.middle.rows), len(self.lower.rows))
        share = self.spare_mm / sum(counts)
        a, b, c, d = (height + share * count for height, count in zip(self.heights, counts, strict=True))
        return a, b, c, d

    def _hazards(self, area: Area, rule: float) -> list[Mark]:
        em = self.em
        head = (LINE_EM + ROW_PAD_EM) * em
        marks: list[Mark] = [rectangle(area.x - rule / 2, area.y, rule, area.height, BLACK)]
        marks.append(centred("hazards", "危险特性", Area(area.x, area.y, area.width, head), em))
        room = Area(area.x, area.y + head, area.width, area.height - head)
        return marks + _diamonds(self.label.hazards, room, em)

    def _symbol(self, area: Area, rule: float) -> list[Mark]:
        marks: list[Mark] = [rectangle(area.x - rule / 2, area.y, rule, area.height, BLACK)]
        x, y = area.middle
        half = self.symbol / 2
        return marks + draw_symbol(self.label.code, x=x - half, y=y - half, module_mm=self.module_mm, dots=self.dots)


def _plan(label: HazardousLabel, size: Size, em: float, dots: Dots) -> _Plan:
    side, border = dots.up(size.side_mm), dots.up(BORDER_MM_MIN)
    margin = dots.up(BLANK_MM_MIN) + border
    inner = Area(0, 0, side, side).inset(margin)
    symbol = side_mm(label.code, size.module_mm, dots)
    panel = dots.up(max(symbol + 0.3 * em, 6.3 * em))

    def table(rows: tuple[Row, ...], width: float) -> Table:
        return Table(rows, width, em, _TITLE_COLUMN_EM, _PAD_EM)

    return _Plan(
        label=label,
        dots=dots,
        side=side,
        inner=inner,
        border=border,
        em=em,
        symbol=symbol,
        module_mm=size.module_mm,
        upper=table(_upper_rows(label), inner.width - panel),
        middle=table(_middle_rows(label), inner.width),
        lower=table(_lower_rows(label), inner.width - panel),
    )


def _upper_rows(label: HazardousLabel) -> tuple[Row, ...]:
    return (
        (Cell("waste_name", "废物名称", label.waste_name),),
        (Cell("waste_code", "废物类别", waste_category(label.waste_code)),),
        (Cell("waste_code", "废物代码", label.waste_code, 0.585), Cell("form", "废物形态", label.form, 0.415)),
        (Cell("main_components", "主要成分", label.main_components),),
        (Cell("harmful_components", "有害成分", label.harmful_components),),
    )


def _middle_rows(label: HazardousLabel) -> tuple[Row, ...]:
    name = "包装编码" if item_waste_code(label.code) is None else "数字识别码"
    day = label.produced_on
    return (
        (Cell("cautions", "注意事项", label.cautions),),
        (Cell("code", name, _code_lines(label.code)),),
        (
            Cell("produced_on", "产生日期", f"{day.year}年{day.month}月{day.day}日", 0.54),
            Cell("mass_g", "废物重量", f"{format_kg(label.mass_g)} kg", 0.46),
        ),
    )


def _code_lines(code: str) -> str:
    # The unit on one line, the package on the next: 37 characters on one line would fit only some sizes.
    groups = in_groups(code)
    return groups if item_waste_code(code) is None else groups.replace(" ", "\n", 1)


def _lower_rows(label: HazardousLabel) -> tuple[Row, ...]:
    return (
        (Cell("producer", "产生/收集\n单位", label.producer),),
        (Cell("contact", "联系人和\n联系方式", label.contact),),
        (Cell("remarks", "备注", label.remarks),),
    )


def _columns(count: int) -> int:
    return 1 if count == 1 else 2


def _least_diamonds(count: int, em: float) -> float:
    rows = -(-count // _columns(count))
    return rows * (1.6 + LINE_EM) * em


def _diamonds(hazards: tuple[str, ...], area: Area, em: float) -> list[Mark]:
    columns = _columns(len(hazards))
    rows = -(-len(hazards) // columns)
    width, height = area.width / columns, area.height / rows
    name = (LINE_EM + 0.3) * em
    across = min(width * 0.94, height - name, 7.0 * em)
    marks: list[Mark] = []
    for index, hazard in enumerate(hazards):
        row, column = divmod(index, columns)
        # A lone diamond in the last row stands in the middle.
        alone = columns == 2 and index == len(hazards) - 1 and column == 0  # noqa: PLR2004 - a pair
        x = area.x + width * (column + 0.5) + (width / 2 if alone else 0)
        y = area.y + height * row + (height - name - across) / 2 + across / 2
        marks += hazard_diamond(hazard, (x, y), across)
        place = Area(x - width / 2, y + across / 2, width, name)
        marks.append(centred("hazards", HAZARD_NAMES[hazard], place, em))
    return marks
