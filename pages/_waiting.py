"""The lists of Home: alerts that are open, tasks to do, mails held back or in doubt."""

from collections.abc import Sequence

import streamlit as st

from components import actions, direction, explain, page, tables
from components.html import badge, safe, show, tag
from components.i18n import ago, moment, t
from components.tables import Cell, Column, Row
from core.activities.service import complete_task
from core.activities.terms import TaskLine
from core.alerts.terms import EpisodePage
from core.messages.service import MessageLine, MessagePage
from core.messages.terms import MessageStatus, Reason
from pages.registry import HERE

FEW = 5


def _more(script: str, code: str, total: int) -> None:
    """Draw the way to the whole list, where its page is there."""
    if total and (HERE / script).is_file():
        st.page_link(script, label=t(code, count=total), icon=direction.onward())


def alert_list(found: EpisodePage) -> None:
    page.section("home.alerts")
    lines = (
        tag(
            "li",
            tag("b", safe(line.name)),
            tag("span", safe(t("home.alert.left", count=line.on_hand, level=line.level))),
            tag("time", safe(ago(line.opened_at)), title=moment(line.opened_at)),
        )
        for line in found.lines
    )
    show(tag("ul", *lines, class_="ch-rows"))
    _more("operations/episodes.py", "home.alerts.all", found.count)


def task_list(found: Sequence[TaskLine]) -> None:
    page.section("home.tasks")
    done = tables.Action(key="done", label=t("home.task.done"))
    columns = [
        Column(key="title", label=t("home.task.title")),
        Column(key="about", label=t("home.task.about")),
        Column(key="due", label=t("home.task.due")),
    ]
    rows = [
        Row(
            id=str(task.id),
            cells={"title": task.title, "about": task.contact_name, "due": _due(task)},
            actions=(done,),
        )
        for task in found
    ]
    pressed = tables.show("home.tasks", columns, rows, label=t("home.tasks"))
    if pressed.acted and actions.perform(
        complete_task, task_id=int(pressed.acted), toast="home.task.completed"
    ):
        st.rerun()


def _due(task: TaskLine) -> Cell:
    return Cell(
        text=ago(task.due_at),
        hover=moment(task.due_at),
        tone="warning" if task.is_overdue else None,
    )


def mail_list(code: str, found: MessagePage) -> None:
    page.section(code)
    show(tag("ul", *(_mail(line) for line in found.lines[:FEW]), class_="ch-rows"))
    _more("workspace/messages.py", "home.mails.all", found.total)


def _mail(line: MessageLine) -> str:
    message = line.message
    if message.status is MessageStatus.QUEUED and message.reason is not None:
        why = badge(explain.short(message.reason), "notice")
        when = tag("span", safe(t("home.mail.until", due=moment(message.due_at))))
    else:
        why = badge(explain.short(Reason.IN_DOUBT), "warning")
        when = tag("time", safe(ago(message.updated_at)), title=moment(message.updated_at))
    person = tag("b", safe(line.person or t("common.unknown")))
    return tag("li", person, tag("span", safe(message.subject_text)), why, when)


def quiet() -> None:
    """Say that nothing waits."""
    picture = tag("i", aria_hidden="true")
    title, body = tag("h3", safe(t("home.quiet.title"))), tag("p", safe(t("home.quiet.body")))
    show(tag("div", picture, title, body, class_="ch-empty"))
