"""The form of a person: standard fields, then the custom ones that were defined; the owner."""

from collections.abc import Mapping
from typing import Any

import streamlit as st

from components import actions, auth, dates, forms
from components.i18n import t
from core.access.rules import level
from core.access.terms import Level, Permission
from core.activities import notes
from core.contacts import card
from core.contacts.card import Card
from core.contacts.terms import ContactInput, ContactKind, Gender
from core.i18n.terms import Calendar, Language
from pages.workspace import _custom

KINDS = [one for one in ContactKind if one is not ContactKind.EMPLOYEE]
PAIRS = (("first_name", "last_name"), ("company", "position"), ("country", "city"),
         ("source", "sub_source"))  # fmt: skip


def add() -> None:
    """Draw the form of somebody new."""
    key = "person.new"
    kind = _kind(key, ContactKind.LEAD)
    names = _pair(key, PAIRS[0], {})
    with st.container(horizontal=True):
        email = forms.text(f"{key}.email", _label("email"), kind="email")
        phone = forms.text(f"{key}.phone", _label("phone"), kind="phone",
                           hint=t("contacts.phone.hint"))  # fmt: skip
    given = ContactInput(kind=kind, email=email, phone=phone, **names, **_rest(key, {}))
    if forms.save_bar(key, label=t("contacts.add.save")):
        made = actions.perform(card.add_person, given=given, toast="contacts.added")
        if made is not None:
            close(key)


def edit(public_id: str) -> None:
    """Draw the form of somebody known."""
    key = "person.edit"
    found = actions.ask(card.read_card, public_id=public_id)
    old = actions.ask(_as_input, public_id=public_id)
    known = {name: getattr(old, name) for name in ContactInput.__dataclass_fields__}
    seen = st.session_state.setdefault(f"{key}.seen", found.contact.version)
    kind = found.contact.kind
    kind = kind if kind is ContactKind.EMPLOYEE else _kind(key, kind)
    names = _pair(key, PAIRS[0], known)
    rest = _rest(key, {**known, "birth": found.contact.birth_date,
                       "attributes": found.contact.attributes})  # fmt: skip
    given = ContactInput(kind=kind, **names, **rest)
    if forms.save_bar(key) and actions.attempt(
        card.change_person, public_id=public_id, version=seen, given=given
    ):
        close(key)


def _as_input(session: Any, actor: Any, *, public_id: str) -> ContactInput:
    return card.as_input(session, card.read_card(session, actor, public_id=public_id).contact)


def _kind(key: str, value: ContactKind) -> ContactKind:
    chosen = forms.pick(f"{key}.kind", _label("kind"), KINDS, value=value,
                        shown=lambda one: t(f"contact.kind.{one}"))  # fmt: skip
    return chosen or value


def _rest(key: str, known: Mapping[str, Any]) -> dict[str, Any]:
    """Draw everything but the name and the first address."""
    found: dict[str, Any] = {}
    for pair in PAIRS[1:]:
        found |= _pair(key, pair, known)
    with st.expander(t("contacts.more_fields"), key=f"{key}.more"):
        spoken = forms.pick(f"{key}.language", _label("language"), ["", *Language],
                            value=known.get("language", ""), shown=_language)  # fmt: skip
        gender = forms.pick(f"{key}.gender", _label("gender"), ["", *Gender],
                            value=known.get("gender", ""), shown=_gender)  # fmt: skip
        born = dates.date_field(f"{key}.birth_date", _label("birth_date"), value=known.get("birth"))
        address = known.get("postal_address", "")
        found["postal_address"] = forms.area(
            f"{key}.postal_address", _label("postal_address"), value=address, height=80
        )
        zone = known.get("time_zone", "")
        found["time_zone"] = forms.text(
            f"{key}.time_zone", _label("time_zone"), value=zone, example="Asia/Tehran"
        )
    return found | {
        "language": str(spoken or ""),
        "gender": str(gender or ""),
        "birth_date": born.isoformat() if born else "",
        "calendar": Calendar.GREGORIAN,
        "attributes": _custom.fields(key, known.get("attributes", {})),
    }


def _pair(key: str, names: tuple[str, ...], known: Mapping[str, Any]) -> dict[str, Any]:
    with st.container(horizontal=True):
        return {
            name: forms.text(f"{key}.{name}", _label(name), value=known.get(name, ""))
            for name in names
        }


def _label(name: str) -> str:
    return t(f"contact.field.{name}")


def _language(one: str) -> str:
    return Language(one).own_name if one else "–"


def _gender(one: str) -> str:
    return t(f"contact.gender.{one}") if one else "–"


def owner(who: auth.Who, found: Card) -> None:
    """Draw who looks after the person, to be chosen anew."""
    known = {0: t("contacts.nobody"), **actions.ask(notes.colleagues)}
    mine = found.contact.owner_id or 0
    chosen = forms.pick("contact.owner", t("contacts.bulk.owner_id"), list(known), value=mine,
                        shown=known.__getitem__)  # fmt: skip
    if chosen is None or chosen == mine:
        return
    given = actions.attempt(card.set_owner, public_id=found.line.public_id, owner_id=chosen or None)
    if given and level(who.actor, Permission.CONTACT_VIEW) is Level.OWN:
        st.switch_page("workspace/contacts.py")  # from now on somebody else's to see
    st.rerun()


def close(prefix: str) -> None:
    """Forget what was typed and draw the page anew."""
    for key in [key for key in st.session_state if str(key).startswith(f"{prefix}.")]:
        del st.session_state[key]
    st.rerun()
