"""Random people, and random trees over what is known of them."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

from hypothesis import strategies as st
from sqlmodel import Session, delete, select

from core.commerce.models import Order, OrderLine
from core.consent.models import Subscription, Suppression, Topic
from core.consent.terms import ConsentState, SuppressionReason, TopicRule
from core.contacts.models import Attribute, Company, Contact, ContactTag, Tag
from core.contacts.terms import AttributeKind, ContactKind, Gender
from core.events.models import Event
from core.filters.checking import OPERATORS
from core.filters.terms import Facts, FieldInfo, Frame, Happening, Kind, Operator
from core.i18n.terms import Calendar, Language
from core.i18n.text import search_key, stored
from core.segments.models import Segment, SegmentMember
from core.segments.terms import SegmentKind

NOW = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)
FRAME = Frame(NOW, "Asia/Tehran", Calendar.JALALI)
TODAY = date(2026, 11, 21)
WORDS = ("علي", "علی", "تهران", "مریم\u200cگلی", "Straße", "STRASSE", "ΣΟΦΟΣ", "Łódź", "Ünal",
         "۰۹۱۲", "0912",
         "100%", "a_b",
         "O'Brien", 'say "hi"', "x", "", " ")  # fmt: skip
NAMES = ("page.viewed", "cart.left", "order.placed")
TOPICS = ("news", "offers")
SEGMENTS = (1, 2)
DAYS = st.one_of(
    st.integers(-40_000, 400).map(lambda days: TODAY + timedelta(days=days)),
    st.sampled_from([date(2000, 2, 29), date(2001, 3, 20), date(1980, 11, 21), date(1980, 12, 21)]),
)
MOMENTS = st.integers(-200 * 24, 48).map(lambda hours: NOW + timedelta(hours=hours))
NUMBERS = st.one_of(st.integers(-5, 20), st.integers(-20, 80).map(lambda n: n / 4))


@dataclass
class Person:
    """What a test makes up about somebody, before it is in the store."""

    values: dict[str, Any]
    events: list[Happening] = field(default_factory=list)
    segments: frozenset[int] = frozenset()

    def facts(self) -> Facts:
        return Facts(self.values, self.events, self.segments)


PROPERTIES = st.fixed_dictionaries(
    {},
    optional={
        "path": st.one_of(st.sampled_from(WORDS), st.integers(0, 3), st.none()),
        "value": st.one_of(NUMBERS, st.booleans(), st.sampled_from(["7", "x"]), st.just(10**300)),
        "a b'c": st.sampled_from(WORDS),
    },
)
EVENTS = st.lists(st.tuples(st.sampled_from(NAMES), MOMENTS, PROPERTIES), max_size=5)
_some = lambda strategy: st.one_of(st.none(), strategy)  # noqa: E731 - a word of this table
PEOPLE = st.fixed_dictionaries(
    {
        "first": st.sampled_from(WORDS),
        "last": st.sampled_from(WORDS),
        "contact.kind": st.sampled_from([one.value for one in ContactKind]),
        "contact.language": _some(st.sampled_from([one.value for one in Language])),
        "contact.gender": _some(st.sampled_from([one.value for one in Gender])),
        "birth": _some(DAYS),
        "contact.country": _some(st.sampled_from(["IR", "DE", "IQ"])),
        "contact.city": _some(st.sampled_from(WORDS)),
        "contact.source": st.sampled_from(WORDS),
        "contact.engaged": _some(MOMENTS),
        "company": _some(st.integers(0, 2)),
        "tags": st.frozensets(st.integers(0, 2)),
        "topics": st.dictionaries(st.sampled_from(TOPICS), st.sampled_from(list(ConsentState))),
        "consent.suppressed": st.booleans(),
        "orders": st.lists(
            st.tuples(MOMENTS, st.lists(st.tuples(st.sampled_from(["A1", "B2"]),
                                                  st.integers(-2, 5), st.integers(0, 900)),
                                        min_size=1, max_size=2)), max_size=2),
        "attributes": st.fixed_dictionaries({}, optional={
            "shoe": st.one_of(NUMBERS, st.text(max_size=2), st.none()),
            "motto": st.one_of(st.sampled_from(WORDS), st.just(7)),
            "joined": st.one_of(DAYS.map(date.isoformat), st.just("soon")),
            "vip": st.one_of(st.booleans(), st.just("yes")),
            "colour": st.sampled_from(["red", "blue"]),
            "sports": st.one_of(st.lists(st.sampled_from(["run", "swim", "ski"])), st.just("run")),
        }),
        "events": EVENTS,
        "segments": st.frozensets(st.sampled_from(SEGMENTS)),
    }
)  # fmt: skip
COMPANIES = ({"name": "Arya", "industry": "معدن", "size": 12, "domain": "arya.ir"},
             {"name": "Beh", "industry": "", "size": None, "domain": ""},
             {"name": "Straße AG", "industry": "Mining", "size": 7, "domain": "x.de"})  # fmt: skip
TAGS = ("وفادار", "VIP", "كهنه")
ATTRIBUTES = {"shoe": AttributeKind.NUMBER, "motto": AttributeKind.TEXT,
              "joined": AttributeKind.DATE, "vip": AttributeKind.FLAG,
              "colour": AttributeKind.CHOICE, "sports": AttributeKind.CHOICES}  # fmt: skip


def person(drawn: dict[str, Any]) -> Person:
    """Return what is known of somebody, told in plain Python and not by the store."""
    company: dict[str, Any] = {} if drawn["company"] is None else COMPANIES[drawn["company"]]
    given = drawn["attributes"]
    orders = drawn["orders"]
    values = {key: value for key, value in drawn.items() if "." in key}
    values |= {f"company.{key}": company.get(key) for key in ("name", "industry", "size", "domain")}
    values |= {
        "contact.name": f"{drawn['first']} {drawn['last']}",
        "contact.age": drawn["birth"],
        "contact.birth_date": drawn["birth"],
        "contact.tags": frozenset(search_key(TAGS[one]) for one in drawn["tags"]),
        "order.count": len(orders),
        "order.spent": sum(q * p for _, lines in orders for _, q, p in lines),
        "order.last": max((at for at, _ in orders), default=None),
        "order.products": frozenset(code for _, lines in orders for code, _, _ in lines),
        "attribute.shoe": _number(given.get("shoe")),
        "attribute.motto": _of(str, given.get("motto")),
        "attribute.joined": None if given.get("joined") in {None, "soon"}
        else date.fromisoformat(given["joined"]),
        "attribute.vip": given.get("vip") is True,
        "attribute.colour": given.get("colour"),
        "attribute.sports": frozenset(_of(list, given.get("sports")) or ()),
    }  # fmt: skip
    for state in ConsentState:
        values[f"consent.{state.value}"] = frozenset(
            topic for topic, stands in drawn["topics"].items() if stands is state
        )
    events = [Happening(n, *one) for n, one in enumerate(drawn["events"])]
    return Person(values, events, drawn["segments"])


def _number(value: object) -> object:
    return value if isinstance(value, int | float) else None


def _of(kind: type, value: Any) -> Any:
    return value if isinstance(value, kind) else None


def empty_store(session: Session) -> None:
    """Remove everybody, so that the next crowd is alone."""
    for table in (SegmentMember, Segment, Event, OrderLine, Order, Suppression, Subscription,
                  ContactTag, Contact):  # fmt: skip
        session.execute(delete(table))


def prepare(session: Session) -> None:
    """Put there what people share: companies, tags, topics and custom fields."""
    for number, one in enumerate(COMPANIES):
        session.add(Company(id=number + 1, search_key=f"c{number}", **one))
    for number, name in enumerate(TAGS):
        session.add(Tag(id=number + 1, name=name, search_key=search_key(name)))
    for key in TOPICS:
        session.add(Topic(key=key, rule=TopicRule.OPT_IN))
    for key, kind in ATTRIBUTES.items():
        options = [{"value": one} for one in ("red", "blue")] if key == "colour" else []
        session.add(Attribute(key=key, kind=kind, options=options))
    session.flush()


def settle(session: Session, drawn: list[dict[str, Any]]) -> list[int]:
    """Put these people into the store; return their ids in order."""
    for number in SEGMENTS:
        session.add(Segment(id=number, public_id=f"s{number}", name="s", kind=SegmentKind.STATIC))
    session.flush()
    return settle_people(session, drawn)


def settle_people(session: Session, drawn: list[dict[str, Any]]) -> list[int]:
    """Put these people beside those that are there; return their ids in order."""
    topics = {one.key: one.id for one in session.exec(select(Topic))}
    return [_settle_one(session, number, one, topics) for number, one in enumerate(drawn)]


def _settle_one(
    session: Session, number: int, drawn: dict[str, Any], topics: dict[str, int]
) -> int:
    contact = Contact(
        public_id=f"c{number}", kind=drawn["contact.kind"], first_name=drawn["first"],
        last_name=drawn["last"], language=drawn["contact.language"],
        gender=drawn["contact.gender"], birth_date=drawn["birth"],
        country=drawn["contact.country"], city=drawn["contact.city"],
        source=drawn["contact.source"], engaged_at=drawn["contact.engaged"],
        company_id=None if drawn["company"] is None else drawn["company"] + 1,
        attributes=drawn["attributes"],
    )  # fmt: skip
    session.add(contact)
    session.flush()
    own = {"contact_id": contact.id}
    session.add_all(ContactTag(tag_id=one + 1, **own) for one in drawn["tags"])
    session.add_all(Subscription(topic_id=topics[key], state=state, since=NOW, **own)
                    for key, state in drawn["topics"].items())  # fmt: skip
    if drawn["consent.suppressed"]:
        session.add(Suppression(reason=SuppressionReason.MANUAL, placed_at=NOW, **own))
    for place, (at, lines) in enumerate(drawn["orders"]):
        order = Order(source="t", reference=f"{number}.{place}", currency="IRR", placed_at=at,
                      **own)  # fmt: skip
        session.add(order)
        session.flush()
        session.add_all(
            OrderLine(order_id=order.id, line=n, code=code, quantity=q, unit_price_minor=p)
            for n, (code, q, p) in enumerate(lines)
        )
    for place, (name, at, properties) in enumerate(drawn["events"]):
        session.add(Event(name=name, source="t", dedup_key=f"{number}.{place}", occurred_at=at,
                          properties=properties, **own))  # fmt: skip
        session.flush()
    session.add_all(SegmentMember(segment_id=one, entered_at=NOW, **own)
                    for one in drawn["segments"])  # fmt: skip
    session.flush()
    return contact.id


def trees(fields: dict[str, FieldInfo]) -> st.SearchStrategy[dict[str, Any]]:
    """Return random sound trees over these fields, as the data they are kept as."""
    leaf = st.one_of(
        st.sampled_from(sorted(fields)).flatmap(lambda key: _conditions(fields[key])),
        _EVENT_LINES,
        st.sampled_from(SEGMENTS).map(lambda one: {"node": "member", "segment_id": one}),
    )
    inner = st.one_of(leaf, leaf, _groups(st.one_of(leaf, leaf, _groups(leaf))))
    return _groups(inner)


def _groups(children: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.builds(
        lambda match, found: {"node": "group", "match": match, "children": found},
        st.sampled_from(["all", "any", "none"]),
        st.lists(children, max_size=3),
    )


def _conditions(info: FieldInfo) -> st.SearchStrategy[dict[str, Any]]:
    return st.sampled_from(OPERATORS[info.kind]).flatmap(
        lambda operator: st.builds(
            lambda value: {
                "field": info.key,
                "operator": operator,
                "value": value,
                "node": "field",
            },
            _values(info, operator),
        )
    )


_O = Operator
_TEXTS = st.sampled_from([one for one in WORDS if one.strip()] + ["ه", "ss", "٪"])
_COUNTS = st.integers(0, 100)


def _values(info: FieldInfo, operator: Operator) -> st.SearchStrategy[Any]:
    if operator in {_O.EMPTY, _O.FILLED, _O.YES, _O.NO, _O.BIRTHDAY_MONTH}:
        return st.none()
    if operator in {_O.LAST_DAYS, _O.NEXT_DAYS, _O.LONGER_AGO, _O.BIRTHDAY_DAYS}:
        return _COUNTS
    of_kind = {
        Kind.TEXT: _TEXTS,
        Kind.NUMBER: st.one_of(NUMBERS, st.integers(-2000, 5000)),
        Kind.AGE: st.integers(0, 110),
        Kind.DATE: DAYS.map(date.isoformat),
        Kind.MOMENT: MOMENTS.map(lambda at: at.date().isoformat()),
    }
    options = [one.value for one in info.options] or ["IR", "DE", "news", "run", "A1", "1", *TAGS]
    one = of_kind.get(info.kind, st.sampled_from(options))
    if operator in {_O.ONE_OF, _O.NONE_OF, _O.HAS_ANY, _O.HAS_ALL, _O.HAS_NONE}:
        return st.lists(one, min_size=1, max_size=3)
    return one


_WHERE = st.one_of(
    st.fixed_dictionaries({
        "property": st.sampled_from(["path", "value", "a b'c"]),
        "operator": st.sampled_from(["is", "is_not", "contains", "contains_not", "starts_with"]),
        "value": _TEXTS,
    }),
    st.fixed_dictionaries({
        "property": st.sampled_from(["path", "value"]),
        "operator": st.sampled_from(["is", "is_not", "more_than", "at_most"]),
        "value": NUMBERS,
    }),
)  # fmt: skip
_EVENT_LINES = st.builds(
    lambda head, where, amount: {**head, "node": "event", "where": where, "amount": amount},
    st.one_of(
        st.fixed_dictionaries({
            "name": st.sampled_from(NAMES),
            "measure": st.sampled_from(["count", "sum", "latest"]),
            "property": st.just("value"),
            "operator": st.sampled_from(["at_least", "at_most", "more_than", "less_than", "is"]),
            "within_days": st.one_of(st.none(), st.integers(0, 200)),
        }),
        st.fixed_dictionaries({
            "name": st.sampled_from(NAMES),
            "measure": st.just("days_since"),
            "operator": st.sampled_from(["at_least", "at_most", "more_than", "less_than"]),
        }),
    ),
    st.lists(_WHERE, max_size=2),
    st.one_of(st.integers(0, 3), st.integers(0, 60)),
)  # fmt: skip


PLAIN: dict[str, Any] = {
    "first": "Ali", "last": "", "contact.kind": "customer", "contact.language": None,
    "contact.gender": None, "birth": None, "contact.country": None, "contact.city": None,
    "contact.source": "", "contact.engaged": None, "company": None, "tags": frozenset(),
    "topics": {}, "consent.suppressed": False, "orders": [], "attributes": {}, "events": [],
    "segments": frozenset(),
}  # fmt: skip


def named(texts: list[str]) -> list[Contact]:
    """Return people who live in towns of these names."""
    return [
        Contact(public_id=f"n{number}", kind=ContactKind.LEAD, city=stored(text)[:120])
        for number, text in enumerate(texts)
    ]
