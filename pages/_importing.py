"""An import as four steps: the file, its columns, the run, what came of it. It can be left."""

from collections.abc import Callable, Mapping
from dataclasses import replace

import streamlit as st

from components import actions, forms, page, tables
from components.i18n import language, plain, t
from components.tables import Column
from core.errors import ChaparError
from core.i18n.catalog import translate
from core.jobs import service, uploads
from core.jobs.look import inspect_in_child
from core.jobs.mapping import suggest_mapping
from core.jobs.terms import Draft, JobKind, Plan, Sample
from pages import _imported

Options = Callable[[str], Mapping[str, object]]
SHOWN_ROWS = 5
TYPES = ["csv", "tsv", "txt", "xlsx"]


def draw(
    kind: JobKind, *, department_id: int | None, options: Options, tries: bool = False
) -> None:
    """Draw the step where this person's import stands. `options` draws the choices of its kind.

    tries: a trial, which takes nothing, comes before the import (option `is_trial` of the kind).
    """
    key = f"import.{kind}"
    job_id = st.session_state.get(f"{key}.job")
    if job_id is not None:
        _imported.watch(key, actions.ask(service.job, job_id=job_id), start=_start)
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
    _plan(key, draft, options, tries=tries)


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


def _plan(key: str, draft: Draft, options: Options, *, tries: bool) -> None:
    """Draw the columns beside what they hold, then the options and the one button."""
    fields = actions.ask(service.fields, kind=draft.kind)
    suggested = suggest_mapping(draft.sample.headers, fields)
    page.section("importing.columns")
    st.caption(t("importing.columns.hint", count=draft.sample.row_count))
    heads = range(len(draft.sample.headers))
    mapping = {}
    with st.grid(3, min_column_width=200, gap="small"):
        for field in fields:
            label = (field.title or t(field.label)) + (" *" if field.is_required else "")
            chosen = st.selectbox(plain(label), heads, index=suggested.get(field.name),
                                  format_func=lambda place: draft.sample.headers[place],
                                  placeholder=t("importing.no_column"),
                                  key=f"{key}.column.{field.name}")  # fmt: skip
            if chosen is not None:
                mapping[field.name] = chosen
    _sample(draft.sample)
    with page.column():
        chosen_options = options(key)
    act = "importing.try" if tries else "importing.start"
    label = t(act, count=draft.sample.row_count)
    if forms.save_bar(key, label=label, hint=t(f"{act}.hint")):
        plan = Plan(mapping, chosen_options)
        if tries:
            _try(key, draft, plan)
        else:
            _start(key, draft, plan)


def _sample(sample: Sample) -> None:
    page.section("importing.sample")
    columns = [Column(str(place), head) for place, head in enumerate(sample.headers)]
    rows = [{str(place): _apart(cell) for place, cell in enumerate(row)} for row in sample.rows]
    with st.container(key="import_sample"):
        tables.plain_table(columns, rows[:SHOWN_ROWS])


def _apart(cell: str) -> str:
    """Return what stands in the file so that the direction of the page does not turn it around."""
    return f"\N{FIRST STRONG ISOLATE}{cell}\N{POP DIRECTIONAL ISOLATE}" if cell else ""


def _try(key: str, draft: Draft, plan: Plan) -> None:
    """Start a trial on a copy of the file, and remember what would come after it."""
    with uploads.path_of(draft.upload).open("rb") as file:
        copy = uploads.keep(file)
    st.session_state[f"{key}.next"] = (draft, plan)
    trial = Plan(plan.mapping, {**plan.options, "is_trial": True})
    _start(key, replace(draft, upload=copy), trial)


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
