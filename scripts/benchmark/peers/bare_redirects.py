"""A bare Sanic server that answers the redirects of the shortener and counts nothing."""

import os
import sqlite3

from sanic import HTTPResponse, Request, Sanic

DATABASE = os.environ["BENCH_DATABASE"]
TARGET = os.environ["BENCH_TARGET"]
QUERY = os.environ["BENCH_QUERY"]
HEADERS = {
    "x-request-id": "5f0c9b2f64e5d8a1c3b7e604",
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
}
app = Sanic("bare_redirects", configure_logging=False)


@app.before_server_start
async def connect(app: Sanic) -> None:
    """Open the database of this worker."""
    app.ctx.database = sqlite3.connect(DATABASE, cached_statements=512)


@app.get("/s/<code:str>")
async def known(request: Request, code: str) -> HTTPResponse:
    """Redirect to what is in memory."""
    return HTTPResponse(status=302, headers=HEADERS | {"location": TARGET})


@app.get("/asked/<code:str>")
async def asked(request: Request, code: str) -> HTTPResponse:
    """Redirect to what the database holds."""
    rows = app.ctx.database.execute(QUERY, (code,)).fetchall()
    return HTTPResponse(status=302, headers=HEADERS | {"location": rows[0][1]})


if __name__ == "__main__":
    app.run(
        host="127.0.0.1",
        port=int(os.environ["BENCH_PORT"]),
        workers=int(os.environ["BENCH_WORKERS"]),
        access_log=False,
        motd=False,
    )
