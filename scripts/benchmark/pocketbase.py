"""The same operations in the URL shapes of PocketBase, which knows no versions."""

from typing import Any

from benchmark.api import Api, Person, Request, Session

USERS = "/api/collections/users"


class PocketBaseApi(Api):
    """Collections and records instead of the product's paths."""

    strict = False
    tasks = "/api/collections/tasks/records"

    def register(self, person: Person) -> Request:
        """Make a record in the auth collection."""
        words = {"password": person.password, "passwordConfirm": person.password}
        body = {"email": person.email, "username": person.username} | words
        return Request("POST", f"{USERS}/records", 200, body)

    def login(self, person: Person) -> Request:
        """Log in by address and password."""
        body = {"identity": person.email, "password": person.password}
        return Request("POST", f"{USERS}/auth-with-password", 200, body)

    def session(self, answer: dict[str, Any]) -> Session:
        """Read the token and the id, which a new record must name as its owner."""
        return Session(answer["token"], answer["record"]["id"])

    def health(self) -> Request:
        """PocketBase's own path."""
        return Request("GET", "/api/health")

    def page(self, cursor: str = "") -> Request:
        """The newest 20, without counting all."""
        return Request("GET", f"{self.tasks}?perPage=20&skipTotal=1&sort=-created_at,-id")

    def create(self, session: Session, title: str) -> Request:
        """A new record; its version is set by the client."""
        body = super().create(session, title).body or {}
        return Request("POST", self.tasks, 200, body | {"owner": session.user, "version": 1})

    def update(self, task: str | int, title: str) -> Request:
        """Another title and the next version, without a condition."""
        return Request("PATCH", f"{self.tasks}/{task}", 200, {"title": title, "version+": 1})
