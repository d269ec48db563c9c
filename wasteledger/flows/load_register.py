"""Loading a district from its readable file."""

from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from schemas.errors import WasteLedgerError
from schemas.signing import check_origin
from wasteledger.domain.register import Directory, Register, check_register, register_digest
from wasteledger.errors import RegisterError
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


def load_register(service: Service, path: Path) -> Register:
    """Puts the district of a file in force, and its digest into the log, so that nobody can change it unseen.

    Raises:
        RegisterError: the file does not hold together, or would give a log that has begun another name.
    """
    register = read_register(path)
    with service.database.write() as connection:
        store = DistrictStore(connection)
        before = store.register()
        if before and before.origin != register.origin and Ledger(connection).size:
            message = (
                f"{path}: origin {register.origin}, but the log has begun as {before.origin}, and every signature in it names "
                f"that: keep it, or begin a new log in another WASTELEDGER_DATA_DIR"
            )
            raise RegisterError(message)
        store.save_register(register)
    body = {"kind": "ruled", "rule": "register", "value": len(register.sites), "basis": register_digest(register)}
    service.office(Directory(register)).record([body])
    return register
