"""Errors of the service. All are `WasteLedgerError`s: stable code, HTTP status, a sentence that says what to do.

WasteLedgerError
├── ContractError …           schemas/errors.py
├── NotFoundError             nothing of that name
├── DatabaseError             the database can not be used as it is
│   └── NewerDatabaseError    made by a newer version of this program
├── RegisterError             a district file that does not hold together
├── QueryError                a question that can not be answered
├── QueueFullError            more is waiting than will be taken
├── DiskFullError             no room for another entry
├── BusyError                 a port or a file that somebody else uses
├── ForbiddenError            not signed in, or not allowed
├── DeviceRequestError        a device's signed request that does not prove itself
└── TamperedError             stored bytes do not match the tree, or what was signed
    └── RolledBackError       the database has forgotten entries that were signed
"""

from schemas.errors import WasteLedgerError


class NotFoundError(WasteLedgerError):
    """There is nothing of that name."""

    code, status = "not_found", 404


class DatabaseError(WasteLedgerError):
    """The database can not be used as it is."""

    code, status = "database", 503


class NewerDatabaseError(DatabaseError):
    """The database was made by a newer version of this program."""

    code = "newer_database"


class RegisterError(WasteLedgerError):
    """A district file that does not hold together."""

    code, status = "bad_register", 422


class QueryError(WasteLedgerError):
    """A question that can not be answered: a date out of range, an unknown region."""

    code, status = "bad_query", 422


class QueueFullError(WasteLedgerError):
    """More is waiting than will be taken; nothing of this request was."""

    code, status = "queue_full", 503


class DiskFullError(WasteLedgerError):
    """The disk has no room for another entry; nothing of this request was taken."""

    code, status = "disk_full", 503


class BusyError(WasteLedgerError):
    """A port or a file is in use."""

    code, status = "busy", 409


class ForbiddenError(WasteLedgerError):
    """Not signed in, or not allowed."""

    code, status = "forbidden", 403


class DeviceRequestError(WasteLedgerError):
    """A device's signed request does not prove itself, or not for this path, body and moment."""

    code, status = "bad_device_request", 401


class TamperedError(WasteLedgerError):
    """Stored bytes do not match the tree over them."""

    code, status = "tampered", 500


class RolledBackError(TamperedError):
    """The database has forgotten entries that were signed or published."""

    code, status = "rolled_back", 503
