"""The levers: faults, the list of calls, the record of deliveries, the subscription."""

from __future__ import annotations

import time
from typing import Any

from sandbox.calls import CallLog
from sandbox.deliveries import Courier
from sandbox.errors import Invalid, NotFound
from sandbox.faults import Faults
from sandbox.inputs import Request
from sandbox.settings import is_http_url
from sandbox.webhooks import ping
from sandbox.workspace import Workspace

Answer = tuple[int, Any]


class Controls:
    def __init__(self, *, workspace: Workspace, faults: Faults, calls: CallLog, courier: Courier) -> None:
        self._workspace = workspace
        self._faults = faults
        self._calls = calls
        self._courier = courier

    def show_faults(self, request: Request) -> Answer:
        return 200, self._faults.as_json()

    def set_faults(self, request: Request) -> Answer:
        self._faults.set(request.body)
        return 200, self._faults.as_json()

    def clear_faults(self, request: Request) -> Answer:
        self._faults.clear()
        return 200, self._faults.as_json()

    def list_calls(self, request: Request) -> Answer:
        calls = self._calls.list(
            conversation=request.query_text("conversation"), limit=int(request.query_number("limit", 1000, 1, 1e6))
        )
        return 200, {"count": len(calls), "total": self._calls.total, "calls": [each.as_json() for each in calls]}

    def clear_calls(self, request: Request) -> Answer:
        self._calls.clear()
        return 204, None

    def list_deliveries(self, request: Request) -> Answer:
        return 200, self._courier.summary(
            since=request.query_number("since", 0, 0, 1e11), limit=int(request.query_number("limit", 100, 0, 1e6))
        )

    def clear_deliveries(self, request: Request) -> Answer:
        self._courier.clear()
        return 204, None

    def show_subscription(self, request: Request) -> Answer:
        return 200, {"url": self._courier.url, "enabled": self._courier.enabled}

    def set_subscription(self, request: Request) -> Answer:
        """`url` and `enabled`, either or both: also the way back after a 410."""
        url = request.body.get("url")
        if url is not None and (not isinstance(url, str) or (url and not is_http_url(url))):
            raise Invalid("url: must be an http or https address, or empty to send nothing.", field="url")
        enabled = request.flag("enabled", self._courier.enabled)
        self._courier.subscribe(url=url, enabled=enabled)
        return self.show_subscription(request)

    def send_ping(self, request: Request) -> Answer:
        self._courier.submit(ping(self._workspace, at=int(time.time())))
        return 202, {"topic": "ping"}

    def health(self, request: Request) -> Answer:
        return 200, {
            "status": "ok",
            "conversations": len(self._workspace.conversations),
            "calls": len(self._calls),
        }

    def unknown(self, request: Request) -> Answer:
        """One of the sandbox's own addresses, called in a way that it does not know."""
        raise NotFound("There is nothing at this address for this method.")
