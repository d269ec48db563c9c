"""All devices of the district on one clock: scans are made, signed, and handed in when their device finds a network.

1. Acts are told in any order for the days to come.
2. `run_until` takes the earliest act or sync, over and over: an act is signed by its device, a sync hands in what waits. So each device,
   the office among them, signs in the order in which things happen.
3. What is left at the end of the simulation is handed in a minute before it; later acts never happen.

A device that is replaced hands in everything first; its key is revoked, and whoever acts with it later acts with its successor.
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
        on_broken: told each act of a device that nobody believes any more, or not its clock, and whether that act is the first.
    """

    def __init__(self, journal: Journal, *, on_broken: Callable[[Act, bool], None]) -> None:
        """Begins with no device."""
        self.devices: list[Device] = []
        self._journal = journal
        self._on_broken = on_broken
        self._acts: list[tuple[int, int, Act]] = []
        self._syncs: list[tuple[int, int, Device]] = []
        self._successors: dict[str, tuple[Device, Device | None]] = {}
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
            office = self.office
            if device is office:
                office.previous = encode_base64(EMPTY_ROOT)
            office.sign(self._enrolment(device, at_ms))
            self._hand_in(office, at_ms)

    def _enrolment(self, device: Device, at_ms: int, prior: Device | None = None) -> Act:
        body = {
            "kind": "enrolled", "device": device.device_id, "public_key": encode_base64(device.key.public_key),
            "for_site": device.site, "role": "office" if device is self.office else "device",
        }  # fmt: skip
        if prior:
            body["prior_device"] = prior.device_id
        self._successors[device.device_id] = device, prior
        return Act(at_ms, self.office, body)

    def replace(self, old: Device, new: Device, at_ms: int) -> None:
        """A new device will be enrolled in place of an old one."""
        self.tell(self._enrolment(new, at_ms, old))

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
                if device.sync_ms == sync_ms:
                    self._sync(device, sync_ms)
        self._now_ms = end_ms

    def finish(self, end_ms: int) -> None:
        """Everybody hands in what he has; nothing more happens."""
        self.run_until(end_ms - MINUTE_MS)
        for sync_ms, _, device in sorted(self._syncs, key=lambda entry: entry[:2]):
            if device.sync_ms == sync_ms:
                self._sync(device, end_ms - MINUTE_MS)
        self._syncs, self._acts = [], []

    def _sign(self, act: Act) -> None:
        device = act.device
        while device.successor and not act.forced and act.at_ms >= device.kept_until_ms:
            device = act.device = device.successor
        prior = self._successors.get(act.body.get("device", ""), (None, None))[1]
        if act.kind == "enrolled" and prior and prior.queue:
            self._sync(prior, act.at_ms)
        if act.kind == "trusted":
            act.body["last_seq"] = max(act.about.seq - 1, 0) if act.about else 0
        was_broken = device.broken_by
        device.sign(act)
        if was_broken or device.broken_by or device.tells_late:
            self._on_broken(act, not was_broken)
        if act.kind == "enrolled":
            self._sync(device, act.at_ms)
        elif device.sync_ms is None:
            device.sync_ms = device.next_sync_ms(act.at_ms)
            self._told += 1
            heapq.heappush(self._syncs, (device.sync_ms, self._told, device))

    def _sync(self, device: Device, now_ms: int) -> None:
        """How far the chain has come, with the device's clocks, and what waited; in front of it or behind."""
        if device.habit.greets_last:
            self._hand_in(device, now_ms)
        hello = device.hello(now_ms)
        if hello:
            self._journal.hello(*hello, device_no=device.device_no, received_ms=now_ms)
        self._hand_in(device, now_ms)
        device.sync_ms = None

    def _hand_in(self, device: Device, now_ms: int) -> None:
        for entry_class, note, event_id, seq, act in device.queue:
            act.received_ms = now_ms
            if act.withheld:
                continue
            if act.kind == "enrolled" and entry_class == "event":
                self._admit(act, note, event_id, seq)
            elif entry_class == "event":
                self._journal.event(note, event_id, device_no=device.device_no, device_seq=seq, received_ms=now_ms)
            else:
                self._journal.odd(entry_class, note, event_id, received_ms=now_ms)
            if act.kind == "revoked":
                self._journal.revoke(act.body["device"])
        device.queue.clear()

    def _admit(self, act: Act, note: bytes, event_id: bytes, seq: int) -> None:
        device, prior = self._successors.pop(act.body["device"])
        device.device_no, chain_root = self._journal.admit(
            note, event_id, office=(self.office.device_no, seq), received_ms=act.received_ms or 0, key=device.key,
            site=device.site, role=act.body["role"],
        )  # fmt: skip
        if device is not self.office:
            device.previous = chain_root
        if prior:
            prior.successor = device
            if prior.kept_until_ms:
                prior.broken_by = "revoked_device"
