"""Things of a plugin, made through its own API: a POST to the collection, with a body made from the
OpenAPI document.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any

from core.testing.examples import body_of

if TYPE_CHECKING:
    from core.testing.servers import Server

MISSING = {"integer": 2**31 - 1, "string": "nothing-is-called-this"}

Make = Callable[["Server", Any], Awaitable[Any]]


class Things:
    """Makes what the paths of operations name.

    ``bodies``: for ``METHOD /path``, where the example that the schema gives is refused: another
    one, or a function that gives one. ``made``: for the path of a collection that takes no POST, a
    function of a server and a person that makes a thing and returns what its path calls it.
    """

    def __init__(
        self,
        server: Server,
        bodies: Mapping[str, Any] | None = None,
        made: Mapping[str, Make] | None = None,
    ) -> None:
        from core.web.openapi import document

        self.server = server
        self.document = document(server.app, server.plugins)
        self._bodies, self._made = bodies or {}, made or {}

    def body(self, method: str, path: str) -> Any:
        """Return a body that an operation accepts; None if it takes none."""
        given = self._bodies.get(f"{method.upper()} {path}")
        if callable(given):
            return given()
        return body_of(self.document, path, method) if given is None else given

    async def place(self, person: Any, path: str) -> str:
        """Return ``path`` with the ids of things that ``person`` has just made."""
        while found := re.search(r"/\{(\w+)\}", path):
            collection, name = path[: found.start()], found[1]
            made = await self.make(person, self.template(collection), collection, name)
            path = f"{collection}/{made}{path[found.end() :]}"
        return path

    async def make(self, person: Any, template: str, collection: str, name: str) -> Any:
        """Make a thing of a collection and return what its path calls it."""
        if template in self._made:
            return await self._made[template](self.server, person)
        makes = "post" in self.document["paths"].get(template, {})
        assert makes, f"{template} takes no POST: say in `made` how a thing of it is made"
        answer = await person.post(collection, json=self.body("post", template))
        told = f"POST {template}: say in `bodies` what it accepts; it answered {answer.text}"
        assert answer.status_code == 201, told
        thing = answer.json()
        return thing[name] if name in thing else thing["id"]

    def template(self, path: str) -> str:
        """Return the path of the document that ``path`` is an example of."""
        if path in self.document["paths"] or path in self._made:
            return path
        for template in self.document["paths"]:
            if re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", template), path):
                return str(template)
        return path
