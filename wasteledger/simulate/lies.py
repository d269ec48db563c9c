"""Lies about packages that begin where they were made: somebody signs what is not so, or what he may not say.

The acts are those of ordinary handhelds with ordinary keys: only who signs, in whose name, for what and when, is a lie.
"""

from collections.abc import Callable
from typing import Any

from schemas.canonical import sha256_base64
from wasteledger.simulate.acts import DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS, Act
from wasteledger.simulate.rolls import LabelRoom
from wasteledger.simulate.truth import NEVER_MS, Package
from wasteledger.simulate.world import World, office_hour

#: A limit of the rules, and a little: honest clocks differ.
ACCEPTANCE_MS, STORAGE_MS, MARGIN_MS = 24 * HOUR_MS, 48 * HOUR_MS, 4 * MINUTE_MS
#: The second party looks at a void a quarter of an hour after it arrived.
CONFIRMED_MS = 15 * MINUTE_MS
#: Hours of the neighbour's lies, and of what is declared and never answered.
FOREIGN_MS, DECLARED_MS = HOUR_MS, 20 * MINUTE_MS
RELABELLED_MS, RECONSIDERED_MS = 10 * MINUTE_MS, HOUR_MS
#: What is declared lost every evening is found again every morning.
EVENING_MS, NIGHT_MS = office_hour(19, 5), 10 * HOUR_MS
#: A carrier that no register knows.
UNKNOWN_SERIAL = 777
#: A photograph of a handheld's camera.
PHOTO_BYTES = 240_000
FOUND_MS = DAY_MS + office_hour(15)

Stock = dict[str, list[Package]]


class Lies:
    """Lies by the kind of fault; each is told when the package has just been sealed."""

    def __init__(self, world: World, labels: LabelRoom) -> None:
        """Knows where labels are."""
        self._world, self._labels = world, labels
        self._told: dict[str, Callable[[Package, int, Stock], None]] = {
            "impostor": self._impostor, "early_void": self._void, "lonely_void": self._void, "foreign_void": self._foreign,
            "foreign_correction": self._foreign, "mass_shrunk": self._shrink, "found_by_other": self._found_by_other,
            "spill_silenced": self._declare, "objection_silenced": self._declare, "relabelled": self._relabel,
            "wrong_waste_corrected": self._reconsider, "impostor_seal": self._shown_by_seal, "heavy_bag": self._shown_by_seal,
            "device_unused": self._shown_by_seal, "seal_stranger": self._shown_by_seal, "lost_daily": self._lose_daily,
            "to_nowhere": self._send_nowhere,
        }  # fmt: skip

    def at_sealing(self, made: Package, at_ms: int, stock: Stock) -> None:
        """What of a package's lie is told when it is sealed; others are told later on its way."""
        tell = self._told.get(made.fault)
        if tell:
            tell(made, at_ms, stock)

    def _shown_by_seal(self, made: Package, at_ms: int, stock: Stock) -> None:  # noqa: ARG002 - one shape for all
        if made.seal:
            shown = ("implausible_mass",) if made.fault == "heavy_bag" else None
            made.goes_wrong(made.fault, acts=[made.seal], expected=shown)

    def _impostor(self, made: Package, at_ms: int, stock: Stock) -> None:
        """The clinic dumps the bag, and signs every later hop and the disposal in everybody's name."""
        world, layout = self._world, self._world.layout
        stock[made.site].remove(made)
        made.tell("vanished", made.site, at_ms + HOUR_MS)
        centre = layout.clinics[made.site].centre
        device, begin_ms = world.device(made.site), world.now_ms + DAY_MS + office_hour(9)
        hops = (
            (made.site, layout.collector),
            (layout.collector, centre),
            (centre, layout.carrier),
            (layout.carrier, layout.plant),
        )
        acts: list[Act] = []
        for number, (giver, taker) in enumerate(hops):
            hop_ms = begin_ms + number * 2 * HOUR_MS
            acts += world.act(
                device, hop_ms, "released", codes=[made.code], site=giver, actor=layout.actor(giver), to_site=taker
            )
            acts += world.act(
                device, hop_ms + 40 * SECOND_MS, "accepted", codes=[made.code], site=taker, actor=layout.actor(taker),
                from_site=giver, masses_g=[made.sealed_g + number],
            )  # fmt: skip
        acts += world.act(
            device, begin_ms + 9 * HOUR_MS, "disposed", codes=[made.code], site=layout.plant, actor=layout.actor(layout.plant),
            batch=f"L-{made.code[-6:]}", method="incineration",
        )  # fmt: skip
        made.goes_wrong(made.fault, acts=acts[1:], expected=("not_entitled",))
        made.goes_wrong(made.fault, acts=acts[:1], expected=("in_limbo",), by_ms=begin_ms + ACCEPTANCE_MS + MARGIN_MS)

    def _void(self, made: Package, at_ms: int, stock: Stock) -> None:
        """Dumped, and voided: with a hash of nothing, or with evidence that nobody else looked at."""
        world = self._world
        stock[made.site].remove(made)
        made.tell("vanished", made.site, at_ms + MINUTE_MS)
        shown = [sha256_base64(f"nothing {made.code}".encode())]
        (void,) = void_package(world, made, at_ms + 2 * MINUTE_MS, shown)
        code = "overdue_storage" if made.site in world.layout.centres else "overdue_pickup"
        made.goes_wrong(made.fault, expected=(code,), by_ms=at_ms + STORAGE_MS + MARGIN_MS)
        if made.fault == "lonely_void":
            evidence = keep_evidence(world, shown, world.device(made.site).next_sync_ms(void.at_ms) + MINUTE_MS)
            made.goes_wrong(made.fault, acts=[void, *evidence], expected=("void_unconfirmed",))
        else:
            made.goes_wrong(made.fault, acts=[void], expected=("void_without_evidence",))

    def _neighbour(self, made: Package) -> str:
        """A clinic with a device in another township."""
        return self._world.chance.pick(
            [
                code
                for code, clinic in self._world.layout.clinics.items()
                if clinic.way == "own_device" and code[:10] != made.site[:10]
            ]
        )

    def _foreign(self, made: Package, at_ms: int, stock: Stock) -> None:  # noqa: ARG002 - one shape for all
        """Somebody who has nothing to do with the package voids it, or says what it weighs."""
        world = self._world
        device, later_ms = world.device(self._neighbour(made)), at_ms + FOREIGN_MS
        if made.fault == "foreign_void":
            acts = world.act(
                device, later_ms, "voided", codes=[made.code], reason="never_was",
                attachments=[sha256_base64(f"foreign {made.code}".encode())],
            )  # fmt: skip
        elif made.seal:
            acts = world.act(
                device, later_ms, "corrected", codes=[made.code], targets={"target_event_id": made.seal}, reason="wrong_mass",
                mass_g=made.sealed_g // 2 + 1,
            )  # fmt: skip
        made.goes_wrong(made.fault, acts=acts)

    def _shrink(self, made: Package, at_ms: int, stock: Stock) -> None:  # noqa: ARG002 - one shape for all
        """The clinic says that it weighed half, and a clinic that never had the package agrees."""
        world, seal = self._world, made.seal
        if seal is None:
            return
        body: dict[str, Any] = {"codes": [made.code], "reason": "wrong_mass", "mass_g": made.sealed_g // 2 + 1}
        target = {"target_event_id": seal}
        (proposal,) = world.act(world.device(made.site), at_ms + RECONSIDERED_MS, "corrected", targets=target, **body)
        agreement = target | {"agrees_with": proposal}
        agreed_ms = at_ms + 2 * RECONSIDERED_MS
        agreed = world.act(world.device(self._neighbour(made)), agreed_ms, "corrected", targets=agreement, **body)
        made.goes_wrong(made.fault, acts=[proposal, *agreed])

    def _found_by_other(self, made: Package, at_ms: int, stock: Stock) -> None:
        """Declared lost; a centre that never had it says that it found it, and sends another bag under its code to the plant."""
        world, layout = self._world, self._world.layout
        stock[made.site].remove(made)
        made.spoilt = True
        world.act(world.device(made.site), at_ms + 5 * MINUTE_MS, "incident", codes=[made.code], incident="loss")
        made.tell("lost", made.site, at_ms + 5 * MINUTE_MS)
        stranger = world.chance.pick([code for code in layout.centres if code != layout.clinics[made.site].centre])
        found_ms = world.now_ms + FOUND_MS
        found = world.act(world.device(stranger), found_ms, "incident", codes=[made.code], incident="found")
        made.back_ms = made.free_ms = found_ms + MINUTE_MS
        made.tell("found", stranger, found_ms)
        stock[stranger].append(made)
        made.goes_wrong(made.fault, acts=found)

    def _lose_daily(self, made: Package, at_ms: int, stock: Stock) -> None:  # noqa: ARG002 - one shape for all
        """Declared lost in the evening and found in the morning, day after day, until it should have left long ago."""
        world, device = self._world, self._world.device(made.site)
        night_ms = world.at(EVENING_MS)
        made.back_ms = made.free_ms = at_ms + STORAGE_MS + HOUR_MS
        while night_ms < made.free_ms:
            for what, said_ms in (("loss", night_ms), ("found", night_ms + NIGHT_MS)):
                world.act(device, said_ms, "incident", codes=[made.code], incident=what)
            night_ms += DAY_MS
        made.goes_wrong(made.fault, by_ms=NEVER_MS)

    def _send_nowhere(self, made: Package, at_ms: int, stock: Stock) -> None:
        """Handed over to somebody whom nobody knows."""
        world, left_ms = self._world, at_ms + FOREIGN_MS
        stock[made.site].remove(made)
        made.tell("vanished", made.site, left_ms)
        nowhere = f"R{made.site[1:10]}{UNKNOWN_SERIAL}"
        acts = world.act(world.device(made.site), left_ms, "released", codes=[made.code], to_site=nowhere)
        made.goes_wrong(made.fault, acts=acts, expected=("unknown_site",))
        made.goes_wrong(made.fault, acts=acts, expected=("in_limbo",), by_ms=left_ms + ACCEPTANCE_MS + MARGIN_MS)

    def _declare(self, made: Package, at_ms: int, stock: Stock) -> None:  # noqa: ARG002 - one shape for all
        """A spill, or an inspector's objection, that nobody answers."""
        world = self._world
        if made.fault == "spill_silenced":
            acts = world.act(
                world.device(made.site), at_ms + DECLARED_MS, "incident", codes=[made.code], incident="spill"
            )
        else:
            acts = world.act(
                world.fleet.office, at_ms + DECLARED_MS, "inspected", codes=[made.code], result="objection"
            )
        made.goes_wrong(made.fault, acts=acts)

    def _relabel(self, made: Package, at_ms: int, stock: Stock) -> None:  # noqa: ARG002 - one shape for all
        """The label was torn off; the clinic puts a new one on."""
        world = self._world
        new_code = self._labels.take(made.site, at_ms + RELABELLED_MS)
        acts = world.act(
            world.device(made.site), at_ms + RELABELLED_MS, "relabelled", codes=[made.code], new_code=new_code, reason="damaged"
        )  # fmt: skip
        made.old_code, made.code = made.code, new_code
        world.truth.by_code[new_code].append(made)
        made.goes_wrong(made.fault, acts=acts)

    def _reconsider(self, made: Package, at_ms: int, stock: Stock) -> None:  # noqa: ARG002 - one shape for all
        """The nurse notices that she picked the wrong category, while the bag still stands there."""
        if made.seal:
            acts = self._world.act(
                self._world.device(made.site), at_ms + RECONSIDERED_MS, "corrected", codes=[made.code],
                targets={"target_event_id": made.seal}, reason="wrong_waste", waste_code=made.waste_code,
            )  # fmt: skip
            made.goes_wrong(made.fault, acts=acts)


def void_package(world: World, made: Package, at_ms: int, shown: list[str]) -> list[Act]:
    """Its holder voids a sealed package, with the hashes of what he shows."""
    body: dict[str, Any] = {"attachments": shown} if shown else {}
    return world.act(world.device(made.site), at_ms, "voided", codes=[made.code], reason="never_was", **body)


def keep_evidence(world: World, shown: list[str], at_ms: int) -> list[Act]:
    """The office says that what an act showed is stored and hashes to what was named."""
    office = world.fleet.office
    return [
        act
        for digest in shown
        for act in world.act(
            office, at_ms, "evidenced", attachments=[digest], size_bytes=PHOTO_BYTES, media="image/jpeg"
        )
    ]


def confirm_void(world: World, void: Act, shown: list[str]) -> Act:
    """The office has the evidence, and stands for the void as the second party."""
    at_ms = void.device.next_sync_ms(void.at_ms) + MINUTE_MS
    keep_evidence(world, shown, at_ms)
    (confirmed,) = world.act(
        world.fleet.office, at_ms + CONFIRMED_MS, "vouched", codes=void.codes, targets={"target_event_id": void}
    )
    return confirmed
