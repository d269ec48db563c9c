"""A handheld as the simulation plays it: own key, own chain, own clock, and a queue that survives."""

import hashlib
from typing import Any

import httpx
import numpy as np

from schemas.canonical import decode_base64
from schemas.signing import DeviceKey, sign_event
from wasteledger.domain.hello import NO_EVENT, Hello, sign_hello
from wasteledger.errors import DatabaseError
from wasteledger.flows.office import china_time, event_hash

#: Events a handheld sends in one request.
BATCH_EVENTS = 100
REQUEST_S_MAX = 30.0
#: Answers to what the service has made durable, or knew already.
_TAKEN = frozenset({"new", "duplicate", "noted"})


class Handheld:
    """One device of a site.

    Attributes:
        skew_ms: how far its clock is off.
        queue: notes signed and not yet handed in, in the order of their numbers.
    """

    def __init__(self, site: str, *, origin: str, chance: np.random.Generator) -> None:
        """Makes a new key; the chain begins when the enrolment's leaf hash is known."""
        self.site = site
        self.key = DeviceKey(chance.bytes(32))
        self.skew_ms = int(chance.integers(-90_000, 90_000))
        self.queue: list[bytes] = []
        self._origin = origin
        self._boot_id = chance.bytes(8).hex()
        self._booted_ms: int | None = None
        self._seq = 0
        self._previous = ""

    def begin(self, leaf_hash: str) -> None:
        """Roots the device's chain in the log entry that enrolled it."""
        self._previous = leaf_hash

    def record(self, kind: str, at_ms: int, *, actor: str, **body: Any) -> None:
        """Signs one event and puts it into the queue."""
        uptime_ms = self._uptime_ms(at_ms)
        payload = {
            "version": 1, "device_id": self.key.device_id, "device_seq": self._seq, "device_prev": self._previous,
            "occurred_at": china_time(at_ms + self.skew_ms), "monotonic_ms": uptime_ms, "boot_id": self._boot_id,
            "site": self.site, "actor": actor, "vouch_method": "own_device", "kind": kind,
        }  # fmt: skip
        note = sign_event(self.key, origin=self._origin, payload=payload | body)
        self._seq += 1
        self._previous = event_hash(note)
        self.queue.append(note)

    def _uptime_ms(self, at_ms: int) -> int:
        """Since it was switched on; a scene that is told before an earlier one begins a new boot."""
        if self._booted_ms is None or at_ms < self._booted_ms:
            self._booted_ms = at_ms
            self._boot_id = hashlib.sha256(f"{self._boot_id} {at_ms}".encode()).hexdigest()[:16]
        return at_ms - self._booted_ms

    def greet(self, client: httpx.Client, now_ms: int) -> None:
        """Says hello: how far its chain has come, and what its clocks show, so that a wrong one can be mended.

        Raises:
            DatabaseError: the service did not take it.
        """
        newest = decode_base64(self._previous) if self._seq else NO_EVENT
        uptime_ms = self._uptime_ms(now_ms)
        hello = Hello(self.key.device_id, self._seq, newest, now_ms + self.skew_ms, uptime_ms, self._boot_id)
        self._send(client, [sign_hello(self.key, hello, origin=self._origin)])

    def sync(self, client: httpx.Client) -> int:
        """Hands in the queue and drops what the service has made durable; returns how many it took.

        Raises:
            DatabaseError: the service did not take an event; the rest stays queued.
        """
        taken = 0
        while self.queue:
            notes = self.queue[:BATCH_EVENTS]
            self._send(client, notes)
            taken += len(notes)
            del self.queue[: len(notes)]
        return taken

    @staticmethod
    def _send(client: httpx.Client, notes: list[bytes]) -> None:
        reply = client.post("/v1/events", json={"events": [note.decode() for note in notes]})
        reply.raise_for_status()
        for verdict in reply.json()["verdicts"]:
            if verdict["verdict"] not in _TAKEN:
                message = f"the service answered {verdict['verdict']}: {verdict['reason']}"
                raise DatabaseError(message)
