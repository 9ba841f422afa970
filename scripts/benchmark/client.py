"""A plain client for everything that is not measured: seeding, checking, waiting."""

import http.client
import json
from dataclasses import dataclass
from typing import Any

from benchmark.api import Request
from benchmark.problems import UnavailableError


@dataclass(frozen=True)
class Answer:
    """Status, ETag and the decoded body of an answer."""

    status: int
    etag: str
    body: dict[str, Any]


class Client:
    """Talks to one server over one connection."""

    def __init__(self, port: int) -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)

    def ask(self, request: Request) -> Answer:
        """Send a request and take whatever comes."""
        body = json.dumps(request.body) if request.body is not None else None
        self.connection.request(request.method, request.path, body, headers_of(request))
        response = self.connection.getresponse()
        text = response.read()
        return Answer(response.status, response.getheader("ETag", ""), decoded(text))

    def get(self, request: Request) -> Answer:
        """Send a request that must succeed."""
        answer = self.ask(request)
        if answer.status != request.status:
            line = f"{request.method} {request.path} answered {answer.status}: {answer.body}"
            raise UnavailableError(line[:300])
        return answer

    def close(self) -> None:
        """Let go of the connection."""
        self.connection.close()


def headers_of(request: Request) -> dict[str, str]:
    """The headers that a request needs."""
    headers = {"Accept": "application/json"}
    if request.body is not None:
        headers["Content-Type"] = "application/json"
    if request.token:
        headers["Authorization"] = f"Bearer {request.token}"
    if request.if_match:
        headers["If-Match"] = request.if_match
    return headers


def decoded(text: bytes) -> dict[str, Any]:
    """The JSON object in a body, or a stand-in for what is none."""
    try:
        value = json.loads(text or b"{}")
    except ValueError:
        return {"text": text.decode(errors="replace")}
    return value if isinstance(value, dict) else {"value": value}
