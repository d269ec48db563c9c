"""Opening stock (期初库存): centres that begin with old packages in their rooms, and a plant that calls its inventions so."""

from typing import Any

from schemas.opening import OPENING_ITEMS_MAX
from wasteledger.simulate.acts import HOUR_MS, MINUTE_MS, Act
from wasteledger.simulate.chance import Chance
from wasteledger.simulate.devices import STORE_ROOM, Device
from wasteledger.simulate.sealing import Producers
from wasteledger.simulate.truth import Package
from wasteledger.simulate.world import World, office_hour

#: A centre begins with so many old packages, of this weight in grams.
OLD_PACKAGES, OLD_MASS_G = (2, 9), (500, 4_000)
LABELLED_MS, DECLARED_MS = office_hour(6), office_hour(6, 20)
#: The office looks at the rooms a quarter of an hour after it heard of them.
SEEN_MS = 15 * MINUTE_MS
WASTE_CODE = "841-001-01"
#: So many at once, each of this weight in grams, declared so long before they burn.
GHOSTS, GHOST_MASS_G = (1, 4), (2_000, 9_000)
GHOSTS_DECLARED_MS = 2 * HOUR_MS
#: The rule `opening_stock_days`, less the day before the first on which devices are admitted.
LATE_DAYS = 30 - 1


def declare(world: World, device: Device, packages: list[Package], at_ms: int) -> list[Act]:
    """Labels are issued, and a site declares packages as its opening stock; one act for each part."""
    site, codes = device.site, [package.code for package in packages]
    roll = f"O-{site}-{world.serial(f'old {site}'):03d}"
    world.act(world.fleet.office, at_ms - 10 * MINUTE_MS, "issued", codes=codes, stock=roll, for_site=site)
    step = min(world.scenario.codes_per_event, OPENING_ITEMS_MAX)
    parts = [packages[start : start + step] for start in range(0, len(packages), step)]
    acts = []
    for number, part in enumerate(parts, start=1):
        said: dict[str, Any] = {
            "kind": "opening_stock", "codes": [package.code for package in part], "as_of": f"{world.layout.day(world.day)}",
            "waste_codes": [package.waste_code for package in part], "masses_g": [package.sealed_g for package in part],
            "room": STORE_ROOM, "part_no": number, "parts_count": len(parts),
        }  # fmt: skip
        act = world.fleet.tell(Act(at_ms + number, device, said))
        for package in part:
            package.seal = act
        acts.append(act)
    return acts


class OldStock:
    """Centres that begin with old packages; the authority confirms them, and they go the way of all others."""

    def __init__(self, world: World, producers: Producers) -> None:
        """Chooses the centres, from a stream of chance of its own."""
        self._world, self._producers = world, producers
        self._chance = Chance(world.run.seed, "old stock")
        rate, centres = world.scenario.rate("opening_stock"), [*world.layout.centres]
        self._centres = self._chance.some(centres, max(1, round(rate * len(centres)))) if rate else []

    def morning(self) -> None:
        """The first morning: a label on each old package, one declaration, and the office comes to see them."""
        world = self._world
        for site in self._centres if world.day == 0 else ():
            if site in world.troubled:
                continue
            at_ms = world.at(DECLARED_MS)
            made = [self._package(site, at_ms) for _ in range(self._chance.integer(*OLD_PACKAGES))]
            acts = declare(world, world.device(site), made, at_ms)
            words = [self._confirm(act) for act in acts]
            world.truth.goes_wrong("site", site, "opening_stock", acts=[*acts, *words])

    def _package(self, site: str, at_ms: int) -> Package:
        world, mass_g = self._world, self._chance.integer(*OLD_MASS_G)
        made = Package(world.item_code(), site, WASTE_CODE, "bag", mass_g, at_ms, sealed_g=mass_g)
        world.truth.add(made).tell("sealed", site, at_ms)
        self._producers.stock[site].append(made)
        return made

    def _confirm(self, declared: Act) -> Act:
        world = self._world
        at_ms = declared.device.next_sync_ms(declared.at_ms) + SEEN_MS
        (word,) = world.act(
            world.fleet.office, at_ms, "vouched", codes=declared.codes, targets={"target_event_id": declared}
        )
        return word


class GhostStock:
    """A plant that declares bags of no known origin as its opening stock, and burns them before anybody has looked."""

    def __init__(self, world: World, plant: str) -> None:
        """Has declared nothing yet."""
        self._world, self._plant, self._declared = world, plant, False

    def make(self, burnt_ms: int) -> list[Package]:
        """Declares some for a batch that burns at a moment; from the second time on it has no effect at all."""
        world, again = self._world, self._declared
        at_ms = burnt_ms - GHOSTS_DECLARED_MS
        made = []
        for _ in range(world.chance.integer(*GHOSTS)):
            mass_g = world.chance.integer(*GHOST_MASS_G)
            package = Package(
                world.item_code(), self._plant, WASTE_CODE, "bag", mass_g, at_ms, sealed_g=mass_g, fault="ghost_stock", spoilt=True
            )  # fmt: skip
            world.truth.add(package).tell("sealed", self._plant, at_ms)
            made.append(package)
        acts = declare(world, world.device(self._plant, "gate"), made, at_ms)
        late = world.day >= LATE_DAYS and not again
        for package in made:
            expected = ("never_sealed", "opening_stock_again") if again else ("opening_stock_unconfirmed",)
            allowed = ("opening_stock_late",) if late else None
            package.goes_wrong("ghost_stock", acts=acts, expected=expected, allowed=allowed)
            if again:
                package.seal = None  # no word makes a sealing of it
        self._declared = True
        return made
