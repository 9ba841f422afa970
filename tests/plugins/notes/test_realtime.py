"""Who may not see a note any more hears nothing more of it."""

from __future__ import annotations

from typing import Any

from tests.core.realtime.conftest import Talking, socket
from tests.patience import within
from tests.plugins.notes.making import NOTEBOOKS, NOTES, TAGS, change, member, note, notebook


async def until(here: Talking, kind: str) -> Any:
    """Wait for a message of a kind, two seconds at most."""
    async with within(2):
        while (message := await here.get())["type"] != kind:
            pass
    return message


async def test_a_member_hears_of_changes_until_the_share_is_revoked(
    server: Any, ada: Any, grace: Any
) -> None:
    book = await notebook(ada)
    made = await note(ada, notebook=book)
    id = await member(ada, book, "grace")
    channel = f"notes.note:{made['id']}"
    async with socket(server, grace) as here:
        *_, answer = await here.subscribe(channel)
        assert answer["type"] == "subscribed"
        await change(ada, made["id"], text="wheat")
        assert (await until(here, "message"))["channel"] == channel
        assert (await ada.delete(f"{NOTEBOOKS}/{book}/members/{id}")).status_code == 204
        assert (await until(here, "unsubscribed"))["channel"] == channel
        await change(ada, made["id"], text="a secret")
        *_, answer = await here.subscribe(channel)
        assert answer["type"] == "refused"


async def test_another_device_hears_of_notebooks_and_tags(
    server: Any, ada: Any, grace: Any
) -> None:
    book = await notebook(ada)
    async with socket(server, grace) as here:
        await here.subscribe(f"notes.user:{grace.id}")
        id = await member(ada, book, "grace")
        asks = [
            ada.patch(f"{NOTEBOOKS}/{book}", json={"name": "Cakes"}),
            ada.post(NOTEBOOKS, json={"name": "Pies", "parent": book}),
            ada.delete(f"{NOTEBOOKS}/{book}/members/{id}"),
            grace.post(TAGS, json={"name": "kitchen"}),
        ]
        for ask in asks:
            assert (await ask).is_success
        kinds = [(await until(here, "message"))["data"]["kind"] for _ in range(5)]
    assert kinds == [*["notebooks"] * 4, "tags"]


async def test_a_note_that_leaves_the_shared_notebook_leaves_the_open_sockets(
    server: Any, ada: Any, grace: Any
) -> None:
    book = await notebook(ada)
    made = await note(ada, notebook=book)
    await member(ada, book, "grace")
    async with socket(server, grace) as here, socket(server, ada) as hers:
        for each in (here, hers):
            *_, answer = await each.subscribe(f"notes.note:{made['id']}")
            assert answer["type"] == "subscribed"
        await change(ada, made["id"], notebook=None)
        await until(here, "unsubscribed")
        await ada.delete(f"{NOTES}/{made['id']}")
        await until(hers, "unsubscribed")
