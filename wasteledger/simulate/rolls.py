"""Labels: rolls issued ahead for each site, spoiled ones voided, reprints, boxes, and the monthly count of what is left of a roll."""

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

from schemas.event_base import CODES_MAX
from wasteledger.simulate.acts import MINUTE_MS, Act
from wasteledger.simulate.world import Box, World, office_hour

#: Labels on a roll by the kind of site.
ROLL_LABELS = {"C": 60, "T": 100, "H": 600}
#: A new roll comes when no more than so many days' labels are left.
RESERVE_DAYS = 3
#: Of a thousand labels so many are spoiled before they are used.
SPOILED_PERMILLE = 5
#: Of a thousand labels so many are printed again, with the reason.
REPRINTED_PERMILLE = 2
#: Blank labels that disappear at once.
MISSING_MAX = 3


@dataclass(slots=True, eq=False)
class Roll:
    """One roll of labels; `left` are blank, the next one last."""

    name: str
    site: str
    left: list[str] = field(default_factory=list)


class LabelRoom:
    """The label station and every roll in the district."""

    def __init__(self, world: World) -> None:
        """Begins without a roll."""
        self._world = world
        self._rolls: dict[str, list[Roll]] = defaultdict(list)
        self._reserve: dict[str, int] = {}

    def morning(self, need: dict[str, int]) -> None:
        """Sends a roll to every site that will soon run out; `need` is what each uses on a working day."""
        for site, labels in need.items():
            while sum(len(roll.left) for roll in self._rolls[site]) <= labels * RESERVE_DAYS + RESERVE_DAYS:
                self._issue(site)

    def _issue(self, site: str) -> None:
        world = self._world
        roll = Roll(f"R-{site}-{world.serial(f'roll {site}'):03d}", site)
        codes = [world.item_code() for _ in range(ROLL_LABELS.get(site[0], ROLL_LABELS["C"]))]
        at_ms, office, printer = (
            world.at(office_hour(6, 30)),
            world.fleet.office,
            world.device(world.layout.authority, "print"),
        )
        for start in range(0, len(codes), CODES_MAX):
            part = codes[start : start + CODES_MAX]
            world.act(office, at_ms + start, "issued", codes=part, stock=roll.name, for_site=site)
            world.act(printer, at_ms + 5 * MINUTE_MS + start, "printed", codes=part, job=roll.name, copy_no=1)
        roll.left = codes[::-1]
        self._rolls[site].append(roll)

    def take(self, site: str, at_ms: int) -> str:
        """The next label of a site's oldest roll; a spoiled one is voided before."""
        world = self._world
        if not any(roll.left for roll in self._rolls[site]):
            message = f"{site} ran out of labels"
            raise RuntimeError(message)
        roll = next(roll for roll in self._rolls[site] if roll.left)
        code = roll.left.pop()
        has_device = site not in world.layout.clinics or world.layout.clinics[site].has_device
        if has_device and roll.left and world.chance.integer(1, 1000) <= SPOILED_PERMILLE:
            world.act(world.device(site), at_ms - MINUTE_MS, "voided", codes=[code], reason="spoiled")
            code = roll.left.pop()
        self._rolls[site] = [kept for kept in self._rolls[site] if kept.left or kept is roll]
        return code

    def sealed(self, code: str, at_ms: int) -> None:
        """Now and then a label that was already on its bag has to be printed again."""
        if self._world.chance.integer(1, 1000) <= REPRINTED_PERMILLE:
            self.reprint(code, at_ms, reason="damaged")

    def reprint(self, code: str, at_ms: int, **reason: Any) -> list[Act]:
        """A second copy of a label."""
        world = self._world
        printer = world.device(world.layout.authority, "print")
        return world.act(printer, at_ms, "printed", codes=[code], job=f"J-{world.serial('job')}", copy_no=2, **reason)

    def count(self, site: str, at_ms: int) -> None:
        """The site counts what is left of its rolls; some may be missing."""
        world = self._world
        for number, roll in enumerate(roll for roll in self._rolls[site] if roll.left):
            missing: list[str] = []
            if len(roll.left) > MISSING_MAX and world.draw("roll"):
                missing = [roll.left.pop() for _ in range(world.chance.integer(1, MISSING_MAX))]
            acts = world.act(
                world.device(site), at_ms + number * MINUTE_MS, "counted", codes=roll.left, stock=roll.name,
                count_name=f"{roll.name}-{world.day}", complete=True,
            )  # fmt: skip
            if missing:
                world.truth.goes_wrong("roll", roll.name, "label_stock", acts=acts, codes=missing)


class BoxRoom:
    """Every box, and where it stands clean."""

    def __init__(self, world: World) -> None:
        """Begins without a box."""
        self._world = world
        self._boxes: dict[str, list[Box]] = defaultdict(list)

    def take(self, home: str, at_ms: int) -> Box:
        """A clean box of a site; a new one comes where none is there."""
        world, boxes = self._world, self._boxes[home]
        for box in boxes:
            if box.free_ms <= at_ms and not box.packages:
                boxes.remove(box)
                return box
        box = Box(world.box_code(), home)
        issued_ms = world.at(office_hour(6))
        world.act(world.fleet.office, issued_ms, "issued", codes=[box.code], stock=f"BOX-{home}", for_site=home)
        return box

    def give_back(self, box: Box, free_ms: int) -> None:
        """A box has been emptied and is on its way home."""
        box.packages, box.fault, box.odd_g, box.free_ms = [], "", 0, free_ms
        box.packed, box.unheard_until_ms = [], 0
        self._boxes[box.home].append(box)
