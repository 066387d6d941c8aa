"""A content policy for pages that have none of their own: nothing comes from another host, no script in a page runs.

Unfold's Alpine evaluates its expressions, and Unfold and its charts write styles into the page: so pages under the
paths of the admin may evaluate, and all may have inline styles. The desk has a policy that allows neither
(`chatbot/desk/policy.py`).
"""

from collections.abc import Callable
from typing import Final

from django.http import HttpRequest, HttpResponse

HEADER: Final = "Content-Security-Policy"
#: Pages that are built of Unfold's.
_WITH_ALPINE: Final = ("/admin/", "/analytics/", "/status/")
_POLICY: Final = "; ".join(
    (
        "default-src 'self'",
        "script-src 'self'{evaluation}",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data: blob:",
        "font-src 'self' data:",
        "connect-src 'self'",
        "object-src 'none'",
        "form-action 'self'",
        "base-uri 'self'",
        "frame-ancestors 'self'",
    )
)
STRICT: Final = _POLICY.format(evaluation="")
FOR_ALPINE: Final = _POLICY.format(evaluation=" 'unsafe-eval'")


class ContentPolicyMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self._get_response(request)
        response.headers.setdefault(HEADER, FOR_ALPINE if request.path.startswith(_WITH_ALPINE) else STRICT)
        return response
