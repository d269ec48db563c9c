"""The papers of a transfer, filled in from scans: the manifest, the monthly medical one, a vehicle's trip card; and the same for programs.

Strangers are shown no persons (decision 1): without `persons` names, telephones and pseudonyms stay empty.
"""

import re
from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

from labels.manifest_form import draw_manifest_forms, draw_medical_month, draw_trip_card
from schemas.codes import SiteKind
from schemas.manifest_form import (
    LINES_MAX,
    CarrierPart,
    HandOver,
    ManifestForm,
    MedicalMonth,
    PartyPart,
    TripCard,
    WasteLine,
)
from schemas.waste import is_medical, waste_kind, waste_name
from wasteledger import clock
from wasteledger.domain.chain import Chain, china_day
from wasteledger.domain.facts import Fact
from wasteledger.domain.history import History
from wasteledger.domain.manifest import PHASES_ZH, Leg, Manifest, Phase
from wasteledger.domain.manifest_contents import ContentRow, inside_of, stream_of, struck_in
from wasteledger.domain.manifest_fields import OPINIONS_ZH, PERSONAL, FieldState, field_states, manifest_duty
from wasteledger.domain.manifest_visits import Visit, visits
from wasteledger.domain.register import Directory, Site
from wasteledger.domain.walk import walk
from wasteledger.errors import NotFoundError, QueryError
from wasteledger.flows.manifests import contents_in, fold_in, parse_number
from wasteledger.flows.questions import parse_day
from wasteledger.flows.service import Service

#: Most manifests in one file: a batch of blank ones.
FORMS_MAX = 100
_REASONS_ZH = {
    "no_signal": "无信号", "device_broken": "设备故障", "power_cut": "停电", "service_down": "系统停用", "other": "其他",
}  # fmt: skip


def manifest_pdf(service: Service, numbers: Sequence[str], *, persons: bool = True) -> bytes:
    """Manifests as PDF, one after the other, each with its number and QR.

    Raises:
        QueryError: none, or more than `FORMS_MAX`.
        CodeError, NotFoundError: no such manifest.
        LabelError: a name with a character that the typeface lacks.
    """
    if not 1 <= len(numbers) <= FORMS_MAX:
        message = f"{len(numbers)} manifests in one file: from 1 to {FORMS_MAX}"
        raise QueryError(message)
    history, directory = service.history(), service.directory()
    forms = []
    for typed in numbers:
        number = parse_number(typed)
        if not history.by_manifest.get(number):
            message = f"{number} is a well-formed manifest number, but nothing in this ledger names it"
            raise NotFoundError(message)
        manifest = fold_in(history, directory, number)
        forms.append(manifest_form(manifest, directory, contents_in(history, directory, manifest), persons=persons))
    return draw_manifest_forms(forms)


def manifest_form(
    manifest: Manifest, directory: Directory, contents: Sequence[ContentRow], *, persons: bool
) -> ManifestForm:
    """What stands on the form of a manifest."""
    states = field_states(manifest, directory, contents)
    shown = {(state.row.field, state.carrier): _shown(state, persons=persons) for state in states}

    def value(field: str, carrier: str = "") -> str:
        return shown.get((field, carrier), "")

    return ManifestForm(
        number=manifest.number,
        phase=PHASES_ZH[manifest.phase],
        on_paper=manifest.form == "paper",
        planned_on=manifest.planned_on,
        consignor=_party(value, "consignor"),
        handed_over_at=value("handed_over_at"),
        wastes=_wastes(manifest, directory, contents),
        carriers=tuple(_carrier(value, carrier) for carrier in manifest.carriers or ("",)),
        consignee=_party(value, "consignee"),
        accepted_at=value("accepted_at"),
        difference=value("difference"),
        opinion=value("opinion"),
        method=value("method"),
        notes=tuple(_notes(manifest, directory, states, persons=persons)),
        drawn_at=f"{china_day(clock.now_ms()):%Y-%m-%d %H:%M}",
    )


def _shown(state: FieldState, *, persons: bool) -> str:
    return state.value if persons or state.row.field not in PERSONAL else ""


def _party(value: Any, part: str) -> PartyPart:
    names = ("name", "address", "phone", "handler", "licence")
    return PartyPart(**{name: value(f"{part}_{name}") for name in names})


def _carrier(value: Any, carrier: str) -> CarrierPart:
    names = ("name", "address", "phone", "licence")
    return CarrierPart(
        party=PartyPart(**{name: value(f"carrier_{name}", carrier) for name in names}),
        driver=value("driver", carrier),
        driver_phone=value("driver_phone", carrier),
        plate=value("vehicle", carrier),
        start_place=value("start_place", carrier),
        departed_at=value("departed_at", carrier),
        end_place=value("end_place", carrier),
        arrived_at=value("arrived_at", carrier),
    )


def _wastes(manifest: Manifest, directory: Directory, contents: Sequence[ContentRow]) -> tuple[WasteLine, ...]:
    """The scanned rows; before anything was scanned, the drafted wastes with empty places."""
    decided = bool(manifest.decisions)
    lines = [
        WasteLine(
            waste_name=row.name, waste_code=row.waste_code, hazards=row.hazards, form=row.form, harmful=row.harmful,
            packaging=row.packaging, packages_count=row.packages_count, mass_g=row.mass_g,
            accepted_count=row.accepted_count if decided else None, accepted_g=row.accepted_g if decided else None,
            opinion=_opinion(row) if decided else "",
        )
        for row in contents if row.waste_code
    ]  # fmt: skip
    known = {line.waste_code for line in lines}
    on_paper = manifest.form == "paper" and not manifest.decisions
    left = [code for code in manifest.waste_codes if code not in known] if on_paper or not lines else []
    return (*lines, *(_blank_line(code, manifest.consignor, directory) for code in left))


def _blank_line(code: str, consignor: str, directory: Directory) -> WasteLine:
    stream, kind = stream_of(directory, consignor, code), waste_kind(code)
    if stream:
        hazards = "/".join(stream.hazards)
        return WasteLine(
            waste_name=stream.waste_name, waste_code=code, hazards=hazards, form=stream.form,
            harmful=stream.harmful_components,
        )  # fmt: skip
    return WasteLine(waste_name=waste_name(code), waste_code=code, hazards=kind.hazards if kind else "")


def _opinion(row: ContentRow) -> str:
    if not row.accepted_count:
        return OPINIONS_ZH["refused"] if row.refused_count else ""
    return OPINIONS_ZH["accepted" if row.accepted_count >= row.packages_count else "part_accepted"]


def _notes(manifest: Manifest, directory: Directory, states: Sequence[FieldState], *, persons: bool) -> Iterator[str]:
    site = directory.sites.get(manifest.consignor)
    if site:
        needed, basis = manifest_duty(site, directory)
        yield f"{'应当填写转移联单' if needed else '可以不填写转移联单'}：{basis}。"
    if manifest.void:
        yield f"本联单已作废（{china_day(manifest.void.occurred_ms):%Y-%m-%d %H:%M}）：{manifest.void.event.reason}"
    for fact in manifest.backfilled[:10]:
        yield backfill_note(fact, directory, persons=persons)
    missing = list(dict.fromkeys(state.row.zh for state in states if state.missing))
    if missing and manifest.phase is not Phase.BLANK:
        yield f"本阶段尚缺：{'、'.join(missing)}。"


def backfill_note(fact: Fact, directory: Directory, *, persons: bool) -> str:
    """Who entered which act from paper, when, and why late (art. 20)."""
    backfill = fact.event.backfill or {}
    person = directory.people.get(fact.event.actor)
    who = f" {person.name if person else fact.event.actor}" if persons else ""
    paper = f"，纸质单号 {backfill['paper']}" if backfill.get("paper") else ""
    return (
        f"补录：{_time(fact.occurred_ms)} 的{_KINDS_ZH.get(fact.kind, fact.kind)}，由 {directory.site_name(fact.event.site)}{who} 于 "
        f"{_time(fact.received_ms)} 录入，原因：{_REASONS_ZH.get(str(backfill.get('reason')), '其他')}{paper}"
    )


_KINDS_ZH = {"released": "交出", "accepted": "接收", "refused": "拒收"}


def _time(moment_ms: int) -> str:
    return f"{china_day(moment_ms):%Y-%m-%d %H:%M}"


def manifest_summary(manifest: Manifest, directory: Directory) -> dict[str, Any]:
    """One line of a list, as plain values for JSON; it names no person."""
    return {
        "number": manifest.number,
        "phase": manifest.phase,
        "phase_zh": PHASES_ZH[manifest.phase],
        "form": manifest.form or None,
        "planned_on": manifest.planned_on or None,
        "consignor": _named(manifest.consignor, directory),
        "carriers": [_named(carrier, directory) for carrier in manifest.carriers],
        "consignee": _named(manifest.consignee, directory),
        "vehicle": manifest.vehicle or None,
        "waste_codes": list(manifest.waste_codes),
        "loaded_count": len(manifest.loaded),
        "accepted_count": len(manifest.accepted),
        "refused_count": len(manifest.refused),
        "outstanding_count": len(manifest.outstanding),
        "confirmed": manifest.confirmation is not None,
    }


def manifest_json(service: Service, typed: str, *, persons: bool) -> dict[str, Any]:
    """Everything about one manifest, as plain values for JSON.

    Raises:
        CodeError, QueryError: no number of a manifest.
        NotFoundError: nothing in the ledger names it.
    """
    history, directory, number = service.history(), service.directory(), parse_number(typed)
    if not history.by_manifest.get(number):
        message = f"{number} is a well-formed manifest number, but nothing in this ledger names it"
        raise NotFoundError(message)
    manifest = fold_in(history, directory, number)
    contents = contents_in(history, directory, manifest)
    site = directory.sites.get(manifest.consignor)
    needed, basis = manifest_duty(site, directory) if site else (True, "")
    return manifest_summary(manifest, directory) | {
        "driver": (manifest.driver or None) if persons else None,
        "duty": {"needed": needed, "basis": basis},
        "void_reason": manifest.void.event.reason if manifest.void else None,
        "contents": [row._asdict() | {"items": list(row.items)} for row in contents],
        "legs": [_leg_json(leg, directory) for leg in manifest.legs],
        "outstanding": sorted(manifest.outstanding),
        "refused": sorted(manifest.refused),
        "returned": sorted(manifest.returned),
        "fields": [_field_json(state, persons=persons) for state in field_states(manifest, directory, contents)],
        "backfilled": [backfill_note(fact, directory, persons=persons) for fact in manifest.backfilled],
        "events": [_fact_json(fact) for fact in manifest.facts],
    }


def _named(site: str, directory: Directory) -> dict[str, str] | None:
    return {"site": site, "name": directory.site_name(site)} if site else None


def _leg_json(leg: Leg, directory: Directory) -> dict[str, Any]:
    return {
        "giver": _named(leg.giver, directory),
        "taker": _named(leg.taker, directory),
        "begin_ms": leg.begin_ms,
        "accepted": sorted(leg.taken),
        "refused": sorted(leg.rejected),
        "waiting": sorted(leg.waiting),
        "evidence": [fact.event_id for fact in leg.facts],
    }


def _field_json(state: FieldState, *, persons: bool) -> dict[str, Any]:
    return {
        "field": state.row.field,
        "zh": state.row.zh,
        "part": state.row.part,
        "carrier": state.carrier or None,
        "value": _shown(state, persons=persons) or None,
        "missing": state.missing,
        "sealed_by": state.seal.event_id if state.seal else None,
    }


def _fact_json(fact: Fact) -> dict[str, Any]:
    event = fact.event
    return {
        "index": fact.index,
        "event_id": fact.event_id,
        "kind": event.kind,
        "action": event.action or None,
        "site": event.site,
        "occurred_ms": fact.occurred_ms,
        "received_ms": fact.received_ms,
        "backfilled": bool(event.backfill),
    }


def medical_month(service: Service, site_code: str, month: str, *, persons: bool = True) -> MedicalMonth:
    """The monthly medical manifest of an institution: a line for each hand-over of medical waste in that month.

    Raises:
        QueryError: no month, or more than `LINES_MAX` hand-overs.
        NotFoundError: a site that is not in the register.
    """
    if not re.fullmatch(r"20[0-9]{2}-(0[1-9]|1[0-2])", month):
        message = f"month {month!r}: write it as 2026-11"
        raise QueryError(message)
    history, directory = service.history(), service.directory()
    site = directory.sites.get(site_code)
    if site is None:
        message = f"site {site_code!r} is not in the register: see `wasteledger sites`"
        raise NotFoundError(message)
    facts = [
        fact
        for fact in _moves(history)
        if _of_giver(fact, site_code) and f"{china_day(fact.occurred_ms):%Y-%m}" == month
    ]
    lines = _lines(
        visits(facts, inside_of(history), struck_in(history, directory)), history, directory, persons=persons
    )
    if len(lines) > LINES_MAX:
        message = (
            f"{len(lines)} hand-overs of {site_code} in {month}, a form has {LINES_MAX} lines: ask the list instead"
        )
        raise QueryError(message)
    return MedicalMonth(
        institution=site.name, address=_place(site, directory), phone=site.contact if persons else "", beds=site.beds,
        month=month, basis=manifest_duty(site, directory)[1], lines=tuple(lines), drawn_at=_time(clock.now_ms()),
    )  # fmt: skip


def medical_month_pdf(service: Service, site_code: str, month: str, *, persons: bool = True) -> bytes:
    """The same as PDF."""
    return draw_medical_month(medical_month(service, site_code, month, persons=persons))


def trip_card(service: Service, plate: str, day: str, *, persons: bool = True) -> TripCard:
    """The trip card of a vehicle and day: what it took, and where that went, on the same day or later.

    Raises:
        QueryError: no day.
        NotFoundError: no such vehicle in the register.
    """
    asked = parse_day(day, name="day")
    history, directory = service.history(), service.directory()
    carrier = directory.carrier_of.get(plate)
    if carrier is None:
        message = f"vehicle {plate!r} is not in the register: enter it in the district file and load it"
        raise NotFoundError(message)
    facts = [fact for fact in _moves(history) if carrier in {fact.event.site, fact.event.to_site, fact.event.from_site}]
    all_visits = visits(facts, inside_of(history), struck_in(history, directory))
    own = [visit for visit in all_visits if visit.plate == plate]
    collected = [visit for visit in own if visit.taker == carrier and _on(visit, asked)]
    items = frozenset(code for visit in collected for code in visit.items)
    begin_ms = min((visit.at_ms for visit in collected), default=0)
    delivered = [visit for visit in own if visit.giver == carrier and visit.items & items and visit.at_ms >= begin_ms]
    drivers = dict.fromkeys(_person(visit.actor("accepted"), directory) for visit in collected)
    return TripCard(
        carrier=directory.site_name(carrier),
        plate=plate,
        driver="、".join(filter(None, drivers)) if persons else "",
        day=asked.isoformat(),
        collections=tuple(_lines(collected, history, directory, persons=persons)[:LINES_MAX]),
        deliveries=tuple(_lines(delivered, history, directory, persons=persons)[:LINES_MAX]),
        drawn_at=_time(clock.now_ms()),
    )


def trip_card_pdf(service: Service, plate: str, day: str, *, persons: bool = True) -> bytes:
    """The same as PDF."""
    return draw_trip_card(trip_card(service, plate, day, persons=persons))


def _moves(history: History) -> Iterator[Fact]:
    """Every release and acceptance of the ledger."""
    for facts in history.by_device.values():
        yield from (fact for fact in facts.values() if fact.kind in {"released", "accepted"})


def _of_giver(fact: Fact, site: str) -> bool:
    return (fact.event.site if fact.kind == "released" else fact.event.from_site) == site


def _on(visit: Visit, day: date) -> bool:
    return china_day(visit.at_ms).date() == day


def _lines(found: Sequence[Visit], history: History, directory: Directory, *, persons: bool) -> list[HandOver]:
    lines = []
    for visit in found:
        chains = [walk(code, history, directory) for code in sorted(visit.items)]
        medical = [chain for chain in chains if is_medical(chain.waste_code)]
        if medical:
            lines.append(_line(visit, medical, directory, persons=persons))
    return lines


def _line(visit: Visit, chains: Sequence[Chain], directory: Directory, *, persons: bool) -> HandOver:
    return HandOver(
        at=_time(visit.at_ms),
        giver=directory.site_name(visit.giver),
        taker=directory.site_name(visit.taker),
        wastes="、".join(dict.fromkeys(waste_name(code) for code in sorted({chain.waste_code for chain in chains}))),
        packages_count=len(chains),
        mass_g=sum(chain.mass_g for chain in chains),
        number=visit.number or None,
        plate=visit.plate,
        given_by=_person(visit.actor("released"), directory) if persons else "",
        taken_by=_person(visit.actor("accepted"), directory) if persons else "",
        accepted=all(chain.code in visit.accepted for chain in chains),
    )


def _person(actor: str, directory: Directory) -> str:
    person = directory.people.get(actor)
    return person.name if person else actor


def _place(site: Site, directory: Directory) -> str:
    division = directory.divisions.get(site.division)
    return site.address or (division.name if division and site.kind is not SiteKind.AUTHORITY else "")
