"""Handhelds as the simulation plays them: own key, own chain, own clock, a queue that survives, and habits of syncing."""

import hashlib
from collections import deque
from dataclasses import dataclass
from typing import Any

from schemas.canonical import decode_base64, encode_base64
from schemas.signing import DeviceKey, sign_event
from schemas.vouching import sign_vouch
from wasteledger.domain.hello import NO_EVENT, Hello, sign_hello
from wasteledger.flows.office import china_time
from wasteledger.simulate.acts import DAY_MS, HOUR_MS, MINUTE_MS, Act
from wasteledger.simulate.chance import secret
from wasteledger.simulate.truth import Wrong

#: Honest clocks are off by no more than this: two devices of one site differ by up to three minutes.
SKEW_MS_MAX = 90_000
#: A device with signal hands in what it has at these intervals.
SYNC_MS = 30 * MINUTE_MS
#: A device is switched on so long before its first scan of the day.
WARM_UP_MS = MINUTE_MS
#: Room in which a centre keeps what waits for the lorry.
STORE_ROOM = "暂存间"
#: A handheld whose battery died stands here when it is switched on again (2000-01-01, UTC).
DEAD_CLOCK_MS = 946_684_800_000
#: One whose clock is dead lies beside a router: what it scans is handed in at once.
AT_ONCE_MS = MINUTE_MS
_CHINA_MS = 8 * HOUR_MS
_POSITION_ACCURACY_M = 15
#: Troubles of a clock, which hold for a whole boot.
_CLOCK_TROUBLES = frozenset({"wrong_clock", "late_hello", "dead_clock"})
#: Before somebody sets a clock back, the device has shown in the same boot what time it is.
SET_BACK = "clock_set_back"
#: Troubles in which a device does not say hello.
_SILENT_TROUBLES = frozenset({"late_hello", "dead_clock", SET_BACK})

#: (entry class, note, event id, device_seq, act): what is handed in.
Made = tuple[str, bytes, bytes, int, Act]


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

    def holds(self, at_ms: int) -> bool:
        """Whether it is its time."""
        return self.begin_ms <= at_ms < self.end_ms


@dataclass(slots=True)
class Habit:
    """When a device finds a network.

    Attributes:
        phase_ms: its place within the interval of syncing.
        hills: no signal by day; it syncs in the evening.
        every_days: it is connected on every so many days only, in the evening.
        always_on: it stands on its charger, and is never switched off.
        greets_last: it says hello behind the events that it hands in, not in front of them.
    """

    phase_ms: int = 0
    hills: bool = False
    every_days: int = 1
    always_on: bool = False
    greets_last: bool = False

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
        broken_by: the kind of fault that broke its chain; what it says from then on proves nothing.
        rewritten: the act whose number was told anew.
        successor: takes its place once this one was handed back, or from `kept_until_ms` on where somebody keeps it for longer.
        queue: signed and not yet handed in.
        sync_ms: when it will be connected next; None with an empty queue.
        unentitled_count: acts that the table of who may say what does not let it say.
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
        self.broken_by = ""
        self.rewritten: Act | None = None
        self.successor: Device | None = None
        self.kept_until_ms = 0
        self.queue: deque[Made] = deque()
        self.sync_ms: int | None = None
        self.previous = ""
        self.seq = 0
        self.unentitled_count = 0
        self._origin = origin
        self._boots = 0
        self._boot_id = ""
        self._boot_ms = 0
        self._wall_ms = 0
        self._greeted = False
        self._before: tuple[str, Act] | None = None

    def sign(self, act: Act) -> list[Made]:
        """Signs an act as the device's next event and puts it into the queue; returns what was put there."""
        self._boot(act.at_ms)
        self._set_back(act)
        made = self._rewritten(act)
        begin = self.previous
        puts_away = act.kind == "stored" and act.body.get("room") == STORE_ROOM
        newer = {"shelf": "上层"} if puts_away and self._strikes("newer_handheld", act) else {}
        made.append(("event", *self._note(act, act.body | newer), act))
        act.event_id = encode_base64(made[-1][2])
        self.unentitled_count += not act.is_entitled
        copied = self._copy_of(act)
        if copied:
            made.append(("fork", *self._note(act, copied), act))
        self._before = begin, act
        self.previous = act.event_id
        self.seq += 1
        if self._strikes("unreadable", act):
            note = self._note(act, {"kind": "weighed_again", "codes": act.codes})
            made.append(("quarantine", *note, act))
            self.previous = encode_base64(note[1])
            self.seq += 1
        self.queue.extend(made)
        return made

    def _set_back(self, act: Act) -> None:
        """Within a boot in which something was scanned by the right clock, somebody sets it back before a sealing."""
        trouble = self.trouble
        if trouble is None or trouble.kind != SET_BACK or trouble.is_done or self._before is None:
            return
        if (
            trouble.holds(act.at_ms)
            and act.kind == "sealed"
            and self._before[1].at_ms > self._boot_ms > trouble.begin_ms
        ):
            self._wall_ms -= abs(trouble.shift_ms)
            trouble.is_done = True
            trouble.wrong.shown([act])

    def _strikes(self, kind: str, act: Act) -> bool:
        """Whether a trouble that strikes once strikes with this act."""
        trouble = self.trouble
        if trouble is None or trouble.kind != kind or trouble.is_done or act.at_ms < trouble.begin_ms:
            return False
        trouble.is_done = True
        trouble.wrong.shown([act])
        return True

    def _rewritten(self, act: Act) -> list[Made]:
        """Somebody tells the device's last number anew, once the true one was handed in; the chain goes on from the new one."""
        trouble = self.trouble
        if trouble is None or trouble.kind != "rewritten_chain" or self.queue or self._before is None:
            return []
        last = self._before[1]
        if trouble.is_done or not trouble.holds(act.at_ms) or last.kind != "sealed" or last.person:
            return []
        trouble.is_done = True
        trouble.wrong.shown([act])
        self.previous, self.seq = self._before[0], self.seq - 1
        note = self._note(Act(act.at_ms, self, {}), last.body | {"mass_g": last.body["mass_g"] // 2 + 1})
        self.previous, self.seq = encode_base64(note[1]), self.seq + 1
        self.broken_by, self.rewritten = trouble.kind, last
        return [("fork", *note, act)]

    def _note(self, act: Act, body: dict[str, Any]) -> tuple[bytes, bytes, int]:
        said_ms = act.at_ms if act.claim_ms is None else act.claim_ms
        payload = {
            "version": 1, "device_id": self.device_id, "device_seq": self.seq, "device_prev": self.previous,
            "occurred_at": china_time(said_ms + self._wall_ms), "monotonic_ms": said_ms - self._boot_ms,
            "boot_id": self._boot_id, "site": self.site, "actor": self.actor, "vouch_method": "own_device",
        }  # fmt: skip
        payload |= body
        payload |= {name: target.event_id for name, target in act.targets.items()}
        if act.person:
            payload["vouch_signature"] = sign_vouch(act.person, origin=self._origin, payload=payload)
        note = sign_event(self.key, origin=self._origin, payload=payload)
        return note, hashlib.sha256(note[: note.rindex(b"\n\n") + 1]).digest(), self.seq

    def _boot(self, at_ms: int) -> None:
        """Each working day is a boot of its own, unless something of an earlier one still waits to be handed in."""
        same_day = (at_ms + _CHINA_MS) // DAY_MS == (self._boot_ms + _CHINA_MS) // DAY_MS
        if self.queue or (self._boot_id and (same_day or self.habit.always_on or self._stays_on())):
            return
        self._boots += 1
        self._boot_id = hashlib.sha256(f"{self.device_id} {self._boots}".encode()).hexdigest()[:16]
        self._boot_ms = at_ms - WARM_UP_MS
        self._wall_ms, self._greeted = self.skew_ms, False
        trouble = self.trouble
        if trouble and trouble.kind in _CLOCK_TROUBLES and trouble.holds(at_ms):
            dead = trouble.kind == "dead_clock"
            self._wall_ms = DEAD_CLOCK_MS - self._boot_ms if dead else self.skew_ms + trouble.shift_ms

    def _stays_on(self) -> bool:
        """A device that has not yet said hello in a boot with a wrong clock is not switched off before it has."""
        trouble = self.trouble
        return (
            trouble is not None and trouble.kind == "late_hello" and self._wall_ms != self.skew_ms and not self._greeted
        )

    @property
    def tells_late(self) -> bool:
        """Whether its clock is wrong, and it has not said hello yet in this boot."""
        trouble = self.trouble
        return trouble is not None and trouble.kind in {"late_hello", SET_BACK} and self._wall_ms != self.skew_ms

    def _copy_of(self, act: Act) -> dict[str, Any] | None:
        """Troubles strike when something is scanned; of a copied device, what its copy made of the same number."""
        trouble = self.trouble
        if trouble is None or trouble.is_done or not trouble.holds(act.at_ms):
            return None
        kind = trouble.kind
        if kind in _CLOCK_TROUBLES and self._wall_ms != self.skew_ms:
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
            self.broken_by = kind
            return {"kind": "stored", "codes": act.codes, "room": "临时堆放点"}
        return None

    def hello(self, at_ms: int) -> tuple[bytes, bytes, Hello] | None:
        """The device's word on how far its chain has come, as a note, with its id; None while it does not say hello."""
        trouble = self.trouble
        if trouble and trouble.kind in _SILENT_TROUBLES and trouble.holds(at_ms):
            return None
        self._greeted = True
        newest = decode_base64(self.previous) if self.seq else NO_EVENT
        wall_ms = at_ms + self._wall_ms
        hello = Hello(self.device_id, self.seq, newest, wall_ms, at_ms - self._boot_ms, self._boot_id)
        note = sign_hello(self.key, hello, origin=self._origin)
        return note, hashlib.sha256(note[: note.rindex(b"\n\n") + 1]).digest(), hello

    def next_sync_ms(self, at_ms: int) -> int:
        """When something scanned at `at_ms` is handed in."""
        trouble = self.trouble
        if trouble and trouble.holds(at_ms):
            if trouble.kind in {"back_dated", "packs_unheard"}:
                return trouble.end_ms
            if trouble.kind == "dead_clock":
                return at_ms + AT_ONCE_MS
        return self.habit.next_ms(at_ms)


def position(latitude_udeg: int, longitude_udeg: int) -> dict[str, int]:
    """A position as events write it."""
    return {"latitude_udeg": latitude_udeg, "longitude_udeg": longitude_udeg, "accuracy_m": _POSITION_ACCURACY_M}
