"""Whether the signer of a fact may say it: the table of `schemas.entitlement`, asked of what the log and the register know.

1. A device of the site that the event names, and the office, say what the table gives them.
2. A person registered at that site on the day of the act stands for it on another party's device: at a hand-over on the counterpart's.
3. The office says in a party's name what it may say for itself: it draws up manifests for consignors that have no device.
"""

from schemas.entitlement import Standing, is_entitled, may_be_vouched
from wasteledger.domain.checks import legal_day
from wasteledger.domain.facts import Fact, Source
from wasteledger.domain.register import Directory

#: How somebody stands for an act by being there.
_VOUCHING = frozenset({"badge", "pin", "paper"})
_HAND_OVERS = frozenset({"released", "accepted", "refused"})


def entitled_fact(fact: Fact, source: Source, directory: Directory) -> bool:
    """Whether the signer of a fact may say it; numbered list above."""
    event, standing = fact.event, source.standing_of(fact)
    if is_entitled(fact.kind, standing, site=event.site, vouched=False):
        return True
    if standing is not Standing.OTHER:
        return False
    if event.vouched_by and may_be_vouched(fact.kind, event.site):
        return _is_vouched(fact, source, directory)
    return said_by_office(fact, source) and is_entitled(fact.kind, Standing.OFFICE, site=event.site, vouched=False)


def said_by_office(fact: Fact, source: Source) -> bool:
    """Whether a device of the office that is trusted says it, for itself or in a party's name."""
    known = source.admissions.get(fact.event.device_id)
    return known is not None and known.role == "office" and not known.is_untrusted(fact)


def _is_vouched(fact: Fact, source: Source, directory: Directory) -> bool:
    """Whether a person of the site stands for the act, and at a hand-over on the other party's device."""
    event = fact.event
    person, device = directory.people.get(event.vouched_by or ""), source.admissions.get(event.device_id)
    if person is None or device is None or device.is_untrusted(fact) or event.vouch_method not in _VOUCHING:
        return False
    if fact.kind in _HAND_OVERS and (event.to_site or event.from_site) not in device.sites:
        return False
    return person.is_registered(event.site, legal_day(fact.occurred_ms))
