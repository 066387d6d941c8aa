"""The door of the REST API: token, version, rate limit, faults and the call list, around one plain function."""

from __future__ import annotations

import asyncio
import json
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs

from starlette.types import Receive, Scope, Send

from sandbox.calls import MAX_KEPT_BODY, Call, CallLog
from sandbox.errors import Invalid, RateLimited, SandboxError, Unauthorized
from sandbox.faults import Fault, Faults
from sandbox.http import ConnectionCut, cut, hang, header, parse_object, read_body, respond, to_json, wait
from sandbox.ratelimit import RateLimiter
from sandbox.rest.oauth import Tokens
from sandbox.settings import API_VERSIONS, Settings, version_number
from sandbox.shapes import Json, Look
from sandbox.workspace import Workspace

REORDER_SECONDS = 0.5  #: a reordered call waits so long, and calls behind it overtake


@dataclass(frozen=True, slots=True, kw_only=True)
class RestCall:
    """One authorised call, as a handler sees it."""

    workspace: Workspace
    settings: Settings
    version: tuple[int, int]
    path: dict[str, str]
    query: dict[str, list[str]]
    body: Json
    token: str

    def look(self) -> Look:
        return Look(version=self.version, plain=self.query.get("display_as") == ["plaintext"])


Handler = Callable[[RestCall], Any]  #: returns what is sent as JSON; raises SandboxError


class Gate:
    """What all REST endpoints share."""

    def __init__(
        self, *, settings: Settings, workspace: Workspace, faults: Faults, calls: CallLog, closing: asyncio.Event
    ) -> None:
        self.settings = settings
        self.workspace = workspace
        self.faults = faults
        self.calls = calls
        self.closing = closing
        self.tokens = Tokens(settings)
        self.limiter = RateLimiter(settings.rate_limit)
        self._versions = {version: version_number(version) for version in API_VERSIONS}
        self._own_version = version_number(settings.api_version)

    def endpoint(self, handler: Handler) -> RestEndpoint:
        return RestEndpoint(self, handler)

    def version(self, scope: Scope) -> tuple[int, int]:
        asked = header(scope, b"intercom-version")
        if asked is None:
            return self._own_version
        if asked in ("Preview", "Unstable"):
            return self._versions[API_VERSIONS[-1]]
        if asked not in self._versions:
            raise Invalid(f"The requested version {asked!r} is invalid", code="intercom_version_invalid")
        return self._versions[asked]

    def token(self, scope: Scope) -> str:
        scheme, _, token = (header(scope, b"authorization") or "").partition(" ")
        if scheme.lower() != "bearer" or not self.tokens.known(token.strip()):
            raise Unauthorized("Access Token Invalid")
        return token.strip()


class RestEndpoint:
    """An ASGI endpoint: does one handler's work behind the gate."""

    def __init__(self, gate: Gate, handler: Handler) -> None:
        self._gate = gate
        self._handler = handler

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        gate = self._gate
        at = time.time()
        try:
            raw = await read_body(receive, gate.settings.max_body_bytes)
        except SandboxError as error:
            self._record(scope, b"", error.status, at, None)
            await respond(send, error.status, to_json(error.as_error_list()), headers=[(b"connection", b"close")])
            return
        fault = gate.faults.strike("rest", scope["path"])
        if fault is not None:
            await wait(fault.delay + (REORDER_SECONDS if fault.reorder else 0.0), gate.closing)
            if fault.mode == "hang":
                self._record(scope, raw, None, at, fault)
                await hang(receive, gate.closing)
                return
            if fault.drop or fault.mode == "close":
                self._record(scope, raw, None, at, fault)
                await self._cut(scope, receive)
                return
        allowance = gate.limiter.take()
        headers = allowance.headers()
        headers.append((b"x-request-id", uuid.uuid4().hex.encode()))
        if fault is not None and fault.status is not None:
            if fault.status == 429:
                after = fault.reset_seconds if fault.reset_seconds is not None else 10.0
                headers[1] = (b"x-ratelimit-remaining", b"0")
                headers[2] = (b"x-ratelimit-reset", b"%d" % (int(time.time() + after + 0.999)))
            self._record(scope, raw, fault.status, at, fault)
            await respond(send, fault.status, to_json(_error_for(fault.status)), headers=headers)
            return
        if not allowance.allowed:
            status, content = 429, to_json(RateLimited("Exceeded rate limit").as_error_list())
        else:
            status, content = self._work(scope, raw)
            if fault is not None and fault.duplicate:
                # A proxy that repeats a request on its own: the work is done twice, the second answer is seen.
                status, content = self._work(scope, raw)
        if fault is not None and fault.mode is not None:
            # The work is done; the caller must not learn it.
            self._record(scope, raw, 500 if fault.mode == "accept_then_500" else None, at, fault)
            if fault.mode == "accept_then_hang":
                await hang(receive, gate.closing)
            elif fault.mode == "accept_then_close":
                await self._cut(scope, receive)
            else:
                await respond(send, 500, to_json(_error_for(500)), headers=headers)
            return
        self._record(scope, raw, status, at, fault)
        await respond(send, status, content, headers=headers)

    def _work(self, scope: Scope, raw: bytes) -> tuple[int, bytes]:
        gate = self._gate
        try:
            token = gate.token(scope)
            call = RestCall(
                workspace=gate.workspace,
                settings=gate.settings,
                version=gate.version(scope),
                path=scope.get("path_params", {}),
                query=parse_qs(scope["query_string"].decode("latin-1")) if scope["query_string"] else {},
                body=parse_object(raw),
                token=token,
            )
            return 200, to_json(self._handler(call))
        except SandboxError as error:
            return error.status, to_json(error.as_error_list())

    async def _cut(self, scope: Scope, receive: Receive) -> None:
        await cut(scope, receive)

    def _record(self, scope: Scope, raw: bytes, status: int | None, at: float, fault: Fault | None) -> None:
        self._gate.calls.add(
            Call(
                method=scope["method"],
                path=scope["path"],
                query=scope["query_string"].decode("latin-1"),
                body=_kept_body(raw),
                status=status,
                at=at,
                conversation=scope.get("path_params", {}).get("conversation_id"),
                fault=None if fault is None else fault.name(),
                size=len(raw),
            )
        )


def _kept_body(raw: bytes) -> Any:
    if not raw:
        return None
    if len(raw) > MAX_KEPT_BODY:
        return {"omitted_bytes": len(raw)}
    try:
        return json.loads(raw)
    except (ValueError, RecursionError):
        return raw.decode("utf-8", "replace")


def _error_for(status: int) -> Json:
    codes = {401: "unauthorized", 403: "api_plan_restricted", 404: "not_found", 429: "rate_limit_exceeded"}
    code = codes.get(status, "server_error" if status >= 500 else "parameter_invalid")
    if status == 503:
        code = "service_unavailable"
    return SandboxError("A fault set in the sandbox", code=code, status=status).as_error_list()


__all__ = ["ConnectionCut", "Gate", "Handler", "RestCall", "RestEndpoint"]
