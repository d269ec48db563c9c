"""The next expected step of an item: who must do what, by when, on what legal basis.

Absence is an object: every state but the end has a next step, and a step not made in time is a finding.
"""

from typing import NamedTuple

from schemas.codes import SiteKind
from schemas.custody import ItemState, Phase
from schemas.waste import is_medical
from wasteledger.domain.register import Directory, Site

HOUR_MS = 60 * 60 * 1000


class Expected(NamedTuple):
    """One expected step.

    Attributes:
        reason: the finding code if it is not made in time.
        rule: key of the rule whose limit holds; its row names the law.
        site: who has to make it.
        due_ms: by when, UTC milliseconds.
    """

    reason: str
    rule: str
    site: str
    due_ms: int


#: Limit by the kind of site that holds medical waste; plants have their own three.
_HOLDING = {
    SiteKind.CLINIC: ("overdue_pickup", "clinic_storage_h"),
    SiteKind.HOSPITAL: ("overdue_pickup", "clinic_storage_h"),
    SiteKind.GENERATOR: ("overdue_pickup", "producer_storage_h"),
    SiteKind.TRANSFER_POINT: ("overdue_storage", "centre_storage_h"),
    SiteKind.CARRIER: ("overdue_delivery", "carriage_h"),
}


def expected_step(state: ItemState, *, since_ms: int, waste_code: str, directory: Directory) -> Expected | None:
    """What must happen next to an item that has been in `state` since `since_ms`; None at the end of a life."""
    if state.holder is None or state.phase not in {Phase.HELD, Phase.OFFERED, Phase.REFUSED}:
        return None
    site = state.holder
    if state.phase is Phase.OFFERED:
        reason, rule, site = "in_limbo", "acceptance_h", state.offered_to or state.holder
    elif state.phase is Phase.REFUSED:
        reason, rule = "refused_not_rerouted", "reroute_h"
    else:
        reason, rule = _holding(directory.sites.get(site), waste_code)
    return Expected(reason, rule, site, since_ms + directory.limit(rule) * HOUR_MS)


def _holding(site: Site | None, waste_code: str) -> tuple[str, str]:
    if site is None:
        return "overdue_storage", "centre_storage_h"
    if site.kind is not SiteKind.PLANT:
        reason, rule = _HOLDING.get(site.kind, ("overdue_storage", "centre_storage_h"))
        if rule == "centre_storage_h" and not is_medical(waste_code):
            return reason, "producer_storage_h"
        return reason, rule
    if not is_medical(waste_code):
        return "arrived_not_disposed", "plant_storage_other_h"
    if site.store_below_5c:
        return "arrived_not_disposed", "plant_storage_remote_h" if site.remote else "plant_storage_cold_h"
    return "arrived_not_disposed", "plant_storage_h"
