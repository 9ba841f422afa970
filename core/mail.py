"""Mail: through an SMTP server, or into a folder and the log where none is configured."""

from __future__ import annotations

import logging
import os
import secrets
import time
from contextlib import suppress
from email import message_from_bytes, policy
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import formatdate, make_msgid
from pathlib import Path
from urllib.parse import unquote, urlsplit

import aiofiles
import msgspec

from core.settings import CoreSettings, data_folder
from core.tasks.queue import enqueue
from core.tasks.task import GivenUp, Task

log = logging.getLogger("tenfold.mail")

NAME = "core.mail"
"""The task that hands a letter to the mail server."""

ATTEMPTS, LONGEST_ATTEMPT, AT_ONCE = 12, 60, 4
PERMANENT = 500
LOOPBACK = {"localhost", "127.0.0.1", "::1"}


class Letter(msgspec.Struct, frozen=True):
    """What is sent. ``id`` and ``date`` stay the same, however often it is tried."""

    to: str
    subject: str
    text: str
    id: str
    date: str


class Mail:
    """Sends plain texts. ``smtp://`` starts TLS where it is offered, ``smtps://`` at once.

    A password is sent over TLS only, but on the machine itself.
    """

    def __init__(self, core: CoreSettings) -> None:
        self._core, self._url, self._sender = core, core.mail, core.mail_from

    @property
    def folder(self) -> Path:
        """Where letters are written to when no server is configured."""
        return data_folder(self._core) / "mail"

    async def send(self, to: str, subject: str, text: str) -> None:
        """Leave a letter to the tasks: it is sent if the transaction around this is committed.

        One that can never be sent is logged, and whoever asked for it is not troubled.
        """
        domain = self._sender.rpartition("@")[2].rstrip("> ") or "localhost"
        letter = Letter(to, subject, text, make_msgid(domain=domain), formatdate())
        try:
            _message(self._sender, letter)
        except ValueError as error:
            log.error("Mail to %r was refused: %s", to, error)
            return
        await enqueue(NAME, letter)

    async def deliver(self, letter: Letter) -> None:
        """Hand a letter to the server. Raises GivenUp when it is refused for good."""
        message = _message(self._sender, letter)
        try:
            await (self._by_smtp(message) if self._url else self._into_folder(message))
        except Exception as error:
            if getattr(error, "code", 0) < PERMANENT:
                log.warning("Mail to %s was not sent: %r", letter.to, error)
                raise
            log.error("Mail to %s was given up: %s", letter.to, letter.subject)
            raise GivenUp(f"The mail server refuses it: {error}") from None

    async def _into_folder(self, message: EmailMessage) -> None:
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        file = self.folder / f"{time.time_ns()}-{secrets.token_hex(4)}.eml"
        draft = file.with_suffix(".draft")
        async with aiofiles.open(draft, "wb", opener=_private) as opened:
            await opened.write(message.as_bytes())
        draft.rename(file)
        log.info("Mail to %s is in %s (no mail server is configured)", message["To"], file)

    async def _by_smtp(self, message: EmailMessage) -> None:
        import aiosmtplib

        url = urlsplit(self._url)
        with_password = url.username and url.hostname not in LOOPBACK
        try:
            await aiosmtplib.send(
                message,
                hostname=url.hostname,
                port=url.port or (465 if url.scheme == "smtps" else 587),
                username=unquote(url.username) if url.username else None,
                password=unquote(url.password) if url.password else None,
                use_tls=url.scheme == "smtps",
                start_tls=True if with_password and url.scheme != "smtps" else None,
                timeout=20,
            )
        except aiosmtplib.SMTPRecipientsRefused as refused:
            raise refused.recipients[0] from None


def address_of(text: str) -> Address:
    """Return ``text`` as one mail address, its domain in ASCII. Raises ValueError if it is not."""
    try:
        address = Address(addr_spec=text)
        domain = address.domain.encode("idna").decode()
        shown = domain.encode().decode("idna")
    except (MessageError, ValueError, IndexError):
        raise ValueError("is not an address that mail can be sent to") from None
    if address.addr_spec != text or shown.casefold() != address.domain.casefold():
        raise ValueError("must be written in its plain form")
    return Address(username=address.username, domain=domain)


_usual: Mail | None = None


async def send_mail(to: str, subject: str, text: str) -> None:
    """Send a plain text if the transaction around this is committed. See ``Mail.send``."""
    if _usual is None:
        raise RuntimeError("No application has been built yet: nobody would send the mail.")
    await _usual.send(to, subject, text)


def mail_task(core: CoreSettings) -> Task:
    """Return the task that sends letters. They may hold links that open accounts: it is sealed."""
    global _usual
    _usual = Mail(core)
    return Task(
        name=NAME,
        run=_usual.deliver,
        attempts=ATTEMPTS,
        timeout=LONGEST_ATTEMPT,
        at_once=AT_ONCE,
        sealed=True,
    )


def _message(sender: str, letter: Letter) -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"] = sender, address_of(letter.to)
    message["Subject"] = letter.subject
    message["Date"], message["Message-ID"] = letter.date, letter.id
    message["Auto-Submitted"] = "auto-generated"
    # 7bit keeps a long link in one piece, for whoever reads the message as it is
    cte = "7bit" if letter.text.isascii() else "quoted-printable"
    message.set_content(letter.text, cte=cte)
    return message


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def read_folder(folder: Path) -> list[EmailMessage]:
    """Return the messages in a mail folder, the oldest first. For tests and trials."""
    found = []
    for file in sorted(folder.glob("*.eml")):
        with suppress(FileNotFoundError):
            found.append(message_from_bytes(file.read_bytes(), policy=policy.default))
    return found
