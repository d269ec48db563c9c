"""A report as XLSX: a sheet for each table, headings as in the standard, numbers as numbers with their exact decimals.

Nothing is a formula: what a foreign text begins with can not make it one (`guarded`).
"""

import io
import re
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter

from wasteledger.domain.legal_days import china_day
from wasteledger.errors import QueryError
from wasteledger.reports.tables import WHOLE_BP, Cell, Column, Document, Table, kilograms, tonnes

#: Most rows of a sheet. A spreadsheet takes a million; a hundred thousand can still be looked through.
SHEET_ROWS_MAX = 100_000
#: Longest text of a cell, as Excel has it.
CELL_TEXT_MAX = 32_767
#: Longest name of a sheet, as Excel has it.
SHEET_NAME_MAX = 31
#: What makes a spreadsheet read a text as a formula, in the file or after it was saved as CSV.
_FORMULA = ("=", "+", "-", "@")
_FORMATS = {
    "tonnes": "#,##0.000000", "kilograms": "#,##0.000", "count": "#,##0", "number": "0", "percent": "0.00%",
    "moment": "yyyy-mm-dd hh:mm", "day": "yyyy-mm-dd",
}  # fmt: skip
_WRAPPED = Alignment(wrap_text=True, vertical="top")
_MIDDLE = Alignment(wrap_text=True, vertical="center", horizontal="center")
_BOLD = Font(bold=True)
_TITLE = Font(bold=True, size=14)
_GREY = PatternFill("solid", fgColor="ECECEC")
_NOTES = "说明"


def draw_workbook(document: Document) -> bytes:
    """A report as the bytes of an XLSX file.

    Raises:
        QueryError: a table has more than `SHEET_ROWS_MAX` rows.
    """
    book = Workbook(write_only=True)
    book.properties.creator = "WasteLedger"
    book.properties.title = guarded(document.title)
    for table in document.tables:
        _draw_sheet(book, document, table)
    _draw_notes(book, document)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def _draw_sheet(book: Workbook, document: Document, table: Table) -> None:
    if len(table.rows) > SHEET_ROWS_MAX:
        message = (
            f"month: {table.title} has {len(table.rows)} rows, a sheet has {SHEET_ROWS_MAX}: ask for a shorter period, or "
            f"for format json"
        )
        raise QueryError(message)
    sheet: Any = book.create_sheet(sheet_name(table.name))
    above = [table.title, *document.head]
    _set_up(sheet, table, heading_row=len(above) + 1)
    sheet.append([_cell(sheet, table.title, font=_TITLE)])
    for line in document.head:
        sheet.append([_cell(sheet, line)])
    sheet.append([_cell(sheet, column.zh, font=_BOLD, fill=_GREY, alignment=_MIDDLE) for column in table.columns])
    for row in table.rows:
        sheet.append(list(_row(sheet, table, row)))
    if table.summed and table.rows:
        totals = list(_row(sheet, table, table.totals()))
        for cell in filter(None, totals):
            cell.font = _BOLD
        sheet.append(totals)


def _set_up(sheet: Any, table: Table, *, heading_row: int) -> None:
    """Panes, widths, and a landscape A4 page whose heading stands on each sheet of paper."""
    sheet.freeze_panes = f"A{heading_row + 1}"
    for number, column in enumerate(table.columns, start=1):
        sheet.column_dimensions[get_column_letter(number)].width = column.width + 2
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.paperSize = 9  # A4
    sheet.page_setup.fitToWidth = 1
    sheet.page_setup.fitToHeight = 0
    sheet.sheet_properties.pageSetUpPr.fitToPage = True
    sheet.print_title_rows = f"{heading_row}:{heading_row}"
    sheet.oddFooter.center.text = "第 &P 页，共 &N 页"


def _row(sheet: Any, table: Table, row: tuple[Cell, ...]) -> Iterator[Any]:
    for value, column in zip(row, table.columns, strict=True):
        yield _value_cell(sheet, value, column)


def _value_cell(sheet: Any, value: Cell, column: Column) -> Any:
    if value is None:
        return None
    if isinstance(value, str):
        return _cell(sheet, value, alignment=_WRAPPED)
    cell = WriteOnlyCell(sheet, value=_number(value, column))
    cell.number_format = _FORMATS[column.kind]
    cell.alignment = _WRAPPED
    return cell


def _number(value: int | date, column: Column) -> Any:
    """What the spreadsheet reckons with: tonnes, kilograms, shares, wall clocks without a zone."""
    if isinstance(value, date):
        return value
    if column.kind == "moment":
        return china_day(value).replace(tzinfo=None)
    if column.kind == "tonnes":
        return tonnes(value)
    if column.kind == "kilograms":
        return kilograms(value)
    if column.kind == "percent":
        return Decimal(value) / WHOLE_BP
    return value


def _cell(sheet: Any, text: str, **style: Any) -> Any:
    cell = WriteOnlyCell(sheet, value=guarded(text))
    cell.data_type = "s"
    for name, value in style.items():
        setattr(cell, name, value)
    return cell


def guarded(text: str) -> str:
    """A text that no spreadsheet takes for a formula, without characters that a file can not hold.

    An apostrophe is put before a beginning of = + - @, tab or line break, as spreadsheets themselves do.
    """
    clean = ILLEGAL_CHARACTERS_RE.sub(" ", text)[: CELL_TEXT_MAX - 1]
    risky = clean.lstrip().startswith(_FORMULA) or clean[:1] in {"\t", "\r", "\n"}
    return f"'{clean}" if risky else clean


def sheet_name(name: str) -> str:
    """A name that a sheet may bear."""
    return re.sub(r"[\[\]:*?/\\']", " ", name)[:SHEET_NAME_MAX]


def _draw_notes(book: Workbook, document: Document) -> None:
    sheet: Any = book.create_sheet(_NOTES)
    sheet.column_dimensions["A"].width = 120
    sheet.append([_cell(sheet, document.title, font=_TITLE)])
    for line in (*document.head, *document.notes):
        sheet.append([_cell(sheet, line, alignment=_WRAPPED)])
