"""Pure decisions about alerts."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.alerts import rules
from core.alerts.terms import (
    Condition,
    Effect,
    Level,
    Milestones,
    Nag,
    NoticeKind,
    Observation,
    RuleDraft,
    Severity,
)
from core.errors import Invalid
from core.operations.terms import StockState
from core.templates.terms import MessageClass

NOW = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)
POINT = Condition()
AT_30 = Condition(level=Level.NUMBER, number=30)


def seen(
    on_hand: int, *, state: StockState | None = None, event_id: int = 9, reorder_point: int = 20
) -> Observation:
    return Observation(event_id, 1, NOW, on_hand, reorder_point, state)


@pytest.mark.parametrize(
    ("categories", "codes", "code", "category", "is_meant"),
    [
        ((), (), "A4", "paper", True),
        ((), (), "A4", "", True),
        (("paper",), (), "A4", "paper", True),
        (("paper",), (), "A4", "pens", False),
        ((), ("A4",), "A4", "pens", True),
        ((), ("A4",), "a4", "pens", False),
        (("paper",), ("B1",), "B1", "pens", True),
        (("paper",), ("B1",), "A4", "paper", True),
        (("paper",), ("B1",), "C", "pens", False),
    ],
)
def test_a_rule_means_the_items_it_names_by_category_or_code(
    *,
    categories: tuple[str, ...],
    codes: tuple[str, ...],
    code: str,
    category: str,
    is_meant: bool,
) -> None:
    condition = Condition(frozenset(categories), frozenset(codes))
    assert rules.covers(condition, code=code, category=category) is is_meant


@pytest.mark.spec("S86")
@pytest.mark.parametrize(
    ("condition", "observation", "is_open", "expected"),
    [
        (POINT, seen(20, state=StockState.LOW), False, Effect.OPENS),
        (POINT, seen(20, state=StockState.LOW), True, Effect.NOTHING),
        (POINT, seen(21, state=StockState.OK), True, Effect.CLOSES),
        (POINT, seen(21, state=StockState.OK), False, Effect.NOTHING),
        (POINT, seen(5), False, Effect.NOTHING),
        (POINT, seen(50), True, Effect.NOTHING),
        (AT_30, seen(30), False, Effect.OPENS),
        (AT_30, seen(31), False, Effect.NOTHING),
        (AT_30, seen(31), True, Effect.CLOSES),
        (AT_30, seen(29), True, Effect.NOTHING),
        (AT_30, seen(21, state=StockState.OK), False, Effect.OPENS),
        (AT_30, seen(-4, state=StockState.LOW), True, Effect.NOTHING),
    ],
)
def test_a_count_opens_and_closes_at_or_under_the_level(
    *, condition: Condition, observation: Observation, is_open: bool, expected: Effect
) -> None:
    assert rules.effect(condition, observation, is_open=is_open, read_up_to=0) is expected


@pytest.mark.parametrize(("read_up_to", "is_heard"), [(6, True), (7, False), (8, False)])
def test_an_event_read_late_or_again_changes_nothing(read_up_to: int, is_heard: bool) -> None:
    up = seen(50, state=StockState.OK, event_id=7)
    down = seen(5, state=StockState.LOW, event_id=7)
    closes = rules.effect(POINT, up, is_open=True, read_up_to=read_up_to)
    opens = rules.effect(POINT, down, is_open=False, read_up_to=read_up_to)
    assert (closes is Effect.CLOSES) is is_heard
    assert (opens is Effect.OPENS) is is_heard


def test_the_level_is_the_rules_number_or_the_items_reorder_point() -> None:
    assert rules.level_of(POINT, reorder_point=20) == 20
    assert rules.level_of(AT_30, reorder_point=20) == 30


def test_an_alert_is_told_again_after_its_period_or_never() -> None:
    assert rules.first_nag(Nag.OFF, told_at=NOW) is None
    assert rules.first_nag(Nag.HOURLY, told_at=NOW) == NOW + timedelta(hours=1)
    assert rules.first_nag(Nag.DAILY, told_at=NOW) == NOW + timedelta(days=1)
    assert rules.following_nag(Nag.OFF, due_at=NOW, now=NOW) is None


@given(
    nag=st.sampled_from([Nag.HOURLY, Nag.DAILY]),
    late=st.timedeltas(min_value=timedelta(0), max_value=timedelta(days=40)),
)
def test_the_next_reminder_lies_ahead_on_the_beat_and_within_one_period(
    nag: Nag, late: timedelta
) -> None:
    period = timedelta(hours=1) if nag is Nag.HOURLY else timedelta(days=1)
    following = rules.following_nag(nag, due_at=NOW, now=NOW + late)
    assert following is not None
    assert NOW + late < following <= NOW + late + period
    assert (following - NOW) % period == timedelta(0)


def test_only_critical_goes_as_service_and_a_list_goes_as_its_most_urgent_item() -> None:
    assert rules.manner([Severity.NOTICE]).klass is MessageClass.RELATIONSHIP
    assert rules.manner([Severity.WARNING]).klass is MessageClass.RELATIONSHIP
    assert rules.manner([Severity.CRITICAL]).klass is MessageClass.SERVICE
    mixed = rules.manner([Severity.NOTICE, Severity.CRITICAL, Severity.WARNING])
    assert mixed == rules.manner([Severity.CRITICAL])
    order = [rules.manner([one]).priority for one in Severity]
    assert order == sorted(order, reverse=True)


def test_a_notice_is_useful_until_the_reminder_that_replaces_it() -> None:
    how = rules.manner([Severity.WARNING])
    hour, day = NOW + timedelta(hours=1), NOW + timedelta(days=1)
    assert rules.expires_at(how, now=NOW, next_nags=[day, hour]) == hour
    assert rules.expires_at(how, now=NOW, next_nags=[None]) == NOW + how.useful_for


def test_each_person_is_told_of_their_episodes_in_order() -> None:
    assert rules.per_person({5: [1, 2], 3: [2], 4: []}) == {1: [5], 2: [3, 5]}


def test_a_notice_has_one_key_per_kind_episode_person_and_number() -> None:
    keys = {
        rules.notice_key(kind, episode_id=episode, contact_id=contact, number=number)
        for kind in NoticeKind
        for episode in (1, 11)
        for contact in (1, 11)
        for number in (0, 1)
    }
    assert len(keys) == len(NoticeKind) * 8


@pytest.mark.parametrize(
    ("draft", "code"),
    [
        (RuleDraft(), "alert.nobody_to_tell"),
        (RuleDraft(contact_ids=(1,), level=Level.NUMBER), "alert.number_missing"),
        (RuleDraft(contact_ids=(1,), level=Level.NUMBER, number=-1), "alert.number_out_of_range"),
        (
            RuleDraft(contact_ids=(1,), level=Level.NUMBER, number=10**12 + 1),
            "alert.number_out_of_range",
        ),
    ],
)
def test_a_draft_that_cannot_work_is_refused_at_its_field(draft: RuleDraft, code: str) -> None:
    with pytest.raises(Invalid) as caught:
        rules.check(draft)
    assert caught.value.code == code
    assert caught.value.field in {"recipients", "number"}


def test_a_draft_without_a_number_is_fine_at_the_reorder_point() -> None:
    rules.check(RuleDraft(department_ids=(1,)))
    rules.check(RuleDraft(department_ids=(1,), level=Level.NUMBER, number=0))


@pytest.mark.spec("S92")
def test_reaction_is_the_median_of_what_was_measured() -> None:
    def after(minutes: int) -> datetime:
        return NOW + timedelta(minutes=minutes)

    times = rules.reaction_times(
        [
            Milestones(NOW, after(10), after(60)),
            Milestones(NOW, after(30), None),
            Milestones(NOW, None, after(20)),
            Milestones(NOW, None, after(-5)),
        ]
    )
    assert times.to_acknowledge == timedelta(minutes=20)
    assert times.to_resolve == timedelta(minutes=40)
    assert times.acknowledged_to_resolved == timedelta(minutes=50)
    nothing = rules.reaction_times([])
    assert nothing.to_acknowledge is None
    assert nothing.to_resolve is None
