"""Alembic's entry: runs the migrations on the connection it is given."""

from alembic import context
from sqlmodel import SQLModel

from core.migrations import tables

assert tables.ALL  # noqa: S101 - imported for its tables


def _is_in_models(name: str | None, kind: str, _parents: object) -> bool:
    """Return whether the models know a table; the search index and the queue are made by hand."""
    return kind != "table" or name in SQLModel.metadata.tables


connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=SQLModel.metadata,
    render_as_batch=True,
    compare_type=True,
    include_name=_is_in_models,
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
