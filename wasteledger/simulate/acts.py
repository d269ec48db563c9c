"""Acts: what somebody does with a device in hand, before it is signed and handed in."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from wasteledger.simulate.devices import Device

SECOND_MS = 1_000
MINUTE_MS = 60 * SECOND_MS
HOUR_MS = 60 * MINUTE_MS
DAY_MS = 24 * HOUR_MS


@dataclass(slots=True, eq=False)
class Act:
    """One scan.

    Attributes:
        at_ms: when it really happens.
        body: fields of its event, apart from what every event of the device carries.
        targets: fields of the event that name another act's event, filled in when this one is signed.
        event_id: once signed; `received_ms`: once handed in.
        withheld: signed, and never handed in.
    """

    at_ms: int
    device: "Device"
    body: dict[str, Any]
    targets: dict[str, "Act"] = field(default_factory=dict)
    event_id: str = ""
    received_ms: int | None = None
    withheld: bool = False

    @property
    def kind(self) -> str:
        """Kind of the event."""
        kind: str = self.body["kind"]
        return kind

    @property
    def codes(self) -> list[str]:
        """What it names."""
        codes: list[str] = self.body.get("codes", [])
        return codes
