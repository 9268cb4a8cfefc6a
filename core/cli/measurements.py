"""What can be measured. Each measurement runs real processes and returns figures by name."""

import statistics
import sys
import time
from collections.abc import Callable, Mapping
from importlib import import_module

from sqlmodel import Session, col, select

from core import clock
from core.access.terms import DepartmentKind, Role
from core.accounts.models import User
from core.accounts.terms import MembershipInput
from core.cli import audience_bench, audience_data, event_bench, processes
from core.cli.figures import Figures, Given
from core.cli.page_visit import visit
from core.cli.sandbox import (
    has_ended,
    is_listening,
    is_serving,
    memory_mb,
    private_installation,
    running,
    wait_until,
)
from core.cli.speech import COMMAND_LINE
from core.cli.waking import bind_waker
from core.db import reading, transaction
from core.delivery.models import CapturedMail
from core.errors import Invalid, NotFound
from core.i18n.terms import Calendar, Language
from core.messages.models import CapRule, QuietRule
from core.notices import service as notices
from core.notices.terms import StaffInvitation
from core.operations import service as operations
from core.operations.terms import NewItem
from core.organisation import queries as organisation
from core.practice import service as practice
from core.settings import settings

ROUNDS = 20
OPENING, REORDER_POINT = "100", "20"
_IDLE_S = 10.0
_REGISTRY = "pages.registry"
"""Named, not imported: the core knows no pages."""


def movement_to_inbox(_given: Given) -> Figures:
    """Measure from a count that falls to the alert in the buyer's mailbox; the worker is idle."""
    bind_waker()
    with private_installation():
        with transaction() as session:
            _invite(session, "buyer@example.com", role=Role.OPERATOR)
            for rule in (*session.exec(select(CapRule)), *session.exec(select(QuietRule))):
                rule.is_enabled = False
        with running(processes.worker_command()):
            wait_until(lambda: is_listening(settings().capture_port))
            seconds = [_one_alert(f"B{number:02}") for number in range(ROUNDS)]
    return {
        "rounds": ROUNDS,
        "median_s": round(statistics.median(seconds), 3),
        "worst_s": round(max(seconds), 3),
    }


def _one_alert(code: str) -> float:
    with transaction() as session:
        item = operations.add_item(
            session,
            COMMAND_LINE,
            new=NewItem(code=code, name=code, on_hand=50, reorder_point=10),
            now=clock.now(),
        )
    time.sleep(0.3)  # the worker is idle again
    start = time.monotonic()
    with transaction() as session:
        operations.adjust_stock(session, COMMAND_LINE, item_id=item.id, counted=6, now=clock.now())
    wait_until(lambda: _has_arrived(code))
    return time.monotonic() - start


def _has_arrived(code: str) -> bool:
    with reading() as session:
        found = select(CapturedMail.id).where(col(CapturedMail.subject).contains(code))
        return session.exec(found.limit(1)).first() is not None


def import_orders(given: Given) -> Figures:
    """Measure `chapar import orders` on a file, the start of the command included."""
    file = given.file
    if file is None:
        raise Invalid("bench.needs_file")
    if not file.is_file():
        raise NotFound("cli.no_file", file=str(file))
    options = ["--opening-stock", OPENING, "--reorder-point", REORDER_POINT, "--currency", "GBP"]
    command = [sys.executable, "-m", "core.cli", "import", "orders", str(file.resolve()), *options]
    with private_installation():
        start = time.monotonic()
        with running(command) as number:
            wait_until(lambda: has_ended(number))
        return {"seconds": round(time.monotonic() - start, 2)}


def idle_memory(_given: Given) -> Figures:
    """Measure interface, worker and supervisor at rest: before a page was opened, and with one."""
    with private_installation():
        user_id = _administrator()
        with running(processes.supervisor_command()) as number:
            _wait_for_all()
            time.sleep(_IDLE_S)
            before = memory_mb(number)
            with visit(user_id):
                time.sleep(_IDLE_S)
                return {"started_mb": before, "one_page_mb": memory_mb(number)}


def first_page(_given: Given) -> Figures:
    """Measure `chapar run` from nothing to an answer, the first page opened, and a second one."""
    with private_installation():
        user_id = _administrator()
        with running([sys.executable, "-m", "core.cli", "run"]):
            ready = wait_until(is_serving)
            with visit(user_id) as first:
                pass
            with visit(user_id) as second:
                pass
    return {
        "ready_s": round(ready, 2),
        "first_page_s": round(first.seconds, 2),
        "second_page_s": round(second.seconds, 2),
    }


def page_rerun(_given: Given) -> Figures:
    """Measure, page by page, from the wish to run it again to its last piece, without drawing.

    The practice company is loaded; the worker is idle. Median and worst of each page, in
    milliseconds, and the median of all pages' medians.
    """
    found: dict[str, float] = {}
    with private_installation():
        with transaction() as session:
            practice.load(session, now=clock.now())
        user_id = _administrator()
        with running(processes.web_command()):
            wait_until(is_serving)
            for entry in import_module(_REGISTRY).ENTRIES:
                found |= _reruns(user_id, entry.name)
    medians = [value for name, value in found.items() if name.endswith("median_ms")]
    return {**found, "all_median_ms": round(statistics.median(medians), 1)}


def _reruns(user_id: int, name: str) -> Figures:
    with visit(user_id, name) as here:
        here.rerun()
        took = [here.rerun() * 1000 for _ in range(ROUNDS)]
    return {
        f"{name}_median_ms": round(statistics.median(took), 1),
        f"{name}_worst_ms": round(max(took), 1),
    }


def _wait_for_all() -> None:
    wait_until(is_serving)
    wait_until(lambda: is_listening(settings().capture_port))


def _administrator() -> int:
    with transaction() as session:
        return _invite(session, "admin@example.com", role=Role.ADMINISTRATOR).id


def _invite(session: Session, email: str, *, role: Role) -> User:
    department = organisation.department_of_kind(session, DepartmentKind.OPERATIONS)
    if department is None:
        raise NotFound("department.missing")
    given = StaffInvitation(
        email=email,
        first_name="Sara",
        language=Language.FA,
        calendar=Calendar.JALALI,
        memberships=(MembershipInput(department_id=department.id, role=role),),
    )
    return notices.invite_staff(session, COMMAND_LINE, given=given, now=clock.now())


def audience(given: Given) -> Figures:
    """Measure what is done with many people: taken in, found, sliced, and told of."""
    bind_waker()
    with private_installation():
        file, topic_key = settings().data_dir / "people.csv", audience_bench.prepare()
        spoiled = audience_data.write_people(file, given.people)
        with running(processes.worker_command()):
            wait_until(lambda: is_listening(settings().capture_port))
            found = audience_bench.import_people(file, topic_key)
        people = audience_bench.fill_with_events(each=audience_data.EVENTS_EACH)
        return {
            **found,
            "rows_spoiled": spoiled,
            "events": len(people) * audience_data.EVENTS_EACH,
            **audience_bench.lists(),
            **audience_bench.slices(people),
            **event_bench.tell_events(),
        }


BENCHES: Mapping[str, Callable[[Given], Figures]] = {
    "audience": audience,
    "movement-to-inbox": movement_to_inbox,
    "import-orders": import_orders,
    "idle-memory": idle_memory,
    "first-page": first_page,
    "page-rerun": page_rerun,
}
