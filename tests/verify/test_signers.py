"""Who may say what, in whole logs: an impostor, a stolen, a copied and a rewritten handheld, an office that was copied."""

from pathlib import Path
from typing import Any

import pytest

from schemas.canonical import encode_base64
from schemas.codes import stock_code
from tests.stories_builder import (
    BAG,
    BOX,
    CLINIC,
    COLLECTOR,
    HOSPITAL,
    OFFICE,
    PHOTO,
    PLANT,
    TRANSFER,
    Story,
    Teller,
    ms,
)
from tests.verify.exports import export, story
from tests.verify.speakers import BADGED, at_the_van, audit, found, keep, of_code, people, said, speak
from wasteledger.audit.verify.report import FINDINGS, LISTED_MAX


def test_an_impostor_is_named(tmp_path: Path) -> None:
    """One clinic's handheld signs the sealing, every hop and the furnace in everybody's name; the bag lies in a ravine."""
    told = Story()
    clinic = told.teller(CLINIC)
    told.issue(BAG)
    first = len(told.entries)
    told.seal(BAG)
    for hour, giver, taker in ((14, CLINIC, COLLECTOR), (15, COLLECTOR, TRANSFER), (16, TRANSFER, PLANT)):
        speak(told, CLINIC, "released", at=f"02 {hour}:00", codes=[BAG], site=giver, to_site=taker)
        speak(told, CLINIC, "accepted", at=f"02 {hour}:05", codes=[BAG], site=taker, from_site=giver)
    speak(told, CLINIC, "disposed", at="02 17:00", codes=[BAG], site=PLANT, batch="炉1", method="incineration")
    report = audit(export(tmp_path, told.entries))
    assert report.exit_code == FINDINGS
    assert said(report) == {"accepted": 3, "released": 2, "disposed": 1}
    assert {problem.device_id for problem in report.findings} == {clinic.key.device_id}
    assert found(report)["not_entitled"] == [first + 2, first + 3, first + 7]
    assert CLINIC in report.findings[0].text
    assert PLANT in report.findings[0].text
    assert found(report)["one_device_hop"] == [first + 1]
    assert "both sides of 3 hand-overs" in of_code(report, "one_device_hop")[0].text


def test_a_flood_is_one_line_for_each_device_and_kind(tmp_path: Path) -> None:
    told = Story()
    for number in range(LISTED_MAX + 5):
        speak(told, CLINIC, "stored", at="02 08:00", after_ms=number, codes=[BAG], room="库", site=TRANSFER)
    report = audit(export(tmp_path, told.entries))
    assert said(report) == {"stored": LISTED_MAX + 5}
    assert len(report.findings) == 1


@pytest.mark.parametrize(
    "kind", ["voided", "corrected", "incident", "manifested", "vouched", "issued", "cased", "trusted"]
)
def test_words_about_others_are_seen(tmp_path: Path, kind: str) -> None:
    """One button can not sabotage a neighbour: it is signed, logged, and named."""
    told = story()
    clinic = told.teller(CLINIC).key.device_id
    fields: dict[str, dict[str, Any]] = {
        "voided": {"codes": [BAG], "reason": "never_was"},
        "corrected": {"codes": [BAG], "target_event_id": PHOTO, "reason": "did_not_occur"},
        "incident": {"codes": [BAG], "incident": "loss"},
        "manifested": {"manifest": "20265001000009", "action": "voided", "reason": "错"},
        "vouched": {"codes": [BAG], "target_event_id": PHOTO},
        "issued": {"codes": [stock_code("500114", 9)], "stock": "roll 9", "for_site": CLINIC},
        "cased": {"case": "1", "action": "closed", "note": "好"},
        "trusted": {"device": clinic, "last_seq": 99},
    }
    speak(
        told,
        CLINIC,
        kind,
        at="03 16:00",
        site=OFFICE if kind in {"issued", "cased", "trusted"} else HOSPITAL,
        **fields[kind],
    )
    report = audit(export(tmp_path, told.entries))
    assert found(report) == {"not_entitled": [len(told.entries) - 1]}
    assert report.findings[0].device_id == clinic


def test_being_the_authority_is_no_letter_of_a_site_code(tmp_path: Path) -> None:
    """A device that was admitted for the authority's site, but not as an office."""
    told = story()
    van = Teller(OFFICE)
    van.key = Teller("T500114105009").key
    told.write(told.office.enrolment(van, occurred_ms=ms("03 16:00")), received_ms=ms("03 16:00"))
    told.tellers["van"] = van
    report = audit(export(tmp_path / "before", told.entries))
    assert found(report) == {}
    van.previous = encode_base64(b"\x00" * 32)
    note = van.note("revoked", occurred_ms=ms("03 16:01"), device=told.teller(CLINIC).key.device_id, reason="lost")
    told.write(note, received_ms=ms("03 16:02"))
    assert found(audit(export(tmp_path / "after", told.entries)))["entry"] == [len(told.entries) - 1]


def test_a_device_of_two_sites_is_each_of_them_and_yet_one_party(tmp_path: Path) -> None:
    told = story()
    both = Teller(TRANSFER)
    both.key = told.teller(CLINIC).key
    told.write(told.office.enrolment(both, occurred_ms=ms("03 16:00")), received_ms=ms("03 16:00"))
    bag = stock_code("500114", 77)
    told.issue(bag, at="03 16:05")
    told.seal(bag, at="03 16:10")
    first = len(told.entries)
    speak(told, CLINIC, "released", at="03 16:20", codes=[bag], to_site=TRANSFER)
    speak(told, CLINIC, "accepted", at="03 16:25", codes=[bag], site=TRANSFER, from_site=CLINIC)
    report = audit(export(tmp_path, told.entries))
    assert found(report) == {"one_device_hop": [first]}


def test_a_stolen_handheld_proves_nothing_even_with_a_badge(tmp_path: Path) -> None:
    told, _ = at_the_van(people())
    thief = told.teller(COLLECTOR)
    speak(told, OFFICE, "revoked", at="02 09:00", device=thief.key.device_id, reason="stolen")
    speak(told, COLLECTOR, "stored", at="02 10:00", codes=[BAG], room="库")
    speak(told, COLLECTOR, "released", at="02 10:10", codes=[BAG], to_site=TRANSFER, site=CLINIC, **BADGED)
    last = len(told.entries) - 1
    report = audit(keep(export(tmp_path, told.entries), people()))
    assert found(report) == {"revoked": [last - 1, last], "not_entitled": [last - 1, last]}
    assert "revoked" in of_code(report, "not_entitled")[0].text


def test_behind_a_fork_nothing_counts_until_the_office_says_how_far(tmp_path: Path) -> None:
    told = story()
    clinic = told.teller(CLINIC)
    parted, chain = clinic.number, clinic.previous
    speak(told, CLINIC, "stored", at="03 16:00", codes=[BAG], room="库1")
    clinic.number, clinic.previous = parted, chain
    copy = clinic.note("stored", occurred_ms=ms("03 16:05"), codes=[BAG], room="库2")
    told.write(copy, received_ms=ms("03 16:06"), entry_class="fork")
    speak(told, CLINIC, "washed", at="03 16:10", codes=[BOX])
    report = audit(export(tmp_path / "fork", told.entries))
    assert said(report) == {"stored": 1, "washed": 1}
    speak(told, OFFICE, "trusted", at="03 17:00", device=clinic.key.device_id, last_seq=parted)
    assert said(audit(export(tmp_path / "first", told.entries))) == {"washed": 1}
    speak(told, OFFICE, "trusted", at="03 17:01", device=clinic.key.device_id, last_seq=parted + 1)
    assert said(audit(export(tmp_path / "both", told.entries))) == {}


def test_a_rewritten_chain_proves_nothing_from_its_wrong_link(tmp_path: Path) -> None:
    told = story()
    clinic = told.teller(CLINIC)
    clinic.previous = encode_base64(b"\x07" * 32)
    speak(told, CLINIC, "stored", at="03 16:00", codes=[BAG], room="库")
    speak(told, CLINIC, "stored", at="03 16:10", codes=[BAG], room="库")
    report = audit(export(tmp_path, told.entries))
    assert said(report) == {"stored": 2}
    assert "prev" in found(report)


def test_a_revoked_device_is_trusted_again_up_to_a_number(tmp_path: Path) -> None:
    told = story()
    clinic = told.teller(CLINIC)
    speak(told, OFFICE, "revoked", at="03 16:00", device=clinic.key.device_id, reason="lost")
    speak(told, CLINIC, "stored", at="03 16:10", codes=[BAG], room="库")
    speak(told, OFFICE, "trusted", at="03 16:20", device=clinic.key.device_id, last_seq=clinic.number - 1)
    assert said(audit(export(tmp_path / "late", told.entries))) == {}
    speak(told, CLINIC, "stored", at="03 16:30", codes=[BAG], room="库")
    assert said(audit(export(tmp_path / "more", told.entries))) == {"stored": 1}


def test_a_copied_office_does_not_clear_itself(tmp_path: Path) -> None:
    told = story()
    office = told.office
    parted, chain = office.number, office.previous
    speak(told, OFFICE, "ruled", at="03 16:00", rule="undo_min", value=5, basis="x")
    office.number, office.previous = parted, chain
    copy = office.note("ruled", occurred_ms=ms("03 16:01"), rule="undo_min", value=500, basis="x")
    told.write(copy, received_ms=ms("03 16:02"), entry_class="fork")
    speak(told, OFFICE, "trusted", at="03 16:10", device=office.key.device_id, last_seq=parted + 9)
    assert said(audit(export(tmp_path, told.entries))) == {"ruled": 1, "trusted": 1}


def test_a_kind_of_another_version_entitles_nobody(tmp_path: Path) -> None:
    told = story()
    for number in range(3):
        speak(told, CLINIC, f"kind{number}", at="03 16:00", codes=[BAG])
    speak(told, CLINIC, "released", at="03 16:00", codes=[BAG], version=2, to_site=["whatever it", "means there"])
    report = audit(export(tmp_path, told.entries))
    assert found(report) == {"not_entitled": [len(told.entries) - 4]}
    assert "signed 4 events" in report.findings[0].text
    assert "newer" in report.findings[0].text
