"""How the signer of a fact may say what it says: the table of `schemas.entitlement`, asked with the register of the day.

The answer is kept on the fact. A number below is also how strong the evidence of one side of a hand-over is, where the side is the
device of its own site or vouched for.

A badge is read by the device of somebody who takes part: the other side of a hand-over, or whoever takes what is sealed. That a package
was taken is known when all that is told of it is known, so the walk asks for it (`declarations.check_sealer`). Every other word
in a site's name takes its own device, or the PIN; but who has just made an act by a badge may take it back by the same badge.
"""

from collections.abc import Collection

from schemas.entitlement import BADGE as BY_BADGE
from schemas.entitlement import COUNTERPART, Claim, Standing, is_entitled, may_be_vouched
from schemas.vouching import verify_vouch
from wasteledger.domain.admissions import Admission
from wasteledger.domain.facts import Fact, Source
from wasteledger.domain.legal_days import legal_day
from wasteledger.domain.register import Directory
from wasteledger.domain.told_again import told_again

#: The signer may not say it.
NOT = 0
#: A person of the site stands for it: on paper; by a badge; by badge and PIN, which everybody can check again.
PAPER, BADGE, PIN = 2, 3, 4
#: A device of the site; a device of the authority.
OWN, OFFICE = 5, 6
_METHODS = {"paper": PAPER, "badge": BADGE, "pin": BADGE}
#: What the office says in a party's name: it draws up manifests for consignors without a device, files their answers in a case, and
#: writes down what it saw at their place; it is the authority wherever it stands, and takes nothing over.
_IN_A_NAME = frozenset({"manifested", "cased", "inspected", "counted"})


def entitlement_of(fact: Fact, source: Source, directory: Directory) -> int:
    """How the signer may say it: one of the numbers above; `NOT` is 0."""
    known = fact.entitlement
    if known is None:
        known = fact.entitlement = _entitlement(fact, source, directory)
    return known


def _entitlement(fact: Fact, source: Source, directory: Directory) -> int:
    event = fact.event
    # Devices say the same kinds of thing for the same sites all day long.
    key = (event.device_id, event.site, fact.kind)
    known = source.admissions.rights.get(key)
    if known is not None:
        return known
    standing = source.standing_of(fact)
    if standing is Standing.OTHER:
        if fact.kind in _IN_A_NAME and said_by_office(fact, source):
            return OFFICE
        return _vouched(fact, source, directory)
    if not is_entitled(fact.kind, standing, site=event.site):
        return NOT
    entitlement = OFFICE if standing is Standing.OFFICE else OWN
    if source.admissions[event.device_id].is_unquestioned:
        source.admissions.rights[key] = entitlement
    return entitlement


def said_by_office(fact: Fact, source: Source) -> bool:
    """Whether a device of the office that is believed says it, for its own site or in a party's name."""
    known = source.admissions.get(fact.event.device_id)
    return known is not None and known.role == "office" and not known.is_untrusted(fact)


def _vouched(fact: Fact, source: Source, directory: Directory) -> int:
    """Whether a person registered at the site on that day stands for an act on another party's device, and how."""
    event = fact.event
    method, admission = _METHODS.get(event.vouch_method), source.admissions.get(event.device_id)
    if method is None or not event.vouched_by or admission is None or admission.is_untrusted(fact):
        return NOT
    claim = _claim(fact, admission, source)
    if not may_be_vouched(fact.kind, event.site, claim=claim):
        return NOT
    then = directory.at(fact.occurred_ms)
    person = then.people.get(event.vouched_by)
    if person is None or not person.is_registered(event.site, legal_day(fact.occurred_ms)):
        return NOT
    if event.vouch_method == "pin" and person.vouch_key and event.vouch_signature:
        origin = then.register.origin
        return PIN if verify_vouch(person.vouch_key, origin=origin, payload=event.__dict__) else NOT
    return method if may_be_vouched(fact.kind, event.site, BY_BADGE, claim) else NOT


def _claim(fact: Fact, admission: Admission, source: Source) -> Claim:
    """What an event on another party's device says beside its kind."""
    counterpart = COUNTERPART.get(fact.kind)
    if counterpart and not admission.has(getattr(fact.event, counterpart), fact.received_ms):
        return Claim.THIRD
    if _takes_back(fact, source):
        return Claim.UNDO
    return Claim.PAPER if fact.event.backfill else Claim.PLAIN


def _takes_back(fact: Fact, source: Source) -> bool:
    """Whether a badge says of an act that it never was, on the device on which a badge of that site had made it; a PIN is not undone so."""
    event = fact.event
    if fact.kind != "corrected" or event.reason != "did_not_occur" or event.agrees_with or event.refuses:
        return False
    return any(
        told.event_id == event.target_event_id
        and (told.event.device_id, told.event.site) == (event.device_id, event.site)
        and told.event.vouch_method != "pin"
        for code in event.codes
        for told in source.facts_of(code)
    )


def is_unattended(fact: Fact) -> bool:
    """Whether nobody stood by: a party has to stand for it later."""
    return fact.event.vouch_method == "none"


def words_on(fact: Fact, names: Collection[str], source: Source) -> list[Fact]:
    """The words by which somebody stands for an event, as far as it concerns a package: who names another one says nothing of it.

    Told by two taps, it is one event: a word on either is a word on both.

    `names`: what the package is called: its labels, and the boxes that it lay in.
    """
    return [
        word
        for told in (fact, *told_again(fact, source))
        for word in source.targets.get(told.event_id, ())
        if word.kind == "vouched" and any(code in names for code in word.event.codes)
    ]


def answer_to(
    fact: Fact, names: Collection[str], source: Source, directory: Directory, *, within_ms: int | None = None
) -> Fact | None:
    """The word by which a device of the fact's own site, attended, stands for it afterwards; within a time where one is given."""
    for answer in words_on(fact, names, source):
        if answer.event.site != fact.event.site or is_unattended(answer):
            continue
        if entitlement_of(answer, source, directory) != OWN:
            continue
        # In time is what was handed in in time: a claim alone would be as good a day as a month later.
        if within_ms is None or answer.received_ms - fact.received_ms <= within_ms:
            return answer
    return None


def authority_on(fact: Fact, names: Collection[str], source: Source, directory: Directory) -> Fact | None:
    """The word by which the authority stands for an event."""
    words = words_on(fact, names, source)
    return next((word for word in words if entitlement_of(word, source, directory) == OFFICE), None)


def told_before(one: Fact, other: Fact) -> bool:
    """Whether it is proved that one fact was known before another one: by its receipt, or by the chain of the device that made both."""
    if one.event.device_id == other.event.device_id:
        return one.event.device_seq < other.event.device_seq
    return one.received_ms <= other.received_ms
