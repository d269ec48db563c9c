"""What stands on the papers of a transfer: the manifest, the monthly medical one, and the trip card of a vehicle.

The service fills them in from scans; `labels.manifest_form` draws them. Empty texts are lines to be filled in by hand. Times are
texts in China's time, masses whole grams.
"""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from schemas.event_base import ManifestNumber, WasteCode
from schemas.quantities import MASS_G_MAX

TEXT_MAX = 200
#: A note quotes a reason of up to 200 characters, or lists every missing field.
NOTE_MAX = 500
#: Wastes on one manifest, and hand-overs on one monthly form: several pages, never without an end.
LINES_MAX = 2_000
CARRIERS_MAX = 10
NOTES_MAX = 20

Text = Annotated[str, Field(max_length=TEXT_MAX)]
Name = Annotated[str, Field(min_length=1, max_length=TEXT_MAX)]
Grams = Annotated[int, Field(strict=True, ge=0, le=MASS_G_MAX)]
Packages = Annotated[int, Field(strict=True, ge=0, le=1_000_000)]
Notes = Annotated[tuple[Annotated[str, Field(max_length=NOTE_MAX)], ...], Field(max_length=NOTES_MAX)]


class _Form(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class WasteLine(_Form):
    """One waste on a manifest.

    Attributes:
        packages_count, mass_g: moved out; None on a blank form.
        accepted_count, accepted_g: taken by the consignee; None before it has decided.
        opinion: the consignee's, on this waste.
    """

    waste_name: Name
    waste_code: WasteCode
    hazards: Text = ""
    form: Text = ""
    harmful: Text = ""
    packaging: Text = ""
    packages_count: Packages | None = None
    mass_g: Grams | None = None
    accepted_count: Packages | None = None
    accepted_g: Grams | None = None
    opinion: Text = ""


class PartyPart(_Form):
    """A party of a manifest: 单位名称、地址、联系电话、经办人、许可证编号."""

    name: Text = ""
    address: Text = ""
    phone: Text = ""
    handler: Text = ""
    licence: Text = ""


class CarrierPart(_Form):
    """One carrier's part (第二部分 运输信息); there is one for each carrier in turn (联运)."""

    party: PartyPart
    driver: Text = ""
    driver_phone: Text = ""
    plate: Text = ""
    start_place: Text = ""
    departed_at: Text = ""
    via: Text = ""
    end_place: Text = ""
    arrived_at: Text = ""


class ManifestForm(_Form):
    """危险废物转移联单.

    Attributes:
        phase: in Chinese.
        difference: a major difference (重大差异) in words, `无` where there is none, empty before the consignee's word.
        opinion, method: the consignee's word on the whole.
        notes: the legal basis, back-filled paper, a void and its reason.
        drawn_at: when this copy was made.
    """

    number: ManifestNumber
    phase: Text
    on_paper: bool
    planned_on: Text = ""
    consignor: PartyPart
    handed_over_at: Text = ""
    wastes: Annotated[tuple[WasteLine, ...], Field(min_length=1, max_length=LINES_MAX)]
    carriers: Annotated[tuple[CarrierPart, ...], Field(min_length=1, max_length=CARRIERS_MAX)]
    consignee: PartyPart
    accepted_at: Text = ""
    difference: Text = ""
    opinion: Text = ""
    method: Text = ""
    notes: Notes = ()
    drawn_at: Text = ""


class HandOver(_Form):
    """One hand-over of medical waste, a line of the monthly form or of a trip card.

    Attributes:
        wastes: categories in Chinese.
        giver, taker: names of the sites; `given_by`, `taken_by`: of the persons, empty for strangers and on paper.
        accepted: whether the other side has scanned it.
    """

    at: Name
    giver: Name
    taker: Name
    wastes: Text = ""
    packages_count: Packages
    mass_g: Grams
    number: ManifestNumber | None = None
    plate: Text = ""
    given_by: Text = ""
    taken_by: Text = ""
    accepted: bool


class MedicalMonth(_Form):
    """《危险废物转移联单》（医疗废物专用）: one for each institution and month, a line for each hand-over.

    Source: 医疗废物集中处置技术规范（试行）环发〔2003〕206号.

    Attributes:
        month: as `2026-11`.
    """

    institution: Name
    address: Text = ""
    phone: Text = ""
    beds: Annotated[int, Field(ge=0, le=20_000)]
    month: Annotated[str, Field(pattern=r"^20[0-9]{2}-[01][0-9]$")]
    basis: Text
    lines: Annotated[tuple[HandOver, ...], Field(max_length=LINES_MAX)]
    drawn_at: Text = ""


class TripCard(_Form):
    """《医疗废物运送登记卡》: one for each trip of a vehicle (一车一卡), a line for each hand-over to it, and what came of them.

    Source: 医疗废物集中处置技术规范（试行）环发〔2003〕206号.

    Attributes:
        day: as `2026-11-02`.
        deliveries: hand-overs from the vehicle.
    """

    carrier: Name
    plate: Name
    driver: Text = ""
    day: Annotated[str, Field(pattern=r"^20[0-9]{2}-[01][0-9]-[0-3][0-9]$")]
    collections: Annotated[tuple[HandOver, ...], Field(max_length=LINES_MAX)]
    deliveries: Annotated[tuple[HandOver, ...], Field(max_length=LINES_MAX)]
    drawn_at: Text = ""
