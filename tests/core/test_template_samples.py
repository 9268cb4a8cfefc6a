"""Previews with example values: every shipped text fills, and none speaks a foreign language."""

import re
from datetime import datetime

import pytest

from core.i18n.terms import Calendar, Language, Reader
from core.templates import samples, shipped
from core.templates.compiler import compile_text
from core.templates.render import render

SPOKEN = [(key, language) for key in sorted(shipped.mails()) for language in Language]
LATIN_WORD = re.compile(r"«[^»]*[A-Za-z][^»]*»")


def sampled(subject: str, body: str, language: Language, now: datetime) -> dict[str, object]:
    return samples.values_for(subject, body, language=language, now=now)


@pytest.mark.parametrize(("key", "language"), SPOKEN)
def test_a_shipped_mail_is_previewed_whole_in_the_language_of_its_text(
    key: str, language: Language, now: datetime
) -> None:
    text = shipped.mails()[key][language.value]
    values = sampled(text["subject"], text["body"], language, now)
    values |= {"organisation": {"name": "سپهر"}, "sender": {"name": "سپهر"}}
    mail = render(
        compile_text(text["subject"], text["body"]),
        values,
        Reader(language, Calendar.GREGORIAN, "Asia/Tehran"),
        footer="",
    )
    foreign = LATIN_WORD.findall(f"{mail.subject} {mail.text}")
    assert language is Language.EN or foreign == []


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("{{ count | number }}", {"count": 12}),
        ("{{ price | money }}", {"price": 12}),
        ("{{ wait | duration }}", {"wait": 43_200}),
        ("{{ day | date }}", {"day": "2026-11-21"}),
        ("{{ at | moment }}", {"at": "2026-11-21T08:00:00+00:00"}),
        ("[باز کن]({{ links.open }})", {"links": {"open": "https://example.com/"}}),
        ("{{ job_title }}", {"job_title": "«سمت»"}),
        ("{{ contact.first_name }}", {"contact": {"first_name": "«نام»"}}),
        ("{{ gift_of_the_day }}", {"gift_of_the_day": "«gift of the day»"}),
        ('{{ unit | default("عدد") }}', {"unit": "«عدد»"}),
        ("{% if count %}{{ count | number }}{% endif %}", {"count": 12}),
        ("{% for i in items %}{{ i.code }} {{ i.left | number }}{% endfor %}",
         {"items": [{"code": "«کد»", "left": 12}]}),
        ("{% for one in names %}{{ one }}{% endfor %}", {"names": ["«names»"]}),
        ("{% for one in rows %}x{% else %}{{ name }}{% endfor %}",
         {"rows": ["«rows»"], "name": "«نام»"}),
        ("{% for one in shop.items %}{{ one.name }}{% endfor %}",
         {"shop": {"items": [{"name": "«نام»"}]}}),
    ],
)  # fmt: skip
def test_each_name_gets_a_value_of_its_kind(
    body: str, expected: dict[str, object], now: datetime
) -> None:
    assert sampled("", body, Language.FA, now) == expected


def test_a_name_used_in_two_ways_keeps_the_more_telling_value(now: datetime) -> None:
    values = sampled("{{ item }}", "{{ item.name }} {{ left }} {{ left | number }}",
                     Language.EN, now)  # fmt: skip
    assert values == {"left": 12, "item": "«item»"}
