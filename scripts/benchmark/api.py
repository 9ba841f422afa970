"""The API that all servers answer: each operation as a request and the status it must have."""

from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import quote

ETAG = "@ETAG@"


@dataclass(frozen=True)
class Person:
    """Somebody to register and log in."""

    username: str
    password: str = "a long enough Passphrase 42"

    @property
    def email(self) -> str:
        """The address, also the login name everywhere."""
        return f"{self.username}@example.com"


@dataclass(frozen=True)
class Session:
    """What a login gave."""

    token: str
    user: str | int = 0


@dataclass(frozen=True)
class Request:
    """One request, and the status of the answer it must get."""

    method: str
    path: str
    status: int = 200
    body: dict[str, Any] | None = None
    token: str = ""
    if_match: str = ""

    def sent_by(self, session: Session) -> "Request":
        """The same request with the session's token."""
        return replace(self, token=session.token)


class Api:
    """The paths of the product, which the peers copy."""

    strict = True
    tasks = "/api/v1/todo/tasks"

    def register(self, person: Person) -> Request:
        """Make an account."""
        body = {"email": person.email, "username": person.username, "password": person.password}
        return Request("POST", "/api/v1/auth/register", 201, body)

    def login(self, person: Person) -> Request:
        """Log in."""
        body = {"login": person.email, "password": person.password}
        return Request("POST", "/api/v1/auth/login", 200, body)

    def session(self, answer: dict[str, Any]) -> Session:
        """Read the answer of a login."""
        return Session(answer["access_token"])

    def health(self) -> Request:
        """Ask whether the server lives; it touches nothing."""
        return Request("GET", "/health/live")

    def page(self, cursor: str = "") -> Request:
        """The newest 20 tasks of the caller, or those after a cursor."""
        return Request("GET", f"{self.tasks}?limit=20" + (cursor and f"&cursor={quote(cursor)}"))

    def one(self, task: str | int) -> Request:
        """One task."""
        return Request("GET", f"{self.tasks}/{task}")

    def create(self, session: Session, title: str) -> Request:
        """A new task."""
        body = {"title": title, "description": f"What {title} is about.", "priority": 2}
        return Request("POST", self.tasks, 201, body)

    def update(self, task: str | int, title: str) -> Request:
        """Another title, provided that the version is the one last seen."""
        return Request("PATCH", f"{self.tasks}/{task}", 200, {"title": title}, if_match=ETAG)
