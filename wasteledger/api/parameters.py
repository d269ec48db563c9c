"""A query parameter that a route does not know is an error: misspelt, it would be a question that nobody asked."""

from difflib import get_close_matches
from typing import Annotated

from fastapi import Depends, Query, Request
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute

from wasteledger.errors import QueryError
from wasteledger.flows.moments import Past

#: Longest part of an unknown name that an answer repeats.
NAME_SHOWN = 40
AsOf = Annotated[
    str | None, Query(max_length=10, description="as 2026-11-30: as it would have been answered at the end of that day")
]
AtSize = Annotated[
    int | None, Query(ge=1, le=2**53 - 1, description="as it was when the log had so many entries (`tree_size`)")
]


def _past(as_of: AsOf = None, at_size: AtSize = None) -> Past:
    return Past(as_of, at_size)


#: Both, for a route that answers a question about the past.
PastQuery = Annotated[Past, Depends(_past)]

#: What answers a question about the past, for those who ask it where none is.
PAST = "/v1/reconciliation, /v1/items/{code}, /v1/reports/{kind}, /v1/manifests, the papers of a month and a trip, and their pages"


def known_parameters(route: APIRoute) -> frozenset[str]:
    """The query parameters of a route, by the names that stand in an address; a class of routes may have some of its own (`also_known`)."""
    return frozenset(_names(route.dependant)) | getattr(route, "also_known", frozenset())


def _names(dependant: Dependant) -> list[str]:
    names = [str(field.alias) for field in dependant.query_params]
    return names + [name for inner in dependant.dependencies for name in _names(inner)]


def refuse_unknown(request: Request) -> None:
    """Refuses a request whose address has a parameter that its route does not know, or one of them twice.

    Raises:
        QueryError: naming it, and those that the route knows.
    """
    route = request.scope.get("route")
    if not isinstance(route, APIRoute) or not request.url.query:
        return
    known, seen = known_parameters(route), set()
    for name, _ in request.query_params.multi_items():
        if name in seen:
            message = f"{name} stands twice in the address: give it once"
            raise QueryError(message)
        seen.add(name)
        if name not in known:
            likely = get_close_matches(name, known, n=1)
            hint = f"; did you mean {likely[0]}?" if likely else ""
            if name in {"as_of", "at_size"}:
                hint = f"; questions about the past are answered by {PAST}"
            there = f"known here: {', '.join(sorted(known))}{hint}" if known else "there are none here"
            message = f"query parameter {name[:NAME_SHOWN]!r} is not known: {there}"
            raise QueryError(message)
