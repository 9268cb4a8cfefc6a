"""What each kind of export holds: one row a thing, read page by page."""

from collections.abc import Callable, Iterator, Mapping
from enum import StrEnum
from itertools import count

from core import clock
from core.audience import exports as people_exports
from core.audit import reading as audit
from core.cli.speech import COMMAND_LINE
from core.db import reading, transaction
from core.messages import service as messages
from core.operations import service as operations
from core.people import service as people

Row = tuple[object, ...]
PAGE = 500


class ExportKind(StrEnum):
    """What can be written to a file."""

    STOCK = "stock"
    EMPLOYEES = "employees"
    MESSAGES = "messages"
    AUDIT = "audit"
    CONTACTS = "contacts"


COLUMNS: Mapping[ExportKind, Row] = {
    ExportKind.STOCK: ("code", "name", "category", "unit", "on_hand", "reorder_point", "state"),
    ExportKind.EMPLOYEES: (
        "code", "first_name", "last_name", "email", "private_email", "language", "job_title",
        "start_date", "end_date",
    ),
    ExportKind.MESSAGES: (
        "id", "status", "reason", "class", "person", "subject", "due_at", "sent_at", "attempts",
    ),
    ExportKind.AUDIT: (
        "id", "at", "actor_kind", "actor", "action", "object_type", "object_id", "object_name",
        "before", "after", "reason", "ip",
    ),
    ExportKind.CONTACTS: people_exports.STANDARD,
}  # fmt: skip
"""Names of columns are those that imports and the API know, in every language."""


def heads(kind: ExportKind) -> Row:
    """Return the heads of the file; those of people end with the custom fields in use."""
    if kind is not ExportKind.CONTACTS:
        return COLUMNS[kind]
    with transaction() as session:
        return tuple(people_exports.begin_export(session, COMMAND_LINE, now=clock.now()))


def stock() -> Iterator[Row]:
    """Yield every item in use."""
    offset, is_over = 0, False
    while not is_over:
        with reading() as session:
            page = operations.list_items(session, COMMAND_LINE, offset=offset, limit=PAGE)
        for item in page.lines:
            yield (item.code, item.name, item.category, item.unit, item.on_hand,
                   item.reorder_point, item.state.value)  # fmt: skip
        offset += len(page.lines)
        is_over = not page.lines or offset >= page.count


def employees() -> Iterator[Row]:
    """Yield every employee."""
    for number in count(1):
        with reading() as session:
            lines = people.list_employees(session, COMMAND_LINE, page=number)
        if not lines:
            return
        for line in lines:
            yield (line.code, line.first_name, line.last_name, line.work_email,
                   line.private_email, line.language, line.job_title, line.start_date,
                   line.end_date)  # fmt: skip


def mail() -> Iterator[Row]:
    """Yield every message, newest first."""
    for number in count(1):
        with reading() as session:
            lines = messages.list_messages(session, COMMAND_LINE, page=number).lines
        if not lines:
            return
        for line in lines:
            one = line.message
            yield (one.public_id, one.status.value, one.reason and one.reason.value,
                   one.klass.value, line.person, one.subject_text, one.due_at.isoformat(),
                   one.sent_at and one.sent_at.isoformat(), one.attempt_count)  # fmt: skip


def log() -> Iterator[Row]:
    """Yield every row of the audit log, newest first; the log tells that it was read."""
    with transaction() as session:
        lines = audit.export(session, COMMAND_LINE, now=clock.now())
    for line in lines:
        yield (line.id, line.at.isoformat(), line.actor_kind, line.actor_name, line.action,
               line.object_type, line.object_id, line.object_name, line.before, line.after,
               line.reason, line.ip)  # fmt: skip


def contacts() -> Iterator[Row]:
    """Yield everybody outside the organisation."""
    after_id, is_over = 0, False
    while not is_over:
        with reading() as session:
            rows, after_id = people_exports.export_page(session, COMMAND_LINE, after_id=after_id)
        yield from map(tuple, rows)
        is_over = not after_id


EXPORTS: Mapping[ExportKind, Callable[[], Iterator[Row]]] = {
    ExportKind.STOCK: stock,
    ExportKind.EMPLOYEES: employees,
    ExportKind.MESSAGES: mail,
    ExportKind.AUDIT: log,
    ExportKind.CONTACTS: contacts,
}
