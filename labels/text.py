"""Lines of text and tables of fields: wrapped, never shrunk below the lawful height."""

import re
from collections.abc import Sequence
from typing import NamedTuple

from labels.errors import LabelError
from labels.fonts import check_glyphs, width_em
from labels.layout import BLACK, IDEOGRAPH_MIDDLE_EM, Area, Colour, Mark, Text, rectangle

#: Distance of baselines, in ems.
LINE_EM = 1.1
#: Blank above and below the lines of a row, together, in ems.
ROW_PAD_EM = 0.36

#: Words, numbers and codes are kept whole; an ideograph stands alone; a space ends a word.
_PIECE = re.compile(r"[A-Za-z0-9.%/+\-:]+|\s|.", re.DOTALL)
#: Punctuation that may not begin a line stays with what stands before it.
_CLOSING = "，。、；：！？）》」』”’％℃…,.;:!?)]}"


def wrap(text: str, width: float) -> tuple[str, ...]:
    """Lines of at most `width` ems; a word longer than a line is cut, since a code may be."""
    lines: list[str] = []
    for paragraph in text.split("\n"):
        line = ""
        for piece in _pieces(paragraph, width):
            if line and width_em((line + piece).rstrip()) > width:
                lines.append(line.rstrip())
                line = piece.lstrip()
            else:
                line += piece
        lines.append(line.rstrip())
    return tuple(lines)


def _pieces(paragraph: str, width: float) -> list[str]:
    pieces: list[str] = []
    for piece in _PIECE.findall(paragraph):
        if pieces and piece in _CLOSING and width_em(pieces[-1] + piece) <= width:
            pieces[-1] += piece
        elif width_em(piece) > width:
            pieces.extend(piece)
        else:
            pieces.append(piece)
    return pieces


def required(field: str, text: str) -> str:
    """Returns a text that is there and can be drawn.

    Raises:
        LabelError: blank, or a character that the typeface lacks.
    """
    if not text.strip():
        message = "is missing, and the label is not lawful without it; fill it in"
        raise LabelError(message, field=field)
    return check_glyphs(field, text)


def centred(field: str, text: str, area: Area, em_mm: float, colour: Colour = BLACK) -> Text:
    """One line in the middle of an area.

    Raises:
        LabelError: wider than the area, or a character that the typeface lacks.
    """
    width = width_em(check_glyphs(field, text)) * em_mm
    if width > area.width:
        message = f"{text!r} is {width:.0f} mm wide at its lawful height, the label has {area.width:.0f} mm; shorten it"
        raise LabelError(message, field=field)
    x, y = area.middle
    return Text(field, text, x - width / 2, y + IDEOGRAPH_MIDDLE_EM * em_mm, em_mm, colour)


class Cell(NamedTuple):
    """A titled value in a table.

    Attributes:
        field: of the label, named in errors.
        title: in Chinese, as the standard words it; a newline breaks it.
        value: what stands beside it.
        share: of the row's width, when the row has several cells.
    """

    field: str
    title: str
    value: str
    share: float = 1.0


Row = tuple[Cell, ...]


class Table(NamedTuple):
    """Rows of cells of one letter size and one width.

    Attributes:
        rows: from the top.
        width: millimetres.
        em_mm: letter size.
        title_em: width of the title column in ems.
        pad_em: blank left of a title and on both sides of a value, in ems.
    """

    rows: tuple[Row, ...]
    width: float
    em_mm: float
    title_em: float
    pad_em: float

    def value_em(self, cell: Cell) -> float:
        """Room for a line of the cell's value, in ems."""
        return self.width * cell.share / self.em_mm - self._title_em(cell) - 2 * self.pad_em

    def _title_em(self, cell: Cell) -> float:
        # The first titles of all rows stand in one column; a second title in a row takes only what it needs.
        first = any(cell is row[0] for row in self.rows)
        return self.title_em if first else width_em(cell.title) + 2 * self.pad_em

    @property
    def shares_well(self) -> bool:
        """Whether every value that shares its row stands on one line."""
        return all(len(self.lines(cell)) == 1 for row in self.rows if len(row) > 1 for cell in row)

    def lines(self, cell: Cell) -> tuple[str, ...]:
        """The lines of a cell's value."""
        return wrap(cell.value, self.value_em(cell))

    def row_height(self, row: Row) -> float:
        """The least height of a row, in millimetres."""
        lines = max(max(len(self.lines(cell)), len(cell.title.split("\n"))) for cell in row)
        return (lines * LINE_EM + ROW_PAD_EM) * self.em_mm

    @property
    def height(self) -> float:
        """The least height of the table, in millimetres."""
        return sum(self.row_height(row) for row in self.rows)

    def longest_field(self) -> str:
        """The field that takes the most lines: the one to shorten."""
        cells = [cell for row in self.rows for cell in row]
        return max(cells, key=lambda cell: len(self.lines(cell))).field

    def draw(self, x: float, y: float, height: float, line_mm: float) -> list[Mark]:
        """The table at a place, its rows stretched evenly to `height`, a rule above each row but the first."""
        spare = (height - self.height) / len(self.rows)
        marks: list[Mark] = []
        top = y
        for row in self.rows:
            if row is not self.rows[0]:
                marks.append(rectangle(x, top - line_mm / 2, self.width, line_mm, BLACK))
            row_height = self.row_height(row) + spare
            marks.extend(self._row_marks(row, Area(x, top, self.width, row_height), line_mm))
            top += row_height
        return marks

    def _row_marks(self, row: Row, area: Area, line_mm: float) -> list[Mark]:
        marks: list[Mark] = []
        x = area.x
        for cell in row:
            if x > area.x:
                marks.append(rectangle(x - line_mm / 2, area.y, line_mm, area.height, BLACK))
            place = Area(x, area.y, self.width * cell.share, area.height)
            marks.extend(self._cell_marks(cell, place, line_mm))
            x += place.width
        return marks

    def _cell_marks(self, cell: Cell, area: Area, line_mm: float) -> list[Mark]:
        pad, title = self.pad_em * self.em_mm, self._title_em(cell) * self.em_mm
        marks: list[Mark] = [rectangle(area.x + title - line_mm / 2, area.y, line_mm, area.height, BLACK)]
        marks += block(cell.field, cell.title.split("\n"), area.x + pad, area, self.em_mm)
        marks += block(cell.field, self.lines(cell), area.x + title + pad, area, self.em_mm)
        return marks


def block(field: str, lines: Sequence[str], x: float, area: Area, em_mm: float) -> list[Mark]:
    """Lines from a left edge, in the vertical middle of an area.

    Raises:
        LabelError: a character that the typeface lacks.
    """
    pitch = LINE_EM * em_mm
    first = area.middle[1] - pitch * (len(lines) - 1) / 2 + IDEOGRAPH_MIDDLE_EM * em_mm
    return [
        Text(field, check_glyphs(field, line), x, first + pitch * index, em_mm)
        for index, line in enumerate(lines)
        if line
    ]
