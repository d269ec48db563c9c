"""Who may say what: kind of event × who signed it × what it claims → entitled or not.

A signature proves who speaks, not that he may. An event is never refused for that; one whose signer may not say it is *not entitled*:
it changes nothing that would raise the rate or lower a mass, it stays visible, and what it shows as an observation only adds doubt.

    standing     who signed
    own          a device admitted for the site on whose behalf the event stands
    office       a device that the office admitted as an office, acting for its own site: the authority
    other        any other admitted device
    untrusted    a device after its revocation, or behind a broken link of its own chain (see `Trusted`)

    column       entitled is
    own          a device of the site
    vouched      another party's device, where a person registered at the site on that day vouched: by badge at least, or by badge and
                 PIN alone. A badge is a picture that anybody can have taken, so it stands for nothing but what the device that reads it
                 takes part in itself: a hand-over to or from that device's own site, and the sealing of what that site takes
    office       the authority

    claim        what the event says beside its kind, and by what a person has to vouch for it then (`CLAIMS`)
    plain        nothing more than that
    third        a hand-over, on a device that is not the other side's: nobody's word stands for it there
    paper        what was first on paper: who took something over on paper enters that himself, by badge and PIN at least
    undo         a site's act, made by its badge on this device, never was: the same badge takes it back there

The same table is written a second time in the offline verifier, and both are held against `vectors/entitlement.json`.
"""

from enum import StrEnum
from typing import NamedTuple

from schemas.codes import SiteKind, site_kind


class Standing(StrEnum):
    """What a signer is to the site that an event names."""

    OWN = "own"
    OFFICE = "office"
    OTHER = "other"
    UNTRUSTED = "untrusted"


class Claim(StrEnum):
    """What an event says beside its kind, as far as it decides who may stand for it on another party's device."""

    PLAIN = "plain"
    THIRD = "third"
    PAPER = "paper"
    UNDO = "undo"


class Effect(StrEnum):
    """What an event would do, and so what becomes of one whose signer may not say it (design section 14)."""

    ACT = "act"  # raises the rate: without entitlement it has no effect
    SEALING = "sealing"  # adds to the denominator: the package stays in it, unproven
    OBSERVATION = "observation"  # can only add doubt: counts from anybody
    DECLARATION = "declaration"  # lowers a mass or the denominator, or says how the past is to be read: without entitlement no effect


class Right(NamedTuple):
    """One row of the table."""

    own: bool
    vouched: str
    office: bool
    effect: Effect


_A, _S, _O, _D = Effect
#: What a person stands for an act by on another party's device, the stronger one last; paper counts like a badge.
NOBODY, BADGE, PIN = "", "badge", "pin"
_STRENGTH = (NOBODY, BADGE, PIN)
#: Kind → who may say it.
RIGHTS: dict[str, Right] = {
    "issued": Right(own=False, vouched=NOBODY, office=True, effect=_A),
    "printed": Right(own=True, vouched=NOBODY, office=True, effect=_A),
    "sealed": Right(own=True, vouched=BADGE, office=False, effect=_S),
    "opening_stock": Right(own=True, vouched=NOBODY, office=False, effect=_D),
    "packed": Right(own=True, vouched=PIN, office=False, effect=_A),
    "unpacked": Right(own=True, vouched=PIN, office=False, effect=_A),
    "released": Right(own=True, vouched=BADGE, office=False, effect=_A),
    "accepted": Right(own=True, vouched=BADGE, office=False, effect=_A),
    "refused": Right(own=True, vouched=BADGE, office=False, effect=_A),
    "stored": Right(own=True, vouched=PIN, office=False, effect=_A),
    "counted": Right(own=True, vouched=PIN, office=True, effect=_O),
    "disposed": Right(own=True, vouched=NOBODY, office=False, effect=_A),
    "inspected": Right(own=True, vouched=NOBODY, office=True, effect=_O),
    "washed": Right(own=True, vouched=PIN, office=False, effect=_A),
    "incident": Right(own=True, vouched=PIN, office=True, effect=_D),
    "voided": Right(own=True, vouched=PIN, office=True, effect=_D),
    "corrected": Right(own=True, vouched=PIN, office=True, effect=_D),
    "relabelled": Right(own=True, vouched=PIN, office=True, effect=_D),
    "vouched": Right(own=True, vouched=NOBODY, office=True, effect=_D),
    "manifested": Right(own=True, vouched=NOBODY, office=True, effect=_D),
    "enrolled": Right(own=False, vouched=NOBODY, office=True, effect=_D),
    "revoked": Right(own=False, vouched=NOBODY, office=True, effect=_D),
    "trusted": Right(own=False, vouched=NOBODY, office=True, effect=_D),
    "evidenced": Right(own=False, vouched=NOBODY, office=True, effect=_D),
    "licensed": Right(own=False, vouched=NOBODY, office=True, effect=_D),
    "ruled": Right(own=False, vouched=NOBODY, office=True, effect=_D),
    "cased": Right(own=False, vouched=NOBODY, office=True, effect=_D),
}
#: Where a hand-over names its other side, on whose device a person may stand for it.
COUNTERPART = {"released": "to_site", "accepted": "from_site", "refused": "from_site"}
#: By what a person stands for an act that claims more than its kind, where it is something else than in the table.
CLAIMS: dict[tuple[str, Claim], str] = {
    **{(kind, Claim.THIRD): NOBODY for kind in COUNTERPART},
    ("accepted", Claim.PAPER): PIN,
    ("corrected", Claim.UNDO): BADGE,
}
#: A plant takes over, refuses and destroys with its own device only: nobody's badge stands for it.
_OWN_DEVICE_ONLY = {("accepted", SiteKind.PLANT), ("refused", SiteKind.PLANT)}
#: Whose packages another party's device may seal, when a registered person of the site vouches.
_SEALED_FOR = frozenset({SiteKind.CLINIC, SiteKind.HOSPITAL, SiteKind.GENERATOR, SiteKind.TRANSFER_POINT})


def may_be_vouched(kind: str, site: str, by: str = PIN, claim: Claim = Claim.PLAIN) -> bool:
    """Whether a person of `site` may stand for this kind of act on another party's device, by a badge, or by badge and PIN."""
    right = RIGHTS.get(kind)
    if right is None or not right.vouched or (kind, site_kind(site)) in _OWN_DEVICE_ONLY:
        return False
    if kind == "sealed" and site_kind(site) not in _SEALED_FOR:
        return False
    needed = CLAIMS.get((kind, claim), right.vouched)
    return bool(needed) and _STRENGTH.index(by) >= _STRENGTH.index(needed)


def is_entitled(kind: str, standing: Standing, *, site: str, vouched: str = NOBODY, claim: Claim = Claim.PLAIN) -> bool:
    """Whether the signer of an event may say it.

    Args:
        kind: of the event; one that this version does not know entitles nobody.
        standing: what the signing device is to `site`.
        site: the party on whose behalf the event stands.
        vouched: by what a person registered at `site` on that day vouched for it: `badge`, `pin`, empty where nobody did.
        claim: what it says beside its kind.
    """
    right = RIGHTS.get(kind)
    if right is None or standing is Standing.UNTRUSTED:
        return False
    if standing is Standing.OFFICE:  # an office acts for its own site like any other device of a site
        return right.office or right.own
    if standing is Standing.OWN:
        return right.own
    return may_be_vouched(kind, site, vouched, claim)


def effect_of(kind: str) -> Effect:
    """What an event of this kind would do."""
    right = RIGHTS.get(kind)
    return right.effect if right else Effect.ACT
