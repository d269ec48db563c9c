"""One vehicle by its normal form, wherever an event's plate is held against the register, a draft or a trip card."""

import pytest

from tests.stories_builder import BAG, CARRIER, MANIFEST, TRANSFER, VEHICLE, Story, codes_of, register
from wasteledger.domain.manifest_visits import visits
from wasteledger.domain.register import Directory
from wasteledger.flows.manifests import _check_vehicle

WRITTEN = ["渝H·2B101", "渝h 2b101", " 渝Ｈ2B101"]


def carried(vehicle: str, *, drafted: str = VEHICLE) -> Story:
    """A life whose long way was made with this plate, under a draft with the register's."""
    story = Story()
    story.issue(BAG)
    story.seal(BAG)
    story.to_transfer(BAG)
    story.draft(MANIFEST, TRANSFER, at="03 08:00", carriers=[CARRIER], vehicle=drafted)
    story.to_plant(BAG, vehicle=vehicle)
    story.dispose(BAG)
    return story


def doubts_of_vehicle(story: Story) -> set[str]:
    return codes_of(story.reconcile()) & {"unlicensed_vehicle", "manifest_mismatch"}


@pytest.mark.parametrize("written", WRITTEN)
def test_a_registered_vehicle_is_known_however_its_plate_is_written(written: str) -> None:
    assert doubts_of_vehicle(carried(written)) == set()
    assert doubts_of_vehicle(carried(VEHICLE, drafted=written)) == set()


def test_another_vehicle_is_another_one() -> None:
    assert doubts_of_vehicle(carried("渝H2B102")) == {"unlicensed_vehicle", "manifest_mismatch"}
    assert doubts_of_vehicle(carried("渝H2B10挂")) == {"unlicensed_vehicle", "manifest_mismatch"}


@pytest.mark.parametrize("written", WRITTEN)
def test_a_register_and_a_draft_may_write_it_either_way(written: str) -> None:
    known = register()
    vehicles = tuple(row.model_copy(update={"plate": written}) for row in known.vehicles if row.plate == VEHICLE)
    directory = Directory(known.model_copy(update={"vehicles": vehicles}))
    for plate in (VEHICLE, *WRITTEN):
        _check_vehicle(directory, carrier=CARRIER, vehicle=plate, driver=None)


def test_an_event_keeps_its_bytes_and_a_visit_shows_them() -> None:
    story = carried(WRITTEN[0])
    shown = {visit.plate for visit in visits(story.history().facts_of(BAG)) if visit.taker == CARRIER}
    assert shown == {WRITTEN[0]}
