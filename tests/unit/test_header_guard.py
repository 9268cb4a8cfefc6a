"""The header guard: no text of a person or a template ever becomes a header of its own."""

import base64
import re
from collections import Counter
from contextlib import suppress
from datetime import UTC, datetime
from email import message_from_bytes, policy

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.contacts.addresses import parse_address
from core.delivery.guard import (
    MAX_VALUE,
    clean_name,
    decoded,
    has_hidden_direction,
    safe_header,
    safe_header_name,
)
from core.delivery.mime import build
from core.delivery.terms import Letter
from core.errors import Invalid

NOW = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)
TRAP = "a\r\nBcc: x@yy.com"
ALLOWED = Counter(
    ["date", "message-id", "from", "to", "reply-to", "subject", "x-note", "mime-version",
     "content-type"]
)  # fmt: skip


def b(text: str | bytes, charset: str = "utf-8") -> str:
    raw = text if isinstance(text, bytes) else text.encode(charset)
    return f"=?{charset}?b?{base64.b64encode(raw).decode()}?="


def q(text: str | bytes, charset: str = "utf-8") -> str:
    raw = text if isinstance(text, bytes) else text.encode(charset)
    return f"=?{charset}?q?{''.join(f'={octet:02X}' for octet in raw)}?="


BACKSLASH = b"\\"
LINE_SEPARATOR = "\N{LINE SEPARATOR}".encode()
SISTERS = [
    "=?utf-8?b?YQ0KQmNjOiB4QHkuY29t?=",
    b(TRAP), q(TRAP), b(TRAP, "us-ascii"), q(TRAP, "iso-8859-1"), b(TRAP, "windows-1256"),
    b(TRAP, "utf-7"), q(b"+AA0ACg-Bcc: x@y.com", "utf-7"), b(TRAP, "utf-16"), b(TRAP, "utf-32-le"),
    b(TRAP, "iso-2022-jp"), b(TRAP, "cp037"), q(b"\\r\\nBcc: x", "unicode_escape"),
    b(TRAP.encode(), "no-such-charset"), b(TRAP.encode(), ""), b(TRAP.encode(), "base64"),
    "=?utf-8*en?b?YQ0KQmNjOiB4?=", "=?UTF-8?B?YQ0KQmNjOiB4?=", "=?UtF-8?Q?a=0d=0aBcc:_x?=",
    "=?utf-8?q?a=0ABcc: with spaces?=", "=?utf-8?b?YQ0K Qm Nj?=", "=?utf-8?b?YQ0KQg?=",
    "=?utf-8?b?!Y*Q0-KQmNj?=",
    b("a\nBcc: x"), b("a\rBcc: x"), b("a\x0bBcc: x"), b("a\x0cBcc: x"), b("a\x00b"), b("a\x7fb"),
    b("a\x85Bcc: x"), b("a\u2028Bcc: x"), b("a\u2029Bcc: x"), q("a\x85b", "iso-8859-1"),
    b(b(TRAP)), q(b(TRAP)), b(q(b(q(TRAP)))),
    f"{b(LINE_SEPARATOR[:1])} {b(LINE_SEPARATOR[1:])}",
    f"{b(LINE_SEPARATOR[:2])}{b(LINE_SEPARATOR[2:])}",
    f"{b('=?utf-8?b?')} {b('YQ0KQg==')} {b('?=')}",
    f"Hello {b('dear')} {b(TRAP)} friend", f"سلام {q(TRAP)}", f"({b(TRAP)})", f'"{b(TRAP)}"',
    b(b"a\r\nb!", "utf-16-le"), b(b"a\x85b", "no-such-charset"), q(b"+AA0ACg-", "utf-7*en"),
    q(BACKSLASH, "unicode_escape") + q(BACKSLASH + b"nBcc: x", "unicode_escape"),
    "=?x?q?" * 12 + b(TRAP),
]  # fmt: skip
RAW = [f"a{sign}b" for sign in ("\r", "\n", "\r\n", "\t", "\v", "\f", "\0", "\x1b", "\x7f", "\x80",
                                "\x85", "\x9f", "\u2028", "\u2029", "\ud800", "\udcff",
                                "\u202d", "\u202e")]  # fmt: skip


def letter(**changes: object) -> Letter:
    basis: dict[str, object] = {
        "message_id": "msg_1@chapar.example",
        "from_address": parse_address("info@shop.example"),
        "to_address": parse_address("sara@example.com"),
        "reply_to": parse_address("help@shop.example"),
        "subject": "سلام",
        "text": "سلام",
        "html": "<p>سلام</p>",
        "extra_headers": {"X-Note": "1"},
    }
    return Letter(**(basis | changes))  # type: ignore[arg-type]


PLACES = {
    "Subject": lambda text: letter(subject=text),
    "From": lambda text: letter(from_name=text),
    "To": lambda text: letter(to_name=text),
    "Reply-To": lambda text: letter(reply_to_name=text),
    "List-Id": lambda text: letter(extra_headers={"List-Id": text}),
    "X-Note": lambda text: letter(extra_headers={"X-Note": text}),
}


def test_there_are_at_least_forty_sisters() -> None:
    assert len(set(SISTERS)) >= 40


@pytest.mark.spec("T9")
@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("text", SISTERS)
def test_a_hidden_line_break_is_refused_with_the_name_of_its_field(text: str, place: str) -> None:
    with pytest.raises(Invalid) as refusal:
        build(PLACES[place](text), NOW)
    assert refusal.value.code in {"header.unsafe", "header.not_ascii"}
    assert refusal.value.field == place


@pytest.mark.spec("T9")
@pytest.mark.parametrize("text", SISTERS)
def test_a_hidden_line_break_is_refused_in_the_name_of_an_attachment(text: str) -> None:
    with pytest.raises(Invalid) as refusal:
        safe_header("attachment", clean_name(text))
    assert (refusal.value.code, refusal.value.field) == ("header.unsafe", "attachment")


@pytest.mark.parametrize("text", RAW)
def test_a_raw_control_sign_is_refused(text: str) -> None:
    with pytest.raises(Invalid, match=r"header\.unsafe"):
        safe_header("Subject", text)


@pytest.mark.parametrize(
    "text",
    ["", "Hello", "سلام، می‌خواهم", b("سلام"), "=?utf-8?q?a_b?=", "2+2=?", "=?=?=?", "100 % = ?",
     "\u2068Sara\u2069", "می\u200cشود \u200f!", "😀👩‍👩‍👧", b(b("سلام"))],
)  # fmt: skip
def test_harmless_text_passes_unchanged(text: str) -> None:
    assert safe_header("Subject", text) == text


def test_text_that_never_settles_is_refused() -> None:
    text = "x"
    for _ in range(12):
        text = b(text)
    with pytest.raises(Invalid, match=r"header\.unsafe"):
        safe_header("Subject", text)


def test_overlong_text_is_refused_with_the_limit() -> None:
    with pytest.raises(Invalid) as refusal:
        safe_header("Subject", "x" * (MAX_VALUE + 1))
    assert (refusal.value.code, refusal.value.params) == ("header.too_long", {"limit": MAX_VALUE})


@pytest.mark.parametrize("name", ["", "X Y", "X:", "X\r\nBcc", "Bcc:", "ایکس", "1x", "X" * 51])
def test_a_header_with_a_strange_name_is_refused(name: str) -> None:
    with pytest.raises(Invalid, match=r"header\.bad_name"):
        safe_header_name(name)


ALPHABET = st.characters(codec="utf-8") | st.sampled_from("\r\n\t\0\x85\u2028=?_ ")
WORDS = st.builds(
    lambda text, make, charset: make(text.encode(charset, "replace"), charset),
    st.text(ALPHABET, max_size=12),
    st.sampled_from([b, q]),
    st.sampled_from(["utf-8", "us-ascii", "utf-7", "utf-16", "iso-8859-1", "windows-1256"]),
)
HOSTILE = st.lists(st.text(ALPHABET, max_size=8) | WORDS | WORDS.map(b), max_size=5).map("".join)


@pytest.mark.spec("T9")
@settings(max_examples=2_000, deadline=None)
@given(HOSTILE)
def test_whatever_is_written_the_mail_has_the_headers_we_meant(text: str) -> None:
    wire = b""
    with suppress(Invalid):
        wire = build(letter(subject=text, from_name=text, extra_headers={"X-Note": text}), NOW)
    if not wire:
        return
    for rules in (policy.compat32, policy.default):
        found = Counter(name.lower() for name in message_from_bytes(wire, policy=rules))
        assert found == ALLOWED
    assert not re.search(rb"(?<!\r)\n|\r(?!\n)", wire)
    subject = wire.split(b"\r\nSubject:")[1].split(b"\r\nX-Note:")[0].decode()
    assert decoded(subject.replace("\r\n", "")).removeprefix(" ") == text


@pytest.mark.spec("T12")
@pytest.mark.parametrize(
    "name", ["A" * 3_000, "Anna " * 600, "ع" * 3_000, 'a"b\\c, ' * 400, "a, b. " * 500]
)
def test_a_very_long_name_is_folded_or_encoded_and_stays_itself(name: str) -> None:
    wire = build(letter(from_name=name), NOW)
    assert max(map(len, wire.split(b"\r\n"))) <= 998
    assert max(len(line) for line in wire.split(b"\r\n") if b"=?" in line) <= 76
    sender = wire.split(b"\r\nFrom: ")[1].split(b"\r\nTo:")[0].decode().replace("\r\n", "")
    assert decoded(sender.removesuffix(" <info@shop.example>")).strip('"') == name.strip()


@pytest.mark.spec("T13")
def test_signs_that_turn_a_name_around_are_stripped_and_zwnj_stays() -> None:
    trap = "invoice\N{RIGHT-TO-LEFT OVERRIDE}fdp.exe"
    assert has_hidden_direction(trap)
    assert clean_name(trap) == "invoicefdp.exe"
    assert clean_name("\u2067سارا\u2069") == "سارا"
    assert clean_name("می‌خواهم") == "می‌خواهم"
    assert not has_hidden_direction("می‌خواهم")
    wire = build(letter(from_name=f"{trap} می‌خواهم"), NOW)
    assert message_from_bytes(wire, policy=policy.default)["From"].addresses[0].display_name == (
        "invoicefdp.exe می‌خواهم"
    )
