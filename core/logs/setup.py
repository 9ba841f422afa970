"""All that is logged in this process goes one way: one format, secrets masked, whole lines."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import get_type_hints
from urllib.parse import urlsplit

from core.auth.tokens.secret import secret_of
from core.configuration import core_settings
from core.logs.formats import Json, Plain
from core.logs.masking import know
from core.logs.writing import Stream
from core.plugins import Plugins
from core.reading import is_secret
from core.settings import CoreSettings

STANDARD_ERROR = 2
QUIET = {"piccolo": logging.WARNING, "sanic.access": logging.WARNING, "httpx": logging.WARNING}

_stream: Stream | None = None


class Handler(logging.Handler):
    """Hands each record to the stream; from a warning on, waits until it is written."""

    def __init__(self, stream: Stream) -> None:
        super().__init__()
        self._stream = stream

    def emit(self, record: logging.LogRecord) -> None:
        """Write one record."""
        try:
            self._stream.write([f"{self.format(record)}\n".encode(errors="backslashreplace")])
            if record.levelno >= logging.CRITICAL:
                self._stream.flush()
        except Exception:
            self.handleError(record)

    def flush(self) -> None:
        """Wait until all is written; called when the process ends."""
        self._stream.flush()


def stream() -> Stream | None:
    """Return where this process logs to, None before ``configure``."""
    return _stream


def configure(plugins: Plugins, file: int = STANDARD_ERROR) -> None:
    """Log as the settings say, to a file descriptor: this process, whatever logs in it."""
    global _stream
    core = core_settings(plugins)
    know(_secrets(core, plugins))
    if _stream is None or _stream.file != file:
        _stream = Stream(file)
    handler = Handler(_stream)
    handler.setFormatter(Json() if core.log == "json" else Plain())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.INFO)
    for name in list(logging.root.manager.loggerDict):
        logger = logging.getLogger(name)
        logger.handlers.clear()
        logger.propagate = True
    for name, level in QUIET.items():
        logging.getLogger(name).setLevel(level)
    logging.getLogger("sanic.error").addFilter(worth_saying)
    logging.captureWarnings(True)


def worth_saying(record: logging.LogRecord) -> bool:
    """Leave out what any client can have written as often as it likes: OPTIONS with a body."""
    return not (isinstance(record.msg, str) and record.msg.endswith(" body not consumed."))


def _secrets(core: CoreSettings, plugins: Plugins) -> Iterator[str]:
    """Yield every secret that the settings hold."""
    yield secret_of(core)
    for url in (core.database, core.cache):
        yield urlsplit(url).password or ""
    for plugin in plugins:
        settings = plugins[plugin.name].settings
        for name, hint in get_type_hints(type(settings), include_extras=True).items():
            if is_secret(hint):
                value = str(getattr(settings, name))
                yield value
                yield (urlsplit(value).password or "") if "://" in value else ""
