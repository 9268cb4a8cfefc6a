"""The frame: who is here, what they may see, what stands over every page, and the page."""

import sys

import streamlit as st
from streamlit.navigation.page import StreamlitPage
from streamlit.runtime.scriptrunner import RerunException

from components import actions, auth, banner, direction, restored
from components.i18n import t
from pages import sidebar
from pages.registry import HERE, Entry, Part, existing

LOGO = HERE.parent / "components" / "assets" / "chapar.svg"


def _page(who: auth.Who, entry: Entry) -> StreamlitPage:
    """Return the page as Streamlit knows it. One not for this person is hidden, not absent."""
    is_shown = auth.may(who, entry.permission) and entry.part is not Part.HIDDEN
    return st.Page(
        HERE / entry.script,
        title=t(f"page.{entry.name}"),
        icon=f":material/{entry.icon}:",
        url_path=entry.name,
        default=entry.part is Part.HOME,
        visibility="visible" if is_shown else "hidden",
    )


@st.fragment(run_every=15.0)
def _watch() -> None:
    """Notice that the visit was ended elsewhere; the full run then leads to the door."""
    if auth.seen() is None:
        st.rerun()


def _run(who: auth.Who, entry: Entry, page: StreamlitPage) -> None:
    """Draw the page, or say why not; short messages wait until a run is not begun anew."""
    actions.begin_run(entry.script)
    try:
        if entry.permission is not None and not auth.may(who, entry.permission):
            auth.refuse(entry.permission)
        page.run()
    finally:
        if not isinstance(sys.exc_info()[1], RerunException):
            actions.say_all()


def _main() -> None:
    st.set_page_config(page_icon=str(LOGO), layout="wide")
    who = auth.required()
    auth.note_use(who)
    with auth.found(who):
        _frame(who)


def _frame(who: auth.Who) -> None:
    entries = existing()
    if who.user is None:
        entries = [entry for entry in entries if entry.name == "setup"]
    pages = {entry.script: _page(who, entry) for entry in entries}
    page = st.navigation(list(pages.values()), position="hidden")
    here = next(entry for entry in entries if pages[entry.script] is page)
    shown = [entry for entry in entries if auth.may(who, entry.permission)]
    direction.apply()
    sidebar.draw(sidebar.Frame(who=who, pages=pages, shown=shown, here=here))
    restored.banner(who)
    banner.capture(who, pages.get)
    banner.recall()
    _run(who, here, page)
    _watch()


_main()
