"""The log, its devices, the register, labels, counters and accounts."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Makes the tables and forbids changing the log."""
    _ledger_tables()
    _district_tables()
    _append_only()


def downgrade() -> None:
    """A ledger is never taken back."""
    message = "the first version can not be undone: the log would be lost"
    raise NotImplementedError(message)


def _ledger_tables() -> None:
    op.create_table(
        "entry",
        sa.Column("idx", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True, autoincrement=False),
        sa.Column("content", sa.LargeBinary, nullable=False),
        sa.Column("leaf_hash", sa.LargeBinary, nullable=False),
        sa.CheckConstraint("idx >= 0"),
    )
    op.create_table(
        "device_event",
        sa.Column("device_id", sa.String(16), primary_key=True),
        sa.Column("device_seq", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("event_id", sa.LargeBinary, nullable=False, index=True),
        sa.Column("idx", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "odd_event",
        sa.Column("event_id", sa.LargeBinary, primary_key=True),
        sa.Column("idx", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "tree",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("size", sa.BigInteger, nullable=False),
        sa.Column("frontier", sa.LargeBinary, nullable=False),
        sa.Column("received_ms", sa.BigInteger, nullable=False),
        sa.CheckConstraint("id = 1"),
    )
    op.execute(
        sa.text("INSERT INTO tree (id, size, frontier, received_ms) VALUES (1, 0, :empty, 0)").bindparams(empty=b"")
    )
    op.create_table(
        "device",
        sa.Column("device_id", sa.String(16), primary_key=True),
        sa.Column("public_key", sa.LargeBinary, nullable=False),
        sa.Column("site", sa.String, nullable=False),
        sa.Column("role", sa.String, nullable=False),
        sa.Column("enrolled_idx", sa.BigInteger, nullable=False),
        sa.Column("revoked_idx", sa.BigInteger),
    )
    op.create_table(
        "held_note",
        sa.Column("event_id", sa.LargeBinary, primary_key=True),
        sa.Column("note", sa.LargeBinary, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("received_ms", sa.BigInteger, nullable=False),
    )


def _district_tables() -> None:
    op.create_table(
        "register_row",
        sa.Column("kind", sa.String(20), primary_key=True),
        sa.Column("key", sa.String(120), primary_key=True),
        sa.Column("content", sa.Text, nullable=False),
    )
    op.create_table(
        "label",
        sa.Column("code", sa.String(37), primary_key=True),
        sa.Column("site", sa.String, nullable=False, index=True),
        sa.Column("fields", sa.Text, nullable=False),
    )
    op.create_table(
        "counter",
        sa.Column("name", sa.String(80), primary_key=True),
        sa.Column("last", sa.BigInteger, nullable=False),
        sa.CheckConstraint("last >= 0"),
    )
    op.create_table(
        "account",
        sa.Column("name", sa.String(40), primary_key=True),
        sa.Column("password_hash", sa.String, nullable=False),
        sa.Column("role", sa.String, nullable=False),
        sa.Column("site", sa.String, nullable=False),
    )


def _append_only() -> None:
    """A guard rail for people with a database shell, not the proof: the proof is the tree."""
    if op.get_context().dialect.name == "sqlite":
        for act in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER entry_no_{act.lower()} BEFORE {act} ON entry "
                "BEGIN SELECT RAISE(ABORT, 'the log is append only'); END"
            )
        return
    op.execute(
        "CREATE FUNCTION entry_is_append_only() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'the log is append only'; END $$"
    )
    op.execute(
        "CREATE TRIGGER entry_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON entry "
        "FOR EACH STATEMENT EXECUTE FUNCTION entry_is_append_only()"
    )
