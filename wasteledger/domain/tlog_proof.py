"""Receipt R2: an inclusion proof with the checkpoint that it leads to (C2SP tlog-proof).

c2sp.org/tlog-proof@v1
extra <base64>              only where there is any; nobody has signed it
index <n>
<hash, base64>              the audit path, from the leaf's sibling upwards

<checkpoint note>
"""

from typing import NamedTuple

from schemas.canonical import decode_base64, encode_base64
from schemas.errors import CanonicalError, NoteError
from wasteledger.domain.checkpoint import parse_decimal, parse_hash
from wasteledger.domain.merkle import verify_inclusion
from wasteledger.domain.policy import Accepted, Policy

HEADER = "c2sp.org/tlog-proof@v1"
#: A tree of 2^63 leaves has a path of 63 hashes.
HASHES_MAX = 63
#: Longest extra data read; this log sends none.
EXTRA_BYTES_MAX = 16 * 1024


class TlogProof(NamedTuple):
    """That an entry stands at `index` of the tree under a checkpoint.

    Attributes:
        extra: what its maker says besides; no signature covers it, so it must not be believed.
    """

    index: int  # type: ignore[assignment]  # nobody asks this tuple for `index()`
    hashes: tuple[bytes, ...]
    checkpoint: bytes
    extra: bytes | None = None

    def encode(self) -> bytes:
        """The proof as it is sent."""
        extra = [f"extra {encode_base64(self.extra)}"] if self.extra else []
        lines = [HEADER, *extra, f"index {self.index}", *map(encode_base64, self.hashes)]
        return "".join(f"{line}\n" for line in lines).encode() + b"\n" + self.checkpoint


def parse_tlog_proof(content: bytes) -> TlogProof:
    """Takes a proof apart.

    Raises:
        NoteError: any deviation.
    """
    head, blank, checkpoint = content.partition(b"\n\n")
    try:
        header, *lines = head.decode("ascii").split("\n")
    except UnicodeDecodeError:
        header, lines = "", []
    extra = _extra(lines.pop(0)) if lines and lines[0].startswith("extra ") else None
    index, *hashes = lines or [""]
    if header != HEADER or not index.startswith("index ") or not blank or len(hashes) > HASHES_MAX:
        message = f"not a proof: {HEADER}, index <n>, at most {HASHES_MAX} hashes, a blank line, a checkpoint"
        raise NoteError(message)
    number = parse_decimal(index.removeprefix("index "), name="index")
    return TlogProof(number, tuple(parse_hash(line, name="hash") for line in hashes), checkpoint, extra)


def _extra(line: str) -> bytes:
    try:
        extra = decode_base64(line.removeprefix("extra "))
    except CanonicalError:
        extra = b""
    if not 0 < len(extra) <= EXTRA_BYTES_MAX:
        message = f"extra is not the base64 of 1 to {EXTRA_BYTES_MAX} bytes: leave the line out where there is none"
        raise NoteError(message)
    return extra


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
