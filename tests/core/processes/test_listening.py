"""Where a server listens: at an address, or at a socket file."""

from __future__ import annotations

import socket
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import httpx
import pytest
from sanic import HTTPResponse, Sanic, text

from core.processes.listening import bound, listening
from core.settings import CoreSettings
from core.web.address import Proxies, address_of, public_url_of
from core.web.protocol import Protocol
from core.web.request import Request


@pytest.fixture
def core(tmp_path: Path) -> CoreSettings:
    return CoreSettings(host=f"unix:{tmp_path / 'http.sock'}")


@pytest.fixture
def here(core: CoreSettings) -> Iterator[socket.socket]:
    ours = listening(core)
    yield ours
    ours.close()


def file_of(core: CoreSettings) -> Path:
    return Path(core.host.removeprefix("unix:"))


def test_a_socket_file_is_for_its_owner_and_group(here: socket.socket, core: CoreSettings) -> None:
    mode = file_of(core).stat().st_mode
    assert stat.S_ISSOCK(mode)
    assert stat.S_IMODE(mode) == 0o660


def test_a_socket_file_that_is_used_is_taken(here: socket.socket, core: CoreSettings) -> None:
    with pytest.raises(click.ClickException, match=r"Cannot listen on unix:.*in use"):
        bound(core)
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(str(file_of(core)))


def test_a_socket_file_that_was_left_behind_is_replaced(core: CoreSettings) -> None:
    bound(core).close()
    assert file_of(core).exists()
    listening(core).close()


def test_what_is_no_socket_file_is_left_alone(core: CoreSettings) -> None:
    file_of(core).write_text("my diary")
    with pytest.raises(click.ClickException, match="Cannot listen"):
        bound(core)
    assert file_of(core).read_text() == "my diary"


def test_a_folder_that_is_not_there_is_told() -> None:
    with pytest.raises(click.ClickException, match="No such file or directory"):
        bound(CoreSettings(host="unix:/nowhere/http.sock"))


def test_a_port_that_is_used_is_taken() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        with pytest.raises(click.ClickException, match=r"127\.0\.0\.1:\d+: .*in use.*--port"):
            bound(CoreSettings(port=other.getsockname()[1]))


def test_a_host_that_names_no_file_is_a_mistake() -> None:
    assert "names no file" in (CoreSettings(host="unix:").mistakes()["host"] or "")
    assert CoreSettings(host="::1").mistakes()["host"] is None


def test_links_of_a_server_at_a_socket_file_need_a_public_url(core: CoreSettings) -> None:
    assert public_url_of(core) == "http://localhost"
    there = CoreSettings(host=core.host, public_url="https://example.org/")
    assert public_url_of(there) == "https://example.org"


@pytest.mark.parametrize(("trusted", "expected"), [([], "unix"), (["unix"], "203.0.113.7")])
async def test_a_proxy_that_speaks_through_it_may_be_trusted(
    here: socket.socket, core: CoreSettings, trusted: list[str], expected: str
) -> None:
    Sanic.test_mode = True
    app: Sanic[Any, Any] = Sanic("at-a-file", request_class=Request, configure_logging=False)
    app.ctx.proxies = Proxies(trusted, "x-forwarded-for")

    @app.get("/")
    async def address(request: Request) -> HTTPResponse:
        return text(address_of(request))

    server: Any = await app.create_server(
        sock=here, protocol=Protocol, return_asyncio_server=True, access_log=False
    )
    await server.startup()
    transport = httpx.AsyncHTTPTransport(uds=str(file_of(core)))
    async with httpx.AsyncClient(
        timeout=60, transport=transport, base_url="http://localhost"
    ) as client:
        answer = await client.get("/", headers={"x-forwarded-for": "203.0.113.7"})
    server.close()
    Sanic._app_registry.pop("at-a-file")
    assert answer.text == expected
