"""A package that got another label is found by either code, at the API and on its page: one life, whole."""

from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from tests.reports.months import put_into
from tests.stories_builder import BAG, BAG2, CLINIC, COLLECTOR, PHOTO, TRANSFER, Story, ms
from wasteledger import clock
from wasteledger.app import make_app
from wasteledger.flows.service import Service
from wasteledger.settings import Settings


def torn_and_burnt() -> Story:
    """The label tore on the first day; the new one was carried on and burnt."""
    story = Story()
    story.issue(BAG, BAG2)
    story.seal(BAG, at="02 08:00")
    story.tell(CLINIC, "relabelled", at="02 09:00", codes=[BAG], new_code=BAG2, reason="damaged", attachments=[PHOTO])
    story.hop(BAG2, CLINIC, COLLECTOR, at="02 14:00")
    story.hop(BAG2, COLLECTOR, TRANSFER, at="02 16:00")
    story.to_plant(BAG2)
    story.dispose(BAG2)
    return story


def test_both_codes_find_the_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now_ms", lambda: ms("04 08:00"))
    service = Service(Settings(data_dir=tmp_path, database_url="", node="node1", public_pages=True, sign=False))
    put_into(service, torn_and_burnt())
    with TestClient(make_app(service)) as client:
        told = [client.get(f"/v1/items/{code}").json() for code in (BAG, BAG2)]
        pages = [client.get(f"/items/{code}") for code in (BAG, BAG2)]
        counted = client.get("/v1/reconciliation").json()
    service.close()
    assert told[0] == told[1]
    assert told[0]["code"] == BAG
    kinds = [step["kind"] for step in told[0]["steps"]]
    assert (kinds[1:3], kinds[-1]) == (["sealed", "relabelled"], "disposed")
    assert [page.status_code for page in pages] == [200, 200]
    assert BAG in pages[0].text
    assert pages[1].text.replace(f"/items/{BAG2}", f"/items/{BAG}") == pages[0].text
    assert [item["code"] for item in counted["items"]] == [BAG]
