"""People from a file and into a file; every import can be taken back."""

from collections.abc import Mapping
from functools import partial

import streamlit as st

from components import actions, auth, forms, page, takeout
from components.i18n import language, t
from core.access.terms import Permission
from core.audience import exports
from core.audience.terms import Basis, DuplicateRule
from core.consent import topics
from core.consent.rules import in_language
from core.contacts.terms import ContactKind
from core.i18n.terms import Calendar
from core.jobs.export_file import ExportFormat, written
from core.jobs.terms import JobKind
from pages import _importing
from pages.workspace import _imports

KEY = "import_contacts"
KINDS = [kind for kind in ContactKind if kind is not ContactKind.EMPLOYEE]


def _options(key: str) -> Mapping[str, object]:
    """Draw what is chosen for the whole file: what becomes of the known, where it is from, why."""
    rule = forms.pick(f"{key}.rule", t(f"{KEY}.rule"), list(DuplicateRule),
                      value=DuplicateRule.FILL,
                      shown=lambda one: t(f"{KEY}.rule.{one}"))  # fmt: skip
    kind = forms.pick(f"{key}.kind", t("contact.field.kind"), KINDS, value=ContactKind.LEAD,
                      shown=lambda one: t(f"contact.kind.{one}"))  # fmt: skip
    source = forms.text(f"{key}.source", t("contact.field.source"), limit=80,
                        hint=t(f"{KEY}.source.hint"))  # fmt: skip
    basis = forms.pick(f"{key}.basis", t(f"{KEY}.basis"), list(Basis), value=Basis.UNKNOWN,
                       shown=lambda one: t(f"{KEY}.basis.{one}"),
                       hint=t(f"{KEY}.basis.hint"))  # fmt: skip
    words, chosen = "", list[int]()
    if basis is not Basis.UNKNOWN:
        words = forms.text(f"{key}.basis_text", t(f"{KEY}.basis_text"), limit=60,
                           hint=t(f"{KEY}.basis_text.hint"))  # fmt: skip
    names = _topics()
    if names:
        chosen = forms.many(f"{key}.topics", t(f"{KEY}.topics"), list(names),
                            shown=lambda one: names[one])  # fmt: skip
    tag = forms.text(f"{key}.tag", t(f"{KEY}.tag"), limit=80)
    with st.expander(t(f"{KEY}.more")):
        usual = who.organisation.calendar if who.organisation else Calendar.JALALI
        calendar = forms.pick(f"{key}.calendar", t(f"{KEY}.calendar"), list(Calendar), value=usual,
                              shown=lambda one: t(f"common.calendar.{one}"))  # fmt: skip
        numbering = forms.text(f"{key}.numbering", t(f"{KEY}.numbering"), value="orders", limit=80,
                               hint=t(f"{KEY}.numbering.hint"))  # fmt: skip
    return {"rule": rule, "kind": kind, "source": source, "basis": basis, "basis_text": words,
            "topics": chosen, "tag": tag, "calendar": calendar, "numbering": numbering}  # fmt: skip


def _topics() -> dict[int, str]:
    if not auth.may(who, Permission.TOPIC_VIEW):
        return {}
    found = actions.ask(topics.list_topics)
    return {
        line.topic.id: in_language(line.topic.names, [language()])
        for line in found
        if line.topic.is_active
    }


def _export() -> None:
    with page.column():
        st.markdown(t(f"{KEY}.export.intro"))
        for kind in ExportFormat:
            takeout.button(f"{KEY}.export_{kind}", t(f"frame.table.download.{kind}"),
                           partial(_file, kind), file_name=f"contacts.{kind}")  # fmt: skip


def _file(kind: ExportFormat) -> bytes:
    heads = actions.perform(exports.begin_export, toast="")
    if heads is None:
        return b""
    rows: list[list[str]] = []
    after_id, is_over = 0, False
    while not is_over and len(rows) < takeout.MOST_ROWS:
        found, after_id = actions.ask(exports.export_page, after_id=after_id)
        rows += found
        is_over = not after_id
    return written(kind, heads, rows[: takeout.MOST_ROWS], name="contacts",
                   is_rtl=language().direction == "rtl")  # fmt: skip


who = auth.required()
page.header(KEY)
PARTS = {"file": True, "past": True, "export": auth.may(who, Permission.CONTACT_EXPORT)}
part = st.segmented_control(
    t(f"{KEY}.part"),
    [name for name, is_open in PARTS.items() if is_open],
    default="file",
    format_func=lambda name: t(f"{KEY}.part.{name}"),
    key=f"{KEY}.part",
    label_visibility="collapsed",
)
match part:
    case "past":
        _imports.draw(KEY)
    case "export":
        _export()
    case _:
        _importing.draw(JobKind.IMPORT_CONTACTS, department_id=None, options=_options, tries=True)
