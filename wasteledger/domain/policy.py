"""Whom a checkpoint must be signed by (C2SP tlog-policy).

One statement a line:

    log <key> [<url>]
    witness <name> <key> [<url>]
    group <name> <any | all | number> <member> …
    quorum <name | none>

Names are the policy's own; members and the quorum name witnesses or groups that stand above. `#` begins a comment line.
"""

import re
from typing import NamedTuple

from schemas.errors import NoteError
from wasteledger.domain.checkpoint import Checkpoint, open_checkpoint, parse_checkpoint, parse_decimal
from wasteledger.domain.note import COSIGNATURE, ED25519, SignedNote, VerifierKey, cosigned_at_s, parse_signed_note

#: Longest policy read, in lines.
LINES_MAX = 1_000
NO_QUORUM = "none"
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")


class Witness(NamedTuple):
    """A witness that the policy names; `url` is where checkpoints are submitted."""

    name: str
    key: VerifierKey
    url: str | None


class Group(NamedTuple):
    """How many of some witnesses and groups it takes."""

    threshold: int
    members: tuple[str, ...]


class Accepted(NamedTuple):
    """A checkpoint that meets the policy.

    Attributes:
        cosigned_at_s: seconds since 1970 by the policy's name of the witness.
    """

    checkpoint: Checkpoint
    cosigned_at_s: dict[str, int]


class Policy(NamedTuple):
    """A policy that holds together.

    Attributes:
        logs: any of them may have signed; each signs for the origin that its key is named after.
        groups: in the order of the lines, so that members come before their groups.
    """

    logs: tuple[VerifierKey, ...]
    witnesses: dict[str, Witness]
    groups: dict[str, Group]
    quorum: str

    def accept(self, content: bytes) -> Accepted:
        """The checkpoint of a note that the log signed and the quorum cosigned.

        Raises:
            NoteError: malformed, not signed by the log, a wrong signature of a known key, or too few cosignatures.
        """
        checkpoint, note = self._open(content)
        times = self.cosigned(note)
        if not self.is_met(set(times)):
            message = (
                f"checkpoint of {checkpoint.size} entries lacks the quorum {self.quorum}: cosigned by {sorted(times)}"
            )
            raise NoteError(message)
        return Accepted(checkpoint, times)

    def _open(self, content: bytes) -> tuple[Checkpoint, SignedNote]:
        origin = parse_checkpoint(parse_signed_note(content).text).origin
        keys = [key for key in self.logs if key.name == origin]
        if not keys:
            message = f"the policy names no log {origin}"
            raise NoteError(message)
        for key in keys[:-1]:
            if key.find(parse_signed_note(content)):
                return open_checkpoint(content, key)
        return open_checkpoint(content, keys[-1])

    def cosigned(self, note: SignedNote) -> dict[str, int]:
        """Which witnesses cosigned, and when."""
        found = ((name, witness.key.find(note)) for name, witness in self.witnesses.items())
        return {name: cosigned_at_s(signature) for name, signature in found if signature}

    def is_met(self, names: set[str]) -> bool:
        """Whether these witnesses are enough."""
        met = set(names)
        for name, group in self.groups.items():
            if len(met.intersection(group.members)) >= group.threshold:
                met.add(name)
        return self.quorum == NO_QUORUM or self.quorum in met


def log_only(log: VerifierKey) -> Policy:
    """The policy of a log without witnesses."""
    return Policy((log,), {}, {}, NO_QUORUM)


def parse_policy(text: str) -> Policy:
    """Reads a policy.

    Raises:
        NoteError: naming the line that does not hold.
    """
    reader = _Reader()
    lines = text.split("\n")
    if len(lines) > LINES_MAX or _CONTROL.search(text):
        message = f"policy of {len(lines)} lines: at most {LINES_MAX}, and no control characters but tab and newline"
        raise NoteError(message)
    for number, line in enumerate(lines, start=1):
        words = re.split(r"[ \t]+", line.strip(" \t")) if line.strip(" \t") else []
        if words and not words[0].startswith("#"):
            try:
                reader.take(words)
            except NoteError as error:
                message = f"policy line {number}: {error}"
                raise NoteError(message) from None
    return reader.policy()


class _Reader:
    def __init__(self) -> None:
        self._logs: list[VerifierKey] = []
        self._witnesses: dict[str, Witness] = {}
        self._groups: dict[str, Group] = {}
        self._quorum: str | None = None

    def take(self, words: list[str]) -> None:
        match words:
            case ["log", key, *url] if len(url) <= 1:
                self._logs.append(_new_key(key, ED25519, self._logs))
            case ["witness", name, key, *url] if len(url) <= 1:
                self._new(name)
                others = [witness.key for witness in self._witnesses.values()]
                self._witnesses[name] = Witness(name, _new_key(key, COSIGNATURE, others), url[0] if url else None)
            case ["group", name, threshold, *members] if members:
                self._new(name)
                self._groups[name] = self._group(threshold, members)
            case ["quorum", name] if self._quorum is None:
                if name != NO_QUORUM and name not in self._witnesses and name not in self._groups:
                    message = f"quorum {name} is no witness or group above"
                    raise NoteError(message)
                self._quorum = name
            case _:
                message = f"{' '.join(words)[:80]!r} is no statement, or stands twice: log, witness, group, quorum"
                raise NoteError(message)

    def _new(self, name: str) -> None:
        if name == NO_QUORUM or name in self._witnesses or name in self._groups:
            message = f"the name {name} is taken"
            raise NoteError(message)

    def _group(self, threshold: str, members: list[str]) -> Group:
        unknown = [member for member in members if member not in self._witnesses and member not in self._groups]
        taken = {member for group in self._groups.values() for member in group.members}
        if unknown or len(set(members)) != len(members) or taken.intersection(members):
            message = f"members {members}: each a witness or group above, and in one group once"
            raise NoteError(message)
        words = {"any": 1, "all": len(members)}
        needed = words.get(threshold) or parse_decimal(threshold, name="threshold")
        if not 1 <= needed <= len(members):
            message = f"threshold {needed} of {len(members)} members"
            raise NoteError(message)
        return Group(needed, tuple(members))

    def policy(self) -> Policy:
        if not self._logs or self._quorum is None:
            message = "policy needs a line `log <key>` and one line `quorum <name | none>`"
            raise NoteError(message)
        return Policy(tuple(self._logs), self._witnesses, self._groups, self._quorum)


def _new_key(text: str, algorithm: int, others: list[VerifierKey]) -> VerifierKey:
    key = VerifierKey.parse(text)
    if key.algorithm != algorithm or any(key.public_key == other.public_key for other in others):
        message = f"the key of {key.name} is of algorithm {key.algorithm}, expected {algorithm}, or stands here twice"
        raise NoteError(message)
    return key
