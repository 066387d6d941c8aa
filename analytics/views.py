"""`/metrics`: for a Prometheus that presents METRICS_TOKEN and for signed-in staff; others learn of no such page."""

import hmac

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST

from analytics.metrics import exposition


@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    if not (_has_token(request) or (request.user.is_active and request.user.is_staff)):
        raise Http404
    return HttpResponse(exposition(), content_type=CONTENT_TYPE_LATEST, headers={"Cache-Control": "no-store"})


def _has_token(request: HttpRequest) -> bool:
    """An empty METRICS_TOKEN fits nothing."""
    token: str = settings.METRICS_TOKEN
    given = request.headers.get("Authorization", "")
    return bool(token) and hmac.compare_digest(given.encode(), f"Bearer {token}".encode())
