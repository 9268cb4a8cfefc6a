"""Verbs of the preset: the steps that plans of first days are made from."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time

from sqlmodel import Session

from core.access.service import verb
from core.access.terms import Actor, DepartmentKind, Permission
from core.audit import service as audit
from core.errors import Conflict, NotFound
from core.i18n.catalog import translate
from core.i18n.terms import Language
from core.organisation import queries as organisation
from core.organisation.inputs import checked_names
from core.organisation.terms import HolidayRule
from core.people import queries, rules
from core.people.models import OnboardingStep
from core.people.terms import StepFor, StepInput, StepKind
from core.templates import queries as templates
from core.templates.models import Template

WELCOME = "welcome"
NINE, TEN = time(9), time(10)


@dataclass(frozen=True)
class Preset:
    """A step that comes with Chapar. `mail` is the key of a shipped template."""

    key: str
    offset_days: int
    at: time
    recipient: StepFor
    mail: str | None = None
    holiday_rule: HolidayRule = HolidayRule.AFTER


PRESETS = (
    Preset("equipment", -3, NINE, StepFor.DEPARTMENT, holiday_rule=HolidayRule.BEFORE),
    Preset("manager_note", -3, NINE, StepFor.MANAGER, "welcome_manager_note", HolidayRule.BEFORE),
    Preset(WELCOME, 0, NINE, StepFor.EMPLOYEE, "welcome_employee"),
    Preset("week", 7, TEN, StepFor.EMPLOYEE, "checkin_week"),
    Preset("month", 30, TEN, StepFor.EMPLOYEE, "checkin_month"),
    Preset("month_talk", 30, TEN, StepFor.MANAGER),
)


def ensure_default_steps(session: Session, *, now: datetime) -> None:
    """Have the steps that come with Chapar in the store; those that people changed stay.

    The shipped mails have to be there already.
    """
    del now
    operations = organisation.department_of_kind(session, DepartmentKind.OPERATIONS)
    for preset in PRESETS:
        if queries.step_by_key(session, preset.key) is not None:
            continue
        template = templates.by_key(session, preset.mail) if preset.mail else None
        if preset.mail and template is None:
            raise NotFound("template.missing")
        session.add(
            OnboardingStep(
                key=preset.key,
                offset_days=preset.offset_days,
                at=preset.at,
                kind=StepKind.MAIL if preset.mail else StepKind.TASK,
                recipient=preset.recipient,
                titles=_titles(preset.key),
                template_id=template.id if template else None,
                department_id=operations.id
                if operations and preset.recipient is StepFor.DEPARTMENT
                else None,
                holiday_rule=preset.holiday_rule,
            )
        )
    session.flush()


@verb(Permission.EMPLOYEE_VIEW, audit=None)
def list_steps(session: Session, _actor: Actor) -> Sequence[OnboardingStep]:
    """Return all steps in the order they happen, those switched off too."""
    return queries.steps(session)


@verb(Permission.EMPLOYEE_EDIT, audit="step.added")
def add_step(session: Session, actor: Actor, *, step: StepInput, now: datetime) -> OnboardingStep:
    """Return a new step. Plans take it up with their next renewal.

    Raises:
        Invalid: A "step.*" code at its field.
    """
    made = OnboardingStep.model_validate(_columns(session, step))
    session.add(made)
    session.flush()
    audit.record(session, actor, "step.added", now=now, subject=made, after=_told(made))
    return made


@verb(Permission.EMPLOYEE_EDIT, audit="step.changed")
def change_step(
    session: Session, actor: Actor, *, step_id: int, version: int, step: StepInput, now: datetime
) -> OnboardingStep:
    """Return the step as now described. Plans follow with their next renewal.

    Raises:
        Invalid, Conflict: As `add_step`; "common.changed_meanwhile".
    """
    found = queries.step_for_update(session, step_id)
    if found is None:
        raise NotFound("step.missing")
    if found.version != version:
        raise Conflict("common.changed_meanwhile")
    before = _told(found)
    for name, value in _columns(session, step).items():
        setattr(found, name, value)
    found.version += 1
    session.add(found)
    session.flush()
    audit.record(session, actor, "step.changed", now=now, subject=found, before=before,
                 after=_told(found))  # fmt: skip
    return found


def _columns(session: Session, step: StepInput) -> dict[str, object]:
    rules.check_step(step)
    if step.template_id is not None and session.get(Template, step.template_id) is None:
        raise NotFound("template.missing", field="template_id")
    is_mail = step.kind is StepKind.MAIL
    return {
        "offset_days": step.offset_days,
        "at": step.at,
        "kind": step.kind,
        "recipient": step.recipient,
        "titles": checked_names(step.titles, field="titles"),
        "template_id": step.template_id if is_mail else None,
        "department_id": step.department_id,
        "holiday_rule": step.holiday_rule,
        "is_enabled": step.is_enabled,
    }


def _told(step: OnboardingStep) -> Mapping[str, object]:
    """Return the step as the audit log tells it."""
    return {
        "offset_days": step.offset_days,
        "at": step.at.strftime("%H:%M"),
        "kind": step.kind.value,
        "recipient": step.recipient.value,
        "titles": step.titles,
        "template_id": step.template_id,
        "department_id": step.department_id,
        "holiday_rule": step.holiday_rule.value,
        "is_enabled": step.is_enabled,
    }


def _titles(key: str) -> dict[str, str]:
    return {language.value: translate(language, f"step.{key}") for language in Language}
