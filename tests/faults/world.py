"""A district that everything happens to, from one seed: one thread, a clock of its own, the product's own service.

Handhelds whose clocks are wrong and jump, a network that drops, doubles, delays and reorders, two service processes on one
database that end at named points, a witness that comes and goes, an operator who drops scans and puts back old copies. What
must hold, after each step (I5 and I6 after every tenth):

I1 what was acknowledged is one entry, at its place         I5 the list of gaps is the true one
I2 everything ever signed is of one history                 I6 the books continued say what a fresh fold says
I3 no index is used twice                                   I7 once all is calm, nothing is lost
I4 what a handheld threw away is proved

A failure says its seed. Run it again with its last steps shown, or try many:

    .venv/bin/python -m tests.faults.world --seed 17
    .venv/bin/python -m tests.faults.world --seeds 1000
"""

import argparse
import random
import shutil
import sqlite3
import tempfile
from collections import Counter, deque
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import httpx
import pytest

from schemas.canonical import encode_base64
from schemas.signing import parse_note
from schemas.sync import BatchAnswer
from tests.faults.actors import NODES, Network, Phone, Violation, WitnessLine, batches, require
from tests.faults.checks import Checks
from tests.faults.nodes import POINTS, CrashError, Node
from tests.faults.oracle import Made, Truth
from tests.stories_builder import OFFICE, ORIGIN, Teller, ms, register
from wasteledger import clock
from wasteledger.domain.note import COSIGNATURE, NoteKey
from wasteledger.domain.register import register_digest
from wasteledger.errors import NotFoundError, RolledBackError
from wasteledger.flows import service as service_module
from wasteledger.flows.questions import prove_event
from wasteledger.flows.replay import recover
from wasteledger.flows.witnesses import Witnesses
from wasteledger.settings import Settings
from wasteledger.store import database as database_module
from wasteledger.store.district import DistrictStore
from wasteledger.witness import state as witness_module
from wasteledger.witness.decide import WitnessService
from wasteledger.witness.state import WitnessState

PHONES = 5
STEPS = 400
WITNESS = "witness.example.org/w1"
#: Steps shown when something does not hold.
SHOWN_STEPS = 25
#: The gaps and the fold are compared this often.
CHECK_STEPS = 10
#: Processes end in this simulation, the machine does not: nothing needs to reach a disk.
UNSYNCED = 0


class World:
    """Everybody, and what may happen to them.

    Attributes:
        truth: the log as it must be now; `lost_truth` is the one before the operator put back an older copy.
        happened: how often each thing happened, so that a test can say that it did.
    """

    def __init__(self, seed: int, folder: Path) -> None:
        self.chance = random.Random(seed)
        self.seed = seed
        self.folder = folder
        self.now_ms = ms("02 08:00")
        self.clock_skew_ms = 0
        self.truth, self.lost_truth = Truth(), Truth()
        self.network = Network(self.chance)
        self.happened: Counter[str] = Counter()
        self.trace: deque[str] = deque(maxlen=SHOWN_STEPS)
        self.censored: set[bytes] = set()
        self._copies: dict[int, Path] = {}
        self._sent: list[tuple[Phone, list[Made]]] = []
        self.settings = Settings(data_dir=folder / "data", database_url="")
        self._make_keys()
        self.line = WitnessLine(self._witness(), self.chance)
        self.client = httpx.Client(transport=self.line)
        self.nodes = [Node(name, self.settings) for name in NODES]
        self.checks = Checks(self)
        self.phones = [Phone(number, chance=self.chance) for number in range(PHONES)]

    def now(self) -> int:
        """The service's clock, which somebody may set."""
        return self.now_ms + self.clock_skew_ms

    def _make_keys(self) -> None:
        seed = self.chance.randbytes(32)
        self.log_key = NoteKey(ORIGIN, seed)
        self.witness_key = NoteKey(WITNESS, self.chance.randbytes(32), algorithm=COSIGNATURE)
        data = self.settings.data_dir
        (data / "signer").mkdir(parents=True)
        (data / "signer" / "log.key").write_bytes(seed)
        (data / "receipt.key").write_bytes(self.chance.randbytes(32))
        witness = f"witness w1 {self.witness_key.verifier.text} http://witness.example.org"
        (data / "policy").write_text(f"log {self.log_key.verifier.text}\n{witness}\nquorum w1\n")

    def _witness(self) -> WitnessService:
        state = WitnessState(self.folder / "witness" / "witness.db")
        return WitnessService(state, self.witness_key, [self.log_key.verifier])

    def begin(self) -> None:
        """The district is loaded, the office and the handhelds are enrolled."""
        for node in self.nodes:
            node.start()
        with self.nodes[0].service.database.write() as connection:
            DistrictStore(connection).save_register(register())
        office = Teller(OFFICE)
        tellers = []
        for phone in self.phones:
            teller = Teller("C500114105001")
            teller.key = phone.key
            tellers.append(teller)
        texts = [office.enrolment(office, role="office"), *map(office.enrolment, tellers)]
        basis = register_digest(register())
        texts.append(office.note("ruled", occurred_ms=ms("01 00:00"), rule="register", value=1, basis=basis))
        notes = [
            Made(text, parse_note(text).event_id, office.key.device_id, "scan", number)
            for number, text in enumerate(texts)
        ]
        answer = self._serve(self.nodes[0], notes)
        require(answer, "the handhelds can not be enrolled")
        for phone, verdict in zip(self.phones, answer.verdicts[1:-1] if answer else [], strict=True):
            phone.previous = verdict.leaf_hash or ""
        self._copy()

    def close(self) -> None:
        """Ends all processes."""
        for node in self.nodes:
            node.stop()
        self.client.close()

    # What may happen.

    def step(self, number: int) -> None:
        """One thing at random, and then everything must hold."""
        actions = list(ACTIONS)
        action = self.chance.choices(actions, [ACTIONS[name] for name in actions])[0]
        self.trace.append(f"{number}: {action}")
        self.happened[action] += 1
        getattr(self, f"_{action}")()
        self.checks.after_step(thorough=number % CHECK_STEPS == 0)

    def say(self, what: str) -> None:
        """Remembers what became of the step."""
        self.happened[what] += 1
        if self.trace:
            self.trace[-1] += f", {what}"

    def _phone(self) -> Phone:
        return self.chance.choice([phone for phone in self.phones if not phone.broken])

    def _node(self) -> Node:
        return self.chance.choice(self.nodes)

    def _scan(self) -> None:
        phone = self._phone()
        for _ in range(self.chance.choice((1, 1, 3))):
            phone.scan(self.now_ms, f"库{len(phone.scans)}")

    def _sync(self) -> None:
        phone = self._phone()
        waiting = phone.to_send()
        hello = [phone.hello(self.now_ms)] if self.chance.random() < 0.3 else []
        for batch in batches(waiting, self.chance):
            self._send(phone, batch + (hello if batch[-1] == waiting[-1] else []))
        if hello and not waiting:
            self._send(phone, hello)

    def _send(self, phone: Phone, notes: list[Made]) -> None:
        self._sent.append((phone, notes))
        self.network.carry(self.now_ms, lambda: self._request(phone, notes))

    def _send_again(self) -> None:
        """Bytes of long ago, from whoever has them: a relay, a replay."""
        if self._sent:
            self._send(*self.chance.choice(self._sent))

    def _arrive(self) -> None:
        found = self.network.arrive()
        if found:
            self.now_ms = max(self.now_ms, found[0])
            found[1]()

    def _request(self, phone: Phone, notes: list[Made]) -> None:
        """A batch reaches a gateway; a bad operator's gateway forgets some of it."""
        passed = [made for made in notes if made.event_id not in self.censored]
        answer = self._serve(self._node(), passed) if passed else None
        if answer is not None:
            self.network.carry(self.now_ms, lambda: self._answer(phone, passed, answer))

    def _answer(self, phone: Phone, notes: list[Made], answer: BatchAnswer) -> None:
        if phone.broken:
            return
        for made, verdict in zip(notes, answer.verdicts, strict=True):
            phone.hear(made, verdict)

    def _serve(self, node: Node, notes: list[Made]) -> BatchAnswer | None:
        """The service takes in a batch; what it says and keeps must be what the truth says."""
        commits, answer = node.commits, None
        try:
            answer = node.service.sequencer().submit([made.text.decode() for made in notes])
        except CrashError as crash:
            self.say(f"crash {crash}")
            node.start()
        except RolledBackError:
            require(self.checks.behind, "a database that lacks nothing refuses scans")
            self.say("refused, rolled back")
        committed = node.commits > commits
        require(committed or answer is None, "I1: answered before the commit")
        if committed:
            require(not self.checks.behind, "a database that was rolled back takes scans")
            expected = [self.truth.take(made, self.now()) for made in notes]
            if answer is not None:
                self.checks.answer(notes, expected, answer)
            self.happened.update(verdict for verdict, _ in expected)
        return answer

    def _sign(self) -> None:
        node = self._node()
        try:
            checkpoint = node.signer().round()
        except CrashError as crash:
            self.say(f"crash {crash}")
            node.start()
        except RolledBackError:
            require(self.checks.behind, "a database that lacks nothing is not signed")
            self.say("not signed, rolled back")
        else:
            require(not self.checks.behind, "I2: a database that was rolled back is signed")
            if checkpoint:
                self.checks.published(checkpoint)

    def _prove(self) -> None:
        """A handheld asks for proofs (R2) of what it was told, and throws away what is proved."""
        phone, node = self._phone(), self._node()
        for number in sorted(phone.told)[:20]:
            try:
                proof = prove_event(node.service, phone.kept[number].event_id.hex())
            except NotFoundError:
                require(self.checks.behind or not self.checks.stands(phone.told[number]), "I1: acknowledged, not found")
                phone.forget(number)
                self.say("told, and not there")
                continue
            if proof is not None and phone.check(number, proof, self.checks.policy):
                self.happened["proved"] += 1
            elif proof is not None:
                require(not self.checks.stands(phone.told[number]), f"I4: what {phone.name} was told is not proved")
                phone.forget(number)
                self.say("told otherwise")

    def _set_phone_clock(self) -> None:
        self._phone().skew_ms += self.chance.choice((-86_400_000, -5_000, 5_000, 86_400_000))

    def _set_service_clock(self) -> None:
        self.clock_skew_ms = self.chance.choice((0, -3_600_000, 7_000))

    def _reboot_phone(self) -> None:
        self._phone().boot(self.now_ms, self.chance)

    def _break_phone(self) -> None:
        """It falls into the river; its hello may have gone out before."""
        if sum(phone.broken for phone in self.phones) < PHONES - 2:
            phone = self._phone()
            phone.broken = True
            self._send(phone, [phone.hello(self.now_ms)])

    def _plan_crash(self) -> None:
        self._node().plan = self.chance.choice(POINTS)

    def _restart(self) -> None:
        self._node().start()

    def _witness_leaves_or_returns(self) -> None:
        self.line.away = not self.line.away

    def _restart_witness(self) -> None:
        self.line.witness = self._witness()

    def _clone(self) -> None:
        """A copy of a handheld gives one of its numbers to another scan."""
        phone = self._phone()
        if phone.scans:
            number = self.chance.randrange(len(phone.scans))
            before = phone.scans[number - 1].event_id if number else phone.scans[0].event_id
            self._send(phone, [phone.sign(number, encode_base64(before), self.now_ms, "另一处")])

    def _stranger(self) -> None:
        stranger = Phone(99, chance=self.chance)
        self._send(stranger, [stranger.sign(0, encode_base64(bytes(32)), self.now_ms, "x")._replace(kind="stranger")])

    def _blot(self) -> None:
        phone = self._phone()
        self._send(phone, [phone.blotted()])

    def _censor(self) -> None:
        """The operator's gateway drops a scan wherever it meets it."""
        waiting = self._phone().to_send()
        if waiting:
            self.censored.add(self.chance.choice(waiting).event_id)

    def _copy(self) -> None:
        """The operator copies the database while it runs."""
        size = len(self.truth.records)
        path = self.folder / f"copy-{size}.db"
        with sqlite3.connect(self.settings.data_dir / "wasteledger.db") as source, sqlite3.connect(path) as target:
            source.backup(target)
        source.close()
        target.close()
        self._copies[size] = path

    def _put_back(self) -> None:
        """The operator puts an older copy in the place of the database."""
        size = self.chance.choice(sorted(self._copies))
        if self.checks.behind or size == len(self.truth.records):
            return
        for node in self.nodes:
            node.stop()
        database = self.settings.data_dir / "wasteledger.db"
        for suffix in ("-wal", "-shm"):
            database.with_name(database.name + suffix).unlink(missing_ok=True)
        shutil.copyfile(self._copies[size], database)
        self._copies = {earlier: path for earlier, path in self._copies.items() if earlier <= size}
        for node in self.nodes:
            node.start()
        self.lost_truth, self.truth = self.truth, self.truth.prefix(size)
        self.checks.put_back(size)
        self.say("behind" if self.checks.behind else "not behind")

    def _recover(self) -> None:
        """The operator does what docs/recovery.md says."""
        if not self.checks.behind:
            return
        node = self.nodes[0]
        commits, service = node.commits, node.service
        try:
            recover(service.database, service.published, service.signed())
        except CrashError as crash:
            self.say(f"crash {crash} of recovery")
            node.start()
        if node.commits > commits:
            self.truth = self.lost_truth.prefix(self.checks.bound)
            self.say("recovered")

    # And then it is calm.

    def calm(self) -> None:
        """Nobody fails any more: what was signed on a handheld that lives is in the log, once, and proved."""
        self.trace.append("calm")
        self.network.calm, self.line.away, self.line.losing = True, False, False
        for node in self.nodes:
            node.plan = None
        self._recover()
        self._rounds()
        self.checks.after_step(thorough=True)
        self.checks.whole(censored=True)
        self.censored.clear()
        self._rounds()
        self.checks.after_step(thorough=True)
        self.checks.whole(censored=False)
        self.checks.audit()

    def _rounds(self) -> None:
        for _ in range(3):
            for phone in self.phones:
                if not phone.broken:
                    self._send(phone, [*phone.to_send(), phone.hello(self.now_ms)])
            while found := self.network.arrive():
                self.now_ms = max(self.now_ms, found[0])
                found[1]()
            self._sign()
            for _ in range(PHONES * 20):
                self._prove()


#: What may happen in a step, and how often it does.
ACTIONS = {
    "scan": 30, "sync": 22, "arrive": 60, "sign": 14, "prove": 10, "send_again": 4, "set_phone_clock": 2, "set_service_clock": 2,
    "reboot_phone": 1, "break_phone": 0.2, "plan_crash": 12, "restart": 2, "witness_leaves_or_returns": 4, "restart_witness": 1,
    "clone": 1.5, "stranger": 0.7, "blot": 0.7, "censor": 1, "copy": 2, "put_back": 1.2, "recover": 3,
}  # fmt: skip


@contextmanager
def opened(seed: int, folder: Path) -> Iterator[World]:
    """A world with its clock, and with what it does not need taken out of the way."""
    world = World(seed, folder)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(clock, "now_ms", world.now)
        patched.setattr("os.fsync", lambda _handle: None)
        patched.setitem(database_module._PRAGMAS, "synchronous", UNSYNCED)
        patched.setitem(witness_module._PRAGMAS, "synchronous", UNSYNCED)
        patched.setattr(service_module, "Witnesses", partial(Witnesses, client=world.client))
        try:
            yield world
        finally:
            world.close()


def run(seed: int, folder: Path, *, steps: int = STEPS) -> Counter[str]:
    """One life of a world; returns what happened in it.

    Raises:
        Violation: something did not hold; the message says what, the seed, the last steps, and how to see it again.
    """
    number = 0
    with opened(seed, folder) as world:
        try:
            world.begin()
            for number in range(1, steps + 1):
                world.step(number)
            world.calm()
        except Exception as error:
            shown = "\n  ".join(world.trace)
            message = (
                f"{error!r}\nseed {seed}, step {number} of {steps}; again: "
                f".venv/bin/python -m tests.faults.world --seed {seed} --steps {steps}\n  {shown}"
            )
            raise Violation(message) from error
        return world.happened


def _try(seed: int, steps: int) -> Counter[str]:
    with tempfile.TemporaryDirectory(prefix="wasteledger-world-") as folder:
        return run(seed, Path(folder), steps=steps)


def main() -> None:
    parser = argparse.ArgumentParser(description="Lives of a simulated district.")
    parser.add_argument("--seed", type=int, help="this one")
    parser.add_argument("--seeds", type=int, default=100, help="how many, from 0 on")
    parser.add_argument("--steps", type=int, default=STEPS)
    options = parser.parse_args()
    happened: Counter[str] = Counter()
    for seed in range(options.seeds) if options.seed is None else [options.seed]:
        happened += _try(seed, options.steps)
    for name, count in sorted(happened.items()):
        print(f"{count:8} {name}")  # noqa: T201 - a program speaks


if __name__ == "__main__":
    main()
