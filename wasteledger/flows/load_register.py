"""Loading a district from its readable file."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

import yaml
from pydantic import ValidationError

from schemas.errors import WasteLedgerError
from schemas.event_base import NOTE_MAX
from schemas.signing import check_origin
from wasteledger import clock
from wasteledger.domain.legal_days import china_day
from wasteledger.domain.register import Directory, Register, register_digest
from wasteledger.domain.register_checks import check_register
from wasteledger.domain.register_history import RegisterVersion
from wasteledger.errors import RegisterError
from wasteledger.flows.moments import parse_day
from wasteledger.flows.service import Service
from wasteledger.store.district import DistrictStore
from wasteledger.store.ledger import Ledger

#: A province's file is far below this.
FILE_BYTES_MAX = 8 * 1024 * 1024


def read_register(path: Path) -> Register:
    """A checked register from a YAML file.

    Raises:
        RegisterError: unreadable, too large, or a row that does not hold; the message names the row and the field.
    """
    try:
        if path.stat().st_size > FILE_BYTES_MAX:
            message = f"{path} is larger than {FILE_BYTES_MAX} bytes"
            raise RegisterError(message)
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        message = f"{path} can not be read: {error.strerror}"
        raise RegisterError(message) from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        message = f"{path} is no YAML: {error}"
        raise RegisterError(message) from None
    return parse_register(content, name=str(path))


def parse_register(content: Any, *, name: str) -> Register:
    """A checked register from plain values.

    Raises:
        RegisterError: naming each row and field that does not hold.
    """
    try:
        register = check_register(Register.model_validate(content))
        check_origin(register.origin)
    except ValidationError as error:
        problems = (_problem(item, content) for item in error.errors()[:10])
        message = f"{name}: " + "; ".join(problems)
        raise RegisterError(message) from None
    except (ValueError, WasteLedgerError) as error:
        message = f"{name}: {error}"
        raise RegisterError(message) from None
    return register


def _problem(item: Any, content: Any) -> str:
    """A validation error with the row it is in, as a person would look for it."""
    place, row = [], content
    for part in item["loc"]:
        row = row[part] if isinstance(row, list) or (isinstance(row, dict) and part in row) else None
        named = (
            row.get("code") or row.get("actor") or row.get("number") or row.get("key")
            if isinstance(row, dict)
            else None
        )
        place.append(f"{part + 1} ({named})" if isinstance(part, int) and named else str(part))
    return f"{' → '.join(place)}: {item['msg'].removeprefix('Value error, ')}"


class Loaded(NamedTuple):
    """What became of a register that was loaded.

    Attributes:
        version: as it is kept now; of a register that was in force already, that one.
        is_new: whether it was not.
        renamed: in how many versions names or telephones of persons were changed; the log does not hold them.
        overruled: versions that were to hold from a later day, and that this one, loaded after them, takes the place of.
    """

    register: Register
    version: RegisterVersion
    is_new: bool
    renamed: int = 0
    overruled: tuple[RegisterVersion, ...] = ()


def load_register(
    service: Service, path: Path, *, holds_from: str | None = None, decision: str = "", at_ms: int | None = None
) -> Loaded:
    """Puts the district of a file in force from a day on, and its digest into the log, so that nobody can change it unseen.

    The first register holds from the beginning of time; an edit from today on (China), or from `holds_from`. Row and event are written
    in one transaction. What is in force already is not loaded again; but names of persons, which no digest covers, are those of the
    newest file in every version, so that a name may be erased. Into a database that was recovered without its registers, the file of one
    that the log names is put in its place; another one begins anew. `at_ms` is when it happened, for a simulated past; now by default.

    Raises:
        RegisterError: the file does not hold together, or would give a log that has begun another name; or the day has passed and there
            is no decision to make it hold so.
        QueryError: `holds_from` is no day.
    """
    register = read_register(path)
    day = parse_day(holds_from, name="--from") if holds_from else None
    if len(decision) > NOTE_MAX:
        message = (
            f"--decision: {len(decision)} characters; say in up to {NOTE_MAX} who decided what, and on which paper"
        )
        raise RegisterError(message)
    office = service.office(Directory(register))
    with service.database.write() as connection:
        store, ledger = DistrictStore(connection), Ledger(connection)
        _check_origin(store, ledger, register, path)
        digest, kept = register_digest(register), store.versions()
        filled, renamed = store.fill_version(digest, register), store.name_persons(register.people)
        if filled:
            found = next(row for row in reversed(kept) if row.digest == digest)
            return Loaded(register, found, is_new=True, renamed=renamed)
        if kept and kept[-1].digest == digest and day in {None, kept[-1].holds_from}:
            return Loaded(register, kept[-1], is_new=False, renamed=renamed)
        is_first = not any(store.version_text(row.number) for row in kept) or _renews(kept, store, digest)
        day = _first_day(day, decision, is_first=is_first)
        body = {"kind": "ruled", "rule": "register", "value": len(register.sites), "basis": digest}
        body |= {"holds_from": day.isoformat()} if day else {}
        body |= {"decision": decision} if decision else {}
        told = office.record_in(ledger, [body], at_ms=at_ms)[-1]
        store.save_register(register, RegisterVersion(0, digest, day, told.index or 0, told.received_ms or 0, decision))
        version = store.versions()[-1]
    overruled = tuple(row for row in kept if day and row.holds_from and row.holds_from > day)
    return Loaded(register, version, is_new=True, renamed=renamed, overruled=overruled)


def _check_origin(store: DistrictStore, ledger: Ledger, register: Register, path: Path) -> None:
    before = store.register()
    if before and before.origin != register.origin and ledger.size:
        message = (
            f"{path}: origin {register.origin}, but the log has begun as {before.origin}, and every signature in it names "
            f"that: keep it, or begin a new log in another WASTELEDGER_DATA_DIR"
        )
        raise RegisterError(message)


def _renews(kept: Sequence[RegisterVersion], store: DistrictStore, digest: str) -> bool:
    """Whether this is the one register of an older database once more, which the log names by another kind of digest."""
    before = store.register() if len(kept) == 1 else None
    return before is not None and kept[0].digest != digest == register_digest(before)


def _first_day(day: date | None, decision: str, *, is_first: bool) -> date | None:
    """The day from which a register holds.

    Raises:
        RegisterError: the day fits neither the first register nor one without a decision.
    """
    if is_first:
        if day is None:
            return None
        message = "--from: the first register of a district holds from the beginning of time; leave --from out"
        raise RegisterError(message)
    today = china_day(clock.now_ms()).date()
    if day is not None and day < today and not decision.strip():
        message = (
            f"--from {day} has passed (today is {today}): what was judged since then may be judged otherwise, which is a decision "
            f"of the authority. Say which with --decision, or leave --from out to let it hold from today"
        )
        raise RegisterError(message)
    return day or today
