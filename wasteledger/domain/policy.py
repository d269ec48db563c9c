"""Whom a checkpoint must be signed by (C2SP tlog-policy).

One statement a line:

    log <key> [<url>]
    witness <name> <key> [<url>]
    group <name> <any | all | number> <member> …
    quorum <name | none>

Names are the policy's own; members and the quorum name witnesses or groups that stand above. `#` begins a comment line.
"""

from typing import NamedTuple

from schemas.errors import NoteError
from wasteledger.domain.checkpoint import Checkpoint, open_checkpoint, parse_decimal
from wasteledger.domain.note import COSIGNATURE, ED25519, SignedNote, VerifierKey, cosigned_at_s

#: Longest policy read, in lines.
LINES_MAX = 1_000
NO_QUORUM = "none"


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
        groups: in the order of the lines, so that members come before their groups.
    """

    log: VerifierKey
    witnesses: dict[str, Witness]
    groups: dict[str, Group]
    quorum: str

    def accept(self, content: bytes) -> Accepted:
        """The checkpoint of a note that the log signed and the quorum cosigned.

        Raises:
            NoteError: malformed, not signed by the log, a wrong signature of a known key, or too few cosignatures.
        """
        checkpoint, note = open_checkpoint(content, self.log)
        times = self.cosigned(note)
        if not self.is_met(set(times)):
            message = (
                f"checkpoint of {checkpoint.size} entries lacks the quorum {self.quorum}: cosigned by {sorted(times)}"
            )
            raise NoteError(message)
        return Accepted(checkpoint, times)

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
    return Policy(log, {}, {}, NO_QUORUM)


def parse_policy(text: str) -> Policy:
    """Reads a policy.

    Raises:
        NoteError: naming the line that does not hold.
    """
    reader = _Reader()
    lines = text.split("\n")
    if len(lines) > LINES_MAX:
        message = f"policy has {len(lines)} lines, {LINES_MAX} are read"
        raise NoteError(message)
    for number, line in enumerate(lines, start=1):
        words = line.split()
        if words and not words[0].startswith("#"):
            try:
                reader.take(words)
            except NoteError as error:
                message = f"policy line {number}: {error}"
                raise NoteError(message) from None
    return reader.policy()


class _Reader:
    def __init__(self) -> None:
        self._log: VerifierKey | None = None
        self._witnesses: dict[str, Witness] = {}
        self._groups: dict[str, Group] = {}
        self._quorum: str | None = None

    def take(self, words: list[str]) -> None:
        match words:
            case ["log", key, *url] if len(url) <= 1 and self._log is None:
                self._log = _key(key, ED25519)
            case ["witness", name, key, *url] if len(url) <= 1:
                self._new(name)
                self._witnesses[name] = Witness(name, _key(key, COSIGNATURE), url[0] if url else None)
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
        if unknown or len(set(members)) != len(members):
            message = f"members {members}: each a witness or group above, and none twice"
            raise NoteError(message)
        words = {"any": 1, "all": len(members)}
        needed = words.get(threshold) or parse_decimal(threshold, name="threshold")
        if not 1 <= needed <= len(members):
            message = f"threshold {needed} of {len(members)} members"
            raise NoteError(message)
        return Group(needed, tuple(members))

    def policy(self) -> Policy:
        if self._log is None or self._quorum is None:
            message = "policy needs one line `log <key>` and one line `quorum <name | none>`"
            raise NoteError(message)
        return Policy(self._log, self._witnesses, self._groups, self._quorum)


def _key(text: str, algorithm: int) -> VerifierKey:
    key = VerifierKey.parse(text)
    if key.algorithm != algorithm:
        message = f"the key of {key.name} is of algorithm {key.algorithm}, expected {algorithm}"
        raise NoteError(message)
    return key
