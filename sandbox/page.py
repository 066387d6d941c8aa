"""The messenger page and its few files, read from `templates/messenger/`, under a strict content policy."""

from __future__ import annotations

from pathlib import Path

from starlette.types import Receive, Scope, Send

from sandbox.http import respond

FOLDER = Path(__file__).resolve().parent.parent / "templates" / "messenger"
FILES = {
    "/": ("index.html", b"text/html; charset=utf-8"),
    "/messenger.css": ("messenger.css", b"text/css; charset=utf-8"),
    "/messenger.js": ("messenger.js", b"text/javascript; charset=utf-8"),
    "/words.js": ("words.js", b"text/javascript; charset=utf-8"),
    "/icon.svg": ("icon.svg", b"image/svg+xml"),
}
HEADERS = [
    (
        b"content-security-policy",
        b"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        b"base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    ),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cache-control", b"no-cache"),
]


class Page:
    """One of `FILES`, read anew each time so that a change shows at the next reload."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        name, content_type = FILES[scope["path"]]
        path = FOLDER / name
        if not path.is_file():
            await respond(send, 404, b"The messenger page is not installed here.", content_type=b"text/plain")
            return
        await respond(send, 200, path.read_bytes(), content_type=content_type, headers=HEADERS)
