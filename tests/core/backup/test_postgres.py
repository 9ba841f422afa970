"""What a PostgreSQL server may do to a backup, and how that is told."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from core.backup import postgres
from core.backup.archive import BackupError
from core.backup.postgres import Server, copy, refuse_used
from core.testing import missing, postgres_server, scratch_postgres


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    """A database with one table."""
    try:
        async with scratch_postgres() as url:
            server = Server(url)
            async with server.connected() as here:
                await here.execute("CREATE TABLE kept (id integer)")
                await here.execute("INSERT INTO kept SELECT generate_series(1, 5)")
            yield server
    except OSError as error:
        missing("postgres", f"nothing answers at {postgres_server()} ({error})")


async def test_time_outs_of_the_server_do_not_end_a_backup(server: Server, tmp_path: Path) -> None:
    async with server.connected() as here:
        for each in ("idle_in_transaction_session_timeout", "statement_timeout"):
            await here.execute(f"ALTER DATABASE \"{server.name}\" SET {each} = '1ms'")
    counted, _ = await copy(server, tmp_path / "dump")
    assert counted == {"kept": 5}


async def test_what_the_server_refuses_is_a_sentence(server: Server) -> None:
    with pytest.raises(BackupError, match=r"The database refuses: .*nothing"):
        async with server.connected() as here:
            await here.execute("SELECT * FROM nothing")


@pytest.mark.parametrize("turns", range(6))
async def test_a_server_that_ends_the_connection_is_a_sentence(server: Server, turns: int) -> None:
    """However much of the server's farewell has been read when the next statement is sent."""
    async with server.connected() as other:
        for _ in range(5):
            with pytest.raises(BackupError, match="The database refuses: "):
                async with server.connected() as here:
                    await other.execute("SELECT pg_terminate_backend($1)", here.get_server_pid())
                    for _ in range(turns):
                        await asyncio.sleep(0)
                    await here.execute("SELECT 1")


async def test_who_has_just_left_is_not_in_the_way(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """PostgreSQL lists a connection for a moment after its client has closed it."""
    monkeypatch.setattr(postgres, "PARTING", 60.0)
    async with server.connected() as leaving:
        asked = asyncio.create_task(refuse_used(server))
        await leaving.execute("SELECT pg_sleep(0.3)")
        assert not asked.done()
    await asked


async def test_who_stays_is_in_the_way(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postgres, "PARTING", 0.2)
    async with server.connected():
        with pytest.raises(BackupError, match="Stop it first"):
            await refuse_used(server)


async def test_a_server_that_does_not_answer_is_a_sentence() -> None:
    with pytest.raises(BackupError, match="The database does not answer: "):
        async with Server("postgres://ada:hidden@127.0.0.1:1/x").connected():
            pass
