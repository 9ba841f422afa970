"""What every plugin keeps, as tests: ``TestContract = contract("recipes")`` in a test file."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import AsyncIterator, Collection, Mapping
from pathlib import Path
from typing import Any, ClassVar

import pytest

from core.testing.databases import another_database
from core.testing.lists import make_in, make_some, read_all
from core.testing.operations import ask, held_by_all, lists_of, operations_of
from core.testing.people import PASSWORD, People
from core.testing.servers import Server, serving
from core.testing.standing import complaints_of, problems_of, required, rows_of
from core.testing.things import Make, Things

SOME = 5
ACCOUNT = "/api/v1/auth/me"


class Contract:
    """The tests; ``contract`` makes a class of them for one plugin."""

    enabled: ClassVar[str]
    bodies: ClassVar[Mapping[str, Any]]
    made: ClassVar[Mapping[str, Make]]
    public: ClassVar[Collection[str]]

    @pytest.fixture
    def name(self) -> str:
        """Return what the plugin calls itself."""
        from core.loading import load

        return load(self.enabled)[0].name

    @pytest.fixture
    async def alone(
        self, database: str, tmp_path: Path, tenfold_environment: dict[str, str]
    ) -> AsyncIterator[Server]:
        """Return a server that runs the plugin and what it requires, on an empty database."""
        async with another_database(database, tmp_path) as url:
            environment = {
                "TENFOLD_ENABLED": ",".join(required(self.enabled)),
                "TENFOLD_CORE__DATABASE": url,
                "TENFOLD_CORE__DATA": str(tmp_path),
            }
            async with serving(tenfold_environment | environment) as server:
                yield server

    @pytest.fixture
    def things(self, server: Server) -> Things:
        """Return what makes things of the plugin."""
        return Things(server, self.bodies, self.made)

    async def test_it_starts_with_only_what_it_requires(self, alone: Server, name: str) -> None:
        """Nothing that it needs is missing from ``requires``."""
        assert name in alone.plugins
        assert await problems_of(alone, name) == []

    async def test_it_starts_beside_every_other_plugin(self, server: Server, name: str) -> None:
        """It takes nothing that another plugin has: paths, tables, panels."""
        assert name in server.plugins
        assert await problems_of(server, name) == []

    async def test_its_migrations_go_forwards_backwards_and_forwards(
        self, alone: Server, name: str
    ) -> None:
        """What a migration does can be undone, which is how a plugin is removed."""
        from core.db.alone import alone as nobody_else
        from core.db.migrations import migrate, reverse
        from core.db.schema import schema

        before = await schema(f"{name}_")
        async with nobody_else():
            undone = await reverse(alone.plugins, name)
            assert await schema(f"{name}_") == {}, "what its migrations made is still there"
            redone = await migrate(alone.plugins)
        assert [step.id for step in redone] == undone[::-1]
        assert await schema(f"{name}_") == before

    async def test_every_migration_is_written(self, server: Server, name: str) -> None:
        """The tables of the code are those that the migrations make."""
        from core.db.migrations import apps
        from core.db.unwritten import unwritten

        app = dict(apps(server.plugins)).get(name)
        wanted = await unwritten(app) if app else []
        assert wanted == [], f"run tenfold plugins migration {name}"

    def test_every_operation_says_what_it_is(self, server: Server, name: str) -> None:
        """Each has a summary, a permission or a word that anyone may, and its problems."""
        described = Things(server).document["paths"]
        for each in operations_of(server, name):
            told = described[each.path][each.method]
            assert told["summary"], f"{each.method} {each.path} has no summary"
            assert any(code.startswith("4") for code in told["responses"]), each.path
            assert not each.contract.permission or told["x-permission"] == each.contract.permission

    async def test_nobody_does_what_they_may_not(
        self,
        server: Server,
        name: str,
        things: Things,
        ada: Any,
        grace: Any,
        client: Any,
        people: People,
    ) -> None:
        """Who is nobody gets 401, who holds no permission 403; another's thing is not there, 404.

        ``public`` says of which operations the last does not hold.
        """
        bare = await people("bare")
        token = server.app.ctx.realm.tokens.make(bare.id, 2**30, ["nothing"])
        bare.headers["authorization"] = f"Bearer {token}"
        for each in operations_of(server, name):
            if each.contract.permission in held_by_all(server):
                path = await things.place(ada, each.path)
                refused = [(client, 401), (bare, 403)]
                if "{" in each.path and f"{each.method.upper()} {each.path}" not in self.public:
                    refused.append((grace, 404))
                for person, status in refused:
                    answer = await ask(person, each, path, things)
                    assert answer.status_code == status, f"{each.method} {path}: {answer.text}"

    async def test_what_a_person_made_is_exported_and_deleted(
        self, server: Server, name: str, things: Things, ada: Any
    ) -> None:
        """What is kept about somebody is theirs to take along, and gone with their account."""
        made = await make_some(server, name, things, ada, 1)
        kept = await rows_of(server, name, ada.id)
        answer = await ada.get(f"{ACCOUNT}/export")
        files = zipfile.ZipFile(io.BytesIO(answer.content))
        if made and kept:
            assert f"{name}.json" in files.namelist(), "write export_user()"
            assert json.loads(files.read(f"{name}.json")), "export_user() leaves out what was made"
        gone = await ada.request("DELETE", ACCOUNT, json={"password": PASSWORD})
        assert gone.status_code == 204, gone.text
        assert await rows_of(server, name, ada.id) == {}, "write delete_user()"

    async def test_lists_are_stable_while_things_are_added(
        self, server: Server, name: str, things: Things, ada: Any
    ) -> None:
        """Page by page, each thing comes once, though others are added meanwhile."""
        for each in lists_of(server, name, things):
            path = await things.place(ada, each.path)
            if not await make_in(things, ada, each.path, path, SOME):
                continue
            everything = await read_all(ada, path)
            first = (await ada.get(path, params={"limit": 2})).json()
            await make_in(things, ada, each.path, path, 1)
            rest = await read_all(ada, path, first)
            seen = [str(item) for item in [*first["items"], *rest]]
            assert len(seen) == len(set(seen)), f"{each.path} shows something twice"
            assert {str(item) for item in everything} <= set(seen), f"{each.path} leaves out some"

    async def test_a_stale_if_match_changes_nothing(
        self, server: Server, name: str, things: Things, ada: Any
    ) -> None:
        """Who changes what they have not seen is told so, with 412."""
        for each in operations_of(server, name):
            if each.contract.conditional and each.contract.permission in held_by_all(server):
                path = await things.place(ada, each.path)
                answer = await ask(ada, each, path, things, {"if-match": '"999999"'})
                assert answer.status_code == 412, f"{each.method} {path}: {answer.text}"

    def test_check_is_content(self, server: Server, name: str) -> None:
        """Every rule of ``tenfold check``: names, imports, keys, indexes, README, settings."""
        lines = complaints_of(server.plugins)
        assert [line for line in lines if line.startswith(f"{name}: ")] == []


def contract(
    enabled: str,
    *,
    bodies: Mapping[str, Any] | None = None,
    made: Mapping[str, Make] | None = None,
    public: Collection[str] = (),
) -> type[Contract]:
    """Return the tests that every plugin passes, for the one that ``enabled`` names.

    ``bodies``: what ``METHOD /path`` accepts, where the example in its schema is refused, or a
    function that gives another body each time, where no second one may be like the first. ``made``:
    how a thing of a collection without POST is made; see core/testing/things.py. ``public``: the
    operations, as ``METHOD /path``, that anybody may ask for about somebody else's thing.
    """
    given = {
        "enabled": enabled,
        "bodies": bodies or {},
        "made": made or {},
        "public": frozenset(public),
    }
    return type("Contract", (Contract,), given)
