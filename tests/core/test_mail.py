"""Mail: into a folder, and to a real conversation in SMTP."""

from __future__ import annotations

import asyncio
import ssl
import stat
import subprocess
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

import pytest

from core import mail
from core.auth.afterwards import settled
from core.db.engine import transaction
from core.mail import Mail, address_of, read_folder
from core.settings import CoreSettings
from core.tasks import task as registry
from core.tasks.tables import QueuedTask
from core.testing import PASSWORD, RunTasks, serving
from tests.patience import PATIENCE

ADA = "ada@example.org"
LINK = f"https://example.org/{'x' * 120}"


class Smtp:
    """A mail server for one test. ``refusals`` are answered to RCPT first, one each."""

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self.port = 0
        self.connections = 0
        self.commands: list[str] = []
        self.messages: list[bytes] = []
        self.refusals: list[str] = []
        self._tls = tls

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        writer.write(b"220 here\r\n")
        while line := (await reader.readline()).decode().rstrip():
            self.commands.append(line)
            verb = line.upper().split()[0]
            if verb == "STARTTLS" and self._tls:
                writer.write(b"220 go on\r\n")
                await writer.start_tls(self._tls)
                continue
            if verb == "DATA":
                writer.write(b"354 go on\r\n")
                self.messages.append(await reader.readuntil(b"\r\n.\r\n"))
            writer.write(self._answer(verb).encode() + b"\r\n")
            if verb == "QUIT":
                break
        writer.close()

    def _answer(self, verb: str) -> str:
        if verb == "EHLO":
            offered = ["STARTTLS"] if self._tls else []
            return "\r\n".join(["250-here", *(f"250-{each}" for each in offered), "250 AUTH PLAIN"])
        if verb == "RCPT" and self.refusals:
            return self.refusals.pop(0)
        return {"AUTH": "235 welcome", "QUIT": "221 bye"}.get(verb, "250 fine")


@asynccontextmanager
async def smtp(tls: ssl.SSLContext | None = None) -> AsyncIterator[Smtp]:
    server = Smtp(tls)
    listening = await asyncio.start_server(server.serve, "127.0.0.1", 0)
    server.port = listening.sockets[0].getsockname()[1]
    try:
        yield server
    finally:
        listening.close()


@pytest.fixture
def mailer(tmp_path: Path, client: Any) -> Iterator[Callable[..., Mail]]:
    """Return a function that makes a Mail with some settings; the task sends with the same."""
    before = dict(registry.known())

    def make(url: str = "", mail_from: str = "tenfold@localhost") -> Mail:
        core = CoreSettings(data=str(tmp_path), mail=url, mail_from=mail_from)
        registry._tasks[mail.NAME] = mail.mail_task(core)
        return Mail(core)

    yield make
    registry._tasks.update(before)


@pytest.fixture
def settle(run_tasks: RunTasks) -> RunTasks:
    """Return a function that lets what is due be sent."""
    return run_tasks


async def waiting() -> list[dict[str, Any]]:
    """Return the letters that wait or were given up."""
    return list(await QueuedTask.select().order_by(QueuedTask.id))


async def test_a_message_is_written_to_the_folder(
    mailer: Any, tmp_path: Path, settle: RunTasks
) -> None:
    sender = mailer(mail_from="Tenfold <tenfold@example.org>")
    for number in range(3):
        await sender.send(ADA, f"Number {number}", f"Grüße, follow {LINK}\n")
        await settle()
    read = read_folder(tmp_path / "mail")
    assert [message["Subject"] for message in read] == ["Number 0", "Number 1", "Number 2"]
    assert read[0]["To"] == ADA
    assert read[0]["From"] == "Tenfold <tenfold@example.org>"
    assert read[0]["Message-ID"].endswith("@example.org>")
    assert LINK in read[0].get_content()
    (file, *_) = (tmp_path / "mail").iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "mail").stat().st_mode) == 0o700


async def test_a_long_link_is_whole_for_who_reads_the_file(
    mailer: Any, tmp_path: Path, settle: RunTasks
) -> None:
    sender = mailer()
    await sender.send(ADA, "Hello", f"{LINK}\n")
    await settle()
    assert LINK in next((tmp_path / "mail").iterdir()).read_text()


async def test_a_message_is_handed_to_a_mail_server(mailer: Any, settle: RunTasks) -> None:
    async with smtp() as server:
        sender = mailer(f"smtp://me:s%40cret@127.0.0.1:{server.port}", mail_from="me@example.org")
        await sender.send(ADA, "Hello", f".a dot first, and {LINK}\n")
        await settle()
    assert "MAIL FROM:<me@example.org>" in server.commands
    assert [each for each in server.commands if each.startswith("RCPT")] == [f"RCPT TO:<{ADA}>"]
    assert any(each.startswith("AUTH PLAIN") for each in server.commands)
    (raw,) = server.messages
    message = message_from_bytes(raw.replace(b"\r\n..", b"\r\n."), policy=policy.default)
    assert (message["To"], message["Subject"]) == (ADA, "Hello")
    assert f".a dot first, and {LINK}" in message.get_content()


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("tls") / "both.pem"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"]
    names = ["-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1,DNS:localhost"]
    subprocess.run([*command, *names, "-keyout", file, "-out", file], check=True, timeout=60)
    return file


async def test_tls_is_used_where_it_is_offered_and_the_certificate_is_checked(
    mailer: Any, certificate: Path, monkeypatch: pytest.MonkeyPatch, settle: RunTasks
) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    async with smtp(context) as server:
        sender = mailer(f"smtp://me:secret@localhost:{server.port}")
        await sender.send(ADA, "Hello", "text\n")
        await settle()
        assert server.messages == []
        await QueuedTask.delete(force=True)
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        await sender.send(ADA, "Hello", "text\n")
        await settle()
        assert len(server.messages) == 1
    last = server.commands[-server.commands[::-1].index("STARTTLS") :]
    assert any(each.startswith("AUTH") for each in last)


async def test_a_password_is_not_sent_in_clear_to_another_machine(
    mailer: Any, monkeypatch: pytest.MonkeyPatch, settle: RunTasks
) -> None:
    monkeypatch.setattr(mail, "LOOPBACK", set())
    async with smtp() as server:
        sender = mailer(f"smtp://me:secret@127.0.0.1:{server.port}")
        await sender.send(ADA, "Hello", "text\n")
        await settle()
    assert server.messages == []
    assert not any(each.startswith("AUTH") for each in server.commands)


async def test_what_is_refused_for_a_while_is_tried_again_by_the_same_id(
    mailer: Any, settle: RunTasks
) -> None:
    async with smtp() as server:
        server.refusals = ["451 later"]
        sender = mailer(f"smtp://127.0.0.1:{server.port}")
        await sender.send(ADA, "Hello", "text\n")
        await settle()
        (letter,) = await waiting()
        assert (letter["state"], letter["attempts"]) == ("waiting", 1)
        await settle(at=letter["run_at"])
    assert (server.connections, len(server.messages)) == (2, 1)
    assert await waiting() == []


async def test_what_is_refused_for_good_is_not(
    mailer: Any, caplog: pytest.LogCaptureFixture, settle: RunTasks
) -> None:
    async with smtp() as server:
        server.refusals = ["550 nobody here"] * 3
        sender = mailer(f"smtp://127.0.0.1:{server.port}")
        await sender.send(ADA, "Hello", "text\n")
        await settle()
    assert (server.connections, server.messages) == (1, [])
    assert "was given up: Hello" in caplog.text
    (letter,) = await waiting()
    assert letter["state"] == "dead"
    assert "550" in letter["last_error"]


async def test_a_server_that_is_down_delays_nobody_and_tells_no_secret(
    mailer: Any, settle: RunTasks, caplog: pytest.LogCaptureFixture
) -> None:
    sender = mailer("smtp://me:secret@127.0.0.1:1")
    begun = time.perf_counter()
    for _ in range(20):
        await sender.send(ADA, "Hello", "a code\n")
    assert time.perf_counter() - begun < 10
    await settle()
    kept = await waiting()
    assert [letter["state"] for letter in kept] == ["waiting"] * 20
    for told in (caplog.text, str(kept)):
        assert "secret" not in told
        assert "a code" not in told


async def test_a_letter_that_is_given_up_shows_nothing_of_its_text(
    mailer: Any, settle: RunTasks, caplog: pytest.LogCaptureFixture
) -> None:
    sender = mailer("smtp://127.0.0.1:1")
    await sender.send(ADA, "Hello", "a code\n")
    almost = mail.ATTEMPTS - 2
    await QueuedTask.update({QueuedTask.attempts: almost}).where(QueuedTask.name == mail.NAME)
    for attempt in range(2):
        await settle(at=datetime.now(UTC) + timedelta(days=attempt))
    (letter,) = await waiting()
    assert (letter["state"], letter["attempts"]) == ("dead", mail.ATTEMPTS)
    assert "a code" not in str(letter) + caplog.text
    assert "The task core.mail" in caplog.text


async def test_requests_are_answered_while_the_mail_server_is_down(
    database: str, tenfold_environment: dict[str, str], client: Any
) -> None:
    down = {"TENFOLD_CORE__DATABASE": database, "TENFOLD_CORE__MAIL": "smtp://127.0.0.1:1"}
    async with serving(tenfold_environment | down) as server:
        here = {"email": ADA, "username": "ada", "password": PASSWORD}
        begun = time.perf_counter()
        answer = await client.post(f"{server.url}/api/v1/auth/register", json=here)
        assert answer.status_code == 201
        body = {"email": ADA}
        answer = await client.post(f"{server.url}/api/v1/auth/password/forgot", json=body)
        assert answer.status_code == 202
        assert time.perf_counter() - begun < 10
        await settled(PATIENCE)
        assert await waiting()


async def test_a_message_leaves_if_and_only_if_the_change_is_kept(
    mailer: Any, tmp_path: Path, settle: RunTasks
) -> None:
    sender = mailer()
    with pytest.raises(RuntimeError):
        async with transaction():
            await sender.send(ADA, "Undone", "text\n")
            raise RuntimeError
    async with transaction():
        await sender.send(ADA, "Done", "text\n")
    await settle()
    assert [each["Subject"] for each in read_folder(tmp_path / "mail")] == ["Done"]


ODD = [
    "ada@example.org\r\nBcc: eve@example.org",
    "ada@example.org\nBcc: eve@example.org",
    "ada@example.org, eve@example.org",
    "ada@example.org,evil.org",
    "Eve <eve@example.org>",
    "x<eve@example.org>",
    "ada@example.org> SIZE=1",
    "(eve)ada@example.org",
    "undisclosed:eve@example.org;",
    "",
    "ada",
    "@example.org",
    "ada@",
    f"ada@{'x' * 70}.org",
    "ada@mail\u3002example.org",
    "\ud800@example.org",
]


@pytest.mark.parametrize("to", ODD)
async def test_an_address_that_says_more_than_one_address_is_refused(
    mailer: Any, to: str, caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(ValueError, match=r"is not|must be"):
        address_of(to)
    sender = mailer()
    await sender.send(to, "Hello", "text\n")
    assert await waiting() == []
    assert "was refused" in caplog.text


async def test_a_subject_of_two_lines_is_refused(mailer: Any) -> None:
    sender = mailer()
    await sender.send(ADA, "Hello\r\nBcc: eve@example.org", "text\n")
    assert await waiting() == []


def test_a_domain_is_written_in_ascii() -> None:
    assert address_of("ada@exämple.org").addr_spec == "ada@xn--exmple-cua.org"
