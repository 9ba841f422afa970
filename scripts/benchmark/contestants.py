"""A server on a database for the length of a run: prepared once, visited in every round."""

import secrets
import shutil
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmark.client import Client
from benchmark.databases import Database
from benchmark.environments import call, python_versions
from benchmark.figures import Entry
from benchmark.places import CHECKOUT
from benchmark.problems import UnavailableError
from benchmark.processes import Running
from benchmark.seed import Seeded, seed
from benchmark.servers import Server, Site

START_LIMIT = 60.0


class Contestant:
    """One of those compared, with its folder and its database."""

    seeded: Seeded

    def __init__(self, server: Server, kind: str, folder: Path) -> None:
        self.server = server
        self.entry = Entry(server.name, kind)
        self.folder = folder / f"{server.name}-{kind}"
        self.database = Database(kind, server.name, self.folder)
        self.site = Site(free_port(), self.folder, self.database.url, secrets.token_urlsafe(48))

    @property
    def log(self) -> Path:
        """What its processes say."""
        return self.folder / "server.log"

    def prepare(self) -> None:
        """Install what it needs, make its tables, fill them and check its answers."""
        self.folder.mkdir(parents=True)
        if self.server.needs:
            self.server.needs.install()
        self.database.create()
        if self.server.prepare:
            self.run_to_the_end()
        with self.running() as (_, client):
            self.seeded = seed(self.server.api, client)

    def run_to_the_end(self) -> None:
        """Run the command that makes the tables."""
        assert self.server.prepare
        started = Running(
            self.server.prepare(self.site), self.server.environ(self.site), self.folder, self.log
        )
        try:
            if started.process.wait(START_LIMIT):
                raise UnavailableError(f"its tables could not be made: {self.last_words()}")
        finally:
            started.stop()

    @contextmanager
    def running(self) -> Iterator[tuple[Running, Client]]:
        """Start it, wait until it answers, and end it whatever happens."""
        command = self.server.serve(self.site)
        if not shutil.which(command[0]):
            raise UnavailableError(f"{shown(command[0])} is not there")
        started = Running(command, self.server.environ(self.site), self.folder, self.log)
        client = Client(self.site.port)
        try:
            self.wait_for_answer(started, client)
            yield started, client
        finally:
            client.close()
            started.stop()

    def wait_for_answer(self, started: Running, client: Client) -> None:
        """Wait for the first good answer."""
        health, limit = self.server.api.health(), time.monotonic() + START_LIMIT
        while time.monotonic() < limit and not started.ended:
            try:
                if client.ask(health).status == health.status:
                    return
            except OSError:
                client.close()
            time.sleep(0.01)
        reason = "ended" if started.ended else f"did not answer within {START_LIMIT:.0f} seconds"
        raise UnavailableError(f"it {reason}: {self.last_words()}")

    def last_words(self) -> str:
        """The last line that says something in its log."""
        lines = [line for line in self.log.read_text(errors="replace").splitlines() if line.strip()]
        return lines[-1].strip()[:200] if lines else "it said nothing"

    def versions(self) -> dict[str, str]:
        """The versions of what it is made of."""
        if self.server.needs:
            return self.server.needs.versions()
        found = python_versions(str(CHECKOUT / ".venv/bin/python"), self.server.packages)
        return found | ({"tenfold": product_version()} if "tenfold" in found else {})

    def leave(self) -> None:
        """Take its database away."""
        self.database.drop()


def product_version() -> str:
    """The commit of the product, and whether its code differs from it."""
    git = ("git", "-C", str(CHECKOUT))
    commit = call([*git, "rev-parse", "--short", "HEAD"]).strip()
    changed = call([*git, "status", "--porcelain", "--", "core", "plugins"]).strip()
    return f"{commit} with uncommitted changes" if changed else commit


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def shown(path: str) -> str:
    """A path as seen from the checkout."""
    return path.removeprefix(f"{CHECKOUT}/")
