"""Every event: frozen values, one tagged union.

An event is made once, on a device, stored there before it is sent, and never changes. `parse_event` turns the payload of a
verified note into one of these. An `ItemEvent` speaks of packages and boxes; an `OfficeEvent` of devices, licences, rules and cases.
The EPCIS 2.0 business step of each kind is given in its docstring.
"""

import re
from datetime import date, datetime
from functools import lru_cache
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, model_validator

from schemas.canonical import INTEGER_MAX, decode_base64
from schemas.codes import Code, CodeKind, parse_code
from schemas.errors import ContractError
from schemas.quantities import MASS_G_MAX
from schemas.waste import check_waste_code

VERSION = 1
CODES_MAX = 200
NOTE_MAX = 200
ATTACHMENTS_MAX = 10

_TIME = re.compile(
    r"20[0-9]{2}-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:[0-5][0-9]\.[0-9]{3}[+-][01][0-9]:[0-5][0-9]"
)
_HASH_BYTES = 32


@lru_cache(maxsize=65536)
def _parse(text: str) -> Code:
    return parse_code(text)


def _of(*kinds: CodeKind) -> AfterValidator:
    def check(text: str) -> str:
        if _parse(text).kind not in kinds:
            message = f"{text} is no code of a {' or '.join(kinds)}"
            raise ValueError(message)
        return text

    return AfterValidator(check)


def _check_hash(text: str) -> str:
    if len(decode_base64(text)) != _HASH_BYTES:
        message = "not the base64 of 32 bytes"
        raise ValueError(message)
    return text


def _check_time(text: str) -> str:
    if not _TIME.fullmatch(text):
        message = "write times as 2026-11-02T08:15:00.000+08:00"
        raise ValueError(message)
    datetime.fromisoformat(text)
    return text


def _check_day(text: str) -> str:
    date.fromisoformat(text)
    return text


Hash = Annotated[str, AfterValidator(_check_hash)]
Time = Annotated[str, AfterValidator(_check_time)]
DeviceId = Annotated[str, Field(pattern=r"^[a-z2-7]{16}$")]
Count = Annotated[int, Field(ge=0, le=INTEGER_MAX)]
MassG = Annotated[int, Field(ge=0, le=MASS_G_MAX)]
ItemCode = Annotated[str, _of(CodeKind.ITEM)]
BoxCode = Annotated[str, _of(CodeKind.BOX)]
ItemOrBoxCode = Annotated[str, _of(CodeKind.ITEM, CodeKind.BOX)]
SiteCode = Annotated[str, _of(CodeKind.SITE)]
ManifestNumber = Annotated[str, _of(CodeKind.MANIFEST)]
WasteCode = Annotated[str, AfterValidator(check_waste_code)]
#: Pseudonym of a person; the name stands in an erasable table outside the log.
Actor = Annotated[str, Field(pattern=r"^u-[a-z0-9]{2,16}$")]
Plate = Annotated[str, Field(min_length=5, max_length=12)]
Label = Annotated[str, Field(min_length=1, max_length=40)]
Note = Annotated[str, Field(max_length=NOTE_MAX)]
Day = Annotated[str, Field(pattern=r"^20[0-9]{2}-[01][0-9]-[0-3][0-9]$"), AfterValidator(_check_day)]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Checkpoint(_Part):
    """The last log checkpoint that the device verified."""

    size: Count
    root: Hash


class CounterEvent(_Part):
    """The other party's event that this one answers."""

    device_id: DeviceId
    device_seq: Count
    event_id: Hash


class Position(_Part):
    """Where the device was: WGS 84 in millionths of a degree, accuracy in metres."""

    latitude_udeg: Annotated[int, Field(ge=-90_000_000, le=90_000_000)]
    longitude_udeg: Annotated[int, Field(ge=-180_000_000, le=180_000_000)]
    accuracy_m: Annotated[int, Field(ge=0, le=100_000)]


class Event(_Part):
    """What every event carries.

    Attributes:
        device_seq: 0, 1, 2 … without holes, so that a lost scan shows.
        device_prev: hash of the device's previous event; for 0 the leaf hash of its enrolment.
        occurred_at: the device's wall clock with offset.
        monotonic_ms, boot_id: time since the device started, to see and mend a wrong clock.
        site: the party on whose behalf the act stands (holder, giver or taker), by its site code.
        vouched_by, vouch_method: who stands for the act, and how weakly.
        checkpoint: the newest checkpoint the device had verified.
    """

    version: Annotated[int, Field(ge=VERSION, le=VERSION)]  # `Literal[1]` would let `true` pass
    device_id: DeviceId
    device_seq: Count
    device_prev: Hash
    occurred_at: Time
    monotonic_ms: Count
    boot_id: Annotated[str, Field(pattern=r"^[0-9a-f]{16}$")]
    site: SiteCode
    actor: Actor
    vouched_by: Actor | None = None
    vouch_method: Literal["badge", "pin", "own_device", "paper", "none"]
    position: Position | None = None
    checkpoint: Checkpoint | None = None
    counter_event: CounterEvent | None = None
    attachments: Annotated[list[Hash], Field(max_length=ATTACHMENTS_MAX, default_factory=list)]
    note: Note | None = None

    @property
    def occurred_ms(self) -> int:
        """`occurred_at` as UTC milliseconds since 1970."""
        moment = datetime.fromisoformat(self.occurred_at)
        return int(moment.timestamp()) * 1000 + moment.microsecond // 1000


class ItemEvent(Event):
    """An event about packages or boxes."""

    codes: Annotated[list[ItemOrBoxCode], Field(min_length=1, max_length=CODES_MAX)]

    @model_validator(mode="after")
    def _codes_once(self) -> "ItemEvent":
        if len(set(self.codes)) != len(self.codes):
            message = "codes: one code stands twice in one event"
            raise ValueError(message)
        masses = self.__dict__.get("masses_g")  # not every kind has them, and asking in vain is slow
        if masses is not None and len(masses) != len(self.codes):
            message = "masses_g: one mass (or null) for each code, in the same order"
            raise ValueError(message)
        return self

    def mass_of(self, code: str) -> int | None:
        """The mass in grams that this event gives `code`, where it weighed it."""
        masses = getattr(self, "masses_g", None)
        return None if masses is None else masses[self.codes.index(code)]


Masses = Annotated[list[MassG | None], Field(min_length=1, max_length=CODES_MAX)]


class Issued(ItemEvent):
    """Codes put on label stock for a site. EPCIS: encoding."""

    kind: Literal["issued"]
    stock: Label
    for_site: SiteCode


class Sealed(ItemEvent):
    """A package is closed, labelled and weighed: its life begins. EPCIS: commissioning."""

    kind: Literal["sealed"]
    codes: Annotated[list[ItemCode], Field(min_length=1, max_length=1)]
    waste_code: WasteCode
    package: Literal["bag", "sharps_box", "drum"]
    mass_g: Annotated[int, Field(gt=0, le=MASS_G_MAX)]
    mass_source: Literal["scale", "typed", "estimated"]


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


class Accepted(ItemEvent):
    """The taker takes over from a named party; masses where there is a scale. EPCIS: receiving."""

    kind: Literal["accepted"]
    from_site: SiteCode
    manifest: ManifestNumber | None = None
    vehicle: Plate | None = None
    masses_g: Masses | None = None
    packages_count: Annotated[int, Field(ge=0, le=100_000)] | None = None


class Refused(ItemEvent):
    """The taker refuses, which obliges the giver to return or redirect. EPCIS: receiving, mismatch."""

    kind: Literal["refused"]
    from_site: SiteCode
    reason: Literal["damaged", "mislabelled", "not_permitted", "mass_differs", "count_differs", "other"]
    manifest: ManifestNumber | None = None


class Stored(ItemEvent):
    """Put into a room of a site. EPCIS: storing."""

    kind: Literal["stored"]
    room: Label


class Counted(ItemEvent):
    """Stock-take: these are here now, and `complete` says that nothing else is. EPCIS: inspecting."""

    kind: Literal["counted"]
    room: Label
    complete: bool


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


class Voided(ItemEvent):
    """A label spoiled or unused, or an item that never was. EPCIS: decommissioning."""

    kind: Literal["voided"]
    reason: Literal["spoiled", "unused", "never_was"]


class Corrected(ItemEvent):
    """An earlier event was wrong. EPCIS: errorDeclaration.

    The other party agrees with a `corrected` of its own that names the first one in `agrees_with`; until then the
    items are disputed.
    """

    kind: Literal["corrected"]
    target_event_id: Hash
    reason: Literal["did_not_occur", "wrong_mass"]
    mass_g: Annotated[int, Field(gt=0, le=MASS_G_MAX)] | None = None
    agrees_with: Hash | None = None


class Washed(ItemEvent):
    """A box cleaned and disinfected. EPCIS: cleaning."""

    kind: Literal["washed"]
    codes: Annotated[list[BoxCode], Field(min_length=1, max_length=CODES_MAX)]


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


class Licensed(OfficeEvent):
    """A licence to carry or dispose, as an office vouches for it."""

    kind: Literal["licensed"]
    holder: SiteCode
    licence: Label
    waste_codes: Annotated[list[WasteCode], Field(min_length=1, max_length=CODES_MAX)]
    valid_from: Day
    valid_to: Day


class Ruled(OfficeEvent):
    """A rule row is put in force with its legal basis."""

    kind: Literal["ruled"]
    rule: Label
    value: Annotated[int, Field(ge=0, le=INTEGER_MAX)]
    basis: Annotated[str, Field(min_length=1, max_length=NOTE_MAX)]


class Cased(OfficeEvent):
    """Something was done to a case (督办单)."""

    kind: Literal["cased"]
    case: Label
    action: Literal["opened", "assigned", "answered", "escalated", "closed"]


AnyItemEvent = (
    Issued | Sealed | Packed | Unpacked | Released | Accepted | Refused | Stored | Counted | Disposed
    | Inspected | Incident | Voided | Corrected | Washed
)  # fmt: skip
AnyEvent = Annotated[
    AnyItemEvent | Enrolled | Revoked | Licensed | Ruled | Cased,
    Field(discriminator="kind"),
]

_ADAPTER: TypeAdapter[AnyEvent] = TypeAdapter(AnyEvent)


def event_json_schema() -> dict[str, Any]:
    """JSON Schema of an event, for readers in other languages."""
    return _ADAPTER.json_schema()


def parse_event(payload: dict[str, Any]) -> AnyEvent:
    """An event from the payload of a note.

    Raises:
        ContractError: naming each field that is wrong.
    """
    try:
        return _ADAPTER.validate_python(payload)
    except ValidationError as error:
        problems = "; ".join(f"{'.'.join(map(str, e['loc'][1:])) or 'event'}: {e['msg']}" for e in error.errors())
        message = f"event: {problems}"
        raise ContractError(message) from None
