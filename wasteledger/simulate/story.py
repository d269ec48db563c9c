"""The timetable of the demonstration: what the district does with the labels that could be read.

Day 1: producers seal, collectors go their rounds, transfer points weigh, pack and store.
Day 2: carriers bring boxes, hospital boxes and drums to the plant, which disposes of them.
Day 3: what was forgotten is fetched, and handhelds that had no signal hand in their scans.
"""

from collections import defaultdict
from collections.abc import Iterable

from schemas.label_fields import BoxLabel, HazardousLabel, LabelFields
from wasteledger.simulate.day import DAY_MS, HOUR_MS, MINUTE_MS, Item, Round

SEAL_MS = 8 * HOUR_MS
COLLECT_MS = 10 * HOUR_MS
DELIVER_MS = 14 * HOUR_MS
PACK_MS = 16 * HOUR_MS
HAUL_MS = DAY_MS + 8 * HOUR_MS
DISPOSE_MS = DAY_MS + 18 * HOUR_MS


class Story:
    """The labels that could be read, and what becomes of them."""

    def __init__(self, day: Round, readable: Iterable[LabelFields], sites: dict[str, str]) -> None:
        """`sites` says for which site each code was issued."""
        labels = list(readable)
        self.day = day
        self.sites = sites
        self.items: list[Item] = [label for label in labels if not isinstance(label, BoxLabel)]
        self.boxes = [label.code for label in labels if isinstance(label, BoxLabel)]
        self.at_centre: dict[str, list[str]] = defaultdict(list)
        self.at_plant: list[str] = []
        self.drums_at_plant: list[str] = []
        day.choose_wrongs(self.items, sites)

    def first_days(self) -> None:
        """Days 1 and 2, with the six wrongs."""
        self._seal()
        self._collect()
        self._centres()
        self._hospitals_and_generators()
        self._dispose()
        self.day.play()

    def fetch_forgotten(self) -> None:
        """Day 3: the bag that was never picked up is fetched and goes the whole way."""
        code = self.day.wrongs.never_picked_up
        if code is None:
            return
        day, clinic = self.day, self.sites[code]
        centre, third_ms = self._centre(clinic), self._at(2 * DAY_MS)
        day.collect([code], clinic, third_ms + 9 * HOUR_MS)
        day.deliver([code], centre, third_ms + 11 * HOUR_MS)
        day.haul([code], [day.masses_g[code]], centre, third_ms + 12 * HOUR_MS)
        day.dispose([code], third_ms + 18 * HOUR_MS, batch="L3")
        day.play()

    def _at(self, offset_ms: int) -> int:
        return self.day.begin_ms + offset_ms

    @staticmethod
    def _centre(clinic: str) -> str:
        return f"T{clinic[1:10]}001"

    def _seal(self) -> None:
        for place, item in enumerate(self.items):
            self.day.seal(item, self.sites[item.code], self._at(SEAL_MS) + place % 60 * MINUTE_MS)
        wrongs = self.day.wrongs
        if wrongs.used_twice and wrongs.second_use_site:
            twin = next(item for item in self.items if item.code == wrongs.used_twice)
            self.day.seal(twin, wrongs.second_use_site, self._at(SEAL_MS) + 70 * MINUTE_MS)

    def _collect(self) -> None:
        """Each collector's round: clinic after clinic, then township centre after township centre."""
        wrongs, day = self.day.wrongs, self.day
        left_out = {wrongs.never_picked_up, wrongs.never_accepted, wrongs.jumped}
        by_clinic: dict[str, list[str]] = defaultdict(list)
        for item in self.items:
            if self.sites[item.code][0] == "C" and item.code not in left_out:
                by_clinic[self.sites[item.code]].append(item.code)
        for stop, (clinic, codes) in enumerate(sorted(by_clinic.items())):
            day.collect(codes, clinic, self._at(COLLECT_MS) + stop * 2 * MINUTE_MS)
            self.at_centre[self._centre(clinic)] += codes
        if wrongs.used_twice and wrongs.second_use_site:
            day.collect([wrongs.used_twice], wrongs.second_use_site, self._at(COLLECT_MS) + 210 * MINUTE_MS)
        self._collect_unseen()

    def _collect_unseen(self) -> None:
        """The scans of these two bags were made, on handhelds that are not connected yet."""
        day, wrongs = self.day, self.day.wrongs
        if wrongs.never_accepted:
            clinic = self.sites[wrongs.never_accepted]
            day.collect([wrongs.never_accepted], clinic, self._at(COLLECT_MS), taker_name="spare")
            day.deliver([wrongs.never_accepted], self._centre(clinic), self._at(DELIVER_MS), name="spare")
        if wrongs.jumped:
            clinic = self.sites[wrongs.jumped]
            centre, started_ms = self._centre(clinic), self._at(COLLECT_MS) + 5 * MINUTE_MS
            day.collect([wrongs.jumped], clinic, started_ms, taker_name="spare", giver_name="spare")
            day.deliver([wrongs.jumped], centre, self._at(DELIVER_MS) + 5 * MINUTE_MS, name="spare")
            day.haul([wrongs.jumped], [day.masses_g[wrongs.jumped]], centre, self._at(HAUL_MS), name="spare")
            self.at_plant.append(wrongs.jumped)

    def _centres(self) -> None:
        """Small into big at every transfer point, then one carrier's load a centre."""
        day = self.day
        for stop, (centre, codes) in enumerate(sorted(self.at_centre.items())):
            self.day.deliver(codes, centre, self._at(DELIVER_MS) + stop * 2 * MINUTE_MS)
            load = self._pack(codes, centre, self._at(PACK_MS))
            withhold = centre == self.day.wrongs.skipping_site
            self.day.store(list(load), centre, self._at(PACK_MS) + 30 * MINUTE_MS, withhold=withhold)
            hidden = self.day.wrongs.never_accepted
            if hidden and self._centre(self.sites[hidden]) == centre and self.boxes:
                unseen = self._pack([hidden], centre, self._at(PACK_MS) + 10 * MINUTE_MS, name="spare")
                # Packed and handed over on one handheld: its own numbers prove that the bag was inside when the box left.
                start_ms = self._at(HAUL_MS) + 4 * MINUTE_MS
                day.haul(list(unseen), list(unseen.values()), centre, start_ms, name="spare", gate="spare")
                self.at_plant += unseen
            self._haul(load, centre, self._at(HAUL_MS) + stop * 5 * MINUTE_MS)

    def _hospitals_and_generators(self) -> None:
        by_site: dict[str, list[Item]] = defaultdict(list)
        for item in self.items:
            if self.sites[item.code][0] in "HG":
                by_site[self.sites[item.code]].append(item)
        for stop, (site, items) in enumerate(sorted(by_site.items())):
            codes = [item.code for item in items]
            start_ms = self._at(HAUL_MS) + (30 + stop) * 5 * MINUTE_MS
            if isinstance(items[0], HazardousLabel):
                self.day.haul(codes, [self.day.masses_g[code] for code in codes], site, start_ms)
                self.drums_at_plant += codes
            else:
                self._haul(self._pack(codes, site, self._at(PACK_MS)), site, start_ms)

    def _pack(self, codes: list[str], site: str, at_ms: int, *, name: str = "main") -> dict[str, int]:
        """The load by code and mass: one box, or the bags themselves where no box label could be read."""
        if not self.boxes:
            return {code: self.day.masses_g[code] for code in codes}
        box = self.boxes.pop(0)
        self.day.pack(codes, box, site, at_ms, name=name)
        return {box: sum(self.day.masses_g[code] for code in codes)}

    def _haul(self, load: dict[str, int], consignor: str, at_ms: int) -> None:
        self.day.haul(list(load), list(load.values()), consignor, at_ms)
        self.at_plant += load

    def _dispose(self) -> None:
        for kind, codes, method in (("L1", self.at_plant, "incineration"), ("R1", self.drums_at_plant, "recovery")):
            for part in range(0, len(codes), 100):
                batch = f"{kind}-{part // 100 + 1}"
                self.day.dispose(codes[part : part + 100], self._at(DISPOSE_MS), batch=batch, method=method)
