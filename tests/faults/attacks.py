"""A small district with its log, its signer and the regulator's witness, and what an operator who lies can make of it.

Everything is real: an SQLite file, signatures, files, the witness's own memory. Its clock is the test's.
"""

import io
import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from sqlalchemy import text
from starlette.testclient import TestClient

from schemas.canonical import decode_base64, encode_base64
from schemas.sync import BatchAnswer
from tests.stories_builder import BAG, CLINIC, COLLECTOR, ORIGIN, Teller, ms, register
from tests.verify import exports
from wasteledger import clock
from wasteledger.audit.verify.__main__ import main as verify
from wasteledger.domain.checkpoint import Checkpoint
from wasteledger.domain.hello import NO_EVENT, Hello, sign_hello
from wasteledger.domain.merkle import leaf_hash
from wasteledger.domain.note import NoteKey
from wasteledger.domain.receipt import KEY_SUFFIX
from wasteledger.flows.accept_batch import accept_batch
from wasteledger.flows.export_log import export_log
from wasteledger.flows.keys import load_seed
from wasteledger.flows.load_register import load_register
from wasteledger.flows.service import Service
from wasteledger.flows.signer import Signer
from wasteledger.flows.signer_state import SignerState
from wasteledger.flows.witnesses import Witnesses
from wasteledger.settings import Settings
from wasteledger.store.database import Database
from wasteledger.store.ledger import Ledger
from wasteledger.witness.decide import Answer, WitnessService
from wasteledger.witness.service import make_witness_app, open_witness

WITNESS = "witness.example.org/w1"
HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS


class Verified(NamedTuple):
    """What `wasteledger verify` said: exit code, problem codes with the entries they name, and its facts."""

    exit_code: int
    problems: dict[str, list[int | None]]
    facts: dict[str, Any]

    @property
    def codes(self) -> set[str]:
        return set(self.problems)


class Clock:
    """What the whole district takes for the time, UTC milliseconds; the operator's lies are told by setting it."""

    def __init__(self) -> None:
        self.now_ms = ms("02 08:00")

    def __call__(self) -> int:
        return self.now_ms


class District:
    """The district; `data` is the operator's, `witness` the regulator's."""

    def __init__(self, folder: Path, ticking: Clock, *, log_seed: bytes | None = None) -> None:
        self.folder = folder
        self.clock = ticking
        self.settings = Settings(data_dir=folder / "data", database_url="", node="node1")
        signer_dir = self.settings.effective_signer_dir
        if log_seed:
            signer_dir.mkdir(parents=True)
            (signer_dir / "log.key").write_bytes(log_seed)
        self.log_seed = load_seed(signer_dir / "log.key")
        self.log_key = NoteKey(ORIGIN, self.log_seed)
        self.hand_key = exports.Key(ORIGIN, self.log_seed, 1)
        self.witness = self.open_witness()
        self.client = TestClient(make_witness_app(self.witness))
        witness_line = f"witness w1 {self.witness.key.verifier.text} http://testserver"
        self.policy = folder / "policy"
        self.policy.write_text(f"log {self.log_key.verifier.text}\n{witness_line}\nquorum w1\n")
        self.careless = folder / "careless-policy"
        self.careless.write_text(f"log {self.log_key.verifier.text}\nquorum none\n")
        shutil.copy(self.policy, self.settings.effective_policy)
        self.open()
        (folder / "district.yaml").write_text(register().model_dump_json())
        load_register(self.service, folder / "district.yaml")
        self.receipts: list[bytes] = []
        self.clinic, self.collector = self.enrol(CLINIC), self.enrol(COLLECTOR)

    def open(self) -> None:
        """Starts the service."""
        self.service = Service(self.settings)
        self.witnesses = Witnesses(self.service.policy(self.log_key.verifier), self.client)

    def close(self) -> None:
        self.service.close()

    def open_witness(self) -> WitnessService:
        """The witness as a new process would open it."""
        return open_witness(self.folder / "witness", WITNESS, [self.log_key.verifier])

    @property
    def database(self) -> Database:
        return self.service.database

    def enrol(self, site: str, **names: str) -> Teller:
        """A device of a site, admitted by the office."""
        self.clock.now_ms += 1000
        teller = Teller(site, **names)
        teller.previous = self.service.office().enrol([(teller.key, site)])[0].leaf_hash or ""
        return teller

    def stored(self, teller: Teller, room: str = "库1", **fields: Any) -> bytes:
        """A scan now; the clock goes on by a second."""
        self.clock.now_ms += 1000
        fields = {"occurred_ms": self.clock.now_ms, "codes": [BAG], "room": room} | fields
        return teller.note("stored", **fields)

    def send(self, *notes: bytes) -> BatchAnswer:
        """Hands notes in, and keeps the receipt."""
        answer = self.service.sequencer().submit([note.decode() for note in notes])
        if answer.receipt:
            self.receipts.append(answer.receipt.encode())
        return answer

    def write_round(self, *notes: bytes) -> None:
        """Takes notes in past the service's own look at what it has promised."""
        answer = accept_batch(self.database, [note.decode() for note in notes], origin=ORIGIN, node="node1")
        assert {verdict.verdict for verdict in answer.verdicts} == {"new"}

    def scan(self, count: int, teller: Teller | None = None, **fields: Any) -> list[bytes]:
        """So many scans, handed in one by one."""
        notes = []
        for _ in range(count):
            notes.append(self.stored(teller or self.clinic, **fields))
            assert self.send(notes[-1]).verdicts[0].verdict == "new"
        return notes

    def hello(self, teller: Teller) -> bytes:
        newest = decode_base64(teller.previous) if teller.number else NO_EVENT
        word = Hello(teller.key.device_id, teller.number, newest, self.clock.now_ms, 5, "0123456789abcdef")
        return sign_hello(teller.key, word, origin=ORIGIN)

    def signer(self) -> Signer:
        """The signer as a new process would make it, with the witness to ask."""
        return Signer(
            self.database,
            key=self.log_key,
            state=SignerState(self.settings.effective_signer_dir / "signed", ORIGIN),
            published=self.service.published,
            policy=self.service.policy(self.log_key.verifier),
            witnesses=self.witnesses,
        )

    def sign(self) -> int:
        """One round of the signer; the published size."""
        self.clock.now_ms += 1000
        self.service.published.write_key(self.log_key.verifier.text)
        checkpoint = self.signer().round()
        return checkpoint.size if checkpoint else 0

    @contextmanager
    def second_server(self, name: str) -> Iterator[None]:
        """Inside, the service runs on a copy of the whole machine that was made as a snapshot; outside, nothing of it is known."""
        settings, clock_ms = self.settings, self.clock.now_ms
        self.close()
        self.settings = settings.model_copy(update={"data_dir": self.folder / name})
        self.open()
        yield
        self.close()
        self.settings, self.clock.now_ms = settings, clock_ms
        self.open()

    def contents(self) -> list[bytes]:
        with self.database.read() as connection:
            return [content for _, content in Ledger(connection).contents()]

    def seen(self) -> dict[str, Any]:
        """What a device that verified the published checkpoint carries in its next events."""
        checkpoint = self.service.published.checkpoint()
        assert checkpoint is not None
        return {"size": checkpoint.size, "root": encode_base64(checkpoint.root)}

    def published_note(self) -> bytes:
        note = self.service.published.note()
        assert note is not None
        return note

    def export(self, name: str = "export") -> Path:
        """The log as the operator hands it out."""
        export_log(self.service, self.folder / name)
        return self.folder / name

    def forge(
        self,
        entries: list[bytes],
        name: str = "forged",
        *,
        note: bytes | None = None,
        history: list[bytes] | None = None,
    ) -> Path:
        """An export of other entries, every hash made again and signed with the log's key; no witness has seen it."""
        signed = self.log_signed(entries)
        return exports.export(
            self.folder / name, entries, note=note or signed, history=[signed] if history is None else history
        )

    def log_signed(self, entries: list[bytes], *, size: int | None = None) -> bytes:
        """A checkpoint over the entries that only the log signed."""
        return exports.checkpoint(entries, time_s=None, key=self.hand_key, size=size)

    def snapshot(self, name: str, *parts: str) -> None:
        """Copies parts of the operator's folder (all of it by default), as a backup of the machine does."""
        self.close()
        for part in parts or [path.name for path in self.settings.data_dir.iterdir()]:
            copy(self.settings.data_dir / part, self.folder / name / part)
        self.open()

    def take_back(self, name: str) -> None:
        """Puts the copied parts back, whatever has been promised since."""
        self.close()
        for path in (self.folder / name).iterdir():
            remove(self.settings.data_dir / path.name)
            copy(path, self.settings.data_dir / path.name)
        self.open()

    def ask_witness(self, old: int, proof: list[bytes], note: bytes) -> Answer:
        """Puts a checkpoint to the witness, round the operator's own signer."""
        lines = [f"old {old}", *map(encode_base64, proof), "", ""]
        return self.witness.add_checkpoint("\n".join(lines).encode() + note)

    def cosigned(self) -> int:
        return self.witness.state.newest(ORIGIN).size

    def evidence(self) -> list[str]:
        return [case.kind for case in self.witness.state.evidence()]

    def verify(
        self, command: str, *arguments: object, policy: Path | None = None, now_ms: int | None = None
    ) -> Verified:
        """The regulator's offline verifier with his own policy; `careless` is the one of somebody who asks for no witness."""
        options: list[object] = ["--policy", policy or self.policy, "--json"]
        if command in {"audit", "compare"}:
            options += ["--evidence-dir", self.folder / "fork-evidence"]
        if command == "audit":
            options += ["--now", self.clock.now_ms if now_ms is None else now_ms]
        with redirect_stdout(io.StringIO()) as said:
            exit_code = verify([str(part) for part in (command, *arguments, *options)])
        answer = json.loads(said.getvalue() or "{}")
        problems: dict[str, list[int | None]] = {}
        for problem in answer.get("problems", []):
            problems.setdefault(problem["code"], []).append(problem["index"])
        return Verified(exit_code, problems, answer)

    def held_against(self, folder: Path, receipts: list[bytes], **options: Any) -> Verified:
        """An audit that holds receipts R1 against a log."""
        key = NoteKey(ORIGIN + KEY_SUFFIX, load_seed(self.settings.data_dir / "receipt.key")).verifier.text
        named: list[object] = ["--receipt-key", key]
        for number, receipt in enumerate(receipts):
            file = self.folder / f"receipt-{number}"
            file.write_bytes(receipt)
            named += ["--receipt", file]
        return self.verify("audit", folder, *named, **options)

    @contextmanager
    def tampering(self) -> Iterator[Any]:
        """A database shell in the hands of an administrator: the guards of the log are dropped first."""
        with self.database.write() as connection:
            for guard in ("entry_no_update", "entry_no_delete"):
                connection.execute(text(f"DROP TRIGGER IF EXISTS {guard}"))
            yield lambda change, **values: connection.execute(
                text(change) if isinstance(change, str) else change, values
            )

    def rebuild(self, entries: list[bytes]) -> None:
        """The operator makes his database tell another story, tree and rows and all."""
        self.close()
        for suffix in ("", "-wal", "-shm"):
            Path(f"{self.settings.data_dir / 'wasteledger.db'}{suffix}").unlink(missing_ok=True)
        self.open()
        with self.database.write() as connection:
            ledger = Ledger(connection)
            for entry in entries:
                ledger.append(entry, received_ms=self.clock.now_ms)
            ledger.flush()


def opened(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[District]:
    """A new district whose clock is the test's; closed at the end."""
    ticking = Clock()
    monkeypatch.setattr(clock, "now_ms", ticking)
    district = District(folder, ticking)
    yield district
    district.close()


def copy(source: Path, target: Path) -> None:
    """A file or a folder."""
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.is_dir():
        shutil.copytree(source, target)
    else:
        shutil.copy(source, target)


def remove(path: Path) -> None:
    """A file or a folder, where there is one; the write-ahead log of a database with it."""
    if path.is_dir():
        shutil.rmtree(path)
    for suffix in ("", "-wal", "-shm"):
        Path(f"{path}{suffix}").unlink(missing_ok=True)


def checkpoint_of(entries: list[bytes]) -> Checkpoint:
    """The tree over entries, by hand."""
    return Checkpoint(ORIGIN, len(entries), exports.root([leaf_hash(entry) for entry in entries]))


def place_of(entries: list[bytes], note: bytes) -> int:
    """Where a note stands."""
    return next(index for index, entry in enumerate(entries) if entry.endswith(b"\n\n" + note))


def note_of(entry: bytes) -> bytes:
    """The device's note in an entry."""
    return entry.partition(b"\n\n")[2]
