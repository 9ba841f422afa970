"""Bad links are reported by anybody and banned by staff."""

from __future__ import annotations

from typing import Any

import pytest

from core.auth.tables import RolePermission
from plugins.shortener.reports import service
from plugins.shortener.tables import Report

from .conftest import LINKS, add, visit

REPORTS = "/api/v1/shortener/reports"


async def test_a_link_is_reported_by_anybody_and_listed_for_staff_alone(
    ada: Any, client: Any
) -> None:
    link = await add(ada)
    report = {"code": link["code"], "reason": "phishing", "text": "It asks for my PIN."}
    assert (await client.post(REPORTS, json=report)).status_code == 202
    assert (await ada.get(REPORTS)).status_code == 403
    assert (await client.get(REPORTS)).status_code == 401
    unknown = {"code": "not-there-at-all", "reason": "spam"}
    assert (await client.post(REPORTS, json=unknown)).status_code == 404
    assert await Report.count() == 1


async def test_a_ban_is_seen_at_once_and_can_be_lifted(ada: Any, client: Any) -> None:
    link = await add(ada)
    assert (await visit(client, link["code"])).status_code == 302
    await client.post(REPORTS, json={"code": link["code"], "reason": "malware"})
    (report,) = await Report.select(Report.id)
    await service.ban(report["id"])
    gone = await visit(client, link["code"])
    assert (gone.status_code, gone.json()["code"]) == (410, "link_gone")
    assert (await visit(client, f"{link['code']}+")).status_code == 410
    here = f"{LINKS}/{link['id']}"
    assert (await ada.patch(here, json={"enabled": True})).json()["banned"] is True
    assert (await visit(client, link["code"])).status_code == 410
    assert await Report.count() == 0
    await service.lift(link["code"])
    assert (await visit(client, link["code"])).status_code == 302
    assert (await ada.get(here, headers={"if-none-match": '"3"'})).json()["banned"] is False


@pytest.mark.usefixtures("server")
async def test_nobody_may_moderate_unless_their_role_says_so() -> None:
    given = RolePermission.permission == "shortener.moderate"
    assert not await RolePermission.exists().where(given, RolePermission.role.name == "user")
