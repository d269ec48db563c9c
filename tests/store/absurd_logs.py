"""Logs of authentic nonsense: every event is really signed and of a valid form, and nobody would ever do what they say.

A few packages, boxes, manifests and rooms, so that everything touches everything; signers anywhere, clocks that go anywhere, numbers that
come late, twice, or never. Told to the books in portions they must come to what the whole history says.
"""

from collections.abc import Callable
from random import Random
from typing import Any

from schemas.canonical import encode_base64
from schemas.codes import box_code, stock_code
from schemas.signing import parse_note
from tests.stories_builder import (
    CARRIER,
    CLINIC,
    COLLECTOR,
    COMPANY_LORRY,
    COMPANY_PLANT,
    COMPANY_VEHICLE,
    INFECTIOUS,
    NURSE,
    OFFICE,
    OTHER_CLINIC,
    PHOTO,
    PLANT,
    STRANGER,
    TRANSFER,
    VEHICLE,
    Story,
    Teller,
    as_received,
    china,
    ms,
)
from wasteledger.domain.entry import Entry
from wasteledger.domain.hello import Hello, sign_hello

ITEMS = [stock_code("500114", serial) for serial in range(1, 7)]
BOXES = [box_code("500114", serial) for serial in (1, 2)]
_SITES = [CLINIC, OTHER_CLINIC, TRANSFER, COLLECTOR, CARRIER, PLANT, STRANGER, COMPANY_LORRY, COMPANY_PLANT]
_DEVICES = [*_SITES, CLINIC + " 2", TRANSFER + " 2", PLANT + " 2", OFFICE]
_MANIFESTS = ["20265001000001", "20265001000002"]
_PEOPLE = [NURSE, "u-driver", "u-keeper", "u-collector"]
_MINUTE = 60_000
_HOUR = 60 * _MINUTE

#: What a device of a site says, and how often.
_KINDS = {
    "sealed": 5, "packed": 5, "unpacked": 3, "released": 8, "accepted": 8, "refused": 2, "stored": 3, "counted": 3, "disposed": 3,
    "incident": 2, "voided": 1, "corrected": 5, "vouched": 4, "relabelled": 2, "opening_stock": 3, "washed": 3, "manifested": 3,
    "evidenced": 1, "inspected": 1, "printed": 1, "issued": 1,
}  # fmt: skip
_OF_THE_OFFICE = {
    "vouched": 3, "corrected": 3, "revoked": 2, "trusted": 2, "enrolled": 1, "inspected": 1, "evidenced": 2, "voided": 1, "issued": 1,
    "washed": 1, "counted": 1, "manifested": 1,
}  # fmt: skip


class Nonsense:
    """One log, made up by chance."""

    def __init__(self, chance: Random, *, relabels_to_and_fro: bool = False) -> None:
        """Admits the devices and issues most labels; no label takes the place of one with a higher number unless `relabels_to_and_fro`."""
        self._chance = chance
        self._to_and_fro = relabels_to_and_fro
        #: What this log is about: fewer packages and kinds of acts meet more often.
        self._items, self._boxes = ITEMS[: chance.choice([2, 3, 6])], BOXES[: chance.choice([1, 2])]
        self._kinds = [
            {kind: often for kind, often in kinds.items() if chance.random() < 0.7}
            for kinds in (_KINDS, _OF_THE_OFFICE)
        ]
        self._story = Story()
        self._tellers = [self._story.teller(name) for name in _DEVICES]
        for item in self._items:
            if chance.random() < 0.8:
                self._story.issue(item, site=chance.choice([CLINIC, TRANSFER, PLANT]))
        self._now_ms = ms("02 08:00")
        #: By device: id and beginning of its boot.
        self._started: dict[str, tuple[str, int]] = {}
        #: Notes with the moment of their receipt and their class.
        self._told: list[tuple[int, str, bytes]] = []
        #: Ids of events, with what they name.
        self._ids: list[tuple[str, list[str]]] = []
        self._clocks_lie, self._late = chance.random() < 0.5, chance.random() < 0.5

    def entries(self, events_count: int) -> list[bytes]:
        """So many acts more, as a log holds them: as told, late ones later, or in any order."""
        for _ in range(events_count):
            self._act()
        order = self._chance.choice(["told", "received", "any"])
        if order == "received":
            self._told.sort(key=lambda told: told[0])
        elif order == "any":
            self._chance.shuffle(self._told)
        made = [
            Entry(entry_class, received_ms, "node1", note).encode() for received_ms, entry_class, note in self._told
        ]
        return as_received(self._story.entries + made)

    def _act(self) -> None:
        chance = self._chance
        self._now_ms += chance.choice([0, 1, 20, 200, 600]) * _MINUTE
        teller = chance.choice(self._tellers)
        kinds = self._kinds[teller.site == OFFICE]
        kind = chance.choices([*kinds], [*kinds.values()])[0]
        boot = self._boot(teller)
        wrong_ms = (
            chance.choice([0, 0, 0, -1, 1, -3, 3, -300, 400, -3000, -(10**6)]) * _MINUTE if self._clocks_lie else 0
        )
        if chance.random() < 0.08:
            return self._hello(teller, boot, wrong_ms)
        fields = FIELDS[kind](self) | self._around()
        to_itself = fields.get("site", teller.site) in {fields.get("to_site"), fields.get("from_site")}
        if to_itself or ("target_event_id" in fields and not fields["target_event_id"]):
            return None  # no service would take it
        return self._tell(teller, kind, boot, self._now_ms + wrong_ms, fields)

    def _tell(self, teller: Teller, kind: str, boot: tuple[str, int], wall_ms: int, fields: dict[str, Any]) -> None:
        chance = self._chance
        received_ms = self._now_ms + chance.choice([1, 1, 1, 1, 5, 200, 2000, 6000] if self._late else [1]) * _MINUTE
        same = {"occurred_ms": wall_ms, "monotonic_ms": max(0, self._now_ms - boot[1]), "boot_id": boot[0]}
        if chance.random() < 0.03:
            place = teller.number, teller.previous
            self._told.append((received_ms + 1, "fork", teller.note(kind, **same, **(fields | {"actor": "u-other"}))))
            teller.number, teller.previous = place
        if chance.random() < 0.02:
            teller.previous = encode_base64(bytes(32))
        note = teller.note(kind, **same, **fields)
        self._ids.append((encode_base64(parse_note(note).event_id), fields.get("codes", [])))
        if chance.random() >= 0.03:  # some never come
            self._told.append((received_ms, "event" if chance.random() < 0.98 else "quarantine", note))

    def _boot(self, teller: Teller) -> tuple[str, int]:
        device, chance = teller.key.device_id, self._chance
        if device not in self._started or chance.random() < 0.07:
            self._started[device] = f"{chance.randrange(4):016x}", self._now_ms - chance.randrange(100) * _MINUTE
        return self._started[device]

    def _hello(self, teller: Teller, boot: tuple[str, int], wrong_ms: int) -> None:
        number = teller.number + self._chance.choice([0, 0, 0, 2])
        drift_ms = self._chance.choice([0, 0, 30_000, -50_000, 100_000, 500 * _MINUTE, -500 * _MINUTE, 2**52])
        monotonic_ms = max(0, self._now_ms - boot[1] + drift_ms)
        hello = Hello(teller.key.device_id, number, bytes(32), self._now_ms + wrong_ms, monotonic_ms, boot[0])
        self._told.append((self._now_ms, "hello", sign_hello(teller.key, hello, origin=teller.origin)))

    def _around(self) -> dict[str, Any]:
        """What any act may say beside its own fields."""
        chance, said = self._chance, {}
        if chance.random() < 0.1:
            said["site"] = chance.choice(_SITES)
        if chance.random() < 0.15:
            said["vouch_method"] = chance.choice(["none", "badge", "paper", "own_device"])
        if chance.random() < 0.1:
            said["vouched_by"] = chance.choice(_PEOPLE)
        if chance.random() < 0.02:
            said["novelty"] = "of a later version"
        if chance.random() < 0.05:
            said["checkpoint"] = {"size": chance.randrange(1, 30), "root": encode_base64(bytes(32))}
        if chance.random() < 0.05:
            happened_ms = self._now_ms - chance.choice([-1, 1, 20, 60, 700]) * _HOUR
            said["backfill"] = {"happened_at": china(happened_ms), "reason": "no_signal"}
            if chance.random() < 0.7:
                said["backfill"]["paper"] = "纸1"
        return said

    def _some(self, count_max: int, *, boxes: bool = True) -> list[str]:
        named = self._items + self._boxes if boxes else self._items
        return self._chance.sample(named, self._chance.randrange(1, min(count_max, len(named)) + 1))

    def _sealed(self) -> dict[str, Any]:
        waste, mass_g = (
            self._chance.choice([INFECTIOUS, INFECTIOUS, "841-002-01"]),
            self._chance.choice([1000, 1000, 2000, 5000]),
        )
        return {
            "codes": self._some(1, boxes=False),
            "waste_code": waste,
            "package": "bag",
            "mass_g": mass_g,
            "mass_source": "scale",
        }

    def _packed(self) -> dict[str, Any]:
        return {"codes": self._some(3, boxes=False), "box": self._chance.choice(self._boxes)}

    def _unpacked(self) -> dict[str, Any]:
        return self._packed() | {"complete": self._chance.random() < 0.5}

    def _moved(self, party: str) -> dict[str, Any]:
        chance = self._chance
        said: dict[str, Any] = {"codes": self._some(2), party: chance.choice(_SITES)}
        if chance.random() < 0.5:
            said["manifest"] = chance.choice(_MANIFESTS)
        return said

    def _handed(self, party: str) -> dict[str, Any]:
        chance, said = self._chance, self._moved(party)
        if chance.random() < 0.5:
            said["vehicle"] = chance.choice([VEHICLE, COMPANY_VEHICLE])
        if chance.random() < 0.4:
            said |= {
                "masses_g": [chance.choice([1000, 1010, 2000, 900]) for _ in said["codes"]],
                "mass_source": "scale",
            }
        if party == "from_site" and chance.random() < 0.2:
            said["packages_count"] = chance.randrange(1, 4)
        return said

    def _released(self) -> dict[str, Any]:
        return self._handed("to_site")

    def _accepted(self) -> dict[str, Any]:
        return self._handed("from_site")

    def _refused(self) -> dict[str, Any]:
        return self._moved("from_site") | {"reason": "damaged"}

    def _stored(self) -> dict[str, Any]:
        return {"codes": self._some(2), "room": "库1"}

    def _counted(self) -> dict[str, Any]:
        chance = self._chance
        place = chance.choice(
            [{"room": "库1"}, {"room": "库1", "count_name": "盘1"}, {"box": self._boxes[0]}, {"stock": "roll 1"}]
        )
        codes = self._some(2, boxes="stock" not in place) if chance.random() < 0.8 else []
        return {"codes": codes, "complete": chance.random() < 0.7, **place}

    def _disposed(self) -> dict[str, Any]:
        method = self._chance.choice(["incineration", "incineration", "landfill"])
        return {"codes": self._some(2), "batch": "炉1", "method": method}

    def _incident(self) -> dict[str, Any]:
        return {"codes": self._some(1), "incident": self._chance.choice(["loss", "found", "spill", "theft"])}

    def _voided(self) -> dict[str, Any]:
        return {"codes": self._some(1), "reason": "never_was", "attachments": self._photo()}

    def _photo(self) -> list[str] | None:
        return [PHOTO] if self._chance.random() < 0.5 else None

    def _target(self) -> tuple[str, list[str]]:
        target, named = (
            self._chance.choice(self._ids[-8:] if self._chance.random() < 0.7 else self._ids) if self._ids else ("", [])
        )
        return target, named or self._some(1)

    def _corrected(self) -> dict[str, Any]:
        chance, (target, named) = self._chance, self._target()
        reason = chance.choice(["did_not_occur", "did_not_occur", "wrong_mass", "wrong_waste"])
        said: dict[str, Any] = {"codes": named, "target_event_id": target, "reason": reason}
        if reason == "wrong_mass":
            said["mass_g"] = chance.choice([500, 1000, 3000])
        elif reason == "wrong_waste":
            said["waste_code"] = chance.choice(["841-003-01", "841-002-01"])
        if self._ids and chance.random() < 0.4:
            said[chance.choice(["agrees_with", "refuses"])] = chance.choice(self._ids)[0]
        return said

    def _vouched(self) -> dict[str, Any]:
        target, named = self._target()
        return {"codes": named, "target_event_id": target}

    def _relabelled(self) -> dict[str, Any]:
        old, new = self._chance.sample(self._items, 2)
        if not self._to_and_fro:
            old, new = sorted((old, new))
        return {"codes": [old], "new_code": new, "reason": "damaged", "attachments": self._photo()}

    def _opening_stock(self) -> dict[str, Any]:
        codes = self._some(2, boxes=False)
        return {
            "codes": codes, "as_of": "2026-11-01", "waste_codes": [INFECTIOUS] * len(codes), "masses_g": [1000] * len(codes),
            "part_no": self._chance.choice([1, 1, 2]), "parts_count": 2,
        }  # fmt: skip

    def _washed(self) -> dict[str, Any]:
        return {"codes": [self._chance.choice(self._boxes)]}

    def _manifested(self) -> dict[str, Any]:
        chance, number = self._chance, self._chance.choice(_MANIFESTS)
        drafted = {
            "form": chance.choice(["electronic", "paper"]), "carriers": [chance.choice([CARRIER, COMPANY_LORRY])],
            "consignee": chance.choice([PLANT, COMPANY_PLANT]), "waste_codes": [INFECTIOUS], "vehicle": VEHICLE,
        }  # fmt: skip
        said = {"drafted": drafted, "confirmed": {"opinion": "accepted"}, "voided": {"reason": "x"}}
        action = chance.choice(["drafted", "drafted", "confirmed", "voided"])
        return {"manifest": number, "action": action, **said[action]}

    def _evidenced(self) -> dict[str, Any]:
        return {"attachments": [PHOTO], "size_bytes": 100, "media": "image/jpeg"}

    def _inspected(self) -> dict[str, Any]:
        return {"codes": self._some(1), "result": self._chance.choice(["in_order", "objection"])}

    def _printed(self) -> dict[str, Any]:
        return {"codes": self._some(1, boxes=False), "job": "j", "copy_no": self._chance.choice([1, 2])}

    def _issued(self) -> dict[str, Any]:
        return {"codes": self._some(1, boxes=False), "stock": "roll 1", "for_site": self._chance.choice(_SITES)}

    def _of_device(self) -> Teller:
        return self._chance.choice(self._tellers)

    def _revoked(self) -> dict[str, Any]:
        return {"device": self._of_device().key.device_id, "reason": "stolen"}

    def _trusted(self) -> dict[str, Any]:
        return {"device": self._of_device().key.device_id, "last_seq": self._chance.randrange(8)}

    def _enrolled(self) -> dict[str, Any]:
        key = self._of_device().key
        said = {"device": key.device_id, "public_key": encode_base64(key.public_key), "role": "device"}
        return said | {"for_site": self._chance.choice(_SITES)}


#: What an event of each kind says.
FIELDS: dict[str, Callable[[Nonsense], dict[str, Any]]] = {
    kind: getattr(Nonsense, f"_{kind}") for kind in _KINDS | _OF_THE_OFFICE
}
