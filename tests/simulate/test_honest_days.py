"""What honest people do in an ordinary district: it is in every simulation, and raises nothing (`test_run` says that)."""

from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest

from schemas.acts import moment_ms
from schemas.signing import parse_note
from schemas.vouching import verify_vouch
from tests.simulate.district import BEGIN, entries, simulate, small_register
from wasteledger.domain.entry import decode_entry
from wasteledger.simulate import world
from wasteledger.simulate.acts import DAY_MS
from wasteledger.simulate.layout import Layout
from wasteledger.simulate.score import score_simulation

Told = list[dict[str, Any]]


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Told:
    """What was signed in twenty days of a district without a fault, in the order of the log."""
    folder = tmp_path_factory.mktemp("honest") / "sim"
    simulate(folder, days=20, packages_per_day=200)
    notes = [decode_entry(content) for content in entries(folder)]
    return [parse_note(entry.note).payload() for entry in notes if entry.entry_class == "event"]


@pytest.fixture(scope="module")
def layout() -> Layout:
    return Layout(small_register(), BEGIN, rogues=False)


def test_nobody_acts_before_what_his_device_did_before(told: Told) -> None:
    by_device: dict[str, Told] = defaultdict(list)
    for event in told:
        by_device[event["device_id"]].append(event)
    for events in by_device.values():
        assert [event["device_seq"] for event in events] == list(range(len(events)))
        times = [event["occurred_at"] for event in events if event["vouch_method"] != "paper"]
        assert times == sorted(times)


def test_only_registered_people_vouch(told: Told, layout: Layout) -> None:
    people = {person.actor: person for person in layout.register.people}
    vouched = [event for event in told if "vouched_by" in event]
    assert {event["vouch_method"] for event in vouched} == {"badge", "pin"}
    for event in vouched:
        person = people[event["vouched_by"]]
        assert person.is_registered(event["site"], BEGIN)
        if event["vouch_method"] == "pin":
            assert person.vouch_key
            assert verify_vouch(person.vouch_key, origin=layout.register.origin, payload=event)


def test_a_company_drives_and_burns_with_two_devices_and_two_people(told: Told, layout: Layout) -> None:
    sites = {layout.company_carrier, layout.company_plant}
    assert len({layout.sites[code].organisation for code in sites}) == 1
    arrived = [event for event in told if event["kind"] == "accepted" and event["site"] == layout.company_plant]
    gave = {event["actor"] for event in told if event["kind"] == "released" and event["site"] == layout.company_carrier}
    assert arrived
    assert not gave & {event["actor"] for event in arrived}
    # One device at its gate takes in, stores and burns.
    at_plant = [event for event in told if event["site"] == layout.company_plant]
    assert {event["kind"] for event in at_plant} >= {"accepted", "stored", "disposed"}
    assert len({event["device_id"] for event in at_plant}) == 1


def test_every_honest_variant_is_there(told: Told, layout: Layout) -> None:
    kinds = [event["kind"] for event in told]
    prior = [event for event in told if event.get("prior_device")]
    assert len(prior) == 2
    assert {event["device"] for event in told if event["kind"] == "revoked"} == {e["prior_device"] for e in prior}
    assert any(event["vouch_method"] == "paper" and event["backfill"]["paper"] for event in told)
    own = [event for event in told if event["kind"] == "sealed" and event["site"] in layout.centres]
    assert own, "a township centre is producer and transfer point"
    tapped = {"packed", "released", "accepted", "stored", "sealed", "disposed"}
    names = ("kind", "device_id", "codes", "site", "to_site", "from_site", "box", "batch")
    scans = [decode_names(event, names) for event in told if event["kind"] in tapped]
    assert len(scans) > len(set(scans)), "some scans are made twice"
    assert "vouched" in kinds


def decode_names(event: dict[str, Any], names: tuple[str, ...]) -> tuple[str, ...]:
    """What a scan says apart from when."""
    return tuple(str(event.get(name)) for name in names)


def test_no_weighing_is_a_copy(told: Told) -> None:
    sealed = {event["codes"][0]: event["mass_g"] for event in told if event["kind"] == "sealed"}
    for event in told:
        if event["kind"] == "accepted" and event.get("masses_g"):
            assert event["mass_source"] == "scale"
            again = [
                (code, mass) for code, mass in zip(event["codes"], event["masses_g"], strict=True) if code in sealed
            ]
            assert not again or any(sealed[code] != mass for code, mass in again)


def test_whoever_is_without_a_network_for_three_days_stays_proved(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every clinic and township centre hands in after two to four days; the centres' stores hold the bags as long as always."""
    monkeypatch.setattr(world, "LATE_PERCENT", 100)
    simulate(tmp_path / "sim", days=20)
    delays_ms = []
    for content in entries(tmp_path / "sim"):
        entry = decode_entry(content)
        if entry.entry_class == "event" and "backfill" not in (event := parse_note(entry.note).payload()):
            delays_ms.append(entry.received_ms - moment_ms(event["occurred_at"]))
    score = score_simulation(tmp_path / "sim")
    assert max(delays_ms) > 3 * DAY_MS
    assert (score.false, score.missed) == ([], [])
    assert score.proved == score.true


def test_a_hospital_with_one_device_stays_proved(told: Told) -> None:
    """It seals and hands over on the same one; that nothing is found of it, `test_run` says."""
    by_device = {event["device_id"] for event in told if event["site"][0] == "H"}
    kinds = {event["kind"] for event in told if event["device_id"] in by_device}
    assert len(by_device) == 1
    assert {"sealed", "released"} <= kinds
