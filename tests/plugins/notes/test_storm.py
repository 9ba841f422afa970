"""Whatever many people do at once, each client keeps what is there, and nothing fails."""

from __future__ import annotations

import asyncio
import random
from typing import Any

from tests.plugins.notes.making import NOTEBOOKS, NOTES, SYNC, TAGS, note, notebook

AT_ONCE, EACH = 10, 18


class Storm:
    """People who do anything with the notes and notebooks of one of them."""

    def __init__(self, owner: Any, others: list[Any]) -> None:
        self.owner, self.others = owner, others
        self.notebooks: list[int] = []
        self.notes: list[int] = []
        self.members: list[str] = []
        self.failed: list[str] = []
        self.chance = random.Random(7)

    async def ask(self, who: Any, method: str, path: str, body: Any = None) -> Any:
        answer = await who.request(method, path, json=body)
        if answer.status_code >= 500:
            self.failed.append(f"{method} {path}: {answer.text}")
        return answer.json() if answer.status_code in (200, 201) else {}

    async def begin(self) -> None:
        for number in range(5):
            above = self.notebooks[-1] if number % 3 else None
            self.notebooks.append(await notebook(self.owner, f"{number}", above))
        for number in range(12):
            place = self.notebooks[number % 5]
            made = await note(self.owner, f"n{number}", notebook=place, tags=["x", "y"])
            self.notes.append(made["id"])

    async def go_on(self) -> None:
        for _ in range(EACH):
            await self.chance.choice(self.deeds())()

    def deeds(self) -> list[Any]:
        often = [self.edit, self.edit, self.add, self.move, self.drop, self.share, self.leave]
        return [*often, self.back, self.purge, self.rename, self.arrange, self.clear]

    def one(self) -> tuple[Any, str, int]:
        who = self.chance.choice([self.owner, self.owner, *self.others])
        return who, f"{NOTES}/{self.chance.choice(self.notes)}", self.chance.choice(self.notebooks)

    async def edit(self) -> None:
        who, here, _ = self.one()
        await self.ask(who, "PATCH", here, {"text": f"[[n1]] {self.chance.random()}"})

    async def add(self) -> None:
        who, _, place = self.one()
        body = {"title": "n1", "text": "[[n2]] [[n3]]", "notebook": place, "tags": ["y", "z"]}
        if made := await self.ask(who, "POST", NOTES, body):
            self.notes.append(made["id"])

    async def move(self) -> None:
        who, here, place = self.one()
        await self.ask(who, "PATCH", here, {"notebook": self.chance.choice([place, None])})

    async def drop(self) -> None:
        who, here, _ = self.one()
        await self.ask(who, "DELETE", here)

    async def back(self) -> None:
        who, here, _ = self.one()
        await self.ask(who, "POST", f"{here}/restore")

    async def purge(self) -> None:
        await self.ask(self.owner, "DELETE", f"{NOTES}/trash/{self.chance.choice(self.notes)}")

    async def share(self) -> None:
        here = f"{NOTEBOOKS}/{self.chance.choice(self.notebooks)}/members"
        body = {"username": self.chance.choice(["grace", "linus"]), "role": "editor"}
        if made := await self.ask(self.owner, "POST", here, body):
            self.members.append(f"{here}/{made['id']}")

    async def leave(self) -> None:
        if self.members:
            place = self.chance.randrange(len(self.members))
            await self.ask(self.owner, "DELETE", self.members.pop(place))

    async def rename(self) -> None:
        found = (await self.ask(self.owner, "GET", TAGS))["items"]
        tag = self.chance.choice(found)["id"]
        await self.ask(self.owner, "PATCH", f"{TAGS}/{tag}", {"name": self.chance.choice("uvw")})

    async def arrange(self) -> None:
        one, other = self.chance.choices(self.notebooks, k=2)
        await self.ask(self.owner, "PATCH", f"{NOTEBOOKS}/{one}", {"parent": other})

    async def clear(self) -> None:
        place = self.chance.randrange(len(self.notebooks))
        await self.ask(self.owner, "DELETE", f"{NOTEBOOKS}/{self.notebooks[place]}")
        self.notebooks[place] = await notebook(self.owner, "new")


async def followed(who: Any, known: dict[int, Any], since: str = "") -> str:
    """Sync until there is no more; return where to go on."""
    while True:
        query: dict[str, Any] = {"limit": 7} | ({"since": since} if since else {})
        told = (await who.get(SYNC, params=query)).json()
        for item in told["items"]:
            known.pop(item["id"], None)
            if item["note"] is not None:
                known[item["id"]] = item["note"]
        since = told["next"]
        if not told["more"]:
            return since


async def test_what_clients_keep_is_what_is_there_whatever_happens_at_once(
    ada: Any, grace: Any, people: Any
) -> None:
    linus = await people("linus")
    storm, raging = Storm(ada, [grace, linus]), True
    await storm.begin()

    async def follow(who: Any) -> dict[int, Any]:
        known: dict[int, Any] = {}
        since = ""
        while raging:
            since = await followed(who, known, since)
            await asyncio.sleep(0.02)
        await followed(who, known, since)
        return known

    following = [asyncio.create_task(follow(who)) for who in (ada, grace, linus)]
    await asyncio.gather(*(storm.go_on() for _ in range(AT_ONCE)))
    raging = False
    for who, kept in zip((ada, grace, linus), await asyncio.gather(*following), strict=True):
        there: dict[int, Any] = {}
        await followed(who, there)
        assert kept == there
        for listed in (await who.get(NOTES, params={"limit": 100})).json()["items"]:
            assert there[listed["id"]]["version"] == listed["version"]
    assert storm.failed == []
