"""Who signs in to the admin."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from typing import Any

import httpx
import pytest

from core.auth.tables import AdminSession
from core.testing import People, Server

Enter = Callable[[int], Awaitable[httpx.AsyncClient]]


@pytest.fixture
async def enter(server: Server, client: httpx.AsyncClient) -> AsyncIterator[Enter]:
    """Return a function that opens the admin as a user, without a login, which is limited."""
    async with AsyncExitStack() as stack:

        async def entered(user: int) -> httpx.AsyncClient:
            browser = httpx.AsyncClient(base_url=f"{server.url}/admin/", timeout=200)
            await stack.enter_async_context(browser)
            session = await AdminSession.create_session(user_id=user)
            browser.cookies.set("id", session.token)
            await browser.get("")
            browser.headers["X-CSRFToken"] = browser.cookies["csrftoken"]
            return browser

        yield entered


@pytest.fixture
async def staff(enter: Enter, admin: Any) -> httpx.AsyncClient:
    """Return a browser in which an administrator is signed in to the admin."""
    browser = await enter(admin.id)
    browser.id = admin.id  # type: ignore[attr-defined]
    return browser


@pytest.fixture
async def project(staff: httpx.AsyncClient, ada: Any) -> int:
    """Return the id of a project made in the admin."""
    answer = await staff.post("api/tables/todo_project/", json={"owner": ada.id, "name": "House"})
    assert answer.status_code == 201, answer.text
    return int(answer.json()[0]["id"])


__all__ = ["Enter", "People"]
