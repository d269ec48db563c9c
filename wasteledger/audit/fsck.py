"""Checks the log from its stored bytes alone: every leaf, the root, every signature, every row that was made from them.

It is the oracle of the fault tests and trusts no projection and no cached hash. It is the operator's own check; a
regulator uses `wasteledger verify` on an exported log, which shares no code with this.
"""

from datetime import date
from itertools import islice
from typing import NamedTuple

from schemas.canonical import decode_base64, encode_base64
from schemas.errors import ContractError, WasteLedgerError
from schemas.events import AnyEvent, Enrolled, Revoked, Ruled
from schemas.growth import NewerEvent, read_kept
from schemas.signing import EventNote, device_id, parse_note, verify_note
from wasteledger.audit.check_published import check_published
from wasteledger.domain.boots import Boot, heard
from wasteledger.domain.entry import Entry, decode_entry
from wasteledger.domain.hello import Hello, parse_hello
from wasteledger.domain.merkle import Frontier, leaf_hash
from wasteledger.domain.register import Register, digest_of_rows, register_digest
from wasteledger.domain.register_history import RegisterVersion
from wasteledger.errors import TamperedError
from wasteledger.flows.published import Published
from wasteledger.store.database import Database
from wasteledger.store.district import DistrictStore
from wasteledger.store.ledger import READ_ROWS, Ledger, RowCounts, StoredDevice
from wasteledger.store.rows import Number

#: Problems listed; a log with more is rotten beyond a list.
PROBLEMS_MAX = 100


class Checked(NamedTuple):
    """What fsck found.

    Attributes:
        entries: how many were read.
        root: base64 of the root computed from their bytes.
        problems: one sentence each; none means that the log is whole.
        held_count: notes lying aside, for information.
    """

    entries: int
    root: str
    problems: list[str]
    held_count: int


def check_log(database: Database, published: Published | None = None) -> Checked:
    """Reads every entry again and compares it with all that was stored about it, and with what was published, where that is given.

    Raises:
        TamperedError: the row of the tree is gone or damaged, so that there is nothing to compare with.
    """
    with database.read() as connection:
        try:
            walk = _Walk(Ledger(connection))
        except (TypeError, ContractError) as error:  # no row at all, or a frontier that fits no size
            message = (
                f"the row of the tree is gone or damaged ({error}): restore the newest backup, see docs/recovery.md"
            )
            raise TamperedError(message) from None
        walk.entries()
        walk.summary()
        walk.registers(DistrictStore(connection))
        if published:
            walk.problems += islice(check_published(walk.ledger, published), PROBLEMS_MAX - len(walk.problems))
        held_count = walk.ledger.held_count()
    return Checked(walk.frontier.size, encode_base64(walk.frontier.root()), walk.problems, held_count)


class _Walk:
    """One reading of the log from its beginning, and the rows that it must have led to.

    Attributes:
        devices: as the entries admit and revoke them.
    """

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger
        self.frontier = Frontier()
        self.problems: list[str] = []
        self.devices: dict[str, StoredDevice] = {}
        self._numbers: dict[Number, tuple[bytes, int]] = {}
        self._boots: dict[tuple[int, str], Boot] = {}
        self._rows = RowCounts(numbers=0, odd=0, devices=0)
        self._last_ms = 0
        self._ruled: list[RegisterVersion] = []

    def entries(self) -> None:
        """Each entry: its place, its grammar, its signature, and the rows made from it."""
        for index, content in self.ledger.contents():
            if index != self.frontier.size:
                self._wrong(f"entry {self.frontier.size} is missing: the next stored one is {index}")
                break
            self.frontier.append(leaf_hash(content))
            try:
                self._entry(index, decode_entry(content))
            except WasteLedgerError as error:
                self._wrong(f"entry {index}: {error}")
            if len(self._numbers) >= READ_ROWS:
                self._compare_numbers()
        self._compare_numbers()

    def summary(self) -> None:
        """The tree, the devices, and that no table has a row more than the entries account for."""
        if (self.frontier.size, self.frontier.subtrees) != (self.ledger.size, self.ledger.frontier.subtrees):
            self._wrong(
                f"the tree says {self.ledger.size} entries under {encode_base64(self.ledger.root())}, the stored bytes "
                f"make {self.frontier.size} under {encode_base64(self.frontier.root())}"
            )
        if self._last_ms != self.ledger.received_ms:
            self._wrong(f"the tree was last changed at {self.ledger.received_ms}, its newest entry at {self._last_ms}")
        stored = self.ledger.devices(self.devices)
        for name, device in self.devices.items():
            if stored.get(name) != device:
                self._wrong(f"device {name}: its row differs from what entry {device.device_no} admitted")
        there = {(device_no, boot_id): boot for device_no, boot_id, boot in self.ledger.boots()}
        for device_no, boot_id in sorted(
            name for name in self._boots.keys() | there if self._boots.get(name) != there.get(name)
        ):
            self._wrong(f"boot {boot_id} of device {device_no}: its row is not what its hellos in the log come to")
        found = self.ledger.row_counts()
        expected = self._rows._replace(devices=len(self.devices))
        if found != expected:
            self._wrong(f"rows made from the entries: {found._asdict()} stored, {expected._asdict()} accounted for")

    def registers(self, store: DistrictStore) -> None:
        """Every register is one that the office put in force by an event of the log, in that order and with those days.

        One without a first day holds from the beginning of time, in place of all before it.
        """
        try:
            versions = store.versions()
        except (ValueError, TypeError):  # a day that is none
            self._wrong("the rows of the register can not be read: restore the newest backup, see docs/recovery.md")
            return
        begin = max((place for place, row in enumerate(self._ruled) if row.holds_from is None), default=0)
        told = [row._replace(number=number) for number, row in enumerate(self._ruled[begin:], start=1)]
        if versions and told and versions[0].entry < 0:  # loaded before it was kept which event says so
            told[0] = told[0]._replace(entry=-1, loaded_ms=0)
        if told != versions:
            self._wrong(
                "the register is not the one that was loaded: load the district file again, and ask who changed it"
            )
        for version in versions:
            self._register(store, version)

    def _register(self, store: DistrictStore, version: RegisterVersion) -> None:
        text = store.version_text(version.number)
        if not text:
            self._wrong(f"register {version.digest} is not at hand: load its district file again")
            return
        try:
            if version.digest in {register_digest(Register.model_validate_json(text)), digest_of_rows(text)}:
                return
        except (ValueError, KeyError, TypeError, AttributeError):  # what stands there makes no register
            pass
        self._wrong(
            f"register {version.digest} was altered where it is kept: restore the newest backup, and ask who changed it"
        )

    def _wrong(self, problem: str) -> None:
        if len(self.problems) < PROBLEMS_MAX:
            self.problems.append(problem)

    def _entry(self, index: int, entry: Entry) -> None:
        if entry.received_ms < self._last_ms:
            self._wrong(f"entry {index}: received before the entry in front of it")
        self._last_ms = max(self._last_ms, entry.received_ms)
        hello, note = parse_hello(entry.note) if entry.entry_class == "hello" else (None, parse_note(entry.note))
        if entry.entry_class != "event":
            self._rows = self._rows._replace(odd=self._rows.odd + 1)
            if self._signature(index, note) and hello:
                self._hear(hello, entry.received_ms)
            if self.ledger.odd_index(note.event_id) != index:
                self._wrong(f"entry {index}: set apart, but not indexed as such")
            return
        event = read_kept(note.payload()).event
        if index == 0:
            self._admit(index, event)
        if self._signature(index, note):
            self._act(index, event)
        device = self.devices.get(event.device_id)
        self._rows = self._rows._replace(numbers=self._rows.numbers + 1)
        if device:
            self._numbers[device.device_no, event.device_seq] = (note.event_id, index)

    def _act(self, index: int, event: AnyEvent | NewerEvent) -> None:
        by_office = self.devices[event.device_id].role == "office"
        if isinstance(event, Enrolled | Revoked) and not by_office:
            self._wrong(f"entry {index}: device {event.device_id} is no office, but enrols or revokes")
        elif isinstance(event, Enrolled):
            self._admit(index, event)
        elif isinstance(event, Ruled) and event.rule == "register" and by_office:
            holds_from = date.fromisoformat(event.holds_from) if event.holds_from else None
            self._ruled.append(RegisterVersion(0, event.basis, holds_from, index, self._last_ms, event.decision or ""))
        elif isinstance(event, Revoked) and event.device in self.devices:
            self.devices[event.device] = self.devices[event.device]._replace(revoked_index=index)

    def _hear(self, hello: Hello, received_ms: int) -> None:
        boot = (self.devices[hello.device_id].device_no, hello.boot_id)
        self._boots[boot] = heard(self._boots.get(boot), hello, received_ms)

    def _admit(self, index: int, event: AnyEvent | NewerEvent) -> None:
        if isinstance(event, Enrolled) and event.device not in self.devices:
            key = decode_base64(event.public_key)
            if device_id(key) != event.device:
                self._wrong(f"entry {index}: device id {event.device} does not follow from its key")
            self.devices[event.device] = StoredDevice(index, key, event.for_site, event.role, None)

    def _signature(self, index: int, note: EventNote) -> bool:
        device = self.devices.get(note.device_id)
        if device is None:
            self._wrong(f"entry {index}: signed by {note.device_id}, which no earlier entry enrolled")
            return False
        try:
            verify_note(note, device.public_key)
        except WasteLedgerError as error:
            self._wrong(f"entry {index}: {error}")
            return False
        return True

    def _compare_numbers(self) -> None:
        taken = self.ledger.numbers_taken(self._numbers)
        for number, (event_id, index) in self._numbers.items():
            row = taken.get(number)
            if row is None or (row.event_id, row.index) != (event_id, index):
                self._wrong(f"entry {index}: number {number[1]} of device {number[0]} is not indexed to it")
        self._numbers = {}
