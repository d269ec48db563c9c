"""The collector's round: clinics one after the other, then the township's centre, where everything is weighed.

Each stop is told once: one `released` and one `accepted` for all its bags, apart from those whose scans went wrong.
"""

from collections.abc import Iterable
from typing import Any

from wasteledger.simulate.acts import HOUR_MS, MINUTE_MS, SECOND_MS, Act
from wasteledger.simulate.devices import Device, position
from wasteledger.simulate.fault_kinds import NOT_TAKEN
from wasteledger.simulate.layout import Centre, Clinic
from wasteledger.simulate.sealing import CARRIAGE_MS, MARGIN_MS, SCALE_G, STORAGE_MS, Producers, Sealer
from wasteledger.simulate.truth import NEVER_MS, Package
from wasteledger.simulate.world import World, office_hour, weigh_again_g

#: Staff carry their bags to the centre at this hour.
HAND_IN_MS = office_hour(10, 30)
#: Nobody stood at an unattended centre: its keeper vouches in the evening, and has so long.
VOUCH_MS = 48 * HOUR_MS
EVENING_VOUCH_MS = office_hour(18, 30)
#: The two sides of a hand-over scan one after the other.
OTHER_SIDE_MS = 40 * SECOND_MS
#: What the other side has to think about is scanned so much later that honest clocks can not turn the order round.
SECOND_THOUGHT_MS = 5 * MINUTE_MS
#: What was refused is brought back in the afternoon.
RETURN_MS = office_hour(17, 30)
#: A clinic disputes a weighing two hours later, and is answered in the evening.
PROPOSAL_MS, ANSWER_MS, AUTHORITY_MS = 2 * HOUR_MS, office_hour(19, 15), office_hour(19, 30)
#: Weights are copied where they would be noticed: so many bags at once.
COPIED_MIN = 5
#: What shows when the centre has weighed.
_SHOWN_ON_ARRIVAL = frozenset({"skipped_collector", "wrong_destination", "lost_weight", "zero_weight", "slow_theft"})
#: What these weigh at the centre is a story of its own.
_WEIGHED_ODDLY = frozenset(
    {"zero_weight", "slow_theft", "heavy_bag", "lost_weight", "correction_agreed", "never_sealed", "cloned_label"}
)
#: What is taken out at each hand-over, within what two scales may differ.
THEFT_G, THEFT_PERMILLE = 80, 40
#: The city lies so far to the east: 150 km.
CITY_UDEG = 1_550_000


class Rounds:
    """Everything between a clinic's shelf and a centre's door.

    Attributes:
        unseen: bags of each centre that go on without a scan.
    """

    def __init__(self, world: World, producers: Producers) -> None:
        """Begins with empty vans."""
        self._world, self._producers = world, producers
        self._collector = world.layout.collector
        self.unseen: dict[str, list[Package]] = {code: [] for code in world.layout.centres}

    def run(self) -> dict[str, list[Package]]:
        """A day's rounds; returns what each centre has taken in."""
        world = self._world
        arrived: dict[str, list[Package]] = {}
        for code, centre in world.layout.centres.items():
            if not world.layout.collects(centre.group, world.day):
                continue
            loaded: list[Package] = []
            arrived[code] = []
            for clinic in world.layout.clinics.values():
                if clinic.centre == code and clinic.way == "hand_in":
                    arrived[code] += self._hand_in(clinic, centre)
                elif clinic.centre == code and not clinic.is_direct:
                    loaded += self._stop(clinic)
            arrived[code] += self._drop(centre, loaded)
        return arrived

    def _stop(self, clinic: Clinic) -> list[Package]:
        """The van at a clinic; returns what it carries away."""
        world, site = self._world, clinic.site.code
        at_ms = world.at(clinic.pickup_ms + world.chance.integer(-3, 3) * MINUTE_MS)
        if clinic.way == "vouched":
            self._seal_at_the_van(clinic, at_ms)
        taken = self._producers.take(site, at_ms)
        if not taken:
            return []
        releasing = [package for package in taken if not _is_silent_giver(package, "site")]
        accepting = [package for package in taken if not _is_silent_taker(package)]
        one_person = clinic.way == "own_device" and bool(world.draw("hop", ["same_person"]))
        released = self._release(clinic, releasing, at_ms, one_person=one_person)
        accepted = self._accept(clinic, accepting, at_ms + OTHER_SIDE_MS)
        for package in taken:
            package.tell("collected", self._collector, at_ms + OTHER_SIDE_MS)
            if one_person and package in releasing and package in accepting:
                named = package.fault != "wrong_giver"  # else the two sides do not speak of one hand-over
                package.goes_wrong("same_person", acts=[*released, *accepted], expected=None if named else ())
            self._stop_fault(package, clinic, at_ms, [*released, *accepted])
        return [p for p in taken if not self._vanishes(p, at_ms) and not self._is_sent_back(p, clinic, at_ms)]

    def _seal_at_the_van(self, clinic: Clinic, at_ms: int) -> None:
        """A clinic without a device: the collector's handheld seals what is there, its staff vouch by badge."""
        sealer = Sealer(self._collector, f"van{clinic.van}", self._badge(clinic))
        for number in range(self._producers.due(clinic.site.code)):
            self._producers.seal(clinic.site.code, clinic.way, at_ms - MINUTE_MS - number * SECOND_MS, sealer)

    def _badge(self, clinic: Clinic) -> dict[str, Any]:
        return badge_of(self._world, clinic)

    def _release(self, clinic: Clinic, packages: list[Package], at_ms: int, *, one_person: bool) -> list[Act]:
        """The clinic's side."""
        world, site = self._world, clinic.site.code
        body: dict[str, Any] = {"to_site": self._collector}
        device = world.device(site) if clinic.way != "vouched" else world.device(self._collector, f"van{clinic.van}")
        if clinic.way == "vouched":
            body |= {"site": site, "place": site, **self._badge(clinic)}
        if one_person:
            body["actor"] = world.layout.actor(self._collector, clinic.van)
        odd = [package for package in packages if package.fault.startswith("badge_")]
        acts = scan(world, device, at_ms, "released", [package for package in packages if package not in odd], **body)
        for package in odd:
            lie = body | {"vouched_by": self._wrong_badge(package, clinic)}
            acts += scan(world, device, at_ms + SECOND_MS, "released", [package], **lie)
        return acts

    def _wrong_badge(self, package: Package, clinic: Clinic) -> str:
        """Somebody of another clinic, or somebody who has left this one long ago."""
        layout = self._world.layout
        if package.fault == "badge_expired":
            return layout.left[clinic.site.code]
        codes = list(layout.clinics)
        return layout.actor(codes[(codes.index(clinic.site.code) + 1) % len(codes)])

    def _accept(self, clinic: Clinic, packages: list[Package], at_ms: int) -> list[Act]:
        """The collector's side; of one bag the wrong clinic may be picked from the list."""
        world, site = self._world, clinic.site.code
        van = world.device(self._collector, f"van{clinic.van}")
        mistaken = [package for package in packages if package.fault == "wrong_giver"]
        thinned = [package for package in packages if package.fault == "slow_theft"]
        others = [package for package in packages if package.fault not in {"wrong_giver", "slow_theft"}]
        acts = scan(world, van, at_ms, "accepted", others, from_site=site, place=site)
        for package in thinned:
            self._thin(package)
            acts += world.act(
                van, at_ms + SECOND_MS, "accepted", codes=[package.code], from_site=site, place=site, masses_g=[package.mass_g]
            )  # fmt: skip
        codes = list(world.layout.clinics)
        neighbour = codes[(codes.index(site) + 1) % len(codes)]
        for package in mistaken:
            wrong = scan(world, van, at_ms + SECOND_THOUGHT_MS, "accepted", [package], from_site=neighbour, place=site)
            package.goes_wrong("wrong_giver", acts=wrong)
        return acts

    @staticmethod
    def _thin(package: Package) -> None:
        """So much is taken out that each weighing is within the tolerance of the one before."""
        package.mass_g -= max(THEFT_G, package.mass_g * THEFT_PERMILLE // 1000)
        package.spoilt = True

    def _stop_fault(self, package: Package, clinic: Clinic, at_ms: int, acts: list[Act]) -> None:
        """What of a package's fault shows at this stop."""
        world, kind = self._world, package.fault
        if kind == "impossible_time":
            late_ms = at_ms + world.chance.integer(180, 290) * MINUTE_MS
            device = world.device(clinic.site.code)
            late = scan(world, device, late_ms, "released", [package], to_site=self._collector)
            over = late_ms - package.sealed_ms > STORAGE_MS - MARGIN_MS  # by that scan it stood there for too long
            package.goes_wrong(kind, acts=late, allowed=None if over else ())
        elif kind == "jumped":
            by_badge = NOT_TAKEN if clinic.way == "vouched" else ()  # the handheld that sealed it shows nowhere again
            package.goes_wrong(kind, by_ms=NEVER_MS, allowed=("late_step", "count_difference", *by_badge))
        elif kind in {"late_pickup", "lost_daily"} or (kind == "to_and_fro" and package.wrongs_of(kind)):
            package.wrongs_of(kind)[0].shown(acts)
        elif kind.startswith("badge_") or kind == "never_sealed" or (kind == "unreleased" and package.stage == "site"):
            package.goes_wrong(kind, acts=acts)

    def _vanishes(self, package: Package, at_ms: int) -> bool:
        """Whether a package leaves the van unseen before the centre."""
        kind, stage = package.fault, package.stage
        if kind == "stolen_on_road" and stage == "site":
            package.goes_wrong(kind, by_ms=at_ms + CARRIAGE_MS + MARGIN_MS)
        elif kind == "lost_bag" and stage == "road":
            package.goes_wrong(kind, expected=("overdue_delivery",), by_ms=at_ms + CARRIAGE_MS + MARGIN_MS)
        else:
            return False
        package.tell("vanished", self._collector, at_ms + HOUR_MS)
        return True

    def _hand_in(self, clinic: Clinic, centre: Centre) -> list[Package]:
        """Staff carry their bags to the centre."""
        world, site = self._world, clinic.site.code
        at_ms = world.at(HAND_IN_MS + world.chance.integer(-10, 10) * MINUTE_MS)
        taken = self._producers.take(site, at_ms)
        releasing = [package for package in taken if package.fault != "unreleased"]
        released = scan(world, world.device(site), at_ms, "released", releasing, to_site=centre.site.code)
        for package in taken:
            if package.fault == "never_sealed":
                package.goes_wrong("never_sealed", acts=released)
        return self._take_in(centre, taken, site, at_ms + OTHER_SIDE_MS)

    def _drop(self, centre: Centre, loaded: list[Package]) -> list[Package]:
        """The van at the centre."""
        world, code = self._world, centre.site.code
        if not loaded:
            return []
        at_ms = world.at(centre.drop_ms + world.chance.integer(-3, 3) * MINUTE_MS)
        van = world.device(self._collector, f"van{centre.van}")
        self.unseen[code] += [package for package in loaded if package.fault == "jumped"]
        loaded = [package for package in loaded if package.fault != "jumped"]
        silent = {"skipped_collector", "wrong_destination"}
        releasing = [
            package for package in loaded if package.fault not in silent and not _is_silent_giver(package, "road")
        ]
        scan(world, van, at_ms, "released", releasing, to_site=code, place=code)
        elsewhere = next((other for other in world.layout.centres if other != code), code)
        for package in loaded:
            if package.fault == "wrong_destination":
                scan(world, van, at_ms, "released", [package], to_site=elsewhere, place=code)
        stolen = [package for package in loaded if package.fault == "stolen_on_road"]
        for package in stolen:
            package.goes_wrong("stolen_on_road", by_ms=at_ms + CARRIAGE_MS + MARGIN_MS)
            package.tell("vanished", self._collector, at_ms)
        rest = [package for package in loaded if package not in stolen]
        return self._take_in(centre, rest, self._collector, at_ms + OTHER_SIDE_MS)

    def _rob(self, package: Package) -> None:
        """What is taken out of a bag before the centre weighs it."""
        if package.fault == "lost_weight":
            package.mass_g, package.spoilt = package.mass_g * 2 // 3, True
        elif package.fault == "zero_weight":
            package.spoilt = True
        elif package.fault == "slow_theft":
            self._thin(package)

    def _take_in(self, centre: Centre, packages: list[Package], giver: str, at_ms: int) -> list[Package]:
        """The centre weighs and accepts what it is given, apart from what it refuses."""
        refused = [package for package in packages if package.fault.startswith("refused")]
        for package in refused:
            self._refuse(package, centre, at_ms)
        taken = [package for package in packages if package not in refused]
        if not taken:
            return []
        world, code = self._world, centre.site.code
        for package in taken:
            self._rob(package)
        body: dict[str, Any] = {"vouch_method": "none", "actor": "u-cabinet"} if centre.unattended else {}
        miscounted = bool(world.draw("hop", ["wrong_scale"]))
        expected = [package for package in taken if package.fault != "wrong_destination"]
        again = sum(package.seal is not None and not package.old_code for package in expected)
        plain = again >= COPIED_MIN and not any(package.fault in _WEIGHED_ODDLY for package in expected)
        copied = plain and not centre.unattended and bool(world.draw("hop", ["copied_weights"]))
        if copied:
            body["copied"] = True
        accepted = self._weigh_in(code, expected, giver, at_ms, int(miscounted), body)
        body.pop("copied", None)
        # A package that was meant for somebody else is looked at twice.
        strange = [package for package in taken if package.fault == "wrong_destination"]
        accepted += self._weigh_in(code, strange, giver, at_ms + SECOND_THOUGHT_MS, 0, body)
        if centre.unattended:
            self._vouch(centre, taken, accepted)
        for package in taken:
            package.tell("delivered", code, at_ms)
            if miscounted and package not in strange:
                package.goes_wrong("wrong_scale", acts=accepted)
            if copied and package in expected:
                package.goes_wrong("copied_weights", acts=accepted)
            self._arrival_fault(package, centre, at_ms, accepted)
        return taken

    def _weigh_in(  # noqa: PLR0913, PLR0917 - one scan
        self, code: str, packages: list[Package], giver: str, at_ms: int, miscounted: int, body: dict[str, Any]
    ) -> list[Act]:
        if not packages:
            return []
        world, copied = self._world, body.get("copied")
        body = {name: value for name, value in body.items() if name != "copied"}
        masses_g = [package.sealed_g if copied else self._shown_g(package) for package in packages]
        return world.act(
            world.device(code), at_ms, "accepted", codes=[package.code for package in packages], from_site=giver,
            masses_g=masses_g, packages_count=miscounted, **body,
        )  # fmt: skip

    def _shown_g(self, package: Package) -> int:
        """What the centre's scale shows."""
        if package.fault == "zero_weight":
            return 0
        return weigh_again_g(self._world.chance, package.mass_g, package.sealed_g, around_g=SCALE_G)

    def _vouch(self, centre: Centre, packages: list[Package], accepted: list[Act]) -> None:
        """The keeper stands for what the cabinet took in, or forgets to."""
        world = self._world
        if world.draw("hop", ["unvouched"]) or world.owes("unvouched"):
            for package in packages:
                package.goes_wrong("unvouched", acts=accepted, by_ms=accepted[-1].at_ms + VOUCH_MS + MARGIN_MS)
            return
        keeper = world.device(centre.site.code)
        for number, act in enumerate(accepted):
            at_ms = world.at(EVENING_VOUCH_MS) + number * SECOND_MS
            world.act(keeper, at_ms, "vouched", codes=act.codes, targets={"target_event_id": act})

    def _arrival_fault(self, package: Package, centre: Centre, at_ms: int, accepted: list[Act]) -> None:
        """What of a package's fault shows when the centre has taken it in."""
        kind = package.fault
        if kind in _SHOWN_ON_ARRIVAL or (kind == "unreleased" and not package.wrongs_of(kind)):
            package.goes_wrong(kind, acts=accepted)
        elif kind == "heavy_bag":
            package.goes_wrong(kind, acts=accepted, expected=("weight_difference",))
        elif kind == "lost_bag" and package.stage == "centre":
            package.goes_wrong(kind, expected=("overdue_storage",), by_ms=at_ms + STORAGE_MS + MARGIN_MS)
            package.tell("vanished", centre.site.code, at_ms + 3 * HOUR_MS)
        elif kind.startswith("correction") or kind == "mass_halved":
            self._correct(package, centre, at_ms)
        elif kind == "seen_elsewhere":
            self._see_elsewhere(package, centre, at_ms + MINUTE_MS, accepted)

    def _see_elsewhere(self, package: Package, centre: Centre, at_ms: int, accepted: list[Act]) -> None:
        """A copy of its label is looked at in the city, far away."""
        world = self._world
        latitude_udeg, longitude_udeg = world.layout.place(centre.site.code)
        seen = world.act(
            world.device(world.layout.authority, "office"), at_ms, "inspected", codes=[package.code], result="objection",
            position=position(latitude_udeg, longitude_udeg + CITY_UDEG),
        )  # fmt: skip
        package.goes_wrong("seen_elsewhere", acts=[*accepted, *seen])

    def _correct(self, package: Package, centre: Centre, at_ms: int) -> None:
        """The clinic says that its weighing was wrong; the centre, or the authority, agrees or does not."""
        world, kind, seal = self._world, package.fault, package.seal
        if seal is None:
            return
        wrong_g = package.sealed_g * 3 // 2 if kind != "mass_halved" else package.sealed_g // 2 + 1
        mass_g = package.mass_g if kind == "correction_agreed" else wrong_g
        body: dict[str, Any] = {"reason": "wrong_mass", "codes": [package.code], "mass_g": mass_g}
        (proposal,) = world.act(
            world.device(package.site), at_ms + PROPOSAL_MS, "corrected", targets={"target_event_id": seal}, **body
        )
        if kind == "correction_open":
            package.goes_wrong(kind, acts=[proposal])
            return
        answer = {"target_event_id": seal, "refuses" if kind == "correction_refused" else "agrees_with": proposal}
        answered = world.act(world.device(centre.site.code), world.at(ANSWER_MS), "corrected", targets=answer, **body)
        if kind == "correction_agreed":  # a mass shrinks: the authority has its word too
            answered += world.act(world.fleet.office, world.at(AUTHORITY_MS), "corrected", targets=answer, **body)
            package.corrected = (mass_g, answered[-1])
            world.truth.goes_wrong("site", package.site, "many_voids")
        package.goes_wrong(kind, acts=[proposal, *answered])

    def _refuse(self, package: Package, centre: Centre, at_ms: int) -> None:
        """A damaged bag is refused; it goes back to its clinic, or nobody cares."""
        world, kind = self._world, package.fault
        clinic = world.layout.clinics[package.site]
        world.act(
            world.device(centre.site.code), at_ms + SECOND_THOUGHT_MS, "refused", codes=[package.code], from_site=self._collector,
            reason="damaged", onward="return",
        )  # fmt: skip
        package.tell("refused", centre.site.code, at_ms + SECOND_THOUGHT_MS)
        if kind == "refused_forgotten":
            package.goes_wrong(kind, by_ms=at_ms + SECOND_THOUGHT_MS + CARRIAGE_MS + MARGIN_MS)
            return
        package.fault = ""
        package.goes_wrong(kind)
        self._bring_back(package, clinic)

    def _is_sent_back(self, package: Package, clinic: Clinic, at_ms: int) -> bool:
        """Whether the van only drives a package about and brings it back, so that the time on the shelf may seem to begin anew."""
        if package.fault != "to_and_fro" or package.wrongs_of(package.fault):
            return False
        left_ms = STORAGE_MS - (at_ms - package.sealed_ms)
        package.free_ms = self._bring_back(package, clinic) + left_ms + HOUR_MS
        package.goes_wrong(package.fault, by_ms=NEVER_MS)
        return True

    def _bring_back(self, package: Package, clinic: Clinic) -> int:
        """A package returns to its clinic in the afternoon; when it is there."""
        world = self._world
        back_ms, site = world.at(RETURN_MS), clinic.site.code
        van = world.device(self._collector, f"van{clinic.van}")
        scan(world, van, back_ms, "released", [package], to_site=site, place=site)
        if clinic.way == "vouched":
            badge = self._badge(clinic)
            scan(
                world,
                van,
                back_ms + OTHER_SIDE_MS,
                "accepted",
                [package],
                from_site=self._collector,
                site=site,
                **badge,
            )
        else:
            scan(world, world.device(site), back_ms + OTHER_SIDE_MS, "accepted", [package], from_site=self._collector)
        package.tell("returned", site, back_ms + OTHER_SIDE_MS)
        self._producers.stock[site].append(package)
        return back_ms + OTHER_SIDE_MS


def _is_silent_giver(package: Package, stage: str) -> bool:
    """Whether the giver does not scan this package at the clinic (`site`) or at the centre (`road`)."""
    if stage == "site" and package.fault in {"jumped", "impossible_time"}:
        return True
    return package.fault == "unreleased" and (package.stage == "site") == (stage == "site")


def _is_silent_taker(package: Package) -> bool:
    """Whether the collector does not scan this package."""
    return package.fault in {"jumped", "skipped_collector"} or (
        package.fault == "stolen_on_road" and package.stage == "site"
    )


def badge_of(world: World, clinic: Clinic) -> dict[str, Any]:
    """Somebody of a clinic without a device stands for its side by badge."""
    return {"vouched_by": world.layout.actor(clinic.site.code), "vouch_method": "badge"}


def scan(world: World, device: Device, at_ms: int, kind: str, packages: Iterable[Package], **body: Any) -> list[Act]:
    """One scan of packages; none where there are none."""
    codes = [package.code for package in packages]
    return world.act(device, at_ms, kind, codes=codes, **body) if codes else []
