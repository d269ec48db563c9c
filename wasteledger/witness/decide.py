"""The witness's one decision (C2SP tlog-witness, add-checkpoint).

    old <size>
    <consistency proof, one base64 hash a line>

    <checkpoint note>

1. The request parses, or it is malformed.
2. The log is one of those watched, and signed the checkpoint.
3. The old size is not larger than the checkpoint's, and is the newest one cosigned.
4. The same size has the same root; a larger tree continues the cosigned one.
5. Remember, with fsync; only then give the cosignature.

What a log signed and what yet fails step 4, or stands at a smaller size with another root, is kept: it is the proof of misconduct.
"""

from typing import NamedTuple

from schemas.errors import NoteError
from wasteledger import clock
from wasteledger.domain.checkpoint import Checkpoint, open_checkpoint, parse_checkpoint, parse_decimal, parse_hash
from wasteledger.domain.merkle import verify_consistency
from wasteledger.domain.note import NoteKey, VerifierKey, parse_signed_note
from wasteledger.witness.state import Decision, Evidence, Newest, WitnessState

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
    note: bytes
    checkpoint: Checkpoint


def parse_submission(body: bytes) -> Submission:
    """Takes a request apart.

    Raises:
        NoteError: any deviation.
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
    return Submission(old_size, proof, note, parse_checkpoint(parse_signed_note(note).text))


class WitnessService:
    """Decides on checkpoints of the logs that it watches."""

    def __init__(self, state: WitnessState, key: NoteKey, logs: list[VerifierKey]) -> None:
        """Cosigns with `key`, of the cosignature algorithm."""
        self.state = state
        self.key = key
        self._logs = {log.name: log for log in logs}

    @property
    def origins(self) -> list[str]:
        """The logs that are watched."""
        return sorted(self._logs)

    def add_checkpoint(self, body: bytes) -> Answer:
        """Steps 1 to 5."""
        try:
            submission = parse_submission(body)
        except NoteError as error:
            return Answer(400, f"{error}\n")
        log = self._logs.get(submission.checkpoint.origin)
        if log is None:
            return Answer(404, f"the log {submission.checkpoint.origin} is not watched here\n")
        try:
            open_checkpoint(submission.note, log)
        except NoteError as error:
            return Answer(403, f"{error}\n")
        with self.state.deciding() as decision:
            answer = self._decide(decision, submission)
        return answer  # noqa: RET504 - outside the block: by now the transaction has committed

    def _decide(self, decision: Decision, submission: Submission) -> Answer:
        """Steps 3 to 5, inside the transaction."""
        checkpoint, newest = submission.checkpoint, decision.newest(submission.checkpoint.origin)
        time_s = max(clock.now_ms() // 1000, newest.time_s)
        if submission.old_size > checkpoint.size:
            return Answer(400, f"old size {submission.old_size} is larger than the checkpoint's {checkpoint.size}\n")
        contradiction = _contradiction(submission, newest)
        if contradiction:
            decision.keep(Evidence(checkpoint.origin, submission.note, newest.note, contradiction, time_s))
        if submission.old_size != newest.size:
            return Answer(409, f"{newest.size}\n", SIZE_TYPE)
        if contradiction and checkpoint.size == newest.size:
            return Answer(409, f"{newest.size}\n", SIZE_TYPE)
        if contradiction:
            return Answer(422, f"{contradiction}\n")
        signature = self.key.cosign(checkpoint.text, time_s=time_s)
        decision.cosigned(checkpoint, submission.note, signature.line, time_s=time_s)
        return Answer(200, signature.line.decode())


def _contradiction(submission: Submission, newest: Newest) -> str | None:
    """Why the checkpoint can not belong to the tree that was cosigned; None where it may."""
    checkpoint = submission.checkpoint
    if checkpoint.size == newest.size and checkpoint.root != newest.root:
        return f"another root at size {checkpoint.size}"
    if submission.old_size != newest.size:
        return None  # the proof speaks of another size: the log may simply not know better
    sizes = {"size1": newest.size, "size2": checkpoint.size}
    if not verify_consistency(**sizes, root1=newest.root, root2=checkpoint.root, proof=submission.proof):
        return f"the proof from size {newest.size} to {checkpoint.size} does not hold"
    return None
