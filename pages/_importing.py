"""An import as four steps: the file, its columns, the run, what came of it. It can be left."""

from collections.abc import Callable, Mapping
from functools import partial

import streamlit as st

from components import actions, forms, page, progress, tables
from components.html import safe, show, tag
from components.i18n import language, number, plain, t
from components.progress import Refused
from components.tables import Column
from core.errors import ChaparError
from core.i18n.catalog import translate
from core.jobs import service, uploads
from core.jobs.handlers import handler
from core.jobs.look import inspect_in_child
from core.jobs.mapping import suggest_mapping
from core.jobs.models import Job
from core.jobs.terms import Draft, JobKind, JobState, Plan, Sample

Options = Callable[[str], Mapping[str, object]]
SHOWN_ROWS = 5
TYPES = ["csv", "tsv", "txt", "xlsx"]


def draw(kind: JobKind, *, department_id: int | None, options: Options) -> None:
    """Draw the step where this person's import stands. `options` draws the choices of its kind."""
    key = f"import.{kind}"
    job_id = st.session_state.get(f"{key}.job")
    if job_id is not None:
        _watch(key, actions.ask(service.job, job_id=job_id))
        return
    with page.column():
        st.markdown(plain(t(f"importing.{kind}.intro")))
        uploaded = st.file_uploader(t("importing.file"), TYPES, key=f"{key}.file",
                                    help=t("importing.file.hint"))  # fmt: skip
    if uploaded is None:
        return
    kept = _kept(key, uploaded.file_id, uploaded)
    if kept is None:
        return
    name, sample = kept
    draft = Draft(kind, uploaded.name, name, sample, department_id)
    _plan(key, draft, options)


def _kept(key: str, file_id: str, uploaded: object) -> tuple[str, Sample] | None:
    """Return the stored name and the look of the file, kept once for each upload."""
    known = st.session_state.get(f"{key}.kept")
    if known is not None and known[0] == file_id:
        return known[1], known[2]
    try:
        name = uploads.keep(uploaded)  # type: ignore[arg-type]
        sample = inspect_in_child(uploads.path_of(name))
    except ChaparError as error:
        st.error(plain(translate(language(), error.code, **error.params)))
        return None
    st.session_state[f"{key}.kept"] = (file_id, name, sample)
    return name, sample


def _plan(key: str, draft: Draft, options: Options) -> None:
    """Draw the columns beside what they hold, then the options and the one button."""
    fields = handler(draft.kind).FIELDS
    suggested = suggest_mapping(draft.sample.headers, fields)
    page.section("importing.columns")
    st.caption(t("importing.columns.hint", count=draft.sample.row_count))
    heads = range(len(draft.sample.headers))
    mapping = {}
    with st.grid(3, min_column_width=200, gap="small"):
        for field in fields:
            label = t(field.label) + (" *" if field.is_required else "")
            chosen = st.selectbox(plain(label), heads, index=suggested.get(field.name),
                                  format_func=lambda place: draft.sample.headers[place],
                                  placeholder=t("importing.no_column"),
                                  key=f"{key}.column.{field.name}")  # fmt: skip
            if chosen is not None:
                mapping[field.name] = chosen
    _sample(draft.sample)
    with page.column():
        chosen_options = options(key)
    label = t("importing.start", count=draft.sample.row_count)
    if forms.save_bar(key, label=label, hint=t("importing.start.hint")):
        _start(key, draft, Plan(mapping, chosen_options))


def _sample(sample: Sample) -> None:
    page.section("importing.sample")
    columns = [Column(str(place), head) for place, head in enumerate(sample.headers)]
    rows = [{str(place): _apart(cell) for place, cell in enumerate(row)} for row in sample.rows]
    with st.container(key="import_sample"):
        tables.plain_table(columns, rows[:SHOWN_ROWS])


def _apart(cell: str) -> str:
    """Return what stands in the file so that the direction of the page does not turn it around."""
    return f"\N{FIRST STRONG ISOLATE}{cell}\N{POP DIRECTIONAL ISOLATE}" if cell else ""


def _start(key: str, draft: Draft, plan: Plan) -> None:
    made = actions.perform(service.create_draft, draft=draft, toast="")
    if made is None:
        return
    if actions.perform(service.start, job_id=made.id, plan=plan, toast="importing.started"):
        st.session_state.pop(f"{key}.kept", None)
        st.session_state[f"{key}.job"] = made.id
    else:
        actions.attempt(service.abandon, job_id=made.id, toast="")
        st.session_state.pop(f"{key}.kept", None)
    st.rerun()


def _watch(key: str, job: Job) -> None:
    """Draw the run until it has ended, then what came of it."""
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
    with page.column():
        show(tag("ul", *lines, class_="ch-rows"))
    if st.button(t("importing.again"), key=f"{key}.again"):
        del st.session_state[f"{key}.job"]
        st.rerun()


def _refused(job_id: int) -> bytes:
    made = actions.perform(service.refused_file, job_id=job_id, language=language(), toast="")
    return made or b""
