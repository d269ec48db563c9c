"""The permanent label of a turnover box (周转箱): HJ 421-2008 sign of 20 × 20 cm, owner, QR and code.

A box carries packages of every medical category over its life, so its wording names medical waste as a whole.
"""

from labels.layout import Dots, Page
from labels.medical import BOX, warning_page
from labels.text import Cell, required
from schemas.label_fields import BoxLabel

WARNING = "警告！医疗废物"


def box_pages(label: BoxLabel, dots: Dots) -> tuple[Page, ...]:
    """The label's one page.

    Raises:
        LabelError: the owner is missing, can not be drawn, or does not fit.
    """
    rows = (
        (Cell("owner", "所属单位", required("owner", label.owner)),),
        (Cell("code", "用途", "医疗废物周转箱（重复使用，用后清洗消毒）"),),
    )
    return (warning_page(label.code, WARNING, rows, BOX, dots),)
