"""A log with an office and a clinic's device, for the tests that write into it."""

import random
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from schemas.canonical import decode_base64, encode_base64
from schemas.signing import key_id
from schemas.sync import BatchAnswer, Verdict
from tests.stories_builder import BAG, CLINIC, OFFICE, ORIGIN, Teller, as_received, ms
from wasteledger.domain.facts import read_entry
from wasteledger.domain.history import History
from wasteledger.domain.register import Directory
from wasteledger.flows.accept_batch import accept_batch
from wasteledger.flows.books import PORTION_ENTRIES, Books
from wasteledger.store.database import Database
from wasteledger.store.ledger import Ledger


def fill(database: Database, entries: Iterable[bytes]) -> None:
    """Appends finished entries as intake does, their devices and numbers filed with them."""
    with database.write() as connection:
        ledger = Ledger(connection)
        for content in entries:
            entry = read_entry(ledger.size, content)
            index, _ = ledger.append(content, received_ms=0)
            event, event_id = entry.event, decode_base64(entry.event_id)
            if event is None or entry.entry_class != "event":
                continue
            if event.kind == "enrolled" and not ledger.devices([event.device]):
                key = decode_base64(event.public_key)
                ledger.admit(event.device, key, site=event.for_site, role=event.role, index=index)
            device_no = ledger.devices([event.device_id])[event.device_id].device_no
            ledger.take_number((device_no, event.device_seq), event_id=event_id, index=index)
        ledger.flush()


def kept_in_portions(
    database: Database, entries: Sequence[bytes], directory: Directory, digest: str, chance: random.Random, *,
    step_max: int, portion: int = PORTION_ENTRIES,
) -> Iterator[tuple[Books, int]]:  # fmt: skip
    """Tells a log a few entries at a time to its books, which another process may take over; the books and how far, after each time."""
    books = Books(database)
    at = 0
    while at < len(entries):
        step = chance.randrange(1, step_max)
        fill(database, entries[at : at + step])
        at += step
        books.keep(directory, digest, portion=portion)
        if chance.random() < 0.3:
            books.close()
            books = Books(database)
            books.keep(directory, digest)
        yield books, at


def shuffled(entries: list[bytes], chance: random.Random) -> list[bytes]:
    """Any order of delivery that intake can have seen: a device was admitted before its first event."""
    return as_received(sorted(entries, key=lambda entry: 0.0 if b'"kind":"enrolled"' in entry else 1 + chance.random()))


class Log:
    """A log with an office and a clinic's device enrolled."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.office, self.clinic = Teller(OFFICE), Teller(CLINIC)
        first, second = self.send(self.office.enrolment(self.office, role="office"), self.office.enrolment(self.clinic))
        assert (first.verdict, second.verdict) == ("new", "new")
        self.clinic.previous = second.leaf_hash or ""

    def answer(self, *notes: bytes, database: Database | None = None) -> BatchAnswer:
        texts = [note.decode() for note in notes]
        return accept_batch(database or self.database, texts, origin=ORIGIN, node="node1")

    def send(self, *notes: bytes) -> list[Verdict]:
        return self.answer(*notes).verdicts

    def contents(self) -> list[bytes]:
        with self.database.read() as connection:
            return [content for _, content in Ledger(connection).contents()]

    def history(self) -> History:
        history = History()
        for content in self.contents():
            history.add(content)
        return history

    def held_count(self) -> int:
        with self.database.read() as connection:
            return Ledger(connection).held_count()


def stored_note(teller: Teller, room: str = "库1", **fields: Any) -> bytes:
    """A scan: put into a room."""
    return teller.note("stored", occurred_ms=ms("02 08:00"), codes=[BAG], room=room, **fields)


def not_canonical_note(teller: Teller) -> bytes:
    """Really signed, but with a blank in its body."""
    text = f'wasteledger-event/v1\n{ORIGIN}\n{{"kind": "stored"}}\n'.encode()
    name = f"{ORIGIN}/d/{teller.key.device_id}"
    blob = encode_base64(key_id(name, teller.key.public_key) + teller.key.sign(text))
    return text + f"\n— {name} {blob}\n".encode()
