"""An event as folds read it: every field of every kind by its name, empty where the event does not have it.

The service checks each event once, when it is taken in (`growth.read_event`), and the offline audit checks it again. A fold over
millions of events takes the payload as it stands: an `Act` is that payload with names, a twentieth of the cost of checking it anew.

An event of a newer version than this has no effect: its act keeps its place in its device's chain and says what is not known of it. After
an upgrade the same bytes are an act like any other, if what they say is of the form that the contract then gives it.
"""

from datetime import datetime
from functools import lru_cache
from typing import Any

import orjson

from schemas.errors import ContractError
from schemas.event_base import VERSION, Event
from schemas.growth import NewerEvent, checked, read_kept

#: Kind of an act that has no effect; no event is of this kind.
NO_EFFECT = "?"


class Act:
    """One event; the names and meanings of its fields are those of `schemas.events`."""

    # The instance's dictionary is the payload itself; these are the values of fields that it lacks.
    kind: str
    device_id: str
    device_seq: int
    device_prev: str
    occurred_at: str
    monotonic_ms: int
    boot_id: str
    site: str
    actor: str
    vouch_method: str
    vouched_by: str | None = None
    vouch_signature: str | None = None
    checkpoint: dict[str, Any] | None = None
    counter_event: dict[str, Any] | None = None
    backfill: dict[str, Any] | None = None
    position: dict[str, int] | None = None
    attachments: list[str] | tuple[()] = ()
    note: str | None = None
    codes: list[str] | tuple[()] = ()
    stock: str = ""
    for_site: str = ""
    waste_code: str = ""
    package: str = ""
    mass_g: int = 0
    mass_source: str = ""
    unit: str = ""
    new_code: str = ""
    box: str = ""
    room: str = ""
    count_name: str = ""
    complete: bool = False
    to_site: str = ""
    from_site: str = ""
    manifest: str | None = None
    vehicle: str | None = None
    masses_g: list[int | None] | None = None
    packages_count: int | None = None
    reason: str = ""
    onward: str = ""
    batch: str = ""
    method: str = ""
    result: str = ""
    incident: str = ""
    job: str = ""
    copy_no: int = 0
    target_event_id: str = ""
    agrees_with: str | None = None
    refuses: str | None = None
    action: str = ""
    form: str = ""
    carriers: list[str] | tuple[()] = ()
    consignee: str = ""
    driver: str | None = None
    waste_codes: list[str] | tuple[()] = ()
    planned_on: str = ""
    opinion: str = ""
    difference: str = ""
    case: str = ""
    finding: str = ""
    code: str = ""
    items: list[str] | tuple[()] = ()
    owner: str = ""
    due_at: str = ""
    level: int = 0
    device: str = ""
    last_seq: int = -1
    size_bytes: int = 0
    media: str = ""
    role: str = ""
    public_key: str = ""
    prior_device: str = ""
    holder: str = ""
    licence: str = ""
    valid_from: str = ""
    valid_to: str = ""
    rule: str = ""
    value: int = 0
    basis: str = ""
    #: Of an act without effect: what this version does not know of it, or what is wrong with it; and the codes that it speaks of.
    unknown: str = ""
    malformed: str = ""
    speaks_of: list[str] | tuple[()] = ()
    as_of: str = ""
    since: list[str | None] | tuple[()] = ()
    part_no: int = 0
    parts_count: int = 0
    holds_from: str | None = None
    decision: str | None = None

    def __init__(self, payload: dict[str, Any]) -> None:
        """Takes the payload over; nobody else may change it afterwards."""
        self.__dict__ = payload

    def mass_of(self, code: str) -> int | None:
        """The mass in grams that this event gives `code`, where it weighed it."""
        return None if self.masses_g is None else self.masses_g[self.codes.index(code)]

    @property
    def occurred_ms(self) -> int:
        """`occurred_at` as UTC milliseconds since 1970."""
        return moment_ms(self.occurred_at)


@lru_cache(maxsize=100_000)
def _minute_ms(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp()) * 1000


def moment_ms(text: str) -> int:
    """UTC milliseconds since 1970 of a time as events write it: `2026-11-02T08:15:00.250+08:00`."""
    return _minute_ms(text[:16] + text[23:]) + int(text[17:19] + text[20:23])


#: What is taken as it stands.
_FIELDS, _PARTS, _FLAT_FIELDS = checked()


def read_act(body: bytes) -> Act:
    """The act in the canonical JSON of an event that was checked when it was taken in; without effect where it could not be.

    Raises:
        ContractError: the bytes are no such JSON: they were changed where they are kept.
    """
    try:
        payload = orjson.loads(body)
        kind = payload["kind"]
        fields = _FLAT_FIELDS.get(kind)
        if fields is None or payload["version"] != VERSION:
            return _act_of_later(payload)
        if not fields.issuperset(payload):
            if not _FIELDS[kind].issuperset(payload):
                return _act_of_later(payload)
            for name, own, count in _PARTS:
                part = payload.get(name)
                if part is not None and len(part) != count and not own.issuperset(part):
                    return _act_of_later(payload)
        if payload["device_id"] and payload["occurred_at"] and payload["site"]:
            return Act(payload)
    except (orjson.JSONDecodeError, KeyError, TypeError, AttributeError):
        pass
    message = "an entry of the log holds no readable event: run `wasteledger fsck`"
    raise ContractError(message)


#: What an act without effect keeps: its place in its device's chain.
_PLACE = tuple(name for name in Event.model_fields if name not in {"backfill", "attachments", "note"})


def _act_of_later(payload: dict[str, Any]) -> Act:
    """An act that goes beyond the first contract: checked now, since whoever took it in may not have known how.

    Raises:
        KeyError: it lacks what every event has.
    """
    try:
        event, unknown, problem = read_kept(payload)
    except ContractError as error:
        unknown, problem = "", str(error)
    else:
        if not isinstance(event, NewerEvent):
            return Act(payload)
    kept = {name: payload[name] for name in _PLACE if name in payload}
    if not (kept["device_id"] and kept["occurred_at"] and kept["site"]):
        raise KeyError
    codes = payload.get("codes")
    named = list(codes) if isinstance(codes, list) and not problem else []
    return Act(kept | {"kind": NO_EFFECT, "unknown": unknown, "malformed": problem, "speaks_of": named})
