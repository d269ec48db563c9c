"""The HTTP interface for devices and programs. Handlers are plain functions: each ends its transaction before it answers."""

from functools import cache
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query, Response
from pydantic import TypeAdapter

from schemas.canonical import encode_base64
from schemas.codes import read_typed
from schemas.generate import schema_files
from schemas.label_fields import LabelFields
from schemas.sync import BatchAnswer, EventBatch
from wasteledger import clock
from wasteledger.api.parameters import AsOf, AtSize
from wasteledger.errors import NotFoundError
from wasteledger.flows.questions import ask_then, chain_json, find_item, prove_entry, reconciliation_json
from wasteledger.flows.service import Service
from wasteledger.store.district import DistrictStore
from wasteledger.store.ledger import Ledger

_LABEL: TypeAdapter[LabelFields] = TypeAdapter(LabelFields)

Code = Annotated[str, Path(max_length=60, description="Item code as printed or typed, e.g. M50011400000001V")]


_schemas = cache(schema_files)


def device_router(service: Service) -> APIRouter:
    """What devices and printers ask: their signatures are their credentials."""
    router = APIRouter(prefix="/v1")

    @router.get("/health", tags=["service"])
    def health(response: Response) -> dict[str, Any]:
        """Whether the service can read its database and sign, and how far the log and its published checkpoint have come."""
        with service.database.read() as connection:
            ledger = Ledger(connection)
            size, root = ledger.size, ledger.root()
        checkpoint = service.published.checkpoint()
        problem = service.database.failed_commit or (service.signing.problem if service.signing else None)
        response.status_code = 503 if problem else 200
        return {
            "status": "failed" if problem else "ok",
            "problem": problem,
            "server_ms": clock.now_ms(),
            "tree_size": size,
            "root": encode_base64(root),
            "published_size": checkpoint.size if checkpoint else 0,
        }

    @router.post("/events", tags=["devices"])
    def post_events(batch: EventBatch) -> BatchAnswer:
        """Takes signed event notes; one verdict for each. What is verdicted other than `held` is durable."""
        return service.sequencer().submit(batch.events)

    @router.get("/schemas/{name}.json", tags=["devices"])
    def get_schema(name: Literal["event", "batch", "answer"]) -> Response:
        """The JSON Schema of every kind of event, of a batch, or of its answer."""
        return Response(_schemas()[f"{name}.schema.json"], media_type="application/schema+json")

    @router.get("/labels/{code}", tags=["printers"])
    def get_label(code: Code) -> LabelFields:
        """What stands on the label of an issued code."""
        with service.database.read() as connection:
            fields = DistrictStore(connection).label(read_typed(code).text)
        if fields is None:
            message = f"{code} was never issued here: issue it with `wasteledger issue`"
            raise NotFoundError(message)
        return _LABEL.validate_json(fields)

    return router


def reader_router(service: Service) -> APIRouter:
    """What regulators' programs ask; open or behind the log-in, as the pages are."""
    router = APIRouter(prefix="/v1", tags=["regulators"])

    @router.get("/reconciliation")
    def get_reconciliation(
        region: Annotated[str | None, Query(max_length=9)] = None,
        from_day: Annotated[str | None, Query(alias="from", max_length=10)] = None,
        to_day: Annotated[str | None, Query(alias="to", max_length=10)] = None,
        as_of: AsOf = None,
        at_size: AtSize = None,
    ) -> dict[str, Any]:
        """The rate, the class of every item and the findings for a region and period; as of now, or as it was known."""
        asked = {"region": region, "from_day": from_day, "to_day": to_day, "as_of": as_of}
        return reconciliation_json(*ask_then(service, **asked, at_size=at_size))

    @router.get("/items/{code}")
    def get_item(code: Code, as_of: AsOf = None, at_size: AtSize = None) -> dict[str, Any]:
        """One item's chain with its evidence, and every finding that names it; as of now, or as it was known."""
        return chain_json(find_item(service, code, as_of=as_of, at_size=at_size))

    @router.get("/entries/{index}")
    def get_entry(index: Annotated[int, Path(ge=0, le=2**53 - 1)]) -> dict[str, Any]:
        """One log entry with its inclusion proof."""
        return prove_entry(service, index)

    return router
