"""Links to notes: unguessable, revocable, with expiry, password and a count."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from core import check_password
from plugins.notes.service import parts, shares
from plugins.notes.tables import Note, Share
from tests.plugins.notes.making import NOTES, delete_for_good, note

SHARED = f"{NOTES}/shared"


async def share(person: Any, id: int, **more: Any) -> Any:
    answer = await person.post(f"{NOTES}/{id}/shares", json=more)
    assert answer.status_code == 201, answer.text
    return answer.json()


async def test_anybody_with_the_link_reads_the_note_and_is_counted(ada: Any, client: Any) -> None:
    made = await note(ada, "Bread", "*rye*")
    link = await share(ada, made["id"], name="for Grace")
    shown = (await client.get(f"{SHARED}/{link['token']}")).json()
    assert (shown["title"], shown["text"]) == ("Bread", "*rye*")
    assert shown["html"] == "<p><em>rye</em></p>\n"
    assert set(shown) == {"title", "text", "html", "updated_at"}
    page = await client.get(link["path"])
    assert page.status_code == 200
    assert "<em>rye</em>" in page.text
    (listed,) = (await ada.get(f"{NOTES}/{made['id']}/shares")).json()["items"]
    assert (listed["views"], listed["name"]) == (2, "for Grace")
    assert "token" not in listed


async def test_a_program_that_only_asks_for_the_head_counts_as_no_view(
    ada: Any, client: Any
) -> None:
    made = await note(ada)
    link = await share(ada, made["id"])
    for path in (f"{SHARED}/{link['token']}", link["path"]):
        head, whole = await client.head(path), await client.get(path)
        assert (head.status_code, head.content) == (200, b"")
        assert head.headers["content-length"] == str(len(whole.content))
    (listed,) = (await ada.get(f"{NOTES}/{made['id']}/shares")).json()["items"]
    assert listed["views"] == 2


async def test_a_link_tells_whether_it_is_protected(ada: Any) -> None:
    made = await note(ada)
    here = f"{NOTES}/{made['id']}/shares"
    open_, closed = [
        await share(ada, made["id"], **more) for more in ({}, {"password": "open sesame"})
    ]
    told = {each["id"]: each["protected"] for each in (await ada.get(here)).json()["items"]}
    assert told[open_["id"]] is False
    assert told[closed["id"]] is True
    assert (await ada.get(f"{here}/{closed['id']}")).json()["protected"] is True


async def test_the_token_is_long_and_only_its_hash_is_kept(ada: Any) -> None:
    made = await note(ada)
    tokens = {(await share(ada, made["id"]))["token"] for _ in range(3)}
    assert len(tokens) == 3
    assert all(len(token) * 6 >= 128 for token in tokens)
    kept = str(await Share.select())
    assert not any(token in kept for token in tokens)


async def test_a_link_that_is_wrong_expired_or_taken_back_leads_nowhere(
    ada: Any, client: Any
) -> None:
    made = await note(ada)
    soon = datetime.now(UTC) + timedelta(hours=1)
    expiring = await share(ada, made["id"], expires_at=soon.isoformat())
    revoked = await share(ada, made["id"])
    assert (await client.get(f"{SHARED}/{revoked['token']}")).status_code == 200
    here = f"{NOTES}/{made['id']}/shares/{revoked['id']}"
    assert (await ada.delete(here)).status_code == 204
    assert (await client.get(f"{SHARED}/{expiring['token']}")).status_code == 200
    past = datetime.now(UTC) - timedelta(seconds=1)
    await Share.update({Share.expires_at: past}).where(Share.id == expiring["id"])
    for token in (expiring["token"], revoked["token"], "x", revoked["token"][:-1]):
        assert (await client.get(f"{SHARED}/{token}")).status_code == 404
        page = await client.get(f"/notes/{token}")
        assert (page.status_code, page.headers["content-type"][:9]) == (404, "text/html")
    for time in (
        "2020-01-01T00:00:00Z",
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59-23:59",
    ):
        refused = await ada.post(f"{NOTES}/{made['id']}/shares", json={"expires_at": time})
        assert refused.status_code == 422, refused.text


async def test_the_trash_cuts_a_link_and_restoring_brings_it_back(ada: Any, client: Any) -> None:
    made = await note(ada)
    token = (await share(ada, made["id"]))["token"]
    await ada.delete(f"{NOTES}/{made['id']}")
    assert (await client.get(f"{SHARED}/{token}")).status_code == 404
    await ada.post(f"{NOTES}/{made['id']}/restore")
    assert (await client.get(f"{SHARED}/{token}")).status_code == 200
    await delete_for_good(ada, made["id"])
    assert (await client.get(f"{SHARED}/{token}")).status_code == 404


async def test_a_password_is_asked_and_few_wrong_ones_may_be_tried(ada: Any, client: Any) -> None:
    made = await note(ada)
    link = await share(ada, made["id"], password="rye and salt")
    here = f"{SHARED}/{link['token']}"
    refused = await client.get(here)
    assert (refused.status_code, refused.json()["code"]) == (403, "password_needed")
    assert "rye" not in refused.text
    page = await client.get(link["path"])
    assert "password" in page.text
    assert "<article" not in page.text
    for _ in range(15):
        right = await client.post(here, json={"password": "rye and salt"})
        assert right.status_code == 200
    wrong = await asyncio.gather(
        *(client.post(here, json={"password": f"{number}"}) for number in range(15))
    )
    assert sorted(answer.status_code for answer in wrong) == [*[403] * 10, *[429] * 5]
    late = await client.post(here, json={"password": "rye and salt"})
    assert (late.status_code, late.json()["code"]) == (429, "too_many_guesses")
    assert late.headers["retry-after"] == "3600"


async def test_a_note_that_goes_while_a_link_is_made_is_a_conflict(
    ada: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    owned = parts.owned

    async def owned_and_gone(user: int, id: int) -> Any:
        found = await owned(user, id)
        await Note.delete().where(Note.id == id)
        return found

    monkeypatch.setattr(shares, "owned", owned_and_gone)
    answer = await ada.post(f"{NOTES}/{(await note(ada))['id']}/shares", json={})
    assert (answer.status_code, answer.json()["code"]) == (409, "conflict")


async def test_many_who_know_the_password_may_open_a_note_at_once(ada: Any, client: Any) -> None:
    made = await note(ada)
    here = f"{SHARED}/{(await share(ada, made['id'], password='rye and salt'))['token']}"
    opened = await asyncio.gather(
        *(client.post(here, json={"password": "rye and salt"}) for _ in range(25))
    )
    assert {answer.status_code for answer in opened} == {200}


async def test_a_password_that_was_right_is_not_hashed_again(
    ada: Any, client: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    hashed: list[str] = []

    async def check(password: str, stored: str) -> bool:
        hashed.append(password)
        return await check_password(password, stored)

    monkeypatch.setattr(shares, "check_password", check)
    made = await note(ada)
    one, other = [await share(ada, made["id"], password=each) for each in ("salt", "rye!")]
    for link, password, status in (
        (one, "salt", 200), (one, "salt", 200), (one, "rye!", 403), (other, "salt", 403),
        (other, "rye!", 200), (one, "salt", 200), (other, "rye!", 200),
    ):  # fmt: skip
        answer = await client.post(f"{SHARED}/{link['token']}", json={"password": password})
        assert answer.status_code == status
    assert hashed == ["salt", "rye!", "salt", "rye!"]


async def test_the_page_opens_with_the_password_and_keeps_a_tight_policy(
    ada: Any, client: Any
) -> None:
    made = await note(ada, "<script>x</script>", "<script>alert(1)</script>")
    link = await share(ada, made["id"], password="open sesame")
    wrong = await client.post(link["path"], data={"password": "no"})
    assert wrong.status_code == 403
    page = await client.post(link["path"], data={"password": "open sesame"})
    assert page.status_code == 200
    assert "<script" not in page.text
    policy = page.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert "script-src" not in policy
    assert page.headers["referrer-policy"] == "no-referrer"
    assert page.headers["cache-control"] == "no-store"
