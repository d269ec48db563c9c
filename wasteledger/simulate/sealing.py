"""Where packages begin: how much each site makes, when it is sealed, and what befalls a package before it leaves.

A site's waste follows its beds, the day of the week and the holidays. What goes wrong with a package is drawn when it is made, among the
faults that can befall it on its way: at most one.
"""

from datetime import date
from typing import Any, NamedTuple

from schemas.canonical import sha256_base64
from schemas.codes import identification_code
from schemas.signing import DeviceKey
from wasteledger.domain.register import Site, WasteStream
from wasteledger.simulate.acts import DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS
from wasteledger.simulate.fault_kinds import FAULTS
from wasteledger.simulate.lies import Lies, confirm_void, void_package
from wasteledger.simulate.rolls import LabelRoom
from wasteledger.simulate.truth import NEVER_MS, Package
from wasteledger.simulate.world import World, office_hour, scatter_g

#: Categories with their share of a hundred bags, and the masses of a package in grams.
_MEDICAL = (
    ("841-001-01", 78, "bag", 500, 3_000),
    ("841-002-01", 12, "sharps_box", 300, 1_500),
    ("841-003-01", 3, "bag", 500, 4_000),
    ("841-004-01", 3, "bag", 300, 2_000),
    ("841-005-01", 4, "bag", 300, 2_000),
)
_SHARE_SUM = sum(row[1] for row in _MEDICAL)
#: Packages made on a working day, relative to each other: a small clinic makes two, a hospital one for six beds.
_CLINIC_PARTS, _CENTRE_PARTS, _BEDS_PER_PART = 2, 4, 6
#: Percent of a working day's waste on a day of rest, by the kind of site.
_REST_PERCENT = {"C": 60, "T": 70, "H": 85}
_MILLI = 1_000
#: A clinic's scale and a centre's are within so many grams.
SCALE_G = 15
#: A blank label travels on something small: its mass is in no book.
BLANK_MASS_G = 80
#: Only what is heavy enough loses a third visibly.
ROBBED_MASS_G_MIN = 600
#: A bag that weighs as much as three people.
HEAVY_G = (120_000, 600_000)
#: Somebody whom no register names.
STRANGER = "u-stranger"
#: What only helps where the device that says it is believed.
_NEEDS_BELIEF = frozenset(
    {
        "relabelled",
        "wrong_waste_corrected",
        "voided_with_evidence",
        "correction_agreed",
        "lost_and_found",
        "lost_daily",
        "to_and_fro",
    }
)
#: Ways on which everybody may be in league.
_COLLUDING = frozenset({"own_device", "hospital", "centre"})
#: A limit of the rules, and a little: honest clocks differ.
STORAGE_MS = 48 * HOUR_MS
CARRIAGE_MS = 24 * HOUR_MS
MARGIN_MS = 4 * MINUTE_MS
#: A generator fills so many drums a week, on its own weekday.
DRUMS_MAX = 3
DRUM_MASS_G = (18_000, 45_000)
#: Another waste of the same class as the one on the label; the plant is licensed for the whole class.
OTHER_WASTE = {"08": "900-249-08"}
#: A code of medical waste that no edition of the catalogue lists.
UNLISTED_CODE = "841-009-01"
#: A producer falls silent for so long, after it has shown for so long what it usually does.
SILENT_DAYS, HISTORY_DAYS = 20, 28
#: Thin records show when the last 28 days are held against the 84 before.
THIN_DAYS, THIN_HISTORY_DAYS, THIN_PART = 30, 84, 4
#: Who voids much voids such a share, which shows for certain after so many.
VOIDING_SHARE, VOIDS_SHOWN = 0.33, 8
#: Silence can be known after four of its usual intervals and seven days.
SILENT_KNOWN_DAYS = 14

_ROAD = {"own_device", "vouched"}
_DESK = {"own_device", "hand_in"}
_ANY = {"own_device", "vouched", "hand_in", "centre", "hospital"}
_SCANNING = _ANY - {"vouched"}
#: Which item faults can befall what, by the way a package goes.
_BEFALLS: dict[str, set[str]] = {
    "lost_bag": _ANY, "stolen_on_road": _ROAD, "skipped_collector": {"own_device"}, "jumped": _ROAD, "unreleased": _ROAD | {"hand_in"},
    "wrong_giver": _ROAD, "wrong_destination": _ROAD, "never_sealed": {"own_device", "hand_in"}, "unknown_code": _ANY,
    "cloned_label": {"own_device"}, "scanned_after_end": _ANY, "late_pickup": {"own_device"}, "late_storage": _ROAD | {"hand_in", "centre"},
    "lost_weight": _ROAD | {"hand_in"}, "impossible_time": {"own_device"}, "refused_rerouted": _ROAD, "refused_forgotten": _ROAD,
    "void_without_evidence": _SCANNING, "voided_with_evidence": _SCANNING, "correction_agreed": {"own_device", "hand_in"},
    "correction_refused": {"own_device", "hand_in"}, "correction_open": {"own_device", "hand_in"},
    "declared_lost": _SCANNING, "lost_and_found": {"own_device", "hand_in"}, "reprint": _ANY,
    "unlisted_waste": _ANY, "seen_elsewhere": _ROAD,
    "impostor": {"own_device"}, "impostor_seal": {"vouched"}, "badge_borrowed": {"vouched"}, "badge_expired": {"vouched"},
    "found_by_other": _DESK, "early_void": _SCANNING, "lonely_void": _SCANNING, "foreign_void": _ANY,
    "device_unused": {"own_device"}, "lost_daily": {"own_device"}, "to_and_fro": {"own_device"}, "to_nowhere": _DESK,
    "seal_stranger": {"vouched"}, "company_relay": {"direct", "direct_own"}, "one_company_badge": {"direct"}, "badge_by_centre": {"direct"},
    "foreign_correction": _ANY, "mass_shrunk": _DESK, "mass_halved": _DESK, "back_dated_packing": _DESK | {"centre"},
    "in_two_boxes": _ANY, "heavy_bag": _DESK, "zero_weight": _DESK, "slow_theft": {"own_device"}, "burned_twice": _ANY,
    "void_after_end": _ANY, "spill_silenced": _SCANNING, "objection_silenced": _SCANNING, "relabelled": _DESK,
    "wrong_waste_corrected": _DESK,
}  # fmt: skip
_KINDS_OF_WAY = {
    way: tuple(kind for kind, ways in _BEFALLS.items() if way in ways)
    for way in sorted({*_ANY, "direct", "direct_own"})
}
#: Where on its way a bag may be lost.
_STAGES = {
    "own_device": ("site", "road", "centre"), "vouched": ("road", "centre"), "hand_in": ("site", "centre"),
    "centre": ("site",), "hospital": ("site",), "direct": ("site",), "direct_own": ("site",),
}  # fmt: skip


class Sealer(NamedTuple):
    """Who seals: for a clinic without a device the collector's handheld does, and its staff vouch by badge, or by badge and PIN.

    Attributes:
        badge: how they vouch where the PIN is not asked for.
    """

    device: str
    name: str
    body: dict[str, Any]
    person: DeviceKey | None = None
    badge: dict[str, Any] | None = None


class Producers:
    """Every site that makes waste.

    Attributes:
        need: labels that each medical site uses on a working day.
        stock: packages waiting at each site, in the order they were made.
    """

    def __init__(self, world: World, labels: LabelRoom) -> None:
        """Works out how much each site makes."""
        self._world, self._labels = world, labels
        self._lies = Lies(world, labels)
        parts = {site.code: _parts(site) for site in world.layout.register.sites if site.code[0] in "CTH"}
        whole = sum(parts.values())
        self._milli = {code: part * world.scenario.packages_per_day * _MILLI // whole for code, part in parts.items()}
        self.need = {code: milli // _MILLI + 1 for code, milli in self._milli.items()}
        self._credit = dict.fromkeys(self._milli, 0)
        self.stock: dict[str, list[Package]] = {site.code: [] for site in world.layout.register.sites}
        self._silent = self._choose_silent()
        self._thin = self._choose_thin()
        self._voiding: dict[str, int] = dict.fromkeys(self._choose_voiding(), 0)

    def _choose_silent(self) -> dict[str, int]:
        """Clinics that fall silent, with the day on which they do."""
        world, rate = self._world, self._world.scenario.rate("silent_producer")
        candidates = [code for code, clinic in world.layout.clinics.items() if clinic.way == "own_device"]
        last = world.run.days - SILENT_DAYS
        if not rate or last < HISTORY_DAYS:
            return {}
        chosen = world.chance.some(candidates, max(1, round(rate * len(candidates))))
        begins = {code: world.chance.integer(HISTORY_DAYS, last) for code in chosen}
        for code, day in begins.items():
            known_ms = world.begin_ms + (day + SILENT_KNOWN_DAYS) * DAY_MS
            world.truth.goes_wrong("site", code, "silent_producer", by_ms=known_ms)
        return begins

    def _choose_thin(self) -> dict[str, int]:
        """Clinics that record a third of their waste from some day on, where the days suffice to show it."""
        world, rate = self._world, self._world.scenario.rate("under_reporting")
        begin = world.run.days - THIN_DAYS
        if not rate or begin < THIN_HISTORY_DAYS:
            return {}
        able = [c for c, clinic in world.layout.clinics.items() if clinic.way == "own_device" and c not in self._silent]
        chosen = world.chance.some(able, max(1, round(rate * len(able))))
        for code in chosen:
            world.truth.goes_wrong("site", code, "under_reporting", by_ms=world.end_ms - 2)
        return dict.fromkeys(chosen, begin)

    def _choose_voiding(self) -> list[str]:
        """Clinics that find a reason to void a third of what they seal, and somebody who confirms it."""
        world, rate = self._world, self._world.scenario.rate("voids_much")
        able = [
            code
            for code, clinic in world.layout.clinics.items()
            if clinic.way == "own_device" and code not in self._silent and code not in self._thin
        ]
        return world.chance.some(able, max(1, round(rate * len(able)))) if rate else []

    def is_silent(self, site: str) -> bool:
        """Whether a site makes waste today and records none of it."""
        begin = self._silent.get(site)
        return begin is not None and begin <= self._world.day < begin + SILENT_DAYS

    def run(self) -> None:
        """A day of the whole district's waste."""
        world = self._world
        rests = not world.layout.is_workday(world.day)
        for code in self._milli:
            percent = world.chance.integer(75, 125)
            if rests:
                percent = percent * _REST_PERCENT[code[0]] // 100
            self._credit[code] += self._milli[code] * percent // 100
            if code not in world.layout.clinics or world.layout.clinics[code].has_device:
                self._seal_day(code)
        for number, stream in enumerate(world.layout.register.streams):
            if world.layout.day(world.day).weekday() == number % 5:
                self._fill_drums(stream)

    def _seal_day(self, code: str) -> None:
        world, layout = self._world, self._world.layout
        begin_ms, end_ms = office_hour(15, 30), office_hour(16, 40)  # a centre seals when lorry and van have gone
        way = "centre"
        if code in layout.clinics:
            way = layout.clinics[code].way
            begin_ms, end_ms = max(layout.clinics[code].pickup_ms + HOUR_MS, office_hour(14)), office_hour(18)
        elif code[0] == "H":
            way, begin_ms, end_ms = "hospital", office_hour(14), office_hour(20)
        count = self.due(code)
        if self._thin.get(code, world.run.days) <= world.day:
            count = (count + world.day % THIN_PART) // THIN_PART
        times = sorted(world.chance.integer(begin_ms, end_ms) for _ in range(count))
        if not self.is_silent(code):
            for at_ms in times:
                self.seal(code, way, world.at(at_ms), Sealer(code, "main", {"vouch_method": "own_device"}))

    def take(self, site: str, at_ms: int) -> list[Package]:
        """What can be taken from a shelf now; it is taken."""
        stock = self.stock[site]
        taken = [package for package in stock if package.sealed_ms < at_ms and package.free_ms <= at_ms]
        self.stock[site] = [package for package in stock if package not in taken]
        return taken

    def due(self, code: str) -> int:
        """How many packages a site has full by now; they are taken off its account."""
        count, self._credit[code] = divmod(self._credit[code], _MILLI)
        return count

    def seal(self, site: str, way: str, at_ms: int, sealer: Sealer) -> Package:
        """One package is closed, labelled and weighed."""
        world, chance = self._world, self._world.chance
        waste_code, package, low_g, high_g = _category(chance.integer(1, _SHARE_SUM))
        made = Package("", site, waste_code, package, chance.integer(low_g, high_g), at_ms)
        made.fault = self._befalls(made, way)
        made.colluded = not made.fault and way in _COLLUDING and bool(world.draw("collusion"))
        made.stage = chance.pick(_STAGES[way])
        if made.fault == "unlisted_waste":
            made.waste_code = UNLISTED_CODE
        made.muted = made.fault in {"never_sealed", "cloned_label"}
        made.code = world.unissued_code() if made.fault == "unknown_code" else self._labels.take(site, at_ms)
        if made.fault == "never_sealed":
            made.mass_g = made.sealed_g = BLANK_MASS_G
        world.truth.add(made).tell("sealed", site, at_ms)
        self._record(made, at_ms, sealer)
        self.stock[site].append(made)
        if made.fault:
            self._go_wrong(made, at_ms, way)
        elif made.colluded:
            made.goes_wrong("collusion")
        return made

    def _befalls(self, package: Package, way: str) -> str:
        kind = self._world.draw("item", _KINDS_OF_WAY[way])
        is_voiding = package.site in self._voiding and package.site not in self._world.troubled
        if is_voiding and self._world.chance.hit(VOIDING_SHARE):
            return "voided_with_evidence"
        if kind == "badge_by_centre" and not self._helps(package.site):
            return ""
        if kind in _NEEDS_BELIEF and package.site in self._world.troubled:
            return ""
        heavy = package.mass_g >= ROBBED_MASS_G_MIN
        return kind if heavy or kind not in {"lost_weight", "slow_theft", "zero_weight"} else ""

    def _helps(self, site: str) -> bool:
        """Whether somebody stands in a clinic's centre, with a handheld that is believed."""
        centre = self._world.layout.centres[self._world.layout.clinics[site].centre]
        return not centre.unattended and centre.site.code not in self._world.troubled

    def _record(self, made: Package, at_ms: int, sealer: Sealer) -> None:
        if made.fault == "never_sealed":
            return
        world = self._world
        made.sealed_g = scatter_g(world.chance, made.mass_g, around_g=SCALE_G)
        if made.fault == "correction_agreed":
            made.sealed_g = made.mass_g * 3 // 2  # misread, and typed in
        elif made.fault == "heavy_bag":
            made.sealed_g = world.chance.integer(*HEAVY_G)
        said = made.waste_code
        if made.fault == "wrong_waste_corrected":
            said = next(row[0] for row in _MEDICAL if row[0] != made.waste_code)
        body, person = sealer.body, sealer.person
        if made.fault == "impostor_seal":
            body = {"vouch_method": "own_device"}
        elif made.fault == "seal_stranger":
            body = {"vouched_by": STRANGER, "vouch_method": "badge"}
        elif made.fault in {"one_company_badge", "badge_by_centre"} and sealer.badge:
            body, person = sealer.badge, None
        device = world.device(sealer.device, sealer.name)
        if made.fault == "device_unused":
            van = world.layout.clinics[made.site].van
            device = world.device(world.layout.collector, f"van{van}")
            body = {"vouched_by": world.layout.actor(made.site), "vouch_method": "badge"}
        (made.seal,) = world.act(
            device, at_ms, "sealed", codes=[made.code], place=made.site, site=made.site,
            waste_code=said, package=made.package, mass_g=made.sealed_g, mass_source="scale", person=person, **body,
        )  # fmt: skip
        self._labels.sealed(made.code, world.at(office_hour(20, 30)))

    def _go_wrong(self, made: Package, at_ms: int, way: str) -> None:
        """Faults that begin where the package was made."""
        kind = made.fault
        acts = [made.seal] if made.seal else []
        if kind in {"unknown_code", "unlisted_waste"}:
            made.goes_wrong(kind, acts=acts)
        elif kind == "reprint":
            made.goes_wrong(kind, acts=self._labels.reprint(made.code, self._world.at(office_hour(20, 40))))
        elif kind == "cloned_label":
            self._clone(made)
        elif kind == "never_sealed":  # until somebody else scans it, its label is missing from the roll
            made.goes_wrong(kind, expected=(), allowed=("label_stock_unaccounted",))
        elif kind == "late_pickup":
            made.free_ms = at_ms + STORAGE_MS + HOUR_MS
            made.goes_wrong(kind, by_ms=NEVER_MS)
        elif kind == "lost_bag" and made.stage == "site":
            self._vanish(made, at_ms)
            code = "overdue_storage" if way == "centre" else "overdue_pickup"
            made.goes_wrong(kind, expected=(code,), by_ms=at_ms + STORAGE_MS + MARGIN_MS)
        elif kind in {"void_without_evidence", "voided_with_evidence"}:
            self._void(made, at_ms)
        elif FAULTS[kind].is_lie:
            self._lies.at_sealing(made, at_ms, self.stock)
        elif kind in {"declared_lost", "lost_and_found"} and made.stage == "site":
            self.declare_lost(made, at_ms + 5 * MINUTE_MS, office_hour(16, 30))

    def _vanish(self, made: Package, at_ms: int) -> None:
        made.tell("vanished", made.site, at_ms + HOUR_MS)
        self.stock[made.site].remove(made)

    def _void(self, made: Package, at_ms: int) -> None:
        world, kind = self._world, made.fault
        self.stock[made.site].remove(made)
        honest = kind == "voided_with_evidence"
        made.tell("voided" if honest else "vanished", made.site, at_ms + MINUTE_MS)
        shown = [sha256_base64(made.code.encode())] if honest else []
        (void,) = void_package(world, made, at_ms + 2 * MINUTE_MS, shown)
        acts = [void]
        if not honest:  # it counts as standing there
            code = "overdue_storage" if made.site in world.layout.centres else "overdue_pickup"
            made.goes_wrong(kind, expected=(code,), by_ms=at_ms + STORAGE_MS + MARGIN_MS)
        else:
            acts.append(confirm_void(world, void, shown))
            made.void = acts[-1]
            world.truth.goes_wrong("site", made.site, "many_voids")
            if made.site in self._voiding:
                self._voiding[made.site] += 1
                if self._voiding[made.site] == VOIDS_SHOWN:
                    world.truth.goes_wrong("site", made.site, "voids_much", acts=acts)
        made.goes_wrong(kind, acts=acts, expected=() if honest else ("void_without_evidence",))

    def declare_lost(self, made: Package, at_ms: int, found_hour_ms: int) -> None:
        """Its holder declares a package lost; it may be found again some days later at the given hour."""
        world, holder = self._world, made.story[-1][1]
        made.tell("lost", holder, at_ms)
        acts = world.act(world.device(holder), at_ms, "incident", codes=[made.code], incident="loss")
        if made.fault == "declared_lost":
            self.stock[holder].remove(made)
            made.goes_wrong(made.fault, acts=acts)
            return
        found_ms = world.now_ms + world.chance.integer(1, 9) * DAY_MS + found_hour_ms
        made.back_ms = made.free_ms = found_ms + MINUTE_MS
        made.tell("found", holder, found_ms)
        found = world.act(world.device(holder), found_ms, "incident", codes=[made.code], incident="found")
        made.goes_wrong(made.fault, acts=found)

    def _clone(self, original: Package) -> None:
        """Another clinic uses a copy of the label; the second bag weighs about the same."""
        world, layout = self._world, self._world.layout
        others = [
            code for code, clinic in layout.clinics.items()
            if clinic.way == "own_device" and code[:10] != original.site[:10] and not self.is_silent(code)
        ]  # fmt: skip
        if not others:
            original.fault, original.muted = "", False
            return
        site = world.chance.pick(others)
        at_ms = world.at(office_hour(18) + world.chance.integer(1, 60) * SECOND_MS)
        made = Package(
            original.code, site, original.waste_code, original.package, original.mass_g, at_ms, fault="cloned_label",
            clone=True, muted=True,
        )  # fmt: skip
        world.truth.add(made).tell("sealed", site, at_ms)
        self._record(made, at_ms, Sealer(site, "main", {}))
        self.stock[site].append(made)
        for package in (original, made):
            package.goes_wrong("cloned_label", acts=[act for act in (original.seal, made.seal) if act])

    def _fill_drums(self, stream: WasteStream) -> None:
        world, layout = self._world, self._world.layout
        uscc = layout.sites[stream.site].uscc
        if uscc is None:
            return  # without a credit code it can have no 数字识别码
        today: date = layout.day(world.day)
        for number in range(world.chance.integer(1, DRUMS_MAX)):
            code = identification_code(uscc, stream.waste_code, today, number + 1)
            at_ms = world.at(office_hour(10 + 2 * number, world.chance.integer(0, 59)))
            mass_g = world.chance.integer(*DRUM_MASS_G)
            other = OTHER_WASTE.get(stream.waste_code[-2:], "")
            fault = world.draw("item", ["label_mismatch"]) if other else ""
            said = other if fault else stream.waste_code
            made = world.truth.add(
                Package(code, stream.site, said, "drum", mass_g, at_ms, sealed_g=mass_g, fault=fault)
            )
            made.tell("sealed", stream.site, at_ms)
            stock = f"H-{stream.site}-{today:%Y%m%d}"
            world.act(
                world.fleet.office, world.at(office_hour(7)), "issued", codes=[code], stock=stock, for_site=stream.site
            )
            printer = world.device(layout.authority, "print")
            world.act(printer, world.at(office_hour(7, 10)), "printed", codes=[code], job=stock, copy_no=1)
            (made.seal,) = world.act(
                world.device(stream.site), at_ms, "sealed", codes=[code], waste_code=said, package="drum",
                mass_g=mass_g, mass_source="scale",
            )  # fmt: skip
            self.stock[stream.site].append(made)
            if fault:
                made.goes_wrong(fault, acts=[made.seal])


def _parts(site: Site) -> int:
    if site.code[0] == "C":
        return _CLINIC_PARTS + (site.beds or 0) // 2
    return _CENTRE_PARTS if site.code[0] == "T" else max(1, (site.beds or 0) // _BEDS_PER_PART)


def _category(share: int) -> tuple[str, str, int, int]:
    for waste_code, percent, package, low_g, high_g in _MEDICAL:
        share -= percent
        if share <= 0:
            return waste_code, package, low_g, high_g
    return _category(1)
