"""The monthly report, made for paper."""

import re
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from analytics.business.reading import Period
from analytics.models import Filling
from analytics.reports.figures import cost_lines, lines

#: Months that the page offers.
_OFFERED = 13


def month_of(first: date) -> Period:
    following = (first + timedelta(days=31)).replace(day=1)
    return Period(first=first, last=following - timedelta(days=1), zone=ZoneInfo(settings.TIME_ZONE))


@require_safe
def monthly_report(request: HttpRequest) -> HttpResponse:
    """`month=2026-10`; the last whole month, if left out or not a month."""
    if not request.user.has_perm("analytics.view_conversationoutcome"):
        raise PermissionDenied
    this = timezone.now().astimezone(ZoneInfo(settings.TIME_ZONE)).date().replace(day=1)
    months = [this]
    while len(months) < _OFFERED:
        months.append((months[-1] - timedelta(days=1)).replace(day=1))
    given = re.fullmatch(r"(20\d\d)-(0[1-9]|1[0-2])", request.GET.get("month", ""), re.ASCII)
    first = date(int(given[1]), int(given[2]), 1) if given else months[1]
    period = month_of(first)
    earlier = month_of((first - timedelta(days=1)).replace(day=1))
    found = lines(period, earlier)
    filling = Filling.objects.first()
    context = {
        **admin.site.each_context(request),
        "title": _("Monthly report"),
        "period": period,
        "months": months,
        "first": first,
        "tables": [table for table in (found, cost_lines(period, earlier)) if table],
        "is_empty": not found[0].figure.value,
        "is_unfinished": first >= this,
        "counted_until": filling.counted_until if filling else None,
        "zone": settings.TIME_ZONE,
    }
    return TemplateResponse(request, "admin/analytics/report.html", context)
