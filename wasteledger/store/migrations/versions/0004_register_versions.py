"""The register gets a history: every version whole, in place of the rows of the one in force."""

import sqlalchemy as sa
from alembic import op

from wasteledger.domain.register import digest_of_rows

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

#: The lists of a register as version 0002 kept them.
_LISTS = ("divisions", "licences", "people", "plans", "rules", "sites", "streams", "vehicles")


def upgrade() -> None:
    """The one register of an existing database becomes its first version, its rows byte for byte as they were digested."""
    op.create_table(
        "register_version",
        sa.Column("number", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("digest", sa.String(80), nullable=False),
        sa.Column("holds_from", sa.String(10), nullable=False),
        sa.Column("idx", sa.BigInteger, nullable=False),
        sa.Column("loaded_ms", sa.BigInteger, nullable=False),
        sa.Column("decision", sa.Text, nullable=False),
        sa.Column("content", sa.Text, nullable=False),
        sa.CheckConstraint("number >= 1"),
    )
    rows = op.get_bind().execute(sa.text("SELECT kind, content FROM register_row ORDER BY kind, key")).all()
    if rows:
        region, origin = next(content for kind, content in rows if kind == "register").split("\n")
        lists = (f'"{name}":[{",".join(content for kind, content in rows if kind == name)}]' for name in _LISTS)
        content = f'{{"region":"{region}","origin":"{origin}",{",".join(lists)}}}'
        op.get_bind().execute(
            sa.text("INSERT INTO register_version VALUES (1, :digest, '', -1, 0, '', :content)"),
            {"digest": digest_of_rows(content), "content": content},
        )
    op.drop_table("register_row")


def downgrade() -> None:
    """A ledger is never taken back."""
    message = "restore the backup that was made before the upgrade"
    raise NotImplementedError(message)
