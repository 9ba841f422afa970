"""The workloads, each as a plan for the load generator."""

import json
from dataclasses import dataclass

from benchmark.api import Api, Request
from benchmark.client import Client, headers_of
from benchmark.seed import PEOPLE, Seeded

CONNECTIONS = 32
LOGIN_CONNECTIONS = 4
WORKLOADS = ("list", "one", "create", "update", "login", "health")


@dataclass(frozen=True)
class Plan:
    """What the load generator does: one text per connection, sent again and again."""

    port: int
    status: int
    requests: int
    warm_up: int
    texts: list[str]
    etags: list[str]


def plan(workload: str, requests: int, api: Api, client: Client, seeded: Seeded) -> Plan:
    """Write down a workload for one server."""
    chosen = chosen_requests(workload, api, seeded)
    count = max(len(chosen), requests // 200 if workload == "login" else requests)
    warm_up = len(chosen) if workload == "login" else max(len(chosen), requests // 3)
    return Plan(
        port=int(client.connection.port),
        status=chosen[0].status,
        requests=count,
        warm_up=warm_up,
        texts=[text_of(request) for request in chosen],
        etags=etags_of(workload, api, client, seeded),
    )


def chosen_requests(workload: str, api: Api, seeded: Seeded) -> list[Request]:
    """One request for each connection."""
    if workload == "login":
        return [api.login(PEOPLE[number % len(PEOPLE)]) for number in range(LOGIN_CONNECTIONS)]
    if workload == "health":
        return [api.health()] * CONNECTIONS
    return [one_of(workload, api, seeded, n).sent_by(seeded.session) for n in range(CONNECTIONS)]


def one_of(workload: str, api: Api, seeded: Seeded, number: int) -> Request:
    """The request of one connection; each reads and changes a task of its own."""
    task = seeded.tasks[number]
    match workload:
        case "list":
            return api.page()
        case "one":
            return api.one(task)
        case "create":
            return api.create(seeded.session, "something new")
    return api.update(task, "title @TURN@")


def etags_of(workload: str, api: Api, client: Client, seeded: Seeded) -> list[str]:
    """The versions to begin an update with."""
    if workload != "update" or not api.strict:
        return []
    tasks = seeded.tasks[:CONNECTIONS]
    return [client.get(api.one(task).sent_by(seeded.session)).etag for task in tasks]


def text_of(request: Request) -> str:
    """A request as it goes over the wire."""
    body = json.dumps(request.body) if request.body is not None else ""
    headers = {"Host": "127.0.0.1"} | headers_of(request)
    if request.body is not None:
        headers["Content-Length"] = str(len(body))
    lines = [f"{request.method} {request.path} HTTP/1.1"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", body])
