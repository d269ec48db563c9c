"""A small district's devices and signed scans for the benchmarks: real keys, real chains, made beforehand."""

import itertools
from pathlib import Path
from typing import NamedTuple

from schemas.canonical import encode_base64
from schemas.codes import stock_code
from schemas.signing import DeviceKey, parse_note, sign_event
from wasteledger import clock
from wasteledger.flows.load_register import load_register
from wasteledger.flows.office import china_time
from wasteledger.flows.service import Service
from wasteledger.settings import Settings

DISTRICT = Path(__file__).parents[1] / "data" / "qianjiang.yaml"
#: Handhelds at work; the events of one request come from one of them.
DEVICES = 20


class Device:
    """One handheld with its chain."""

    def __init__(self, key: DeviceKey, *, site: str, origin: str, previous: str) -> None:
        self._key, self._site, self._origin, self._previous = key, site, origin, previous
        self._seq = 0

    def notes(self, count: int) -> list[str]:
        """The next `count` scans, signed."""
        return [self._note() for _ in range(count)]

    def _note(self) -> str:
        payload = {
            "version": 1, "device_id": self._key.device_id, "device_seq": self._seq, "device_prev": self._previous,
            "occurred_at": china_time(clock.now_ms()), "monotonic_ms": round(clock.elapsed_s() * 1000), "boot_id": "0123456789abcdef",
            "site": self._site, "actor": "u-bench", "vouch_method": "badge", "kind": "sealed",
            "codes": [stock_code("500114", self._seq % 9_999_999 + 1)], "waste_code": "841-001-01", "package": "bag",
            "mass_g": 1000 + self._seq % 1000, "mass_source": "scale",
        }  # fmt: skip
        note = sign_event(self._key, origin=self._origin, payload=payload)
        self._seq += 1
        self._previous = encode_base64(parse_note(note).event_id)
        return note.decode()


class District(NamedTuple):
    """An opened service with enrolled handhelds."""

    service: Service
    devices: list[Device]

    def requests(self, count: int, *, size: int) -> list[list[str]]:
        """`count` requests of `size` scans, the handhelds in turn."""
        turns = itertools.cycle(self.devices)
        return [next(turns).notes(size) for _ in range(count)]


def make_district(folder: Path) -> District:
    """Loads the example district into a new embedded database and enrols its handhelds."""
    service = Service(Settings(data_dir=folder, database_url="", node="bench"))
    register = load_register(service, DISTRICT).register
    clinics = [site.code for site in register.sites if site.code[0] == "C"]
    keys = [(DeviceKey.generate(), clinics[number % len(clinics)]) for number in range(DEVICES)]
    verdicts = service.office().enrol(keys)
    devices = [
        Device(key, site=site, origin=register.origin, previous=verdict.leaf_hash or "")
        for (key, site), verdict in zip(keys, verdicts, strict=True)
    ]
    return District(service, devices)
