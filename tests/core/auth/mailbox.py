"""What the server has mailed, as its readers see it."""

from __future__ import annotations

import re
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from core.auth.afterwards import settled
from core.mail import read_folder
from core.testing import PASSWORD
from core.testing.tasks import run_due
from tests.patience import PATIENCE

AUTH = "/api/v1/auth"
ADA = {"email": "ada@example.org", "username": "ada", "password": PASSWORD}
OTHER = "another fine password"


class Mailbox:
    """The folder that mails are written to where no server is configured."""

    def __init__(self, server: Any) -> None:
        self._server = server
        self.folder: Path = server.app.ctx.realm.mail.folder
        for file in self.folder.glob("*"):
            file.unlink()

    async def all(self, to: str = "") -> list[EmailMessage]:
        """Return the mails to ``to``, once all have been written."""
        await settled(PATIENCE)
        await run_due(self._server)
        return [mail for mail in read_folder(self.folder) if not to or mail["To"] == to]

    async def texts(self, to: str = "") -> list[str]:
        return [mail.get_content() for mail in await self.all(to)]

    async def subjects(self, to: str = "") -> list[str]:
        return [mail["Subject"] for mail in await self.all(to)]

    async def code(self, to: str, purpose: str) -> str:
        """Return the code of the newest link of this purpose."""
        return (await self.codes(to, purpose))[-1]

    async def codes(self, to: str, purpose: str) -> list[str]:
        found = re.findall(rf"/account#{purpose}=(\S+)", "".join(await self.texts(to)))
        assert all(len(code) == 43 for code in found)
        return found


async def post(client: Any, path: str, **body: Any) -> Any:
    return await client.post(f"{AUTH}/{path}", json=body)


async def register(client: Any, **more: Any) -> Any:
    return await post(client, "register", **(ADA | more))


async def sign_in(client: Any, login: str = "ada", password: str = PASSWORD) -> Any:
    return await post(client, "login", login=login, password=password)


def bearer(tokens: dict[str, Any]) -> dict[str, str]:
    return {"authorization": f"Bearer {tokens['access_token']}"}


def seen(answer: Any) -> tuple[Any, ...]:
    """Return what an answer tells whoever asked, but the id of the request."""
    body = {key: value for key, value in answer.json().items() if key != "request_id"}
    return answer.status_code, body, sorted(answer.headers)
