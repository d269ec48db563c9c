"""Copies everything from one database into another, whatever engine each of them runs on."""

from sqlalchemy import Connection, delete, func, insert, select
from sqlmodel import SQLModel

from wasteledger.errors import BusyError
from wasteledger.store.tables import EntryRow, RegisterVersionRow, TreeRow

#: Rows carried at a time.
COPY_ROWS = 2_000


def copy_everything(source: Connection, target: Connection) -> int:
    """Copies all rows, in one transaction of each side; returns how many.

    Raises:
        BusyError: the target holds a log or a district already.
    """
    for filled in (EntryRow, RegisterVersionRow):
        if target.execute(select(func.count()).select_from(filled)).scalar_one():
            message = "the database to be filled is not empty: name a new one (WASTELEDGER_DATABASE_URL or WASTELEDGER_DATA_DIR)"
            raise BusyError(message)
    target.execute(delete(TreeRow))  # a new database begins with the empty tree
    copied = 0
    for table in SQLModel.metadata.sorted_tables:
        rows = source.execution_options(yield_per=COPY_ROWS).execute(select(table).order_by(*table.primary_key.columns))
        for part in rows.mappings().partitions(COPY_ROWS):
            target.execute(insert(table), [dict(row) for row in part])
            copied += len(part)
    return copied
