"""The people of stories about the audience: those of a file, shoppers, somebody who gets mail."""

import csv
from dataclasses import dataclass
from datetime import timedelta
from email import message_from_bytes
from io import StringIO

from sqlmodel import Session, col, select

from core import clock
from core.access.terms import DepartmentKind, Role
from core.accounts.models import User
from core.consent import topics
from core.consent.models import Subscription, Topic
from core.consent.noting import note_consent
from core.consent.terms import ConsentState, TopicInput
from core.contacts.models import Contact
from core.contacts.terms import Audience, ContactKind
from core.db import reading, transaction
from core.events import service as events
from core.events.service import Fact
from core.i18n.terms import Language
from core.messages.models import CapRule
from core.messages.terms import CAPPED_CLASSES, Lane, MessageClass, OnCap
from core.templates.models import Template, TemplateVersion
from tasks.events import drain_events
from tests.support.cast import administrator, make_contact, make_user, without_limits
from tests.support.installation import letters, wake
from tests.support.sending import make_template, queue_one
from tests.support.waiting import eventually

HEADS = ("نام", "نام خانوادگی", "ایمیل", "موبایل", "شهر")
PEOPLE = (
    ("کاوه", "آهنگر", "kaveh@example.com", "۰۹۱۲۳۴۵۶۷۸۹", "تهران"),
    ("رودابه", "کابلی", "roodabeh@example.com", "", "کابل"),
    ("بیژن", "گیو", "bijan@@example.com", "", "شیراز"),
    ("منیژه", "تورانی", "", "", "مشهد"),
)
"""Two who can be taken; an address that is none, and somebody nobody could reach."""

OFFERS, NEWS = "پیشنهادهای ویژه", "خبرنامهٔ هفتگی"
IP = "203.0.113.7"
ARRIVES_S = 60


def a_file() -> bytes:
    """Return these people as a file, in the signs that Excel writes it with."""
    text = StringIO()
    csv.writer(text).writerows([HEADS, *PEOPLE])
    return text.getvalue().encode("utf-8-sig")


def taken() -> list[str]:
    """Return the first names of those of the file who are in the store."""
    known = [first for first, *_ in PEOPLE]
    with reading() as session:
        found = select(Contact.first_name).where(col(Contact.first_name).in_(known))
        return sorted(session.exec(found))


def head_of_marketing() -> User:
    """Maryam, who reads Persian."""
    with transaction() as session:
        user = make_user(session, "maryam", Role.MANAGER, DepartmentKind.MARKETING)
        user.name = "مریم رضایی"
        session.add(user)
    return user


def shoppers() -> None:
    """Two in Isfahan who bought twice or more, one there who bought once, one in Tabriz."""
    with transaction() as session:
        for name, city, count in (("آناهیتا", "اصفهان", 2), ("سهراب", "اصفهان", 3),
                                  ("گردآفرید", "اصفهان", 1), ("تهمینه", "تبریز", 4)):  # fmt: skip
            made = make_contact(session, first_name=name, last_name="نیک", city=city,
                                kind=ContactKind.CUSTOMER)  # fmt: skip
            for number in range(count):
                _happened(session, made, "order.placed", days_ago=number + 1)
    drain_events()


def _happened(
    session: Session, person: Contact, name: str, *, days_ago: int, **facts: object
) -> None:
    at = clock.now() - timedelta(days=days_ago)
    fact = Fact(name=name, source="story", dedup_key=f"{name}:{person.id}:{days_ago}",
                occurred_at=at, contact_id=person.id, properties=facts)  # fmt: skip
    events.record(session, fact)


@dataclass(frozen=True)
class Reader:
    """Somebody who gets our mail: who they are, where it goes, and what it is about."""

    person: Contact
    email: str
    offers: int
    news: int

    def states(self) -> dict[int, ConsentState]:
        """Return where they stand with each topic."""
        with reading() as session:
            mine = select(Subscription).where(Subscription.contact_id == self.person.id)
            return {one.topic_id: one.state for one in session.exec(mine)}


def a_reader(login: str, first: str) -> Reader:
    """Return somebody who agreed to offers by a form, looked at prices, and got one mail."""
    email = f"{login}@example.com"
    with transaction() as session:
        without_limits(session)
        offers, news = _topic(session, OFFERS), _topic(session, NEWS)
        person = make_contact(session, email, first_name=first, last_name="نامدار",
                              language=Language.FA)  # fmt: skip
        note_consent(
            session, contact_id=person.id, topic_id=offers.id, state=ConsentState.CONFIRMED,
            source="form:fld_1", text_version=1, ip=IP, now=clock.now(),
        )  # fmt: skip
        _happened(session, person, "page.viewed", days_ago=1, path="/pricing")
        version = _template(session, offers, name=f"تخفیف پاییزی {login}")
        queue_one(session, person, version, key=f"offer:{login}")
    wake(Lane.NORMAL)
    wake(Lane.BULK)
    eventually(lambda: bool(letters(email)), deadline_s=ARRIVES_S)
    return Reader(person, email, offers.id, news.id)


def cap_of_two() -> None:
    """Let nobody outside get more than two mails in a week."""
    with transaction() as session:
        session.add(CapRule(name="دو در هفته", audience=Audience.EXTERNAL, limit=2,
                            window_s=7 * 86_400, counted_classes=list(CAPPED_CLASSES),
                            on_cap=OnCap.DEFER))  # fmt: skip


def way_out_of(email: str) -> str:
    """Return the link with which the newest mail to this address can be left."""
    header = message_from_bytes(letters(email)[0].raw)["List-Unsubscribe"]
    return str(header).strip("<>")


def _topic(session: Session, name: str) -> Topic:
    known = [one.topic for one in topics.list_topics(session, administrator())]
    found = next((one for one in known if one.names.get("fa") == name), None)
    given = TopicInput(names={"fa": name, "en": name}, promises={"fa": "ماهی یک بار"})
    return found or topics.create_topic(session, administrator(), given=given, now=clock.now())


def _template(session: Session, topic: Topic, *, name: str) -> int:
    """Return the version of a mail about this topic."""
    texts = {"fa": {"subject": "تخفیف پاییزی", "body": "سلام {{ contact.first_name }}"}}
    version = make_template(session, MessageClass.PROMOTIONAL, name, texts)
    template_id = session.get_one(TemplateVersion, version).template_id
    session.get_one(Template, template_id).topic_id = topic.id
    return version
