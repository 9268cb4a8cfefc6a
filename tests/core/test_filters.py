"""The filter tree: read in memory and as SQL it means the same, whatever is typed into it."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlmodel import Session

from core.db import transaction
from core.errors import Invalid
from core.filters import registry, rules
from core.filters.checking import check_tree, parsed
from core.filters.dialects import dialect_of
from core.filters.fields import Catalogue
from core.filters.gathering import gather, wanted
from core.filters.sql import Reading, Shape
from core.filters.terms import Group, Scene
from tests.support import crowd

SETTINGS = settings(
    max_examples=25, deadline=None, suppress_health_check=list(HealthCheck), database=None
)
ONE_EACH = ["contact.name", "contact.kind", "contact.age", "contact.birth_date", "contact.city",
            "contact.country", "contact.language", "contact.tags", "contact.engaged",
            "contact.source", "contact.gender", "company.industry", "company.size", "company.name",
            "consent.confirmed", "consent.suppressed", "order.count", "order.spent", "order.last",
            "order.products", "attribute.shoe", "attribute.motto", "attribute.joined",
            "attribute.vip", "attribute.colour", "attribute.sports"]  # fmt: skip


def found(session: Session, catalogue: Catalogue, tree: Group, shape: Shape) -> set[int]:
    reading = Reading(catalogue, crowd.FRAME, dialect=dialect_of(session), shape=shape)
    return set(session.scalars(select(catalogue.root).where(reading.clause(tree))))


@pytest.mark.spec("S43", "S44", "S46")
def test_both_readings_agree_on_random_trees_and_people(store: str) -> None:
    with transaction() as session:
        crowd.prepare(session)
        infos = registry.catalogue(session).infos

    @SETTINGS
    @given(
        st.lists(crowd.PEOPLE, min_size=1, max_size=5),
        st.lists(crowd.trees({key: infos[key] for key in ONE_EACH}), min_size=6, max_size=6),
    )
    def agree(drawn: list[dict[str, Any]], trees: list[dict[str, Any]]) -> None:
        with transaction() as session:
            crowd.empty_store(session)
            ids = crowd.settle(session, drawn)
            catalogue = registry.catalogue(session)
            scene = Scene(catalogue.infos, crowd.FRAME)
            people = [crowd.person(one).facts() for one in drawn]
            for data in trees:
                tree = parsed(json.loads(json.dumps(data)))
                check_tree(tree, catalogue.infos)
                meant = {
                    id_ for id_, facts in zip(ids, people, strict=True)
                    if rules.holds(tree, facts, scene)
                }  # fmt: skip
                known = gather(session, catalogue, wanted(tree), contact_ids=ids)
                gathered = {id_ for id_ in ids if rules.holds(tree, known[id_], scene)}
                assert gathered == meant, (data, "gathered")
                for shape in Shape:
                    assert found(session, catalogue, tree, shape) == meant, (data, shape)

    agree()


def hostile(corpora: Path) -> list[str]:
    known = json.loads((corpora / "attacks" / "naughty_strings.json").read_text(encoding="utf-8"))
    shapes = (
        "{}",
        "' OR {} --",
        '"); DROP TABLE contact; -- {}',
        "') UNION SELECT {} FROM user --",
    )
    return [shape.format(one)[:400] for one in known for shape in shapes]


@pytest.mark.spec("T34")
def test_hostile_text_is_taken_literally_as_a_value_and_refused_as_a_field_or_operator(
    store: str, corpora: Path
) -> None:
    strings = hostile(corpora)
    assert len(strings) > 1_000
    with transaction() as session:
        crowd.prepare(session)
        catalogue = registry.catalogue(session)
        session.add_all(crowd.named(strings))
        session.flush()
        rows = session.execute(
            select(catalogue.root, catalogue.fields["contact.city"].source.value)
        )
        cities = {id_: crowd.search_key(city or "") for id_, city in rows}
        for text in strings[::2]:
            tree = one_line(catalogue, "contact.city", "is", text)
            if tree is not None:
                key = crowd.search_key(crowd.stored(text))
                meant = {id_ for id_, city in cities.items() if city == key}
                assert found(session, catalogue, tree, Shape.WHOLE) == meant, text
            for field, operator in ((text, "is"), ("contact.city", text)):
                assert one_line(catalogue, field, operator, "x") is None, text


def one_line(catalogue: Catalogue, field: str, operator: str, value: str) -> Group | None:
    """Return the tree of one line, or None where it is refused by a code."""
    line = {"node": "field", "field": field, "operator": operator, "value": value}
    try:
        tree = parsed({"node": "group", "children": [line]})
        check_tree(tree, catalogue.infos)
    except Invalid:
        return None
    return tree


@pytest.mark.spec("T34")
def test_hostile_names_of_events_and_properties_find_nothing_or_are_refused(
    store: str, corpora: Path
) -> None:
    with transaction() as session:
        crowd.prepare(session)
        ids = crowd.settle(session, [crowd.PLAIN])
        catalogue = registry.catalogue(session)
        for text in hostile(corpora)[::5]:
            where = {"property": text[:80], "operator": "is", "value": "x"}
            line = {"node": "event", "name": text[:80], "where": [where], "operator": "at_most",
                    "amount": 0}  # fmt: skip
            try:
                tree = parsed({"node": "group", "children": [line]})
                check_tree(tree, catalogue.infos)
            except Invalid:
                continue
            assert found(session, catalogue, tree, Shape.WHOLE) == set(ids)


DEEP = {"node": "group", "children": []}
for _ in range(5):
    DEEP = {"node": "group", "children": [DEEP]}


@pytest.mark.parametrize(
    ("data", "code", "at"),
    [
        (DEEP, "filter.too_deep", "tree"),
        ({"node": "group", "children": [{"node": "member", "segment_id": 1}] * 100},
         "filter.too_many_nodes", "tree"),
        ({"node": "group", "children": [{"node": "sql", "text": "1=1"}]}, "filter.unreadable", "0"),
        ({"node": "group", "children": [], "owner_id": 1}, "filter.unreadable", "tree"),
        ([], "filter.unreadable", "tree"),
        (None, "filter.unreadable", "tree"),
    ],
)  # fmt: skip
def test_a_tree_that_cannot_be_read_is_refused_at_its_node(data: Any, code: str, at: str) -> None:
    with pytest.raises(Invalid) as refusal:
        parsed(data)
    assert (refusal.value.code, refusal.value.field) == (code, at)


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ({"field": "contact.shoe", "operator": "is", "value": "x"}, "filter.unknown_field"),
        ({"field": "contact.city", "operator": "before", "value": "x"}, "filter.wrong_operator"),
        ({"field": "contact.city", "operator": "is", "value": "  "}, "filter.value_missing"),
        ({"field": "contact.city", "operator": "is", "value": 5}, "filter.text_wanted"),
        ({"field": "contact.city", "operator": "is", "value": ["a", "b"]}, "filter.one_value"),
        ({"field": "contact.city", "operator": "one_of", "value": ["a"] * 1001},
         "filter.too_many_values"),
        ({"field": "contact.kind", "operator": "is", "value": "boss"}, "filter.unknown_choice"),
        ({"field": "contact.age", "operator": "at_least", "value": 3.5}, "filter.age_wrong"),
        ({"field": "order.count", "operator": "is", "value": 10**16}, "filter.number_wanted"),
        ({"field": "order.last", "operator": "last_days", "value": -1}, "filter.days_wrong"),
        ({"field": "order.last", "operator": "before", "value": "2026-13-01"}, "filter.day_wanted"),
    ],
)  # fmt: skip
@pytest.mark.sqlite_only("no statement runs")
def test_a_line_that_means_nothing_is_refused_at_its_path(
    store: str, line: dict[str, Any], code: str
) -> None:
    inner = {"node": "group", "match": "any", "children": [{"node": "field", **line}]}
    tree = parsed({"node": "group", "children": [inner]})
    with transaction() as session:
        infos = registry.catalogue(session).infos
    with pytest.raises(Invalid) as refusal:
        check_tree(tree, infos)
    assert (refusal.value.code, refusal.value.field) == (code, "0.0")


@pytest.mark.spec("N13")
@pytest.mark.sqlite_only("read in memory")
def test_why_names_the_failing_line_and_the_one_that_would_let_in(store: str) -> None:
    lines = [
        {"node": "field", "field": "contact.city", "operator": "is", "value": "تهران"},
        {"node": "group", "match": "none", "children": [
            {"node": "field", "field": "consent.suppressed", "operator": "yes"}]},
        {"node": "event", "name": "order.placed", "amount": 2},
    ]  # fmt: skip
    tree = parsed({"node": "group", "children": lines})
    with transaction() as session:
        scene = Scene(registry.catalogue(session).infos, crowd.FRAME)
    values = {"contact.city": "تهران", "consent.suppressed": True}
    why = rules.explain(tree, crowd.Facts(values), scene)
    assert not why.holds
    assert why.failing == ("1.0", "2")
    assert why.decisive == ()
    nearly = rules.explain(tree, crowd.Facts(values | {"consent.suppressed": False}), scene)
    assert nearly.failing == nearly.decisive == ("2",)
