"""A tree told as a sentence in each language."""

import pytest

from core.filters.checking import parsed
from core.filters.sentences import Speech, sentence
from core.filters.terms import FieldInfo, Kind, Option
from core.i18n.terms import Calendar, Language, Reader

FIELDS = {
    "contact.city": FieldInfo("contact.city", Kind.TEXT, "person", "filter.field.contact.city"),
    "contact.birth_date": FieldInfo("contact.birth_date", Kind.DATE, "person",
                                    "filter.field.contact.birth_date"),
    "attribute.shoe": FieldInfo("attribute.shoe", Kind.CHOICE, "custom", names={"fa": "کفش"},
                                options=(Option("l", names={"fa": "بزرگ", "en": "Large"}),)),
}  # fmt: skip
TREE = parsed({"node": "group", "children": [
    {"node": "field", "field": "contact.city", "operator": "one_of", "value": ["تهران", "قم"]},
    {"node": "group", "match": "any", "children": [
        {"node": "field", "field": "contact.birth_date", "operator": "before",
         "value": "2001-03-21"},
        {"node": "event", "name": "order.placed", "amount": 2, "within_days": 90}]},
    {"node": "group", "match": "none", "children": [
        {"node": "member", "segment_id": 7},
        {"node": "field", "field": "attribute.shoe", "operator": "is", "value": "l"}]},
]})  # fmt: skip


def told(language: Language, calendar: Calendar) -> str:
    speech = Speech(Reader(language, calendar, "Asia/Tehran"), FIELDS, {}, {7: "VIP"})
    text = sentence(TREE, speech)
    return "".join(one for one in text if one not in "\u2068\u2069")


@pytest.mark.spec("S44")
def test_the_sentence_speaks_persian_with_its_own_dates_and_digits() -> None:
    assert told(Language.FA, Calendar.JALALI) == (
        "شهر یکی از تهران، قم است و (روز تولد پیش از ۱ فروردین ۱۳۸۰ است "
        "یا شمار رویداد order.placed در ۹۰ روز گذشته دست‌کم ۲ است) "
        "و هیچ‌کدام از این‌ها نیست: عضو گروه VIP است یا کفش برابر است با بزرگ"
    )


def test_the_sentence_speaks_english_and_arabic() -> None:
    english = told(Language.EN, Calendar.GREGORIAN)
    assert english.startswith("City is one of تهران, قم and (Date of birth is before 21 March 2001")
    assert "none of these: is in the segment VIP or کفش is Large" in english
    assert "لا شيء مما يلي" in told(Language.AR, Calendar.GREGORIAN)


def test_without_lines_it_means_everybody_or_nobody() -> None:
    speech = Speech(Reader(Language.EN, Calendar.GREGORIAN, "UTC"), FIELDS)
    assert sentence(parsed({"node": "group"}), speech) == "everybody"
    assert sentence(parsed({"node": "group", "match": "any"}), speech) == "nobody"
