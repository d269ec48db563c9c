"""Who and what there is in a district: sites, vehicles, licences, people, waste streams, rules.

Rows, loaded from a readable file. The chain of custody refers to them by code and never copies them.
"""

import csv
import hashlib
from collections import Counter
from collections.abc import Iterator
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, field_validator

from schemas.codes import SiteKind, check_uscc, site_kind
from schemas.event_base import Actor, Hash, Plate, SiteCode
from schemas.quantities import Tolerance
from schemas.waste import check_waste_code, is_medical

NAME_MAX = 60
TEXT_MAX = 120
#: Institutions of up to 19 beds: collection and carriage not managed as hazardous waste (名录 2021, exemption list no. 2).
EXEMPT_BEDS_MAX = 19

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


class Directory:
    """A register made quick to ask."""

    def __init__(self, register: Register) -> None:
        """Indexes the rows; later rules of one key replace earlier ones."""
        self.register = register
        #: Six digits of the district.
        self.region = register.region[:6]
        self.divisions = {division.code: division for division in register.divisions}
        self.sites = {site.code: site for site in register.sites}
        self.carrier_of = {vehicle.plate: vehicle.carrier for vehicle in register.vehicles}
        self._organisations = {site.code: site.organisation for site in register.sites if site.organisation}
        #: Vehicles that are said not to meet GB 19217: the exemption of small institutions does not hold in them.
        self.unfit_vehicles = frozenset(vehicle.plate for vehicle in register.vehicles if vehicle.medical is False)
        self.people = {person.actor: person for person in register.people}
        self.rules: dict[tuple[str, str | None], Rule] = {
            (rule.key, rule.scope): rule for rule in (*default_rules(), *register.rules)
        }
        #: Sites whose waste travels without a manifest.
        self.exempt = frozenset(site.code for site in register.sites if not site.needs_manifest)
        #: Expected steps by state, as `deadlines.expected_step` has met them.
        self.steps: dict[tuple[str, str, str | None, str], Any] = {}
        self._limits: dict[tuple[str, str | None], int] = {}
        self._licensed: dict[tuple[str, str, str, date], bool] = {}
        self.tolerance = Tolerance(
            permille=self.limit("mass_tolerance_permille"), floor_g=self.limit("mass_tolerance_floor_g")
        )

    def rule(self, key: str, site: str | None = None) -> Rule:
        """The rule that holds at a site: its own, else its township's, else its district's, else the default."""
        scopes = (site, site[1:10], site[1:7], None) if site else (None,)
        return next(self.rules[key, scope] for scope in scopes if (key, scope) in self.rules)

    def limit(self, key: str, site: str | None = None) -> int:
        """The value of the rule that holds at a site."""
        if (key, site) not in self._limits:
            self._limits[key, site] = self.rule(key, site).value
        return self._limits[key, site]

    def licensed(self, *, holder: str, activity: str, waste_code: str, day: date) -> bool:
        """Whether some licence of `holder` covers this waste on this day."""
        key = (holder, activity, waste_code, day)
        known = self._licensed.get(key)
        if known is None:
            known = self._licensed[key] = any(
                licence.holder == holder and licence.activity == activity and licence.covers(waste_code, day)
                for licence in self.register.licences
            )
        return known

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

    def at(self, moment_ms: int) -> "Directory":  # noqa: ARG002 - one version holds for ever until there are more
        """The register as it held at a moment: the register of the day of the act judges the act."""
        return self

    def organisation(self, site: str) -> str:
        """The legal person that a site belongs to; a site without one, or an unknown one, is its own."""
        return self._organisations.get(site, site)

    def site_name(self, code: str) -> str:
        """The name for a screen; an unknown site shows its code."""
        site = self.sites.get(code)
        return site.name if site else code


@cache
def default_rules() -> tuple[Rule, ...]:
    """The strictest limits of the law; a district may put its own rows, with their basis, over them."""
    return tuple(Rule(key=row["key"], value=int(row["value"]), basis=row["basis"]) for row in _RULE_ROWS)


def _row_keys(register: Register) -> Iterator[str]:
    """What names each row; within its kind no two rows may have the same."""
    yield from (f"division {division.code}" for division in register.divisions)
    yield from (f"site {site.code}" for site in register.sites)
    yield from (f"vehicle {vehicle.plate}" for vehicle in register.vehicles)
    yield from (f"licence {licence.number} to {licence.activity}" for licence in register.licences)
    yield from (f"person {person.actor}" for person in register.people)
    yield from (f"stream {stream.waste_code} of {stream.site}" for stream in register.streams)
    yield from (f"rule {rule.key} for {rule.scope or 'the district'}" for rule in register.rules)
    yield from (f"plan of {plan.site} for {plan.year}" for plan in register.plans)


def check_register(register: Register) -> Register:
    """Returns a register whose rows refer only to rows that are there.

    Raises:
        ValueError: naming the row and what it refers to.
    """
    divisions = {division.code for division in register.divisions}
    sites = {site.code for site in register.sites}
    problems = [f"site {s.code}: no division {s.division}" for s in register.sites if s.division not in divisions]
    problems += [f"{key} stands twice" for key, count in Counter(_row_keys(register)).items() if count > 1]
    references = (
        [(f"vehicle {vehicle.plate}", vehicle.carrier) for vehicle in register.vehicles]
        + [(f"licence {licence.number}", licence.holder) for licence in register.licences]
        + [(f"person {person.actor}", person.site) for person in register.people]
        + [(f"stream {stream.waste_code}", stream.site) for stream in register.streams]
        + [(f"plan for {plan.year}", plan.site) for plan in register.plans]
        + [(f"plan of {plan.site} for {plan.year}", row.plant) for plan in register.plans for row in plan.wastes]
        + [(f"site {site.code}", site.centre) for site in register.sites if site.centre]
    )
    problems += [f"{row}: no site {site}" for row, site in references if site not in sites]
    scopes = sites | divisions | {register.region[:6]}
    problems += [
        f"rule {r.key}: no site or division {r.scope}" for r in register.rules if r.scope and r.scope not in scopes
    ]
    if problems:
        raise ValueError("; ".join(problems))
    return register


def register_digest(register: Register) -> str:
    """What stands in the log for a register, so that nobody can change its rows unseen; their order says nothing."""
    lines = [f"{register.region} {register.origin}"]
    for name, rows in sorted(register):
        if isinstance(rows, tuple | list):
            lines += [name, *sorted(row.model_dump_json() for row in rows)]
    content = "\n".join(lines)
    return f"sha256:{hashlib.sha256(content.encode()).hexdigest()}"
