"""Rows of the organisation: settings, departments, offices and holidays."""

from datetime import date, datetime

from sqlalchemy import Index, UniqueConstraint
from sqlmodel import Field

from core.access.terms import DepartmentKind
from core.db import Row, choice, document, maybe_ref, ref
from core.i18n.terms import Calendar, Language
from core.organisation.terms import MailMode, SetupStep


class Organisation(Row, table=True):
    """The one organisation of this installation (id 1)."""

    __tablename__ = "organisation"

    name: str = Field(max_length=200)
    language: Language = choice(Language)
    calendar: Calendar = choice(Calendar)
    time_zone: str = Field(max_length=64)
    currency: str = Field(default="IRR", max_length=3)
    shows_toman: bool = True
    postal_address: str = Field(default="", max_length=500)
    mail_mode: MailMode = choice(MailMode, default=MailMode.CAPTURE)
    recall_seconds: int = Field(default=30, ge=0, le=3600)
    follows_reactions: bool = True
    setup_step: SetupStep = choice(SetupStep, default=SetupStep.ORGANISATION)
    instance_id: str = Field(default="", max_length=64)
    went_live_at: datetime | None = None
    version: int = 1


class Department(Row, table=True):
    """A department; its kind chooses its pages."""

    __tablename__ = "department"

    kind: DepartmentKind = choice(DepartmentKind, index=True)
    names: dict[str, str] = document()
    office_id: int | None = maybe_ref("office")
    is_active: bool = True
    version: int = 1


class Office(Row, table=True):
    """A place of work: its zone, working hours, weekend and holidays.

    hours: weekday ("0" Monday … "6" Sunday) to intervals [["08:00", "12:00"], …] in local time.
    """

    __tablename__ = "office"

    name: str = Field(max_length=120)
    country: str = Field(default="IR", max_length=2)
    time_zone: str = Field(max_length=64)
    weekend: list[int] = document(factory=list)
    hours: dict[str, list[list[str]]] = document()
    is_default: bool = False
    version: int = 1


class Holiday(Row, table=True):
    """A day off of one office. Lunar dates stay unconfirmed until somebody confirms them."""

    __tablename__ = "holiday"
    __table_args__ = (UniqueConstraint("office_id", "day"), Index("ix_holiday_day", "day"))

    office_id: int = ref("office")
    day: date
    names: dict[str, str] = document()
    is_confirmed: bool = True
    version: int = 1
