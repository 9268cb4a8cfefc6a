"""Staff accounts: making, changing, inviting, leaving, one-time links, and keys for programs."""

from datetime import datetime, timedelta
from functools import partial

import pytest
from pydantic import BaseModel, ValidationError
from sqlmodel import Session, select

from core import signing
from core.access import rules as access
from core.access.terms import SYSTEM, Actor, DepartmentKind, Permission, Role
from core.accounts import api_keys, links, passwords, queries, service, sessions
from core.accounts.models import ApiKey, LoginSession, OneTimeLink, User
from core.accounts.rules import LINK_LIFE, UNGRANTABLE
from core.accounts.sessions import Place
from core.accounts.terms import (
    LinkPurpose,
    MembershipInput,
    NewApiKey,
    NewUser,
    SessionKind,
    StaffState,
    UserDetails,
)
from core.activities.models import Task
from core.audit.models import AuditEntry
from core.contacts.models import Contact
from core.contacts.terms import ContactKind
from core.db import reading, transaction
from core.errors import ChaparError, Conflict, Forbidden, Invalid, NotFound
from core.i18n.terms import Calendar, Language
from core.messages.models import Message
from core.notices import service as notices
from core.notices.terms import StaffInvitation
from tests.support.cast import actor_of, department_id, make_contact, make_organisation, make_user

GOOD = "vault otter cobalt mitten"
OTHER = "lantern walnut drizzle sofa"
HERE = Place("198.51.100.7", "Firefox")
OPERATIONS = DepartmentKind.OPERATIONS


@pytest.fixture
def admin(store: str, now: datetime) -> User:
    with transaction() as session:
        make_organisation(session)
        made = make_user(session, "nasrin", Role.ADMINISTRATOR)
        passwords.set_password(session, SYSTEM, user_id=made.id, password=GOOD, now=now)
    return made


def acting(session: Session, user: User) -> Actor:
    return sessions.actor_of(session, user)


def operator(session: Session) -> MembershipInput:
    return MembershipInput(department_id=department_id(session, OPERATIONS), role=Role.OPERATOR)


def invitation(session: Session, **more: object) -> StaffInvitation:
    given: dict[str, object] = {
        "email": "mina@sepidar.example",
        "first_name": "Mina",
        "last_name": "Rad",
        "login": "mina",
        "language": Language.FA,
        "calendar": Calendar.JALALI,
        "memberships": (operator(session),),
        **more,
    }
    return StaffInvitation.model_validate(given)


def secret_in(message: Message) -> str:
    """The secret at the end of the link of a mail, as it is when the mail is written."""
    found = message.values["links"]
    assert isinstance(found, dict)
    opened = links.opened(str(found["password"]), contact_id=message.contact_id)
    return opened.rsplit("/", 1)[1]


def open_visit(session: Session, user: User, now: datetime) -> str:
    opened = sessions.open_visit(
        session, kind=SessionKind.STAFF, user_id=user.id, place=HERE, now=now
    )
    return signing.digest(opened.secret)


@pytest.mark.spec("T66")
def test_a_fresh_installation_has_no_account_and_so_no_default_password(
    store: str, now: datetime
) -> None:
    with transaction() as session:
        make_organisation(session)
        assert session.exec(select(User)).all() == []
        assert not queries.has_administrator(session)


@pytest.mark.spec("T66")
def test_the_set_up_link_works_once_within_half_an_hour_and_only_the_newest(
    store: str, now: datetime
) -> None:
    def opens(secret: str, moment: datetime) -> bool:
        try:
            with transaction() as session:
                links.open_setup(session, SYSTEM, secret=secret, place=HERE, now=moment)
        except NotFound:
            return False
        return True

    with transaction() as session:
        make_organisation(session)
        first = links.make_setup_link(session, SYSTEM, now=now)
        second = links.make_setup_link(session, SYSTEM, now=now)
        third = second.secret
        assert session.exec(select(OneTimeLink).where(OneTimeLink.hash == third)).all() == []
    assert not opens(first.secret, now), "replaced by the second"
    assert not opens(second.secret, now + timedelta(minutes=30)), "too old"
    assert opens(second.secret, now + timedelta(minutes=29))
    assert not opens(second.secret, now + timedelta(minutes=29)), "used"


@pytest.mark.spec("T66")
def test_once_there_is_an_administrator_set_up_links_and_visits_end(
    store: str, now: datetime
) -> None:
    with transaction() as session:
        make_organisation(session)
        link = links.make_setup_link(session, SYSTEM, now=now)
        opened = links.open_setup(session, SYSTEM, secret=link.secret, place=HERE, now=now)
        spare = links.make_setup_link(session, SYSTEM, now=now)
        stray = links.open_setup(session, SYSTEM, secret=spare.secret, place=HERE, now=now)
    mine, strays = signing.digest(opened.secret), signing.digest(stray.secret)
    with transaction() as session:
        visit = sessions.resolve_session(session, session_hash=mine, now=now)
        assert visit is not None
        assert (visit.kind, visit.actor) == (SessionKind.SETUP, None)
        made = make_user(session, "nasrin", Role.ADMINISTRATOR)
        passwords.set_password(session, SYSTEM, user_id=made.id, password=GOOD, now=now)
        bound = sessions.bind_setup_session(
            session, SYSTEM, session_hash=mine, user_id=made.id, now=now
        )
        assert bound.actor is not None
    with transaction() as session:
        again = sessions.resolve_session(session, session_hash=mine, now=now)
        assert again is not None
        assert (again.kind, again.actor) == (SessionKind.STAFF, bound.actor)
        assert sessions.resolve_session(session, session_hash=strays, now=now) is None
        with pytest.raises(Conflict):
            links.make_setup_link(session, SYSTEM, now=now)
        with pytest.raises(NotFound):
            sessions.bind_setup_session(
                session, SYSTEM, session_hash=mine, user_id=made.id, now=now
            )


@pytest.mark.spec("S130")
def test_an_invitation_makes_an_employee_with_roles_and_mails_a_link(
    admin: User, now: datetime
) -> None:
    with transaction() as session:
        user = notices.invite_staff(
            session, acting(session, admin), given=invitation(session), now=now
        )
    with reading() as session:
        message = session.exec(select(Message)).one()
        contact = session.get(Contact, user.contact_id)
        assert contact is not None
        assert (contact.kind, contact.first_name) == (ContactKind.EMPLOYEE, "Mina")
        assert message.contact_id == contact.id
        assert service.state_of(user) is StaffState.INVITED
        assert [grant.role for grant in queries.grants(session, user.id)] == [Role.OPERATOR]
        assert message.expires_at == now + LINK_LIFE[LinkPurpose.INVITATION]
        hashes = session.exec(select(OneTimeLink.hash)).all()
        assert hashes == [signing.digest(secret_in(message))]
        acts = set(session.exec(select(AuditEntry.action)).all())
        assert {"user.added", "user.invited"} <= acts


@pytest.mark.spec("S130")
def test_an_invited_person_is_found_by_address_and_can_be_invited_again(
    admin: User, now: datetime
) -> None:
    with transaction() as session:
        known = make_contact(session, "mina@sepidar.example", kind=ContactKind.EMPLOYEE)
        actor = acting(session, admin)
        user = notices.invite_staff(session, actor, given=invitation(session), now=now)
        assert user.contact_id == known.id
        notices.invite_again(session, actor, user_id=user.id, now=now)
    with transaction() as session:
        old, new = session.exec(select(Message).order_by("id")).all()
        take = partial(
            links.accept_password, session, SYSTEM, purpose=LinkPurpose.INVITATION, now=now
        )
        with pytest.raises(NotFound):
            take(secret=secret_in(old), password=GOOD)
        take(secret=secret_in(new), password=GOOD)
        with pytest.raises(Conflict) as refusal:
            notices.invite_again(session, acting(session, admin), user_id=user.id, now=now)
        assert refusal.value.code == "account.has_password"


WRONG_INVITATIONS: list[tuple[dict[str, object], str]] = [
    ({"login": "NASRIN"}, "account.login_taken"),
    ({"login": "a b"}, "account.bad_login"),
    ({"login": "x"}, "account.bad_login"),
    ({"email": "not an address"}, "address.space"),
    ({"email": "nasrin@example.com"}, "account.exists"),
    ({"first_name": "", "last_name": "  "}, "account.empty_name"),
    ({"memberships": (MembershipInput(department_id=999, role=Role.VIEWER),)},
     "account.no_department"),
]  # fmt: skip


def test_a_wrong_invitation_says_what_is_wrong_and_leaves_nothing(
    admin: User, now: datetime
) -> None:
    def refused(change: dict[str, object]) -> str:
        try:
            with transaction() as session:
                given = invitation(session, **change)
                notices.invite_staff(session, acting(session, admin), given=given, now=now)
        except ChaparError as refusal:
            return refusal.code
        return "not refused"

    for change, code in WRONG_INVITATIONS:
        assert refused(change) == code
    with reading() as session:
        assert len(session.exec(select(User)).all()) == 1
        assert session.exec(select(Message)).all() == []


def test_who_may_not_edit_accounts_is_refused_before_anything_happens(
    admin: User, now: datetime
) -> None:
    with transaction() as session:
        actor = actor_of(session, make_user(session, "davud", Role.MANAGER))
        given = invitation(session)
        with pytest.raises(Forbidden):
            notices.invite_staff(session, actor, given=given, now=now)
        assert session.exec(select(Message)).all() == []


INPUTS: list[type[BaseModel]] = [
    StaffInvitation, NewUser, UserDetails, MembershipInput, NewApiKey,
]  # fmt: skip
FOREIGN = ("id", "is_admin", "role", "created_by", "password_hash", "is_active", "consent_at")


@pytest.mark.spec("T33")
@pytest.mark.parametrize(
    ("model", "extra"),
    [(model, name) for model in INPUTS for name in FOREIGN if name not in model.model_fields],
)
def test_no_input_takes_a_field_it_does_not_name(model: type[BaseModel], extra: str) -> None:
    with pytest.raises(ValidationError) as refusal:
        model.model_validate({extra: "1"})
    assert "extra_forbidden" in {fault["type"] for fault in refusal.value.errors()}


@pytest.mark.spec("S130")
def test_leaving_ends_visits_and_hands_the_work_over_in_one_go(admin: User, now: datetime) -> None:
    with transaction() as session:
        leaver, heir = make_user(session, "davud"), make_user(session, "sara")
        passwords.set_password(session, SYSTEM, user_id=leaver.id, password=GOOD, now=now)
        visit = open_visit(session, leaver, now)
        theirs = make_contact(session, "lead@example.org", owner_id=leaver.id)
        due = now + timedelta(days=1)
        todo = Task(dedup_key="a", title="Call", owner_id=leaver.id, due_at=due)
        done = Task(dedup_key="b", title="Done", owner_id=leaver.id, due_at=due, done_at=now)
        session.add_all([todo, done])
    with transaction() as session:
        actor = acting(session, admin)
        with pytest.raises(Conflict) as refusal:
            notices.leave_staff(session, actor, user_id=leaver.id, successor_id=None, now=now)
        assert refusal.value.code == "account.successor_needed"
        assert refusal.value.params == {"tasks": 1, "contacts": 1}
    with transaction() as session:
        over = notices.leave_staff(session, actor, user_id=leaver.id, successor_id=heir.id, now=now)
        assert (over.task_count, over.contact_count) == (1, 1)
    with reading() as session:
        owners = {row.dedup_key: row.owner_id for row in session.exec(select(Task)).all()}
        assert owners == {"a": heir.id, "b": leaver.id}
        moved = session.get(Contact, theirs.id)
        assert moved is not None
        assert moved.owner_id == heir.id
        assert sessions.resolve_session(session, session_hash=visit, now=now) is None
        gone = session.get(User, leaver.id)
        assert gone is not None
        assert (service.state_of(gone), gone.password_hash) == (StaffState.LEFT, None)


@pytest.mark.spec("S130")
def test_when_leaving_fails_nothing_has_changed(admin: User, now: datetime) -> None:
    with transaction() as session:
        leaver = make_user(session, "davud")
        visit = open_visit(session, leaver, now)
    for successor in (leaver.id, 999_999):
        with pytest.raises(Conflict), transaction() as session:
            notices.leave_staff(
                session, acting(session, admin), user_id=leaver.id, successor_id=successor,
                now=now,
            )  # fmt: skip
    with reading() as session:
        assert sessions.resolve_session(session, session_hash=visit, now=now) is not None


def test_the_last_administrator_stays_and_nobody_closes_their_own_account(
    admin: User, now: datetime
) -> None:
    with transaction() as session:
        actor, clerk = acting(session, admin), (operator(session),)
        with pytest.raises(Conflict) as refusal:
            service.set_memberships(session, actor, user_id=admin.id, memberships=clerk, now=now)
        assert refusal.value.code == "account.last_administrator"
        with pytest.raises(Conflict) as refusal:
            service.deactivate(session, SYSTEM, user_id=admin.id, now=now)
        assert refusal.value.code == "account.last_administrator"
        make_user(session, "second", Role.ADMINISTRATOR)
        with pytest.raises(Conflict) as refusal:
            service.deactivate(session, actor, user_id=admin.id, now=now)
        assert refusal.value.code == "account.not_yourself"
        service.set_memberships(session, actor, user_id=admin.id, memberships=clerk, now=now)


@pytest.mark.spec("T25")
def test_a_changed_role_holds_at_once_and_ends_the_visits_opened_with_the_old_one(
    admin: User, now: datetime
) -> None:
    with transaction() as session:
        clerk = make_user(session, "davud", Role.MANAGER)
        visit = open_visit(session, clerk, now)
    with transaction() as session:
        service.set_memberships(
            session, acting(session, admin), user_id=clerk.id,
            memberships=[operator(session), operator(session)], now=now,
        )  # fmt: skip
    with reading() as session:
        assert sessions.resolve_session(session, session_hash=visit, now=now) is None
        assert [grant.role for grant in queries.grants(session, clerk.id)] == [Role.OPERATOR]
        entry = session.exec(
            select(AuditEntry).where(AuditEntry.action == "user.roles_changed")
        ).one()
        assert entry.before != entry.after


def test_two_people_changing_one_account_do_not_overwrite_each_other(
    admin: User, now: datetime
) -> None:
    given = UserDetails(name="Davud B", language=Language.AR, calendar=Calendar.GREGORIAN)
    with transaction() as session:
        clerk = make_user(session, "davud")
        seen, actor = clerk.version, acting(session, admin)
        service.change_user(
            session, actor, user_id=clerk.id, seen_version=seen, given=given, now=now
        )
        with pytest.raises(Conflict):
            service.change_user(
                session, actor, user_id=clerk.id, seen_version=seen, given=given, now=now
            )
        assert (clerk.name, clerk.language) == ("Davud B", Language.AR)
        service.choose_language(session, acting(session, clerk), language=Language.EN, now=now)
        service.change_self(
            session, acting(session, clerk),
            given=UserDetails(name="D", language=Language.EN, calendar=Calendar.JALALI), now=now,
        )  # fmt: skip
        assert (clerk.name, clerk.language, clerk.calendar) == ("D", "en", "jalali")
        lines = {line.user.login: line for line in service.list_staff(session, actor)}
        assert lines["davud"].state is StaffState.INVITED
        assert [row.role for row in lines["nasrin"].memberships] == [Role.ADMINISTRATOR]


def test_a_closed_account_can_be_opened_again_and_invited(admin: User, now: datetime) -> None:
    with transaction() as session:
        actor, clerk = acting(session, admin), make_user(session, "davud")
        notices.leave_staff(session, actor, user_id=clerk.id, successor_id=None, now=now)
        with pytest.raises(NotFound):
            notices.invite_again(session, actor, user_id=clerk.id, now=now)
        service.reactivate(session, actor, user_id=clerk.id, now=now)
        notices.invite_again(session, actor, user_id=clerk.id, now=now)
        assert service.state_of(service.read_user(session, actor, user_id=clerk.id)) == "invited"


@pytest.mark.spec("S130")
@pytest.mark.parametrize("typed", ["nasrin", " NASRIN ", "nasrin@example.com"])
def test_a_password_link_goes_to_whom_the_name_or_address_belongs(
    admin: User, now: datetime, typed: str
) -> None:
    with transaction() as session:
        notices.send_password_link(session, SYSTEM, login=typed, place=HERE, now=now)
    with transaction() as session:
        message = session.exec(select(Message)).one()
        assert message.contact_id == admin.contact_id
        visit = open_visit(session, admin, now)
        links.accept_password(
            session, SYSTEM, secret=secret_in(message), purpose=LinkPurpose.PASSWORD,
            password=OTHER, now=now,
        )  # fmt: skip
        user = session.get(User, admin.id)
        assert user is not None
        assert passwords.matches(user.password_hash, OTHER)
        assert sessions.resolve_session(session, session_hash=visit, now=now) is None


def test_nobody_is_mailed_for_a_name_that_is_not_in_use(admin: User, now: datetime) -> None:
    with transaction() as session:
        gone = make_user(session, "gone")
        service.deactivate(session, SYSTEM, user_id=gone.id, now=now)
        for typed in ("nobody", "nobody@example.com", "", "a" * 9000, "gone", "@", "\x00"):
            notices.send_password_link(session, SYSTEM, login=typed, place=HERE, now=now)
    with reading() as session:
        assert session.exec(select(Message)).all() == []


def test_asking_again_and_again_does_not_fill_somebodys_inbox(admin: User, now: datetime) -> None:
    for number in range(20):
        with transaction() as session:
            place = Place(f"10.0.0.{number}")
            notices.send_password_link(session, SYSTEM, login="nasrin", place=place, now=now)
    with transaction() as session:
        assert len(session.exec(select(Message)).all()) == 3
        assert len([row for row in session.exec(select(OneTimeLink)) if not row.used_at]) == 1


@pytest.mark.spec("T27")
def test_a_link_is_good_for_its_purpose_its_person_its_time_and_one_use(
    admin: User, now: datetime
) -> None:
    life = LINK_LIFE[LinkPurpose.PASSWORD]

    def view(secret: str, purpose: LinkPurpose, moment: datetime) -> links.LinkView | None:
        with reading() as session:
            return links.peek_link(session, SYSTEM, secret=secret, purpose=purpose, now=moment)

    with transaction() as session:
        secret = links.make_link(
            session, purpose=LinkPurpose.PASSWORD, user_id=admin.id, now=now
        ).secret
        assert len(secret) >= 43
    assert view(secret, LinkPurpose.PASSWORD, now + life - timedelta(seconds=1)) is not None
    assert view(secret, LinkPurpose.PASSWORD, now) is not None, "looking uses nothing up"
    assert view(secret, LinkPurpose.PASSWORD, now + life) is None
    assert view(secret, LinkPurpose.INVITATION, now) is None
    assert view(secret[::-1], LinkPurpose.PASSWORD, now) is None
    with pytest.raises(Invalid), transaction() as session:
        links.accept_password(
            session, SYSTEM, secret=secret, purpose=LinkPurpose.PASSWORD, password="short",
            now=now,
        )  # fmt: skip
    assert view(secret, LinkPurpose.PASSWORD, now) is not None, "a refused password uses nothing"
    with transaction() as session:
        service.deactivate(session, SYSTEM, user_id=make_user(session, "gone").id, now=now)
        passwords.set_password(session, SYSTEM, user_id=admin.id, password=OTHER, now=now)
    assert view(secret, LinkPurpose.PASSWORD, now) is None, "a changed password ends it"


def key_for(session: Session, actor: Actor, now: datetime, **more: object) -> api_keys.MadeKey:
    given: dict[str, object] = {"name": "Shop", "scopes": {Permission.STOCK_EDIT}, **more}
    return api_keys.create_api_key(session, actor, given=NewApiKey.model_validate(given), now=now)


def test_a_key_is_shown_once_and_speaks_for_its_scopes_in_its_department(
    admin: User, now: datetime
) -> None:
    with transaction() as session:
        here = department_id(session, OPERATIONS)
        elsewhere = department_id(session, DepartmentKind.PEOPLE)
        made = key_for(session, acting(session, admin), now, department_id=here)
        wide = key_for(session, acting(session, admin), now)
    with transaction() as session:
        kept = session.get(ApiKey, made.row.id)
        assert kept is not None
        secret = made.text.split("_", 2)[2]
        assert secret not in str(kept.model_dump())
        key = api_keys.resolve_api_key(session, SYSTEM, text=made.text, now=now)
        all_over = api_keys.resolve_api_key(session, SYSTEM, text=wide.text, now=now)
        assert key is not None
        assert all_over is not None
        assert (key.kind, key.name) == ("api_key", "Shop")
        edit, import_ = Permission.STOCK_EDIT, Permission.STOCK_IMPORT
        for actor, reached in ((key, {here}), (all_over, {here, elsewhere})):
            for place in (here, elsewhere):
                may = access.reaches(actor, edit, department_id=place, owner_id=None)
                assert may is (place in reached)
                assert not access.reaches(actor, import_, department_id=place, owner_id=None)
        api_keys.touch_api_key(session, SYSTEM, key_id=kept.id, now=now)
        session.refresh(kept)
        assert kept.last_used_at == now


def test_a_false_expired_or_revoked_key_is_nobody(admin: User, now: datetime) -> None:
    with transaction() as session:
        actor = acting(session, admin)
        made = key_for(session, actor, now, expires_at=now + timedelta(days=1))

        def speaks(text: str, moment: datetime = now) -> bool:
            return api_keys.resolve_api_key(session, SYSTEM, text=text, now=moment) is not None

        assert speaks(made.text)
        false = ["", "x", "chp_", "chp__", "chp_a_b", "chp_\x00_x", "chp_\u06f1_x"]
        false += [made.text[:-1], made.text + "A", made.text.replace("chp", "xyz")]
        for text in (*false, "chp_" + made.text):
            assert not speaks(text)
        assert not speaks(made.text, now + timedelta(days=1))
        api_keys.revoke_api_key(session, actor, key_id=made.row.id, now=now)
        assert not speaks(made.text)
        assert [row.id for row in api_keys.list_api_keys(session, actor)] == [made.row.id]


PAST = datetime.fromisoformat("2020-01-01T00:00:00+00:00")
WRONG_KEYS: list[tuple[dict[str, object], str]] = [
    ({"name": " "}, "apikey.empty_name"),
    ({"scopes": set()}, "apikey.no_scope"),
    ({"expires_at": PAST}, "apikey.already_over"),
    ({"department_id": 999}, "account.no_department"),
    ({"scopes": set(UNGRANTABLE)}, "apikey.bad_scope"),
    ({"scopes": {Permission.USER_EDIT, Permission.STOCK_VIEW}}, "apikey.bad_scope"),
]


def test_a_key_that_should_not_be_is_not_made(admin: User, now: datetime) -> None:
    with transaction() as session:
        actor = acting(session, admin)
        for change, code in WRONG_KEYS:
            with pytest.raises((Invalid, NotFound)) as refusal:
                key_for(session, actor, now, **change)
            assert refusal.value.code == code
        assert session.exec(select(ApiKey)).all() == []


def test_only_the_hash_of_a_visit_is_kept(admin: User, now: datetime) -> None:
    with transaction() as session:
        opened = sessions.open_visit(
            session, kind=SessionKind.STAFF, user_id=admin.id, place=HERE, now=now
        )
        row = session.exec(select(LoginSession)).one()
        assert opened.secret not in str(row.model_dump())
        assert row.hash == signing.digest(opened.secret)
