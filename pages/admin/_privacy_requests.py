"""What people asked for themselves: what waits, with its last day, and the rest as a list."""

import streamlit as st

from components import actions, auth, forms, tables
from components.html import Tone, badge, note, safe, show, tag
from components.i18n import ago, day, moment, plain, t
from components.tables import Cell, Column, Row
from core.access.terms import Permission
from core.privacy import deciding
from core.privacy.terms import RequestLine, RequestState, Wish

KEY = "privacy.request"
COLUMNS = ("reference", "wish", "asked", "due", "state")
_TONES: dict[RequestState, Tone] = {RequestState.DONE: "good", RequestState.DECLINED: "notice"}


def draw(who: auth.Who) -> None:
    """Draw every request; whoever may erase people decides on those that wait."""
    found = actions.ask(deciding.list_requests)
    may_decide = auth.may(who, Permission.CONTACT_ERASE)
    for one in found:
        if one.state is RequestState.WAITING:
            _card(one, may_decide=may_decide)
    others = [one for one in found if one.state is not RequestState.WAITING]
    if not found:
        st.caption(plain(t("privacy.requests.none")))
    if others:
        columns = [Column(name, t(f"privacy.requests.{name}")) for name in COLUMNS]
        tables.show(f"{KEY}s", columns, [_row(one) for one in others], label=t("privacy.requests"))


def _card(one: RequestLine, *, may_decide: bool) -> None:
    with st.container(border=True, key=f"request_card_{one.id}", horizontal=True,
                      vertical_alignment="center", horizontal_alignment="distribute"):  # fmt: skip
        with st.container(width=520):
            who = one.name or one.reference
            said = safe(t("privacy.requests.waits", name=who))
            show(tag("div", said, " ", _deadline(one), class_="ch-sentence"))
            st.caption(plain(t("privacy.requests.asked_at", at=moment(one.asked_at))))
        with st.container(horizontal=True, width="content"):
            _acts(one, may_decide=may_decide)


def _deadline(one: RequestLine) -> str:
    said = t("privacy.requests.until", day=day(one.due_at.date()))
    return badge(said, "danger" if one.is_late else "notice")


def _acts(one: RequestLine, *, may_decide: bool) -> None:
    if one.person and st.button(t("privacy.requests.card"), key=f"{KEY}.card.{one.id}",
                                type="tertiary"):  # fmt: skip
        st.switch_page("workspace/contact.py", query_params={"id": one.person})
    if not may_decide:
        return
    if st.button(t("privacy.requests.decline"), key=f"{KEY}.decline.{one.id}", type="tertiary"):
        st.dialog(t("privacy.requests.decline"))(_decline)(one.id)
    if st.button(t("contact.erase"), key=f"{KEY}.approve.{one.id}"):
        st.dialog(t("contact.erase"))(_approve)(one)


def _approve(one: RequestLine) -> None:
    note(t("contact.erase.what"), t("contact.erase.backups"), tone="notice")
    warning = t("contact.erase.warning", name=one.name or one.reference)
    if forms.confirmed(f"{KEY}.erase", warning=warning, word=t("contact.erase.word"),
                       label=t("contact.erase")) and (
        actions.attempt(deciding.approve, request_id=one.id, toast="contact.erased")
    ):  # fmt: skip
        st.rerun()


def _decline(request_id: int) -> None:
    st.caption(plain(t("privacy.requests.decline.hint")))
    reason = forms.area(f"{KEY}.form.reason", t("privacy.requests.reason"))
    if forms.save_bar(f"{KEY}.form", label=t("privacy.requests.decline"), ready=bool(reason)) and (
        actions.attempt(deciding.decline, request_id=request_id, reason=reason,
                        toast="privacy.requests.declined")
    ):  # fmt: skip
        st.rerun()


def _row(one: RequestLine) -> Row:
    settled = Cell(ago(one.settled_at), hover=moment(one.settled_at)) if one.settled_at else None
    due = day(one.due_at.date()) if one.state is RequestState.ASKED else settled or ""
    return Row(
        id=one.reference,
        cells={
            "reference": f"\u2066{one.reference}\u2069",
            "wish": t(f"privacy.wish.{one.wish}"),
            "asked": Cell(ago(one.asked_at), hover=moment(one.asked_at)),
            "due": due,
            "state": Cell(t(_said(one)), tone=_TONES.get(one.state, "muted")),
        },
    )


def _said(one: RequestLine) -> str:
    """Return the code of where it stands; a wish to be erased is done by oneself or by a name."""
    is_own = one.wish is Wish.ERASURE and one.state is RequestState.DONE and not one.by_name
    return "privacy.request.done_alone" if is_own else f"privacy.request.{one.state}"
