"""What calls carry and answers hold. A body may say nothing but what is named here."""

from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, Field, StrictInt

from core.access.terms import DepartmentKind
from core.contacts.models import Contact
from core.contacts.terms import ContactKind, ContactLine, ContactStatus
from core.http.api.inputs import Input
from core.messages.terms import MessageStatus, Reason
from core.operations.models import StockItem, StockMovement
from core.operations.terms import MovementKind, StockState
from core.people.terms import PastDue
from core.people.walk import Entry

Short = Annotated[str, Field(max_length=200)]
Pieces = Annotated[StrictInt, Field(ge=0, le=10**12)]


class CountIn(Input):
    """A count, and what else may be said of an item; what is left out stays."""

    counted: Pieces
    name: Short | None = None
    category: Short | None = None
    unit: Short | None = None
    reorder_point: Pieces | None = None
    note: Annotated[str, Field(max_length=300)] = ""


class MovementIn(Input):
    """Pieces that came in or went out. reference: your own number; the same one counts once."""

    kind: Literal["receipt", "issue", "sale", "return"]
    quantity: Annotated[StrictInt, Field(ge=1, le=10**12)]
    note: Annotated[str, Field(max_length=300)] = ""
    reference: Annotated[str, Field(max_length=100)] = ""


class EmployeeIn(Input):
    """A member of staff. Dates are Gregorian; manager is the code of another employee."""

    first_name: Short
    last_name: Short = ""
    code: Short = ""
    email: Annotated[str, Field(max_length=1000)] = ""
    private_email: Annotated[str, Field(max_length=1000)] = ""
    language: Literal["", "fa", "ar", "en"] = ""
    time_zone: Short = ""
    job_title: Short = ""
    start_date: date | None = None
    end_date: date | None = None
    department: DepartmentKind | None = None
    manager: Short = ""
    past_due: PastDue = PastDue.SKIP


class RecipientIn(Input):
    """To whom: an address, or the public id of a contact."""

    email: Annotated[str, Field(max_length=1000)] = ""
    contact: Annotated[str, Field(max_length=40)] = ""


class MessageIn(Input):
    """A mail by template, by its key or name. values: what the template reads."""

    template: Short
    to: RecipientIn
    values: dict[str, object] = Field(default_factory=dict)
    send_at: AwareDatetime | None = None


class ContactIn(Input):
    """A person, named by email, phone or external_id. What is left out stays as it is.

    external_source: the system whose number external_id is; your own key without it. birth_date is
    Gregorian; attributes are custom fields by key; tags replace those there are.
    """

    email: Annotated[str, Field(max_length=1000)] = ""
    phone: Annotated[str, Field(max_length=60)] = ""
    external_id: Annotated[str, Field(max_length=80)] = ""
    external_source: Annotated[str, Field(max_length=80)] = ""
    kind: Literal["lead", "customer", "partner"] | None = None
    first_name: Annotated[str, Field(max_length=120)] | None = None
    last_name: Annotated[str, Field(max_length=120)] | None = None
    company: Short | None = None
    position: Annotated[str, Field(max_length=120)] | None = None
    country: Annotated[str, Field(max_length=80)] | None = None
    city: Annotated[str, Field(max_length=120)] | None = None
    postal_address: Annotated[str, Field(max_length=500)] | None = None
    language: Literal["", "fa", "ar", "en"] | None = None
    time_zone: Annotated[str, Field(max_length=64)] | None = None
    birth_date: date | None = None
    gender: Literal["", "female", "male", "other"] | None = None
    source: Annotated[str, Field(max_length=80)] | None = None
    sub_source: Annotated[str, Field(max_length=80)] | None = None
    attributes: dict[Annotated[str, Field(max_length=60)], object] = Field(default_factory=dict)
    tags: Annotated[list[Annotated[str, Field(max_length=80)]], Field(max_length=50)] | None = None


class ContactOut(BaseModel):
    """A person. email and phone: the primary ones."""

    id: str
    kind: ContactKind
    status: ContactStatus
    first_name: str
    last_name: str
    email: str
    phone: str
    company: str
    position: str
    country: str | None
    city: str | None
    language: str | None
    time_zone: str | None
    birth_date: date | None
    source: str
    sub_source: str
    tags: list[str]
    attributes: dict[str, object]
    created_at: datetime
    engaged_at: datetime | None

    @classmethod
    def of(cls, contact: Contact, line: ContactLine) -> "ContactOut":
        """Return the person as programs see them."""
        named = {"id", "email", "phone", "company", "tags"}
        values = {name: getattr(contact, name) for name in cls.model_fields if name not in named}
        return cls(id=contact.public_id, email=line.email, phone=line.phone, company=line.company,
                   tags=list(line.tags), **values)  # fmt: skip


class ContactPageOut(BaseModel):
    """Some people, and the cursor that leads on; null at the end."""

    items: list[ContactOut]
    next_cursor: str | None


class StockItemOut(BaseModel):
    """A stock item."""

    code: str
    name: str
    category: str
    unit: str
    on_hand: int
    reorder_point: int
    state: StockState
    low_since: datetime | None

    @classmethod
    def of(cls, item: StockItem) -> "StockItemOut":
        """Return the item as programs see it."""
        return cls(**{name: getattr(item, name) for name in cls.model_fields})


class StockPage(BaseModel):
    """Some items, and the cursor that leads on; null at the end."""

    items: list[StockItemOut]
    next_cursor: str | None


class MovementOut(BaseModel):
    """A movement that was made. quantity has a sign."""

    code: str
    kind: MovementKind
    quantity: int
    on_hand_after: int
    at: datetime
    note: str

    @classmethod
    def of(cls, movement: StockMovement, *, code: str) -> "MovementOut":
        """Return the movement as programs see it."""
        names = [name for name in cls.model_fields if name != "code"]
        return cls(code=code, **{name: getattr(movement, name) for name in names})


class EmployeeOut(BaseModel):
    """An employee. email: the address used today."""

    code: str
    contact: str
    first_name: str
    last_name: str
    email: str
    work_email: str
    private_email: str
    language: str | None
    time_zone: str | None
    job_title: str
    start_date: date | None
    end_date: date | None
    department: DepartmentKind | None
    manager: str | None

    @classmethod
    def of(cls, entry: Entry) -> "EmployeeOut":
        """Return the employee as programs see it."""
        named = {"contact", "department", "manager"}
        values = {name: getattr(entry.line, name) for name in cls.model_fields if name not in named}
        return cls(
            **values, contact=entry.contact, department=entry.department, manager=entry.manager
        )


class EmployeePage(BaseModel):
    """Some employees, and the cursor that leads on; null at the end."""

    items: list[EmployeeOut]
    next_cursor: str | None


class MessageOut(BaseModel):
    """A message as it stands. reason: null while nothing was decided."""

    id: str
    status: MessageStatus
    reason: Reason | None
    subject: str
    created_at: datetime
    due_at: datetime
    sent_at: datetime | None
    attempt_count: int


class CheckOut(BaseModel):
    """One line of the checklist. passed: null where it was not looked at."""

    name: str
    passed: bool | None
    text: str
    values: dict[str, object]


class WhyOut(BaseModel):
    """Why a message is where it is. is_forecast: what would be decided now."""

    id: str
    status: MessageStatus
    reason: Reason
    detail: str
    text: str
    until: datetime | None
    is_forecast: bool
    checks: list[CheckOut]


class ProblemOut(BaseModel):
    """What went wrong (RFC 9457). code is stable; title and detail are for people."""

    type: str
    title: str
    status: int
    detail: str
    instance: str
    code: str
    errors: list[dict[str, str]] | None = None
