"""The sidebar: brand, the person's departments first, the others folded, and the foot."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import streamlit as st
from streamlit.navigation.page import StreamlitPage

from components import actions, auth, guidance, i18n
from components.html import safe, show, tag
from components.i18n import plain, t
from core.access.terms import DepartmentKind
from core.accounts.service import choose_language
from core.i18n.terms import Language
from pages.registry import Entry, Part


@dataclass(frozen=True, kw_only=True)
class Frame:
    """Who looks, all pages by script, those the person may see, and the one asked for."""

    who: auth.Who
    pages: Mapping[str, StreamlitPage]
    shown: Sequence[Entry]
    here: Entry

    def part(self, part: Part) -> list[Entry]:
        """Return the pages of a part of the sidebar."""
        return [entry for entry in self.shown if entry.part is part]


def draw(frame: Frame) -> None:
    """Draw the whole sidebar."""
    with st.sidebar:
        _brand(frame)
        with st.container(key="frame_nav", gap=None):
            _links(frame, frame.part(Part.HOME))
            _departments(frame)
            _section(frame, t("frame.workspace"), frame.part(Part.WORKSPACE))
            _folded(frame, t("frame.admin"), frame.part(Part.ADMIN))
        with st.container(key="frame_foot", gap="xsmall"):
            _language(frame.who)
            guidance.offer(frame.here.name)
            _account(frame)


def _brand(frame: Frame) -> None:
    house = frame.who.organisation
    name = house.name if house and house.name else t("frame.product")
    logo = '<img src="/assets/chapar.svg" alt="">'
    show(tag("div", logo, tag("b", safe(name)), class_="ch-brand"))


def _departments(frame: Frame) -> None:
    own = list(dict.fromkeys(grant.kind for grant in frame.who.actor.grants))
    for kind in [*own, *(kind for kind in DepartmentKind if kind not in own)]:
        entries = [entry for entry in frame.part(Part.DEPARTMENT) if entry.kind is kind]
        draw_part = _section if kind in own else _folded
        draw_part(frame, _name(frame.who, kind), entries)


def _name(who: auth.Who, kind: DepartmentKind) -> str:
    names = next((one.names for one in who.departments if one.kind is kind), {})
    return names.get(str(i18n.language())) or t(f"department.{kind}")


def _section(frame: Frame, title: str, entries: Sequence[Entry]) -> None:
    if entries:
        show(tag("div", safe(title), class_="ch-section"))
        _links(frame, entries)


def _folded(frame: Frame, title: str, entries: Sequence[Entry]) -> None:
    if entries:
        with st.expander(plain(title), expanded=frame.here in entries):
            _links(frame, entries)


def _links(frame: Frame, entries: Sequence[Entry]) -> None:
    for entry in entries:
        st.page_link(frame.pages[entry.script], width="stretch")


def _account(frame: Frame) -> None:
    user = frame.who.user
    if user is None:
        return
    label, icon = plain(user.name), ":material/account_circle:"
    with st.popover(label, icon=icon, type="tertiary", width="stretch"):
        if "account.py" in frame.pages:
            st.page_link(frame.pages["account.py"], label=t("page.account"))
        if st.button(t("common.sign_out"), key="frame.sign_out", icon=":material/logout:"):
            st.logout()
            st.stop()  # the rest of the run would find nobody and lead to the door by itself


def _language(who: auth.Who) -> None:
    st.session_state["frame.language"] = i18n.language()
    st.segmented_control(
        t("frame.language"),
        list(Language),
        key="frame.language",
        format_func=lambda language: language.own_name,
        on_change=_choose if who.user else _remember,
        label_visibility="collapsed",
        required=True,
        width="stretch",
    )


def _choose() -> None:
    language = Language(st.session_state["frame.language"])
    actions.perform(choose_language, language=language, toast="")


def _remember() -> None:
    """Take over the language where there is no account to keep it, during set-up."""
    language = Language(st.session_state["frame.language"])
    i18n.remember(replace(i18n.reader(), language=language))
