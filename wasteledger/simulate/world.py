"""What all rooms of the simulated district share: its clock, devices, labels, boxes and the true story."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from schemas.codes import CodeKind, box_code, manifest_number, parse_code, stock_code
from schemas.signing import DeviceKey
from wasteledger.simulate.acts import DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS, Act
from wasteledger.simulate.chance import Chance
from wasteledger.simulate.devices import SKEW_MS_MAX, SYNC_MS, Device, Habit, position
from wasteledger.simulate.fault_kinds import BY_SUBJECT
from wasteledger.simulate.fleet import Fleet
from wasteledger.simulate.journal import Journal
from wasteledger.simulate.layout import LORRIES, VANS, Layout, midnight_ms
from wasteledger.simulate.scenario import Run
from wasteledger.simulate.truth import Package, Truth

#: Every third township lies in the hills: its clinics have no signal by day.
HILLS_EVERY = 3
#: Of a hundred clinics and centres so many have a handheld that is connected only every few days.
LATE_PERCENT = 8
#: The first days pass without what happens at least once.
QUIET_DAYS = 2
#: Whatever the rates, so many of a hundred packages, hops, boxes and loads are left in peace.
CROWD_MAX = 0.85
#: Of a hundred devices so many say hello behind what they hand in; of a thousand scans so many are made twice.
GREETS_LAST_PERCENT, TAPPED_PERMILLE = 20, 5
TAPPED_AGAIN_MS = 20 * SECOND_MS
_TAPPED = frozenset({"sealed", "packed", "released", "accepted", "stored", "disposed"})
#: A code that nobody ever issued.
UNISSUED_SERIAL_MIN = 90_000_000


@dataclass(slots=True, eq=False)
class Box:
    """A turnover box.

    Attributes:
        free_ms: clean and at home again from then on; also until when a plant leaves it standing.
        fault: the one kind of box fault that befalls its present load.
        unwashed: it was not washed after its last load.
        packed: the acts by which it was filled; `unheard_until_ms`: when the device that did it is heard, where that is late.
        odd_g: grams that lie in it and its books do not know, or the other way round, so that its weight may not fit.
    """

    code: str
    home: str
    packages: list[Package] = field(default_factory=list)
    free_ms: int = 0
    fault: str = ""
    unwashed: bool = False
    odd_g: int = 0
    packed: list[Act] = field(default_factory=list)
    unheard_until_ms: int = 0


class World:
    """The district at work.

    Attributes:
        chance: everything that may be so or otherwise.
        day: the present day, 0 for the first; `now_ms` its midnight.
        end_ms: the simulation ends then.
        inside: what lies in each box.
        troubled: sites whose handheld is in trouble at some time.
    """

    def __init__(self, run: Run, layout: Layout, journal: Journal) -> None:
        """Gives every site its devices."""
        self.run, self.layout, self.journal = run, layout, journal
        self.scenario = run.scenario
        self.chance, self._taps = Chance(run.seed, "district"), Chance(run.seed, "taps")
        self.truth = Truth()
        self.fleet = Fleet(journal, on_broken=self._broken)
        self.begin_ms = midnight_ms(run.begin)
        self.end_ms = self.begin_ms + run.days * DAY_MS
        self.day, self.now_ms = 0, self.begin_ms
        self._serials: dict[str, int] = defaultdict(int)
        self._devices: dict[tuple[str, str], Device] = {}
        self._paid: set[str] = set()
        self.inside: dict[str, list[Package]] = {}
        self.troubled: set[str] = set()
        self._region = layout.register.region[:6]
        self._equip()

    def _equip(self) -> None:
        layout = self.layout
        self._device(layout.authority, "office", "u-office")
        self._device(layout.authority, "print", "u-printer")
        for code, clinic in layout.clinics.items():
            if clinic.has_device:
                hilly = int(clinic.site.division[-3:]) % HILLS_EVERY == 0
                self._device(code, "main", layout.actor(code), hills=hilly)
        for code, centre in layout.centres.items():
            self._device(code, "main", layout.actor(code), placed=True)
            if centre.packs_with == "second":
                self._differ(self._devices[code, "main"], self._device(code, "second", layout.actor(code)))
        for site in (*layout.hospitals, *layout.generators):
            self._device(site.code, "main", layout.actor(site.code))
        self._equip_carriers()
        for plant in filter(None, (layout.plant, layout.rogue_plant)):
            for number, name in enumerate(("gate", "furnace", "desk")):
                self._device(plant, name, layout.actor(plant, number), placed=name == "gate")
            self._differ(self._devices[plant, "gate"], self._devices[plant, "furnace"])
        self._device(layout.company_carrier, "lorry0", layout.actor(layout.company_carrier), placed=True)
        self._device(layout.company_fleet, "lorry0", layout.actor(layout.company_fleet), placed=True)
        self._device(layout.company_plant, "gate", layout.actor(layout.company_plant), placed=True)

    def _equip_carriers(self) -> None:
        layout = self.layout
        for number in range(max(VANS[1]) + 1):
            self._device(
                layout.collector,
                f"van{number}",
                layout.actor(layout.collector, number),
                placed=True,
                hills=number % 2 == 1,
            )
        for number in range(max(LORRIES[1]) + 1):
            self._device(layout.carrier, f"lorry{number}", layout.actor(layout.carrier, number), placed=True)
        if layout.rogue_carrier:
            self._device(layout.rogue_carrier, "lorry0", layout.actor(layout.rogue_carrier), placed=True)

    @staticmethod
    def _differ(one: Device, other: Device) -> None:
        """Two devices of one site, three minutes apart; the second stands on its charger and beside a network for ever.

        What one device packs and another hands over is proved by receipt alone: it has to be handed in before the box leaves.
        """
        one.skew_ms, other.skew_ms = SKEW_MS_MAX, -SKEW_MS_MAX
        other.habit = Habit(other.habit.phase_ms, always_on=True)

    def _device(self, site: str, name: str, actor: str, *, placed: bool = False, hills: bool = False) -> Device:
        made = Device(site, name, seed=self.run.seed, origin=self.layout.register.origin, actor=actor)
        habits = Chance(self.run.seed, f"habits {site} {name}")
        late = site[0] in "CT" and habits.integer(1, 100) <= LATE_PERCENT
        made.habit = Habit(habits.integer(0, SYNC_MS - 1), hills, habits.integer(2, 5) if late else 1)
        made.skew_ms = habits.integer(-SKEW_MS_MAX, SKEW_MS_MAX) if site != self.layout.authority else 0
        made.habit.greets_last = habits.integer(1, 100) <= GREETS_LAST_PERCENT
        made.placed = placed
        self._devices[site, name] = made
        return made

    def replace(self, device: Device, at_ms: int, reason: str, *, trusts: bool = True) -> Device:
        """A device is handed back, and a new one takes its place; the office says whether what the old one said is believed.

        Whoever acts with the old one afterwards acts with the new one.
        """
        name = f"{device.name}+"
        made = Device(device.site, name, seed=self.run.seed, origin=self.layout.register.origin, actor=device.actor)
        made.habit, made.placed, made.skew_ms = device.habit, device.placed, device.skew_ms
        self.fleet.replace(device, made, at_ms)
        office = self.fleet.office
        word = {"kind": "revoked", "device": device.device_id, "reason": reason}
        self.fleet.tell(Act(at_ms + MINUTE_MS, office, word))
        if trusts:
            word = {"kind": "trusted", "device": device.device_id}
            self.fleet.tell(Act(at_ms + 2 * MINUTE_MS, office, word, about=device))
        return made

    @property
    def devices(self) -> list[Device]:
        """Every device, the office first."""
        return list(self._devices.values())

    def device(self, site: str, name: str = "main") -> Device:
        """A device by its site and name."""
        return self._devices[site, name]

    def at(self, offset_ms: int) -> int:
        """A moment of the present day."""
        return self.now_ms + offset_ms

    def serial(self, name: str) -> int:
        """The next number of a range."""
        self._serials[name] += 1
        return self._serials[name]

    @property
    def counters(self) -> dict[str, int]:
        """How far each number range has been drawn."""
        return dict(self._serials)

    def item_code(self) -> str:
        """The next stock code."""
        return stock_code(self._region, self.serial(f"stock/{self._region}"))

    def unissued_code(self) -> str:
        """A well-formed code that was never issued."""
        return stock_code(self._region, UNISSUED_SERIAL_MIN + self.serial("unissued"))

    def box_code(self) -> str:
        """The next box code."""
        return box_code(self._region, self.serial(f"box/{self._region}"))

    def manifest(self) -> str:
        """The next manifest number of the year."""
        year, city = self.layout.day(self.day).year, self._region[:4]
        return manifest_number(year, city, self.serial(f"manifest/{year}/{city}"))

    def unissued_manifest(self) -> str:
        """A well-formed manifest number that nobody has drawn up."""
        return manifest_number(
            self.layout.day(self.day).year, self._region[:4], 900_000 + self.serial("unissued manifest")
        )

    def draw(self, subject: str, kinds: Iterable[str] | None = None) -> str:
        """At most one kind of fault for a subject, each with its own rate; empty for none.

        Where the rates add up to more than `CROWD_MAX`, all are cut in the same proportion.
        """
        share = self.chance.share()
        rates = [(kind, self.scenario.rate(kind)) for kind in (BY_SUBJECT[subject] if kinds is None else kinds)]
        crowd = sum(rate for _, rate in rates)
        if crowd > CROWD_MAX:
            share *= crowd / CROWD_MAX
        for kind, rate in rates:
            if share < rate:
                return kind
            share -= rate
        return ""

    def owes(self, kind: str) -> bool:
        """Whether a kind that has a rate, and few chances, has not happened yet: it does once, after some quiet days."""
        if not self.scenario.rate(kind) or self.day < QUIET_DAYS or kind in self._paid:
            return False
        self._paid.add(kind)
        return True

    def act(  # noqa: PLR0913 - what an act is made of
        self,
        device: Device,
        at_ms: int,
        kind: str,
        *,
        codes: Sequence[str] = (),
        masses_g: Sequence[int | None] | None = None,
        place: str = "",
        targets: dict[str, Act] | None = None,
        person: DeviceKey | None = None,
        claim_ms: int | None = None,
        forced: bool = False,
        **body: Any,
    ) -> list[Act]:
        """Somebody does something; one act for each `codes_per_event` codes."""
        if device.placed:
            body["position"] = position(*self.layout.place(place or device.site))
        if not codes:
            nothing: dict[str, Any] = {"codes": []} if kind == "counted" else {}
            return [self.fleet.tell(Act(at_ms, device, {"kind": kind} | nothing | body, targets or {}, forced=forced))]
        step = self.scenario.codes_per_event
        acts = []
        for start in range(0, len(codes), step):
            part = {"kind": kind, "codes": list(codes[start : start + step])} | body
            if masses_g is not None:
                part |= {"masses_g": list(masses_g[start : start + step]), "mass_source": "scale"}
            if "packages_count" in body:
                part["packages_count"] = len(part["codes"]) + body["packages_count"]
            if body.get("complete") and start + step < len(codes):
                part["complete"] = False
            acts.append(
                self.fleet.tell(
                    Act(at_ms + start, device, part, targets or {}, claim_ms=claim_ms, person=person, forced=forced)
                )
            )
        self._tap_again(acts)
        return acts

    def _tap_again(self, acts: list[Act]) -> None:
        """Now and then somebody is not sure that the first scan was taken, and makes it again."""
        for act in acts:
            once = act.claim_ms is not None or act.targets or act.body.get("vouch_method") in {"none", "paper"}
            if act.kind in _TAPPED and not once and self._taps.integer(1, 1000) <= TAPPED_PERMILLE:
                self.fleet.tell(
                    Act(act.at_ms + TAPPED_AGAIN_MS, act.device, act.body, person=act.person, forced=act.forced)
                )

    def _broken(self, act: Act, is_first: bool) -> None:  # noqa: FBT001 - as the fleet tells it
        """What a copied, rewritten or revoked device names is no longer told apart from what it was made to say."""
        kind, rewritten = act.device.broken_by, act.device.rewritten
        if not kind:  # by its first telling this was earlier or later, and what was overdue by that stays late
            trouble = act.device.trouble
            if trouble:
                self._touched(act, trouble.kind, () if trouble.kind == "late_hello" else None)
            return
        if kind == "device_fork":
            if is_first:  # what came after it the office has said to believe
                self._touched(act, kind, None)
            return
        act.untrusted = True
        expected: tuple[str, ...] | None = None
        if kind == "rewritten_chain":  # what it says in others' names nobody would have believed before
            expected = ("untrusted_device",) if act.body.get("site", act.device.site) == act.device.site else ()
        if rewritten and is_first:
            rewritten.untrusted = True
            self._touched(rewritten, kind, ("device_fork",))
            expected = ("device_fork", *(expected or ()))
        self._touched(act, kind, expected)

    def _touched(self, act: Act, kind: str, expected: tuple[str, ...] | None) -> None:
        for code in act.codes:
            for package in (*self.truth.by_code.get(code, ()), *self.inside.get(code, ())):
                if not package.wrongs_of(kind):
                    package.goes_wrong(kind, acts=[act], expected=expected)

    def run_day(self) -> None:
        """Everything of the present day happens; the next one begins."""
        self.day += 1
        self.now_ms += DAY_MS
        with self.journal.open():
            self.fleet.run_until(self.now_ms)


def is_box(code: str) -> bool:
    """Whether a code names a box."""
    return parse_code(code).kind is CodeKind.BOX


def scatter_g(chance: Chance, mass_g: int, *, around_g: int) -> int:
    """What a scale shows: within so many grams of the truth, never nothing."""
    return max(1, mass_g + chance.integer(-around_g, around_g))


def weigh_again_g(chance: Chance, mass_g: int, before_g: int, *, around_g: int) -> int:
    """What a second scale shows: never what the first one did, to the gram."""
    shown_g = scatter_g(chance, mass_g, around_g=around_g)
    return shown_g + 1 if shown_g == before_g else shown_g


def office_hour(hour: int, minute: int = 0) -> int:
    """Milliseconds from midnight."""
    return hour * HOUR_MS + minute * MINUTE_MS
