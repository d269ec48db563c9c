"""The yellow label of a medical package: HJ 421-2008 warning sign and the health ministry's 中文标签.

    package             sign (diamond)   symbol     letters of the warning
    bag                 12 × 12 cm       5.0 cm     1.0 cm
    sharps box          6 × 6 cm         2.5 cm     0.5 cm
    drum, turnover box  20 × 20 cm       10.0 cm    2.5 cm

These are the smallest lawful measures (standards.md section 5, where they are marked as not confirmed in a primary
copy); the sign is measured from corner to corner. A drum takes the measures of 周转箱（桶）, the strictest. The Chinese
label names producer, day, category and any special note (医疗卫生机构医疗废物管理办法); its letters have no lawful
height, so the floor is ours. Eight letters of 2.5 cm are 23 cm long: the label of a box is wider than an A4 sheet.
"""

from typing import NamedTuple

from labels.errors import LabelError
from labels.fonts import width_em
from labels.layout import BLACK, IDEOGRAPH_EM, WHITE, Area, Colour, Dots, Mark, Page, frame, on_dots, rectangle
from labels.qr import draw_symbol, in_groups, side_mm
from labels.signs import bordered_diamond, trefoil, trefoil_hub
from labels.text import Cell, Row, Table, centred, required
from schemas.label_fields import MedicalLabel
from schemas.waste import MEDICAL_CATEGORIES

#: 淡黄, as near as RGB comes to Y06 of GB/T 3181.
PALE_YELLOW: Colour = (255, 226, 110)
RULE_MM = 0.25
_TITLE_COLUMN_EM = 4.9
_PAD_EM = 0.45
_SCALES = (1.4, 1.3, 1.2, 1.1, 1.0)


class Measures(NamedTuple):
    """Measures of one kind of package, in millimetres.

    Attributes:
        page: width and height of the label.
        margin: blank round everything.
        sign: the diamond, corner to corner.
        symbol: height of the biohazard symbol, at least the lawful one.
        warning: letter height of the warning, at least the lawful one.
        letter: smallest letter height of the Chinese label; ours.
        module: of the QR symbol; ours: a phone reads 1 mm at arm's length.
        panel: height of the Chinese label.
    """

    page: tuple[float, float]
    margin: float
    sign: float
    symbol: float
    warning: float
    letter: float
    module: float
    panel: float


BAG = Measures((130, 208), 5, 120, 58, 12, 3.2, 1.25, 58)
SHARPS_BOX = Measures((70, 112), 4, 60, 29, 6, 2.2, 0.6, 32)
BOX = Measures((240, 304), 6, 200, 104, 25, 5, 1.35, 58)
_BY_PACKAGE = {"bag": BAG, "sharps_box": SHARPS_BOX, "drum": BOX}


def medical_pages(label: MedicalLabel, dots: Dots) -> tuple[Page, ...]:
    """The label's one page.

    Raises:
        LabelError: a field that is missing, can not be drawn or does not fit, or a waste code that is not medical.
    """
    if label.waste_code not in MEDICAL_CATEGORIES:
        known = "、".join(MEDICAL_CATEGORIES)
        message = f"{label.waste_code} is none of the medical categories ({known}); use a hazardous label"
        raise LabelError(message, field="waste_code")
    category = MEDICAL_CATEGORIES[label.waste_code][0]
    day = label.produced_on
    rows: tuple[Row, ...] = (
        (Cell("producer", "产生单位", required("producer", label.producer)),),
        (Cell("produced_on", "产生日期", f"{day.year}年{day.month}月{day.day}日"),),
        (Cell("waste_code", "类别", f"{category} {label.waste_code}"),),
        (Cell("notes", "特别说明", label.notes),),
    )
    return (warning_page(label.code, f"警告！{category}", rows, _BY_PACKAGE[label.package], dots),)


def warning_page(code: str, warning: str, rows: tuple[Row, ...], measures: Measures, dots: Dots) -> Page:
    """A page with the HJ 421 sign, its wording beneath, and a white panel with fields, QR and code.

    Raises:
        LabelError: a text that can not be drawn or does not fit the panel.
    """
    width, height = dots.up(measures.page[0]), dots.up(measures.page[1])
    inner = Area(0, 0, width, height).inset(measures.margin)
    sign = Area(inner.x, inner.y, inner.width, measures.sign)
    panel = Area(inner.x, inner.y + inner.height - measures.panel, inner.width, measures.panel)
    between = Area(inner.x, sign.y + sign.height, inner.width, panel.y - sign.y - sign.height)
    marks: list[Mark] = [rectangle(0, 0, width, height, PALE_YELLOW)]
    marks += _sign(sign, measures)
    marks.append(centred("waste_code", warning, between, measures.warning / IDEOGRAPH_EM))
    marks += _panel(code, rows, panel, measures, dots)
    return Page(code, width, height, on_dots(marks, dots))


def _sign(area: Area, measures: Measures) -> list[Mark]:
    marks = bordered_diamond(area.middle, measures.sign, measures.sign * 0.022, PALE_YELLOW)
    return marks + trefoil(trefoil_hub(area, measures.symbol), measures.symbol, PALE_YELLOW)


def _panel(code: str, rows: tuple[Row, ...], area: Area, measures: Measures, dots: Dots) -> list[Mark]:
    rule = dots.up(RULE_MM)
    symbol = side_mm(code, measures.module, dots)
    code_height = measures.letter * 2.1
    table_area = Area(area.x, area.y, area.width - symbol - 2 * rule, area.height - code_height)
    if symbol > table_area.height:
        message = (
            f"the QR symbol is {symbol:.0f} mm high in dots of {dots.mm:.3f} mm, beyond its place; use a finer printer"
        )
        raise LabelError(message, field="code")
    table = _fitting(rows, table_area, measures)
    marks: list[Mark] = [rectangle(*area, WHITE)]
    marks += table.draw(area.x, area.y, table_area.height, rule)
    edge = area.x + table_area.width
    marks.append(rectangle(edge - rule / 2, area.y, rule, table_area.height, BLACK))
    marks.append(rectangle(area.x, area.y + table_area.height - rule / 2, area.width, rule, BLACK))
    marks.append(_code_line(code, Area(area.x, area.y + table_area.height, area.width, code_height), measures))
    marks += draw_symbol(
        code, x=edge + rule, y=area.y + (table_area.height - symbol) / 2, module_mm=measures.module, dots=dots
    )
    return [*marks, frame(area, 2 * RULE_MM, BLACK, dots)]


def _code_line(code: str, area: Area, measures: Measures) -> Mark:
    # The code is read aloud when the symbol is damaged, so it is as large as its line allows.
    text = in_groups(code)
    largest = measures.letter * 1.45 / IDEOGRAPH_EM
    em = min(largest, area.width * 0.94 / width_em(text))
    return centred("code", text, area, em)


def _fitting(rows: tuple[Row, ...], area: Area, measures: Measures) -> Table:
    for scale in _SCALES:
        table = Table(rows, area.width, measures.letter / IDEOGRAPH_EM * scale, _TITLE_COLUMN_EM, _PAD_EM)
        if table.height <= area.height:
            return table
    message = (
        f"the text does not fit {area.width:.0f} × {area.height:.0f} mm in letters of {measures.letter} mm; "
        f"shorten this field, the longest"
    )
    raise LabelError(message, field=table.longest_field())
