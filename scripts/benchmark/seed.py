"""What is there before: three people, and 300 tasks for the one who is measured."""

from dataclasses import dataclass, replace

from benchmark.api import ETAG, Api, Person, Request, Session
from benchmark.client import Client
from benchmark.problems import UnavailableError

PEOPLE = tuple(Person(name) for name in ("ada", "grace", "edsger"))
TASKS = 300


@dataclass(frozen=True)
class Seeded:
    """The person who is measured and their tasks, oldest first."""

    session: Session
    tasks: list[str | int]


def log_in(api: Api, client: Client, person: Person = PEOPLE[0]) -> Session:
    """Get a fresh token for somebody."""
    return api.session(client.get(api.login(person)).body)


def seed(api: Api, client: Client) -> Seeded:
    """Fill a new server through its own API, and check that it keeps the rules."""
    for person in PEOPLE:
        client.get(api.register(person))
    session = log_in(api, client)
    requests = [api.create(session, f"task {number}") for number in range(TASKS)]
    tasks = [client.get(request.sent_by(session)).body["id"] for request in requests]
    seeded = Seeded(session, tasks)
    if broken := broken_rules(api, client, seeded):
        raise UnavailableError("its answers differ: " + "; ".join(broken))
    return seeded


def broken_rules(api: Api, client: Client, seeded: Seeded) -> list[str]:
    """Say in what a server's answers differ from those that all must give."""
    stranger = log_in(api, client, PEOPLE[1])
    page = client.get(api.page().sent_by(seeded.session)).body
    foreign = client.ask(api.one(seeded.tasks[0]).sent_by(stranger)).status
    rules = {
        "a page has 20 tasks": len(page["items"]) == 20,
        # Two may be of the same millisecond, which is all that some servers keep.
        "the newest comes first": page["items"][0]["id"] in seeded.tasks[-3:],
        f"somebody else's task is a 404, not {foreign}": foreign == 404,
    }
    if api.strict:
        rules |= strict_rules(api, client, seeded, page["next"])
    return [rule for rule, kept in rules.items() if not kept]


def strict_rules(api: Api, client: Client, seeded: Seeded, cursor: str) -> dict[str, bool]:
    """Rules that a server with URL shapes of its own need not keep."""
    first, session = seeded.tasks[0], seeded.session
    one = client.get(api.one(first).sent_by(session))
    update = api.update(first, "changed").sent_by(session)
    changed = client.ask(with_etag(update, one.etag))
    stale = client.ask(with_etag(update, one.etag)).status
    following = client.get(api.page(cursor).sent_by(session)).body["items"]
    return {
        "a cursor leads to the next page": following[0]["id"] == seeded.tasks[-21],
        f"an ETag holds the version, not {one.etag}": one.etag == f'"{one.body["version"]}"',
        f"a change is a 200, not {changed.status}": changed.status == 200,
        "a change answers the new ETag": changed.etag not in ("", one.etag),
        f"a stale change is a 412, not {stale}": stale == 412,
        "no token is a 401": client.ask(api.page()).status == 401,
    }


def with_etag(request: Request, etag: str) -> Request:
    """Fill in the version that was seen last."""
    return replace(request, if_match=request.if_match.replace(ETAG, etag))
