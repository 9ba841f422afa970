"""Mail: through an SMTP server, or into a folder and the log where none is configured."""

from __future__ import annotations

import asyncio
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

from core.db.engine import engine
from core.db.transaction import innermost
from core.settings import CoreSettings, data_folder

log = logging.getLogger("tenfold.mail")

WAITS: tuple[float, ...] = (0, 2, 10, 60, 300, 1800)
"""Seconds before each attempt to hand a message to the server."""

LONGEST_ATTEMPT = 60
AT_ONCE = 4
QUEUE = 1000
PERMANENT = 500
LOOPBACK = {"localhost", "127.0.0.1", "::1"}


class Mail:
    """Sends plain texts. ``smtp://`` starts TLS where it is offered, ``smtps://`` at once.

    A password is sent over TLS only, but on the machine itself.
    """

    def __init__(self, core: CoreSettings) -> None:
        self._url, self._sender = core.mail, core.mail_from
        self._folder = data_folder(core) / "mail"
        self._turns = asyncio.Semaphore(AT_ONCE)
        self._sending: set[asyncio.Task[None]] = set()
        self._resting: set[asyncio.Task[None] | None] = set()

    async def send(self, to: str, subject: str, text: str) -> None:
        """Send after the commit of the transaction around this; nobody waits for it.

        A message that cannot be sent is logged, and whoever asked for it is not troubled.
        """
        try:
            message = _message(self._sender, to, subject, text)
        except ValueError as error:
            log.error("Mail to %r was refused: %s", to, error)
            return

        async def deliver() -> None:
            self._begin(message)

        transaction = innermost(engine().current_transaction)
        if transaction is not None:
            transaction.after_commit.append(deliver)
        else:
            await deliver()

    async def close(self, timeout: float = 3) -> None:
        """Let what is being sent be sent, and give up the rest."""
        if not self._sending:
            return
        end = time.monotonic() + timeout
        while self._sending - self._resting and time.monotonic() < end:  # noqa: ASYNC110
            await asyncio.sleep(0.02)
        waiting = {task for task in self._sending if not task.done()}
        if waiting:
            log.error("%d mails were given up when the server stopped.", len(waiting))
            for task in waiting:
                task.cancel()
            await asyncio.wait(waiting, timeout=1)

    def _begin(self, message: EmailMessage) -> None:
        if len(self._sending) >= QUEUE:
            log.error("Mail to %s was given up: too many wait.", message["To"])
            return
        task = asyncio.get_running_loop().create_task(self._deliver(message))
        self._sending.add(task)
        task.add_done_callback(self._sending.discard)

    async def _deliver(self, message: EmailMessage) -> None:
        for wait in WAITS:
            await self._rest(wait)
            try:
                async with self._turns, asyncio.timeout(LONGEST_ATTEMPT):
                    await (self._by_smtp(message) if self._url else self._into_folder(message))
                return
            except Exception as error:
                log.warning("Mail to %s was not sent: %r", message["To"], error)
                if getattr(error, "code", 0) >= PERMANENT:
                    break
        log.error("Mail to %s was given up: %s", message["To"], message["Subject"])

    async def _rest(self, seconds: float) -> None:
        """Wait before another attempt; a server that stops does not wait for it."""
        if seconds:
            task = asyncio.current_task()
            self._resting.add(task)
            try:
                await asyncio.sleep(seconds)
            finally:
                self._resting.discard(task)

    async def _into_folder(self, message: EmailMessage) -> None:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        file = self._folder / f"{time.time_ns()}-{secrets.token_hex(4)}.eml"
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


def _message(sender: str, to: str, subject: str, text: str) -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = sender, address_of(to), subject
    domain = sender.rpartition("@")[2].rstrip("> ") or "localhost"
    message["Date"], message["Message-ID"] = formatdate(), make_msgid(domain=domain)
    message["Auto-Submitted"] = "auto-generated"
    # 7bit keeps a long link in one piece, for whoever reads the message as it is
    message.set_content(text, cte="7bit" if text.isascii() else "quoted-printable")
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
