"""C2SP signed notes, checkpoints, cosignatures, policies and proofs, read strictly: one spelling each."""

import base64
import binascii
import hashlib
import re
from dataclasses import dataclass, field

from . import ed25519
from .merkle import EMPTY_ROOT, HASH_BYTES, stands_at

LOG_ALGORITHM, WITNESS_ALGORITHM = 1, 4
#: Limits of what is read at all.
NOTE_BYTES_MAX, SIGNATURES_MAX, POLICY_LINES_MAX, PROOF_HASHES_MAX = 65_536, 100, 1_000, 63

_DECIMAL = re.compile("0|[1-9][0-9]{0,18}")
_CONTROL = re.compile("[\x00-\x09\x0b-\x1f\x7f]")
_SIGNATURE = re.compile("— ([^\\s+]{1,255}) ([A-Za-z0-9+/]{8,8000}={0,2})")


class InvalidError(Exception):
    """Bytes that no honest log, witness or device makes."""


def fail(text: str) -> "InvalidError":
    """An error to raise."""
    return InvalidError(text)


def decimal(text: str, what: str) -> int:
    """A whole number in plain digits, no sign, blank, underscore or leading zero."""
    if not _DECIMAL.fullmatch(text):
        raise fail(f"{what} {text[:40]!r} is no whole number in plain digits")
    return int(text)


def unbase64(text: str, what: str, length: int | None = None) -> bytes:
    """Bytes from their one base64 spelling."""
    try:
        content = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        content = b""
    if base64.b64encode(content).decode() != text or (length is not None and len(content) != length):
        raise fail(f"{what} {text[:60]!r} is not the base64 of {length or 'some'} bytes")
    return content


@dataclass(frozen=True)
class Key:
    """A public key with its name and algorithm."""

    name: str
    algorithm: int
    public: bytes

    @property
    def key_id(self) -> bytes:
        """First four bytes of SHA-256(name, newline, algorithm, key)."""
        return hashlib.sha256(self.name.encode() + b"\n" + bytes([self.algorithm]) + self.public).digest()[:4]


def parse_key(text: str) -> Key:
    """A key from `<name>+<key id>+<base64>`."""
    name, key_id, material = [*text.split("+", 2), "", ""][:3]
    content = unbase64(material, "key", 1 + HASH_BYTES)
    key = Key(name, content[0], content[1:])
    if key.algorithm not in {LOG_ALGORITHM, WITNESS_ALGORITHM} or key.key_id.hex() != key_id or not name:
        raise fail(f"{text[:100]!r} is no Ed25519 key, or its key id does not fit")
    return key


@dataclass(frozen=True)
class Note:
    """A signed note: its text and (name, key id, signature) lines."""

    text: bytes
    signatures: list[tuple[str, bytes, bytes]]
    raw: bytes


def parse_note(raw: bytes) -> Note:
    """Takes a note apart at its last blank line."""
    try:
        decoded = raw.decode()
    except UnicodeDecodeError:
        raise fail("note is not UTF-8") from None
    text, blank, block = decoded.rpartition("\n\n")
    lines = block[:-1].split("\n")
    if len(raw) > NOTE_BYTES_MAX or not blank or not block.endswith("\n") or _CONTROL.search(decoded):
        raise fail("not a signed note: text, a blank line, signature lines")
    if len(lines) > SIGNATURES_MAX:
        raise fail(f"{len(lines)} signature lines, {SIGNATURES_MAX} are read")
    signatures = []
    for line in lines:
        match = _SIGNATURE.fullmatch(line)
        blob = unbase64(match[2], "signature") if match else b""
        if not match or len(blob) <= 4:  # noqa: PLR2004 - a key id and something behind it
            raise fail(f"malformed signature line {line[:60]!r}")
        signatures.append((match[1], blob[:4], blob[4:]))
    return Note((text + "\n").encode(), signatures, raw)


def signature_of(note: Note, key: Key) -> bytes | None:
    """The good signature of a key, None when it has none; a bad one under its name and id is an error."""
    found = None
    for name, key_id, blob in note.signatures:
        if (name, key_id) != (key.name, key.key_id):
            continue
        text, signature = note.text, blob
        if key.algorithm == WITNESS_ALGORITHM:
            time_s, signature = int.from_bytes(blob[:8], "big"), blob[8:]
            text = f"cosignature/v1\ntime {time_s}\n".encode() + text
        if not ed25519.verify(key.public, text, signature):
            raise fail(f"the signature of {name} does not verify")
        found = found or blob
    return found


@dataclass(frozen=True)
class Checkpoint:
    """Origin, size and root, with the note they came in and the times of its cosignatures in seconds."""

    origin: str
    size: int
    root: bytes
    note: bytes
    times: dict[str, int] = field(default_factory=dict)

    @property
    def first_s(self) -> int | None:
        """The earliest cosignature."""
        return min(self.times.values(), default=None)

    @property
    def last_s(self) -> int | None:
        """The latest cosignature."""
        return max(self.times.values(), default=None)


@dataclass
class Policy:
    """Whose signatures a checkpoint needs."""

    logs: list[Key] = field(default_factory=list)
    witnesses: dict[str, Key] = field(default_factory=dict)
    groups: dict[str, tuple[int, list[str]]] = field(default_factory=dict)
    quorum: str = ""

    def signed(self, raw: bytes) -> Checkpoint:
        """The checkpoint of a note that a log of the policy signed; witnesses are read, not required."""
        note = parse_note(raw)
        lines = note.text.decode().split("\n")
        if len(lines) != 4 or lines[3]:  # noqa: PLR2004 - three lines and what is behind the last newline
            raise fail("not a checkpoint: three lines, origin, size and root")
        size, root = decimal(lines[1], "size"), unbase64(lines[2], "root", HASH_BYTES)
        if size == 0 and root != EMPTY_ROOT:
            raise fail("a checkpoint of no entries with a root of some")
        if not any(signature_of(note, key) for key in self.logs if key.name == lines[0]):
            raise fail(f"checkpoint of {lines[0][:80]} is signed by no log of the policy")
        found = ((name, signature_of(note, key)) for name, key in self.witnesses.items())
        times = {name: int.from_bytes(blob[:8], "big") for name, blob in found if blob}
        return Checkpoint(lines[0], size, root, raw, times)

    def accepted(self, raw: bytes) -> Checkpoint:
        """The checkpoint of a note that meets the quorum too."""
        checkpoint = self.signed(raw)
        met = set(checkpoint.times)
        for name, (threshold, members) in self.groups.items():
            if len(met.intersection(members)) >= threshold:
                met.add(name)
        if self.quorum not in met | {"none"}:
            raise fail(f"checkpoint of {checkpoint.size} entries lacks the quorum {self.quorum}: has {sorted(met)}")
        return checkpoint


def parse_policy(text: str) -> Policy:
    """Reads a C2SP tlog-policy."""
    policy = Policy()
    lines = text.split("\n")
    if len(lines) > POLICY_LINES_MAX or re.search("[\x00-\x08\x0b-\x1f\x7f]", text):
        raise fail("policy is too long or has control characters")
    for number, line in enumerate(lines, start=1):
        words = [word for word in re.split("[ \t]+", line) if word]
        if words and not words[0].startswith("#") and not _take(policy, words):
            raise fail(f"policy line {number} does not hold: {line[:80]!r}")
    if not policy.logs or not policy.quorum:
        raise fail("policy needs `log <key>` and `quorum <name | none>`")
    return policy


def _take(policy: Policy, words: list[str]) -> bool:
    known = {*policy.witnesses, *policy.groups}
    match words:
        case ["log", text, *url] if len(url) <= 1:
            key = parse_key(text)
            good = key.algorithm == LOG_ALGORITHM and key.public not in {log.public for log in policy.logs}
            policy.logs.append(key)
        case ["witness", name, text, *url] if len(url) <= 1:
            key = parse_key(text)
            twice = key.public in {witness.public for witness in policy.witnesses.values()}
            good = key.algorithm == WITNESS_ALGORITHM and name not in known | {"none"} and not twice
            policy.witnesses[name] = key
        case ["group", name, threshold, *members] if members:
            taken = {member for _, others in policy.groups.values() for member in others}
            needed = {"any": 1, "all": len(members)}.get(threshold) or decimal(threshold, "threshold")
            good = name not in known | {"none"} and set(members) <= known and not taken.intersection(members)
            good = good and len(set(members)) == len(members) and 1 <= needed <= len(members)
            policy.groups[name] = (needed, members)
        case ["quorum", name]:
            good = not policy.quorum and name in known | {"none"}
            policy.quorum = name
        case _:
            good = False
    return good


#: What a receipt promises of one entry: index, event id, leaf hash, time of receipt.
Promise = tuple[int, bytes, bytes, int]
_PROMISE_LINES = 4


def read_receipt(raw: bytes, key: Key) -> list[Promise]:
    """The promises of a receipt R1 that the service's receipt key signed."""
    note = parse_note(raw)
    header, *lines = note.text.decode().split("\n")[:-1]
    origin = lines.pop(0) if lines else ""
    if (
        header != "wasteledger-receipt/v1"
        or f"{origin}/receipt" != key.name
        or not lines
        or len(lines) % _PROMISE_LINES
    ):
        raise fail(f"not a receipt of {key.name}: its header, the origin, and four lines for each entry")
    if not signature_of(note, key):
        raise fail(f"receipt is not signed by {key.name}")
    groups = zip(*(iter(lines),) * _PROMISE_LINES, strict=True)
    return [
        (
            decimal(index, "index"), unbase64(event_id, "event id", HASH_BYTES), unbase64(leaf, "leaf hash", HASH_BYTES),
            decimal(received, "time of receipt"),
        )
        for index, event_id, leaf, received in groups
    ]  # fmt: skip


def check_proof(raw: bytes, leaf: bytes, policy: Policy) -> tuple[int, Checkpoint]:
    """Index and checkpoint of a tlog-proof that holds for the leaf under the policy."""
    head, blank, note = raw.partition(b"\n\n")
    lines = head.decode("utf-8", "replace").split("\n")
    if lines[0] != "c2sp.org/tlog-proof@v1" or not blank:
        raise fail("not a tlog-proof")
    if len(lines) > 1 and lines[1].startswith("extra "):
        unbase64(lines.pop(1).removeprefix("extra "), "extra data")
    if len(lines) < 2 or not lines[1].startswith("index ") or len(lines) - 2 > PROOF_HASHES_MAX:  # noqa: PLR2004 - header, index
        raise fail("not a tlog-proof: no index, or too many hashes")
    index = decimal(lines[1].removeprefix("index "), "index")
    path = [unbase64(line, "hash", HASH_BYTES) for line in lines[2:]]
    checkpoint = policy.accepted(note)
    if not stands_at(index, size=checkpoint.size, leaf=leaf, path=path, root=checkpoint.root):
        raise fail(f"the entry does not stand at index {index} under the checkpoint of {checkpoint.size} entries")
    return index, checkpoint
