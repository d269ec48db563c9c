"""The columns of the tables are those of HJ 1259-2022, word for word and in its order, and every row has a value for each."""

from typing import Any

import pytest

from wasteledger.reports.assessment import AssessmentLine
from wasteledger.reports.balance import BalanceLine, GapLine
from wasteledger.reports.filing import FilingLine
from wasteledger.reports.ledger_rows import (
    EntrustedRow,
    ProductionRow,
    SelfTreatmentRow,
    StorageInRow,
    StorageOutRow,
)
from wasteledger.reports.licences import LicenceLine, OutsideLine
from wasteledger.reports.medical import RegisterRow
from wasteledger.reports.plans import PlanLine, PlanStateLine
from wasteledger.reports.struck import StruckRow
from wasteledger.reports.tables import columns_of

_PACKAGE = ["容器/包装编码", "容器/包装类型", "容器/包装数量"]
_WASTE = ["行业俗称/单位内部名称", "国家危险废物名录名称", "危险废物类别", "危险废物代码"]
STANDARD = {
    "B.1": [
        "产生批次编码", "产生时间", *_WASTE, "产生量", "计量单位", *_PACKAGE, "产生危险废物设施编码", "产生部门经办人", "去向",
    ],
    "B.2": [
        "入库批次编码", "入库时间", *_PACKAGE, *_WASTE, "入库量", "计量单位", "贮存设施编码", "贮存设施类型", "运送部门经办人",
        "贮存部门经办人", "产生批次编码",
    ],
    "B.3": [
        "出库批次编码", "出库时间", *_PACKAGE, *_WASTE, "出库量", "计量单位", "贮存设施编码", "贮存设施类型", "出库部门经办人",
        "运送部门经办人", "入库批次编码", "去向",
    ],
    "B.4": [
        "自行利用/处置批次编码", "自行利用/处置时间", *_PACKAGE, *_WASTE, "自行利用/处置量", "计量单位", "自行利用/处置设施编码",
        "自行利用/处置方式", "自行利用/处置完毕时间", "自行利用/处置部门经办人", "产生批次编码/出库批次编码",
    ],
    "B.5": [
        "委外利用/处置批次编码", "出厂时间", *_PACKAGE, *_WASTE, "委外利用/处置量", "计量单位", "利用/处置方式", "接收单位类型",
        "危险废物经营许可证持有单位名称", "许可证编码", "危险废物利用/处置环节豁免管理单位名称",
        "中华人民共和国境外的危险废物利用/处置单位名称", "出口核准通知单编号", "产生批次编码/出库批次编码",
    ],
}  # fmt: skip
ROWS: dict[str, Any] = {
    "B.1": ProductionRow,
    "B.2": StorageInRow,
    "B.3": StorageOutRow,
    "B.4": SelfTreatmentRow,
    "B.5": EntrustedRow,
    "C": BalanceLine,
    "gaps": GapLine,
    "filing": FilingLine,
    "plan": PlanLine,
    "planless": PlanStateLine,
    "capacity": LicenceLine,
    "outside": OutsideLine,
    "assessment": AssessmentLine,
    "register": RegisterRow,
    "struck": StruckRow,
}


@pytest.mark.parametrize("table", STANDARD)
def test_the_columns_of_the_standard_stand_first_and_in_its_order(table: str) -> None:
    columns = columns_of(table)
    standard = [column.zh for column in columns if column.basis.startswith("HJ 1259-2022")]
    assert standard == STANDARD[table]
    # What we add stands behind, and says so.
    assert all(column.zh.startswith("附：") for column in columns[len(standard) :])


@pytest.mark.parametrize("table", ROWS)
def test_every_row_has_a_value_for_each_column_and_no_other(table: str) -> None:
    assert tuple(column.field for column in columns_of(table)) == ROWS[table]._fields
