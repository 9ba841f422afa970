"""Where short links are: under a prefix, or right behind the host."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from msgspec import structs

from core.plugins import PluginError
from core.testing import serving, sign_up
from plugins.shortener import place
from plugins.shortener.visits.buffer import buffer

from .conftest import LINKS, PERSON, add

PAGES = ("/", "/docs", "/openapi.json", "/problems", "/health/live", "/api/v1", "/account")


@pytest.mark.usefixtures("clock_stands_still")
async def test_at_the_root_links_hide_nothing_of_the_servers(
    tmp_path: Path, tenfold_environment: dict[str, str]
) -> None:
    environment = tenfold_environment | {
        "TENFOLD_ENABLED": "shortener",
        "TENFOLD_CORE__DATABASE": f"sqlite:///{tmp_path}/root.db",
        "TENFOLD_CORE__PUBLIC_URL": "https://go.example",
        "TENFOLD_CORE__TRUSTED_PROXIES": '["127.0.0.1"]',
        "TENFOLD_SHORTENER__PREFIX": "",
        "TENFOLD_SHORTENER__ANONYMOUS": "true",
        "TENFOLD_SHORTENER__COUNTRY_HEADER": "cf-ipcountry",
        "TENFOLD_SHORTENER__MISSES": "5/minute",
    }
    async with (
        serving(environment) as server,
        httpx.AsyncClient(timeout=60, base_url=server.url) as client,
    ):
        _, token = await sign_up(server, "ada")
        client.headers["authorization"] = f"Bearer {token}"
        link = await add(client, code="Spring-26")
        assert link["short_url"] == "https://go.example/Spring-26"
        answer = await client.get("/Spring-26", headers=PERSON | {"cf-ipcountry": "pt"})
        assert (answer.status_code, answer.headers["location"]) == (302, link["target"])
        assert (await client.head("/Spring-26", headers=PERSON)).status_code == 302
        for page in PAGES:
            assert (await client.get(page)).status_code == 200, page
        assert (await client.get("/nothing-here")).json()["code"] == "no_such_link"
        await buffer.flush()
        visits = (await client.get(f"{LINKS}/{link['id']}/visits")).json()["items"]
        assert {each["country"] for each in visits} == {"PT", ""}
        statuses = [
            (await client.get(f"/guess-{n}", headers={"x-forwarded-for": f"2001:db8:1:2::{n}"}))
            for n in range(1, 7)
        ]
        assert [each.status_code for each in statuses] == [404] * 5 + [429], "one network of IPv6"
        for network, status in (("2001:db8:1:2", 429), ("2001:db8:1:3", 302)):
            known = await client.get("/Spring-26", headers={"x-forwarded-for": f"{network}::9"})
            assert known.status_code == status
        own = await client.post(LINKS, json={"target": "https://GO.example/Spring-26"})
        assert own.json()["code"] == "bad_target"
        del client.headers["authorization"]
        made = await client.post("/api/v1/shortener/shorten", json={"target": "https://a.example"})
        assert made.status_code == 201
        assert made.headers["location"] == made.json()["short_url"]
        assert (await client.get(f"/{made.json()['code']}")).status_code == 302


async def test_nobody_but_a_trusted_proxy_tells_the_country(ada: Any, client: Any) -> None:
    link, before = await add(ada), place.here()
    named = structs.replace(before.settings, country_header="cf-ipcountry")
    with place.used(replace(before, settings=named)):
        await client.get(f"/s/{link['code']}", headers=PERSON | {"cf-ipcountry": "PT"})
    await buffer.flush()
    visits = (await ada.get(f"{LINKS}/{link['id']}/visits")).json()["items"]
    assert [each["country"] for each in visits] == [""]


async def test_a_prefix_that_is_taken_is_refused(
    tmp_path: Path, tenfold_environment: dict[str, str]
) -> None:
    environment = tenfold_environment | {
        "TENFOLD_ENABLED": "shortener",
        "TENFOLD_CORE__DATABASE": f"sqlite:///{tmp_path}/taken.db",
        "TENFOLD_SHORTENER__PREFIX": "/docs",
    }
    with pytest.raises(PluginError, match="/docs is taken"):
        async with serving(environment):
            pass


async def test_answers_at_short_addresses_have_the_headers_of_all_answers(
    ada: Any, client: Any
) -> None:
    link = await add(ada)
    for path in (f"/s/{link['code']}", f"/s/{link['code']}+", "/s/nothing-here"):
        for accept in ("text/html", "*/*"):
            answer = await client.get(path, headers=PERSON | {"accept": accept})
            assert answer.headers["x-request-id"]
            assert answer.headers["x-content-type-options"] == "nosniff"
            assert answer.headers["referrer-policy"] == "no-referrer"
            assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
            assert answer.headers["cache-control"] == "no-store"
