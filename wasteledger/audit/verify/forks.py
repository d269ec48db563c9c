"""Two checkpoints that one log signed: whether they are of one tree, and what is kept when they are not."""

from pathlib import Path

from .folder import LogFolder, Tree, UnreadableError, tree_of
from .formats import Checkpoint, InvalidError, Policy
from .report import Report


class UsageError(Exception):
    """The question can not be answered as it was asked."""


def contradiction(
    one: Checkpoint, two: Checkpoint, log: LogFolder | None, policy: Policy
) -> tuple[Checkpoint, Checkpoint] | None:
    """Two signed checkpoints that can not be of one tree; None where the smaller is the beginning of the larger.

    Entries prove a fork only when they are those of a signed checkpoint themselves: a damaged folder accuses nobody.

    Raises:
        UsageError: what is at hand does not tell.
    """
    old, new = sorted((one, two), key=lambda checkpoint: checkpoint.size)
    if old.origin != new.origin:
        raise UsageError(f"the checkpoints are of two logs, {old.origin[:100]} and {new.origin[:100]}")
    if old.size == new.size:
        return None if old.root == new.root else (old, new)
    if log is None:
        raise UsageError("checkpoints of different sizes: name the folder of the exported log too")
    own = _own(log, policy, old.origin)
    tree = tree_of(log, max(new.size, own.size if own else 0))
    if own is not None and tree.size < own.size:
        tree = tree_of(log, own.size)  # the folder ends before the larger of the two
    for trunk in (new, own, old):
        if trunk is None or not leads_to(tree, trunk):
            continue
        for branch in (old, new):
            if branch.size <= trunk.size and not leads_to(tree, branch):
                return branch, trunk
    if not leads_to(tree, new):
        raise UsageError(f"the entries in {log.folder} are not those of the checkpoint of {new.size} entries")
    return None


def leads_to(tree: Tree, checkpoint: Checkpoint) -> bool:
    """Whether a checkpoint's root is that of so many entries of a tree."""
    return tree.roots([checkpoint.size]).get(checkpoint.size) == checkpoint.root


def _own(log: LogFolder, policy: Policy, origin: str) -> Checkpoint | None:
    """The folder's own checkpoint, where the log signed it."""
    try:
        own = policy.signed(log.note())
    except (InvalidError, UnreadableError):
        return None
    return own if own.origin == origin else None


def save(pair: tuple[Checkpoint, Checkpoint], evidence_dir: str, report: Report) -> str:
    """Saves both notes and says where; where they can not be saved they stand in the report."""
    folder = Path(evidence_dir)
    notes = report.facts.setdefault("evidence_notes", [])
    notes += [note for note in (checkpoint.note.decode() for checkpoint in pair) if note not in notes]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for checkpoint in pair:
            name = f"{checkpoint.size}-{checkpoint.root.hex()[:16]}.checkpoint"
            (folder / name).write_bytes(checkpoint.note)
    except OSError as error:
        return f"both notes could not be saved in {folder} ({error.strerror}) and stand in the JSON report"
    report.facts["evidence"] = str(folder)
    return f"both notes are in {folder}"


def accuse(pair: tuple[Checkpoint, Checkpoint], evidence_dir: str, report: Report) -> None:
    """Says that the log forked, and keeps what proves it."""
    report.forked = True
    sizes = sorted(checkpoint.size for checkpoint in pair)
    where = save(pair, evidence_dir, report)
    report.wrong("fork", f"the log signed a tree of {sizes[0]} and one of {sizes[1]} entries that are not one: {where}")
