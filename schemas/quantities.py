"""Quantities: integer grams, never a float.

Masses travel and are stored as whole grams. People read and type kilograms; the law's forms say tonnes.
"""

import re
from typing import NamedTuple

from schemas.errors import ContractError

#: The heaviest single package or vehicle load that a scale here can mean: 60 tonnes.
MASS_G_MAX = 60_000_000

_KILOGRAMS = re.compile(r"(0|[1-9][0-9]{0,4})(?:\.([0-9]{1,3}))?")


def parse_kg(text: str) -> int:
    """Grams from a typed number of kilograms such as `1.25`.

    Raises:
        ContractError: not a plain decimal with up to three places, or beyond `MASS_G_MAX`.
    """
    match = _KILOGRAMS.fullmatch(text.strip())
    if not match:
        message = f"mass {text!r}: write kilograms with up to three decimals, as 1.25"
        raise ContractError(message)
    mass_g = int(match[1]) * 1000 + int((match[2] or "").ljust(3, "0"))
    if mass_g > MASS_G_MAX:
        message = f"mass {text} kg is beyond {MASS_G_MAX // 1000} kg"
        raise ContractError(message)
    return mass_g


def format_kg(mass_g: int) -> str:
    """Kilograms for a person: `1250` → `1.25`, `3000` → `3`."""
    whole, rest = divmod(mass_g, 1000)
    return f"{whole}.{rest:03d}".rstrip("0").rstrip(".")


class Tolerance(NamedTuple):
    """How far two weighings of the same package may differ: the larger of a share and a floor, which no loss of a light one hides behind.

    Attributes:
        permille: share of the first weighing, in thousandths.
        floor_g: grams that any two scales may differ by.
        floor_permille: of the first weighing that the floor is no more than, where the second one is less.
    """

    permille: int
    floor_g: int
    floor_permille: int

    def allows(self, *, before_g: int, after_g: int) -> bool:
        """Whether `after_g` may be the same package as `before_g`."""
        floor_g = self.floor_g if after_g >= before_g else min(self.floor_g, before_g * self.floor_permille // 1000)
        return abs(after_g - before_g) <= max(floor_g, before_g * self.permille // 1000)
