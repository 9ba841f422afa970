"""What a version of a link says: that it was changed; not how often it was followed."""

from __future__ import annotations

from typing import Any

from plugins.shortener.visits.buffer import buffer

from .conftest import LINKS, add, visit

FIELDS = "target title tags redirect forward_query valid_from valid_until max_visits enabled"


async def test_what_is_so_already_is_not_changed(ada: Any) -> None:
    link = await add(
        ada,
        "https://example.com/?utm_source=x",
        title="Spring",
        tags=["a"],
        valid_until="2098-01-01T00:00:00+01:00",
    )
    here = f"{LINKS}/{link['id']}"
    bodies: list[Any] = [{}, {"utm": {}}, {"utm": {"source": "x"}}, {"password": None}]
    bodies += [{name: link[name]} for name in FIELDS.split()]
    for body in bodies:
        answer = await ada.patch(here, json=body, headers={"if-match": '"1"'})
        assert (answer.status_code, answer.json()) == (200, link), body
        stale = await ada.patch(here, json=body, headers={"if-match": '"9"'})
        assert stale.status_code == 412, body
    rules = await ada.put(f"{here}/rules", json={"rules": []}, headers={"if-match": '"1"'})
    assert rules.json() == {"rules": [], "version": 1}
    assert (await ada.patch(here, json={"title": "Autumn"})).json()["version"] == 2


async def test_who_knows_a_version_still_hears_of_new_visits(ada: Any, client: Any) -> None:
    link = await add(ada)
    here = f"{LINKS}/{link['id']}"
    known = (await ada.get(here)).headers["etag"]
    await visit(client, link["code"])
    await buffer.flush()
    read = await ada.get(here, headers={"if-none-match": known})
    assert (read.status_code, read.json()["visits"]) == (200, 1)
    changed = await ada.patch(here, json={"title": "x"}, headers={"if-match": known})
    assert changed.status_code == 200
