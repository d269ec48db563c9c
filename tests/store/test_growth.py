"""A newer device, an older service, and its upgrade: kept, marked, without effect, and then with it. On both engines."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from schemas.canonical import encode_base64
from tests.older import older_service, upgraded_service
from tests.store.logs import Log, stored_note
from tests.stories_builder import BAG, BAG2, COLLECTOR, INFECTIOUS, ORIGIN, Teller, ms, register
from tests.verify.exports import export
from tests.verify.test_audit import audit
from tests.verify.test_audit import found as problems_of
from wasteledger import clock
from wasteledger.audit.fsck import check_log
from wasteledger.domain.devices import device_findings
from wasteledger.domain.reconcile import Question, reconcile
from wasteledger.domain.register import Directory, register_digest
from wasteledger.flows.book_answers import answer
from wasteledger.flows.books import Books
from wasteledger.flows.read_note import Gateway
from wasteledger.store.database import Database

UNIT: dict[str, frozenset[str] | None] = {"sealed": frozenset({"unit"}), "relabelled": None}
DIRECTORY = Directory(register())
DIGEST = register_digest(register())


@pytest.fixture
def log(database: Database, monkeypatch: pytest.MonkeyPatch) -> Iterator[Log]:
    monkeypatch.setattr(clock, "now_ms", lambda: ms("02 08:05"))
    made = Log(database)
    yield made
    for service in (older_service, upgraded_service):
        with service(UNIT):
            assert check_log(database).problems == []


def sealed(teller: Teller, code: str = BAG, **fields: Any) -> bytes:
    body = {"waste_code": INFECTIOUS, "package": "bag", "mass_g": 900, "mass_source": "scale"} | fields
    return teller.note("sealed", occurred_ms=ms("02 08:00"), codes=[code], **body)


def told(log: Log) -> list[tuple[str, tuple[str, ...], str]]:
    """What the devices carry as findings."""
    return [(f.code, f.items, f.detail) for f in device_findings(log.history(), DIRECTORY, region="500114")]


def judged(log: Log, books: Books) -> dict[str, str | None]:
    """The class of each item by the books, which are what the whole history says."""
    asked = Question("500114", "2026-11-01", "2026-11-30", ms("02 09:00"))
    books.keep(DIRECTORY, DIGEST)
    kept = answer(books, asked, DIRECTORY)
    plain = reconcile(
        log.history(),
        DIRECTORY,
        region=asked.region,
        from_day=asked.from_day,
        to_day=asked.to_day,
        as_of_ms=asked.as_of_ms,
    )
    assert (kept.items, kept.findings) == (plain.items, plain.findings)
    return {row.code: row.item_class for row in kept.items}


def test_a_newer_event_has_no_effect_until_the_upgrade(log: Log, database: Database) -> None:
    books = Books(database)
    with older_service(UNIT):
        ward, plain = log.send(sealed(log.clinic, unit="内科"), sealed(log.clinic, BAG2))
        assert (ward.verdict, ward.index, plain.verdict) == ("new", 2, "new")
        assert "does not know sealed: unit" in (ward.reason or "")
        assert plain.reason is None
        assert list(judged(log, books)) == [BAG2]
        assert told(log) == [("newer_event", (BAG,), "sealed: unit")]
        assert log.history().by_code.keys() == {BAG2}
    with upgraded_service(UNIT):
        assert set(judged(log, books)) == {BAG, BAG2}
        assert told(log) == []
        assert log.history().by_code[BAG][0].event.unit == "内科"
    books.close()


def test_its_number_is_taken_and_its_chain_goes_on(log: Log) -> None:
    with older_service(UNIT):
        newer = log.clinic.note("relabelled", occurred_ms=ms("02 08:00"), codes=[BAG], new_code=BAG2, reason="damaged")
        first = log.send(newer, stored_note(log.clinic))[0]
        again = log.send(newer)[0]
        assert (first.verdict, again.verdict) == ("new", "duplicate")
        assert replace(again, verdict="new") == first
        log.clinic.number = 0
        assert log.send(sealed(log.clinic, unit="内科"))[0].verdict == "fork"
    history = log.history()
    assert sorted(history.by_device[log.clinic.key.device_id]) == [0, 1]
    assert [code for code, _, _ in told(log)] == ["device_fork"]
    after = log.send(newer)[0]
    assert (after.verdict, after.index, after.reason) == ("duplicate", first.index, None)


def test_a_gateway_that_knows_the_bytes_gives_the_same_reason(log: Log) -> None:
    gateway = Gateway(ORIGIN)
    gateway.learn(log.clinic.key.device_id, log.clinic.key.public_key)
    with older_service(UNIT):
        note = sealed(log.clinic, unit="内科").decode()
        first, again = gateway.read([note])[0], gateway.read([note])[0]
        assert first.verified
        assert again.verified
        assert (again.note, again.problem) == (None, first.problem)
        assert "unit" in (again.problem or "")


def test_what_was_kept_and_turns_out_wrong_is_a_finding_and_no_effect(log: Log, database: Database) -> None:
    """An older service could not check the new field; the upgraded one does, before anything is read from it."""
    books = Books(database)
    with older_service(UNIT):
        assert log.send(sealed(log.clinic, unit=7), sealed(log.clinic, BAG2, unit=" "))[0].verdict == "new"
        judged(log, books)
    with upgraded_service(UNIT):
        assert [code for code, _, _ in told(log)] == ["quarantined_event"]
        assert list(judged(log, books)) == [BAG2]  # a blank is of the form; older logs may hold such
    books.close()


def test_one_finding_for_each_thing_that_is_not_known_whatever_the_order(log: Log) -> None:
    notes = [sealed(log.clinic, code, shade="yellow") for code in (BAG, BAG2)]
    notes.append(log.clinic.note("weighed_again", occurred_ms=ms("02 08:00"), codes=[BAG], scale="秤1"))
    notes.append(stored_note(log.clinic, version=2))
    log.send(*reversed(notes))
    expected = {
        ("newer_event", tuple(sorted((BAG, BAG2))), "sealed: shade"),
        ("newer_event", (BAG,), "kind weighed_again"),
        ("newer_event", (BAG,), "version 2"),
    }
    assert set(told(log)) == expected
    shown = [f for f in device_findings(log.history(), DIRECTORY, region="500114") if f.detail == "sealed: shade"]
    assert shown[0].evidence == (log.history().by_device[log.clinic.key.device_id][0].event_id,)


def test_who_admits_a_key_has_to_be_understood_at_once(log: Log) -> None:
    stranger = Teller(COLLECTOR)
    strange = [
        log.office.note(
            "enrolled", occurred_ms=ms("02 08:00"), device=stranger.key.device_id, role="device", for_site=COLLECTOR,
            public_key=encode_base64(stranger.key.public_key), until="2027-01-01",
        ),
        log.office.note("revoked", occurred_ms=ms("02 08:00"), device=log.clinic.key.device_id, reason="lost", soon=1),
    ]  # fmt: skip
    for verdict in log.send(*strange):
        assert verdict.verdict == "held"
        assert "upgrade the service" in (verdict.reason or "")
    assert log.send(stored_note(log.clinic))[0].verdict == "new"


def test_neither_fsck_nor_the_offline_verifier_calls_it_wrong(log: Log, tmp_path: Any) -> None:
    notes = [sealed(log.clinic, shade="yellow"), stored_note(log.clinic, version=2)]
    notes.append(log.clinic.note("weighed_again", occurred_ms=ms("02 08:00"), codes=[BAG], scale="秤1"))
    assert {verdict.verdict for verdict in log.send(*notes)} == {"new"}
    assert check_log(log.database).problems == []
    report = audit(export(tmp_path, log.contents()))
    assert report.invalid == []
    told = [finding.text for finding in report.findings if finding.code == "not_entitled"]
    assert all("is there a newer one?" in text for text in told), told
    assert "quarantine" not in problems_of(report)


def test_an_old_quarantine_stays_what_it_is(log: Log) -> None:
    """What an earlier version set apart is not read again: its number was never taken."""
    wrong = log.clinic.note("stored", occurred_ms=ms("02 08:00"), codes=[BAG], room=" ")
    verdict = log.send(wrong)[0]
    assert (verdict.verdict, "room: is blank" in (verdict.reason or "")) == ("quarantine", True)
    assert log.send(wrong)[0] == verdict
