"""A copy of an installation: undecided, kept as a copy, or made the one that sends."""

from datetime import datetime

import pytest
from sqlmodel import select

from core.access.terms import DepartmentKind, Role
from core.audit.models import AuditEntry
from core.db import reading, transaction
from core.errors import Conflict, Forbidden
from core.organisation import copies, instance
from core.organisation.terms import Standing
from tests.support.cast import actor_of, administrator, make_organisation, make_user


def standing() -> Standing:
    with reading() as session:
        return copies.standing(session)


@pytest.fixture
def restored(store: str) -> None:
    with transaction() as session:
        make_organisation(session)
    instance.take_mark_off()


def test_the_original_is_no_copy_and_cannot_become_one(store: str, now: datetime) -> None:
    assert standing() is Standing.SENDS, "before there is an organisation"
    with transaction() as session:
        make_organisation(session)
    assert standing() is Standing.SENDS
    with pytest.raises(Conflict, match=r"instance\.sends"), transaction() as session:
        copies.keep_as_copy(session, administrator(), now=now)
    assert standing() is Standing.SENDS


def test_a_copy_stays_silent_and_may_become_the_real_one(restored: None, now: datetime) -> None:
    assert standing() is Standing.UNDECIDED
    with transaction() as session:
        copies.keep_as_copy(session, administrator(), now=now)
    assert standing() is Standing.COPY
    with reading() as session:
        assert not instance.may_send(session)
    with transaction() as session:
        instance.confirm(session, administrator(), now=now)
    assert standing() is Standing.SENDS
    with reading() as session:
        noted = [one.action for one in session.exec(select(AuditEntry)).all()]
    assert noted[-2:] == ["instance.kept_as_copy", "instance.confirmed"]


def test_a_copy_that_is_restored_over_asks_anew(restored: None, now: datetime) -> None:
    with transaction() as session:
        copies.keep_as_copy(session, administrator(), now=now)
    instance.take_mark_off()
    assert standing() is Standing.UNDECIDED


def test_only_administrators_decide(restored: None, now: datetime) -> None:
    with transaction() as session:
        manager = actor_of(session, make_user(session, "a", Role.MANAGER, DepartmentKind.PEOPLE))
    with pytest.raises(Forbidden), transaction() as session:
        copies.keep_as_copy(session, manager, now=now)
    assert standing() is Standing.UNDECIDED
