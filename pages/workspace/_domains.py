"""Mail domains: who is let in by the lists, and what becomes of throwaway mailboxes."""

from collections.abc import Callable, Sequence

import streamlit as st

from components import actions, auth, forms, tables
from components.i18n import plain, t
from components.tables import Action, Column, Row
from core.access.terms import Permission
from core.consent import domains, policy
from core.consent.models import AllowedDomain, BlockedDomain
from core.consent.terms import HouseRules, ThrowawayRule

KEY = "topics.domains"


def draw(who: auth.Who) -> None:
    """Draw the rule for throwaway mailboxes, and both lists."""
    may = auth.may(who, Permission.TOPIC_EDIT)
    _rule(may_edit=may)
    if may:
        _add()
    blocked, allowed = st.columns(2, gap="large")
    with blocked:
        _list("blocked", actions.ask(domains.list_blocked), remove=domains.unblock, may_edit=may)
    with allowed:
        _list("allowed", actions.ask(domains.list_allowed), remove=domains.disallow, may_edit=may)


def _add() -> None:
    with st.container(horizontal=True, vertical_alignment="bottom", width=640):
        typed = forms.text(f"{KEY}.domain", t("topics.domains.name"), example="example.com")
        is_empty = not typed.strip()
        blocks = st.button(t("topics.domains.block"), key=f"{KEY}.block", disabled=is_empty)
        allows = st.button(t("topics.domains.allow"), key=f"{KEY}.allow", disabled=is_empty)
    verb = domains.block if blocks else domains.allow
    if (blocks or allows) and actions.attempt(verb, domain=typed):
        st.rerun()


def _rule(*, may_edit: bool) -> None:
    rules = actions.ask(policy.read_domain_rules)
    with st.container(border=True, key="domain_rules"):
        st.markdown(plain(t(f"topics.domains.throwaway.{rules.throwaway}")))
        if rules.takes_only_allowed:
            st.markdown(plain(t("topics.domains.only_allowed")))
        if may_edit and st.button(t("common.edit"), key=f"{KEY}.edit", type="tertiary"):
            st.dialog(t("topics.domains.rules"))(_edit)(rules)


def _edit(rules: HouseRules) -> None:
    throwaway = forms.pick(f"{KEY}.throwaway", t("topics.domains.throwaway"), list(ThrowawayRule),
                           value=rules.throwaway,
                           shown=lambda one: t(f"{KEY}.throwaway.{one}.label"))  # fmt: skip
    only = forms.switch(f"{KEY}.only", t("topics.domains.only_allowed.label"),
                        value=rules.takes_only_allowed,
                        hint=t("topics.domains.only_allowed.hint"))  # fmt: skip
    if forms.save_bar(KEY, ready=throwaway is not None) and actions.attempt(
        policy.set_domain_rules, throwaway=throwaway, takes_only_allowed=only,
        seen_version=rules.version,
    ):  # fmt: skip
        st.rerun()


def _list(
    name: str,
    found: Sequence[AllowedDomain] | Sequence[BlockedDomain],
    *,
    remove: Callable[..., None],
    may_edit: bool,
) -> None:
    st.markdown(f"**{plain(t(f'topics.domains.{name}'))}**")
    st.caption(plain(t(f"topics.domains.{name}.hint")))
    if not found:
        st.caption(plain(t(f"topics.domains.{name}.none")))
        return
    acts = (Action("remove", t("topics.domains.remove")),) if may_edit else ()
    rows = [Row(id=str(one.id), cells={"name": one.domain}, actions=acts) for one in found]
    chosen = tables.show(f"{KEY}.{name}", [Column("name", t("topics.domains.name"))], rows,
                         label=t(f"topics.domains.{name}"))  # fmt: skip
    if chosen.acted and actions.attempt(remove, domain_id=int(chosen.acted)):
        st.rerun()
