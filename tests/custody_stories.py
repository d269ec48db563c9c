"""The custody table told as stories: what happens | phase holder after it | reasons. Written by hand.

`released C>R` reads: C releases to R. `accepted R<C`: R accepts from C. Sites are one letter here, real codes in the
vectors: C clinic, R collector, T transfer point, K another carrier, D plant, A office. Behind the holder may stand
`>X` (offered to X), `#box`, `x2` (lives).
"""

from typing import Any

SITES = {
    "C": "C500114105001", "R": "R500114001001", "T": "T500114105001", "K": "R500114004001",
    "D": "D500114004001", "A": "A500114001001",
}  # fmt: skip
BOX = "B50011400000001P"

STORIES: dict[str, list[str]] = {
    "a whole life": [
        "issued A        | blank                |",
        "sealed C        | held C               |",
        "released C>R    | offered C >R         |",
        "accepted R<C    | held R               |",
        "released R>T    | offered R >T         |",
        "accepted T<R    | held T               |",
        "stored T        | held T               |",
        "counted T       | held T               |",
        "released T>D    | offered T >D         |",
        "accepted D<T    | held D               |",
        "disposed D      | disposed D           |",
    ],
    "blank labels are counted": ["issued A | blank |", "counted C | blank |", "sealed C | held C |"],
    "a code nobody issued": ["sealed C | held C | unknown_code"],
    "a code issued twice": ["issued A | blank |", "issued A | blank | duplicate_code"],
    "issued again while it lives": ["issued A | blank |", "sealed C | held C |", "issued A | held C | duplicate_code"],
    "issued again after a refusal": [
        "issued A | blank |", "sealed C | held C |", "released C>R | offered C >R |", "refused R<C | refused C |",
        "issued A | refused C | duplicate_code",
    ],
    "issued again after a loss": [
        "issued A | blank |", "sealed C | held C |", "loss C | lost C |", "issued A | lost C | duplicate_code",
    ],
    "two packages under one code": [
        "issued A | blank |", "sealed C | held C |", "sealed T | held C x2 | duplicate_code",
    ],
    "sealed again after its end": [
        "issued A | blank |", "sealed C | held C |", "released C>D | offered C >D |", "accepted D<C | held D |",
        "disposed D | disposed D |", "sealed C | disposed D x2 | duplicate_code",
    ],
    "moved without having been sealed": ["issued A | blank |", "accepted R<C | held R | never_sealed one_sided_hop"],
    "never seen before": ["released C>R | offered C >R | never_sealed"],
    "the taker did not scan": [
        "issued A | blank |", "sealed C | held C |", "released C>R | offered C >R |",
        "released R>T | offered R >T | one_sided_hop", "accepted T<R | held T |",
    ],
    "the giver did not scan": ["issued A | blank |", "sealed C | held C |", "accepted R<C | held R | one_sided_hop"],
    "the taker handed on what it never accepted": [
        "issued A | blank |", "sealed C | held C |", "released C>R | offered C >R |", "accepted T<R | held T | one_sided_hop",
    ],
    "a hop is missing": ["issued A | blank |", "sealed C | held C |", "accepted T<R | held T | missing_link"],
    "a stranger acts": ["issued A | blank |", "sealed C | held C |", "stored T | held T | missing_link"],
    "the named taker names another giver": [
        "issued A | blank |", "sealed C | held C |", "released C>R | offered C >R |", "accepted R<T | held R | wrong_giver",
    ],
    "another party accepts": [
        "issued A | blank |", "sealed C | held C |", "released C>R | offered C >R |",
        "accepted K<C | held K | wrong_destination",
    ],
    "nobody named takes it from nobody known": [
        "issued A | blank |", "sealed C | held C |", "released C>R | offered C >R |", "accepted D<T | held D | missing_link",
    ],
    "the taker scans twice": [
        "issued A | blank |", "sealed C | held C |", "released C>R | offered C >R |", "accepted R<C | held R |",
        "accepted R<C | held R |",
    ],
    "refused, brought back, sent again": [
        "issued A | blank |", "sealed C | held C |", "released C>R | offered C >R |", "refused R<C | refused C |",
        "released C>K | offered C >K |", "accepted K<C | held K |",
    ],
    "refused to a giver that never held it": [
        "issued A | blank |", "sealed C | held C |", "refused D<R | refused R | missing_link",
    ],
    "refused to a giver that never accepted it": [
        "issued A | blank |", "sealed C | held C |", "released C>R | offered C >R |",
        "refused D<R | refused R | one_sided_hop",
    ],
    "a box and out of it": [
        "issued A | blank |", "sealed C | held C |", "packed C | held C #box |", "released C>R | offered C >R #box |",
        "accepted R<C | held R #box |", "unpacked R | held R |",
    ],
    "the plant that never accepted it": [
        "issued A | blank |", "sealed C | held C |", "disposed D | disposed D | disposed_not_received",
    ],
    "the holder burns it while it is offered": [
        "issued A | blank |", "sealed C | held C |", "released C>R | offered C >R |", "disposed C | disposed C |",
    ],
    "the same end again": [
        "issued A | blank |", "sealed D | held D |", "disposed D | disposed D |", "disposed D | disposed D |",
    ],
    "seen after its end": [
        "issued A | blank |", "sealed D | held D |", "disposed D | disposed D |", "stored T | disposed D | seen_after_end",
        "disposed K | disposed D | seen_after_end",
    ],
    "lost and found": [
        "issued A | blank |", "sealed C | held C |", "released C>R | offered C >R |", "loss R | lost C >R |",
        "found C | held C |",
    ],
    "lost and found by its taker": [
        "issued A | blank |", "sealed C | held C |", "released C>R | offered C >R |", "loss R | lost C >R |",
        "found R | offered C >R |", "accepted R<C | held R |",
    ],
    "lost, and there all the same": [
        "issued A | blank |", "sealed C | held C |", "released C>R | offered C >R |", "loss C | lost C >R |",
        "accepted R<C | held R |",
    ],
    "lost, and at another place": [
        "issued A | blank |", "sealed C | held C |", "released C>R | offered C >R |", "loss C | lost C >R |",
        "accepted T<C | held T | one_sided_hop",
    ],
    "refused by one whom nobody offered it": [
        "issued A | blank |", "sealed C | held C |", "refused D<C | held C |",
    ],
    "found by another than the last holder": [
        "issued A | blank |", "sealed C | held C |", "loss C | lost C |", "found R | lost C | missing_link",
    ],
    "found by another while somebody has it": [
        "issued A | blank |", "sealed C | held C |", "found R | held C | missing_link", "found C | held C |",
        "released C>R | offered C >R |", "found R | offered C >R |", "found T | offered C >R | missing_link",
        "refused R<C | refused C |", "found R | refused C | missing_link",
    ],
    "a label found that nobody sealed": ["found R | unseen |", "issued A | blank |", "found R | blank |"],
    "a spill changes no hands": ["issued A | blank |", "sealed C | held C |", "spill C | held C |"],
    "stolen, then seen at a plant": [
        "issued A | blank |", "sealed C | held C |", "theft C | lost C |", "accepted D<R | held D | missing_link",
    ],
    "a spoiled label": ["issued A | blank |", "voided A | voided |", "sealed C | voided x1 | duplicate_code"],
    "a void label on a package that moves": [
        "issued A | blank |", "voided A | voided |", "counted C | voided | seen_after_end",
        "released C>R | offered C >R | seen_after_end never_sealed", "accepted R<C | held R |",
    ],
    "an unknown label declared void": ["voided A | voided | unknown_code"],
    "voided after sealing": ["issued A | blank |", "sealed C | held C |", "voided C | held C |"],
    "inspected and corrected change nothing": [
        "issued A | blank |", "inspected A | blank |", "sealed C | held C |", "corrected C | held C |", "inspected A | held C |",
    ],
}  # fmt: skip


def cases() -> dict[str, Any]:
    """The stories as vectors."""
    return {
        "about": "Each step: the fields of an event that decide() reads, the state after it, the reasons it gives.",
        "cases": [{"name": name, "steps": [_step(line, lines[:i]) for i, line in enumerate(lines)]}
                  for name, lines in STORIES.items()],
    }  # fmt: skip


def _step(line: str, before: list[str]) -> dict[str, Any]:
    told, after, reasons = line.split("|")
    kind, parties = told.split()
    event: dict[str, Any] = {"kind": kind, "site": SITES[parties[0]]}
    if kind in {"loss", "theft", "found", "spill"}:
        event |= {"kind": "incident", "incident": kind}
    if ">" in parties:
        event["to_site"] = SITES[parties[2]]
    if "<" in parties:
        event["from_site"] = SITES[parties[2]]
    if kind in {"packed", "unpacked"}:
        event["box"] = BOX
    phase, *rest = after.split()
    lives = next((int(part[1:]) for part in rest if part.startswith("x")), None)
    state = {
        "phase": phase,
        "holder": next((SITES[part] for part in rest if part in SITES), None),
        "offered_to": next((SITES[part[1:]] for part in rest if part.startswith(">")), None),
        "box": BOX if "#box" in rest else None,
        "lives_count": min(1, sum(earlier.startswith("sealed") for earlier in [*before, line]))
        if lives is None
        else lives,
    }
    return {"event": event, "after": state, "reasons": reasons.split()}
