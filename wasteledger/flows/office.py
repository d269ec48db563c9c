"""The office key: the service's own device, with which it enrols others and issues codes.

Its chain lives beside its key: the next number and the hash before it are read back from the log, so a restart goes on where
the log ends.
"""

import secrets
from pathlib import Path
from typing import Any, NamedTuple

from schemas.canonical import encode_base64
from schemas.signing import DeviceKey, parse_note, sign_event
from schemas.sync import Verdict
from wasteledger import clock
from wasteledger.domain.legal_days import china_day
from wasteledger.domain.merkle import EMPTY_ROOT
from wasteledger.errors import DatabaseError
from wasteledger.flows.accept_batch import take_in
from wasteledger.flows.keys import load_seed
from wasteledger.flows.read_note import read_note
from wasteledger.store.database import Database
from wasteledger.store.ledger import Ledger

OFFICE_ACTOR = "u-office"


class Who(NamedTuple):
    """Who acts at the office.

    Attributes:
        site: for whom; actor: a person's pseudonym; vouch_method: `pin` for somebody who logged in with a password.
    """

    site: str
    actor: str = OFFICE_ACTOR
    vouch_method: str = "own_device"


def said_by(who: Who | None) -> dict[str, Any]:
    """The fields that name the person in an event of the office; the office always speaks for its own site."""
    return {"actor": who.actor, "vouch_method": who.vouch_method} if who else {}


def china_time(moment_ms: int) -> str:
    """A moment as events write it, in China's time."""
    return china_day(moment_ms).isoformat(timespec="milliseconds")


def load_key(path: Path) -> DeviceKey:
    """The office's key in its file, made on first use.

    Raises:
        DatabaseError: the file is there but is no key.
    """
    return DeviceKey(load_seed(path))


class Office:
    """Signs the office's events and puts them into the log."""

    def __init__(self, database: Database, key: DeviceKey, *, origin: str, node: str, site: str) -> None:
        """Acts for the authority `site`."""
        self._database = database
        self.key = key
        self._origin = origin
        self._node = node
        self._site = site

    def enrol(self, keys: list[tuple[DeviceKey, str]]) -> list[Verdict]:
        """Admits devices: (key, site) each. The verdict's leaf hash begins the device's own chain."""
        return self.record([self._enrolment(key, site=site, role="device") for key, site in keys])

    def record(self, bodies: list[dict[str, Any]], *, at_ms: int | None = None) -> list[Verdict]:
        """Signs bodies in order as the next events of the office, appends them, and returns their verdicts.

        The number is read and the events are appended in one writing transaction: of two processes at work at
        once none can take the other's number, which would be a fork for ever. An empty log is begun by the office's own
        enrolment. `at_ms` is when it happened, for a simulated past; now by default.

        Raises:
            DatabaseError: this office key is not admitted in the log, or the log did not take an event.
        """
        with self._database.write() as connection:
            verdicts = self.record_in(Ledger(connection), bodies, at_ms=at_ms)
        return verdicts  # noqa: RET504 - outside the block: by now the transaction has committed

    def record_in(self, ledger: Ledger, bodies: list[dict[str, Any]], *, at_ms: int | None = None) -> list[Verdict]:
        """The same inside a writing transaction that the caller has begun and will commit before anybody is answered.

        So what the caller writes beside the events, as a number drawn for them, is durable with them or not at all.

        Raises:
            DatabaseError: as `record` does.
        """
        begins = ledger.size == 0
        if begins:
            bodies = [self._enrolment(self.key, site=self._site, role="office"), *bodies]
        himself = ledger.devices([self.key.device_id]).get(self.key.device_id)
        notes = self._sign(bodies, ledger.last_number(himself.device_no) if himself else None, at_ms=at_ms)
        read = [read_note(note, self._origin) for note in notes]
        verdicts = take_in(ledger, read, origin=self._origin, node=self._node).verdicts
        refused = [verdict for verdict in verdicts if verdict.verdict != "new"]
        if refused:
            message = (
                f"the log did not take the office's event ({refused[0].reason}): is office.key the one that "
                f"began this log? Put it back from your backup"
            )
            raise DatabaseError(message)
        return verdicts[1:] if begins else verdicts

    def _sign(self, bodies: list[dict[str, Any]], last: tuple[int, bytes] | None, *, at_ms: int | None) -> list[bytes]:
        number = last[0] + 1 if last else 0
        previous = encode_base64(last[1] if last else EMPTY_ROOT)
        occurred_at = china_time(clock.now_ms() if at_ms is None else at_ms)
        boot_id = secrets.token_hex(
            8
        )  # each act of the office is a boot of its own: it has no clock that only runs forward
        notes = []
        for offset, body in enumerate(bodies):
            common = {
                "version": 1, "device_id": self.key.device_id, "device_seq": number + offset, "device_prev": previous,
                "occurred_at": occurred_at, "monotonic_ms": offset, "boot_id": boot_id,
                "site": self._site, "actor": OFFICE_ACTOR, "vouch_method": "own_device",
            }  # fmt: skip
            note = sign_event(self.key, origin=self._origin, payload=common | body)
            notes.append(note)
            previous = event_hash(note)
        return notes

    def _enrolment(self, key: DeviceKey, *, site: str, role: str) -> dict[str, Any]:
        public_key = encode_base64(key.public_key)
        return {"kind": "enrolled", "device": key.device_id, "public_key": public_key, "for_site": site, "role": role}


def event_hash(note: bytes) -> str:
    """Base64 of the event id of a note just signed."""
    return encode_base64(parse_note(note).event_id)
