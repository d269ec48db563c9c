"""Devices as the log admits and revokes them, and the chain that each of them keeps.

The rules are those of the log's own specification, written a second time on purpose: the verifier trusts no code of the service.
"""

import base64
from dataclasses import dataclass, field
from typing import Any

from . import ed25519
from .entries import DeviceNote, Entry, Hello, device_id_of, key_id_of
from .formats import fail, unbase64
from .merkle import EMPTY_ROOT


@dataclass(slots=True)
class Device:
    """An admitted key and what it has said.

    Attributes:
        root: what its event 0 must name as the one before: the leaf hash of its enrolment.
        ids: event id by number.  prevs: what each event names as the one before.
        announced: the highest number that a hello said was next, and the index of that hello.
    """

    device_id: str
    public_key: bytes
    role: str
    root: bytes
    key_id: bytes
    revoked_index: int | None = None
    ids: dict[int, bytes] = field(default_factory=dict)
    prevs: dict[int, bytes] = field(default_factory=dict)
    announced: tuple[int, int] = (0, -1)

    def holes(self) -> list[tuple[int, int]]:
        """Missing numbers between those that are there, as (first, last)."""
        holes, expected = [], 0
        for number in sorted(self.ids):
            if number > expected:
                holes.append((expected, number - 1))
            expected = number + 1
        return holes

    def lost_end(self) -> tuple[int, int] | None:
        """Numbers that the device said it had given, behind the last one that is there."""
        first = max(self.ids, default=-1) + 1
        return (first, self.announced[0] - 1) if self.announced[0] > first else None

    def wrong_links(self) -> list[int]:
        """Numbers whose event names another one as the one before it."""
        wrong = []
        for number, named in self.prevs.items():
            before = self.root if number == 0 else self.ids.get(number - 1)
            if before is not None and named != before:
                wrong.append(number)
        return sorted(wrong)


class Devices:
    """All devices of a log, entry by entry."""

    def __init__(self, origin: str) -> None:
        """Begins with none."""
        self.origin = origin
        self.known: dict[str, Device] = {}

    def verify(self, note: DeviceNote) -> Device:
        """The device that signed a note.

        Raises:
            InvalidError: another log's note, a key that nobody admitted, or a signature that does not verify.
        """
        device = self.known.get(note.device_id)
        if note.origin != self.origin:
            raise fail(f"a note of the log {note.origin[:100]}")
        if device is None:
            raise fail(f"signed by {note.device_id}, which no earlier entry enrolled")
        if note.key_id != device.key_id or not ed25519.verify(device.public_key, note.text, note.signature):
            raise fail(f"the signature of {note.device_id} does not verify")
        return device

    def begin(self, payload: dict[str, Any], note: DeviceNote) -> None:
        """Entry 0: the first office admits itself."""
        if (
            payload.get("kind") != "enrolled"
            or payload.get("role") != "office"
            or payload.get("device") != note.device_id
        ):
            raise fail("entry 0 is not the enrolment of an office by itself")
        self._admit(payload, EMPTY_ROOT)

    def act(self, payload: dict[str, Any], device: Device, *, index: int, leaf: bytes) -> None:
        """Admits or revokes where the event says so, and only an office may."""
        kind = payload.get("kind")
        if kind not in {"enrolled", "revoked"}:
            return
        if device.role != "office" or device.revoked_index is not None:
            raise fail(f"{device.device_id} {kind} a device, but is no office in force")
        if kind == "enrolled" and payload.get("device") not in self.known:
            self._admit(payload, leaf)
        elif kind == "revoked" and payload.get("device") in self.known:
            self.known[payload["device"]].revoked_index = index

    def _admit(self, payload: dict[str, Any], root: bytes) -> None:
        public_key, name = unbase64(str(payload.get("public_key")), "public key", 32), str(payload.get("device"))
        if device_id_of(public_key) != name:
            raise fail(f"the device id {name[:40]} does not follow from its key")
        role = str(payload.get("role"))
        self.known[name] = Device(name, public_key, role, root, key_id_of(self.origin, name, public_key))


def take_event(device: Device, payload: dict[str, Any], event_id: bytes) -> None:
    """Files an event under its number, which must be free."""
    number = payload.get("device_seq")
    if type(number) is not int or number < 0 or payload.get("device_id") != device.device_id:
        raise fail("an event without a number, or of another device than the one that signed")
    if number in device.ids:
        raise fail(f"number {number} of {device.device_id} stands twice as an event")
    device.ids[number] = event_id
    device.prevs[number] = unbase64(str(payload.get("device_prev")), "device_prev", 32)


def take_hello(device: Device, hello: Hello, index: int) -> None:
    """Remembers how far a device said that its chain has come."""
    device.announced = max(device.announced, (hello.next_seq, index))


def is_fork(device: Device, payload: dict[str, Any], entry: Entry) -> bool:
    """Whether the number of an entry of class fork is really held by another event."""
    held = device.ids.get(payload.get("device_seq", -1))
    return held is not None and held != entry.note.event_id


def b64(content: bytes) -> str:
    """Base64, as hashes stand in events."""
    return base64.b64encode(content).decode()
