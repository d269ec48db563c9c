"""Opening stock (期初库存): centres that begin with old packages in their rooms, and a plant that calls its inventions so."""

from typing import Any

from schemas.opening import OPENING_ITEMS_MAX
from wasteledger.simulate.acts import HOUR_MS, MINUTE_MS, Act
from wasteledger.simulate.chance import Chance
from wasteledger.simulate.devices import STORE_ROOM, Device
from wasteledger.simulate.sealing import MARGIN_MS, STORAGE_MS, Producers
from wasteledger.simulate.truth import Package
from wasteledger.simulate.world import World, office_hour

#: A centre begins with so many old packages, of this weight in grams.
OLD_PACKAGES, OLD_MASS_G = (2, 9), (500, 4_000)
LABELLED_MS, DECLARED_MS = office_hour(6), office_hour(6, 20)
#: Who tells it late tells it when the term is over; who lies does so from some day on, in the evening.
TOLD_LATE_DAY, LIES_DAY, EVENING_MS = 32, 3, office_hour(18, 50)
#: Stock that nobody has confirmed becomes the new label of a bag of so many grams.
SWALLOWED_G, BY_G, LABEL_MS = (8_000, 20_000), 60, 10 * MINUTE_MS
#: The office looks at the rooms a quarter of an hour after it heard of them.
SEEN_MS = 15 * MINUTE_MS
WASTE_CODE = "841-001-01"
#: So many at once, each of this weight in grams, declared so long before they burn.
GHOSTS, GHOST_MASS_G = (1, 4), (2_000, 9_000)
GHOSTS_DECLARED_MS = 2 * HOUR_MS
#: The rule `opening_stock_days`, less the day before the first on which devices are admitted.
LATE_DAYS = 30 - 1


def issue(world: World, site: str, packages: list[Package], at_ms: int) -> None:
    """Labels for old packages."""
    roll = f"O-{site}-{world.serial(f'old {site}'):03d}"
    codes = [package.code for package in packages]
    world.act(world.fleet.office, at_ms - 10 * MINUTE_MS, "issued", codes=codes, stock=roll, for_site=site)


def declare(world: World, device: Device, packages: list[Package], at_ms: int) -> list[Act]:
    """A site declares packages as its opening stock; one act for each part."""
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
            package.seal = package.seal or act
        acts.append(act)
    return acts


class OldStock:
    """Centres that begin with old packages; the authority confirms them, and they go the way of all others.

    Others tell of them too late, or tell lies: one calls what everybody knows its opening stock, so that a term may begin anew; another one
    has invented some that nobody confirms, and says that it was the new label of a small bag.
    """

    def __init__(self, world: World, producers: Producers) -> None:
        """Chooses the centres, from a stream of chance of its own."""
        self._world, self._producers = world, producers
        self._chance = Chance(world.run.seed, "old stock")
        self._free = [code for code, centre in world.layout.centres.items() if code not in world.troubled]
        self._centres = self._choose("opening_stock", [code for code in self._free if self._is_fetched(code, 0)])
        told_late = [code for code in self._free if self._is_fetched(code, TOLD_LATE_DAY)]
        self._late = self._choose("stock_told_late", told_late) if world.run.days > TOLD_LATE_DAY else []
        self._free = [code for code in self._free if not world.layout.centres[code].unattended]
        packs_late = [code for code in self._free if not world.layout.centres[code].packs_early]
        self._known = self._choose("stock_known", packs_late)
        self._swallowed = self._choose("stock_swallowed", [code for code in packs_late if code in self._free])

    def _is_fetched(self, site: str, day: int) -> bool:
        """Whether what lies in a centre in the morning is packed and fetched by the morning of the next day, and so in time."""
        layout, centre = self._world.layout, self._world.layout.centres[site]
        tomorrow = layout.hauls(centre.group, day + 1)
        return tomorrow or (not centre.packs_early and layout.hauls(centre.group, day))

    def _choose(self, kind: str, able: list[str]) -> list[str]:
        rate = self._world.scenario.rate(kind)
        chosen = self._chance.some(able, max(1, round(rate * len(able)))) if rate and able else []
        self._free = [code for code in self._free if code not in chosen]
        return chosen

    def morning(self) -> None:
        """The first morning, or much later: a label on each old package, one declaration, and the office comes to see them."""
        world = self._world
        for site in {0: self._centres, TOLD_LATE_DAY: self._late}.get(world.day, ()):
            at_ms = world.at(DECLARED_MS)
            made = [self._package(site, at_ms, OLD_MASS_G) for _ in range(self._chance.integer(*OLD_PACKAGES))]
            issue(world, site, made, at_ms)
            acts = declare(world, world.device(site), made, at_ms)
            acts += [self._confirm(act) for act in acts]
            if world.day:
                for package in made:
                    package.goes_wrong("stock_told_late", acts=acts)
            else:
                world.truth.goes_wrong("site", site, "opening_stock", acts=acts)

    def evening(self) -> None:
        """The lies."""
        world, at_ms = self._world, self._world.at(EVENING_MS)
        if world.day < LIES_DAY:
            return
        for site in [*self._known]:
            here = [
                package for package in self._producers.stock[site]
                if not package.fault and package.sealed_ms < world.now_ms and package.back_ms <= at_ms
            ][:OPENING_ITEMS_MAX]  # fmt: skip
            if here:
                self._known.remove(site)
                acts = declare(world, world.device(site), here, at_ms)
                for package in here:
                    package.goes_wrong("stock_known", acts=acts)
        for site in self._swallowed:
            self._swallow(site, at_ms)
        self._swallowed = []

    def _swallow(self, site: str, at_ms: int) -> None:
        """What travels on under the label of the invented one is the small bag."""
        world, device = self._world, self._world.device(site)
        large, small = self._package(site, at_ms, SWALLOWED_G), self._package(site, at_ms, (BY_G, BY_G))
        self._producers.stock[site].remove(small)
        large.spoilt = True
        issue(world, site, [large, small], at_ms)
        acts = declare(world, device, [large], at_ms)
        (small.seal,) = world.act(
            device, at_ms + LABEL_MS, "sealed", codes=[small.code], waste_code=WASTE_CODE, package="bag", mass_g=BY_G,
            mass_source="scale",
        )  # fmt: skip
        word = world.act(
            device, at_ms + 2 * LABEL_MS, "relabelled", codes=[small.code], new_code=large.code, reason="damaged"
        )
        large.goes_wrong("stock_swallowed", acts=acts, expected=("opening_stock_unconfirmed",))
        known_ms = at_ms + LABEL_MS + STORAGE_MS + MARGIN_MS
        small.goes_wrong("stock_swallowed", acts=word, expected=("overdue_storage",), by_ms=known_ms)

    def _package(self, site: str, at_ms: int, masses_g: tuple[int, int]) -> Package:
        world, mass_g = self._world, self._chance.integer(*masses_g)
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
        issue(world, self._plant, made, at_ms)
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
