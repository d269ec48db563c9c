"""An event as folds read it: every field of every kind by its name, empty where the event does not have it.

The service checks each event once, when it is taken in (`events.parse_event`), and the offline audit checks it again. A fold over
millions of events takes the payload as it stands: an `Act` is that payload with names, a twentieth of the cost of checking it anew.
"""

from datetime import datetime
from functools import lru_cache
from typing import Any

import orjson

from schemas.errors import ContractError
from schemas.events import KINDS


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
    return _minute_ms(text[:16] + text[23:]) + int(text[17:19]) * 1000 + int(text[20:23])


def read_act(body: bytes) -> Act:
    """The act in the canonical JSON of an event that was checked when it was taken in.

    Raises:
        ContractError: the bytes are no such JSON: they were changed where they are kept.
    """
    try:
        payload = orjson.loads(body)
        if payload["kind"] in KINDS and payload["device_id"] and payload["occurred_at"] and payload["site"]:
            return Act(payload)
    except (orjson.JSONDecodeError, KeyError, TypeError):
        pass
    message = "an entry of the log holds no readable event: run `wasteledger fsck`"
    raise ContractError(message)
