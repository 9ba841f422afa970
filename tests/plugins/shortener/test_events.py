"""Each event is written down for webhooks in the transaction of the change it tells of."""

from __future__ import annotations

from typing import Any

import pytest

from plugins.shortener import events
from plugins.shortener.reports import service
from plugins.shortener.tables import Link, Report
from tests.core.webhooks.events import names_in, watching

from .conftest import LINKS, add

REPORTS = "/api/v1/shortener/reports"


async def test_every_event_is_delivered_from_inside_its_transaction(
    admin: Any, ada: Any, client: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    webhook = await watching(monkeypatch, admin, "shortener.*")
    links = [{"target": "https://example.com/a"}, {"target": "https://example.com/b"}]
    await ada.post(f"{LINKS}/bulk", json={"links": links})
    bad, other = await add(ada), await add(ada)
    await client.post(REPORTS, json={"code": bad["code"], "reason": "spam"})
    (report,) = await Report.select(Report.id)
    await service.ban(report["id"])
    await ada.delete(f"{LINKS}/{other['id']}")
    assert await webhook.told() == names_in(events)


async def test_what_cannot_be_told_does_not_happen(
    admin: Any, ada: Any, client: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    webhook = await watching(monkeypatch, admin, "shortener.*")
    link = await add(ada)
    await webhook.refused(ada.post(LINKS, json={"target": "https://example.com/other"}))
    await webhook.refused(ada.delete(f"{LINKS}/{link['id']}"))
    await webhook.refused(client.post(REPORTS, json={"code": link["code"], "reason": "spam"}))
    with pytest.raises(RuntimeError):
        webhook.failing = True
        await service.ban_link(link["id"])
    assert await Report.count() == 0
    assert [row["banned"] for row in await Link.select(Link.banned)] == [False]
