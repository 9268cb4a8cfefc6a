"""Opens and clicks."""

import sqlalchemy as sa
import sqlmodel
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "tracked_link",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("created_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("updated_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("digest", sqlmodel.sql.sqltypes.AutoString(length=64), nullable=False),
        sa.Column("url", sqlmodel.sql.sqltypes.AutoString(length=4000), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tracked_link")),
        sa.UniqueConstraint("digest", name=op.f("uq_tracked_link_digest")),
    )
    op.create_table(
        "reaction",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("created_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("updated_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column(
            "message_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column(
            "contact_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.Column(
            "kind",
            sa.Enum("open", "click", "trap", name="reactionkind", native_enum=False, length=24),
            nullable=False,
        ),
        sa.Column("link_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("agent", sqlmodel.sql.sqltypes.AutoString(length=200), nullable=False),
        sa.Column("network", sqlmodel.sql.sqltypes.AutoString(length=45), nullable=False),
        sa.Column("is_head", sa.Boolean(), nullable=False),
        sa.Column(
            "verdict",
            sa.Enum("human", "machine", "unsure", name="verdict", native_enum=False, length=24),
            nullable=True,
        ),
        sa.Column(
            "sign",
            sa.Enum(
                "nothing_odd",
                "head_request",
                "hidden_link",
                "scanner",
                "no_agent",
                "too_soon",
                "many_links",
                "one_network",
                "picture_proxy",
                name="sign",
                native_enum=False,
                length=24,
            ),
            nullable=True,
        ),
        sa.ForeignKeyConstraint(
            ["contact_id"],
            ["contact.id"],
            name=op.f("fk_reaction_contact_id_contact"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["link_id"],
            ["tracked_link.id"],
            name=op.f("fk_reaction_link_id_tracked_link"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["message_id"],
            ["message.id"],
            name=op.f("fk_reaction_message_id_message"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reaction")),
    )
    op.create_index("ix_reaction_contact_id", "reaction", ["contact_id"], unique=False)
    op.create_index("ix_reaction_link_id", "reaction", ["link_id"], unique=False)
    op.create_index("ix_reaction_message", "reaction", ["message_id", "at"], unique=False)
    op.create_index("ix_reaction_message_id", "reaction", ["message_id"], unique=False)
    op.create_index("ix_reaction_network", "reaction", ["network", "at"], unique=False)
    op.create_index(
        "ix_reaction_waiting",
        "reaction",
        ["at"],
        unique=False,
        postgresql_where=sa.text("verdict IS NULL"),
        sqlite_where=sa.text("verdict IS NULL"),
    )

    op.add_column(
        "organisation",
        sa.Column("follows_reactions", sa.Boolean(), nullable=False, server_default=sa.true()),
    )


def downgrade() -> None:
    raise NotImplementedError("restore the backup that was made before the upgrade")
