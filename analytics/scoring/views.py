"""The page of the score: its signals, their weights, where these come from, and how well it agrees with ratings."""

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Avg, Count, Q, Sum
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from analytics.models import ConversationOutcome, ModelReading, ScoreWeights
from analytics.scoring.learning import LEAST_OF_EACH, LEAST_RATINGS, MOST_RATINGS, weights_in_use
from analytics.scoring.model_readings import calls_today
from analytics.scoring.signals import BIAS, FIRST_WEIGHTS, SIGNALS
from chatbot.model_pools import configured_model

#: Lower bounds of the groups in which scores are held against ratings.
_GROUPS = (0, 40, 60, 70, 80, 90)


@require_safe
def score_page(request: HttpRequest) -> HttpResponse:
    if not request.user.has_perm("analytics.view_conversationoutcome"):
        raise PermissionDenied
    weights = weights_in_use()
    newest = ScoreWeights.objects.first()
    rated = ConversationOutcome.objects.filter(rating__isnull=False).order_by("-started_at")[:MOST_RATINGS]
    counted = ConversationOutcome.objects.filter(pk__in=rated.values("pk")).aggregate(
        rated=Count("pk"), good=Count("pk", filter=Q(rating__gte=4))
    )
    context = {
        **admin.site.each_context(request),
        "title": _("Score of conversations"),
        "signals": [{"signal": one, "weight": f"{weights[one.name]:+.2f}"} for one in SIGNALS],
        "bias": f"{weights[BIAS]:+.2f}",
        "is_learned": weights != FIRST_WEIGHTS,
        "newest": newest,
        "rated": counted["rated"],
        "poor": counted["rated"] - counted["good"],
        "good": counted["good"],
        "least": LEAST_RATINGS,
        "least_of_each": LEAST_OF_EACH,
        "groups": _groups(),
        "has_model": configured_model() is not None,
        "read_percent": f"{settings.SCORE_READ_PERCENT:g}",
        "readings_a_day": settings.SCORE_READS_A_DAY,
        "calls_today": calls_today(timezone.now()),
        "readings": _readings(),
        "may_see_prompt": request.user.has_perm("chatbot.view_promptversion"),
    }
    return TemplateResponse(request, "admin/analytics/score.html", context)


def _readings() -> dict[str, Any]:
    """What the model's readings of the last 30 days were, and cost."""
    status = ModelReading.Status
    found = ModelReading.objects.filter(asked_at__gte=timezone.now() - timedelta(days=30)).aggregate(
        all=Count("pk"),
        read=Count("pk", filter=Q(status=status.READ)),
        refused=Count("pk", filter=Q(status=status.UNREADABLE)),
        failed=Count("pk", filter=Q(status=status.FAILED)),
        mean=Avg("rating"),
        read_tokens=Sum("tokens_read"),
        written_tokens=Sum("tokens_written"),
    )
    return {**found, "tokens": (found["read_tokens"] or 0) + (found["written_tokens"] or 0)}


def _groups() -> list[dict[str, Any]]:
    """Rated conversations by their score: what it promised, and what customers said."""
    from scipy.stats import binomtest  # nearly a second to load, which only who looks at this page shall pay

    found = []
    for low, high in zip(_GROUPS, (*_GROUPS[1:], 101), strict=True):
        row = ConversationOutcome.objects.filter(rating__isnull=False, score__gte=low, score__lt=high).aggregate(
            count=Count("pk"), good=Count("pk", filter=Q(rating__gte=4)), mean=Avg("score")
        )
        if row["count"]:
            interval = binomtest(row["good"], row["count"]).proportion_ci(method="wilson")
            found.append(
                {
                    "name": f"{low}–{min(high, 100)}",
                    "count": row["count"],
                    "promised": f"{row['mean']:.0f}",
                    "good": f"{row['good'] / row['count']:.0%}",
                    "low": f"{interval.low:.0%}",
                    "high": f"{interval.high:.0%}",
                }
            )
    return found
