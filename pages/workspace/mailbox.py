"""The capture mailbox: what would have left while nothing leaves."""

import streamlit as st

from components import actions, empty, page, tables
from components.html import safe, show, tag
from components.i18n import ago, moment, t
from components.tables import Cell, Column, Row
from core.notices import captured, mailbox

KEY = "mailbox"


def _list() -> int | None:
    """Draw the letters, newest first; return the one that was opened."""
    search = tables.search(f"{KEY}.q", t("mailbox.search"))
    found = actions.ask(mailbox.list_captured, search=search, page=tables.number(KEY))
    sheet = tables.sheet(KEY, found.total)
    if not found.total:
        if not search:
            empty.show("mailbox", key=KEY)
        elif empty.nothing_found(KEY):
            st.session_state.pop(f"{KEY}.q", None)
            st.rerun()
        return None
    columns = [Column(name, t(f"mailbox.column.{name}")) for name in ("to", "subject", "at")]
    rows = [
        Row(
            id=str(mail.id),
            cells={
                "to": mail.recipient,
                "subject": mail.subject,
                "at": Cell(ago(mail.received_at), hover=moment(mail.received_at)),
            },
        )
        for mail in found.lines
    ]
    pressed = tables.show(f"{KEY}.table", columns, rows, label=t("mailbox.title"), opens=True)
    tables.foot(sheet)
    return int(pressed.opened) if pressed.opened else None


def _letter(mail_id: int) -> None:
    line = actions.ask(mailbox.captured_line, mail_id=mail_id)
    said = actions.ask(captured.read_captured, mail_id=mail_id)
    show(tag("h3", safe(said.subject), class_="ch-heading"))
    if line is not None:
        way = t("mailbox.from_to", sender=line.sender, recipient=line.recipient)
        show(tag("p", safe(way), class_="ch-purpose"))
    written, plain = st.tabs([t("mailbox.as_seen"), t("mailbox.as_text")])
    with written:
        st.iframe(f"/preview/captured/{mail_id}", height=520)
    with plain:
        show(tag("pre", safe(said.text), class_="ch-mail", dir="auto"))


page.header(KEY)
opened = _list()
if opened:
    st.dialog(t("mailbox.letter"), width="medium")(_letter)(opened)
