"""What makes a row part of the practice company though it was made after loading: conditions."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import ColumnElement, Select, Table, and_, exists, func, not_, or_, select
from sqlmodel import SQLModel

from core.practice.models import PracticeRow

MARKS: Table = SQLModel.metadata.tables[str(PracticeRow.__tablename__)]
KEPT = frozenset({"audit_entry", "audit_seal", "audit_key", MARKS.name})
"""What happened stays in the log, whoever it happened to; so do the keys it is read with."""
OWNED = frozenset({("message", "contact_id"), ("employee", "contact_id")})
"""References that own though they do not delete."""
SUBJECTS = ("alert_notice", "employee", "stock_item", "user")


def table(name: str) -> Table:
    """Return the table of this name."""
    return SQLModel.metadata.tables[name]


def marked(name: str) -> Select[Any]:
    """Return the numbers of the marked rows of a table."""
    return select(MARKS.c.row_id).where(MARKS.c.table_name == name)


def grown(rows: Table) -> Iterator[ColumnElement[bool]]:
    """Yield what makes a row of this table part of the practice company.

    First what the store itself would delete together with a marked row, then what only we know.
    """
    for key in rows.foreign_keys:
        target = key.column.table.name
        is_own = key.ondelete == "CASCADE" or (rows.name, key.parent.name) in OWNED
        if is_own and target not in KEPT:
            yield key.parent.in_(marked(target))
    yield from _known(rows)


def _known(rows: Table) -> Iterator[ColumnElement[bool]]:
    match rows.name:
        case "user":
            yield rows.c.contact_id.in_(marked("contact"))
        case "event":
            yield _about(rows)
        case "message":
            yield _about(rows)
            yield _only_marked(rows, table("message").alias(), "digest_id")
        case "alert_notice":
            yield _only_marked(rows, table("episode_notice"), "notice_id", by="episode")
        case "address":
            yield _only_marked(rows, table("contact_identity"), "address_id")
        case "captured_mail":
            yield _carries_message(rows)


def spared() -> Iterator[tuple[str, Select[Any]]]:
    """Yield the marked templates that a real message or step uses, versions before templates."""
    message, step = table("message"), table("onboarding_step")
    version, template = table("template_version"), table("template")
    sent = select(message.c.template_version_id).where(message.c.id.not_in(marked("message")))
    planned = select(step.c.template_id).where(step.c.id.not_in(marked("onboarding_step")))
    of_sent = select(version.c.template_id).where(version.c.id.in_(sent))
    in_use = or_(template.c.id.in_(planned), template.c.id.in_(of_sent))
    kept = select(template.c.id).where(in_use)
    yield "template_version", select(version.c.id).where(version.c.template_id.in_(kept))
    yield "template", kept


def _about(rows: Table) -> ColumnElement[bool]:
    """An event or message about a marked row; there is no foreign key to tell."""
    return or_(
        *(and_(rows.c.subject_type == one, rows.c.subject_id.in_(marked(one))) for one in SUBJECTS)
    )


def _only_marked(rows: Table, child: Any, column: str, *, by: str = "") -> ColumnElement[bool]:
    """There are children of the row, and all of them are marked (or what they link to, `by`)."""
    mine = child.c[column] == rows.c.id
    link = child.c[f"{by}_id"] if by else child.c.id
    is_marked = link.in_(marked(by or getattr(child, "element", child).name))
    any_child = exists().where(mine).select_from(child)
    return and_(any_child, not_(exists().where(mine, not_(is_marked)).select_from(child)))


def _carries_message(rows: Table) -> ColumnElement[bool]:
    """A letter in the capture mailbox whose Message-ID, with brackets or without, is of ours."""
    message, address = table("message"), table("address")
    own = and_(message.c.id.in_(marked("message")), message.c.message_id_header != "")
    header = message.c.message_id_header
    people = select(address.c.normalised).where(address.c.id.in_(marked("address")))
    return or_(
        rows.c.message_id.in_(select(header).where(own)),
        rows.c.message_id.in_(select("<" + header + ">").where(own)),
        func.lower(rows.c.recipient).in_(people),
    )
