"""An engine on each kind of database with an indexed table."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from core import create_search_index, drop_search_index
from core.db import engine as databases
from core.db.engine import Engine
from core.settings import CoreSettings
from tests.core.search.tables import Page


@pytest.fixture
async def indexed(database: str) -> AsyncIterator[Engine]:
    """Use an engine with an empty indexed table, and what was in use before it afterwards."""
    before = databases.current()
    engine = databases.use(databases.open_engine(CoreSettings(database=database)))
    try:
        await engine.start_connection_pool()
        await Page.create_table()
        await create_search_index("search_page", ["title", "text"])
        yield engine
        await drop_search_index("search_page")
        await engine.fetch('DROP TABLE "search_page"')
    finally:
        await databases.close()
        if before is not None:
            databases.use(before)
