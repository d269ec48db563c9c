"""The plant: weighed at the gate, stored cold, fed into the furnace the next day, boxes washed, manifests confirmed, rooms counted."""

from dataclasses import dataclass

from schemas.canonical import sha256_base64
from schemas.waste import is_medical
from wasteledger.simulate.acts import DAY_MS, HOUR_MS, MINUTE_MS, Act
from wasteledger.simulate.centres import UNWEIGHED
from wasteledger.simulate.fault_kinds import OUTSTANDING
from wasteledger.simulate.ghosts import Ghosts
from wasteledger.simulate.hauls import OTHER_SIDE_MS, Load
from wasteledger.simulate.old_stock import GhostStock
from wasteledger.simulate.rolls import BoxRoom
from wasteledger.simulate.sealing import MARGIN_MS, SCALE_G
from wasteledger.simulate.truth import NEVER_MS, Package
from wasteledger.simulate.world import Box, World, office_hour, scatter_g, weigh_again_g

STORE_ROOM = "冷库"
STORED_MS = 10 * MINUTE_MS
#: The furnace is fed every so often with so many boxes or drums.
FURNACE_BEGINS_MS, BATCH_MS, BATCH_UNITS = office_hour(8, 30), 25 * MINUTE_MS, 12
#: Of a hundred boxes so many are opened before they are burnt.
OPENED_PERCENT = 10
OPENED_MS = 12 * MINUTE_MS
WASHED_MS, HOME_AGAIN_MS = office_hour(17, 30), 30 * HOUR_MS
CONFIRMED_MS = office_hour(16, 10)
COUNT_DAY, COUNT_MS = 15, office_hour(20, 10)
#: Below 5 °C a plant may store for 72 hours.
PLANT_STORAGE_MS = 72 * HOUR_MS
#: Chemical and pharmaceutical waste is stored by GB 18597, not by the hour (GB 39707-2020 5.4.7).
_STORED_LONGER = frozenset({"841-004-01", "841-005-01"})
#: Working days within which the consignee confirms, and one more to be sure.
CONFIRM_WORKDAYS, LATE_WORKDAYS = 6, 8
#: What two weighings of a box may differ by, by the rules.
TOLERANCE_PERMILLE = 50
#: A box is heavier by a fourth: something else lies in it.
HEAVIER_NUMERATOR, HEAVIER_DENOMINATOR = 5, 4
#: It is burnt, or voided, once more so much later.
AGAIN_MS = 25 * HOUR_MS
#: Something that was burnt turns up again so many days later.
RETURNS_DAYS = (1, 3)


@dataclass(slots=True, eq=False)
class Unit:
    """A box, or a package outside boxes, in the plant's store."""

    box: Box | None
    package: Package | None
    free_ms: int

    @property
    def code(self) -> str:
        """What is scanned."""
        return self.box.code if self.box else self.package.code if self.package else ""

    @property
    def packages(self) -> list[Package]:
        """What is in it."""
        return self.box.packages if self.box else [self.package] if self.package else []


class Plant:
    """One plant; the rogue one works the same way, without a licence."""

    def __init__(self, world: World, site: str, boxes: BoxRoom) -> None:
        """Begins with an empty store."""
        self._world, self._site, self._boxes = world, site, boxes
        self._store: list[Unit] = []
        self._gate, self._furnace, self._desk = (world.device(site, name) for name in ("gate", "furnace", "desk"))
        self._is_lawful = site == world.layout.plant
        self._confirmed: set[str] = set()
        self._sold: list[Package] = []
        self._ghosts, self._old = Ghosts(world, site), GhostStock(world, site)

    def take_in(self, loads: list[Load]) -> None:
        """The plant's side of today's hand-overs at its gate."""
        for load in loads:
            if load.plant == self._site:
                self._accept(load)

    def _accept(self, load: Load) -> None:
        world, at_ms = self._world, load.at_ms + OTHER_SIDE_MS
        for box in load.boxes:
            box.fault = world.draw("box") if self._is_lawful else ""
        seen = [box for box in load.boxes if box.fault != "disposed_not_received"]
        codes = [box.code for box in seen] + [package.code for package in load.loose]
        masses_g = [self._weigh(box) for box in seen]
        masses_g += [weigh_again_g(world.chance, p.mass_g, p.sealed_g, around_g=SCALE_G) for p in load.loose]
        accepted: list[Act] = []
        if codes:
            accepted = world.act(
                self._gate, at_ms, "accepted", codes=codes, from_site=load.carrier, masses_g=masses_g, packages_count=0,
                **load.papers,
            )  # fmt: skip
            world.act(self._gate, at_ms + STORED_MS, "stored", codes=codes, room=STORE_ROOM)
        self._accept_unseen(load, at_ms + MINUTE_MS)
        for package in load.packages:
            package.tell("unloaded", self._site, at_ms)
        for box in load.boxes:
            self._box_fault(box, accepted, at_ms)
            self._note_companions(box)
        self._note_manifest(load)
        self._store += [Unit(box, None, box.free_ms) for box in load.boxes if box.fault != "sold_at_gate"]
        self._store += [Unit(None, package, 0) for package in (*load.loose, *load.unseen)]
        self._confirm(load, at_ms, arrived=bool(codes))

    def _weigh(self, box: Box) -> int:
        mass_g = sum(package.mass_g for package in box.packages)
        if box.fault == "box_heavier":
            mass_g = mass_g * HEAVIER_NUMERATOR // HEAVIER_DENOMINATOR + 200
        return scatter_g(self._world.chance, mass_g, around_g=SCALE_G)

    @staticmethod
    def _note_companions(box: Box) -> None:
        """What lies beside something that its books do not know, where that weighs enough to show on the gate's scale."""
        scatter_g = SCALE_G * (2 * len(box.packages) + 1)
        shows = (box.odd_g + scatter_g) * 1000 > (sum(p.mass_g for p in box.packages) - box.odd_g) * TOLERANCE_PERMILLE
        for package in box.packages if box.odd_g and shows else ():
            if not package.muted and package.fault not in UNWEIGHED:
                package.goes_wrong("companion")

    def _accept_unseen(self, load: Load, at_ms: int) -> None:
        """Bags that nobody scanned before: the gate does."""
        codes = [package.code for package in load.unseen]
        if not codes:
            return
        acts = self._world.act(
            self._gate, at_ms, "accepted", codes=codes, from_site=load.carrier, packages_count=0, **load.papers
        )
        self._world.act(self._gate, at_ms + STORED_MS, "stored", codes=codes, room=STORE_ROOM)
        for package in load.unseen:
            package.tell("unloaded", self._site, at_ms)
            package.wrongs_of("jumped")[0].shown(acts)

    def _box_fault(self, box: Box, accepted: list[Act], at_ms: int) -> None:
        kind = box.fault
        box.free_ms = 0
        if kind == "box_heavier":
            for package in box.packages:
                # Seen by itself afterwards, a package is proved to have been inside.
                # And what its books do not know may make up for what was added.
                seen = package.fault == "scanned_after_end" or box.odd_g > 0
                package.goes_wrong(
                    kind, acts=accepted, expected=() if seen else None, allowed=("box_difference",) if seen else None
                )
        elif kind == "late_at_plant":
            box.free_ms = at_ms + PLANT_STORAGE_MS + 3 * HOUR_MS
            for package in box.packages:
                if package.waste_code not in _STORED_LONGER:
                    package.goes_wrong(kind, by_ms=NEVER_MS)
        elif kind == "disposed_not_received":
            for package in box.packages:
                package.goes_wrong(kind, by_ms=NEVER_MS, allowed=("late_step",))
        elif kind == "sold_at_gate":
            self._sell(box, at_ms)

    def _sell(self, box: Box, at_ms: int) -> None:
        """Taken in, and carried out again; a stock-take will miss it."""
        self._sold += box.packages
        for package in box.packages:
            package.tell("vanished", self._site, at_ms + HOUR_MS)
            if package.waste_code not in _STORED_LONGER:
                known_ms = at_ms + PLANT_STORAGE_MS + MARGIN_MS
                package.goes_wrong(box.fault, expected=("arrived_not_disposed",), by_ms=known_ms)

    def _note_manifest(self, load: Load) -> None:
        """What did not come in as the manifest's scans say may show at the manifest too."""
        truth = self._world.truth
        missing = any(box.fault == "disposed_not_received" for box in load.boxes)
        if load.unseen and load.number:
            truth.goes_wrong("manifest", load.number, "jumped", expected=(), allowed=("manifest_mismatch",))
        if missing and load.number:
            truth.goes_wrong("manifest", load.number, "disposed_not_received", expected=(), allowed=OUTSTANDING)

    def _confirm(self, load: Load, at_ms: int, *, arrived: bool) -> None:
        """The consignee confirms the manifest on the next day (转移办法 art. 18), or never."""
        world = self._world
        if load.fault == "unconfirmed_manifest" and load.wrong:
            due_day = world.layout.workdays_later(world.day, CONFIRM_WORKDAYS)
            # Of what never came in, as far as the books know, nothing is to be confirmed.
            load.wrong.acts, load.wrong.by_ms = (), world.begin_ms + due_day * DAY_MS if arrived else NEVER_MS
        elif load.number and load.number not in self._confirmed:
            self._confirmed.add(load.number)
            confirm_ms = max(world.at(CONFIRMED_MS) + DAY_MS, at_ms + HOUR_MS)
            if load.fault == "late_confirmed":
                late_day = world.layout.workdays_later(world.day, LATE_WORKDAYS)
                confirm_ms = world.begin_ms + late_day * DAY_MS + CONFIRMED_MS
            acts = world.act(
                self._desk, confirm_ms, "manifested", manifest=load.number, action="confirmed", opinion="accepted"
            )
            if load.fault == "late_confirmed" and load.wrong:
                load.wrong.acts, load.wrong.by_ms = tuple(acts), 0 if arrived else NEVER_MS

    def run(self) -> None:
        """A day at the furnace: what came in before today and is not forgotten."""
        world = self._world
        ready = [unit for unit in self._store if unit.free_ms <= world.at(FURNACE_BEGINS_MS)]
        self._store = [unit for unit in self._store if unit not in ready]
        for number, start in enumerate(range(0, len(ready), BATCH_UNITS)):
            at_ms = world.at(FURNACE_BEGINS_MS + number * BATCH_MS)
            batch = f"{self._site[-3:]}-{world.layout.day(world.day):%Y%m%d}-{number + 1}"
            self._burn(ready[start : start + BATCH_UNITS], at_ms, batch=batch, lie=self._lie())
        self._wash([unit.box for unit in ready if unit.box])

    def count(self) -> None:
        """The store is counted once a month, when nothing moves."""
        world = self._world
        if not self._is_lawful or world.layout.day(world.day).day != COUNT_DAY:
            return
        codes = [unit.code for unit in self._store if not (unit.box and unit.box.fault == "disposed_not_received")]
        acts = world.act(
            self._gate, world.at(COUNT_MS), "counted", codes=codes, room=STORE_ROOM, complete=True,
            count_name=f"{self._site}-{world.day}",
        )  # fmt: skip
        for package in self._sold:
            package.goes_wrong("sold_at_gate", acts=acts, expected=("stock_imbalance",))
        self._sold = []

    def _lie(self) -> str:
        return self._world.draw("batch") if self._is_lawful else ""

    def _burn(self, units: list[Unit], at_ms: int, *, batch: str, lie: str) -> None:
        """One batch: boxes as they are, or opened and their packages scanned."""
        world = self._world
        codes: list[str] = []
        burnt: list[Package] = []
        for unit in units:
            packages = list(unit.packages)
            if unit.box and self._is_opened(unit.box):
                packages = self._open(unit.box, at_ms - OPENED_MS)
                codes += [package.code for package in packages]
            else:
                codes.append(unit.code)
            burnt += packages
        method = "landfill" if lie == "wrong_method" else "incineration"
        if lie in {"ghost_bag", "ghost_stock"}:
            ghosts = (self._ghosts if lie == "ghost_bag" else self._old).make(at_ms)
            codes += [package.code for package in ghosts]
            burnt += ghosts
        acts = world.act(self._furnace, at_ms, "disposed", codes=codes, batch=batch, method=method)
        for unit in units:
            self._late_faults(unit, acts)
        for package in burnt:
            # Of other waste the licence names no method; medical waste may not be tipped.
            tipped = lie == "wrong_method" and is_medical(package.waste_code)
            package.destroyed, package.lawful = True, self._is_lawful and not tipped
            package.tell("destroyed", self._site, at_ms)
            if not self._is_lawful:
                package.goes_wrong("unlicensed_plant", acts=acts)
            if tipped:
                package.goes_wrong(lie, acts=acts)
            if package.fault == "scanned_after_end":
                self._return(package, at_ms)
            elif package.fault in {"burned_twice", "void_after_end"}:
                self._tell_again(package, at_ms)

    def _is_opened(self, box: Box) -> bool:
        if box.fault:
            return box.fault == "box_miscounted"
        return not box.odd_g and self._world.chance.integer(1, 100) <= OPENED_PERCENT

    def _open(self, box: Box, at_ms: int) -> list[Package]:
        """A box is opened and every package in it scanned; one may be missing."""
        world, packages = self._world, list(box.packages)
        kept = [package for package in packages if not package.fault and not package.muted]
        missing = world.chance.pick(kept) if box.fault == "box_miscounted" and len(kept) > 1 else None
        if missing:
            packages.remove(missing)
            missing.tell("vanished", self._site, at_ms - HOUR_MS)
        codes = [package.code for package in packages]
        proved = ("in_two_boxes", "packs_unheard")
        for wrong in (wrong for package in packages for kind in proved for wrong in package.wrongs_of(kind)):
            wrong.expected, wrong.allowed = (
                (),
                wrong.expected + wrong.allowed,
            )  # seen by itself, it is proved to have been inside
        acts = world.act(self._furnace, at_ms, "unpacked", codes=codes, box=box.code, complete=True)
        if missing:
            missing.goes_wrong("box_miscounted", acts=acts)
        return packages

    def _late_faults(self, unit: Unit, acts: list[Act]) -> None:
        if unit.box and unit.box.fault == "late_at_plant":
            for wrong in (wrong for package in unit.box.packages for wrong in package.wrongs_of("late_at_plant")):
                wrong.shown(acts)
        elif unit.box and unit.box.fault == "disposed_not_received":
            for wrong in (
                wrong for package in unit.box.packages for wrong in package.wrongs_of("disposed_not_received")
            ):
                wrong.shown(acts)

    def _return(self, package: Package, at_ms: int) -> None:
        """It was taken out before the furnace, and turns up in some centre."""
        world = self._world
        site = world.chance.pick(list(world.layout.centres))
        later_ms = at_ms + world.chance.integer(*RETURNS_DAYS) * DAY_MS
        acts = world.act(world.device(site), later_ms, "stored", codes=[package.code], room="杂物间")
        package.goes_wrong("scanned_after_end", acts=acts, spoils=True)

    def _tell_again(self, package: Package, at_ms: int) -> None:
        """What was burnt is burnt once more, or never was."""
        world, fault = self._world, package.fault
        if fault == "burned_twice":
            acts = world.act(
                self._furnace, at_ms + AGAIN_MS, "disposed", codes=[package.code], batch=f"X-{package.code[-8:]}",
                method="incineration",
            )  # fmt: skip
        else:
            acts = world.act(
                self._furnace, at_ms + AGAIN_MS, "voided", codes=[package.code], reason="never_was",
                attachments=[sha256_base64(f"after {package.code}".encode())],
            )  # fmt: skip
        package.goes_wrong(fault, acts=acts)

    def _wash(self, boxes: list[Box]) -> None:
        """Emptied boxes are washed the same day and go home with the next lorry."""
        world = self._world
        for box in boxes:
            box.unwashed = box.fault == "unwashed_box"
            if box.unwashed:
                codes = [package.code for package in box.packages]
                world.truth.goes_wrong(
                    "box", box.code, "unwashed_box", by_ms=world.at(WASHED_MS) + 2 * DAY_MS, codes=codes
                )
        washed = [box.code for box in boxes if not box.unwashed]
        if washed:
            world.act(self._furnace, world.at(WASHED_MS), "washed", codes=washed)
        for box in boxes:
            self._boxes.give_back(box, world.at(HOME_AGAIN_MS))
