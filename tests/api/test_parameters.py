"""A parameter that a route does not know is an error on every route, never the default without a word."""

from collections.abc import Iterator

import pytest
from fastapi.routing import APIRoute
from fastapi.testclient import TestClient
from starlette.routing import Mount, Route

from tests.conftest import DISTRICT
from wasteledger.api.parameters import known_parameters
from wasteledger.app import make_app
from wasteledger.flows.load_register import load_register
from wasteledger.flows.service import Service
from wasteledger.settings import Settings
from wasteledger.web.render import PageRoute

#: Something for each part of a path; whether it is there does not matter.
_PARTS = {
    "code": "M50011400000001V", "index": "0", "number": "20265001000001", "site": "C500114105001", "month": "2026-11",
    "plate": "渝H2B101", "day": "2026-11-02", "kind": "ledger", "case": "DB-202611-0001", "digest": "0" * 64,
    "event_id": "0" * 64, "device": "a" * 16, "path:path": "0/000", "path": "0/000", "name": "event",
}  # fmt: skip


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    folder = tmp_path_factory.mktemp("parameters")
    service = Service(Settings(data_dir=folder, database_url="", public_pages=True, sign=False))
    load_register(service, DISTRICT)
    with TestClient(make_app(service), follow_redirects=False) as opened:
        yield opened
    service.close()


def _routes(client: TestClient) -> list[tuple[str, APIRoute]]:
    found: list[APIRoute] = []
    waiting = list(client.app.routes)  # type: ignore[attr-defined]
    while waiting:
        route = waiting.pop()
        if isinstance(route, APIRoute):
            found.append(route)
        elif hasattr(route, "original_router"):  # routers stay whole inside the application
            waiting += route.original_router.routes
    return [(method, route) for route in found for method in sorted(route.methods or ())]


def _address(route: APIRoute) -> str:
    path = route.path
    for name, value in _PARTS.items():
        path = path.replace(f"{{{name}}}", value)
    assert "{" not in path, f"say what may stand in {path}"
    return path


def test_every_route_refuses_what_it_does_not_know_and_says_what_it_does(client: TestClient) -> None:
    routes = _routes(client)
    assert len(routes) > 40
    assert {"/v1/reconciliation", "/v1/manifests", "/v1/due", "/v1/cases", "/v1/log", "/checkpoint", "/items"} <= {
        route.path for _, route in routes
    }
    for method, route in routes:
        reply = client.request(method, _address(route), params={"manifets": "20265001000001"})
        assert reply.status_code == 422, (method, route.path)
        if not isinstance(route, PageRoute):
            assert reply.headers["content-type"] == "application/problem+json"
            assert reply.json()["code"] == "bad_query"
            detail = reply.json()["detail"]
            assert "'manifets' is not known" in detail
            assert all(name in detail for name in known_parameters(route))
        else:
            assert "manifets" in reply.text


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("/v1/reconciliation?form=2026-11-01", "known here: as_of, at_size, from, region, to; did you mean from?"),
        ("/v1/reconciliation?from_day=2026-11-01", "from_day"),
        ("/v1/items/M50011400000001V?asof=2026-11-01", "did you mean as_of?"),
        ("/v1/manifests?manifets=20265001000001", "known here: as_of, at_size, phase, site"),
        ("/v1/due?as_of=2026-11-01", "questions about the past are answered by /v1/reconciliation"),
        ("/v1/health?verbose=1", "there are none here"),
        ("/v1/reconciliation?region=500114&region=500114105", "region stands twice"),
        ("/v1/due?%20site=C500114105001", "' site'"),
    ],
)
def test_the_answer_names_it_and_the_likely_one(client: TestClient, address: str, said: str) -> None:
    reply = client.get(address)
    assert (reply.status_code, reply.json()["code"]) == (422, "bad_query")
    assert said in reply.json()["detail"]


def test_what_is_known_goes_through_on_pages_with_the_language(client: TestClient) -> None:
    assert client.get("/items?region=500114&from=2026-11-01&to=2026-11-30&class=due&page=1&lang=en").status_code == 200
    assert client.get("/login?next=/due&lang=en").status_code == 200
    assert client.get("/v1/reconciliation?region=500114&from=2026-11-01&to=2026-11-30").status_code == 200


def test_the_contract_and_files_take_none_either(client: TestClient) -> None:
    """What is no route of ours checks nothing by itself."""
    others = [route for route in client.app.routes if isinstance(route, Route | Mount)]  # type: ignore[attr-defined]
    paths = [route.path for route in others if not isinstance(route, APIRoute)]
    assert {"/openapi.json", "/static", "/static/fonts"} <= set(paths)
    files = {
        "/static": "/style.css",
        "/static/fonts": "/NotoSansSC-Medium.ttf",
        "/static-offline-docs": "/swagger-ui.css",
    }
    for path in (f"{path}{files.get(path, '')}" for path in paths):
        assert client.get(path).status_code == 200, path
        reply = client.get(f"{path}?x=1")
        assert (reply.status_code, reply.json()["code"]) == (422, "bad_query"), path
        assert "takes no query parameters" in reply.json()["detail"]
