"""A copy of everything, and to be forgotten everywhere: proven over every table there is."""

import io
import json
import zipfile
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlmodel import Session, SQLModel
from sqlmodel import select as pick

from core.access.terms import DepartmentKind, Role
from core.accounts.models import User
from core.audit import service as audit
from core.audit.verification import verify
from core.consent import sealing
from core.consent.erased import is_erased
from core.consent.models import Topic
from core.consent.service import note_consent
from core.consent.terms import ConsentState, TopicRule
from core.contacts import service as contacts
from core.contacts.models import Contact
from core.contacts.terms import ContactKind, ContactStatus
from core.db import reading, transaction
from core.delivery.models import CapturedMail
from core.errors import Conflict, Forbidden, Invalid, NotFound
from core.events.models import Event
from core.jobs import uploads
from core.jobs.models import Job, RefusedRow
from core.jobs.terms import JobKind, JobState
from core.messages import queries as message_queries
from core.messages.admission import lease_and_admit
from core.messages.models import Message
from core.messages.terms import MessageStatus, Reason
from core.privacy import copying, erasing, retention, tracked, walk
from core.privacy.models import Erasure
from core.privacy.rules import HANDLING, PRESETS, checked_days
from core.privacy.terms import Period, Preset, RetentionKind
from core.settings import settings
from core.templates.terms import MessageClass
from tests.support.cast import (
    actor_of,
    administrator,
    make_contact,
    make_organisation,
    make_user,
    without_limits,
)
from tests.support.marked import MARK, fill
from tests.support.sending import make_template, queue_one

EMAIL, PHONE = "goli.zarrin@anar-e-dena.ir", "09121234567"
NAME = f"Golbarg {MARK}"


@pytest.fixture
def person(store: str, now: datetime) -> str:
    """Somebody known by name, address and number, with steps of consent and acts in the log."""
    with transaction() as session:
        make_organisation(session)
        made = make_contact(session, EMAIL, first_name="Golbarg", last_name=MARK)
        contacts.add_phone(session, made, PHONE, country="IR")
        topic = session.exec(pick(Topic)).first() or _topic(session)
        note_consent(session, contact_id=made.id, topic_id=topic.id, source="form:1",
                     state=ConsentState.CONFIRMED, now=now, ip="10.1.2.3")  # fmt: skip
        audit.record(session, administrator(), "contact.changed", now=now, subject=made,
                     name=NAME, contact_id=made.id, after={"email": EMAIL})  # fmt: skip
        return made.public_id


def _topic(session: Session) -> Topic:
    made = Topic(key="news", names={"fa": "خبر", "en": "News"}, rule=TopicRule.OPT_IN)
    session.add(made)
    session.flush()
    return made


def fill_all(public_id: str) -> None:
    with transaction() as session:
        mine = session.exec(pick(Contact).where(Contact.public_id == public_id)).one()
        fill(session, mine.id)
        account = session.exec(pick(User).where(User.contact_id == mine.id)).one()
        account.is_active = False
        for message in session.exec(pick(Message).where(Message.contact_id == mine.id)):
            message.status = MessageStatus.QUEUED


def erase(public_id: str, now: datetime) -> None:
    with transaction() as session:
        erasing.erase(session, administrator(), public_id=public_id, now=now)


def hits(*words: str) -> list[str]:
    """Where one of the words stands in the store, read table by table."""
    found = []
    with reading() as session:
        for rows in SQLModel.metadata.sorted_tables:
            for row in session.execute(select(rows)).mappings():
                told = json.dumps({key: str(value) for key, value in row.items()},
                                  ensure_ascii=False).lower()  # fmt: skip
                found += [f"{rows.name}: {told}" for word in words if word.lower() in told]
    return found


@pytest.mark.spec("T54")
def test_every_table_with_a_contact_key_says_what_an_erasure_does_to_it() -> None:
    assert set(walk.names()) == set(HANDLING)


@pytest.mark.spec("T54", "U12", "S82")
def test_a_copy_holds_a_row_from_every_table_that_names_a_person(
    person: str, now: datetime
) -> None:
    fill_all(person)
    with transaction() as session:
        made = copying.copy_of(session, administrator(), public_id=person, now=now)
    assert set(made.counts) == set(HANDLING)
    with zipfile.ZipFile(io.BytesIO(made.content)) as packed:
        for name in HANDLING:
            assert json.loads(packed.read(f"data/{name}.json")), name
        page = packed.read("summary.html").decode()
        assert f'<dd dir="auto">{MARK}</dd>' in page
        assert 'lang="fa" dir="rtl"' in page
        log = json.loads(packed.read("data/audit_entry.json"))
        assert any((row["after"] or {}).get("email") == EMAIL for row in log)
        assert not any("hash" in key for key in json.loads(packed.read("data/user.json"))[0])


@pytest.mark.spec("T54", "S82")
def test_after_an_erasure_no_table_says_anything_of_the_person(person: str, now: datetime) -> None:
    fill_all(person)
    assert hits(MARK, EMAIL, "9121234567")
    erase(person, now)
    assert hits(MARK, EMAIL, "9121234567") == []
    with reading() as session:
        shell = session.exec(pick(Contact).where(Contact.public_id == person)).one()
        assert (shell.status, shell.erased_at) == (ContactStatus.ERASED, now)
        assert verify(session, now=now).is_sound
        assert sealing.verify(session).is_sound
        assert session.exec(pick(Message.status)).all() == [MessageStatus.CANCELLED]
        note = session.exec(pick(Erasure)).one()
        assert note.by_name == "Admin"
        assert person not in str(note)


@pytest.mark.spec("T54")
@pytest.mark.sqlite_only("reads the bytes of the store's own files")
def test_no_byte_of_name_address_or_number_is_left_in_any_file(person: str, now: datetime) -> None:
    fill_all(person)
    with transaction() as session:
        raw = f"To: {EMAIL}\r\nSubject: {NAME}\r\n\r\n{NAME}".encode()
        session.add(CapturedMail(received_at=now, envelope_from="a@b.ir", recipient=EMAIL,
                                 subject=NAME, raw=raw))  # fmt: skip
        job = Job(
            kind=JobKind.IMPORT_CONTACTS,
            file_name="people.csv",
            upload=uploads.keep(io.BytesIO(f"name,email\n{NAME},{EMAIL}\n".encode())),
        )
        session.add(job)
        session.flush()
        session.add(RefusedRow(job_id=job.id, line=2, code="x.y", cells=[NAME, EMAIL.upper()]))
    words = [one.encode() for one in (MARK, EMAIL, EMAIL.upper(), "9121234567")]
    assert len(_files_with(words)) >= 2
    erase(person, now)
    assert _files_with(words) == []


def _files_with(words: list[bytes]) -> list[Path]:
    folder = settings().data_dir
    files = [path for path in folder.rglob("*") if path.is_file()]
    return [path for path in files if any(word in path.read_bytes() for word in words)]


def test_a_mail_to_a_colleague_no_longer_names_the_person(person: str, now: datetime) -> None:
    with transaction() as session:
        other = make_contact(session, "boss@example.com", first_name="Omid", last_name="Rad")
        fill(session, other.id)
        mail = session.exec(pick(Message).where(Message.contact_id == other.id)).one()
        mail.values = {"who": f"New: {NAME}", "other": "Omid Rad", "list": [{"to": EMAIL}]}
        mail.subject_text = f"Please welcome {NAME}"
    erase(person, now)
    with reading() as session:
        mail = session.exec(pick(Message).where(Message.contact_id == other.id)).one()
        assert mail.values == {"who": "New: ", "other": "Omid Rad", "list": [{"to": ""}]}
        assert mail.subject_text == "Please welcome "


def test_a_name_that_somebody_else_bears_too_stays_where_it_is_theirs(
    person: str, now: datetime
) -> None:
    with transaction() as session:
        other = make_contact(session, "two@example.com", first_name="Golbarg", last_name=MARK)
        fill(session, other.id)
    before = len(hits(NAME))
    erase(person, now)
    assert hits(MARK)
    assert len(hits(NAME)) <= before
    with reading() as session:
        assert session.get_one(Contact, other.id).last_name == MARK


def test_whoever_was_merged_into_the_person_is_forgotten_with_them(
    person: str, now: datetime
) -> None:
    with transaction() as session:
        kept = session.exec(pick(Contact).where(Contact.public_id == person)).one()
        old = make_contact(session, "older@example.com", first_name="Mehr", last_name="Banooye")
        old.merged_into_id, old.status = kept.id, ContactStatus.MERGED
    erase(person, now)
    assert hits("Banooye", "older@example.com") == []


@pytest.mark.spec("T54")
def test_an_erased_address_is_known_by_its_hash_alone(person: str, now: datetime) -> None:
    erase(person, now)
    with reading() as session:
        assert is_erased(session, EMAIL)
        assert not is_erased(session, "somebody@example.com")


def test_a_person_is_erased_once(person: str, now: datetime) -> None:
    erase(person, now)
    with pytest.raises(NotFound, match=r"contact\.missing"):
        erase(person, now)


def test_a_mail_that_is_being_handed_over_comes_first(person: str, now: datetime) -> None:
    fill_all(person)
    with transaction() as session:
        session.exec(pick(Message)).one().status = MessageStatus.SENDING
    with pytest.raises(Conflict, match=r"privacy\.busy"):
        erase(person, now)
    assert hits(EMAIL)


def test_a_file_that_is_being_imported_comes_first(person: str, now: datetime) -> None:
    with transaction() as session:
        kept = uploads.keep(io.BytesIO(EMAIL.upper().encode("utf-16-le")))
        session.add(Job(kind=JobKind.IMPORT_CONTACTS, upload=kept, state=JobState.RUNNING))
    with pytest.raises(Conflict, match=r"privacy\.import_running"):
        erase(person, now)
    assert uploads.is_here(kept)


def test_a_colleague_who_can_sign_in_is_not_erased(store: str, now: datetime) -> None:
    with transaction() as session:
        make_organisation(session)
        user = make_user(session, "mina")
        public_id = session.get_one(Contact, user.contact_id).public_id
    with pytest.raises(Conflict, match=r"privacy\.has_account"):
        erase(public_id, now)


def test_only_who_may_erase_does(person: str, now: datetime) -> None:
    with transaction() as session:
        seller = actor_of(session, make_user(session, "s", Role.SELLER, DepartmentKind.SALES))
        with pytest.raises(Forbidden):
            erasing.erase(session, seller, public_id=person, now=now)
        with pytest.raises(Forbidden):
            copying.copy_of(session, seller, public_id=person, now=now)


@pytest.mark.spec("T54")
def test_whoever_is_erased_during_a_send_gets_no_further_mail(person: str, now: datetime) -> None:
    with transaction() as session:
        without_limits(session)
        version = make_template(session, MessageClass.TRANSACTIONAL, "Note")
        mine = session.exec(pick(Contact).where(Contact.public_id == person)).one()
        other = make_contact(session, "other@example.com", first_name="Omid", last_name="Rad")
        for one in (mine, other):
            queue_one(session, one, version, key=f"note:{one.id}", due_at=now)
    with transaction() as session:
        lane = session.exec(pick(Message)).all()[0].lane
        _, leased = lease_and_admit(session, lane, owner="w", now=now, limit=10)
        ids = {message.id for message in leased}
    assert len(ids) == 2
    erase(person, now)
    with transaction() as session:
        leaving = message_queries.fence(session, ids, owner="w", now=now, until=now)
        assert [session.get_one(Message, one).contact_id for one in leaving] == [other.id]


@pytest.mark.spec("S82")
def test_nothing_is_dropped_before_somebody_switches_a_period_on(store: str) -> None:
    with reading() as session:
        found = retention.list_periods(session, administrator())
        assert {one.kind for one in found} == set(RetentionKind)
        assert retention.in_force(session) == []


@pytest.mark.spec("S82", "U12")
@pytest.mark.parametrize("preset", Preset)
def test_a_preset_sets_days_that_can_be_changed_and_switches_nothing(
    store: str, now: datetime, preset: Preset
) -> None:
    with transaction() as session:
        retention.take_preset(session, administrator(), preset=preset, now=now)
        found = retention.list_periods(session, administrator())
        assert {one.kind: one.days for one in found} == PRESETS[preset]
        assert not any(one.is_enabled for one in found)
        retention.set_period(session, administrator(), given=replace(found[0], days=60), now=now)
        assert retention.list_periods(session, administrator())[0].days == 60
        with pytest.raises(Conflict):
            retention.set_period(session, administrator(), given=found[0], now=now)


@pytest.mark.parametrize("days", [None, 0, 6, 3661])
def test_a_period_is_a_week_to_ten_years(days: int | None) -> None:
    with pytest.raises(Invalid, match=r"privacy\.days"):
        checked_days(days)


@pytest.mark.spec("S82")
def test_what_was_kept_long_enough_goes_in_batches_and_nothing_newer(
    person: str, now: datetime
) -> None:
    fill_all(person)
    with transaction() as session:
        stranger = make_contact(session, "cold@example.com", kind=ContactKind.LEAD,
                                first_name="Yekta", last_name="Banooye")  # fmt: skip
        keen = make_contact(session, "warm@example.com", kind=ContactKind.LEAD, engaged_at=now)
        for one in (stranger, keen):
            one.created_at = now - timedelta(days=100)
        session.add(Event(name="page.seen", source="site", dedup_key="1", contact_id=keen.id,
                          occurred_at=now - timedelta(days=1)))  # fmt: skip
        for message in session.exec(pick(Message)):
            message.status, message.created_at = MessageStatus.SENT, now - timedelta(days=100)
        session.flush()
        for kind in RetentionKind:
            young = Period(kind, 3000, is_enabled=True)
            assert retention.drop_old(session, young, now=now) == 0
    gone = {}
    with transaction() as session:
        later = now + timedelta(days=30)
        for kind in (RetentionKind.EVENTS, RetentionKind.MESSAGES, RetentionKind.SUBMISSIONS,
                     RetentionKind.LEADS):  # fmt: skip
            period = Period(kind, 30, is_enabled=True)
            gone[kind] = retention.drop_old(session, period, now=later)
            assert retention.drop_old(session, period, now=later) == 0
    assert set(gone.values()) == {1}
    assert hits("Banooye", "cold@example.com") == []
    with reading() as session:
        assert not is_erased(session, "cold@example.com")
        assert session.get_one(Contact, keen.id).status is ContactStatus.ENABLED
        assert session.exec(pick(Message.subject_text, Message.values)).all() == [("", {})]


def test_tracking_is_switched_off_for_one_person(person: str, now: datetime) -> None:
    with transaction() as session:
        tracked.set_tracked(session, administrator(), public_id=person, is_tracked=False, now=now)
        found = session.exec(pick(Contact).where(Contact.public_id == person)).one()
        assert not found.is_tracked


@pytest.mark.spec("T54")
def test_who_comes_back_with_an_erased_address_is_not_written_to(
    person: str, now: datetime
) -> None:
    erase(person, now)
    with transaction() as session:
        without_limits(session)
        version = make_template(session, MessageClass.TRANSACTIONAL, "Note")
        again = make_contact(session, EMAIL, first_name="Golbarg", last_name=MARK)
        queue_one(session, again, version, key="again", due_at=now)
        lane = session.exec(pick(Message).where(Message.contact_id == again.id)).one().lane
        assert lease_and_admit(session, lane, owner="w", now=now, limit=10)[1] == []
        mail = session.exec(pick(Message).where(Message.contact_id == again.id)).one()
        assert (mail.status, mail.reason) == (MessageStatus.DROPPED, Reason.SUPPRESSED)
