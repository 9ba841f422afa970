"""Litestar and advanced-alchemy: audit columns, a service, its JWT backend, structs on the wire."""

import asyncio
import os
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Annotated, Any

import bcrypt
from advanced_alchemy.base import IdentityAuditBase, IdentityBase
from advanced_alchemy.extensions.litestar import (
    AsyncSessionConfig,
    EngineConfig,
    SQLAlchemyAsyncConfig,
    SQLAlchemyPlugin,
)
from advanced_alchemy.filters import LimitOffset, OrderBy
from advanced_alchemy.repository import SQLAlchemyAsyncRepository
from advanced_alchemy.service import SQLAlchemyAsyncRepositoryService
from advanced_alchemy.types import DateTimeUTC
from litestar import Litestar, Request, Response, get, patch, post
from litestar.connection import ASGIConnection
from litestar.di import Provide
from litestar.exceptions import HTTPException, NotAuthorizedException, NotFoundException
from litestar.params import Parameter
from litestar.security.jwt import JWTAuth, Token
from msgspec import UNSET, Meta, Struct, UnsetType, structs
from sqlalchemy import ForeignKey, Index, event, or_, tuple_
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

import cursors
import tokens

URL = (
    os.environ["BENCH_DATABASE"]
    .replace("sqlite://", "sqlite+aiosqlite://")
    .replace("postgres://", "postgresql+asyncpg://")
)


class User(IdentityBase):
    __tablename__ = "users"
    email: Mapped[str] = mapped_column(unique=True)
    username: Mapped[str] = mapped_column(unique=True)
    password: Mapped[str]


class Task(IdentityAuditBase):
    __tablename__ = "tasks"
    owner: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    project: Mapped[int | None]
    title: Mapped[str]
    description: Mapped[str] = mapped_column(default="")
    done: Mapped[bool] = mapped_column(default=False)
    completed_at: Mapped[datetime | None] = mapped_column(DateTimeUTC(timezone=True))
    priority: Mapped[int] = mapped_column(default=0)
    version: Mapped[int] = mapped_column()
    __table_args__ = (Index("tasks_owner", "owner", "created_at", "id"),)
    __mapper_args__ = {"version_id_col": version}


class UserService(SQLAlchemyAsyncRepositoryService[User]):
    class Repository(SQLAlchemyAsyncRepository[User]):
        model_type = User

    repository_type = Repository


class TaskService(SQLAlchemyAsyncRepositoryService[Task]):
    class Repository(SQLAlchemyAsyncRepository[Task]):
        model_type = Task

    repository_type = Repository

    async def own(self, user: int, task: int) -> Task:
        """Find a task of this user."""
        row = await self.get_one_or_none(Task.id == task, Task.owner == user)
        if row is None:
            raise NotFoundException("There is no such task.")
        return row


class Registration(Struct):
    email: str
    username: str
    password: str


class Login(Struct):
    login: str
    password: str


class TokenOut(Struct):
    access_token: str
    token_type: str = "Bearer"


Title = Annotated[str, Meta(min_length=1)]
Priority = Annotated[int, Meta(ge=0, le=4)]


class TaskIn(Struct, forbid_unknown_fields=True):
    title: Title
    description: str = ""
    priority: Priority = 0


class TaskChange(Struct, forbid_unknown_fields=True):
    title: Title | UnsetType = UNSET
    description: str | UnsetType = UNSET
    priority: Priority | UnsetType = UNSET


class TaskOut(Struct):
    id: int
    project: int | None
    title: str
    description: str
    done: bool
    completed_at: datetime | None
    priority: int
    created_at: datetime
    updated_at: datetime
    version: int


class Page(Struct):
    items: list[TaskOut]
    next: str | None


async def user_of(token: Token, _connection: ASGIConnection[Any, Any, Any, Any]) -> int | None:
    return int(token.sub) if token.extras.get("typ") == "access" else None


auth = JWTAuth[int](
    retrieve_user_handler=user_of,
    token_secret=tokens.SECRET,
    accepted_audiences=[tokens.AUDIENCE],
    accepted_issuers=[tokens.ISSUER],
    exclude=["/health", "/api/v1/auth", "/schema"],
)
OneHour = timedelta(hours=1)


def token_answer(user: User) -> TokenOut:
    encoded = auth.create_token(
        str(user.id),
        token_expiration=OneHour,
        token_issuer=tokens.ISSUER,
        token_audience=tokens.AUDIENCE,
        token_extras={"typ": "access"},
    )
    return TokenOut(encoded)


def task_answer(tasks: TaskService, row: Task, status: int = 200) -> Response[TaskOut]:
    content = tasks.to_schema(row, schema_type=TaskOut)
    return Response(content, status_code=status, headers={"ETag": f'"{row.version}"'})


@get("/health/live")
async def live() -> dict[str, str]:
    return {"status": "ok"}


@post("/api/v1/auth/register")
async def register(data: Registration, users: UserService) -> TokenOut:
    hashed = await asyncio.to_thread(bcrypt.hashpw, data.password.encode(), bcrypt.gensalt(12))
    values = {"email": data.email, "username": data.username, "password": hashed.decode()}
    return token_answer(await users.create(values, auto_commit=True))


@post("/api/v1/auth/login", status_code=200)
async def login(data: Login, users: UserService) -> TokenOut:
    named = or_(User.email == data.login, User.username == data.login)
    user = await users.get_one_or_none(named)
    if user is None or not await asyncio.to_thread(
        bcrypt.checkpw, data.password.encode(), user.password.encode()
    ):
        raise NotAuthorizedException("The login or the password is wrong.")
    return token_answer(user)


@get("/api/v1/todo/tasks")
async def list_tasks(
    request: Request[int, Token, Any],
    tasks: TaskService,
    limit: Annotated[int, Parameter(ge=1, le=100)] = 20,
    cursor: str | None = None,
) -> Page:
    conditions: list[Any] = [Task.owner == request.user]
    if cursor:
        moment, task = cursors.read(cursor)
        place = (datetime.fromisoformat(moment), task)
        conditions.append(tuple_(Task.created_at, Task.id) < place)
    newest = (OrderBy("created_at", "desc"), OrderBy("id", "desc"))
    rows = await tasks.get_many(*conditions, *newest, LimitOffset(limit + 1, 0))
    page, more = rows[:limit], len(rows) > limit
    last = cursors.write(page[-1].created_at, page[-1].id) if more else None
    return Page([tasks.to_schema(row, schema_type=TaskOut) for row in page], last)


@get("/api/v1/todo/tasks/{task:int}")
async def get_task(
    request: Request[int, Token, Any], task: int, tasks: TaskService
) -> Response[TaskOut]:
    return task_answer(tasks, await tasks.own(request.user, task))


@post("/api/v1/todo/tasks")
async def create_task(
    request: Request[int, Token, Any], data: TaskIn, tasks: TaskService
) -> Response[TaskOut]:
    values = {"owner": request.user} | structs.asdict(data)
    return task_answer(tasks, await tasks.create(values, auto_commit=True), 201)


@patch("/api/v1/todo/tasks/{task:int}")
async def update_task(
    request: Request[int, Token, Any],
    task: int,
    data: TaskChange,
    tasks: TaskService,
    if_match: Annotated[str, Parameter(header="If-Match")],
) -> Response[TaskOut]:
    row = await tasks.own(request.user, task)
    if if_match != f'"{row.version}"':
        raise HTTPException("The task was changed meanwhile.", status_code=412)
    for name, value in structs.asdict(data).items():
        if value is not UNSET:
            setattr(row, name, value)
    return task_answer(tasks, await tasks.update(row, auto_commit=True))


async def provide_users(db_session: AsyncSession) -> AsyncIterator[UserService]:
    yield UserService(session=db_session)


async def provide_tasks(db_session: AsyncSession) -> AsyncIterator[TaskService]:
    yield TaskService(session=db_session)


alchemy = SQLAlchemyAsyncConfig(
    connection_string=URL,
    engine_config=EngineConfig(pool_size=10, max_overflow=0),
    session_config=AsyncSessionConfig(expire_on_commit=False),
)
engine = alchemy.get_engine()


@event.listens_for(engine.sync_engine, "connect")
def tune_sqlite(connection: Any, _record: Any) -> None:
    """Switch WAL on for each SQLite connection."""
    if engine.dialect.name == "sqlite":
        for pragma in ("journal_mode = WAL", "synchronous = NORMAL", "foreign_keys = ON"):
            connection.execute(f"PRAGMA {pragma}")


app = Litestar(
    [live, register, login, list_tasks, get_task, create_task, update_task],
    plugins=[SQLAlchemyPlugin(config=alchemy)],
    dependencies={"users": Provide(provide_users), "tasks": Provide(provide_tasks)},
    on_app_init=[auth.on_app_init],
)


def create_tables() -> None:
    """Make the tables, once, before the server starts."""

    async def create() -> None:
        async with engine.begin() as connection:
            await connection.run_sync(Task.metadata.create_all)
        await engine.dispose()

    asyncio.run(create())
