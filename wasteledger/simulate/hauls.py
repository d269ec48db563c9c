"""The lorries: each consignor's load under a manifest of its own, from the centres, hospitals and generators to the plant's gate."""

from dataclasses import dataclass, field
from typing import Any

from wasteledger.flows.office import china_time
from wasteledger.simulate.acts import DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS, Act
from wasteledger.simulate.centres import Centres
from wasteledger.simulate.layout import FOREIGN_PLATE, LORRIES, ROGUE_PLATE
from wasteledger.simulate.rounds import Rounds
from wasteledger.simulate.sealing import CARRIAGE_MS, MARGIN_MS, Producers
from wasteledger.simulate.truth import Package, Wrong
from wasteledger.simulate.world import Box, World, office_hour

HOSPITAL_MS, BETWEEN_HOSPITALS_MS = office_hour(8), 15 * MINUTE_MS
#: Generators are visited after the centres, on the first day of haulage from the sixth of a month on.
GENERATOR_DAY, GENERATOR_STOP_MS = 6, 15 * MINUTE_MS
#: A manifest is drawn up before the lorry comes.
DRAFTED_MS, VOIDED_MS = 25 * MINUTE_MS, 10 * MINUTE_MS
#: Of a thousand loads so many are first written on paper, and entered in time.
PAPER_PERMILLE = 15
#: A driver whom the register does not know.
STRANGER = "u-stranger"
OTHER_SIDE_MS = 40 * SECOND_MS
#: Manifest faults that each package of the load shows by itself.
_SHOWN_BY_ITEMS = {"unlicensed_carrier", "unlicensed_plant", "wrong_vehicle", "second_trip", "late_draft"}
#: What a load shows at its manifest, where its packages show something else by themselves.
_SHOWN_BY_MANIFESTS = {"paper_backfill_late": ("late_backfill",), "never_arrives": ("manifest_overdue",)}
#: A number that nobody drew up, that was voided, or that is another consignor's, does not satisfy the law on that hop.
_UNLAWFUL = frozenset({"undrafted_manifest", "void_used", "manifest_twice"})
#: A manifest that is drawn up when the load has long left.
LATE_DRAFT_MS = 3 * HOUR_MS
#: From the last stop to the plant's gate, and between two loads there.
TO_PLANT_MS, AT_GATE_MS = 70 * MINUTE_MS, 4 * MINUTE_MS
#: The rogue plant is further away.
TO_ROGUE_MS = 2 * HOUR_MS
#: What was first on paper is entered some days later, at a quiet hour; too late after this many working days.
ENTERED_MS, ENTERED_DAYS, LATE_WORKDAYS = office_hour(21, 15), (2, 4), 14


@dataclass(slots=True, eq=False)
class Load:
    """What one lorry takes from one consignor.

    Attributes:
        unseen: rides along without having been scanned.
        fault: the one kind of manifest fault that befalls it; `wrong` as noted for the manifest.
        on_paper: the consignor's side is first written on paper.
    """

    consignor: str
    boxes: list[Box]
    loose: list[Package]
    unseen: list[Package]
    at_ms: int
    carrier: str
    lorry: str
    vehicle: str
    plant: str
    number: str = ""
    fault: str = ""
    wrong: Wrong | None = None
    on_paper: bool = False
    accepted: list[Act] = field(default_factory=list)

    @property
    def packages(self) -> list[Package]:
        """Everything that was scanned, by itself or with its box."""
        return [package for box in self.boxes for package in box.packages] + self.loose

    @property
    def codes(self) -> list[str]:
        """What is scanned: boxes, and packages outside boxes."""
        return [box.code for box in self.boxes] + [package.code for package in self.loose]

    @property
    def papers(self) -> dict[str, Any]:
        """Manifest and vehicle as a hand-over names them."""
        named = {"manifest": self.number} if self.number else {}
        return named | {"vehicle": self.vehicle}


class Hauls:
    """A day's lorries."""

    def __init__(self, world: World, producers: Producers, rounds: Rounds, centres: Centres) -> None:
        """Begins with empty lorries."""
        self._world, self._producers, self._rounds, self._centres = world, producers, rounds, centres
        self._visited = ""
        self._used: dict[str, tuple[str, list[str]]] = {}

    def run(self) -> list[Load]:
        """Every load of the day, as far as the plant's gate; `Plant` takes it in."""
        world, layout = self._world, self._world.layout
        loads: list[Load] = []
        for group in (0, 1):
            if layout.hauls(group, world.day):
                loads += self._route(group, with_hospitals=not loads)
        return loads

    def _route(self, group: int, *, with_hospitals: bool) -> list[Load]:
        """The lorries of one group, each with its stops in order."""
        world, layout = self._world, self._world.layout
        routes: dict[int, list[Load]] = {lorry: [] for lorry in LORRIES[group]}
        first = LORRIES[group][0]
        if with_hospitals:
            for number, site in enumerate(layout.hospitals):
                at_ms = world.at(HOSPITAL_MS + number * BETWEEN_HOSPITALS_MS)
                self._load(routes[first], site.code, at_ms, first)
        for code, centre in layout.centres.items():
            if centre.group == group:
                at_ms = world.at(centre.haul_ms + world.chance.integer(-3, 3) * MINUTE_MS)
                self._load(routes[centre.lorry], code, at_ms, centre.lorry)
        self._visit_generators(routes[first], first)
        for lorry, loads in routes.items():
            self._unload(loads, lorry)
        return [load for loads in routes.values() for load in loads if load.fault != "never_arrives"]

    def _visit_generators(self, loads: list[Load], lorry: int) -> None:
        world, today = self._world, self._world.layout.day(self._world.day)
        month = f"{today:%Y-%m}"
        if today.day < GENERATOR_DAY or self._visited == month:
            return
        self._visited = month
        begin_ms = max([world.at(HOSPITAL_MS), *(load.at_ms for load in loads)])
        for number, site in enumerate(world.layout.generators, start=1):
            self._load(loads, site.code, begin_ms + number * GENERATOR_STOP_MS, lorry)

    def _load(self, loads: list[Load], consignor: str, at_ms: int, lorry: int) -> None:
        """One stop: what stands there is loaded, if anything does."""
        layout = self._world.layout
        depot = self._centres.depots.get(consignor)
        boxes = depot.boxes if depot else []
        loose = self._producers.stock[consignor] if depot is None else []
        unseen = self._rounds.unseen.get(consignor, [])
        if not boxes and not loose:
            return
        if depot:
            depot.boxes = []
        else:
            self._producers.stock[consignor] = []
        self._rounds.unseen[consignor] = []
        vehicle = layout.plate(layout.carrier, lorry)
        load = Load(consignor, boxes, loose, unseen, at_ms, layout.carrier, f"lorry{lorry}", vehicle, layout.plant)
        load.fault = self._world.draw("manifest")
        some = not load.fault and self._world.chance.integer(1, 1000) <= PAPER_PERMILLE
        load.on_paper = some or load.fault.startswith("paper")
        self._choose_papers(load, loads)
        self._hand_over(load)
        loads.append(load)

    def _choose_papers(self, load: Load, before: list[Load]) -> None:
        """Who carries it whither under which number; what the manifest says stands in `_draft`."""
        world, layout, kind = self._world, self._world.layout, load.fault
        if kind == "unlicensed_carrier" and layout.rogue_carrier:
            load.carrier, load.lorry, load.vehicle = layout.rogue_carrier, "lorry0", ROGUE_PLATE
        elif kind == "unlicensed_plant" and layout.rogue_plant:
            load.plant = layout.rogue_plant
        self._choose_number(load, before)
        if kind == "wrong_vehicle":
            load.vehicle = FOREIGN_PLATE
        elif kind == "other_vehicle":
            plates = [plate for plate in layout.plates[load.carrier] if plate != load.vehicle]
            load.vehicle = world.chance.pick(plates)

    def _choose_number(self, load: Load, before: list[Load]) -> None:
        world, kind = self._world, load.fault
        shared = next((other for other in reversed(before) if not other.fault), None)
        if kind == "manifest_twice" and shared is None:
            load.fault = kind = ""
        if kind == "manifest_twice" and shared:
            load.number, shared.fault = shared.number, "shared"
            codes = [package.code for package in (*shared.packages, *load.packages)]
            load.wrong = self._note(load, codes=codes)
        elif kind == "second_trip" and load.consignor in self._used:
            load.number, before_codes = self._used[load.consignor]
            load.wrong = self._note(load, codes=[*before_codes, *(package.code for package in load.packages)])
        elif kind == "undrafted_manifest":
            load.number = world.unissued_manifest()
            load.wrong = self._note(load)
        elif kind != "no_manifest":
            if kind == "second_trip":
                load.fault = kind = ""
            load.number = world.manifest()
            self._draft(load)
            if not kind:
                self._used[load.consignor] = load.number, [package.code for package in load.packages]
            if kind == "void_used":
                self._void(load)
            if kind:
                load.wrong = self._note(load)

    def _note(self, load: Load, codes: list[str] | None = None) -> Wrong:
        codes = [package.code for package in load.packages] if codes is None else codes
        expected = _SHOWN_BY_MANIFESTS.get(load.fault, () if load.fault in _SHOWN_BY_ITEMS else None)
        return self._world.truth.goes_wrong("manifest", load.number, load.fault, codes=codes, expected=expected)

    def _draft(self, load: Load) -> None:
        """The consignor draws up the manifest."""
        world, layout = self._world, self._world.layout
        number = int(load.lorry.removeprefix("lorry"))
        vehicle = load.vehicle
        waste_codes = sorted({package.waste_code for package in (*load.packages, *load.unseen)})
        driver = STRANGER if load.fault == "strange_driver" else layout.actor(load.carrier, number)
        drafted_ms = load.at_ms + (LATE_DRAFT_MS if load.fault == "late_draft" else -DRAFTED_MS)
        form = "paper" if load.on_paper else "electronic"
        world.act(
            world.device(load.consignor), drafted_ms, "manifested", manifest=load.number, action="drafted",
            form=form, carriers=[load.carrier], consignee=load.plant, vehicle=vehicle, waste_codes=waste_codes,
            driver=driver, planned_on=f"{layout.day(world.day):%Y-%m-%d}", method="incineration",
        )  # fmt: skip

    def _void(self, load: Load) -> None:
        """The consignor voids the manifest before anything is loaded, and uses its number all the same."""
        device = self._world.device(load.consignor)
        self._world.act(
            device, load.at_ms - VOIDED_MS, "manifested", manifest=load.number, action="voided", reason="填错"
        )

    def _hand_over(self, load: Load) -> None:
        """Consignor and carrier scan what is loaded."""
        world = self._world
        lorry = world.device(load.carrier, load.lorry)
        paper, enter_ms = self._paper(load)
        released = world.act(
            world.device(load.consignor),
            enter_ms,
            "released",
            codes=load.codes,
            to_site=load.carrier,
            **load.papers,
            **paper,
        )
        accepted = world.act(
            lorry, load.at_ms + OTHER_SIDE_MS, "accepted", codes=load.codes, from_site=load.consignor, place=load.consignor,
            packages_count=0, **load.papers,
        )  # fmt: skip
        for package in load.packages:
            package.tell("loaded", load.carrier, load.at_ms + OTHER_SIDE_MS)
            if package.fault == "late_storage":
                package.wrongs_of("late_storage")[0].shown([*released, *accepted])
        if load.wrong:
            load.wrong.shown([*released, *accepted])
        self._note_unheard(load, [*released, *accepted])
        if load.fault in _UNLAWFUL:
            for package in load.packages:
                package.goes_wrong(load.fault, acts=accepted, expected=("manifest_not_valid",), allowed=())
        if load.fault == "paper_backfill_late":
            for package in load.packages:
                package.goes_wrong(load.fault, acts=released, expected=("weak_evidence",))
        if load.fault in {
            "no_manifest", "unlicensed_carrier", "wrong_vehicle", "second_trip", "late_draft",
        }:  # an unlicensed plant shows at its furnace  # fmt: skip
            for package in load.packages:
                package.goes_wrong(load.fault, acts=accepted)

    @staticmethod
    def _note_unheard(load: Load, left: list[Act]) -> None:
        """Boxes leave before anybody but the device that packed it knows what is in them."""
        unheard = [
            (box, package) for box in load.boxes for package in box.packages if load.at_ms < box.unheard_until_ms
        ]
        for box, package in unheard:
            # What is seen by itself afterwards is proved to have been inside.
            seen = package.fault in {"scanned_after_end", "burned_twice", "void_after_end"}
            kind, codes = "packs_unheard", ("late_packing",)
            package.goes_wrong(
                kind, acts=[*box.packed, *left], expected=() if seen else codes, allowed=codes if seen else ()
            )

    def _paper(self, load: Load) -> tuple[dict[str, Any], int]:
        """A release that was on paper first: what its event says, and when it is entered."""
        world = self._world
        if not load.on_paper:
            return {}, load.at_ms
        day = world.day + world.chance.integer(*ENTERED_DAYS)
        if load.fault == "paper_backfill_late":
            day = world.layout.workdays_later(world.day, LATE_WORKDAYS)
        if day >= world.run.days:
            # The simulation ends before anybody enters it: it was scanned after all.
            if load.wrong:
                del world.truth.subjects["manifest", load.number]
            load.fault, load.wrong, load.on_paper = "", None, False
            return {}, load.at_ms
        paper = {"happened_at": china_time(load.at_ms), "reason": "power_cut", "paper": load.number}
        return {"backfill": paper, "vouch_method": "paper"}, world.begin_ms + day * DAY_MS + ENTERED_MS

    @staticmethod
    def _drive_away(load: Load) -> None:
        """The lorry never comes to the plant."""
        known_ms = load.at_ms + OTHER_SIDE_MS + CARRIAGE_MS + MARGIN_MS
        if load.wrong:
            load.wrong.acts, load.wrong.by_ms = (), known_ms
        for package in load.packages:
            package.tell("vanished", load.carrier, load.at_ms + OTHER_SIDE_MS)
            package.goes_wrong(load.fault, expected=("overdue_delivery",), by_ms=known_ms)

    def _unload(self, loads: list[Load], lorry: int) -> None:
        """The lorry reaches the plant, and is unloaded load by load; the carrier's side. The plant's side is the plant's."""
        if not loads:
            return
        gate_ms = max(load.at_ms for load in loads) + TO_PLANT_MS + lorry % 2 * MINUTE_MS
        for number, load in enumerate(loads):
            if load.fault == "never_arrives":
                self._drive_away(load)
                continue
            at_ms = gate_ms + number * AT_GATE_MS
            if load.plant != self._world.layout.plant:
                at_ms += TO_ROGUE_MS
            load.at_ms = at_ms
            self._world.act(
                self._world.device(load.carrier, load.lorry), at_ms, "released", codes=load.codes, to_site=load.plant,
                place=load.plant, **load.papers,
            )  # fmt: skip
