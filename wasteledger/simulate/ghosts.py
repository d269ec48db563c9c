"""Bags that never were at a producer: the plant, or its carrier, seals them and burns them, so that more seems to be done."""

from wasteledger.simulate.acts import HOUR_MS, MINUTE_MS, SECOND_MS
from wasteledger.simulate.truth import Package
from wasteledger.simulate.world import World

#: So many at once, each of this weight in grams.
GHOSTS, GHOST_MASS_G = (1, 4), (2_000, 9_000)
#: They are sealed so long before they burn; what the carrier sealed is handed over half an hour later.
SEALED_MS, HANDED_OVER_MS = 2 * HOUR_MS, 30 * MINUTE_MS
WASTE_CODE = "841-001-01"


class Ghosts:
    """The plant's inventions, or its carrier's."""

    def __init__(self, world: World, plant: str) -> None:
        """For one plant."""
        self._world, self._plant = world, plant

    def make(self, burnt_ms: int) -> list[Package]:
        """Seals some for a batch that burns at a moment; truth holds nothing in them for safe."""
        world, layout = self._world, self._world.layout
        by_carrier = world.chance.hit(0.5)
        site, device = (
            (layout.carrier, world.device(layout.carrier, "lorry0"))
            if by_carrier
            else (self._plant, world.device(self._plant, "gate"))
        )
        at_ms = burnt_ms - SEALED_MS
        codes = [world.item_code() for _ in range(world.chance.integer(*GHOSTS))]
        stock = f"R-{site}-{world.serial(f'roll {site}'):03d}"
        world.act(world.fleet.office, at_ms - 10 * MINUTE_MS, "issued", codes=codes, stock=stock, for_site=site)
        made = []
        for number, code in enumerate(codes):
            mass_g = world.chance.integer(*GHOST_MASS_G)
            sealed_ms = at_ms + number * 30 * SECOND_MS
            package = world.truth.add(
                Package(
                    code, site, WASTE_CODE, "bag", mass_g, sealed_ms, sealed_g=mass_g, fault="ghost_bag", spoilt=True
                )
            )
            package.tell("sealed", site, sealed_ms)
            (package.seal,) = world.act(
                device, sealed_ms, "sealed", codes=[code], place=self._plant, waste_code=WASTE_CODE, package="bag", mass_g=mass_g,
                mass_source="scale",
            )  # fmt: skip
            package.goes_wrong("ghost_bag", acts=[package.seal])
            made.append(package)
        if by_carrier:
            gate = world.device(self._plant, "gate")
            world.act(device, at_ms + HANDED_OVER_MS, "released", codes=codes, to_site=self._plant, place=self._plant)
            world.act(
                gate, at_ms + HANDED_OVER_MS + 40 * SECOND_MS, "accepted", codes=codes, from_site=site, packages_count=0
            )
        return made
