"""Receipt R2: an inclusion proof with the checkpoint that it leads to (C2SP tlog-proof).

c2sp.org/tlog-proof@v1
index <n>
<hash, base64>              the audit path, from the leaf's sibling upwards

<checkpoint note>
"""

from typing import NamedTuple

from schemas.canonical import encode_base64
from schemas.errors import NoteError
from wasteledger.domain.checkpoint import parse_decimal, parse_hash
from wasteledger.domain.merkle import verify_inclusion
from wasteledger.domain.policy import Accepted, Policy

HEADER = "c2sp.org/tlog-proof@v1"
#: A tree of 2^63 leaves has a path of 63 hashes.
HASHES_MAX = 63


class TlogProof(NamedTuple):
    """That an entry stands at `index` of the tree under a checkpoint."""

    index: int  # type: ignore[assignment]  # nobody asks this tuple for `index()`
    hashes: tuple[bytes, ...]
    checkpoint: bytes

    def encode(self) -> bytes:
        """The proof as it is sent."""
        lines = [HEADER, f"index {self.index}", *map(encode_base64, self.hashes)]
        return "".join(f"{line}\n" for line in lines).encode() + b"\n" + self.checkpoint


def parse_tlog_proof(content: bytes) -> TlogProof:
    """Takes a proof apart. An `extra` line, which C2SP allows, is not used by this log and refused.

    Raises:
        NoteError: any deviation.
    """
    head, blank, checkpoint = content.partition(b"\n\n")
    try:
        header, index, *hashes = head.decode("ascii").split("\n")
    except (UnicodeDecodeError, ValueError):
        header, index, hashes = "", "", []
    if header != HEADER or not index.startswith("index ") or not blank or len(hashes) > HASHES_MAX:
        message = f"not a proof: {HEADER}, index <n>, at most {HASHES_MAX} hashes, a blank line, a checkpoint"
        raise NoteError(message)
    number = parse_decimal(index.removeprefix("index "), name="index")
    return TlogProof(number, tuple(parse_hash(line, name="hash") for line in hashes), checkpoint)


def verify_tlog_proof(proof: TlogProof, *, leaf: bytes, policy: Policy) -> Accepted:
    """What the proof proves, where the policy accepts its checkpoint and the path leads there.

    Raises:
        NoteError: the policy is not met, or the leaf does not stand at the index.
    """
    accepted = policy.accept(proof.checkpoint)
    size, root = accepted.checkpoint.size, accepted.checkpoint.root
    if not verify_inclusion(index=proof.index, size=size, leaf=leaf, proof=proof.hashes, root=root):
        message = f"the entry does not stand at index {proof.index} under the checkpoint of {size} entries"
        raise NoteError(message)
    return accepted
