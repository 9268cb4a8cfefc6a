"""People from files: taken, checked, known again, taken back without a trace."""

from collections.abc import Sequence
from pathlib import Path

import pytest
import sqlalchemy
from hypothesis import given
from hypothesis import strategies as st
from sqlmodel import Session, SQLModel, col, func, select

from core import clock, ids
from core.audience import cells, columns, contact_import, intake, undo
from core.audience import reading as reading_files
from core.audience.reader import blocks_ahead
from core.audience.terms import Block, Stay, Undone
from core.commerce.models import Order
from core.consent import erased, policy, sealing
from core.consent.models import AllowedDomain, BlockedDomain, ConsentEvent, Subscription, Topic
from core.consent.noting import note_consent
from core.consent.terms import ConsentState, ThrowawayRule, TopicClass, TopicRule
from core.contacts import tagging
from core.contacts.addresses import parse_address
from core.contacts.models import Address, Attribute, ChangeRow, Contact, ContactIdentity, Tag
from core.contacts.phones import parse_phone
from core.contacts.rules import search_text
from core.contacts.terms import AttributeKind, ContactKind, ContactStatus
from core.db import reading, transaction
from core.errors import Invalid
from core.jobs.feed import job_of
from core.jobs.models import Job
from core.jobs.terms import JobKind, JobState
from tests.support.cast import NOON, administrator
from tests.support.imports import claimed, found_organisation, job_now, queued, refused, run, table
from tests.support.people_files import read_here

ADMIN = administrator()
HEAD = ("email", "phone", "customer id", "first name", "last name", "city", "tags")
SARA = ("sara@example.com", "09121234567", "17", "سارا", "احمدی", "تهران", "vip|نمایشگاه")
ALI = ("Ali@Example.com", "", "18", "علي", "كاظمي", "", "")
Rows = Sequence[Sequence[str]]


@pytest.fixture
def house(store: str, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setattr(contact_import, "blocks_ahead", read_here(reading_files.BLOCK))
    found_organisation()
    with transaction() as session:
        session.add(Topic(key="news", names={"fa": "خبرنامه"}, rule=TopicRule.OPT_IN))
        session.add(Topic(key="sale", names={"fa": "حراج"}, rule=TopicRule.OPT_OUT))
        session.add(Topic(key="care", names={"fa": "خدمات"}, rule=TopicRule.OPT_IN,
                          klass=TopicClass.SERVICE))  # fmt: skip
    return store


def taken(folder: Path, rows: Rows, head: Sequence[str] = HEAD, **options: object) -> Job:
    with reading() as session:
        more = contact_import.more_fields(session)
    names = {word: field.name for field in more for word in field.words}
    mapping = {
        **{field.name: place for place, title in enumerate(head)
           for field in contact_import.FIELDS if title in (field.name, *field.words)},
        **{names[title]: place for place, title in enumerate(head) if title in names},
    }  # fmt: skip
    if head is HEAD:
        mapping = dict(zip(("email", "phone", "external_id", "first_name", "last_name", "city",
                            "tags"), range(7), strict=True))  # fmt: skip
    path = table(folder / "people.csv", [head, *rows])
    return run(queued(path, JobKind.IMPORT_CONTACTS, mapping=mapping, options=options))


def topic(key: str) -> int:
    with reading() as session:
        return session.exec(select(Topic.id).where(Topic.key == key)).one()


def everybody() -> list[Contact]:
    with reading() as session:
        people = session.exec(
            select(Contact)
            .where(col(Contact.kind) != ContactKind.EMPLOYEE)
            .order_by(col(Contact.id))
        )
        return list(people.all())


def known_by(contact_id: int) -> set[tuple[str, str, str]]:
    with reading() as session:
        mine = select(ContactIdentity).where(ContactIdentity.contact_id == contact_id)
        return {(one.kind.value, one.source, one.normalised) for one in session.exec(mine)}


def undone(change_set_id: int) -> Undone:
    removed, restored, is_over = 0, 0, False
    stayed: list[Stay] = []
    while not is_over:
        with transaction() as session:
            piece = undo.undo_piece(session, ADMIN, change_set_id=change_set_id, now=clock.now())
        removed, restored = removed + piece.removed, restored + piece.restored
        stayed += piece.stayed
        is_over = piece.is_over
    return Undone(removed, restored, stayed, is_over)


def import_of(job: Job) -> int:
    with reading() as session:
        found = undo.list_imports(session, ADMIN)
    return max(one.id for one in found)


def whole_store(session: Session) -> dict[str, list[tuple[object, ...]]]:
    """Every row of every table that an import touches."""
    skipped = {"job", "refused_row", "change_set"}
    return {
        name: sorted(
            (tuple(row) for row in session.execute(
                sqlalchemy.select(*(one for one in table.c if one.name != "updated_at")))),
            key=str,
        )
        for name, table in SQLModel.metadata.tables.items()
        if name not in skipped and not name.startswith("audit")
    }  # fmt: skip


# What a row becomes


def test_a_row_becomes_a_person_known_by_address_phone_and_number(
    house: str, tmp_path: Path
) -> None:
    job = taken(tmp_path, [SARA, ALI], source="fair", kind="customer")
    assert (job.state, job.result["people_new"], job.refused_count) == (JobState.DONE, 2, 0)
    sara, ali = everybody()
    assert (sara.first_name, sara.city, sara.kind, sara.source) == (
        "سارا", "تهران", ContactKind.CUSTOMER, "fair")  # fmt: skip
    assert known_by(sara.id) == {
        ("email", "", "sara@example.com"), ("phone", "", "+989121234567"),
        ("external", "orders", "17"),
    }  # fmt: skip
    assert sara.search_key == search_text(
        "سارا", "احمدی", emails=["sara@example.com"], phones=["+989121234567"]
    )
    assert (ali.last_name, ali.search_key) == ("كاظمي", "علی کاظمی ali@example.com")
    with reading() as session:
        boxes = dict(session.exec(select(Address.normalised, Address.deliverable)).all())
        assert boxes["ali@example.com"] == "Ali@example.com"
        assert {one.name for one in session.exec(select(Tag))} == {"vip", "نمایشگاه"}


def test_custom_fields_and_answers_about_topics_are_columns_of_their_own(
    house: str, tmp_path: Path
) -> None:
    with transaction() as session:
        session.add(Attribute(key="points", names={"fa": "امتیاز"}, kind=AttributeKind.NUMBER))
    head = ("email", "points", "خبرنامه")
    rows = [("a@example.com", "۱۲", "بله"), ("b@example.com", "x", "بله"),
            ("c@example.com", "", "no")]  # fmt: skip
    job = taken(tmp_path, rows, head, basis="consent", basis_text="form")
    one, three = everybody()
    assert (one.attributes, three.attributes) == ({"points": 12}, {})
    with reading() as session:
        assert refused(session, job.id) == [
            (3, "contact_import.field.custom", "attribute.value_number")
        ]
        news = topic("news")
        states = select(Subscription.contact_id, Subscription.state)
        assert dict(session.exec(states.where(Subscription.topic_id == news)).all()) == {
            one.id: ConsentState.CONFIRMED, three.id: ConsentState.UNSUBSCRIBED,
        }  # fmt: skip


@pytest.mark.parametrize(
    ("row", "code"),
    [
        (("nobody", "", "", "a", "b", "", ""), "address.no_at"),
        (("", "12", "", "a", "b", "", ""), "phone.invalid"),
        (("", "", "", "a", "b", "", ""), "contact_import.nobody"),
        (("x@blocked.example", "", "", "a", "b", "", ""), "contact_import.domain_blocked"),
        (("x@mail.blocked.example", "", "", "", "", "", ""), "contact_import.domain_blocked"),
        (("n@example.com", "", "", "n" * 121, "", "", ""), "contact.field_long"),
    ],
)
def test_a_row_that_cannot_be_taken_is_refused_with_its_reason(
    house: str, tmp_path: Path, row: Sequence[str], code: str
) -> None:
    with transaction() as session:
        session.add(BlockedDomain(domain="blocked.example"))
    job = taken(tmp_path, [SARA, row])
    with reading() as session:
        assert [(line, found) for line, _, found in refused(session, job.id)] == [(3, code)]
    assert (job.result["people_new"], job.refused_count, job.done_count) == (1, 1, 2)


# Whose a row is


@pytest.mark.parametrize(
    ("rule", "city", "name", "unchanged"),
    [("skip", None, "علي", 1), ("fill", "Qom", "علي", 0), ("overwrite", "Qom", "Ali", 0)],
)
def test_a_row_about_somebody_known_follows_the_rule(
    house: str, tmp_path: Path, *, rule: str, city: str | None, name: str, unchanged: int
) -> None:
    taken(tmp_path, [ALI])
    again = ("ALI@example.com", "09121111111", "", "Ali", "", "Qom", "")
    job = taken(tmp_path, [again], rule=rule)
    (ali,) = everybody()
    assert (ali.first_name, ali.city) == (name, city)
    assert job.result.get("people_unchanged", 0) == unchanged
    assert job.result.get("people_changed", 0) == 1 - unchanged
    assert (("phone", "", "+989121111111") in known_by(ali.id)) is (rule != "skip")


def test_an_address_or_phone_of_somebody_else_is_refused(house: str, tmp_path: Path) -> None:
    taken(tmp_path, [SARA, ALI])
    rows = [("sara@example.com", "", "18", "", "", "", ""),
            ("new@example.com", "0912 123 4567", "", "", "", "", "")]  # fmt: skip
    job = taken(tmp_path, rows)
    with reading() as session:
        assert [code for _, _, code in refused(session, job.id)] == [
            "contact_import.email_of_other", "contact_import.phone_of_other"]  # fmt: skip


def test_who_was_erased_is_not_taken_in_again(house: str, tmp_path: Path) -> None:
    with transaction() as session:
        erased.keep_out(session, "sara@example.com", now=NOON)
    job = taken(tmp_path, [SARA, ALI])
    with reading() as session:
        assert [code for _, _, code in refused(session, job.id)] == ["contact_import.email_erased"]
    assert len(everybody()) == 1


@pytest.mark.parametrize("block", [1, 3])
@pytest.mark.parametrize("rule", ["skip", "fill", "overwrite"])
def test_a_trial_tells_exactly_what_the_import_then_does(
    house: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, block: int, rule: str
) -> None:
    monkeypatch.setattr(contact_import, "blocks_ahead", read_here(block))
    taken(tmp_path, [ALI])
    rows = [SARA, ALI, ("ali@example.com", "", "", "Ali", "", "Qom", "x"), SARA,
            ("sara@example.com", "", "99", "", "", "Qom", ""), ("bad", "", "", "", "", "", ""),
            ("c@example.com", "", "17", "", "", "", ""), ("d@example.com", *[""] * 6)]  # fmt: skip
    before = everybody()
    trial = taken(tmp_path, rows, rule=rule, is_trial=True)
    assert everybody() == before
    real = taken(tmp_path, rows, rule=rule)
    assert (trial.result, trial.refused_count) == (real.result, real.refused_count)
    assert sum(v for v in real.result.values() if isinstance(v, int)) + real.refused_count == 8


# On what ground


@pytest.mark.spec("S80")
@pytest.mark.parametrize(
    ("basis", "news", "care"),
    [
        ("consent", "confirmed", "confirmed"),
        ("contract", "unconfirmed", "confirmed"),
        ("interest", "unconfirmed", "confirmed"),
        ("unknown", "unconfirmed", "unconfirmed"),
    ],
)
def test_a_yes_stands_no_firmer_than_its_ground(
    house: str, tmp_path: Path, *, basis: str, news: str, care: str
) -> None:
    job = taken(tmp_path, [SARA, ALI], basis=basis, basis_text="card", source="fair",
                topics=[topic("news"), topic("care")])  # fmt: skip
    with reading() as session:
        steps = session.exec(select(ConsentEvent)).all()
        found = {(one.topic_id, one.state.value) for one in steps if one.topic_id != topic("sale")}
        assert found == {(topic("news"), news), (topic("care"), care)}
        left_out = {one.contact_id for one in steps if one.topic_id == topic("sale")}
        assert len(left_out) == (2 if basis == "unknown" else 0)
        assert {one.basis for one in steps} == {f"{basis}: card"}
        assert {one.source for one in steps} == {f"import:{job.id}"}
        assert sealing.verify(session).is_sound


def test_who_has_left_a_topic_is_not_brought_back(house: str, tmp_path: Path) -> None:
    taken(tmp_path, [SARA])
    (sara,) = everybody()
    with transaction() as session:
        note_consent(session, contact_id=sara.id, topic_id=topic("news"), source="preferences",
                     state=ConsentState.UNSUBSCRIBED, now=NOON)  # fmt: skip
    taken(tmp_path, [SARA], basis="consent", basis_text="card", topics=[topic("news")])
    with reading() as session:
        found = session.exec(select(Subscription).where(Subscription.topic_id == topic("news")))
        assert found.one().state is ConsentState.UNSUBSCRIBED


def test_a_ground_must_be_told_in_words(house: str, tmp_path: Path) -> None:
    with pytest.raises(Invalid) as refusal:
        taken(tmp_path, [SARA], basis="consent", topics=[topic("news")])
    assert (refusal.value.code, refusal.value.field) == ("contact_import.no_basis_text",
                                                         "basis_text")  # fmt: skip


# Taken back


def test_an_import_taken_back_leaves_no_trace(house: str, tmp_path: Path) -> None:
    with transaction() as session:
        now = clock.now()
        session.add(Order(source="orders", reference="1", customer_ref="99", currency="IRR",
                          placed_at=now))  # fmt: skip
    with reading() as session:
        before = whole_store(session)
    job = taken(tmp_path, [SARA, ALI, ("z@example.com", "", "99", "", "", "", "new")],
                basis="consent", basis_text="card", topics=[topic("news")], tag="all")  # fmt: skip
    with reading() as session:
        assert session.exec(select(Order.contact_id)).one() is not None
    assert undone(import_of(job)).removed == 3
    with reading() as session:
        after = whole_store(session)
    assert {name: rows for name, rows in after.items() if rows != before[name]} == {}


@pytest.mark.parametrize("rule", ["fill", "overwrite"])
def test_people_it_changed_are_as_they_were(house: str, tmp_path: Path, rule: str) -> None:
    taken(tmp_path, [SARA, ALI])
    before = [one.model_dump(exclude={"version", "updated_at"}) for one in everybody()]
    known = [known_by(one.id) for one in everybody()]
    rows = [("ali@example.com", "09123333333", "5", "Ali", "K", "Qom", "a|b"),
            ("ali@example.com", "", "", "Alireza", "", "Tabriz", "c")]  # fmt: skip
    job = taken(tmp_path, rows, rule=rule, tag="t", basis="consent", basis_text="c",
                topics=[topic("news")])  # fmt: skip
    assert [one.model_dump(exclude={"version", "updated_at"}) for one in everybody()] != before
    assert undone(import_of(job)).restored == 1
    assert [one.model_dump(exclude={"version", "updated_at"}) for one in everybody()] == before
    assert [known_by(one.id) for one in everybody()] == known
    with reading() as session:
        assert session.exec(select(func.count(col(ChangeRow.id)))).one() == 0
        assert {one.name for one in session.exec(select(Tag))} == {"vip", "نمایشگاه"}
        found = session.exec(select(Subscription).where(Subscription.topic_id == topic("news")))
        assert {one.state for one in found} == {ConsentState.UNCONFIRMED}
        assert sealing.verify(session).is_sound


def with_rule(throwaway: ThrowawayRule, *, only_allowed: bool = False) -> None:
    with transaction() as session:
        policy.set_domain_rules(session, ADMIN, throwaway=throwaway, seen_version=0,
                                takes_only_allowed=only_allowed, now=clock.now())  # fmt: skip


THROWAWAY = ("x@mailinator.com", "", "", "X", "", "", "")


@pytest.mark.spec("U09")
def test_a_throwaway_mailbox_is_a_refused_row_with_its_reason(house: str, tmp_path: Path) -> None:
    job = taken(tmp_path, [SARA, THROWAWAY, ALI])
    assert (job.done_count, job.refused_count) == (3, 1)
    assert len(everybody()) == 2
    with reading() as session:
        assert [(line, code) for line, _, code in refused(session, job.id)] == [
            (3, "contact_import.domain_blocked")]  # fmt: skip


@pytest.mark.spec("U09")
def test_a_throwaway_mailbox_is_held_where_the_house_says_so_and_taken_back_without_trace(
    house: str, tmp_path: Path
) -> None:
    with_rule(ThrowawayRule.HOLD)
    taken(tmp_path, [SARA])
    with reading() as session:
        before = whole_store(session)
    job = taken(tmp_path, [THROWAWAY, ALI])
    assert [one.status for one in everybody()] == [
        ContactStatus.ENABLED, ContactStatus.DISABLED, ContactStatus.ENABLED]  # fmt: skip
    with reading() as session:
        held = everybody()[1]
        assert [one.name for one in tagging.tags_on(session, held.id)] == ["صندوق یک‌بارمصرف"]
    undone(import_of(job))
    with reading() as session:
        after = whole_store(session)
    assert {name: rows for name, rows in after.items() if rows != before[name]} == {}


@pytest.mark.spec("U09")
def test_a_file_lets_nobody_in_whom_the_lists_let_in_for_no_form(
    house: str, tmp_path: Path
) -> None:
    with transaction() as session:
        for name in ("mailinator.com", "good.blocked.example"):
            session.add(AllowedDomain(domain=name))
        session.add(BlockedDomain(domain="blocked.example"))
    with_rule(ThrowawayRule.REFUSE, only_allowed=True)
    names = ("mailinator.com", "good.blocked.example", "a.blocked.example", "example.com",
             "yopmail.com")  # fmt: skip
    rows = [(f"{number}@{name}", "", "", f"N{number}", "", "", "")
            for number, name in enumerate(names)]  # fmt: skip
    job = taken(tmp_path, rows)
    held, free = ContactStatus.DISABLED, ContactStatus.ENABLED
    assert [(one.first_name, one.status) for one in everybody()] == [
        ("N0", free), ("N1", free), ("N2", held), ("N3", held)]  # fmt: skip
    assert job.refused_count == 1


@pytest.mark.spec("U11", "S32")
def test_a_field_that_was_changed_since_stays_when_an_import_is_taken_back(
    house: str, tmp_path: Path
) -> None:
    taken(tmp_path, [SARA, ALI])
    rows = [("ali@example.com", "", "", "Ali", "K", "Qom", "")]
    job = taken(tmp_path, rows, rule="overwrite")
    with transaction() as session:
        ali = session.exec(select(Contact).where(Contact.city == "Qom")).one()
        ali.city = "Karaj"
    found = undone(import_of(job))
    assert [(one.name, one.code, one.fields) for one in found.stayed] == [
        ("علي كاظمي", "changed", ("city",))]  # fmt: skip
    with reading() as session:
        held = session.get_one(Contact, ali.id)
        assert (held.first_name, held.last_name, held.city) == ("علي", "كاظمي", "Karaj")


def test_who_has_done_something_since_stays_and_it_is_said_why(house: str, tmp_path: Path) -> None:
    job = taken(tmp_path, [SARA, ALI, ("c@example.com", "", "", "C", "", "", "")])
    sara, ali, _ = everybody()
    with transaction() as session:
        session.add(Order(source="shop", reference="1", currency="IRR", contact_id=sara.id,
                          placed_at=clock.now()))  # fmt: skip
        note_consent(session, contact_id=ali.id, topic_id=topic("news"), source="form",
                     state=ConsentState.CONFIRMED, now=clock.now())  # fmt: skip
    found = undone(import_of(job))
    assert found.removed == 1
    assert [(one.contact_id, one.name, one.code) for one in found.stayed] == [
        (sara.id, "سارا احمدی", "order"), (ali.id, "علي كاظمي", "consent")]  # fmt: skip
    assert [one.id for one in everybody()] == [sara.id, ali.id]


# Orders that came first


def test_orders_of_a_number_nobody_had_become_the_persons(house: str, tmp_path: Path) -> None:
    with transaction() as session:
        for reference, number in (("1", "17"), ("2", "18"), ("3", "404"), ("4", "")):
            session.add(Order(source="orders", reference=reference, customer_ref=number,
                              currency="IRR", placed_at=clock.now()))  # fmt: skip
    taken(tmp_path, [SARA, ALI])
    with reading() as session:
        rows = session.exec(select(Order.reference, Order.contact_id)).all()
    sara, ali = everybody()
    assert dict(rows) == {"1": sara.id, "2": ali.id, "3": None, "4": None}


# Begun again


@pytest.mark.sqlite_only("the reader knows no store")
def test_a_process_of_its_own_reads_what_this_one_would(
    house: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(contact_import, "blocks_ahead", blocks_ahead)
    job = taken(tmp_path, [SARA, ALI, ("bad", *[""] * 6)])
    assert (job.state, job.result["people_new"], job.refused_count) == (JobState.DONE, 2, 1)


def test_an_import_that_died_ends_in_the_same_result(
    house: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(contact_import, "blocks_ahead", read_here(2))
    rows = [(f"p{number % 7}@example.com", "", "", f"P{number}", "", "", "") for number in range(9)]
    path = table(tmp_path / "people.csv", [HEAD, *rows])
    mapping = {"email": 0, "first_name": 3}
    job_id = queued(path, JobKind.IMPORT_CONTACTS, mapping=mapping, options={"rule": "overwrite"})
    whole = intake.take

    def dies(session: Session, state: intake.Intake, block: Block) -> object:
        if block.lines[0] > 5:
            raise KeyboardInterrupt
        return whole(session, state, block)

    monkeypatch.setattr(intake, "take", dies)
    attempt = claimed(job_id)
    with pytest.raises(KeyboardInterrupt):
        contact_import.run(attempt)
    assert job_of(attempt).done_count == 4
    monkeypatch.setattr(intake, "take", whole)
    contact_import.run(attempt)
    job = job_now(job_id)
    assert (job.result["people_new"], job.result["people_repeated"], job.done_count) == (7, 2, 9)
    names = {one.first_name for one in everybody()}
    assert names == {"P7", "P8", "P2", "P3", "P4", "P5", "P6"}
    assert undone(import_of(job)).removed == 7


# The short ways give what the long ones give


@pytest.mark.sqlite_only("the store plays no part in it")
@given(st.lists(st.one_of(st.emails(), st.text(max_size=12), st.just("A.b+c@Example.COM"),
                          st.from_regex(r"[a-zA-Z.=?]{1,70}@[a-zA-Z0-9.-]{1,12}"))))  # fmt: skip
def test_addresses_by_columns_are_the_addresses_one_by_one(texts: list[str]) -> None:
    cleaned = columns.cleaned([text.replace("\0", "") for text in texts])
    for text, found in zip(cleaned, columns.mailboxes(cleaned), strict=True):
        if not text:
            assert found is None
            continue
        try:
            parsed = parse_address(text)
        except Invalid as fault:
            assert isinstance(found, Invalid)
            assert found.code == fault.code  # noqa: PT017 - what one says, the other must say
        else:
            assert found == (parsed.normalised, parsed.text, parsed.raw)


@pytest.mark.sqlite_only("the store plays no part in it")
@pytest.mark.parametrize("text", ["09121234567", "+989351234567", "00989901234567", "09991234567"])
def test_the_short_way_of_a_phone_number_leads_where_the_long_one_does(text: str) -> None:
    assert cells.phone(text, "IR")[0] == parse_phone(text, country="IR").normalised
    number = cells.phone(text, "IR")[0]
    assert cells.person_key(
        "سارا", "كاظمي", company="شرکت", email="a@b.co", number=number
    ) == search_text("سارا", "كاظمي", emails=["a@b.co"], phones=[number], company="شرکت")


@pytest.mark.sqlite_only("the store plays no part in it")
def test_ids_made_in_bulk_look_like_ids_made_singly() -> None:
    made = ids.public_ids("con", NOON, 500)
    single = ids.public_id("con", NOON)
    assert len(set(made)) == 500
    assert {(len(one), one[:16], one[16], one[20] in "89ab") for one in made} == {
        (len(single), single[:16], "7", True)
    }
