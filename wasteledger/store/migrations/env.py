"""Alembic's entry: runs inside the connection that `Database` opened, and nowhere else."""

from alembic import context
from sqlmodel import SQLModel

import wasteledger.store.tables  # noqa: F401 - fills the metadata

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=SQLModel.metadata, transactional_ddl=False)
context.run_migrations()
