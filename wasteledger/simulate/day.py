"""One round through a district: sealed → collected → transfer point → box → carrier → plant → disposed.

Six things go wrong on purpose; for three of them the scans were made, but lie on handhelds that have not been
connected yet (`late`), so that they can arrive afterwards.
"""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from schemas.codes import item_waste_code
from schemas.label_fields import HazardousLabel, MedicalLabel
from schemas.waste import MEDICAL_CATEGORIES
from wasteledger.domain.register import Register
from wasteledger.simulate.device import Handheld

MINUTE_MS = 60_000
HOUR_MS = 60 * MINUTE_MS
DAY_MS = 24 * HOUR_MS
#: Every tenth clinic has no device: staff vouch with a badge on the collector's handheld.
BADGE_EVERY = 10

Item = MedicalLabel | HazardousLabel


@dataclass
class Wrongs:
    """Which item or device suffers which of the six wrongs; None where the day was too short of items."""

    never_picked_up: str | None = None
    never_accepted: str | None = None
    jumped: str | None = None
    lighter: str | None = None
    used_twice: str | None = None
    second_use_site: str | None = None
    skipping_site: str | None = None

    def texts(self) -> list[tuple[str, str, str]]:
        """(finding code it must show as, what was done, the item or site) for each wrong that was done."""
        rows = [
            ("overdue_pickup", "一袋从未被收走", self.never_picked_up),
            ("in_limbo", "一袋已交出、无人接收", self.never_accepted),
            ("missing_link", "一袋从卫生室直接到了处置单位", self.jumped),
            ("weight_difference", "一袋到中转点时轻了30%", self.lighter),
            ("duplicate_code", "一个编码用在两袋上", self.used_twice),
            ("device_gap", "一台设备跳过一个序号", self.skipping_site),
        ]
        return [(code, text, subject) for code, text, subject in rows if subject]


@dataclass
class Fleet:
    """Handhelds by (site, name); `late` ones are not connected before the repair."""

    register: Register
    chance: np.random.Generator
    enrol: Callable[[list[Handheld]], None]
    devices: dict[tuple[str, str], Handheld] = field(default_factory=dict)
    late: set[tuple[str, str]] = field(default_factory=set)
    withheld: list[tuple[Handheld, bytes]] = field(default_factory=list)

    def device(self, site: str, name: str = "main") -> Handheld:
        """The handheld of that name, made on first use."""
        if (site, name) not in self.devices:
            self._make([site], name)
            if name == "spare":
                self.late.add((site, name))
        return self.devices[site, name]

    def equip(self) -> None:
        """Gives every site that handles waste its handheld, but for clinics whose staff have a badge instead."""
        sites = [site.code for site in self.register.sites]
        self._make([site for site in sites if site[0] != "A" and not has_badge(site)], "main")

    def _make(self, sites: list[str], name: str) -> None:
        made = [Handheld(site, origin=self.register.origin, chance=self.chance) for site in sites]
        self.enrol(made)
        self.devices.update({(device.site, name): device for device in made})


class Scene(NamedTuple):
    """One scan that is still to be made, with its device; `withheld` is made, and its upload lost."""

    at_ms: int
    number: int
    device: Handheld
    kind: str
    actor: str
    body: dict[str, Any]
    withheld: bool


class Round:
    """The day as it happens; every act is one scan on one handheld.

    Scenes are told in any order; `play` makes them in the order of time, as each handheld does.
    """

    def __init__(self, fleet: Fleet, *, begin_ms: int, draw_manifest: Callable[[], str]) -> None:
        """Begins at midnight, China time, of the first day."""
        self.fleet = fleet
        self.register = fleet.register
        self.wrongs = Wrongs()
        self.begin_ms = begin_ms
        self.masses_g: dict[str, int] = {}
        self._draw_manifest = draw_manifest
        self._scenes: list[Scene] = []
        sites = {site.code: site for site in self.register.sites}
        self.plant = next(code for code in sites if code[0] == "D")
        self.collector, self.carrier = sorted(code for code in sites if code[0] == "R")
        self.plates = defaultdict(list)
        for vehicle in self.register.vehicles:
            self.plates[vehicle.carrier].append(vehicle.plate)
        self.people = defaultdict(list)
        for person in self.register.people:
            self.people[person.site].append(person.actor)
        self.clinics = [site for site in self.register.sites if site.code[0] == "C"]

    def play(self) -> None:
        """Makes every scan that was told, earliest first."""
        for scene in sorted(self._scenes, key=lambda scene: scene[:2]):
            scene.device.record(scene.kind, scene.at_ms, actor=scene.actor, **scene.body)
            if scene.withheld:
                self.fleet.withheld.append((scene.device, scene.device.queue.pop()))
        self._scenes = []

    def choose_wrongs(self, items: list[Item], sites: dict[str, str]) -> None:
        """Picks the victims among readable clinic items: the limbo bag and the jumping bag of one township."""
        by_township: dict[str, list[str]] = defaultdict(list)
        for item in items:
            if sites[item.code][0] == "C" and not self._by_badge(sites[item.code]):
                by_township[sites[item.code][1:10]].append(item.code)
        townships = [codes for _, codes in sorted(by_township.items()) if len(codes) >= 3]  # noqa: PLR2004 - two go wrong, one must be left
        if len(townships) < 5:  # noqa: PLR2004 - each wrong in its own township
            return
        self.wrongs.never_accepted, self.wrongs.jumped = townships[0][0], townships[0][1]
        self.wrongs.never_picked_up = townships[1][0]
        self.wrongs.lighter = townships[2][0]
        self.wrongs.used_twice = townships[3][0]
        self.wrongs.second_use_site = sites[townships[4][0]]
        self.wrongs.skipping_site = f"T{sites[townships[4][0]][1:10]}001"

    def seal(self, item: Item, site: str, at_ms: int) -> None:
        """A producer closes, labels and weighs a package."""
        mass_g = item.mass_g if isinstance(item, HazardousLabel) else int(self.fleet.chance.integers(800, 6000))
        self.masses_g.setdefault(item.code, mass_g)
        package = "drum" if isinstance(item, HazardousLabel) else item.package
        self._act(
            "sealed", site, at_ms, codes=[item.code], waste_code=item.waste_code, package=package,
            mass_g=mass_g, mass_source="scale",
        )  # fmt: skip

    def hop(  # noqa: PLR0913 - the facts of a hand-over
        self, codes: list[str], giver: str, taker: str, at_ms: int, *, names: tuple[str, str] = ("main", "main"),
        manifest: str | None = None, masses_g: list[int] | None = None, plate: str | None = None,
    ) -> None:  # fmt: skip
        """Both sides scan: the giver releases, the taker accepts half a minute later."""
        papers: dict[str, Any] = {key: value for key, value in (("manifest", manifest), ("vehicle", plate)) if value}
        self._act("released", giver, at_ms, name=names[0], codes=codes, to_site=taker, **papers)
        weighed: dict[str, Any] = {"masses_g": masses_g, "mass_source": "scale"} if masses_g else {}
        self._act(
            "accepted", taker, at_ms + MINUTE_MS // 2, name=names[1], codes=codes, from_site=giver, **papers, **weighed
        )

    def collect(
        self, codes: list[str], clinic: str, at_ms: int, *, taker_name: str = "main", giver_name: str = "main"
    ) -> None:
        """Clinic to collector; small institutions need no manifest for this hop."""
        plate = self._plate(self.collector, clinic)
        self.hop(codes, clinic, self.collector, at_ms, names=(giver_name, taker_name), plate=plate)

    def deliver(self, codes: list[str], centre: str, at_ms: int, *, name: str = "main") -> None:
        """Collector to transfer point, where every bag is weighed."""
        masses_g = [self._scale(code) for code in codes]
        plate = self._plate(self.collector, centre)
        self.hop(codes, self.collector, centre, at_ms, names=(name, name), masses_g=masses_g, plate=plate)

    def pack(self, codes: list[str], box: str, site: str, at_ms: int, *, name: str = "main") -> None:
        """Small into big: bags into a turnover box."""
        self._act("packed", site, at_ms, name=name, codes=codes, box=box)

    def haul(  # noqa: PLR0913 - one load, and on which handhelds
        self,
        load: list[str],
        masses_g: list[int],
        consignor: str,
        at_ms: int,
        *,
        name: str = "main",
        gate: str = "main",
    ) -> None:
        """Consignor → carrier → plant under one manifest; the plant weighs what it accepts at its gate."""
        manifest, plate = self._draw_manifest(), self._plate(self.carrier, consignor)
        wastes = sorted({item_waste_code(code) or "" for code in load} - {""}) or list(MEDICAL_CATEGORIES)
        self._act(
            "manifested", consignor, at_ms - HOUR_MS, manifest=manifest, action="drafted", form="electronic",
            carriers=[self.carrier], consignee=self.plant, vehicle=plate, waste_codes=wastes,
        )  # fmt: skip
        self.hop(load, consignor, self.carrier, at_ms, names=(name, name), manifest=manifest, plate=plate)
        arrive_ms = at_ms + 5 * HOUR_MS
        self._act(
            "released",
            self.carrier,
            arrive_ms,
            name=name,
            codes=load,
            to_site=self.plant,
            manifest=manifest,
            vehicle=plate,
        )
        self._act(
            "accepted", self.plant, arrive_ms + MINUTE_MS // 2, name=gate, codes=load, from_site=self.carrier, manifest=manifest,
            vehicle=plate, masses_g=[self._another_scale(mass_g) for mass_g in masses_g], mass_source="scale",
        )  # fmt: skip

    def dispose(self, codes: list[str], at_ms: int, *, batch: str, method: str = "incineration") -> None:
        """Fed into the furnace, whole boxes unopened; the boxes are washed afterwards."""
        self._act("disposed", self.plant, at_ms, codes=codes, batch=batch, method=method)
        boxes = [code for code in codes if code[0] == "B"]
        if boxes:
            self._act("washed", self.plant, at_ms + HOUR_MS, codes=boxes)

    def store(self, codes: list[str], site: str, at_ms: int, *, withhold: bool = False) -> None:
        """Put into a room; with `withhold` the scan is made and its upload lost, so the device skips a number."""
        self._act("stored", site, at_ms, withheld=withhold, codes=codes, room="暂存间")

    def _act(
        self, kind: str, site: str, at_ms: int, *, name: str = "main", withheld: bool = False, **body: Any
    ) -> None:
        actor = self.people[site][0]
        if name == "main" and self._by_badge(site):
            device = self.fleet.device(self.collector)
            body |= {"site": site, "vouched_by": actor, "vouch_method": "badge"}
            actor = self.people[self.collector][0]
        else:
            device = self.fleet.device(site, name)
        self._scenes.append(Scene(at_ms, len(self._scenes), device, kind, actor, body, withheld))

    def _by_badge(self, site: str) -> bool:
        return has_badge(site) and site != self.wrongs.second_use_site

    def _plate(self, carrier: str, stop: str) -> str:
        plates = self.plates[carrier]
        return plates[int(stop[4:10]) % len(plates)]

    def _another_scale(self, mass_g: int) -> int:
        """What a second scale shows: within 20 g, and not to the gram what the first one did."""
        return mass_g + int(self.fleet.chance.integers(1, 21)) * int(self.fleet.chance.choice((-1, 1)))

    def _scale(self, code: str) -> int:
        """What the centre's scale shows: within 20 g, but for the bag that lost a third on the way."""
        mass_g = self._another_scale(self.masses_g[code])
        if code == self.wrongs.lighter:
            mass_g = mass_g * 7 // 10
        self.masses_g[code] = mass_g
        return mass_g


def has_badge(site: str) -> bool:
    """Whether a site is a clinic without a handheld, whose staff vouch by badge on the collector's."""
    return site[0] == "C" and (int(site[4:10]) + int(site[10:])) % BADGE_EVERY == 0
