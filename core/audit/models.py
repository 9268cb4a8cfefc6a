"""Rows of the audit log, their seals, and the keys under which personal values are written."""

from datetime import datetime

from sqlalchemy import Text, UniqueConstraint
from sqlmodel import Field, SQLModel

from core import clock
from core.db import KEY, document


class AuditEntry(SQLModel, table=True):
    """One act. Written in the transaction of the act; the store refuses UPDATE and DELETE.

    Where contact_id is set, object_name, before, after and reason are encrypted under that
    person's key. signature: keyed, over all other columns but the number, so that a row the
    application did not write is found out.
    """

    __tablename__ = "audit_entry"

    id: int = Field(default=None, primary_key=True, sa_type=KEY)
    at: datetime = Field(index=True)
    actor_kind: str = Field(max_length=12)
    actor_id: int | None = Field(default=None, sa_type=KEY, index=True)
    actor_name: str = Field(max_length=200)
    action: str = Field(max_length=60, index=True)
    object_type: str | None = Field(default=None, max_length=40)
    object_id: int | None = Field(default=None, sa_type=KEY)
    object_name: str | None = Field(default=None, sa_type=Text)
    department_id: int | None = Field(default=None, sa_type=KEY, index=True)
    contact_id: int | None = Field(default=None, sa_type=KEY, index=True)
    before: dict[str, object] | None = document(factory=lambda: None, nullable=True)
    after: dict[str, object] | None = document(factory=lambda: None, nullable=True)
    reason: str | None = Field(default=None, sa_type=Text)
    session_hash: str | None = Field(default=None, max_length=64)
    ip: str | None = Field(default=None, max_length=45)
    signature: str = Field(max_length=80)


class AuditSeal(SQLModel, table=True):
    """A row's place in the chain: the keyed hash over the place, the row and the seal before."""

    __tablename__ = "audit_seal"
    __table_args__ = (UniqueConstraint("entry_id"),)

    position: int = Field(primary_key=True, sa_type=KEY)
    entry_id: int = Field(sa_type=KEY)
    hash: str = Field(max_length=80)
    sealed_at: datetime = Field(default_factory=clock.now)


class AuditKey(SQLModel, table=True):
    """The key under which a contact's personal values are written; destroyed on erasure."""

    __tablename__ = "audit_key"

    contact_id: int = Field(primary_key=True, sa_type=KEY)
    sealed: str | None = Field(default=None, max_length=200)
