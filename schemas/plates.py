"""Number plates: one vehicle has one normal form, however its plate was typed (GA 36-2018 中华人民共和国机动车号牌).

`渝H·12345`, `渝H12345` and `渝h 12345` are one vehicle. The dot between the letter of the place and the serial is drawn, not part of the
number; people type it in many ways, or not. What a plate may be is told loosely on purpose: besides the plates of seven characters,
those of new-energy vehicles with eight and those of trailers that end in 挂, there are temporary, farm and service plates, and an act
is never lost for a plate that is lawful. Whether the vehicle is registered is another question, and the rules ask it.
"""

import re
import unicodedata
from functools import lru_cache

from schemas.errors import CodeError

#: Characters of a normal form: the shortest farm plate, and the longest temporary one.
PLATE_CHARACTERS_MIN = 5
PLATE_CHARACTERS_MAX = 10

#: What people put between the parts of a plate: blanks, dots, hyphens.
_BETWEEN = re.compile(r"[\s·•・‧∙⋅.。\-‐–—_]+")
_NORMAL = re.compile(rf"[0-9A-Z\u4e00-\u9fff]{{{PLATE_CHARACTERS_MIN},{PLATE_CHARACTERS_MAX}}}")
_DIGIT, _PLACE = re.compile(r"[0-9]"), re.compile(r"[A-Z\u4e00-\u9fff]")
_SHOWN_MAX = 20


@lru_cache(maxsize=65_536)
def normal_plate(text: str) -> str:
    """The normal form of a plate: capitals and digits of one width, nothing between them. Two texts of one form are one vehicle.

    A text that is no plate has a form too, so that what stands in old events can be compared.
    """
    joined = _BETWEEN.sub("", unicodedata.normalize("NFKC", text))
    return _BETWEEN.sub("", unicodedata.normalize("NFKC", joined.upper()))


@lru_cache(maxsize=65_536)
def check_plate(text: str) -> str:
    """The normal form of what is a plate.

    Raises:
        CodeError: blank, of other characters, without a digit, or without the letter or name of a place.
    """
    plate = normal_plate(text)
    if not plate:
        message = "a blank plate names no vehicle: write it as 渝H12345, or leave the field out"
        raise CodeError(message)
    if not (_NORMAL.fullmatch(plate) and _DIGIT.search(plate) and _PLACE.search(plate)):
        message = (
            f"{text[:_SHOWN_MAX]!r} is no plate: write its place and number, {PLATE_CHARACTERS_MIN} to {PLATE_CHARACTERS_MAX} letters and "
            f"digits, as 渝H12345, 渝HD12345 or 渝H1234挂"
        )
        raise CodeError(message)
    return plate
