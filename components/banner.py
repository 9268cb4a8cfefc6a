"""What stands over every page: nothing leaves yet; a mail that can still be called back."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

import streamlit as st

from components import actions, auth
from components.i18n import plain, t
from core import clock
from core.access.terms import Permission
from core.db import reading
from core.messages import service as messages
from core.messages.queueing import newest_manual
from core.messages.terms import MessageStatus
from core.organisation.terms import MailMode

if TYPE_CHECKING:
    from streamlit.navigation.page import StreamlitPage

MAILBOX = "workspace/mailbox.py"
GO_LIVE = "admin/senders.py"


@dataclass(frozen=True, kw_only=True)
class Recallable:
    """A mail that leaves at `until` unless it is called back."""

    id: str
    title: str
    until: datetime


def capture(who: auth.Who, links: Callable[[str], "StreamlitPage | None"]) -> None:
    """Say on every page that nothing leaves, while the capture mailbox is in use.

    `links` returns the page of a script, or None where there is none for this person.
    """
    house = who.organisation
    if house is None or house.mail_mode is not MailMode.CAPTURE:
        return
    with st.container(key="frame_banner", horizontal=True, vertical_alignment="center"):
        st.markdown(":material/inbox: " + plain(t("frame.capture.text")), width="content")
        mailbox, senders = links(MAILBOX), links(GO_LIVE)
        if mailbox is not None:
            st.page_link(mailbox, label=t("frame.capture.open"))
        if senders is not None and auth.may(who, Permission.SENDER_EDIT):
            st.page_link(senders, label=t("frame.capture.go_live"))


def recall() -> None:
    """Count down to the moment my last mail leaves, with its Undo; nothing while none waits."""
    if waiting():
        _countdown()


def waiting() -> Recallable | None:
    """Return the mail I sent by hand that can still be called back."""
    who = auth.seen()
    if who is None or who.user is None:
        return None
    with reading() as session:
        found = newest_manual(session, user_id=who.user.id, now=clock.now())
    if found is None or found.recall_until is None or found.status is not MessageStatus.QUEUED:
        return None
    title = found.subject_text or t("frame.recall.untitled")
    return Recallable(id=found.public_id, title=title, until=found.recall_until)


@st.fragment(run_every=1.0)
def _countdown() -> None:
    mail = waiting()
    if mail is None:
        st.rerun()
    seconds = max(1, round((mail.until - clock.now()).total_seconds()))
    with st.container(key="recall_bar", horizontal=True, vertical_alignment="center"):
        text = t("frame.recall.text", title=mail.title, count=seconds)
        st.markdown(":material/schedule_send: " + plain(text), width="stretch")
        st.button(
            t("common.undo"),
            key="frame.recall",
            icon=":material/undo:",
            on_click=actions.perform,
            args=(messages.recall,),
            kwargs={"public_id": mail.id, "toast": "frame.recall.done"},
        )
