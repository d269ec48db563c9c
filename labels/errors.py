"""Errors of the label room.

WasteLedgerError
├── LabelError            no lawful label can be drawn from these fields
├── ProofError            a file can not be proved: no PDF, or too large
└── SourceError           the fields of a label could not be had
"""

from schemas.errors import WasteLedgerError


class LabelError(WasteLedgerError):
    """No lawful label can be drawn; the message names the field and the way out.

    Attributes:
        field: the field of the label at fault, as in `schemas.label_fields`.
    """

    code = "bad_label"
    status = 422

    def __init__(self, message: str, *, field: str) -> None:
        """Keeps the field apart from the text, so that a form can point at it."""
        super().__init__(f"{field}: {message}")
        self.field = field


class ProofError(WasteLedgerError):
    """A file can not be proved: it is no PDF, or beyond a limit."""

    code = "bad_proof"
    status = 422


class SourceError(WasteLedgerError):
    """The fields of a label could not be had from the service or the file."""

    code = "no_fields"
    status = 502
