"""Asking the policy's witnesses to cosign (C2SP tlog-witness, the log's side)."""

import logging
from collections.abc import Iterator

import httpx

from schemas.canonical import encode_base64
from schemas.errors import NoteError
from wasteledger.domain.checkpoint import DECIMAL, Checkpoint
from wasteledger.domain.note import NoteSignature, parse_signed_note
from wasteledger.domain.policy import Policy, Witness
from wasteledger.domain.tiles import Read, consistency_proof

#: A witness that has not answered by then is asked again in the next round.
WITNESS_S_MAX = 5.0
#: A witness may say once that it stands elsewhere than we thought.
TRIES = 2
_CONFLICT = 409

_log = logging.getLogger(__name__)


class Witnesses:
    """The witnesses of a policy that have an address, and the size each of them cosigned last."""

    def __init__(self, policy: Policy, client: httpx.Client | None = None) -> None:
        """Asks nobody yet; `client` may carry certificates of the district's own."""
        self._witnesses = [witness for witness in policy.witnesses.values() if witness.url]
        self._client = client or httpx.Client(timeout=WITNESS_S_MAX)
        self._sizes: dict[str, int] = {}
        #: What each witness answered last, for the service's health page.
        self.problems: dict[str, str] = {}

    def cosign(self, checkpoint: Checkpoint, note: bytes, read: Read) -> Iterator[NoteSignature]:
        """The cosignatures to be had now; a witness that refuses or is away costs none of the others."""
        for witness in self._witnesses:
            try:
                signature = self._ask(witness, checkpoint, note, read)
            except (httpx.HTTPError, NoteError, ValueError) as error:
                self.problems[witness.name] = str(error) or type(error).__name__
                _log.warning("witness %s did not cosign size %d: %s", witness.name, checkpoint.size, error)
            else:
                self.problems.pop(witness.name, None)
                self._sizes[witness.name] = checkpoint.size
                yield signature

    def _ask(self, witness: Witness, checkpoint: Checkpoint, note: bytes, read: Read) -> NoteSignature:
        for _ in range(TRIES):
            size = self._sizes.get(witness.name, 0)
            answer = self._client.post(f"{witness.url}/add-checkpoint", content=_request(size, checkpoint, note, read))
            if answer.status_code != _CONFLICT:
                break
            known = answer.text.strip()
            if not DECIMAL.fullmatch(known) or int(known) > checkpoint.size:
                message = f"it has cosigned size {known[:40]!r}, this log is at {checkpoint.size}: was it rolled back?"
                raise NoteError(message)
            if int(known) < size:
                message = (
                    f"it has forgotten size {size}, which it cosigned, and says {known}: was the witness restored?"
                )
                raise NoteError(message)
            self._sizes[witness.name] = int(known)
        if answer.status_code != httpx.codes.OK:
            message = f"it answered {answer.status_code}: {answer.text[:200]}"
            raise NoteError(message)
        cosigned = parse_signed_note(parse_signed_note(note).text + b"\n" + answer.content)
        signature = witness.key.find(cosigned)
        if signature is None:
            message = "its answer holds no cosignature of its key"
            raise NoteError(message)
        return signature


def _request(old_size: int, checkpoint: Checkpoint, note: bytes, read: Read) -> bytes:
    proof = consistency_proof(size1=old_size, size2=checkpoint.size, read=read)
    lines = [f"old {old_size}", *map(encode_base64, proof), "", ""]
    return "\n".join(lines).encode() + note
