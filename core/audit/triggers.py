"""The store's own refusal to change or delete what the log holds."""

from sqlalchemy import Connection, text

TABLES = ("audit_entry", "audit_seal")
_SQLITE = """
CREATE TRIGGER IF NOT EXISTS {table}_no_{act} BEFORE {act} ON {table}
BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END
"""
_FUNCTION = """
CREATE OR REPLACE FUNCTION refuse_audit_change() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'the audit log is append-only'; END $$
"""
_POSTGRESQL = """
CREATE OR REPLACE TRIGGER {table}_no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}
FOR EACH STATEMENT EXECUTE FUNCTION refuse_audit_change()
"""


def create_triggers(connection: Connection) -> None:
    """Make the store refuse UPDATE and DELETE on the log and its seals; idempotent."""
    for statement in statements(connection.dialect.name):
        connection.execute(text(statement))


def statements(dialect: str) -> list[str]:
    """Return the SQL that `create_triggers` runs on this kind of store."""
    if dialect == "sqlite":
        return [
            _SQLITE.format(table=table, act=act) for table in TABLES for act in ("UPDATE", "DELETE")
        ]
    return [_FUNCTION, *(_POSTGRESQL.format(table=table) for table in TABLES)]
