"""Each finding by the smallest story that raises it, and what it does to the item's class."""

import pytest

from schemas.canonical import encode_base64
from schemas.reasons import REASONS
from schemas.signing import parse_note, sign_event
from tests.domain.finding_stories import HOUR_MS
from tests.domain.lie_stories import STORIES
from tests.stories_builder import (
    BAG,
    BAG2,
    CLINIC,
    HOSPITAL,
    OFFICE,
    ORIGIN,
    Story,
    classes,
    codes_of,
    ms,
)


def test_every_finding_code_has_its_story() -> None:
    # Four months of days (test_producers.py), a share of many voids (test_voids.py), two versions of the register (test_lies.py).
    told_elsewhere = {"under_reporting", "unusual_voids", "retroactive_register"}
    assert set(STORIES) | told_elsewhere == set(REASONS)


@pytest.mark.parametrize("code", STORIES)
def test_a_story_raises_its_finding_and_sets_the_class(code: str) -> None:
    told, item_class, as_of = STORIES[code]
    story = Story()
    told(story)
    answer = story.reconcile(as_of=as_of)
    raised = [finding for finding in answer.findings if finding.code == code]
    assert raised, codes_of(answer)
    assert set(classes(answer)) == set((item_class or "").split())
    assert code != "duplicate_code" or classes(answer) == {"chain_broken": 2}
    for finding in raised:
        assert finding.evidence or finding.code == "silent_producer", "silence has no event to show"
        assert finding.site[1:].startswith("500114")
        assert finding.due_ms == finding.at_ms + REASONS[code].answer_h * HOUR_MS
    identities = [finding.finding_id for finding in answer.findings]
    assert len(identities) == len(set(identities)), "one finding stands twice"


#: What may stand beside a finding; one that always drags others along tells nobody where to look.
BESIDE: dict[str, set[str]] = {
    "unlicensed_plant": set(),
    "missing_link": set(),
    "disposed_not_received": set(),
    "quarantined_event": set(),
    "newer_event": set(),
    "device_gap": {"device_fork"},  # the next scan names the missing one
    "never_sealed": set(),
    "revoked_device": {"sealing_unconfirmed"},  # what it says proves nothing
    "one_sided_hop": {"overdue_delivery"},  # still with the collector
    "duplicate_code": set(),
    "box_difference": set(),
}


@pytest.mark.parametrize("code", BESIDE)
def test_a_story_raises_little_else(code: str) -> None:
    told, _, as_of = STORIES[code]
    story = Story()
    told(story)
    assert codes_of(story.reconcile(as_of=as_of)) - {code} <= BESIDE[code]


def test_a_life_with_nothing_missing_raises_nothing() -> None:
    story = Story()
    story.whole_life(BAG)
    answer = story.reconcile()
    assert codes_of(answer) == set()
    assert classes(answer) == {"safely_disposed": 1}


def test_nothing_is_overdue_a_minute_before_its_limit() -> None:
    for code, (told, _, as_of) in STORIES.items():
        if not code.startswith(("overdue", "in_limbo", "arrived", "refused")):
            continue
        story = Story()
        told(story)
        day, time = as_of.split()
        before = f"{day} {time[:3]}{int(time[3:]) - 1:02d}"
        assert classes(story.reconcile(as_of=before)) == {"on_its_way": 1}, code


def test_a_giver_nobody_registered_is_not_exempt_from_the_manifest() -> None:
    story = Story()
    story.issue(BAG)
    story.seal(BAG, site="C500114105999")
    story.to_transfer(BAG, site="C500114105999")
    assert "manifest_missing" in codes_of(story.reconcile())


def test_a_small_clinic_needs_no_manifest_and_a_hospital_does() -> None:
    story = Story()
    for code, site in ((BAG, CLINIC), (BAG2, HOSPITAL)):
        story.issue(code)
        story.seal(code, site=site)
        story.to_transfer(code, site=site)
    missing = [finding for finding in story.reconcile().findings if finding.code == "manifest_missing"]
    assert {item for finding in missing for item in finding.items} == {BAG2}


def test_a_fork_of_a_chain_shows_when_the_past_was_rewritten() -> None:
    """No number is used twice, but an event names another past than the one that was handed in."""
    story = Story()
    story.issue(BAG)
    story.seal(BAG, at="03 14:00")
    story.teller(CLINIC).previous = encode_base64(bytes(32))
    told = story.tell(CLINIC, "stored", at="03 15:00", codes=[BAG], room="库1")
    assert "untrusted_device" in codes_of(story.reconcile())
    forks = [finding for finding in story.reconcile().findings if finding.code == "device_fork"]
    assert [finding.evidence for finding in forks] == [(told,)]


def test_a_gap_closes_when_the_missing_scan_arrives() -> None:
    story = Story()
    story.issue(BAG)
    story.seal(BAG, at="03 14:00")
    late = story.teller(CLINIC).note("stored", occurred_ms=ms("03 15:00"), codes=[BAG], room="库1")
    story.tell(CLINIC, "stored", at="03 15:30", codes=[BAG], room="库2")
    assert "device_gap" in codes_of(story.reconcile())
    story.write(late, received_ms=ms("03 15:50"))
    assert codes_of(story.reconcile()) == set()


def test_a_revoked_key_stays_revoked_when_it_is_enrolled_again() -> None:
    story = Story()
    story.issue(BAG)
    clinic = story.teller(CLINIC)
    story.tell(OFFICE, "revoked", at="03 13:00", device=clinic.key.device_id, reason="stolen")
    story.write(story.office.enrolment(clinic, occurred_ms=ms("03 14:00")), received_ms=ms("03 14:00"))
    story.seal(BAG, at="03 15:00")
    assert "revoked_device" in codes_of(story.reconcile())


def test_a_quarantined_note_is_shown_with_its_id() -> None:
    story = Story()
    STORIES["quarantined_event"][0](story)
    note = sign_event(story.teller(CLINIC).key, origin=ORIGIN, payload={"kind": "teleported"})
    found = next(finding for finding in story.reconcile().findings if finding.code == "quarantined_event")
    assert found.evidence == (encode_base64(parse_note(note).event_id),)
    assert found.site == CLINIC


def test_a_chain_that_does_not_begin_at_its_enrolment() -> None:
    """Somebody uses an admitted key with another past than the one that was admitted."""
    story = Story()
    story.teller(CLINIC).previous = encode_base64(b"\x07" * 32)
    story.tell(CLINIC, "stored", at="02 08:00", codes=[BAG], room="库")
    found = [finding for finding in story.reconcile().findings if finding.code == "device_fork"]
    assert [finding.detail for finding in found] == [f"{story.teller(CLINIC).key.device_id} № 0"]
