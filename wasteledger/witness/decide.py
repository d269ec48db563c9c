"""The witness's one decision (C2SP tlog-witness, add-checkpoint).

    old <size>
    <consistency proof, one base64 hash a line>

    <checkpoint note>

1. The request parses, or it is malformed (400); an empty tree has the root of the empty tree (422).
2. The log is one of those watched (404), and signed the checkpoint (403).
3. The old size is not larger than the checkpoint's (400), and is the newest one cosigned (409, with that size).
4. The same size has the same root; a larger tree continues the cosigned one (422).
5. Remember, with fsync; only then give the cosignature.

Whatever a log signed and was refused is kept (`state.py` says of what worth): it may be the proof of misconduct.
"""

from typing import NamedTuple

from schemas.errors import NoteError, NoTreeError
from wasteledger import clock
from wasteledger.domain.checkpoint import Checkpoint, parse_checkpoint, parse_decimal, parse_hash
from wasteledger.domain.merkle import verify_consistency
from wasteledger.domain.note import ED25519, NoteKey, SignedNote, VerifierKey, parse_signed_note
from wasteledger.witness.state import FORK, INCONSISTENT, REFUSED, Decision, Evidence, Newest, WitnessState

#: Hashes in a consistency proof (C2SP tlog-witness).
PROOF_HASHES_MAX = 63
SIZE_TYPE = "text/x.tlog.size"
TEXT_TYPE = "text/plain; charset=utf-8"


class Answer(NamedTuple):
    """What the witness says: an HTTP status, a body and its type."""

    status: int
    body: str
    media_type: str = TEXT_TYPE


class Submission(NamedTuple):
    """A request that parses."""

    old_size: int
    proof: list[bytes]
    note: SignedNote
    checkpoint: Checkpoint


class Refusal(NamedTuple):
    """Why a checkpoint is not cosigned: what its sender hears, and what is kept."""

    answer: Answer
    kind: str
    reason: str


def parse_submission(body: bytes) -> Submission:
    """Takes a request apart.

    Raises:
        NoTreeError: a checkpoint of no entries has another root than the empty tree.
        NoteError: any other deviation.
    """
    head, blank, note = body.partition(b"\n\n")
    try:
        first, *lines = head.decode("ascii").split("\n")
    except UnicodeDecodeError:
        first, lines = "", []
    if not blank or not first.startswith("old ") or len(lines) > PROOF_HASHES_MAX:
        message = f"expected `old <size>`, at most {PROOF_HASHES_MAX} proof lines, a blank line, and a checkpoint"
        raise NoteError(message)
    old_size = parse_decimal(first.removeprefix("old "), name="old size")
    proof = [parse_hash(line, name="proof line") for line in lines]
    signed = parse_signed_note(note)
    return Submission(old_size, proof, signed, parse_checkpoint(signed.text))


class WitnessService:
    """Decides on checkpoints of the logs that it watches."""

    def __init__(self, state: WitnessState, key: NoteKey, logs: list[VerifierKey]) -> None:
        """Cosigns with `key`, of the cosignature algorithm; a log that changes its key is named once with each.

        Raises:
            NoteError: one of the keys is none that a log signs with.
        """
        self.state = state
        self.key = key
        self._logs: dict[str, list[VerifierKey]] = {}
        for log in logs:
            if log.algorithm != ED25519:
                message = f"the key of {log.name} is a witness's: a log's own key is needed (algorithm 1)"
                raise NoteError(message)
            self._logs.setdefault(log.name, []).append(log)

    @property
    def origins(self) -> list[str]:
        """The logs that are watched."""
        return sorted(self._logs)

    def add_checkpoint(self, body: bytes) -> Answer:
        """Steps 1 to 5."""
        try:
            submission = parse_submission(body)
        except NoTreeError as error:
            return Answer(422, f"{error}\n")
        except NoteError as error:
            return Answer(400, f"{error}\n")
        origin = submission.checkpoint.origin
        if origin not in self._logs:
            return Answer(404, f"the log {origin} is not watched here\n")
        try:
            signed = self._signed_by_log(submission.note, origin)
        except NoteError as error:
            return Answer(403, f"{error}\n")
        with self.state.deciding() as decision:
            answer = self._decide(decision, submission._replace(note=signed))
        return answer  # noqa: RET504 - outside the block: by now the transaction has committed

    def _signed_by_log(self, note: SignedNote, origin: str) -> SignedNote:
        """The note with the log's own signatures only: what others wrote on it takes no room here.

        Raises:
            NoteError: not signed by the log, or a signature in its name that does not verify.
        """
        found = [signature for key in self._logs[origin] if (signature := key.find(note))]
        if not found:
            message = f"checkpoint is not signed by {origin}"
            raise NoteError(message)
        return note._replace(signatures=tuple(found))

    def _decide(self, decision: Decision, submission: Submission) -> Answer:
        """Steps 3 to 5, inside the transaction."""
        checkpoint, newest = submission.checkpoint, decision.newest(submission.checkpoint.origin)
        # A clock that was put back must not make the newer promise look older.
        time_s = max(clock.now_ms() // 1000, newest.time_s)
        refusal, other = _refusal(submission, newest), decision.other_root(checkpoint)
        note = submission.note.encode()
        if other is not None:
            reason = f"the log signed two roots for size {checkpoint.size}"
            decision.keep(Evidence(*checkpoint, note, other, FORK, reason, time_s))
        elif refusal:
            decision.keep(Evidence(*checkpoint, note, newest.note, refusal.kind, refusal.reason, time_s))
        if refusal:
            return refusal.answer
        signature = self.key.cosign(checkpoint.text, time_s=time_s)
        decision.cosigned(checkpoint, note + signature.line, time_s=time_s)
        return Answer(200, signature.line.decode())


def _refusal(submission: Submission, newest: Newest) -> Refusal | None:
    """Why the checkpoint is not cosigned; None where it is."""
    checkpoint, old_size = submission.checkpoint, submission.old_size
    if old_size > checkpoint.size:
        reason = f"old size {old_size} is larger than the checkpoint's {checkpoint.size}"
        return Refusal(Answer(400, f"{reason}\n"), REFUSED, reason)
    if old_size != newest.size:
        reason = f"it starts from size {old_size}, the newest cosigned one is {newest.size}"
        return Refusal(Answer(409, f"{newest.size}\n", SIZE_TYPE), REFUSED, reason)
    sizes = {"size1": newest.size, "size2": checkpoint.size}
    if not verify_consistency(**sizes, root1=newest.root, root2=checkpoint.root, proof=submission.proof):
        reason = f"the proof from size {newest.size} to {checkpoint.size} does not hold"
        if newest.size == checkpoint.size and newest.root != checkpoint.root:
            reason = f"another root was cosigned at size {newest.size}"
        return Refusal(Answer(422, f"{reason}\n"), INCONSISTENT, reason)
    return None
