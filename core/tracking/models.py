"""The row of a site."""

from datetime import datetime

from sqlmodel import Field

from core.db import Row, document


class Site(Row, table=True):
    """A site whose pages carry our script. public_id: its write key, which everybody may see.

    origins: where its pages are; hits from elsewhere are refused. nonce: what the secret is made
    from by which the site vouches for who a visitor is. waits_for_consent: nothing is kept in the
    browser or sent before the site says that the visitor agreed. user_source: the system whose
    numbers the site calls its users by; empty where it uses addresses alone.
    """

    __tablename__ = "site"

    public_id: str = Field(max_length=40, unique=True)
    name: str = Field(max_length=120)
    origins: list[str] = document(factory=list)
    waits_for_consent: bool = True
    user_source: str = Field(default="", max_length=80)
    nonce: str = Field(max_length=60)
    is_active: bool = True
    last_seen_at: datetime | None = None
    version: int = 1
