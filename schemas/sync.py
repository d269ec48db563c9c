"""What a device and the service say to each other: batches, verdicts, receipts.

A batch is never refused whole, and one unreadable event never blocks the ones behind it. Sending the same bytes again gives
the same verdict, for ever.

Versions meet here. A device that is newer than its service reads in the answer which versions and kinds the service understands: what
else it sends is kept and takes effect after the service's upgrade (`schemas.growth`). A device that is older than its
service goes on as before: its events stay valid, and it passes over what it does not know of an answer.
"""

from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from schemas.event_base import VERSION
from schemas.events import KINDS
from schemas.signing import NOTE_BYTES_MAX

#: Events in one request; a handheld with more sends another request.
BATCH_EVENTS_MAX = 500

#: Versions of events that this service understands.
VERSIONS = [VERSION]
#: Kinds of events that it understands.
KINDS_UNDERSTOOD = sorted(KINDS)

#: new: appended, with a reason where it has no effect yet · duplicate: had been appended before · fork: another event stands under this
#: number, both are kept · quarantine: signed, but not canonical or a known field is wrong, kept in the log · held: unknown key or bad
#: signature, kept aside, not counted · noted: a hello that told nothing new.
VerdictCode = Literal["new", "duplicate", "fork", "quarantine", "held", "noted"]


class _Message(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class EventBatch(_Message):
    """Signed event notes as a device made them, in the order of their numbers; a hello, where there is one, behind them."""

    events: Annotated[
        list[Annotated[str, Field(min_length=1, max_length=NOTE_BYTES_MAX)]],
        Field(min_length=1, max_length=BATCH_EVENTS_MAX),
    ]


@dataclass(slots=True)
class Verdict:
    """What became of one event.

    Attributes:
        index: its place in the log; None when it is held aside.
        leaf_hash: base64 of the log entry's hash, the start of a chain for the device that an enrolment admits.
        received_ms: the service's clock when it was first taken in, UTC milliseconds.
        reason: for people, when the verdict is not `new`, or when the event is kept and has no effect yet.
    """

    event_id: str
    verdict: VerdictCode
    index: int | None = None
    leaf_hash: str | None = None
    received_ms: int | None = None
    reason: str | None = None


class NumberRange(_Message):
    """Numbers of a device, first and last included, that the log misses."""

    device_id: str
    first: int
    last: int


class BatchAnswer(_Message):
    """One verdict for each event, in the order of the batch, and the log as it stands.

    Attributes:
        needed: holes in a device's numbers right before what it just sent; send these events again.
        receipt: the signed promise (R1) that each event with an index stands there, one for the whole answer.
        versions, kinds: of events that the service understands. Others are kept too, and have no effect before its upgrade;
            a field that it does not know is named in the event's verdict. Empty from a service older than this contract.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")  # a newer service may say more

    verdicts: list[Verdict]
    tree_size: int
    root: str
    server_ms: int
    needed: list[NumberRange] = []
    receipt: str | None = None
    versions: list[int] = []
    kinds: list[str] = []
