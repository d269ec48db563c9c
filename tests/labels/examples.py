"""Label fields for the tests of labels: one good example of each kind, changed by the test that needs it."""

from datetime import date

from schemas.codes import box_code, identification_code, stock_code
from schemas.label_fields import BoxLabel, HazardousLabel, LabelFields, MedicalLabel

USCC = "91130200699229617X"
DAY = date(2026, 11, 2)
STOCK = stock_code("500114", 123)
LONG = identification_code(USCC, "900-214-08", DAY, 1)


def medical(**changes: object) -> MedicalLabel:
    """A bag of infectious waste of a township health centre."""
    fields = {
        "code": STOCK,
        "package": "bag",
        "waste_code": "841-001-01",
        "producer": "黔江区小南海镇卫生院",
        "produced_on": DAY,
    }
    return MedicalLabel.model_validate(fields | changes)


def hazardous(**changes: object) -> HazardousLabel:
    """A drum of used oil of a garage."""
    fields = {
        "code": LONG,
        "waste_name": "废机油",
        "waste_code": "900-214-08",
        "form": "液态",
        "hazards": ("T", "I"),
        "main_components": "矿物油、水、金属屑",
        "harmful_components": "矿物油、多环芳烃",
        "cautions": "密封保存，远离火种、热源，防渗漏；泄漏时用吸油毡收集。",
        "producer": "重庆市黔江区武陵汽车修理有限公司",
        "uscc": USCC,
        "contact": "张三 13800000000",
        "produced_on": DAY,
        "mass_g": 38_500,
        "volume_l": 50,
    }
    return HazardousLabel.model_validate(fields | changes)


def box(**changes: object) -> BoxLabel:
    """A turnover box of a transfer point."""
    fields = {"code": box_code("500114", 12), "owner": "黔江区城东街道医疗废物中转点"}
    return BoxLabel.model_validate(fields | changes)


def every_kind() -> dict[str, LabelFields]:
    """Labels of every kind, category, package and size, by a name."""
    labels: dict[str, LabelFields] = {"box": box()}
    for serial, waste_code in enumerate(("841-001-01", "841-002-01", "841-003-01", "841-004-01", "841-005-01"), 1):
        for package in ("bag", "sharps_box", "drum"):
            code = stock_code("500114", serial)
            labels[f"{package} {waste_code}"] = medical(code=code, waste_code=waste_code, package=package)
        code = identification_code(USCC, waste_code, DAY, serial)
        labels[f"37 characters {waste_code}"] = medical(code=code, waste_code=waste_code, package="sharps_box")
    labels["37 characters drum"] = medical(code=identification_code(USCC, "841-001-01", DAY, 9), package="drum")
    labels["37 characters bag"] = medical(code=identification_code(USCC, "841-001-01", DAY, 9))
    for volume_l in (1, 50, 51, 450):
        labels[f"hazardous {volume_l} L"] = hazardous(volume_l=volume_l)
        labels[f"hazardous {volume_l} L, all hazards"] = hazardous(
            volume_l=volume_l, hazards=("T", "C", "I", "R", "In"), cautions="密封保存，远离火种。"
        )
        labels[f"hazardous {volume_l} L, half solid"] = hazardous(volume_l=volume_l, form="半固态")
    labels["hazardous 451 L"] = hazardous(volume_l=451)
    labels["hazardous, stock code"] = hazardous(code=STOCK)
    return labels
