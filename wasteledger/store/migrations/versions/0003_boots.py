"""Boots of devices whose clock a kept hello anchors, so that the writer knows what a hello tells without reading the log."""

from contextlib import suppress

import sqlalchemy as sa
from alembic import op

from schemas.errors import ContractError
from wasteledger.domain.boots import Boot, heard
from wasteledger.domain.entry import decode_entry
from wasteledger.domain.hello import parse_hello

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Makes the table, and fills it from the hellos that the log holds."""
    op.create_table(
        "boot",
        sa.Column("device_no", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("boot_id", sa.String(16), primary_key=True),
        sa.Column("zero_ms", sa.BigInteger, nullable=False),
        sa.Column("next_seq", sa.BigInteger, nullable=False),
        sa.Column("anchors", sa.BigInteger, nullable=False),
        sa.Column("first_ms", sa.BigInteger, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_index("boot_by_number", "boot", ["device_no", "next_seq"])
    op.create_index("boot_by_moment", "boot", ["device_no", "first_ms"])
    _fill()


def downgrade() -> None:
    """A ledger is never taken back."""
    message = "restore the backup that was made before the upgrade"
    raise NotImplementedError(message)


def _fill() -> None:
    connection = op.get_bind()
    numbers = {row[0]: row[1] for row in connection.execute(sa.text("SELECT device_id, enrolled_idx FROM device"))}
    odd = sa.text("SELECT e.content FROM odd_event o JOIN entry e ON e.idx = o.idx ORDER BY e.idx")
    boots: dict[tuple[int, str], Boot] = {}
    for content in connection.execute(odd).scalars():
        with suppress(ContractError, KeyError, TypeError):  # a damaged row: fsck names it, and the upgrade goes on
            entry = decode_entry(bytes(content))
            if entry.entry_class == "hello":
                hello = parse_hello(entry.note)[0]
                name = (numbers[hello.device_id], hello.boot_id)
                boots[name] = heard(boots.get(name), hello, entry.received_ms)
    insert = sa.text("INSERT INTO boot VALUES (:device_no, :boot_id, :zero_ms, :next_seq, :anchors, :first_ms)")
    for (device_no, boot_id), boot in boots.items():
        connection.execute(insert, {"device_no": device_no, "boot_id": boot_id} | boot._asdict())
