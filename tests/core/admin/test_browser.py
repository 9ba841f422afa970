"""The product as it is started by people, its admin driven in a real browser."""

from __future__ import annotations

import csv
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pyotp
import pytest
from selenium.webdriver.common.by import By

from tests.ports import free_port

from .chromium import PATIENCE, AdminPages, chromium, field, programs

pytestmark = pytest.mark.timeout(600)
PASSWORD = "correct horse battery"
TENFOLD = str(Path(sys.executable).with_name("tenfold"))


def environment(folder: Path, port: int) -> dict[str, str]:
    inherited = {key: value for key, value in os.environ.items() if not key.startswith("TENFOLD_")}
    return inherited | {
        "TENFOLD_CONFIG": str(folder / "plugins.toml"),
        "TENFOLD_ENABLED": "todo",
        "TENFOLD_CORE__DATA": str(folder / "data"),
        "TENFOLD_CORE__PORT": str(port),
        "TENFOLD_CORE__WORKERS": "2",
    }


def answers(url: str) -> bool:
    try:
        return httpx.get(url, timeout=PATIENCE).status_code == 200
    except httpx.TransportError:
        return False


@pytest.fixture(scope="module")
def product(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Start the server with two workers and make an administrator; return its URL."""
    programs()
    folder, port = tmp_path_factory.mktemp("product"), free_port()
    settings = environment(folder, port)
    who = ["--admin", "--username", "ada", "--email", "ada@example.org", "--password-stdin"]
    command = [TENFOLD, "user", "create", *who]
    subprocess.run(command, env=settings, input=PASSWORD, text=True, check=True, cwd=folder)
    with (folder / "log").open("w") as log:
        server = subprocess.Popen(
            [TENFOLD, "serve"], env=settings, cwd=folder, stderr=log, start_new_session=True
        )
    url = f"http://127.0.0.1:{port}"
    try:
        until = time.monotonic() + PATIENCE
        while not answers(f"{url}/admin/"):
            assert server.poll() is None, (folder / "log").read_text()
            assert time.monotonic() < until, (folder / "log").read_text()
            time.sleep(0.2)
        yield url
    finally:
        server.send_signal(signal.SIGTERM)
        try:
            server.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            os.killpg(server.pid, signal.SIGKILL)


@pytest.fixture(scope="module")
def pages(product: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[AdminPages]:
    """Return the admin, signed in."""
    folder = tmp_path_factory.mktemp("chromium")
    with chromium(folder / "profile", folder) as chrome:
        pages = AdminPages(chrome, product, folder)
        pages.log_in("ada", PASSWORD)
        yield pages


def add_project(pages: AdminPages, name: str) -> None:
    pages.open("todo_project/add", "Add Todo Project")
    pages.pick("owner", "ada")
    pages.type(field("name"), name)
    pages.save("create_button", "Successfully added row")


def add_task(pages: AdminPages, project: str, title: str) -> None:
    pages.open("todo_task/add", "Add Todo Task")
    pages.pick("owner", "ada")
    pages.pick("project", project)
    pages.type(field("title"), title)
    pages.save("create_button", "Successfully added row")


def titles(pages: AdminPages) -> list[str]:
    pages.open("todo_task", "Todo Task")
    return pages.cells(4)


def test_an_administrator_makes_changes_exports_and_deletes_tasks(pages: AdminPages) -> None:
    add_project(pages, "House")
    for title in ("Paint the door", '=HYPERLINK("http://evil.example")', 'He said "now", twice'):
        add_task(pages, "House (ada)", title)
    assert titles(pages)[0] == "Paint the door"
    assert pages.cells(3)[0] == "House (ada)"

    pages.click((By.LINK_TEXT, "1"))
    pages.type(field("title"), "Paint the gate")
    pages.save("save_button", "Successfully saved row")
    assert titles(pages)[0] == "Paint the gate"

    rows = list(csv.DictReader(pages.export("todo_task").splitlines()))
    assert [row["title"] for row in rows] == [
        "Paint the gate",
        '\'=HYPERLINK("http://evil.example")',
        'He said "now", twice',
    ]
    assert {row["project_readable"] for row in rows} == {"House (ada)"}

    pages.open("todo_task/2", "Edit Todo Task")
    pages.delete_row()
    assert titles(pages) == ["Paint the gate", 'He said "now", twice']


def test_a_refused_value_is_said_on_the_page(pages: AdminPages) -> None:
    for said in ("Successfully added row", "Another row has the same name."):
        pages.open("auth_role/add", "Add Auth Role")
        pages.type(field("name"), "editor")
        pages.save("create_button", said)


def test_one_cannot_lock_oneself_out(pages: AdminPages) -> None:
    pages.open("auth_user/1", "Edit Auth User")
    assert not pages.chrome.find_elements(*field("username_key"))
    pages.see((By.XPATH, "//select[@name='active']/option[@value='false']")).click()
    pages.save("save_button", "This is the last account that may manage accounts.")


def test_a_user_made_in_the_admin_may_sign_in(pages: AdminPages, product: str) -> None:
    pages.open("auth_user/add", "Add Auth User")
    pages.type(field("username"), "Grace")
    pages.type(field("email"), "grace@example.org")
    pages.type(field("password"), PASSWORD)
    pages.see((By.XPATH, "//select[@name='active']/option[@value='true']")).click()
    pages.save("create_button", "Successfully added row")
    given = {"login": "grace", "password": PASSWORD}
    assert (
        httpx.post(f"{product}/api/v1/auth/login", json=given, timeout=PATIENCE).status_code == 200
    )


def test_who_has_an_authenticator_app_is_asked_for_a_code(pages: AdminPages, product: str) -> None:
    given = {"login": "ada", "password": PASSWORD}
    auth = f"{product}/api/v1/auth"
    token = httpx.post(f"{auth}/login", json=given, timeout=PATIENCE).json()["access_token"]
    headers = {"authorization": f"Bearer {token}"}
    own = {"password": PASSWORD}
    secret = httpx.post(f"{auth}/totp", json=own, headers=headers, timeout=PATIENCE).json()[
        "secret"
    ]
    codes = pyotp.TOTP(secret)
    step = int(time.time()) // 30
    first = httpx.post(
        f"{auth}/totp/confirm",
        json={"code": codes.generate_otp(step)},
        headers=headers,
        timeout=PATIENCE,
    )
    pages.log_out()
    later = max(step + 1, int(time.time()) // 30)  # a code is taken once
    pages.log_in("ada", PASSWORD, codes.generate_otp(later))
    pages.log_out()
    pages.log_in("ada", PASSWORD, first.json()["recovery_codes"][0])
    httpx.request(
        "DELETE", f"{auth}/totp", json=own, headers=headers, timeout=PATIENCE
    ).raise_for_status()


def test_the_pages_do_nothing_that_the_policy_forbids(pages: AdminPages) -> None:
    for page, heading in (("todo_task", "Todo Task"), ("todo_task/1", "Edit Todo Task")):
        pages.open(page, heading)
    assert pages.violations() == []
