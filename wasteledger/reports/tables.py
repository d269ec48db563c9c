"""Tables as plain values: what XLSX, PDF and JSON are made from, and nothing is reckoned behind them.

A cell is a text, a whole number or nothing. What a number means is said by its column: grams are shown as tonnes or kilograms with
exact decimals, milliseconds as China's wall clock, hundredths of a percent as a percentage.
"""

import csv
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from functools import cache
from importlib.resources import files
from typing import Any, Literal, NamedTuple

from wasteledger.domain.legal_days import china_day

Cell = str | int | date | None
Kind = Literal["text", "moment", "day", "tonnes", "kilograms", "count", "number", "percent"]
#: Grams of a tonne and of a kilogram; six and three decimals show every gram.
TONNE_G = 1_000_000
KILOGRAM_G = 1_000
_TONNE_PLACES = Decimal("0.000001")
_KILOGRAM_PLACES = Decimal("0.001")
#: Hundredths of a percent in the whole.
WHOLE_BP = 10_000
#: Kinds whose columns can be added up.
SUMMED = frozenset({"tonnes", "kilograms", "count"})


class Column(NamedTuple):
    """One column of a table.

    Attributes:
        field: of the row values.
        zh: the heading, as the standard words it.
        kind: what its values mean.
        width: in characters of Latin text; a Chinese one is two wide.
        basis: where the column comes from.
    """

    field: str
    zh: str
    kind: Kind
    width: int
    basis: str


class Table(NamedTuple):
    """One table of a report.

    Attributes:
        name: short, as on the tab of a sheet.
        title: above the table.
        columns: from left to right.
        rows: one value for each column.
        summed: whether a last line adds the numbers up.
    """

    name: str
    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    summed: bool = False

    def totals(self) -> tuple[Cell, ...]:
        """The last line: sums of the columns that can be added up, in whole grams."""
        values: list[Cell] = []
        for place, column in enumerate(self.columns):
            numbers = [row[place] for row in self.rows]
            values.append(sum(value for value in numbers if isinstance(value, int)) if column.kind in SUMMED else None)
        return ("合计", *values[1:])

    def lines(self) -> list[tuple[Cell, ...]]:
        """The rows, and the line of sums where there is one."""
        return [*self.rows, self.totals()] if self.summed and self.rows else list(self.rows)


class Document(NamedTuple):
    """A report.

    Attributes:
        kind: as it is asked for.
        title: what it is.
        head: who, which period, up to where the ledger was read.
        tables: in order.
        notes: what a reader must know, what is empty and why.
    """

    kind: str
    title: str
    head: tuple[str, ...]
    tables: tuple[Table, ...]
    notes: tuple[str, ...]


@cache
def _columns() -> Mapping[str, tuple[Column, ...]]:
    text = files("wasteledger").joinpath("data/ledger_columns.csv").read_text(encoding="utf-8")
    found: dict[str, tuple[Column, ...]] = {}
    for row in csv.DictReader(text.splitlines()):
        kind: Any = row["kind"]
        column = Column(row["field"], row["zh"], kind, int(row["width"]), row["basis"])
        found[row["table"]] = (*found.get(row["table"], ()), column)
    return found


def columns_of(table: str) -> tuple[Column, ...]:
    """The columns of a table of `data/ledger_columns.csv`, such as `B.1`."""
    return _columns()[table]


def make_table(table: str, *, name: str, title: str, rows: Iterable[Any], summed: bool = False) -> Table:
    """A table of rows whose fields bear the columns' names."""
    columns = columns_of(table)
    values = tuple(tuple(getattr(row, column.field) for column in columns) for row in rows)
    return Table(name, title, columns, values, summed)


def tonnes(mass_g: int) -> Decimal:
    """Grams as tonnes, exactly."""
    return (Decimal(mass_g) / TONNE_G).quantize(_TONNE_PLACES)


def kilograms(mass_g: int) -> Decimal:
    """Grams as kilograms, exactly."""
    return (Decimal(mass_g) / KILOGRAM_G).quantize(_KILOGRAM_PLACES)


def share_bp(part: int, whole: int) -> int | None:
    """A ratio in hundredths of a percent, rounded down; None when there is nothing to divide by."""
    return part * WHOLE_BP // whole if whole else None


def shown(value: Cell, kind: Kind) -> str:
    """A cell as a person reads it; the line of sums may have words in a column of numbers."""
    if value is None or isinstance(value, str):
        return value or ""
    if isinstance(value, date):
        return value.isoformat()
    if kind == "moment":
        return f"{china_day(value):%Y-%m-%d %H:%M}"
    if kind == "tonnes":
        return str(tonnes(value))
    if kind == "kilograms":
        return str(kilograms(value))
    if kind == "percent":
        return f"{Decimal(value) / 100:.2f}%"
    return str(value)


def document_json(document: Document) -> dict[str, Any]:
    """A report as plain values: masses in grams, moments in UTC milliseconds, shares in hundredths of a percent."""
    return {
        "kind": document.kind,
        "title": document.title,
        "head": list(document.head),
        "tables": [_table_json(table) for table in document.tables],
        "notes": list(document.notes),
    }


def _table_json(table: Table) -> dict[str, Any]:
    return {
        "name": table.name,
        "title": table.title,
        "columns": [column._asdict() for column in table.columns],
        "rows": [_row_json(row, table.columns) for row in table.rows],
        "totals": _row_json(table.totals(), table.columns) if table.summed else None,
    }


def _row_json(row: Sequence[Cell], columns: Sequence[Column]) -> dict[str, Any]:
    """Grams, milliseconds and counts as the whole numbers they are, days as text."""
    return {
        column.field: value.isoformat() if isinstance(value, date) else value
        for column, value in zip(columns, row, strict=True)
    }
