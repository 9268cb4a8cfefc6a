"""Which copy of the store is the one that sends.

The store and the data directory bear the same mark. A restored backup takes its mark off, so that
a copy started beside the original sends nothing until somebody says that it shall.
"""

import os
import secrets
from datetime import datetime
from pathlib import Path

from sqlmodel import Session

from core.access.service import verb
from core.access.terms import Actor, Permission
from core.audit import service as audit
from core.organisation import queries
from core.organisation.models import Organisation
from core.settings import settings

UNCONFIRMED = ""


def may_send(session: Session) -> bool:
    """Return whether this is the copy that sends; True before there is an organisation.

    A data directory without a mark is that of a new worker and takes over the store's.
    """
    found = session.get(Organisation, queries.ORGANISATION_ID)
    if found is None:
        return True
    if found.instance_id == UNCONFIRMED:
        return False
    if not _file().exists():
        _write(found.instance_id)
    return _file().read_text(encoding="ascii").strip() == found.instance_id


@verb(Permission.SETTINGS_EDIT, audit="instance.confirmed")
def confirm(session: Session, actor: Actor, *, now: datetime) -> None:
    """Make this the copy that sends. Whoever says so has switched the other one off."""
    found = queries.organisation(session)
    found.instance_id = secrets.token_hex(16)
    found.version += 1
    session.add(found)
    session.flush()
    _write(found.instance_id)
    audit.record(session, actor, "instance.confirmed", now=now, subject=found)


def take_mark_off() -> None:
    """Have this data directory belong to no copy: what is restored into it does not send."""
    _write(secrets.token_hex(16))


def _file() -> Path:
    return settings().data_dir / "instance"


def _write(mark: str) -> None:
    path = _file()
    path.parent.mkdir(parents=True, exist_ok=True)
    unborn = path.with_suffix(f".{os.getpid()}")
    unborn.write_text(f"{mark}\n", encoding="ascii")
    unborn.replace(path)
