"""The second job from end to end: somebody new is added, and reads a welcome in their language."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlmodel import select

from core import clock
from core.access.terms import DepartmentKind, Role
from core.db import reading, transaction
from core.i18n.terms import Language
from core.messages.models import Message
from core.messages.terms import MessageStatus
from core.organisation.queries import organisation
from core.people import onboarding
from core.people import service as people
from core.people.steps import ensure_default_steps
from core.people.terms import EmployeeInput, WelcomeInput
from core.templates import queries as templates
from tests.support.cast import actor_of, make_organisation, make_user, without_limits
from tests.support.inbox import Inbox
from tests.support.waiting import eventually

Wake = Callable[[str], None]


@pytest.mark.spec("S88", "S129", "S107")
def test_welcomes_sent_by_hand_arrive_in_each_persons_language_after_the_recall_time(
    inbox: Inbox, worker: object, wake: Wake
) -> None:
    now = clock.now()
    with transaction() as session:
        make_organisation(session, now=now)
        without_limits(session)
        ensure_default_steps(session, now=now)
        organisation(session).recall_seconds = 1
        actor = actor_of(session, make_user(session, "hr", Role.MANAGER, DepartmentKind.PEOPLE))
        version = templates.newest_by_key(session, "welcome_employee")
        assert version is not None
        for language in Language:
            given = EmployeeInput(
                first_name="Nima",
                last_name="Rezaei",
                email=f"{language.value}@example.com",
                language=language.value,
                start_date=(now.date() + timedelta(days=20)).isoformat(),
            )
            employee = people.add_employee(session, actor, given=given, now=now)
            welcome = WelcomeInput(employee_id=employee.id, template_version_id=version.id)
            onboarding.send_welcome_now(session, actor, welcome=welcome, now=now)
    mails = {mail.recipients[0]: mail.parsed() for mail in inbox.wait_for(3, deadline_s=90)}
    for language in Language:
        mail = mails[f"{language.value}@example.com"]
        html = mail.get_body(("html",))
        assert html is not None
        assert f'lang="{language.value}" dir="{language.direction}"' in html.get_content()
    assert len({str(mail["Subject"]) for mail in mails.values()}) == 3
    eventually(all_sent)


def all_sent() -> bool:
    with reading() as session:
        manual = session.exec(select(Message).where(Message.is_manual)).all()
    return {message.status for message in manual} == {MessageStatus.SENT}
