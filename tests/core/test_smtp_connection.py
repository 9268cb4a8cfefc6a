"""Handing over: one mail, one receipt, and no doubt that a clear answer could have spared."""

import json
import re
import socket
import ssl
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from ipaddress import ip_address
from pathlib import Path
from threading import Thread

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from core.contacts.addresses import EmailAddress, parse_address
from core.delivery.mime import build
from core.delivery.smtp import MAILS_PER_CONNECTION, Connection, check
from core.delivery.terms import (
    Abandoned,
    DeliveryError,
    FailureKind,
    Letter,
    Level,
    Receipt,
    Route,
    Stage,
    TlsMode,
)
from core.errors import Invalid
from tests.support.inbox import Inbox
from tests.support.proxy import Fault, FaultProxy
from tests.support.sink import free_port, sink

NOW = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)
SENDER = parse_address("bounces@shop.example")
SARA = parse_address("Sara@example.com")
T, P, S = FailureKind.TEMPORARY, FailureKind.PERMANENT, FailureKind.SENDER
D, C = FailureKind.IN_DOUBT, FailureKind.CONNECTION
LETTER = Letter(
    message_id="msg_1@chapar.example",
    from_address=parse_address("info@shop.example"),
    from_name="فروشگاه",
    to_address=SARA,
    to_name="سارا",
    subject="سلام",
    text="سلام",
    html="<p>سلام</p>",
)
MAIL = build(LETTER, NOW)
BIG_MAIL = build(replace(LETTER, text="x" * 3_000_000), NOW)


def route(port: int, **changes: object) -> Route:
    basis: dict[str, object] = {
        "host": "127.0.0.1",
        "port": port,
        "tls": TlsMode.NONE,
        "timeout_s": 5.0,
        "answer_timeout_s": 5.0,
        "own_name": "chapar.example",
    }
    return Route(**(basis | changes))  # type: ignore[arg-type]


class Try:
    """Hands one mail over and keeps what came of it."""

    def __init__(self, connection: Connection, mail: bytes = MAIL) -> None:
        self.asked_count = 0
        self.receipt: Receipt | None = None
        self.error: DeliveryError | None = None
        started = time.monotonic()
        try:
            self.receipt = connection.hand_over(
                mail, envelope_from=SENDER, recipient=SARA, before_data=self._ask
            )
        except DeliveryError as error:
            self.error = error
        self.took_s = time.monotonic() - started

    def _ask(self) -> bool:
        self.asked_count += 1
        return True

    @property
    def kind(self) -> FailureKind | None:
        return self.error.kind if self.error else None

    @property
    def code(self) -> str | None:
        return self.error.code if self.error else None


def tried(to: Route, mail: bytes = MAIL) -> Try:
    with Connection(to) as connection:
        return Try(connection, mail)


@pytest.fixture
def inbox() -> Iterator[Inbox]:
    with Inbox() as made:
        yield made


# The straight way.


def test_a_mail_arrives_byte_for_byte_with_its_envelope(inbox: Inbox) -> None:
    done = tried(route(inbox.port))
    assert done.receipt
    assert (done.receipt.reply_code, done.receipt.reply_text) == (250, "2.0.0 kept")
    assert done.receipt.at.tzinfo is not None
    [arrived] = inbox.wait_for(1)
    assert arrived.raw == MAIL
    assert (arrived.envelope_from, arrived.paths) == ("bounces@shop.example", ("Sara@example.com",))


def test_no_sender_is_the_null_sender(inbox: Inbox) -> None:
    with Connection(route(inbox.port)) as connection:
        connection.hand_over(MAIL, envelope_from=None, recipient=SARA, before_data=lambda: True)
    assert "mail FROM:<>" in inbox.commands
    assert inbox.wait_for(1)[0].envelope_from == ""


def test_many_mails_share_a_conversation_until_it_is_old(inbox: Inbox) -> None:
    with Connection(route(inbox.port)) as connection:
        for _ in range(MAILS_PER_CONNECTION):
            assert Try(connection).receipt
        assert inbox.session_count == 1
        assert Try(connection).receipt
        assert inbox.session_count == 2
    assert len(inbox.messages) == MAILS_PER_CONNECTION + 1
    assert inbox.commands.count("quit") == 2


def test_a_server_that_hung_up_between_two_mails_is_called_again(inbox: Inbox) -> None:
    with Connection(route(inbox.port)) as connection:
        assert Try(connection).receipt
        inbox.drops = {"rset"}
        assert Try(connection).receipt
    assert inbox.session_count == 2


def test_a_refused_mail_does_not_disturb_the_next_one(inbox: Inbox) -> None:
    inbox.replies = {"rcpt": "550 5.1.1 no such user"}
    with Connection(route(inbox.port)) as connection:
        refused = Try(connection)
        assert refused.error
        assert (refused.kind, refused.error.enhanced, refused.error.text) == (
            P, "5.1.1", "5.1.1 no such user",
        )  # fmt: skip
        inbox.replies = {}
        assert Try(connection).receipt
    assert inbox.session_count == 1


def test_stages_are_told_as_they_begin(inbox: Inbox) -> None:
    seen: list[Stage] = []
    with Connection(route(inbox.port), watch=seen.append) as connection:
        Try(connection)
    assert seen == [
        Stage.CONNECT, Stage.EHLO, Stage.MAIL, Stage.RCPT, Stage.DATA, Stage.BODY, Stage.DOT,
    ]  # fmt: skip


# Taking a mail back.


def test_a_mail_taken_back_at_the_last_moment_is_not_handed_over(inbox: Inbox) -> None:
    with Connection(route(inbox.port)) as connection:
        with pytest.raises(Abandoned):
            connection.hand_over(
                MAIL, envelope_from=SENDER, recipient=SARA, before_data=lambda: False
            )
        assert inbox.messages == []
        assert Try(connection).receipt
    assert len(inbox.wait_for(1)) == 1
    assert inbox.session_count == 2


def test_a_journal_that_cannot_be_written_stops_the_mail(inbox: Inbox) -> None:
    def full() -> bool:
        raise OSError(28, "No space left on device")

    with Connection(route(inbox.port)) as connection:
        with pytest.raises(OSError, match="No space"):
            connection.hand_over(MAIL, envelope_from=SENDER, recipient=SARA, before_data=full)
        assert Try(connection).receipt
    assert len(inbox.wait_for(1)) == 1


# Addresses and headers at the other end.


def test_what_rcpt_says_is_the_stored_address_for_all_of_the_corpus(
    inbox: Inbox, corpora: Path
) -> None:
    cases = json.loads((corpora / "addresses" / "isemail.json").read_text())
    texts = [case["address"] for case in cases]
    texts += (corpora / "addresses" / "flanker_valid.txt").read_text().splitlines()
    accepted = [address for text in texts if (address := accepted_address(text))]
    assert len(accepted) > 45
    with Connection(route(inbox.port)) as connection:
        for address in accepted:
            connection.hand_over(
                MAIL, envelope_from=SENDER, recipient=address, before_data=lambda: True
            )
    assert [arrived.paths for arrived in inbox.wait_for(len(accepted))] == [
        (address.text,) for address in accepted
    ]


def accepted_address(text: str) -> EmailAddress | None:
    try:
        return parse_address(text)
    except Invalid:
        return None


def test_an_address_made_by_hand_reaches_no_server(inbox: Inbox) -> None:
    forged = EmailAddress(raw="", normalised="", local="a", domain="x.org> ORCPT=rfc822;b@y.org")
    with Connection(route(inbox.port)) as connection, pytest.raises(DeliveryError) as error:
        connection.hand_over(MAIL, envelope_from=SENDER, recipient=forged, before_data=bool)
    assert error.value.kind is P
    assert inbox.session_count == 0


@pytest.mark.spec("T45")
def test_one_recipient_beyond_ascii_fails_alone_and_a_persian_domain_goes_out(
    inbox: Inbox,
) -> None:
    batch = [parse_address(text) for text in ("a@x.org", "علی@مثال.ایران", "ali@مثال.ایران")]
    codes: list[str] = []
    with Connection(route(inbox.port)) as connection:
        for address in batch:
            try:
                mail = build(replace(LETTER, to_address=address), NOW)
                connection.hand_over(
                    mail, envelope_from=SENDER, recipient=address, before_data=lambda: True
                )
            except DeliveryError as error:
                assert error.kind is P  # noqa: PT017 - the batch must go on
                codes.append(error.code)
        with pytest.raises(DeliveryError, match=r"smtp\.needs_smtputf8"):
            connection.hand_over(MAIL, envelope_from=SENDER, recipient=batch[1], before_data=bool)
    assert codes == ["smtp.needs_smtputf8"]
    assert [arrived.paths[0] for arrived in inbox.wait_for(2)] == [
        "a@x.org",
        "ali@xn--mgbh0fb.xn--mgba3a4f16a",
    ]


@pytest.mark.spec("T9")
def test_what_arrives_has_exactly_the_headers_we_meant(inbox: Inbox) -> None:
    harmless = "=?utf-8?q?Bcc=3A_x=40y.org?= سلام: Bcc: x@y.org"
    letter = replace(
        LETTER, subject=harmless, from_name=harmless, extra_headers={"X-Note": harmless}
    )
    with Connection(route(inbox.port)) as connection:
        Try(connection, build(letter, NOW))
    [arrived] = inbox.wait_for(1)
    assert Counter(arrived.parsed().keys()) == Counter(
        ["Date", "Message-ID", "From", "To", "Subject", "X-Note", "MIME-Version", "Content-Type"]
    )
    assert arrived.parsed()["Subject"] == harmless
    assert arrived.paths == ("Sara@example.com",)


@pytest.mark.spec("T11")
@pytest.mark.parametrize(
    "body",
    ["یک\n.\nدو", "a\r.\rb", "a\rb", "x" * 5_000 + "\ny", "From me\nFrom you", ".\n..\n.a\n",
     "a\r\n.\r\nMAIL FROM:<x@y.org>\r\n"],
)  # fmt: skip
def test_any_body_is_one_mail_at_the_other_end(inbox: Inbox, body: str) -> None:
    mail = build(replace(LETTER, text=body, html=f"<p>{body}</p>"), NOW)
    with Connection(route(inbox.port)) as connection:
        Try(connection, mail)
        Try(connection)
    first, second = inbox.wait_for(2)
    assert second.raw == MAIL
    assert not re.search(rb"(?<!\r)\n|\r(?!\n)", first.raw)
    assert max(map(len, first.raw.split(b"\r\n"))) <= 998
    plain = message_from_bytes(first.raw, policy=policy.default).get_body(("plain",))
    assert plain
    assert plain.get_content() == re.sub(r"\r\n|\r|\n", "\r\n", body)


def test_leading_dots_are_doubled_on_the_way_and_single_again_on_arrival(inbox: Inbox) -> None:
    mail = b"Subject: x\r\n\r\n.\r\n..\r\n.a\r\n"
    with Connection(route(inbox.port)) as connection:
        Try(connection, mail)
    assert inbox.wait_for(1)[0].raw == mail


def test_bytes_with_a_bare_line_feed_never_reach_a_server(inbox: Inbox) -> None:
    assert tried(route(inbox.port), b"Subject: x\r\n\r\na\n.\nb\r\n").code == "smtp.bad_form"
    assert inbox.session_count == 0


# Refusals (R5).

R5_KINDS = {
    "connect": (C, C, C, S, S),
    "mail": (T, T, C, S, S),
    "rcpt": (T, T, C, P, P),
    "data": (T, T, C, P, P),
    ".": (T, T, C, P, P),
}
R5_FLAGS = {
    "450": ("-b", "450 4.2.0 busy", "-r"),
    "451": ("-b", "451 4.7.1 greylisted", "-r"),
    "421": ("-Q",),
    "500": ("-B", "500 5.5.2 what", "-f"),
    "550": ("-B", "550 5.1.1 no such user", "-f"),
}
R5_TABLE = [
    (command, flags, kind)
    for command, kinds in R5_KINDS.items()
    for flags, kind in zip(R5_FLAGS, kinds, strict=True)
]


@pytest.mark.spec("R5")
@pytest.mark.parametrize(("command", "reply", "kind"), R5_TABLE)
def test_a_refusal_means_what_the_table_says(command: str, reply: str, kind: FailureKind) -> None:
    with sink(*R5_FLAGS[reply], command) as server:
        done = tried(route(server.port))
    assert done.error
    assert (done.kind, done.receipt) == (kind, None)
    assert done.error.reply_code == int(reply)
    assert done.asked_count == (1 if command == "." else 0)


def test_a_server_that_refuses_in_the_middle_of_a_mail_has_not_accepted_it() -> None:
    with sink("-A", "0") as server:
        done = tried(route(server.port, timeout_s=3.0), BIG_MAIL)
    assert done.error
    assert (done.kind, done.receipt) in {(P, None), (C, None)}
    assert done.error.stage is Stage.BODY


def test_a_refusal_in_the_middle_of_a_mail_is_heard_though_the_server_reads_no_more() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        Thread(target=refuse_in_the_middle, args=(listener,), daemon=True).start()
        done = tried(route(listener.getsockname()[1], timeout_s=0.5), BIG_MAIL)
    assert done.error
    assert (done.kind, done.error.stage, done.error.reply_code) == (P, Stage.BODY, 552)
    assert done.took_s < 2


def refuse_in_the_middle(listener: socket.socket) -> None:
    """Serve one client up to 354, read a little of its letter, say 552 and read no more."""
    client, _ = listener.accept()
    with client:
        for reply in ("220 hello", "250 hello", "250 ok", "250 ok", "354 go on"):
            client.sendall(f"{reply}\r\n".encode())
            client.recv(1_000)
        client.sendall(b"552 5.3.4 too big\r\n")
        client.settimeout(10)
        with suppress(OSError):
            while client.recv(1, socket.MSG_PEEK):
                time.sleep(0.05)


@pytest.mark.parametrize("command", ["connect", "ehlo", "mail", "rcpt", "data"])
def test_a_server_that_hangs_up_before_the_letter_gets_it_again_later(command: str) -> None:
    with sink("-q", command) as server:
        done = tried(route(server.port))
    assert (done.kind, done.asked_count) == (C, 0)


@pytest.mark.parametrize("fault", ["drop", "silence", "nonsense", "too early"])
def test_only_the_missing_answer_to_the_dot_leaves_doubt(inbox: Inbox, fault: str) -> None:
    if fault == "drop":
        inbox.drops = {"dot"}
    elif fault == "silence":
        inbox.delays = {"dot": 30}
    elif fault == "nonsense":
        inbox.replies = {"dot": "thank you very much"}
    else:
        inbox.replies = {"dot": "354 go on"}
    done = tried(route(inbox.port, answer_timeout_s=0.4))
    assert (done.kind, done.code, done.asked_count) == (D, "smtp.in_doubt", 1)
    assert done.took_s < 2


def test_nobody_there_is_a_failure_of_the_connection() -> None:
    assert tried(route(free_port())).code == "smtp.connection_refused"
    for host in ("a" * 70 + ".example", "", "no host\n"):
        done = tried(route(25, host=host, timeout_s=1.0))
        assert done.kind is C, host


# Hanging (R6).


@pytest.mark.spec("R6")
@pytest.mark.parametrize(
    ("stage", "kind", "code"),
    [
        ("greeting", C, "smtp.timeout"),
        ("ehlo", C, "smtp.timeout"),
        ("mail", C, "smtp.timeout"),
        ("rcpt", C, "smtp.timeout"),
        ("data", C, "smtp.timeout"),
        ("dot", D, "smtp.in_doubt"),
    ],
)
def test_a_server_that_hangs_frees_its_worker_in_time(
    inbox: Inbox, stage: str, *, kind: FailureKind, code: str
) -> None:
    inbox.delays = {stage: 30}
    done = tried(route(inbox.port, timeout_s=0.4, answer_timeout_s=0.4))
    assert (done.kind, done.code) == (kind, code)
    assert done.took_s < 1.5


@pytest.mark.spec("R6")
def test_a_server_that_says_a_letter_now_and_then_frees_its_worker_in_time(inbox: Inbox) -> None:
    with FaultProxy(inbox.port, down=Fault(slice_s=0.1)) as proxy:
        done = tried(route(proxy.port, timeout_s=0.5))
    assert (done.kind, done.code) == (C, "smtp.timeout")
    assert done.took_s < 1.5
    assert inbox.messages == []


@pytest.mark.spec("R6")
def test_while_one_server_hangs_the_others_get_their_mails(inbox: Inbox) -> None:
    with Inbox(delays={"greeting": 30}) as hanging, ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(tried, route(hanging.port, timeout_s=1.5))
        with Connection(route(inbox.port)) as connection:
            assert all(Try(connection).receipt for _ in range(50))
        assert not waiting.done()
        assert waiting.result().kind is C


@pytest.mark.spec("R6")
@pytest.mark.parametrize(("mail", "kind"), [(BIG_MAIL, C), (MAIL, D)], ids=["big", "small"])
def test_a_server_that_stops_reading_frees_its_worker_in_time(
    mail: bytes, kind: FailureKind
) -> None:
    """A small mail fits into buffers with its dot, so it is in doubt; a big one has not left."""
    with sink("-H", "30", "-T", "1024") as server:
        done = tried(route(server.port, timeout_s=0.4, answer_timeout_s=0.4), mail)
    assert done.kind is kind
    assert done.took_s < 2


# Harm on the way (R7).


@pytest.mark.spec("R7")
@pytest.mark.parametrize("stage", ["greeting", "ehlo", "mail", "rcpt", "data", "dot"])
@pytest.mark.parametrize(
    "reply",
    [
        b"x" * 10_000_000,
        b"250-" + b"y" * 10_000_000,
        b"2500 no such code",
        b"250" * 30,
        b"hello",
        b"",
        b"\xff\xfe\x00\x01",
        b"999 beyond",
        b"250-one\r\n251 another",
        b"250-more\r\n" * 5_000 + b"250 end",
        b"HTTP/1.1 200 OK\r\nContent-Length: 0",
        b"250\t2.0.0 tab",
    ],
    ids=lambda reply: ascii(reply[:20]),
)
def test_rubbish_for_an_answer_crashes_nothing_and_delivers_nothing(
    inbox: Inbox, stage: str, reply: bytes
) -> None:
    inbox.replies = {stage: reply or b"\r\n"}
    done = tried(route(inbox.port, timeout_s=2.0, answer_timeout_s=2.0))
    assert done.receipt is None
    wanted = (D, "smtp.in_doubt") if stage == "dot" else (C, "smtp.garbled")
    assert (done.kind, done.code) == wanted
    assert done.error
    assert len(done.error.text) <= 512


@pytest.mark.spec("R7")
def test_an_answer_in_single_octets_is_an_answer(inbox: Inbox) -> None:
    with FaultProxy(inbox.port, down=Fault(slice_s=0.0005)) as proxy:
        assert tried(route(proxy.port)).receipt
    assert len(inbox.wait_for(1)) == 1


@pytest.mark.spec("R7")
@pytest.mark.parametrize("fault", [Fault(reset_after=200_000), Fault(close_after=200_000)])
def test_a_connection_cut_in_the_middle_of_a_mail_leaves_no_doubt(
    inbox: Inbox, fault: Fault
) -> None:
    with FaultProxy(inbox.port, up=fault) as proxy:
        done = tried(route(proxy.port), BIG_MAIL)
    assert (done.kind, done.asked_count) == (C, 1)
    assert inbox.messages == []


@pytest.mark.spec("R7")
def test_half_a_mail_that_vanished_on_the_way_is_in_doubt_and_not_delivered(inbox: Inbox) -> None:
    with FaultProxy(inbox.port, up=Fault(limit=400)) as proxy:
        done = tried(route(proxy.port, answer_timeout_s=0.4))
    assert done.kind is D
    assert inbox.messages == []


@pytest.mark.parametrize("stage", ["greeting", "ehlo", "mail", "rcpt", "data"])
def test_an_answer_too_many_is_never_taken_for_the_next_one(inbox: Inbox, stage: str) -> None:
    """A stray "250" would otherwise stand for the answer to a dot the server never saw."""
    code = {"greeting": 220, "data": 354}.get(stage, 250)
    inbox.replies = {stage: f"{code} ok\r\n250 ok\r\n250 ok\r\n250 ok"}
    done = tried(route(inbox.port))
    assert (done.kind, done.receipt) == (C, None)


# TLS (R8).


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> "Authority":
    return Authority(tmp_path_factory.mktemp("ca"))


class Authority:
    """A certificate authority of our own, trusted through the file `trusted`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Test authority")])
        certificate = self._signed(self._name, self._key.public_key(), days=30, is_ca=True)
        self.trusted = str(self._written("ca.pem", certificate))

    def server(self, *, names: list[x509.GeneralName] | None = None, days: int = 30) -> Path:
        """Return a file with the key and the certificate of a server; days < 0 has expired."""
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "mail")])
        alternatives = names or [x509.IPAddress(ip_address("127.0.0.1"))]
        certificate = self._signed(name, key.public_key(), days=days, names=alternatives)
        private = key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        return self._written(f"{x509.random_serial_number()}.pem", private + certificate)

    def _written(self, name: str, octets: bytes) -> Path:
        path = self._folder / name
        path.write_bytes(octets)
        return path

    def _signed(
        self,
        name: x509.Name,
        key: ec.EllipticCurvePublicKey,
        *,
        days: int,
        is_ca: bool = False,
        names: list[x509.GeneralName] | None = None,
    ) -> bytes:
        today = datetime.now(UTC)
        builder = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(self._name)
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(today - timedelta(days=60))
            .not_valid_after(today + timedelta(days=days))
            .add_extension(x509.BasicConstraints(ca=is_ca, path_length=None), critical=True)
        )
        if names:
            builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
        return builder.sign(self._key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


def tls_server(certificate: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context


@pytest.mark.parametrize("mode", [TlsMode.STARTTLS, TlsMode.TLS])
def test_mails_travel_encrypted_and_signed_in(authority: Authority, mode: TlsMode) -> None:
    with Inbox(
        tls=tls_server(authority.server()),
        is_tls_from_start=mode is TlsMode.TLS,
        login=("کاربر", "گذرواژه"),
    ) as inbox:
        to = route(
            inbox.port, tls=mode, ca_file=authority.trusted, user="کاربر", password="گذرواژه"
        )
        with Connection(to) as connection:
            for _ in range(3):
                assert Try(connection).receipt
            assert Try(connection, BIG_MAIL).receipt
        assert inbox.wait_for(4)[0].raw == MAIL
        assert inbox.session_count == 1
        findings = check(to)
    assert [(finding.code, finding.level) for finding in findings] == [
        ("smtp.connected", Level.GOOD),
        ("smtp.encrypted", Level.GOOD),
        ("smtp.signed_in", Level.GOOD),
    ]
    assert findings[1].params["version"].startswith("TLSv1.")


@pytest.mark.spec("R8")
@pytest.mark.parametrize("mode", [TlsMode.STARTTLS, TlsMode.TLS])
@pytest.mark.parametrize("fault", ["expired", "wrong_name", "untrusted"])
def test_a_false_certificate_pauses_the_sender_and_nothing_leaves(
    authority: Authority, fault: str, mode: TlsMode
) -> None:
    certificate = authority.server(
        days=-1 if fault == "expired" else 30,
        names=[x509.DNSName("mail.example.com")] if fault == "wrong_name" else None,
    )
    trusted = "" if fault == "untrusted" else authority.trusted
    with Inbox(
        tls=tls_server(certificate), is_tls_from_start=mode is TlsMode.TLS, login=("u", "p")
    ) as inbox:
        done = tried(route(inbox.port, tls=mode, ca_file=trusted, user="u", password="p"))
        assert (done.kind, done.code) == (S, f"smtp.cert_{fault}")
        assert {command.split()[0] for command in inbox.commands} <= {"ehlo", "starttls"}
        assert inbox.messages == []


@pytest.mark.spec("R8")
@pytest.mark.parametrize("fault", ["not offered", "refused", "plain text injected", "plain answer"])
def test_nothing_is_said_in_clear_where_starttls_is_required(
    authority: Authority, fault: str
) -> None:
    replies = {
        "not offered": {},
        "refused": {"starttls": "502 5.5.1 not here"},
        "plain text injected": {"starttls": "220 go ahead\r\n250 EHLO answer\r\n235 signed in"},
        "plain answer": {"starttls": "220 go ahead\r\n"},
    }[fault]
    tls = None if fault == "not offered" else tls_server(authority.server())
    with Inbox(tls=tls, replies=replies, login=("u", "p")) as inbox:
        to = route(
            inbox.port, tls=TlsMode.STARTTLS, ca_file=authority.trusted, user="u", password="p",
            timeout_s=1.0,
        )  # fmt: skip
        done = tried(to)
        wanted = S if fault in {"not offered", "refused"} else C
        assert done.kind is wanted
        assert not any(command.startswith(("auth", "mail", "rcpt")) for command in inbox.commands)
        assert inbox.messages == []


def test_a_server_that_speaks_no_tls_at_all_gets_nothing(inbox: Inbox) -> None:
    done = tried(route(inbox.port, tls=TlsMode.TLS, user="u", password="p", timeout_s=1.0))
    assert (done.kind, done.code) == (C, "smtp.tls_failed")
    assert inbox.commands == []


@pytest.mark.spec("R6")
def test_a_server_that_hangs_at_starttls_frees_its_worker_in_time(authority: Authority) -> None:
    with Inbox(tls=tls_server(authority.server()), delays={"starttls": 30}) as inbox:
        done = tried(route(inbox.port, tls=TlsMode.STARTTLS, timeout_s=0.4))
    assert (done.kind, done.code) == (C, "smtp.timeout")
    assert done.took_s < 1.5


@pytest.mark.spec("R6")
def test_a_handshake_in_drops_frees_its_worker_in_time(authority: Authority) -> None:
    with (
        Inbox(tls=tls_server(authority.server()), is_tls_from_start=True) as inbox,
        FaultProxy(inbox.port, down=Fault(slice_s=0.02)) as proxy,
    ):
        done = tried(route(proxy.port, tls=TlsMode.TLS, timeout_s=0.5))
    assert (done.kind, done.code) == (C, "smtp.timeout")
    assert done.took_s < 1.5


def test_a_missing_file_of_certificates_is_our_own_fault(inbox: Inbox, tmp_path: Path) -> None:
    to = route(inbox.port, tls=TlsMode.TLS, ca_file=str(tmp_path / "none.pem"))
    assert (tried(to).kind, tried(to).code) == (S, "smtp.ca_unreadable")


# Signing in.


@pytest.mark.parametrize(
    ("password", "reply", "kind", "code"),
    [
        ("p", None, None, None),
        ("wrong", None, S, "smtp.sign_in_refused"),
        ("p", "454 4.7.0 later", C, "smtp.try_later"),
        ("p", "235", None, None),
    ],
)
def test_signing_in_tells_a_wrong_password_from_a_busy_server(
    *, password: str, reply: str | None, kind: FailureKind | None, code: str | None
) -> None:
    with Inbox(login=("u", "p"), replies={"auth": reply} if reply else {}) as inbox:
        done = tried(route(inbox.port, user="u", password=password))
        assert (done.kind, done.code) == (kind, code)
        assert len(inbox.messages) == (0 if code else 1)


def test_a_server_that_knows_only_login_is_served_too() -> None:
    with Inbox(login=("u", "گذرواژه"), login_by=["LOGIN"]) as inbox:
        assert tried(route(inbox.port, user="u", password="گذرواژه")).receipt
        assert tried(route(inbox.port, user="u", password="x")).code == "smtp.sign_in_refused"
        assert inbox.commands.count("auth LOGIN") == 2
        assert len(inbox.messages) == 1


def test_a_server_without_sign_in_is_our_own_fault(inbox: Inbox) -> None:
    done = tried(route(inbox.port, user="u", password="p"))
    assert (done.kind, done.code) == (S, "smtp.sign_in_missing")
    assert not any(command.startswith("mail") for command in inbox.commands)


def test_a_password_shows_in_no_picture_of_the_route() -> None:
    assert "s3cret" not in repr(route(25, password="s3cret"))


# Trying a route before going live.


def test_a_try_tells_what_is_wrong_without_raising(inbox: Inbox) -> None:
    def codes(to: Route) -> list[tuple[str, Level]]:
        return [(finding.code, finding.level) for finding in check(to)]

    connected = ("smtp.connected", Level.GOOD)
    assert codes(route(inbox.port)) == [connected, ("smtp.no_encryption", Level.WARNING)]
    assert codes(route(inbox.port, tls=TlsMode.STARTTLS)) == [
        connected,
        ("smtp.starttls_missing", Level.DANGER),
    ]
    assert codes(route(free_port())) == [("smtp.connection_refused", Level.DANGER)]
    inbox.replies = {"greeting": "554 5.7.1 go away"}
    assert codes(route(inbox.port)) == [("smtp.greeting_refused", Level.DANGER)]
    assert check(route(inbox.port))[0].params["reply"] == "5.7.1 go away"
    assert inbox.messages == []


def test_a_password_in_clear_and_an_unchecked_certificate_are_warned_of(
    authority: Authority,
) -> None:
    with Inbox(login=("u", "p")) as inbox:
        found = check(route(inbox.port, user="u", password="p"))
    assert [finding.code for finding in found][1:] == ["smtp.password_in_clear", "smtp.signed_in"]
    with Inbox(tls=tls_server(authority.server(days=-1))) as inbox:
        found = check(route(inbox.port, tls=TlsMode.STARTTLS, verify=False))
    assert [finding.code for finding in found][1:] == ["smtp.unverified"]
