"""The papers of a transfer, filled in from scans: the manifest, the monthly medical one, a vehicle's trip card; and the same for programs.

Strangers are shown no persons (decision 1): without `persons` names, telephones and pseudonyms stay empty.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, timedelta
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
from schemas.plates import normal_plate
from schemas.waste import is_medical, waste_kind, waste_name
from wasteledger import clock
from wasteledger.domain.booked_manifests import BookedManifest, book_manifest
from wasteledger.domain.chain import Chain
from wasteledger.domain.facts import Fact
from wasteledger.domain.legal_days import CHINA, china_day
from wasteledger.domain.manifest import PHASES_ZH, Manifest, Phase
from wasteledger.domain.manifest_contents import ContentRow, entitled_in, inside_in, stream_of, struck_in
from wasteledger.domain.manifest_fields import OPINIONS_ZH, PERSONAL, FieldState, field_states, manifest_duty
from wasteledger.domain.manifest_legs import Leg
from wasteledger.domain.manifest_visits import Visit, visits
from wasteledger.domain.register import Directory, Site
from wasteledger.errors import NotFoundError, QueryError
from wasteledger.flows.book_lists import given_since, taken_since
from wasteledger.flows.book_source import BookSource
from wasteledger.flows.manifest_questions import open_manifests, package_of, parse_month
from wasteledger.flows.moments import NOW, Look, Past, looking, parse_day
from wasteledger.flows.service import Service

#: Most manifests in one file: a batch of blank ones.
FORMS_MAX = 100
_REASONS_ZH = {
    "no_signal": "无信号", "device_broken": "设备故障", "power_cut": "停电", "service_down": "系统停用", "other": "其他",
}  # fmt: skip


def manifest_pdf(service: Service, numbers: Sequence[str], *, persons: bool = True, past: Past = NOW) -> bytes:
    """Manifests as PDF, one after the other, each with its number and QR.

    Raises:
        QueryError: none, or more than `FORMS_MAX`.
        CodeError, NotFoundError: no such manifest.
        LabelError: a name with a character that the typeface lacks.
    """
    if not 1 <= len(numbers) <= FORMS_MAX:
        message = f"{len(numbers)} manifests in one file: from 1 to {FORMS_MAX}"
        raise QueryError(message)
    with looking(service, **past._asdict()) as look:
        directory, filed = look.directory, open_manifests(look, numbers)
    forms = [manifest_form(manifest, directory, contents, persons=persons) for manifest, contents in filed]
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


def manifest_summary(manifest: BookedManifest, directory: Directory) -> dict[str, Any]:
    """One line of a list, as plain values for JSON; it names no person."""
    return {
        "number": manifest.number,
        "phase": manifest.phase,
        "phase_zh": PHASES_ZH[Phase(manifest.phase)],
        "form": manifest.form or None,
        "planned_on": manifest.planned_on or None,
        "consignor": _named(manifest.consignor, directory),
        "carriers": [_named(carrier, directory) for carrier in manifest.carriers.split()],
        "consignee": _named(manifest.consignee, directory),
        "vehicle": manifest.vehicle or None,
        "waste_codes": manifest.waste_codes.split(),
        "loaded_count": manifest.loaded_count,
        "accepted_count": manifest.accepted_count,
        "refused_count": manifest.refused_count,
        "outstanding_count": manifest.outstanding_count,
        "confirmed": bool(manifest.confirmed),
    }


def manifest_json(service: Service, typed: str, *, persons: bool, past: Past = NOW) -> dict[str, Any]:
    """Everything about one manifest, as plain values for JSON, as it was then (`looking`).

    Raises:
        CodeError, QueryError: no number of a manifest.
        NotFoundError: nothing in the ledger names it.
    """
    with looking(service, **past._asdict()) as look:
        directory, ((manifest, contents),) = look.directory, open_manifests(look, [typed])
    site = directory.sites.get(manifest.consignor)
    needed, basis = manifest_duty(site, directory) if site else (True, "")
    return manifest_summary(book_manifest(manifest), directory) | {
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
        "events": [_fact_json(fact) | {"entitled": fact not in manifest.unentitled} for fact in manifest.facts],
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


def medical_month(
    service: Service, site_code: str, month: str, *, persons: bool = True, past: Past = NOW
) -> MedicalMonth:
    """The monthly medical manifest of an institution: a line for each hand-over of medical waste in that month.

    Raises:
        QueryError: no month, one in the future, or more than `LINES_MAX` hand-overs.
        NotFoundError: a site that is not in the register.
    """
    with looking(service, **past._asdict()) as look:
        return _medical_month(look, site_code, month, persons=persons)


def _medical_month(look: Look, site_code: str, month: str, *, persons: bool) -> MedicalMonth:
    parse_past_month(month, look.moment_ms)
    directory = look.directory
    site = directory.sites.get(site_code)
    if site is None:
        message = f"site {site_code!r} is not in the register: see `wasteledger sites`"
        raise NotFoundError(message)
    begin = datetime(int(month[:4]), int(month[5:]), 1, tzinfo=CHINA)
    with look.books.opened() as (rows, source):
        given = given_since(site_code, int(begin.timestamp()) * 1000, look.moment_ms, source, rows)
        facts = [fact for fact in given if f"{china_day(fact.occurred_ms):%Y-%m}" == month]
        found = _visits(facts, source, directory)
        lines = _lines(found, source, directory, persons=persons)
    if len(lines) > LINES_MAX:
        message = (
            f"{len(lines)} hand-overs of {site_code} in {month}, a form has {LINES_MAX} lines: ask the list instead"
        )
        raise QueryError(message)
    return MedicalMonth(
        institution=site.name, address=_place(site, directory), phone=site.contact if persons else "", beds=site.beds or 0,
        month=month, basis=manifest_duty(site, directory)[1], lines=tuple(lines), drawn_at=_time(clock.now_ms()),
    )  # fmt: skip


def parse_past_month(typed: str, now_ms: int) -> str:
    """A month that has begun: of what has not happened no paper is printed.

    Raises:
        QueryError: no month, or one in the future.
    """
    month, now = parse_month(typed), f"{china_day(now_ms):%Y-%m}"
    if month > now:
        message = f"month {month} has not begun: papers are printed of what has happened, up to {now}"
        raise QueryError(message)
    return month


def medical_month_pdf(service: Service, site_code: str, month: str, *, persons: bool = True, past: Past = NOW) -> bytes:
    """The same as PDF."""
    return draw_medical_month(medical_month(service, site_code, month, persons=persons, past=past))


def trip_card(service: Service, plate: str, day: str, *, persons: bool = True, past: Past = NOW) -> TripCard:
    """The trip card of a vehicle and day: what it took, and where that went, on the same day or later.

    Raises:
        QueryError: no day, or one in the future.
        NotFoundError: no such vehicle in the register.
    """
    with looking(service, **past._asdict()) as look:
        return _trip_card(look, plate, parse_day(day, name="day"), persons=persons)


def _trip_card(look: Look, plate: str, asked: date, *, persons: bool) -> TripCard:
    directory, now_ms = look.directory, look.moment_ms
    today = china_day(now_ms).date()
    if asked > today:
        message = f"day {asked} has not begun: trip cards are printed of what has happened, up to {today}"
        raise QueryError(message)
    wanted = normal_plate(plate)
    carrier = directory.carrier_of.get(wanted)
    if carrier is None:
        message = f"vehicle {plate!r} is not in the register: enter it in the district file and load it"
        raise NotFoundError(message)
    # A visit that goes on at midnight began the day before, which may be in another month.
    begin_ms = int((datetime(asked.year, asked.month, asked.day, tzinfo=CHINA) - timedelta(days=1)).timestamp()) * 1000
    with look.books.opened() as (rows, source):
        taken = _visits(taken_since(carrier, begin_ms, now_ms, source, rows), source, directory)
        collected = [visit for visit in taken if normal_plate(visit.plate) == wanted and _on(visit, asked)]
        items = frozenset(code for visit in collected for code in visit.items)
        first_ms = min((visit.at_ms for visit in collected), default=0)
        given = _visits(given_since(carrier, begin_ms, now_ms, source, rows), source, directory) if items else []
        delivered = [
            visit
            for visit in given
            if normal_plate(visit.plate) == wanted and visit.items & items and visit.at_ms >= first_ms
        ]
        collections = _lines(collected, source, directory, persons=persons)[:LINES_MAX]
        deliveries = _lines(delivered, source, directory, persons=persons)[:LINES_MAX]
    drivers = dict.fromkeys(_person(visit.actor("accepted"), directory) for visit in collected)
    return TripCard(
        carrier=directory.site_name(carrier),
        plate=plate,
        driver="、".join(filter(None, drivers)) if persons else "",
        day=asked.isoformat(),
        collections=tuple(collections),
        deliveries=tuple(deliveries),
        drawn_at=_time(clock.now_ms()),
    )


def trip_card_pdf(service: Service, plate: str, day: str, *, persons: bool = True, past: Past = NOW) -> bytes:
    """The same as PDF."""
    return draw_trip_card(trip_card(service, plate, day, persons=persons, past=past))


def _visits(facts: Iterable[Fact], source: BookSource, directory: Directory) -> list[Visit]:
    """The visits that facts make, each told by somebody who may say it."""
    entitled = entitled_in(source, directory)
    said = [fact for fact in facts if entitled(fact)]
    return visits(said, inside_in(source, directory), struck_in(source, directory))


def _on(visit: Visit, day: date) -> bool:
    return china_day(visit.at_ms).date() == day


def _lines(found: Sequence[Visit], source: BookSource, directory: Directory, *, persons: bool) -> list[HandOver]:
    source.prefetch(code for visit in found for code in visit.items)
    lines = []
    for visit in found:
        packages = {code: package_of(code, source, directory) for code in sorted(visit.items)}
        medical = {chain.code: chain for chain in packages.values() if is_medical(chain.waste_code)}
        if medical:
            accepted = {packages[code].code for code in visit.items & visit.accepted}
            lines.append(
                _line(visit, list(medical.values()), directory, accepted=accepted >= medical.keys(), persons=persons)
            )
    return lines


def _line(visit: Visit, chains: Sequence[Chain], directory: Directory, *, accepted: bool, persons: bool) -> HandOver:
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
        accepted=accepted,
    )


def _person(actor: str, directory: Directory) -> str:
    person = directory.people.get(actor)
    return person.name if person else actor


def _place(site: Site, directory: Directory) -> str:
    division = directory.divisions.get(site.division)
    return site.address or (division.name if division and site.kind is not SiteKind.AUTHORITY else "")
