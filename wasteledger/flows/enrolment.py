"""Devices as the office manages them: admitted, listed, revoked, believed up to a number. Each act is one event of the office.

A device makes its own key and shows the public half; nobody else ever has the private one.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

from schemas.canonical import decode_base64, encode_base64
from schemas.codes import SiteKind, site_kind
from schemas.errors import CanonicalError, CodeError
from schemas.event_base import NOTE_MAX
from schemas.signing import device_id, is_sound_key
from wasteledger.domain.admissions import NEVER_BROKEN, Admission
from wasteledger.domain.devices import DeviceBook
from wasteledger.domain.facts import Fact, read_entry
from wasteledger.errors import NotFoundError, QueryError
from wasteledger.flows.office import Office, Who, said_by
from wasteledger.flows.service import Service
from wasteledger.store.ledger import Ledger, StoredDevice

#: Where a device posts its events.
EVENTS_PATH = "/v1/events"
ROLES = ("device", "office")
REVOCATION_REASONS = ("lost", "stolen", "replaced", "retired")


class Enrolment(NamedTuple):
    """What a device has to be told once.

    Attributes:
        root: base64; its event number 0 names it as `device_prev`.
        sites: that it is admitted for now.
        known: nothing was recorded, it had been admitted for this site before.
    """

    device: str
    root: str
    origin: str
    role: str
    sites: list[str]
    known: bool


class DeviceRow(NamedTuple):
    """One device as a list shows it.

    Attributes:
        last_number: the highest number of its events that arrived; None before the first.
        contact_ms: receipt of that event, or of a hello that announced more.
        gaps: numbers that are missing, first and last included.
        trusted_seq: up to which number the office believes it in spite of a revocation or a broken link; None for no such word.
        broken_from: the first number behind a broken link of its own chain.
    """

    device: str
    sites: list[str]
    role: str
    enrolled_ms: int
    revoked_ms: int | None
    last_number: int | None
    contact_ms: int | None
    gaps: list[tuple[int, int]]
    trusted_seq: int | None
    broken_from: int | None


class _Desk(NamedTuple):
    """One writing transaction on devices."""

    office: Office
    ledger: Ledger
    books: dict[str, DeviceBook]

    def known(self, device: str) -> tuple[StoredDevice, Admission]:
        """A device that was admitted.

        Raises:
            NotFoundError: it never was.
        """
        stored = self.ledger.devices([device]).get(device)
        if stored is None or device not in self.books:
            message = f"device {device[:40]!r} was never enrolled: `wasteledger device list` shows those that were"
            raise NotFoundError(message)
        return stored, self.books[device].admission


@contextmanager
def _writing(service: Service) -> Iterator[_Desk]:
    service.books()  # what can be read before others have to wait is read before
    office = service.office()
    with service.database.write() as connection:
        books = service.books()
        with books.opened():
            devices = dict(books.devices)
        yield _Desk(office, Ledger(connection), devices)


def enrol_device(  # noqa: PLR0913 - one field each
    service: Service, site: str, key: str, *, role: str = "device", prior: str | None = None, who: Who | None = None
) -> Enrolment:
    """Admits a public key (base64) for a site. One that was admitted before is told the same root again, and gains the site.

    Raises:
        NotFoundError: a site that the register does not have; a prior device that was never admitted.
        QueryError: no sound key; a role that the site can not have; a revoked key.
    """
    public_key, directory = _public_key(key), service.directory()
    if site not in directory.sites:
        message = f"site {site[:40]!r} is not in the register: see `wasteledger sites`"
        raise NotFoundError(message)
    _check_role(role, site)
    device, origin = device_id(public_key), directory.register.origin
    with _writing(service) as desk:
        if prior is not None:
            _check_prior(desk, prior, device)
        before = desk.ledger.devices([device]).get(device)
        admission = desk.known(device)[1] if before else Admission(role)
        if before and before.revoked:
            message = f"device {device} is revoked: its key is never admitted again; let the device make a new one"
            raise QueryError(message)
        if before and before.role != role:
            message = f"device {device} was admitted as {before.role}, and stays what it is: say --role {before.role}, or use another key"
            raise QueryError(message)
        known = site in admission.sites
        root = desk.books[device].chain_root if before else ""
        if not known:
            body = {
                "kind": "enrolled", "device": device, "public_key": encode_base64(public_key), "for_site": site, "role": role,
            } | said_by(who) | ({"prior_device": prior} if prior else {})  # fmt: skip
            (verdict,) = desk.office.record_in(desk.ledger, [body])
            root = root or verdict.leaf_hash or ""
        sites = admission.sites if known else [*admission.sites, site]
    return Enrolment(device, root, origin, role, sites, known)


def _public_key(key: str) -> bytes:
    try:
        public_key = decode_base64(key.strip())
    except CanonicalError:
        public_key = b""
    if not is_sound_key(public_key):
        message = (
            "key: give the base64 (44 characters) of a sound Ed25519 public key of 32 bytes; the device makes it and shows it, "
            "see docs/protocol.md"
        )
        raise QueryError(message)
    return public_key


def _check_role(role: str, site: str) -> None:
    if role not in ROLES:
        message = f"role {role[:20]!r}: one of {', '.join(ROLES)}"
        raise QueryError(message)
    try:
        kind = site_kind(site)
    except (CodeError, ValueError):
        kind = SiteKind.CLINIC
    if role == "office" and kind is not SiteKind.AUTHORITY:
        message = f"role office is for an authority, whose site code begins with A; {site} is none"
        raise QueryError(message)


def _check_prior(desk: _Desk, prior: str, device: str) -> None:
    if prior == device:
        message = "prior: a device can not take its own place; name the one that it replaces"
        raise QueryError(message)
    desk.known(prior)


def revoke_device(service: Service, device: str, reason: str, *, who: Who | None = None) -> DeviceRow:
    """Takes the trust from a device: what first arrives from now on proves nothing until the office says up to which number it counts.

    Raises:
        NotFoundError: it was never admitted.
        QueryError: revoked already; an unknown reason; the office's own key.
    """
    if reason not in REVOCATION_REASONS:
        message = f"reason {reason[:20]!r}: one of {', '.join(REVOCATION_REASONS)}"
        raise QueryError(message)
    with _writing(service) as desk:
        stored, _ = desk.known(device)
        if device == desk.office.key.device_id:
            message = (
                "this is the key of the office itself: revoked, it could never do anything again; see docs/recovery.md"
            )
            raise QueryError(message)
        if stored.revoked:
            message = f"device {device} is revoked already, by entry {stored.revoked_index}"
            raise QueryError(message)
        desk.office.record_in(desk.ledger, [{"kind": "revoked", "device": device, "reason": reason} | said_by(who)])
    return device_row(service, device)


def trust_device(service: Service, device: str, last_seq: int, note: str, *, who: Who | None = None) -> DeviceRow:
    """Says up to which number a revoked, copied or rewritten device is to be believed all the same.

    Raises:
        NotFoundError: it was never admitted.
        QueryError: nothing about it is doubted; a number that has not arrived, or is not above the one trusted so far; no note.
    """
    if not note.strip() or len(note) > NOTE_MAX:
        message = f"note: say what was looked at, in 1 to {NOTE_MAX} characters"
        raise QueryError(message)
    with _writing(service) as desk:
        stored, admission = desk.known(device)
        if not stored.revoked and admission.broken_from == NEVER_BROKEN:
            message = (
                f"device {device} is neither revoked nor is its chain broken: all that it says is believed already"
            )
            raise QueryError(message)
        newest = desk.books[device].newest
        if not 0 <= last_seq <= newest:
            message = f"last_seq {last_seq}: the highest number that has arrived is {newest}; nothing is believed before it is seen"
            raise QueryError(message)
        if last_seq <= admission.trusted_seq:
            message = f"last_seq {last_seq}: device {device} is believed up to number {admission.trusted_seq} already"
            raise QueryError(message)
        body = {"kind": "trusted", "device": device, "last_seq": last_seq, "note": note.strip()}
        desk.office.record_in(desk.ledger, [body | said_by(who)])
    return device_row(service, device)


def device_row(service: Service, device: str) -> DeviceRow:
    """One device as it stands.

    Raises:
        NotFoundError: it was never admitted.
    """
    found = _rows(service, lambda book: book.device_id == device)
    if not found:
        message = f"device {device[:40]!r} was never enrolled: `wasteledger device list` shows those that were"
        raise NotFoundError(message)
    return found[0]


def list_devices(service: Service, *, site: str | None = None) -> list[DeviceRow]:
    """The admitted devices in the order of their enrolment, of one site where it is named.

    Raises:
        NotFoundError: an unknown site.
    """
    if site is not None and site not in service.directory().sites:
        message = f"site {site[:40]!r} is not in the register: see `wasteledger sites`"
        raise NotFoundError(message)
    return _rows(service, lambda book: site is None or site in book.admission.sites)


def _rows(service: Service, is_wanted: Callable[[DeviceBook], bool]) -> list[DeviceRow]:
    """Those of the admitted devices that are wanted, in the order of their enrolment."""
    books = service.books()
    with books.opened() as (_, source):
        wanted = {name: book for name, book in books.devices.items() if is_wanted(book)}
        with service.database.read() as connection:
            ledger = Ledger(connection)
            stored = ledger.devices(name for name, book in wanted.items() if book.admission.sites)
            newest = ledger.numbers_taken({(device.device_no, wanted[name].newest) for name, device in stored.items()})
        source.read_facts(device.device_no for device in stored.values())
        contacts = {number[0]: read_entry(row.index, bytes(row.content)).received_ms for number, row in newest.items()}
        rows = [
            (device.device_no, _row(wanted[name], source.fact(device.device_no), contacts.get(device.device_no)))
            for name, device in stored.items()
        ]
    return [row for _, row in sorted(rows)]


def _row(book: DeviceBook, enrolment: Fact, newest_ms: int | None) -> DeviceRow:
    """One device from its book, its enrolment and the receipt of its newest event."""
    admission, newest = book.admission, book.newest
    contacts = [newest_ms] if newest_ms is not None else []
    contacts += [book.announced[1]] if book.announced else []
    return DeviceRow(
        device=book.device_id,
        sites=list(admission.sites),
        role=admission.role,
        enrolled_ms=enrolment.received_ms,
        revoked_ms=admission.revoked[0] if admission.revoked else None,
        last_number=newest if newest >= 0 else None,
        contact_ms=max(contacts, default=None),
        gaps=list(_gaps(book)),
        trusted_seq=admission.trusted_seq if admission.trusted_seq >= 0 else None,
        broken_from=admission.broken_from if admission.broken_from != NEVER_BROKEN else None,
    )


def _gaps(book: DeviceBook) -> Iterator[tuple[int, int]]:
    """Numbers that are missing between its runs, and behind the last one when a hello has announced more."""
    expected = 0
    for run in book.runs:
        if run.first > expected:
            yield expected, run.first - 1
        expected = run.last + 1
    if book.announced and book.announced[0] > expected:
        yield expected, book.announced[0] - 1


def device_json(row: DeviceRow) -> dict[str, Any]:
    """One device, for programs."""
    return row._asdict() | {"gaps": [{"first": first, "last": last} for first, last in row.gaps]}
