"""What is looked up among millions: bounces and sent mails of a person; segments due meanwhile."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy import text

revision = "0006"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "segment", sa.Column("due_count", sa.Integer(), nullable=False, server_default="0")
    )
    op.create_index(
        "ix_address_bounced",
        "address",
        ["hard_bounced_at"],
        unique=False,
        sqlite_where=text("hard_bounced_at IS NOT NULL"),
        postgresql_where=text("hard_bounced_at IS NOT NULL"),
    )
    op.create_index(
        "ix_message_sent",
        "message",
        ["contact_id", "sent_at", "status"],
        unique=False,
        sqlite_where=text("sent_at IS NOT NULL"),
        postgresql_where=text("sent_at IS NOT NULL"),
    )


def downgrade() -> None:
    raise NotImplementedError("restore the backup that was made before the upgrade")
