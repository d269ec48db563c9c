"""Attacks on the history itself: taken back, told twice, shortened, put in another order, shown when it is old."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from schemas.canonical import encode_base64
from schemas.signing import parse_note
from tests.faults.attacks import DAY_MS, District, note_of, opened, place_of
from tests.folding import history_of
from tests.stories_builder import CLINIC, ORIGIN, Teller, register
from tests.verify import exports
from wasteledger.domain.devices import device_findings
from wasteledger.domain.entry import Entry, decode_entry
from wasteledger.domain.merkle import Frontier, leaf_hash
from wasteledger.domain.register import Directory
from wasteledger.errors import NotFoundError, RolledBackError, TamperedError
from wasteledger.flows.questions import prove_event
from wasteledger.flows.signer_state import SignerState


@pytest.fixture
def district(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[District]:
    yield from opened(tmp_path, monkeypatch)


def test_an_honest_district_is_good_to_everybody(district: District) -> None:
    """Without this, every detection below could be a false alarm."""
    for _ in range(3):
        district.scan(4, checkpoint=district.seen() if district.service.published.note() else None)
        assert district.sign() == len(district.contents())
    audit = district.held_against(district.export(), district.receipts)
    assert (audit.exit_code, audit.problems) == (0, {})
    assert district.evidence() == []
    assert district.witnesses.problems == {}


@pytest.mark.parametrize(("grown", "kept"), [(0, []), (3, ["fork"]), (5, ["refused"])])
def test_01_rollback_is_found_by_the_signer_and_the_witness(district: District, grown: int, kept: list[str]) -> None:
    """Last night's database; as it was, and after it took in as much or more than it had forgotten."""
    district.scan(4)
    night = district.sign()
    district.snapshot("night", "wasteledger.db")
    district.scan(3)
    promised = district.sign()
    pinned, receipts = district.folder / "pinned", district.receipts[-3:]
    pinned.write_bytes(district.published_note())
    district.take_back("night")
    with pytest.raises(RolledBackError):
        district.service.sequencer()
    if grown:
        district.write_round(*(district.stored(district.collector) for _ in range(grown)))
    with pytest.raises(TamperedError) as refused:
        district.sign()
    assert isinstance(refused.value, RolledBackError) is (grown == 0)

    forged = district.forge(district.contents())  # what he signs round his own signer
    answer = district.ask_witness(night, [], (forged / "checkpoint").read_bytes())
    assert (answer.status, answer.body) == (409, f"{promised}\n")
    assert district.evidence() == kept
    assert "promise" in district.held_against(forged, receipts, policy=district.careless).codes
    if grown:
        device = district.verify("compare", pinned, forged / "checkpoint", forged, policy=district.careless)
        assert (device.exit_code, device.codes) == (4, {"fork"})


def test_02_rollback_with_the_signers_file_is_found_by_the_witness(district: District) -> None:
    """Database, signer's file and published folder of one night: nothing on the operator's machine remembers."""
    district.scan(4)
    night = district.sign()
    district.snapshot("night")
    district.scan(3)
    promised = district.sign()
    district.take_back("night")
    district.scan(2)
    assert district.sign() == night, "nothing new is published"
    assert "rolled back" in district.witnesses.problems["w1"]
    district.scan(5)
    assert district.sign() == night
    assert "422" in district.witnesses.problems["w1"]
    assert set(district.evidence()) == {"inconsistent", "refused"}
    assert district.cosigned() == promised


def test_02_the_signers_file_is_only_swapped_for_what_continues_it(district: District) -> None:
    """Two signers that do not know of one another, or a file that was put back between reading and writing."""
    district.scan(2)
    district.sign()
    state = SignerState(district.settings.effective_signer_dir / "signed", ORIGIN)
    held, other = state.read(), Frontier(1, [leaf_hash(b"another log")])
    for believed in (Frontier(), other):
        with pytest.raises(TamperedError, match="was changed"):
            state.swap(believed, other)
    assert (state.read().size, state.read().subtrees) == (held.size, held.subtrees)
    state.swap(held, other)
    assert state.read().size == other.size


def test_03_a_split_view_is_found_by_the_device_that_was_shown_it(district: District) -> None:
    """Two servers with one key; a device syncs with both, and carries what the second one showed it."""
    district.scan(3)
    district.sign()
    district.snapshot("twin")
    district.scan(2)
    size = district.sign()
    main, shown = district.folder / "main", district.folder / "shown"
    main.write_bytes(district.published_note())
    with district.second_server("twin"):
        district.scan(2, district.collector)
        twin = district.contents()
    shown.write_bytes(district.log_signed(twin))
    root = encode_base64(exports.root([leaf_hash(entry) for entry in twin]))
    carried = district.stored(district.clinic, checkpoint={"size": size, "root": root})
    district.send(carried, district.stored(district.clinic))
    district.sign()
    audit = district.verify("audit", district.export())
    assert (audit.exit_code, audit.problems) == (3, {"split_view": [size]})

    assert district.ask_witness(size, [], shown.read_bytes()).status == 409
    assert district.evidence() == ["fork"]
    compared = district.verify("compare", main, shown)
    assert (compared.exit_code, compared.codes) == (4, {"fork"})
    saved = {path.read_bytes() for path in (district.folder / "fork-evidence").iterdir()}
    assert saved == {main.read_bytes(), shown.read_bytes()}

    entries = [entry for entry in district.contents() if not entry.endswith(carried)]
    hidden = district.verify("audit", district.forge(entries), policy=district.careless)
    assert hidden.codes == {"hole"}, "he can only hide it by making a hole in a chain that he needs"


def test_04_a_deleted_entry_is_found_by_the_witness_and_every_receipt(district: District) -> None:
    """He drops an entry, makes every hash again and signs: for each entry that he might drop."""
    first, *others = district.scan(5)
    promised = district.sign()
    receipt, proof = district.receipts[0], prove_event(district.service, parse_note(first).event_id.hex())
    assert proof is not None
    older = district.folder / "r2-checkpoint"
    older.write_bytes(proof.checkpoint)
    entries = district.contents()
    for place in range(len(entries)):
        shorter = entries[:place] + entries[place + 1 :]
        answer = district.ask_witness(promised, [], district.log_signed([*shorter, b"one more"]))
        assert answer.status == 422, f"entry {place}"
    assert district.evidence() == ["fork"] * (len(entries))
    place = place_of(entries, first)
    folder = district.forge(entries[:place] + entries[place + 1 :])
    audit = district.held_against(folder, [receipt], policy=district.careless)
    assert (audit.exit_code, audit.codes) == (1, {"promise", "hole"})
    grown = district.forge([*entries[:place], *entries[place + 1 :], entries[-1], entries[-1]], "grown")
    against_r2 = district.verify("compare", older, grown / "checkpoint", grown, policy=district.careless)
    assert (against_r2.exit_code, against_r2.codes) == (4, {"fork"})
    gaps = district.verify("gaps", folder, policy=district.careless)
    assert gaps.facts["gaps"][1]["holes"] == [[0, 0]]
    assert len(others) == 4


def test_05_a_scan_discarded_before_logging_is_found_by_its_device_and_its_counterparty(district: District) -> None:
    """The gateway loses the third scan."""
    notes = [district.stored(district.clinic) for _ in range(4)]
    answer = district.send(notes[0], notes[1], notes[3])
    lost = (district.clinic.key.device_id, 2, 2)
    assert [(hole.device_id, hole.first, hole.last) for hole in answer.needed] == [lost]
    secret = parse_note(notes[2])
    with pytest.raises(NotFoundError):
        prove_event(district.service, secret.event_id.hex())  # so the handheld still has it
    counter = {"device_id": secret.device_id, "device_seq": 2, "event_id": encode_base64(secret.event_id)}
    district.send(district.stored(district.collector, counter_event=counter))
    district.sign()
    audit = district.verify("audit", district.export())
    assert (audit.exit_code, audit.codes) == (3, {"hole", "counter_event"})
    assert _device_gaps(district) == [f"{lost[0]} № 2"]
    assert district.send(notes[2]).verdicts[0].verdict == "new"
    assert (_device_gaps(district), district.sign()) == ([], len(district.contents()))
    assert district.verify("audit", district.export()).problems == {}


def _device_gaps(district: District) -> list[str]:
    found = device_findings(history_of(district.service), Directory(register()), region="500114")
    return [finding.detail for finding in found if finding.code == "device_gap"]


def test_06_a_suppressed_tail_is_found_by_hello_counterparty_and_receipt(district: District) -> None:
    """The last scans are dropped and the device breaks; each of three traces is enough by itself."""
    district.scan(2)
    district.sign()
    honest = district.contents()
    last = district.scan(1)[0]
    receipt, device = district.receipts[-1], district.clinic.key.device_id
    told = district.hello(district.clinic)
    counter = {"device_id": device, "device_seq": 2, "event_id": encode_base64(parse_note(last).event_id)}
    answered = district.stored(district.collector, counter_event=counter)
    district.rebuild(honest)
    folder = district.forge(honest)
    assert "promise" in district.held_against(folder, [receipt], policy=district.careless).codes
    for trace, code in ((told, "lost_end"), (answered, "counter_event")):
        kind = "hello" if trace == told else "event"
        entry = Entry(kind, district.clock.now_ms, "node1", trace).encode()
        audit = district.verify("audit", district.forge([*honest, entry], code), policy=district.careless)
        assert (audit.exit_code, audit.problems) == (3, {code: [len(honest)]})


def test_07_a_replay_is_a_duplicate_and_belongs_to_one_log(district: District) -> None:
    note = district.scan(1)[0]
    size = len(district.contents())
    again = [verdict for _ in range(4) for verdict in district.send(*[note] * 250).verdicts]
    assert {(verdict.verdict, verdict.index) for verdict in again} == {("duplicate", size - 1)}
    assert len(again) == 1000
    assert len(district.contents()) == size
    foreign = Teller(CLINIC, origin="ledger.example.org/exercise")
    verdict = district.send(district.stored(foreign)).verdicts[0]
    assert verdict.verdict == "held"
    assert "is meant for the log" in (verdict.reason or "")
    foreign.number, foreign.previous = district.clinic.number, district.clinic.previous
    slipped = Entry("event", district.clock.now_ms, "node1", district.stored(foreign)).encode()
    audit = district.verify("audit", district.forge([*district.contents(), slipped]), policy=district.careless)
    assert (audit.exit_code, audit.problems["entry"]) == (1, [size])
    twice = district.forge([*district.contents(), district.contents()[-1]], "twice")
    assert district.verify("audit", twice, policy=district.careless).problems["entry"] == [size]


def test_08_reordering_is_found_by_the_root_and_by_the_devices_chains(district: District) -> None:
    """A bundle with two entries exchanged; hidden under the true checkpoint, and signed anew."""
    district.scan(2)
    district.scan(2, district.collector)
    size = district.sign()
    entries = district.contents()
    for place in range(1, size - 1):
        swapped = [*entries[:place], entries[place + 1], entries[place], *entries[place + 2 :]]
        under_true = district.forge(swapped, note=district.published_note(), history=[])
        assert "root" in district.verify("audit", under_true).codes
        anew = district.forge(swapped, "anew")
        audit = district.verify("audit", anew, policy=district.careless)
        assert (audit.exit_code, "received" in audit.codes) == (1, True), f"entry {place}"
        assert district.ask_witness(size, [], (anew / "checkpoint").read_bytes()).status == 422
    # with the times of receipt forged too the entries alone tell nothing: the witness does, and the chain's own numbers stay
    times = [decode_entry(entry).received_ms for entry in entries[-2:]]
    retimed = [
        Entry("event", at, "node1", note_of(entry)).encode() for at, entry in zip(times, entries[:-3:-1], strict=True)
    ]
    folder = district.forge([*entries[:-2], *retimed], "retimed")
    assert district.verify("audit", folder, policy=district.careless).codes == set()
    assert district.verify("audit", folder).exit_code == 1
    assert district.ask_witness(size, [], (folder / "checkpoint").read_bytes()).status == 422


def test_25_a_stale_view_is_found_by_the_witness_time_and_the_pinned_size(district: District) -> None:
    """The operator goes on serving last month's checkpoint, with all its good signatures."""
    district.scan(3)
    district.sign()
    old = district.export("old")
    assert district.verify("audit", old).exit_code == 0
    district.clock.now_ms += 30 * DAY_MS
    district.scan(3)
    district.sign()
    stale = district.verify("audit", old)
    assert (stale.exit_code, stale.problems) == (3, {"stale": [None]})
    assert district.verify("audit", district.export("new")).exit_code == 0
    pinned = district.folder / "pinned"
    pinned.write_bytes(district.published_note())
    assert district.verify("audit", old, "--from", pinned).exit_code != 0, "it is shorter than what the reader has seen"
