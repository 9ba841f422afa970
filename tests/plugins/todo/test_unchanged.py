"""A change that changes nothing is none: no version, no event, nothing to sync or to undo."""

from __future__ import annotations

from typing import Any

import pytest

from plugins.todo.tables import Change
from tests.core.webhooks.events import watching
from tests.plugins.todo.asking import PROJECTS, TASKS, TODO, make, project, share, task


async def things(ada: Any) -> dict[str, str]:
    """Make one of each, and return where they are."""
    house = await project(ada)
    due = {"date": "2030-01-31", "time": "09:00", "tz": "Europe/Berlin"}
    rule = {"rule": "FREQ=DAILY", "from": "due"}
    parent = await task(ada, "Roof", project=house)
    made = await task(
        ada, "Tiles", parent=parent["id"], labels=["a", "b"], due=due, recurrence=rule
    )
    here = f"{TASKS}/{made['id']}"
    comment = await make(ada, f"{here}/comments", text="hm")
    label = (await ada.get(f"{TODO}/labels")).json()["items"][0]
    member = await share(ada, house, "grace")
    await ada.patch(f"{TODO}/preferences", json={"tz": "Asia/Tokyo"})
    return {
        "task": here,
        "project": f"{PROJECTS}/{house}",
        "comment": f"{here}/comments/{comment['id']}",
        "label": f"{TODO}/labels/{label['id']}",
        "member": f"{PROJECTS}/{house}/members/{member['id']}",
        "preferences": f"{TODO}/preferences",
    }


FIELDS = {
    "task": "title description priority project parent labels due recurrence",
    "project": "name colour archived",
    "comment": "text",
    "label": "name colour",
    "member": "role",
    "preferences": "tz morning",
}
"""What may be changed of each."""


@pytest.mark.usefixtures("grace")
async def test_what_is_so_already_is_not_changed(
    admin: Any, ada: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    places = await things(ada)
    webhook = await watching(monkeypatch, admin, "todo.*")
    before = await Change.count()
    for kind, path in places.items():
        now = await shown(ada, path)
        fields = FIELDS[kind].split()
        bodies: list[Any] = [{}, *({name: now[name]} for name in fields)]
        bodies.append({name: now[name] for name in fields})
        for body in bodies:
            answer = await ada.patch(path, json=body, headers={"if-match": f'"{now["version"]}"'})
            assert (answer.status_code, answer.json()) == (200, now), (kind, body)
            assert "undo" not in answer.headers
            stale = await ada.patch(path, json=body, headers={"if-match": '"99"'})
            assert stale.status_code == 412, (kind, body)
    assert await Change.count() == before
    assert await webhook.told() == set()


async def shown(person: Any, path: str) -> Any:
    """Return a thing; a member is only in the list."""
    answer = await person.get(path)
    if answer.status_code != 405:
        return answer.json()
    listed = (await person.get(path.rpartition("/")[0])).json()["items"]
    return next(each for each in listed if path.endswith(f"/{each['id']}"))


async def test_a_move_to_where_something_is_already_is_none(ada: Any) -> None:
    house = await project(ada)
    other = await project(ada, "Other")
    first, second, third = [await task(ada, name, project=house) for name in "abc"]
    moves: list[tuple[Any, Any]] = [
        (second, {"after": first["id"]}),
        (second, {"before": third["id"]}),
        (second, {"after": second["id"]}),
        (first, {"before": second["id"]}),
        (third, {"after": second["id"]}),
        (third, {}),
        (third, {"project": house}),
    ]
    before = await Change.count()
    for moving, body in moves:
        answer = await ada.post(f"{TASKS}/{moving['id']}/move", json=body)
        assert answer.json() == moving, body
    stays: list[tuple[int, Any]] = [
        (other, {}),
        (other, {"after": house}),
        (house, {"before": other}),
        (house, {"after": house}),
    ]
    for id, body in stays:
        answer = await ada.post(f"{PROJECTS}/{id}/move", json=body)
        assert (answer.status_code, answer.json()["version"]) == (200, 1), body
    assert await Change.count() == before
    real: list[tuple[Any, Any]] = [(first, {"after": third["id"]}), (second, {})]
    for moving, body in real:
        answer = await ada.post(f"{TASKS}/{moving['id']}/move", json=body)
        assert answer.json()["version"] == 2, body
    listed = (await ada.get(TASKS, params={"project": house, "sort": "order"})).json()["items"]
    assert [each["title"] for each in listed] == ["c", "a", "b"]


async def test_who_may_not_change_something_may_not_leave_it_either(ada: Any, grace: Any) -> None:
    house = await project(ada)
    made = await task(ada, "Roof", project=house)
    here = f"{TASKS}/{made['id']}"
    bodies: list[Any] = [{}, {"title": "Roof"}, {"labels": []}]
    for body in bodies:
        assert (await grace.patch(here, json=body)).status_code == 404
    assert (await grace.patch(f"{PROJECTS}/{house}", json={})).status_code == 404
    await share(ada, house, "grace", "viewer")
    for body in bodies:
        assert (await grace.patch(here, json=body)).status_code == 403
    assert (await grace.patch(f"{PROJECTS}/{house}", json={})).status_code == 403
