"""Verbs that mail for staff accounts: invite, invite again, forgotten password; and leaving."""

from datetime import datetime

from sqlmodel import Session

from core import signing
from core.access.service import verb
from core.access.terms import SYSTEM, Actor, Permission
from core.accounts import links
from core.accounts import queries as account_queries
from core.accounts import service as accounts
from core.accounts.links import MadeLink
from core.accounts.models import User
from core.accounts.rules import LINK_LIFE, LOGIN_MAX, MAIL_CAP, is_login, login_key
from core.accounts.sessions import Place
from core.accounts.sign_in import Knock, note_attempt
from core.accounts.terms import LinkPurpose, NewUser
from core.audit import service as audit
from core.contacts import service as contacts
from core.contacts.addresses import parse_address
from core.contacts.models import Contact
from core.contacts.queries import primary_addresses
from core.contacts.terms import ContactKind
from core.errors import Conflict, Invalid, NotFound
from core.i18n.text import stored_line
from core.messages import service as messages
from core.messages.terms import Lane, MessageRequest
from core.notices import queries
from core.notices.terms import HandedOver, StaffInvitation

INVITATION_MAIL = "staff_invitation"
PASSWORD_MAIL = "password_link"  # noqa: S105 - the name of a mail


@verb(Permission.USER_EDIT, audit="user.invited")
def invite_staff(session: Session, actor: Actor, *, given: StaffInvitation, now: datetime) -> User:
    """Return the new account; a mail with a link to choose a password is queued.

    The person is found by id or address, or becomes a contact of kind employee.
    """
    contact = _contact(session, given, now)
    name = stored_line(f"{given.first_name} {given.last_name}") or stored_line(
        f"{contact.first_name} {contact.last_name}"
    )
    new = NewUser(
        contact_id=contact.id,
        login=given.login or given.email,
        name=name or given.email,
        language=given.language,
        calendar=given.calendar,
        memberships=given.memberships,
    )
    user = accounts.create_user(session, actor, given=new, now=now)
    _mail(session, actor, user=user, purpose=LinkPurpose.INVITATION, now=now)
    audit.record(session, actor, "user.invited", now=now, subject=user, name=user.name)
    return user


@verb(Permission.USER_EDIT, audit="user.invited")
def invite_again(session: Session, actor: Actor, *, user_id: int, now: datetime) -> None:
    """Mail a fresh invitation to somebody who has no password yet; older links stop working."""
    user = session.get(User, user_id)
    if user is None or not user.is_active:
        raise NotFound("account.missing")
    if user.password_hash:
        raise Conflict("account.has_password")
    account_queries.void_links(session, user.id, now=now)
    _mail(session, actor, user=user, purpose=LinkPurpose.INVITATION, now=now)
    audit.record(session, actor, "user.invited", now=now, subject=user, name=user.name)


@verb(Permission.SYSTEM_RUN, audit=None)
def send_password_link(
    session: Session, actor: Actor, *, login: str, place: Place, now: datetime
) -> None:
    """Mail a link for a new password to whom the login name or address belongs, if anybody.

    The caller answers before this runs, and says the same whoever was named: nothing tells
    known names from unknown ones. At most MAIL_CAP mails in ten minutes for one name.
    """
    key = login_key(login[: 2 * LOGIN_MAX])
    user = account_queries.user_named(session, key) if is_login(key) else None
    user = user or _user_at(session, login)
    name = f"user {user.id}" if user else key
    asked = Knock(signing.keyed_digest("password-link", name), place)
    if note_attempt(session, asked, cap=MAIL_CAP, now=now).wait:
        return
    if user is None or not user.is_active or not _has_address(session, user):
        return
    account_queries.void_links(session, user.id, now=now)
    _mail(session, actor, user=user, purpose=LinkPurpose.PASSWORD, now=now)
    audit.record(session, SYSTEM, "password.link_sent", now=now, subject=user, name=user.name)


@verb(Permission.USER_EDIT, audit="user.left")
def leave_staff(
    session: Session, actor: Actor, *, user_id: int, successor_id: int | None, now: datetime
) -> HandedOver:
    """Close the account and hand over its open tasks and its contacts, all at once.

    Raises Conflict `account.successor_needed` when there is something to hand over and nobody
    is named, `account.bad_successor` when the person named cannot take it.
    """
    waiting = queries.open_task_count(session, user_id)
    owned = queries.owned_contact_count(session, user_id)
    if successor_id is None and waiting + owned:
        raise Conflict("account.successor_needed", tasks=waiting, contacts=owned)
    if successor_id is not None:
        _check_successor(session, user_id, successor_id)
        queries.hand_over_tasks(session, from_id=user_id, to_id=successor_id)
        queries.hand_over_contacts(session, from_id=user_id, to_id=successor_id)
    user = accounts.deactivate(session, actor, user_id=user_id, now=now)
    keys = account_queries.live_key_count(session, user_id, now=now)
    audit.record(
        session, actor, "user.left", now=now, subject=user, name=user.name,
        after={"successor_id": successor_id, "tasks": waiting, "contacts": owned},
    )  # fmt: skip
    return HandedOver(waiting, owned, keys)


def _check_successor(session: Session, user_id: int, successor_id: int) -> None:
    successor = session.get(User, successor_id)
    if successor is None or not successor.is_active or successor_id == user_id:
        raise Conflict("account.bad_successor", field="successor")


def _contact(session: Session, given: StaffInvitation, now: datetime) -> Contact:
    parsed = parse_address(given.email)
    known = queries.contact_at(session, parsed.normalised)
    if given.contact_id is not None:
        found = session.get(Contact, given.contact_id)
        if found is None:
            raise NotFound("account.no_contact")
        if known is None:
            contacts.set_email(session, found, given.email)
        elif known.id != found.id:
            raise Conflict("contact.address_taken", field="email", address=parsed.normalised)
        return found
    return known or _new_contact(session, given, now)


def _new_contact(session: Session, given: StaffInvitation, now: datetime) -> Contact:
    if not stored_line(f"{given.first_name} {given.last_name}"):
        raise Invalid("account.empty_name", field="first_name")
    details = {
        "first_name": given.first_name,
        "last_name": given.last_name,
        "language": given.language,
        "source": "staff",
    }
    contact = contacts.add_contact(session, kind=ContactKind.EMPLOYEE, now=now, details=details)
    contacts.set_email(session, contact, given.email)
    return contact


def _user_at(session: Session, text: str) -> User | None:
    try:
        return queries.user_at(session, parse_address(text.strip()).normalised)
    except Invalid:
        return None


def _has_address(session: Session, user: User) -> bool:
    return bool(primary_addresses(session, [user.contact_id]))


def _mail(
    session: Session, actor: Actor, *, user: User, purpose: LinkPurpose, now: datetime
) -> None:
    link = links.make_link(session, purpose=purpose, user_id=user.id, now=now)
    messages.queue(session, actor, _request(user, link, purpose), now=now)


def _request(user: User, link: MadeLink, purpose: LinkPurpose) -> MessageRequest:
    """A link that is too old is not sent any more: the request ends when the link does."""
    is_invitation = purpose is LinkPurpose.INVITATION
    life = LINK_LIFE[purpose]
    return MessageRequest(
        contact_id=user.contact_id,
        dedup_key=f"link:{link.id}",
        template_key=INVITATION_MAIL if is_invitation else PASSWORD_MAIL,
        values={
            "login": user.login,
            "days": life.days,
            "minutes": life.seconds // 60,
            "links": {"password": link.sealed},
        },
        lane=Lane.URGENT,
        priority=1,
        expires_at=link.expires_at,
        subject_type="user",
        subject_id=user.id,
    )
