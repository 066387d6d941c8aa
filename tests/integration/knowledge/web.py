"""A small web site on this machine, and what it was asked for."""

import contextlib
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Answer:
    body: bytes = b""
    content_type: str = "text/html; charset=utf-8"
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    repeat: int = 1  #: the body this often, without saying how long it is


@dataclass
class Web:
    url: str = ""
    answers: dict[str, Answer] = field(default_factory=dict)
    asked: list[tuple[str, str]] = field(default_factory=list)  #: (path, Host header)

    def page(self, path: str, body: str | bytes, **more: object) -> None:
        self.answers[path] = Answer(body.encode() if isinstance(body, str) else body, **more)

    def redirect(self, path: str, to: str) -> None:
        self.answers[path] = Answer(status=302, headers={"Location": to})

    def sitemap(self, *paths: str, path: str = "/sitemap.xml") -> str:
        """Lists the paths; returns the sitemap's address."""
        pages = "".join(f"<url><loc>{self.url}{one}</loc></url>" for one in paths)
        self.page(path, f"<?xml version='1.0'?><urlset>{pages}</urlset>", content_type="application/xml")
        return self.url + path


@contextlib.contextmanager
def running_web() -> Iterator[Web]:
    web = Web()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            web.asked.append((self.path, self.headers["Host"]))
            answer = web.answers.get(self.path, Answer(status=404))
            with contextlib.suppress(OSError):
                self.send_response(answer.status)
                self.send_header("Content-Type", answer.content_type)
                for name, value in answer.headers.items():
                    self.send_header(name, value)
                self.end_headers()
                for _ in range(answer.repeat):
                    self.wfile.write(answer.body)

        def log_message(self, *arguments: object) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    web.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield web
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)
