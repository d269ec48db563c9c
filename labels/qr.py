"""QR symbols of codes: one fixed version and level for each length of code, whole dots, a full quiet zone."""

from functools import lru_cache
from typing import NamedTuple

from qrcode.constants import ERROR_CORRECT_M, ERROR_CORRECT_Q
from qrcode.main import QRCode
from qrcode.util import MODE_ALPHA_NUM, QRData

from labels.errors import LabelError
from labels.layout import WHITE, Dots, Mark, Modules, rectangle

#: ISO/IEC 18004: four blank modules on every side.
QUIET_MODULES = 4
#: A phone at arm's length reads modules of half a millimetre; smaller ones are printed by nobody here.
MODULE_MM_MIN = 0.5
#: One of the eight masks of ISO/IEC 18004, always the same: on 216 made-up bad photos it read as often as the best
#: by the standard's score (zxing-cpp 179 against 176, pyzbar 116 against 113), and is ten times as fast to make.
MASK = 2
#: Symbols kept for two-page labels and reprints: a roll is drawn once, so a few are enough.
_KEPT = 512


class Symbol(NamedTuple):
    """How codes of one length are encoded: version (size) and error correction level."""

    version: int
    level: int

    @property
    def modules(self) -> int:
        """Modules a side, without the quiet zone."""
        return 17 + 4 * self.version


#: 16 characters fit version 1 at level Q (a quarter of the symbol may be lost); 37 fit version 2 at level M.
_SYMBOLS = {16: Symbol(1, ERROR_CORRECT_Q), 37: Symbol(2, ERROR_CORRECT_M)}


def symbol_of(code: str) -> Symbol:
    """The version and level for a code.

    Raises:
        LabelError: a code of a length that no label carries.
    """
    if len(code) not in _SYMBOLS:
        message = f"{code!r} has {len(code)} characters; labels carry codes of 16 or 37"
        raise LabelError(message, field="code")
    return _SYMBOLS[len(code)]


@lru_cache(maxsize=_KEPT)
def matrix(code: str) -> tuple[tuple[bool, ...], ...]:
    """The modules of a code's symbol, True is black, without the quiet zone.

    Raises:
        LabelError: a length that no label carries, or a character outside QR's alphanumeric mode.
    """
    symbol = symbol_of(code)
    picture: QRCode[object] = QRCode(version=symbol.version, error_correction=symbol.level, border=0, mask_pattern=MASK)
    try:
        picture.add_data(QRData(code.encode("ascii"), mode=MODE_ALPHA_NUM))
    except ValueError:
        message = f"{code!r} has characters that QR's alphanumeric mode lacks; codes are digits and capitals"
        raise LabelError(message, field="code") from None
    picture.make(fit=False)
    return tuple(tuple(bool(module) for module in row) for row in picture.get_matrix())


def side_mm(code: str, module_mm: float, dots: Dots) -> float:
    """Side of a code's symbol with its quiet zone, in millimetres, at a module of whole dots."""
    return (symbol_of(code).modules + 2 * QUIET_MODULES) * module_dots(module_mm, dots) * dots.mm


def module_dots(module_mm: float, dots: Dots) -> int:
    """Dots a module: the fewest that make it at least `module_mm`.

    Raises:
        LabelError: the printer's dot is larger than the module, or the module below `MODULE_MM_MIN`.
    """
    if dots.mm > module_mm:
        message = f"a QR module of {module_mm} mm is below the printer's dot of {dots.mm:.3f} mm; use a finer printer"
        raise LabelError(message, field="code")
    if module_mm < MODULE_MM_MIN:
        message = f"a QR module of {module_mm} mm is below {MODULE_MM_MIN} mm, which phones can not read"
        raise LabelError(message, field="code")
    return dots.count_up(module_mm)


def draw_symbol(code: str, *, x: float, y: float, module_mm: float, dots: Dots) -> list[Mark]:
    """A white square with the symbol in it, quiet zone included, its corner moved to the nearest dot."""
    count = module_dots(module_mm, dots)
    module, side = count * dots.mm, side_mm(code, module_mm, dots)
    left, top = dots.near(x), dots.near(y)
    quiet = QUIET_MODULES * module
    return [
        rectangle(left, top, side, side, WHITE),
        Modules(left + quiet, top + quiet, module, count, matrix(code)),
    ]


def in_groups(code: str) -> str:
    """A code as people read it aloud: fours for 16 characters, the four segments of a 数字识别码 for 37."""
    if len(code) == 37:  # noqa: PLR2004 - the length is the shape
        return f"{code[:18]} {code[18:26]} {code[26:34]} {code[34:]}"
    return " ".join(code[start : start + 4] for start in range(0, len(code), 4))
