"""Take in what somebody sent: the person, their consent, the mail that asks them to confirm."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel import Session

from core.consent import domains, erased
from core.consent import queries as consent
from core.consent.models import Topic
from core.consent.rules import judged
from core.consent.service import note_consent
from core.consent.terms import ConsentState, DomainVerdict
from core.contacts import queries as contacts
from core.contacts import service as people
from core.contacts import visitors
from core.contacts.models import Contact
from core.contacts.terms import ContactKind, IdentityKind
from core.errors import Conflict, Invalid, NotFound
from core.events import service as events
from core.events.service import Fact
from core.forms import confirming, downloads, limits, queries
from core.forms.answers import Answers, Typed, read
from core.forms.models import Form, Submission
from core.forms.terms import FieldName, SubmissionState
from core.organisation import queries as organisation

HOUR = timedelta(hours=1)
PER_ADDRESS = 5
"""So many of one address are taken in within an hour; more change nothing, and nobody is told."""


@dataclass(frozen=True)
class Origin:
    """Where a form came from. visitor: who the script on the site says it was, as sent."""

    ip: str | None
    visitor: str = ""


def take(
    session: Session,
    form: Form,
    *,
    typed: Typed,
    topic_ids: Collection[int],
    origin: Origin,
    now: datetime,
) -> None:
    """Keep what was sent; whoever sent it learns nothing of whether the person was known.

    Raises Invalid at the field that is wrong, and NotFound for a topic the form does not offer.
    """
    offered = {topic.id: topic for topic in queries.offered(session, form)}
    if set(topic_ids) - set(offered):
        raise NotFound("form.missing")
    answers = read(session, form, typed)
    verdict = _verdict(session, answers)
    if not _may_come(session, answers.address.normalised, now=now):
        return
    known = _known(session, answers)
    person = known or _made(session, form, answers, now=now)
    left = _filled_in(session, person, answers, form=form)
    is_held = known is None and verdict is DomainVerdict.HOLD
    if is_held:
        domains.hold(session, [person.id], verdict)
    state = SubmissionState.HELD if is_held else SubmissionState.TAKEN
    sent = Submission(form_id=form.id, contact_id=person.id, state=state, answers=left,
                      ip=origin.ip, sent_at=now, visitor=_visitor(origin))  # fmt: skip
    session.add(sent)
    session.flush()
    _tell(session, form, sent, now=now)
    wanted = [offered[one] for one in form.topic_ids if one in topic_ids]
    _subscribe(session, person, sent, form=form, wanted=wanted, now=now)
    _join(session, person, sent, is_new=known is None, now=now)


def _verdict(session: Session, answers: Answers) -> DomainVerdict:
    """Return whether to take in or to hold; the same words refuse, whatever list it was."""
    found = judged(answers.address.domain, domains.lists(session))
    if found.is_refusal:
        raise Invalid("form.domain_blocked", field=FieldName.EMAIL.value)
    return found


def _may_come(session: Session, normalised: str, *, now: datetime) -> bool:
    is_calm = limits.allows(session, "sign-up", normalised, limit=PER_ADDRESS, window=HOUR, now=now)
    return is_calm and not erased.is_erased(session, normalised)


def _known(session: Session, answers: Answers) -> Contact | None:
    known = contacts.identity(session, IdentityKind.EMAIL, answers.address.normalised)
    return contacts.contact(session, known.contact_id) if known else None


def _visitor(origin: Origin) -> str | None:
    try:
        return visitors.checked(origin.visitor) or None
    except Invalid:  # what no script of ours sends is nobody
        return None


def _join(
    session: Session, person: Contact, sent: Submission, *, is_new: bool, now: datetime
) -> None:
    """Let what was looked at before be theirs, once it is sure that it was they who signed up.

    Of somebody who is known anybody can write the address: without a second yes nothing is joined.
    """
    if sent.state is SubmissionState.WAITING:
        return
    if is_new:
        visitors.meet(session, person, anonymous_id=sent.visitor or "", now=now)
    sent.visitor = None
    session.flush()


def _made(session: Session, form: Form, answers: Answers, *, now: datetime) -> Contact:
    details = {"source": form.source or "form", "sub_source": form.name[:80],
               "first_touch_at": now, "language": form.language}  # fmt: skip
    made = people.add_contact(session, kind=ContactKind.LEAD, now=now, details=details)
    people.set_email(session, made, answers.address.raw)
    fact = Fact(
        name="contact.created",
        source="contact",
        dedup_key=f"created:{made.id}",
        occurred_at=now,
        contact_id=made.id,
        department_id=form.department_id,
        properties={"source": details["source"], "form": form.name},
    )
    events.record(session, fact)
    return made


def _filled_in(
    session: Session, person: Contact, answers: Answers, *, form: Form
) -> dict[str, object]:
    """Fill what was empty, and return what differs: a stranger may not rewrite who somebody is."""
    left: dict[str, object] = {}
    details: dict[str, object] = {} if person.language else {"language": form.language}
    for name, value in answers.standard.items():
        if name == FieldName.PHONE:
            if not _took_phone(session, person, str(value)):
                left[name] = value
        elif getattr(person, name) in (None, ""):
            details[name] = value
        elif getattr(person, name) != value:
            left[name] = str(value)
    empty = {key: value for key, value in answers.custom.items()
             if person.attributes.get(key) in (None, "", [])}  # fmt: skip
    left |= {f"attribute:{key}": value for key, value in answers.custom.items()
             if key not in empty and person.attributes.get(key) != value}  # fmt: skip
    if empty:
        details["attributes"] = {**person.attributes, **empty}
    if details:
        people.set_details(session, person, details)
    return left


def _took_phone(session: Session, person: Contact, number: str) -> bool:
    country = organisation.default_office(session).country
    try:
        people.add_phone(session, person, number, country=country)
    except Conflict:
        return False
    return True


def _tell(session: Session, form: Form, sent: Submission, *, now: datetime) -> None:
    fact = Fact(
        name="form.submitted",
        source="form",
        dedup_key=f"submission:{sent.id}",
        occurred_at=now,
        subject_type="form",
        subject_id=form.id,
        contact_id=sent.contact_id,
        department_id=form.department_id,
        properties={"form": form.name},
    )
    events.record(session, fact)


def _subscribe(
    session: Session,
    person: Contact,
    sent: Submission,
    *,
    form: Form,
    wanted: list[Topic],
    now: datetime,
) -> None:
    states = consent.consent_states(session, [(person.id, topic.id) for topic in wanted])
    is_waiting = False
    for topic in wanted:
        state = states.get((person.id, topic.id))
        if state is ConsentState.CONFIRMED:
            continue
        is_double = queries.asks_twice(session, topic)
        wish = ConsentState.UNCONFIRMED if is_double else ConsentState.CONFIRMED
        is_waiting = is_waiting or is_double
        if state is not wish:
            note_consent(
                session, contact_id=person.id, topic_id=topic.id, state=wish,
                source=f"form:{form.id}", basis="consent", text_version=topic.text_version,
                ip=sent.ip, now=now,
            )  # fmt: skip
    if sent.state is SubmissionState.HELD:
        return
    if is_waiting:
        sent.state = SubmissionState.WAITING
        confirming.ask(session, person, sent, now=now)
    elif form.file_id is not None:
        downloads.send(session, person, [sent], now=now)
    session.flush()
