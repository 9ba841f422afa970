"""Mail: through an SMTP server, or into a folder and the log where none is configured."""

from __future__ import annotations

import asyncio
import logging
import os
import secrets
from email.message import EmailMessage
from email.utils import formatdate, make_msgid
from pathlib import Path
from urllib.parse import unquote, urlsplit

import aiofiles

from core.db.background import in_background
from core.db.engine import engine
from core.settings import CoreSettings, data_folder

log = logging.getLogger("tenfold.mail")

WAITS = (0, 2, 10, 60)
"""Seconds before each attempt to hand a message to the server."""


class Mail:
    """Sends plain texts. ``smtp://`` starts TLS where it is offered, ``smtps://`` at once."""

    def __init__(self, core: CoreSettings) -> None:
        self._url, self._sender = core.mail, core.mail_from
        self._folder = data_folder(core) / "mail"

    async def send(self, to: str, subject: str, text: str) -> None:
        """Send after the commit of the transaction around this; nobody waits for it."""
        message = self._message(to, subject, text)

        async def deliver() -> None:
            in_background(self._deliver(message))

        transaction = engine().current_transaction.get()
        if transaction is not None and transaction.open:
            transaction.after_commit.append(deliver)
        else:
            await deliver()

    def _message(self, to: str, subject: str, text: str) -> EmailMessage:
        message = EmailMessage()
        message["From"], message["To"], message["Subject"] = self._sender, to, subject
        message["Date"], message["Message-ID"] = formatdate(), make_msgid(domain="tenfold")
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(text)
        return message

    async def _deliver(self, message: EmailMessage) -> None:
        for wait in WAITS:
            await asyncio.sleep(wait)
            try:
                await (self._by_smtp(message) if self._url else self._into_folder(message))
            except Exception as error:
                log.warning("Mail to %s was not sent: %r", message["To"], error)
            else:
                return
        log.error("Mail to %s was given up: %s", message["To"], message["Subject"])

    async def _into_folder(self, message: EmailMessage) -> None:
        self._folder.mkdir(mode=0o700, exist_ok=True)
        file = self._folder / f"{message['Date'].replace(' ', '_')}-{secrets.token_hex(4)}.eml"
        async with aiofiles.open(file, "wb", opener=_private) as opened:
            await opened.write(message.as_bytes())
        log.info("Mail to %s is in %s (no mail server is configured)", message["To"], file)

    async def _by_smtp(self, message: EmailMessage) -> None:
        import aiosmtplib

        url = urlsplit(self._url)
        await aiosmtplib.send(
            message,
            hostname=url.hostname,
            port=url.port or (465 if url.scheme == "smtps" else 587),
            username=unquote(url.username) if url.username else None,
            password=unquote(url.password) if url.password else None,
            use_tls=url.scheme == "smtps",
            timeout=20,
        )


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def read_folder(folder: Path) -> list[str]:
    """Return the texts of the messages in a mail folder, the oldest first. For tests and trials."""
    files = sorted(folder.glob("*.eml"), key=lambda file: file.stat().st_mtime_ns)
    return [file.read_text() for file in files]
