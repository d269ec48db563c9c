"""The audit of an exported log, every entry of it.

1. The checkpoint is signed as the policy asks, and fresh.
2. Each entry parses; the service's clock never runs backwards; its note is signed under a key that an earlier entry admitted.
3. Entries make the leaves, leaves the tiles, tiles the root of the checkpoint, and of every checkpoint before it.
4. Device chains: holes, forks, wrong links, lost ends, scans that a counterparty names and the log lacks.
5. Time: each claimed moment lies between the checkpoint its device had seen and the first one that holds it.
6. What devices saw is what everybody saw.
7. Who may say what: each signer was entitled, and a hand-over had two parties.
"""

from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from .devices import Device, Devices, b64, find_broken_chains, find_gaps, is_fork, take_event, take_hello
from .entries import (
    Entry,
    Event,
    NotCanonicalError,
    read_entry,
    read_event,
    read_hello,
    read_payload,
)
from .folder import LogFolder, Tree
from .formats import Checkpoint, InvalidError, Policy, fail
from .registers import Registers
from .report import Report
from .signers import NEWER, VERSION, Said, Signers
from .times import Brackets

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
class Kept:
    """An entry that names what somebody asks about; its signature is good."""

    index: int
    entry: Entry
    payload: dict[str, Any]


class Audit:
    """One reading of a log.

    Attributes:
        report: what was found.
        checkpoint: the newest one, where it meets the policy.
        tree: of the entries as they were read.
        devices: as the log admits them.
        contradicted: published checkpoints that the log signed and that are not the beginning of its entries.
        signers: who may say what; none until the entries are read.
        keep, kept: a code that somebody asks about, and the entries that name it.
    """

    def __init__(self, folder: LogFolder, policy: Policy, options: Options) -> None:
        """Reads nothing yet."""
        self._folder = folder
        self._policy = policy
        self._options = options
        self.report = Report()
        self.checkpoint: Checkpoint | None = None
        self.tree = Tree()
        self.devices = Devices("")
        self.signers: Signers | None = None
        self.contradicted: list[Checkpoint] = []
        self.keep: str | None = None
        self.kept: list[Kept] = []
        self._seen: list[Said] = []
        self._received_ms: list[int] = []
        self._last_ms = 0
        self._boots: dict[tuple[str, str], int] = {}
        self._boots_told: set[tuple[str, str]] = set()

    @property
    def is_proved(self) -> bool:
        """Whether the entries are those of the checkpoint."""
        return self.checkpoint is not None and self.tree.root() == self.checkpoint.root

    def run(self) -> Report:
        """The whole list."""
        try:
            checkpoint = self.checkpoint = self._folder.checkpoint(self._policy)
            history = self._history(checkpoint)
            self._read(checkpoint)
        except InvalidError as error:
            self.report.wrong("log", str(error))
            return self.report
        self.report.facts |= {"checkpoints": len(history), "devices": len(self.devices.known)}
        self._compare(checkpoint, history)
        self._freshness(checkpoint)
        if not self._options.hashes_only:
            find_gaps(self.devices.known.values(), self.report)
            find_broken_chains(self.devices.known.values(), self.report)
            self._counterparties()
            self._times([*history, checkpoint])
            self._split_views(checkpoint)
            if self.signers:
                self.signers.judge(self.report)
        return self.report

    def _history(self, newest: Checkpoint) -> list[Checkpoint]:
        history = self._folder.history(self._policy)
        if history is None:
            if not self._options.hashes_only:
                text = "the folder lacks the file `checkpoints`: nothing bounds the times of most entries"
                self.report.find("history", text)
            return []
        size = 0
        for old in history:
            if old.origin != newest.origin:
                raise fail(f"a published checkpoint is of another log, {old.origin[:100]}")
            if old.size < size:
                self.report.wrong("rollback", f"a checkpoint of {old.size} entries was published after one of {size}")
            size = max(size, old.size)
        return history

    def _read(self, checkpoint: Checkpoint) -> None:
        """Steps 2 and 3, in one reading."""
        self.devices = Devices(checkpoint.origin)
        if not self._options.hashes_only:
            registers = Registers(self._folder.folder, self.report)
            self.signers = Signers(self.devices.known, registers, checkpoint.origin)
        facts = {"origin": checkpoint.origin, "size": checkpoint.size, "root": b64(checkpoint.root)}
        self.report.facts |= facts | {"cosigned_at_s": checkpoint.last_s}
        for bundle in self._folder.bundles(checkpoint.size):
            index = self.tree.size
            leaves = self.tree.push(bundle)
            self.report.facts["entries"] = self.tree.size
            if self._options.hashes_only:
                continue
            for content, leaf in zip(bundle, leaves, strict=True):
                try:
                    self._entry(index, read_entry(content), leaf)
                except InvalidError as error:
                    self.report.wrong("entry", str(error), index)
                self._received_ms.append(self._last_ms)
                index += 1

    def _compare(self, checkpoint: Checkpoint, history: list[Checkpoint]) -> None:
        root, roots = self.tree.root(), self.tree.roots(old.size for old in history)
        if root != checkpoint.root:
            self.report.wrong("root", f"the entries lead to {b64(root)}, the checkpoint says {b64(checkpoint.root)}")
        for old in history:
            if old.size > checkpoint.size:
                self.report.wrong(
                    "rollback", f"a checkpoint of {old.size} entries was published, the newest has {checkpoint.size}"
                )
            elif roots[old.size] != old.root:
                self.contradicted.append(old)
                self.report.wrong(
                    "fork", f"the published checkpoint of {old.size} entries is not the beginning of this log"
                )
        for problem in self._folder.check_tiles(self.tree.levels):
            self.report.wrong("tile", problem)

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
            return
        if device.revoked_index is not None and index > device.revoked_index:
            self.report.find(
                "revoked", f"{device.device_id} was revoked by entry {device.revoked_index}", index, device.device_id
            )
        if payload is None:
            self._quarantined(index, entry, device)
            return
        event = read_event(payload, device.device_id)
        if entry.kind == "fork":
            self._fork(index, entry, event, device)
        else:
            self._event(index, entry, event, payload, device)
            self.devices.act(payload, device, index=index, received_ms=entry.received_ms, leaf=leaf)
        self._keep(index, entry, event, payload)

    @staticmethod
    def _payload(entry: Entry) -> dict[str, Any] | None:
        if entry.kind not in {"event", "fork"}:
            return None
        try:
            return read_payload(entry.note.body)
        except NotCanonicalError:
            raise fail("an event that is not canonical JSON") from None

    def _quarantined(self, index: int, entry: Entry, device: Device) -> None:
        """Whether a note was rightly set apart needs the service's whole contract; what it reads as is said."""
        device.odd_ids.add(entry.note.event_id)
        text = f"{device.device_id} signed what the service took for no readable event"
        try:
            payload = read_payload(entry.note.body)
            event = read_event(payload, device.device_id)
        except (InvalidError, NotCanonicalError):
            self.report.find("quarantine", text, index, device.device_id)
            return
        text = f"{text}; it reads as its number {event.number}, {event.kind}: why was it set apart?"
        self.report.find("quarantine", text, index, device.device_id)
        self._keep(index, entry, event, payload)

    def _keep(self, index: int, entry: Entry, event: Event, payload: dict[str, Any]) -> None:
        if self.keep is not None and self.keep in event.names:
            self.kept.append(Kept(index, entry, payload))

    def _fork(self, index: int, entry: Entry, event: Event, device: Device) -> None:
        event_id = entry.note.event_id
        if not is_fork(device, event, event_id):
            raise fail("an entry of class fork, but its number is not held by another event")
        device.odd_ids.add(event_id)
        device.forked_from = min(event.number, event.number if device.forked_from is None else device.forked_from)
        text = f"number {event.number} of {device.device_id} stands on two events: cloned device, or a restored one"
        self.report.find("fork", text, index, device.device_id)

    def _event(self, index: int, entry: Entry, event: Event, payload: dict[str, Any], device: Device) -> None:
        event_id = entry.note.event_id
        take_event(device, event, event_id)
        kind = event.kind if payload.get("version") == VERSION else NEWER
        vouch = self.signers.vouch_of(event, payload) if self.signers and kind != NEWER else None
        said = Said(
            index, entry.received_ms, event.occurred_ms, device.device_id, event.checkpoint, event.counter, kind, event.site,
            event.number, event_id, vouch,
        )  # fmt: skip
        self._seen.append(said)
        if self.signers:
            self.signers.take(said, event, payload)
        self._boot(index, device.device_id, event.boot_id, event.occurred_ms - event.monotonic_ms)

    def _boot(self, index: int, device_id: str, boot_id: str, offset_ms: int) -> None:
        """Within one boot, the wall clock and the clock that only runs forward must agree."""
        boot = (device_id, boot_id)
        if abs(offset_ms - self._boots.setdefault(boot, offset_ms)) > DEVICE_CLOCK_MS and boot not in self._boots_told:
            self._boots_told.add(boot)
            text = "its wall clock was set while it ran: the clock that only runs forward tells another time"
            self.report.find("clock_set", text, index, device_id)

    def _counterparties(self) -> None:
        for event in self._seen:
            if event.counter is None:
                continue
            device_id, number, event_id = event.counter
            device = self.devices.known.get(device_id)
            if device is None or (device.ids.get(number) != event_id and event_id not in device.odd_ids):
                text = f"answers number {number} of {device_id}, which is not in the log as it names it"
                self.report.find("counter_event", text, event.index, device_id)

    def _times(self, published: list[Checkpoint]) -> None:
        """Step 5."""
        cosigned = Brackets(published)
        for event in self._seen:
            if event.received_ms - event.occurred_ms > LATE_MS:
                hours = (event.received_ms - event.occurred_ms) // 3_600_000
                self.report.find("late", f"handed in {hours} hours after it happened", event.index, event.device_id)
            not_after = cosigned.after(event.index)
            if event.occurred_ms - event.received_ms > DEVICE_CLOCK_MS:
                self.report.find("clock", "claims a moment after it was received", event.index, event.device_id)
            elif not_after is not None and event.occurred_ms > not_after + DEVICE_CLOCK_MS:
                text = "claims a moment after the first checkpoint that holds it was cosigned"
                self.report.find("clock", text, event.index, event.device_id)
            not_before = cosigned.at(event.checkpoint[0]) if event.checkpoint else None
            if not_before is not None and event.occurred_ms < not_before - DEVICE_CLOCK_MS:
                text = "claims a moment before the checkpoint that it names was cosigned: its clock was set back"
                self.report.find("clock", text, event.index, event.device_id)
        self._received(cosigned)

    def _received(self, cosigned: Brackets) -> None:
        """The service's own clock, held between the witnesses' clocks."""
        for index, received_ms in enumerate(self._received_ms):
            before_ms, after_ms = cosigned.before(index), cosigned.after(index)
            early = before_ms is not None and received_ms < before_ms - SERVICE_CLOCK_MS
            if early or (after_ms is not None and received_ms > after_ms + SERVICE_CLOCK_MS):
                text = "its time of receipt does not lie between the witnessed checkpoints around it"
                self.report.find("received", text, index)

    def _split_views(self, checkpoint: Checkpoint) -> None:
        """Step 6: a device that was shown another log carries its root in what it signed afterwards."""
        claims: dict[int, list[Said]] = defaultdict(list)
        for event in self._seen:
            if event.checkpoint:
                claims[event.checkpoint[0]].append(event)
        roots = self.tree.roots(size for size in claims if size <= checkpoint.size)
        for size, events in sorted(claims.items()):
            for event in events:
                if event.checkpoint and roots.get(size) != event.checkpoint[1]:
                    text = f"its device was shown a log of {size} entries with another root: a split view, or a device that lies"
                    self.report.find("split_view", text, event.index, event.device_id)
