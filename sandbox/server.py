"""How the sandbox is served: uvicorn, with a way to cut connections on purpose and a stop that is quick."""

from __future__ import annotations

import contextlib
import errno
import signal
import socket
import threading
from collections.abc import Iterator
from types import FrameType

import uvicorn
from starlette.applications import Starlette
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from sandbox.app import create_app
from sandbox.http import ABORT_EXTENSION
from sandbox.settings import Settings, SettingsError

STOP_SECONDS = 1  #: that open connections get to end by themselves


class CuttingProtocol(HttpToolsProtocol):
    """Offers the application a function that resets the connection: ASGI itself has no word for it."""

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self.scope["extensions"] = {ABORT_EXTENSION: self.transport.abort}  # type: ignore[dict-item]  # a function, where ASGI foresees a table


class SandboxServer(uvicorn.Server):
    """Stops quickly: streams, hanging faults and idle connections are told to end before they are waited for."""

    def __init__(self, config: uvicorn.Config, app: Starlette) -> None:
        super().__init__(config)
        self._app = app

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._app.state.closing.set()
        await super().shutdown(sockets)

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """As uvicorn does, but a stop that was asked for ends with exit code 0."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = {number: signal.signal(number, self._stop) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def _stop(self, number: int, frame: FrameType | None) -> None:
        self.should_exit = True


def bind(settings: Settings) -> socket.socket:
    """A listening socket. Raises `SettingsError` naming the setting when the address cannot be had."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((settings.host, settings.port))
        listener.listen(2048)
    except OSError as error:
        listener.close()
        if error.errno == errno.EADDRINUSE:
            raise SettingsError(
                f"Port {settings.port} (SANDBOX_PORT) is taken; stop the program that holds it, or set SANDBOX_PORT "
                "to a free port."
            ) from None
        if error.errno == errno.EACCES:
            raise SettingsError(
                f"Port {settings.port} (SANDBOX_PORT) needs more rights than this user has; set SANDBOX_PORT to a port "
                "above 1023."
            ) from None
        raise SettingsError(
            f"SANDBOX_HOST {settings.host!r} cannot be listened on ({error.strerror or error}); 127.0.0.1 always can."
        ) from None
    listener.setblocking(False)
    return listener


def build(settings: Settings) -> SandboxServer:
    app = create_app(settings)
    config = uvicorn.Config(
        app,
        http=CuttingProtocol,
        ws="none",
        lifespan="on",
        log_level="warning" if settings.log_level == "info" else settings.log_level,
        access_log=settings.log_level == "debug",
        timeout_keep_alive=75,
        timeout_graceful_shutdown=STOP_SECONDS,
        server_header=False,
        backlog=2048,
    )
    return SandboxServer(config, app)
