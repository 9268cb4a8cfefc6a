"""Secrets that people give to the site: where they must not turn up again."""

import logging
import tarfile
from dataclasses import dataclass, field
from pathlib import Path

import pyotp
import pytest
from sqlmodel import Session, SQLModel, select
from streamlit.testing.v1 import AppTest

from core import clock, signing
from core.access.terms import SYSTEM, DepartmentKind, Permission, Role
from core.accounts import links, passwords, recovery, second_factor
from core.accounts.api_keys import create_api_key
from core.accounts.models import User
from core.accounts.sessions import Place
from core.accounts.terms import NewApiKey
from core.audit import reading as audit_reading
from core.backup import service as backup
from core.db import engine, reading, transaction
from core.delivery import service as delivery
from core.delivery.terms import TransportInput
from core.messages import service as messages
from core.messages.models import Message
from core.notices import service as notices
from tests.pages.conftest import OpenAs
from tests.support.cast import actor_of, administrator
from tests.support.page import go, open_shell, sign_in

PAGES = ("admin/senders.py", "admin/users.py", "admin/settings.py", "admin/audit.py",
         "account.py", "workspace/messages.py", "workspace/mailbox.py")  # fmt: skip


@dataclass
class Planted:
    """What nobody may read again, by what it is."""

    sid: str = ""
    secrets: dict[str, str] = field(default_factory=dict)

    def found_in(self, text: str) -> list[str]:
        return [name for name, secret in self.secrets.items() if secret in text]


@pytest.fixture
def planted(open_as: OpenAs, caplog: pytest.LogCaptureFixture) -> Planted:
    """An administrator who has used every way to give or get a secret, with all logs kept."""
    caplog.set_level(logging.DEBUG)
    open_as(Role.ADMINISTRATOR, DepartmentKind.OPERATIONS, login="nasrin")
    made = Planted()
    with transaction() as session:
        user = session.exec(select(User)).one()
        _give(session, user, made.secrets)
        made.secrets["cookie"] = signing.new_secret()
        made.sid = sign_in(session, user, secret=made.secrets["cookie"])
    _remember_link(made.secrets)
    return made


def _give(session: Session, user: User, secrets: dict[str, str]) -> None:
    now, actor = clock.now(), actor_of(session, user)
    secrets["password"] = "canary otter cobalt mitten"
    passwords.set_password(session, SYSTEM, user_id=user.id, password=secrets["password"], now=now)
    secrets["server"] = "canary-of-the-mail-server"
    server = TransportInput(name="Relay", host="mail.example", user="u", password=secrets["server"])
    delivery.add_transport(session, administrator(), given=server, now=now)
    given = NewApiKey(name="Shop", scopes=frozenset({Permission.STOCK_VIEW}))
    secrets["api key"] = create_api_key(session, administrator(), given=given, now=now).text
    offer = second_factor.start_totp(session, actor, now=now)
    secrets["authenticator"] = offer.secret
    code = pyotp.TOTP(offer.secret).at(now)
    codes = second_factor.confirm_totp(session, actor, sealed=offer.sealed, code=code, now=now)
    secrets["recovery code"] = codes[0]
    assert recovery.spend(session, user, codes[1], now=now)
    secrets["spent code"] = codes[1]
    notices.send_password_link(session, SYSTEM, login="nasrin", place=Place(), now=now)


def _remember_link(secrets: dict[str, str]) -> None:
    with reading() as session:
        message = session.exec(select(Message)).one()
    found = message.values["links"]
    assert isinstance(found, dict)
    opened = links.opened(str(found["password"]), contact_id=message.contact_id)
    secrets["link"] = opened.rpartition("/")[2]


def shown(page: AppTest) -> str:
    """Everything that is sent to the browser for a page."""
    assert not page.exception, page.exception
    return "\n".join(str(getattr(element, "proto", "")) for element in page._tree)


@pytest.mark.spec("T60")
def test_no_secret_lies_in_the_store_in_a_file_or_in_a_backup(
    planted: Planted, tmp_path: Path
) -> None:
    with reading() as session:
        for table in SQLModel.metadata.sorted_tables:
            rows = "\n".join(str(tuple(row)) for row in session.execute(select(table)))
            assert planted.found_in(rows) == [], table.name
    engine().dispose()
    saved = tmp_path / "backup.tar"
    backup.back_up(saved, now=clock.now())
    with tarfile.open(saved) as archive:
        archive.extractall(tmp_path / "backup", filter="data")
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert len(files) > 3
    for path in files:
        assert planted.found_in(path.read_bytes().decode("latin-1")) == [], path.name


@pytest.mark.spec("T60")
def test_no_secret_is_logged_exported_or_shown_again(
    planted: Planted, caplog: pytest.LogCaptureFixture
) -> None:
    page = open_shell(planted.sid)
    for script in PAGES:
        assert planted.found_in(shown(go(page, script))) == [], script
    with reading() as session:
        user = session.exec(select(User)).one()
        message = session.exec(select(Message)).one()
        actor = actor_of(session, user)
        letter = messages.letter(session, actor, public_id=message.public_id)
        exported = list(audit_reading.export(session, actor, now=clock.now()))
    assert planted.found_in(letter.text + letter.html) == []
    assert len(exported) >= 5
    assert planted.found_in(str(exported)) == []
    assert planted.found_in(caplog.text) == []
