"""Attacks on the operator's machine, on keys and on formats: edited rows, rot, malformed notes, amnesia, stolen keys, floods."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlmodel import SQLModel
from starlette.testclient import TestClient

from schemas.canonical import encode_base64
from schemas.errors import ContractError, WasteLedgerError
from schemas.events import parse_event
from schemas.signing import NOTE_BYTES_MAX, DeviceKey, device_id, key_id, parse_note
from schemas.sync import BATCH_EVENTS_MAX
from tests.faults.attacks import WITNESS, District, checkpoint_of, opened
from tests.stories_builder import COLLECTOR, ORIGIN, Teller
from wasteledger.app import make_app
from wasteledger.audit.fsck import check_log
from wasteledger.audit.verify.ed25519 import L
from wasteledger.domain.entry import Entry
from wasteledger.domain.note import SIGNATURES_MAX, NoteKey, parse_signed_note
from wasteledger.domain.policy import LINES_MAX, parse_policy
from wasteledger.errors import DatabaseError, QueueFullError, TamperedError
from wasteledger.flows import sequencer as sequencer_module
from wasteledger.store import ledger as ledger_module
from wasteledger.store.ledger import Ledger
from wasteledger.witness.decide import PROOF_HASHES_MAX
from wasteledger.witness.service import make_witness_app

#: Tables that follow from the log and from what was published: whatever is changed there is noticed.
PROVED = {"entry", "device_event", "odd_event", "tree", "checkpoint", "device", "boot", "register_version"}
#: Tables that the log does not prove, each with the reason; nothing of them is counted, judged or signed.
NOT_PROVED = {
    "held_note": "notes of strangers, answered but never taken in: what they are worth shows when they are sent again",
    "label": "what a printer puts on a label; that the code was issued, to whom and when, is in the log",
    "counter": "a number drawn twice shows as a code that was issued twice",
    "account": "who may look at the pages; nobody signs with an account",
}
#: A column that only names a row and that nobody reads: the tree's one row.
_NAMES = {("tree", "id")}


@pytest.fixture
def district(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[District]:
    yield from opened(tmp_path, monkeypatch)


def grown(district: District) -> District:
    """With scans, a hello, a fork, a revoked device, two published checkpoints, and an end that is not signed yet."""
    district.scan(3)
    assert district.send(district.hello(district.clinic)).verdicts[0].verdict == "new"
    district.sign()
    district.clinic.number -= 1
    assert district.send(district.stored(district.clinic)).verdicts[0].verdict == "fork"
    device = district.collector.key.device_id
    district.service.office().record([{"kind": "revoked", "device": device, "reason": "lost"}])
    district.sign()
    district.scan(1)
    assert problems(district) == []
    return district


def problems(district: District) -> list[str]:
    district.service.published._kept.clear()
    return check_log(district.database, district.service.published).problems


def noticed(district: District) -> bool:
    """By fsck: a list of problems, or by not being able to read it at all."""
    try:
        return bool(problems(district))
    except WasteLedgerError:
        return True


def test_12_every_table_is_proved_or_has_a_reason_not_to_be() -> None:
    assert set(SQLModel.metadata.tables) == PROVED | NOT_PROVED.keys()


@pytest.mark.parametrize("table", sorted(PROVED))
def test_12_an_edit_of_any_column_of_any_row_is_found_by_fsck(district: District, table: str) -> None:
    """An administrator changes each value of each row, takes each row away, and puts the same again beside it.

    One thing is left to others: an old checkpoint that is taken out of the history. The witness has it in its own file.
    """
    grown(district)
    rows = SQLModel.metadata.tables[table]
    keys = [column.name for column in rows.primary_key.columns]
    with district.database.read() as connection:
        stored = [dict(row._mapping) for row in connection.execute(select(rows))]
    unnoticed = []
    for row in stored:
        same = [rows.columns[key] == row[key] for key in keys]
        other = row | {keys[-1]: _changed(row[keys[-1]])}
        changes = {"row gone": delete(rows).where(*same), "row more": insert(rows).values(**other)}
        for name, value in row.items():
            if (table, name) not in _NAMES:
                changes[name] = update(rows).where(*same).values({name: _changed(value)})
        unnoticed += [(name, row) for name, change in changes.items() if not _found(district, change, rows, stored)]
    assert len(stored) > 0
    left: list[tuple[str, dict[str, Any]]] = []
    if table == "checkpoint":
        witnessed = [size for size, _, _ in district.witness.state.given(ORIGIN)]
        left = [("row gone", row) for row in stored if row["size"] in witnessed[:-1]]
    assert unnoticed == left


def _changed(value: Any) -> Any:
    if isinstance(value, bytes):
        return bytes([value[0] ^ 1]) + value[1:]
    if isinstance(value, str):
        return value[:-1] + ("x" if value[-1:] != "x" else "y")
    return 3 if value is None else value + 1000


def _found(district: District, change: Any, rows: Any, stored: list[dict[str, Any]]) -> bool:
    """Whether a change is noticed, or refused by the database itself; it is taken back."""
    try:
        with district.tampering() as execute:
            execute(change)
    except IntegrityError:
        return True
    found = noticed(district)
    with district.database.write() as connection:
        connection.execute(delete(rows))
        connection.execute(insert(rows), stored)
    return found


@pytest.mark.parametrize("back", [0, 1, 3])
def test_12_a_kept_checkpoint_of_another_tree_is_found_by_fsck(district: District, back: int) -> None:
    """Well signed by the log's key, but over other entries than the database has: at the end, in the middle, at no known size."""
    grown(district)
    entries = district.contents()[: district.cosigned() - back]
    other = [*entries[:-1], entries[-1] + b"x"]
    note = district.log_signed(other)
    with district.tampering() as execute:
        execute("DELETE FROM checkpoint WHERE size = :size", size=len(other))
        execute("INSERT INTO checkpoint VALUES (:size, :note)", size=len(other), note=note)
    assert problems(district) == [
        f"the checkpoint of {len(other)} entries was signed over other entries than those in the database"
    ]


def test_12_an_edit_is_found_by_the_signer_before_it_signs(district: District) -> None:
    """Each byte of an entry that is committed and not signed yet (attack 13: rot, between commit and signature)."""
    district.scan(2)
    signed = district.sign()
    district.scan(1)
    good = district.contents()[signed]
    for place in range(0, len(good), 7):
        rotten = good[:place] + bytes([good[place] ^ 1 << place % 8]) + good[place + 1 :]
        with district.tampering() as execute:
            execute("UPDATE entry SET content = :content WHERE idx = :idx", content=rotten, idx=signed)
        with pytest.raises(TamperedError):
            district.sign()
    checkpoint = district.service.published.checkpoint()
    assert checkpoint is not None
    assert (checkpoint.size, district.cosigned()) == (signed, signed)
    with district.tampering() as execute:
        execute("UPDATE entry SET content = :content WHERE idx = :idx", content=good, idx=signed)
    assert district.sign() == signed + 1


def test_12_an_edit_behind_the_signature_is_found_by_everybody_who_has_the_log(district: District) -> None:
    """A mirror or an older export convicts the database; the database's own proofs and pages can not follow the lie."""
    district.scan(3)
    size = district.sign()
    mirror = district.export("mirror")
    entries = district.contents()
    altered = entries[-1].replace("库1".encode(), "库2".encode())
    with district.tampering() as execute:
        execute("UPDATE entry SET content = :content WHERE idx = :idx", content=altered, idx=size - 1)
    assert any(f"entry {size - 1}" in problem for problem in problems(district))
    assert district.verify("audit", mirror).exit_code == 0
    forged = district.forge([*entries[:-1], altered])
    compared = district.verify("compare", mirror / "checkpoint", forged / "checkpoint", policy=district.careless)
    assert compared.exit_code == 4


def test_13_rot_of_a_published_tile_never_gets_a_cosignature(district: District) -> None:
    """The signer goes on from its partial tiles: one that rotted is made again, or nothing that rests on it is published."""
    district.scan(3)
    signed = district.sign()
    tile = district.settings.effective_log_dir / "tile" / "0" / "000.p" / str(signed)
    good = tile.read_bytes()
    tile.write_bytes(good[:40] + bytes([good[40] ^ 4]) + good[41:])
    assert any("published file" in problem for problem in problems(district))
    district.scan(2)
    district.service.published._kept.clear()
    try:
        published = district.sign()
    except TamperedError:
        published = signed
    if published > signed:  # made again from the entries
        assert problems(district) == []
        assert district.verify("audit", district.export()).exit_code == 0
    assert published == district.cosigned(), "what is published was seen by the witness"


def _note(key: DeviceKey, body: bytes, *, spell: Callable[[bytes], str] = encode_base64) -> bytes:
    """A note of that body, really signed."""
    text = f"wasteledger-event/v1\n{ORIGIN}\n".encode() + body + b"\n"
    name = f"{ORIGIN}/d/{key.device_id}"
    return text + f"\n— {name} {spell(key_id(name, key.public_key) + key.sign(text))}\n".encode()


def _with_signature(note: bytes, change: Callable[[bytes], bytes]) -> bytes:
    """The note with another signature behind the same key id."""
    parsed, head = parse_note(note), note.rpartition(b" ")[0]
    return head + b" " + encode_base64(parsed.key_id + change(parsed.signature)).encode() + b"\n"


def _more_by_l(signature: bytes) -> bytes:
    return signature[:32] + (int.from_bytes(signature[32:], "little") + L).to_bytes(32, "little")


def _spare_bits(blob: bytes) -> str:
    """The same bytes in a second spelling: the spare bits of the last digit are not zero."""
    digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    text = encode_base64(blob)
    end = len(text.rstrip("="))
    return text[: end - 1] + digits[digits.index(text[end - 1]) + 1] + text[end:]


def _said(change: Callable[[bytes], bytes]) -> Callable[[bytes, DeviceKey], bytes]:
    """A note of another body, really signed."""
    return lambda note, key: _note(key, change(parse_note(note).body))


def _spelled(spell: Callable[[bytes], str]) -> Callable[[bytes, DeviceKey], bytes]:
    """The same note with its signature in another base64."""
    return lambda note, key: _note(key, parse_note(note).body, spell=spell)


def _signed(change: Callable[[bytes], bytes]) -> Callable[[bytes, DeviceKey], bytes]:
    return lambda note, _: _with_signature(note, change)


_SMALL = [bytes(32), b"\x01" + bytes(31), b"\xec" + b"\xff" * 30 + b"\x7f", b"\xee" + b"\xff" * 30 + b"\x7f"]
#: What is malformed, made of a good note and its key; the service holds it, since it proves nothing.
UNPROVED: dict[str, Callable[[bytes, DeviceKey], bytes]] = {
    "S beyond the group order": _signed(_more_by_l),
    **{f"R of small order or odd, {n}": _signed(lambda s, r=r: r + s[32:]) for n, r in enumerate(_SMALL)},
    "a signature of nothing": _signed(lambda _: bytes(64)),
    "base64 with spare bits": _spelled(_spare_bits),
    "base64 with padding inside": _spelled(lambda blob: encode_base64(blob)[:20] + "=" + encode_base64(blob)[20:]),
    "base64 with a blank": _spelled(lambda blob: encode_base64(blob)[:20] + " " + encode_base64(blob)[20:]),
    "two signatures": lambda note, _: note + note.rpartition(b"\n\n")[2],
}
#: The same, really signed by the device: the service keeps it apart.
SIGNED: dict[str, Callable[[bytes, DeviceKey], bytes]] = {
    "a key twice": _said(lambda body: body.replace(b'"actor"', b'"actor":"u-aa","actor"')),
    "not a number": _said(lambda body: body.replace(b'"version":1', b'"version":NaN')),
    "infinity": _said(lambda body: body.replace(b'"version":1', b'"version":1e400')),
    "a fraction": _said(lambda body: body.replace(b'"version":1', b'"version":1.0')),
    "truth for one": _said(lambda body: body.replace(b'"version":1', b'"version":true')),
    "a lone surrogate": _said(lambda body: body.replace("库1".encode(), b"\\ud800")),
    "an escaped letter": _said(lambda body: body.replace(b'"stored"', b'"\\u0073tored"')),
    "a high key": _said(lambda body: body[:-1] + ',"𐀀":1}'.encode()),
    "keys out of order": _said(lambda body: b'{"version":1,' + body[1:].replace(b',"version":1', b"")),
    "too deep": _said(lambda body: body[:-1] + b',"z":' + b"[" * 6 + b"]" * 6 + b"}"),
}
MALFORMED = [(why, make, "held") for why, make in UNPROVED.items()]
MALFORMED += [(why, make, "quarantine") for why, make in SIGNED.items()]


@pytest.mark.parametrize(("why", "make", "answered"), MALFORMED, ids=[why for why, _, _ in MALFORMED])
def test_20_what_is_malformed_is_refused_by_service_and_verifier_alike(
    district: District, why: str, make: Callable[[bytes, DeviceKey], bytes], answered: str
) -> None:
    good, key = district.stored(district.clinic), district.clinic.key
    bad = make(good, key)
    assert bad != good
    size = len(district.contents())
    slipped = Entry("event", district.clock.now_ms, "node1", bad).encode()
    audit = district.verify("audit", district.forge([*district.contents(), slipped]), policy=district.careless)
    if why == "truth for one":  # canonical, and so a matter of the schema: the service alone reads the schema
        with pytest.raises(ContractError):
            parse_event(parse_note(bad).payload())
    else:
        assert (audit.exit_code, audit.problems["entry"]) == (1, [size])
    verdict = district.send(bad).verdicts[0]
    assert verdict.verdict == answered, verdict.reason
    assert len(district.contents()) == size + (answered == "quarantine")
    assert district.send(good).verdicts[0].verdict == "new", "the number is not taken by what is malformed"
    district.sign()
    found = district.verify("audit", district.export()).problems
    assert found == ({"quarantine": [size]} if answered == "quarantine" else {})


@pytest.mark.parametrize("place", range(len(_SMALL)))
def test_20_a_key_of_small_order_signs_nothing(district: District, place: int) -> None:
    """No office gets it admitted, and no signature under it is ever good, to anybody."""
    fake = Teller(COLLECTOR)
    fake.key = DeviceKey(b"s" * 32)
    fake.key.public_key = _SMALL[place]
    fake.key.device_id = device_id(_SMALL[place])
    with pytest.raises(DatabaseError, match="no sound"):
        district.service.office().enrol([(fake.key, COLLECTOR)])
    note = _with_signature(district.stored(fake), lambda _: _SMALL[place] + bytes(32))
    assert district.send(note).verdicts[0].verdict == "held"
    entries = district.contents()
    slipped = Entry("event", district.clock.now_ms, "node1", note).encode()
    audit = district.verify("audit", district.forge([*entries, slipped]), policy=district.careless)
    assert audit.problems == {"entry": [len(entries)]}


def test_21_a_witness_that_forgot_is_found_by_its_own_file_and_by_the_log(district: District) -> None:
    """The regulator puts back an old database; then the whole folder."""
    district.scan(2)
    district.sign()
    shutil.copytree(district.folder / "witness", district.folder / "old-witness")
    district.scan(2)
    promised = district.sign()
    for suffix in ("", "-wal", "-shm"):
        (district.folder / "witness" / f"witness.db{suffix}").unlink(missing_ok=True)
    shutil.copy(district.folder / "old-witness" / "witness.db", district.folder / "witness" / "witness.db")
    assert district.open_witness().state.newest(ORIGIN).size == promised, "its own file of cosignatures remembers"
    shutil.rmtree(district.folder / "witness")
    shutil.copytree(district.folder / "old-witness", district.folder / "witness")
    district.witness = district.open_witness()
    assert district.cosigned() < promised
    with TestClient(make_witness_app(district.witness)) as district.witnesses._client:
        district.scan(1)
        assert district.sign() == promised, "the log notices, and publishes nothing on such a word"
    assert "forgotten" in district.witnesses.problems["w1"]
    forged = [*district.contents()[: promised - 2], *district.contents()[promised - 1 :]]
    time_s = district.clock.now_ms // 1000
    second = district.witness.key.cosign(checkpoint_of(forged).text, time_s=time_s).line
    twice = district.forge(forged, note=district.log_signed(forged) + second)
    kept = district.folder / "kept"
    kept.write_bytes(district.published_note())
    compared = district.verify("compare", kept, twice / "checkpoint", twice)
    assert compared.exit_code == 4, "two cosignatures of one witness that contradict each other convict it"


def test_21_a_second_witness_holds_when_the_first_forgot(district: District) -> None:
    second = NoteKey("witness.example.org/w2", b"2" * 32, algorithm=4)
    both = (
        f"log {district.log_key.verifier.text}\nwitness w1 {district.witness.key.verifier.text}\n"
        f"witness w2 {second.verifier.text}\ngroup g all w1 w2\nquorum g\n"
    )
    (district.folder / "both").write_text(both)
    district.scan(2)
    district.sign()
    assert district.verify("audit", district.export(), policy=district.folder / "both").codes == {"log"}
    note = district.published_note()
    time_s = district.clock.now_ms // 1000
    note += second.cosign(parse_signed_note(note).text, time_s=time_s).line
    folder = district.forge(district.contents(), note=note, history=[note])
    assert district.verify("audit", folder, policy=district.folder / "both").exit_code == 0


def test_22_a_stolen_log_key_convinces_nobody_without_the_witness(district: District) -> None:
    """A side log that only the key signed; and one with a witness of the thief's own."""
    district.scan(3)
    size = district.sign()
    side = [*district.contents()[:-1], district.contents()[-2]]
    for entries in (side, [*district.contents(), side[-1]]):
        note = district.log_signed(entries)
        assert district.ask_witness(size, [], note).status == 422
        audit = district.verify("audit", district.forge(entries, note=note))
        assert (audit.exit_code, audit.problems) == (1, {"log": [None]})
        assert "quorum" in audit.facts["problems"][0]["text"]
        thief = NoteKey(WITNESS, b"thief" * 6 + b"xx", algorithm=4)
        own = thief.cosign(parse_signed_note(note).text, time_s=district.clock.now_ms // 1000).line
        assert district.verify("audit", district.forge(entries, note=note + own)).codes == {"log"}
    assert "fork" in district.evidence()


def test_23_a_signature_is_good_for_one_name_and_one_algorithm_only(district: District) -> None:
    """A cosignature as the log's signature, the log's as a cosignature, the same name with another key, the same key elsewhere."""
    district.scan(2)
    size = district.sign()
    note = parse_signed_note(district.published_note())
    log, witness = note.signatures
    as_log = log._replace(blob=witness.blob[8:])
    as_witness = witness._replace(blob=witness.blob[:8] + log.blob)
    namesake = NoteKey(ORIGIN, b"n" * 32).sign(note.text)
    other_algorithm = NoteKey(ORIGIN, district.log_seed, algorithm=4).cosign(
        note.text, time_s=district.clock.now_ms // 1000
    )
    renamed = NoteKey("ledger.example.org/other", district.log_seed).sign(note.text)
    mine = parse_policy(district.policy.read_text())
    for signatures in (
        (as_log, witness), (log, as_witness), (namesake, witness), (other_algorithm, witness), (renamed, witness),
        (witness._replace(name=ORIGIN), log._replace(name=WITNESS)), (log._replace(key_id=witness.key_id), witness),
    ):  # fmt: skip
        forged = note._replace(signatures=signatures).encode()
        with pytest.raises(ContractError):
            mine.accept(forged)
        folder = district.forge(district.contents(), note=forged, history=[])
        assert district.verify("audit", folder).codes == {"log"}
        if signatures[0] is not log:
            assert district.ask_witness(size, [], forged).status == 403
    assert mine.accept(note.encode()).checkpoint.size == size
    folder = district.forge(
        district.contents(), note=note._replace(signatures=(namesake, *note.signatures)).encode(), history=[]
    )
    assert district.verify("audit", folder).exit_code == 0, "a stranger's line beside good ones changes nothing"


def test_24_limits_hold_for_one_more_and_not_for_one_less(district: District) -> None:
    """Requests of 500 and 501 events over HTTP, notes of the greatest length and one byte more."""
    note = district.stored(district.clinic).decode()
    with TestClient(make_app(district.service)) as client:
        full = client.post("/v1/events", json={"events": [note] * BATCH_EVENTS_MAX})
        more = client.post("/v1/events", json={"events": [note] * (BATCH_EVENTS_MAX + 1)})
        longest = client.post("/v1/events", json={"events": ["x" * NOTE_BYTES_MAX]})
        longer = client.post("/v1/events", json={"events": ["x" * (NOTE_BYTES_MAX + 1)]})
    assert [answer.status_code for answer in (full, more, longest, longer)] == [200, 422, 200, 422]
    assert [verdict["verdict"] for verdict in full.json()["verdicts"]] == ["new"] + ["duplicate"] * (
        BATCH_EVENTS_MAX - 1
    )
    assert longest.json()["verdicts"][0]["verdict"] == "held"


def test_24_a_full_queue_takes_just_what_it_has_room_for(district: District, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sequencer_module, "QUEUE_EVENTS_MAX", 4)
    notes = [district.stored(district.clinic).decode() for _ in range(5)]
    sequencer = district.service.sequencer()
    with pytest.raises(QueueFullError):
        sequencer.submit(notes)
    assert sequencer._waiting_events == 0
    assert [verdict.verdict for verdict in sequencer.submit(notes[:4]).verdicts] == ["new"] * 4


@pytest.mark.parametrize("more", [0, 1])
def test_24_notes_policies_and_proofs_end_where_they_say(district: District, more: int) -> None:
    """Service, witness and verifier count alike: 100 signature lines, 63 proof lines, 1,000 lines of policy."""
    district.scan(1)
    size = district.sign()
    note = parse_signed_note(district.published_note())
    stranger = NoteKey("stranger.example.org/x", b"x" * 32).sign(note.text)
    lines = note.signatures + (stranger,) * (SIGNATURES_MAX - len(note.signatures) + more)
    folder = district.forge(district.contents(), note=note._replace(signatures=lines).encode(), history=[])
    assert district.verify("audit", folder).exit_code == more
    proof = [bytes(32)] * (PROOF_HASHES_MAX + more)
    answer = district.ask_witness(size - 1, proof, note.encode())
    assert answer.status == (400 if more else 409), "too many, or only of the wrong size"
    text = district.policy.read_text()
    long = text + "#\n" * (LINES_MAX - text.count("\n") - 1 + more)
    (district.folder / "long-policy").write_text(long)
    audit = district.verify("audit", district.export(), policy=district.folder / "long-policy")
    assert audit.exit_code == 2 * more
    if more:
        with pytest.raises(ContractError):
            parse_policy(long)
    else:
        assert parse_policy(long).quorum == "w1"


def test_24_the_shelf_for_strangers_ends(district: District, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ledger_module, "HELD_NOTES_MAX", 2)
    stranger = Teller(COLLECTOR)
    stranger.key = DeviceKey(b"q" * 32)
    notes = [district.stored(stranger) for _ in range(3)]
    assert [verdict.verdict for verdict in district.send(*notes).verdicts] == ["held"] * 3
    with district.database.read() as connection:
        assert Ledger(connection).held_count() == 2
    assert len(district.contents()) == 4
