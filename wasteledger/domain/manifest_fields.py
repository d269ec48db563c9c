"""Who needs a manifest, and which field of it is required from which phase, filled by whom, sealed by which signature.

The table is `data/manifest_fields.csv`; the form, the check and the list on the command line come from it.
"""

import csv
from collections.abc import Callable, Iterable, Sequence
from datetime import date
from functools import cache
from importlib.resources import files
from typing import NamedTuple

from schemas.codes import SiteKind
from schemas.quantities import format_kg
from schemas.waste import waste_name
from wasteledger.domain.facts import Fact, by_order
from wasteledger.domain.legal_days import china_day
from wasteledger.domain.manifest import DECIDED, Manifest, Phase
from wasteledger.domain.manifest_contents import ContentRow
from wasteledger.domain.manifest_legs import Leg
from wasteledger.domain.register import EXEMPT_BEDS_MAX, Directory, Site

METHODS_ZH = {
    "incineration": "焚烧",
    "steam": "高温蒸汽消毒",
    "microwave": "微波消毒",
    "chemical": "化学消毒",
    "landfill": "填埋",
    "recovery": "利用",
}
OPINIONS_ZH = {"accepted": "接受", "part_accepted": "部分接受", "refused": "拒收"}
NO_DIFFERENCE_ZH = "无"
#: Phases in the order in which a manifest goes through them; the three decisions are one step.
_STEPS = ("blank", "drafted", "released", "in_transit", "arrived", "decided", "closed")
_EXEMPT_BASIS = (
    f"国家危险废物名录（2021年版）危险废物豁免管理清单 第2项：床位总数在{EXEMPT_BEDS_MAX}张以下（含{EXEMPT_BEDS_MAX}张）的"
    "医疗机构产生的医疗废物，按规定收集的，收集过程不按危险废物管理；转运车辆符合要求的，不按危险废物进行运输"
)
_DUTY_BASIS = "固体废物污染环境防治法 第八十二条；危险废物转移管理办法 第十条、第十一条"
_MEDICAL_BASIS = "医疗废物管理条例 第十一条；危险废物转移管理办法 第十条、第十一条"
_NO_CONSIGNOR_BASIS = "承运人、主管部门不是移出人；承运的废物随移出人的联单转移（危险废物转移管理办法 第十一条）"


def manifest_duty(site: Site, directory: Directory) -> tuple[bool, str]:
    """Whether what leaves a site travels under a manifest, and the law that says so.

    Institutions of up to 19 beds are exempt when their waste is collected and carried as the exemption list asks (名录 2021 no. 2). The
    township centre that pools their waste is a collecting unit, and so a consignor itself (转移办法 art. 31).
    """
    if site.kind in {SiteKind.CARRIER, SiteKind.AUTHORITY}:
        return False, _NO_CONSIGNOR_BASIS
    if site.code in directory.exempt:
        return False, _EXEMPT_BASIS
    if site.kind is SiteKind.TRANSFER_POINT:
        return True, f"{_MEDICAL_BASIS}、第三十一条（收集单位为移出人）"
    return True, _MEDICAL_BASIS if site.kind in {SiteKind.CLINIC, SiteKind.HOSPITAL} else _DUTY_BASIS


class FieldRow(NamedTuple):
    """One row of the table.

    Attributes:
        part: 0 heading, 1 移出信息, 2 运输信息, 3 接受信息.
        filled_by: system, consignor, carrier or consignee.
        required_from: the phase from which it may not be missing; empty where it is never asked for.
        sealed_by: the act whose signature stands for it: drafted, released, taken (by the carrier), delivered (by the carrier), decided
            (by the consignee), confirmed.
        source: law and article, or the part of the official form.
    """

    field: str
    part: str
    zh: str
    en: str
    filled_by: str
    required_from: str
    sealed_by: str
    source: str


#: Fields that name a person, or lead to one; strangers do not see them (decision 1).
PERSONAL = frozenset(
    {"consignor_phone", "consignor_handler", "carrier_phone", "driver", "driver_phone", "consignee_phone", "consignee_handler"}
)  # fmt: skip


@cache
def field_rows() -> tuple[FieldRow, ...]:
    """The table, in the order of the form."""
    text = files("wasteledger").joinpath("data/manifest_fields.csv").read_text(encoding="utf-8")
    return tuple(FieldRow(**row) for row in csv.DictReader(text.splitlines()))


class FieldState(NamedTuple):
    """A field of one manifest.

    Attributes:
        carrier: whose part it stands in, where there are several.
        value: as the form shows it; empty while it is not known.
        missing: required by now, and empty.
        seal: the fact whose signature stands for the value; None while nothing does.
    """

    row: FieldRow
    carrier: str
    value: str
    missing: bool
    seal: Fact | None


def field_states(manifest: Manifest, directory: Directory, contents: Sequence[ContentRow] = ()) -> list[FieldState]:
    """Every field of a manifest with its value and its seal; a field of part 2 once for each carrier."""
    reader = _Reader(manifest, directory, contents)
    states = []
    for row in field_rows():
        carriers = manifest.carriers or ("",) if row.part == "2" else ("",)
        for carrier in carriers:
            value = reader.value(row.field, carrier)
            seal = reader.seal(row.sealed_by, carrier)
            missing = not value and is_required(row, manifest, carrier)
            states.append(FieldState(row, carrier, value, missing, seal if value else None))
    return states


def missing_fields(manifest: Manifest, directory: Directory, contents: Sequence[ContentRow] = ()) -> list[FieldState]:
    """The fields that are required at the manifest's phase and have no value."""
    return [state for state in field_states(manifest, directory, contents) if state.missing]


def is_required(row: FieldRow, manifest: Manifest, carrier: str = "") -> bool:
    """Whether a field may no longer be empty; a later carrier's only once it has the load, and nothing on a voided manifest."""
    if not row.required_from or manifest.phase is Phase.VOIDED:
        return False
    if carrier and row.sealed_by == "taken" and carrier not in manifest.carried_by:
        return False
    phase = "decided" if manifest.phase in DECIDED else str(manifest.phase)
    return _STEPS.index(phase) >= _STEPS.index(row.required_from)


def shown_time(fact: Fact | None) -> str:
    """The moment of a fact as a form shows it, in China's time."""
    return f"{china_day(fact.occurred_ms):%Y-%m-%d %H:%M}" if fact else ""


class _Reader:
    """Reads each field's value off the facts and the register."""

    def __init__(self, manifest: Manifest, directory: Directory, contents: Sequence[ContentRow]) -> None:
        self._manifest = manifest
        self._directory = directory
        self._contents = contents

    def value(self, field: str, carrier: str) -> str:
        values: dict[str, Callable[[], str]] = {
            "number": lambda: self._manifest.number,
            "planned_on": lambda: self._manifest.planned_on,
            "handed_over_at": lambda: shown_time(self.seal("released", "")),
            "accepted_at": lambda: shown_time(self.seal("decided", "")),
            "departed_at": lambda: shown_time(self.seal("taken", carrier)),
            "arrived_at": lambda: shown_time(self.seal("delivered", carrier)),
            "difference": self._difference,
            "opinion": lambda: OPINIONS_ZH.get(self._confirmed("opinion"), ""),
            "method": lambda: METHODS_ZH.get(self._confirmed("method") or self._drafted("method"), ""),
        }
        if field in values:
            return values[field]()
        return self._party(field, carrier) or self._content(field) or self._journey(field, carrier)

    def seal(self, act: str, carrier: str) -> Fact | None:
        manifest = self._manifest
        if act == "taken":
            return _first(fact for leg in manifest.legs if leg.taker == carrier for fact in leg.acceptances)
        if act == "delivered":
            gone = [leg for leg in manifest.legs if leg.giver == carrier]
            return _first(fact for leg in gone for fact in leg.releases or leg.acceptances)
        return {
            "drafted": manifest.draft,
            "released": manifest.handed_over,
            # Of a part that was refused and a part that was accepted, the acceptance is what the form asks for.
            "decided": _first(fact for fact in manifest.decisions if fact.kind == "accepted")
            or _first(manifest.decisions),
            "confirmed": manifest.confirmation,
        }[act]

    def _confirmed(self, name: str) -> str:
        fact = self._manifest.confirmation
        return str(getattr(fact.event, name) or "") if fact else ""

    def _drafted(self, name: str) -> str:
        fact = self._manifest.draft
        return str(getattr(fact.event, name) or "") if fact else ""

    def _difference(self) -> str:
        return (self._confirmed("difference") or NO_DIFFERENCE_ZH) if self._manifest.confirmation else ""

    def _party(self, field: str, carrier: str) -> str:
        """Name, address, telephone, licence and handler of a party."""
        part, _, wanted = field.partition("_")
        code = {"consignor": self._manifest.consignor, "carrier": carrier, "consignee": self._manifest.consignee}.get(
            part
        )
        if code is None:
            return ""
        site = self._directory.sites.get(code)
        if wanted == "licence":
            return self._licence(code)
        if wanted == "handler":
            return self._person(self.seal("released" if part == "consignor" else "decided", ""), code)
        if site is None:
            return code if wanted == "name" else ""
        division = self._directory.divisions.get(site.division)
        place = site.address or (division.name if division else "")
        return {"name": site.name, "address": place, "phone": site.contact}.get(wanted, "")

    def _licence(self, holder: str) -> str:
        """Numbers of the licences that hold on the day for some waste of the manifest."""
        seal = self._manifest.handed_over or self._manifest.draft
        day: date | None = china_day(seal.occurred_ms).date() if seal else None
        wastes = self._manifest.waste_codes or tuple(row.waste_code for row in self._contents)
        return "、".join(
            licence.number
            for licence in self._directory.register.licences
            if licence.holder == holder and day and any(licence.covers(waste, day) for waste in wastes)
        )

    def _person(self, fact: Fact | None, site: str) -> str:
        """Name of whoever stood for a party's side of an act; the pseudonym where the register does not know it."""
        if fact is None or fact.event.site != site:
            return ""
        actor = fact.event.vouched_by or fact.event.actor
        person = self._directory.people.get(actor)
        return person.name if person else actor

    def _content(self, field: str) -> str:
        rows = self._contents
        if field in {"waste_names", "waste_codes"} and not rows:
            codes = self._manifest.waste_codes
            return "、".join(waste_name(code) if field == "waste_names" else code for code in codes)
        texts: dict[str, Callable[[ContentRow], str]] = {
            "waste_names": lambda row: row.name, "waste_codes": lambda row: row.waste_code,
            "waste_hazards": lambda row: row.hazards, "waste_forms": lambda row: row.form,
            "waste_harmful": lambda row: row.harmful, "packaging": lambda row: row.packaging,
        }  # fmt: skip
        if field in texts:
            return "、".join(dict.fromkeys(filter(None, map(texts[field], rows))))
        sums = {
            "packages_count": str(sum(row.packages_count for row in rows)),
            "mass_released": f"{format_kg(sum(row.mass_g for row in rows))} kg",
            "mass_accepted": f"{format_kg(sum(row.accepted_g for row in rows))} kg",
        }
        known = rows and (field != "mass_accepted" or self._manifest.decisions)
        return sums.get(field, "") if known else ""

    def _journey(self, field: str, carrier: str) -> str:
        legs = self._manifest.legs
        into = [leg for leg in legs if leg.taker == carrier]
        if field == "start_place":
            return self._directory.site_name(into[0].giver) if into else ""
        if field == "end_place":
            return self._directory.site_name(self._destination(carrier, legs))
        if field == "vehicle":
            seen = next((fact.event.vehicle for leg in into for fact in leg.facts if fact.event.vehicle), "")
            return seen or (self._manifest.vehicle if [carrier] == [*self._manifest.carriers[:1]] else "")
        taken = self.seal("taken", carrier)
        person = self._directory.people.get(self._manifest.driver)
        own = person if person and person.site == carrier else None
        if field == "driver":
            return own.name if own else self._person(taken, carrier)
        if field == "driver_phone":
            scanned = self._directory.people.get(taken.event.actor) if taken else None
            return own.phone if own else scanned.phone if scanned else ""
        return ""

    def _destination(self, carrier: str, legs: Sequence[Leg]) -> str:
        """Where a carrier takes the load: whom it gave it to, else the next party of the draft."""
        gone = [leg.taker for leg in legs if leg.giver == carrier]
        way = (*self._manifest.carriers, self._manifest.consignee)
        after = way[way.index(carrier) + 1] if carrier in way[:-1] else self._manifest.consignee
        return gone[0] if gone else after


def _first(facts: Iterable[Fact]) -> Fact | None:
    """The earliest one."""
    return min(facts, key=by_order, default=None)
