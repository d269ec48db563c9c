"""The signer: signs what continues its own file, publishes what the policy accepts, and stops at anything else."""

import shutil
from pathlib import Path

import pytest
from sqlalchemy import text

from schemas.errors import ContractError
from tests.store.logs import Log, stored_note
from tests.stories_builder import ORIGIN
from wasteledger.audit.fsck import check_log
from wasteledger.domain.merkle import leaf_hash, tree_root, verify_inclusion
from wasteledger.domain.note import NoteKey
from wasteledger.domain.policy import log_only
from wasteledger.domain.tiles import decode_bundle, entries_tile, parse_path, root_at, tiles_between
from wasteledger.domain.tlog_proof import parse_tlog_proof, verify_tlog_proof
from wasteledger.errors import BusyError, RolledBackError, TamperedError
from wasteledger.flows.published import Published
from wasteledger.flows.signer import Signer
from wasteledger.flows.signer_state import SignerState
from wasteledger.flows.witnesses import Witnesses
from wasteledger.store.blobs import Blobs
from wasteledger.store.database import Database
from wasteledger.store.ledger import Ledger

KEY = NoteKey(ORIGIN, b"k" * 32)
POLICY = log_only(KEY.verifier)


class Signed:
    """A log with its signer; everything in one folder."""

    def __init__(self, database: Database, folder: Path) -> None:
        self.log = Log(database)
        self.folder = folder
        self.published = Published(Blobs(folder / "log"))

    def signer(self) -> Signer:
        """A signer as a new process would make it."""
        return Signer(
            self.log.database,
            key=KEY,
            state=SignerState(self.folder / "signed", ORIGIN),
            published=self.published,
            policy=POLICY,
            witnesses=Witnesses(POLICY),
        )

    def grow(self, count: int) -> None:
        notes = [stored_note(self.log.clinic, f"库{number}") for number in range(count)]
        for start in range(0, count, 200):
            self.log.send(*notes[start : start + 200])

    def round(self) -> int:
        """One round; the published size."""
        checkpoint = self.signer().round()
        return checkpoint.size if checkpoint else 0


@pytest.fixture
def signed(database: Database, tmp_path: Path) -> Signed:
    return Signed(database, tmp_path / "signed")


def _tamper(database: Database, statement: str) -> None:
    with database.write() as connection:
        guards = ("entry_no_update", "entry_no_delete") if database.is_sqlite else ("entry_append_only ON entry",)
        for guard in guards:
            connection.execute(text(f"DROP TRIGGER IF EXISTS {guard}"))
        connection.execute(text(statement))


def test_a_checkpoint_is_signed_over_the_stored_bytes(signed: Signed) -> None:
    signed.grow(3)
    assert signed.round() == 5
    accepted = POLICY.accept(signed.published.note() or b"")
    assert accepted.checkpoint.root == tree_root([leaf_hash(content) for content in signed.log.contents()])


def test_every_growth_publishes_its_tiles_bundles_and_proofs(signed: Signed) -> None:
    size = 2
    for count in (1, 10, 250, 1, 700):
        signed.grow(count)
        size += count
        assert signed.round() == size
        contents, leaves = signed.log.contents(), [leaf_hash(content) for content in signed.log.contents()]
        assert root_at(size, signed.published.tile) == tree_root(leaves)
        bundles = [
            decode_bundle(signed.published.tile(entries_tile(n, min(256, size - 256 * n))))
            for n in range(-(-size // 256))
        ]
        assert [entry for bundle in bundles for entry in bundle] == contents
        for index in {0, 1, size // 2, size - 1}:
            proof = signed.published.prove(index)
            assert proof is not None
            verify_tlog_proof(parse_tlog_proof(proof.encode()), leaf=leaves[index], policy=POLICY)
    assert signed.published.prove(size) is None


def test_nothing_is_left_of_partial_tiles_that_are_full_now(signed: Signed) -> None:
    for count in (3, 3, 260):
        signed.grow(count)
        signed.round()
    names = {
        str(path.relative_to(signed.folder / "log")) for path in (signed.folder / "log").rglob("*") if path.is_file()
    }
    tiles = {parse_path(name) for name in names if name.startswith("tile/")}
    assert {tile.path for tile in tiles_between(0, 268)} <= names
    assert not [tile for tile in tiles if tile.number == 0 and tile.level < 1 and tile.width < 256]


def test_a_round_without_growth_changes_nothing(signed: Signed) -> None:
    signed.round()
    before = {path: path.stat().st_mtime_ns for path in signed.folder.rglob("*") if path.is_file()}
    assert signed.round() == 2
    assert before == {path: path.stat().st_mtime_ns for path in signed.folder.rglob("*") if path.is_file()}


def test_a_rolled_back_database_is_not_signed(tmp_path: Path) -> None:
    """A shorter log, and one that has grown again to the same and to a larger size; the file is put back as an administrator would."""
    file = tmp_path / "ledger.db"
    database_url = f"sqlite:///{file}"
    signed = Signed(Database(database_url), tmp_path / "signed")
    signed.grow(4)
    signed.log.database.close()
    shutil.copy(file, tmp_path / "old.db")
    signed.log.database = Database(database_url)
    signed.grow(3)
    assert signed.round() == 9
    signed.log.database.close()
    for count in (0, 3, 5):
        shutil.copy(tmp_path / "old.db", file)
        signed.log.database = Database(database_url)
        signed.grow(count)
        with pytest.raises(TamperedError) as refused:
            signed.round()
        assert isinstance(refused.value, RolledBackError) is (count == 0)
        signed.log.database.close()


ALTERED = {
    "a bit of an entry not yet signed": "UPDATE entry SET content = CAST('junk' AS {bytes}) WHERE idx = 4",
    "an entry not yet signed is gone": "DELETE FROM entry WHERE idx = 4",
    "the newest entry is gone": "DELETE FROM entry WHERE idx = 5",
    "the size": "UPDATE tree SET size = 5",
    "the frontier": "UPDATE tree SET frontier = CAST('" + "x" * 64 + "' AS {bytes})",
}


@pytest.mark.parametrize("change", ALTERED)
def test_what_was_altered_between_commit_and_signature_is_not_signed(signed: Signed, change: str) -> None:
    signed.round()
    signed.grow(4)
    _tamper(signed.log.database, ALTERED[change].format(bytes="BLOB" if signed.log.database.is_sqlite else "bytea"))
    with pytest.raises((TamperedError, ContractError)):
        signed.round()
    assert SignerState(signed.folder / "signed", ORIGIN).read().size == 2
    published = signed.published.checkpoint()
    assert published is not None
    assert published.size == 2


def test_a_lost_signer_file_does_not_make_the_signer_forget(signed: Signed) -> None:
    """What was published binds it too."""
    signed.grow(3)
    signed.round()
    (signed.folder / "signed").unlink()
    signed.grow(2)
    assert signed.round() == 7
    (signed.folder / "signed").unlink()
    _tamper(signed.log.database, "DELETE FROM entry WHERE idx >= 4")
    _tamper(signed.log.database, "UPDATE tree SET size = 4")
    with pytest.raises((TamperedError, ContractError)):
        signed.round()


@pytest.mark.parametrize("content", [b"", b"wasteledger-signer/v1\n", b"\xff\xfe", b"x" * 500])
def test_a_damaged_signer_file_stops_the_signer_with_the_way_out(signed: Signed, content: bytes) -> None:
    signed.round()
    good = (signed.folder / "signed").read_bytes()
    (signed.folder / "signed").write_bytes(content)
    with pytest.raises(TamperedError, match="backup"):
        signed.round()
    (signed.folder / "signed").write_bytes(good)
    assert signed.round() == 2


def test_each_byte_of_the_signer_file_counts(signed: Signed) -> None:
    signed.grow(5)
    signed.round()
    state, good = SignerState(signed.folder / "signed", ORIGIN), (signed.folder / "signed").read_bytes()
    for place in range(len(good)):
        (signed.folder / "signed").write_bytes(good[:place] + bytes([good[place] ^ 1]) + good[place + 1 :])
        with pytest.raises(TamperedError):
            state.read()


def test_only_one_process_signs(signed: Signed) -> None:
    with SignerState(signed.folder / "signed", ORIGIN).held(), pytest.raises(BusyError, match="another process"):
        signed.round()
    assert signed.round() == 2


def test_a_crash_after_the_swap_signs_the_same_promise(signed: Signed, monkeypatch: pytest.MonkeyPatch) -> None:
    signed.grow(2)

    def cut(*_: object) -> None:
        message = "power"
        raise KeyboardInterrupt(message)

    with monkeypatch.context() as patched:
        patched.setattr(Signer, "_publish", cut)
        with pytest.raises(KeyboardInterrupt):
            signed.round()
    assert SignerState(signed.folder / "signed", ORIGIN).read().size == 4
    assert signed.published.checkpoint() is None
    signed.grow(1)
    assert signed.round() == 5


def test_the_history_of_checkpoints_is_kept(signed: Signed) -> None:
    for count in (1, 2, 3):
        signed.grow(count)
        signed.round()
    with signed.log.database.read() as connection:
        notes = list(Ledger(connection).checkpoints())
    assert [POLICY.accept(note).checkpoint.size for note in notes] == [3, 5, 8]


def test_a_published_file_that_was_altered_proves_nothing(signed: Signed) -> None:
    signed.grow(10)
    signed.round()
    path = signed.folder / "log" / next(iter(tiles_between(0, 12))).path
    path.write_bytes(path.read_bytes()[:-1] + b"\x00")
    proof, leaf = signed.published.prove(0), leaf_hash(signed.log.contents()[0])
    checkpoint = signed.published.checkpoint()
    assert proof is not None
    assert checkpoint is not None
    assert not verify_inclusion(index=0, size=checkpoint.size, leaf=leaf, proof=proof.hashes, root=checkpoint.root)


@pytest.mark.parametrize("rot", ["a bit", "lost", "cut off"])
def test_a_published_tile_that_rotted_is_made_again_from_the_entries(signed: Signed, rot: str) -> None:
    """The next checkpoint goes on from partial tiles; one wrong bit in them would be published for ever."""
    signed.grow(10)
    signed.round()
    path = signed.folder / "log" / next(iter(tiles_between(0, 12))).path
    content = path.read_bytes()
    if rot == "lost":
        path.unlink()
    else:
        path.write_bytes(content[:-1] + bytes([content[-1] ^ 1]) if rot == "a bit" else content[:-32])
    signed.published._kept.clear()
    signed.grow(300)
    assert signed.round() == 312
    leaves = [leaf_hash(content) for content in signed.log.contents()]
    assert root_at(312, signed.published.exact) == tree_root(leaves)
    assert check_log(signed.log.database, None).problems == []
