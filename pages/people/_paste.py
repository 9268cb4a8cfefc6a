"""Employees pasted from a spreadsheet: what each row would do, then all good ones at once."""

from components import actions, forms, page, tables
from components.html import note
from components.i18n import language, t
from components.tables import Cell, Column, Row
from core.i18n.catalog import translate
from core.i18n.terms import Calendar
from core.people import service as people
from core.people.terms import PasteInput, PastePreview
from pages.people._employee import close, import_options

SHOWN = ("email", "start_date")
FIRST = 50


def draw() -> None:
    """Draw the field to paste into, what it would do, and the one button."""
    with page.column():
        text = forms.area("employees.paste.text", t("paste.text"), hint=t("paste.text.hint"),
                          example=t("paste.example"), height=180)  # fmt: skip
        calendar = import_options("employees.paste")["calendar"]
    if not text.strip():
        return
    given = PasteInput(text=text, calendar=Calendar(str(calendar)))
    found = actions.ask(people.preview_paste, paste=given)
    _preview(found)
    label = t("employees.paste.take", count=found.good_count)
    if forms.save_bar("employees.paste", label=label, ready=bool(found.good_count)):
        taken = actions.perform(people.import_paste, paste=given, toast="employees.pasted")
        if taken is not None:
            close("employees.paste")


def _preview(found: PastePreview) -> None:
    columns = [
        Column("name", t("employees.column.name")),
        Column("state", t("employees.paste.state")),
    ]
    columns += [Column(name, t(f"employee.{name}")) for name in SHOWN]
    rows = []
    for place, row in enumerate(found.rows[:FIRST]):
        said = " ".join(translate(language(), one.code, **one.params) for one in row.faults)
        cells: dict[str, str | int | Cell] = {name: getattr(row.given, name) for name in SHOWN}
        cells["name"] = f"{row.given.first_name} {row.given.last_name}".strip()
        cells["state"] = said or Cell(t("employees.paste.good"), tone="good")
        rows.append(Row(str(place), cells))
    tables.show("employees.paste.rows", columns, rows, label=t("employees.paste.state"))
    refused = len(found.rows) - found.good_count
    if refused:
        note(t("paste.refused_count", count=refused), tone="warning")
