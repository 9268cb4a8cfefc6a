"""Tasks on a real store: made once, done once, seen by those who do them."""

from datetime import datetime, timedelta

import pytest
from sqlmodel import select

from core.access.terms import Actor, DepartmentKind, Role
from core.activities import service
from core.activities.models import Task
from core.activities.terms import TaskInput
from core.audit.models import AuditEntry
from core.db import reading, transaction
from core.errors import Conflict, Forbidden, Invalid, NotFound
from tests.support.cast import (
    NOON,
    actor_of,
    administrator,
    department_id,
    make_contact,
    make_organisation,
    make_user,
)

ADMIN = administrator()
HOUR = timedelta(hours=1)


@pytest.fixture
def house(store: str) -> str:
    with transaction() as session:
        make_organisation(session)
    return store


def staff(
    login: str, role: Role = Role.OPERATOR, kind: DepartmentKind = DepartmentKind.OPERATIONS
) -> Actor:
    with transaction() as session:
        return actor_of(session, make_user(session, login, role, kind))


def of(kind: DepartmentKind) -> int:
    with reading() as session:
        return department_id(session, kind)


def add(title: str = "Order chairs", *, due_at: datetime = NOON, **more: object) -> int:
    with transaction() as session:
        task = TaskInput(title=title, due_at=due_at, **more)  # type: ignore[arg-type]
        return service.add_task(session, ADMIN, task=task, now=NOON).id


def due(actor: Actor, *, department: int | None = None, until: datetime = NOON + HOUR) -> list[str]:
    with reading() as session:
        lines = service.tasks_due(session, actor, until=until, now=NOON, department_id=department)
        return [line.title for line in lines]


def complete(actor: Actor, task_id: int, *, now: datetime = NOON) -> Task:
    with transaction() as session:
        return service.complete_task(session, actor, task_id=task_id, now=now)


def test_a_person_sees_own_tasks_and_those_of_the_department_that_nobody_owns(house: str) -> None:
    ann, ben = staff("ann"), staff("ben")
    operations = of(DepartmentKind.OPERATIONS)
    add("mine", owner_id=ann.id, department_id=operations)
    add("ours", department_id=operations)
    add("his", owner_id=ben.id, department_id=operations)
    add("theirs", department_id=of(DepartmentKind.SALES))
    assert due(ann) == ["mine", "ours"]
    assert due(ben) == ["ours", "his"]
    assert due(ann, department=operations) == ["mine", "ours", "his"]


def test_tasks_come_by_due_time_and_only_up_to_the_moment_asked_for(house: str) -> None:
    ann = staff("ann")
    for hours in (3, 1, 2):
        add(f"in {hours}", owner_id=ann.id, due_at=NOON + hours * HOUR)
    assert due(ann, until=NOON + 2 * HOUR) == ["in 1", "in 2"]


def test_overdue_tasks_are_those_whose_time_is_over_and_that_are_not_done(house: str) -> None:
    ann = staff("ann")
    late = add("late", owner_id=ann.id, due_at=NOON - HOUR)
    add("now", owner_id=ann.id, due_at=NOON)
    with reading() as session:
        assert [line.title for line in service.overdue(session, ann, now=NOON)] == ["late"]
    complete(ann, late)
    with reading() as session:
        assert service.overdue(session, ann, now=NOON) == []


def test_a_line_names_the_owner_and_whom_it_is_about(house: str) -> None:
    ann = staff("ann")
    with transaction() as session:
        person = make_contact(session)
    add(owner_id=ann.id, contact_id=person.id)
    with reading() as session:
        line = service.tasks_due(session, ann, until=NOON, now=NOON)[0]
    assert (line.owner_name, line.contact_name) == ("Ann Karimi", "Sara Ahmadi")


def test_a_task_is_done_once_and_the_first_doer_stays_named(house: str) -> None:
    ann, ben = staff("ann"), staff("ben")
    task_id = add(department_id=of(DepartmentKind.OPERATIONS))
    complete(ann, task_id)
    again = complete(ben, task_id, now=NOON + HOUR)
    assert (again.done_by_id, again.done_at, again.version) == (ann.id, NOON, 2)
    with reading() as session:
        acts = session.exec(select(AuditEntry).where(AuditEntry.action == "task.completed")).all()
        assert acts[0].actor_id == ann.id
        assert acts[0].object_name == "Order chairs"


def test_a_task_opened_again_is_due_as_before(house: str) -> None:
    ann = staff("ann")
    task_id = add(owner_id=ann.id)
    complete(ann, task_id)
    assert due(ann) == []
    with transaction() as session:
        task = service.reopen_task(session, ann, task_id=task_id, now=NOON)
        assert (task.done_at, task.done_by_id, task.due_at) == (None, None, NOON)
    assert due(ann) == ["Order chairs"]


def test_a_task_of_another_department_is_neither_seen_nor_done(house: str) -> None:
    ann = staff("ann")
    sales = of(DepartmentKind.SALES)
    task_id = add(department_id=sales)
    with pytest.raises(Forbidden):
        complete(ann, task_id)
    with pytest.raises(Forbidden):
        due(ann, department=sales)


def test_who_only_looks_does_no_task_of_the_department_but_their_own(house: str) -> None:
    eve = staff("eve", Role.VIEWER)
    shared = add("shared", department_id=of(DepartmentKind.OPERATIONS))
    own = add("own", owner_id=eve.id)
    assert due(eve) == ["own"]
    with pytest.raises(Forbidden):
        complete(eve, shared)
    assert complete(eve, own).done_at == NOON


def test_a_withdrawn_task_is_gone_from_the_lists_and_cannot_be_done(house: str) -> None:
    ann = staff("ann")
    task_id = add(owner_id=ann.id)
    with transaction() as session:
        assert service.cancel_task(session, task_id, now=NOON)
        assert not service.cancel_task(session, task_id, now=NOON)
    assert due(ann) == []
    with pytest.raises(Conflict, match=r"task\.cancelled"):
        complete(ann, task_id)


def test_a_done_task_is_not_withdrawn(house: str) -> None:
    ann = staff("ann")
    task_id = add(owner_id=ann.id)
    complete(ann, task_id)
    with transaction() as session:
        assert not service.cancel_task(session, task_id, now=NOON)


def test_the_same_key_makes_one_task(house: str) -> None:
    ann = staff("ann")
    assert add(owner_id=ann.id, dedup_key="k:1") == add("other", owner_id=ann.id, dedup_key="k:1")
    assert due(ann) == ["Order chairs"]


@pytest.mark.parametrize(
    ("more", "code", "field"),
    [
        ({"title": " \n "}, "task.title_missing", "title"),
        ({"title": "x" * 201}, "task.title_long", "title"),
        ({"title": "fine"}, "task.nobody", "owner_id"),
    ],
)
def test_a_task_that_cannot_be_is_refused_at_its_field(
    house: str, more: dict[str, str], code: str, *, field: str
) -> None:
    named = {} if code == "task.nobody" else {"department_id": of(DepartmentKind.SALES)}
    with pytest.raises(Invalid) as refusal:
        add(**more, **named)  # type: ignore[arg-type]
    assert (refusal.value.code, refusal.value.field) == (code, field)


def test_a_task_that_is_not_there_is_said_to_be_missing(house: str) -> None:
    with pytest.raises(NotFound, match=r"task\.missing"):
        complete(ADMIN, 999)
