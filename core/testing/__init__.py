"""The test kit: a real server in the test's own event loop, people to ask it, both databases.

pytest finds it by itself once Tenfold is installed. A test that takes ``server``, ``client`` or one
of the people runs once on SQLite and once on PostgreSQL.
"""

from core.testing.contract import contract
from core.testing.databases import (
    DATABASES,
    database,
    missing,
    postgres_server,
    scratch_postgres,
)
from core.testing.people import PASSWORD, People, ada, admin, client, grace, people, sign_up
from core.testing.queries import count_queries, queries
from core.testing.servers import (
    Server,
    forget_everything,
    running,
    server,
    serving,
    tenfold_environment,
)
from core.testing.tasks import RunTasks, run_tasks

__all__ = [
    "DATABASES",
    "PASSWORD",
    "People",
    "RunTasks",
    "Server",
    "ada",
    "admin",
    "client",
    "contract",
    "count_queries",
    "database",
    "forget_everything",
    "grace",
    "missing",
    "people",
    "postgres_server",
    "queries",
    "run_tasks",
    "running",
    "scratch_postgres",
    "server",
    "serving",
    "sign_up",
    "tenfold_environment",
]
