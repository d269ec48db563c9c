"""Errors of the scanner.

WasteLedgerError
└── ScanError             a picture that can not be looked at
    └── PictureError      the file is missing, too large, or no picture
"""

from schemas.errors import WasteLedgerError


class ScanError(WasteLedgerError):
    """A picture can not be looked at."""

    code = "bad_picture"
    status = 422


class PictureError(ScanError):
    """A file is missing, too large, or no picture; the message says what to do."""
