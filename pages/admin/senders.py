"""Senders: under whose name mail leaves, by which server, and whether it leaves at all."""

import streamlit as st

from components import actions, auth, empty, forms, page, tables
from components.html import note, safe, show, tag
from components.i18n import t
from components.tables import Action, Cell, Column, Row
from core.access.terms import Permission
from core.delivery import service as delivery
from core.delivery.models import Sender
from core.delivery.terms import SenderInput, TransportLine
from core.messages import settings as ways
from pages.admin import _golive
from pages.admin import _server as _server_fields

KEY = "senders"


def _senders() -> None:
    found = actions.ask(delivery.list_senders)
    columns = [Column(name, t(f"senders.column.{name}")) for name in ("name", "address", "state")]
    acts = (Action("edit", t("common.edit")), Action("default", t("senders.make_default")),
            Action("remove", t("common.delete"), is_dangerous=True))  # fmt: skip
    rows = [
        Row(
            id=str(one.id),
            cells={
                "name": one.name,
                "address": one.address,
                "state": Cell(t("senders.default"), tone="good") if one.is_default else "",
            },
            actions=(acts if not one.is_default else acts[:1]) if may_edit else (),
        )
        for one in found
    ]
    pressed = tables.show(f"{KEY}.table", columns, rows, label=t("senders.title"))
    if pressed.acted:
        _act(pressed.action, next(one for one in found if one.id == int(pressed.acted)))


def _act(action: str, sender: Sender) -> None:
    if action == "edit":
        st.dialog(t("common.edit"))(_edit)(sender)
    elif action == "default":
        actions.attempt(delivery.make_default_sender, sender_id=sender.id,
                        seen_version=sender.version)  # fmt: skip
        st.rerun()
    elif actions.attempt(
        delivery.remove_sender,
        sender_id=sender.id,
        seen_version=sender.version,
        toast="common.deleted",
    ):
        st.rerun()


def _edit(sender: Sender | None) -> None:
    key = f"{KEY}.{sender.id if sender else 'new'}"
    name = forms.text(f"{key}.name", t("setup.sender.name"), value=sender.name if sender else "")
    address = forms.text(f"{key}.address", t("setup.sender.address"), kind="email",
                         value=sender.address if sender else "", example="info@example.com",
                         hint=t("setup.sender.address.hint"))  # fmt: skip
    reply_to = forms.text(f"{key}.reply_to", t("senders.reply_to"), kind="email",
                          value=sender.reply_to if sender else "",
                          hint=t("senders.reply_to.hint"))  # fmt: skip
    if not forms.save_bar(key):
        return
    given = SenderInput(name=name, address=address, reply_to=reply_to,
                        department_id=sender.department_id if sender else None,
                        transport_id=sender.transport_id if sender else None)  # fmt: skip
    saved = (
        actions.attempt(delivery.change_sender, sender_id=sender.id, seen_version=sender.version,
                        given=given)
        if sender
        else actions.attempt(delivery.add_sender, given=given)
    )  # fmt: skip
    if saved:
        st.rerun()


def _servers(found: list[TransportLine]) -> None:
    for one in found:
        with st.container(border=True, key=f"server_{one.id}"):
            _card(one)
    if not found:
        label = t("senders.server.add") if may_edit else ""
        adds = empty.show(f"{KEY}.servers", key=f"{KEY}.servers", button=label)
    else:
        adds = may_edit and st.button(t("senders.server.add"), key=f"{KEY}.server.add",
                                      icon=":material/add:")  # fmt: skip
    if adds:
        st.dialog(t("senders.server"))(_server)(None)


def _card(one: TransportLine) -> None:
    """Draw a server: where it is, how it is spoken to, and whether mail waits before it."""
    with st.container(horizontal=True, vertical_alignment="center",
                      horizontal_alignment="distribute"):  # fmt: skip
        where = tag("bdi", safe(f"{one.host}:{one.port}"), dir="ltr")
        named = tag("b", safe(one.name)) + " · " if one.name != one.host else ""
        show(tag("div", named, where, " · ", safe(t(f"setup.tls.{one.tls}")), class_="ch-sentence"))
        if may_edit and st.button(t("common.edit"), key=f"{KEY}.server{one.id}", type="tertiary"):
            st.dialog(t("senders.server"))(_server)(one)
    if not one.is_paused:
        return
    note(t("senders.paused"), one.paused_reason, tone="danger")
    if may_edit and st.button(t("senders.resume"), key=f"{KEY}.resume{one.id}"):
        actions.attempt(ways.resume_way, transport_id=one.id, seen_version=one.version)
        st.rerun()


def _server(line: TransportLine | None) -> None:
    key = f"{KEY}.tr{line.id if line else ''}"
    given = _server_fields.draw(key, line)
    if not forms.save_bar(key):
        return
    saved = (
        actions.attempt(delivery.change_transport, transport_id=line.id,
                        seen_version=line.version, given=given, fields=_server_fields.FIELDS)
        if line
        else actions.attempt(delivery.add_transport, given=given, fields=_server_fields.FIELDS)
    )  # fmt: skip
    if saved:
        st.rerun()


who = auth.required()
may_edit = auth.may(who, Permission.SENDER_EDIT)
main = page.header(KEY)
with main:
    adding = may_edit and st.button(t("senders.add"), key=f"{KEY}.add", icon=":material/add:")
servers = actions.ask(delivery.list_transports)
if who.organisation is not None and auth.may(who, Permission.SETTINGS_EDIT):
    _golive.draw(who.organisation, servers)
page.section("senders.senders")
_senders()
page.section("senders.servers")
_servers(servers)
if adding:
    st.dialog(t("senders.add"))(_edit)(None)
