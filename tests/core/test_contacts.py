"""People: added, changed, tagged, merged, edited by the hundred and put back."""

from dataclasses import replace
from datetime import datetime, timedelta
from itertools import count
from typing import Any

import pytest
import sqlalchemy as sa
from sqlmodel import Session, SQLModel, col, select

import core.migrations.tables
from core.access.terms import Actor, DepartmentKind, Role
from core.activities import notes
from core.activities.models import Note, Task
from core.commerce.models import Order
from core.consent.models import Subscription, Topic
from core.consent.noting import note_consent
from core.consent.terms import ConsentState, TopicRule
from core.contacts import (
    attributes,
    card,
    catalogue,
    changes,
    companies,
    duplicates,
    listing,
    restoring,
)
from core.contacts.attributes import AttributeInput
from core.contacts.catalogue import Place
from core.contacts.changes import BulkEdit, BulkField
from core.contacts.companies import CompanyInput
from core.contacts.models import ChangeRow, ChangeSet, Company, Contact, ContactIdentity, ContactTag
from core.contacts.terms import (
    AttributeKind,
    ContactFilter,
    ContactInput,
    ContactKind,
    ContactOrder,
    ContactStatus,
)
from core.db import transaction
from core.errors import ChaparError, Conflict, Forbidden, Invalid, NotFound
from core.events import service as events
from core.events.models import Event
from core.i18n.terms import Calendar
from core.profiles import merging
from tests.support.cast import actor_of, administrator, make_contact, make_organisation, make_user

assert core.migrations.tables.ALL
A = administrator()
R, K = Role, DepartmentKind
NUMBERS = count(1000)
ALI = ContactInput(
    first_name="علی", last_name="رضایی", email="Ali@example.com", phone="۰۹۱۲۳۴۵۶۷۸۹",
    company="ایران‌کالا", city="تهران", country="ایران", language="فارسی", gender="مرد",
    birth_date="۱۳۷۰/۰۱/۰۱", calendar=Calendar.JALALI, source="نمایشگاه",
)  # fmt: skip


def refused(error: type[ChaparError], call: object, *given: object, **named: object) -> str:
    with pytest.raises(error) as refusal:
        call(*given, **named)  # type: ignore[operator]
    return refusal.value.code


def attribute(session: Session, now: datetime, **given: object) -> None:
    names = {"fa": "اندازه"}
    attributes.add_attribute(
        session, A, given=AttributeInput(names=names, **given), now=now  # type: ignore[arg-type]
    )  # fmt: skip


@pytest.mark.spec("S29", "S109")
def test_a_person_is_kept_in_one_form_whatever_was_typed(store: str, now: datetime) -> None:
    with transaction() as session:
        make_organisation(session)
        made = card.add_person(session, A, given=ALI, now=now)
        seen = card.read_card(session, A, public_id=made.public_id)
        assert (made.country, made.language, made.gender) == ("IR", "fa", "male")
        assert made.birth_date is not None
        assert made.birth_date.isoformat() == "1991-03-21"
        assert (seen.line.email, seen.line.phone) == ("ali@example.com", "+989123456789")
        assert seen.company is not None
        assert seen.company.name == "ایران‌کالا"
        found = listing.list_contacts(session, A, where=ContactFilter(text="ايرانكالا ۰۹۱۲"))
        assert [one.public_id for one in found.lines] == [made.public_id]


@pytest.mark.parametrize(("name", "typed", "code"), [
    ("email", "no address", "address.space"),
    ("phone", "12", "phone.invalid"),
    ("country", "Atlantis", "contact.field_country"),
    ("language", "klingon", "contact.field_choice"),
    ("time_zone", "../../etc/passwd", "contact.field_zone"),
    ("gender", "x'--", "contact.field_choice"),
    ("first_name", "x" * 121, "contact.field_long"),
    ("birth_date", "1404/13/01", "date.invalid"),
])  # fmt: skip
def test_a_standard_field_says_what_is_wrong_with_it(name: str, typed: str, code: str) -> None:
    with pytest.raises(Invalid) as refusal:
        catalogue.clean(name, typed, Place())
    assert refusal.value.field == name
    assert refusal.value.code.split(".", maxsplit=1)[0] == code.split(".", maxsplit=1)[0]


@pytest.mark.spec("R20")
def test_the_second_of_two_editors_is_told(store: str, now: datetime) -> None:
    with transaction() as session:
        make_organisation(session)
        made = card.add_person(session, A, given=ALI, now=now)
        seen = made.version
        again = replace(ALI, city="قم")
        who = made.public_id
        card.change_person(session, A, public_id=who, version=seen, given=again, now=now)
        code = refused(Conflict, card.change_person, session, A, public_id=who, version=seen,
                       given=ALI, now=now)  # fmt: skip
        assert (code, made.city) == ("common.changed_meanwhile", "قم")


def test_an_address_and_a_number_belong_to_one_person(store: str, now: datetime) -> None:
    with transaction() as session:
        make_organisation(session)
        made = card.add_person(session, A, given=ALI, now=now)
        other = make_contact(session)
        who = {"public_id": other.public_id, "now": now}
        taken = refused(Conflict, card.add_email, session, A, email="ALI@example.com", **who)
        number = refused(Conflict, card.add_phone, session, A, phone="0912 345 6789", **who)
        assert (taken, number) == ("contact.address_taken", "contact.phone_taken")
        card.add_email(session, A, public_id=made.public_id, email="second@example.com", now=now)
        mine = card.read_card(session, A, public_id=made.public_id).identities
        second = next(one for one in mine if one.normalised == "second@example.com")
        card.make_primary(session, A, public_id=made.public_id, identity_id=second.id, now=now)
        assert card.read_card(session, A, public_id=made.public_id).line.email == second.normalised
        card.remove_identity(session, A, public_id=made.public_id, identity_id=second.id, now=now)
        assert card.read_card(session, A, public_id=made.public_id).line.email == "ali@example.com"


@pytest.mark.parametrize(("kind", "typed", "kept"), [
    (AttributeKind.NUMBER, "۱۲٫۵", 12.5),
    (AttributeKind.NUMBER, "٣", 3),
    (AttributeKind.DATE, "1405/01/01", "2026-03-21"),
    (AttributeKind.FLAG, "بله", True),
    (AttributeKind.CHOICE, "قرمز", "قرمز"),
    (AttributeKind.CHOICES, "آبي|قرمز", ["آبی", "قرمز"]),
    (AttributeKind.LINK, "https://example.com/x", "https://example.com/x"),
    (AttributeKind.TEXT, "  a  b ", "a b"),
])  # fmt: skip
def test_a_custom_field_keeps_what_it_holds(
    store: str, now: datetime, kind: AttributeKind, typed: str, kept: object
) -> None:
    with transaction() as session:
        attribute(session, now, key="size", kind=kind, options=("قرمز", "آبی"))
        person = make_contact(session)
        attributes.set_attributes(session, person, {"size": typed}, calendar=Calendar.JALALI)
        session.flush()
        session.expire_all()
        assert person.attributes == {"size": kept}


def test_a_custom_field_refuses_what_it_does_not_hold(store: str, now: datetime) -> None:
    with transaction() as session:
        attribute(session, now, key="size", kind=AttributeKind.NUMBER, is_required=True)
        attribute(session, now, key="site", kind=AttributeKind.LINK)
        person = make_contact(session)
        wrong = [{"size": "many"}, {"size": ""}, {"site": "javascript:alert(1)"}, {"other": "x"},
                 {"site": "http://["}, {"size": "1e999"}]  # fmt: skip
        for given in wrong:
            refused(Invalid, attributes.set_attributes, session, person, given)
        assert person.attributes == {}


@pytest.mark.spec("S30")
def test_a_note_that_names_a_colleague_gives_them_a_task(store: str, now: datetime) -> None:
    with transaction() as session:
        make_organisation(session)
        writer = actor_of(session, make_user(session, "writer"))
        nima = make_user(session, "nima")
        person = make_contact(session)
        who = person.public_id
        note = notes.add_note(session, writer, public_id=who, text="@nima لطفاً ببین", now=now)
        task = session.exec(select(Task)).one()
        assert (task.owner_id, task.contact_id) == (nima.id, person.id)
        notes.change_note(session, writer, note_id=note.id, version=1, text="@nima ok", now=now)
        assert len(session.exec(select(Task)).all()) == 1
        refused(Invalid, notes.add_note, session, writer, public_id=who, text="@nobody", now=now)
        refused(Forbidden, notes.remove_note, session, actor_of(session, nima), note_id=note.id,
                now=now)  # fmt: skip
        assert notes.notes_of(session, writer, public_id=who)[0].mentions == ("Nima Karimi",)


def test_a_list_is_sorted_filtered_and_counted(store: str, now: datetime) -> None:
    with transaction() as session:
        make_organisation(session)
        people = [
            make_contact(session, first_name=f"p{number:02}", last_name="", source="fair")
            for number in range(55)
        ]
        people[3].engaged_at = now
        make_contact(session, first_name="staff", kind=ContactKind.EMPLOYEE)
        session.flush()
        first = listing.list_contacts(session, A)
        second = listing.list_contacts(session, A, page=2)
        assert (first.total, len(first.lines), len(second.lines)) == (55, 50, 5)
        assert [one.name for one in second.lines] == [f"p{n}" for n in range(50, 55)]
        newest = listing.list_contacts(session, A, order=ContactOrder.NEWEST)
        assert newest.lines[0].name == "p54"
        engaged = listing.list_contacts(session, A, order=ContactOrder.ENGAGED)
        assert engaged.lines[0].name == "p03"
        staff = ContactFilter(kind=ContactKind.EMPLOYEE)
        assert listing.list_contacts(session, A, where=staff).total == 1
        viewer = actor_of(session, make_user(session, "v", R.VIEWER, K.MARKETING))
        assert listing.list_contacts(session, viewer, where=staff).total == 0


@pytest.mark.spec("S93")
def test_a_seller_sees_and_changes_only_their_own_people(store: str, now: datetime) -> None:
    with transaction() as session:
        make_organisation(session)
        seller = actor_of(session, make_user(session, "seller", R.SELLER, K.SALES))
        mine = card.add_person(session, seller, given=ALI, now=now)
        other = make_contact(session, first_name="علی")
        assert listing.list_contacts(session, seller).total == 1
        refused(Forbidden, card.read_card, session, seller, public_id=other.public_id)
        edit = BulkEdit(field=BulkField.CITY, value="قم")
        both = {mine.public_id, other.public_id}
        done = changes.edit_chosen(session, seller, public_ids=both, edit=edit, now=now)
        session.refresh(other)
        assert (done.count, other.city) == (1, None)


EDITS = [
    BulkEdit(field=BulkField.CITY, value="شیراز"),
    BulkEdit(field=BulkField.KIND, value="partner"),
    BulkEdit(field=BulkField.STATUS, value="disabled"),
    BulkEdit(field=BulkField.COMPANY, value="شرکت نو"),
    BulkEdit(field=BulkField.ADD_TAG, value="ویژه"),
    BulkEdit(field=BulkField.REMOVE_TAG, value="old"),
    BulkEdit(field=BulkField.ATTRIBUTE, key="size", value="9"),
    BulkEdit(field=BulkField.LANGUAGE, value="العربية"),
    BulkEdit(field=BulkField.OWNER, value=""),
]


def picture(session: Session) -> list[object]:
    """Return the people as they are, but for the stamps that every change renews."""
    session.flush()
    session.expire_all()
    people = session.exec(select(Contact).order_by(col(Contact.id))).all()
    carried = select(ContactTag.contact_id, ContactTag.tag_id)
    order = (col(ContactTag.contact_id), col(ContactTag.tag_id))
    tags = session.exec(carried.order_by(*order)).all()
    found: list[object] = [
        {k: v for k, v in one.model_dump().items() if k not in {"version", "updated_at"}}
        for one in people
    ]
    return [*found, *map(tuple, tags)]


@pytest.mark.parametrize("edit", EDITS, ids=lambda one: one.field.value)
def test_a_bulk_edit_taken_back_leaves_no_trace(store: str, now: datetime, edit: BulkEdit) -> None:
    with transaction() as session:
        make_organisation(session)
        owner = make_user(session, "owner")
        attribute(session, now, key="size", kind=AttributeKind.NUMBER)
        for number in range(5):
            one = make_contact(session, f"p{number}@example.com", first_name=f"p{number}",
                               owner_id=owner.id, city="قم" if number % 2 else None,
                               attributes={"size": number} if number else {})  # fmt: skip
            card.set_tags(session, A, public_id=one.public_id, tags=["old"], now=now)
        before = picture(session)
        done = changes.edit_matching(session, A, where=ContactFilter(), edit=edit, now=now)
        assert done.count == 5
        assert picture(session) != before
        rows = session.exec(select(ChangeRow)).all()
        assert all(len(row.before) == 1 for row in rows)
        restoring.undo(session, A, change_set_id=done.id, now=now)
        assert picture(session) == before
        again = refused(Conflict, restoring.undo, session, A, change_set_id=done.id, now=now)
        assert again == "contacts.undone_already"


@pytest.mark.spec("S45", "S84")
def test_what_somebody_changed_since_stays_when_a_bulk_edit_is_taken_back(
    store: str, now: datetime
) -> None:
    with transaction() as session:
        make_organisation(session)
        attribute(session, now, key="size", kind=AttributeKind.NUMBER)
        for number in range(3):
            make_contact(session, f"p{number}@example.com", first_name=f"p{number}", last_name="",
                         city="یزد", attributes={"size": 1})  # fmt: skip
        for edit in (BulkEdit(field=BulkField.CITY, value="قم"),
                     BulkEdit(field=BulkField.ATTRIBUTE, key="size", value="2")):  # fmt: skip
            changes.edit_matching(session, A, where=ContactFilter(), edit=edit, now=now)
        first, second, third = session.exec(select(Contact).order_by(col(Contact.id))).all()
        first.city = "تهران"
        second.attributes = {"size": 9}
        third.city, third.attributes = "یزد", {}
        kept = []
        for one in session.exec(select(ChangeSet).order_by(col(ChangeSet.id))).all():
            kept += restoring.undo(session, A, change_set_id=one.id, now=now).kept
        assert [(one.name, one.fields) for one in kept] == [
            ("p0", ("city",)), ("p1", ("attributes.size",)),
            ("p2", ("attributes.size",)),
        ]  # fmt: skip
        people = session.exec(select(Contact).order_by(col(Contact.id))).all()
        assert [(one.city, one.attributes) for one in people] == [
            ("تهران", {"size": 1}), ("یزد", {"size": 9}), ("یزد", {})]  # fmt: skip


def test_a_change_of_before_what_it_left_was_kept_is_put_back_whole(
    store: str, now: datetime
) -> None:
    with transaction() as session:
        make_organisation(session)
        made = make_contact(session, "a@example.com", city="یزد")
        edit = BulkEdit(field=BulkField.CITY, value="قم")
        done = changes.edit_matching(session, A, where=ContactFilter(), edit=edit, now=now)
        session.exec(select(ChangeRow)).one().after = None
        made.city = "تهران"
        assert restoring.undo(session, A, change_set_id=done.id, now=now).kept == ()
        assert made.city == "یزد"


def pair(session: Session, now: datetime) -> tuple[Contact, Contact]:
    make_organisation(session)
    kept = make_contact(session, "one@example.com", first_name="سارا", last_name="", city="قم")
    gone = make_contact(session, "two@example.com", first_name="Sara", last_name="نوری",
                        city="تهران", company_id=companies.ensure(session, "X"))  # fmt: skip
    for one in (kept, gone):
        card.set_tags(session, A, public_id=one.public_id, tags=["both"], now=now)
    card.set_tags(session, A, public_id=gone.public_id, tags=["both", "second"], now=now)
    events.record(session, events.Fact(name="page.viewed", source="t", dedup_key="1",
                                       occurred_at=now, contact_id=gone.id))  # fmt: skip
    session.add(Order(source="s", reference="1", currency="IRR", placed_at=now, contact_id=gone.id))
    session.add(Note(contact_id=gone.id, text="x"))
    session.flush()
    return kept, gone


def test_two_become_one_and_the_second_leads_to_the_first(store: str, now: datetime) -> None:
    with transaction() as session:
        kept, gone = pair(session, now)
        ids = {"first": kept.public_id, "second": gone.public_id}
        seen = merging.preview_merge(session, A, **ids)
        assert seen.moved["event"] >= 1
        assert {one.name for one in seen.choices} == {"first_name", "last_name", "city",
                                                      "company_id"}  # fmt: skip
        assert seen.moved["order"] == seen.moved["note"] == 1
        assert seen.tags == ("both", "second")
        merging.merge(session, A, **ids, from_second=frozenset({"city"}), now=now)
        card_of_gone = card.read_card(session, A, public_id=gone.public_id)
        assert card_of_gone.contact.id == kept.id
        assert (kept.first_name, kept.last_name, kept.city) == ("سارا", "نوری", "تهران")
        assert card_of_gone.line.email == "one@example.com"
        assert card_of_gone.line.tags == ("both", "second")
        for table in (Event, Order, Note, ContactIdentity):
            rows = session.exec(select(table).where(col(table.contact_id) == gone.id)).all()
            assert [one for one in rows if getattr(one, "name", "") != "contact.merged"] == []
        found = listing.list_contacts(session, A, where=ContactFilter(text="two@example.com"))
        assert [one.id for one in found.lines] == [kept.id]
        code = refused(Invalid, merging.merge, session, A, **ids, from_second=frozenset(), now=now)
        assert code == "contact.merge_same"


def test_a_no_of_either_person_holds_for_both(store: str, now: datetime) -> None:
    said = [(ConsentState.CONFIRMED, ConsentState.UNSUBSCRIBED),
            (ConsentState.UNSUBSCRIBED, ConsentState.CONFIRMED),
            (None, ConsentState.CONFIRMED), (ConsentState.CONFIRMED, None)]  # fmt: skip
    with transaction() as session:
        kept, gone = pair(session, now)
        for number, states in enumerate(said):
            topic = Topic(key=f"t{number}", rule=TopicRule.OPT_IN, names={"fa": "x"})
            session.add(topic)
            session.flush()
            for one, state in zip((kept, gone), states, strict=True):
                if state is not None:
                    note_consent(session, contact_id=one.id, topic_id=topic.id, state=state,
                                 source="test", now=now)  # fmt: skip
        merging.merge(session, A, first=kept.public_id, second=gone.public_id,
                      from_second=frozenset(), now=now + timedelta(days=1))  # fmt: skip
        rows = session.exec(select(Subscription).where(Subscription.contact_id == kept.id)).all()
        states = {one.topic_id: one.state for one in rows}
        no, yes = ConsentState.UNSUBSCRIBED, ConsentState.CONFIRMED
        assert [states[one] for one in sorted(states)] == [no, no, yes, yes]


def test_every_column_that_names_a_person_moves_or_says_why_not() -> None:
    known = {f"{one.table.name}.{one.name}" for one in merging.person_columns()}
    missed = [
        f"{table.name}.{column.name}"
        for table in SQLModel.metadata.sorted_tables
        for column in table.columns
        if (column.name == "contact_id" or column.name.endswith("_contact_id")
            or any(key.column.table.name == "contact" for key in column.foreign_keys))
        and f"{table.name}.{column.name}" not in known
        and table.name not in {*merging.STAYS, "contact"}
    ]  # fmt: skip
    assert missed == []
    assert set(merging.STAYS) <= set(SQLModel.metadata.tables)


def test_a_merge_moves_the_rows_of_every_table(store: str, now: datetime) -> None:
    """A row in each table that names a person, made from its columns alone."""
    with transaction() as session:
        kept, gone = pair(session, now)
        for column in merging.person_columns():
            if not count_of(session, column, gone.id):
                filled(session, column.table, now, {column.name: gone.id})
        before = {str(one): count_of(session, one, gone.id) for one in merging.person_columns()}
        assert all(before.values()), before
        merging.merge(session, A, first=kept.public_id, second=gone.public_id,
                      from_second=frozenset(), now=now)  # fmt: skip
        for column in merging.person_columns():
            left = 1 if column.table.name == "event" else 0  # that it was merged
            assert count_of(session, column, gone.id) == left, column
            assert count_of(session, column, kept.id) >= 1, column


def count_of(session: Session, column: Any, person: int) -> int:
    counting = sa.select(sa.func.count()).select_from(column.table).where(column == person)
    return int(session.execute(counting).scalar_one())


def filled(session: Session, table: Any, now: datetime, given: dict[str, object]) -> int:
    """Insert a row with these values and something fitting in every other column that asks."""
    row = dict(given)
    for column in table.columns:
        if column.name in {*row, "id"} or column.nullable:
            continue
        keys = [key for key in column.foreign_keys if key.column.table is not table]
        if keys:
            row[column.name] = parent(session, keys[0].column.table, now)
        elif column.default is None or column.default.is_callable:
            row[column.name] = value_of(column, now)
    key = next(iter(table.primary_key))
    made = session.execute(sa.insert(table).values(**row).returning(key))
    return int(made.scalar_one())


def parent(session: Session, table: Any, now: datetime) -> int:
    known = session.execute(sa.select(table.c.id).limit(1)).scalar()
    return int(known) if known is not None else filled(session, table, now, {})


def value_of(column: Any, now: datetime) -> object:
    kind = column.type
    if isinstance(kind, sa.Enum):
        return next(iter(kind.enum_class)) if kind.enum_class else kind.enums[0]
    if isinstance(kind, sa.String):
        return f"x{next(NUMBERS)}"[: kind.length or 9]
    for type_, value in ((sa.Boolean, False), (sa.Integer, next(NUMBERS)), (sa.JSON, {})):
        if isinstance(kind, type_):
            return value
    return now


def test_employees_are_not_merged_and_do_not_change_kind_here(store: str, now: datetime) -> None:
    with transaction() as session:
        make_organisation(session)
        one = make_contact(session, kind=ContactKind.EMPLOYEE)
        two = make_contact(session, kind=ContactKind.EMPLOYEE)
        refused(Conflict, merging.merge, session, A, first=one.public_id, second=two.public_id,
                from_second=frozenset(), now=now)  # fmt: skip
        given = replace(card.as_input(session, one), kind=ContactKind.CUSTOMER)
        code = refused(Invalid, card.change_person, session, A, public_id=one.public_id,
                       version=one.version, given=given, now=now)  # fmt: skip
        assert code == "contact.kind_employee"


def test_people_who_may_be_one_are_found(store: str, now: datetime) -> None:
    with transaction() as session:
        make_organisation(session)
        one = make_contact(session, "sara.n@example.com", first_name="سارا", last_name="کیانی")
        two = make_contact(session, "x@example.com", first_name="سارا", last_name="كياني")
        three = make_contact(session, "sara.n@example.org", first_name="Z")
        make_contact(session, "info@example.org", first_name="سارا", last_name="کیانیان")
        found = {a.line.id: a.because.value
                 for a in duplicates.alike(session, A, public_id=one.public_id)}  # fmt: skip
        assert found == {two.id: "name", three.id: "address"}
        groups = duplicates.groups(session, A)
        assert [{line.id for line in group.lines} for group in groups] == [{one.id, two.id}]


def test_people_are_found_by_the_new_name_of_their_company(store: str, now: datetime) -> None:
    with transaction() as session:
        make_organisation(session)
        made = card.add_person(session, A, given=ALI, now=now)
        company = session.exec(select(Company)).one()
        companies.change_company(session, A, company_id=company.id, version=1,
                                 given=CompanyInput(name="پارس نو"), now=now)  # fmt: skip
        refused(Conflict, companies.add_company, session, A, given=CompanyInput(name="پارس  نو"),
                now=now)  # fmt: skip
        found = listing.list_contacts(session, A, where=ContactFilter(text="پارس"))
        assert [one.id for one in found.lines] == [made.id]
        assert companies.list_companies(session, A)[0].person_count == 1


def test_somebody_who_is_not_there_or_erased_is_not_found(store: str, now: datetime) -> None:
    with transaction() as session:
        make_organisation(session)
        person = make_contact(session)
        person.status = ContactStatus.ERASED
        session.flush()
        for who in (person.public_id, "con_nobody"):
            assert refused(NotFound, card.read_card, session, A, public_id=who)
        assert listing.list_contacts(session, A).total == 0


def test_an_actor_may_be_a_program(store: str, now: datetime) -> None:
    with transaction() as session:
        make_organisation(session)
        key = Actor(kind="api_key", id=5, name="k", grants=A.grants)
        assert card.add_person(session, key, given=ALI, now=now).owner_id is None


def test_whatever_changes_somebody_is_told_as_an_event(store: str, now: datetime) -> None:
    with transaction() as session:
        make_organisation(session)
        made = card.add_person(session, A, given=ALI, now=now)
        card.set_tags(session, A, public_id=made.public_id, tags=["x"], now=now)
        edit = BulkEdit(field=BulkField.CITY, value="قم")
        done = changes.edit_matching(session, A, where=ContactFilter(), edit=edit, now=now)
        restoring.undo(session, A, change_set_id=done.id, now=now)
        names = session.exec(
            select(Event.name).where(Event.contact_id == made.id).order_by(col(Event.id))
        ).all()
        assert names == ["contact.created", *["contact.changed"] * 3]
