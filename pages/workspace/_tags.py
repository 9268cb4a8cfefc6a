"""Tags as a whole: how many carry each, who asks for it, and the three things done with one."""

import streamlit as st

from components import actions, auth, empty, forms, tables
from components.i18n import plain, t
from components.tables import Action, Cell, Column, Row
from core.access.terms import Permission
from core.audience import tags
from core.audience.tags import TagLine
from pages.workspace import _person

KEY = "tags"
COLUMNS = ("name", "people", "segments")
DEEDS = ("rename", "merge", "remove")


def draw(who: auth.Who) -> int | None:
    """Draw the tags; return the one whose people somebody wants to see."""
    found = actions.ask(tags.list_lines)
    text = tables.search(f"{KEY}.q", t("tags.search"))
    meant = [one for one in found if text.casefold() in one.tag.name.casefold()]
    if not found:
        empty.show(KEY, key=KEY)
        return None
    sheet = tables.sheet(KEY, len(meant))
    columns = [Column(name, t(f"tags.column.{name}"), "number" if name == "people" else "text")
               for name in COLUMNS]  # fmt: skip
    may = auth.may(who, Permission.CONTACT_IMPORT)
    rows = [_row(one, may=may) for one in meant[sheet.offset : sheet.offset + sheet.limit]]
    pressed = tables.show(f"{KEY}.table", columns, rows, label=t("tags.title"), opens=True)
    tables.foot(sheet)
    line = next((one for one in found if str(one.tag.id) == pressed.acted), None)
    if line and may:
        _open(pressed.action, line, found)
    return int(pressed.opened) if pressed.opened else None


def _row(one: TagLine, *, may: bool) -> Row:
    acts = [Action(name, t(f"tags.{name}"), is_dangerous=name == "remove") for name in DEEDS]
    return Row(
        id=str(one.tag.id),
        cells={
            "name": Cell(one.tag.name),
            "people": one.person_count,
            "segments": " · ".join(one.segments),
        },
        actions=acts if may else (),
    )


def _open(action: str, line: TagLine, found: list[TagLine]) -> None:
    """Open the dialog of this deed."""
    title = t(f"tags.{action}")
    match action:
        case "rename":
            st.dialog(title)(_rename)(line)
        case "merge":
            st.dialog(title)(_merge)(line, found)
        case _:
            st.dialog(title)(_remove)(line)


def _rename(line: TagLine) -> None:
    key = f"tag.{line.tag.id}"
    name = forms.text(f"{key}.name", t("tags.column.name"), value=line.tag.name, limit=80,
                      hint=t("tags.rename.hint"))  # fmt: skip
    if forms.save_bar(key) and actions.attempt(tags.rename, tag_id=line.tag.id, name=name):
        _person.close(key)


def _merge(line: TagLine, found: list[TagLine]) -> None:
    key = f"tag.{line.tag.id}"
    others = {one.tag.id: one.tag.name for one in found if one.tag.id != line.tag.id}
    into = forms.pick(f"{key}.into", t("tags.merge.into"), list(others), shown=others.__getitem__)
    if into is None:
        st.caption(plain(t("tags.merge.hint")))
        return
    warning = t("tags.merge.warning", count=line.person_count, name=line.tag.name,
                other=others[into])  # fmt: skip
    word = t("tags.merge.word")
    if forms.confirmed(key, warning=warning, word=word, label=t("tags.merge")) and (
        actions.attempt(tags.merge, tag_id=line.tag.id, into_id=into, toast="tags.merge.done")
    ):
        _person.close(key)


def _remove(line: TagLine) -> None:
    key = f"tag.{line.tag.id}"
    warning = t("tags.remove.warning", count=line.person_count, name=line.tag.name)
    word = t("tags.remove.word")
    if forms.confirmed(key, warning=warning, word=word, label=t("tags.remove")) and (
        actions.attempt(tags.remove, tag_id=line.tag.id, toast="tags.remove.done")
    ):
        _person.close(key)
