"""Goods and newcomers for tests of pages, and short ways to use a page."""

from datetime import timedelta

from sqlmodel import Session, func, select
from streamlit.testing.v1 import AppTest

from components.html import safe
from components.i18n import plain
from core import clock
from core.access.terms import Actor, DepartmentKind, Grant, Role
from core.alerts.service import ensure_default_rule
from core.db import reading, transaction
from core.i18n.catalog import translate
from core.i18n.terms import Language
from core.operations import service as stock
from core.operations.models import StockItem
from core.operations.terms import Move, MovementKind, NewItem
from core.people import service as people
from core.people.steps import ensure_default_steps
from core.people.terms import EmployeeInput
from tasks import events
from tests.support.cast import department_id, without_limits
from tests.support.page import texts

K, R = DepartmentKind, Role
STOCK, EPISODES, RULES = "operations/stock.py", "operations/episodes.py", "operations/rules.py"
IMPORT, EMPLOYEES, WELCOME = (
    "operations/import_stock.py",
    "people/employees.py",
    "people/welcome.py",
)
MESSAGES, TEMPLATES, MAILBOX = (
    "workspace/messages.py", "workspace/templates.py", "workspace/mailbox.py",
)  # fmt: skip


def boss(session: Session, kind: DepartmentKind) -> Actor:
    """Return somebody with every right, at home in this department."""
    grant = Grant(department_id(session, kind), kind, Role.ADMINISTRATOR)
    return Actor(kind="user", id=None, name="Boss", grants=(grant,))


def add_item(session: Session, code: str, name: str, *, on_hand: int) -> int:
    new = NewItem(code, name, "Paper", "box", on_hand, 10, department_id(session, K.OPERATIONS))
    return stock.add_item(session, boss(session, K.OPERATIONS), new=new, now=clock.now()).id


def add_employee(session: Session, first: str, last: str, *, start: str, email: str = "") -> int:
    given = EmployeeInput(first_name=first, last_name=last, language="fa", start_date=start,
                          email=email or "nima@example.com")  # fmt: skip
    made = people.add_employee(session, boss(session, K.PEOPLE), given=given, now=clock.now())
    session.flush()
    return made.id


def a_carton() -> int:
    """A carton above its reorder point and the usual alert rule; return the carton's id."""
    with transaction() as session:
        without_limits(session)
        ensure_default_rule(session, now=clock.now())
        return add_item(session, "A-4", "Carton A4", on_hand=30)


def a_newcomer() -> int:
    """Somebody who begins in five days; return the employee's id."""
    with transaction() as session:
        without_limits(session)
        ensure_default_steps(session, now=clock.now())
        start = (clock.now() + timedelta(days=5)).date().isoformat()
        return add_employee(session, "نیما", "رضایی", start=start)


def sink(item_id: int, *, left: int) -> None:
    """Take the item down to this count and let the alert open."""
    with transaction() as session:
        item = session.get(StockItem, item_id)
        assert item is not None
        made = Move(MovementKind.ISSUE, item.on_hand - left)
        stock.move_stock(session, boss(session, K.OPERATIONS), item_id=item_id, move=made,
                         now=clock.now())  # fmt: skip
    events.drain_events()


def operations() -> int:
    """Return the department of operations."""
    with reading() as session:
        return department_id(session, K.OPERATIONS)


def row_count(kind: type[object]) -> int:
    """Return how many rows of this table there are."""
    with reading() as session:
        return session.exec(select(func.count()).select_from(kind)).one()


def said(page: AppTest, code: str, language: Language = Language.FA, **params: object) -> bool:
    """Return whether the page says this, as a text or as Markdown."""
    sentence, everything = translate(language, code, **params), texts(page)
    return safe(sentence) in everything or plain(sentence) in everything


def in_dialog(page: AppTest, flag: str, fields: dict[str, str], save: str) -> None:
    """Fill in a dialog and save it; the flag keeps it open for a run, as a browser would."""
    page.session_state[flag] = True
    page.run()
    for key, value in fields.items():
        page.text_input(key=key).set_value(value)
    page.session_state[flag] = True
    page.button(key=save).click().run()
    assert not page.exception
