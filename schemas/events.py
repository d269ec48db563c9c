"""Every event: frozen values, one tagged union.

An event is made once, on a device, stored there before it is sent, and never changes. `parse_event` turns the payload of a
verified note into one of these. An `ItemEvent` speaks of packages and boxes; an `OfficeEvent` of devices, licences, rules and cases.
The EPCIS 2.0 business step of each kind is given in its docstring.
"""

from typing import Annotated, Any, Literal, get_args

from pydantic import Field, TypeAdapter, ValidationError, model_validator

from schemas.canonical import INTEGER_MAX
from schemas.errors import ContractError
from schemas.event_base import (
    CODES_MAX,
    NOTE_MAX,
    Actor,
    BoxCode,
    Day,
    DeviceId,
    Event,
    Hash,
    ItemCode,
    ItemEvent,
    ItemOrBoxCode,
    Label,
    ManifestNumber,
    MassG,
    Note,
    Plate,
    SiteCode,
    Time,
    WasteCode,
)
from schemas.opening import OpeningStock
from schemas.quantities import MASS_G_MAX
from schemas.sense import check_sense

Masses = Annotated[list[MassG | None], Field(min_length=1, max_length=CODES_MAX)]
#: Where a mass at a hand-over comes from; a `copied` or `estimated` one is no second weighing.
MassSource = Literal["scale", "typed", "copied", "estimated"]


class Issued(ItemEvent):
    """Codes put on label stock for a site. EPCIS: encoding."""

    kind: Literal["issued"]
    stock: Label
    for_site: SiteCode


class Sealed(ItemEvent):
    """A package is closed, labelled and weighed: its life begins. EPCIS: commissioning.

    Attributes:
        unit: the ward (科室) it comes from.
    """

    kind: Literal["sealed"]
    codes: Annotated[list[ItemCode], Field(min_length=1, max_length=1)]
    waste_code: WasteCode
    package: Literal["bag", "sharps_box", "drum"]
    mass_g: Annotated[int, Field(gt=0, le=MASS_G_MAX)]
    mass_source: Literal["scale", "typed", "estimated"]
    unit: Label | None = None


class Packed(ItemEvent):
    """Packages put into a box (小箱进大箱). EPCIS: packing."""

    kind: Literal["packed"]
    codes: Annotated[list[ItemCode], Field(min_length=1, max_length=CODES_MAX)]
    box: BoxCode


class Unpacked(ItemEvent):
    """Packages taken out of a box; `complete` when it was emptied and every package was seen. EPCIS: unpacking."""

    kind: Literal["unpacked"]
    codes: Annotated[list[ItemCode], Field(min_length=1, max_length=CODES_MAX)]
    box: BoxCode
    complete: bool


class Released(ItemEvent):
    """The holder hands over to a named party. EPCIS: collecting, shipping."""

    kind: Literal["released"]
    to_site: SiteCode
    manifest: ManifestNumber | None = None
    vehicle: Plate | None = None
    masses_g: Masses | None = None
    mass_source: MassSource | None = None


class Accepted(ItemEvent):
    """The taker takes over from a named party; masses where there is a scale. EPCIS: receiving."""

    kind: Literal["accepted"]
    from_site: SiteCode
    manifest: ManifestNumber | None = None
    vehicle: Plate | None = None
    masses_g: Masses | None = None
    mass_source: MassSource | None = None
    packages_count: Annotated[int, Field(ge=0, le=100_000)] | None = None


class Refused(ItemEvent):
    """The taker refuses, which obliges the giver to return or redirect. EPCIS: receiving, mismatch.

    A part of a load is refused by naming only its codes; the rest is accepted by an `accepted`.

    Attributes:
        onward: what the parties agreed upon there and then.
    """

    kind: Literal["refused"]
    from_site: SiteCode
    reason: Literal["damaged", "mislabelled", "not_permitted", "mass_differs", "count_differs", "other"]
    onward: Literal["return", "redirect"] | None = None
    manifest: ManifestNumber | None = None


class Stored(ItemEvent):
    """Put into a room of a site. EPCIS: storing."""

    kind: Literal["stored"]
    room: Label


class Counted(ItemEvent):
    """Stock-take: these are here now, and `complete` says that nothing else is. EPCIS: inspecting.

    Exactly one of `room` (of a site), `box` (opened and looked into) and `stock` (a roll of blank labels) says where. An empty place
    is counted with no codes. More packages than fit are counted in several events of one `count_name`, the last of them `complete`.
    """

    kind: Literal["counted"]
    codes: Annotated[list[ItemOrBoxCode], Field(max_length=CODES_MAX)]
    room: Label | None = None
    box: BoxCode | None = None
    stock: Label | None = None
    count_name: Label | None = None
    complete: bool

    @model_validator(mode="after")
    def _one_place(self) -> "Counted":
        if sum(place is not None for place in (self.room, self.box, self.stock)) != 1:
            message = "room, box, stock: say exactly one of them"
            raise ValueError(message)
        return self


class Disposed(ItemEvent):
    """Destroyed in a batch; life ends. EPCIS: destroying."""

    kind: Literal["disposed"]
    batch: Label
    method: Literal["incineration", "steam", "microwave", "chemical", "landfill", "recovery"]


class Inspected(ItemEvent):
    """A regulator looked. EPCIS: inspecting."""

    kind: Literal["inspected"]
    result: Literal["in_order", "objection"]


class Incident(ItemEvent):
    """Spill, damage, loss or theft declared, or something lost found again."""

    kind: Literal["incident"]
    incident: Literal["spill", "damage", "loss", "theft", "found"]


class Printed(ItemEvent):
    """Labels came out of a printer; a second copy says why (HJ 1276-2022: one package, one label). EPCIS: encoding.

    Attributes:
        copy_no: 1 for the first print, 2 and more for reprints.
    """

    kind: Literal["printed"]
    job: Label
    copy_no: Annotated[int, Field(ge=1, le=99)]
    reason: Literal["damaged", "lost", "unreadable", "printer_fault"] | None = None


class Vouched(ItemEvent):
    """A party stands for an act after it: the keeper of an unattended room, or a producer whose badge alone was read.

    The authority stands so for a void (which then holds), and for a sealing that another party's device made.
    """

    kind: Literal["vouched"]
    target_event_id: Hash


class Voided(ItemEvent):
    """A label spoiled or unused, or an item that never was. EPCIS: decommissioning."""

    kind: Literal["voided"]
    reason: Literal["spoiled", "unused", "never_was"]


class Corrected(ItemEvent):
    """An earlier event was wrong. EPCIS: errorDeclaration.

    The other party answers with a `corrected` of its own that names the first one in `agrees_with` or in `refuses`; until it has agreed,
    the items are disputed. An authority's answer is final. The device that made the event may take it back alone for a
    short while (rule `undo_min`), as long as nobody else has acted on it.
    """

    kind: Literal["corrected"]
    target_event_id: Hash
    reason: Literal["did_not_occur", "wrong_mass", "wrong_waste"]
    mass_g: Annotated[int, Field(gt=0, le=MASS_G_MAX)] | None = None
    waste_code: WasteCode | None = None
    agrees_with: Hash | None = None
    refuses: Hash | None = None

    @model_validator(mode="after")
    def _one_answer(self) -> "Corrected":
        if self.agrees_with is not None and self.refuses is not None:
            message = "agrees_with, refuses: say one of them"
            raise ValueError(message)
        return self


class Relabelled(ItemEvent):
    """A label that was torn off or can not be read is replaced: one package, one life, and both codes find it.

    `codes` names the old code, `new_code` a blank label of the site's own stock. EPCIS: commissioning.
    """

    kind: Literal["relabelled"]
    codes: Annotated[list[ItemCode], Field(min_length=1, max_length=1)]
    new_code: ItemCode
    reason: Literal["damaged", "lost", "unreadable", "mislabelled"]

    @model_validator(mode="after")
    def _another_code(self) -> "Relabelled":
        if self.new_code == self.codes[0]:
            message = "new_code: the same as the old code"
            raise ValueError(message)
        return self


class Washed(ItemEvent):
    """A box cleaned and disinfected. EPCIS: cleaning."""

    kind: Literal["washed"]
    codes: Annotated[list[BoxCode], Field(min_length=1, max_length=CODES_MAX)]


#: Most carriers in turn (联运) on one manifest.
CARRIERS_MAX = 5


class Manifested(Event):
    """An act on a transfer manifest itself; what it carries follows from the scans that name it (转移办法 art. 10 to 20).

    `drafted` by the consignor (移出人, the event's `site`); `confirmed` by the consignee within five working days of acceptance
    (art. 18); `voided` by the consignor, with a reason.

    Attributes:
        form: `paper` for one printed beforehand and filled in by hand.
        carriers: in the order of their legs (联运, art. 17).
        method: how the consignee is to treat it.
        opinion, difference: the consignee's word, and a major difference (重大差异) in words.
    """

    kind: Literal["manifested"]
    manifest: ManifestNumber
    action: Literal["drafted", "confirmed", "voided"]
    form: Literal["electronic", "paper"] | None = None
    carriers: Annotated[list[SiteCode], Field(min_length=1, max_length=CARRIERS_MAX)] | None = None
    consignee: SiteCode | None = None
    vehicle: Plate | None = None
    driver: Actor | None = None
    waste_codes: Annotated[list[WasteCode], Field(min_length=1, max_length=CODES_MAX)] | None = None
    planned_on: Day | None = None
    method: Literal["incineration", "steam", "microwave", "chemical", "landfill", "recovery"] | None = None
    opinion: Literal["accepted", "part_accepted", "refused"] | None = None
    difference: Note | None = None
    reason: Note | None = None

    @model_validator(mode="after")
    def _needed_fields(self) -> "Manifested":
        needed = {
            "drafted": ("form", "carriers", "consignee", "waste_codes"),
            "confirmed": ("opinion",),
            "voided": ("reason",),
        }
        for name in needed[self.action]:
            if not getattr(self, name):
                message = f"{name}: a manifest can not be {self.action} without it"
                raise ValueError(message)
        return self


class OfficeEvent(Event):
    """What an office does, signed by an office key like any other event."""


class Enrolled(OfficeEvent):
    """A device's key is admitted for a site."""

    kind: Literal["enrolled"]
    device: DeviceId
    public_key: Hash
    for_site: SiteCode
    role: Literal["device", "office"]
    prior_device: DeviceId | None = None


class Revoked(OfficeEvent):
    """A device's key is no longer trusted; what it still hands in is taken with a finding."""

    kind: Literal["revoked"]
    device: DeviceId
    reason: Literal["lost", "stolen", "replaced", "retired"]


class Trusted(OfficeEvent):
    """Up to which number a revoked, copied or rewritten device is to be believed all the same.

    Attributes:
        last_seq: the last number that counts; what the device made after it, or what arrived late, proves nothing.
        note: what the office looked at.
    """

    kind: Literal["trusted"]
    device: DeviceId
    last_seq: Annotated[int, Field(ge=0, le=INTEGER_MAX)]


class Evidenced(OfficeEvent):
    """A photo or paper is stored and hashes to what `attachments` names: what others may rest on it stands in the log, not on a disk.

    A device hands a file in before or after its own event that names the hash; an act that needs evidence waits for this word.

    Attributes:
        attachments: exactly one hash, of the file's bytes.
        size_bytes, media: of the file, by its first bytes.
        device: that handed it in; none when somebody brought it to the office, who is then the `actor`.
    """

    kind: Literal["evidenced"]
    attachments: Annotated[list[Hash], Field(min_length=1, max_length=1)]
    size_bytes: Annotated[int, Field(gt=0, le=INTEGER_MAX)]
    media: Literal["image/jpeg", "image/png", "application/pdf"]
    device: DeviceId | None = None


class Licensed(OfficeEvent):
    """A licence to carry or dispose, as an office vouches for it."""

    kind: Literal["licensed"]
    holder: SiteCode
    licence: Label
    waste_codes: Annotated[list[WasteCode], Field(min_length=1, max_length=CODES_MAX)]
    valid_from: Day
    valid_to: Day


class Ruled(OfficeEvent):
    """A rule row is put in force with its legal basis; `register` as the rule: a whole register, by its digest in `basis`.

    Attributes:
        holds_from: first day on which it holds (China); from the beginning of time where there is none.
        decision: why it holds for days that had passed when it was entered (a decision of the authority).
    """

    kind: Literal["ruled"]
    rule: Label
    value: Annotated[int, Field(ge=0, le=INTEGER_MAX)]
    basis: Annotated[str, Field(min_length=1, max_length=NOTE_MAX)]
    holds_from: Day | None = None
    decision: Annotated[str, Field(min_length=1, max_length=NOTE_MAX)] | None = None


#: A case is escalated from the site (1) to the township (2) to the district (3).
CASE_LEVEL_MAX = 3


class Cased(OfficeEvent):
    """Something was done to a case (督办单).

    Attributes:
        finding, code, items: the finding that the case is about, named when it is opened.
        owner: the site that has to answer, by `due_at`.
        level: 1 site, 2 township, 3 district.
        note: what was said; evidence lies in `attachments`, as hashes.
    """

    kind: Literal["cased"]
    case: Label
    action: Literal["opened", "assigned", "answered", "escalated", "closed", "reopened"]
    finding: Label | None = None
    code: Label | None = None
    items: Annotated[list[ItemOrBoxCode], Field(min_length=1, max_length=CODES_MAX)] | None = None
    owner: SiteCode | None = None
    due_at: Time | None = None
    level: Annotated[int, Field(ge=1, le=CASE_LEVEL_MAX)] | None = None

    @model_validator(mode="after")
    def _needed_fields(self) -> "Cased":
        needed = {
            "opened": ("finding", "code", "owner", "due_at", "level"), "assigned": ("owner", "due_at"), "answered": ("note",),
            "escalated": ("owner", "due_at", "level"), "closed": ("note",), "reopened": ("note", "due_at"),
        }  # fmt: skip
        for name in needed[self.action]:
            if not getattr(self, name):
                message = f"{name}: a case can not be {self.action} without it"
                raise ValueError(message)
        return self


AnyItemEvent = (
    Issued | Sealed | Packed | Unpacked | Released | Accepted | Refused | Stored | Counted | Disposed
    | Inspected | Incident | Voided | Corrected | Relabelled | Washed | Printed | Vouched | OpeningStock
)  # fmt: skip
AnyEvent = Annotated[
    AnyItemEvent | Manifested | Enrolled | Revoked | Trusted | Evidenced | Licensed | Ruled | Cased,
    Field(discriminator="kind"),
]

#: The form of each kind.
FORMS: dict[str, type[Event]] = {
    kind: event for event in get_args(get_args(AnyEvent)[0]) for kind in get_args(event.model_fields["kind"].annotation)
}
#: Every kind of event.
KINDS = frozenset(FORMS)

_ADAPTER: TypeAdapter[AnyEvent] = TypeAdapter(AnyEvent)


def event_json_schema() -> dict[str, Any]:
    """JSON Schema of an event, for readers in other languages."""
    return _ADAPTER.json_schema()


def parse_event(payload: dict[str, Any]) -> AnyEvent:
    """An event of this version that makes sense, from the payload of a note: what a device or an office may send.

    Raises:
        ContractError: naming each field that is wrong.
    """
    event = parse_stored(payload)
    check_sense(payload)
    return event


def parse_stored(payload: dict[str, Any]) -> AnyEvent:
    """An event of this version out of the log, where an older service may have taken what would be refused today.

    Raises:
        ContractError: naming each field that is not of its form.
    """
    try:
        return _ADAPTER.validate_python(payload)
    except ValidationError as error:
        raise malformed(error, skip=1) from None


def malformed(error: ValidationError, *, skip: int = 0) -> ContractError:
    """What Pydantic found, as a sentence; `skip` steps of each place are the kind of event, which nobody asked for."""
    problems = "; ".join(f"{'.'.join(map(str, e['loc'][skip:])) or 'event'}: {e['msg']}" for e in error.errors())
    return ContractError(f"event: {problems}")
