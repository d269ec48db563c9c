"""Small logs and device chains for `schemas/vectors/`, put together by hand from hashlib, libsodium and the words of the standards.

Nothing of the project is called here. A tree is the recursion of RFC 6962 section 2.1, a note is bytes one behind the other.
"""

import hashlib
from base64 import b32encode, b64encode
from collections.abc import Sequence
from functools import cache
from typing import Any

import rfc8785
from nacl.signing import SigningKey

ORIGIN = "ledger.example.org/vectors"
WITNESS = "witness.example.org/vectors"
SIZES = (0, 1, 2, 3, 5, 257)
#: Up to this size every leaf has its proof, and tiles are given whole.
SMALL = 5
TIME_S = 1_793_577_600
ED25519, COSIGNATURE = b"\x01", b"\x04"


def _seed(label: str) -> bytes:
    return hashlib.sha256(f"wasteledger vectors/{label}".encode()).digest()


def _base64(content: bytes) -> str:
    return b64encode(content).decode()


def _vkey(name: str, algorithm: bytes, key: SigningKey) -> tuple[bytes, str]:
    """Key id and spelling of a key (C2SP signed-note)."""
    material = algorithm + bytes(key.verify_key)
    key_id = hashlib.sha256(name.encode() + b"\n" + material).digest()[:4]
    return key_id, f"{name}+{key_id.hex()}+{_base64(material)}"


@cache
def _leaf(number: int) -> bytes:
    return hashlib.sha256(b"\x00" + f"entry {number}".encode()).digest()


@cache
def _root(begin: int, end: int) -> bytes:
    """RFC 6962 section 2.1."""
    if begin == end:
        return hashlib.sha256(b"").digest()
    if end - begin == 1:
        return _leaf(begin)
    split = begin + _power_below(end - begin)
    return hashlib.sha256(b"\x01" + _root(begin, split) + _root(split, end)).digest()


def _power_below(number: int) -> int:
    """The largest power of two that is smaller."""
    power = 1
    while power * 2 < number:
        power *= 2
    return power


def _path(index: int, begin: int, end: int) -> list[bytes]:
    """RFC 6962 section 2.1.1."""
    if end - begin == 1:
        return []
    split = begin + _power_below(end - begin)
    if index < split:
        return [*_path(index, begin, split), _root(split, end)]
    return [*_path(index, split, end), _root(begin, split)]


def _subproof(size: int, begin: int, end: int, *, whole: bool) -> list[bytes]:
    """RFC 6962 section 2.1.2; `size` leaves from `begin` on are the older tree's."""
    if size == end - begin:
        return [] if whole else [_root(begin, end)]
    split = begin + _power_below(end - begin)
    if size <= split - begin:
        return [*_subproof(size, begin, split, whole=whole), _root(split, end)]
    return [*_subproof(size - (split - begin), split, end, whole=False), _root(begin, split)]


def _tiles(size: int) -> dict[str, bytes]:
    """The files of C2SP tlog-tiles for a log of at most 65,536 entries, partial ones as wide as this size needs."""
    found = {}
    for number in range(0, size, 256):
        end = min(number + 256, size)
        suffix = "" if end - number == 256 else f".p/{end - number}"
        name = f"{number // 256:03}{suffix}"
        found[f"tile/0/{name}"] = b"".join(map(_leaf, range(number, end)))
        entries = [f"entry {index}".encode() for index in range(number, end)]
        found[f"tile/entries/{name}"] = b"".join(len(entry).to_bytes(2, "big") + entry for entry in entries)
    if full := size // 256:
        found[f"tile/1/000.p/{full}"] = b"".join(_root(256 * number, 256 * number + 256) for number in range(full))
    return found


def _log(size: int, log: SigningKey, witness: SigningKey) -> dict[str, Any]:
    text = f"{ORIGIN}\n{size}\n{_base64(_root(0, size))}\n".encode()
    time_s = TIME_S + size
    blob = _vkey(ORIGIN, ED25519, log)[0] + log.sign(text).signature
    cosigned = witness.sign(f"cosignature/v1\ntime {time_s}\n".encode() + text).signature
    second = _vkey(WITNESS, COSIGNATURE, witness)[0] + time_s.to_bytes(8, "big") + cosigned
    checkpoint = text.decode() + f"\n— {ORIGIN} {_base64(blob)}\n"
    line = f"— {WITNESS} {_base64(second)}\n"
    indexes = range(size) if size <= SMALL else (0, 1, 254, 255, 256)
    return {
        "size": size,
        "root": _root(0, size).hex(),
        "checkpoint": checkpoint,
        "time_s": time_s,
        "cosignature": line,
        "tiles": {
            path: {"sha256": hashlib.sha256(content).hexdigest()} | ({"hex": content.hex()} if size <= SMALL else {})
            for path, content in _tiles(size).items()
        },
        "proofs": [_proof(index, size, checkpoint + line) for index in indexes],
        "consistency": [
            {"size": old, "hashes": [part.hex() for part in _subproof(old, 0, size, whole=True)]}
            for old in sorted({1, 2, 3, 4, 5, 128, 255, 256, size})
            if 0 < old <= size
        ],
    }


def _proof(index: int, size: int, note: str) -> dict[str, Any]:
    """A proof's lines (C2SP tlog-proof), its checkpoint being that of the log."""
    hashes = "".join(f"{_base64(part)}\n" for part in _path(index, 0, size))
    content = f"c2sp.org/tlog-proof@v1\nindex {index}\n{hashes}\n{note}"
    head = content.removesuffix(note)
    return {"index": index, "head": head, "sha256": hashlib.sha256(content.encode()).hexdigest()}


def logs() -> dict[str, Any]:
    """A log at a few sizes: entry i is the text `entry i`."""
    log, witness = SigningKey(_seed("log")), SigningKey(_seed("witness"))
    keys = {"log": _vkey(ORIGIN, ED25519, log)[1], "witness": _vkey(WITNESS, COSIGNATURE, witness)[1]}
    return {
        "rule": "entry i is the text `entry i`, i in plain digits; a proof is its head and the cosigned checkpoint",
        "origin": ORIGIN,
        "log": {"seed": _seed("log").hex(), "vkey": keys["log"]},
        "witness": {"name": WITNESS, "seed": _seed("witness").hex(), "vkey": keys["witness"]},
        "policy": f"log {keys['log']}\nwitness w1 {keys['witness']}\nquorum w1\n",
        "logs": [_log(size, log, witness) for size in SIZES],
    }


class _Device:
    """A key, the names that follow from it, and events put together by hand."""

    def __init__(self, label: str, site: str) -> None:
        self.seed, self.site = _seed(label), site
        self.key = SigningKey(self.seed)
        self.public_key = bytes(self.key.verify_key)
        digest = hashlib.sha256(b"wasteledger-device/v1\n" + ED25519 + self.public_key).digest()
        self.device_id = b32encode(digest[:10]).decode().lower()

    def payload(self, number: int, previous: bytes, **fields: Any) -> dict[str, Any]:
        return {
            "version": 1, "device_id": self.device_id, "device_seq": number, "device_prev": _base64(previous),
            "occurred_at": f"2026-11-02T08:{number:02}:00.000+08:00", "monotonic_ms": 60_000 * number,
            "boot_id": "0123456789abcdef", "site": self.site, "actor": "u-a1", "vouch_method": "badge",
        } | fields  # fmt: skip

    def stored(self, number: int, previous: bytes, *, room: str = "库1") -> dict[str, Any]:
        return self.payload(number, previous, kind="stored", codes=["M50011400000001V"], room=room)

    def sign(self, text: bytes, *, origin: str = ORIGIN) -> str:
        name = f"{origin}/d/{self.device_id}"
        blob = _vkey(name, ED25519, self.key)[0] + self.key.sign(text).signature
        return text.decode() + f"\n— {name} {_base64(blob)}\n"


def _text(payload: dict[str, Any], *, origin: str = ORIGIN) -> bytes:
    return f"wasteledger-event/v1\n{origin}\n".encode() + rfc8785.dumps(payload) + b"\n"


def _event_id(text: bytes) -> bytes:
    return hashlib.sha256(text).digest()


def _enrolments(office: _Device, devices: Sequence[_Device]) -> tuple[list[str], list[bytes]]:
    """The log's first entries, in which an office admits itself and then the devices, and their leaf hashes."""
    entries, leaves, previous = [], [], hashlib.sha256(b"").digest()
    for number, other in enumerate((office, *devices)):
        text = _text(
            office.payload(
                number, previous, kind="enrolled", device=other.device_id, public_key=_base64(other.public_key),
                for_site=other.site, role="office" if other is office else "device",
            )
        )  # fmt: skip
        previous = _event_id(text)
        entries.append(f"wasteledger-entry/v1\nevent {TIME_S * 1000 + number} node1\n\n{office.sign(text)}")
        leaves.append(hashlib.sha256(b"\x00" + entries[-1].encode()).digest())
    return entries, leaves


def _notes(first: _Device, second: _Device, root: bytes) -> dict[str, str]:
    """Good events 0 to 3 of a device, and everything that may be wrong with one that would follow event 1."""
    texts: list[bytes] = []
    for number in range(4):
        texts.append(_text(first.stored(number, _event_id(texts[-1]) if texts else root)))
    ids = [_event_id(text) for text in texts]
    elsewhere = "ledger.example.org/elsewhere"
    good = first.sign(texts[2])
    line, _, signature = good.rpartition(" ")
    other_signature = second.sign(texts[2]).rpartition(" ")[2]
    flipped = ("A" if signature[20] != "A" else "B").join((signature[:20], signature[21:]))
    return {f"event {number}": first.sign(text) for number, text in enumerate(texts)} | {
        "event 1 told differently": first.sign(_text(first.stored(1, ids[0], room="库2"))),
        "event 2 after another event 1": first.sign(_text(first.stored(2, ids[0]))),
        "event 0 without its enrolment": first.sign(_text(first.stored(0, hashlib.sha256(b"").digest()))),
        "event 2 for another log": first.sign(_text(first.stored(2, ids[1]), origin=elsewhere), origin=elsewhere),
        "event 2 with one letter of the signature changed": f"{line} {flipped}",
        "event 2 signed with the other device's key": f"{line} {other_signature}",
        "event 2 of the other device under this one's name": first.sign(_text(second.stored(2, ids[1]))),
        "event 2 with a word of the text changed": good.replace("库1", "库9"),
    }


def device_chains() -> dict[str, Any]:
    """A device's events as a log received them, and the words for what is wrong with them."""
    office = _Device("office", "A500114001001")
    devices = [_Device("first device", "C500114105001"), _Device("second device", "C500114105002")]
    entries, leaves = _enrolments(office, devices)
    zero, one, two, three = (f"event {number}" for number in range(4))
    cases = [
        ("nothing is wrong", [zero, one, two, three], []),
        ("nothing is wrong, whatever the order of arrival", [two, zero, three, one], []),
        ("event 2 is missing", [zero, one, three], ["hole"]),
        ("the first event is missing", [one, two], ["hole"]),
        ("two events of one number", [zero, one, "event 1 told differently", two], ["fork"]),
        ("the one before is another", [zero, one, "event 2 after another event 1"], ["prev"]),
        ("the chain does not begin at the enrolment", ["event 0 without its enrolment"], ["prev"]),
        ("meant for another log", [zero, one, "event 2 for another log"], ["origin"]),
        ("a damaged signature", [zero, one, "event 2 with one letter of the signature changed"], ["signature"]),
        ("a changed text", [zero, one, "event 2 with a word of the text changed"], ["signature"]),
        ("another device's signature", [zero, one, "event 2 signed with the other device's key"], ["signature"]),
        ("another device's event", [zero, one, "event 2 of the other device under this one's name"], ["signature"]),
    ]  # fmt: skip
    return {
        "rule": "an event is wrong by `signature` or `origin` before it counts in its device's chain; `hole`, `fork` and `prev` "
        "are found among those that count; an event that names another device than its signer is wrong by `signature`",
        "origin": ORIGIN,
        "devices": [
            {"seed": device.seed.hex(), "public_key": _base64(device.public_key), "device_id": device.device_id}
            for device in (office, *devices)
        ],
        "enrolments": [
            {"entry": entry, "leaf_hash": _base64(leaf)} for entry, leaf in zip(entries, leaves, strict=True)
        ],
        "notes": _notes(*devices, leaves[1]),
        "cases": [{"why": why, "notes": notes, "findings": findings} for why, notes, findings in cases],
    }
