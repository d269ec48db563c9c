"""Stories: what happened in a small district, told step by step and written into real log entries.

    story = Story()
    story.seal(BAG, at="02 08:00")
    story.hop(BAG, CLINIC, COLLECTOR, at="02 14:00")
    answer = story.reconcile(as_of="03 00:00")

Times are `day hour:minute` of November 2026 in China. Every site has one device; every event is really signed.
"""

import hashlib
from datetime import datetime, timedelta, timezone
from typing import Any

from schemas.canonical import encode_base64
from schemas.codes import box_code, stock_code
from schemas.growth import read_event
from schemas.signing import DeviceKey, parse_note, sign_event
from schemas.vouching import person_key, sign_vouch
from wasteledger.domain.entry import Entry, decode_entry
from wasteledger.domain.history import History
from wasteledger.domain.merkle import EMPTY_ROOT, leaf_hash
from wasteledger.domain.reconcile import Reconciliation, reconcile
from wasteledger.domain.register import Directory, Register

ORIGIN = "ledger.example.org/story"
OFFICE = "A500114001001"
CLINIC = "C500114105001"
#: A clinic without a device, whose nurse has a badge.
CABIN = "C500114105003"
#: One company that drives and burns.
COMPANY_LORRY, COMPANY_PLANT = "R500114004003", "D500114004003"
OTHER_CLINIC = "C500114105002"
HOSPITAL = "H500114001001"
TRANSFER = "T500114105001"
COLLECTOR = "R500114001001"
CARRIER = "R500114004001"
STRANGER = "R500114004002"
PLANT = "D500114004001"
OTHER_PLANT = "D500114004002"
BAG, BAG2, BAG3 = (stock_code("500114", serial) for serial in (1, 2, 3))
BOX = box_code("500114", 1)
MANIFEST = "20265001000001"
INFECTIOUS = "841-001-01"
#: What badge and PIN of the cabin's second nurse make.
CABIN_KEY = person_key(bytes(range(16)), "2580")
#: … and those of the carrier's second driver.
DRIVER_KEY = person_key(bytes(range(1, 17)), "1379")
NURSE = "u-nurse"
COMPANY_VEHICLE = "渝H3C303"
VEHICLE, FOREIGN_VEHICLE = "渝H2B101", "渝H9Z999"
PHOTO = encode_base64(hashlib.sha256(b"a photo of the burst bag").digest())

_CHINA = timezone(timedelta(hours=8))
_MINUTE = 60_000


def register() -> Register:
    """The small district of the stories."""
    sites = [
        {"code": OFFICE, "name": "生态环境局"},
        {"code": CLINIC, "name": "大坪村卫生室", "beds": 0},
        {"code": OTHER_CLINIC, "name": "小坪村卫生室", "beds": 0},
        {"code": CABIN, "name": "高坪村卫生室", "beds": 0, "collection": "vouched"},
        {"code": COMPANY_LORRY, "name": "环保公司车队", "organisation": "环保公司"},
        {"code": COMPANY_PLANT, "name": "环保公司处置厂", "organisation": "环保公司"},
        {"code": HOSPITAL, "name": "中心医院", "beds": 300},
        {"code": TRANSFER, "name": "镇卫生院中转点", "beds": 30},
        {"code": COLLECTOR, "name": "收运队"},
        {"code": CARRIER, "name": "运输公司"},
        {"code": STRANGER, "name": "无证运输队"},
        {"code": PLANT, "name": "处置中心"},
        {"code": OTHER_PLANT, "name": "无证处置厂"},
    ]
    licence = {"waste": ("HW01", "HW08"), "valid_from": "2026-01-01", "valid_to": "2026-12-31"}
    return Register.model_validate(
        {
            "region": "500114",
            "origin": ORIGIN,
            "divisions": [
                {"code": "500114", "name": "黔江区", "kind": "district"},
                {"code": "500114001", "name": "城东街道", "kind": "street"},
                {"code": "500114004", "name": "正阳街道", "kind": "street"},
                {"code": "500114105", "name": "阿蓬江镇", "kind": "town"},
            ],
            "sites": sites,
            "vehicles": [
                {"plate": COMPANY_VEHICLE, "carrier": COMPANY_LORRY},
                {"plate": VEHICLE, "carrier": CARRIER},
                {"plate": FOREIGN_VEHICLE, "carrier": COLLECTOR},
            ],
            "people": _people(),
            "licences": [
                licence | {"holder": CARRIER, "number": "运1", "activity": "carry"},
                licence | {"holder": PLANT, "number": "处1", "activity": "dispose"},
                licence | {"holder": COMPANY_LORRY, "number": "运2", "activity": "carry"},
                licence | {"holder": COMPANY_PLANT, "number": "处2", "activity": "dispose", "capacity_t": 1},
            ],
        }
    )


def _people() -> list[dict[str, str]]:
    """Who works there; one of the cabin's nurses has badge and PIN, one has left."""
    nurses = {"name": "某人", "site": CABIN, "role": "clinic"}
    return [
        nurses | {"actor": "u-cabin2", "vouch_key": encode_base64(CABIN_KEY.public_key)},
        {
            "actor": "u-driver2",
            "name": "某人",
            "site": CARRIER,
            "role": "driver",
            "vouch_key": encode_base64(DRIVER_KEY.public_key),
        },
        nurses | {"actor": "u-left", "valid_to": "2026-10-31"},
        *(
            {"actor": actor, "name": "某人", "site": site, "role": role}
            for actor, site, role in (
                (NURSE, CLINIC, "clinic"),
                ("u-nurse2", OTHER_CLINIC, "clinic"),
                ("u-keeper", TRANSFER, "keeper"),
                ("u-driver", CARRIER, "driver"),
                ("u-collector", COLLECTOR, "collector"),
                ("u-operator", PLANT, "operator"),
                ("u-cabin", CABIN, "clinic"),
                ("u-companydriver", COMPANY_LORRY, "driver"),
            )
        ),
    ]


def ms(at: str) -> int:
    """UTC milliseconds of `02 08:00`, which is 2 November 2026 in China; or of a whole date and time."""
    text = at if len(at) > len("02 08:00") else f"2026-11-{at}"
    return int(datetime.strptime(text, "%Y-%m-%d %H:%M").replace(tzinfo=_CHINA).timestamp()) * 1000


def china(moment_ms: int) -> str:
    """A moment as an event writes it."""
    seconds, rest_ms = divmod(moment_ms, 1000)
    moment = datetime.fromtimestamp(seconds, tz=_CHINA).replace(microsecond=rest_ms * 1000)
    return moment.isoformat(timespec="milliseconds")


class Teller:
    """One device: its key, and where its own chain stands. `name` is its site, with a word behind it for a further device."""

    def __init__(self, name: str, *, origin: str = ORIGIN) -> None:
        self.key = DeviceKey(hashlib.sha256(f"teller of {name}".encode()).digest())
        self.site = name.split(maxsplit=1)[0]
        self.origin = origin
        self.number = 0
        self.previous = encode_base64(EMPTY_ROOT)

    def note(self, kind: str, *, occurred_ms: int, person: DeviceKey | None = None, **fields: Any) -> bytes:
        """The next event of this device, signed; `person`: who stands for it with badge and PIN."""
        payload: dict[str, Any] = {
            "version": 1, "device_id": self.key.device_id, "device_seq": self.number, "device_prev": self.previous,
            "occurred_at": china(occurred_ms), "monotonic_ms": occurred_ms % 2**40, "boot_id": "0123456789abcdef",
            "site": self.site, "actor": f"u-{self.site.lower()}", "vouch_method": "badge", "kind": kind,
        }  # fmt: skip
        payload |= {name: value for name, value in fields.items() if value is not None}
        if person:
            payload["vouch_signature"] = sign_vouch(person, origin=self.origin, payload=payload)
        note = sign_event(self.key, origin=self.origin, payload=payload)
        self.number, self.previous = payload["device_seq"] + 1, encode_base64(parse_note(note).event_id)
        return note

    def enrolment(self, other: "Teller", *, role: str = "device", occurred_ms: int = 0) -> bytes:
        """This device, an office, admits another one (or itself)."""
        return self.note(
            "enrolled", occurred_ms=occurred_ms or ms("01 00:00"), device=other.key.device_id, role=role,
            public_key=encode_base64(other.key.public_key), for_site=other.site,
        )  # fmt: skip


class Story:
    """A district in which things happen.

    `without`: sites that have no device of their own.
    """

    def __init__(self, *, without: tuple[str, ...] = ()) -> None:
        self.entries: list[bytes] = []
        self.tellers: dict[str, Teller] = {}
        self.office = Teller(OFFICE)
        self.drafted: set[str] = set()
        self.tellers[OFFICE] = self.office
        self.received_ms = ms("01 00:00")
        self.write(self.office.enrolment(self.office, role="office"), received_ms=self.received_ms)
        for site in (CLINIC, OTHER_CLINIC, HOSPITAL, TRANSFER, COLLECTOR, CARRIER, STRANGER, PLANT, OTHER_PLANT):
            if site not in without:
                self.teller(site)

    def write(self, note: bytes, *, received_ms: int, entry_class: str = "event", absurd: bool = False) -> str:
        """Puts a note into the log; returns its event id.

        Intake has to take it, or the story tells of what can not be. `absurd`: no intake of today takes it, and it is told on purpose,
        since an older service did, or somebody else wrote the log.
        """
        if entry_class != "quarantine" and not absurd:
            read_event(parse_note(note).payload())
        self.received_ms = max(self.received_ms, received_ms)
        self.entries.append(Entry(entry_class, received_ms, "node1", note).encode())
        return encode_base64(parse_note(note).event_id)

    def write_raw(self, note: bytes, *, received_ms: int) -> None:
        """Puts a hello into the log."""
        self.entries.append(Entry("hello", received_ms, "node1", note).encode())

    def teller(self, site: str) -> Teller:
        """The device of a site; one that the district does not begin with is enrolled on first use."""
        if site not in self.tellers:
            self.tellers[site] = Teller(site)
            note = self.office.enrolment(self.tellers[site], occurred_ms=self.received_ms)
            self.write(note, received_ms=self.received_ms)
            self.tellers[site].previous = encode_base64(leaf_hash(self.entries[-1]))
        return self.tellers[site]

    def tell(
        self, site: str, kind: str, *, at: str, by: str = "", after_ms: int = 0, delay_ms: int = _MINUTE, absurd: bool = False,
        **fields: Any,
    ) -> str:  # fmt: skip
        """Something happened at a site, as a device of it says, or the one named by `by`; the service received it `delay_ms` later."""
        occurred_ms = ms(at) + after_ms
        if kind == "manifested":
            self.drafted.add(fields["manifest"])
        note = self.teller(by or site).note(kind, occurred_ms=occurred_ms, **({"site": site} | fields))
        return self.write(note, received_ms=occurred_ms + delay_ms, absurd=absurd)

    def issue(self, *codes: str, at: str = "01 08:00", site: str = CLINIC) -> str:
        return self.tell(OFFICE, "issued", at=at, codes=list(codes), stock="roll 1", for_site=site)

    def seal(self, code: str, *, at: str = "02 08:00", site: str = CLINIC, mass_g: int = 1000, **fields: Any) -> str:
        fields = {"waste_code": INFECTIOUS, "package": "bag", "mass_source": "scale"} | fields
        return self.tell(site, "sealed", at=at, codes=[code], mass_g=mass_g, **fields)

    def declare_stock(
        self, *codes: str, at: str = "01 09:00", site: str = TRANSFER, mass_g: int = 1000, **fields: Any
    ) -> str:
        """A site declares what it had in its rooms on the day it began."""
        said = {
            "as_of": "2026-11-01", "waste_codes": [INFECTIOUS] * len(codes), "masses_g": [mass_g] * len(codes),
            "part_no": 1, "parts_count": 1,
        }  # fmt: skip
        return self.tell(site, "opening_stock", at=at, codes=list(codes), **(said | fields))

    def confirm(self, event_id: str, *codes: str, at: str = "01 12:00") -> str:
        """The authority stands for an act, as far as it concerns these packages."""
        return self.tell(OFFICE, "vouched", at=at, codes=list(codes), target_event_id=event_id)

    def refuse(self, event_id: str, *codes: str, at: str = "01 12:00") -> str:
        """The authority strikes an act out."""
        return self.correct(list(codes), event_id, site=OFFICE, at=at, reason="did_not_occur")

    def draft(self, manifest: str, consignor: str, *, at: str, **fields: Any) -> str:
        """The consignor draws up a manifest, an hour before the load leaves."""
        fields = {"form": "electronic", "carriers": [CARRIER], "consignee": PLANT, "waste_codes": [INFECTIOUS]} | fields
        return self.tell(
            consignor, "manifested", at=at, after_ms=-60 * _MINUTE, manifest=manifest, action="drafted", **fields
        )

    def release(self, codes: str | list[str], giver: str, taker: str, *, at: str, **fields: Any) -> str:
        """The giver hands over; a manifest that is used for the first time was drawn up for this way."""
        manifest = fields.get("manifest")
        if manifest and manifest not in self.drafted and taker[0] == "R":
            self.draft(manifest, giver, at=at, carriers=[taker], vehicle=fields.get("vehicle"))
        return self.tell(giver, "released", at=at, codes=_list(codes), to_site=taker, **fields)

    def accept(self, codes: str | list[str], giver: str, taker: str, *, at: str, **fields: Any) -> str:
        return self.tell(taker, "accepted", at=at, codes=_list(codes), from_site=giver, **fields)

    def hop(self, codes: str | list[str], giver: str, taker: str, *, at: str, **fields: Any) -> str:
        """Both sides record the hand-over, five minutes apart."""
        self.release(codes, giver, taker, at=at, **{k: v for k, v in fields.items() if k != "packages_count"})
        return self.accept(codes, giver, taker, at=at, after_ms=5 * _MINUTE, **fields)

    def dispose(self, codes: str | list[str], *, at: str = "03 15:00", site: str = PLANT, batch: str = "炉1") -> str:
        return self.tell(site, "disposed", at=at, codes=_list(codes), batch=batch, method="incineration")

    def correct(self, codes: str | list[str], target: str, *, site: str, at: str, reason: str, **fields: Any) -> str:
        return self.tell(site, "corrected", at=at, codes=_list(codes), target_event_id=target, reason=reason, **fields)

    def to_transfer(self, codes: str | list[str], *, site: str = CLINIC, **fields: Any) -> None:
        """Collected in the afternoon of the 2nd and brought to the transfer point."""
        self.hop(codes, site, COLLECTOR, at="02 14:00", **fields)
        self.hop(codes, COLLECTOR, TRANSFER, at="02 16:00", **fields)

    def to_plant(self, codes: str | list[str], *, carrier: str = CARRIER, **fields: Any) -> None:
        """Carried on the 3rd from the transfer point to the plant."""
        fields = {"manifest": MANIFEST, "vehicle": VEHICLE} | fields
        self.hop(codes, TRANSFER, carrier, at="03 08:00", **fields)
        self.hop(codes, carrier, PLANT, at="03 11:00", **fields)

    def whole_life(self, code: str, *, mass_g: int = 1000) -> None:
        """From an issued label to the furnace, with nothing missing."""
        self.issue(code)
        self.seal(code, mass_g=mass_g)
        self.to_transfer(code)
        self.to_plant(code)
        self.dispose(code)

    def history(self) -> History:
        """The fold over the log so far."""
        history = History()
        for content in self.entries:
            history.add(content)
        return history

    def reconcile(self, *, as_of: str = "03 16:00", region: str = "500114", **wanted: Any) -> Reconciliation:
        """The question a regulator asks."""
        period = {"from_day": "2026-11-01", "to_day": "2026-11-30"}
        fields: dict[str, Any] = {"history": self.history(), "directory": Directory(register())} | period | wanted
        return reconcile(**fields, region=region, as_of_ms=ms(as_of))


def _list(codes: str | list[str]) -> list[str]:
    return [codes] if isinstance(codes, str) else codes


def classes(answer: Reconciliation) -> dict[str, int]:
    """The classes that are not empty, with their counts."""
    return {name: amount.count for name, amount in answer.district.classes.items() if amount.count}


def codes_of(answer: Reconciliation) -> set[str]:
    """The finding codes of an answer."""
    return {finding.code for finding in answer.findings}


def as_received(entries: list[bytes]) -> list[bytes]:
    """The same entries as a log can hold them: what stands behind was not received before."""
    received_ms, made = 0, []
    for content in entries:
        entry = decode_entry(content)
        received_ms = max(received_ms, entry.received_ms)
        made.append(entry._replace(received_ms=received_ms).encode())
    return made
