"""A disposal company with its own lorry: it calls at some clinics by itself, and burns what it fetches in its own plant.

Carrier and plant are one organisation, so each of its hops takes two devices and two people, and the producer has to take part by its own
device, or by badge and PIN. Its plant has one device, which accepts, stores and disposes.
"""

from typing import Any

from wasteledger.simulate.acts import DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS, Act
from wasteledger.simulate.layout import COMPANY_PLATE, FLEET_PLATE, Clinic, badge_key
from wasteledger.simulate.rounds import OTHER_SIDE_MS, badge_of, scan
from wasteledger.simulate.sealing import SCALE_G, Producers, Sealer
from wasteledger.simulate.truth import NEVER_MS, Package
from wasteledger.simulate.world import World, office_hour, weigh_again_g

#: The lorry calls from nine o'clock on, and is at the gate an hour after its last stop.
BEGINS_MS, STOP_MS, TO_PLANT_MS = office_hour(9), 15 * MINUTE_MS, HOUR_MS
STORED_MS, BURNT_MS = 10 * MINUTE_MS, office_hour(8, 40)
#: In a relay the second fleet takes over in the evening, and is at the gate on the next day.
RELAYED_MS, RELAY_ARRIVES_MS = office_hour(19), office_hour(17, 30)
#: What its licence allows in a year where that is to be too little, in tonnes; weighings differ by less than so many per cent.
COMPANY_T, CERTAIN_PERCENT = 1, 105
#: With a detour, after the last stop: brought to a centre, fetched there again under a manifest, and at the gate.
TO_CENTRE_MS, FETCHED_MS, FROM_CENTRE_MS = 2 * HOUR_MS, 3 * HOUR_MS, 4 * HOUR_MS + 30 * MINUTE_MS
DRAFTED_MS, CONFIRMED_MS = 25 * MINUTE_MS, DAY_MS
STORE_ROOM = "冷库"

_G_PER_T = 1_000_000


class Company:
    """The company's days."""

    def __init__(self, world: World, producers: Producers) -> None:
        """Begins with an empty lorry and an empty store."""
        self._world, self._producers = world, producers
        layout = world.layout
        self._carrier, self._plant = layout.company_carrier, layout.company_plant
        self._lorry, self._gate = world.device(self._carrier, "lorry0"), world.device(self._plant, "gate")
        self._clinics = [clinic for clinic in layout.clinics.values() if clinic.is_direct]
        self._store: list[Package] = []
        self._relayed: list[Package] = []
        self._burnt_g = 0
        truth, limited = world.truth, world.scenario.rate("over_capacity")
        self._excess = truth.goes_wrong("site", self._plant, "over_capacity", by_ms=NEVER_MS) if limited else None

    def run(self) -> None:
        """Burns what lies there, then fetches."""
        self._burn()
        layout, day = self._world.layout, self._world.day
        loaded: list[Package] = []
        stops = [clinic for clinic in self._clinics if layout.collects(clinic.group, day)]
        for number, clinic in enumerate(stops):
            loaded += self._stop(clinic, self._world.at(BEGINS_MS + number * STOP_MS))
        last_ms = self._world.at(BEGINS_MS + len(stops) * STOP_MS)
        self._store += self._relayed  # today, too late for the furnace
        self._relayed = [package for package in loaded if package.fault == "company_relay"]
        round_about = [package for package in loaded if package.fault == "badge_by_centre"]
        loaded = [package for package in loaded if package not in self._relayed and package not in round_about]
        if loaded:
            self._unload(loaded, last_ms + TO_PLANT_MS)
        if self._relayed:
            self._relay(self._relayed)
        for centre in sorted({layout.clinics[package.site].centre for package in round_about}):
            here = [package for package in round_about if layout.clinics[package.site].centre == centre]
            self._go_round_by(centre, here, last_ms)

    def _stop(self, clinic: Clinic, at_ms: int) -> list[Package]:
        """Clinic to lorry; a clinic without a device seals and hands over on the driver's handheld, by badge and PIN."""
        world, site = self._world, clinic.site.code
        if clinic.way == "direct":
            self._seal(clinic, at_ms)
        taken = self._producers.take(site, at_ms)
        by_badge = [package for package in taken if package.fault in {"one_company_badge", "badge_by_centre"}]
        others = [package for package in taken if package not in by_badge]
        body: dict[str, Any] = {"to_site": self._carrier, "vehicle": COMPANY_PLATE}
        if clinic.way == "direct_own":
            scan(world, world.device(site), at_ms, "released", others, **body)
        else:
            body |= {"site": site, "place": site}
            pin = self._pin(clinic)
            scan(world, self._lorry, at_ms, "released", others, **body, **pin)
            scan(world, self._lorry, at_ms + SECOND_MS, "released", by_badge, **body, **badge_of(world, clinic))
        scan(
            world,
            self._lorry,
            at_ms + OTHER_SIDE_MS,
            "accepted",
            taken,
            from_site=site,
            place=site,
            vehicle=COMPANY_PLATE,
        )
        for package in taken:
            package.tell("collected", self._carrier, at_ms + OTHER_SIDE_MS)
        return taken

    def _pin(self, clinic: Clinic) -> dict[str, Any]:
        actor = self._world.layout.actor(clinic.site.code)
        return {"vouched_by": actor, "vouch_method": "pin", "person": badge_key(actor)}

    def _seal(self, clinic: Clinic, at_ms: int) -> None:
        world, site = self._world, clinic.site.code
        pin = self._pin(clinic)
        person = pin.pop("person")
        sealer = Sealer(self._carrier, "lorry0", pin, person, badge_of(world, clinic))
        for number in range(self._producers.due(site)):
            self._producers.seal(site, clinic.way, at_ms - MINUTE_MS - number * SECOND_MS, sealer)

    def _unload(self, packages: list[Package], at_ms: int) -> None:
        world, codes = self._world, [package.code for package in packages]
        world.act(
            self._lorry, at_ms, "released", codes=codes, to_site=self._plant, place=self._plant, vehicle=COMPANY_PLATE
        )
        body: dict[str, Any] = {"vehicle": COMPANY_PLATE}
        by_badge = any(package.fault == "one_company_badge" for package in packages)  # a finding of its own
        one_person = not by_badge and bool(world.draw("hop", ["one_company_person"]))
        if one_person:
            body["actor"] = self._lorry.actor
        accepted = self._take_in(packages, self._carrier, at_ms + OTHER_SIDE_MS, **body)
        for package in packages if one_person else ():
            package.goes_wrong("one_company_person", acts=accepted)
        self._store += packages

    def _relay(self, packages: list[Package]) -> None:
        """Instead of going to the plant it changes lorries inside the company, as if a new journey began."""
        world, layout, codes = self._world, self._world.layout, [package.code for package in packages]
        fleet, second = layout.company_fleet, world.device(layout.company_fleet, "lorry0")
        at_ms, gate_ms = world.at(RELAYED_MS), world.at(RELAY_ARRIVES_MS) + DAY_MS
        world.act(self._lorry, at_ms, "released", codes=codes, to_site=fleet, place=fleet, vehicle=FLEET_PLATE)
        world.act(
            second,
            at_ms + OTHER_SIDE_MS,
            "accepted",
            codes=codes,
            from_site=self._carrier,
            place=fleet,
            vehicle=FLEET_PLATE,
        )
        world.act(second, gate_ms, "released", codes=codes, to_site=self._plant, place=self._plant, vehicle=FLEET_PLATE)
        accepted = self._take_in(packages, fleet, gate_ms + OTHER_SIDE_MS, vehicle=FLEET_PLATE)
        for package in packages:
            package.goes_wrong(package.fault, acts=accepted)

    def _go_round_by(self, centre: str, packages: list[Package], last_ms: int) -> None:
        """The producer's badge was read on the company's own lorry; a centre on the way makes two organisations of it."""
        world, codes = self._world, [package.code for package in packages]
        device, number = world.device(centre), world.manifest()
        at_ms, left_ms, gate_ms = last_ms + TO_CENTRE_MS, last_ms + FETCHED_MS, last_ms + FROM_CENTRE_MS
        world.act(self._lorry, at_ms, "released", codes=codes, to_site=centre, place=centre, vehicle=COMPANY_PLATE)
        masses_g = [weigh_again_g(world.chance, p.mass_g, p.sealed_g, around_g=SCALE_G) for p in packages]
        world.act(
            device, at_ms + OTHER_SIDE_MS, "accepted", codes=codes, from_site=self._carrier, masses_g=masses_g, vehicle=COMPANY_PLATE
        )  # fmt: skip
        wastes = sorted({package.waste_code for package in packages})
        world.act(
            device, left_ms - DRAFTED_MS, "manifested", manifest=number, action="drafted", form="electronic",
            carriers=[self._carrier], consignee=self._plant, vehicle=COMPANY_PLATE, waste_codes=wastes, driver=self._lorry.actor,
            planned_on=f"{world.layout.day(world.day):%Y-%m-%d}", method="incineration",
        )  # fmt: skip
        papers: dict[str, Any] = {"manifest": number, "vehicle": COMPANY_PLATE}
        world.act(device, left_ms, "released", codes=codes, to_site=self._carrier, **papers)
        world.act(
            self._lorry, left_ms + OTHER_SIDE_MS, "accepted", codes=codes, from_site=centre, place=centre, **papers
        )
        world.act(self._lorry, gate_ms, "released", codes=codes, to_site=self._plant, place=self._plant, **papers)
        self._take_in(packages, self._carrier, gate_ms + OTHER_SIDE_MS, **papers)
        world.act(
            self._gate, gate_ms + CONFIRMED_MS, "manifested", manifest=number, action="confirmed", opinion="accepted"
        )
        self._store += packages

    def _take_in(self, packages: list[Package], giver: str, at_ms: int, **body: Any) -> list[Act]:
        """The plant's side: weighed, and put away."""
        world, codes = self._world, [package.code for package in packages]
        masses_g = [weigh_again_g(world.chance, p.mass_g, p.sealed_g, around_g=SCALE_G) for p in packages]
        accepted = world.act(
            self._gate, at_ms, "accepted", codes=codes, from_site=giver, masses_g=masses_g, packages_count=0, **body
        )
        world.act(self._gate, at_ms + STORED_MS, "stored", codes=codes, room=STORE_ROOM)
        for package in packages:
            package.tell("unloaded", self._plant, at_ms)
        return accepted

    def _burn(self) -> None:
        world = self._world
        if not self._store:
            return
        at_ms = world.at(BURNT_MS)
        batch = f"{self._plant[-3:]}-{world.layout.day(world.day):%Y%m%d}-1"
        codes = [package.code for package in self._store]
        acts = world.act(self._gate, at_ms, "disposed", codes=codes, batch=batch, method="incineration")
        for package in self._store:
            self._burnt_g += package.mass_g
            if package.fault in {"one_company_badge", "badge_by_centre"}:
                package.goes_wrong(package.fault, acts=acts)
            package.destroyed = package.lawful = True
            package.tell("destroyed", self._plant, at_ms)
        self._store = []
        if self._excess and self._excess.by_ms and self._burnt_g * 100 > COMPANY_T * _G_PER_T * CERTAIN_PERCENT:
            self._excess.shown(acts)
