"""FastAPI and SQLAlchemy 2 with async sessions, as their tutorials write it."""

import asyncio
import os
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Annotated, Any

import bcrypt
from fastapi import Depends, FastAPI, Header, HTTPException, Query, Response
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import (
    DateTime,
    Dialect,
    ForeignKey,
    Index,
    TypeDecorator,
    event,
    or_,
    select,
    tuple_,
)
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

import cursors
import tokens

URL = (
    os.environ["BENCH_DATABASE"]
    .replace("sqlite://", "sqlite+aiosqlite://")
    .replace("postgres://", "postgresql+asyncpg://")
)
engine = create_async_engine(URL, pool_size=10, max_overflow=0)
Session = async_sessionmaker(engine, expire_on_commit=False)


@event.listens_for(engine.sync_engine, "connect")
def tune_sqlite(connection: Any, _record: Any) -> None:
    """Switch WAL on for each SQLite connection."""
    if engine.dialect.name == "sqlite":
        for pragma in ("journal_mode = WAL", "synchronous = NORMAL", "foreign_keys = ON"):
            connection.execute(f"PRAGMA {pragma}")


class UtcDateTime(TypeDecorator[datetime]):
    """A moment in UTC, also on SQLite, which keeps no zone."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return value.replace(tzinfo=UTC) if value and value.tzinfo is None else value


def now() -> datetime:
    return datetime.now(UTC)


class Table(DeclarativeBase):
    pass


class User(Table):
    __tablename__ = "users"
    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(unique=True)
    username: Mapped[str] = mapped_column(unique=True)
    password: Mapped[str]


class Task(Table):
    __tablename__ = "tasks"
    id: Mapped[int] = mapped_column(primary_key=True)
    owner: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    project: Mapped[int | None]
    title: Mapped[str]
    description: Mapped[str] = mapped_column(default="")
    done: Mapped[bool] = mapped_column(default=False)
    completed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    priority: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now, onupdate=now)
    version: Mapped[int] = mapped_column()
    __table_args__ = (Index("tasks_owner", "owner", "created_at", "id"),)
    __mapper_args__ = {"version_id_col": version}


class Registration(BaseModel):
    email: str
    username: str
    password: str


class Login(BaseModel):
    login: str
    password: str


class TokenOut(BaseModel):
    access_token: str
    token_type: str = "Bearer"


class TaskIn(BaseModel):
    title: str = Field(min_length=1)
    description: str = ""
    priority: int = Field(0, ge=0, le=4)


class TaskChange(BaseModel):
    title: str = Field("", min_length=1)
    description: str = ""
    priority: int = Field(0, ge=0, le=4)


class TaskOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)
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


class Page(BaseModel):
    items: list[TaskOut]
    next: str | None


async def open_session() -> AsyncIterator[AsyncSession]:
    async with Session() as session:
        yield session


bearer = HTTPBearer()


async def caller(credentials: Annotated[HTTPAuthorizationCredentials, Depends(bearer)]) -> int:
    user = tokens.read(credentials.credentials)
    if user is None:
        raise HTTPException(401, "This needs a valid access token.", {"WWW-Authenticate": "Bearer"})
    return user


Database = Annotated[AsyncSession, Depends(open_session)]
Caller = Annotated[int, Depends(caller)]
app = FastAPI()


@app.get("/health/live")
async def live() -> dict[str, str]:
    return {"status": "ok"}


@app.post("/api/v1/auth/register", status_code=201)
async def register(body: Registration, database: Database) -> TokenOut:
    hashed = await asyncio.to_thread(bcrypt.hashpw, body.password.encode(), bcrypt.gensalt(12))
    user = User(email=body.email, username=body.username, password=hashed.decode())
    database.add(user)
    await database.commit()
    return TokenOut(access_token=tokens.issue(user.id))


@app.post("/api/v1/auth/login")
async def login(body: Login, database: Database) -> TokenOut:
    named = or_(User.email == body.login, User.username == body.login)
    user = await database.scalar(select(User).where(named))
    await database.commit()
    if user is None or not await asyncio.to_thread(
        bcrypt.checkpw, body.password.encode(), user.password.encode()
    ):
        raise HTTPException(401, "The login or the password is wrong.")
    return TokenOut(access_token=tokens.issue(user.id))


@app.get("/api/v1/todo/tasks")
async def list_tasks(
    database: Database,
    user: Caller,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
    cursor: str | None = None,
) -> Page:
    query = select(Task).where(Task.owner == user).limit(limit + 1)
    if cursor:
        moment, task = cursors.read(cursor)
        place = (datetime.fromisoformat(moment), task)
        query = query.where(tuple_(Task.created_at, Task.id) < place)
    rows = (await database.scalars(query.order_by(Task.created_at.desc(), Task.id.desc()))).all()
    page, more = rows[:limit], len(rows) > limit
    last = cursors.write(page[-1].created_at, page[-1].id) if more else None
    return Page(items=[TaskOut.model_validate(row) for row in page], next=last)


async def own_task(database: AsyncSession, user: int, task: int) -> Task:
    row = await database.scalar(select(Task).where(Task.id == task, Task.owner == user))
    if row is None:
        raise HTTPException(404, "There is no such task.")
    return row


@app.get("/api/v1/todo/tasks/{task}", response_model=TaskOut)
async def get_task(task: int, database: Database, user: Caller, response: Response) -> Task:
    row = await own_task(database, user, task)
    response.headers["ETag"] = f'"{row.version}"'
    return row


@app.post("/api/v1/todo/tasks", status_code=201, response_model=TaskOut)
async def create_task(body: TaskIn, database: Database, user: Caller, response: Response) -> Task:
    row = Task(owner=user, **body.model_dump())
    database.add(row)
    await database.commit()
    response.headers["ETag"] = f'"{row.version}"'
    return row


@app.patch("/api/v1/todo/tasks/{task}", response_model=TaskOut)
async def update_task(
    task: int,
    body: TaskChange,
    database: Database,
    user: Caller,
    response: Response,
    if_match: Annotated[str, Header()],
) -> Task:
    row = await own_task(database, user, task)
    if if_match != f'"{row.version}"':
        raise HTTPException(412, "The task was changed meanwhile.")
    for name, value in body.model_dump(exclude_unset=True).items():
        setattr(row, name, value)
    await database.commit()
    response.headers["ETag"] = f'"{row.version}"'
    return row


def create_tables() -> None:
    """Make the tables, once, before the server starts."""

    async def create() -> None:
        async with engine.begin() as connection:
            await connection.run_sync(Table.metadata.create_all)
        await engine.dispose()

    asyncio.run(create())
