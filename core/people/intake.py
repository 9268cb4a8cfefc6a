"""Rows of a sheet into the store: judged against what is known, taken one by one, then linked.

Building blocks of the verbs and of the import job, which ask for permission.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Protocol

from sqlmodel import Session

from core.access.terms import Actor
from core.contacts import queries as contact_queries
from core.contacts.terms import ContactKind
from core.errors import ChaparError, Invalid
from core.i18n.text import search_key
from core.jobs.mapping import check_mapping
from core.organisation import queries as organisation
from core.people import queries, sheet, staff
from core.people.headings import FIELDS
from core.people.house import House, newcomer
from core.people.models import Employee
from core.people.planning import renew_plan
from core.people.rules import code_key
from core.people.terms import (
    EmployeeInput,
    Fault,
    Intake,
    Known,
    PastDue,
    PasteInput,
    PastePreview,
    RowDraft,
    RowVerdict,
)


class Make(Protocol):
    """What makes an employee of a row: with its plan, or without one yet."""

    def __call__(
        self, session: Session, actor: Actor, shared: House, *, given: EmployeeInput, now: datetime
    ) -> Employee:
        """Return the new employee."""


def preview(session: Session, paste: PasteInput) -> PastePreview:
    """Return what the pasted table would do; raises Invalid where it is no table of employees."""
    rows = sheet.read_pasted(paste.text)
    headers = rows[0].cells if sheet.has_header(rows[0]) else ()
    body = rows[1:] if headers else rows
    if not body:
        raise Invalid("paste.empty", field="text")
    mapping = paste.mapping
    if mapping is None:
        mapping = sheet.headed_columns(headers) if headers else sheet.guess_columns(body)
    width = max(len(row.cells) for row in rows)
    check_mapping(mapping, FIELDS, width)
    if "first_name" not in mapping:
        raise Invalid("paste.name_missing", field="text")
    found = sheet.drafts(body, mapping, paste.calendar)
    found = [with_choices(draft, past_due=paste.past_due, source="paste") for draft in found]
    return PastePreview(headers, mapping, width, tuple(judge(session, found)))


def with_choices(draft: RowDraft, *, past_due: PastDue, source: str) -> RowDraft:
    """Return the row with what was chosen for the whole sheet."""
    return replace(draft, given=replace(draft.given, past_due=past_due, source=source))


def judge(
    session: Session, found: Sequence[RowDraft], *, also: frozenset[str] = frozenset()
) -> list[RowVerdict]:
    """Return what would become of each row now; `also`: managers named elsewhere in the file."""
    return sheet.judge(found, _known(session, found), also=also)


def take(
    session: Session,
    actor: Actor,
    shared: House,
    *,
    verdicts: Iterable[RowVerdict],
    now: datetime,
    make: Make = staff.enrol,
) -> Intake:
    """Return the employees made of the good rows; each row is taken whole or not at all."""
    added: list[int] = []
    refused: list[RowVerdict] = []
    for verdict in verdicts:
        if not verdict.is_good:
            refused.append(verdict)
            continue
        try:
            with session.begin_nested():
                employee = make(session, actor, shared, given=verdict.given, now=now)
        except ChaparError as error:
            fault = Fault(error.field or "", error.code, error.params)
            refused.append(replace(verdict, faults=(fault,)))
        else:
            added.append(employee.id)
    return Intake(tuple(added), tuple(refused))


def link_managers(
    session: Session,
    actor: Actor,
    shared: House,
    *,
    verdicts: Iterable[RowVerdict],
    now: datetime,
) -> int:
    """Give employees the managers who stood in the same sheet; return how many got none.

    Safe to run twice. None is given where the manager's own row was refused, or in a circle.
    """
    unled = 0
    for verdict in verdicts:
        draft = verdict.draft
        if not draft.manager or not verdict.is_good or verdict.given.manager_id is not None:
            continue
        found = _named(session, draft.given.code, draft.given.email, draft.given.private_email)
        employee = queries.employee(session, found) if found is not None else None
        if employee is None or not link(session, employee, draft.manager):
            unled += 1
            continue
        who, past_due = newcomer(session, employee), verdict.given.past_due
        renew_plan(session, actor, shared, who=who, past_due=past_due, now=now)
    return unled


def link(session: Session, employee: Employee, manager: str) -> bool:
    """Give the employee the manager known by this code or address; False where it got none."""
    if employee.manager_id is not None:
        return True
    manager_id = _named(session, manager)
    return manager_id is not None and staff.lead(session, employee, manager_id)


def _named(session: Session, *names: str) -> int | None:
    """Return the employee known by one of these codes or addresses."""
    for name in filter(None, names):
        by_code = queries.by_code(session, code_key(name))
        if by_code is not None:
            return by_code.id
        owners = queries.known_addresses(session, [sheet.address_key(name)])
        found = queries.employees_by_contact(session, list(owners.values()))
        if found:
            return next(iter(found.values()))
    return None


def _known(session: Session, found: Sequence[RowDraft]) -> Known:
    """Return what the store knows of all that these rows name, asked for all at once."""
    texts = {text for d in found for text in (d.given.code, d.given.email, d.given.private_email,
                                              d.manager) if text}  # fmt: skip
    addresses = {key for key in map(sheet.address_key, texts) if key}
    owners = queries.known_addresses(session, addresses)
    staff_by_contact = queries.employees_by_contact(session, set(owners.values()))
    kinds = {one.id: one.kind for one in contact_queries.contacts(session, set(owners.values()))}
    taken = {
        address
        for address, contact_id in owners.items()
        if contact_id not in staff_by_contact and kinds.get(contact_id) is not ContactKind.EMPLOYEE
    }
    return Known(
        departments=_by_name((d.id, d.names.values()) for d in organisation.departments(session)),
        offices=_by_name((o.id, [o.name]) for o in organisation.offices(session)),
        codes=queries.known_codes(session, {code_key(text) for text in texts}),
        addresses={
            address: staff_by_contact[contact_id]
            for address, contact_id in owners.items()
            if contact_id in staff_by_contact
        },
        taken=frozenset(taken),
    )


def _by_name(named: Iterable[tuple[int, Iterable[str]]]) -> dict[str, int]:
    return {search_key(name): row_id for row_id, names in named for name in names}
