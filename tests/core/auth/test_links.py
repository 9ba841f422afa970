"""The page behind the links in mails, in a real browser."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.support import expected_conditions as expected
from selenium.webdriver.support.ui import WebDriverWait

from tests.core.admin.chromium import chromium
from tests.core.auth.mailbox import OTHER, Mailbox, post, register, sign_in

ADA = "ada@example.org"
SECONDS = 60
"""A browser has to show something in: others may keep the machine busy."""


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[webdriver.Chrome]:
    folder: Path = tmp_path_factory.mktemp("chromium")
    with chromium(folder / "profile", folder) as chrome:
        yield chrome


async def follow(browser: webdriver.Chrome, link: str, done: str, **typed: str) -> None:
    """Open a link, fill its form in, and send it."""

    def act() -> None:
        browser.get("about:blank")
        browser.get(link)
        form = WebDriverWait(browser, SECONDS).until(
            expected.visibility_of_element_located((By.CSS_SELECTOR, "form:not([hidden])"))
        )
        assert "#" not in browser.current_url
        for name, text in typed.items():
            form.find_element(By.NAME, name).send_keys(text)
        form.find_element(By.TAG_NAME, "button").click()
        said = (By.ID, "said")
        WebDriverWait(browser, SECONDS).until(expected.text_to_be_present_in_element(said, done))

    await asyncio.to_thread(act)


async def test_links_are_followed_in_a_browser(
    server: Any, client: Any, mails: Mailbox, browser: webdriver.Chrome
) -> None:
    await register(client)
    page = f"{server.url}/account"
    code = await mails.code(ADA, "verify")
    await follow(browser, f"{page}#verify={code}", "Your address is confirmed")
    await follow(browser, f"{page}#verify={code}", "was used already")
    await post(client, "password/forgot", email=ADA)
    code = await mails.code(ADA, "reset")
    await follow(browser, f"{page}#reset={code}", "among the commonest", password="password123")
    await follow(browser, f"{page}#reset={code}", "Your password is set", password=OTHER)
    assert (await sign_in(client, password=OTHER)).status_code == 200
    answer = await client.get("/account")
    assert code not in answer.text


async def test_an_invitation_is_followed_in_a_browser(
    server: Any, admin: Any, client: Any, browser: webdriver.Chrome
) -> None:
    made = (await admin.post("/api/v1/auth/invitations", json={})).json()
    link = f"{server.url}/account#invitation={made['code']}"
    person = {"email": ADA, "username": "ada", "password": OTHER}
    await follow(browser, link, "You are registered", **person)
    assert (await sign_in(client, password=OTHER)).status_code == 200
