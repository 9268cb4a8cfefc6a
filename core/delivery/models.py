"""Rows of senders, transports and the capture mailbox."""

from datetime import datetime

from sqlalchemy import LargeBinary
from sqlmodel import Field

from core.db import Row, choice, maybe_ref
from core.delivery.terms import TlsMode


class Transport(Row, table=True):
    """An SMTP server mail leaves by. Its password is sealed and never shown again."""

    __tablename__ = "transport"

    name: str = Field(max_length=120)
    host: str = Field(max_length=253)
    port: int
    tls: TlsMode = choice(TlsMode, default=TlsMode.STARTTLS)
    verifies: bool = True
    user: str = Field(default="", max_length=254)
    password_sealed: str = Field(default="", max_length=600)
    is_active: bool = True
    is_paused: bool = False
    paused_reason: str = Field(default="", max_length=512)
    version: int = 1


class Sender(Row, table=True):
    """A from-address, of the organisation or of one department."""

    __tablename__ = "sender"

    name: str = Field(max_length=120)
    address: str = Field(max_length=254)
    reply_to: str = Field(default="", max_length=254)
    department_id: int | None = maybe_ref("department", ondelete="CASCADE")
    transport_id: int | None = maybe_ref("transport")
    is_default: bool = False
    version: int = 1


class CapturedMail(Row, table=True):
    """A mail that the capture mailbox took in instead of the world."""

    __tablename__ = "captured_mail"

    received_at: datetime = Field(index=True)
    envelope_from: str = Field(max_length=254)
    recipient: str = Field(max_length=254, index=True)
    subject: str = Field(default="", max_length=500)
    from_text: str = Field(default="", max_length=300)
    message_id: str = Field(default="", max_length=250, index=True)
    raw: bytes = Field(sa_type=LargeBinary)
