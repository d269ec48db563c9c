"""The next expected step of an item: who must do what, by when, on what legal basis.

Absence is an object: every state but the end has a next step, and a step not made in time is a finding.
"""

from typing import NamedTuple

from schemas.codes import SiteKind
from schemas.custody import ItemState, Phase
from schemas.waste import is_medical
from wasteledger.domain.facts import Fact
from wasteledger.domain.register import CHINA_MS, DAY_MS, KEPT_MAX, Directory, Site

HOUR_MS = 60 * 60 * 1000


class Expected(NamedTuple):
    """One expected step.

    Attributes:
        reason: the finding code if it is not made in time.
        rule: key of the rule whose limit holds; its row names the law.
        site: who has to make it.
        due_ms: by when, UTC milliseconds.
        after: the fact that made it due.
    """

    reason: str
    rule: str
    site: str
    due_ms: int
    after: Fact | None = None


#: Limit by the kind of site that holds medical waste; plants have their own three.
_HOLDING = {
    SiteKind.CLINIC: ("overdue_pickup", "clinic_storage_h"),
    SiteKind.HOSPITAL: ("overdue_pickup", "clinic_storage_h"),
    SiteKind.GENERATOR: ("overdue_pickup", "producer_storage_h"),
    SiteKind.TRANSFER_POINT: ("overdue_storage", "centre_storage_h"),
    SiteKind.CARRIER: ("overdue_delivery", "carriage_h"),
}
#: Chemical and pharmaceutical waste is stored at a plant by GB 18597, not under the hours of GB 39707-2020 5.4.6 (5.4.7).
_LIKE_OTHERS = frozenset({"841-004-01", "841-005-01"})
_GOING_ON = frozenset({Phase.HELD, Phase.OFFERED, Phase.REFUSED})


class Awaited(NamedTuple):
    """What a state waits for, whenever it began.

    Attributes:
        limit_ms: how long it may take.
        heirs: who has to make it instead, where the site was merged: the day from which on, and the site (`Directory.heirs`).
    """

    reason: str
    rule: str
    site: str
    limit_ms: int
    heirs: tuple[tuple[int, str], ...] = ()

    def since(self, fact: Fact) -> Expected:
        """The step that is expected since a fact; of a site that was merged by the time that it is due, its successor's."""
        site, due_ms = self.site, fact.earliest_ms + self.limit_ms
        for day, heir in self.heirs:
            if (due_ms + CHINA_MS) // DAY_MS < day:
                break
            site = heir
        return Expected(self.reason, self.rule, site, due_ms, fact)


def storage_of(holder: str, waste_code: str, directory: Directory) -> Awaited | None:
    """What a package that a site holds waits for, whatever was only offered since."""
    return awaited_step(ItemState(Phase.HELD, holder), waste_code, directory)


def awaited_step(state: ItemState, waste_code: str, directory: Directory) -> Awaited | None:
    """What an item in this state waits for; None at the end of a life."""
    if state.holder is None or state.phase not in _GOING_ON:
        return None
    key = (state.phase, state.holder, state.offered_to, waste_code)
    known: Awaited | None = directory.steps.get(key)
    if known is None:
        reason, rule, site = _step(state.phase, state.holder, state.offered_to, waste_code, directory)
        if len(directory.steps) > KEPT_MAX:
            directory.steps.clear()
        limit_ms = directory.limit(rule, site) * HOUR_MS
        known = directory.steps[key] = Awaited(reason, rule, site, limit_ms, directory.heirs(site))
    return known


def _step(
    phase: Phase, holder: str, offered_to: str | None, waste_code: str, directory: Directory
) -> tuple[str, str, str]:
    if phase is Phase.OFFERED:
        return "in_limbo", "acceptance_h", offered_to or holder
    if phase is Phase.REFUSED:
        return "refused_not_rerouted", "reroute_h", holder
    return (*_holding(directory.sites.get(holder), waste_code), holder)


def _holding(site: Site | None, waste_code: str) -> tuple[str, str]:
    if site is None:
        return "overdue_storage", "centre_storage_h"
    if site.kind is not SiteKind.PLANT:
        reason, rule = _HOLDING.get(site.kind, ("overdue_storage", "centre_storage_h"))
        if rule in {"centre_storage_h", "clinic_storage_h"} and not is_medical(waste_code):
            return reason, "producer_storage_h"
        return reason, rule
    if not is_medical(waste_code) or waste_code in _LIKE_OTHERS:
        return "arrived_not_disposed", "plant_storage_other_h"
    if site.store_below_5c:
        return "arrived_not_disposed", "plant_storage_remote_h" if site.remote else "plant_storage_cold_h"
    return "arrived_not_disposed", "plant_storage_h"
