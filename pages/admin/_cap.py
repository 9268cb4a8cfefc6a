"""The form of a cap: whom it guards, what counts, how much in how long, and what of the rest."""

from datetime import timedelta

import streamlit as st

from components import actions, auth, forms
from components.i18n import has, language, t
from core.access.terms import Permission
from core.consent.rules import in_language
from core.consent.topics import list_topics
from core.contacts.terms import Audience
from core.delivery.service import list_senders
from core.messages import settings
from core.messages.inputs import DAY_S, CapInput
from core.messages.models import CapRule
from core.messages.terms import CAPPED_CLASSES, CapScope, MessageClass, OnCap, WindowKind

KEY = "caps"
USUAL_LIMIT = 2
AS_SENT = "as_sent"
"""Stands for on_cap None: each message says itself what becomes of it."""


def named(rule: CapRule) -> str:
    """Return the name of a cap in words; those that came with the program are codes."""
    return t(rule.name) if has(rule.name) else rule.name


def places(who: auth.Who, scope: CapScope) -> dict[int, str]:
    """Return what a cap of this scope can be narrowed to, by id."""
    if scope is CapScope.DEPARTMENT:
        spoken = language().value
        return {one.id: one.names.get(spoken) or t(f"department.{one.kind}")
                for one in who.departments}  # fmt: skip
    if scope is CapScope.SENDER and auth.may(who, Permission.SENDER_VIEW):
        return {one.id: one.name for one in actions.ask(list_senders)}
    if scope is CapScope.TOPIC and auth.may(who, Permission.TOPIC_VIEW):
        found = (line.topic for line in actions.ask(list_topics))
        return {one.id: in_language(one.names, [language()]) for one in found if one.is_active}
    return {}


def form(who: auth.Who, rule: CapRule | None) -> None:
    """Draw the form, a new cap where there is none; keep it when asked to."""
    key = f"{KEY}.cap{rule.id if rule else ''}"
    called = named(rule) if rule else ""
    name = forms.text(f"{key}.name", t("caps.name"), value=called, example=t("caps.name.example"))
    audience = forms.pick(f"{key}.audience", t("caps.audience"), list(Audience),
                          value=rule.audience if rule else Audience.EXTERNAL,
                          shown=lambda one: t(f"caps.audience.{one}"))  # fmt: skip
    scope, scope_id = _scope(who, key, rule)
    known = [MessageClass(one) for one in rule.counted_classes] if rule else list(CAPPED_CLASSES)
    kinds = forms.many(f"{key}.counted_classes", t("caps.kinds"), list(CAPPED_CLASSES),
                       value=known, shown=lambda one: t(f"templates.class.{one}"))  # fmt: skip
    limit = forms.count(f"{key}.limit", t("caps.limit"), value=rule.limit if rule else USUAL_LIMIT)
    kind, window = _window(key, rule)
    how = forms.pick(f"{key}.on_cap", t("caps.on_cap"), [AS_SENT, *OnCap],
                     value=(rule.on_cap if rule else None) or AS_SENT,
                     shown=lambda one: t(f"caps.on_cap.{one}"))  # fmt: skip
    if not forms.save_bar(key, ready=limit is not None and window is not None):
        return
    given = CapInput(
        name=rule.name if rule and name == called else name, audience=audience or Audience.EXTERNAL,
        counted_classes=frozenset(kinds), limit=limit or 0, window_kind=kind,
        window=window or timedelta(0), scope=scope, scope_id=scope_id,
        on_cap=None if how in {None, AS_SENT} else OnCap(how),
    )  # fmt: skip
    saved = (
        actions.attempt(settings.change_cap, rule_id=rule.id, seen_version=rule.version,
                        given=given)
        if rule
        else actions.attempt(settings.add_cap, given=given)
    )  # fmt: skip
    if saved:
        st.rerun()


def _scope(who: auth.Who, key: str, rule: CapRule | None) -> tuple[CapScope, int | None]:
    """Draw among which messages it counts; each department or sender by itself, or one of them."""
    scope = forms.pick(f"{key}.scope", t("caps.scope"), list(CapScope),
                       value=rule.scope if rule else CapScope.ORGANISATION,
                       shown=lambda one: t(f"caps.scope.{one}"))  # fmt: skip
    scope = scope or CapScope.ORGANISATION
    known = places(who, scope)
    if not known:
        return scope, rule.scope_id if rule and rule.scope is scope else None
    held = rule.scope_id if rule and rule.scope is scope else None
    one = forms.pick(f"{key}.scope_id", t(f"caps.scope_id.{scope}"), [0, *known], value=held or 0,
                     shown=lambda one: known.get(one) or t("caps.scope.each"))  # fmt: skip
    return scope, one or None


def _window(key: str, rule: CapRule | None) -> tuple[WindowKind, timedelta | None]:
    kind = forms.pick(f"{key}.window_kind", t("caps.window"), list(WindowKind),
                      value=rule.window_kind if rule else WindowKind.ROLLING,
                      shown=lambda one: t(f"caps.window.{one}"))  # fmt: skip
    if kind is WindowKind.CALENDAR_DAY:
        return kind, timedelta(days=1)
    whole = not rule or rule.window_s % DAY_S == 0
    unit = timedelta(days=1) if whole else timedelta(hours=1)
    first = max(timedelta(seconds=rule.window_s) // unit, 1) if rule else 1
    label = t("caps.days" if whole else "caps.hours")
    length = forms.count(f"{key}.window", label, value=first)
    return WindowKind.ROLLING, None if length is None else length * unit
