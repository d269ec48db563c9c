"""The national catalogue of hazardous wastes and the medical categories, as data with an edition.

国家危险废物名录（2021年版）: 467 codes in 46 classes. A later edition is loaded beside it as more rows; a well-formed code that no
loaded edition lists is accepted with a finding of severity *hygiene*, since a list of 2021 can not know a code of 2025.
"""

import csv
import re
from functools import cache
from importlib.resources import files
from typing import NamedTuple

from schemas.errors import ContractError

_CODE = re.compile(r"([0-9]{3})-([0-9]{3})-([0-9]{2})")

#: HW01, the five classes of 医疗废物分类目录(2021年版); note that 004 is chemical and 005 pharmaceutical.
MEDICAL_CATEGORIES = {
    "841-001-01": ("感染性废物", "infectious"),
    "841-002-01": ("损伤性废物", "sharps"),
    "841-003-01": ("病理性废物", "pathological"),
    "841-004-01": ("化学性废物", "chemical"),
    "841-005-01": ("药物性废物", "pharmaceutical"),
}


class WasteKind(NamedTuple):
    """One row of the catalogue.

    Attributes:
        edition: year of the catalogue.
        category: class number and name, as `HW08 废矿物油与含矿物油废物`.
        industry: industry of origin.
        code: eight digits, as `900-214-08`.
        name: as printed in the catalogue.
        hazards: letters T C I R In; `,` = the first is certain, the others possible; `/` = one or several of them.
    """

    edition: str
    category: str
    industry: str
    code: str
    name: str
    hazards: str


@cache
def catalogue() -> dict[str, WasteKind]:
    """Every listed waste by its code; where editions overlap the newest wins."""
    text = files("schemas").joinpath("data/waste_catalogue.csv").read_text(encoding="utf-8")
    rows = (WasteKind(**row) for row in csv.DictReader(text.splitlines()))
    return {row.code: row for row in sorted(rows, key=lambda row: row.edition)}


def check_waste_code(text: str) -> str:
    """Returns a well-formed waste code (MLU21 art. 5: industry 3, sequence 3, class 2).

    Raises:
        ContractError: not eight digits in the groups 3-3-2.
    """
    if not _CODE.fullmatch(text):
        message = f"waste code {text!r}: write eight digits as 841-001-01"
        raise ContractError(message)
    return text


def waste_kind(code: str) -> WasteKind | None:
    """The catalogue's row for `code`, or None when no loaded edition lists it."""
    return catalogue().get(code)


def waste_name(code: str) -> str:
    """A short name for screens: the medical category, else the catalogue's name, else the code itself."""
    if code in MEDICAL_CATEGORIES:
        return MEDICAL_CATEGORIES[code][0]
    kind = waste_kind(code)
    return kind.name if kind else code


def is_medical(code: str) -> bool:
    """Whether the code is of class HW01 (HJ 421 marks its packages, HJ 1276 does not)."""
    return code.endswith("-01") and code.startswith("841-")
