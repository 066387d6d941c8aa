"""The dashboard of the technical level: times, failures and load, beside the period before."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlencode

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, QueryDict
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from analytics.business.reading import last_days
from analytics.business.views import CHART_OPTIONS
from analytics.technical.reading import FILTERS, OWN_PROMISE, TURNS_READ, Asked, Reading, Technical, read_technical
from chatbot.models import Turn
from chatbot.trying.comparing import share

PERIODS: Final = (1, 7, 30)
#: Values of a filter that are offered.
_OFFERED: Final = 50
#: A mark beside a time needs at least so large a difference, and so many turns on both sides.
_NOTICEABLE, _ENOUGH = 0.1, 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Tile:
    title: str
    words: str  #: what it means
    value: str
    detail: str
    link: str
    change: str = ""
    is_good: bool | None = None


@require_safe
def technical_page(request: HttpRequest) -> HttpResponse:
    if not request.user.has_perm("chatbot.view_turn"):
        raise PermissionDenied
    asked = _asked(request.GET)
    now = read_technical(asked)
    before = read_technical(Asked(period=asked.period.before(), filters=asked.filters))
    context = {
        **admin.site.each_context(request),
        "title": _("How fast and how reliable?"),
        "asked": asked,
        "periods": PERIODS,
        "filters": _offered(asked),
        "tiles": _tiles(now.whole, before.whole, asked),
        "times": json.dumps(_times(now, asked)),
        "load": json.dumps(_load(now, asked)),
        "options": json.dumps(CHART_OPTIONS),
        "pools": [_pool(name, one, asked) for name, one in now.pools],
        "reading": now,
        "most": TURNS_READ,
    }
    return TemplateResponse(request, "admin/analytics/technical.html", context)


def _asked(query: QueryDict) -> Asked:
    """What the address asks for; what it cannot mean is left out."""
    days = query.get("days", "")
    return Asked(
        period=last_days(int(days) if days in {str(one) for one in PERIODS} else 7),
        filters={name: value for name in FILTERS if (value := query.get(name, "").replace("\x00", "")[:300])},
    )


def _offered(asked: Asked) -> list[dict[str, Any]]:
    titles = {"pool": _("model pool"), "profile": _("profile"), "intent": _("intent")}
    turns = Turn.objects.filter(started_at__gte=asked.period.begin, started_at__lt=asked.period.end)
    offered = []
    for name in FILTERS:
        newest = turns.exclude(**{name: ""}).order_by("-started_at").values_list(name, flat=True)[:2_000]
        values = sorted(set(newest))[:_OFFERED]
        chosen = asked.filters.get(name, "")
        if len(values) > 1 or chosen:
            offered.append({"name": name, "title": titles[name], "values": values, "chosen": chosen})
    return offered


def _tiles(now: Technical, before: Technical, asked: Asked) -> list[Tile]:
    questions = Tile(
        title=_("Questions"),
        words=_("Turns of the bot that were finished: what a customer wrote in one go."),
        value=str(now.turns),
        detail=_("%(count)d in the period before") % {"count": before.turns},
        link=_turns(asked),
    )
    tokens = Tile(
        title=_("Tokens a second"),
        words=_("Tokens written for one question, by the seconds that the model took for it."),
        value="–" if now.tokens_a_second is None else f"{now.tokens_a_second:.0f}",
        detail=_("of %(count)d") % {"count": now.asked_model},
        link=_turns(asked, pool__gt=""),
    )
    return [questions, *_times_of(now, before, asked), *_shares_of(now, asked), tokens]


def _times_of(now: Technical, before: Technical, asked: Asked) -> list[Tile]:
    own = _("From the moment an answer was due to the decision, without the model's time.")
    own_p99 = _("The same for all but the slowest hundredth. The promise is half a second.")
    model = _("All of a language model's work for one question.")
    model_p99 = _("The same for all but the slowest hundredth.")
    enough = min(now.timed, before.timed) >= _ENOUGH
    return [
        Tile(
            title=title,
            words=words,
            value=_milliseconds(value),
            detail=_("%(time)s in the period before") % {"time": _milliseconds(earlier)},
            change=_change(value, earlier) if enough else "",
            is_good=None if not enough or not value or not earlier else value < earlier,
            link=_turns(asked, **behind),
        )
        for title, words, value, earlier, behind in (
            (_("Own time, half within"), own, now.own_median, before.own_median, {}),
            (_("Own time, 99 % within"), own_p99, now.own_p99, before.own_p99, _over("own_milliseconds", now.own_p99)),
            (_("Model's time, half within"), model, now.model_median, before.model_median, {"pool__gt": ""}),
            (
                _("Model's time, 99 % within"),
                model_p99,
                now.model_p99,
                before.model_p99,
                _over("model_milliseconds", now.model_p99),
            ),
        )
    ]


def _over(column: str, value: float | None) -> dict[str, str]:
    """Filter of the turns in the slowest hundredth."""
    return {f"{column}__gt": f"{value:.0f}"} if value else {}


def _shares_of(now: Technical, asked: Asked) -> list[Tile]:
    slow, failed = _share_words(now.over_promise, now.timed), _share_words(now.failed, now.turns)
    return [
        Tile(
            title=_("Slower than promised"),
            words=_("Share of questions whose own time was longer than half a second."),
            value=slow[0],
            detail=slow[1],
            link=_turns(asked, own_milliseconds__gt=f"{OWN_PROMISE:.0f}"),
        ),
        Tile(
            title=_("Model failed"),
            words=_("Share of questions for which a model was asked and none answered."),
            value=failed[0],
            detail=failed[1],
            link=_turns(asked, reasons__has_key="model_failed"),
        ),
    ]


def _share_words(part: int, whole: int) -> tuple[str, str]:
    """A percentage, and what it rests on; never a bare one."""
    interval = share(part, whole)
    if interval is None:
        return "–", _("nothing to count yet")
    words = _("of %(whole)d · between %(low).1f and %(high).1f %%") % {
        "whole": whole,
        "low": 100 * interval.low,
        "high": 100 * interval.high,
    }
    return f"{100 * part / whole:.1f}%", words


def _milliseconds(value: float | None) -> str:
    if value is None:
        return "–"
    return _("%(time).0f ms") % {"time": value} if value < 10_000 else _("%(time).1f s") % {"time": value / 1000}


def _change(now: float | None, before: float | None) -> str:
    """Percent, only where it is large enough to be more than noise."""
    if not now or not before or abs(now / before - 1) < _NOTICEABLE:
        return ""
    return f"{100 * (now / before - 1):+.0f} %"


def _turns(asked: Asked, **more: str) -> str:
    """The list of the turns behind a figure."""
    wanted = {
        "started_at__gte": asked.period.begin.isoformat(),
        "started_at__lt": asked.period.end.isoformat(),
        **{f"{name}__exact": value for name, value in asked.filters.items()},
        **more,
    }
    return f"{reverse('admin:chatbot_turn_changelist')}?{urlencode(wanted)}"


def _labels(reading: Reading, asked: Asked) -> Sequence[str]:
    form = "%H:%M" if asked.period.days == 1 else "%m-%d"
    return [f"{timezone.localtime(step, asked.period.zone):{form}}" for step, _one in reading.steps]


def _times(reading: Reading, asked: Asked) -> Mapping[str, Any]:
    lines = (
        (_("own time, half within"), "#7c3aed", "own_median"),
        (_("own time, 99 % within"), "#b45309", "own_p99"),
        (_("model's time, half within"), "#0d9488", "model_median"),
    )
    return {
        "labels": _labels(reading, asked),
        "datasets": [
            {
                "label": f"{title} (ms)",
                "data": [
                    None if (value := getattr(one, name)) is None else round(value) for _step, one in reading.steps
                ],
                "borderColor": colour,
                "spanGaps": True,
            }
            for title, colour, name in lines
        ],
    }


def _load(reading: Reading, asked: Asked) -> Mapping[str, Any]:
    bars = (
        (_("questions"), "#64748b", "turns"),
        (_("slower than promised"), "#b45309", "over_promise"),
        (_("model failed"), "#dc2626", "failed"),
    )
    return {
        "labels": _labels(reading, asked),
        "datasets": [
            {"label": title, "data": [getattr(one, name) for _step, one in reading.steps], "backgroundColor": colour}
            for title, colour, name in bars
        ],
    }


def _pool(name: str, one: Technical, asked: Asked) -> dict[str, Any]:
    return {
        "name": name,
        "calls": one.turns,
        "median": _milliseconds(one.model_median),
        "p99": _milliseconds(one.model_p99),
        "tokens": "–" if one.tokens_a_second is None else f"{one.tokens_a_second:.0f}",
        "link": _turns(asked, pool__exact=name),
    }
