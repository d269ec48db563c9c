"""Manifests as the office makes them: draft, void, confirm, print blank ones for the paper fallback, and look them up.

A draft is an act of the office, and may be refused; scans never are. Its number is drawn and its event appended in one transaction: a
number that was drawn stands in the log, and one whose event was not taken was never drawn.
"""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any, NamedTuple

from schemas.codes import SiteKind, parse_code, site_kind
from schemas.errors import ContractError
from schemas.event_base import CODES_MAX, NOTE_MAX
from schemas.events import CARRIERS_MAX
from schemas.plates import normal_plate
from schemas.sense import check_text
from schemas.waste import MEDICAL_CATEGORIES, check_waste_code
from wasteledger import clock
from wasteledger.domain.legal_days import china_day
from wasteledger.domain.manifest import PHASES_ZH, Manifest, Phase
from wasteledger.domain.manifest_fields import METHODS_ZH
from wasteledger.domain.register import Directory, Site
from wasteledger.errors import NotFoundError, QueryError
from wasteledger.flows.issue_codes import draw_manifest_in, manifest_counter
from wasteledger.flows.manifest_questions import known_site, load_manifest
from wasteledger.flows.moments import parse_day
from wasteledger.flows.office import OFFICE_ACTOR
from wasteledger.flows.service import Service
from wasteledger.store.district import DistrictStore
from wasteledger.store.ledger import Ledger

#: Most blank manifests printed at once: more than a centre needs while its network is down.
BLANKS_MAX = 100
#: Kinds of sites that may be a consignor (移出人: whoever produces or collects), and a consignee (接受人).
_CONSIGNORS = frozenset(
    {SiteKind.CLINIC, SiteKind.HOSPITAL, SiteKind.GENERATOR, SiteKind.TRANSFER_POINT, SiteKind.PLANT}
)
_CONSIGNEES = frozenset({SiteKind.PLANT, SiteKind.TRANSFER_POINT})


class Drafted(NamedTuple):
    """A manifest that has just been drawn up.

    Attributes:
        event_id: of its `manifested` event; index: its place in the log.
    """

    number: str
    event_id: str
    index: int  # type: ignore[assignment]  # nobody asks this tuple for `index()`


def draft_manifest(  # noqa: PLR0913 - the fields of a draft
    service: Service,
    *,
    consignor: str,
    carriers: Sequence[str],
    consignee: str,
    waste_codes: Sequence[str],
    vehicle: str | None = None,
    driver: str | None = None,
    planned_on: str | None = None,
    form: str = "electronic",
    method: str | None = None,
    actor: str = OFFICE_ACTOR,
    at_ms: int | None = None,
) -> Drafted:
    """Draws a number and drafts its manifest for a consignor (转移办法 art. 10), checked against the register on the planned day.

    `at_ms` is when it is drafted, now by default; the year of the number is that moment's year in China.

    Raises:
        QueryError: a field that does not hold; the message names it and the way out.
        NotFoundError: a site that is not in the register.
    """
    now_ms = clock.now_ms() if at_ms is None else at_ms
    today = china_day(now_ms).date()
    day = parse_day(planned_on, name="planned_on") if planned_on else today
    if day < today:
        message = f"planned_on {day} lies before {today}: a transfer is planned ahead; a past one is entered from its paper (补录)"
        raise QueryError(message)
    directory = service.directory()
    _check_parties(directory, consignor=consignor, carriers=carriers, consignee=consignee)
    _check_words(form, method)
    _check_wastes(directory, carriers=carriers, consignee=consignee, waste_codes=waste_codes, day=day)
    _check_vehicle(directory, carrier=carriers[0], vehicle=vehicle, driver=driver)
    body = _body(
        "drafted", consignor, actor, form=form, carriers=list(carriers), consignee=consignee, vehicle=vehicle,
        driver=driver, waste_codes=list(waste_codes), planned_on=day.isoformat(), method=method,
    )  # fmt: skip
    return _draw_and_draft(service, directory, [body], now_ms)[0]


def print_blank_manifests(  # noqa: PLR0913 - one field each
    service: Service,
    consignor: str,
    count: int,
    *,
    carriers: Sequence[str] = (),
    consignee: str = "",
    waste_codes: Sequence[str] = (),
    actor: str = OFFICE_ACTOR,
    at_ms: int | None = None,
) -> list[Drafted]:
    """Draws numbers for paper manifests that are printed beforehand and filled in by hand (art. 20).

    Carrier, consignee and wastes are those that the register knows for the consignor; draw them with `flows.manifest_forms.manifest_pdf`.

    Raises:
        QueryError: none or too many, or the register knows no carrier or plant for these wastes.
        NotFoundError: a site that is not in the register.
    """
    if not 1 <= count <= BLANKS_MAX:
        message = f"count {count}: from 1 to {BLANKS_MAX} blank manifests at once"
        raise QueryError(message)
    now_ms = clock.now_ms() if at_ms is None else at_ms
    day, directory = china_day(now_ms).date(), service.directory()
    site = known_site(directory, consignor, "consignor")
    wastes = list(waste_codes) or _usual_wastes(directory, site, day)
    carriers = list(carriers) or _holders(directory, "carry", wastes, day, name="carriers")[:1]
    consignee = consignee or _holders(directory, "dispose", wastes, day, name="consignee")[0]
    _check_parties(directory, consignor=consignor, carriers=carriers, consignee=consignee)
    _check_wastes(directory, carriers=carriers, consignee=consignee, waste_codes=wastes, day=day)
    body = _body("drafted", consignor, actor, form="paper", carriers=carriers, consignee=consignee, waste_codes=wastes)
    return _draw_and_draft(service, directory, [body] * count, now_ms)


def void_manifest(
    service: Service, number: str, reason: str, *, actor: str = OFFICE_ACTOR, at_ms: int | None = None
) -> Manifest:
    """Voids a manifest in its consignor's name, as long as the consignee has accepted nothing.

    Raises:
        QueryError: no reason, already void, or too late.
        NotFoundError: no such manifest.
    """
    text = _note(reason, "reason")
    if not text:
        message = "reason: say why the manifest is void, it stands in the ledger for ever"
        raise QueryError(message)
    manifest = _drafted(service, number)
    if manifest.phase is Phase.VOIDED:
        message = f"manifest {manifest.number} is void already"
        raise QueryError(message)
    if manifest.accepted:
        message = (
            f"manifest {manifest.number} can not be voided: {len(manifest.accepted)} packages were accepted under it. Let the "
            f"wrong scans be corrected (`corrected`), or confirm it with its difference"
        )
        raise QueryError(message)
    service.office().record([_body("voided", manifest.consignor, actor, manifest.number, reason=text)], at_ms=at_ms)
    return load_manifest(service, manifest.number)


def confirm_manifest(  # noqa: PLR0913 - one field each
    service: Service,
    number: str,
    *,
    opinion: str | None = None,
    difference: str = "",
    method: str | None = None,
    actor: str = OFFICE_ACTOR,
    at_ms: int | None = None,
) -> Manifest:
    """Confirms a manifest in its consignee's name (art. 18: within five working days of acceptance).

    The opinion is what the scans say; one that is given must say the same.

    Raises:
        QueryError: nothing was decided yet, confirmed already, void, or the opinion contradicts the scans.
        NotFoundError: no such manifest.
    """
    manifest = _drafted(service, number)
    if manifest.phase is Phase.VOIDED or manifest.confirmation:
        message = f"manifest {manifest.number} is {PHASES_ZH[manifest.phase]} ({manifest.phase}): it can not be confirmed again"
        raise QueryError(message)
    if not manifest.decisions:
        message = f"manifest {manifest.number}: the consignee has neither accepted nor refused anything yet; scan the load first"
        raise QueryError(message)
    shown = _opinion(manifest)
    if opinion not in {None, shown}:
        message = (
            f"opinion {opinion!r}: the scans say {shown} ({len(manifest.accepted)} accepted, {len(manifest.refused)} refused, "
            f"{len(manifest.outstanding)} outstanding); scan what is missing, or confirm as {shown}"
        )
        raise QueryError(message)
    _check_words("paper", method)
    method = method or (manifest.draft.event.method if manifest.draft else None) or None
    body = _body(
        "confirmed", manifest.consignee, actor, manifest.number, opinion=shown, method=method,
        difference=_note(difference, "difference") or None,
    )  # fmt: skip
    service.office().record([body], at_ms=at_ms)
    return load_manifest(service, manifest.number)


def catch_up_numbers(service: Service) -> int:
    """Raises the counters to the highest number that the log has drafted; returns how many were behind.

    After an old backup was brought forward from the published log, the log knows numbers that the counters have forgotten, and
    they would be drawn a second time.
    """
    with service.books().opened() as (rows, _):
        numbers = rows.highest_drafted()
    highest = {manifest_counter(city=n[4:8], year=int(n[:4])): parse_code(n).serial for n in numbers}
    raised = 0
    with service.database.write() as connection:
        store = DistrictStore(connection)
        for name, serial in highest.items():
            behind = serial - (store.last_drawn(name) or 0)
            if behind > 0:
                store.draw(name, behind, last=serial)
                raised += 1
    return raised


def _draw_and_draft(
    service: Service, directory: Directory, bodies: Sequence[dict[str, Any]], now_ms: int
) -> list[Drafted]:
    """Draws a number for each body and records them all, in one transaction."""
    office, year = service.office(directory), china_day(now_ms).year
    with service.database.write() as connection:
        store = DistrictStore(connection)
        numbers = [draw_manifest_in(store, city=directory.register.region[:4], year=year) for _ in bodies]
        numbered = [body | {"manifest": number} for body, number in zip(bodies, numbers, strict=True)]
        verdicts = office.record_in(Ledger(connection), numbered, at_ms=now_ms)
    return [
        Drafted(number, verdict.event_id, verdict.index if verdict.index is not None else -1)
        for number, verdict in zip(numbers, verdicts, strict=True)
    ]


def _body(action: str, site: str, actor: str, number: str = "", **fields: Any) -> dict[str, Any]:
    body = {"kind": "manifested", "action": action, "site": site, "actor": actor, "manifest": number}
    return body | {name: value for name, value in fields.items() if value is not None}


def _drafted(service: Service, number: str) -> Manifest:
    manifest = load_manifest(service, number)
    if manifest.draft is None:
        message = (
            f"manifest {manifest.number} was never drawn up: scans name it, but nobody drafted it; see its findings"
        )
        raise NotFoundError(message)
    return manifest


def _opinion(manifest: Manifest) -> str:
    """The consignee's opinion by the scans."""
    if not manifest.accepted:
        return "refused"
    return "part_accepted" if manifest.refused or manifest.outstanding else "accepted"


def _note(text: str, name: str) -> str:
    if len(text) > NOTE_MAX:
        message = f"{name} has {len(text)} characters: shorten it to {NOTE_MAX}"
        raise QueryError(message)
    text = text.replace("\r\n", "\n").strip()
    check_text(text, name=name)
    return text


def _check_parties(directory: Directory, *, consignor: str, carriers: Sequence[str], consignee: str) -> None:
    if not 1 <= len(carriers) <= CARRIERS_MAX:
        message = f"carriers: {len(carriers)} named; a manifest has 1 to {CARRIERS_MAX}, in the order of their legs"
        raise QueryError(message)
    if known_site(directory, consignor, "consignor").kind not in _CONSIGNORS:
        message = f"consignor {consignor} is a {site_kind(consignor).name.lower()}: only who produces or collects waste consigns it"
        raise QueryError(message)
    for before, carrier in zip(("", *carriers), carriers, strict=False):
        if known_site(directory, carrier, "carriers").kind is not SiteKind.CARRIER:
            message = f"carriers: {carrier} is no carrier; name sites whose code begins with R"
            raise QueryError(message)
        if carrier == before:
            message = f"carriers: {carrier} stands twice in a row; name it once"
            raise QueryError(message)
    if known_site(directory, consignee, "consignee").kind not in _CONSIGNEES or consignee == consignor:
        message = f"consignee {consignee}: name a plant (D…) or a transfer point (T…) other than the consignor"
        raise QueryError(message)


def _check_words(form: str, method: str | None) -> None:
    if form not in {"electronic", "paper"}:
        message = f"form {form!r}: electronic or paper"
        raise QueryError(message)
    if method is not None and method not in METHODS_ZH:
        message = f"method {method!r}: one of {', '.join(METHODS_ZH)}"
        raise QueryError(message)


def _check_wastes(
    directory: Directory, *, carriers: Sequence[str], consignee: str, waste_codes: Sequence[str], day: date
) -> None:
    """Every carrier may carry, and a plant may dispose of, every waste on the day (art. 10: the consignor verifies them)."""
    if not 1 <= len(waste_codes) <= CODES_MAX or len(set(waste_codes)) != len(waste_codes):
        message = f"waste_codes: name each waste once, 1 to {CODES_MAX} of them"
        raise QueryError(message)
    holders = [(carrier, "carry") for carrier in carriers]
    if site_kind(consignee) is SiteKind.PLANT:
        holders.append((consignee, "dispose"))
    for waste_code in waste_codes:
        try:
            check_waste_code(waste_code)
        except ContractError as error:
            message = f"waste_codes: {error}"
            raise QueryError(message) from None
        for holder, activity in holders:
            if not directory.licensed(holder=holder, activity=activity, waste_code=waste_code, day=day):
                name = "carriers" if activity == "carry" else "consignee"
                message = (
                    f"{name}: {directory.site_name(holder)} ({holder}) has no licence to {activity} {waste_code} on {day}; name "
                    f"another one, or enter its licence in the district file and load it"
                )
                raise QueryError(message)


def _check_vehicle(directory: Directory, *, carrier: str, vehicle: str | None, driver: str | None) -> None:
    if vehicle is not None and directory.carrier_of.get(normal_plate(vehicle)) != carrier:
        message = f"vehicle {vehicle} is not registered for {directory.site_name(carrier)} ({carrier}): {_known(directory, carrier)}"
        raise QueryError(message)
    person = directory.people.get(driver or "")
    if driver is not None and (person is None or person.role != "driver" or person.site != carrier):
        message = (
            f"driver {driver} is no registered driver of {directory.site_name(carrier)} ({carrier}): name one by the pseudonym in "
            f"the district file (u-…), role driver"
        )
        raise QueryError(message)


def _known(directory: Directory, carrier: str) -> str:
    plates = [plate for plate, owner in directory.carrier_of.items() if owner == carrier]
    return f"it has {'、'.join(plates)}" if plates else "enter its vehicles in the district file and load it"


def _usual_wastes(directory: Directory, site: Site, day: date) -> list[str]:
    """What a site consigns: its waste streams; what is medical at medical sites, as far as some carrier and plant may take it."""
    streams = [stream.waste_code for stream in directory.register.streams if stream.site == site.code]
    medical = site.kind in {SiteKind.CLINIC, SiteKind.HOSPITAL, SiteKind.TRANSFER_POINT}
    usual = list(dict.fromkeys([*streams, *(MEDICAL_CATEGORIES if medical else ())]))
    if not usual:
        message = f"waste_codes: the register knows no waste stream of {site.name} ({site.code}); name the waste codes"
        raise QueryError(message)
    return [waste for waste in usual if _may(directory, "carry", [waste], day)] or usual


def _holders(directory: Directory, activity: str, wastes: Iterable[str], day: date, *, name: str) -> list[str]:
    holders = _may(directory, activity, wastes, day)
    if not holders:
        message = (
            f"{name}: nobody in the register has a licence to {activity} {', '.join(wastes)} on {day}; name fewer waste codes, or "
            f"enter a licence in the district file and load it"
        )
        raise QueryError(message)
    return holders


def _may(directory: Directory, activity: str, wastes: Iterable[str], day: date) -> list[str]:
    """Who may do it with all of these wastes, whoever may do it with most kinds of waste first."""
    licences = [licence for licence in directory.register.licences if licence.activity == activity]
    ranked = sorted(licences, key=lambda licence: (-len(licence.waste), licence.holder))
    holders = dict.fromkeys(licence.holder for licence in ranked)
    return [
        holder
        for holder in holders
        if all(directory.licensed(holder=holder, activity=activity, waste_code=waste, day=day) for waste in wastes)
    ]
