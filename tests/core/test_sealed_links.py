"""Links that open an account stand in no row of the store; they are made when the mail is."""

from dataclasses import asdict
from datetime import datetime

import pytest
from sqlalchemy import text
from sqlmodel import Session, SQLModel, select

from core import signing
from core.access.terms import SYSTEM, Role
from core.accounts import links
from core.accounts.models import User
from core.accounts.sessions import Place
from core.accounts.terms import LinkPurpose
from core.db import reading, transaction
from core.errors import Invalid
from core.messages import parcels, service
from core.messages.letters import compose
from core.messages.models import Message
from core.notices import service as notices
from tests.support.cast import actor_of, make_organisation, make_user
from tests.support.stores import forget_process_state


@pytest.fixture
def message(store: str, now: datetime) -> Message:
    """A mail with a link for a new password, as it waits to be sent."""
    with transaction() as session:
        make_organisation(session)
        make_user(session, "nasrin", Role.ADMINISTRATOR)
        notices.send_password_link(session, SYSTEM, login="nasrin", place=Place(), now=now)
        return session.exec(select(Message)).one()


def written(session: Session, message: Message) -> str:
    [parcel] = parcels.parcels_of(session, [message])
    return str(asdict(compose(parcel))["text"])


def secret_in(letter: str) -> str:
    return letter.partition("/auth/password/")[2].split()[0]


def works(session: Session, secret: str, now: datetime) -> bool:
    found = links.peek_link(session, SYSTEM, secret=secret, purpose=LinkPurpose.PASSWORD, now=now)
    return found is not None


def everything(session: Session) -> str:
    """Every value of every row of every table."""
    rows = [
        str(tuple(row))
        for table in SQLModel.metadata.sorted_tables
        for row in session.execute(text(f'SELECT * FROM "{table.name}"'))  # noqa: S608 - own names
    ]
    return "\n".join(rows)


@pytest.mark.spec("T60")
def test_the_link_works_in_the_mail_and_stands_nowhere_in_the_store(
    message: Message, now: datetime
) -> None:
    with transaction() as session:
        secret = secret_in(written(session, session.merge(message)))
        assert works(session, secret, now)
        assert len(secret) == 43, "256 bits"
    with reading() as session:
        stored = everything(session)
        assert str(message.values["login"]) in stored
        assert secret not in stored
        assert "/auth/password/" not in stored


def test_what_stands_in_the_store_opens_nothing(message: Message, now: datetime) -> None:
    kept = message.values["links"]
    assert isinstance(kept, dict)
    nonce = str(kept["password"]).rsplit(":", 1)[1]
    with reading() as session:
        for guess in (nonce, str(kept["password"]), signing.digest(nonce)):
            assert not works(session, guess, now)


def test_a_preview_shows_the_mail_with_its_link_blanked(message: Message, now: datetime) -> None:
    with reading() as session:
        user = session.exec(select(User)).one()
        shown = service.letter(session, actor_of(session, user), public_id=message.public_id)
        nonce = str(message.values["links"]).rsplit(":", 1)[1].rstrip("'}")
        assert "/auth/password/hidden" in shown.text
        assert nonce not in shown.text + shown.html
        assert not works(session, secret_in(shown.text), now)


def test_a_sealed_link_copied_into_a_mail_to_somebody_else_does_not_work(
    message: Message, now: datetime
) -> None:
    kept = message.values["links"]
    assert isinstance(kept, dict)
    sealed = str(kept["password"])
    owner = message.contact_id or 0
    with reading() as session:
        right = links.opened(sealed, contact_id=owner).rpartition("/")[2]
        wrong = links.opened(sealed, contact_id=owner + 1).rpartition("/")[2]
        assert works(session, right, now)
        assert not works(session, wrong, now)


def test_a_mail_whose_key_is_gone_is_not_written(
    message: Message, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CHAPAR_SECRET_KEY", "another key for tests that is long enough too")
    forget_process_state()
    with transaction() as session:
        [parcel] = parcels.parcels_of(session, [session.merge(message)])
        with pytest.raises(Invalid, match=r"secret\.unreadable"):
            compose(parcel)


@pytest.mark.parametrize("plain", ["https://sib.ir/x", "", "one-time", "/a/b"])
def test_any_other_link_stays_as_it_is(store: str, plain: str) -> None:
    assert links.opened(plain, contact_id=1) == links.blanked(plain) == plain
