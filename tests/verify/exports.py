"""Exported logs made by hand: entries from the stories, trees and files by hashlib and struct alone."""

import hashlib
import struct
from base64 import b64encode
from pathlib import Path

from nacl.signing import SigningKey

from schemas.codes import stock_code
from tests.stories_builder import CARRIER, CLINIC, COLLECTOR, ORIGIN, PLANT, TRANSFER, Story

WIDTH = 256
WITNESS = "witness.example.org/w1"
#: A moment behind all stories: 4 November 2026, UTC seconds.
NOW_S = 1_793_800_000


class Key:
    """A C2SP key by hand."""

    def __init__(self, name: str, seed: bytes, algorithm: int) -> None:
        self.name = name
        self.signing = SigningKey(seed)
        self.material = bytes([algorithm]) + bytes(self.signing.verify_key)
        self.key_id = hashlib.sha256(name.encode() + b"\n" + self.material).digest()[:4]

    @property
    def text(self) -> str:
        return f"{self.name}+{self.key_id.hex()}+{b64encode(self.material).decode()}"

    def line(self, blob: bytes) -> bytes:
        return f"— {self.name} {b64encode(self.key_id + blob).decode()}\n".encode()

    def sign(self, text: bytes) -> bytes:
        return self.line(self.signing.sign(text).signature)

    def cosign(self, text: bytes, time_s: int) -> bytes:
        signed = f"cosignature/v1\ntime {time_s}\n".encode() + text
        return self.line(struct.pack(">Q", time_s) + self.signing.sign(signed).signature)


LOG, WITNESS_KEY = Key(ORIGIN, b"L" * 32, 1), Key(WITNESS, b"W" * 32, 4)
RECEIPT = Key(f"{ORIGIN}/receipt", b"R" * 32, 1)
POLICY = f"log {LOG.text}\nwitness w {WITNESS_KEY.text}\nquorum w\n"


def leaf(entry: bytes) -> bytes:
    return hashlib.sha256(b"\x00" + entry).digest()


def root(leaves: list[bytes]) -> bytes:
    """RFC 6962 section 2.1, word for word."""
    if len(leaves) <= 1:
        return leaves[0] if leaves else hashlib.sha256(b"").digest()
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return hashlib.sha256(b"\x01" + root(leaves[:split]) + root(leaves[split:])).digest()


def path(index: int, leaves: list[bytes]) -> list[bytes]:
    """RFC 6962 section 2.1.1, word for word."""
    if len(leaves) == 1:
        return []
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    if index < split:
        return [*path(index, leaves[:split]), root(leaves[split:])]
    return [*path(index - split, leaves[split:]), root(leaves[:split])]


def checkpoint(entries: list[bytes], *, time_s: int | None = NOW_S, key: Key = LOG, size: int | None = None) -> bytes:
    """A signed checkpoint over the entries, cosigned at a time."""
    size = len(entries) if size is None else size
    text = f"{key.name}\n{size}\n{b64encode(root([leaf(e) for e in entries[:size]])).decode()}\n".encode()
    note = text + b"\n" + key.sign(text)
    return note if time_s is None else note + WITNESS_KEY.cosign(text, time_s)


def framed(items: list[bytes]) -> bytes:
    return b"".join(struct.pack(">H", len(item)) + item for item in items)


def export(
    folder: Path, entries: list[bytes], *, history: list[bytes] | None = None, note: bytes | None = None
) -> Path:
    """Writes an export of the entries."""
    files: dict[str, bytes] = {
        "checkpoint": note or checkpoint(entries),
        "checkpoints": framed(history if history is not None else [checkpoint(entries)]),
        "policy": POLICY.encode(),
    }
    leaves, level = [leaf(entry) for entry in entries], 0
    files |= _tiles("entries", [framed([entry]) for entry in entries])
    while leaves:
        files |= _tiles(str(level), leaves)
        leaves = [root(leaves[n : n + WIDTH]) for n in range(0, len(leaves) - len(leaves) % WIDTH, WIDTH)]
        level += 1
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    return folder


def _tiles(level: str, parts: list[bytes]) -> dict[str, bytes]:
    found = {}
    for start in range(0, len(parts), WIDTH):
        part = parts[start : start + WIDTH]
        name = f"tile/{level}/{start // WIDTH:03}" + (f".p/{len(part)}" if len(part) < WIDTH else "")
        found[name] = b"".join(part)
    return found


def story(items: int = 1) -> Story:
    """Whole lives of some packages, as an honest district tells and sends them."""
    told, codes = Story(), [stock_code("500114", number + 1) for number in range(items)]
    for site in (CLINIC, COLLECTOR, TRANSFER, CARRIER, PLANT):
        told.teller(site)
    told.issue(*codes)
    for code in codes:
        told.seal(code)
    told.to_transfer(codes)
    told.to_plant(codes)
    told.dispose(codes)
    return told


def receipt(promises: list[tuple[int, bytes, bytes, int]], key: Key = RECEIPT) -> bytes:
    """A receipt R1 by hand: (index, event id, leaf hash, received_ms) each."""
    lines = ["wasteledger-receipt/v1", key.name.removesuffix("/receipt")]
    for index, event_id, leaf_hash, received_ms in promises:
        lines += [str(index), b64encode(event_id).decode(), b64encode(leaf_hash).decode(), str(received_ms)]
    text = ("\n".join(lines) + "\n").encode()
    return text + b"\n" + key.sign(text)


def proof(index: int, entries: list[bytes], note: bytes | None = None) -> bytes:
    """A tlog-proof by hand."""
    hashes = path(index, [leaf(entry) for entry in entries])
    lines = ["c2sp.org/tlog-proof@v1", f"index {index}", *(b64encode(part).decode() for part in hashes)]
    return ("\n".join(lines) + "\n\n").encode() + (note or checkpoint(entries))
