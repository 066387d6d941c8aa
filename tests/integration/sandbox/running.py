"""A sandbox that really listens, and a platform that really receives: both on free ports of this machine."""

from __future__ import annotations

import asyncio
import contextlib
import json
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx2

from sandbox.server import bind, build
from sandbox.settings import Settings

TOKEN = {"authorization": "Bearer sandbox-token"}


@dataclass
class Running:
    url: str
    app: Any
    http: httpx2.Client  #: no token
    api: httpx2.Client  #: with the token

    def ask(self, body: str = "Can I return my blender?", email: str = "dana@example.com", **more: Any) -> str:
        """A customer's question; the id of its conversation."""
        answer = self.http.post(
            "/messenger/conversations", json={"email": email, "name": "Dana Ortiz", "body": body, **more}
        )
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    def view(self, conversation: str) -> dict[str, Any]:
        return dict(self.http.get(f"/messenger/conversations/{conversation}").json())

    def bot_reply(self, conversation: str, body: str = "<p>Yes.</p>", **more: Any) -> httpx2.Response:
        return self.api.post(
            f"/conversations/{conversation}/reply",
            json={"message_type": "comment", "type": "admin", "admin_id": "1001", "body": body, **more},
        )

    def faults(self, **sections: Any) -> None:
        answer = self.http.put("/faults", json=sections)
        assert answer.status_code == 200, answer.text

    def calls(self, **query: Any) -> list[dict[str, Any]]:
        return list(self.http.get("/calls", params=query).json()["calls"])

    def deliveries(self) -> dict[str, Any]:
        return dict(self.http.get("/webhooks/deliveries").json())


@contextlib.contextmanager
def running_sandbox(**changes: Any) -> Iterator[Running]:
    settings = Settings(
        **{"port": 0, "model_first_token_ms": 0.0, "model_tokens_per_second": 1e6, "rate_limit": 0, **changes}
    )
    listener = bind(settings)
    server = build(settings)
    url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    thread = threading.Thread(target=lambda: asyncio.run(server.serve(sockets=[listener])), daemon=True)
    thread.start()
    wait_until(lambda: server.started)
    try:
        with (
            httpx2.Client(base_url=url, timeout=10, trust_env=False) as http,
            httpx2.Client(base_url=url, timeout=10, trust_env=False, headers=TOKEN) as api,
        ):
            yield Running(url=url, app=server.config.app, http=http, api=api)
    finally:
        server.should_exit = True
        thread.join(10)
        assert not thread.is_alive()


@dataclass
class Platform:
    """Receives webhooks; `answers` are the statuses to give next, then 200. `seconds` is how long each takes."""

    url: str = ""
    seconds: float = 0.0
    answers: list[int] = field(default_factory=list)
    received: list[tuple[dict[str, str], bytes]] = field(default_factory=list)

    def payloads(self) -> list[dict[str, Any]]:
        return [json.loads(body) for _, body in list(self.received)]

    def topics(self) -> list[str]:
        return [str(payload["topic"]) for payload in self.payloads()]

    def wait_for(self, count: int) -> list[dict[str, Any]]:
        wait_until(lambda: len(self.received) >= count)
        return self.payloads()


@contextlib.contextmanager
def receiving_platform() -> Iterator[Platform]:
    platform = Platform()
    lock = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            with lock:
                platform.received.append(({key.lower(): value for key, value in self.headers.items()}, body))
                status = platform.answers.pop(0) if platform.answers else 200
            time.sleep(platform.seconds)
            with contextlib.suppress(OSError):
                self.send_response(status)
                self.send_header("content-length", "0")
                self.end_headers()

        def log_message(self, *arguments: Any) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    platform.url = f"http://127.0.0.1:{server.server_address[1]}/webhooks/intercom"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield platform
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)


def wait_until(condition: Callable[[], bool], seconds: float = 10.0) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited too long"
        time.sleep(0.01)
