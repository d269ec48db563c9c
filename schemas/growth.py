"""How the contract grows: events of a newer version are kept, marked, and take effect once a service knows them.

A device that was upgraded before its service signs fields or kinds that the service does not know. Its event is appended like any
other one: its number is taken, its chain goes on. It has no effect, and the device carries a finding, until a service that knows it
reads the log anew. What the service does know of it has to be right all the same.

    version above ours            newer, whatever its fields are: what we know of them may mean something else there
    a kind that we do not know    newer
    a field that we do not know   newer; every other field is as the contract says
    a known field, wrong          no event: quarantine, naming the field

Folds take an event as it stands, since it was checked when it was taken in. An event with a field or of a kind that came later may have
been taken in by a service that could not check it; so whatever goes beyond `first_contract` is checked when it is read.
"""

import hashlib
import json
from typing import Annotated, Any, NamedTuple, get_args

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from schemas.canonical import INTEGER_MAX
from schemas.errors import ContractError
from schemas.event_base import CODES_MAX, VERSION, BoxCode, Event, ItemOrBoxCode
from schemas.events import FORMS, AnyEvent, malformed, parse_event, parse_stored
from schemas.first_contract import FIRST_FIELDS, FIRST_PARTS
from schemas.sense import check_sense

#: Unknown fields that a reason names.
NAMED_MAX = 5


def _form_of(annotation: Any) -> type[BaseModel] | None:
    """The form of a field that has fields of its own."""
    found = [
        part for part in (annotation, *get_args(annotation)) if isinstance(part, type) and issubclass(part, BaseModel)
    ]
    return found[0] if found else None


#: The fields of each kind.
KNOWN: dict[str, frozenset[str]] = {kind: frozenset(form.model_fields) for kind, form in FORMS.items()}
#: The form of each field that has fields of its own.
PART_FORMS = {
    name: form for name, field in Event.model_fields.items() if (form := _form_of(field.annotation)) is not None
}
#: The fields of each field that has fields of its own.
PARTS: dict[str, frozenset[str]] = {name: frozenset(form.model_fields) for name, form in PART_FORMS.items()}


class Checked(NamedTuple):
    """What every service has checked that ever appended an event which it did not know: such an event is taken as it stands.

    Attributes:
        fields: of each kind.
        parts: of each field that has fields of its own: its name, their names, and how many there must be where none is optional (so
            that counting them is enough), else 0.
        flat: of each kind, the fields that are none of these parts; nearly every event has no others.
    """

    fields: dict[str, frozenset[str]]
    parts: tuple[tuple[str, frozenset[str], int], ...]
    flat: dict[str, frozenset[str]]


def checked() -> Checked:
    """What of the contract of today was in the first one."""
    fields = {kind: known & FIRST_FIELDS[kind] for kind, known in KNOWN.items() if kind in FIRST_FIELDS}
    parts = []
    for name, form in PART_FORMS.items():
        first = PARTS[name] & FIRST_PARTS.get(name, frozenset())
        needed = {field for field, of_form in form.model_fields.items() if of_form.is_required()}
        parts.append((name, first, len(first) if first == needed else 0))
    flat = {kind: known.difference(PARTS) for kind, known in fields.items()}
    return Checked(fields, tuple(parts), flat)


def contract_digest() -> str:
    """A short name of what this version knows: two versions that know the same have the same one."""
    known = {"version": VERSION, "fields": KNOWN, "parts": PARTS}
    return hashlib.sha256(json.dumps(known, default=sorted, sort_keys=True).encode()).hexdigest()[:16]


class NewerEvent(Event):
    """What holds for an event of any version: its place in its device's chain, and what it speaks of.

    Attributes:
        codes, box: named the same way in every version.
    """

    model_config = ConfigDict(frozen=True, extra="ignore", strict=True)

    version: Annotated[int, Field(ge=VERSION, le=INTEGER_MAX)]
    kind: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,31}$")]
    codes: Annotated[list[ItemOrBoxCode], Field(max_length=CODES_MAX)] | None = None
    box: BoxCode | None = None


def unknown_in(payload: dict[str, Any]) -> str:
    """What this version does not know of an event, as a reason names it; empty for one of this version, right or wrong."""
    version, kind = payload.get("version"), payload.get("kind")
    if type(version) is int and version > VERSION:
        return f"version {version}"
    if not isinstance(kind, str):
        return ""
    known = KNOWN.get(kind)
    if known is None:
        return f"kind {kind[:32]}"
    fields = sorted(payload.keys() - known)
    for name, own in PARTS.items():
        part = payload.get(name)
        if isinstance(part, dict):
            fields += [f"{name}.{field}" for field in sorted(part.keys() - own)]
    if not fields:
        return ""
    more = "" if len(fields) <= NAMED_MAX else f" and {len(fields) - NAMED_MAX} more"
    return f"{kind}: {', '.join(fields[:NAMED_MAX])}{more}"


def why_without_effect(unknown: str) -> str:
    """The reason that a device is given for a newer event, for people."""
    return (
        f"this service does not know {unknown}: the event is kept in the log and counts for nothing until the service is upgraded, "
        f"then it takes effect; nothing has to be sent again"
    )


def read_event(payload: dict[str, Any]) -> tuple[AnyEvent | NewerEvent, str]:
    """An event that a device sends, of this or a newer version, and what this version does not know of it.

    Raises:
        ContractError: a field that this version knows is wrong or missing.
    """
    unknown = unknown_in(payload)
    if not unknown:
        return parse_event(payload), ""
    if _is_known_kind(payload):
        parse_event(_known_part(payload))
    newer = _newer(payload)
    check_sense({name: payload[name] for name in payload.keys() & NewerEvent.model_fields.keys()})
    return newer, unknown


class Kept(NamedTuple):
    """An event out of the log.

    Attributes:
        unknown: what this version does not know of it.
        problem: what is wrong with it, which the service that took it in could not know. With either it has no effect.
    """

    event: AnyEvent | NewerEvent
    unknown: str = ""
    problem: str = ""


def read_kept(payload: dict[str, Any]) -> Kept:
    """An event out of the log, where an older service took what would be refused today, or what it could not check.

    Raises:
        ContractError: no service can have taken this for an event.
    """
    unknown = unknown_in(payload)
    if unknown:
        if _is_known_kind(payload):
            parse_stored(_known_part(payload))
        return Kept(_newer(payload), unknown)
    try:
        return Kept(parse_stored(payload))
    except ContractError as error:
        if _is_of_first_contract(payload):
            raise
        return Kept(_newer(payload), problem=str(error))


def _is_known_kind(payload: dict[str, Any]) -> bool:
    """Whether it is of this version and of a kind that this version knows, so that all but some fields can be checked."""
    return payload.get("version") == VERSION and payload["kind"] in KNOWN


def _is_of_first_contract(payload: dict[str, Any]) -> bool:
    fields, parts, _ = checked()
    own = fields.get(payload.get("kind", ""), frozenset())
    return own.issuperset(payload) and all(
        part.issuperset(payload[name]) for name, part, _ in parts if isinstance(payload.get(name), dict)
    )


def _known_part(payload: dict[str, Any]) -> dict[str, Any]:
    """The event without what this version does not know."""
    known = {name: payload[name] for name in payload.keys() & KNOWN[payload["kind"]]}
    for name, own in PARTS.items():
        if isinstance(known.get(name), dict):
            known[name] = {field: value for field, value in known[name].items() if field in own}
    return known


def _newer(payload: dict[str, Any]) -> NewerEvent:
    parts = {name: payload[name] for name in payload.keys() & NewerEvent.model_fields.keys()}
    for name, own in PARTS.items():
        if isinstance(parts.get(name), dict):
            parts[name] = {field: value for field, value in parts[name].items() if field in own}
    try:
        return NewerEvent.model_validate(parts)
    except ValidationError as error:
        raise malformed(error) from None
