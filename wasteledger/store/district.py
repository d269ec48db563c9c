"""Register rows, labels, counters and accounts in the database."""

from collections.abc import Iterable
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import Connection, delete, insert, select, update
from sqlmodel import col

from wasteledger.domain.register import Person, Register, register_digest, register_text
from wasteledger.domain.register_history import RegisterVersion
from wasteledger.store.tables import AccountRow, CounterRow, LabelRow, RegisterVersionRow


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

    def save_register(self, register: Register, version: RegisterVersion | None = None) -> None:
        """Keeps a register behind the versions that are there.

        One that holds from the beginning of time, as it does without `version`, takes the place of all of them.
        """
        self._add(version or RegisterVersion(1, register_digest(register)), register_text(register))

    def note_version(self, version: RegisterVersion) -> None:
        """Keeps that a version was loaded whose file is not at hand; `fill_version` brings it."""
        self._add(version, "")

    def _add(self, version: RegisterVersion, content: str) -> None:
        if version.holds_from is None:
            self._connection.execute(delete(RegisterVersionRow))
        holds_from = version.holds_from.isoformat() if version.holds_from else ""
        values = {
            "number": len(self.versions()) + 1, "digest": version.digest, "holds_from": holds_from, "idx": version.entry,
            "loaded_ms": version.loaded_ms, "decision": version.decision, "content": content,
        }  # fmt: skip
        self._connection.execute(insert(RegisterVersionRow).values(**values))

    def fill_version(self, digest: str, register: Register) -> int:
        """Brings the file of versions that the log names; how many there were without it."""
        row = RegisterVersionRow
        change = update(row).where(col(row.digest) == digest, col(row.content) == "")
        return self._connection.execute(change.values(content=register_text(register))).rowcount

    def name_persons(self, people: Iterable[Person]) -> int:
        """Gives persons the names and telephones that they have now, in every version; how many versions change.

        No digest changes. So a name that is erased from the district's file is erased here too.
        """
        names = {person.actor: {"name": person.name, "phone": person.phone} for person in people}
        changed = 0
        for version in self.versions():
            register = self.register_of(version.number)
            if register is None:
                continue
            renamed = [person.model_copy(update=names.get(person.actor, {})) for person in register.people]
            if tuple(renamed) != register.people:
                row, text = RegisterVersionRow, register_text(register.model_copy(update={"people": tuple(renamed)}))
                self._connection.execute(update(row).where(col(row.number) == version.number).values(content=text))
                changed += 1
        return changed

    def versions(self) -> list[RegisterVersion]:
        """Every version that was loaded, in the order of loading."""
        row = RegisterVersionRow
        columns = (row.number, row.digest, row.holds_from, row.idx, row.loaded_ms, row.decision)
        found = self._connection.execute(select(*map(col, columns)).order_by(col(row.number))).all()
        return [_version(tuple(values)) for values in found]

    def register_of(self, number: int) -> Register | None:
        """The register of a version; None where its file is not at hand."""
        content = self.version_text(number)
        return Register.model_validate_json(content) if content else None

    def version_text(self, number: int) -> str:
        """A version as it is kept, empty where its file is not at hand."""
        query = select(col(RegisterVersionRow.content)).where(col(RegisterVersionRow.number) == number)
        return str(self._connection.execute(query).scalar() or "")

    def register(self) -> Register | None:
        """The register that was loaded last, or None before the first load."""
        row = RegisterVersionRow
        query = select(col(row.number)).where(col(row.content) != "").order_by(col(row.number).desc()).limit(1)
        newest = self._connection.execute(query).scalar()
        return None if newest is None else self.register_of(newest)

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


def _version(values: tuple[Any, ...]) -> RegisterVersion:
    number, digest, holds_from, *rest = values
    return RegisterVersion(number, digest, date.fromisoformat(holds_from) if holds_from else None, *rest)
