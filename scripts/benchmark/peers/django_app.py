"""Django and django-ninja in one file, on its own ORM and user table."""

import os
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

import django
from django.conf import settings
from django.core.management import call_command
from django.core.wsgi import get_wsgi_application

import cursors
import tokens

URL = urlsplit(os.environ["BENCH_DATABASE"])
SQLITE = {
    "ENGINE": "django.db.backends.sqlite3",
    "NAME": os.environ["BENCH_DATABASE"].removeprefix("sqlite:///"),
    "OPTIONS": {
        "transaction_mode": "IMMEDIATE",
        "init_command": "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;",
    },
}
POSTGRES = {
    "ENGINE": "django.db.backends.postgresql",
    "NAME": URL.path.strip("/"),
    "HOST": URL.hostname,
    "PORT": URL.port,
    "USER": URL.username,
    "PASSWORD": URL.password,
}
DATABASE = SQLITE if URL.scheme == "sqlite" else POSTGRES

settings.configure(
    SECRET_KEY=tokens.SECRET,
    ALLOWED_HOSTS=["127.0.0.1"],
    DATABASES={"default": DATABASE | {"CONN_MAX_AGE": None}},
    INSTALLED_APPS=["django.contrib.contenttypes", "django.contrib.auth"],
    MIDDLEWARE=["django.middleware.common.CommonMiddleware"],
    PASSWORD_HASHERS=["django.contrib.auth.hashers.BCryptSHA256PasswordHasher"],
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    ROOT_URLCONF="django_app",
    USE_TZ=True,
)
django.setup()

# Models and the API can be imported only once Django knows its settings.
from django.contrib.auth.models import User
from django.db import connection, models
from django.db.models import F, Q
from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.utils import timezone
from ninja import Field, Header, NinjaAPI, Query, Schema
from ninja.errors import HttpError
from ninja.security import HttpBearer


class Task(models.Model):
    owner = models.ForeignKey(User, models.CASCADE, db_index=False)
    project = models.IntegerField(null=True)
    title = models.CharField(max_length=200)
    description = models.TextField(default="")
    done = models.BooleanField(default=False)
    completed_at = models.DateTimeField(null=True)
    priority = models.IntegerField(default=0)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    version = models.IntegerField(default=1)

    class Meta:
        app_label = "django_app"
        indexes = [models.Index(fields=["owner", "created_at", "id"], name="tasks_owner")]


class Registration(Schema):
    email: str
    username: str
    password: str


class Login(Schema):
    login: str
    password: str


class TaskIn(Schema):
    title: str = Field(min_length=1, max_length=200)
    description: str = ""
    priority: int = Field(0, ge=0, le=4)


class TaskChange(Schema):
    title: str = Field("", min_length=1, max_length=200)
    description: str = ""
    priority: int = Field(0, ge=0, le=4)


class TaskOut(Schema):
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


class Page(Schema):
    items: list[TaskOut]
    next: str | None


class Bearer(HttpBearer):
    def authenticate(self, request: HttpRequest, token: str) -> int | None:
        return tokens.read(token)


api = NinjaAPI(docs_url=None, auth=Bearer())


@api.get("/health/live", auth=None)
def live(request: HttpRequest) -> dict[str, str]:
    return {"status": "ok"}


def token_answer(user: User) -> dict[str, str]:
    return {"access_token": tokens.issue(user.pk), "token_type": "Bearer"}


@api.post("/api/v1/auth/register", auth=None, response={201: dict[str, str]})
def register(request: HttpRequest, body: Registration) -> tuple[int, dict[str, str]]:
    user = User.objects.create_user(body.username, body.email, body.password)
    return 201, token_answer(user)


@api.post("/api/v1/auth/login", auth=None)
def login(request: HttpRequest, body: Login) -> dict[str, str]:
    user = User.objects.filter(Q(email=body.login) | Q(username=body.login)).first()
    if user is None or not user.check_password(body.password):
        raise HttpError(401, "The login or the password is wrong.")
    return token_answer(user)


@api.get("/api/v1/todo/tasks", response=Page)
def list_tasks(
    request: Any, limit: int = Query(20, ge=1, le=100), cursor: str | None = None
) -> dict[str, Any]:
    tasks = Task.objects.filter(owner=request.auth).order_by("-created_at", "-id")
    if cursor:
        moment, task = cursors.read(cursor)
        tasks = tasks.filter(Q(created_at__lt=moment) | Q(created_at=moment, id__lt=task))
    rows = list(tasks[: limit + 1])
    page, more = rows[:limit], len(rows) > limit
    last = cursors.write(page[-1].created_at, page[-1].pk) if more else None
    return {"items": page, "next": last}


def own_task(user: int, task: int) -> Task:
    row = Task.objects.filter(id=task, owner=user).first()
    if row is None:
        raise HttpError(404, "There is no such task.")
    return row


@api.get("/api/v1/todo/tasks/{int:task}", response=TaskOut)
def get_task(request: Any, response: HttpResponse, task: int) -> Task:
    row = own_task(request.auth, task)
    response["ETag"] = f'"{row.version}"'
    return row


@api.post("/api/v1/todo/tasks", response={201: TaskOut})
def create_task(request: Any, response: HttpResponse, body: TaskIn) -> tuple[int, Task]:
    row = Task.objects.create(owner_id=request.auth, **body.dict())
    response["ETag"] = f'"{row.version}"'
    return 201, row


@api.patch("/api/v1/todo/tasks/{int:task}", response=TaskOut)
def update_task(
    request: Any,
    response: HttpResponse,
    task: int,
    body: TaskChange,
    if_match: str = Header(...),
) -> Task:
    row = own_task(request.auth, task)
    changes = body.dict(exclude_unset=True)
    same = Task.objects.filter(id=row.pk, version=row.version)
    fresh = if_match == f'"{row.version}"'
    if not fresh or not same.update(**changes, updated_at=timezone.now(), version=F("version") + 1):
        raise HttpError(412, "The task was changed meanwhile.")
    row.refresh_from_db()
    response["ETag"] = f'"{row.version}"'
    return row


urlpatterns = [path("", api.urls)]
application = get_wsgi_application()


def create_tables() -> None:
    """Make the tables, once, before the server starts."""
    call_command("migrate", verbosity=0)
    with connection.schema_editor() as editor:
        editor.create_model(Task)
