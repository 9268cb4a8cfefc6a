"""The store's own refusal to change the consent ledger, or to delete from it.

Steps may go with the person they are about: erased, or taken back with the import that made them.
"""

from sqlalchemy import Connection, text

SEALED = "id, contact_id, topic_id, state, basis, text_version, source, ip, at, actor, seal"
_STILL_HERE = "EXISTS (SELECT 1 FROM contact c WHERE c.id = OLD.contact_id AND c.erased_at IS NULL)"
_SQLITE = (
    f"""
CREATE TRIGGER IF NOT EXISTS consent_event_no_update BEFORE UPDATE OF {SEALED} ON consent_event
BEGIN SELECT RAISE(ABORT, 'the consent ledger is append-only'); END
""",
    f"""
CREATE TRIGGER IF NOT EXISTS consent_event_no_delete BEFORE DELETE ON consent_event
WHEN {_STILL_HERE}
BEGIN SELECT RAISE(ABORT, 'the consent ledger is append-only'); END
""",
)
_POSTGRESQL = (
    f"""
CREATE OR REPLACE FUNCTION refuse_consent_change() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN
IF TG_OP = 'DELETE' THEN
  IF NOT {_STILL_HERE} THEN RETURN OLD; END IF;
END IF;
RAISE EXCEPTION 'the consent ledger is append-only';
END $$
""",
    f"""
CREATE OR REPLACE TRIGGER consent_event_no_update BEFORE UPDATE OF {SEALED} ON consent_event
FOR EACH ROW EXECUTE FUNCTION refuse_consent_change()
""",
    """
CREATE OR REPLACE TRIGGER consent_event_no_delete BEFORE DELETE ON consent_event
FOR EACH ROW EXECUTE FUNCTION refuse_consent_change()
""",
    """
CREATE OR REPLACE TRIGGER consent_event_no_truncate BEFORE TRUNCATE ON consent_event
FOR EACH STATEMENT EXECUTE FUNCTION refuse_consent_change()
""",
)


def protect_ledger(connection: Connection) -> None:
    """Make the store refuse to alter the ledger; idempotent."""
    for statement in _SQLITE if connection.dialect.name == "sqlite" else _POSTGRESQL:
        connection.execute(text(statement))
