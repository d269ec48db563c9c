"""Attacks by devices, with devices and on the packages themselves: clocks, stolen and copied phones, labels, photographs."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from schemas.canonical import encode_base64
from schemas.signing import DeviceKey
from tests.faults.attacks import DAY_MS, HOUR_MS, District, opened
from tests.folding import history_of
from tests.stories_builder import (
    BAG,
    BAG2,
    CLINIC,
    COLLECTOR,
    OTHER_CLINIC,
    PHOTO,
    TRANSFER,
    Story,
    Teller,
    classes,
    codes_of,
    register,
)
from wasteledger.domain.devices import device_findings
from wasteledger.domain.entry import Entry
from wasteledger.domain.findings import Finding
from wasteledger.domain.register import Directory

REGION = "500114"


@pytest.fixture
def district(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[District]:
    yield from opened(tmp_path, monkeypatch)


def audited(district: District) -> dict[str, list[int | None]]:
    """What the regulator's audit says of the log as it stands."""
    district.sign()
    return district.verify("audit", district.export()).problems


def findings(district: District) -> list[Finding]:
    return list(device_findings(history_of(district.service), Directory(register()), region=REGION))


@pytest.mark.parametrize("days", [-11, -3, 1, 3])
def test_09_a_device_clock_that_was_set_is_found_between_the_checkpoints(district: District, days: int) -> None:
    """The checkpoint that a scan names bounds it from below, its receipt from above, and the uptime says that the clock was set."""
    district.scan(1, monotonic_ms=1_000)
    district.sign()
    district.clock.now_ms += HOUR_MS
    district.scan(
        1, occurred_ms=district.clock.now_ms + days * DAY_MS, monotonic_ms=3_601_000, checkpoint=district.seen()
    )
    place = len(district.contents()) - 1
    found = audited(district)
    assert found["clock"] == found["clock_set"] == [place]
    assert found.get("late", [place]) == [place]
    shown = {"time_outside_bracket"} if days < 0 else {"clock_skew"}
    assert {finding.code for finding in findings(district)} == shown


def test_10_an_operator_who_back_dates_a_receipt_is_found_by_the_witness_time(district: District) -> None:
    """His server's clock is put back behind a checkpoint; the witness's is not his."""
    district.scan(2)
    early_ms = district.clock.now_ms
    district.clock.now_ms += 6 * HOUR_MS
    size = district.sign()
    district.clock.now_ms = early_ms + 60_000
    district.scan(1)
    district.clock.now_ms = early_ms + 7 * HOUR_MS
    assert audited(district) == {"received": [size]}


def test_10_an_operator_who_rewrites_a_time_of_receipt_breaks_the_root(district: District) -> None:
    district.scan(3)
    size = district.sign()
    entries = district.contents()
    head = entries[-1].split(b" ", 2)
    for at_ms in (district.clock.now_ms - DAY_MS, district.clock.now_ms + DAY_MS):
        forged = [*entries[:-1], b" ".join([head[0], str(at_ms).encode(), head[2]])]
        hidden = district.forge(forged, note=district.published_note(), history=[])
        assert "root" in district.verify("audit", hidden).codes
        resigned = district.forge(forged, "resigned", history=[district.published_note()])
        audit = district.verify("audit", resigned, policy=district.careless)
        assert audit.exit_code == 1
        assert "fork" in audit.codes
        assert district.ask_witness(size, [], (resigned / "checkpoint").read_bytes()).status == 422


def test_11_a_hoarded_scan_is_found_late_with_its_old_checkpoint(district: District) -> None:
    """Signed now, handed in next month."""
    district.scan(1)
    seen_size = district.sign()
    note = district.stored(district.clinic, checkpoint=district.seen())
    district.clock.now_ms += 30 * DAY_MS
    district.send(note)
    place = len(district.contents()) - 1
    assert audited(district) == {"late": [place]}
    assert [finding.code for finding in findings(district)] == ["back_dated"]
    event = history_of(district.service).by_device[district.clinic.key.device_id][1].event
    assert event.checkpoint is not None
    assert event.checkpoint["size"] == seen_size


def test_14_a_stolen_handheld_is_found_by_its_revocation(district: District) -> None:
    """What it hands in behind the revocation is kept and flagged; what came before stays good."""
    before = district.scan(2)
    old = district.stored(district.clinic)
    device = district.clinic.key.device_id
    district.service.office().record([{"kind": "revoked", "device": device, "reason": "stolen"}])
    revoked = len(district.contents()) - 1
    district.sign()
    new = district.stored(district.clinic, checkpoint=district.seen())
    assert [verdict.verdict for verdict in district.send(old, new).verdicts] == ["new", "new"]
    assert [verdict.verdict for verdict in district.send(*before).verdicts] == ["duplicate"] * 2
    assert audited(district) == {"revoked": [revoked + 1, revoked + 2], "not_entitled": [revoked + 1]}
    assert [finding.code for finding in findings(district)] == ["revoked_device"] * 2
    thief = Teller(COLLECTOR)
    thief.key = DeviceKey(b"t" * 32)
    enrolment = district.clinic.enrolment(thief, occurred_ms=district.clock.now_ms)
    assert district.send(enrolment).verdicts[0].verdict == "held", "it can admit nobody"


def test_15_a_cloned_device_is_found_by_one_number_on_two_events(district: District) -> None:
    """Two phones, one chain: both scans stay in the log, each under the device's own signature."""
    district.scan(1)
    twin = Teller(CLINIC)
    twin.number, twin.previous = district.clinic.number, district.clinic.previous
    first, second = district.stored(district.clinic, "库1"), district.stored(twin, "库2")
    verdicts = district.send(first, second).verdicts
    assert [verdict.verdict for verdict in verdicts] == ["new", "fork"]
    place = len(district.contents()) - 1
    assert audited(district) == {"fork": [place], "not_entitled": [place - 1]}, "neither of the two proves anything"
    assert [finding.code for finding in findings(district)] == ["device_fork"]
    assert [entry.endswith(note) for entry, note in zip(district.contents()[-2:], (first, second), strict=True)] == [
        True,
        True,
    ]
    # going on from the second one, the copy names an event that the chain does not have
    continued = district.stored(twin)
    assert district.send(continued).verdicts[0].verdict == "new"
    assert audited(district)["prev"] == [None]


def test_16_a_fake_device_can_neither_admit_itself_nor_stay_unseen(district: District) -> None:
    """Enrolment is an office's event in the log; a key without one is nobody, to the service and to the verifier."""
    fake = Teller(TRANSFER)
    fake.key = DeviceKey(b"f" * 32)
    note = district.stored(fake)
    assert district.send(note).verdicts[0].verdict == "held"
    assert district.send(fake.enrolment(fake, role="office")).verdicts[0].verdict == "held"
    entries = district.contents()
    slipped = [*entries, Entry("event", district.clock.now_ms, "node1", note).encode()]
    audit = district.verify("audit", district.forge(slipped), policy=district.careless)
    assert (audit.exit_code, audit.problems) == (1, {"entry": [len(entries)]})
    # admitted by the operator's own office key it is there for everybody to count
    before = audit.facts["devices"]
    district.service.office().enrol([(fake.key, TRANSFER)])
    audited(district)
    assert district.verify("audit", district.export()).facts["devices"] == before + 1


def test_16_a_hand_over_by_one_organisation_alone_is_no_hand_over() -> None:
    """It invents scans for itself as it likes: without the other side's key nothing is transferred, and nothing is safe."""
    story = Story()
    bags = [BAG, BAG2]
    story.issue(*bags)
    for bag in bags:
        story.seal(bag)
    story.hop(BAG, CLINIC, COLLECTOR, at="02 14:00")
    story.accept(BAG2, CLINIC, COLLECTOR, at="02 14:06")
    story.hop(bags, COLLECTOR, TRANSFER, at="02 16:00")
    story.to_plant(bags)
    story.dispose(bags)
    answer = story.reconcile()
    assert classes(answer)["safely_disposed"] == 1
    assert sum(classes(answer).values()) == 2
    assert "one_sided_hop" in codes_of(answer)
    chain = next(finding for finding in answer.findings if finding.code == "one_sided_hop")
    assert chain.items == (BAG2,)


def test_16_one_person_for_both_sides_is_named() -> None:
    story = Story()
    story.issue(BAG)
    story.seal(BAG)
    story.release(BAG, CLINIC, COLLECTOR, at="02 14:00", vouched_by="u-invented")
    story.accept(BAG, CLINIC, COLLECTOR, at="02 14:05", vouched_by="u-invented")
    assert "same_person_both_sides" in codes_of(story.reconcile())


def test_17_a_cloned_label_is_found_by_two_histories() -> None:
    """One code on two boxes: two sealings; or one that is seen behind its own end."""
    story = Story()
    story.whole_life(BAG)
    assert not codes_of(story.reconcile())
    story.seal(BAG, at="02 09:00", site=OTHER_CLINIC)
    assert codes_of(story.reconcile()) == {"duplicate_code"}
    ghost = Story()
    ghost.whole_life(BAG)
    ghost.tell(TRANSFER, "stored", at="03 15:30", codes=[BAG], room="库1")
    assert "seen_after_end" in codes_of(ghost.reconcile())
    moved = Story()
    moved.issue(BAG)
    moved.seal(BAG)
    moved.tell(TRANSFER, "stored", at="02 09:00", codes=[BAG], room="库1")
    assert "missing_link" in codes_of(moved.reconcile())


def test_18_a_forged_label_is_found_by_its_missing_issue() -> None:
    story = Story()
    story.issue(BAG)
    story.seal(BAG)
    story.seal(BAG2, at="02 08:10")
    answer = story.reconcile(as_of="02 12:00")
    assert [finding.items for finding in answer.findings if finding.code == "unknown_code"] == [(BAG2,)]
    assert codes_of(answer) == {"unknown_code"}


def test_19_a_substituted_photograph_is_found_by_its_digest(district: District) -> None:
    """The event names the photo's SHA-256: neither the photo nor the name can be exchanged."""
    photo = b"a photo of the burst bag"
    district.scan(1, attachments=[PHOTO])
    fact = history_of(district.service).by_device[district.clinic.key.device_id][0]
    named = fact.event.attachments[0]
    assert named == encode_base64(hashlib.sha256(photo).digest())
    for place in range(len(photo)):
        other = photo[:place] + bytes([photo[place] ^ 1]) + photo[place + 1 :]
        assert encode_base64(hashlib.sha256(other).digest()) != named
    other = encode_base64(hashlib.sha256(b"a photo of a whole bag").digest())
    entries = district.contents()
    forged = [*entries[:-1], entries[-1].replace(PHOTO.encode(), other.encode())]
    assert forged != entries
    audit = district.verify("audit", district.forge(forged), policy=district.careless)
    assert (audit.exit_code, audit.problems) == (1, {"entry": [len(entries) - 1]})
