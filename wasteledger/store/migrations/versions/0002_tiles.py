"""Leaf hashes move from the entries to the published tiles; a device's number takes half the room; checkpoints are kept."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Carries every row over; the log's bytes stay as they are."""
    op.drop_column("entry", "leaf_hash")
    _shorten_device_events()
    op.create_table(
        "checkpoint",
        sa.Column("size", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("note", sa.LargeBinary, nullable=False),
    )


def downgrade() -> None:
    """A ledger is never taken back."""
    message = "restore the backup that was made before the upgrade"
    raise NotImplementedError(message)


def _shorten_device_events() -> None:
    op.rename_table("device_event", "device_event_0001")
    op.create_table(
        "device_event",
        sa.Column("device_no", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("device_seq", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("event_id", sa.LargeBinary, nullable=False),
        sa.Column("idx", sa.BigInteger, nullable=False),
        sqlite_with_rowid=False,
    )
    op.execute(
        "INSERT INTO device_event (device_no, device_seq, event_id, idx) "
        "SELECT d.enrolled_idx, o.device_seq, o.event_id, o.idx FROM device_event_0001 o "
        "JOIN device d ON d.device_id = o.device_id"
    )
    op.drop_table("device_event_0001")
    op.create_index("device_event_by_id", "device_event", ["event_id"])
