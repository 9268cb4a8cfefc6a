"""How often somebody outside may try something: counted by a keyed hash, forgotten in a day."""

from datetime import datetime, timedelta

from sqlalchemy import delete, func
from sqlmodel import Session, col, select

from core import signing
from core.db import is_sqlite
from core.forms.models import PublicAttempt

KEPT = timedelta(days=1)
_SWEEP = 200


def allows(
    session: Session, what: str, who: str, *, limit: int, window: timedelta, now: datetime
) -> bool:
    """Count one attempt and return True, or return False where the limit is reached.

    Attempts of the same kind and person wait for each other, so the limit is exact.
    """
    key = signing.keyed_digest("public-attempt", f"{what}/{who}")
    if not is_sqlite(session):
        session.execute(select(func.pg_advisory_xact_lock(int(key[:15], 16))))
    statement = select(func.count()).select_from(PublicAttempt)
    counted = statement.where(PublicAttempt.key == key, PublicAttempt.at > now - window)
    if session.exec(counted).one() >= limit:
        return False
    session.add(PublicAttempt(key=key, at=now))
    old = select(PublicAttempt.id).where(PublicAttempt.at < now - KEPT).limit(_SWEEP)
    session.execute(delete(PublicAttempt).where(col(PublicAttempt.id).in_(old)))
    session.flush()
    return True
