"""Bringing a database forward from the published log: what a restored backup lacks is there, byte for byte."""

from collections.abc import Iterator
from datetime import date
from typing import NamedTuple

from schemas.canonical import decode_base64
from schemas.events import Enrolled, Revoked, Ruled
from schemas.growth import read_kept
from schemas.signing import parse_note
from wasteledger.domain.checkpoint import Checkpoint, parse_checkpoint
from wasteledger.domain.entry import decode_entry
from wasteledger.domain.hello import parse_hello
from wasteledger.domain.merkle import Frontier
from wasteledger.domain.note import parse_signed_note
from wasteledger.domain.register import Register, register_digest
from wasteledger.domain.register_history import RegisterVersion
from wasteledger.domain.tiles import TILE_WIDTH, decode_bundle
from wasteledger.errors import NotFoundError, TamperedError
from wasteledger.flows.export_log import bundle_tiles
from wasteledger.flows.published import Published
from wasteledger.store.database import Database
from wasteledger.store.district import DistrictStore
from wasteledger.store.ledger import Ledger


class Recovered(NamedTuple):
    """From which size to which the database was brought.

    Attributes:
        registers_missing: digests of registers that these entries name and that are not at hand: their district files must be loaded again.
    """

    before: int
    after: int
    registers_missing: tuple[str, ...] = ()


def recover(database: Database, published: Published, signed: Frontier | None = None) -> Recovered:
    """Appends the published entries that the database lacks, in one transaction.

    `signed` is what the signer's own file says was signed, where it is at hand: its tiles and bundles were written before it was
    signed, so that even what no witness has cosigned yet comes back.

    Raises:
        NotFoundError: nothing is published there.
        TamperedError: what the database holds and what was published do not belong to one log; nothing was changed.
    """
    checkpoint = published.checkpoint()
    if signed and signed.size > (checkpoint.size if checkpoint else 0):
        checkpoint = Checkpoint("", signed.size, signed.root())
    if checkpoint is None:
        message = "there is no published checkpoint to recover from: name the folder of an exported log"
        raise NotFoundError(message)
    with database.write() as connection:
        ledger = Ledger(connection)
        before = ledger.size
        store, missing = DistrictStore(connection), []
        for content in _entries(published, checkpoint, before):
            ruled = _append(ledger, content)
            if ruled and not _bring_register(store, published, ruled):
                missing.append(ruled.digest)
        ledger.flush()
        if before < checkpoint.size and ledger.root() != checkpoint.root:
            message = (
                f"the database's {before} entries and the published ones do not lead to the published root: they are of "
                f"different logs, or one of them was altered. Nothing was changed. Run `wasteledger fsck`"
            )
            raise TamperedError(message)
        for note in published.history():
            ledger.save_checkpoint(parse_checkpoint(parse_signed_note(note).text).size, note)
        return Recovered(before, ledger.size, tuple(missing))


def _entries(published: Published, checkpoint: Checkpoint, begin: int) -> Iterator[bytes]:
    for tile in bundle_tiles(checkpoint.size):
        first = tile.number * TILE_WIDTH
        if first + tile.width > begin:
            yield from decode_bundle(published.tile(tile))[max(0, begin - first) : tile.width]


def _bring_register(store: DistrictStore, published: Published, version: RegisterVersion) -> bool:
    """Keeps a version that the log names, from the file beside the log; False where that lacks it, or has another one."""
    text = published.register_text(version.digest)
    register = _same_register(text, version.digest) if text else None
    if register is None:
        store.note_version(version)
        return False
    store.save_register(register, version)
    return True


def _same_register(text: str, digest: str) -> Register | None:
    try:
        register = Register.model_validate_json(text)
    except ValueError:
        return None
    return register if register_digest(register) == digest else None


def _append(ledger: Ledger, content: bytes) -> RegisterVersion | None:
    """One entry with the rows that were made from it when it was first taken in; the register that it puts in force."""
    entry = decode_entry(content)
    index, _ = ledger.append(content, received_ms=entry.received_ms)
    if entry.entry_class != "event":
        ledger.remember_odd(entry.event_id, index=index)
        if entry.entry_class == "hello":
            hello, _ = parse_hello(entry.note)
            device_no = ledger.devices([hello.device_id])[hello.device_id].device_no
            ledger.hear(device_no, hello, received_ms=entry.received_ms)
        return None
    event = read_kept(parse_note(entry.note).payload()).event
    if isinstance(event, Enrolled) and event.device not in ledger.devices([event.device]):
        key = decode_base64(event.public_key)
        ledger.admit(event.device, key, site=event.for_site, role=event.role, index=index)
    elif isinstance(event, Revoked):
        ledger.revoke(event.device, index=index)
    device = ledger.devices([event.device_id])[event.device_id]
    ledger.take_number((device.device_no, event.device_seq), event_id=entry.event_id, index=index)
    if not (isinstance(event, Ruled) and event.rule == "register" and device.role == "office"):
        return None
    holds_from = date.fromisoformat(event.holds_from) if event.holds_from else None
    return RegisterVersion(0, event.basis, holds_from, index, entry.received_ms, event.decision or "")
