"""Checks the log from its stored bytes alone: every leaf, the root, every signature, every chain of a device.

It is the oracle of the fault tests and trusts no projection and no cached hash.
"""

from typing import NamedTuple

from schemas.canonical import decode_base64, encode_base64
from schemas.errors import WasteLedgerError
from schemas.events import Enrolled, parse_event
from schemas.signing import EventNote, parse_note, verify_note
from wasteledger.domain.entry import decode_entry
from wasteledger.domain.merkle import Frontier, leaf_hash
from wasteledger.store.database import Database
from wasteledger.store.ledger import Ledger

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


def check_log(database: Database) -> Checked:
    """Reads every entry again and compares it with all that was stored about it."""
    keys: dict[str, bytes] = {}
    problems: list[str] = []
    frontier, last_ms = Frontier(), 0
    with database.read() as connection:
        ledger = Ledger(connection)
        for index, content, stored_leaf in ledger.contents():
            if index != frontier.size:
                problems.append(f"entry {frontier.size} is missing: the next stored one is {index}")
                break
            leaf = leaf_hash(content)
            frontier.append(leaf)
            if leaf != stored_leaf:
                problems.append(f"entry {index}: its bytes do not match their hash")
            last_ms = _check_entry(index, content, last_ms, keys, ledger, problems)
        if (frontier.size, frontier.root()) != (ledger.size, ledger.root()):
            problems.append(
                f"the tree says {ledger.size} entries under {encode_base64(ledger.root())}, the stored bytes make "
                f"{frontier.size} under {encode_base64(frontier.root())}"
            )
        held_count = ledger.held_count()
    return Checked(frontier.size, encode_base64(frontier.root()), problems[:PROBLEMS_MAX], held_count)


def _check_entry(  # noqa: PLR0913, PLR0917 - the state of the walk
    index: int, content: bytes, last_ms: int, keys: dict[str, bytes], ledger: Ledger, problems: list[str]
) -> int:
    try:
        entry = decode_entry(content)
        note = parse_note(entry.note)
        if entry.received_ms < last_ms:
            problems.append(f"entry {index}: received before the entry in front of it")
        if entry.entry_class == "event":
            _check_event(index, note, keys, ledger, problems)
        else:
            _check_signature(index, note, keys, problems)
    except WasteLedgerError as error:
        problems.append(f"entry {index}: {error}")
        return last_ms
    return entry.received_ms


def _check_event(index: int, note: EventNote, keys: dict[str, bytes], ledger: Ledger, problems: list[str]) -> None:
    event = parse_event(note.payload())
    if isinstance(event, Enrolled) and (index == 0 or note.device_id in keys):
        keys.setdefault(event.device, decode_base64(event.public_key))
    _check_signature(index, note, keys, problems)
    placed = ledger.numbers_taken([(event.device_id, event.device_seq)]).get((event.device_id, event.device_seq))
    if placed is None or (placed.event_id, placed.index) != (note.event_id, index):
        problems.append(f"entry {index}: device {event.device_id} number {event.device_seq} is not indexed to it")


def _check_signature(index: int, note: EventNote, keys: dict[str, bytes], problems: list[str]) -> None:
    key = keys.get(note.device_id)
    if key is None:
        problems.append(f"entry {index}: signed by {note.device_id}, which no earlier entry enrolled")
        return
    try:
        verify_note(note, key)
    except WasteLedgerError as error:
        problems.append(f"entry {index}: {error}")
