"""fsck reads every kind of event that the contract has, by every signer, and asks none of them whether he may say it."""

from schemas.events import KINDS
from schemas.vouching import person_key, sign_vouch
from tests.schemas.samples import FIELDS
from tests.store.logs import Log
from tests.stories_builder import COLLECTOR, NURSE, ORIGIN, STRANGER, ms
from wasteledger.audit.fsck import check_log
from wasteledger.store.database import Database

OF_OFFICES = {"enrolled", "revoked"}


def test_the_samples_leave_no_kind_out() -> None:
    assert set(FIELDS) == KINDS


def test_every_kind_by_whomever_is_whole(database: Database) -> None:
    log = Log(database)
    for kind in sorted(KINDS - OF_OFFICES):
        for teller in (log.office, log.clinic):
            for site in (teller.site, STRANGER):
                note = teller.note(kind, occurred_ms=ms("02 08:00"), **FIELDS[kind] | {"site": site})
                assert [verdict.verdict for verdict in log.send(note)] == ["new"], kind
    assert check_log(database).problems == []


def test_words_of_trust_and_badges_leave_the_log_whole(database: Database) -> None:
    """Revoked, trusted up to a number, vouched for by badge and PIN, well signed or not: the log is as whole as before."""
    log = Log(database)
    device = log.clinic.key.device_id
    vouched = {
        "vouched_by": NURSE,
        "vouch_method": "pin",
        "site": COLLECTOR,
        "codes": ["M50011400000001V"],
        "room": "库",
    }
    signature = sign_vouch(person_key(b"b" * 16, "1234"), origin=ORIGIN, payload={"kind": "stored"})
    notes = [
        log.office.note("revoked", occurred_ms=ms("02 09:00"), device=device, reason="stolen"),
        log.office.note("trusted", occurred_ms=ms("02 10:00"), device=device, last_seq=7),
        log.office.note("trusted", occurred_ms=ms("02 10:00"), device="a" * 16, last_seq=2**53 - 1),
        log.clinic.note("trusted", occurred_ms=ms("02 10:00"), device=device, last_seq=99),
        log.clinic.note("stored", occurred_ms=ms("02 11:00"), **vouched, vouch_signature=signature),
    ]
    assert {verdict.verdict for verdict in log.send(*notes)} == {"new"}
    assert check_log(database).problems == []
