"""`/readyz` for balancers and monitors, and the page that tells people what is wrong and what to do."""

from django.contrib import admin
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.utils.translation import override
from django.views.decorators.http import require_safe

from analytics.health.checks import STATES_IN_WORDS, State, checks, worst
from analytics.health.facts import recent


@require_safe
def readyz(request: HttpRequest) -> HttpResponse:
    """200 while this process can store webhooks, else 503; with `?all`, 503 as soon as any check has failed.

    A balancer must go on sending webhooks to a web process whose workers are down: they are stored and answered later.
    The body names each check and its state, and nothing else: the address is open.
    """
    with override("en"):
        results = checks(recent())
    failed = {check.name for check in results if check.state == State.FAILED}
    is_ready = not failed if "all" in request.GET else "database" not in failed
    body = {"ready": is_ready, "state": worst(results), "checks": {check.name: check.state for check in results}}
    return JsonResponse(body, status=200 if is_ready else 503, headers={"Cache-Control": "no-store"})


@require_safe
def status_page(request: HttpRequest) -> HttpResponse:
    results = checks(recent())
    rows = [{"check": check, "words": STATES_IN_WORDS[check.state]} for check in results]
    context = {
        **admin.site.each_context(request),
        "title": _("System status"),
        "rows": rows,
        "worst": worst(results),
    }
    return TemplateResponse(request, "admin/analytics/status.html", context)
