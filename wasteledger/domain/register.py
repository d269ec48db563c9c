"""Who and what there is in a district: sites, vehicles, licences, people, waste streams, rules.

Rows, loaded from a readable file. The chain of custody refers to them by code and never copies them.
"""

from collections import Counter
from collections.abc import Iterator
from datetime import date
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from schemas.codes import SiteKind, check_uscc, site_kind
from schemas.events import Actor, Plate, SiteCode
from schemas.quantities import Tolerance
from schemas.waste import check_waste_code

NAME_MAX = 60
TEXT_MAX = 120
#: Institutions of up to 19 beds: collection and carriage not managed as hazardous waste (名录 2021, exemption list no. 2).
EXEMPT_BEDS_MAX = 19

Name = Annotated[str, Field(min_length=1, max_length=NAME_MAX)]
Text = Annotated[str, Field(max_length=TEXT_MAX)]
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
        beds: of a medical institution; decides the exemption for small ones.
        store_below_5c, remote: which storage limit of GB 39707-2020 5.4.6 holds at a plant.
    """

    code: SiteCode
    name: Name
    uscc: Annotated[str, AfterValidator(check_uscc)] | None = None
    beds: Annotated[int, Field(ge=0, le=20_000)] = 0
    address: Text = ""
    contact: Text = ""
    store_below_5c: bool = False
    remote: bool = False

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
        return not (medical and self.beds <= EXEMPT_BEDS_MAX)


class Vehicle(_Row):
    """A vehicle of a carrier."""

    plate: Plate
    carrier: SiteCode


class Licence(_Row):
    """A licence to carry or dispose (经营许可证): waste codes or whole classes such as `HW01`."""

    holder: SiteCode
    number: Annotated[str, Field(min_length=1, max_length=40)]
    activity: Literal["carry", "dispose"]
    waste: Annotated[tuple[str, ...], Field(min_length=1, max_length=100)]
    valid_from: date
    valid_to: date

    def covers(self, waste_code: str, day: date) -> bool:
        """Whether it holds for this waste on this day."""
        listed = waste_code in self.waste or f"HW{waste_code[-2:]}" in self.waste
        return listed and self.valid_from <= day <= self.valid_to


class Person(_Row):
    """Somebody who acts; events carry the pseudonym `actor`, the name stays in this erasable row."""

    actor: Actor
    name: Name
    site: SiteCode
    role: Literal["clinic", "collector", "keeper", "driver", "operator", "printer", "regulator"]
    phone: Text = ""


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


class Rule(_Row):
    """A number that the judgement uses, with the law or decision it rests on."""

    key: Literal[
        "clinic_storage_h", "producer_storage_h", "centre_storage_h", "carriage_h", "acceptance_h", "reroute_h",
        "plant_storage_h", "plant_storage_cold_h", "plant_storage_remote_h", "plant_storage_other_h",
        "back_dated_h", "clock_skew_s", "mass_tolerance_permille", "mass_tolerance_floor_g",
    ]  # fmt: skip
    value: Annotated[int, Field(ge=0, le=10_000_000)]
    basis: Annotated[str, Field(min_length=1, max_length=200)]


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


class Directory:
    """A register made quick to ask."""

    def __init__(self, register: Register) -> None:
        """Indexes the rows; later rules of one key replace earlier ones."""
        self.register = register
        self.divisions = {division.code: division for division in register.divisions}
        self.sites = {site.code: site for site in register.sites}
        self.carrier_of = {vehicle.plate: vehicle.carrier for vehicle in register.vehicles}
        self.people = {person.actor: person for person in register.people}
        self.rules: dict[str, Rule] = {rule.key: rule for rule in (*DEFAULT_RULES, *register.rules)}

    def limit(self, key: str) -> int:
        """The value of a rule."""
        return self.rules[key].value

    @property
    def tolerance(self) -> Tolerance:
        """How far two weighings of one package may differ."""
        return Tolerance(permille=self.limit("mass_tolerance_permille"), floor_g=self.limit("mass_tolerance_floor_g"))

    def licensed(self, *, holder: str, activity: str, waste_code: str, day: date) -> bool:
        """Whether some licence of `holder` covers this waste on this day."""
        return any(
            licence.holder == holder and licence.activity == activity and licence.covers(waste_code, day)
            for licence in self.register.licences
        )

    def site_name(self, code: str) -> str:
        """The name for a screen; an unknown site shows its code."""
        site = self.sites.get(code)
        return site.name if site else code


def _rule(key: str, value: int, basis: str) -> Rule:
    return Rule.model_validate({"key": key, "value": value, "basis": basis})


#: The strictest limits of the law; a district may put its own rows, with their basis, over them.
DEFAULT_RULES: tuple[Rule, ...] = (
    _rule("clinic_storage_h", 48, "医疗废物管理条例 第十七条（暂时贮存不得超过2天）"),
    _rule("producer_storage_h", 8760, "固体废物污染环境防治法 第八十一条（不超过一年，参照）"),
    _rule("centre_storage_h", 48, "医疗废物管理条例 第十七条、第二十五条"),
    _rule("carriage_h", 24, "内部规定：当日送达"),
    _rule("acceptance_h", 24, "内部规定：交接当日确认"),
    _rule("reroute_h", 24, "危险废物转移管理办法 第十八条（及时处理），时限为内部规定"),
    _rule("plant_storage_h", 24, "GB 39707-2020 5.4.6（≥5 ℃ 不超过24 h）"),
    _rule("plant_storage_cold_h", 72, "GB 39707-2020 5.4.6（＜5 ℃ 不超过72 h）"),
    _rule("plant_storage_remote_h", 168, "GB 39707-2020 5.4.6（偏远地区，＜5 ℃ 并消毒，不超过168 h）"),
    _rule("plant_storage_other_h", 8760, "固体废物污染环境防治法 第八十一条（贮存不超过一年）"),
    _rule("back_dated_h", 240, "危险废物转移管理办法 第二十条（十个工作日内补录），以240 h 为提示线"),
    _rule("clock_skew_s", 600, "内部规定"),
    _rule("mass_tolerance_permille", 50, "内部规定：5 %"),
    _rule("mass_tolerance_floor_g", 100, "内部规定：两台秤的最小分度差"),
)


def _row_keys(register: Register) -> Iterator[str]:
    """What names each row; within its kind no two rows may have the same."""
    yield from (f"division {division.code}" for division in register.divisions)
    yield from (f"site {site.code}" for site in register.sites)
    yield from (f"vehicle {vehicle.plate}" for vehicle in register.vehicles)
    yield from (f"licence {licence.number} to {licence.activity}" for licence in register.licences)
    yield from (f"person {person.actor}" for person in register.people)
    yield from (f"stream {stream.waste_code} of {stream.site}" for stream in register.streams)
    yield from (f"rule {rule.key}" for rule in register.rules)


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
    )
    problems += [f"{row}: no site {site}" for row, site in references if site not in sites]
    if problems:
        raise ValueError("; ".join(problems))
    return register
