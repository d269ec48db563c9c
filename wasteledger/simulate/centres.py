"""A township centre: what it takes in is put away, packed into boxes for the lorry, and counted once a month.

Hospitals pack the same way.
"""

from dataclasses import dataclass, field

from wasteledger.domain.times import TRUSTED_CLOCK_MS_MAX
from wasteledger.simulate.acts import HOUR_MS, MINUTE_MS
from wasteledger.simulate.devices import STORE_ROOM, Device
from wasteledger.simulate.layout import Centre
from wasteledger.simulate.rolls import BoxRoom, LabelRoom
from wasteledger.simulate.sealing import STORAGE_MS, Producers
from wasteledger.simulate.truth import NEVER_MS, Package
from wasteledger.simulate.world import Box, World, office_hour

#: Bags in a box.
BOX_PACKAGES = 15
#: Put away a quarter of an hour after it was weighed; a centre's own bags before packing.
PUT_AWAY_MS, OWN_PUT_AWAY_MS = 14 * MINUTE_MS, office_hour(16, 50)
EVENING_PACKING_MS, MORNING_PACKING_MS = office_hour(17, 10), office_hour(6, 50)
#: Rooms are counted when nothing moves, on a day of the month that differs from site to site.
COUNT_MS, ROLL_COUNT_MS = office_hour(19, 40), office_hour(19, 50)
COUNT_DAYS = 20
#: Before the second device packs again, and after the box has left in any case.
BACK_DATED_MS = 22 * HOUR_MS + 30 * MINUTE_MS
#: What such packages weigh stands in no book.
UNWEIGHED = frozenset({"zero_weight"})
#: What is lost at a centre is declared in the afternoon, and found in the morning.
DECLARED_MS, FOUND_MS = office_hour(16), office_hour(10)


@dataclass(slots=True, eq=False)
class Depot:
    """A site from which lorries fetch boxes: its boxes stand packed."""

    site: str
    boxes: list[Box] = field(default_factory=list)


class Centres:
    """All centres and hospitals."""

    def __init__(self, world: World, producers: Producers, labels: LabelRoom, boxes: BoxRoom) -> None:
        """Begins with empty rooms."""
        self._world, self._producers, self._labels, self._boxes = world, producers, labels, boxes
        sites = [*world.layout.centres, *(site.code for site in world.layout.hospitals)]
        self.depots = {site: Depot(site) for site in sites}

    def morning(self) -> None:
        """Before the lorries come."""
        world = self._world
        for code, centre in world.layout.centres.items():
            if world.layout.hauls(centre.group, world.day) and not centre.packs_early:
                self._pack(code, world.at(MORNING_PACKING_MS))
        for site in world.layout.hospitals:
            self._pack(site.code, world.at(MORNING_PACKING_MS))

    def take_in(self, arrived: dict[str, list[Package]]) -> None:
        """What the vans brought is put away; some of it goes astray."""
        world = self._world
        for code, packages in arrived.items():
            if not packages:
                continue
            at_ms = max(at_ms for p in packages for kind, _, at_ms in p.story if kind == "delivered") + PUT_AWAY_MS
            world.act(
                world.device(code), at_ms, "stored", codes=[package.code for package in packages], room=STORE_ROOM
            )
            for package in packages:
                if package.fault == "lost_bag" and package.stage == "centre":
                    continue
                self._producers.stock[code].append(package)
                if package.fault in {"declared_lost", "lost_and_found"} and package.stage != "site":
                    self._producers.declare_lost(package, world.at(DECLARED_MS), FOUND_MS)

    def evening(self) -> None:
        """Own bags are put away, boxes packed for tomorrow's lorry, rooms and rolls counted once a month."""
        world = self._world
        for number, (code, centre) in enumerate(world.layout.centres.items()):
            self._put_own_away(code)
            self._hold_back(centre)
            if world.layout.hauls(centre.group, world.day + 1) and centre.packs_early:
                self._pack(code, world.at(EVENING_PACKING_MS))
            if world.layout.day(world.day).day == 5 + number % COUNT_DAYS:
                self._count(code)
                self._labels.count(code, world.at(ROLL_COUNT_MS))
        for number, (code, clinic) in enumerate(world.layout.clinics.items()):
            counts = world.layout.day(world.day).day == 5 + number % COUNT_DAYS and not self._producers.is_silent(code)
            if counts and clinic.has_device:
                self._labels.count(code, world.at(ROLL_COUNT_MS))

    def _put_own_away(self, code: str) -> None:
        world = self._world
        own = [
            package.code for package in self._producers.stock[code]
            if package.site == code and package.sealed_ms >= world.now_ms
        ]  # fmt: skip
        if own:
            world.act(world.device(code), world.at(OWN_PUT_AWAY_MS), "stored", codes=own, room=STORE_ROOM)

    def _hold_back(self, centre: Centre) -> None:
        """What is to be forgotten in a corner stays until its time is over."""
        for package in self._producers.stock[centre.site.code]:
            if package.fault == "late_storage" and not package.free_ms:
                package.free_ms = package.story[-1][2] + STORAGE_MS + HOUR_MS
                package.goes_wrong("late_storage", by_ms=NEVER_MS)

    def _pack(self, code: str, at_ms: int) -> None:
        """Small into big: bags into boxes, fifteen at a time."""
        world, stock = self._world, self._producers.stock[code]
        ready = [package for package in stock if package.free_ms <= at_ms and package.sealed_ms < at_ms]
        self._producers.stock[code] = [package for package in stock if package not in ready]
        centre = world.layout.centres.get(code)
        device = world.device(code, centre.packs_with if centre else "main")
        stolen = [package for package in ready if package.fault == "back_dated_packing" and device.name == "second"]
        if len(stolen) == len(ready) or device.trouble:
            stolen = []  # there is no box in which it could have been, or no device that would say so at once
        ready = [package for package in ready if package not in stolen]
        twice: list[Package] = []
        boxes: list[Box] = []
        for start in range(0, len(ready), BOX_PACKAGES):
            part, packed_ms = ready[start : start + BOX_PACKAGES], at_ms + len(boxes) * MINUTE_MS
            boxes.append(self._fill(code, device, part, [*part], packed_ms))
            twice += [package for package in part if package.fault == "in_two_boxes"]
        for package in twice:
            first = next(box for box in boxes if package in box.packages)
            first.packages.remove(package)
            first.odd_g += package.mass_g
            boxes.append(self._fill(code, device, [package], [package], at_ms + len(boxes) * MINUTE_MS, twice=True))
        self.depots[code].boxes += boxes
        for package in stolen:
            self._steal(package, code, boxes, at_ms)

    def _fill(  # noqa: PLR0913 - what is packed, by whom, and what is said of it
        self, code: str, device: Device, packages: list[Package], named: list[Package], at_ms: int, *, twice: bool = False
    ) -> Box:  # fmt: skip
        """One box."""
        world, box = self._world, self._boxes.take(code, at_ms)
        acts = world.act(device, at_ms, "packed", codes=[package.code for package in named], box=box.code)
        box.packages = world.inside[box.code] = packages
        box.packed = acts
        if device.trouble and device.trouble.kind == "packs_unheard" and device.trouble.holds(at_ms):
            box.unheard_until_ms = device.trouble.end_ms
        for package in packages:
            package.tell("packed", code, at_ms)
            if twice:
                package.goes_wrong("in_two_boxes", acts=acts)
        self._settle_box(box)
        return box

    def _steal(self, package: Package, code: str, boxes: list[Box], at_ms: int) -> None:
        """A bag is gone. On the next day somebody "packs" it with another device, back-dated, into a box that has left meanwhile."""
        world = self._world
        package.tell("vanished", code, at_ms - MINUTE_MS)
        box, said_ms = boxes[0], at_ms + len(boxes) * MINUTE_MS
        acts = world.act(
            world.device(code, "second"), said_ms + BACK_DATED_MS, "packed", codes=[package.code], box=box.code, claim_ms=said_ms
        )  # fmt: skip
        # Outside its bracket is what a hello has said to be still to come, by more than clocks are trusted; else it is only told late.
        device = world.device(code, "second")
        hello_ms = device.habit.next_ms(said_ms - MINUTE_MS)
        outside = not device.habit.greets_last and hello_ms - said_ms - device.skew_ms > TRUSTED_CLOCK_MS_MAX
        package.goes_wrong("back_dated_packing", acts=acts, expected=None if outside else ("late_packing",))
        package.said_beside = box.packages
        box.odd_g += package.mass_g

    def _settle_box(self, box: Box) -> None:
        """What is known of a box once it is packed."""
        if box.unwashed:
            self._world.truth.codes["box", box.code].update(package.code for package in box.packages)
            box.unwashed = False
        box.odd_g = sum(package.mass_g for package in box.packages if package.muted or package.fault in UNWEIGHED)

    def _count(self, code: str) -> None:
        """Everything in the room: boxes by their own code, loose bags by theirs."""
        world, at_ms = self._world, self._world.at(COUNT_MS)
        here = [box.code for box in self.depots[code].boxes]
        here += [
            package.code
            for package in self._producers.stock[code]
            if package.back_ms <= at_ms and package.sealed_ms < at_ms
        ]
        world.act(
            world.device(code), at_ms, "counted", codes=here, room=STORE_ROOM, complete=True,
            count_name=f"{code}-{world.day}",
        )  # fmt: skip
