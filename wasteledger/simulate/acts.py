"""Acts: what somebody does with a device in hand, before it is signed and handed in."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from schemas.entitlement import BADGE, COUNTERPART, NOBODY, PIN, Claim, Standing, is_entitled

if TYPE_CHECKING:
    from schemas.signing import DeviceKey
    from wasteledger.simulate.devices import Device

SECOND_MS = 1_000
MINUTE_MS = 60 * SECOND_MS
HOUR_MS = 60 * MINUTE_MS
DAY_MS = 24 * HOUR_MS


_BY = {"badge": BADGE, "paper": BADGE, "pin": PIN}


@dataclass(slots=True, eq=False)
class Act:
    """One scan.

    Attributes:
        at_ms: when it really happens.
        claim_ms: when it is said to have happened, where that is not the truth.
        person: who stands for it with badge and PIN; the signature is made when the act is signed.
        body: fields of its event, apart from what every event of the device carries.
        targets: fields of the event that name another act's event, filled in when this one is signed.
        event_id: once signed; `received_ms`: once handed in.
        withheld: signed, and never handed in.
        untrusted: its device's chain was broken, or its key revoked, when it was signed.
        forced: signed with this very device, even where another one has taken its place.
        about: the device that a word of trust is about.
    """

    at_ms: int
    device: "Device"
    body: dict[str, Any]
    targets: dict[str, "Act"] = field(default_factory=dict)
    claim_ms: int | None = None
    person: "DeviceKey | None" = None
    event_id: str = ""
    received_ms: int | None = None
    withheld: bool = False
    untrusted: bool = False
    forced: bool = False
    about: "Device | None" = None

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

    @property
    def is_entitled(self) -> bool:
        """Whether the table of who may say what lets its device say it, if whoever vouches is who he says that he is."""
        own, kind, body = self.device.site, self.kind, self.body
        site = body.get("site", own)
        standing = Standing.OFFICE if own[0] == "A" else Standing.OWN if site == own else Standing.OTHER
        third = kind in COUNTERPART and body.get(COUNTERPART[kind]) != own
        paper = kind == "accepted" and "backfill" in body
        claim = Claim.THIRD if third else Claim.PAPER if paper else Claim.PLAIN
        vouched = _BY.get(body.get("vouch_method", ""), NOBODY) if "vouched_by" in body else NOBODY
        return is_entitled(kind, standing, site=site, vouched=vouched, claim=claim)
