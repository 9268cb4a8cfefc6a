"""Indexes that another one begins with, and entries for columns with nothing in them, go."""

from alembic import op
from sqlalchemy import text

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

NEEDLESS = (
    ("change_row", "change_set_id"),
    ("consent_event", "contact_id"),
    ("contact_tag", "contact_id"),
    ("event", "contact_id"),
    ("subscription", "contact_id"),
    ("subscription", "topic_id"),
)
SPARSE = (
    ("contact", "company_id", ("company_id",)),
    ("contact", "merged_into_id", ("merged_into_id",)),
    ("contact", "owner_id", ("owner_id",)),
    ("contact_identity", "address_id", ("address_id",)),
    ("event", "anonymous", ("anonymous_id",)),
    ("event", "batch", ("batch",)),
    ("event", "department_id", ("department_id",)),
    ("event", "subject", ("subject_type", "subject_id", "occurred_at")),
)


def upgrade() -> None:
    for table, name in NEEDLESS:
        op.drop_index(f"ix_{table}_{name}", table_name=table)
    for table, name, columns in SPARSE:
        op.drop_index(f"ix_{table}_{name}", table_name=table)
        there = text(f"{columns[0]} IS NOT NULL")
        op.create_index(
            f"ix_{table}_{name}", table, list(columns), sqlite_where=there, postgresql_where=there
        )


def downgrade() -> None:
    raise NotImplementedError("restore the backup that was made before the upgrade")
