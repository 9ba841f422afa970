"""The endpoints of links, under /api/v1/shortener/links."""

from __future__ import annotations

from sanic import Blueprint, Request

from core import CurrentUser, Forbidden, IfMatch, Page, endpoint

from ..place import here
from ..schemas import (
    ImportedLinks,
    LinkChange,
    LinkOut,
    LinkQuery,
    ManyLinks,
    ManyOut,
    NewLink,
    QrQuery,
    Shorten,
    Shortened,
)
from ..settings import ShortenerSettings
from . import bulk, qr, service
from .bulk import LinkFile
from .qr import Png, Svg

links = Blueprint("shortener_links", url_prefix="/links")
shorten = Blueprint("shortener_shorten", url_prefix="/shorten")


@links.get("/")
@endpoint("shortener.read")
async def list_links(user: CurrentUser, query: LinkQuery) -> Page[LinkOut]:
    """List my links."""
    return await service.some(user.id, query)


@links.post("/")
@endpoint("shortener.write", status=201)
async def create_link(user: CurrentUser, body: NewLink) -> LinkOut:
    """Make a short link."""
    return await service.create(user.id, body)


@links.post("/bulk")
@endpoint("shortener.write", limit="1200/hour")
async def create_links(user: CurrentUser, body: ManyLinks) -> ManyOut:
    """Make many short links, each for itself."""
    return await bulk.create_many(user.id, body.links)


@links.post("/import")
@endpoint("shortener.write", limit="120/hour")
async def import_links(user: CurrentUser, body: ImportedLinks) -> ManyOut:
    """Take links over from a file of Bitly, YOURLS, Shlink or Tenfold."""
    return await bulk.take_over(user.id, body.csv)


@links.get("/export.csv")
@endpoint("shortener.read", limit="60/hour")
async def export_links(user: CurrentUser) -> LinkFile:
    """Get all my links as a file."""
    return await bulk.export(user.id)


@links.get("/<id:int>")
@endpoint("shortener.read")
async def read_link(request: Request, user: CurrentUser, id: int) -> LinkOut:
    """Read a link."""
    request.headers.pop("if-none-match", None)  # visits are counted without a new version
    return await service.read(user.id, id)


@links.patch("/<id:int>")
@endpoint("shortener.write")
async def change_link(user: CurrentUser, id: int, body: LinkChange, if_match: IfMatch) -> LinkOut:
    """Change a link."""
    return await service.change(user.id, id, body, if_match)


@links.delete("/<id:int>")
@endpoint("shortener.write")
async def delete_link(user: CurrentUser, id: int, if_match: IfMatch) -> None:
    """Delete a link and its visits."""
    await service.delete(user.id, id, if_match)


@links.get("/<id:int>/qr.svg")
@endpoint("shortener.read")
async def draw_svg(user: CurrentUser, id: int, query: QrQuery) -> Svg:
    """Get the QR code of a link in SVG."""
    url = here().short((await service.row(user.id, id)).code)
    body = qr.svg(url, size=query.size, border=query.border, error=query.error)
    return Svg(body, "qr.svg")


@links.get("/<id:int>/qr.png")
@endpoint("shortener.read")
async def draw_png(user: CurrentUser, id: int, query: QrQuery) -> Png:
    """Get the QR code of a link in PNG."""
    url = here().short((await service.row(user.id, id)).code)
    body = qr.png(url, size=query.size, border=query.border, error=query.error)
    return Png(body, "qr.png")


@shorten.post("/")
@endpoint(None, status=201, limit="10/minute")
async def shorten_for_anybody(body: Shorten, settings: ShortenerSettings) -> Shortened:
    """Shorten an address without an account, where the settings allow it."""
    if not settings.anonymous:
        raise Forbidden("Links are made by who is signed in. Sign in first.")
    made = await service.create(None, NewLink(target=body.target))
    return Shortened(made.code, made.short_url, made.target)
