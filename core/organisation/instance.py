"""Which copy of the store is the one that sends.

The store and the data directory bear the same mark, and the directory's says where it was made. A
restored backup takes its mark off, and a directory copied by hand says another place than its own:
either sends nothing until somebody says that it shall, so that no copy started beside the original
repeats its mail.
"""

import os
import secrets
from datetime import datetime
from pathlib import Path

from sqlmodel import Session

from core import signing
from core.access.service import verb
from core.access.terms import Actor, Permission
from core.audit import service as audit
from core.db import is_sqlite
from core.organisation import queries
from core.organisation.models import Organisation
from core.settings import settings

UNCONFIRMED = ""
COPY = "copy"
"""The mark of a data directory of which somebody said that it belongs to a copy."""
MACHINE_ID = Path("/etc/machine-id")


def may_send(session: Session) -> bool:
    """Return whether this is the copy that sends; True before there is an organisation.

    A data directory without a mark is that of a new worker of a PostgreSQL store and takes over
    the store's. A store in a file was marked when it was made: without its mark it is a copy.
    """
    found = session.get(Organisation, queries.ORGANISATION_ID)
    if found is None:
        return True
    if found.instance_id == UNCONFIRMED:
        return False
    if not _file().exists():
        if is_sqlite(session):
            return False
        claim(found)
    return _file().read_text(encoding="ascii").split() == [found.instance_id, _place()]


def claim(organisation: Organisation) -> None:
    """Have this data directory, at this place, bear the mark of the store."""
    _write(organisation.instance_id)


@verb(Permission.SETTINGS_EDIT, audit="instance.confirmed")
def confirm(session: Session, actor: Actor, *, now: datetime) -> None:
    """Make this the copy that sends. Whoever says so has switched the other one off."""
    found = queries.organisation(session)
    found.instance_id = secrets.token_hex(16)
    found.version += 1
    session.add(found)
    session.flush()
    claim(found)
    audit.record(session, actor, "instance.confirmed", now=now, subject=found)


def take_mark_off() -> None:
    """Have this data directory belong to no copy: what is restored into it does not send."""
    _write(secrets.token_hex(16))


def mark_as_copy() -> None:
    """Have this data directory, at this place, say that it belongs to a copy."""
    _write(COPY)


def is_marked_as_copy() -> bool:
    """Return whether somebody said of this data directory that it belongs to a copy."""
    return _file().exists() and _file().read_text(encoding="ascii").split() == [COPY, _place()]


def _place() -> str:
    """Name this machine and this directory; a container without a machine's id has its path."""
    try:
        machine = MACHINE_ID.read_text(encoding="ascii").strip()
    except (OSError, ValueError):
        machine = ""
    return signing.digest(f"{machine}:{settings().data_dir.resolve()}")[:32]


def _file() -> Path:
    return settings().data_dir / "instance"


def _write(mark: str) -> None:
    path = _file()
    path.parent.mkdir(parents=True, exist_ok=True)
    unborn = path.with_suffix(f".{os.getpid()}")
    unborn.write_text(f"{mark}\n{_place()}\n", encoding="ascii")
    unborn.replace(path)
