"""Who and what there is in a district: sites, vehicles, licences, people, waste streams, rules.

Rows, loaded from a readable file. The chain of custody refers to them by code and never copies them.
"""

import csv
import hashlib
import json
from collections.abc import Collection
from datetime import date
from functools import cache, cached_property
from importlib.resources import files
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, field_validator

from schemas.codes import SiteKind, check_uscc, site_kind
from schemas.event_base import Actor, Hash, Plate, SiteCode
from schemas.plates import normal_plate
from schemas.quantities import Tolerance
from schemas.waste import check_waste_code, is_medical

if TYPE_CHECKING:
    from wasteledger.domain.register_history import RegisterHistory

NAME_MAX = 60
TEXT_MAX = 120
#: Institutions of up to 19 beds: collection and carriage not managed as hazardous waste (名录 2021, exemption list no. 2).
EXEMPT_BEDS_MAX = 19

DAY_MS = 24 * 60 * 60 * 1000
CHINA_MS = 8 * 60 * 60 * 1000
#: A day before all days, as `day_number` counts them.
BEGINNING = -1_000_000
_EPOCH = date(1970, 1, 1)
#: Answers of one kind that a directory keeps; beyond it they are worked out anew.
KEPT_MAX = 100_000
#: Stands for a person's name where names are left out.
NO_NAME = "—"

_RULE_ROWS = tuple(
    csv.DictReader(files("wasteledger").joinpath("data/rules.csv").read_text(encoding="utf-8").splitlines())
)
#: What each rule limits, in Chinese and English.
RULE_MEANINGS = {row["key"]: (row["zh"], row["en"]) for row in _RULE_ROWS}

#: Harmless disposal of medical waste; and the classes for which nothing else will do.
_HARMLESS = frozenset({"incineration", "steam", "microwave", "chemical"})
_INFECTIOUS = frozenset({"841-001-01", "841-002-01", "841-003-01"})

Name = Annotated[str, Field(min_length=1, max_length=NAME_MAX)]
Text = Annotated[str, Field(max_length=TEXT_MAX)]
Method = Literal["incineration", "steam", "microwave", "chemical", "landfill", "recovery"]
DivisionCode = Annotated[str, Field(pattern=r"^[0-9]{6}([0-9]{3})?$")]


class _Row(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Division(_Row):
    """An administrative division (统计用区划代码): the district, six digits, or one of its townships, nine."""

    code: DivisionCode
    name: Name
    kind: Literal["district", "street", "town", "township"]


class Site(_Row):
    """A place and party of the chain.

    Attributes:
        beds: of a medical institution; decides the exemption for small ones. Unknown is not 0.
        organisation: the legal person it belongs to; a site without one is its own. Two sites of one organisation are not two parties.
        level: of a medical institution (镇级以上 is `township` and above); by its kind where there is none.
        store_below_5c, remote: which storage limit of GB 39707-2020 5.4.6 holds at a plant.
        collection: how waste leaves it (因地制宜): with its own handheld; by a badge or PIN on the collector's; carried by its staff to the
            township centre where no road service runs; or out of a cabinet or unattended room, whose keeper vouches later.
        centre: the township centre that serves it.
        closed_on: the last day on which it is in force; what is still there passes to the successor on that day.
        dormant: it makes no waste for the time being (holidays, rebuilding) and is not asked why; what is there still has to go.
        successor: the site that it was merged into, with its stock and its open steps.
    """

    code: SiteCode
    name: Name
    uscc: Annotated[str, AfterValidator(check_uscc)] | None = None
    beds: Annotated[int, Field(ge=0, le=20_000)] | None = None
    organisation: Name | None = None
    level: Literal["village", "township", "county", "city"] | None = None
    address: Text = ""
    contact: Text = ""
    store_below_5c: bool = False
    remote: bool = False
    collection: Literal["own_device", "vouched", "hand_in", "unattended"] = "own_device"
    centre: SiteCode | None = None
    closed_on: date | None = None
    dormant: bool = False
    successor: SiteCode | None = None

    @property
    def kind(self) -> SiteKind:
        """What the site is in the chain, by its code's first letter."""
        return site_kind(self.code)

    @property
    def division(self) -> str:
        """Nine-digit code of the division it lies in."""
        return self.code[1:10]

    @property
    def needs_manifest(self) -> bool:
        """Whether what leaves here travels under a manifest (名录 2021 exemption no. 2; 转移办法 art. 10, 11)."""
        medical = self.kind in {SiteKind.CLINIC, SiteKind.HOSPITAL}
        return not (medical and self.beds is not None and self.beds <= EXEMPT_BEDS_MAX)


class Vehicle(_Row):
    """A vehicle of a carrier.

    Attributes:
        medical: meets GB 19217 (医疗废物转运车技术要求), on which the exemption of small institutions rests; unsaid, it is taken to.
    """

    plate: Plate
    carrier: SiteCode
    medical: bool | None = None


class Licence(_Row):
    """A licence to carry or dispose (经营许可证): waste codes or whole classes such as `HW01`.

    Attributes:
        methods: of disposal that it names; none named, every harmless one (`Directory.may_treat`).
        capacity_t: tonnes a year that a plant may treat.
    """

    holder: SiteCode
    number: Annotated[str, Field(min_length=1, max_length=40)]
    activity: Literal["carry", "dispose"]
    waste: Annotated[tuple[str, ...], Field(min_length=1, max_length=100)]
    valid_from: date
    valid_to: date
    methods: Annotated[tuple[Method, ...], Field(max_length=6)] = ()
    capacity_t: Annotated[int, Field(gt=0, le=10_000_000)] | None = None

    def covers(self, waste_code: str, day: date) -> bool:
        """Whether it holds for this waste on this day."""
        listed = waste_code in self.waste or f"HW{waste_code[-2:]}" in self.waste
        return listed and self.valid_from <= day <= self.valid_to


class Person(_Row):
    """Somebody who acts; events carry the pseudonym `actor`, the name stays in this erasable row.

    Attributes:
        valid_from, valid_to: first and last day on which the person may vouch for the site; open where there is none.
        vouch_key: base64 of the public key that badge and PIN make (`schemas.vouching`).
    """

    actor: Actor
    name: Name
    site: SiteCode
    role: Literal["clinic", "collector", "keeper", "driver", "operator", "printer", "regulator"]
    phone: Text = ""
    valid_from: date | None = None
    valid_to: date | None = None
    vouch_key: Hash | None = None

    def is_registered(self, site: str, day: date) -> bool:
        """Whether the person belongs to this site on this day."""
        begun = self.valid_from is None or self.valid_from <= day
        return self.site == site and begun and (self.valid_to is None or day <= self.valid_to)


class WasteStream(_Row):
    """A hazardous waste that a producer is known to make: what its labels must say (HJ 1276-2022)."""

    site: SiteCode
    waste_code: Annotated[str, AfterValidator(check_waste_code)]
    waste_name: Name
    form: Literal["固态", "液态", "半固态", "气态"]
    hazards: Annotated[tuple[Literal["T", "C", "I", "R", "In"], ...], Field(min_length=1, max_length=5)]
    main_components: Name
    harmful_components: Name
    cautions: Text


class PlannedWaste(_Row):
    """One row of a yearly management plan: a waste, how much of it, and to which plant."""

    waste_code: Annotated[str, AfterValidator(check_waste_code)]
    mass_kg: Annotated[int, Field(ge=0, le=1_000_000_000)]
    plant: SiteCode


class Plan(_Row):
    """A producer's yearly management plan (危险废物管理计划, HJ 1259-2022 chapter 5), filed by 31 March."""

    site: SiteCode
    year: Annotated[int, Field(ge=2020, le=2100)]
    filed_on: date
    category: Literal["key", "simplified", "registered"]
    wastes: Annotated[tuple[PlannedWaste, ...], Field(min_length=1, max_length=500)]


class Rule(_Row):
    """A number that the judgement uses, with the law or decision it rests on.

    Attributes:
        scope: the division or site for which alone it holds; the whole district where there is none.
    """

    key: str
    value: Annotated[int, Field(ge=0, le=10_000_000)]
    basis: Annotated[str, Field(min_length=1, max_length=200)]
    scope: Annotated[str, Field(min_length=6, max_length=13)] | None = None

    @field_validator("key")
    @classmethod
    def _known(cls, key: str) -> str:
        if key not in RULE_MEANINGS:
            message = f"no rule {key}: `wasteledger rules show` lists them"
            raise ValueError(message)
        return key


class Register(_Row):
    """All rows of a district."""

    region: DivisionCode
    origin: str
    divisions: tuple[Division, ...]
    sites: tuple[Site, ...]
    vehicles: tuple[Vehicle, ...] = ()
    licences: tuple[Licence, ...] = ()
    people: tuple[Person, ...] = ()
    streams: tuple[WasteStream, ...] = ()
    rules: tuple[Rule, ...] = ()
    plans: tuple[Plan, ...] = ()


def day_number(day: date) -> int:
    """A day as days since 1970."""
    return (day - _EPOCH).days


class Directory:
    """A register made quick to ask."""

    def __init__(self, register: Register, history: "RegisterHistory | None" = None) -> None:
        """Indexes the rows; later rules of one key replace earlier ones.

        `history`: all versions, where there are several; a register without one holds for ever.
        """
        self.register = register
        self.history = history
        #: Six digits of the district.
        self.region = register.region[:6]
        self.divisions = {division.code: division for division in register.divisions}
        self.sites = {site.code: site for site in register.sites}
        self.carrier_of = {normal_plate(vehicle.plate): vehicle.carrier for vehicle in register.vehicles}
        self.organisations = {site.code: site.organisation for site in register.sites if site.organisation}
        #: Vehicles that are said not to meet GB 19217: the exemption of small institutions does not hold in them.
        self.unfit_vehicles = frozenset(
            normal_plate(vehicle.plate) for vehicle in register.vehicles if vehicle.medical is False
        )
        self.people = {person.actor: person for person in register.people}
        self.rules: dict[tuple[str, str | None], Rule] = {
            (rule.key, rule.scope): rule for rule in (*default_rules(), *register.rules)
        }
        #: Sites whose waste travels without a manifest.
        self.exempt = frozenset(site.code for site in register.sites if not site.needs_manifest)
        #: Sites that were merged: from which day (its number since 1970) on, and into which.
        self.merged = {
            site.code: (day_number(site.closed_on) if site.closed_on else BEGINNING, site.successor)
            for site in register.sites
            if site.successor
        }
        #: Sites that were closed without a successor: the last day on which each was in force.
        self.closed = {site.code: site.closed_on for site in register.sites if site.closed_on and not site.successor}
        #: Expected steps by state, as `deadlines.expected_step` has met them.
        self.steps: dict[tuple[str, str, str | None, str], Any] = {}
        #: Answers of `checks.py` on hand-overs that are exempt from the manifest: by vehicle, giver, taker and waste.
        self.exempt_hops: dict[tuple[str | None, str, str, str], bool] = {}
        self._limits: dict[tuple[str, str | None], int] = {}
        self._licensed: dict[tuple[str, str, str, date], bool] = {}
        self.tolerance = Tolerance(
            permille=self.limit("mass_tolerance_permille"),
            floor_g=self.limit("mass_tolerance_floor_g"),
            floor_permille=self.limit("mass_tolerance_floor_permille"),
        )
        self.estimate = self.tolerance._replace(permille=self.limit("estimate_tolerance_permille"))

    def rule(self, key: str, site: str | None = None) -> Rule:
        """The rule that holds at a site: its own, else its township's, else its district's, else the default."""
        scopes = (site, site[1:10], site[1:7], None) if site else (None,)
        return next(self.rules[key, scope] for scope in scopes if (key, scope) in self.rules)

    def limit(self, key: str, site: str | None = None) -> int:
        """The value of the rule that holds at a site."""
        value = self._limits.get((key, site))
        if value is None:
            if len(self._limits) > KEPT_MAX:
                self._limits.clear()
            value = self._limits[key, site] = self.rule(key, site).value
        return value

    @cached_property
    def back_dated_ms_least(self) -> int:
        """After how long a record is late anywhere: what comes sooner needs no look at where it is."""
        return min(rule.value for (key, _), rule in self.rules.items() if key == "back_dated_h") * DAY_MS // 24

    def licensed(self, *, holder: str, activity: str, waste_code: str, day: date) -> bool:
        """Whether some licence of `holder` covers this waste on this day."""
        key = (holder, activity, waste_code, day)
        known = self._licensed.get(key)
        if known is None:
            if len(self._licensed) > KEPT_MAX:
                self._licensed.clear()
            known = self._licensed[key] = any(
                licence.holder == holder and licence.activity == activity and licence.covers(waste_code, day)
                for licence in self.register.licences
            )
        return known

    @cached_property
    def digest(self) -> str:
        """What names every version, with its days: what was judged by it is judged anew where it differs."""
        return self.history.digest if self.history else register_digest(self.register)

    @property
    def newest(self) -> "Directory":
        """The version that was loaded last."""
        return self.history.newest if self.history else self

    def at(self, moment_ms: int) -> "Directory":
        """The register as it held at a moment: the register of the day of the act judges the act.

        Of the versions that hold from that day or an earlier one, the one that was loaded last.
        """
        return self if self.history is None else self.history.at(moment_ms)

    def known_at(self, moment_ms: int) -> "Directory":
        """The version that would judge an act of this moment had none been entered afterwards for days that had passed.

        Where it is another one than `at` gives, and they differ in what judges the act, a retroactive edit changed the judgement.
        """
        return self if self.history is None else self.history.known_at(moment_ms)

    def in_force(self, site: str, day: date) -> bool:
        """Whether a site is in the register of that day and was not closed before it; a dormant one is in force."""
        known = self.at(day_number(day) * DAY_MS - CHINA_MS).sites.get(site)
        return known is not None and (known.closed_on is None or day <= known.closed_on)

    def is_idle(self, site: str, day: date) -> bool:
        """Whether a site was dormant or closed on that day, so that nothing is expected to arise there."""
        known = self.at(day_number(day) * DAY_MS - CHINA_MS).sites.get(site)
        return known is not None and (known.dormant or (known.closed_on is not None and known.closed_on <= day))

    def successor_of(self, site: str, moment_ms: int) -> str:
        """Who stands for a site at a moment: itself, or the site that it was merged into by then, and so on."""
        merged = self.at(moment_ms).merged
        if not merged:
            return site
        today = (moment_ms + CHINA_MS) // DAY_MS
        while site in merged and merged[site][0] <= today:
            site = merged[site][1]
        return site

    def acts_for(self, site: str, sites: Collection[str | None], moment_ms: int) -> bool:
        """Whether a site is one of these, or has been merged with one of them by then: a scan may name either."""
        if site in sites or not self.at(moment_ms).merged:
            return site in sites
        heir = self.successor_of(site, moment_ms)
        return any(other and self.successor_of(other, moment_ms) == heir for other in sites)

    def predecessors(self, site: str, moment_ms: int) -> list[str]:
        """The sites that a site stands for at a moment, itself apart."""
        return [code for code in self.at(moment_ms).merged if self.successor_of(code, moment_ms) == site]

    def heirs(self, site: str) -> tuple[tuple[int, str], ...]:
        """The sites that it passes to in turn, by the version loaded last, each with the day from which on (since 1970).

        What had passed when that version was loaded has passed for all open steps, those included that had been due before.
        """
        version = self.history.versions[-1] if self.history else None
        merged, found, begin = self.newest.merged, [], version.first_day if version else BEGINNING
        while site in merged:
            begin, site = max(begin, merged[site][0]), merged[site][1]
            found.append((BEGINNING if version and begin <= version.loaded_day else begin, site))
        return tuple(found)

    def may_treat(self, *, holder: str, waste_code: str, method: str, day: date) -> bool:
        """Whether a licence of `holder` that covers this waste on this day names the method, or names none and the method is harmless.

        Infectious, sharp and pathological waste is burnt or sterilised (GB 39707-2020); it is neither recovered nor tipped.
        """
        if waste_code in _INFECTIOUS and method not in _HARMLESS:
            return False
        return any(
            method in licence.methods if licence.methods else not is_medical(waste_code) or method in _HARMLESS
            for licence in self.register.licences
            if licence.holder == holder and licence.activity == "dispose" and licence.covers(waste_code, day)
        )

    def organisation(self, site: str) -> str:
        """The legal person that a site belongs to; a site without one, or an unknown one, is its own."""
        return self.organisations.get(site, site)

    def site_name(self, code: str) -> str:
        """The name for a screen; an unknown site shows its code."""
        site = self.sites.get(code)
        return site.name if site else code


@cache
def default_rules() -> tuple[Rule, ...]:
    """The strictest limits of the law; a district may put its own rows, with their basis, over them."""
    return tuple(Rule(key=row["key"], value=int(row["value"]), basis=row["basis"]) for row in _RULE_ROWS)


def register_text(register: Register, *, persons: bool = True) -> str:
    """The one way to write a register down: JSON with sorted keys and rows, without what is as it is by default.

    Without `persons` their names and telephones are left out. That is the text which the log's digest is of: a name may be erased
    for ever and the digest still fits (个人信息保护法 第四十七条), and whoever is handed the text learns no names.
    """
    fields = register.model_dump(mode="json", exclude_defaults=True)
    if not persons:
        fields["people"] = [
            {key: value for key, value in person.items() if key != "phone"} | {"name": NO_NAME}
            for person in fields.get("people", ())
        ]
    return _dump({name: sorted(rows, key=_dump) if isinstance(rows, list) else rows for name, rows in fields.items()})


def register_digest(register: Register) -> str:
    """What stands in the log for a register, so that nobody can change its rows unseen: of its text without names of persons."""
    return _sha256(register_text(register, persons=False))


def digest_of_rows(text: str) -> str:
    """The digest by which a register was named up to version 0003 of the database: of its rows as they were written then.

    Raises:
        ValueError: the text is no register.
    """
    fields = json.loads(text)
    lines = [f"{fields['region']} {fields['origin']}"]
    for name, rows in sorted(fields.items()):
        if isinstance(rows, list):
            lines += [name, *sorted(json.dumps(row, ensure_ascii=False, separators=(",", ":")) for row in rows)]
    return _sha256("\n".join(lines))


def _dump(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def _sha256(text: str) -> str:
    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"
