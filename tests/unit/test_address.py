"""The canonical address: accepted as typed or refused, never changed in silence."""

import json
import re
import string
from pathlib import Path

import pytest
from email_validator import EmailNotValidError, validate_email
from hypothesis import given, settings
from hypothesis import strategies as st

from core.contacts.addresses import (
    AddressFault,
    EmailAddress,
    envelope_text,
    has_mixed_scripts,
    parse_address,
    shown_domain,
)
from core.errors import Invalid

ATEXT = string.ascii_letters + string.digits + "!#$%&'*+-/=?^_`{|}~."


def parsed(text: str) -> EmailAddress | None:
    try:
        return parse_address(text)
    except Invalid:
        return None


def corpus(corpora: Path) -> list[tuple[str, str]]:
    """Every address of the corpus with its category; control pictures stand for controls."""
    cases = json.loads((corpora / "addresses" / "isemail.json").read_text())
    found = [
        (re.sub(r"&#x24([0-9A-F]{2});", _control, case["address"]), case["category"])
        for case in cases
    ]
    for name in ("valid", "invalid"):
        lines = (corpora / "addresses" / f"flanker_{name}.txt").read_text().splitlines()
        found += [(line, f"flanker {name}") for line in lines if line]
    return found


def _control(match: re.Match[str]) -> str:
    return chr(int(match[1], 16))


@pytest.mark.parametrize(
    ("typed", "sent", "normalised"),
    [
        ("sara@example.com", "sara@example.com", "sara@example.com"),
        ("Sara.Ahmadi+news@Example.COM", "Sara.Ahmadi+news@example.com", None),
        ("ali@مثال.ایران", "ali@xn--mgbh0fb.xn--mgba3a4f16a", None),
        ("ali@XN--MGBH0FB.xn--mgba3a4f16a", "ali@xn--mgbh0fb.xn--mgba3a4f16a", None),
        ("ali@مثال.xn--mgba3a4f16a", "ali@xn--mgbh0fb.xn--mgba3a4f16a", None),
        ("علی@مثال.ایران", "علی@xn--mgbh0fb.xn--mgba3a4f16a", None),
        ("o'brien@example.com", "o'brien@example.com", None),
        ("user%uucp!path@berkeley.edu", "user%uucp!path@berkeley.edu", None),
        ("Info@example.com", "Info@example.com", "info@example.com"),
        ("a=b?c@example.com", "a=b?c@example.com", None),
        ("a" * 64 + "@example.com", "a" * 64 + "@example.com", None),
    ],
)
def test_an_address_is_sent_as_typed_with_its_domain_as_an_a_label(
    typed: str, sent: str, normalised: str | None
) -> None:
    address = parse_address(typed)
    assert address.text == sent
    assert address.normalised == (normalised or sent.lower())
    assert address.raw == typed


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", AddressFault.EMPTY),
        ("   ", AddressFault.EMPTY),
        ("sara.example.com", AddressFault.NO_AT),
        ("sara@ex\x00ample.com", AddressFault.CONTROL),
        ("sara@example.com\r\nRCPT TO:<x@y.org>", AddressFault.CONTROL),
        ("sara\N{RIGHT-TO-LEFT OVERRIDE}@example.com", AddressFault.CONTROL),
        ("sara\N{ZERO WIDTH NON-JOINER}@example.com", AddressFault.CONTROL),
        ("\udc80@example.com", AddressFault.CONTROL),
        ("sara\uff20example.com", AddressFault.LOOKALIKE),
        ("sara\ufe6bexample.com", AddressFault.LOOKALIKE),
        ("sara@\uff45\uff58ample.com", AddressFault.LOOKALIKE),
        ("sara@example\N{IDEOGRAPHIC FULL STOP}com", AddressFault.LOOKALIKE),
        ("\uff53ara@example.com", AddressFault.LOOKALIKE),
        ('"sara"@example.com', AddressFault.QUOTED),
        ('"foo@psres.net> ORCPT=admin@x"@test.com', AddressFault.QUOTED),
        ("a@evil.com(x)good.com", AddressFault.COMMENT),
        ("user@good-corp.com(x)evil.com", AddressFault.COMMENT),
        ("a@b.com,c@d.com", AddressFault.SEVERAL),
        ("a@b.com; c@d.com", AddressFault.SEVERAL),
        ("a@b.com، c@d.com", AddressFault.SEVERAL),
        ("<a@b.com><c@d.com>", AddressFault.SEVERAL),
        ("alice@x.org<bob@y.org>", AddressFault.SEVERAL),
        ("Sara <sara@example.com>", AddressFault.DISPLAY_NAME),
        ("<sara@example.com>", AddressFault.DISPLAY_NAME),
        (" sara@example.com", AddressFault.SPACE),
        ("sara@example.com\N{NO-BREAK SPACE}", AddressFault.SPACE),
        ("a@b.com NOTIFY=SUCCESS", AddressFault.SPACE),
        ("sara@[127.0.0.1]", AddressFault.IP_DOMAIN),
        ("sara@[IPv6:::1]", AddressFault.IP_DOMAIN),
        ("sara@127.0.0.1", AddressFault.IP_DOMAIN),
        ("sara@2130706433.0", AddressFault.IP_DOMAIN),
        ("@example.com", AddressFault.BAD_LOCAL),
        (".sara@example.com", AddressFault.BAD_LOCAL),
        ("sa..ra@example.com", AddressFault.BAD_LOCAL),
        ("sa\\ra@example.com", AddressFault.BAD_LOCAL),
        ("=?utf-8?q?sara?=@example.com", AddressFault.BAD_LOCAL),
        ("=?x?B?YUBiLmNvbT4=?=foo@example.com", AddressFault.BAD_LOCAL),
        ("sara@", AddressFault.BAD_DOMAIN),
        ("sara@localhost", AddressFault.BAD_DOMAIN),
        ("sara@example..com", AddressFault.BAD_DOMAIN),
        ("sara@-example.com", AddressFault.BAD_DOMAIN),
        ("sara@example.com.", AddressFault.BAD_DOMAIN),
        ("sara@exa_mple.com", AddressFault.BAD_DOMAIN),
        ("sara@xn--a.com", AddressFault.BAD_DOMAIN),
        ("a" * 65 + "@example.com", AddressFault.TOO_LONG),
        ("ع" * 33 + "@example.com", AddressFault.TOO_LONG),
        ("a" * 60 + "@" + ("b" * 60 + ".") * 3 + "example.com", AddressFault.TOO_LONG),
        ("a" * 10_000_000, AddressFault.TOO_LONG),
    ],
)
def test_what_is_no_address_is_refused_with_its_reason(text: str, fault: AddressFault) -> None:
    with pytest.raises(Invalid) as refusal:
        parse_address(text)
    assert refusal.value.code == f"address.{fault}"
    assert refusal.value.field == "email"


def test_every_address_the_corpus_calls_an_error_is_refused(corpora: Path) -> None:
    wrong = [text for text, kind in corpus(corpora) if kind in {"ISEMAIL_ERR", "flanker invalid"}]
    assert len(wrong) > 60
    assert [text for text in wrong if parsed(text)] == []


def test_every_ordinary_address_of_the_corpus_is_accepted(corpora: Path) -> None:
    """Left out: quoted and commented forms, bare host names, IP numbers."""
    valid = [text for text, kind in corpus(corpora) if kind in {"flanker valid", "ISEMAIL_VALID"}]
    ordinary = [
        text
        for text in valid
        if re.fullmatch(r"[^\s\"()<>@]+@[^\s\"()<>@]*\.[a-z]+", text, re.IGNORECASE)
    ]
    assert len(ordinary) > 35
    assert [text for text in ordinary if not parsed(text)] == []


def test_no_corpus_address_is_accepted_and_changed(corpora: Path) -> None:
    accepted = [(text, parsed(text)) for text, _ in corpus(corpora)]
    changed = [
        text for text, address in accepted if address and address.text.lower() != text.lower()
    ]
    assert changed == []


def test_naughty_strings_are_no_addresses_and_never_half_a_one(corpora: Path) -> None:
    naughty = json.loads((corpora / "attacks" / "naughty_strings.json").read_text())
    assert len(naughty) > 200
    assert [text for text in naughty if parsed(text)] == []
    for text in naughty:
        address = parsed(f"{text}@example.com")
        assert address is None or address.local == text


ADDRESS_LIKE = st.one_of(
    st.builds("{}@{}".format, st.text(ATEXT, max_size=20), st.sampled_from(["a.com", "مثال.com"])),
    st.builds("{}@{}.com".format, st.text(max_size=8), st.text(max_size=12)),
    st.text("ab@.,;<>()\"' =?[]\\\r\n\t\0\uff20\u06d4\u3002ىی-", max_size=30),
)


@settings(max_examples=1_500, deadline=None)
@given(ADDRESS_LIKE)
def test_what_is_accepted_is_what_was_typed(text: str) -> None:
    address = parsed(text)
    if address is None:
        return
    local, _, domain = text.rpartition("@")
    assert address.local == local
    assert address.domain.isascii()
    assert shown_domain(address.domain) in {domain.lower(), address.domain}
    assert parse_address(address.text).text == address.text == envelope_text(address)
    assert parse_address(address.normalised).normalised == address.normalised


@settings(max_examples=500, deadline=None)
@given(st.text(ATEXT, max_size=70), st.text(string.ascii_lowercase + "01.-", max_size=12))
def test_the_quick_look_accepts_nothing_that_the_long_one_refuses(local: str, domain: str) -> None:
    text = f"{local}@{domain}.com"
    try:
        validate_email(text, check_deliverability=False, strict=True)
    except EmailNotValidError:
        assert parsed(text) is None


def test_an_address_put_together_by_hand_never_reaches_the_envelope() -> None:
    for local, domain in [
        ("a>b", "x.org"),
        ("a", "x.org> ORCPT=b"),
        ("a", "X.ORG"),
        ("a@b", "c.d"),
    ]:
        with pytest.raises(Invalid):
            envelope_text(EmailAddress(raw="", normalised="", local=local, domain=domain))


@pytest.mark.spec("T13")
def test_a_domain_of_mixed_alphabets_is_shown_as_an_a_label() -> None:
    deceiving = parse_address("sara@\N{CYRILLIC SMALL LETTER A}pple.com")
    assert has_mixed_scripts(deceiving.domain)
    assert shown_domain(deceiving.domain) == "xn--pple-43d.com"
    honest = parse_address("ali@مثال.ایران")
    assert not has_mixed_scripts(honest.domain)
    assert shown_domain(honest.domain) == "مثال.ایران"
    assert not has_mixed_scripts("example.com")
