"""How each person likes the interface: explanations seen already, columns left out of tables.

These verbs leave no audit row: they change what their own actor sees, and nothing else.
"""

from collections.abc import Collection
from datetime import datetime

from sqlmodel import Session, select

from core.access.service import verb
from core.access.terms import Actor, Permission
from core.accounts.models import UserPreference
from core.accounts.passwords import own_account
from core.accounts.terms import Preferences
from core.db import insert_or_skip
from core.errors import Invalid

SEEN, HIDDEN = "seen.", "hidden."
NAME_LIMIT, VALUES_LIMIT = 120, 60


@verb(Permission.SELF_EDIT, audit=None)
def own_preferences(session: Session, actor: Actor) -> Preferences:
    """Return how I like the interface; nobody in particular likes it as it comes."""
    if actor.kind != "user" or actor.id is None:
        return Preferences()
    found = session.exec(select(UserPreference).where(UserPreference.user_id == actor.id)).all()
    seen = (one.name for one in found if one.name.startswith(SEEN))
    hidden = (one for one in found if one.name.startswith(HIDDEN) and one.values)
    return Preferences(
        seen=frozenset(name.removeprefix(SEEN) for name in seen),
        hidden={one.name.removeprefix(HIDDEN): frozenset(one.values) for one in hidden},
    )


@verb(Permission.SELF_EDIT, audit=None)
def note_seen(session: Session, actor: Actor, *, page: str, now: datetime) -> None:
    """Remember that I was shown what this page is for."""
    _keep(session, actor, f"{SEEN}{page}", values=(), now=now)


@verb(Permission.SELF_EDIT, audit=None)
def hide_columns(
    session: Session, actor: Actor, *, table: str, columns: Collection[str], now: datetime
) -> None:
    """Leave exactly these columns out of the table when I look at it."""
    _keep(session, actor, f"{HIDDEN}{table}", values=columns, now=now)


def _keep(
    session: Session, actor: Actor, name: str, *, values: Collection[str], now: datetime
) -> None:
    """Have the preference in the store once, whoever of two tabs was first."""
    user = own_account(session, actor)
    if len(name) > NAME_LIMIT or len(values) > VALUES_LIMIT:
        raise Invalid("account.odd_preference")
    row = {"user_id": user.id, "name": name, "values": [], "created_at": now}
    session.execute(insert_or_skip(session, UserPreference, [row]))
    wanted = select(UserPreference).where(
        UserPreference.user_id == user.id, UserPreference.name == name
    )
    found = session.exec(wanted).one()
    found.values = sorted(values)
    session.add(found)
