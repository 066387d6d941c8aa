"""What customers ask about: all topics on one page, and each on its own with its questions."""

import json
from dataclasses import dataclass
from typing import Any, Final

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from analytics.business.reading import Period, last_days
from analytics.business.statistics import Figure
from analytics.business.views import CHART_OPTIONS
from analytics.models import Topic, TopicRun
from analytics.tasks import group_topics
from analytics.topics.proposing import propose_name
from analytics.topics.reading import TopicFigures, questions_by_day, questions_of, topic_figures
from analytics.topics.running import is_running
from analytics.topics.steering import CannotSteer, hide, merge, rename
from analytics.topics.taking_in import waiting
from chatbot.llm.errors import ModelError
from chatbot.model_pools import configured_model

PERIODS: Final = (7, 30, 90)
_A_PAGE: Final = 25
#: Topics whose days are drawn.
_DRAWN: Final = 6
_COLOURS: Final = ("#7c3aed", "#0d9488", "#b45309", "#64748b", "#be185d", "#2563eb")


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    figures: TopicFigures
    trend: str
    resolution: str
    resolution_detail: str
    csat: str
    share: int  #: of the largest topic, percent


@require_safe
def topics_page(request: HttpRequest) -> HttpResponse:
    _look(request)
    period = asked_period(request)
    found = topic_figures(period)
    shown = [one for one in found if one.topic is not None and not one.topic.is_hidden]
    hidden = [one for one in found if one.topic is not None and one.topic.is_hidden]
    largest = max((one.questions for one in shown), default=1)
    context = {
        **admin.site.each_context(request),
        "title": _("What customers ask about"),
        "period": period,
        "periods": PERIODS,
        "rows": [_row(one, largest) for one in shown],
        "hidden": [_row(one, largest) for one in hidden],
        "alone": next((one.questions for one in found if one.topic is None), 0),
        "questions": sum(one.questions for one in found),
        "lines": json.dumps(_lines(period, shown[:_DRAWN])),
        "options": json.dumps(CHART_OPTIONS),
        "progress": progress(),
        "may_change": request.user.has_perm("analytics.change_topic"),
    }
    return TemplateResponse(request, "admin/analytics/topics.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def topic_page(request: HttpRequest, topic_id: int) -> HttpResponse:
    """One topic: its words and figures, its questions with what became of them; what staff may change."""
    _look(request)
    topic = get_object_or_404(Topic, pk=topic_id)
    if topic.merged_into_id is not None and request.method != "POST":
        return HttpResponseRedirect(reverse("topic", args=[topic.merged_into_id]))
    proposed = ""
    if request.method == "POST":
        if not request.user.has_perm("analytics.change_topic"):
            raise PermissionDenied
        if request.POST.get("do") != "propose":
            return _changed(request, topic)
        proposed = _proposed(request, topic)
    period = asked_period(request)
    figures = next((one for one in topic_figures(period) if one.topic == topic), None)
    days = questions_by_day(period, [topic.pk])[topic.pk]
    others = Topic.objects.filter(language=topic.language, merged_into__isnull=True).exclude(pk=topic.pk)
    context = {
        **admin.site.each_context(request),
        "title": topic.name,
        "topic": topic,
        "period": period,
        "periods": PERIODS,
        "row": _row(figures, figures.questions) if figures else None,
        "page": Paginator(questions_of(period, topic), _A_PAGE).get_page(request.GET.get("p")),
        "days": json.dumps(_days(days)),
        "options": json.dumps({**CHART_OPTIONS, "plugins": {"legend": {"display": False}}}),
        "others": others.order_by("name")[:500],
        "merged": topic.merged.order_by("name"),
        "proposed": proposed,
        "has_model": configured_model() is not None,
        "may_change": request.user.has_perm("analytics.change_topic"),
        "may_read": request.user.has_perm("sessions_app.view_conversation"),
    }
    return TemplateResponse(request, "admin/analytics/topic.html", context)


@require_safe
def alone_page(request: HttpRequest) -> HttpResponse:
    """Questions that are like no other."""
    _look(request)
    period = asked_period(request)
    context = {
        **admin.site.each_context(request),
        "title": _("Questions like no other"),
        "period": period,
        "periods": PERIODS,
        "page": Paginator(questions_of(period, None), _A_PAGE).get_page(request.GET.get("p")),
        "may_read": request.user.has_perm("sessions_app.view_conversation"),
    }
    return TemplateResponse(request, "admin/analytics/topic_alone.html", context)


@require_POST
def group_now(request: HttpRequest) -> HttpResponse:
    if not request.user.has_perm("analytics.change_topic"):
        raise PermissionDenied
    group_topics.delay()
    messages.success(request, _("Questions are being read; load this page again in a moment."))
    back = "gaps" if request.POST.get("back") == "gaps" else "topics"
    return HttpResponseRedirect(reverse(back))


def progress() -> dict[str, Any]:
    """How far grouping is, in words for the page."""
    run = TopicRun.objects.first()
    running = is_running(run, timezone.now())
    return {
        "is_running": running,
        "done": run.done if run else 0,
        "total": run.total if run else 0,
        "percent": round(100 * run.done / run.total) if run and run.total else 0,
        "finished_at": run.finished_at if run else None,
        "problem": run.problem if run else "",
        "waiting": 0 if running else waiting().count(),
    }


def asked_period(request: HttpRequest) -> Period:
    """Of the address; what it cannot mean becomes 30 days."""
    told = request.GET.get("days", "")
    return last_days(int(told) if told in {str(one) for one in PERIODS} else 30)


def _look(request: HttpRequest) -> None:
    if not request.user.has_perm("analytics.view_topic"):
        raise PermissionDenied


def _changed(request: HttpRequest, topic: Topic) -> HttpResponse:
    told = request.POST
    after = topic.pk
    try:
        match told.get("do"):
            case "rename":
                rename(topic.pk, told.get("name", "").replace("\x00", ""))
                messages.success(request, _("Renamed."))
            case "hide" | "show":
                hide(topic.pk, is_hidden=told["do"] == "hide")
                messages.success(request, _("Hidden.") if told["do"] == "hide" else _("Shown again."))
            case "merge":
                into = told.get("into", "")
                after = merge(topic.pk, into=int(into) if into.isdigit() and len(into) < 18 else 0).pk
                messages.success(request, _("Merged: its questions count here now."))
            case _:
                raise Http404
    except CannotSteer as error:
        messages.error(request, str(error))
    except Topic.DoesNotExist:
        messages.error(request, _("Choose another topic, one that is not merged itself."))
    return HttpResponseRedirect(reverse("topic", args=[after]))


def _proposed(request: HttpRequest, topic: Topic) -> str:
    try:
        return propose_name(topic)
    except ModelError:
        messages.error(request, _("The model did not answer; the name stays."))
        return ""


def _row(one: TopicFigures, largest: int) -> Row:
    return Row(
        figures=one,
        trend=_trend(one),
        resolution=_share(one.resolution),
        resolution_detail=_detail(one.resolution),
        csat=_share(one.csat),
        share=round(100 * one.questions / max(1, largest)),
    )


def _trend(one: TopicFigures) -> str:
    if one.is_new or one.trend is None:
        return ""
    return f"{one.trend.change:+.0%}" if one.trend.change is not None else f"+{one.trend.now}"


def _share(one: Figure) -> str:
    return "–" if one.value is None else f"{one.value:.0%}"


def _detail(one: Figure) -> str:
    if one.value is None or one.low is None or one.high is None:
        return ""
    words = _("between %(low).0f and %(high).0f %%") % {"low": 100 * one.low, "high": 100 * one.high}
    return words + (" · " + _("too early to say") if one.is_early else "")


def _lines(period: Period, shown: list[TopicFigures]) -> dict[str, Any]:
    topics = [one.topic for one in shown if one.topic is not None]
    days = questions_by_day(period, [topic.pk for topic in topics])
    labels = [f"{day:%m-%d}" for day in next(iter(days.values()), {})]
    datasets = [
        {"label": topic.name, "data": [*days[topic.pk].values()], "borderColor": colour}
        for topic, colour in zip(topics, _COLOURS, strict=False)
    ]
    return {"labels": labels, "datasets": datasets}


def _days(days: dict[Any, int]) -> dict[str, Any]:
    return {
        "labels": [f"{day:%m-%d}" for day in days],
        "datasets": [{"label": _("questions"), "data": [*days.values()], "backgroundColor": _COLOURS[0]}],
    }
