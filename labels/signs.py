"""Warning signs as polygons: the biohazard trefoil, the yellow diamond of HJ 421, the hazard diamonds of HJ 1276.

A sign is drawn around the origin and placed by its middle. Curves are polygons fine enough for 600 dots an inch.
The hazard diamonds are our own simple drawings in the colours that standards.md section 1 names; the pictures of
HJ 1276 annex A were not at hand.
"""

import math
from collections.abc import Sequence

from labels.layout import BLACK, WHITE, Area, Colour, Mark, Point, Shape, circle, place, rectangle, turned

RED: Colour = (230, 30, 30)
YELLOW: Colour = (255, 222, 0)

#: HJ 1276: names of the hazards by the letters of the national catalogue.
HAZARD_NAMES = {"T": "毒性", "C": "腐蚀性", "I": "易燃性", "R": "反应性", "In": "感染性"}

# The usual construction of the trefoil on a grid of units, as 29 CFR 1910.145(f)(8) lists them:
# three discs of 30 across, 11 from the middle; bitten by discs of 21 across, 15 from it; a ring through all.
_DISC_RADIUS, _DISC_AT = 15.0, 11.0
_BITE_RADIUS, _BITE_AT = 10.5, 15.0
_TIP_GAP, _SLIT = 4.0, 1.0
_HOLE_RADIUS = 3.0
_RING_INNER, _RING_OUTER = 9.5, 13.0
#: Upper edge, lower edge and so the height of the symbol in those units.
_TREFOIL_TOP = _DISC_AT + _DISC_RADIUS
_TREFOIL_BOTTOM = _DISC_AT / 2 + _DISC_RADIUS
_TREFOIL_HEIGHT = _TREFOIL_TOP + _TREFOIL_BOTTOM
_ARMS = (-90.0, 30.0, 150.0)


def trefoil(middle: Point, height: float, ground: Colour, ink: Colour = BLACK) -> list[Mark]:
    """The biohazard symbol, `height` millimetres high, its hub on `middle`, on a ground of one colour."""
    scale = height / _TREFOIL_HEIGHT
    along = [(math.cos(math.radians(arm)), math.sin(math.radians(arm))) for arm in _ARMS]
    shapes: list[Shape] = [circle((_DISC_AT * x, _DISC_AT * y), _DISC_RADIUS, ink) for x, y in along]
    shapes += [circle((_BITE_AT * x, _BITE_AT * y), _BITE_RADIUS, ground) for x, y in along]
    for arm in _ARMS:
        # The opening between the tips of a crescent.
        shapes.append(_bar(arm, _BITE_AT, _TREFOIL_TOP + 1, _TIP_GAP, ground))
        # The slit from the hub through the stem between two crescents.
        shapes.append(_bar(arm + 180, 0, _RING_INNER - 1, _SLIT, ground))
        shapes.append(_ring_piece(arm, ink))
    shapes.append(circle((0, 0), _HOLE_RADIUS, ground))
    return turned(shapes, middle, scale=scale)


def trefoil_hub(area: Area, height: float) -> Point:
    """Where the hub goes so that the symbol's upper and lower edges lie evenly in an area."""
    x, y = area.middle
    return x, y + height * (_TREFOIL_TOP / _TREFOIL_HEIGHT - 0.5)


def _bar(arm: float, start: float, end: float, width: float, colour: Colour) -> Shape:
    corners = rectangle(start, -width / 2, end - start, width, colour).points
    return Shape(place(corners, (0, 0), turn_deg=arm), colour)


def _ring_piece(arm: float, ink: Colour) -> Shape:
    # The ring shows only inside a bite, one slit's width away from the crescent round it.
    clear = _BITE_RADIUS - _SLIT

    def half_angle(radius: float) -> float:
        return math.acos((radius**2 + _BITE_AT**2 - clear**2) / (2 * radius * _BITE_AT))

    steps = [index / 24 for index in range(25)]
    outer = [(_RING_OUTER, half_angle(_RING_OUTER) * (2 * t - 1)) for t in steps]
    inner = [(_RING_INNER, half_angle(_RING_INNER) * (1 - 2 * t)) for t in steps]
    points = [(radius * math.cos(angle), radius * math.sin(angle)) for radius, angle in outer + inner]
    return Shape(place(points, (0, 0), turn_deg=arm), ink)


def diamond(middle: Point, across: float, colour: Colour) -> Shape:
    """A square on its corner, `across` from corner to corner."""
    x, y = middle
    half = across / 2
    return Shape(((x, y - half), (x + half, y), (x, y + half), (x - half, y)), colour)


def bordered_diamond(middle: Point, across: float, line: float, ground: Colour, ink: Colour = BLACK) -> list[Mark]:
    """A diamond with a border inside its edge; `line` is the border's thickness."""
    return [diamond(middle, across, ink), diamond(middle, across - 2 * line * math.sqrt(2), ground)]


def hazard_diamond(hazard: str, middle: Point, across: float) -> list[Mark]:
    """The diamond of one hazard letter T, C, I, R or In."""
    ground = {"T": WHITE, "C": WHITE, "I": RED, "R": YELLOW, "In": WHITE}[hazard]
    marks = bordered_diamond(middle, across, across * 0.025, ground)
    if hazard == "In":
        area = Area(middle[0], middle[1], 0, 0)
        return marks + trefoil(trefoil_hub(area, across * 0.5), across * 0.5, ground)
    symbol = {"T": _skull, "C": _corrosion, "I": _flame, "R": _burst}[hazard]()
    return marks + turned(symbol, middle, scale=across / 100)


# The symbols stand in a diamond of 100 across, the origin in its middle.


def _ellipse(x: float, y: float, rx: float, ry: float, colour: Colour) -> Shape:
    angles = [2 * math.pi * step / 48 for step in range(48)]
    return Shape(tuple((x + rx * math.cos(a), y + ry * math.sin(a)) for a in angles), colour)


def _skull() -> list[Shape]:
    shapes: list[Shape] = []
    for turn in (22.0, -22.0):
        bone = rectangle(-25, -2.2, 50, 4.4, BLACK).points
        shapes.append(Shape(place(bone, (0, 14), turn_deg=turn), BLACK))
        for end, knob in ((-25.0, -2.6), (-25.0, 2.6), (25.0, -2.6), (25.0, 2.6)):
            shapes.append(circle(place([(end, knob)], (0, 14), turn_deg=turn)[0], 3.4, BLACK))
    # A white rim parts the head from the bones behind it.
    shapes += [_ellipse(0, -10, 17.5, 17, WHITE), rectangle(-10.5, 0, 21, 15, WHITE)]
    shapes += [_ellipse(0, -10, 15.5, 15, BLACK), rectangle(-8.5, 0, 17, 12.5, BLACK)]
    shapes += [_ellipse(-6.3, -8, 4.3, 4.6, WHITE), _ellipse(6.3, -8, 4.3, 4.6, WHITE)]
    shapes.append(Shape(((0, -3), (2.6, 2.4), (-2.6, 2.4)), WHITE))
    shapes += [rectangle(x - 0.6, 5.5, 1.2, 7, WHITE) for x in (-4.2, 0.0, 4.2)]
    return shapes


def _corrosion() -> list[Shape]:
    # White over black: the lower half of the diamond is black, with its border already there.
    shapes = [Shape(((-50, 0), (50, 0), (0, 50)), BLACK), Shape(((-44, 0), (44, 0), (42, 2), (-42, 2)), BLACK)]
    for side in (-1, 1):
        tube = [(-9.0, -3.2), (9.0, -3.2), (9.0, 3.2), (-9.0, 3.2)]
        at = (side * 13.0, -24.0)
        shapes.append(Shape(place(tube, at, turn_deg=-side * 28), BLACK))
        hollow = [(-7.8 if side > 0 else -9.2, -1.7), (9.2 if side > 0 else 7.8, -1.7)]
        hollow += [(x, 1.7) for x, _ in reversed(hollow)]
        shapes.append(Shape(place(hollow, at, turn_deg=-side * 28), WHITE))
        shapes += [_drop(side * 4.5 + side * 6, y) for y in (-13.0, -6.5)]
        # What it eats: a slab with a hole where the drops fall.
        slab_x = -25.0 if side < 0 else 5.0
        shapes.append(rectangle(slab_x, -2.2, 20, 3.0, BLACK))
    return shapes


def _drop(x: float, y: float) -> Shape:
    return Shape(
        tuple((x + px, y + py) for px, py in ((0, -2.8), (1.5, 0), (1.1, 1.3), (0, 1.8), (-1.1, 1.3), (-1.5, 0))), BLACK
    )


def _flame() -> list[Shape]:
    outer = _smooth(
        [(0, 17), (-12, 15), (-18, 5), (-15, -5), (-11, -11), (-10, -3), (-5, -14), (-3, -30)],
        [(5, -22), (7, -12), (11, -8), (12, -16), (17, -6), (19, 4), (13, 14)],
    )
    inner = _smooth([(0, 15), (-6, 13), (-8, 7), (-4, 0), (-1, -7), (3, -1), (7, 5), (6, 12)])
    return [Shape(outer, BLACK), Shape(inner, RED), rectangle(-21, 19.5, 42, 3, BLACK)]


def _burst() -> list[Shape]:
    rays: list[Point] = []
    for index in range(24):
        radius = (30.0 if index % 4 == 0 else 23.0) if index % 2 == 0 else 12.5
        angle = math.radians(index * 15 - 90)
        rays.append((radius * math.cos(angle), radius * math.sin(angle)))
    return [Shape(tuple(rays), BLACK), circle((0, 0), 7.5, YELLOW), circle((0, 0), 5.0, BLACK)]


def _smooth(*parts: Sequence[Point]) -> tuple[Point, ...]:
    """A closed curve through points (Catmull-Rom), eight steps a piece."""
    curve: list[Point] = []
    points = [point for part in parts for point in part]
    count = len(points)
    for index in range(count):
        a, b, c, d = (points[(index + shift) % count] for shift in (-1, 0, 1, 2))
        curve.extend(_between(a, b, c, d, step / 8) for step in range(8))
    return tuple(curve)


def _between(a: Point, b: Point, c: Point, d: Point, t: float) -> Point:
    def one(p: float, q: float, r: float, s: float) -> float:
        return 0.5 * (2 * q + (r - p) * t + (2 * p - 5 * q + 4 * r - s) * t**2 + (3 * q - p - 3 * r + s) * t**3)

    return one(a[0], b[0], c[0], d[0]), one(a[1], b[1], c[1], d[1])
