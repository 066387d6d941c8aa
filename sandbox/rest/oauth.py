"""OAuth as Intercom does it: no scopes, no expiry, no refresh token; a code is worth one token, once."""

from __future__ import annotations

import asyncio
import hmac
import json
import secrets
from collections import OrderedDict
from urllib.parse import parse_qs, urlencode, urlsplit, urlunsplit

from starlette.types import Receive, Scope, Send

from sandbox.errors import Invalid, SandboxError, Unauthorized
from sandbox.http import read_body, respond, respond_json
from sandbox.settings import Settings, is_http_url

MAX_KEPT = 1000  #: codes, and tokens, that are known at the same time


class Tokens:
    """Tokens that open the REST API, and codes that are waiting to be turned into one."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._tokens: OrderedDict[str, None] = OrderedDict({settings.token: None})
        self._codes: OrderedDict[str, None] = OrderedDict()

    def known(self, token: str) -> bool:
        return token in self._tokens

    def issue_code(self) -> str:
        code = secrets.token_urlsafe(24) + "="  # Intercom's codes may end so; a careless parser loses it
        self._codes[code] = None
        while len(self._codes) > MAX_KEPT:
            self._codes.popitem(last=False)
        return code

    def exchange(self, *, code: str, client_id: str, client_secret: str) -> str:
        """A token for a code. Raises `Unauthorized`; a code that was used is worth nothing."""
        ours = hmac.compare_digest(client_secret.encode(), self._settings.client_secret.encode())
        if client_id != self._settings.client_id or not ours:
            raise Unauthorized("Client id or secret is wrong")
        if self._codes.pop(code, 0) == 0:
            raise Unauthorized("Unauthorized Code")
        token = "sandbox-" + secrets.token_urlsafe(24)
        self._tokens[token] = None
        while len(self._tokens) > MAX_KEPT:
            self._tokens.popitem(last=False)
        return token

    def revoke(self, token: str) -> None:
        self._tokens.pop(token, None)


class Authorize:
    """`GET /oauth`: the workspace's owner agrees at once and is sent back with `code` and `state`."""

    def __init__(self, tokens: Tokens, settings: Settings, closing: asyncio.Event) -> None:
        self._tokens = tokens
        self._settings = settings

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        query = {key: values[0] for key, values in parse_qs(scope["query_string"].decode("latin-1")).items()}
        target = query.get("redirect_uri") or _registered_address(self._settings)
        try:
            if query.get("client_id") != self._settings.client_id:
                raise Invalid(f"client_id: must be {self._settings.client_id}", field="client_id")
            if not is_http_url(target):
                raise Invalid("redirect_uri: must be an http or https address", field="redirect_uri")
        except SandboxError as error:
            await respond_json(send, error.status, error.as_error_list())
            return
        parts = urlsplit(target)
        answer = {"code": self._tokens.issue_code()}
        if "state" in query:
            answer["state"] = query["state"]
        joined = "&".join(text for text in (parts.query, urlencode(answer)) if text)
        location = urlunsplit((parts.scheme, parts.netloc, parts.path or "/", joined, ""))
        await respond(send, 302, b"", headers=[(b"location", location.encode())])


class TokenEndpoint:
    """`POST /auth/eagle/token` with code, client_id and client_secret, as a form or as JSON."""

    def __init__(self, tokens: Tokens) -> None:
        self._tokens = tokens

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            fields = _fields(await read_body(receive, 65_536), scope["query_string"])
            token = self._tokens.exchange(
                code=fields.get("code", ""),
                client_id=fields.get("client_id", ""),
                client_secret=fields.get("client_secret", ""),
            )
        except SandboxError as error:
            await respond_json(send, error.status, error.as_error_list())
            return
        await respond_json(send, 200, {"token_type": "Bearer", "token": token, "access_token": token})


def _fields(raw: bytes, query: bytes) -> dict[str, str]:
    text = raw.decode("utf-8", "replace")
    if text.lstrip().startswith("{"):
        try:
            return {str(key): str(value) for key, value in json.loads(text).items()}
        except ValueError:
            raise Invalid("The body is not valid JSON.") from None
    pairs = {**parse_qs(query.decode("latin-1")), **parse_qs(text)}
    return {key: values[0] for key, values in pairs.items()}


def _registered_address(settings: Settings) -> str:
    """The callback of the platform that receives the webhooks, for a request that names none."""
    parts = urlsplit(settings.webhook_url)
    return f"{parts.scheme}://{parts.netloc}/intercom/oauth/callback" if parts.netloc else ""
