"""Devices as the log admits them, and what a device is to the site that an event of it names.

1. An office admits a device for a site; admitted for a further site, it is a device of both from then on: what it said in that site's name
   before gains nothing.
2. What a device hands in after its revocation, and what stands behind a broken link of its own chain (a copy, a restored backup, a
   rewritten past), is *untrusted*, until the office says up to which number the device counts (`trusted`).
3. Else it is the office, a device of the site, or somebody else's.
"""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from schemas.entitlement import Standing

if TYPE_CHECKING:
    from wasteledger.domain.facts import Fact

#: Behind every number: nothing is broken.
NEVER_BROKEN = 2**53


@dataclass(slots=True)
class Admission:
    """One admitted device.

    Attributes:
        sites: that it was admitted for, in order; `enrolled_ms`: when the first of these was received; `later`: when each further one was.
        revoked: moment of receipt and index of the revocation.
        trusted_seq: the last number that the office believes in spite of a revocation or a broken link; -1 for none.
        broken_from: the first number behind a broken link of its chain.
    """

    role: str = "device"
    sites: list[str] = field(default_factory=list)
    enrolled_ms: int = 0
    revoked: tuple[int, int] | None = None
    trusted_seq: int = -1
    broken_from: int = NEVER_BROKEN
    later: dict[str, int] = field(default_factory=dict)

    @property
    def is_unquestioned(self) -> bool:
        """Whether nothing was ever said against the device, and all that it says is judged alike."""
        return self.revoked is None and self.broken_from == NEVER_BROKEN and not self.later

    def has(self, site: str, received_ms: int) -> bool:
        """Whether it was a device of the site when something of it was received; of its first one it always was."""
        return site in self.sites and received_ms >= self.later.get(site, received_ms)

    def is_untrusted(self, fact: "Fact") -> bool:
        """Whether the event proves nothing by itself."""
        number = fact.event.device_seq
        if number <= self.trusted_seq:
            return False
        if number >= self.broken_from:
            return True
        return self.revoked is not None and (fact.received_ms, fact.index) > self.revoked


class Admissions(dict[str, Admission]):
    """Every admitted device by its id.

    Attributes:
        rights: answers of `entitled.py` that hold for every event of a device, by (device, site, kind); forgotten when any device changes.
    """

    def __init__(self) -> None:
        """Begins with none."""
        super().__init__()
        self.rights: dict[tuple[str, str, str], int] = {}


def has_device(site: str, fact: "Fact", admissions: Admissions) -> bool:
    """Whether a site had a device of its own, not revoked, when a fact was handed in."""
    moment = (fact.received_ms, fact.index)
    return any(
        known.has(site, fact.received_ms)
        and known.enrolled_ms <= fact.received_ms
        and (known.revoked is None or moment < known.revoked)
        for known in admissions.values()
    )


def standing_of(fact: "Fact", admissions: Admissions) -> Standing:
    """What the device that signed a fact is to the site that it names; kept on the fact."""
    known = admissions.get(fact.event.device_id)
    if known is None or not known.has(fact.event.site, fact.received_ms):
        standing = Standing.OTHER
    elif known.role == "office":
        standing = Standing.OFFICE
    else:
        standing = Standing.OWN
    if known is not None and standing is not Standing.OTHER and known.is_untrusted(fact):
        standing = Standing.UNTRUSTED
    fact.standing = standing
    return standing


def take_office_event(fact: "Fact", admissions: Admissions) -> str:
    """Takes in an enrolment, a revocation or a word of trust; returns the device whose standing it changed, empty for none.

    Intake lets nobody but an office enrol or revoke; a `trusted` of anybody else is not heard here.
    """
    event = fact.event
    admissions.rights.clear()
    if fact.kind == "enrolled":
        admission = admissions.setdefault(event.device, Admission())
        if event.for_site not in admission.sites:
            if not admission.sites:
                # Admitted again, a device stays what it is.
                admission.role, admission.enrolled_ms = event.role, fact.received_ms
            else:
                admission.later[event.for_site] = fact.received_ms
            admission.sites.append(event.for_site)
            return event.device
    elif fact.kind == "revoked":
        admission, moment = admissions.setdefault(event.device, Admission()), (fact.received_ms, fact.index)
        if admission.revoked is None or moment < admission.revoked:
            admission.revoked = moment
            return event.device
    elif fact.kind == "trusted" and standing_of(fact, admissions) is Standing.OFFICE:
        admission = admissions.setdefault(event.device, Admission())
        if event.last_seq > admission.trusted_seq:
            admission.trusted_seq = event.last_seq
            return event.device
    return ""


def break_chain(device: str, number: int, admissions: Admissions) -> bool:
    """A link of a device's chain does not fit, or a number stands on two events; whether that is news."""
    admissions.rights.clear()
    admission = admissions.setdefault(device, Admission())
    if number >= admission.broken_from:
        return False
    admission.broken_from = number
    return True
