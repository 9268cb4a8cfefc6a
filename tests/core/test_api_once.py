"""Calls that carry an Idempotency-Key, at once and on both stores: one acts, the rest are told."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

import pytest
from pydantic import BaseModel
from sqlmodel import Session, select

from core import clock
from core.access.terms import SYSTEM, Permission
from core.accounts.api_keys import create_api_key
from core.accounts.terms import NewApiKey
from core.db import reading, transaction
from core.errors import Conflict
from core.http.api import once
from core.http.api.callers import Caller
from core.http.models import IdempotencyKey
from tests.support.cast import administrator, make_contact, make_organisation

CALLS = 16


class Body(BaseModel):
    """What a call carries."""

    number: int


class Answer(BaseModel):
    """What it is told."""

    contact: str


def make_caller(once_key: str = "k") -> Caller:
    with transaction() as session:
        make_organisation(session)
        given = NewApiKey(name="Shop", scopes=frozenset({Permission.STOCK_VIEW}))
        made = create_api_key(session, administrator(), given=given, now=clock.now())
    return Caller(actor=SYSTEM, key_id=made.row.id, call="POST /x", once_key=once_key)


@pytest.mark.spec("R19")
def test_parallel_calls_under_one_key_act_once(store: str) -> None:
    caller, ready = make_caller(), threading.Barrier(CALLS)
    runs: list[int] = []

    def act(session: Session, _now: datetime) -> BaseModel:
        runs.append(1)
        return Answer(contact=make_contact(session, "new@sib.ir").public_id)

    def call(number: int) -> str:
        ready.wait(20)
        try:
            body = Body(number=number % 8 == 7)
            return bytes(once.perform(caller, body, act, status=201).body).decode()
        except Conflict as refusal:
            return refusal.code

    with ThreadPoolExecutor(CALLS) as pool:
        told = list(pool.map(call, range(CALLS)))
    assert len(runs) == 1
    answers = {one for one in told if one != "api.key_used"}
    assert len(answers) == 1
    assert told.count("api.key_used") in {CALLS // 8, CALLS - CALLS // 8}
    with reading() as session:
        assert len(session.exec(select(IdempotencyKey)).all()) == 1


def test_an_act_that_fails_leaves_its_key_free(store: str) -> None:
    caller = make_caller()

    def fail(session: Session, _now: datetime) -> BaseModel:
        make_contact(session, "new@sib.ir")
        raise Conflict("common.changed_meanwhile")

    def act(session: Session, _now: datetime) -> BaseModel:
        return Answer(contact=make_contact(session, "new@sib.ir").public_id)

    with pytest.raises(Conflict, match="changed_meanwhile"):
        once.perform(caller, Body(number=1), fail, status=201)
    assert once.perform(caller, Body(number=1), act, status=201).status_code == 201


def test_without_a_key_every_call_acts(store: str) -> None:
    caller, runs = make_caller(once_key=""), []

    def act(_session: Session, _now: datetime) -> BaseModel:
        runs.append(1)
        return Answer(contact="")

    for _ in range(2):
        once.perform(caller, Body(number=1), act, status=201)
    assert len(runs) == 2
