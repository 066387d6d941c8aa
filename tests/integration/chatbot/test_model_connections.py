"""One connection serves call after call, over TLS too; a call that is given up leaves the others alone."""

import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from huggingface_hub import set_client_factory
from huggingface_hub.utils._http import default_client_factory

from chatbot.llm.certificates import TrustedServer, use_certificates
from chatbot.llm.client import HubModel, Limits
from chatbot.llm.deadlines import Call, as_call
from chatbot.llm.errors import ModelUnavailable
from tests.integration.chatbot.test_model_misbehaves import SAMPLING
from tests.integration.chatbot.test_model_server import ASK
from tests.integration.config.test_haproxy import Authority
from tests.integration.sandbox.running import running_sandbox, wait_until

PIECES = (
    b'data: {"choices":[{"index":0,"delta":{"content":"Yes."},"finish_reason":null}]}\n\n',
    b'data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\n\n',
    b"data: [DONE]\n\n",
)


@dataclass
class Counting:
    url: str = ""
    connections: list[Any] = field(default_factory=list)


@contextmanager
def counting(pair: Path | None = None) -> Iterator[Counting]:
    seen = Counting()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def setup(self) -> None:
            super().setup()
            seen.connections.append(self.client_address)

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["content-length"]))
            self.send_response(200)
            self.send_header("content-type", "text/event-stream")
            self.send_header("transfer-encoding", "chunked")
            self.end_headers()
            for piece in (*PIECES, b""):
                self.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece))
                self.wfile.flush()

        def log_message(self, *arguments: Any) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    if pair is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(pair)
        server.socket = context.wrap_socket(server.socket, server_side=True)
    seen.url = f"{'https' if pair else 'http'}://localhost:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    yield seen
    server.shutdown()
    server.server_close()
    thread.join(5)


def test_calls_share_one_connection() -> None:
    with counting() as server:
        model = HubModel(url=server.url, name="m")
        assert [model.reply(ASK, SAMPLING).text for _ in range(5)] == ["Yes."] * 5
        assert len(server.connections) == 1


def test_calls_share_one_connection_over_tls(tmp_path: Path) -> None:
    authority = Authority()
    (tmp_path / "ca.pem").write_bytes(authority.own())
    (tmp_path / "server.pem").write_bytes(authority.pair("localhost"))
    with counting(tmp_path / "server.pem") as server:
        use_certificates([TrustedServer(url=server.url, authority=str(tmp_path / "ca.pem"))])
        try:
            model = HubModel(url=server.url, name="m")
            assert [model.reply(ASK, SAMPLING).text for _ in range(5)] == ["Yes."] * 5
            assert len(server.connections) == 1
        finally:
            use_certificates([])
            set_client_factory(default_client_factory)


def test_a_call_that_is_no_longer_wanted_ends_at_once() -> None:
    call, ended = Call(), threading.Event()

    def asks(url: str) -> None:
        with as_call(call), pytest.raises(ModelUnavailable, match="no longer wanted"):
            HubModel(url=url, name="openai/gpt-oss-20b", limits=Limits(first_token=30.0)).reply(ASK, SAMPLING)
        ended.set()

    with running_sandbox() as server:
        server.faults(model={"mode": "stall"})
        thread = threading.Thread(target=asks, args=(server.url,), daemon=True)
        thread.start()
        wait_until(call.has_spoken.is_set)
        call.cancel()
        assert ended.wait(5)
        thread.join(5)
