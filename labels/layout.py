"""The drawing list: what stands where on a page, in millimetres, with edges on whole printer dots.

The origin is the top left corner and y grows downwards, as one reads. Marks are painted in order, so a
later one covers an earlier one. Everything here is pure; `labels.pdf` turns the list into a file.
"""

import math
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from labels.errors import LabelError

MM_PER_INCH = 25.4
#: Thermal label printers have 203 or 300 dots an inch, office printers 600.
DPI_DEFAULT = 203
#: Below 100 dots an inch no lawful sharps label holds its symbol; above 2400 no printer exists.
DPI_MIN = 100
DPI_MAX = 2400
#: Height of the ideograph 国 from edge to edge, in ems of Noto Sans SC: the lawful letter height is measured on it.
IDEOGRAPH_EM = 0.885
#: The middle of an ideograph lies this far above the baseline, in ems.
IDEOGRAPH_MIDDLE_EM = 0.3585
#: A whole number of dots may be off by this share of a dot through floating point.
_DOT_SLACK = 1e-6

Colour = tuple[int, int, int]
Point = tuple[float, float]

BLACK: Colour = (0, 0, 0)
WHITE: Colour = (255, 255, 255)


class Shape(NamedTuple):
    """A filled polygon.

    Attributes:
        points: corners in millimetres.
        colour: fill.
    """

    points: tuple[Point, ...]
    colour: Colour


class Text(NamedTuple):
    """One line of text.

    Attributes:
        field: the label's field it shows, named in errors.
        text: the line.
        x: left edge, millimetres.
        baseline: millimetres from the top.
        em_mm: size of the letter; an ideograph is `IDEOGRAPH_EM` of it high.
        colour: of the letters.
    """

    field: str
    text: str
    x: float
    baseline: float
    em_mm: float
    colour: Colour = BLACK

    @property
    def height_mm(self) -> float:
        """The lawful letter height: of an ideograph of this size, in millimetres."""
        return self.em_mm * IDEOGRAPH_EM


class Modules(NamedTuple):
    """A QR symbol without its quiet zone.

    Attributes:
        x: left edge, millimetres, on a whole dot.
        y: top edge, millimetres, on a whole dot.
        module_mm: side of a module, a whole number of dots.
        dots: the same in dots.
        rows: True is black.
    """

    x: float
    y: float
    module_mm: float
    dots: int
    rows: tuple[tuple[bool, ...], ...]


Mark = Shape | Text | Modules


class Page(NamedTuple):
    """One label, one page.

    Attributes:
        code: what its QR symbol says.
        width_mm: a whole number of dots, never less than the lawful size.
        height_mm: the same.
        marks: in the order of painting.
    """

    code: str
    width_mm: float
    height_mm: float
    marks: tuple[Mark, ...]


class Dots(NamedTuple):
    """The raster of a printer."""

    dpi: int

    @property
    def mm(self) -> float:
        """Side of one dot in millimetres."""
        return MM_PER_INCH / self.dpi

    def up(self, length_mm: float) -> float:
        """The smallest whole number of dots that is not shorter, in millimetres."""
        return self.count_up(length_mm) * self.mm

    def count_up(self, length_mm: float) -> int:
        """The same as a number of dots."""
        return math.ceil(length_mm / self.mm - _DOT_SLACK)

    def near(self, length_mm: float) -> float:
        """The nearest whole number of dots, in millimetres."""
        return round(length_mm / self.mm) * self.mm


def dots_of(dpi: int) -> Dots:
    """The raster of a printer with `dpi` dots an inch.

    Raises:
        LabelError: outside `DPI_MIN` to `DPI_MAX`.
    """
    if not DPI_MIN <= dpi <= DPI_MAX:
        message = f"{dpi} dots an inch is no label printer; use {DPI_MIN} to {DPI_MAX}, as 203, 300 or 600"
        raise LabelError(message, field="dpi")
    return Dots(dpi)


def rectangle(x: float, y: float, width: float, height: float, colour: Colour) -> Shape:
    """A filled rectangle from its top left corner."""
    return Shape(((x, y), (x + width, y), (x + width, y + height), (x, y + height)), colour)


def frame(area: "Area", line_mm: float, colour: Colour, dots: Dots) -> Shape:
    """A border along the inner edge of an area, its edges on whole dots.

    One polygon, round the outside and back round the inside: four bars meet at corners that some viewers round apart.
    """
    x0, y0 = dots.near(area.x), dots.near(area.y)
    x1, y1 = dots.near(area.x + area.width), dots.near(area.y + area.height)
    line = dots.up(line_mm)
    outer = ((x0, y0), (x1, y0), (x1, y1), (x0, y1), (x0, y0))
    inside = (x0 + line, y0 + line), (x0 + line, y1 - line), (x1 - line, y1 - line), (x1 - line, y0 + line)
    return Shape((*outer, *inside, inside[0]), colour)


class Area(NamedTuple):
    """A rectangle to be filled, in millimetres from the page's top left corner."""

    x: float
    y: float
    width: float
    height: float

    @property
    def middle(self) -> Point:
        """Its centre."""
        return self.x + self.width / 2, self.y + self.height / 2

    def inset(self, margin: float) -> "Area":
        """The area without a margin on every side."""
        return Area(self.x + margin, self.y + margin, self.width - 2 * margin, self.height - 2 * margin)


def circle(middle: Point, radius: float, colour: Colour, *, corners: int = 72) -> Shape:
    """A circle as a polygon of so many corners that no printer shows them."""
    x, y = middle
    angles = (2 * math.pi * step / corners for step in range(corners))
    return Shape(tuple((x + radius * math.cos(a), y + radius * math.sin(a)) for a in angles), colour)


def place(points: Iterable[Point], middle: Point, *, scale: float = 1.0, turn_deg: float = 0.0) -> tuple[Point, ...]:
    """Points drawn around the origin, turned clockwise, scaled and moved to `middle`."""
    cos, sin = math.cos(math.radians(turn_deg)), math.sin(math.radians(turn_deg))
    x0, y0 = middle
    return tuple((x0 + scale * (x * cos - y * sin), y0 + scale * (x * sin + y * cos)) for x, y in points)


def turned(shapes: Sequence[Shape], middle: Point, *, scale: float = 1.0, turn_deg: float = 0.0) -> list[Mark]:
    """Shapes drawn around the origin, placed as `place` does."""
    return [Shape(place(shape.points, middle, scale=scale, turn_deg=turn_deg), shape.colour) for shape in shapes]


def on_dots(marks: Iterable[Mark], dots: Dots) -> tuple[Mark, ...]:
    """The marks with every upright rectangle moved to whole dots, so that rules are evenly thick in print."""
    return tuple(_upright_on_dots(mark, dots) if isinstance(mark, Shape) else mark for mark in marks)


def _upright_on_dots(shape: Shape, dots: Dots) -> Shape:
    across, down = {x for x, _ in shape.points}, {y for _, y in shape.points}
    if len(shape.points) != 4 or len(across) != 2 or len(down) != 2:  # noqa: PLR2004 - a rectangle's corners and edges
        return shape
    return Shape(tuple((dots.near(x), dots.near(y)) for x, y in shape.points), shape.colour)
