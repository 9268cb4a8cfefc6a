"""Home: what needs me today, what is running, and the first steps until they are done."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

import streamlit as st

from components import actions, auth, page, progress, tiles
from components.i18n import plain, t
from components.tiles import Tile
from core import clock
from core.access.terms import Permission
from core.activities.service import tasks_due
from core.activities.terms import TaskLine
from core.alerts.history import list_episodes
from core.alerts.terms import EpisodeFilter, EpisodePage, EpisodeState
from core.jobs.models import Job
from core.jobs.service import job, jobs
from core.jobs.terms import JobState
from core.messages.service import MessageFilter, MessagePage, list_messages
from core.messages.terms import MessageStatus, Reason
from core.organisation.terms import SetupStep
from pages import _waiting, first_steps
from pages.registry import HERE

FEW = 5
OFFERED = "home.setup_offered"
AHEAD = timedelta(days=1)
WAITING = tuple(
    Reason(name)
    for name in ("capped", "quiet_hours", "holiday", "open_ticket_hold", "not_approved", "paused",
                 "smtp_temp", "rate_limited")
)  # fmt: skip
RUNNING = (JobState.QUEUED, JobState.RUNNING)


@dataclass(frozen=True, kw_only=True)
class Found:
    """What waits for this person. None: not for this person to see."""

    tasks: Sequence[TaskLine]
    running: Sequence[Job]
    alerts: EpisodePage | None
    held: MessagePage | None
    doubt: MessagePage | None

    @property
    def is_quiet(self) -> bool:
        """Whether nothing at all waits."""
        alerts = self.alerts.count if self.alerts else 0
        mails = sum(page.total for page in (self.held, self.doubt) if page)
        return not (alerts or mails or self.tasks or self.running)


def _find(who: auth.Who) -> Found:
    sees_mail = auth.may(who, Permission.MESSAGE_VIEW)
    return Found(
        tasks=actions.ask(tasks_due, until=clock.now() + AHEAD),
        running=[one for one in actions.ask(jobs) if one.state in RUNNING],
        alerts=_alerts() if auth.may(who, Permission.ALERT_VIEW) else None,
        held=_mails(MessageStatus.QUEUED, WAITING) if sees_mail else None,
        doubt=_mails(MessageStatus.IN_DOUBT) if sees_mail else None,
    )


def _tiles(found: Found) -> None:
    shown = [
        Tile(label=t("home.tile.alerts"), value=found.alerts.count) if found.alerts else None,
        Tile(label=t("home.tile.tasks"), value=len(found.tasks)),
        Tile(label=t("home.tile.held"), value=found.held.total) if found.held else None,
        Tile(label=t("home.tile.doubt"), value=found.doubt.total) if found.doubt else None,
        Tile(label=t("home.tile.jobs"), value=len(found.running)),
    ]
    tiles.show([tile for tile in shown if tile is not None])


def _alerts() -> EpisodePage:
    return actions.ask(
        list_episodes, wanted=EpisodeFilter(state=EpisodeState.OPEN), offset=0, limit=FEW
    )


def _mails(status: MessageStatus, reasons: tuple[Reason, ...] = ()) -> MessagePage:
    return actions.ask(list_messages, where=MessageFilter(statuses=(status,), reasons=reasons))


def _running(found: Sequence[Job]) -> None:
    page.section("home.jobs")
    for one in found:
        st.markdown(f"**{plain(t(f'home.job.{one.kind}'))}** {plain(one.file_name)}")
        progress.watch(f"home.job.{one.id}", partial(actions.ask, job, job_id=one.id))


def _first_steps(who: auth.Who) -> None:
    steps = first_steps.of(who)
    done = sum(is_done for _, is_done in steps)
    if done == len(steps):
        return
    with st.container(border=True, key="home_steps", gap="xsmall"):
        page.section("home.steps")
        st.progress(done / len(steps), plain(t("home.steps.done", done=done, total=len(steps))))
        for step, is_done in steps:
            _step(step, is_done=is_done)


def _step(step: first_steps.Step, *, is_done: bool) -> None:
    text = t(f"home.step.{step.name}")
    if is_done:
        st.markdown(f":gray[:material/check_circle: {plain(text)}]")
    elif (HERE / step.page).is_file():
        st.page_link(step.page, label=plain(text), icon=":material/radio_button_unchecked:")
    else:
        st.markdown(f":material/radio_button_unchecked: {plain(text)}")


def _resume_setup(who: auth.Who) -> None:
    """Lead whoever may go on with set-up there, once a visit, while it is half done."""
    half_done = {SetupStep.SENDER, SetupStep.PRACTICE}
    is_open = who.organisation is not None and who.organisation.setup_step in half_done
    if is_open and auth.may(who, Permission.SETTINGS_EDIT) and OFFERED not in st.session_state:
        st.session_state[OFFERED] = True
        st.switch_page("admin/setup.py")


who = auth.required()
_resume_setup(who)
found = _find(who)
page.header("home", name=who.actor.name)
_tiles(found)
_first_steps(who)
if found.is_quiet:
    _waiting.quiet()
if found.alerts and found.alerts.count:
    _waiting.alert_list(found.alerts)
if found.tasks:
    _waiting.task_list(found.tasks)
if found.doubt and found.doubt.total:
    _waiting.mail_list("home.doubt", found.doubt)
if found.held and found.held.total:
    _waiting.mail_list("home.held", found.held)
if found.running:
    _running(found.running)
