"""All devices of the district on one clock: scans are made, signed, and handed in when their device finds a network.

1. Acts are told in any order for the days to come.
2. `run_until` takes the earliest act or sync, over and over: an act is signed by its device, a sync hands in what waits.
3. What is left at the end of the simulation is handed in a minute before it; later acts never happen.
"""

import heapq
from collections.abc import Callable

from schemas.canonical import encode_base64
from wasteledger.domain.merkle import EMPTY_ROOT
from wasteledger.errors import DatabaseError
from wasteledger.simulate.acts import MINUTE_MS, Act
from wasteledger.simulate.devices import Device
from wasteledger.simulate.journal import Journal


class Fleet:
    """The devices, and what they have still to do.

    Attributes:
        on_fork: told which act was forked.
    """

    def __init__(self, journal: Journal, *, on_fork: Callable[[Act], None]) -> None:
        """Begins with no device."""
        self.devices: list[Device] = []
        self._journal = journal
        self._on_fork = on_fork
        self._acts: list[tuple[int, int, Act]] = []
        self._syncs: list[tuple[int, int, Device]] = []
        self._told = 0
        self._now_ms = 0

    @property
    def office(self) -> Device:
        """The office of the authority, which was enrolled first."""
        return self.devices[0]

    def enrol(self, devices: list[Device], at_ms: int) -> None:
        """The first device is the office; it admits itself and all others. Inside an open transaction."""
        self.devices = devices
        for device in devices:
            self._enrol(device, "office" if device is self.office else "device", at_ms)

    def _enrol(self, device: Device, role: str, at_ms: int) -> None:
        office, key = self.office, device.key
        body = {
            "kind": "enrolled", "device": device.device_id, "public_key": encode_base64(key.public_key),
            "for_site": device.site, "role": role,
        }  # fmt: skip
        if device is office:
            office.previous = encode_base64(EMPTY_ROOT)
        number = (office.device_no, office.seq)
        ((_, note, event_id, _, _),) = office.sign(Act(at_ms, office, body))
        office.queue.clear()  # taken in at once
        device.device_no, chain_root = self._journal.admit(
            note, event_id, office=number, received_ms=at_ms, key=key, site=device.site, role=role
        )
        if device is not office:
            device.previous = chain_root

    def tell(self, act: Act) -> Act:
        """Somebody will do this.

        Raises:
            DatabaseError: its time has passed already, which the simulation must not let happen.
        """
        if act.at_ms < self._now_ms:
            message = f"the simulation told {act.kind} of {act.device.site} {self._now_ms - act.at_ms} ms too late"
            raise DatabaseError(message)
        heapq.heappush(self._acts, (act.at_ms, self._told, act))
        self._told += 1
        return act

    def run_until(self, end_ms: int) -> None:
        """Everything that happens before `end_ms`, in order of time; inside an open transaction."""
        while True:
            act_ms = self._acts[0][0] if self._acts else end_ms
            sync_ms = self._syncs[0][0] if self._syncs else end_ms
            if min(act_ms, sync_ms) >= end_ms:
                break
            if act_ms <= sync_ms:
                self._sign(heapq.heappop(self._acts)[2])
            else:
                _, _, device = heapq.heappop(self._syncs)
                self._sync(device, sync_ms)
        self._now_ms = end_ms

    def finish(self, end_ms: int) -> None:
        """Everybody hands in what he has; nothing more happens."""
        self.run_until(end_ms - MINUTE_MS)
        for _, _, device in sorted(self._syncs, key=lambda entry: entry[:2]):
            self._sync(device, end_ms - MINUTE_MS)
        self._syncs, self._acts = [], []

    def _sign(self, act: Act) -> None:
        device = act.device
        if any(made[0] == "fork" for made in device.sign(act)):
            self._on_fork(act)
        if device.sync_ms is None:
            device.sync_ms = device.next_sync_ms(act.at_ms)
            self._told += 1
            heapq.heappush(self._syncs, (device.sync_ms, self._told, device))

    def _sync(self, device: Device, now_ms: int) -> None:
        """First how far the chain has come, with the device's clocks; then what waited."""
        note, event_id = device.hello(now_ms)
        self._journal.odd("hello", note, event_id, received_ms=now_ms)
        for entry_class, note, event_id, seq, act in device.queue:
            act.received_ms = now_ms
            if act.withheld:
                continue
            if entry_class == "event":
                self._journal.event(note, event_id, device_no=device.device_no, device_seq=seq, received_ms=now_ms)
            else:
                self._journal.odd(entry_class, note, event_id, received_ms=now_ms)
        device.queue.clear()
        device.sync_ms = None
