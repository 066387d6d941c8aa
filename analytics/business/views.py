"""The dashboard of the business level: figures with their definitions, their days, and what is behind them."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, QueryDict
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from analytics.business.reading import Combinations, Question, combinations, last_days, sums, sums_by_day
from analytics.business.statistics import BY_NAME, STATISTICS, Figure, figure
from analytics.business.words import change_in_words, detail_in_words, value_in_words
from analytics.models import Filling
from analytics.models.hourly import DIMENSIONS, RESPONSE_BOUNDS
from sessions_app.models import Handoff

PERIODS: Final = (7, 30, 90, 365)
_LINES: Final = ("involvement", "resolution", "automation")
_COLOURS: Final = ("#7c3aed", "#0d9488", "#b45309", "#64748b")
#: Columns of the table by intent.
_BY_INTENT: Final = ("involvement", "resolution", "first_contact", "csat")


@dataclass(frozen=True, slots=True, kw_only=True)
class Tile:
    figure: Figure
    before: Figure
    value: str
    detail: str
    change: str
    is_good: bool | None
    link: str


@require_safe
def business_page(request: HttpRequest) -> HttpResponse:
    if not request.user.has_perm("analytics.view_conversationoutcome"):
        raise PermissionDenied
    question = asked(request.GET)
    everything = combinations(Question(period=question.period))
    chosen = everything.only(question.filters)
    now = chosen.sums()
    before = sums(Question(period=question.period.before(), filters=question.filters))
    days = sums_by_day(question)
    filling = Filling.objects.first()
    context = {
        **admin.site.each_context(request),
        "title": _("Are customers better off?"),
        "question": question,
        "periods": PERIODS,
        "tiles": [tile_of(now, before, name, question) for name in BY_NAME],
        "filters": filters_offered(everything, question.filters),
        "lines": json.dumps(lines_by_day(days)),
        "volumes": json.dumps(volumes_by_day(days)),
        "responses": json.dumps(_responses(now)),
        "options": json.dumps(CHART_OPTIONS),
        "reasons": _reasons(now, question),
        "intents": _intents(chosen),
        "intent_titles": [BY_NAME[name].title for name in _BY_INTENT],
        "odd_times": int(now["odd_times"]),
        "counted_until": filling.counted_until if filling else None,
        "is_empty": not now["conversations"],
        "definitions": STATISTICS,
    }
    return TemplateResponse(request, "admin/analytics/business.html", context)


#: As readable on white (4.3:1) as on the dark page (4.1:1): the library draws its words once, whichever it is.
CHART_WORDS: Final = "#6f7a8c"
CHART_AXIS: Final = {"ticks": {"color": CHART_WORDS}}
CHART_OPTIONS: Final = {
    "plugins": {"legend": {"display": True, "position": "bottom", "labels": {"color": CHART_WORDS}}},
    "scales": {"x": CHART_AXIS, "y": CHART_AXIS},
    "maintainAspectRatio": False,
}


def asked(query: QueryDict) -> Question:
    """What the address asks for; what it cannot mean is left out."""
    try:
        days = int(query.get("days", "30"))
    except ValueError:
        days = 30
    return Question(
        period=last_days(days if days in PERIODS else 30),
        filters={name: value for name in DIMENSIONS if (value := query.get(name, "").replace("\x00", ""))},
    )


def tile_of(now: Mapping[str, float], before: Mapping[str, float], name: str, question: Question) -> Tile:
    statistic = BY_NAME[name]
    current, earlier = figure(statistic, now), figure(statistic, before)
    change, is_good = change_in_words(current, earlier)
    return Tile(
        figure=current,
        before=earlier,
        value=value_in_words(current),
        detail=detail_in_words(current),
        change=change,
        is_good=is_good,
        link=list_behind(statistic.behind, question),
    )


def list_behind(query: str, question: Question) -> str:
    """The list of the conversations that a figure counts."""
    asked = QueryDict(query, mutable=True)
    asked["started_at__gte"] = question.period.begin.isoformat()
    asked["started_at__lt"] = question.period.end.isoformat()
    asked.update({f"{name}__exact": value for name, value in question.filters.items()})
    return f"{reverse('admin:analytics_conversationoutcome_changelist')}?{asked.urlencode()}"


def filters_offered(everything: Combinations, chosen: Mapping[str, str]) -> list[dict[str, Any]]:
    """Each dimension with what it may be set to; one with a single value is not offered."""
    names = {
        "workspace": _("workspace"),
        "language": _("language"),
        "tier": _("tier"),
        "channel": _("channel"),
        "team": _("team"),
        "intent": _("intent"),
        "profile": _("profile"),
    }
    offered = []
    for name in DIMENSIONS:
        values = [value for value in everything.by(name) if value]
        if len(values) > 1 or name in chosen:
            offered.append({"name": name, "title": names[name], "values": values, "chosen": chosen.get(name, "")})
    return offered


def lines_by_day(days: Mapping[Any, Mapping[str, float]]) -> dict[str, Any]:
    datasets = []
    for name, colour in zip(_LINES, _COLOURS, strict=False):
        one = BY_NAME[name]
        # Not `figure`: the intervals of a year of days would take longer than all the rest of the page.
        values = [row[one.above] / row[one.below] if row[one.below] else None for row in days.values()]
        datasets.append(
            {
                "label": str(BY_NAME[name].title) + " (%)",
                "data": [None if value is None else round(100 * value, 1) for value in values],
                "borderColor": colour,
                "spanGaps": True,
            }
        )
    return {"labels": [f"{day:%m-%d}" for day in days], "datasets": datasets}


def volumes_by_day(days: Mapping[Any, Mapping[str, float]]) -> dict[str, Any]:
    shown = {
        "resolved": _("resolved by the bot"),
        "handed_over": _("handed over"),
        "with_person": _("with people"),
        "conversations": _("all"),
    }
    datasets = [
        {"label": title, "data": [row[name] for row in days.values()], "backgroundColor": colour}
        for (name, title), colour in zip(shown.items(), _COLOURS, strict=True)
    ]
    return {"labels": [f"{day:%m-%d}" for day in days], "datasets": datasets}


def _responses(now: Mapping[str, float]) -> dict[str, Any]:
    """How many customers got their first word within which time; not cumulated."""
    within = [now[f"response_in_{bound}"] for bound in RESPONSE_BOUNDS]
    counts = [later - earlier for earlier, later in zip([0, *within], [*within, now["responses"]], strict=True)]
    labels = [_("5 s"), _("30 s"), _("1 min"), _("5 min"), _("1 h"), _("longer")]
    return {
        "labels": labels,
        "datasets": [{"label": _("conversations"), "data": counts, "backgroundColor": _COLOURS[1]}],
    }


def _reasons(now: Mapping[str, float], question: Question) -> list[dict[str, Any]]:
    counted = [(int(now.get(f"handed_{value}", 0)), value, title) for value, title in Handoff.Reason.choices]
    return [
        {"title": title, "count": count, "link": list_behind(f"handoff_reason__exact={value}", question)}
        for count, value, title in sorted(counted, key=lambda one: -one[0])
        if count
    ]


def _intents(chosen: Combinations) -> list[dict[str, Any]]:
    rows = list(chosen.by("intent").items())[:12]
    return [
        {
            "title": value or _("none recognised"),
            "count": int(row["conversations"]),
            "figures": [
                {"value": value_in_words(one), "is_early": one.is_early}
                for one in (figure(BY_NAME[name], row) for name in _BY_INTENT)
            ],
        }
        for value, row in rows
    ]
