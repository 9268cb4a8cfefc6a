"""Long work as people see it: how far, how long still, what was refused; it can be left."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

import streamlit as st

from components import takeout
from components.html import note
from components.i18n import duration, has, number, plain, t
from core import clock
from core.jobs.terms import JobState

_ENDED = (JobState.DONE, JobState.FAILED, JobState.ABANDONED)
_TELLS_AFTER = 0.02


class Work(Protocol):
    """What is read of a job."""

    state: JobState
    done_count: int
    total_count: int
    refused_count: int
    started_at: datetime | None
    error_code: str


@dataclass(frozen=True, kw_only=True)
class Refused:
    """The rows that were not taken, as a file, made only when somebody asks."""

    file_name: str
    make: Callable[[], bytes]


def watch(key: str, load: Callable[[], Work], *, refused: Refused | None = None) -> JobState:
    """Draw the work until it has ended; return its state in this run.

    While it runs a fragment looks every second and stops by itself: when the work ends, the
    page is drawn once more and this draws the result. `load` must check whose job it is.
    """
    work = load()
    if work.state in _ENDED:
        _result(key, work, refused)
    else:
        _running(load)
    return work.state


@st.fragment(run_every=1.0)
def _running(load: Callable[[], Work]) -> None:
    work = load()
    if work.state in _ENDED:
        st.rerun()
    share = min(1.0, work.done_count / work.total_count) if work.total_count else 0.0
    st.progress(share, plain(_said(work, share)))
    st.caption(t("frame.progress.leave"))


def _said(work: Work, share: float) -> str:
    if not work.total_count:
        return t("frame.progress.waiting")
    counts = {"done": work.done_count, "total": work.total_count}
    left = _left(work, share)
    if left is None:
        return t("frame.progress.counted", **counts)
    return t("frame.progress.left", left=duration(left), **counts)


def _left(work: Work, share: float) -> timedelta | None:
    if work.started_at is None or share < _TELLS_AFTER:
        return None
    spent = (clock.now() - work.started_at).total_seconds()
    return timedelta(seconds=max(1, round(spent * (1 - share) / share)))


def _result(key: str, work: Work, refused: Refused | None) -> None:
    if work.state is JobState.DONE:
        taken = work.done_count - work.refused_count
        note(t("frame.progress.done", count=max(0, taken)), tone="good")
    else:
        known = work.error_code if has(work.error_code) else "frame.progress.broken"
        note(t("frame.progress.failed"), t(known), tone="danger", more=t("frame.progress.safe"))
    if work.refused_count:
        note(t("frame.progress.refused", count=work.refused_count), tone="warning")
        if refused is not None:
            takeout.button(
                f"{key}.refused",
                t("frame.progress.download", number=number(work.refused_count)),
                refused.make,
                file_name=refused.file_name,
            )
