"""Who may say what, the table written a second time: the service's own lies in `schemas/entitlement.py`, and no code is shared.

Both are held against `schemas/vectors/entitlement.json`.
"""

#: What a signer is to the site that his event names.
OWN, OFFICE, OTHER, UNTRUSTED = "own", "office", "other", "untrusted"
#: What an event would do: raise the rate, add to the denominator, add doubt, or say how the past is to be read.
ACT, SEALING, OBSERVATION, DECLARATION = "act", "sealing", "observation", "declaration"

#: By what a person vouches on another party's device; paper counts like a badge.
NOBODY, BADGE, PIN = "", "badge", "pin"

#: What an event says beside its kind: nothing; a hand-over on a device that is not the other side's; what was first on paper; that an act
#: which a badge made on this device never was.
PLAIN, THIRD, PAPER, UNDO = "plain", "third", "paper", "undo"

#: Kind → who may say it (d: a device of the site, o: an office, and another's device if a person of the site vouches: v by a badge, p only
#: by badge and PIN), and the effect.
_TABLE = {
    "sealed": ("dv", SEALING),
    "packed": ("dp", ACT), "unpacked": ("dp", ACT), "released": ("dv", ACT), "accepted": ("dv", ACT),
    "refused": ("dv", ACT), "stored": ("dp", ACT), "washed": ("dp", ACT),
    "disposed": ("d", ACT), "opening_stock": ("d", DECLARATION), "printed": ("do", ACT), "issued": ("o", ACT),
    "counted": ("dpo", OBSERVATION), "inspected": ("do", OBSERVATION),
    "incident": ("dpo", DECLARATION), "voided": ("dpo", DECLARATION), "corrected": ("dpo", DECLARATION),
    "relabelled": ("dpo", DECLARATION),
    "vouched": ("do", DECLARATION), "manifested": ("do", DECLARATION),
    "enrolled": ("o", DECLARATION), "revoked": ("o", DECLARATION), "trusted": ("o", DECLARATION),
    "licensed": ("o", DECLARATION), "ruled": ("o", DECLARATION), "cased": ("o", DECLARATION),
    "evidenced": ("o", DECLARATION),
}  # fmt: skip
KINDS = frozenset(_TABLE)
#: By what a person vouches for one that claims more, where that differs: v, p, or not at all.
_CLAIMS = {
    ("released", THIRD): "", ("accepted", THIRD): "", ("refused", THIRD): "", ("accepted", PAPER): "p", ("corrected", UNDO): "v",
}  # fmt: skip
#: By the first letter of the site's code: clinics, hospitals, other producers and transfer points may be sealed for.
_SEALED_FOR = "CHGT"
#: A plant takes over and refuses by its own device alone.
_PLANT, _OWN_AT_PLANT = "D", ("accepted", "refused")


def may_be_vouched(kind: str, site: str, by: str = PIN, claim: str = PLAIN) -> bool:
    """Whether a person of the site may stand for this on another party's device, by a badge, or by badge and PIN."""
    who = _CLAIMS.get((kind, claim), _TABLE.get(kind, ("", ACT))[0])
    if not (("v" in who and by in {BADGE, PIN}) or ("p" in who and by == PIN)):
        return False
    if kind == "sealed":
        return site[:1] in _SEALED_FOR
    return not (site.startswith(_PLANT) and kind in _OWN_AT_PLANT)


def is_entitled(kind: str, standing: str, *, site: str, vouched: str = NOBODY, claim: str = PLAIN) -> bool:
    """Whether the signer of an event may say it; nobody may say a kind that this table lacks."""
    who, _ = _TABLE.get(kind, ("", ACT))
    if standing == OWN:
        return "d" in who
    if standing == OFFICE:
        return "o" in who or "d" in who
    return standing == OTHER and may_be_vouched(kind, site, vouched, claim)


def effect_of(kind: str) -> str:
    """What an event of this kind would do."""
    return _TABLE.get(kind, ("", ACT))[1]
