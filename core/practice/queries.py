"""Statements that mark the rows of the practice company, find what grew out of them, and clear.

Rows are marked by their numbers: whatever a table holds beyond its highest number before loading
was made by it. No other transaction writes meanwhile: on SQLite there is one writer, on PostgreSQL
the tables are locked for the second that loading takes.
"""

from collections.abc import Iterator

from sqlalchemy import (
    ColumnElement,
    FromClause,
    Table,
    and_,
    delete,
    exists,
    func,
    insert,
    literal,
    not_,
    or_,
    select,
    text,
)
from sqlmodel import Session, SQLModel, col

from core.accounts.models import User
from core.alerts.models import AlertNotice, Episode, EpisodeNotice
from core.contacts.models import Address, ContactIdentity
from core.db import is_sqlite
from core.delivery.models import CapturedMail
from core.events.models import Event
from core.messages.models import Message
from core.messages.terms import MessageStatus
from core.people.models import OnboardingStep
from core.practice.models import PracticeRow
from core.templates.models import Template, TemplateVersion

KEPT = frozenset({"audit_entry", "audit_seal", "audit_key", PracticeRow.__tablename__})
"""What happened stays in the log, whoever it happened to; so do the keys it is read with."""
OWNED = frozenset({("message", "contact_id"), ("employee", "contact_id")})
"""References that make a row part of the practice company though they do not delete it."""
SUBJECTS = frozenset({"stock_item", "employee", "user", "alert_notice"})
UNDERWAY = (MessageStatus.LEASED, MessageStatus.SENDING)


def lock(session: Session) -> None:
    """Let nobody else write until this transaction ends."""
    if not is_sqlite(session):
        names = ", ".join(f'"{table.name}"' for table in tables())
        session.execute(text(f"LOCK TABLE {names} IN SHARE ROW EXCLUSIVE MODE"))


def tables() -> list[Table]:
    """Return every table whose rows may be made up, those referred to first."""
    return [
        table
        for table in SQLModel.metadata.sorted_tables
        if table.name not in KEPT and "id" in table.columns
    ]


def highest(session: Session) -> dict[str, int]:
    """Return the highest number of each table."""
    return {
        table.name: session.execute(select(func.coalesce(func.max(table.c.id), 0))).scalar_one()
        for table in tables()
    }


def mark_since(session: Session, before: dict[str, int]) -> None:
    """Mark every row that came after these highest numbers."""
    for table in tables():
        _mark(session, table, table.c.id > before[table.name])


def is_loaded(session: Session) -> bool:
    """Return whether there is a made-up row."""
    return session.execute(select(literal(1)).select_from(_marks()).limit(1)).first() is not None


def marked_count(session: Session) -> int:
    """Return how many rows are made up."""
    return session.execute(select(func.count()).select_from(_marks())).scalar_one()


def adopt(session: Session) -> None:
    """Mark also what grew out of marked rows since: mails, notices, episodes, captured letters."""
    count = -1
    while count != (count := marked_count(session)):
        for table in tables():
            for condition in _grown(table):
                _mark(session, table, condition)


def spare(session: Session) -> None:
    """Take the mark from templates that something real uses by now."""
    used = exists().where(
        col(Message.template_version_id) == col(TemplateVersion.id),
        not_(_is_marked(_table(Message), col(Message.id))),
    )
    steps = exists().where(
        col(OnboardingStep.template_id) == col(Template.id),
        not_(_is_marked(_table(OnboardingStep), col(OnboardingStep.id))),
    )
    versions = select(col(TemplateVersion.template_id)).where(used)
    kept = select(col(Template.id)).where(or_(steps, col(Template.id).in_(versions)))
    inside = select(col(TemplateVersion.id)).where(col(TemplateVersion.template_id).in_(kept))
    _unmark(session, _table(TemplateVersion), inside)
    _unmark(session, _table(Template), kept)


def has_underway(session: Session) -> bool:
    """Return whether a worker is about to hand over a made-up message; the rest is held for us."""
    mine = _is_marked(_table(Message), col(Message.id))
    found = session.execute(select(col(Message.status)).where(mine).with_for_update()).scalars()
    return any(status in UNDERWAY for status in found)


def remove(session: Session) -> None:
    """Delete every marked row, and the marks."""
    for table in reversed(tables()):
        session.execute(delete(table).where(table.c.id.in_(_ids(table.name))))
    session.execute(delete(PracticeRow))
    session.expire_all()


def _grown(table: Table) -> Iterator[ColumnElement[bool]]:
    """Yield what makes a row of this table part of the practice company."""
    for key in table.foreign_keys:
        owns = key.ondelete == "CASCADE" or (table.name, key.parent.name) in OWNED
        if owns and key.column.table.name not in KEPT:
            yield key.parent.in_(_ids(key.column.table.name))
    yield from _LOOSE.get(table.name, [])


def _about(row: type[Event] | type[Message]) -> ColumnElement[bool]:
    """An event or message about a marked row; there is no foreign key to tell."""
    return or_(
        *(
            and_(col(row.subject_type) == name, col(row.subject_id).in_(_ids(name)))
            for name in sorted(SUBJECTS)
        )
    )


def _only_marked(inner: ColumnElement[bool], child: Table, row_id: object) -> ColumnElement[bool]:
    """There is such a child, and none that is not marked."""
    found = exists().where(inner).select_from(child)
    other = exists().where(inner, not_(_is_marked(child, row_id))).select_from(child)
    return and_(found, not_(other))


def _letters() -> ColumnElement[bool]:
    mine = select(col(Message.message_id_header)).where(
        _is_marked(_table(Message), col(Message.id)), col(Message.message_id_header) != ""
    )
    bracketed = select("<" + mine.subquery().c[0] + ">")
    people = select(col(Address.normalised)).where(_is_marked(_table(Address), col(Address.id)))
    return or_(
        col(CapturedMail.message_id).in_(mine),
        col(CapturedMail.message_id).in_(bracketed),
        func.lower(col(CapturedMail.recipient)).in_(people),
    )


def _notices() -> ColumnElement[bool]:
    """A notice that tells of made-up episodes only."""
    links, of_episode = _table(EpisodeNotice), col(EpisodeNotice.episode_id)
    mine = col(EpisodeNotice.notice_id) == col(AlertNotice.id)
    told = _is_marked(_table(Episode), of_episode)
    found = exists().where(mine, told).select_from(links)
    return and_(found, not_(exists().where(mine, not_(told)).select_from(links)))


def _digests() -> ColumnElement[bool]:
    inside = _table(Message).alias("inside")
    mine = inside.c.digest_id == col(Message.id)
    marked = inside.c.id.in_(_ids("message"))
    found = exists().where(mine).select_from(inside)
    return and_(found, not_(exists().where(mine, not_(marked)).select_from(inside)))


def _addresses() -> ColumnElement[bool]:
    identities = _table(ContactIdentity)
    mine = col(ContactIdentity.address_id) == col(Address.id)
    return _only_marked(mine, identities, col(ContactIdentity.id))


def _table(row: type[SQLModel]) -> Table:
    found: Table = SQLModel.metadata.tables[str(row.__tablename__)]
    return found


def _marks() -> FromClause:
    return _table(PracticeRow)


def _ids(name: str) -> object:
    return select(col(PracticeRow.row_id)).where(col(PracticeRow.table_name) == name)


def _is_marked(table: Table, row_id: object) -> ColumnElement[bool]:
    return col(row_id).in_(_ids(table.name))  # type: ignore[arg-type]


def _mark(session: Session, table: Table, condition: ColumnElement[bool]) -> None:
    fresh = select(literal(table.name), table.c.id).where(
        condition, table.c.id.not_in(_ids(table.name))
    )
    session.execute(insert(_marks()).from_select(["table_name", "row_id"], fresh))


def _unmark(session: Session, table: Table, ids: object) -> None:
    session.execute(
        delete(PracticeRow).where(
            col(PracticeRow.table_name) == table.name,
            col(PracticeRow.row_id).in_(ids),  # type: ignore[arg-type]
        )
    )


_LOOSE: dict[str, list[ColumnElement[bool]]] = {
    "user": [col(User.contact_id).in_(_ids("contact"))],
    "event": [_about(Event)],
    "message": [_about(Message), _digests()],
    "alert_notice": [_notices()],
    "address": [_addresses()],
    "captured_mail": [_letters()],
}
