"""Errors of the contract.

    WasteLedgerError              everything a person can be told about
    └── ContractError             a value that crosses a boundary is not what the contract says
        ├── CodeError             a code that does not parse or fails its check
        ├── CanonicalError        bytes that are not the one byte form of an event
        ├── SignatureError        a device's note that does not parse or does not verify
        └── NoteError             a note of the log or of a witness that does not parse, verify or suffice
            └── NoTreeError       a checkpoint of no entries whose root is not that of the empty tree

Every error names the field and the way out; programs show `str(error)` as it is.
"""


class WasteLedgerError(Exception):
    """Base of every error shown to a person.

    Attributes:
        code: a stable name for programs, the same in HTTP answers and logs.
        status: the HTTP status that the error becomes.
    """

    code = "error"
    status = 400


class ContractError(WasteLedgerError, ValueError):
    """A value that crosses a boundary breaks the contract.

    It is a `ValueError` too, so that Pydantic names the field in which a validator of ours raised it.
    """

    code = "contract"
    status = 422


class CodeError(ContractError):
    """A code does not parse or fails its check."""

    code = "bad_code"


class CanonicalError(ContractError):
    """Bytes are not the canonical form of an event."""

    code = "not_canonical"


class SignatureError(ContractError):
    """A note does not parse, or its signature does not verify."""

    code = "bad_signature"


class NoteError(ContractError):
    """A checkpoint, cosignature, proof, receipt or policy does not parse, does not verify, or is not enough."""

    code = "bad_note"


class NoTreeError(NoteError):
    """A checkpoint of no entries has another root than that of the empty tree: no tree is like that."""
