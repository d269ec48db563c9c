"""Backup, restore, recovery and export, on either engine and from one to the other."""

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import text

from tests.conftest import DISTRICT
from tests.folding import history_of
from wasteledger.audit.backup import back_up, restore
from wasteledger.audit.fsck import check_log
from wasteledger.domain.policy import parse_policy
from wasteledger.domain.tiles import decode_bundle
from wasteledger.errors import BusyError, NotFoundError, RegisterError, RolledBackError, TamperedError
from wasteledger.flows.accept_batch import accept_batch
from wasteledger.flows.evidence import keep_evidence, read_evidence
from wasteledger.flows.export_log import bundle_tiles, export_log
from wasteledger.flows.load_register import load_register
from wasteledger.flows.published import Published
from wasteledger.flows.replay import recover
from wasteledger.flows.service import Service
from wasteledger.settings import Settings
from wasteledger.simulate.device import Handheld
from wasteledger.store.blobs import Blobs
from wasteledger.store.ledger import Ledger

PHOTO = b"\x89PNG\r\n\x1a\n a photo of the cabinet"

CLINIC = "C500114105001"
ORIGIN = "ledger.example.org/qianjiang"


class Running:
    """A service with one handheld that scans."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.service = Service(settings)
        load_register(self.service, DISTRICT)
        self.handheld = Handheld(CLINIC, origin=ORIGIN, chance=np.random.default_rng(5))
        self.handheld.begin(self.service.office().enrol([(self.handheld.key, CLINIC)])[0].leaf_hash or "")
        self.sent: list[str] = []

    def scan(self, count: int) -> list[str]:
        """Takes in so many scans; returns their verdicts."""
        for number in range(count):
            self.handheld.record(
                "stored", 1_790_000_000_000 + number, actor="u-nurse", codes=["M50011400000001V"], room="库"
            )
        notes = [note.decode() for note in self.handheld.queue]
        self.handheld.queue.clear()
        self.sent += notes
        return self.send(notes)

    def send(self, notes: list[str]) -> list[str]:
        return [verdict.verdict for verdict in self.service.sequencer().submit(notes).verdicts]

    def sign(self) -> int:
        checkpoint = self.service.signer().round()
        return checkpoint.size if checkpoint else 0

    def reopen(self, settings: Settings | None = None) -> None:
        self.service.close()
        self.settings = settings or self.settings
        self.service = Service(self.settings)


@pytest.fixture
def running(tmp_path: Path, database_url: str) -> Iterator[Running]:
    made = Running(Settings(data_dir=tmp_path / "data", database_url=database_url))
    yield made
    made.service.close()


def _embedded(tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path / "new", database_url="")


def test_a_restored_backup_is_the_same_district_on_another_engine(running: Running, tmp_path: Path) -> None:
    running.scan(5)
    running.sign()
    made = back_up(running.service.database, running.settings, tmp_path / "backup")
    before = check_log(running.service.database)
    restored = restore(tmp_path / "backup", _embedded(tmp_path))
    assert (restored.size, restored.root, restored.rows) == made
    running.reopen(_embedded(tmp_path))
    after = check_log(running.service.database)
    assert (after.entries, after.root, after.problems) == (before.entries, before.root, [])
    assert running.send(running.sent) == ["duplicate"] * 5
    assert running.scan(1) == ["new"]
    assert running.service.office().key.device_id in history_of(running.service).devices
    assert running.service.office().record([{"kind": "ruled", "rule": "carriage_h", "value": 24, "basis": "试"}])


def test_a_backup_holds_the_evidence_and_tells_when_it_was_changed(running: Running, tmp_path: Path) -> None:
    (kept,) = keep_evidence(running.settings.data_dir, [PHOTO])
    running.scan(1)
    back_up(running.service.database, running.settings, tmp_path / "backup")
    restore(tmp_path / "backup", _embedded(tmp_path))
    assert read_evidence(tmp_path / "new", kept.replace("+", "-").replace("/", "_"))[0] == PHOTO
    (file,) = (path for path in (tmp_path / "backup" / "evidence").rglob("*") if path.is_file())
    file.write_bytes(PHOTO + b"x")
    with pytest.raises(TamperedError, match=f"damaged in evidence/../{file.name}"):
        restore(tmp_path / "backup", Settings(data_dir=tmp_path / "third", database_url=""))


def test_an_old_backup_is_detected_explained_and_recovered_by_the_devices(running: Running, tmp_path: Path) -> None:
    """Last night's backup: the signer refuses, `recover` brings back what was published, devices bring the rest."""
    running.scan(3)
    back_up(running.service.database, running.settings, tmp_path / "backup")
    running.scan(300)
    published = running.sign()
    running.scan(4)  # acknowledged, but under no checkpoint yet: the handheld still has them
    root = check_log(running.service.database).root
    fresh = Settings(data_dir=tmp_path / "new", database_url="", log_dir=running.settings.effective_log_dir,
                     signer_dir=running.settings.effective_signer_dir)  # fmt: skip
    restore(tmp_path / "backup", fresh)
    running.reopen(fresh)
    with pytest.raises(RolledBackError, match=r"recovery\.md"):
        running.sign()
    done = recover(running.service.database, running.service.published)
    assert done.after == published
    assert check_log(running.service.database).problems == []
    assert running.sign() == published
    assert running.send(running.sent) == ["duplicate"] * 303 + ["new"] * 4
    assert running.sign() == published + 4
    assert check_log(running.service.database).problems == []
    assert check_log(running.service.database).root != root  # the tail came in at another hour


def test_a_backup_that_went_on_by_itself_is_not_brought_forward(running: Running, tmp_path: Path) -> None:
    """Somebody let the old backup take scans before anybody looked: two histories, and nobody may choose silently."""
    running.scan(3)
    back_up(running.service.database, running.settings, tmp_path / "backup")
    running.scan(10)
    running.sign()
    fresh = Settings(data_dir=tmp_path / "new", database_url="", log_dir=running.settings.effective_log_dir,
                     signer_dir=running.settings.effective_signer_dir)  # fmt: skip
    restore(tmp_path / "backup", fresh)
    running.reopen(fresh)
    with pytest.raises(RolledBackError, match="wasteledger recover"):
        running.scan(2)
    with pytest.raises(RolledBackError, match="wasteledger recover"):
        running.service.office()
    accept_batch(running.service.database, running.sent[-2:], origin=ORIGIN, node="old")
    size = check_log(running.service.database).entries
    with pytest.raises(TamperedError, match="Nothing was changed"):
        recover(running.service.database, running.service.published)
    assert check_log(running.service.database).entries == size
    accept_batch(running.service.database, running.sent, origin=ORIGIN, node="old")
    with pytest.raises(TamperedError, match="another history"):
        running.sign()


def test_a_damaged_backup_is_not_restored(running: Running, tmp_path: Path) -> None:
    running.scan(3)
    folder = tmp_path / "backup"
    back_up(running.service.database, running.settings, folder)
    for name in sorted(path.name for path in folder.iterdir()):
        path, good = folder / name, (folder / name).read_bytes()
        if name == "manifest.json":
            path.write_bytes(good.replace(b'"files"', b'"fires"'))
        else:
            path.write_bytes(good[:-1] + bytes([good[-1] ^ 1]))
        with pytest.raises((TamperedError, NotFoundError), match=name.replace(".", r"\.")):
            restore(folder, _embedded(tmp_path))
        path.write_bytes(good)
    assert not (tmp_path / "new").exists()
    restore(folder, _embedded(tmp_path))


def test_a_backup_of_an_altered_log_is_refused(running: Running, tmp_path: Path) -> None:
    running.scan(3)
    database = running.service.database
    with database.write() as connection:
        guard = "DROP TRIGGER entry_no_update" if database.is_sqlite else "DROP TRIGGER entry_append_only ON entry"
        connection.execute(text(guard))
        connection.execute(text("UPDATE entry SET content = :junk WHERE idx = 2").bindparams(junk=b"junk"))
    with pytest.raises(TamperedError, match="fsck"):
        back_up(database, running.settings, tmp_path / "backup")


def test_nothing_that_is_there_is_overwritten(running: Running, tmp_path: Path) -> None:
    running.scan(1)
    folder = tmp_path / "backup"
    back_up(running.service.database, running.settings, folder)
    with pytest.raises(BusyError, match="new folder"):
        back_up(running.service.database, running.settings, folder)
    with pytest.raises(BusyError, match="not empty"):
        restore(folder, running.settings)
    other = _embedded(tmp_path)
    other.data_dir.mkdir()
    (other.data_dir / "office.key").write_bytes(b"x" * 32)
    with pytest.raises(BusyError, match=r"office\.key"):
        restore(folder, other)


def test_the_signers_file_is_never_taken_back(running: Running, tmp_path: Path) -> None:
    running.sign()
    folder = tmp_path / "backup"
    back_up(running.service.database, running.settings, folder)
    running.scan(3)
    running.sign()
    signed = (running.settings.effective_signer_dir / "signed").read_bytes()
    fresh = Settings(data_dir=tmp_path / "new", database_url="", signer_dir=running.settings.effective_signer_dir)
    restore(folder, fresh)
    assert (running.settings.effective_signer_dir / "signed").read_bytes() == signed


def test_an_export_is_the_published_log_and_grows_with_it(running: Running, tmp_path: Path) -> None:
    folder = tmp_path / "export"
    with pytest.raises(NotFoundError, match="signed"):
        export_log(running.service, folder)
    for count in (3, 500, 1):
        running.scan(count)
        running.sign()
        exported = export_log(running.service, folder)
        policy = parse_policy((folder / "policy").read_text())
        assert policy.accept((folder / "checkpoint").read_bytes()).checkpoint.size == exported.size
        entries = [
            entry for tile in bundle_tiles(exported.size) for entry in decode_bundle((folder / tile.path).read_bytes())
        ]
        with running.service.database.read() as connection:
            assert entries == [content for _, content in Ledger(connection).contents()]
    assert len(decode_bundle((folder / "checkpoints").read_bytes())) == 3


def test_an_export_never_mixes_with_something_else(running: Running, tmp_path: Path) -> None:
    running.sign()
    (tmp_path / "letters").mkdir()
    (tmp_path / "letters" / "dear.txt").write_text("to the bureau")
    with pytest.raises(BusyError, match="another folder"):
        export_log(running.service, tmp_path / "letters")


def test_damaged_published_files_are_not_handed_out(running: Running, tmp_path: Path) -> None:
    running.scan(3)
    running.sign()
    bundle = next((running.settings.effective_log_dir / "tile" / "entries").rglob("*"))
    while bundle.is_dir():
        bundle = next(bundle.iterdir())
    content = bundle.read_bytes()
    bundle.write_bytes(content[:-1] + b"x")
    with pytest.raises(TamperedError, match="handed out"):
        export_log(running.service, tmp_path / "export")
    assert not (tmp_path / "export" / "checkpoint").exists()


def test_the_database_is_recovered_from_an_exported_log_alone(running: Running, tmp_path: Path) -> None:
    """A mirror at the regulator's is a backup of every published entry."""
    running.scan(30)
    size = running.sign()
    export_log(running.service, tmp_path / "export")
    fresh = Service(_embedded(tmp_path))
    recovered = recover(fresh.database, Published(Blobs(tmp_path / "export")))
    assert (recovered.before, recovered.after) == (0, size)
    checked = check_log(fresh.database)
    assert (checked.entries, checked.root, checked.problems) == (size, check_log(running.service.database).root, [])
    assert json.loads(json.dumps(recovered._asdict())) == {"before": 0, "after": size, "registers_missing": []}
    assert fresh.directory().digest == running.service.directory().digest
    fresh.close()


def test_a_log_keeps_the_name_it_began_with(running: Running, tmp_path: Path) -> None:
    """Every signature names the origin; a district file with another one would make a log that nobody can check."""
    other = tmp_path / "other.yaml"
    other.write_text(
        DISTRICT.read_text(encoding="utf-8").replace(ORIGIN, "ledger.example.org/elsewhere"), encoding="utf-8"
    )
    with pytest.raises(RegisterError, match="has begun as"):
        load_register(running.service, other)
    assert running.service.directory().register.origin == ORIGIN
    load_register(running.service, DISTRICT)
    assert running.scan(1) == ["new"]
