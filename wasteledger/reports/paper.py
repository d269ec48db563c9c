"""A report as PDF: landscape A4 in the typeface of the labels, headings again on each page, page x of y.

1. Every text is broken into lines for the width of its column; a row is as high as its longest cell.
2. Rows are laid onto pages; a table that goes on is headed again.
3. Each page is drawn with its number, when it is known how many there are.
"""

from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import accumulate
from typing import NamedTuple

from labels.fonts import has_glyph, width_em
from labels.layout import BLACK, Area, Colour, Mark, Page, Text, rectangle
from labels.pdf import draw_pages
from labels.text import LINE_EM, block, wrap
from wasteledger.errors import QueryError
from wasteledger.reports.tables import Column, Document, Table, shown

#: Most rows of a file: some five hundred pages, which nobody prints; a longer report is read as XLSX.
PAPER_ROWS_MAX = 10_000
#: Most lines of one cell; the whole text stands in the XLSX.
CELL_LINES_MAX = 12
#: Broken lines kept at hand: names and codes of wastes stand in every row.
TEXTS_KEPT = 20_000
PAGE_MM = (297.0, 210.0)
MARGIN_MM = 9.0
#: Letter sizes of cells, of lines above the table, and of the title, in millimetres.
EM_MM = 2.1
HEAD_EM_MM = 2.8
TITLE_EM_MM = 4.6
LINE_MM = 0.15
#: Blank above and below the lines of a row together, and left and right of a text, in millimetres.
ROW_PAD_MM = 1.4
CELL_PAD_MM = 0.7
#: Stands for a character that the typeface lacks.
GETA = "〓"
_GREY: Colour = (236, 236, 236)
_WIDTH_MM = PAGE_MM[0] - 2 * MARGIN_MM
#: Below this line no table goes.
_BOTTOM_MM = PAGE_MM[1] - MARGIN_MM - 6
_NUMBERS = frozenset({"tonnes", "kilograms", "count", "number", "percent"})


def draw_paper(document: Document) -> bytes:
    """A report as the bytes of a PDF file; the same report gives the same bytes.

    Raises:
        QueryError: more than `PAPER_ROWS_MAX` rows.
    """
    rows_count = sum(len(table.rows) for table in document.tables)
    if rows_count > PAPER_ROWS_MAX:
        message = f"format pdf: this report has {rows_count} rows, a PDF has {PAPER_ROWS_MAX}: ask for xlsx or a shorter period"
        raise QueryError(message)
    sheets = _Sheets()
    sheets.text(document.title, TITLE_EM_MM)
    for line in document.head:
        sheets.text(line, HEAD_EM_MM)
    for table in document.tables:
        _lay_table(sheets, table)
    for note in document.notes:
        sheets.text(note, HEAD_EM_MM)
    if sheets.lacking:
        sheets.text(f"{GETA} 字体中没有的字：{' '.join(sorted(sheets.lacking))}；原文见 XLSX。", HEAD_EM_MM)
    count = len(sheets.pages)
    return draw_pages(
        [
            Page("", *PAGE_MM, (*marks, *_foot(document.title, number, count)))
            for number, marks in enumerate(sheets.pages, start=1)
        ]
    )


class _Row(NamedTuple):
    """The lines of each cell."""

    cells: tuple[tuple[str, ...], ...]

    @property
    def height_mm(self) -> float:
        return max(len(lines) for lines in self.cells) * EM_MM * LINE_EM + ROW_PAD_MM


class _Sheets:
    """Pages that are filled from the top."""

    def __init__(self) -> None:
        self.pages: list[list[Mark]] = []
        self.lacking: set[str] = set()
        self.y_mm = 0.0
        self.new_page()

    def new_page(self) -> None:
        """Goes on at the top of a new page."""
        self.pages.append([])
        self.y_mm = MARGIN_MM

    def add(self, marks: Sequence[Mark], height_mm: float) -> None:
        """Puts marks made for `y_mm` onto the page and goes below them."""
        self.pages[-1] += marks
        self.y_mm += height_mm

    def text(self, text: str, em_mm: float) -> None:
        """Lines over the whole width."""
        for line in wrap(self.drawable(text), _WIDTH_MM / em_mm):
            height_mm = em_mm * LINE_EM * 1.2
            if self.y_mm + height_mm > _BOTTOM_MM:
                self.new_page()
            area = Area(MARGIN_MM, self.y_mm, _WIDTH_MM, height_mm)
            self.add(block("text", [line], MARGIN_MM, area, em_mm), height_mm)

    def drawable(self, text: str) -> str:
        """A text without characters that the typeface lacks; they are named at the end."""
        missing = {character for character in text if not has_glyph(character) and character != "\n"}
        if not missing:
            return text
        self.lacking |= {f"U+{ord(character):04X}" for character in missing}
        return "".join(GETA if character in missing else character for character in text)


def _lay_table(sheets: _Sheets, table: Table) -> None:
    widths = _widths(table.columns)
    heading = _row(sheets, [column.zh for column in table.columns], widths)
    if sheets.y_mm + 3 * heading.height_mm + 2 * TITLE_EM_MM > _BOTTOM_MM:
        sheets.new_page()
    sheets.y_mm += TITLE_EM_MM / 2
    sheets.text(table.title, HEAD_EM_MM * 1.2)
    _draw_row(sheets, heading, widths, table, heading=True)
    for row in _rows(sheets, table, widths):
        if sheets.y_mm + row.height_mm > _BOTTOM_MM:
            sheets.new_page()
            _draw_row(sheets, heading, widths, table, heading=True)
        _draw_row(sheets, row, widths, table)
    if not table.rows:
        sheets.text("（无）", HEAD_EM_MM)
    sheets.y_mm += TITLE_EM_MM / 2


def _widths(columns: Sequence[Column]) -> list[float]:
    """Widths of the columns in millimetres, by their share of all."""
    whole = sum(column.width for column in columns)
    return [_WIDTH_MM * column.width / whole for column in columns]


def _rows(sheets: _Sheets, table: Table, widths: Sequence[float]) -> Iterator[_Row]:
    for row in table.lines():
        texts = [shown(value, column.kind) for value, column in zip(row, table.columns, strict=True)]
        yield _row(sheets, texts, widths)


def _row(sheets: _Sheets, texts: Sequence[str], widths: Sequence[float]) -> _Row:
    return _Row(tuple(_lines(sheets, text, width) for text, width in zip(texts, widths, strict=True)))


def _lines(sheets: _Sheets, text: str, width_mm: float) -> tuple[str, ...]:
    lines = _wrapped(sheets.drawable(text), (width_mm - 2 * CELL_PAD_MM) / EM_MM)
    return (*lines[: CELL_LINES_MAX - 1], "…") if len(lines) > CELL_LINES_MAX else lines


@lru_cache(maxsize=TEXTS_KEPT)
def _wrapped(text: str, width_em_max: float) -> tuple[str, ...]:
    return wrap(text, width_em_max)


def _draw_row(sheets: _Sheets, row: _Row, widths: Sequence[float], table: Table, *, heading: bool = False) -> None:
    area = Area(MARGIN_MM, sheets.y_mm, _WIDTH_MM, row.height_mm)
    marks: list[Mark] = _rules(area, widths, filled=heading)
    x = area.x
    for lines, width, column in zip(row.cells, widths, table.columns, strict=True):
        cell = Area(x, area.y, width, area.height)
        if column.kind in _NUMBERS and not heading:
            marks += _right(lines, cell)
        else:
            marks += block("cell", lines, x + CELL_PAD_MM, cell, EM_MM)
        x += width
    sheets.add(marks, area.height)


def _right(lines: Sequence[str], area: Area) -> list[Mark]:
    """Numbers stand at the right edge, so that their places are below each other."""
    longest = max(width_em(line) for line in lines) * EM_MM
    return block("cell", lines, area.x + area.width - CELL_PAD_MM - longest, area, EM_MM)


def _rules(area: Area, widths: Sequence[float], *, filled: bool) -> list[Mark]:
    """A row's lines: above, below, and at each column's edges."""
    half, height = LINE_MM / 2, area.height + LINE_MM
    edges = accumulate(widths, initial=area.x)
    grey = [rectangle(area.x, area.y, area.width, area.height, _GREY)] if filled else []
    level = [
        rectangle(area.x - half, y - half, area.width + LINE_MM, LINE_MM, BLACK) for y in (area.y, area.y + area.height)
    ]
    return [*grey, *level, *(rectangle(x - half, area.y - half, LINE_MM, height, BLACK) for x in edges)]


def _foot(title: str, number: int, count: int) -> list[Mark]:
    drawable = "".join(character if has_glyph(character) else GETA for character in title)
    text = f"{drawable}    第 {number} 页，共 {count} 页"
    x = (PAGE_MM[0] - width_em(text) * HEAD_EM_MM) / 2
    return [Text("foot", text, x, PAGE_MM[1] - MARGIN_MM + 2, HEAD_EM_MM)]
