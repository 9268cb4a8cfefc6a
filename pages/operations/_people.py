"""Departments and colleagues as the choices of one field."""

from collections.abc import Sequence
from dataclasses import dataclass

from components import actions, auth
from components.i18n import number, t
from core.access.terms import DepartmentKind
from core.alerts.audience import Candidates, candidates
from core.alerts.terms import Level, RuleDraft


@dataclass(frozen=True)
class Staff:
    """Whom a rule can tell. A key is `d:<department>` or `c:<contact>`."""

    found: Candidates
    mine: int | None

    @property
    def keys(self) -> list[str]:
        """Every choice, departments first."""
        departments = [f"d:{one}" for one in self.found.departments]
        return departments + [f"c:{one}" for one in self.found.contacts]

    def keys_of(self, draft: RuleDraft) -> list[str]:
        """Return the choices that a rule has made."""
        departments = [f"d:{one}" for one in draft.department_ids]
        return departments + [f"c:{one}" for one in draft.contact_ids]

    def name(self, key: str) -> str:
        """Return a choice in words."""
        kind, _, number = key.partition(":")
        return self.department(int(number)) if kind == "d" else self.person(int(number))

    def department(self, department_id: int) -> str:
        """Return a department in words."""
        name = self.found.departments.get(department_id, "")
        return t("alert.people.department", department=name)

    def person(self, contact_id: int) -> str:
        """Return a colleague's name."""
        return self.found.contacts.get(contact_id, t("common.unknown"))


def departments(keys: Sequence[str]) -> tuple[int, ...]:
    """Return the departments among the choices."""
    return tuple(int(key[2:]) for key in keys if key.startswith("d:"))


def contacts(keys: Sequence[str]) -> tuple[int, ...]:
    """Return the colleagues among the choices."""
    return tuple(int(key[2:]) for key in keys if key.startswith("c:"))


def staff(who: auth.Who) -> Staff:
    """Return whom this person's rules can tell."""
    own = [one.department_id for one in who.actor.grants if one.kind is DepartmentKind.OPERATIONS]
    return Staff(actions.ask(candidates), own[0] if own else None)


def said(draft: RuleDraft, people: Staff) -> str:
    """Return the rule as a sentence, for a list."""
    items = t("alert.items.all")
    if draft.categories or draft.codes:
        kind = "both" if draft.categories and draft.codes else "codes"
        kind = "categories" if not draft.codes else kind
        items = t(f"alert.items.{kind}", categories=draft.categories, codes=draft.codes)
    level = t("alert.level.reorder_point")
    if draft.level is Level.NUMBER:
        level = number(draft.number or 0)
    names = [people.department(one) for one in draft.department_ids]
    names += [people.person(one) for one in draft.contact_ids]
    told = names or [t("alert.people.nobody")]
    return t("alert.sentence", items=items, level=level, people=told)
