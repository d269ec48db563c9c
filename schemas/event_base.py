"""What every event carries, and the checked types of its fields."""

import re
from datetime import date, datetime
from functools import lru_cache
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from schemas.canonical import INTEGER_MAX, decode_base64
from schemas.codes import Code, CodeKind, parse_code
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
_SIGNATURE_BYTES = 64


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


def _check_signature(text: str) -> str:
    if len(decode_base64(text)) != _SIGNATURE_BYTES:
        message = "not the base64 of 64 bytes"
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
Signature = Annotated[str, AfterValidator(_check_signature)]
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


class Backfill(_Part):
    """The act was first written on paper and is entered later (补录; 危险废物转移管理办法 art. 20).

    Attributes:
        happened_at: when it happened, as the paper says; it stands in for `occurred_at` in the chain.
        reason: why it could not be recorded at once.
        paper: number on the paper.
    """

    happened_at: Time
    reason: Literal["no_signal", "device_broken", "power_cut", "service_down", "other"]
    paper: Label | None = None


class Event(_Part):
    """What every event carries.

    Attributes:
        device_seq: 0, 1, 2 … without holes, so that a lost scan shows.
        device_prev: hash of the device's previous event; for 0 the leaf hash of its enrolment.
        occurred_at: the device's wall clock with offset.
        monotonic_ms, boot_id: time since the device started, to see and mend a wrong clock.
        site: the party on whose behalf the act stands (holder, giver or taker), by its site code.
        vouched_by, vouch_method: who stands for the act, and how weakly.
        vouch_signature: that person's own signature, made with badge and PIN (`schemas.vouching`).
        checkpoint: the newest checkpoint the device had verified.
        backfill: says that, when and why this was first on paper.
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
    vouch_signature: Signature | None = None
    position: Position | None = None
    checkpoint: Checkpoint | None = None
    counter_event: CounterEvent | None = None
    backfill: Backfill | None = None
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
