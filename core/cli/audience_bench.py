"""What is measured of the audience: people taken in, looked at, sliced."""

import resource
import statistics
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from sqlmodel import Session, col, func, select

from core import clock, db
from core.audience.terms import Basis
from core.cli import audience_data
from core.cli.figures import Figures
from core.cli.sandbox import PATIENCE_S, has_ended, memory_mb, running, wait_until
from core.cli.speech import COMMAND_LINE
from core.consent import topics
from core.consent.terms import TopicInput, TopicRule
from core.contacts import attributes, listing, search_index
from core.contacts.attributes import AttributeInput
from core.contacts.models import Contact
from core.contacts.terms import AttributeKind, ContactFilter
from core.db import reading, transaction
from core.jobs.models import Job
from core.segments import filling, membership, people
from core.segments import service as segments
from core.segments.terms import SegmentDraft

SEARCHES = {"short": "عل", "long": "سارا احمدی تهران", "phone": "09110", "persian": "علي كريمي"}
TREE: dict[str, object] = {"node": "group", "children": [
    {"node": "field", "field": "contact.city", "operator": "is", "value": "تهران"},
    {"node": "field", "field": "contact.kind", "operator": "is", "value": "lead"},
    {"node": "event", "name": audience_data.PLACED, "amount": 2, "within_days": 90},
]}  # fmt: skip
CHANGED, ONE_BY_ONE, ROUNDS = 1_000, 100, 5


def import_people(file: Path, topic_key: str) -> Figures:
    """Measure the command that takes the file in, its start included, and the search after it."""
    command = [sys.executable, "-m", "core.cli", "import", "contacts", str(file), "--basis",
               Basis.CONSENT.value, "--basis-text", "bench", "--topic", topic_key]  # fmt: skip
    peak, before, start = 0.0, _spent_s(), time.monotonic()
    with running(command) as number:
        while not has_ended(number):
            with suppress(OSError):  # it may end while it is looked at
                peak = max(peak, memory_mb(number))
            time.sleep(0.05)
        seconds = time.monotonic() - start
    job = _last_job()
    lag = wait_until(_is_indexed, patience_s=10 * PATIENCE_S)
    return {
        "rows": job.total_count,
        "rows_accepted": job.done_count - job.refused_count,
        "rows_refused": job.refused_count,
        "import_rows_s": round(job.total_count / seconds),
        "import_cpu_us_a_row": round((_spent_s() - before) / job.total_count * 1e6, 1),
        "import_mb": peak,
        "search_lag_s": round(lag, 1),
    }


def _spent_s() -> float:
    """Return the processor time of the processes that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _last_job() -> Job:
    with reading() as session:
        return session.exec(select(Job).order_by(col(Job.id).desc())).first() or Job()


def _is_indexed() -> bool:
    with reading() as session:
        return not search_index.waiting_count(session)


def prepare() -> str:
    """Make the topic and the custom field the file tells about; return the key of the topic."""
    now = clock.now()
    with transaction() as session:
        field = AttributeInput(key="plan", names={"en": "Plan"}, kind=AttributeKind.TEXT)
        attributes.add_attribute(session, COMMAND_LINE, given=field, now=now)
        given = TopicInput(names={"en": "News"}, promises={}, rule=TopicRule.OPT_IN)
        return topics.create_topic(session, COMMAND_LINE, given=given, now=now).key


def fill_with_events(*, each: int) -> list[int]:
    """Give everybody so many events; return who there is."""
    with reading() as session:
        ids = list(session.exec(select(Contact.id).order_by(col(Contact.id))).all())
    audience_data.write_events(ids, each * len(ids), now=clock.now())
    return ids


def lists() -> Figures:
    """Measure pages of the list and searches, in milliseconds."""
    with reading() as session:
        count = session.exec(select(func.count(col(Contact.id)))).one()
    last = max(count // listing.PAGE, 1)
    found = {"page_first_ms": _median_ms(lambda session: _page(session, page=1)),
             "page_last_ms": _median_ms(lambda session: _page(session, page=last))}  # fmt: skip
    for name, text in SEARCHES.items():
        found[f"search_{name}_ms"] = _median_ms(lambda session, text=text: _page(session, text))  # type: ignore[misc]
    return found


def _page(session: Session, text: str = "", page: int = 1) -> None:
    where = ContactFilter(text=text)
    listing.list_contacts(session, COMMAND_LINE, where=where, page=page)


def slices(contact_ids: list[int]) -> Figures:
    """Measure a segment of three conditions: seen for the first time, for one person, for many."""
    now, draft = clock.now(), SegmentDraft(name="bench", tree=TREE)
    db.forget_engine()
    start = time.monotonic()
    with reading() as session:
        seen = people.preview(session, COMMAND_LINE, draft=draft, now=now)
    cold = time.monotonic() - start
    with transaction() as session:
        made = segments.create(session, COMMAND_LINE, draft=draft, now=now)
    filling.fill(made.id, now=now)
    some = contact_ids[:: max(len(contact_ids) // ONE_BY_ONE, 1)]
    each = [_timed(lambda one=one: _is_in(made.id, one)) for one in some]  # type: ignore[misc]
    changed = contact_ids[:: max(len(contact_ids) // CHANGED, 1)][:CHANGED]
    with_commit = [_timed(lambda: _touched(changed)) for _ in range(ROUNDS)]
    return {
        "segment_members": seen.count,
        "segment_cold_s": round(cold, 2),
        "member_ms": _ms(each),
        "changed_1000_ms": _ms([_touched(changed) for _ in range(ROUNDS)]),
        "changed_1000_commit_ms": _ms(with_commit),
    }


def _is_in(segment_id: int, contact_id: int) -> None:
    with reading() as session:
        people.is_member(session, COMMAND_LINE, segment_id=segment_id, contact_id=contact_id,
                         now=clock.now())  # fmt: skip


def _touched(contact_ids: list[int]) -> float:
    """Return how long it takes to bring these people in step, without the commit."""
    with transaction() as session:
        return _timed(lambda: membership.touch(session, contact_ids, now=clock.now()))


def _median_ms(act: Callable[[Session], object]) -> float:
    with reading() as session:
        return _ms([_timed(lambda: act(session)) for _ in range(ROUNDS)])


def _timed(act: Callable[[], object]) -> float:
    start = time.monotonic()
    act()
    return time.monotonic() - start


def _ms(seconds: list[float]) -> float:
    return round(statistics.median(seconds) * 1000, 2)
