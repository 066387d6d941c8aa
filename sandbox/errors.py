"""What can go wrong in a request, and the answer that it gets.

SandboxError            status, code and message of the answer
  NotFound              404: no such conversation, contact, admin, tag
  Invalid               400 in the REST API, 422 on the sandbox's own endpoints; names the field
  Unauthorized          401
  RateLimited           429
"""

from __future__ import annotations

import uuid
from typing import Any


class SandboxError(Exception):
    """A request that cannot be done: carries what the caller is told."""

    status = 500
    code = "server_error"

    def __init__(self, message: str, *, code: str | None = None, field: str | None = None, status: int | None = None):
        super().__init__(message)
        self.message = message
        self.field = field
        self.code = code or self.code
        self.status = status or self.status

    def as_error_list(self) -> dict[str, Any]:
        """Intercom's own shape, `error.list`."""
        entry: dict[str, Any] = {"code": self.code, "message": self.message}
        if self.field is not None:
            entry["field"] = self.field
        return {"type": "error.list", "request_id": str(uuid.uuid4()), "errors": [entry]}


class NotFound(SandboxError):
    status = 404
    code = "not_found"


class Invalid(SandboxError):
    status = 400
    code = "parameter_invalid"


class Unauthorized(SandboxError):
    status = 401
    code = "unauthorized"


class RateLimited(SandboxError):
    status = 429
    code = "rate_limit_exceeded"
