"""The delta sync: nothing is missed, nothing is done twice."""

from __future__ import annotations

import asyncio
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

from core import transaction
from plugins.todo.tables import Project, Task
from tests.plugins.todo.asking import PROJECTS, TASKS, TODO, project, share, task

SYNC = f"{TODO}/sync"
KINDS = ("projects", "tasks", "comments", "labels", "reminders")


def command(type: str, temp_id: str | None = None, **args: Any) -> dict[str, Any]:
    made = {"uuid": str(uuid.uuid4()), "type": type, "args": args}
    return made | ({"temp_id": temp_id} if temp_id else {})


async def sync(person: Any, **body: Any) -> Any:
    answer = await person.post(SYNC, json=body)
    assert answer.status_code == 200, answer.text
    return answer.json()


class Replica:
    """What a client holds that is told of changes only."""

    def __init__(self, person: Any, limit: int = 200) -> None:
        self.person, self.limit = person, limit
        self.cursor: str | None = None
        self.pages = 0
        self.full = False
        """Whether the last pull began with everything."""
        self.held: dict[str, dict[int, Any]] = {kind: {} for kind in KINDS}

    async def pull(self, *commands: Any) -> Any:
        self.full = False
        while True:
            body = {"limit": self.limit, "commands": list(commands)}
            if self.cursor is not None:
                body["since"] = self.cursor
            told = await sync(self.person, **body)
            self.pages += 1
            if told["full"]:
                self.full = True
                self.held = {kind: {} for kind in KINDS}
            for kind in KINDS:
                self.held[kind] |= {each["id"]: each for each in told[kind]}
                for id in told["gone"][kind]:
                    self.held[kind].pop(id, None)
            for id in told["gone"]["projects"]:
                tasks = self.held["tasks"]
                self.held["tasks"] = {k: v for k, v in tasks.items() if v["project"] != id}
            self.cursor, commands = told["cursor"], ()
            if not told["more"]:
                return told

    def titles(self) -> list[str]:
        return sorted(each["title"] for each in self.held["tasks"].values())


async def test_a_client_is_told_everything_then_what_changed(ada: Any) -> None:
    await task(ada, "before")
    client = Replica(ada)
    assert (await client.pull())["full"] is True
    assert client.titles() == ["before"]
    assert [each["inbox"] for each in client.held["projects"].values()] == [True]
    house = await project(ada)
    roof = await task(ada, "Roof", project=house)
    await ada.post(f"{TASKS}/{roof['id']}/comments", json={"text": "hm"})
    await ada.patch(f"{TASKS}/{roof['id']}", json={"labels": ["x"]})
    told = await client.pull()
    assert told["full"] is False
    assert client.titles() == ["Roof", "before"]
    assert client.held["tasks"][roof["id"]]["labels"] == ["x"]
    assert [each["text"] for each in client.held["comments"].values()] == ["hm"]
    assert [each["name"] for each in client.held["labels"].values()] == ["x"]
    told = await client.pull()
    assert [told[kind] for kind in KINDS] == [[]] * 5
    await ada.delete(f"{TASKS}/{roof['id']}")
    await client.pull()
    assert client.titles() == ["before"]
    await ada.post(f"{TASKS}/{roof['id']}/restore")
    await ada.delete(f"{PROJECTS}/{house}")
    await client.pull()
    assert (client.titles(), len(client.held["projects"])) == (["before"], 1)


async def test_a_project_that_is_shared_comes_whole_and_goes_whole(ada: Any, grace: Any) -> None:
    house = await project(ada)
    await task(ada, "Roof", project=house)
    client = Replica(grace)
    await client.pull()
    member = await share(ada, house, "grace")
    await client.pull()
    assert client.titles() == ["Roof"]
    other = await task(ada, "Elsewhere")
    moved = await task(ada, "Moved", project=house)
    await client.pull()
    assert client.titles() == ["Moved", "Roof"]
    await ada.post(f"{TASKS}/{moved['id']}/move", json={"project": other["project"]})
    await client.pull()
    assert client.titles() == ["Roof"]
    await ada.delete(f"{PROJECTS}/{house}/members/{member['id']}")
    await client.pull()
    assert client.titles() == []
    assert house not in client.held["projects"]


async def test_what_i_am_in_a_project_is_told_when_it_changes(ada: Any, grace: Any) -> None:
    house = await project(ada)
    member = await share(ada, house, "grace", "viewer")
    client = Replica(grace)
    await client.pull()
    assert client.held["projects"][house]["role"] == "viewer"
    here = f"{PROJECTS}/{house}/members/{member['id']}"
    await ada.patch(here, json={"role": "editor"})
    await client.pull()
    assert client.held["projects"][house]["role"] == "editor"


async def test_a_command_sent_twenty_times_acts_once(ada: Any) -> None:
    add = command("task_add", "t1", title="Milk")
    answers = await asyncio.gather(*(sync(ada, commands=[add]) for _ in range(20)))
    told = [answer["commands"][add["uuid"]] for answer in answers]
    assert told == [told[0]] * 20
    assert told[0]["status"] == "ok"
    assert {answer["ids"]["t1"] for answer in answers} == {told[0]["id"]}
    assert len((await ada.get(TASKS)).json()["items"]) == 1


async def test_temporary_ids_are_good_in_the_same_request_and_later(ada: Any) -> None:
    told = await sync(
        ada,
        commands=[
            command("project_add", "p", name="House"),
            command("task_add", "t", title="Roof", project="p"),
            command("task_add", "c", title="Tiles", parent="t"),
            command("comment_add", "m", task="t", text="hm"),
        ],
    )
    assert [each["status"] for each in told["commands"].values()] == ["ok"] * 4
    (child,) = [each for each in told["tasks"] if each["title"] == "Tiles"]
    assert (child["project"], child["parent"]) == (told["ids"]["p"], told["ids"]["t"])
    done = command("task_complete", id="t", children=True)
    later = await sync(ada, since=told["cursor"], commands=[done])
    assert later["commands"][done["uuid"]]["status"] == "ok"
    assert {each["title"]: each["done"] for each in later["tasks"]} == {"Roof": True, "Tiles": True}


async def test_each_command_has_its_own_status(ada: Any, grace: Any) -> None:
    hers = await task(grace)
    mine = await task(ada, "mine")
    commands = [
        command("task_update", id=hers["id"], title="x"),
        command("task_update", id=mine["id"], title="y", version=7),
        command("task_update", id=mine["id"], title=1),
        command("task_update", id=mine["id"], surely_unknown=1),
        command("task_update", id="nothing", title="x"),
        command("task_update", title="x"),
        command("task_add", title="x", project=2**40),
        command("reminder_delete", id=1, task=mine["id"]),
        command("task_update", id=mine["id"], title="y", version=0),
        command("task_update", id=mine["id"], title="z", version=1),
    ]
    told = (await sync(ada, commands=commands))["commands"]
    codes = [told[each["uuid"]].get("code") for each in commands]
    assert codes == [
        *("not_found", "precondition_failed", "invalid", "invalid", "not_found", "invalid"),
        *("invalid", "not_found", "invalid", None),
    ]
    assert (await sync(ada, commands=commands))["commands"] == told
    assert (await ada.get(f"{TASKS}/{mine['id']}")).json()["title"] == "z"


FIVE_THOUSAND = (
    "WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 5000)"
    ' INSERT INTO todo_task (owner, project, title, description, done, priority, labels, "order",'
    " created_at, updated_at, version) SELECT owner, project, CAST(n AS TEXT), '', done, 0, '',"
    ' "order", created_at, updated_at, 1 FROM numbers, todo_task WHERE project = {}'
)


async def test_five_thousand_changes_come_in_pages(ada: Any) -> None:
    inbox = (await task(ada, "first"))["project"]
    client = Replica(ada, limit=500)
    await client.pull()
    await Task.raw(FIVE_THOUSAND, inbox)
    client.pages = 0
    await client.pull()
    assert len(client.held["tasks"]) == 5001
    assert 10 <= client.pages <= 12
    whole = Replica(ada, limit=500)
    await whole.pull()
    assert whole.held["tasks"].keys() == client.held["tasks"].keys()


async def test_nothing_is_missed_while_others_write(ada: Any) -> None:
    """Transactions that commit in another order than they took their numbers."""
    inbox = (await task(ada, "first"))["project"]
    client = Replica(ada, limit=7)
    await client.pull()
    writing = True

    async def write(number: int) -> None:
        for count in range(8):
            async with transaction():
                now = datetime.now(UTC)
                row = Task(
                    owner=ada.id,
                    project=inbox,
                    title=f"{number} {count}",
                    order="a0",
                    created_at=now,
                    updated_at=now,
                )
                await Task.insert(row)
                await asyncio.sleep(0.001 * ((number * 7 + count) % 5))

    async def follow() -> None:
        while writing:
            await client.pull()

    following = asyncio.create_task(follow())
    await asyncio.gather(*(write(number) for number in range(6)))
    writing = False
    await following
    await client.pull()
    assert len(client.titles()) == 49


async def test_who_was_away_too_long_reads_everything(ada: Any, monkeypatch: Any) -> None:
    client = Replica(ada)
    await client.pull()
    future = (datetime.now(UTC) + timedelta(days=40)).timestamp()
    monkeypatch.setattr("plugins.todo.service.sync.time.time", lambda: future)
    assert (await client.pull())["full"] is True


async def test_who_has_gained_very_many_projects_reads_everything(
    ada: Any, monkeypatch: Any
) -> None:
    monkeypatch.setattr("plugins.todo.service.sync.MOST_PROJECTS", 2)
    client = Replica(ada, limit=2)
    await client.pull()
    for count, full in ((2, False), (3, True)):
        for number in range(count):
            await project(ada, f"{number}")
        await client.pull()
        assert client.full is full
    assert len(client.held["projects"]) == 6


BAD_CURSORS = ["x", "W10", "é", "eyJ9", "WyIxOjI6IiwiIiwxLDFd" * 2]


async def test_a_bad_cursor_is_refused(ada: Any) -> None:
    for since in BAD_CURSORS:
        assert (await ada.post(SYNC, json={"since": since})).status_code == 422, since


async def test_a_cursor_of_another_database_reads_everything(ada: Any) -> None:
    from plugins.todo.service.sync import Cursor, _encode

    now = int(datetime.now(UTC).timestamp())
    for since in ("99999999999", "99999999999:99999999999:", "1", "1:1:"):
        for until in ("", since):
            cursor = _encode(Cursor(since, until, now, now, last=2**62, moment=2**62))
            await sync(ada, since=cursor)
            if len(since) > 4:
                assert (await sync(ada, since=cursor))["full"] is True
    for since in ("0:0:", "5:1:", "1:9:8,3", "1:9:3,3", "1:9:12", f"{2**62}", "1:9:a", "\u0663"):
        cursor = _encode(Cursor(since, "", now, now))
        assert (await ada.post(SYNC, json={"since": cursor})).status_code == 422, since


async def test_who_may_only_read_sends_no_commands(ada: Any, server: Any) -> None:
    key = await ada.post(
        "/api/v1/auth/api-keys", json={"name": "robot", "permissions": ["todo.read"]}
    )
    assert key.status_code == 201, key.text
    headers = {"authorization": f"Bearer {key.json()['key']}"}
    add = command("task_add", title="x")
    assert (await ada.post(SYNC, json={"commands": [add]}, headers=headers)).status_code == 403
    assert (await ada.post(SYNC, json={}, headers=headers)).status_code == 200


async def test_deleting_an_account_takes_its_projects_from_others(ada: Any, grace: Any) -> None:
    from plugins.todo import personal

    house = await project(ada)
    await task(ada, "Roof", project=house)
    await share(ada, house, "grace")
    client = Replica(grace)
    await client.pull()
    assert client.titles() == ["Roof"]
    async with transaction():
        await personal.delete(ada.id)
    await client.pull()
    assert client.titles() == []
    assert not await Project.exists().where(Project.owner == ada.id)
