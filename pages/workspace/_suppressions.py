"""The suppression list, as a part of a page."""

import streamlit as st

from components import actions, auth, empty, forms, tables
from components.i18n import ago, moment, plain, t
from components.tables import Action, Cell, Column, Row
from core.access.terms import Permission
from core.consent import service, suppressed
from core.consent.terms import SuppressionReason

KEY = "topics"
NAMES = ("person", "address", "reason", "note", "since")


def draw(who: auth.Who) -> None:
    """Draw the suppression list with its search; lift what is pressed."""
    may = auth.may(who, Permission.CONTACT_EDIT)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        text = tables.search(f"{KEY}.q", t("topics.suppressed.search"))
        reason = st.selectbox(
            plain(t("topics.suppressed.reason")), list(SuppressionReason), index=None,
            key=f"{KEY}.reason", placeholder=t("topics.suppressed.any"),
            format_func=_reason, label_visibility="collapsed",
            on_change=tables.to_first_page, args=(KEY,),
        )  # fmt: skip
        if may and st.button(t("topics.suppressed.add"), key=f"{KEY}.suppress"):
            st.dialog(t("topics.suppressed.add"))(_add)()
    found = actions.ask(suppressed.list_suppressions, text=text, page=tables.number(KEY),
                        reasons=(reason,) if reason else ())  # fmt: skip
    if not found.total:
        if text or reason:
            st.caption(t("topics.suppressed.none"))
        else:
            empty.show("topics.suppressed", key=f"{KEY}_suppressed")
        return
    sheet = tables.sheet(KEY, found.total)
    columns = [Column(name, t(f"topics.suppressed.{name}")) for name in NAMES]
    rows = [_row(line, may=may) for line in found.lines]
    pressed = tables.show(f"{KEY}.table", columns, rows, label=t("topics.suppressed.title"))
    with tables.foot(sheet):
        st.caption(t("topics.suppressed.count", count=found.total))
    if pressed.acted:
        st.dialog(t("topics.suppressed.lift"))(_lift)(int(pressed.acted))


def _row(line: suppressed.SuppressionLine, *, may: bool) -> Row:
    one = line.suppression
    lifts = (Action("lift", t("topics.suppressed.lift")),)
    return Row(
        id=str(one.id),
        cells={
            "person": line.person or t("common.unknown"),
            "address": line.address,
            "reason": Cell(_reason(one.reason), tone="warning"),
            "note": one.note,
            "since": Cell(ago(one.placed_at), hover=moment(one.placed_at)),
        },
        actions=lifts if may and one.reason is not SuppressionReason.ERASED else (),
    )


def _reason(reason: SuppressionReason) -> str:
    return t(f"explain.value.suppression.{reason}")


def _add() -> None:
    email = forms.text(f"{KEY}.add.email", t("topics.suppressed.address"), kind="email",
                       example="name@example.com")  # fmt: skip
    note = forms.text(f"{KEY}.add.note", t("topics.suppressed.why"), limit=300)
    label = t("topics.suppressed.add")
    if forms.save_bar(f"{KEY}.add", label=label) and actions.attempt(
        service.suppress_address, email=email, note=note, toast="topics.suppressed.added"
    ):
        st.rerun()


def _lift(suppression_id: int) -> None:
    st.markdown(plain(t("topics.suppressed.lift.warning")))
    note = forms.text(f"{KEY}.lift.note", t("topics.suppressed.lift.why"), limit=300)
    label = t("topics.suppressed.lift")
    if forms.save_bar(f"{KEY}.lift", label=label) and actions.attempt(
        service.lift, suppression_id=suppression_id, note=note, toast="topics.suppressed.lifted"
    ):
        st.rerun()
