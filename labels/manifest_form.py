"""The papers of a transfer as PDF: the manifest with its number and QR, the monthly medical manifest, and a vehicle's trip card.

A4, one letter size; what does not fit goes onto a further page under the same heading. An empty field is a line to be filled in by
hand, which is what a blank printed beforehand is for (危险废物转移管理办法 art. 20).
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from qrcode.constants import ERROR_CORRECT_H
from qrcode.main import QRCode
from qrcode.util import MODE_NUMBER, QRData

from labels.fonts import check_glyphs, width_em
from labels.layout import BLACK, Area, Colour, Dots, Mark, Modules, Page, Text, rectangle
from labels.pdf import draw_pages
from labels.text import block, centred, wrap
from schemas.manifest_form import CarrierPart, HandOver, ManifestForm, MedicalMonth, PartyPart, TripCard, WasteLine
from schemas.quantities import format_kg

PORTRAIT_MM = (210.0, 297.0)
LANDSCAPE_MM = (297.0, 210.0)
MARGIN_MM = 12.0
EM_MM = 3.1
TITLE_EM_MM = 5.4
SMALL_EM_MM = 2.6
LINE_MM = 0.2
#: Blank above and below the lines of a row together, and left of a text, in millimetres.
ROW_PAD_MM = 2.2
CELL_PAD_MM = 1.0
#: Least height of a row that is filled in by hand; a blank of the five medical wastes stays on one page.
HAND_MM = 6.8
_GREY: Colour = (236, 236, 236)
#: 14 digits fit version 1 at level H: nearly a third of the symbol may be lost on crumpled paper.
QR_MODULES = 21
QR_MASK = 2
#: Office printers have 300 dots an inch at least: nine dots are 0.76 mm a module, read at arm's length.
_DOTS = Dots(300)
_QR_MODULE_DOTS = 9
_QR_QUIET_MODULES = 4
_TONNE_G = 1_000_000
#: The consignee's word when nothing differs.
NO_DIFFERENCE = "无"


def draw_manifest_forms(forms: Sequence[ManifestForm]) -> bytes:
    """The manifests one after the other, each begun on a new page; the same forms give the same bytes.

    Raises:
        LabelError: a character that the typeface lacks; the message names the field.
    """
    return draw_pages([page for form in forms for page in _manifest_pages(form)])


def draw_medical_month(form: MedicalMonth) -> bytes:
    """《危险废物转移联单》（医疗废物专用）of an institution and month.

    Raises:
        LabelError: a character that the typeface lacks; the message names the field.
    """
    head = [
        _row(("医疗卫生机构", form.institution), ("月份", form.month), ("床位数", str(form.beds))),
        _row(("地址", form.address), ("联系电话", form.phone), ("合计", _sum(form.lines))),
        _row(("转移依据", form.basis), shares=(1.0,)),
    ]
    table = _hand_over_table("交接记录（每次交接一行）", form.lines, taker="接收单位 / 车辆", plates=True)
    foot = [_signatures("医疗卫生机构（签章）", "运送单位（签章）", "处置单位（签章）"), _drawn(form.drawn_at)]
    return draw_pages(_flow("危险废物转移联单（医疗废物专用）", form.month, [*head, *table, *foot], LANDSCAPE_MM))


def draw_trip_card(card: TripCard) -> bytes:
    """《医疗废物运送登记卡》of one trip of a vehicle.

    Raises:
        LabelError: a character that the typeface lacks; the message names the field.
    """
    head = [
        _row(("运送单位", card.carrier), ("车牌号", card.plate), ("日期", card.day)),
        _row(("驾驶员", card.driver), ("收集合计", _sum(card.collections)), ("交付合计", _sum(card.deliveries))),
    ]
    tables = [
        *_hand_over_table("一、装车（由产生单位、中转点填写）", card.collections, taker="运送单位", plates=False),
        *_hand_over_table("二、交付（由接收单位核对数量后填写）", card.deliveries, taker="接收单位", plates=False),
    ]
    foot = [_signatures("运送人员（签字）", "接收单位（签章）", "核对结果"), _drawn(card.drawn_at)]
    return draw_pages(_flow("医疗废物运送登记卡", f"{card.plate} {card.day}", [*head, *tables, *foot], LANDSCAPE_MM))


class _Cell(NamedTuple):
    """A text in a box; a title stands on grey."""

    text: str
    share: float
    title: bool = False


class _Band(NamedTuple):
    """Cells side by side over the whole width.

    Attributes:
        least_mm: height that it has at least.
        repeat: stands again on top of a page on which its table goes on.
        bare: without lines, for what is no field.
    """

    cells: tuple[_Cell, ...]
    least_mm: float = 0.0
    repeat: bool = False
    bare: bool = False

    def height_mm(self, width_mm: float) -> float:
        """Its height, with every text on as many lines as it needs."""
        lines = max(len(_lines(cell, width_mm)) for cell in self.cells)
        return max(self.least_mm, lines * EM_MM * 1.1 + ROW_PAD_MM)


def _lines(cell: _Cell, width_mm: float) -> tuple[str, ...]:
    return wrap(cell.text, (width_mm * cell.share - 2 * CELL_PAD_MM) / EM_MM)


def _row(*pairs: tuple[str, str], shares: Sequence[float] = ()) -> _Band:
    """Titles and values side by side; a title is as wide as its words."""
    cells: list[_Cell] = []
    title_share = 0.12
    for index, (title, value) in enumerate(pairs):
        share = (shares[index] if shares else 1 / len(pairs)) - title_share
        cells += [_Cell(title, title_share, title=True), _Cell(value, share)]
    return _Band(tuple(cells))


def _heading(text: str) -> _Band:
    return _Band((_Cell(text, 1.0, title=True),))


def _table(shares: Sequence[float], titles: Sequence[str], rows: Sequence[Sequence[str]]) -> list[_Band]:
    whole = sum(shares)
    parts = [share / whole for share in shares]
    head = _Band(tuple(_Cell(title, part, title=True) for title, part in zip(titles, parts, strict=True)), repeat=True)
    body = [_Band(tuple(_Cell(text, part) for text, part in zip(row, parts, strict=True))) for row in rows]
    return [head, *body]


def _signatures(*titles: str) -> _Band:
    return _Band(tuple(_Cell(title, 1 / len(titles)) for title in titles), least_mm=16.0)


def _drawn(drawn_at: str) -> _Band:
    return _Band((_Cell(f"打印于 {drawn_at}，除手写栏外由扫码记录生成" if drawn_at else "", 1.0),), bare=True)


def _manifest_pages(form: ManifestForm) -> list[Page]:
    paper = "（纸质，事后补录）" if form.on_paper else ""
    bands = [
        _row(("联单编号", form.number), ("状态", form.phase + paper), ("计划转移日期", form.planned_on)),
        _heading("第一部分  危险废物移出信息（由移出人填写）"),
        *_party_rows(form.consignor, handler="经办人"),
        _row(("交付时间", form.handed_over_at), ("应急联系电话", form.consignor.phone), shares=(0.5, 0.5)),
        *_waste_table(form.wastes),
    ]
    for place, carrier in enumerate(form.carriers, start=1):
        turn = f"  第 {place} 承运人，共 {len(form.carriers)} 个（联运）" if len(form.carriers) > 1 else ""
        bands += [_heading(f"第二部分  危险废物运输信息（由承运人填写）{turn}"), *_carrier_rows(carrier)]
    bands += [
        _heading("第三部分  危险废物接受信息（由接受人填写）"),
        *_party_rows(form.consignee, handler="经办人"),
        _row(("许可证编号", form.consignee.licence), ("接受时间", form.accepted_at), shares=(0.5, 0.5)),
        *_accepted_table(form),
    ]
    if form.on_paper:
        bands = [band._replace(least_mm=max(band.least_mm, HAND_MM)) for band in bands]
        bands.append(_signatures("移出人（签章）", "承运人（签字）", "接受人（签章）"))
    bands += [*[_Band((_Cell(note, 1.0),), bare=True) for note in form.notes], _drawn(form.drawn_at)]
    return _flow("危险废物转移联单", form.number, bands, PORTRAIT_MM, qr=form.number)


def _party_rows(party: PartyPart, *, handler: str) -> list[_Band]:
    return [
        _row(("单位名称", party.name), ("单位地址", party.address), shares=(0.5, 0.5)),
        _row((handler, party.handler), ("联系电话", party.phone), shares=(0.5, 0.5)),
    ]


def _carrier_rows(carrier: CarrierPart) -> list[_Band]:
    party = carrier.party
    return [
        _row(("单位名称", party.name), ("营运证件号", party.licence), shares=(0.5, 0.5)),
        _row(("单位地址", party.address), ("联系电话", party.phone), shares=(0.5, 0.5)),
        _row(("驾驶员", carrier.driver), ("联系电话", carrier.driver_phone), ("牌号", carrier.plate)),
        _row(("运输起点", carrier.start_place), ("实际起运时间", carrier.departed_at), ("经由地", carrier.via)),
        _row(("运输终点", carrier.end_place), ("实际到达时间", carrier.arrived_at), shares=(0.5, 0.5)),
    ]


def _waste_table(wastes: Sequence[WasteLine]) -> list[_Band]:
    titles = (
        "序号",
        "废物名称",
        "废物代码",
        "危险特性",
        "形态",
        "有害成分名称",
        "包装方式",
        "包装数量",
        "移出量（吨）",
    )
    rows = [
        (
            str(number), line.waste_name, line.waste_code, line.hazards, line.form, line.harmful, line.packaging,
            _count(line.packages_count), _tonnes(line.mass_g),
        )
        for number, line in enumerate(wastes, start=1)
    ]  # fmt: skip
    whole = ("", "合计", "", "", "", "", "", _total(wastes, "packages_count"), _total(wastes, "mass_g"))
    return _table((0.9, 3, 2.5, 1.6, 1.3, 2.4, 1.8, 1.6, 2.2), titles, [*rows, whole])


def _accepted_table(form: ManifestForm) -> list[_Band]:
    titles = (
        "序号",
        "废物名称",
        "废物代码",
        "是否存在重大差异",
        "接受人处理意见",
        "拟利用处置方式",
        "接受数量",
        "接受量（吨）",
    )
    rows = [
        (
            str(number), line.waste_name, line.waste_code, _differs(form, line), line.opinion, form.method,
            _count(line.accepted_count), _tonnes(line.accepted_g),
        )
        for number, line in enumerate(form.wastes, start=1)
    ]  # fmt: skip
    whole = (
        "",
        "合计",
        "",
        "",
        form.opinion,
        "",
        _total(form.wastes, "accepted_count"),
        _total(form.wastes, "accepted_g"),
    )
    words = form.difference if form.difference != NO_DIFFERENCE else ""
    return [
        *_table((0.9, 2.6, 2.4, 2.6, 2.2, 2.2, 1.6, 2.1), titles, [*rows, whole]),
        _row(("重大差异简述", words), shares=(1.0,)),
    ]


def _differs(form: ManifestForm, line: WasteLine) -> str:
    """Whether the difference is this waste's: of those whose packages do not add up, else of all."""
    if form.difference in {"", NO_DIFFERENCE}:
        return "否" if form.difference else ""
    short = [other for other in form.wastes if other.accepted_count != other.packages_count]
    return "是" if line in short or not short else "否"


def _total(wastes: Sequence[WasteLine], field: str) -> str:
    values = [getattr(line, field) for line in wastes]
    if any(value is None for value in values):
        return ""
    return _tonnes(sum(values)) if field.endswith("_g") else str(sum(values))


def _count(count: int | None) -> str:
    return "" if count is None else str(count)


def _tonnes(mass_g: int | None) -> str:
    """Tonnes to the gram's sixth place: the form asks for tonnes, a bag weighs a kilogram."""
    if mass_g is None:
        return ""
    whole, rest = divmod(mass_g, _TONNE_G)
    return f"{whole}.{rest:06d}"


def _hand_over_table(title: str, lines: Sequence[HandOver], *, taker: str, plates: bool) -> list[_Band]:
    titles = (
        "序号",
        "交接时间",
        "交出单位",
        taker,
        "类别",
        "数量",
        "重量（kg）",
        "联单编号",
        "交出人",
        "接收人",
        "双方确认",
    )
    rows = [
        (
            str(number), line.at, line.giver, f"{line.taker} {line.plate}".strip() if plates else line.taker,
            line.wastes, str(line.packages_count),
            format_kg(line.mass_g), line.number or "—", line.given_by, line.taken_by, "是" if line.accepted else "未确认",
        )
        for number, line in enumerate(lines, start=1)
    ]  # fmt: skip
    shares = (0.8, 2.4, 3.2, 3.4, 2.6, 1.0, 1.5, 2.6, 1.4, 1.4, 1.4)
    return [_heading(title), *_table(shares, titles, rows or [("", *["无"] * 10)])]


def _sum(lines: Sequence[HandOver]) -> str:
    packages, mass_g = sum(line.packages_count for line in lines), sum(line.mass_g for line in lines)
    return f"{packages} 件，{format_kg(mass_g)} kg"


def _flow(
    title: str, subject: str, bands: Sequence[_Band], size_mm: tuple[float, float], *, qr: str = ""
) -> list[Page]:
    """Bands from the top of as many pages as they need; a table that goes on has its titles again."""
    width = size_mm[0] - 2 * MARGIN_MM
    top = MARGIN_MM + (_qr_side_mm() + 2 if qr else 14.0)
    bottom = size_mm[1] - MARGIN_MM - 6.0
    sheets: list[list[Mark]] = [[]]
    y, titles = top, None
    for band in bands:
        height = band.height_mm(width)
        titles = band if band.repeat else titles if len(band.cells) == (len(titles.cells) if titles else 0) else None
        if y + height > bottom:
            sheets.append([])
            y = top
            if titles and titles is not band:
                sheets[-1] += _band_marks(titles, y, width)
                y += titles.height_mm(width)
        sheets[-1] += _band_marks(band, y, width)
        y += height
    return [
        Page(qr, *size_mm, (*_head(title, size_mm, qr), *marks, *_foot(subject, size_mm, number, len(sheets))))
        for number, marks in enumerate(sheets, start=1)
    ]


def _band_marks(band: _Band, y: float, width: float) -> list[Mark]:
    marks: list[Mark] = []
    x, height = MARGIN_MM, band.height_mm(width)
    for cell in band.cells:
        area = Area(x, y, width * cell.share, height)
        if not band.bare:
            marks += _box(area, _GREY if cell.title else None)
        marks += block("text", _lines(cell, width), x + CELL_PAD_MM, area, EM_MM)
        x += area.width
    return marks


def _box(area: Area, fill: Colour | None) -> list[Mark]:
    half = LINE_MM / 2
    marks: list[Mark] = [rectangle(area.x, area.y, area.width, area.height, fill)] if fill else []
    for x in (area.x, area.x + area.width):
        marks += [rectangle(x - half, area.y - half, LINE_MM, area.height + LINE_MM, BLACK)]
    for y in (area.y, area.y + area.height):
        marks += [rectangle(area.x - half, y - half, area.width + LINE_MM, LINE_MM, BLACK)]
    return marks


def _head(title: str, size_mm: tuple[float, float], qr: str) -> list[Mark]:
    side = _qr_side_mm() if qr else 12.0
    marks: list[Mark] = [centred("title", title, Area(0, MARGIN_MM, size_mm[0], side), TITLE_EM_MM)]
    if qr:
        x = size_mm[0] - MARGIN_MM - side
        quiet, module = _QR_QUIET_MODULES * _module_mm(), _module_mm()
        marks.append(
            Modules(_DOTS.near(x) + quiet, _DOTS.near(MARGIN_MM) + quiet, module, _QR_MODULE_DOTS, number_matrix(qr))
        )
        marks.append(Text("number", f"No. {qr}", MARGIN_MM, MARGIN_MM + side - 1.5, EM_MM * 1.2))
    return marks


def _foot(subject: str, size_mm: tuple[float, float], number: int, count: int) -> list[Mark]:
    text = check_glyphs("subject", f"{subject}    第 {number} 页，共 {count} 页")
    x = (size_mm[0] - width_em(text) * SMALL_EM_MM) / 2
    return [Text("subject", text, x, size_mm[1] - MARGIN_MM + 2, SMALL_EM_MM)]


def _module_mm() -> float:
    return _QR_MODULE_DOTS * _DOTS.mm


def _qr_side_mm() -> float:
    return (QR_MODULES + 2 * _QR_QUIET_MODULES) * _module_mm()


@lru_cache(maxsize=128)
def number_matrix(number: str) -> tuple[tuple[bool, ...], ...]:
    """The QR modules of a manifest number, True is black, without the quiet zone."""
    picture: QRCode[object] = QRCode(version=1, error_correction=ERROR_CORRECT_H, border=0, mask_pattern=QR_MASK)
    picture.add_data(QRData(number.encode("ascii"), mode=MODE_NUMBER))
    picture.make(fit=False)
    return tuple(tuple(bool(module) for module in row) for row in picture.get_matrix())
