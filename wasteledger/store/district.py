"""Register rows, labels, counters and accounts in the database."""

from collections.abc import Iterable
from typing import NamedTuple

from sqlalchemy import Connection, delete, insert, select, update
from sqlmodel import col

from wasteledger.domain.register import Register
from wasteledger.store.tables import AccountRow, CounterRow, LabelRow, RegisterRow

#: Which field names a row of each kind.
_KEYS = {
    "divisions": ("code",),
    "sites": ("code",),
    "vehicles": ("plate",),
    "licences": ("number", "activity"),
    "people": ("actor",),
    "streams": ("site", "waste_code"),
    "rules": ("key", "scope"),
    "plans": ("site", "year"),
}


class Account(NamedTuple):
    """Somebody who may log in."""

    name: str
    password_hash: str
    role: str
    site: str


class DistrictStore:
    """Everything but the log, as one transaction sees it."""

    def __init__(self, connection: Connection) -> None:
        """Uses the caller's transaction."""
        self._connection = connection

    def save_register(self, register: Register) -> None:
        """Puts a register in place of the one before."""
        self._connection.execute(delete(RegisterRow))
        rows = [{"kind": "register", "key": "region", "content": f"{register.region}\n{register.origin}"}]
        for kind, fields in _KEYS.items():
            rows += [
                {
                    "kind": kind,
                    "key": "|".join(str(getattr(row, name)) for name in fields),
                    "content": row.model_dump_json(),
                }
                for row in getattr(register, kind)
            ]
        self._connection.execute(insert(RegisterRow), rows)

    def register(self) -> Register | None:
        """The register in force, or None before the first load."""
        rows = self._connection.execute(
            select(col(RegisterRow.kind), col(RegisterRow.content)).order_by(
                col(RegisterRow.kind), col(RegisterRow.key)
            )
        ).all()
        if not rows:
            return None
        region, origin = next(content for kind, content in rows if kind == "register").split("\n")
        lists = ",".join(
            f'"{wanted}":[{",".join(content for kind, content in rows if kind == wanted)}]' for wanted in _KEYS
        )
        return Register.model_validate_json(f'{{"region":"{region}","origin":"{origin}",{lists}}}')

    def draw(self, name: str, count: int, *, last: int) -> range:
        """Draws `count` consecutive numbers of a counter, from 1, without gaps or doubles; empty when `last` is passed."""
        before = self.last_drawn(name)
        start = (before or 0) + 1
        if start + count - 1 > last:
            return range(0)
        if before is None:
            self._connection.execute(insert(CounterRow).values(name=name, last=count))
        else:
            change = update(CounterRow).where(col(CounterRow.name) == name).values(last=before + count)
            self._connection.execute(change)
        return range(start, start + count)

    def last_drawn(self, name: str) -> int | None:
        """The last number that was drawn of a counter; None before the first."""
        query = select(col(CounterRow.last)).where(col(CounterRow.name) == name)
        return self._connection.execute(query).scalar()

    def pass_mark(self, name: str, value: int) -> int:
        """Raises a mark to `value`; returns where it stood before, -1 for a new one. A mark that stands as high already stays."""
        before = self.last_drawn(name)
        if before is None:
            self._connection.execute(insert(CounterRow).values(name=name, last=value))
        elif before < value:
            self._connection.execute(update(CounterRow).where(col(CounterRow.name) == name).values(last=value))
        return -1 if before is None else before

    def save_labels(self, labels: Iterable[tuple[str, str, str]]) -> None:
        """Keeps what stands on labels: (code, site, fields as JSON)."""
        rows = [{"code": code, "site": site, "fields": fields} for code, site, fields in labels]
        if rows:
            self._connection.execute(insert(LabelRow), rows)

    def label(self, code: str) -> str | None:
        """The label fields of a code, as JSON."""
        return self._connection.execute(select(col(LabelRow.fields)).where(col(LabelRow.code) == code)).scalar()

    def account(self, name: str) -> Account | None:
        """The account of that name."""
        query = select(col(AccountRow.name), col(AccountRow.password_hash), col(AccountRow.role), col(AccountRow.site))
        row = self._connection.execute(query.where(col(AccountRow.name) == name)).one_or_none()
        return Account(*row) if row else None

    def save_account(self, account: Account) -> None:
        """Makes an account, or gives it a new password, role and site."""
        self._connection.execute(delete(AccountRow).where(col(AccountRow.name) == account.name))
        self._connection.execute(insert(AccountRow).values(**account._asdict()))
