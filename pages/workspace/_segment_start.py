"""Ready-made segments to begin with."""

from typing import Any

Data = dict[str, Any]


def _field(name: str, operator: str, value: object = None) -> Data:
    return {"node": "field", "field": name, "operator": operator, "value": value}


def _all(*lines: Data) -> Data:
    return {"node": "group", "match": "all", "children": list(lines)}


STARTS: dict[str, Data] = {
    "scratch": _all(),
    "lapsed": _all(_field("order.last", "longer_ago", 90)),
    "new_leads": _all(
        _field("contact.kind", "is", "lead"), _field("contact.created", "last_days", 7)
    ),
    "birthdays": _all(_field("contact.birth_date", "birthday_month")),
    "unopened": _all(_field("mail.unopened", "at_least", 5)),
    "loyal": _all(
        {"node": "event", "name": "order.placed", "measure": "count", "operator": "at_least",
         "amount": 2, "within_days": 90},
    ),
    "silent": _all(_field("contact.engaged", "longer_ago", 180)),
}  # fmt: skip
"""The tree of each, by the code of its name."""
