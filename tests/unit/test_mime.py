"""A letter becomes bytes that three readers understand alike and no server can misread."""

import itertools
import json
import re
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta, timezone
from email import message_from_bytes, policy
from email.header import decode_header, make_header
from email.utils import parseaddr, parsedate_to_datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.contacts.addresses import parse_address
from core.delivery import mime
from core.delivery.guard import clean_name, decoded
from core.delivery.mime import build, require_wire_form
from core.delivery.terms import DeliveryError, FailureKind, Letter, Stage
from core.errors import Invalid

NOW = datetime(2026, 11, 21, 11, 30, tzinfo=timezone(timedelta(hours=3, minutes=30)))
FIRST = {
    "fa": "سارا علی زهرا محمدرضا فاطمه حسین نرگس امیرحسین مریم رضا آرش پریسا کیان نسترن یوسف "
    "ژاله بهرام گلنار شهاب مه‌سا",
    "ar": "أحمد ليلى يوسف خديجة عمر فاطمة إبراهيم رنا خالد نورة سعاد طارق هدى زياد مَريم عبدالله "
    "رؤى ضياء",
    "en": "Anna Zoë John O'Neil Mary-Jane Björn Chloé Søren Łukasz José Nuño Åsa Jürgen Dvořák "
    "Siân D'Arcy Müller Tom",
}
LAST = {
    "fa": "احمدی حسینی‌زاده کریمی مرادی صادق‌پور نوری پناهی جعفری یزدانی قاسمی چراغی ثابتی "
    "ژیان گودرزی تهرانی میرزایی شریعتی افشار داودی هاشمی",
    "ar": "المصري الحدّاد العلي السيّد النجار الخطيب القاضي الشريف بغدادي حلبي طرابلسي المغربي "
    "السوداني اليمني الكويتي العُماني الدمشقي المؤذّن",
    "en": 'Smith, (Jr.) van-der-Berg <x> O"Brien @home a.b C\\D Müller & 100% ;drop Ünal Æsir '
    "=?utf-8?q?x?= Ó-Súilleabháin Çelik [z] Last",
}


def letter(**changes: object) -> Letter:
    basis: dict[str, object] = {
        "message_id": "msg_019@chapar.example",
        "from_address": parse_address("info@shop.example"),
        "to_address": parse_address("sara@example.com"),
        "subject": "سلام",
        "text": "متن ساده",
        "html": '<p dir="rtl">متن</p>',
    }
    return Letter(**(basis | changes))  # type: ignore[arg-type]


def built(**changes: object) -> bytes | None:
    with suppress(Invalid):
        return build(letter(**changes), NOW)
    return None


def names() -> Iterator[str]:
    for firsts, lasts in zip(FIRST.values(), LAST.values(), strict=True):
        for first, last in itertools.product(firsts.split(), lasts.split()):
            yield f"{first} {last}"


def header(wire: bytes, name: str) -> str:
    """The header as it stands on the wire, unfolded."""
    head = wire.partition(b"\r\n\r\n")[0].decode("ascii").replace("\r\n ", " ")
    return next(
        line.partition(": ")[2] for line in head.split("\r\n") if line.startswith(f"{name}:")
    )


def readings(wire: bytes) -> list[tuple[str, str]]:
    """Sender's name and subject as three readers see them: modern, classic, and our own."""
    modern = message_from_bytes(wire, policy=policy.default)
    classic = message_from_bytes(wire, policy=policy.compat32)
    name, _ = parseaddr(classic["From"])
    subject = classic["Subject"].replace("\r\n", "")
    ours = decoded(header(wire, "From").removesuffix("info@shop.example>").removesuffix("<"))
    ours = ours.removesuffix(" ")
    if ours.startswith('"') and "=?" not in header(wire, "From"):
        ours = ours[1:-1]
    return [
        (modern["From"].addresses[0].display_name, modern["Subject"]),
        (str(make_header(decode_header(name))), str(make_header(decode_header(subject)))),
        (ours, decoded(header(wire, "Subject"))),
    ]


@pytest.mark.spec("T44")
def test_a_thousand_names_and_subjects_read_alike_in_three_readers() -> None:
    people = list(names())
    assert len(people) >= 1_000
    for person in people:
        subject = f"{person}، به فروشگاه ما خوش آمدید؛ این عنوان بلند است و در چند واژه می‌رود"
        wire = build(letter(from_name=person, subject=subject), NOW)
        assert readings(wire) == [(person, subject)] * 3


@pytest.mark.spec("T44")
def test_naughty_strings_read_alike_or_are_refused_at_their_field(corpora: Path) -> None:
    naughty = json.loads((corpora / "attacks" / "naughty_strings.json").read_text())
    read_count = 0
    for text in naughty:
        wire = built(subject=text, from_name=text)
        if wire:
            read_count += 1
            name = clean_name(text).strip(" ")
            modern, *others = readings(wire)
            assert others == [(name, text)] * 2
            assert modern[1] == text
            # The modern reader of older Pythons puts a space between the words of a long name.
            assert modern[0] == name or modern[0].replace(" ", "") == name.replace(" ", "")
    assert read_count > 200


@settings(max_examples=400, deadline=None)
@given(st.text(st.characters(exclude_categories=["C", "Zl", "Zp"]), max_size=200))
def test_encoded_words_are_short_and_never_split_a_character(text: str) -> None:
    wire = build(letter(subject=text, from_name=text), NOW)
    head = wire.partition(b"\r\n\r\n")[0].decode("ascii")
    for word in re.findall(r"=\?utf-8\?b\?[^?]*\?=", head):
        assert len(word) <= 75
        assert decoded(word) in text
    assert max(map(len, head.split("\r\n"))) <= 78
    assert decoded(header(wire, "Subject") if text else "") == text
    assert wire.isascii()


BODIES = [
    "",
    "\n.\n",
    "یک\n.\nدو",
    "\r.\r",
    "a\rb",
    "a\r\n.\r\nb\r\n",
    ".\n..\n...\n",
    "From me\nFrom you\n>From",
    "x" * 5_000,
    ("می‌خواهم " * 300) + "\n" + "y" * 998,
    "\n" * 50,
    "\x00\x01\x1b[0m",
    "--=_boundary--\n--\n",
    "=?utf-8?q?x?=",
    "\u2028\u2029\x85",
]


@pytest.mark.parametrize("body", BODIES)
def test_any_body_arrives_as_it_was_with_its_lines_ended_by_crlf(body: str) -> None:
    wire = build(letter(text=body, html=f"<p>{body}</p>"), NOW)
    assert max(map(len, wire.split(b"\r\n"))) <= 78
    assert not re.search(rb"(?<!\r)\n|\r(?!\n)", wire)
    assert not re.search(rb"(?m)^(\.|From )", wire.partition(b"\r\n\r\n")[2])
    plain, html = message_from_bytes(wire, policy=policy.default).iter_parts()
    wanted = re.sub(r"\r\n|\r|\n", "\r\n", body)
    assert plain.get_payload(decode=True) == wanted.encode()
    assert html.get_payload(decode=True) == f"<p>{wanted}</p>".encode()
    assert (plain.get_content_type(), html.get_content_type()) == ("text/plain", "text/html")


def test_a_lone_surrogate_in_a_body_does_not_stop_the_mail() -> None:
    assert message_from_bytes(build(letter(text="a\ud800b", html=""), NOW)).get_payload(
        decode=True
    ) == (b"a?b")


def test_a_mail_has_what_the_standards_ask_for() -> None:
    wire = build(
        letter(
            from_name="فروشگاه نمونه",
            to_name="O'Brien, Sara",
            reply_to=parse_address("help@shop.example"),
            reply_to_name="پشتیبانی",
            language="fa",
            extra_headers={
                "Auto-Submitted": "auto-generated",
                "List-Unsubscribe": f"<https://chapar.example/u/{'t' * 40}>, <mailto:u@x.example>",
                "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
                "X-Note": "یادداشت",
            },
        ),
        NOW,
    )
    mail = message_from_bytes(wire, policy=policy.default)
    assert parsedate_to_datetime(mail["Date"]) == NOW
    assert mail["Message-ID"] == "<msg_019@chapar.example>"
    assert mail["From"].addresses[0].display_name == "فروشگاه نمونه"
    assert mail["To"].addresses[0].display_name == "O'Brien, Sara"
    assert mail["To"].addresses[0].addr_spec == "sara@example.com"
    assert mail["Reply-To"].addresses[0].display_name == "پشتیبانی"
    assert mail["Content-Language"] == "fa"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert mail["X-Note"] == "یادداشت"
    assert mail["MIME-Version"] == "1.0"
    assert mail.get_content_type() == "multipart/alternative"
    assert b"List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n" in wire


def test_the_same_letter_at_the_same_moment_is_the_same_bytes() -> None:
    assert build(letter(), NOW) == build(letter(), NOW.astimezone(UTC))


def test_a_letter_without_html_is_plain_text_alone() -> None:
    mail = message_from_bytes(build(letter(html="", text="سلام"), NOW), policy=policy.default)
    assert mail.get_content_type() == "text/plain"
    assert mail.get_payload(decode=True) == "سلام".encode()


@pytest.mark.parametrize(
    "name",
    ["Bcc", "bcc", "To", "Subject", "Content-Type", "MIME-Version", "Received", "Return-Path",
     "Resent-To", "DKIM-Signature", "Message-ID", "Sender"],
)  # fmt: skip
def test_a_header_of_ours_cannot_be_chosen_by_the_caller(name: str) -> None:
    with pytest.raises(Invalid) as refusal:
        build(letter(extra_headers={name: "x@y.org"}), NOW)
    assert (refusal.value.code, refusal.value.field) == ("header.reserved", name)


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        ("List-Unsubscribe", f"<https://x.example/{'a' * 1_000}>", "header.too_long"),
        ("List-Id", "فهرست <list.example>", "header.not_ascii"),
        ("List-Id", "=?utf-8?q?x?= <list.example>", "header.not_ascii"),
        ("In-Reply-To", "<a@b>  <c@d>", "header.not_ascii"),
        ("Auto-Submitted", "", "header.not_ascii"),
        ("X Note", "1", "header.bad_name"),
        ("X-Note\r\nBcc", "1", "header.bad_name"),
    ],
)
def test_a_header_that_cannot_be_written_is_refused(name: str, value: str, code: str) -> None:
    with pytest.raises(Invalid) as refusal:
        build(letter(extra_headers={name: value}), NOW)
    assert refusal.value.code == code


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("message_id", "a@b>\r\nBcc: x@y.org"),
        ("message_id", "<a@b>"),
        ("message_id", "no-at"),
        ("message_id", "=?utf-8?q?a?=@b"),
        ("language", "fa\r\nBcc: x"),
        ("language", "پارسی"),
    ],
)
def test_an_id_or_a_language_of_strange_form_is_refused(field: str, value: str) -> None:
    with pytest.raises(Invalid, match=r"header\.unsafe"):
        build(letter(**{field: value}), NOW)


@pytest.mark.parametrize(
    ("field", "kind"),
    [
        ("to_address", FailureKind.PERMANENT),
        ("from_address", FailureKind.SENDER),
        ("reply_to", FailureKind.SENDER),
        ("envelope_sender", FailureKind.SENDER),
    ],
)
def test_an_address_beyond_ascii_fails_with_its_reason(field: str, kind: FailureKind) -> None:
    with pytest.raises(DeliveryError) as error:
        build(letter(**{field: parse_address("علی@مثال.ایران")}), NOW)
    assert (error.value.code, error.value.kind) == ("smtp.needs_smtputf8", kind)
    assert (error.value.enhanced, error.value.stage) == ("5.6.7", Stage.BUILD)


def test_a_persian_domain_goes_out_as_an_a_label() -> None:
    wire = build(letter(to_address=parse_address("ali@مثال.ایران"), to_name="علی"), NOW)
    assert b"<ali@xn--mgbh0fb.xn--mgba3a4f16a>\r\n" in wire


@pytest.mark.parametrize(
    "wire", [b"a\nb\r\n", b"a\rb\r\n", b"a", b"", b"x" * 999 + b"\r\n", b"a\r\n.\n\r\n"]
)
def test_bytes_that_a_server_could_misread_never_leave(wire: bytes) -> None:
    with pytest.raises(DeliveryError, match=r"smtp\.bad_form"):
        require_wire_form(wire)


@pytest.mark.parametrize("trick", [b"Bcc: x@y.org\r\n", b"X: 1\rBcc: x@y.org\r\n", b"\r\n"])
def test_bytes_with_other_headers_than_meant_are_caught_at_the_last_look(trick: bytes) -> None:
    meant = ["Subject", "X"]
    mime._require_headers(b"Subject: a\r\nx: 1\r\n\r\nbody\r\n", iter(meant))
    with pytest.raises(Invalid, match=r"header\.mismatch"):
        mime._require_headers(b"Subject: a\r\n" + trick + b"X: 1\r\n\r\nbody\r\n", iter(meant))
