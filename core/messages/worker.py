"""Drain a lane: lease and admit, hand over, record. No network inside a transaction.

A kill at any moment loses nothing: leased rows are queued again when their lease ends, fenced rows
are settled by the journal that this process keeps, and by doubt where the journal is lost.
"""

import logging
import os
import signal
import socket
import threading
import time
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import lru_cache

from core import clock, outbox
from core.db import transaction
from core.delivery import mime
from core.delivery import rules as delivery
from core.delivery.journal import Journal, left_behind
from core.delivery.smtp import Connection
from core.delivery.terms import (
    Abandoned,
    DeliveryError,
    FailureKind,
    Letter,
    Receipt,
    Route,
    Stage,
)
from core.errors import ChaparError
from core.messages import admission, outcomes, queries
from core.messages.letters import Parcel, compose
from core.messages.outcomes import Ending
from core.messages.parcels import block_newer, parcels_of
from core.messages.terms import Lane
from core.settings import settings
from core.templates.terms import MissingValue

log = logging.getLogger(__name__)
BATCH = 200
GROUP = 50
FENCE_LEASE = timedelta(minutes=15)
ANSWER_MARGIN = timedelta(minutes=11)
"""A mail may wait ten minutes for its answer; none is begun that could outlive the lease."""

MOST_STUMBLES = 3
BROKEN = "template.cannot_render"


class Worker:
    """A process that sends: its name, its journal, its open connections and its breakers."""

    def __init__(self) -> None:
        self.journal = Journal(settings().data_dir / "journal")
        self.host = socket.gethostname()
        self.name = f"{self.host}:{self.journal.path.stem}"
        self._local = threading.local()
        self._connections: list[Connection] = []
        self._breakers: dict[Route, delivery.Breaker] = {}
        self._lock = threading.Lock()

    def connection(self, route: Route) -> Connection:
        """Return this thread's connection of the route."""
        known: dict[Route, Connection] = self._local.__dict__.setdefault("known", {})
        if route not in known:
            known[route] = Connection(route, watch=_on_stage)
            self._connections.append(known[route])
        return known[route]

    def may_try(self, route: Route, *, now: datetime) -> bool:
        """Return whether the breaker of the route lets a conversation begin."""
        with self._lock:
            breaker = self._breakers.get(route, delivery.Breaker())
            allowed = delivery.may_try(breaker, now)
            if allowed:
                self._breakers[route] = delivery.begin_probe(breaker, now)
            return allowed

    def note(self, route: Route, error: DeliveryError | None, *, now: datetime) -> None:
        """Tell the breaker of the route how a conversation went."""
        with self._lock:
            breaker = self._breakers.get(route, delivery.Breaker())
            if error is not None and error.kind is FailureKind.CONNECTION:
                self._breakers[route] = delivery.after_failure(breaker, now)
                if self._breakers[route].opened_at:
                    crash_point("breaker")
            elif error is None:
                self._breakers[route] = delivery.after_success(breaker)

    def close(self) -> None:
        """Take leave of the servers and let go of the journal; no thread may be sending."""
        for connection in self._connections:
            connection.close()
        self.journal.close()


@lru_cache(maxsize=1)
def this_worker() -> Worker:
    """Return the worker of this process, made on first use after settling what dead ones left."""
    recover()
    return Worker()


def recover() -> None:
    """Settle the messages that dead workers of this host left in the middle."""
    host = socket.gethostname()
    with left_behind(settings().data_dir / "journal") as leftovers, transaction() as session:
        outcomes.recover(session, leftovers, host=host, now=clock.now())
        for lane in Lane:
            outbox.poke(session, lane_name(lane))


def lane_name(lane: Lane) -> str:
    """Return the name under which the waker knows the lane."""
    return f"messages:{lane.value}"


def drain(lane: Lane, *, worker: Worker, budget_s: float = 20.0) -> int:
    """Send what is due in this lane, for about `budget_s` seconds; return how many were leased."""
    deadline, total = time.monotonic() + budget_s, 0
    while time.monotonic() < deadline:
        leased = _round(lane, worker)
        total += leased
        if leased < BATCH:
            break
    return total


def _round(lane: Lane, worker: Worker) -> int:
    crash_point("round")
    now = clock.now()
    with transaction() as session:
        outcomes.reap(session, now=now)
        crash_point("sweep")
        leased, admitted = admission.lease_and_admit(
            session, lane, owner=worker.name, now=now, limit=BATCH
        )
        parcels = parcels_of(session, admitted)
        stuck = {message.id for message in admitted} - {one.message.id for one in parcels}
        outcomes.hand_back(session, stuck, owner=worker.name, due_at=now + outcomes.SENDER_PAUSE)
    if leased:
        crash_point("leased")
    for start in range(0, len(parcels), GROUP):
        _send_group(parcels[start : start + GROUP], worker)
    return leased


def _send_group(parcels: Sequence[Parcel], worker: Worker) -> None:
    """Render, fence, hand over and record one group of at most 50 mails."""
    endings: list[Ending] = []
    letters: dict[int, tuple[Letter, bytes]] = {}
    for parcel in parcels:
        built = _build(parcel)
        if isinstance(built, Ending):
            endings.append(built)
        else:
            letters[parcel.message.id] = built
    fenced, until = _fence(list(letters), worker)
    crash_point("fenced")
    ready = [parcel for parcel in parcels if parcel.message.id in fenced]
    left: list[int] = []
    for parcel in ready:
        ending = _hand_over(parcel, letters[parcel.message.id], worker, until=until)
        if ending is None:
            left.append(parcel.message.id)
        else:
            endings.append(ending)
    _record(parcels, endings, left=left, worker=worker)


def _build(parcel: Parcel) -> tuple[Letter, bytes] | Ending:
    started = clock.now()
    try:
        letter = compose(parcel)
        return letter, mime.build(letter, started)
    except DeliveryError as error:
        return Ending(parcel.message.id, parcel.transport_id, started, error=error)
    except MissingValue as missing:
        return Ending(parcel.message.id, None, started, render_code=missing.name)
    except ChaparError as refusal:
        return Ending(parcel.message.id, None, started, render_code=refusal.code)
    except Exception:
        log.exception("message %s cannot be made; the others go on", parcel.message.id)
        return _stumbled(parcel, started)


def _stumbled(parcel: Parcel, started: datetime) -> Ending:
    """Return the end of an attempt on which the code itself stumbled: tried again, then dropped."""
    if parcel.message.attempt_count >= MOST_STUMBLES:
        return Ending(parcel.message.id, None, started, render_code=BROKEN)
    error = DeliveryError(BROKEN, kind=FailureKind.TEMPORARY, stage=Stage.BUILD)
    return Ending(parcel.message.id, None, started, error=error)


def _fence(ids: Sequence[int], worker: Worker) -> tuple[set[int], datetime]:
    """Mark the group as being sent, but for those that something newer than admission stops."""
    now = clock.now()
    until = now + FENCE_LEASE
    with transaction() as session:
        blocked = block_newer(session, ids, now=now)
        outcomes.hand_back(session, blocked, owner=worker.name, due_at=now)
        wanted = [one for one in ids if one not in blocked]
        return queries.fence(session, wanted, owner=worker.name, now=now, until=until), until


def _hand_over(
    parcel: Parcel, built: tuple[Letter, bytes], worker: Worker, *, until: datetime
) -> Ending | None:
    """Return how the attempt ended; None when the mail was not tried and goes back to the queue."""
    started, message_id = clock.now(), parcel.message.id
    if started > until - ANSWER_MARGIN or not worker.may_try(parcel.route, now=started):
        return None

    def before_data() -> bool:
        worker.journal.begin(message_id, parcel.message.attempt_count)
        return True

    letter, octets = built
    try:
        receipt = worker.connection(parcel.route).hand_over(
            octets,
            envelope_from=letter.envelope_sender,
            recipient=letter.to_address,
            before_data=before_data,
        )
    except Abandoned:
        return None
    except DeliveryError as error:
        worker.note(parcel.route, error, now=clock.now())
        if error.kind is not FailureKind.IN_DOUBT:
            worker.journal.end(message_id, error.reply_code or 0)
        return Ending(message_id, parcel.transport_id, started, error=error)
    return _accepted(parcel, receipt, worker, started=started)


def _accepted(parcel: Parcel, receipt: Receipt, worker: Worker, *, started: datetime) -> Ending:
    crash_point("answered")
    worker.journal.end(parcel.message.id, receipt.reply_code)
    crash_point("journalled")
    worker.note(parcel.route, None, now=clock.now())
    return Ending(parcel.message.id, parcel.transport_id, started, receipt=receipt)


def _record(
    parcels: Sequence[Parcel], endings: Sequence[Ending], *, left: Sequence[int], worker: Worker
) -> None:
    now = clock.now()
    subjects = {parcel.message.id: parcel.message for parcel in parcels}
    with transaction() as session:
        for message in queries.mine(session, [one.message_id for one in endings]):
            composed = subjects[message.id]
            message.subject_text, message.language = composed.subject_text, composed.language
        outcomes.record(session, endings, owner=worker.name, now=now)
        outcomes.hand_back(session, left, owner=worker.name, due_at=now + outcomes.BREAK)
    crash_point("recorded")
    worker.journal.recorded([ending.message_id for ending in endings])


def _on_stage(stage: Stage) -> None:
    crash_point(stage.value)


def crash_point(name: str) -> None:
    """Do nothing, unless a fault test named this point in the environment: then end at once.

    Read from the settings at each call, so that the promise can be tested at every step. The
    stages of a conversation are points too: each comes as the stage begins.
    """
    if settings().crash_at == name:
        os.kill(os.getpid(), signal.SIGKILL)


__all__ = ["Stage", "Worker", "crash_point", "drain", "lane_name", "recover", "this_worker"]
