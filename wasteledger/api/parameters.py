"""A query parameter that a route does not know is an error: misspelt, it would be a question that nobody asked."""

from difflib import get_close_matches

from fastapi import Request
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute

from wasteledger.errors import QueryError

#: Longest part of an unknown name that an answer repeats.
NAME_SHOWN = 40


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
            there = f"known here: {', '.join(sorted(known))}{hint}" if known else "there are none here"
            message = f"query parameter {name[:NAME_SHOWN]!r} is not known: {there}"
            raise QueryError(message)
