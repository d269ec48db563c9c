"""A seeded world of handhelds, networks, crashes and a lying operator, in one thread, on the product's own code.

Each step does one thing at random and then checks the invariants:
I1 acknowledged ⇒ exactly one entry, at the acknowledged place. I2 all signed checkpoints are of one history. I3 no index is used twice.
I4 what a device forgot is proved (R2). I5 the log's gaps are the world's gaps. I6 the fold continued is the fold afresh.
I7 when everything has calmed down, nothing is lost.
"""

import contextlib
import hashlib
import random
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import httpx

from schemas.canonical import encode_base64
from schemas.signing import parse_note
from schemas.sync import BatchAnswer
from tests.stories_builder import BAG, OFFICE, ORIGIN, Teller
from wasteledger.domain.checkpoint import Checkpoint, parse_checkpoint
from wasteledger.domain.hello import NO_EVENT, Hello, sign_hello
from wasteledger.domain.history import History
from wasteledger.domain.merkle import leaf_hash, tree_root
from wasteledger.domain.note import NoteKey, parse_signed_note
from wasteledger.domain.policy import Policy, parse_policy
from wasteledger.domain.tlog_proof import verify_tlog_proof
from wasteledger.errors import RolledBackError, TamperedError
from wasteledger.flows.accept_batch import take_in
from wasteledger.flows.published import Published
from wasteledger.flows.replay import recover
from wasteledger.flows.sequencer import Sequencer
from wasteledger.flows.signer import Signer
from wasteledger.flows.signer_state import SignerState
from wasteledger.flows.witnesses import Witnesses
from wasteledger.store.blobs import Blobs
from wasteledger.store.database import Database
from wasteledger.store.ledger import Ledger
from wasteledger.witness.service import open_witness

LOG = NoteKey(ORIGIN, b"s" * 32)
DEVICES = 4
START_MS = 1_793_500_000_000


class CrashError(Exception):
    """The service's process ended here."""


class Scan(NamedTuple):
    """One event as its device keeps it."""

    seq: int
    event_id: bytes
    note: str


class Handheld:
    """A device: signs, keeps, sends again for ever, and forgets only what is proved.

    Attributes:
        kept: scans whose bodies it still holds. acknowledged: event id → index. forgotten: event ids with R2.
    """

    def __init__(self, number: int, chance: random.Random) -> None:
        self.teller = Teller(f"C50011410500{number + 1}")
        self.skew_ms = chance.randrange(-3_600_000, 3_600_000)
        self.made: list[Scan] = []
        self.kept: list[Scan] = []
        self.acknowledged: dict[bytes, int] = {}
        self.forgotten: set[bytes] = set()
        self.checkpoint: Checkpoint | None = None

    def scan(self, now_ms: int) -> None:
        seen = {"size": self.checkpoint.size, "root": encode_base64(self.checkpoint.root)} if self.checkpoint else None
        seq, occurred_ms = self.teller.number, now_ms + self.skew_ms
        note = self.teller.note("stored", occurred_ms=occurred_ms, codes=[BAG], room=f"库{seq}", checkpoint=seen)
        scan = Scan(seq, parse_note(note).event_id, note.decode())
        self.made.append(scan)
        self.kept.append(scan)

    def hello(self, now_ms: int) -> str:
        newest = self.made[-1].event_id if self.made else NO_EVENT
        word = Hello(self.teller.key.device_id, self.teller.number, newest, now_ms, 1, "0123456789abcdef")
        return sign_hello(self.teller.key, word, origin=ORIGIN).decode()


class World:
    """Everything, from one seed."""

    def __init__(self, seed: int, folder: Path, set_clock: Callable[[Callable[[], int]], None]) -> None:
        self.chance = random.Random(seed)
        self.folder = folder
        self.now_ms = START_MS
        set_clock(lambda: self.now_ms)
        self.witness = open_witness(folder / "witness", "witness.example.org/w1", [LOG.verifier])
        self.policy: Policy = parse_policy(
            f"log {LOG.verifier.text}\nwitness w {self.witness.key.verifier.text} http://witness\nquorum w\n"
        )
        self.published = Published(Blobs(folder / "log"))
        self.devices = [Handheld(number, self.chance) for number in range(DEVICES)]
        self.suppressed: set[bytes] = set()
        self.flying: list[tuple[int, Handheld, list[str]]] = []
        self.witness_is_there = True
        self.promised: dict[int, bytes] = {}
        self.leaves: list[bytes] = []
        self.fold = History()
        self._start()
        office = Teller(OFFICE)
        notes = [office.enrolment(office, role="office"), *(office.enrolment(device.teller) for device in self.devices)]
        verdicts = self.sequencer.submit([note.decode() for note in notes]).verdicts
        for device, verdict in zip(self.devices, verdicts[1:], strict=True):
            device.teller.previous = verdict.leaf_hash or ""

    def _start(self) -> None:
        """A new process of the service."""
        self.database = Database(f"sqlite:///{self.folder / 'ledger.db'}")
        self.sequencer = Sequencer(self.database, origin=ORIGIN, node="sim")
        transport = httpx.MockTransport(self._ask_witness)
        self.signer = Signer(
            self.database, key=LOG, state=SignerState(self.folder / "signed", ORIGIN), published=self.published,
            policy=self.policy, witnesses=Witnesses(self.policy, httpx.Client(transport=transport)),
        )  # fmt: skip

    def _ask_witness(self, request: httpx.Request) -> httpx.Response:
        if not self.witness_is_there:
            raise httpx.ConnectError("away")  # noqa: EM101 - as a network says it
        answer = self.witness.add_checkpoint(request.content)
        return httpx.Response(answer.status, text=answer.body)

    def _restart(self) -> None:
        self.database.close()
        self._start()

    # What can happen -----------------------------------------------------------------------------------------------

    def step(self) -> str:
        """One thing at random; returns its name."""
        self.now_ms += self.chance.randrange(1, 60_000)
        things: list[tuple[int, Callable[[], None]]] = [
            (30, self.scan), (25, self.send), (25, self.deliver), (12, self.sign), (10, self.forget), (3, self.crash_signer),
            (3, self.witness_comes_or_goes), (2, self.suppress), (1, self.roll_back), (2, self.clock_jumps), (3, self._restart),
        ]  # fmt: skip
        weights = [weight for weight, _ in things]
        thing = self.chance.choices([thing for _, thing in things], weights)[0]
        thing()
        self.check()
        return thing.__name__

    def scan(self) -> None:
        self.chance.choice(self.devices).scan(self.now_ms)

    def send(self, device: Handheld | None = None) -> None:
        """Puts a batch on the way; the network may double, delay and reorder it."""
        device = device or self.chance.choice(self.devices)
        notes = [
            scan.note for scan in device.kept if scan.event_id not in device.acknowledged or self.chance.random() < 0.1
        ]
        if self.chance.random() < 0.3:
            notes.append(device.hello(self.now_ms))
        if notes:
            for _ in range(self.chance.choice((1, 1, 1, 2))):
                self.flying.append((self.now_ms + self.chance.randrange(600_000), device, notes))

    def deliver(self) -> None:
        """One message arrives, is lost, or meets a crash before or behind the commit."""
        if not self.flying:
            return
        _, device, notes = self.flying.pop(self.chance.randrange(len(self.flying)))
        notes = [note for note in notes if _id_of(note) not in self.suppressed]
        fate = self.chance.choices(("arrives", "lost", "crash before commit", "answer lost"), (70, 10, 8, 12))[0]
        if not notes or fate == "lost":
            return
        if fate == "crash before commit":
            self._crash_before_commit(notes)
        else:
            answer = self.sequencer.submit(notes)
            if fate == "answer lost":
                self._restart()
            else:
                self._answered(device, notes, answer)

    def _crash_before_commit(self, notes: list[str]) -> None:
        with contextlib.suppress(CrashError), self.database.write() as connection:
            take_in(Ledger(connection), self.sequencer.gateway.read(notes), origin=ORIGIN, node="sim")
            raise CrashError
        self._restart()

    def _answered(self, device: Handheld, notes: list[str], answer: BatchAnswer) -> None:
        for note, verdict in zip(notes, answer.verdicts, strict=True):
            if (
                verdict.verdict in {"new", "duplicate"}
                and verdict.index is not None
                and not note.startswith("wasteledger-hello")
            ):
                device.acknowledged[_id_of(note)] = verdict.index

    def sign(self) -> None:
        self._remember(self.signer.round())

    def _remember(self, checkpoint: Checkpoint | None) -> None:
        """Everything that was ever signed, published or not."""
        signed = SignerState(self.folder / "signed", ORIGIN).read()
        for size, root in [(signed.size, signed.root())] + ([(checkpoint.size, checkpoint.root)] if checkpoint else []):
            assert self.promised.setdefault(size, root) == root, f"I2: two roots of size {size} were signed"

    def crash_signer(self) -> None:
        """The process ends between the swap of the signer's file and the checkpoint."""
        original = self.signer._publish

        def cut(checkpoint: Checkpoint) -> None:
            raise CrashError(str(checkpoint.size))

        self.signer._publish = cut  # type: ignore[assignment,method-assign]
        try:
            self.signer.round()
        except CrashError:
            self._remember(None)
            self._restart()
        else:
            self.signer._publish = original  # type: ignore[method-assign]

    def forget(self) -> None:
        """A device asks for proofs, and forgets the bodies of what is proved."""
        device = self.chance.choice(self.devices)
        note = self.published.note()
        if note:
            device.checkpoint = parse_checkpoint(parse_signed_note(note).text)
        for scan in list(device.kept):
            index = device.acknowledged.get(scan.event_id)
            proof = None if index is None else self.published.prove(index)
            if proof and index is not None and index < len(self.leaves):
                verify_tlog_proof(proof, leaf=self.leaves[index], policy=self.policy)
                device.kept.remove(scan)
                device.forgotten.add(scan.event_id)

    def witness_comes_or_goes(self) -> None:
        self.witness_is_there = not self.witness_is_there

    def suppress(self) -> None:
        """The operator takes a dislike to a scan that has not come in yet, and drops it wherever it comes by."""
        waiting = [scan for device in self.devices for scan in device.kept if not self._is_logged(scan.event_id)]
        if waiting:
            self.suppressed.add(self.chance.choice(waiting).event_id)

    def clock_jumps(self) -> None:
        self.chance.choice(self.devices).skew_ms += self.chance.randrange(-7_200_000, 7_200_000)

    def roll_back(self) -> None:
        """The operator restores an older copy of the database; the signer refuses it; recovery brings it forward."""
        self.database.close()
        file, copy = self.folder / "ledger.db", self.folder / "older.db"
        if not copy.exists() or self.chance.random() < 0.5:
            shutil.copy(file, copy)
            self._start()
            return
        shutil.copy(copy, file)
        self._start()
        with self.database.read() as connection:
            size = Ledger(connection).size
        if size < SignerState(self.folder / "signed", ORIGIN).read().size:
            try:
                self.signer.round()
            except RolledBackError:
                pass
            else:
                message = "I2: a rolled-back database was signed"
                raise AssertionError(message)
        try:
            signed = SignerState(self.folder / "signed", ORIGIN).read()
            if signed.size:
                recover(self.database, self.published, signed)
        except TamperedError as error:
            message = "recovery refused what was published"
            raise AssertionError(message) from error
        self._forget_unpublished()

    def _forget_unpublished(self) -> None:
        """After the restore: what was acknowledged but never published is no longer at its place; devices hold it still."""
        with self.database.read() as connection:
            size = Ledger(connection).size
        del self.leaves[size:]
        self.fold = History()
        for device in self.devices:
            device.acknowledged = {event_id: index for event_id, index in device.acknowledged.items() if index < size}

    # What must hold ------------------------------------------------------------------------------------------------

    def check(self) -> None:
        """The invariants."""
        with self.database.read() as connection:
            contents = [content for _, content in Ledger(connection).contents()]
        leaves = [leaf_hash(content) for content in contents]
        assert leaves[: len(self.leaves)] == self.leaves, "I3: an index was used twice"
        self.leaves = leaves
        for content in contents[self.fold.size :]:
            self.fold.add(content)
        for size, root in self.promised.items():
            if size <= len(leaves):
                assert tree_root(leaves[:size]) == root, f"I2: the log does not continue what was signed at {size}"
        ids = [hashlib.sha256(c.partition(b"\n\n")[2].rpartition(b"\n\n")[0] + b"\n").digest() for c in contents]
        checkpoint = self.published.checkpoint()
        published = checkpoint.size if checkpoint else 0
        for device in self.devices:
            for event_id, index in device.acknowledged.items():
                assert ids[index] == event_id, "I1: an acknowledged event is not at its place"
                assert ids.count(event_id) == 1, "I1: an acknowledged event is there twice"
            for event_id in device.forgotten:
                assert event_id in ids[:published], "I4: a device forgot what no published checkpoint holds"
        self._check_gaps(set(ids))

    def _check_gaps(self, logged: set[bytes]) -> None:
        for device in self.devices:
            there = sorted(self.fold.by_device.get(device.teller.key.device_id, {}))
            truth = [scan.seq for scan in device.made if scan.event_id in logged]
            assert there == truth, "I5: the log's gaps are not the world's"

    def check_folds(self) -> None:
        """I6."""
        fresh = History()
        with self.database.read() as connection:
            for _, content in Ledger(connection).contents():
                fresh.add(content)
        assert _plain(fresh) == _plain(self.fold), "I6: the fold continued is not the fold afresh"

    def calm_down(self) -> None:
        """I7: everybody is there, nothing fails, and the operator has been told to stop."""
        self.suppressed.clear()
        self.flying.clear()
        self.witness_is_there = True
        for device in self.devices:
            notes = [scan.note for scan in device.kept]
            if notes:
                self._answered(device, notes, self.sequencer.submit(notes))
        self.sign()
        self.check()
        for device in self.devices:
            assert {scan.event_id for scan in device.made} == set(device.acknowledged), "I7: a scan is lost"
        for _ in range(40):
            self.forget()
        assert not [scan for device in self.devices for scan in device.kept if device.checkpoint], (
            "I7: a proof is missing"
        )
        self.check_folds()

    def _is_logged(self, event_id: bytes) -> bool:
        with self.database.read() as connection:
            return Ledger(connection).index_of(event_id) is not None


def _id_of(note: str) -> bytes:
    return hashlib.sha256(note.encode().rpartition(b"\n\n")[0] + b"\n").digest()


def _plain(fold: History) -> dict[str, Any]:
    return {name: dict(value) if isinstance(value, dict) else value for name, value in vars(fold).items()}


def run(world: World, steps: int) -> Iterator[str]:
    """So many steps, and the calm after them."""
    for _ in range(steps):
        yield world.step()
    world.calm_down()
