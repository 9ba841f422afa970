"""What is put on the blocklist leads nowhere any more, and leads on once it is taken off it."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from msgspec import structs

from plugins.shortener import place
from plugins.shortener.links import blocklist
from plugins.shortener.public.finding import found
from plugins.shortener.reports.blocking import Marking
from tests.core.admin.conftest import enter, staff

from .conftest import BROWSER, LINKS, add, visit

__all__ = ["enter", "staff"]


class Blocklist:
    """A file that workers of this process go by."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.marking = Marking(str(file))

    def put(self, *lines: str) -> None:
        """Write the file, and let what workers have in memory come to its end."""
        self.file.write_text("\n".join(lines))
        self.forget()

    def forget(self) -> None:
        """Let the time of what workers have in memory pass."""
        found.clear()
        name, _, domains = blocklist._latest
        blocklist._latest = (name, 0.0, domains)


@pytest.fixture
def listed(server: Any, tmp_path: Path) -> Iterator[Blocklist]:
    """Return a blocklist that has nothing on it yet."""
    before = place.here()
    file = tmp_path / "bad.txt"
    file.write_text("")
    settings = structs.replace(before.settings, blocklist=str(file))
    with place.used(place.place_of(before.url, settings)):
        yield Blocklist(file)
    found.clear()


async def test_a_link_leads_nowhere_as_long_as_its_target_is_listed(
    ada: Any, client: Any, listed: Blocklist
) -> None:
    bad = await add(ada, "https://www.evil.example:8443/x?y#z")
    good = await add(ada, "https://devil.example/x")
    for _ in range(2):
        assert (await visit(client, bad["code"])).status_code == 302
        listed.put("evil.example")
        gone = await visit(client, bad["code"])
        assert (gone.status_code, gone.json()["code"]) == (410, "link_gone")
        assert "location" not in gone.headers
        page = await client.get(f"/s/{bad['code']}+", headers=BROWSER)
        assert (page.status_code, "evil.example" in page.text) == (410, False)
        assert (await visit(client, good["code"])).status_code == 302
        listed.put("")


async def test_so_does_one_whose_rules_lead_there(ada: Any, client: Any, listed: Blocklist) -> None:
    link = await add(ada)
    rules = {"rules": [{"target": "https://evil.example/", "languages": ["fr"]}]}
    assert (await ada.put(f"{LINKS}/{link['id']}/rules", json=rules)).status_code == 200
    listed.put("0.0.0.0 evil.example")
    assert (await visit(client, link["code"])).status_code == 410
    await ada.put(f"{LINKS}/{link['id']}/rules", json={"rules": []})
    assert (await visit(client, link["code"])).status_code == 302


async def test_neither_password_nor_maximum_is_a_way_around_it(
    ada: Any, client: Any, listed: Blocklist
) -> None:
    locked = await add(ada, "https://evil.example/", password="open sesame")
    few = await add(ada, "https://evil.example/", max_visits=1)
    listed.put("evil.example")
    assert (await visit(client, locked["code"])).status_code == 410
    typed = await client.post(f"/s/{locked['code']}", data={"password": "open sesame"})
    assert typed.status_code == 410
    assert (await visit(client, few["code"])).status_code == 410
    listed.put("")
    assert (await visit(client, few["code"])).status_code == 302, "none was used up meanwhile"


async def test_who_owns_a_link_and_staff_see_that_it_is_off(
    ada: Any, client: Any, staff: Any, listed: Blocklist
) -> None:
    bad, good = await add(ada, "https://evil.example/"), await add(ada)
    here = f"{LINKS}/{bad['id']}"
    listed.put("evil.example")
    await listed.marking.mark_changes()
    read = await ada.get(here)
    assert (read.json()["blocked"], read.headers["etag"]) == (True, '"2"')
    assert (await ada.get(f"{LINKS}/{good['id']}")).json()["blocked"] is False
    rows = (await staff.get("api/tables/shortener_link/?blocked=true")).json()["rows"]
    assert [each["code"] for each in rows] == [bad["code"]]
    await listed.marking.mark_changes()
    assert (await ada.get(here)).json()["version"] == 2, "nothing has changed since"
    listed.put("")
    await listed.marking.mark_changes()
    read = (await ada.get(here)).json()
    assert (read["blocked"], read["version"]) == (False, 3)
    await Marking("").mark_changes()


async def test_what_is_marked_is_told_to_workers_that_hold_the_link(
    ada: Any, client: Any, listed: Blocklist
) -> None:
    link = await add(ada, "https://evil.example/")
    assert (await visit(client, link["code"])).status_code == 302
    listed.file.write_text("evil.example")
    blocklist._latest = ("", 0.0, None)
    await listed.marking.mark_changes()
    assert (await visit(client, link["code"])).status_code == 410


async def test_another_target_clears_the_mark(ada: Any, client: Any, listed: Blocklist) -> None:
    link = await add(ada, "https://evil.example/")
    listed.put("evil.example")
    await listed.marking.mark()
    here = f"{LINKS}/{link['id']}"
    refused = await ada.patch(here, json={"target": "https://evil.example/2"})
    assert refused.json()["code"] == "blocked_target"
    changed = (await ada.patch(here, json={"target": "https://example.com/"})).json()
    assert changed["blocked"] is False
    assert (await visit(client, link["code"])).status_code == 302


async def test_while_the_list_is_away_links_are_as_they_were_known_to_be(
    ada: Any, client: Any, listed: Blocklist
) -> None:
    bad, good = await add(ada, "https://evil.example/"), await add(ada)
    listed.put("evil.example")
    await listed.marking.mark_changes()
    listed.file.unlink()
    for known in (True, False):  # by a worker, and after its start by nobody
        listed.forget()
        blocklist._latest = blocklist._latest if known else ("", 0.0, None)
        await listed.marking.mark_changes()
        assert (await visit(client, bad["code"])).status_code == 410
        assert (await visit(client, good["code"])).status_code == 302
    assert (await ada.post(LINKS, json={"target": "https://example.com"})).status_code == 503


async def test_all_links_are_marked_by_few_statements(
    ada: Any, listed: Blocklist, count_queries: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("plugins.shortener.reports.blocking.PORTION", 5)
    bodies = [{"target": f"https://{name}.example/"} for name in "abcdefghijkl"]
    await ada.post(f"{LINKS}/bulk", json={"links": bodies})
    listed.put(*(f"{name}.example" for name in "abcdef"))
    count_queries()
    await listed.marking.mark()
    assert len(count_queries()) <= 20
    marked = (await ada.get(f"{LINKS}?limit=100")).json()["items"]
    assert sum(each["blocked"] for each in marked) == 6


def test_a_hosts_file_may_name_several_and_in_any_letters(tmp_path: Path) -> None:
    file = tmp_path / "hosts"
    file.write_text(
        "0.0.0.0 a.example b.example # both\n::1 c.example\n*.D.example.\n"
        "bücher.example\n8.8.4.4\n\n# e.example\n"
    )
    domains = blocklist.blocked(str(file))
    for host in ("a", "b", "x.c", "d", "xn--bcher-kva"):
        assert blocklist.lead_to(domains, f"https://{host}.example/"), host
    assert blocklist.lead_to(domains, "http://8.8.4.4:8080/")
    for host in ("e.example", "example", "aa.example", "[2606:4700::1111]:8443"):
        assert not blocklist.lead_to(domains, f"https://{host}/"), host


def test_a_list_that_is_written_on_within_the_same_moment_is_read_again(tmp_path: Path) -> None:
    file = tmp_path / "half.txt"
    file.write_text("evil.example\n")
    moment = file.stat().st_mtime_ns
    assert blocklist.blocked(str(file)) == {"evil.example"}
    file.write_text("evil.example\nworse.example\n")
    os.utime(file, ns=(moment, moment))
    assert blocklist.blocked(str(file)) == {"evil.example", "worse.example"}


def test_a_long_list_costs_a_redirect_nothing(tmp_path: Path) -> None:
    file = tmp_path / "long"
    file.write_text("\n".join(f"host-{number}.example" for number in range(100_000)))
    settings = structs.replace(place.here().settings, blocklist=str(file))
    with place.used(place.place_of(place.here().url, settings)):
        blocklist.leads_there("https://example.com/")
        began = time.process_time()
        for _ in range(1000):
            blocklist.leads_there("https://www.example.com/x")
        assert time.process_time() - began < 0.05
