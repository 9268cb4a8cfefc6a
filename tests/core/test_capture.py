"""The capture mailbox: a real server that keeps every mail and sends none on."""

import smtplib
import socket
import threading
from collections.abc import Iterator
from datetime import UTC

import pytest

from core.delivery import capture
from core.delivery.capture import CapturedLetter
from tests.support.sink import free_port

MAIL = b"Subject: =?utf-8?b?2LPZhNin2YU=?=\r\n\r\n.one\r\n..two\r\n"


class Shelf:
    """Stores letters as the owner of the mailbox would; `error` is raised instead when set."""

    def __init__(self) -> None:
        self.letters: list[CapturedLetter] = []
        self.error: Exception | None = None
        self.threads: set[str] = set()

    def put(self, letter: CapturedLetter) -> None:
        self.threads.add(threading.current_thread().name)
        if self.error:
            raise self.error
        self.letters.append(letter)


@pytest.fixture
def shelf() -> Shelf:
    return Shelf()


@pytest.fixture
def mailbox(shelf: Shelf) -> Iterator[capture.Capture]:
    running = capture.start("127.0.0.1", 0, shelf.put)
    yield running
    running.stop()


def client(mailbox: capture.Capture) -> smtplib.SMTP:
    return smtplib.SMTP("127.0.0.1", mailbox.port, local_hostname="test.example", timeout=10)


def test_a_mail_is_kept_with_its_envelope_and_its_bytes(
    mailbox: capture.Capture, shelf: Shelf
) -> None:
    with client(mailbox) as server:
        server.sendmail("a@x.org", ["b@y.org", "c@y.org"], MAIL)
    [letter] = shelf.letters
    assert (letter.envelope_from, letter.recipients) == ("a@x.org", ("b@y.org", "c@y.org"))
    assert letter.raw == MAIL
    assert letter.received_at.tzinfo is UTC
    assert shelf.threads.isdisjoint({"capture", threading.current_thread().name})


def test_the_null_sender_is_an_empty_text(mailbox: capture.Capture, shelf: Shelf) -> None:
    with client(mailbox) as server:
        server.sendmail("", ["b@y.org"], MAIL)
    assert shelf.letters[0].envelope_from == ""


def test_a_mail_that_cannot_be_stored_is_tried_again_later(
    mailbox: capture.Capture, shelf: Shelf
) -> None:
    shelf.error = OSError(28, "No space left on device")
    with client(mailbox) as server:
        with pytest.raises(smtplib.SMTPDataError) as refusal:
            server.sendmail("a@x.org", ["b@y.org"], MAIL)
        assert refusal.value.smtp_code == 451
        assert b"space" not in refusal.value.smtp_error
        shelf.error = None
        server.sendmail("a@x.org", ["b@y.org"], MAIL)
    assert len(shelf.letters) == 1


def test_a_mail_over_25_megabytes_is_refused(mailbox: capture.Capture, shelf: Shelf) -> None:
    with client(mailbox) as server:
        server.ehlo()
        assert server.esmtp_features["size"] == str(25 * 1024 * 1024)
        code, _ = server.docmd("MAIL FROM:<a@x.org> SIZE=26214401")
        assert code == 552
        server.mail("a@x.org")
        server.rcpt("b@y.org")
        code, _ = server.data((b"x" * 990 + b"\r\n") * 27_000)
        assert code == 552
    assert shelf.letters == []


def test_many_senders_at_once_lose_nothing(mailbox: capture.Capture, shelf: Shelf) -> None:
    def send(name: int) -> None:
        with client(mailbox) as server:
            for _ in range(5):
                server.sendmail(f"{name}@x.org", ["b@y.org"], MAIL)

    threads = [threading.Thread(target=send, args=(name,)) for name in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(shelf.letters) == 40


def test_it_stops_listening_even_while_somebody_is_connected(shelf: Shelf) -> None:
    mailbox = capture.start("127.0.0.1", 0, shelf.put)
    with socket.create_connection(("127.0.0.1", mailbox.port)) as idle:
        assert idle.recv(3) == b"220"
        mailbox.stop()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", mailbox.port))
    mailbox.stop()


@pytest.mark.parametrize("host", ["::", "192.0.2.1", "example.com"])
def test_it_listens_on_loopback_alone(host: str, shelf: Shelf) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - of two kinds: no address, and no loopback
        capture.start(host, 0, shelf.put)


def test_a_port_that_is_taken_is_an_error_at_once(shelf: Shelf) -> None:
    port = free_port()
    with socket.create_server(("127.0.0.1", port)), pytest.raises(OSError, match="in use"):
        capture.start("127.0.0.1", port, shelf.put)
