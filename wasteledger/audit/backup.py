"""Backup and restore of a whole district, from any engine to any other.

A backup is a folder: `wasteledger.db`, a copy of every row as an SQLite database; the keys; the signer's file and the policy;
`evidence/` with every photo and paper of the cases; and `manifest.json` with the SHA-256 of each. It is checked when it is made and
again before it is restored. It holds secret keys: keep it as you keep them.
"""

import hashlib
import json
import shutil
from pathlib import Path
from typing import Any, NamedTuple

from wasteledger.audit.fsck import Checked, check_log
from wasteledger.errors import BusyError, NotFoundError, RolledBackError, TamperedError
from wasteledger.flows.published import Published
from wasteledger.settings import Settings
from wasteledger.store.blobs import Blobs, write_whole
from wasteledger.store.copying import copy_everything
from wasteledger.store.database import Database

DATABASE = "wasteledger.db"
MANIFEST = "manifest.json"
EVIDENCE = "evidence"
#: Of a SHA-256 in hex, the name of an evidence file; what is still being written has another.
DIGEST_DIGITS = 64


class BackedUp(NamedTuple):
    """The log in the backup, and how many rows of everything."""

    size: int
    root: str
    rows: int


def _kept_files(settings: Settings) -> dict[str, Path]:
    """The files beside the database: name in the backup, place in the installation."""
    signer = settings.effective_signer_dir
    return {
        "office.key": settings.data_dir / "office.key",
        "receipt.key": settings.data_dir / "receipt.key",
        "log.key": signer / "log.key",
        "signed": signer / "signed",
        "policy": settings.effective_policy,
    }


def back_up(database: Database, settings: Settings, folder: Path) -> BackedUp:
    """Writes a backup into a new folder while the service runs.

    MUST NOT: take a copy of a database that has forgotten what was published.

    Raises:
        BusyError: the folder is not empty.
        TamperedError: the log is not whole: a backup of it would hide that.
        RolledBackError: entries that were published are missing.
    """
    if folder.exists() and any(folder.iterdir()):
        message = f"{folder} is not empty: name a new folder for each backup"
        raise BusyError(message)
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    copy = Database(f"sqlite:///{folder / DATABASE}")
    try:
        with database.read() as source, copy.write() as target:
            rows = copy_everything(source, target)
        checked = _whole(check_log(copy), "this log")
        published = Published(Blobs(settings.effective_log_dir)).checkpoint()
        if published and published.size > checked.entries:
            message = (
                f"the database holds {checked.entries} of {published.size} published entries: see docs/recovery.md"
            )
            raise RolledBackError(message)
    finally:
        copy.close()
    for name, path in _kept_files(settings).items():
        if path.exists():
            shutil.copy2(path, folder / name)
    # After the log: a file is durable before the event that names it.
    _copy_evidence(settings.data_dir, folder)
    manifest = {"size": checked.entries, "root": checked.root, "rows": rows, "files": _digests(folder)}
    write_whole(folder / MANIFEST, json.dumps(manifest, indent=1).encode())
    return BackedUp(checked.entries, checked.root, rows)


def restore(folder: Path, settings: Settings) -> BackedUp:
    """Fills an empty installation from a backup. Keys that are there already stay, and so does the signer's file.

    Raises:
        NotFoundError: no backup there.
        TamperedError: the backup is damaged; nothing was restored.
        BusyError: the installation is not empty, or has other keys.
    """
    manifest = _checked_manifest(folder)
    kept = _kept_files(settings)
    for name, path in kept.items():
        both = path.exists() and (folder / name).exists()
        if name.endswith(".key") and both and path.read_bytes() != (folder / name).read_bytes():
            message = f"{path} is another key than the backup's: move it away if the backup is right"
            raise BusyError(message)
    copy, database = Database(f"sqlite:///{folder / DATABASE}"), Database(settings.effective_database_url)
    try:
        _whole(check_log(copy), "the log in the backup")
        with copy.read() as source, database.write() as target:
            rows = copy_everything(source, target)
    finally:
        copy.close()
        database.close()
    for name, path in kept.items():
        if (folder / name).exists() and not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(folder / name, path)
    _copy_evidence(folder, settings.data_dir)
    return BackedUp(manifest["size"], manifest["root"], rows)


def _copy_evidence(source: Path, target: Path) -> None:
    """Every evidence file that is not there yet; its name is its SHA-256."""
    for path in sorted((source / EVIDENCE).glob("??/*")):
        copy = target / path.relative_to(source)
        if len(path.name) == DIGEST_DIGITS and not copy.exists():
            copy.parent.mkdir(parents=True, exist_ok=True)
            write_whole(copy, path.read_bytes())


def _checked_manifest(folder: Path) -> Any:
    try:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        wanted = dict(manifest["files"])
    except (OSError, ValueError, KeyError, TypeError):
        message = f"{folder} holds no whole backup: its {MANIFEST} is missing or damaged"
        raise NotFoundError(message) from None
    found = _digests(folder)
    wrong = sorted(name for name in wanted.keys() | found.keys() if wanted.get(name) != found.get(name))
    if wrong:
        message = f"the backup {folder} is damaged in {', '.join(wrong)}: nothing was restored. Take another one"
        raise TamperedError(message)
    return manifest


def _digests(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != MANIFEST and not path.name.endswith(("-wal", "-shm"))
    }


def _whole(checked: Checked, what: str) -> Checked:
    if checked.problems:
        message = f"{what} is not whole ({checked.problems[0]}): run `wasteledger fsck`"
        raise TamperedError(message)
    return checked
