"""Devices as the log admits and revokes them, and the chain that each of them keeps.

The rules are those of the log's own specification, written a second time on purpose: the verifier trusts no code of the service.
"""

import base64
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from . import ed25519
from .entries import SITE, DeviceNote, Event, Hello, device_id_of, key_id_of, text_of
from .formats import fail, unbase64
from .merkle import EMPTY_ROOT
from .report import Report

_DEVICE, _ROLE, _KEY = re.compile("[a-z2-7]{16}"), re.compile("[a-z_]{1,32}"), re.compile("[A-Za-z0-9+/=]{44}")


@dataclass(slots=True)
class Device:
    """An admitted key and what it has said.

    Attributes:
        sites: that it was admitted for, in order; `later`: when each further one was.
        root: what its event 0 must name as the one before: the leaf hash of its enrolment.
        ids: event id by number.  prevs: what each event names as the one before.
        odd_ids: ids of what it signed that stands in the log as a fork or in quarantine.
        forked_from: the lowest number that stands on two events.
        announced: the highest number that a hello said was next, and the index of that hello.
        newest: the event that the same hello named as the newest.
    """

    device_id: str
    public_key: bytes
    role: str
    root: bytes
    key_id: bytes
    sites: list[str]
    revoked_index: int | None = None
    ids: dict[int, bytes] = field(default_factory=dict)
    prevs: dict[int, bytes] = field(default_factory=dict)
    odd_ids: set[bytes] = field(default_factory=set)
    forked_from: int | None = None
    announced: tuple[int, int] = (0, -1)
    newest: bytes = b""
    later: dict[str, int] = field(default_factory=dict)

    def has(self, site: str, received_ms: int) -> bool:
        """Whether it was a device of the site when something of it was received; of its first one it always was."""
        return site in self.sites and received_ms >= self.later.get(site, received_ms)

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

    def broken_from(self) -> int | None:
        """The first number that a wrong link or a second event makes doubtful, and all behind it."""
        return min((*self.wrong_links()[:1], *(() if self.forked_from is None else (self.forked_from,))), default=None)

    def is_contradicted(self) -> bool:
        """Whether its hello names another newest event than the one that stands at that number."""
        there = self.ids.get(self.announced[0] - 1)
        return there is not None and there != self.newest


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

    def act(self, payload: dict[str, Any], device: Device, *, index: int, received_ms: int, leaf: bytes) -> None:
        """Admits or revokes where the event says so, and only an office may."""
        kind = payload["kind"]
        if kind not in {"enrolled", "revoked"}:
            return
        if device.role != "office" or device.revoked_index is not None:
            raise fail(f"{device.device_id} {kind} a device, but is no office in force")
        named = self.known.get(text_of(payload, "device", _DEVICE))
        if kind == "enrolled" and named is None:
            self._admit(payload, leaf)
        elif kind == "enrolled" and named is not None:
            site = text_of(payload, "for_site", SITE)
            if site not in named.sites:  # admitted again, it is a device of both, and stays what it is
                named.sites.append(site)
                named.later[site] = received_ms
        elif kind == "revoked" and named is not None and named.revoked_index is None:
            named.revoked_index = index

    def _admit(self, payload: dict[str, Any], root: bytes) -> None:
        name, role = text_of(payload, "device", _DEVICE), text_of(payload, "role", _ROLE)
        public_key = unbase64(text_of(payload, "public_key", _KEY), "public key", 32)
        if device_id_of(public_key) != name:
            raise fail(f"the device id {name} does not follow from its key")
        if not ed25519.is_sound_key(public_key):
            raise fail(f"the key of {name} is no sound Ed25519 key: anybody could sign with it")
        key_id, sites = key_id_of(self.origin, name, public_key), [text_of(payload, "for_site", SITE)]
        self.known[name] = Device(name, public_key, role, root, key_id, sites)


def take_event(device: Device, event: Event, event_id: bytes) -> None:
    """Files an event under its number, which must be free."""
    if event.number in device.ids:
        raise fail(f"number {event.number} of {device.device_id} stands twice as an event")
    device.ids[event.number] = event_id
    device.prevs[event.number] = event.prev


def take_hello(device: Device, hello: Hello, index: int) -> None:
    """Remembers how far a device said that its chain has come."""
    if hello.next_seq > device.announced[0]:
        device.announced, device.newest = (hello.next_seq, index), hello.event_id


def is_fork(device: Device, event: Event, event_id: bytes) -> bool:
    """Whether the number of an entry of class fork is really held by another event."""
    held = device.ids.get(event.number)
    return held is not None and held != event_id


def find_gaps(devices: Iterable[Device], report: Report) -> None:
    """Numbers that a device gave and the log lacks."""
    for device in devices:
        for first, last in device.holes():
            report.find("hole", f"{device.device_id} lacks {_span(first, last)}", None, device.device_id)
        lost = device.lost_end()
        if lost:
            text = f"{device.device_id} said it had made {_span(*lost)}, which never arrived"
            report.find("lost_end", text, device.announced[1], device.device_id)


def find_broken_chains(devices: Iterable[Device], report: Report) -> None:
    """Chains that do not link, and hellos that name another event than the log has."""
    for device in devices:
        for number in device.wrong_links():
            text = f"number {number} of {device.device_id} names another event before it: a copied or rewritten device"
            report.find("prev", text, None, device.device_id)
        if device.is_contradicted():
            number = device.announced[0] - 1
            text = f"{device.device_id} said that its number {number} is another event than the log has"
            report.find("hello", text, device.announced[1], device.device_id)


def b64(content: bytes) -> str:
    """Base64, as hashes stand in events."""
    return base64.b64encode(content).decode()


def _span(first: int, last: int) -> str:
    return f"number {first}" if first == last else f"numbers {first} to {last}"
