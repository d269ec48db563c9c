"""A package whose label was replaced stands on every paper as what it is; a manifest names it by the label that it was sealed by."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from tests.reports.months import put_into
from tests.stories_builder import BAG, BAG2, BAG3, CARRIER, CLINIC, MANIFEST, VEHICLE, Story, ms
from wasteledger import clock
from wasteledger.app import make_app
from wasteledger.flows.manifest_forms import medical_month, trip_card
from wasteledger.flows.service import Service
from wasteledger.settings import Settings


@pytest.fixture
def service(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Service]:
    """The clinic puts a new label on one of two bags; both go to the plant."""
    monkeypatch.setattr(clock, "now_ms", lambda: ms("06 08:00"))
    story = Story()
    story.issue(BAG, BAG2, BAG3)
    story.seal(BAG, mass_g=1200)
    story.seal(BAG3, mass_g=800, at="02 08:10")
    story.tell(CLINIC, "relabelled", at="02 09:00", codes=[BAG], new_code=BAG2, reason="unreadable")
    story.to_transfer([BAG2, BAG3])
    story.to_plant([BAG2, BAG3])
    opened = Service(Settings(data_dir=tmp_path, database_url="", node="node1", public_pages=True, sign=False))
    put_into(opened, story)
    yield opened
    opened.close()


def test_on_its_manifest(service: Service) -> None:
    with TestClient(make_app(service)) as client:
        told, page = client.get(f"/v1/manifests/{MANIFEST}").json(), client.get(f"/manifests/{MANIFEST}").text
        assert client.get(f"/v1/manifests/{MANIFEST}.pdf").content.startswith(b"%PDF")
    (row,) = told["contents"]
    assert (row["waste_code"], row["packages_count"], row["mass_g"]) == ("841-001-01", 2, 2000)
    assert (row["accepted_count"], row["accepted_g"], row["items"]) == (2, 2000, [BAG, BAG3])
    assert "未封装登记" not in page


def test_on_the_medical_form_of_the_month_and_the_trip_card(service: Service) -> None:
    (line,) = medical_month(service, CLINIC, "2026-11").lines
    assert (line.packages_count, line.mass_g, line.accepted) == (2, 2000, True)
    card = trip_card(service, VEHICLE, "2026-11-03")
    assert card.carrier == service.directory().site_name(CARRIER)
    for line in (*card.collections, *card.deliveries):
        assert (line.packages_count, line.mass_g, line.accepted) == (2, 2000, True)
    assert len(card.collections) == len(card.deliveries) == 1
