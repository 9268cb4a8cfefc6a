"""What becomes of an import: how far it is, what came of it, after a trial the import itself."""

from collections.abc import Callable
from functools import partial

import streamlit as st

from components import actions, forms, page, progress
from components.html import note, safe, show, tag
from components.i18n import has, language, number, plain, t
from components.progress import Refused
from core.jobs import service
from core.jobs.models import Job
from core.jobs.terms import Draft, JobState, Plan


def watch(key: str, job: Job, *, start: Callable[[str, Draft, Plan], None]) -> None:
    """Draw the run until it has ended, then what came of it; after a trial, the way to `start`."""
    st.markdown(f"**{plain(job.file_name)}**")
    refused = Refused(file_name=f"{t('importing.refused')}.csv", make=partial(_refused, job.id))
    state = progress.watch(key, partial(actions.ask, service.job, job_id=job.id), refused=refused)
    if state in {JobState.DRAFT, JobState.QUEUED, JobState.RUNNING}:
        return
    lines = (
        tag(
            "li", tag("b", safe(number(int(str(value))))), tag("span", safe(t(f"job.count.{name}")))
        )
        for name, value in job.result.items()
        if value and isinstance(value, int)
    )
    following = st.session_state.get(f"{key}.next")
    with page.column():
        show(tag("ul", *lines, class_="ch-rows ch-counts"))
        if following:
            _reasons(job)
            note(t("importing.tried"), tone="notice")
    if following and state is JobState.DONE:
        label = t("importing.take", count=job.total_count - job.refused_count)
        if forms.save_bar(key, label=label, hint=t("importing.take.hint")):
            del st.session_state[f"{key}.next"]
            start(key, *following)
    if st.button(t("importing.again"), key=f"{key}.again"):
        del st.session_state[f"{key}.job"]
        st.session_state.pop(f"{key}.next", None)
        st.rerun()


def _reasons(job: Job) -> None:
    """Draw how many rows cannot be taken for which reason."""
    found = actions.ask(service.refused_reasons, job_id=job.id) if job.refused_count else ()
    lines = (
        tag("li", tag("b", safe(number(count))), tag("span", safe(t(code))))
        for code, count in found
        if has(code)
    )
    show(tag("ul", *lines, class_="ch-rows ch-counts"))


def _refused(job_id: int) -> bytes:
    made = actions.perform(service.refused_file, job_id=job_id, language=language(), toast="")
    return made or b""
