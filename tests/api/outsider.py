"""A device as somebody outside writes it from docs/protocol.md alone: Ed25519, JSON and hashes, nothing of this project."""

import base64
import hashlib
import json
from typing import Any

from nacl.signing import SigningKey, VerifyKey

ORIGIN = "ledger.example.org/qianjiang"
#: What the example of the document was told when it was enrolled.
ROOT = base64.b64encode(hashlib.sha256(b"an example of a leaf hash").digest()).decode()
CLINIC, COLLECTOR, BAG = "C500114105001", "R500114001001", "M50011400000001V"
PAPER = b"%PDF-1.4\n% an example\n"
BADGE, PIN = bytes(range(16)), "246810"


def b64(content: bytes) -> str:
    return base64.b64encode(content).decode()


def canonical(payload: dict[str, Any]) -> bytes:
    return json.dumps(payload, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


class Device:
    """Keys, names and the chain."""

    def __init__(self, seed: bytes, *, site: str, root: str) -> None:
        self.key = SigningKey(seed)
        self.public = bytes(self.key.verify_key)
        digest = hashlib.sha256(b"wasteledger-device/v1\n\x01" + self.public).digest()
        self.device_id = base64.b32encode(digest[:10]).decode().lower()
        self.name = f"{ORIGIN}/d/{self.device_id}"
        self.key_id = hashlib.sha256(self.name.encode() + b"\n\x01" + self.public).digest()[:4]
        self.site, self.previous, self.number = site, root, 0

    def note(self, header: str, *lines: bytes) -> str:
        text = b"\n".join([header.encode(), ORIGIN.encode(), *lines]) + b"\n"
        signature = self.key.sign(text).signature
        return text.decode() + f"\n— {self.name} {b64(self.key_id + signature)}\n"

    def payload(self, kind: str, *, at: str, monotonic_ms: int, **fields: Any) -> dict[str, Any]:
        common = {
            "version": 1, "device_id": self.device_id, "device_seq": self.number, "device_prev": self.previous,
            "occurred_at": at, "monotonic_ms": monotonic_ms, "boot_id": "0123456789abcdef", "site": self.site,
            "actor": "u-c105x1", "vouch_method": "own_device",
        }  # fmt: skip
        return common | {"kind": kind} | fields

    def sign(self, payload: dict[str, Any]) -> str:
        note = self.note("wasteledger-event/v1", canonical(payload))
        self.number, self.previous = self.number + 1, event_id(note)
        return note

    def hello(self, *, wall_ms: int, monotonic_ms: int) -> str:
        clocks = f"{wall_ms} {monotonic_ms} 0123456789abcdef"
        lines = (self.device_id, str(self.number), self.previous, clocks)
        return self.note("wasteledger-hello/v1", *(line.encode() for line in lines))

    def request(self, body: bytes, *, wall_ms: int, monotonic_ms: int) -> str:
        clocks = f"{wall_ms} {monotonic_ms} 0123456789abcdef"
        lines = ("POST /v1/evidence", b64(hashlib.sha256(body).digest()), clocks)
        return self.note("wasteledger-request/v1", *(line.encode() for line in lines))


def event_id(note: str) -> str:
    """Hash of the signed text: everything before the blank line, with its last newline."""
    return b64(hashlib.sha256(note.rpartition("\n\n")[0].encode() + b"\n").digest())


def authorization(note: str) -> str:
    return "WasteLedger-Device " + base64.urlsafe_b64encode(note.encode()).decode().rstrip("=")


def badge_code() -> str:
    """What stands on the badge; its last character is the check of ISO/IEC 7064 MOD 37,36."""
    alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    body, product = "U" + base64.b32encode(BADGE).decode().rstrip("="), 36
    for character in body:
        product = ((product + alphabet.index(character)) % 36 or 36) * 2 % 37
    return body + alphabet[(37 - product) % 36]


def person_key() -> SigningKey:
    seed = hashlib.scrypt(PIN.encode(), salt=BADGE, n=2**14, r=8, p=1, maxmem=2**26, dklen=32)
    return SigningKey(seed)


def vouched(payload: dict[str, Any]) -> dict[str, Any]:
    """The event with the signature of the person of badge and PIN."""
    text = b"\n".join([b"wasteledger-vouch/v1", ORIGIN.encode(), canonical(payload)]) + b"\n"
    return payload | {"vouch_signature": b64(person_key().sign(text).signature)}


def tell(clinic: Device, collector: Device) -> dict[str, str]:
    """A bag is sealed and handed over; the clinic's device says hello; another clinic's bag goes by badge and PIN."""
    sealed = clinic.payload(
        "sealed", at="2026-11-02T08:15:00.250+08:00", monotonic_ms=60_250, codes=[BAG], waste_code="841-001-01",
        package="bag", mass_g=1250, mass_source="scale", unit="外科",
        attachments=[b64(hashlib.sha256(PAPER).digest())],
    )  # fmt: skip
    told = {"sealed": clinic.sign(sealed)}
    released = clinic.payload(
        "released", at="2026-11-02T14:00:00.000+08:00", monotonic_ms=20_760_000, codes=[BAG], to_site=COLLECTOR
    )
    told["released"] = clinic.sign(released)
    told["hello"] = clinic.hello(wall_ms=1_793_599_260_000, monotonic_ms=20_820_000)
    handed = collector.payload(
        "released", at="2026-11-02T14:00:30.000+08:00", monotonic_ms=9_000_000, codes=[BAG], to_site=COLLECTOR,
        site=CLINIC, vouched_by="u-c105x1", vouch_method="pin",
    )  # fmt: skip
    told["vouched"] = collector.sign(vouched(handed))
    return told


def verified(checkpoint: str, log_key: str) -> tuple[str, str]:
    """Size and root of a checkpoint that the log signed."""
    name, key_id, key = log_key.split("+", 2)
    text, _, lines = checkpoint.partition("\n\n")
    line = next(line for line in lines.splitlines() if line.startswith(f"— {name} "))
    content = base64.b64decode(line.rpartition(" ")[2])
    assert content[:4].hex() == key_id
    VerifyKey(base64.b64decode(key)[1:]).verify(f"{text}\n".encode(), content[4:])
    _, size, root = text.split("\n")
    return size, root


def proved(proof: str, log_key: str, leaf_hash: str) -> bool:
    """Whether a leaf stands under the checkpoint of a proof."""
    head, _, checkpoint = proof.partition("\n\n")
    _, index, *hashes = head.split("\n")
    size, root = verified(checkpoint, log_key)
    first, second, result = int(index.removeprefix("index ")), int(size) - 1, base64.b64decode(leaf_hash)
    for part in map(base64.b64decode, hashes):
        if second == 0:
            return False
        if first % 2 or first == second:
            result = hashlib.sha256(b"\x01" + part + result).digest()
            while not first % 2 and first:
                first, second = first // 2, second // 2
        else:
            result = hashlib.sha256(b"\x01" + result + part).digest()
        first, second = first // 2, second // 2
    return second == 0 and b64(result) == root
