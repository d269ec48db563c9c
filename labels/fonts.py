"""The one typeface of labels: a subset of Noto Sans SC Medium (OFL-1.1), shipped beside this file.

See `fonts/README.md` for where it comes from. It holds GB 2312, ASCII, Latin-1 and the signs of units; a name with
a character beyond it gets no label rather than a blank or a box in its place.
"""

from functools import cache
from importlib.resources import as_file, files

from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont

from labels.errors import LabelError

FONT_NAME = "NotoSansSC-Medium"
FONT_FILE = "fonts/NotoSansSC-Medium.ttf"


@cache
def font() -> TTFont:
    """The typeface, registered with reportlab once."""
    with as_file(files("labels").joinpath(FONT_FILE)) as path:
        face = TTFont(FONT_NAME, str(path))
    pdfmetrics.registerFont(face)
    return face


@cache
def _advance_em(character: str) -> float:
    return float(font().stringWidth(character, 1000)) / 1000


def has_glyph(character: str) -> bool:
    """Whether the typeface can draw a character."""
    return ord(character) in font().face.charToGlyph


def width_em(text: str) -> float:
    """Length of a line in ems."""
    return sum(_advance_em(character) for character in text)


def check_glyphs(field: str, text: str) -> str:
    """Returns a text that the typeface can draw whole.

    Raises:
        LabelError: a character that it lacks, with its code point.
    """
    for character in text:
        if not has_glyph(character):
            shown = character if character.isprintable() else "a control character"
            message = f"the label's typeface has no {shown} (U+{ord(character):04X}); write it with other characters"
            raise LabelError(message, field=field)
    return text
