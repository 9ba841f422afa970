"""Many changes at once, labels and comments."""

from __future__ import annotations

import asyncio
from typing import Any

from tests.plugins.todo.asking import TASKS, TODO, make, project, share, task, titles

BULK = f"{TASKS}/bulk"


async def test_a_bulk_happens_whole(ada: Any) -> None:
    house = await project(ada)
    ids = [(await task(ada, f"{n}"))["id"] for n in range(4)]
    items = [
        {"id": ids[0], "title": "x", "version": 1},
        {"id": ids[1], "project": house, "labels": ["a"]},
        {"id": ids[2], "action": "complete"},
        {"id": ids[3], "action": "delete"},
    ]
    told = (await ada.post(BULK, json={"tasks": items})).json()["tasks"]
    assert told[3] is None
    assert (told[0]["title"], told[1]["project"], told[2]["done"]) == ("x", house, True)
    assert sorted(await titles(ada)) == ["1", "2", "x"]


async def test_all_of_a_list_is_done_or_deleted_whichever_way_round_it_is_sent(ada: Any) -> None:
    parent = await task(ada, "Roof")
    child = await task(ada, "Tiles", parent=parent["id"])
    for ids in ((parent["id"], child["id"]), (child["id"], parent["id"])):
        for action in ("complete", "reopen", "delete"):
            items = [{"id": id, "action": action} for id in ids]
            answer = await ada.post(BULK, json={"tasks": items})
            assert answer.status_code == 200, answer.text
            if action != "delete":
                assert [each["id"] for each in answer.json()["tasks"]] == list(ids)
                assert {each["done"] for each in answer.json()["tasks"]} == {action == "complete"}
        assert await titles(ada) == []
        await ada.post(f"{TASKS}/{parent['id']}/restore")
        items = [{"id": id, "action": "delete", "version": 1} for id in ids]
        refused = await ada.post(BULK, json={"tasks": items})
        assert [each["path"] for each in refused.json()["errors"]] == ["$.tasks[0]", "$.tasks[1]"]
        assert sorted(await titles(ada)) == ["Roof", "Tiles"]


async def test_or_not_at_all_and_each_refusal_is_told(ada: Any, grace: Any) -> None:
    mine, hers = await task(ada, "mine"), await task(grace, "hers")
    items = [
        {"id": mine["id"], "title": "changed"},
        {"id": hers["id"], "title": "changed"},
        {"id": 2**31 - 1, "action": "complete"},
    ]
    answer = await ada.post(BULK, json={"tasks": items})
    assert (answer.status_code, answer.json()["code"]) == (422, "bulk_refused")
    assert [each["path"] for each in answer.json()["errors"]] == ["$.tasks[1]", "$.tasks[2]"]
    assert (await titles(ada), await titles(grace)) == (["mine"], ["hers"])


BAD_BULKS: list[Any] = [
    [],
    [{"id": 1}, {"id": 1}],
    [{"id": 1, "action": "complete", "title": "x"}],
    [{"id": 1, "action": "explode"}],
    [{"title": "x"}],
]


async def test_a_bad_bulk_is_refused(ada: Any) -> None:
    for items in BAD_BULKS:
        assert (await ada.post(BULK, json={"tasks": items})).status_code == 422, items


async def test_labels_are_words_on_tasks_and_in_my_list(ada: Any, grace: Any) -> None:
    made = await task(ada, "a", labels=["Errand", "errand", "straße"])
    assert made["labels"] == ["errand", "strasse"]
    await task(ada, "b", labels=["errands"])
    assert await titles(ada, label="ERRAND") == ["a"]
    listed = (await ada.get(f"{TODO}/labels?count=true")).json()
    assert [each["name"] for each in listed["items"]] == ["errand", "errands", "strasse"]
    assert (await grace.get(f"{TODO}/labels")).json()["items"] == []
    here = f"{TODO}/labels/{listed['items'][0]['id']}"
    assert (await ada.patch(here, json={"name": "errands"})).json()["code"] == "label_taken"
    assert (await ada.patch(here, json={"name": "Trip", "colour": "#00ff00"})).status_code == 200
    assert await titles(ada, label="trip") == ["a"]
    assert (await ada.delete(here)).status_code == 204
    assert (await ada.get(f"{TASKS}/{made['id']}")).json()["labels"] == ["strasse"]
    assert (await ada.post(f"{TODO}/labels", json={"name": "strasse"})).status_code == 409


BAD_LABELS = ["", "two words", "a,b", "#x", "x" * 51, "ß" * 50]
"""The last is of a hundred letters when it is kept."""


async def test_a_bad_label_is_refused(ada: Any) -> None:
    for label in BAD_LABELS:
        assert (await ada.post(TASKS, json={"title": "x", "labels": [label]})).status_code == 422, (
            label
        )
        assert (await ada.post(f"{TODO}/labels", json={"name": label})).status_code == 422, label


async def test_of_two_who_change_the_same_version_at_once_one_does(ada: Any) -> None:
    made = await task(ada, "a", labels=["x"])
    (label,) = (await ada.get(f"{TODO}/labels")).json()["items"]
    comment = await make(ada, f"{TASKS}/{made['id']}/comments", text="hm")
    for path, name in (
        (f"{TODO}/labels/{label['id']}", "name"),
        (f"{TASKS}/{made['id']}/comments/{comment['id']}", "text"),
        (f"{TODO}/preferences", "tz"),
    ):
        version = (await ada.get(path)).json()["version"]
        headers = {"if-match": f'"{version}"'}
        words = ("Etc/GMT+1", "Etc/GMT+2", "Etc/GMT+3")
        changes = [ada.patch(path, json={name: word}, headers=headers) for word in words]
        answers = await asyncio.gather(*changes)
        assert sorted(each.status_code for each in answers) == [200, 412, 412], path


async def test_what_two_change_of_my_preferences_at_once_is_all_kept(ada: Any) -> None:
    await asyncio.gather(
        ada.patch(f"{TODO}/preferences", json={"tz": "Asia/Tokyo"}),
        ada.patch(f"{TODO}/preferences", json={"morning": "07:00"}),
    )
    kept = (await ada.get(f"{TODO}/preferences")).json()
    assert kept == {"tz": "Asia/Tokyo", "morning": "07:00", "version": 2}


async def test_comments_are_written_by_editors_and_changed_by_who_wrote_them(
    ada: Any, grace: Any
) -> None:
    house = await project(ada)
    made = await task(ada, "Roof", project=house)
    path = f"{TASKS}/{made['id']}/comments"
    assert (await grace.post(path, json={"text": "hm"})).status_code == 404
    await share(ada, house, "grace")
    hers = await make(grace, path, text="hm")
    mine = await make(ada, path, text="well")
    assert (await ada.patch(f"{path}/{hers['id']}", json={"text": "x"})).status_code == 403
    assert (await grace.delete(f"{path}/{mine['id']}")).status_code == 403
    changed = await grace.patch(
        f"{path}/{hers['id']}", json={"text": "ah"}, headers={"if-match": '"1"'}
    )
    assert (changed.json()["text"], changed.json()["version"]) == ("ah", 2)
    texts = [each["text"] for each in (await grace.get(path)).json()["items"]]
    assert texts == ["ah", "well"]
    assert (await ada.delete(f"{path}/{hers['id']}")).status_code == 204


async def test_my_labels_cost_one_query(ada: Any, count_queries: Any) -> None:
    await task(ada, "a", labels=["x", "y"])
    count_queries()
    await ada.get(f"{TODO}/labels")
    assert len(count_queries()) == 1


async def test_the_search_finds_mine_and_what_is_shared(ada: Any, grace: Any) -> None:
    house = await project(ada)
    await task(ada, "Roof <b>tiles</b>", project=house, description="from the shop")
    await task(ada, "Other tiles")

    async def found(person: Any, words: str) -> list[Any]:
        answer = await person.get("/api/v1/search", params={"q": words, "plugins": "todo"})
        assert answer.status_code == 200, answer.text
        return [(each["title"], each["snippet"]) for each in answer.json()["items"]]

    assert await found(grace, "tiles") == []
    await share(ada, house, "grace", "viewer")
    assert await found(grace, "SHOP tiles") == [("Roof <b>tiles</b>", "from the <mark>shop</mark>")]
    assert len(await found(ada, "tiles")) == 2
    assert await found(ada, "100%") == []
