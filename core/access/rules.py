"""The permission table, and pure answers drawn from it.

ROLES is the only source: what is not granted here is refused, and the matrix test fails for
anything in code that asks for a permission which is not in it.
"""

from dataclasses import replace

from core.access.terms import Actor, DepartmentKind, Grant, Level, Permission, Role

P, K = Permission, DepartmentKind

KINDS: dict[Permission, frozenset[DepartmentKind]] = {
    P.STOCK_VIEW: frozenset({K.OPERATIONS, K.SALES}),
    P.STOCK_EDIT: frozenset({K.OPERATIONS}),
    P.STOCK_IMPORT: frozenset({K.OPERATIONS}),
    P.STOCK_EXPORT: frozenset({K.OPERATIONS}),
    P.ORDER_IMPORT: frozenset({K.OPERATIONS, K.SALES}),
    P.EMPLOYEE_VIEW: frozenset({K.PEOPLE}),
    P.EMPLOYEE_EDIT: frozenset({K.PEOPLE}),
    P.EMPLOYEE_IMPORT: frozenset({K.PEOPLE}),
    P.EMPLOYEE_SEND: frozenset({K.PEOPLE}),
    P.EMPLOYEE_EXPORT: frozenset({K.PEOPLE}),
}
"""Departments whose members a permission is for; a permission that is not named is for all."""

_VIEWER = {
    P.STOCK_VIEW: Level.ALL,
    P.ALERT_VIEW: Level.ALL,
    P.EMPLOYEE_VIEW: Level.ALL,
    P.CONTACT_VIEW: Level.ALL,
    P.SEGMENT_VIEW: Level.ALL,
    P.TOPIC_VIEW: Level.ALL,
    P.FORM_VIEW: Level.ALL,
    P.EVENT_VIEW: Level.ALL,
    P.TEMPLATE_VIEW: Level.ALL,
    P.MESSAGE_VIEW: Level.ALL,
    P.CALENDAR_VIEW: Level.ALL,
    P.SELF_EDIT: Level.OWN,
}
_OPERATOR = {
    **_VIEWER,
    P.STOCK_EDIT: Level.ALL,
    P.STOCK_IMPORT: Level.ALL,
    P.STOCK_EXPORT: Level.ALL,
    P.ALERT_ACKNOWLEDGE: Level.ALL,
    P.ALERT_EXPORT: Level.ALL,
    P.EMPLOYEE_EDIT: Level.ALL,
    P.EMPLOYEE_IMPORT: Level.ALL,
    P.ORDER_IMPORT: Level.ALL,
    P.CONTACT_EDIT: Level.ALL,
}
_AUTHOR = {
    **_VIEWER,
    P.TEMPLATE_EDIT: Level.ALL,
    P.SEGMENT_EDIT: Level.ALL,
    P.FORM_EDIT: Level.ALL,
}
_SELLER = {
    P.STOCK_VIEW: Level.ALL,
    P.CONTACT_VIEW: Level.OWN,
    P.CONTACT_EDIT: Level.OWN,
    P.SEGMENT_VIEW: Level.OWN,
    P.SEGMENT_EDIT: Level.OWN,
    P.TOPIC_VIEW: Level.ALL,
    P.EVENT_VIEW: Level.OWN,
    P.TEMPLATE_VIEW: Level.ALL,
    P.MESSAGE_VIEW: Level.OWN,
    P.MESSAGE_SEND: Level.OWN,
    P.CALENDAR_VIEW: Level.ALL,
    P.SELF_EDIT: Level.OWN,
}
_APPROVER = {**_VIEWER, P.MESSAGE_SEND: Level.ALL, P.EMPLOYEE_SEND: Level.ALL}
_MANAGER = {
    **_OPERATOR,
    **_AUTHOR,
    **_APPROVER,
    P.ALERT_EDIT: Level.ALL,
    P.CONTACT_EDIT: Level.ALL,
    P.CONTACT_IMPORT: Level.ALL,
    P.CONTACT_EXPORT: Level.ALL,
    P.TOPIC_EDIT: Level.ALL,
    P.MESSAGE_RESOLVE: Level.ALL,
    P.MESSAGE_EXPORT: Level.ALL,
    P.EMPLOYEE_EXPORT: Level.ALL,
    P.USER_VIEW: Level.ALL,
}
_AUDITOR = {
    **_VIEWER,
    P.STOCK_EXPORT: Level.ALL,
    P.ALERT_EXPORT: Level.ALL,
    P.EMPLOYEE_EXPORT: Level.ALL,
    P.MESSAGE_EXPORT: Level.ALL,
    P.USER_EXPORT: Level.ALL,
    P.AUDIT_VIEW: Level.ALL,
    P.AUDIT_EXPORT: Level.ALL,
    P.USER_VIEW: Level.ALL,
    P.SENDER_VIEW: Level.ALL,
    P.CAP_VIEW: Level.ALL,
    P.SETTINGS_VIEW: Level.ALL,
}

ROLES: dict[Role, dict[Permission, Level]] = {
    Role.ADMINISTRATOR: {p: Level.ALL for p in Permission if p is not P.SYSTEM_RUN},
    Role.MANAGER: _MANAGER,
    Role.AUTHOR: _AUTHOR,
    Role.OPERATOR: _OPERATOR,
    Role.APPROVER: _APPROVER,
    Role.SELLER: _SELLER,
    Role.VIEWER: _VIEWER,
    Role.AUDITOR: _AUDITOR,
}


def granted(grant: Grant, permission: Permission) -> Level:
    """Return how far this membership carries the permission."""
    if grant.role is Role.ADMINISTRATOR:
        return ROLES[grant.role].get(permission, Level.NO)
    if grant.role is not Role.AUDITOR and grant.kind not in KINDS.get(permission, {grant.kind}):
        return Level.NO
    return ROLES[grant.role].get(permission, Level.NO)


def level(actor: Actor, permission: Permission) -> Level:
    """Return the widest level the actor holds anywhere; memberships add up."""
    if actor.is_system:
        return Level.ALL
    if actor.scopes is not None and permission not in actor.scopes:
        return Level.NO
    return max((granted(grant, permission) for grant in actor.grants), default=Level.NO)


def within(actor: Actor, permission: Permission) -> Actor:
    """Return the actor with those memberships alone that carry the permission.

    What such an actor is shown is what the permission reaches: a list narrowed so is a list that
    may be taken out, also for somebody who only looks on in another department.
    """
    kept = (grant for grant in actor.grants if granted(grant, permission) is not Level.NO)
    return replace(actor, grants=tuple(kept))


def reaches(
    actor: Actor, permission: Permission, *, department_id: int | None, owner_id: int | None
) -> bool:
    """Return whether the actor may do this to a row of that department and owner.

    A row without a department belongs to the organisation: any holder of the permission
    reaches it at level TEAM or ALL, its owner at level OWN.
    """
    if actor.is_system:
        return True
    if actor.scopes is not None and permission not in actor.scopes:
        return False
    is_mine = owner_id is not None and actor.kind == "user" and owner_id == actor.id
    return any(_grant_reaches(grant, permission, department_id, is_mine=is_mine)
               for grant in actor.grants)  # fmt: skip


def _grant_reaches(
    grant: Grant, permission: Permission, department_id: int | None, *, is_mine: bool
) -> bool:
    held = granted(grant, permission)
    if held is Level.NO:
        return False
    if grant.role in {Role.ADMINISTRATOR, Role.AUDITOR}:
        return True
    if held is Level.OWN:
        return is_mine
    return department_id is None or department_id == grant.department_id


def departments(actor: Actor, permission: Permission) -> frozenset[int] | None:
    """Return the departments whose rows the actor reaches, or None for all of them."""
    wide = {Role.ADMINISTRATOR, Role.AUDITOR}
    held = [g for g in actor.grants if granted(g, permission) is not Level.NO]
    if actor.is_system or any(grant.role in wide for grant in held):
        return None
    return frozenset(g.department_id for g in held if granted(g, permission) >= Level.TEAM)
