"""Handhelds as the simulation plays them: own key, own chain, own clock, a queue that survives, and habits of syncing."""

import hashlib
from collections import deque
from dataclasses import dataclass
from typing import Any

from schemas.canonical import decode_base64, encode_base64
from schemas.signing import DeviceKey, sign_event
from wasteledger.domain.hello import NO_EVENT, Hello, sign_hello
from wasteledger.flows.office import china_time
from wasteledger.simulate.acts import DAY_MS, HOUR_MS, MINUTE_MS, Act
from wasteledger.simulate.chance import secret
from wasteledger.simulate.truth import Wrong

#: Honest clocks are off by no more than this.
SKEW_MS_MAX = 90_000
#: A device with signal hands in what it has at these intervals.
SYNC_MS = 30 * MINUTE_MS
#: A device is switched on so long before its first scan of the day.
WARM_UP_MS = MINUTE_MS
#: Room in which a centre keeps what waits for the lorry.
STORE_ROOM = "暂存间"
_CHINA_MS = 8 * HOUR_MS
_POSITION_ACCURACY_M = 15


@dataclass(slots=True)
class Trouble:
    """A fault of a device.

    Attributes:
        wrong: the fault as noted in the truth, shown once the trouble has struck.
        shift_ms: of a wrong clock.
    """

    kind: str
    begin_ms: int
    end_ms: int
    wrong: Wrong
    shift_ms: int = 0
    is_done: bool = False


@dataclass(slots=True)
class Habit:
    """When a device finds a network.

    Attributes:
        phase_ms: its place within the interval of syncing.
        hills: no signal by day; it syncs in the evening.
        every_days: it is connected on every so many days only, in the evening.
    """

    phase_ms: int = 0
    hills: bool = False
    every_days: int = 1

    def next_ms(self, at_ms: int) -> int:
        """When something scanned at `at_ms` is handed in."""
        if not self.hills and self.every_days == 1:
            return at_ms + SYNC_MS - (at_ms - self.phase_ms) % SYNC_MS
        period_ms = self.every_days * DAY_MS
        evening_ms = 21 * HOUR_MS + self.phase_ms - _CHINA_MS
        return at_ms + period_ms - (at_ms - evening_ms) % period_ms


class Device:
    """One device of a site.

    Attributes:
        actor: who carries it.
        placed: its scans say where they were made.
        queue: signed and not yet handed in: (entry class, note, event id, device_seq, act).
        sync_ms: when it will be connected next; None with an empty queue.
    """

    def __init__(self, site: str, name: str, *, seed: int, origin: str, actor: str) -> None:
        """Makes the key of a name; the chain begins when its enrolment is known."""
        self.site, self.name, self.actor = site, name, actor
        self.key = DeviceKey(secret(seed, f"{site} {name}"))
        self.device_id = self.key.device_id
        self.device_no = -1
        self.habit = Habit()
        self.placed = False
        self.skew_ms = 0
        self.trouble: Trouble | None = None
        self.queue: deque[tuple[str, bytes, bytes, int, Act]] = deque()
        self.sync_ms: int | None = None
        self.previous = ""
        self.seq = 0
        self._origin = origin
        self._boots = 0
        self._boot_id = ""
        self._boot_ms = 0
        self._wall_ms = 0

    def sign(self, act: Act) -> list[tuple[str, bytes, bytes, int, Act]]:
        """Signs an act as the device's next event and puts it into the queue; returns what was put there."""
        self._boot(act.at_ms)
        made = [("event", *self._note(act, act.body), act)]
        act.event_id = encode_base64(made[0][2])
        copied = self._copy_of(act)
        if copied:
            made.append(("fork", *self._note(act, copied), act))
        self.previous = act.event_id
        self.seq += 1
        if self._strikes("unreadable", act):
            note = self._note(act, {"kind": "weighed_again", "codes": act.codes})
            made.append(("quarantine", *note, act))
            self.previous = encode_base64(note[1])
            self.seq += 1
        self.queue.extend(made)
        return made

    def _strikes(self, kind: str, act: Act) -> bool:
        """Whether a trouble that strikes once strikes with this act."""
        trouble = self.trouble
        if trouble is None or trouble.kind != kind or trouble.is_done or act.at_ms < trouble.begin_ms:
            return False
        trouble.is_done = True
        trouble.wrong.shown([act])
        return True

    def _note(self, act: Act, body: dict[str, Any]) -> tuple[bytes, bytes, int]:
        payload = {
            "version": 1, "device_id": self.device_id, "device_seq": self.seq, "device_prev": self.previous,
            "occurred_at": china_time(act.at_ms + self._wall_ms), "monotonic_ms": act.at_ms - self._boot_ms,
            "boot_id": self._boot_id, "site": self.site, "actor": self.actor, "vouch_method": "own_device",
        }  # fmt: skip
        payload |= body
        payload |= {name: target.event_id for name, target in act.targets.items()}
        note = sign_event(self.key, origin=self._origin, payload=payload)
        return note, hashlib.sha256(note[: note.rindex(b"\n\n") + 1]).digest(), self.seq

    def _boot(self, at_ms: int) -> None:
        """Each working day is a boot of its own, unless something of an earlier one still waits to be handed in."""
        if self.queue or (self._boot_id and (at_ms + _CHINA_MS) // DAY_MS == (self._boot_ms + _CHINA_MS) // DAY_MS):
            return
        self._boots += 1
        self._boot_id = hashlib.sha256(f"{self.device_id} {self._boots}".encode()).hexdigest()[:16]
        self._boot_ms = at_ms - WARM_UP_MS
        self._wall_ms = self.skew_ms
        trouble = self.trouble
        if trouble and trouble.kind == "wrong_clock" and trouble.begin_ms <= at_ms < trouble.end_ms:
            self._wall_ms += trouble.shift_ms

    def _copy_of(self, act: Act) -> dict[str, Any] | None:
        """Troubles strike when something is scanned; of a copied device, what its copy made of the same number."""
        trouble = self.trouble
        if trouble is None or trouble.is_done or not trouble.begin_ms <= act.at_ms < trouble.end_ms:
            return None
        kind = trouble.kind
        if kind == "wrong_clock" and self._wall_ms != self.skew_ms:
            trouble.wrong.shown([act])
            trouble.is_done = True
        elif kind == "back_dated":
            # Only what waits for longer than the limit shows: the first scan of the time out of reach has to be early, and must not
            # go along with older ones that are handed in before long.
            trouble.is_done = True
            if act.at_ms < trouble.begin_ms + DAY_MS and self.sync_ms is None:
                trouble.wrong.shown([act])
        elif kind == "device_gap" and act.body.get("room") == STORE_ROOM and act.kind == "stored":
            act.withheld = trouble.is_done = True
            trouble.wrong.shown([act])
        elif kind == "device_fork" and act.codes and act.kind in {"stored", "released"} and act.codes[0][0] != "B":
            trouble.is_done = True
            trouble.wrong.shown([act])
            return {"kind": "stored", "codes": act.codes, "room": "临时堆放点"}
        return None

    def hello(self, at_ms: int) -> tuple[bytes, bytes]:
        """The device's word on how far its chain has come, and its id."""
        newest = decode_base64(self.previous) if self.seq else NO_EVENT
        wall_ms = at_ms + self._wall_ms
        hello = Hello(self.device_id, self.seq, newest, wall_ms, at_ms - self._boot_ms, self._boot_id)
        note = sign_hello(self.key, hello, origin=self._origin)
        return note, hashlib.sha256(note[: note.rindex(b"\n\n") + 1]).digest()

    def next_sync_ms(self, at_ms: int) -> int:
        """When something scanned at `at_ms` is handed in."""
        trouble = self.trouble
        if trouble and trouble.kind == "back_dated" and trouble.begin_ms <= at_ms < trouble.end_ms:
            return trouble.end_ms
        return self.habit.next_ms(at_ms)


def position(latitude_udeg: int, longitude_udeg: int) -> dict[str, int]:
    """A position as events write it."""
    return {"latitude_udeg": latitude_udeg, "longitude_udeg": longitude_udeg, "accuracy_m": _POSITION_ACCURACY_M}
