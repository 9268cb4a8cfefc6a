"""What the doctor looks at. Each check returns its findings and breaks nothing."""

import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from importlib import import_module
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sqlalchemy import func
from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import Session, col, select

from core import clock
from core.audit.models import AuditEntry
from core.cli import processes
from core.db import is_sqlite, reading
from core.delivery import smtp
from core.delivery.models import Transport
from core.delivery.terms import Level
from core.i18n.terms import Language
from core.messages.letters import route_from_row, route_from_url
from core.messages.models import Message
from core.messages.terms import MessageStatus
from core.migrations import service as migrations
from core.organisation import instance
from core.settings import settings

KEY_LENGTH = 32
LEAST_FREE = 1024**3
LATE = timedelta(minutes=5)
CLOCK_LEEWAY = timedelta(seconds=2)


@dataclass(frozen=True)
class Finding:
    """One result: how bad it is, and the code of a sentence with its parameters."""

    level: Level
    code: str
    params: Mapping[str, object] = field(default_factory=dict)


def good(code: str, **params: object) -> Finding:
    """Return a finding that all is well."""
    return Finding(Level.GOOD, code, params)


def warning(code: str, **params: object) -> Finding:
    """Return a finding to think about."""
    return Finding(Level.WARNING, code, params)


def danger(code: str, **params: object) -> Finding:
    """Return a finding to act upon."""
    return Finding(Level.DANGER, code, params)


def configuration() -> list[Finding]:
    """Look at the settings, the data directory and the secret key."""
    return [_address(), *_data_directory(), _key(), _language(), _zone()]


def _address() -> Finding:
    url = settings().site_url
    if settings().is_secure:
        return good("doctor.https", url=url)
    is_local = url.startswith(("http://localhost", "http://127.0.0.1"))
    return good("doctor.local_address", url=url) if is_local else warning("doctor.plain_http",
                                                                          url=url)  # fmt: skip


def _data_directory() -> list[Finding]:
    folder = settings().data_dir.resolve()
    try:
        probe = folder / ".doctor"
        probe.write_bytes(b"")
        probe.unlink()
    except OSError as error:
        return [danger("doctor.data_unwritable", file=str(folder), text=error.strerror or "")]
    free = shutil.disk_usage(folder).free
    gigabytes = round(free / 1024**3, 1)
    return [
        good("doctor.data_writable", file=str(folder)),
        good("doctor.disk", free=gigabytes) if free >= LEAST_FREE else danger("doctor.disk_full",
                                                                              free=gigabytes),
    ]  # fmt: skip


def _key() -> Finding:
    if settings().secret_key:
        is_long = len(settings().secret_key) >= KEY_LENGTH
        return good("doctor.key_set") if is_long else danger("doctor.key_short", least=KEY_LENGTH)
    settings().signing_keys()
    return _private(settings().data_dir / "secret.key", "doctor.key_file")


def _private(path: Path, code: str) -> Finding:
    if path.stat().st_mode & 0o077:
        return danger("doctor.file_open", file=str(path))
    return good(code, file=str(path))


def _language() -> Finding:
    wanted = settings().default_language
    known = [language.value for language in Language]
    if wanted in known:
        return good("doctor.language", language=wanted)
    return danger("doctor.language_unknown", language=wanted, known=known)


def _zone() -> Finding:
    """Iran keeps +03:30 all the year since 2022; an old table moves every mail by an hour."""
    name = settings().time_zone
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return danger("time_zone.unknown", zone=name)
    summer = datetime(2026, 7, 1, tzinfo=UTC).astimezone(ZoneInfo("Asia/Tehran"))
    if summer.utcoffset() != timedelta(hours=3, minutes=30):
        return danger("doctor.zones_old")
    return good("doctor.zone", zone=name)


def clock_and_store() -> list[Finding]:
    """Look at the store: does it answer, is it current, do the clocks agree, does it send."""
    url = settings().store_url
    kind = "SQLite" if url.startswith("sqlite") else "PostgreSQL"
    if kind == "SQLite" and not Path(url.removeprefix("sqlite:///")).exists():
        return [danger("doctor.no_store")]
    try:
        missing = migrations.pending(url)
        if missing:
            return [danger("migrations.pending", count=len(missing))]
        with reading() as session:
            return [good("doctor.store", kind=kind), _clock(session), *_sending(session)]
    except SQLAlchemyError as error:
        return [danger("doctor.store_silent", kind=type(error).__name__)]


def _clock(session: Session) -> Finding:
    """Compare with the clock of PostgreSQL, else with the newest moment anybody has noted."""
    now = clock.now()
    if is_sqlite(session):
        newest = session.exec(select(AuditEntry.at).order_by(col(AuditEntry.id).desc())).first()
        is_behind = newest is not None and newest - now > CLOCK_LEEWAY
        return danger("doctor.clock_behind") if is_behind else good("doctor.clock")
    there = session.execute(select(func.clock_timestamp())).scalar_one()
    apart = abs((there - now).total_seconds())
    if apart > CLOCK_LEEWAY.total_seconds():
        return danger("doctor.clocks_apart", seconds=round(apart))
    return good("doctor.clock")


def _sending(session: Session) -> list[Finding]:
    found = [good("doctor.sends") if instance.may_send(session) else warning("doctor.unconfirmed")]
    late = (col(Message.status) == MessageStatus.QUEUED, col(Message.due_at) < clock.now() - LATE)
    count = session.execute(select(func.count()).select_from(Message).where(*late)).scalar_one()
    if count:
        found.append(warning("doctor.late_messages", count=count))
    is_running = processes.is_running()
    found.append(good("doctor.running") if is_running else warning("doctor.not_running"))
    return found


def queue() -> list[Finding]:
    """Look at the queue: does it answer, and can only its owner write to it."""
    url = settings().wake_url
    opened = import_module("tasks.queue")
    try:
        waiting = opened.open_queue().storage.queue_size()
    except opened.FAILURES as error:
        return [danger("doctor.queue_silent", kind=type(error).__name__)]
    found = [good("doctor.queue", count=waiting)]
    if url.startswith("sqlite:///"):
        found.append(_private(Path(url.removeprefix("sqlite:///")), "doctor.queue_file"))
    return found


def mail_servers() -> list[Finding]:
    """Greet every mail server that is in use, up to the password; no mail is sent."""
    routes = []
    if not settings().smtp_url.startswith("capture:"):
        routes.append(route_from_url(settings().smtp_url))
    with reading() as session:
        rows = session.exec(select(Transport).where(col(Transport.is_active).is_(True))).all()
        routes += [route_from_row(row) for row in rows]
    if not routes:
        return [warning("doctor.only_capture")]
    found = []
    for route in routes:
        found.append(good("doctor.server", host=route.host))
        found += [Finding(one.level, one.code, one.params) for one in smtp.check(route)]
    return found
