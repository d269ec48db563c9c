"""Attack 24: exhaustion. Each limit is a number with a name; one below it passes, one above it is answered."""

import pytest
from pydantic import ValidationError

from schemas.errors import NoteError, SignatureError
from schemas.signing import NOTE_BYTES_MAX, parse_note
from schemas.sync import BATCH_EVENTS_MAX, EventBatch
from tests.store.logs import Log, stored_note
from tests.stories_builder import BAG, COLLECTOR, ORIGIN, Teller, ms
from wasteledger.domain.note import SIGNATURES_MAX, NoteKey, parse_signed_note
from wasteledger.flows import read_note as gateway
from wasteledger.flows.read_note import Gateway
from wasteledger.store import ledger as store
from wasteledger.store.database import Database


def test_a_note_of_the_greatest_length_and_one_byte_more(database: Database) -> None:
    """Its own length is the first thing looked at; nothing is parsed, kept or hashed of more."""
    log = Log(database)
    note = stored_note(log.clinic)
    blob = note.rpartition(b"\n\n")[2]
    padding = NOTE_BYTES_MAX - len(note)
    long = note.replace(b"\n\n" + blob, b" " * padding + b"\n\n" + blob)
    assert len(long) == NOTE_BYTES_MAX
    parse_note(long)
    with pytest.raises(SignatureError, match="longer than"):
        parse_note(long + b"x")
    assert log.send(long + b"x")[0].verdict == "held"


def test_a_batch_of_the_greatest_size_and_one_more() -> None:
    EventBatch(events=["x"] * BATCH_EVENTS_MAX)
    for events in (["x"] * (BATCH_EVENTS_MAX + 1), [], ["x" * (NOTE_BYTES_MAX + 1)], [""]):
        with pytest.raises(ValidationError):
            EventBatch(events=events)


def test_a_hundred_signature_lines_and_one_more() -> None:
    text = b"text\n"
    line = NoteKey("ledger.example.org/x", b"k" * 32).sign(text).line
    assert len(parse_signed_note(text + b"\n" + line * SIGNATURES_MAX).signatures) == SIGNATURES_MAX
    with pytest.raises(NoteError, match="signature lines"):
        parse_signed_note(text + b"\n" + line * (SIGNATURES_MAX + 1))


def test_the_shelf_for_strangers_has_an_end(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """A million notes of unknown keys are answered, and cost no more room than the shelf."""
    monkeypatch.setattr(store, "HELD_NOTES_MAX", 3)
    log = Log(database)
    stranger = Teller(COLLECTOR)
    notes = [stranger.note("stored", occurred_ms=ms("02 08:00"), codes=[BAG], room=f"库{n}") for n in range(6)]
    assert {verdict.verdict for verdict in log.send(*notes)} == {"held"}
    assert log.held_count() == 3
    assert log.send(stored_note(log.clinic))[0].verdict == "new"


def test_what_is_remembered_of_notes_and_keys_has_an_end(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gateway, "KNOWN_NOTES_MAX", 4)
    monkeypatch.setattr(gateway, "KNOWN_KEYS_MAX", 1)
    log, known = Log(database), Gateway(ORIGIN)
    known.learn(log.clinic.key.device_id, log.clinic.key.public_key)
    known.learn("a" * 16, b"k" * 32)
    notes = [stored_note(log.clinic, f"库{n}").decode() for n in range(10)]
    assert all(item.verified for item in known.read(notes))
    assert len(known._known) == 4
    assert list(known._keys) == [log.clinic.key.device_id]
    assert [item.note is None for item in known.read(notes)] == [False] * 10
