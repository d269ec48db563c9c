"""The district as the simulation sees it: who serves whom, on which weekday, at what hour, and with which habits.

- Townships are collected in two groups: the first on Monday, Wednesday, Friday and Sunday, the second on Tuesday, Thursday, Saturday and
  Monday, so that between two visits no more than two days pass. Each centre is emptied on the day after a collection.
- Clinics seal after the collector's usual hour, so what waits longest waits for 47 hours.
- Every tenth clinic has no device; in every sixth township one clinic carries its bags to the centre; one centre is a cabinet.
- In every third township a disposal company with its own lorry serves two clinics on its own: one has no device, and its staff vouch
  with badge and PIN on the driver's handheld.
"""

import hashlib
from collections import defaultdict
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from typing import Any

import chinese_calendar

from schemas.canonical import encode_base64
from schemas.codes import SiteKind
from schemas.signing import DeviceKey
from schemas.vouching import BADGE_BYTES, person_key
from wasteledger.domain.register import Licence, Person, Register, Site, Vehicle
from wasteledger.errors import RegisterError
from wasteledger.simulate.acts import DAY_MS, HOUR_MS, MINUTE_MS

VOUCHED_EVERY = 10
HAND_IN_EVERY = 6
DIRECT_EVERY = 3
#: Of every fourth centre somebody packs with a second handheld.
SECOND_EVERY = 4
#: Weekdays of collection by group, Monday = 0.
COLLECTION_DAYS = (frozenset({0, 2, 4, 6}), frozenset({1, 3, 5, 0}))
#: The collector's round and the carrier's begin at eight.
ROUND_BEGINS_MS = 8 * HOUR_MS
STOP_MS = 12 * MINUTE_MS
HAUL_STOP_MS = 35 * MINUTE_MS
#: Collectors' vans and carriers' lorries by group; their plates are the first ones of their company.
VANS = ((0, 1, 2), (3, 4))
LORRIES = ((0, 1), (2, 3))
#: Sites that only a faulty scenario has: a plant and a carrier without a licence.
ROGUE_PLANT_SERIAL, ROGUE_CARRIER_SERIAL = 909, 908
ROGUE_PLATE = "渝H9Z908"
FOREIGN_PLATE = "渝H9Z999"
#: The disposal company with its own lorry: one organisation, a carrier and a plant with one device at its gate.
COMPANY_SERIAL, COMPANY, COMPANY_PLATE = 801, "武陵医废处置公司（情景）", "渝H7W801"
#: Its second fleet, which only lends itself to a lie.
FLEET_SERIAL, FLEET_PLATE = 802, "渝H7W802"
#: The first people of the simulation have been with their sites for ever; who has left, left so many days before it.
LEFT_DAYS = 400
#: Badge and PIN of a simulated person: a function of the pseudonym.
_PIN = "2468"
DIRECT_WAYS = ("direct", "direct_own")
#: A way of the simulation as the register names it.
WAYS_IN_REGISTER = {"direct": "vouched", "direct_own": "own_device"}
_ROLES: dict[str, Any] = {
    "A": "regulator", "C": "clinic", "D": "operator", "G": "clinic", "H": "clinic", "R": "driver", "T": "keeper",
}  # fmt: skip
#: Corner of the demonstration district and its size, in millionths of a degree: for positions only.
_LATITUDE_UDEG, _LONGITUDE_UDEG, _SPAN_UDEG, _VILLAGE_UDEG = 29_300_000, 108_500_000, 400_000, 20_000


@dataclass(slots=True)
class Clinic:
    """A clinic with its way of handing over.

    Attributes:
        way: own_device, vouched, hand_in, or of those whom the disposal company serves by itself: direct (badge and PIN), direct_own.
        pickup_ms: the usual hour of the collector, from midnight.
    """

    site: Site
    centre: str
    group: int
    van: int
    way: str
    pickup_ms: int

    @property
    def has_device(self) -> bool:
        """Whether its staff scan by themselves."""
        return self.way not in {"vouched", "direct"}

    @property
    def is_direct(self) -> bool:
        """Whether the disposal company's own lorry comes."""
        return self.way.startswith("direct")


@dataclass(slots=True)
class Centre:
    """A township centre.

    Attributes:
        drop_ms, haul_ms: the usual hour at which the collector brings, and the lorry fetches.
        packs_early: boxes are packed on the evening before, else in the morning.
        packs_with: the handheld that packs.
    """

    site: Site
    group: int
    van: int
    lorry: int
    drop_ms: int
    haul_ms: int
    packs_early: bool
    unattended: bool
    packs_with: str = "main"


class Layout:
    """The district's daily order.

    Attributes:
        register: as it is loaded: the given one with the ways of collection, and with whom a faulty scenario needs.
        collector, carrier, plant: their site codes; the rogues' are empty where there are none.
        company_carrier, company_plant: the disposal company's.
        left: somebody who once belonged to a site, by site.
    """

    def __init__(self, register: Register, begin: date, *, rogues: bool, company_t: int | None = None) -> None:
        """Orders a register; `company_t`: tonnes a year that the company may burn, where its licence names a figure.

        Raises:
            RegisterError: it lacks an authority, a plant, a carrier with a vehicle, or a centre.
        """
        self.begin, self._company_t = begin, company_t
        self.authority = _first(register, SiteKind.AUTHORITY).code
        self.plant = _first(register, SiteKind.PLANT).code
        self.rogue_plant = f"D{self.plant[1:10]}{ROGUE_PLANT_SERIAL}" if rogues else ""
        self.rogue_carrier = f"R{self.plant[1:10]}{ROGUE_CARRIER_SERIAL}" if rogues else ""
        self.company_plant = f"D{self.plant[1:10]}{COMPANY_SERIAL}"
        self.company_carrier = f"R{self.plant[1:10]}{COMPANY_SERIAL}"
        self.company_fleet = f"R{self.plant[1:10]}{FLEET_SERIAL}"
        self.collector = _first(register, SiteKind.CARRIER).code
        carriers = sorted(site.code for site in register.sites if site.kind is SiteKind.CARRIER)
        others = {self.collector, self.rogue_carrier, self.company_carrier, self.company_fleet}
        self.carrier = next((code for code in carriers if code not in others), self.collector)
        self.centres: dict[str, Centre] = {}
        self.clinics: dict[str, Clinic] = {}
        self._order(register)
        self.register = self._ways(self._equipped(register))
        self.sites = {site.code: site for site in self.register.sites}
        self.hospitals = [site for site in self.register.sites if site.kind is SiteKind.HOSPITAL]
        self.generators = [site for site in self.register.sites if site.kind is SiteKind.GENERATOR]
        self.people: dict[str, list[str]] = defaultdict(list)
        self.left: dict[str, str] = {}
        for person in self.register.people:
            if person.valid_to is None or person.valid_to >= begin:
                self.people[person.site].append(person.actor)
            else:
                self.left[person.site] = person.actor
        self.plates: dict[str, list[str]] = defaultdict(list)
        for vehicle in self.register.vehicles:
            self.plates[vehicle.carrier].append(vehicle.plate)

    def _order(self, register: Register) -> None:
        """Routes: a van serves township after township, the clinics of each and then its centre."""
        townships: dict[str, list[Site]] = defaultdict(list)
        for site in register.sites:
            if site.kind is SiteKind.CLINIC:
                townships[site.division].append(site)
        centres = [site for site in register.sites if site.kind is SiteKind.TRANSFER_POINT]
        if not centres:
            message = f"district {register.region} has no township centre: add a site whose code begins with T"
            raise RegisterError(message)
        half = (len(centres) + 1) // 2
        clocks = dict.fromkeys((*VANS[0], *VANS[1]), ROUND_BEGINS_MS)
        lorries = dict.fromkeys((*LORRIES[0], *LORRIES[1]), ROUND_BEGINS_MS + HAUL_STOP_MS)
        for number, site in enumerate(centres):
            group = 0 if number < half else 1
            van, lorry = VANS[group][number % len(VANS[group])], LORRIES[group][number % len(LORRIES[group])]
            for place, clinic in enumerate(townships[site.division]):
                way = _way(clinic, hilly=number % HAND_IN_EVERY == 0, last=place == len(townships[site.division]) - 1)
                if number % DIRECT_EVERY == 1 and place < len(DIRECT_WAYS):
                    way = DIRECT_WAYS[place]
                stop = Clinic(clinic, site.code, group, van, way, clocks[van])
                self.clinics[clinic.code] = stop
                clocks[van] += 0 if stop.is_direct or way == "hand_in" else STOP_MS
            unattended = site.collection == "unattended" or number == len(centres) - 1
            self.centres[site.code] = Centre(
                site, group, van, lorry, clocks[van], lorries[lorry], packs_early=number % 2 == 0, unattended=unattended,
                packs_with="second" if number % SECOND_EVERY == 1 else "main",
            )  # fmt: skip
            clocks[van] += STOP_MS
            lorries[lorry] += HAUL_STOP_MS

    def _ways(self, register: Register) -> Register:
        ways = {code: WAYS_IN_REGISTER.get(clinic.way, clinic.way) for code, clinic in self.clinics.items()}
        ways |= {code: "unattended" for code, centre in self.centres.items() if centre.unattended}
        serving = {code: clinic.centre for code, clinic in self.clinics.items()}
        sites = [
            site.model_copy(
                update={
                    "collection": ways.get(site.code, site.collection),
                    "centre": serving.get(site.code, site.centre),
                }
            )
            for site in register.sites
        ]
        return register.model_copy(update={"sites": tuple(sites)})

    def _equipped(self, register: Register) -> Register:
        """A lorry for each route with a driver of its own, the disposal company, somebody at every site, and the rogues."""
        vehicles, people, sites = list(register.vehicles), list(register.people), list(register.sites)
        wanted = ((self.collector, max(VANS[1]) + 1, "v"), (self.carrier, max(LORRIES[1]) + 1, "l"))
        for holder, count, letter in wanted:
            have = sum(vehicle.carrier == holder for vehicle in vehicles)
            vehicles += [Vehicle(plate=f"渝H8{letter.upper()}{n:03d}", carrier=holder) for n in range(have, count)]
            have = sum(person.site == holder for person in people)
            people += [
                Person(actor=f"u-{letter}driver{n + 1}", name=f"司机{n + 1}", site=holder, role="driver")
                for n in range(have, count)
            ]
        known = {site.code for site in sites}
        licences = list(register.licences)
        if self.company_plant not in known:
            sites.append(Site(code=self.company_plant, name=COMPANY, organisation=COMPANY, store_below_5c=True))
            sites.append(Site(code=self.company_carrier, name="武陵医废车队（情景）", organisation=COMPANY))
            sites.append(Site(code=self.company_fleet, name="武陵医废二车队（情景）", organisation=COMPANY))
            vehicles.append(Vehicle(plate=COMPANY_PLATE, carrier=self.company_carrier))
            vehicles.append(Vehicle(plate=FLEET_PLATE, carrier=self.company_fleet))
            licences += [
                Licence(
                    holder=holder, number=f"情景许可{activity}{holder[-3:]}", activity=activity, waste=("HW01",),
                    valid_from=date(2024, 1, 1), valid_to=date(2035, 12, 31), methods=methods,
                    capacity_t=self._company_t if methods else None,
                )
                for holder, activity, methods in (
                    (self.company_carrier, "carry", ()), (self.company_fleet, "carry", ()),
                    (self.company_plant, "dispose", ("incineration",)),
                )
            ]  # fmt: skip
        if self.rogue_plant and self.rogue_plant not in known:
            sites.append(Site(code=self.rogue_plant, name="无证处置厂（情景）", store_below_5c=True))
            sites.append(Site(code=self.rogue_carrier, name="无证运输队（情景）"))
            vehicles.append(Vehicle(plate=ROGUE_PLATE, carrier=self.rogue_carrier))
            people.append(Person(actor="u-rogue1", name="无证司机", site=self.rogue_carrier, role="driver"))
            people.append(Person(actor="u-rogue2", name="无证操作员", site=self.rogue_plant, role="operator"))
        people = self._staffed(sites, people)
        return register.model_copy(
            update={
                "sites": tuple(sites), "vehicles": tuple(vehicles), "people": tuple(people), "licences": tuple(licences),
            }
        )  # fmt: skip

    def _staffed(self, sites: list[Site], people: list[Person]) -> list[Person]:
        """Somebody at every site; with a PIN where the company calls, and where somebody left, he is still in the register."""
        staffed = {person.site for person in people}
        people = people + [
            Person(actor=pseudonym(site.code), name="在岗人员", site=site.code, role=_ROLES[site.code[0]])
            for site in sites
            if site.code not in staffed
        ]
        have = {person.actor for person in people}
        last = self.begin - timedelta(days=LEFT_DAYS)
        for code, clinic in self.clinics.items():
            gone = pseudonym(f"{code} left")
            if clinic.way == "vouched" and gone not in have:
                people.append(Person(actor=gone, name="已离职人员", site=code, role="clinic", valid_to=last))
        direct = {code for code, clinic in self.clinics.items() if clinic.way == "direct"}
        return [
            person.model_copy(update={"vouch_key": encode_base64(badge_key(person.actor).public_key)})
            if person.site in direct
            else person
            for person in people
        ]

    def day(self, number: int) -> date:
        """The calendar day of a day of the simulation."""
        return self.begin + timedelta(days=number)

    def is_workday(self, number: int) -> bool:
        """Whether people work on that day, by the Chinese calendar with its make-up days."""
        return bool(chinese_calendar.is_workday(self.day(number)))

    def workdays_later(self, number: int, workdays: int) -> int:
        """The day that lies so many working days after another one."""
        while workdays:
            number += 1
            workdays -= self.is_workday(number)
        return number

    def collects(self, group: int, number: int) -> bool:
        """Whether the vans of a group go out."""
        return self.day(number).weekday() in COLLECTION_DAYS[group]

    def hauls(self, group: int, number: int) -> bool:
        """Whether the lorries of a group go out: on the day after each collection."""
        return (self.day(number).weekday() - 1) % 7 in COLLECTION_DAYS[group]

    def actor(self, site: str, number: int = 0) -> str:
        """Somebody who is registered at a site."""
        people = self.people[site]
        return people[number % len(people)]

    def plate(self, carrier: str, number: int) -> str:
        """A vehicle of a carrier."""
        return self.plates[carrier][number % len(self.plates[carrier])]

    def place(self, site: str) -> tuple[int, int]:
        """Where a site lies, in millionths of a degree: townships apart, and its sites within a few kilometres."""
        township = hashlib.sha256(site[1:10].encode()).digest()
        village = hashlib.sha256(site.encode()).digest()
        return tuple(
            corner
            + int.from_bytes(township[start : start + 4]) % _SPAN_UDEG
            + int.from_bytes(village[start : start + 4]) % _VILLAGE_UDEG
            for corner, start in ((_LATITUDE_UDEG, 0), (_LONGITUDE_UDEG, 4))
        )  # type: ignore[return-value]  # two corners, two numbers


def _first(register: Register, kind: SiteKind) -> Site:
    found = min((site for site in register.sites if site.kind is kind), key=lambda site: site.code, default=None)
    if found is None:
        message = (
            f"district {register.region} has no {kind.name.lower()}: add a site whose code begins with {kind.value}"
        )
        raise RegisterError(message)
    return found


@lru_cache(maxsize=1_000)
def badge_key(actor: str) -> DeviceKey:
    """The key that badge and PIN of a simulated person make."""
    return person_key(hashlib.sha256(f"badge {actor}".encode()).digest()[:BADGE_BYTES], _PIN)


def pseudonym(name: str) -> str:
    """The pseudonym of somebody who has no name."""
    return f"u-{hashlib.sha256(name.encode()).hexdigest()[:10]}"


def _way(clinic: Site, *, hilly: bool, last: bool) -> str:
    if clinic.collection != "own_device":
        return clinic.collection
    if (int(clinic.code[4:10]) + int(clinic.code[10:])) % VOUCHED_EVERY == 0:
        return "vouched"
    return "hand_in" if hilly and last else "own_device"


def midnight_ms(begin: date) -> int:
    """Midnight in China at which a day begins, UTC milliseconds."""
    return (begin - date(1970, 1, 1)).days * DAY_MS - 8 * HOUR_MS
