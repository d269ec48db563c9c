"""What happens to handhelds as things: handed back and replaced, stolen and used on, broken in their clock or their chain.

- Everywhere two handhelds are replaced honestly: each hands in all it has, its key is revoked, and a new one takes its place.
- A stolen one is revoked in the morning; whoever has it takes what stands on the shelf, and signs that it was handed over.
- A retired one is used for another day.
- A copied one is found out, handed back, and believed as far as the office says; nobody believes one whose chain was rewritten.
"""

from wasteledger.simulate.acts import DAY_MS, HOUR_MS, MINUTE_MS
from wasteledger.simulate.chance import Chance
from wasteledger.simulate.devices import Device, Trouble
from wasteledger.simulate.fault_kinds import BY_SUBJECT
from wasteledger.simulate.sealing import MARGIN_MS, STORAGE_MS, Producers
from wasteledger.simulate.truth import NEVER_MS, Wrong
from wasteledger.simulate.world import QUIET_DAYS, World, office_hour

#: A wrong clock is off by some hours for some days; a device out of reach comes back after twelve days.
CLOCK_HOURS, CLOCK_DAYS, AWAY_DAYS = (2, 8), 3, 12
#: A copied or rewritten handheld is found out on the third morning; a dead clock is noticed as late.
BROKEN_DAYS = 3
#: Keys are changed before the day's work.
REPLACED_MS, STOLEN_MS = office_hour(6, 55), office_hour(7, 20)
#: A device that packs is heard late on the second evening.
UNHEARD_UNTIL_MS = office_hour(23)
#: Days on which the honest ones are replaced.
HONEST_DAYS = (3, 4)
_DAYS = {
    "back_dated": AWAY_DAYS, "wrong_clock": CLOCK_DAYS, "late_hello": CLOCK_DAYS, "dead_clock": CLOCK_DAYS,
    "clock_set_back": CLOCK_DAYS, "packs_unheard": 3,
    "device_fork": BROKEN_DAYS + 1, "rewritten_chain": BROKEN_DAYS + 1, "stolen_handheld": BROKEN_DAYS, "revoked_device": BROKEN_DAYS,
}  # fmt: skip
_BROKEN = frozenset({"device_fork", "rewritten_chain"})
#: Only a clinic with a handheld of its own has a shelf to rob, and a chain of sealings to rewrite.
_OF_CLINICS = frozenset(
    {"stolen_handheld", "revoked_device", "rewritten_chain", "late_hello", "dead_clock", "clock_set_back"}
)


class Handhelds:
    """Chooses at the beginning which devices will be in trouble; at least one of a kind that has a rate and time enough to show."""

    def __init__(self, world: World, producers: Producers) -> None:
        """One kind of trouble each."""
        self._world, self._producers = world, producers
        self._chance = Chance(world.run.seed, "troubles")
        self._stolen: dict[str, tuple[int, Wrong]] = {}
        self._kept: dict[str, tuple[int, Wrong]] = {}
        self._free = [device for device in world.devices if device.site[0] in "CT" and device.name == "main"]
        self._seconds = [device for device in world.devices if device.site[0] == "T" and device.name == "second"]
        self._honest = self._choose_honest()
        for kind in BY_SUBJECT["device"]:
            self._choose(kind)

    def _choose_honest(self) -> list[tuple[int, Device]]:
        """A clinic's and a centre's."""
        chosen = []
        for day, letter in zip(HONEST_DAYS, "CT", strict=True):
            device = self._chance.pick([device for device in self._free if device.site[0] == letter])
            self._free.remove(device)
            chosen.append((day, device))
        return chosen

    def _choose(self, kind: str) -> None:
        world, days = self._world, self._world.run.days
        rate, needed = world.scenario.rate(kind), _DAYS.get(kind, 1) + QUIET_DAYS
        if not rate or days <= needed:
            return
        free = self._seconds if kind == "packs_unheard" else self._free
        able = [device for device in free if self._is_able(device, kind)]
        for device in self._chance.some(able, max(1, round(rate * len(able)))):
            free.remove(device)
            world.troubled.add(device.site)
            self._trouble(device, kind, self._chance.integer(QUIET_DAYS, days - needed))

    def _is_able(self, device: Device, kind: str) -> bool:
        clinic = self._world.layout.clinics.get(device.site)
        if kind in {"device_gap", "newer_handheld"}:
            return device.site[0] == "T"
        if kind in _OF_CLINICS:
            return (
                clinic is not None
                and clinic.way == "own_device"
                and not device.habit.hills
                and device.habit.every_days == 1
            )
        return clinic is None or not clinic.is_direct

    def _trouble(self, device: Device, kind: str, day: int) -> None:
        world = self._world
        begin_ms = world.begin_ms + day * DAY_MS
        end_ms = {
            "back_dated": begin_ms + AWAY_DAYS * DAY_MS + office_hour(20), "wrong_clock": begin_ms + CLOCK_DAYS * DAY_MS,
            "late_hello": begin_ms + CLOCK_DAYS * DAY_MS, "dead_clock": begin_ms + CLOCK_DAYS * DAY_MS,
            "clock_set_back": begin_ms + CLOCK_DAYS * DAY_MS,
        }.get(kind, world.end_ms)  # fmt: skip
        shift_ms = self._chance.integer(*CLOCK_HOURS) * HOUR_MS * self._chance.pick((-1, 1))
        expected = ("device_fork",) if kind == "rewritten_chain" else None  # its packages show what nobody believes
        wrong = world.truth.goes_wrong("device", device.device_id, kind, by_ms=NEVER_MS, expected=expected)
        if kind == "stolen_handheld":
            self._stolen[device.site] = day, wrong
            return
        if kind == "packs_unheard":  # it shows by the packages that it packs
            wrong.expected, wrong.by_ms = (), begin_ms
            end_ms = begin_ms + DAY_MS + UNHEARD_UNTIL_MS
        if kind == "revoked_device":
            self._kept[device.site] = day, wrong
            return
        device.trouble = Trouble(kind, begin_ms, end_ms, wrong, shift_ms)
        if kind in _BROKEN:
            back_ms = begin_ms + BROKEN_DAYS * DAY_MS + REPLACED_MS
            device.trouble.end_ms = back_ms - DAY_MS
            world.replace(device, back_ms, "retired", trusts=kind == "device_fork")

    def morning(self) -> None:
        """Before anybody works."""
        world = self._world
        for day, device in self._honest:
            if day == world.day:
                world.replace(device, world.at(REPLACED_MS), "replaced", trusts=False)
        for site, (day, wrong) in list(self._kept.items()):
            if day <= world.day and any(not package.fault for package in self._producers.stock[site]):
                del self._kept[site]
                self._keep(world.device(site), wrong)
        for site, (day, wrong) in list(self._stolen.items()):
            if day <= world.day and any(not package.fault for package in self._producers.stock[site]):
                del self._stolen[site]
                self._steal(site, wrong)

    def _keep(self, device: Device, wrong: Wrong) -> None:
        """Its key is revoked in the morning, and the clinic goes on with it until the next day's."""
        world = self._world
        device.kept_until_ms = world.at(REPLACED_MS) + DAY_MS
        world.replace(device, world.at(REPLACED_MS), "retired", trusts=False)
        wrong.by_ms = world.at(REPLACED_MS) + 2 * DAY_MS

    def _steal(self, site: str, wrong: Wrong) -> None:
        """The handheld is gone, and so is the waste; its key is revoked at once, and goes on signing."""
        world, collector = self._world, self._world.layout.collector
        device, stock = world.device(site), self._producers.stock[site]
        taken = [package for package in stock if not package.fault]
        self._producers.stock[site] = [package for package in stock if package not in taken]
        world.replace(device, world.at(REPLACED_MS), "stolen", trusts=False)
        acts = world.act(
            device, world.at(STOLEN_MS) + HOUR_MS, "released", codes=[package.code for package in taken], to_site=collector,
            forced=True,
        )  # fmt: skip
        wrong.shown(acts)
        for package in taken:
            package.tell("vanished", site, world.at(STOLEN_MS))
            package.goes_wrong("stolen_handheld", acts=acts)
            package.goes_wrong(
                "stolen_handheld", expected=("overdue_pickup",), by_ms=package.sealed_ms + STORAGE_MS + MARGIN_MS + MINUTE_MS
            )  # fmt: skip
