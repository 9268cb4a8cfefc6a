"""Make a fresh store usable: organisation, departments, office, sender, caps and mails."""

import secrets
from collections.abc import Callable, Mapping
from datetime import datetime, time

from sqlmodel import Session

from core.access.terms import DepartmentKind
from core.alerts.service import ensure_default_rule
from core.contacts.terms import Audience
from core.delivery.models import Sender
from core.i18n.catalog import translate
from core.i18n.terms import Calendar, Language
from core.messages.models import CapRule, QuietRule
from core.messages.terms import DayRule, OnCap, WindowKind
from core.organisation import instance
from core.organisation.models import Department, Office, Organisation
from core.people.steps import ensure_default_steps
from core.settings import settings
from core.templates import shipped
from core.templates.terms import MessageClass

DAY_S, WEEK_S = 86_400, 7 * 86_400
SATURDAY_TO_WEDNESDAY = (5, 6, 0, 1, 2)
THURSDAY, FRIDAY = 3, 4
OFFICE_HOURS = [["08:00", "16:30"]]
BOTH = [MessageClass.RELATIONSHIP.value, MessageClass.PROMOTIONAL.value]
PROMOTIONAL = [MessageClass.PROMOTIONAL.value]


def ensure_basics(session: Session, *, now: datetime) -> Organisation:
    """Return the organisation, made with sensible defaults on the first call; idempotent."""
    organisation = session.get(Organisation, 1)
    if organisation is None:
        organisation = _organisation(session)
        instance.claim(organisation)
        _departments(session)
        _office(session, organisation)
        _sender(session, organisation)
        _caps(session)
        _quiet_hours(session)
    shipped.ensure(session, language=organisation.language)
    for ensure in _defaults_of_departments():
        ensure(session, now=now)
    return organisation


def _organisation(session: Session) -> Organisation:
    language = Language(settings().default_language)
    calendar = Calendar.JALALI if language is Language.FA else Calendar.GREGORIAN
    made = Organisation(
        id=1,
        name=translate(language, "setup.default_name"),
        language=language,
        calendar=calendar,
        time_zone=settings().time_zone,
        instance_id=secrets.token_hex(16),
    )
    session.add(made)
    session.flush()
    return made


def _departments(session: Session) -> None:
    kinds = [kind for kind in DepartmentKind if kind is not DepartmentKind.OTHER]
    for kind in kinds:
        session.add(Department(kind=kind, names=_named(f"department.{kind.value}")))
    session.flush()


def _named(code: str) -> dict[str, str]:
    return {language.value: translate(language, code) for language in Language}


def _office(session: Session, organisation: Organisation) -> None:
    hours = {str(day): OFFICE_HOURS for day in SATURDAY_TO_WEDNESDAY}
    session.add(
        Office(
            name=translate(organisation.language, "setup.head_office"),
            country="IR",
            time_zone=organisation.time_zone,
            weekend=[THURSDAY, FRIDAY],
            hours=hours,
            is_default=True,
        )
    )
    session.flush()


def _sender(session: Session, organisation: Organisation) -> None:
    session.add(Sender(name=organisation.name, address="chapar@localhost.localdomain",
                       is_default=True))  # fmt: skip


def _caps(session: Session) -> None:
    """The catalogue's defaults (features section 3, point 2)."""
    external, internal = Audience.EXTERNAL, Audience.INTERNAL
    rules: list[Mapping[str, object]] = [
        {"name": "cap.promo_day", "counted_classes": PROMOTIONAL, "limit": 1, "window_s": DAY_S},
        {"name": "cap.promo_week", "counted_classes": PROMOTIONAL, "limit": 3, "window_s": WEEK_S},
        {"name": "cap.all_day", "counted_classes": BOTH, "limit": 2, "window_s": DAY_S},
        {"name": "cap.all_week", "counted_classes": BOTH, "limit": 5, "window_s": WEEK_S},
    ]
    for rule in rules:
        session.add(CapRule.model_validate({"audience": external, "on_cap": None, **rule}))
    session.add(
        CapRule(
            name="cap.internal_day",
            audience=internal,
            counted_classes=BOTH,
            limit=5,
            window_kind=WindowKind.CALENDAR_DAY,
            window_s=DAY_S,
            on_cap=OnCap.DIGEST,
        )
    )


def _quiet_hours(session: Session) -> None:
    evening, morning = time(21, 0), time(8, 0)
    session.add(QuietRule(audience=Audience.EXTERNAL, starts=evening, ends=morning))
    session.add(
        QuietRule(
            audience=Audience.INTERNAL,
            starts=evening,
            ends=time(7, 0),
            weekend=DayRule.SEND,
            holiday=DayRule.SEND,
            is_enabled=False,  # staff hear of low stock at night too, until they choose otherwise
        )
    )


def _defaults_of_departments() -> tuple[Callable[..., object], ...]:
    return ensure_default_rule, ensure_default_steps
