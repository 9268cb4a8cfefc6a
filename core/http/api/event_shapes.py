"""What calls about events carry, and what they are answered."""

from typing import Annotated

from pydantic import AwareDatetime, BaseModel, Field

from core.events.terms import BATCH_MOST
from core.http.api.inputs import Input

Id = Annotated[str, Field(max_length=120)]
Source = Annotated[str, Field(pattern=r"^([a-z][a-z0-9_.-]{0,30})?$")]


class WhoIn(Input):
    """Whom it is about: a contact's id, email, phone or external id, or a visitor's own id.

    external_source: the system whose number external_id is; your own key without it.
    """

    contact: Annotated[str, Field(max_length=40)] = ""
    email: Annotated[str, Field(max_length=1000)] = ""
    phone: Annotated[str, Field(max_length=60)] = ""
    country: Annotated[str, Field(max_length=2)] = ""
    external_id: Annotated[str, Field(max_length=80)] = ""
    external_source: Annotated[str, Field(max_length=80)] = ""
    anonymous_id: Annotated[str, Field(max_length=64)] = ""


class EventIn(WhoIn):
    """Something that happened. id: your own number of it; the same one counts once."""

    name: Annotated[str, Field(min_length=1, max_length=80)]
    id: Id = ""
    occurred_at: AwareDatetime | None = None
    properties: dict[str, object] = Field(default_factory=dict)


class OneEventIn(EventIn):
    """One event. source: whose numbers the ids are, where several programs share them."""

    source: Source = ""


class EventBatchIn(Input):
    """Up to 1,000 events. source: whose numbers the ids are, where several programs share them."""

    events: Annotated[list[EventIn], Field(min_length=1, max_length=BATCH_MOST)]
    source: Source = ""


class IdentifyIn(WhoIn):
    """Who a visitor is: anonymous_id, and one of the others."""

    source: Source = ""


class RefusedOut(BaseModel):
    """An event that was not taken in, by its place in the batch."""

    index: int
    code: str
    detail: str
    field: str | None


class RecordedOut(BaseModel):
    """What became of them. known: told before, and left as they were."""

    recorded: int
    known: int
    refused: list[RefusedOut]


class RecognisedOut(BaseModel):
    """The contact a visitor is, and how many earlier events became theirs."""

    contact: str
    joined: int
