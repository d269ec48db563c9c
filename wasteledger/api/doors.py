"""Who may act through the HTTP interface: anybody logged in, or regulators alone, with the token of their session."""

import hashlib
import hmac
from collections.abc import Callable
from typing import Annotated, NamedTuple

from fastapi import Depends, Form, Request

from wasteledger.errors import ForbiddenError
from wasteledger.flows.office import Who
from wasteledger.flows.service import Service
from wasteledger.store.district import DistrictStore


class Guard(NamedTuple):
    """How forms of a session are known: `wasteledger.web.session.token` and `token_fits`."""

    token: Callable[[Request], str]
    token_fits: Callable[[Request, str], bool]


class Visitor(NamedTuple):
    """Whoever is logged in, as the accounts have him now."""

    role: str
    who: Who


def doors(service: Service, guard: Guard) -> tuple[Callable[..., Visitor], Callable[..., Who]]:
    """Who may act: anybody logged in, and regulators alone."""

    def visitor(request: Request, token: Annotated[str, Form(max_length=100)] = "") -> Visitor:
        if not guard.token_fits(request, token):
            message = "token: the form is not of this session; log in at /login, ask GET /v1/cases, and send its `token` along"
            raise ForbiddenError(message)
        return visitor_of(service, request)

    def regulator(visitor: Annotated[Visitor, Depends(visitor)]) -> Who:
        if visitor.role != "regulator":
            message = (
                f"an account with role {visitor.role} may answer cases of its site; log in as a regulator for the rest"
            )
            raise ForbiddenError(message)
        return visitor.who

    return visitor, regulator


def is_logged_in(request: Request) -> bool:
    """Whether somebody has logged in."""
    return bool(request.session.get("account"))


def visitor_of(service: Service, request: Request) -> Visitor:
    """The account of the session with the role and site that it has now; a log-in may be older than a change."""
    name = str(request.session.get("account") or "")
    with service.database.read() as connection:
        account = DistrictStore(connection).account(name) if name else None
    if account is None:
        message = "log in at /login first: everything done to a case stands in the ledger with who did it"
        raise ForbiddenError(message)
    # The log keeps a pseudonym that only the owner of the office's key can reckon; which account it is stands in the accounts, which
    # may be erased.
    seed = service.office().key.seed
    actor = f"u-{hmac.new(seed, f'account {account.name}'.encode(), hashlib.sha256).hexdigest()[:14]}"
    return Visitor(account.role, Who(account.site, actor, "pin"))
