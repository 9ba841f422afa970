"""A real browser, and the admin as a person sees it in one."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from selenium import webdriver
from selenium.common.exceptions import StaleElementReferenceException
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support import expected_conditions as expected
from selenium.webdriver.support.ui import WebDriverWait

MISSING = (
    "Chromium was not found: the admin was not tried in a browser. "
    "apt install chromium chromium-driver"
)
FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--window-size=1200,787",
)
Place = tuple[str, str]
PATIENCE = 60.0
"""Seconds that a page, or a server that starts, may take on a busy machine."""


def uitest(name: str) -> Place:
    return By.CSS_SELECTOR, f"[data-uitest={name}]"


def field(name: str) -> Place:
    return By.CSS_SELECTOR, f"form [name={name}]"


def programs() -> tuple[str, str]:
    """Return where Chromium and its driver are; without them skip the test, or fail it on CI."""
    browser, driver = shutil.which("chromium"), shutil.which("chromedriver")
    if browser is None or driver is None:
        (pytest.fail if os.environ.get("CI") else pytest.skip)(MISSING)
    return browser, driver


@contextmanager
def chromium(profile: Path, downloads: Path) -> Iterator[webdriver.Chrome]:
    """Start Chromium with an empty profile."""
    browser, driver = programs()
    options = webdriver.ChromeOptions()
    options.binary_location = browser
    for flag in (*FLAGS, f"--user-data-dir={profile}"):
        options.add_argument(flag)
    options.add_experimental_option("prefs", {"download.default_directory": str(downloads)})
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    chrome = webdriver.Chrome(options=options, service=Service(driver))
    try:
        yield chrome
    finally:
        chrome.quit()


class AdminPages:
    """What a person does in the admin."""

    def __init__(self, chrome: webdriver.Chrome, url: str, downloads: Path) -> None:
        self.chrome, self.url, self.downloads = chrome, url, downloads
        self.wait = WebDriverWait(
            chrome, PATIENCE, ignored_exceptions=[StaleElementReferenceException]
        )

    def see(self, place: Place) -> WebElement:
        return self.wait.until(expected.visibility_of_element_located(place))

    def click(self, place: Place) -> None:
        self.wait.until(expected.element_to_be_clickable(place)).click()

    def read(self, text: str) -> None:
        """Wait until ``text`` stands on the page."""
        self.wait.until(expected.text_to_be_present_in_element((By.TAG_NAME, "body"), text))

    def open(self, page: str, heading: str) -> None:
        """Load a page afresh: from one form to another the admin keeps the old fields."""
        self.chrome.get("about:blank")
        self.chrome.get(f"{self.url}/admin/#/{page}")
        self.wait.until(lambda _: heading in self.headings())

    def headings(self) -> list[str]:
        return [each.text for each in self.chrome.find_elements(By.TAG_NAME, "h1")]

    def type(self, place: Place, text: str) -> None:
        box = self.see(place)
        box.clear()
        box.send_keys(text)

    def log_in(self, username: str, password: str, code: str = "") -> None:
        self.chrome.get(f"{self.url}/admin")
        self.type((By.NAME, "username"), username)
        self.type((By.NAME, "password"), password)
        self.click(uitest("login_button"))
        if code:
            self.read("MFA code required")
            self.type((By.CSS_SELECTOR, "input[placeholder='123456']"), code)
            self.click(uitest("login_button"))
        self.read("Home")

    def log_out(self) -> None:
        """Forget the session as a browser does that was closed."""
        self.chrome.delete_all_cookies()
        self.chrome.get("about:blank")

    def pick(self, name: str, text: str) -> None:
        """Choose the row shown as ``text`` for the foreign key ``name``."""
        picker = f"//input[@type='hidden' and @name='{name}']/.."
        self.click((By.XPATH, f"{picker}/input[@type='text']"))
        self.click((By.XPATH, f"{picker}//li/a[normalize-space()='{text}']"))

    def save(self, button: str, message: str) -> None:
        self.click(uitest(button))
        self.read(message)

    def cells(self, column: int) -> list[str]:
        """Return what stands in a column of the list, counted from 1 behind the checkbox.

        The page may draw the list once more while it is read; then it is read again.
        """
        self.see((By.CSS_SELECTOR, ".table_wrapper tbody tr"))
        place = (By.CSS_SELECTOR, f".table_wrapper tbody tr td:nth-child({column + 1})")
        return self.wait.until(
            lambda chrome: [cell.text for cell in chrome.find_elements(*place)] or False
        )

    def delete_row(self) -> None:
        """Delete the row whose form is open, and say yes."""
        self.click(uitest("drop_down_button"))
        self.click(uitest("delete_row_button"))
        self.wait.until(expected.alert_is_present()).accept()
        self.wait.until(expected.alert_is_present()).accept()

    def export(self, table: str) -> str:
        """Return the CSV of the list that is open."""
        self.click(uitest("csv_button"))
        self.click(uitest("download_csv_button"))
        file = self.downloads / f"{table}.csv"
        self.wait.until(lambda _: file.exists() and file.stat().st_size)
        return file.read_text()

    def violations(self) -> list[str]:
        """Return what the content security policy kept the pages from doing."""
        told = self.chrome.get_log("browser")  # type: ignore[no-untyped-call]
        return [line["message"] for line in told if "Content Security Policy" in line["message"]]
