"""Accounts for the pages: passwords are made here, shown once, and kept as Argon2 hashes only."""

import re
import secrets
from typing import NamedTuple

from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError

from wasteledger.errors import NotFoundError, QueryError
from wasteledger.flows.service import Service
from wasteledger.store.district import Account, DistrictStore

PASSWORD_BYTES = 9
ROLES = ("regulator", "keeper", "operator", "clinic", "printer")

_HASHER = PasswordHasher()
#: Verified when the name is unknown, so that an answer takes as long as for a known one.
_NOBODY = _HASHER.hash("nobody")


class Login(NamedTuple):
    """What to type on the log-in page."""

    name: str
    password: str
    role: str


def create_account(service: Service, name: str, *, role: str, site: str) -> Login:
    """Makes an account, or gives an existing one a new password.

    Raises:
        QueryError: a malformed name or an unknown role.
        NotFoundError: an unknown site.
    """
    if not re.fullmatch(r"[a-z][a-z0-9-]{1,30}", name) or role not in ROLES:
        message = f"account {name!r} with role {role!r}: a name of 2 to 31 of a-z, 0-9, -; a role of {', '.join(ROLES)}"
        raise QueryError(message)
    if site not in service.directory().sites:
        message = f"site {site} is not in the register: see `wasteledger sites`"
        raise NotFoundError(message)
    password = secrets.token_urlsafe(PASSWORD_BYTES)
    with service.database.write() as connection:
        DistrictStore(connection).save_account(Account(name, _HASHER.hash(password), role, site))
    return Login(name, password, role)


def check_password(service: Service, name: str, password: str) -> Account | None:
    """The account, or None when name and password do not belong together."""
    with service.database.read() as connection:
        account = DistrictStore(connection).account(name)
    try:
        _HASHER.verify(account.password_hash if account else _NOBODY, password)
    except VerifyMismatchError:
        return None
    return account
