"""Templates: what may stand in one, what is missing, and how a mail comes out."""

import pytest
from sqlmodel import Session

from core.contacts.models import Contact
from core.db import transaction
from core.errors import Conflict, Invalid
from core.i18n.terms import Calendar, Language, Reader
from core.templates import queries, service, shipped
from core.templates.compiler import compile_text, missing_name
from core.templates.render import render
from core.templates.terms import MessageClass, MissingValue
from tests.support.cast import NOON, administrator, make_contact, make_organisation

FA = Reader(Language.FA, Calendar.JALALI, "Asia/Tehran")
EN = Reader(Language.EN, Calendar.GREGORIAN, "Europe/Berlin")

REFUSED = [
    "{{ ''.__class__ }}",
    "{{ contact.__init__ }}",
    "{{ contact.delete() }}",
    "{{ 'a' * 10 ** 9 }}",
    "{{ 7 * 7 }}",
    "{{ x | attr('format') }}",
    "{{ '%0999999999d' | format(1) }}",
    "{% for a in x %}{% for b in x %}.{% endfor %}{% endfor %}",
    "{% set x = 1 %}",
    "{% include 'x' %}",
    "{% import 'os' as os %}",
    "{% macro m() %}{% endmacro %}",
    "{{ range(10) }}",
    "{{ cycler.__init__.__globals__ }}",
    "{{ contact['first_name'] }}",
    "{{ a ~ b }}",
    "{{ unclosed",
]


@pytest.mark.parametrize("source", REFUSED)
def test_what_is_not_plain_filling_in_is_refused_at_save(source: str) -> None:
    with pytest.raises(Invalid) as refusal:
        compile_text("Hello", source)
    assert refusal.value.field == "body"


@pytest.mark.spec("T3")
def test_a_stored_format_method_is_refused() -> None:
    with pytest.raises(Invalid):
        compile_text("x", "{{ '{0.__class__}'|attr('format')(contact) }}")


def test_a_name_without_a_fallback_is_needed_and_one_with_a_fallback_is_not() -> None:
    compiled = compile_text(
        "Hi {{ contact.first_name }}",
        "{{ city | default('your town') }}{% if order %}{{ order }}{% endif %}"
        "{% for item in items %}{{ item.name }}{% endfor %}",
    )
    assert compiled.needs == ("contact.first_name", "items")


def test_the_first_missing_value_is_named() -> None:
    compiled = compile_text("Hi {{ contact.first_name }}", "{{ item.name }}")
    assert missing_name(compiled, {"contact": {"first_name": "Sara"}}) == "item.name"
    assert missing_name(compiled, {"contact": {"first_name": ""}}) == "contact.first_name"
    with pytest.raises(MissingValue):
        render(compiled, {"contact": {"first_name": ""}}, EN, footer="x")


def test_values_cannot_smuggle_markup_or_links() -> None:
    compiled = compile_text("{{ name }}", "Dear **{{ name }}**")
    nasty = "<script>alert(1)</script> [x](http://evil.example) *b*\nBcc: a@b.com"
    mail = render(compiled, {"name": nasty}, EN, footer="x")
    assert "<script" not in mail.html
    assert "evil.example" in mail.html
    assert "href" not in mail.html
    assert "\n" not in mail.subject
    assert "<strong>" in mail.html


def test_a_persian_mail_runs_right_to_left_with_persian_digits_and_jalali_dates() -> None:
    compiled = compile_text(
        "{{ count | number }} عدد",
        "تاریخ: {{ day | date }}\n\n[تأیید]({{ url }})\n\n"
        "| کالا | تعداد |\n|---|---|\n| {{ name }} | {{ count | number }} |",
    )
    values = {"count": 1250, "day": "2026-03-21", "url": "https://x.example/a/T-o_k", "name": "A4"}
    mail = render(compiled, values, FA, footer="شرکت")
    assert mail.subject.startswith("۱٬۲۵۰")
    assert 'dir="rtl"' in mail.html
    assert "۱۴۰۵" in mail.html
    assert 'href="https://x.example/a/T-o_k"' in mail.html
    assert "display:inline-block" in mail.html
    assert "تأیید: https://x.example/a/T-o_k" in mail.text
    assert "A4 | ۱٬۲۵۰" in mail.text


def test_every_shipped_mail_has_three_languages_that_need_the_same_values() -> None:
    for key, mail in shipped.mails().items():
        needs = {
            language.value: set(
                compile_text(mail[language.value]["subject"], mail[language.value]["body"]).needs
            )
            for language in Language
        }
        assert needs["fa"] == needs["ar"] == needs["en"], key
        assert MessageClass(str(mail["klass"]))


def a_template(session: Session) -> tuple[int, Contact]:
    make_organisation(session)
    template = service.add_template(
        session,
        administrator(),
        given=service.TemplateInput("Hello", "other", MessageClass.RELATIONSHIP),
        texts={"en": {"subject": "Hi {{ contact.first_name }}", "body": "Welcome"}},
        now=NOON,
    )
    return template.id, make_contact(session, "sara@example.com", language=Language.FA)


def test_a_person_without_a_text_in_their_language_gets_the_next_one(store: str) -> None:
    with transaction() as session:
        template_id, contact = a_template(session)
        version = queries.newest_version(session, template_id)
        assert version is not None
        mail = service.preview(
            session, administrator(), template_version_id=version.id, contact_id=contact.id
        )
    assert mail.language is Language.EN
    assert mail.subject == "Hi Sara"


def test_a_stale_save_is_refused_and_nothing_is_overwritten(store: str) -> None:
    with transaction() as session:
        template_id, _ = a_template(session)
        texts = {"en": {"subject": "Two", "body": "Two"}}
        service.save_version(
            session, administrator(), template_id=template_id, seen_version=1, texts=texts, now=NOON
        )
        with pytest.raises(Conflict):
            service.save_version(
                session, administrator(), template_id=template_id, seen_version=1, texts=texts,
                now=NOON,
            )  # fmt: skip
        newest = queries.newest_version(session, template_id)
        assert newest is not None
        assert newest.number == 2
