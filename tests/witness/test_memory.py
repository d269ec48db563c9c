"""A witness that is killed, damaged or put back from a backup: it never cosigns two stories, or its own cosignatures betray it."""

import os
import shutil
import signal
import socket
import subprocess
import sys
from pathlib import Path

import httpx
import pytest
from starlette.testclient import TestClient

from tests.conftest import ROOT
from tests.witness.posts import FORK, LOG, NAME, ORIGIN, body, checkpoint_note, cosignature, post
from wasteledger.domain.checkpoint import parse_checkpoint
from wasteledger.domain.note import VerifierKey, parse_signed_note
from wasteledger.errors import DatabaseError
from wasteledger.witness.cosignatures import CosignatureLog
from wasteledger.witness.decide import WitnessService
from wasteledger.witness.service import make_witness_app, open_witness


def opened(folder: Path) -> WitnessService:
    return open_witness(folder, NAME, [LOG.verifier])


def grow(service: WitnessService, *sizes: int) -> list[str]:
    """The answers to growth over these sizes, from nothing or from where the witness stands."""
    answers, old = [], service.state.newest(ORIGIN).size
    for size in sizes:
        answer = service.add_checkpoint(body(old, size))
        assert answer.status == 200, answer.body
        answers.append(answer.body)
        old = size
    return answers


def restore(folder: Path, backup: Path, *names: str) -> None:
    """Puts files back as they were, as somebody does who knows nothing of WAL files."""
    for suffix in ("-wal", "-shm"):
        (folder / f"witness.db{suffix}").unlink(missing_ok=True)
    for name in names:
        shutil.copy(backup / name, folder / name)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A witness's folder with growth to 50, copied into `backup`, and then to 100 and 150."""
    folder = tmp_path / "witness"
    grow(opened(folder), 30, 50)
    shutil.copytree(folder, tmp_path / "backup")
    grow(opened(folder), 100, 150)
    return folder


def test_a_database_put_back_from_yesterday_does_not_make_the_witness_forget(
    folder: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Attack 21: its own log of cosignatures is ahead of the database, and is believed."""
    restore(folder, tmp_path / "backup", "witness.db")
    restored = opened(folder)
    assert "2 cosignatures were in" in caplog.text
    assert restored.state.newest(ORIGIN).size == 150
    assert [size for size, _, _ in restored.state.given(ORIGIN)] == [30, 50, 100, 150]
    forked = restored.add_checkpoint(body(50, 100, tree=FORK))
    assert (forked.status, forked.body) == (409, "150\n")
    assert [case.kind for case in restored.state.evidence()] == ["fork"]
    grow(restored, 200)


def test_a_database_that_is_lost_is_made_again_from_the_cosignatures(folder: Path) -> None:
    before = opened(folder).state.given(ORIGIN)
    for path in folder.glob("witness.db*"):
        path.unlink()
    assert opened(folder).state.given(ORIGIN) == before


def test_a_log_of_cosignatures_that_is_lost_is_written_again(folder: Path, tmp_path: Path) -> None:
    whole = (folder / "cosignatures").read_bytes()
    for content in (None, b"", whole[:-1], (tmp_path / "backup" / "cosignatures").read_bytes()):
        (folder / "cosignatures").unlink()
        if content is not None:
            (folder / "cosignatures").write_bytes(content)
        opened(folder)
        assert (folder / "cosignatures").read_bytes() == whole


def test_half_a_record_of_a_process_that_died_was_never_given(folder: Path) -> None:
    whole = (folder / "cosignatures").read_bytes()
    for half in (b"\x00", b"\x01\x00", b"\x01\x00half a note"):
        (folder / "cosignatures").write_bytes(whole + half)
        assert opened(folder).state.newest(ORIGIN).size == 150
        assert (folder / "cosignatures").read_bytes() == whole


def test_a_record_that_no_transaction_committed_is_taken_up(folder: Path) -> None:
    """The process ended between the file and the database: the tree was checked, so going on from it is right."""
    service = opened(folder)
    with pytest.raises(KeyboardInterrupt), service.state.deciding() as decision:
        note = checkpoint_note(170)
        line = service.key.cosign(parse_signed_note(note).text, time_s=2_000_000_000).line
        decision.cosigned(parse_checkpoint(parse_signed_note(note).text), note + line, time_s=2_000_000_000)
        raise KeyboardInterrupt
    assert service.add_checkpoint(body(150, 160)).body == "170\n"
    grow(service, 180)
    assert [size for size, _, _ in opened(folder).state.given(ORIGIN)] == [30, 50, 100, 150, 170, 180]


def test_files_of_two_witnesses_are_not_taken_for_one(folder: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    grow(opened(other), 31, 51, 101, 151, 161)
    shutil.copy(other / "cosignatures", folder / "cosignatures")
    with pytest.raises(DatabaseError, match="do not belong together"):
        opened(folder)


def test_a_witness_put_back_whole_is_betrayed_by_its_own_cosignatures(folder: Path, tmp_path: Path) -> None:
    """Attack 21 with nothing left on the machine: the log kept what the witness signed for size 100."""
    key = opened(folder).key.verifier
    kept = [note for _, note in CosignatureLog(folder / "cosignatures").read(0)]
    restore(folder, tmp_path / "backup", "witness.db", "cosignatures")
    answer = opened(folder).add_checkpoint(body(50, 100, tree=FORK))
    assert answer.status == 200, "nothing here remembers"
    second = checkpoint_note(100, tree=FORK) + answer.body.encode()
    first = next(note for note in kept if parse_checkpoint(parse_signed_note(note).text).size == 100)
    for note in (first, second):
        assert key.find(parse_signed_note(note)) is not None
    assert parse_signed_note(first).text != parse_signed_note(second).text


def test_the_cosignature_leaves_after_the_memory_is_durable(tmp_path: Path) -> None:
    """kill -9 right behind an answer: what was cosigned is known to the next process."""
    program = Path(sys.executable).with_name("wasteledger")
    port = _free_port()
    arguments = ["witness", "--dir", tmp_path, "--name", NAME, "--log", LOG.verifier.text, "--port", str(port)]
    size = 0
    for following in (40, 90, 300):
        process = subprocess.Popen([program, *arguments], stdout=subprocess.PIPE, text=True)
        try:
            assert process.stdout is not None
            key = VerifierKey.parse(process.stdout.readline().strip())
            with httpx.Client(base_url=f"http://127.0.0.1:{port}", transport=httpx.HTTPTransport(retries=20)) as client:
                if size:
                    assert post(client, body(size - 1, following)) == (409, f"{size}\n")
                status, text = post(client, body(size, following))
                os.kill(process.pid, signal.SIGKILL)
            assert status == 200
            cosignature(checkpoint_note(following), text, key)
        finally:
            process.kill()
            process.communicate()
        size = following


_GROW_FOR_EVER = """
import sys
from pathlib import Path
from tests.witness.posts import LOG, NAME, ORIGIN, body
from wasteledger.witness.service import open_witness
service = open_witness(Path(sys.argv[1]), NAME, [LOG.verifier])
for size in range(service.state.newest(ORIGIN).size, 299):
    assert service.add_checkpoint(body(size, size + 1)).status == 200
    print(size + 1, flush=True)
"""


def test_a_kill_at_any_moment_loses_no_cosignature(tmp_path: Path) -> None:
    """Killed over and over while it cosigns: what was given is remembered, and nothing is given twice."""
    for answers in range(1, 7):
        command = [sys.executable, "-c", _GROW_FOR_EVER, tmp_path]
        with subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, cwd=ROOT
        ) as process:
            assert process.stdout is not None
            lines = [process.stdout.readline() for _ in range(answers)]
            process.kill()
            lines += process.communicate()[0].splitlines()
        sizes = [size for size, _, _ in opened(tmp_path).state.given(ORIGIN)]
        assert sizes == list(range(1, len(sizes) + 1))
        assert len(sizes) - int(lines[-1]) in {0, 1}, (
            "the one at work may be known and not yet given, never the other way"
        )
    assert len(sizes) < 299, "it was killed at work, not at the end"


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def test_a_damaged_state_is_said_clearly_and_nothing_is_cosigned(folder: Path) -> None:
    service = opened(folder)
    for suffix in ("-wal", "-shm"):
        (folder / f"witness.db{suffix}").unlink(missing_ok=True)
    (folder / "witness.db").write_bytes(b"no database at all" * 1000)
    with TestClient(make_witness_app(service)) as client:
        status, text = post(client, body(150, 160))
        assert client.get("/").status_code == client.get("/evidence").status_code == 503
    assert status == 503
    assert "nothing is cosigned" in text


def test_a_damaged_log_of_cosignatures_is_said_clearly(folder: Path, tmp_path: Path) -> None:
    restore(folder, tmp_path / "backup", "witness.db")
    path = folder / "cosignatures"
    path.write_bytes(path.read_bytes().replace(b"\n100\n", b"\n1_0\n"))
    with pytest.raises(DatabaseError, match="damaged at byte"):
        opened(folder)
