"""The admin's first page, with figures: what waits comes from the bot's side, what came of it from here."""

import json
from typing import Any, Final

from django.http import HttpRequest

from analytics.business.reading import Question, last_days, sums, sums_by_day
from analytics.business.views import CHART_OPTIONS, lines_by_day, tile_of, volumes_by_day
from chatbot.admin import home

#: Is the bot useful, is it right, is somebody waiting?
_TILES: Final = ("resolution", "agreement", "handovers", "csat", "first_response")
_DAYS: Final = 7
_CHART_DAYS: Final = 30


def add_home(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Unfold's callback. Who may not see results sees the page without them."""
    context = home.add_home(request, context)
    if request.user.has_perm("analytics.view_conversationoutcome"):
        context["results"] = _results()
    return context


def _results() -> dict[str, Any]:
    week = Question(period=last_days(_DAYS))
    now, before = sums(week), sums(Question(period=week.period.before()))
    days = sums_by_day(Question(period=last_days(_CHART_DAYS)))
    return {
        "days": _DAYS,
        "tiles": [tile_of(now, before, name, week) for name in _TILES],
        "volumes": json.dumps(volumes_by_day(days)),
        "lines": json.dumps(lines_by_day(days)),
        "options": json.dumps(CHART_OPTIONS),
        "is_empty": not any(row["conversations"] for row in days.values()),
    }
