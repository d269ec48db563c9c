"""The audit of an exported log, every entry of it.

1. The checkpoint is signed as the policy asks, and fresh.
2. Each entry parses; the service's clock never runs backwards; its note is signed under a key that an earlier entry admitted.
3. Entries make the leaves, leaves the tiles, tiles the root of the checkpoint, and of every checkpoint before it.
4. Device chains: holes, forks, wrong links, lost ends, scans that a counterparty names and the log lacks.
5. Time: each claimed moment lies between the checkpoint its device had seen and the first one that holds it.
6. What devices saw is what everybody saw.
"""

from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from .devices import Device, Devices, b64, is_fork, take_event, take_hello
from .entries import Entry, NotCanonicalError, occurred_ms, read_entry, read_hello, read_payload
from .folder import LogFolder, Tree, roots_at
from .formats import Checkpoint, InvalidError, Policy, fail, unbase64
from .report import Report

#: Clocks of honest handhelds differ by this much, in milliseconds.
DEVICE_CLOCK_MS = 5 * 60_000
#: A service and its witnesses differ by this much.
SERVICE_CLOCK_MS = 10 * 60_000
#: A scan handed in later than this after it happened has to be explained.
LATE_MS = 24 * 3_600_000


@dataclass(frozen=True)
class Options:
    """What an audit may be asked.

    Attributes:
        now_ms: the auditor's clock; None where freshness is not asked for.
    """

    hashes_only: bool = False
    max_age_hours: int = 24
    now_ms: int | None = None


@dataclass(slots=True)
class Seen:
    """What is kept of an event for the checks at the end."""

    index: int
    received_ms: int
    occurred_ms: int
    device_id: str
    boot_id: str
    monotonic_ms: int
    checkpoint: tuple[int, bytes] | None


class Audit:
    """One reading of a log.

    Attributes:
        report: what was found.
        events: (index, payload) of every event, for whoever asks about an item.
    """

    def __init__(self, folder: LogFolder, policy: Policy, options: Options) -> None:
        """Reads nothing yet."""
        self._folder = folder
        self._policy = policy
        self._options = options
        self.report = Report()
        self.devices = Devices("")
        self.keep: str | None = None
        self.kept: list[tuple[int, Entry, dict[str, Any]]] = []
        self._seen: list[Seen] = []
        self._counter: list[tuple[int, str, int, bytes]] = []
        self._last_ms = 0

    def run(self) -> Report:
        """The whole list."""
        try:
            checkpoint = self._folder.checkpoint(self._policy)
            history = self._history(checkpoint)
            tree = self._read(checkpoint, history)
            self._compare(tree, checkpoint, history)
        except InvalidError as error:
            self.report.wrong("log", str(error))
            return self.report
        self._freshness(checkpoint)
        if not self._options.hashes_only:
            self._chains()
            self._counterparties()
            self._times([*history, checkpoint])
            self._split_views(checkpoint)
        return self.report

    def _history(self, newest: Checkpoint) -> list[Checkpoint]:
        history = self._folder.history(self._policy)
        for old in history:
            if old.origin != newest.origin:
                raise fail(f"a published checkpoint is of another log, {old.origin}")
        return history

    def _read(self, checkpoint: Checkpoint, history: list[Checkpoint]) -> Tree:
        """Steps 2 and 3, in one reading."""
        self.devices = Devices(checkpoint.origin)
        tree = Tree({old.size for old in history} | {checkpoint.size})
        for index, content in enumerate(self._folder.entries(checkpoint.size)):
            leaf = tree.push(content)
            if self._options.hashes_only:
                continue
            try:
                self._entry(index, read_entry(content), leaf)
            except InvalidError as error:
                self.report.wrong("entry", str(error), index)
        self.report.facts |= {"origin": checkpoint.origin, "size": tree.size, "root": b64(tree.root())}
        self.report.facts |= {"checkpoints": len(history), "devices": len(self.devices.known)}
        return tree

    def _compare(self, tree: Tree, checkpoint: Checkpoint, history: list[Checkpoint]) -> None:
        if tree.root() != checkpoint.root:
            self.report.wrong(
                "root", f"the entries lead to {b64(tree.root())}, the checkpoint says {b64(checkpoint.root)}"
            )
        for old in history:
            if old.size > checkpoint.size:
                self.report.wrong(
                    "rollback", f"a checkpoint of {old.size} entries was published, the newest has {checkpoint.size}"
                )
            elif tree.roots[old.size] != old.root:
                self.report.wrong(
                    "fork", f"the published checkpoint of {old.size} entries is not the beginning of this log"
                )
        for name in self._folder.check_tiles(tree.levels):
            self.report.wrong("tile", f"{name}: it does not fit the entries")

    def _freshness(self, checkpoint: Checkpoint) -> None:
        last_s, now_ms = checkpoint.last_s, self._options.now_ms
        if last_s is None or now_ms is None:
            return
        hours = (now_ms // 1000 - last_s) // 3600
        if hours >= self._options.max_age_hours:
            self.report.find(
                "stale", f"the newest cosignature is {hours} hours old: is there a newer checkpoint elsewhere?"
            )

    def _entry(self, index: int, entry: Entry, leaf: bytes) -> None:
        """Step 2 for one entry."""
        if entry.received_ms < self._last_ms:
            self.report.wrong("received", "received before the entry in front of it", index)
        self._last_ms = max(self._last_ms, entry.received_ms)
        payload = self._payload(entry)
        if index == 0 and payload is not None:
            self.devices.begin(payload, entry.note)
        device = self.devices.verify(entry.note)
        if entry.kind == "hello":
            take_hello(device, read_hello(entry.note), index)
        elif entry.kind == "event":
            self._event(index, entry, payload, device, leaf)
        elif entry.kind == "fork":
            if payload is None or not is_fork(device, payload, entry):
                raise fail("an entry of class fork, but its number is not held by another event")
            text = f"number {payload.get('device_seq')} of {device.device_id} stands on two events: cloned device, or a restored one"
            self.report.find("fork", text, index, device.device_id)
        else:
            self.report.find(
                "quarantine", f"{device.device_id} signed what is no readable event", index, device.device_id
            )

    @staticmethod
    def _payload(entry: Entry) -> dict[str, Any] | None:
        if entry.kind not in {"event", "fork"}:
            return None
        try:
            return read_payload(entry.note.body)
        except NotCanonicalError:
            raise fail("an event that is not canonical JSON") from None

    def _event(self, index: int, entry: Entry, payload: dict[str, Any] | None, device: Device, leaf: bytes) -> None:
        if payload is None:
            raise fail("an event without a body")
        event_id = entry.note.event_id
        take_event(device, payload, event_id)
        self.devices.act(payload, device, index=index, leaf=leaf)
        if self.keep and (self.keep in payload.get("codes", ()) or self.keep == payload.get("box")):
            self.kept.append((index, entry, payload))
        self._seen.append(_seen(index, entry, payload))
        if device.revoked_index is not None and index > device.revoked_index:
            self.report.find(
                "revoked", f"{device.device_id} was revoked by entry {device.revoked_index}", index, device.device_id
            )
        counter = payload.get("counter_event")
        if isinstance(counter, dict):
            named = unbase64(str(counter.get("event_id")), "counter event", 32)
            self._counter.append((index, str(counter.get("device_id")), int(counter.get("device_seq", 0)), named))

    def _chains(self) -> None:
        """Step 4."""
        for device in self.devices.known.values():
            for first, last in device.holes():
                self.report.find("hole", f"{device.device_id} lacks {_span(first, last)}", None, device.device_id)
            lost = device.lost_end()
            if lost:
                text = f"{device.device_id} said it had made {_span(*lost)}, which never arrived"
                self.report.find("lost_end", text, device.announced[1], device.device_id)
            for number in device.wrong_links():
                text = (
                    f"number {number} of {device.device_id} names another event before it: a copied or rewritten device"
                )
                self.report.find("prev", text, None, device.device_id)

    def _counterparties(self) -> None:
        for index, device_id, number, event_id in self._counter:
            device = self.devices.known.get(device_id)
            if device is None or device.ids.get(number) != event_id:
                text = f"answers number {number} of {device_id}, which is not in the log as it names it"
                self.report.find("counter_event", text, index, device_id)

    def _times(self, published: list[Checkpoint]) -> None:
        """Step 5."""
        cosigned = sorted((c.size, c.first_s * 1000) for c in published if c.first_s is not None)
        at_size = dict(cosigned)
        for event in self._seen:
            if event.received_ms - event.occurred_ms > LATE_MS:
                hours = (event.received_ms - event.occurred_ms) // 3_600_000
                self.report.find("late", f"handed in {hours} hours after it happened", event.index, event.device_id)
            if event.occurred_ms - event.received_ms > DEVICE_CLOCK_MS:
                self.report.find("clock", "claims a moment after it was received", event.index, event.device_id)
            not_before = at_size.get(event.checkpoint[0]) if event.checkpoint else None
            if not_before and event.occurred_ms < not_before - DEVICE_CLOCK_MS:
                text = "claims a moment before the checkpoint that it names was cosigned: its clock was set back"
                self.report.find("clock", text, event.index, event.device_id)
        self._received(cosigned)
        self._boots()

    def _received(self, cosigned: list[tuple[int, int]]) -> None:
        """The service's own clock, held between the witnesses' clocks."""
        before_ms, place = 0, 0
        for event in self._seen:
            while place < len(cosigned) and cosigned[place][0] <= event.index:
                before_ms, place = max(before_ms, cosigned[place][1]), place + 1
            after_ms = cosigned[place][1] if place < len(cosigned) else None
            early = event.received_ms < before_ms - SERVICE_CLOCK_MS
            if early or (after_ms is not None and event.received_ms > after_ms + SERVICE_CLOCK_MS):
                text = "its time of receipt does not lie between the witnessed checkpoints around it"
                self.report.find("received", text, event.index, event.device_id)

    def _boots(self) -> None:
        """Within one boot, the wall clock and the clock that only runs forward must agree."""
        first: dict[tuple[str, str], int] = {}
        told: set[tuple[str, str]] = set()
        for event in self._seen:
            offset = event.occurred_ms - event.monotonic_ms
            boot = (event.device_id, event.boot_id)
            if abs(offset - first.setdefault(boot, offset)) > DEVICE_CLOCK_MS and boot not in told:
                told.add(boot)
                text = "its wall clock was set while it ran: the clock that only runs forward tells another time"
                self.report.find("clock_set", text, event.index, event.device_id)

    def _split_views(self, checkpoint: Checkpoint) -> None:
        """Step 6: a device that was shown another log carries its root in what it signed afterwards."""
        claims: dict[int, list[Seen]] = defaultdict(list)
        for event in self._seen:
            if event.checkpoint:
                claims[event.checkpoint[0]].append(event)
        roots = roots_at(self._folder, checkpoint.size, {size for size in claims if size <= checkpoint.size})
        for size, events in sorted(claims.items()):
            for event in events:
                if event.checkpoint and roots.get(size) != event.checkpoint[1]:
                    text = f"its device was shown a log of {size} entries with another root: a split view, or a device that lies"
                    self.report.find("split_view", text, event.index, event.device_id)


def _seen(index: int, entry: Entry, payload: dict[str, Any]) -> Seen:
    claimed, checkpoint = payload.get("checkpoint"), None
    if isinstance(claimed, dict):
        root = unbase64(str(claimed.get("root")), "checkpoint root", 32)
        checkpoint = (int(claimed.get("size", -1)), root)
    return Seen(
        index, entry.received_ms, occurred_ms(payload), entry.note.device_id, str(payload.get("boot_id")),
        int(payload.get("monotonic_ms") or 0), checkpoint,
    )  # fmt: skip


def _span(first: int, last: int) -> str:
    return f"number {first}" if first == last else f"numbers {first} to {last}"
