"""What must stand on a label, by kind: the service fills it in, labels/ draws it or refuses.

Fields have lengths because paper has; whether a text fits the label is for the layout to say.
"""

from datetime import date
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from schemas.codes import check_uscc
from schemas.event_base import BoxCode, ItemCode, WasteCode
from schemas.quantities import MASS_G_MAX

TEXT_MAX = 120

Text = Annotated[str, Field(min_length=1, max_length=TEXT_MAX)]
Hazard = Literal["T", "C", "I", "R", "In"]


class _Label(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class MedicalLabel(_Label):
    """Medical package: HJ 421-2008 marking and the 中文标签 of 医疗卫生机构医疗废物管理办法.

    The rule asks for producer, day, category and any needed note. `package` chooses the wording and
    the smallest warning sign: 12 cm bag, 6 cm sharps box.
    """

    label: Literal["medical"] = "medical"
    code: ItemCode
    package: Literal["bag", "sharps_box", "drum"]
    waste_code: WasteCode
    producer: Text
    produced_on: date
    notes: Annotated[str, Field(max_length=TEXT_MAX)] = ""


class HazardousLabel(_Label):
    """Hazardous waste package by HJ 1276-2022 (orange label, 数字识别码, QR).

    `volume_l` chooses the smallest lawful size: ≤ 50 L 100 mm, ≤ 450 L 150 mm, above 200 mm.
    """

    label: Literal["hazardous"] = "hazardous"
    code: ItemCode
    waste_name: Text
    waste_code: WasteCode
    form: Literal["固态", "液态", "半固态", "气态"]
    hazards: Annotated[tuple[Hazard, ...], Field(min_length=1, max_length=5)]
    main_components: Text
    harmful_components: Text
    cautions: Text
    producer: Text
    uscc: Annotated[str, AfterValidator(check_uscc)]
    contact: Text
    produced_on: date
    mass_g: Annotated[int, Field(strict=True, gt=0, le=MASS_G_MAX)]
    volume_l: Annotated[int, Field(strict=True, gt=0, le=30_000)]
    remarks: Annotated[str, Field(max_length=TEXT_MAX)] = ""


class BoxLabel(_Label):
    """The permanent label of a turnover box (周转箱), HJ 421-2008."""

    label: Literal["box"] = "box"
    code: BoxCode
    owner: Text


LabelFields = Annotated[MedicalLabel | HazardousLabel | BoxLabel, Field(discriminator="label")]
