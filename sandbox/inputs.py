"""Reading what the sandbox's own endpoints are sent: every refusal is a 422 that names the field."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import parse_qs

from starlette.types import Receive, Scope, Send

from sandbox.errors import Invalid, SandboxError
from sandbox.http import parse_object, read_body, respond, to_json

_EMAIL = re.compile(r"[^@\s<>\"]{1,64}@[^@\s<>\"]{1,190}")
MAX_ATTRIBUTES = 50


class Own:
    """An ASGI endpoint of the sandbox itself: no token, JSON in, JSON out."""

    def __init__(self, handler: Callable[[Request], Awaitable[tuple[int, Any]] | tuple[int, Any]], limit: int) -> None:
        self._handler = handler
        self._limit = limit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            raw = await read_body(receive, self._limit)
            result = self._handler(Request(scope, parse_object(raw) if raw else {}))
            status, value = await result if asyncio.iscoroutine(result) else result  # type: ignore[misc]
        except SandboxError as error:
            status = 422 if isinstance(error, Invalid) and error.status == 400 else 0
            status = status or error.status
            value = {"error": {"code": error.code, "field": error.field, "message": error.message}}
        await respond(send, status, b"" if status == 204 else to_json(value))


class Request:
    """Path, query and body of one request, with readers that refuse by name."""

    def __init__(self, scope: Scope, body: dict[str, Any]) -> None:
        self.path: dict[str, str] = scope.get("path_params", {})
        self.body = body
        self._query = parse_qs(scope["query_string"].decode("latin-1")) if scope["query_string"] else {}

    def text(self, name: str, *, required: bool = True, maximum: int = 1_000_000) -> str | None:
        value = self.body.get(name)
        if value is None and not required:
            return None
        if not isinstance(value, str) or not value.strip():
            raise Invalid(f"{name}: must be a text that is not empty.", field=name)
        if len(value) > maximum:
            raise Invalid(f"{name}: must have at most {maximum} characters.", field=name)
        return value

    def words(self, name: str = "body") -> str:
        text = self.text(name)
        assert text is not None
        return text

    def email(self, name: str = "email") -> str:
        text = (self.text(name, maximum=254) or "").strip()
        if not _EMAIL.fullmatch(text):
            raise Invalid(f"{name}: must be an e-mail address such as dana@example.com.", field=name)
        return text

    def flag(self, name: str, default: bool) -> bool:
        value = self.body.get(name, default)
        if not isinstance(value, bool):
            raise Invalid(f"{name}: must be true or false.", field=name)
        return value

    def whole(self, name: str, low: int, high: int) -> int:
        value = self.body.get(name)
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            raise Invalid(f"{name}: must be a whole number from {low} to {high}.", field=name)
        return value

    def attributes(self) -> dict[str, Any]:
        """`attributes`, and `tier` beside them: what goes to the contact's custom attributes."""
        value = self.body.get("attributes") or {}
        if not isinstance(value, dict) or len(value) > MAX_ATTRIBUTES:
            raise Invalid(f"attributes: must be an object of at most {MAX_ATTRIBUTES} names.", field="attributes")
        for name, each in value.items():
            if not isinstance(each, (str, int, float, bool, type(None))):
                raise Invalid(f"attributes.{name}: must be a text, a number, true, false or null.", field="attributes")
        tier = self.text("tier", required=False, maximum=100)
        return value if tier is None else {**value, "tier": tier}

    def query_text(self, name: str) -> str | None:
        values = self._query.get(name)
        return values[0] if values else None

    def query_number(self, name: str, default: float, low: float, high: float) -> float:
        text = self.query_text(name)
        if text is None:
            return default
        try:
            value = float(text)
        except ValueError:
            value = low - 1
        if not low <= value <= high:
            raise Invalid(f"{name}: must be a number from {low:g} to {high:g}.", field=name)
        return value
