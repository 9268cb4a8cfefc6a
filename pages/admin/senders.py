"""Senders: under whose name mail leaves, by which server, and whether it leaves at all."""

import streamlit as st

from components import actions, auth, forms, page, tables
from components.html import note
from components.i18n import t
from components.tables import Action, Cell, Column, Row
from core.access.terms import Permission
from core.delivery import service as delivery
from core.delivery.models import Sender
from core.delivery.terms import SenderInput, TlsMode, TransportInput, TransportLine
from core.messages import settings as ways
from pages.admin import _golive

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
                         value=sender.address if sender else "")  # fmt: skip
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
        with st.container(border=True, key=f"server_{one.id}", horizontal=True,
                          vertical_alignment="center"):  # fmt: skip
            st.markdown(f"**{one.name}** `{one.host}:{one.port}` · {t(f'setup.tls.{one.tls}')}")
            if one.is_paused:
                note(t("senders.paused"), one.paused_reason, tone="danger")
                if st.button(t("senders.resume"), key=f"{KEY}.resume{one.id}"):
                    actions.attempt(ways.resume_way, transport_id=one.id,
                                    seen_version=one.version)  # fmt: skip
                    st.rerun()
            if may_edit and st.button(t("common.edit"), key=f"{KEY}.server{one.id}"):
                st.dialog(t("senders.server"))(_server)(one)
    if not found:
        st.caption(t("senders.no_server"))
    if may_edit and st.button(t("senders.server.add"), key=f"{KEY}.server.add",
                              icon=":material/add:"):  # fmt: skip
        st.dialog(t("senders.server"))(_server)(None)


def _server(line: TransportLine | None) -> None:
    key = f"{KEY}.tr{line.id if line else ''}"
    host = forms.text(f"{key}.host", t("setup.server.host"), value=line.host if line else "",
                      example="smtp.example.com")  # fmt: skip
    port = forms.count(f"{key}.port", t("setup.server.port"), value=line.port if line else 587)
    tls = forms.pick(f"{key}.tls", t("setup.server.tls"), list(TlsMode),
                     value=line.tls if line else TlsMode.STARTTLS,
                     shown=lambda one: t(f"setup.tls.{one}"))  # fmt: skip
    user = forms.text(f"{key}.user", t("setup.server.user"), value=line.user if line else "")
    password = forms.text(f"{key}.password", t("setup.server.password"), kind="password",
                          hint=t("senders.password.hint") if line else "")  # fmt: skip
    if not forms.save_bar(key):
        return
    given = TransportInput(name=host, host=host, port=port or 0, tls=tls or TlsMode.STARTTLS,
                           user=user, password=password or (None if line else ""))  # fmt: skip
    saved = (
        actions.attempt(delivery.change_transport, transport_id=line.id,
                        seen_version=line.version, given=given)
        if line
        else actions.attempt(delivery.add_transport, given=given)
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
_senders()
page.section("senders.servers")
_servers(servers)
if adding:
    st.dialog(t("senders.add"))(_edit)(None)
