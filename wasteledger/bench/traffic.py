"""A year of a district for benchmarks, written straight into the log: every scan an event of its own, as a handheld sends them.

Signatures are left out (the bytes in their place verify nothing): judging never looks at them, and signing millions would take longer than
what is measured. Everything else is as devices write it: canonical JSON, numbers and links of each chain, masses, boxes, manifests.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

import orjson

from schemas.canonical import encode_base64
from schemas.codes import box_code, stock_code
from wasteledger.domain.legal_days import CHINA
from wasteledger.domain.merkle import EMPTY_ROOT, leaf_hash
from wasteledger.domain.register import Register

#: Bags that a clinic, a township centre and a hospital close in a day.
CLINIC_BAGS = 6
CENTRE_BAGS = 14
HOSPITAL_BAGS = 210
BAGS_IN_BOX = 12
#: Events of a day, about: what a year of two million is made of.
EVENTS_A_DAY = 5_500

_MINUTE_MS = 60_000
_HOUR_MS = 60 * _MINUTE_MS
_DAY_MS = 24 * _HOUR_MS
_SIGNATURE = encode_base64(bytes(68))
_INFECTIOUS = "841-001-01"
_DEVICE_ALPHABET = "abcdefghijklmnopqrstuvwxyz234567"
_BAG_G = 900


class Traffic:
    """The district's log, day by day."""

    def __init__(self, register: Register, *, begin: datetime) -> None:
        """Begins at midnight of `begin`, China time."""
        self._origin = register.origin
        self._begin_ms = int(begin.replace(tzinfo=CHINA).timestamp()) * 1000
        self._devices: dict[str, list[Any]] = {}
        self._bags = self._boxes = self._manifests = 0
        self._year = begin.year
        by_kind: dict[str, list[str]] = {}
        for site in register.sites:
            by_kind.setdefault(site.code[0], []).append(site.code)
        self._clinics, self._centres, self._hospitals = by_kind["C"], by_kind["T"], by_kind["H"]
        self._office, self._plant = by_kind["A"][0], by_kind["D"][0]
        self._collector, self._carrier = sorted(by_kind["R"])
        self._plates = {vehicle.carrier: vehicle.plate for vehicle in register.vehicles}
        self._waiting: list[tuple[int, str, str, dict[str, Any]]] = []

    def enrolments(self) -> Iterator[bytes]:
        """The entries that admit every device, the office first."""
        sites = [
            self._office,
            *self._clinics,
            *self._centres,
            *self._hospitals,
            self._plant,
            self._collector,
            self._carrier,
        ]
        for number, site in enumerate(sites):
            device = "".join(_DEVICE_ALPHABET[(number >> shift) % 32] for shift in range(0, 80, 5))
            root = EMPTY_ROOT if site == self._office else b""
            self._devices[site] = [device, 0, encode_base64(root)]
            key = encode_base64(sha256(site.encode()).digest())
            role = "office" if site == self._office else "device"
            body = {"device": device, "public_key": key, "for_site": site, "role": role}
            entry = self._entry("enrolled", self._office, self._begin_ms - _DAY_MS + number, body)
            if site != self._office:
                self._devices[site][2] = encode_base64(leaf_hash(entry))
            yield entry

    def day(self, number: int) -> list[bytes]:
        """The entries of day `number`, in order of time."""
        begin_ms = self._begin_ms + number * _DAY_MS
        for place, centre in enumerate(self._centres):
            bags = self._collected(centre, place, begin_ms)
            bags += self._sealed(centre, CENTRE_BAGS, begin_ms + 12 * _HOUR_MS)
            self._haul(centre, place, bags, begin_ms)
        for place, hospital in enumerate(self._hospitals, start=len(self._centres)):
            self._haul(hospital, place, self._sealed(hospital, HOSPITAL_BAGS, begin_ms + 8 * _HOUR_MS), begin_ms)
        until_ms = begin_ms + _DAY_MS
        self._waiting.sort(key=lambda told: told[0])
        ready = [told for told in self._waiting if told[0] < until_ms]
        self._waiting = self._waiting[len(ready) :]
        return [self._entry(kind, site, at_ms, body) for at_ms, kind, site, body in ready]

    def _sealed(self, site: str, count: int, begin_ms: int) -> list[str]:
        codes = [stock_code("500114", self._bags + place) for place in range(1, count + 1)]
        self._bags += count
        self._tell(
            self._office, "issued", begin_ms - _HOUR_MS, codes=codes[:200], stock=f"R{self._bags}", for_site=site
        )
        if codes[200:]:
            self._tell(
                self._office, "issued", begin_ms - _HOUR_MS, codes=codes[200:], stock=f"R{self._bags}", for_site=site
            )
        for place, code in enumerate(codes):
            self._tell(
                site, "sealed", begin_ms + place * _MINUTE_MS, codes=[code], waste_code=_INFECTIOUS, package="bag", mass_g=_BAG_G,
                mass_source="scale",
            )  # fmt: skip
        return codes

    def _collected(self, centre: str, place: int, begin_ms: int) -> list[str]:
        """Each bag of the centre's clinics is scanned by both sides at both hops."""
        bags: list[str] = []
        plate = self._plates[self._collector]
        for stop, clinic in enumerate(code for code in self._clinics if code[1:10] == centre[1:10]):
            codes = self._sealed(clinic, CLINIC_BAGS, begin_ms + 8 * _HOUR_MS)
            at_ms = begin_ms + 10 * _HOUR_MS + (place * 3 + stop) * _MINUTE_MS
            for code in codes:
                self._tell(clinic, "released", at_ms, codes=[code], to_site=self._collector, vehicle=plate)
                self._tell(self._collector, "accepted", at_ms + 5_000, codes=[code], from_site=clinic, vehicle=plate)
                at_ms += 10_000
            bags += codes
        at_ms = begin_ms + 14 * _HOUR_MS + place * 4 * _MINUTE_MS
        for code in bags:
            self._tell(self._collector, "released", at_ms, codes=[code], to_site=centre, vehicle=plate)
            self._tell(
                centre,
                "accepted",
                at_ms + 5_000,
                codes=[code],
                from_site=self._collector,
                vehicle=plate,
                masses_g=[_BAG_G + 10],
            )
            at_ms += 10_000
        return bags

    def _haul(self, consignor: str, place: int, bags: list[str], begin_ms: int) -> None:
        """Small into big, to the plant on the next morning, into the furnace in the evening; then the boxes are washed."""
        boxes = []
        for start in range(0, len(bags), BAGS_IN_BOX):
            self._boxes = self._boxes % 500 + 1
            box, load = box_code("500114", self._boxes), bags[start : start + BAGS_IN_BOX]
            at_ms = begin_ms + 16 * _HOUR_MS + start * 1000
            for code in load:
                self._tell(consignor, "packed", at_ms, codes=[code], box=box)
                at_ms += 500
            self._tell(consignor, "stored", at_ms, codes=[box], room="暂存间")
            boxes.append((box, len(load) * _BAG_G))
        self._manifests += 1
        papers = {"manifest": f"{self._year}5001{self._manifests:06d}", "vehicle": self._plates[self._carrier]}
        at_ms = begin_ms + _DAY_MS + 6 * _HOUR_MS + place * 8 * _MINUTE_MS
        self._tell(
            consignor, "manifested", at_ms - _HOUR_MS, manifest=papers["manifest"], action="drafted", form="electronic",
            carriers=[self._carrier], consignee=self._plant, vehicle=papers["vehicle"], waste_codes=[_INFECTIOUS],
        )  # fmt: skip
        for box, mass_g in boxes:
            self._tell(consignor, "released", at_ms, codes=[box], to_site=self._carrier, **papers)
            self._tell(self._carrier, "accepted", at_ms + 5_000, codes=[box], from_site=consignor, **papers)
            arrived_ms = at_ms + 5 * _HOUR_MS
            self._tell(self._carrier, "released", arrived_ms, codes=[box], to_site=self._plant, **papers)
            self._tell(
                self._plant,
                "accepted",
                arrived_ms + 5_000,
                codes=[box],
                from_site=self._carrier,
                masses_g=[mass_g],
                **papers,
            )
            self._tell(
                self._plant, "disposed", arrived_ms + 6 * _HOUR_MS, codes=[box], batch="L1", method="incineration"
            )
            self._tell(self._plant, "washed", arrived_ms + 7 * _HOUR_MS, codes=[box])
            at_ms += 10_000
        self._tell(
            self._plant,
            "manifested",
            at_ms + 8 * _HOUR_MS,
            manifest=papers["manifest"],
            action="confirmed",
            opinion="accepted",
        )

    def _tell(self, site: str, kind: str, at_ms: int, **body: Any) -> None:
        self._waiting.append((at_ms, kind, site, body))

    def _entry(self, kind: str, site: str, at_ms: int, body: dict[str, Any]) -> bytes:
        device = self._devices[site]
        payload = body | {
            "version": 1, "kind": kind, "device_id": device[0], "device_seq": device[1], "device_prev": device[2], "site": site,
            "actor": f"u-{site.lower()}", "vouch_method": "own_device", "occurred_at": _china(at_ms),
            "monotonic_ms": at_ms - self._begin_ms + _DAY_MS, "boot_id": "0123456789abcdef",
        }  # fmt: skip
        text = b"wasteledger-event/v1\n%s\n%s\n" % (
            self._origin.encode(),
            orjson.dumps(payload, option=orjson.OPT_SORT_KEYS),
        )
        device[1], device[2] = device[1] + 1, encode_base64(sha256(text).digest())
        signature = f"\n\u2014 {self._origin}/d/{device[0]} {_SIGNATURE}\n".encode()
        return b"wasteledger-entry/v1\nevent %d bench\n\n" % (at_ms + 2_000) + text + signature


def _china(moment_ms: int) -> str:
    seconds, rest_ms = divmod(moment_ms, 1000)
    return (datetime.fromtimestamp(seconds, tz=CHINA) + timedelta(milliseconds=rest_ms)).isoformat(
        timespec="milliseconds"
    )
