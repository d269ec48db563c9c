"""The drawing list as a PDF: `draw_labels` is the one door of this room for programs."""

import io
from collections.abc import Sequence

from reportlab.lib.colors import Color
from reportlab.pdfgen.canvas import Canvas

from labels.box import box_pages
from labels.errors import LabelError
from labels.fonts import FONT_NAME, font
from labels.hazardous import hazardous_pages
from labels.layout import BLACK, DPI_DEFAULT, MM_PER_INCH, Colour, Dots, Mark, Modules, Page, Shape, Text, dots_of
from labels.medical import medical_pages
from schemas.label_fields import BoxLabel, HazardousLabel, LabelFields, MedicalLabel

#: The most labels in one file: two rolls; a longer run is several files.
LABELS_MAX = 2000
POINTS_PER_INCH = 72
_POINTS_PER_MM = POINTS_PER_INCH / MM_PER_INCH


def label_pages(fields: LabelFields, dots: Dots) -> tuple[Page, ...]:
    """The pages of one label at its lawful size.

    Raises:
        LabelError: no lawful label can be drawn from these fields.
    """
    match fields:
        case MedicalLabel():
            return medical_pages(fields, dots)
        case HazardousLabel():
            return hazardous_pages(fields, dots)
        case BoxLabel():
            return box_pages(fields, dots)


def draw_labels(fields: Sequence[LabelFields], *, dpi: int = DPI_DEFAULT) -> bytes:
    """A PDF with one label a page, each at its lawful size; the same fields give the same bytes.

    A package above 450 L takes two pages, one for each of two opposite sides (HJ 1276-2022).

    Args:
        fields: of each label, in the order of the pages.
        dpi: dots an inch of the printer; QR modules are whole dots of it.

    Raises:
        LabelError: a label would not be lawful, or there are none or more than `LABELS_MAX`.
    """
    if not 1 <= len(fields) <= LABELS_MAX:
        message = f"{len(fields)} labels in one file; a file has 1 to {LABELS_MAX}"
        raise LabelError(message, field="fields")
    dots = dots_of(dpi)
    return draw_pages([page for label in fields for page in label_pages(label, dots)])


def draw_pages(pages: Sequence[Page]) -> bytes:
    """A PDF of drawing lists."""
    font()
    file = io.BytesIO()
    canvas = Canvas(file, invariant=1, pageCompression=1)
    canvas.setTitle("WasteLedger labels")
    canvas.setCreator("WasteLedger")
    for page in pages:
        _Pen(canvas, page).draw()
    canvas.save()
    return file.getvalue()


class _Pen:
    """Draws one page; the page's millimetres from the top become the PDF's points from the bottom."""

    def __init__(self, canvas: Canvas, page: Page) -> None:
        self._canvas = canvas
        self._page = page
        self._colour: Colour = BLACK

    def draw(self) -> None:
        height = self._page.height_mm * _POINTS_PER_MM
        self._canvas.setPageSize((self._page.width_mm * _POINTS_PER_MM, height))
        for mark in self._page.marks:
            self._mark(mark)
        self._canvas.showPage()

    def _mark(self, mark: Mark) -> None:
        match mark:
            case Shape():
                self._ink(mark.colour)
                self._shape(mark)
            case Text():
                self._ink(mark.colour)
                self._text(mark)
            case Modules():
                self._ink(BLACK)
                self._modules(mark)

    def _ink(self, colour: Colour) -> None:
        self._canvas.setFillColor(Color(*(part / 255 for part in colour)))

    def _y(self, y: float) -> float:
        return (self._page.height_mm - y) * _POINTS_PER_MM

    def _shape(self, shape: Shape) -> None:
        path = self._canvas.beginPath()
        first, *rest = shape.points
        path.moveTo(first[0] * _POINTS_PER_MM, self._y(first[1]))
        for x, y in rest:
            path.lineTo(x * _POINTS_PER_MM, self._y(y))
        path.close()
        self._canvas.drawPath(path, stroke=0, fill=1)

    def _text(self, text: Text) -> None:
        self._canvas.setFont(FONT_NAME, text.em_mm * _POINTS_PER_MM)
        self._canvas.drawString(text.x * _POINTS_PER_MM, self._y(text.baseline), text.text)

    def _modules(self, symbol: Modules) -> None:
        # One path, a bar for each run of black modules: crisp at every scale, where an image is smoothed by viewers.
        path = self._canvas.beginPath()
        side = symbol.module_mm * _POINTS_PER_MM
        left, bottom = symbol.x * _POINTS_PER_MM, self._y(symbol.y) - side
        for row, modules in enumerate(symbol.rows):
            for start, length in runs(modules):
                path.rect(left + start * side, bottom - row * side, length * side, side)
        self._canvas.drawPath(path, stroke=0, fill=1)


def runs(modules: Sequence[bool]) -> list[tuple[int, int]]:
    """Start and length of each run of True."""
    found: list[tuple[int, int]] = []
    for index, black in enumerate(modules):
        if not black:
            continue
        if found and sum(found[-1]) == index:
            found[-1] = (found[-1][0], found[-1][1] + 1)
        else:
            found.append((index, 1))
    return found
