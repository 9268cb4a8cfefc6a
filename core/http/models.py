"""The row that keeps what a call of the API was answered, so that it happens once."""

from sqlalchemy import Index, UniqueConstraint
from sqlmodel import Field

from core.db import Row, document, ref


class IdempotencyKey(Row, table=True):
    """A POST that was made under a key of the caller's choosing, and its answer.

    key_hash: of the key; body_hash: of method, path and body. status 0: it is being carried out.
    """

    __tablename__ = "idempotency_key"
    __table_args__ = (
        UniqueConstraint("api_key_id", "key_hash"),
        Index("ix_idempotency_key_created", "created_at"),
    )

    api_key_id: int = ref("api_key")
    key_hash: str = Field(max_length=64)
    body_hash: str = Field(max_length=64)
    call: str = Field(max_length=200)
    status: int = 0
    response: dict[str, object] = document()
