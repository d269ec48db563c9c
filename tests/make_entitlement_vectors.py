"""Who may say what, written down a third time, by hand: as a regulator would read the table aloud, one sentence for each group of kinds."""

from itertools import product
from typing import Any

#: Two parties at one device: the site's own, or another's that reads the badge of a person of the site.
_TOGETHER = ("sealed", "released", "accepted", "refused")
#: Hands on packages at one's own place: the site's device, or another's where a person of the site vouches by badge and PIN.
_HANDS = ("packed", "unpacked", "stored", "washed")
#: Words about packages: the same, and the authority.
_WORDS = ("counted", "incident", "voided", "corrected", "relabelled")
#: By a device of the site itself, or by the authority; nobody's badge stands for it.
_BY_OWN_DEVICE = ("printed", "inspected", "vouched", "manifested")
#: By a device of the site alone.
_BY_NOBODY_ELSE = ("disposed", "opening_stock")
#: By the authority alone.
_BY_THE_OFFICE = ("issued", "enrolled", "revoked", "trusted", "licensed", "ruled", "cased", "evidenced")
_EFFECTS = {
    "act": ("issued", "printed", "packed", "unpacked", "released", "accepted", "refused", "stored", "disposed", "washed"),
    "sealing": ("sealed",),
    "observation": ("counted", "inspected"),
    "declaration": (
        "incident", "voided", "corrected", "relabelled", "vouched", "manifested", "enrolled", "revoked", "trusted", "licensed",
        "ruled", "cased", "evidenced", "opening_stock",
    ),
}  # fmt: skip
_STANDINGS = ("own", "office", "other", "untrusted")
#: What an event may say beside its kind: on a device that is not the other side's; first on paper; that what a badge made here never was.
_CLAIMS = ("third", "paper", "undo")
#: One site of each kind.
_SITES = (
    "C500114105001", "H500114001001", "G500114001001", "T500114105001", "R500114001001", "D500114004001", "A500114001001",
)  # fmt: skip
#: A kind of a later version.
_UNKNOWN = "teleported"


def _may(kind: str, standing: str, site: str, *, vouched: str) -> bool:
    if standing == "untrusted" or kind == _UNKNOWN:
        return False
    if standing == "own":
        return kind not in _BY_THE_OFFICE
    if standing == "office":  # for its own site it is a device like any other
        return True
    plants_own = site[0] == "D" and kind in {"accepted", "refused"}
    handlers_own = site[0] in "RDA" and kind == "sealed"
    if plants_own or handlers_own:
        return False
    return (kind in _TOGETHER and vouched in {"badge", "pin"}) or (kind in _HANDS + _WORDS and vouched == "pin")


def _may_claiming(kind: str, claim: str, site: str, *, vouched: str) -> bool:
    """On another party's device, of an event that says more than its kind."""
    if claim == "third" and kind in {"released", "accepted", "refused"}:
        return False  # a hand-over is read by the device of its other side
    if claim == "paper" and kind == "accepted" and vouched == "badge":
        return False  # who took it over on paper enters that himself
    if claim == "undo" and kind == "corrected" and vouched == "badge":
        return True  # by a badge made, by a badge taken back
    return _may(kind, "other", site, vouched=vouched)


def entitlement() -> dict[str, Any]:
    """Every kind × standing × vouched × kind of site, what an event of the kind would do, and what more it may claim."""
    kinds = sorted(_TOGETHER + _HANDS + _WORDS + _BY_OWN_DEVICE + _BY_NOBODY_ELSE + _BY_THE_OFFICE)
    effects = {kind: effect for effect, group in _EFFECTS.items() for kind in group}
    rows = product([*kinds, _UNKNOWN], _STANDINGS, ("-", "badge", "pin"), _SITES)
    cases = [
        f"{kind} {standing} {vouched} {site} {'yes' if _may(kind, standing, site, vouched=vouched) else 'no'}"
        for kind, standing, vouched, site in rows
    ]
    claiming = [
        f"{kind} {claim} {vouched} {site} {'yes' if _may_claiming(kind, claim, site, vouched=vouched) else 'no'}"
        for kind, claim, vouched, site in product([*kinds, _UNKNOWN], _CLAIMS, ("-", "badge", "pin"), _SITES)
    ]
    return {
        "fields": "kind, standing of the signer, by what a registered person of the site vouched, site, entitled",
        "effects": effects | {_UNKNOWN: "act"},
        "cases": cases,
        "fields_of_claims": "kind, what else it claims, by what a registered person of the site vouched at another party, site, entitled",
        "claims": claiming,
    }
