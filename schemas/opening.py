"""Opening stock (期初库存): what already lay in a site's rooms on the day it began, sealed before any ledger could know of it.

One package, one code all the same: a label is stuck on each, and the site declares them once. Until the authority has confirmed it, a
declaration proves nothing; what counts of it, and how, is judged in the service (`domain/opening.py`).
"""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from schemas.event_base import Day, ItemCode, ItemEvent, Label, WasteCode
from schemas.quantities import MASS_G_MAX

#: Packages of one event: with 37-character codes and a Chinese room it stays below the 16 KiB of an event.
OPENING_ITEMS_MAX = 100
#: Events of one declaration: ten thousand packages, more than the largest store of a district holds.
OPENING_PARTS_MAX = 100

_Part = Annotated[int, Field(ge=1, le=OPENING_PARTS_MAX)]


class OpeningStock(ItemEvent):
    """Packages that a site had in stock when it began, declared once; more than fit, or in several rooms, in several parts.

    Attributes:
        as_of: the day of the stock-take.
        waste_codes, masses_g: of each package, in the order of `codes`.
        since: for each package the day since which it lay there, or null; its time of storage counts from the end of that day.
        part_no, parts_count: 1 of 1 where one event holds all; each part is told once, and all say the same day and number of parts.
    """

    kind: Literal["opening_stock"]
    codes: Annotated[list[ItemCode], Field(min_length=1, max_length=OPENING_ITEMS_MAX)]
    as_of: Day
    waste_codes: Annotated[list[WasteCode], Field(min_length=1, max_length=OPENING_ITEMS_MAX)]
    masses_g: Annotated[
        list[Annotated[int, Field(gt=0, le=MASS_G_MAX)]], Field(min_length=1, max_length=OPENING_ITEMS_MAX)
    ]
    since: Annotated[list[Day | None], Field(min_length=1, max_length=OPENING_ITEMS_MAX)] | None = None
    room: Label | None = None
    part_no: _Part
    parts_count: _Part

    @model_validator(mode="after")
    def _one_of_each(self) -> "OpeningStock":
        for name in ("waste_codes", "since"):
            values = getattr(self, name)
            if values is not None and len(values) != len(self.codes):
                message = f"{name}: one for each code, in the same order"
                raise ValueError(message)
        if self.part_no > self.parts_count:
            message = f"part_no: {self.part_no} of {self.parts_count} parts"
            raise ValueError(message)
        return self
