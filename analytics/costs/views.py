"""The dashboard of the cost level: figures, their days, what they are made of, and what they leave out."""

import json
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from analytics.business.reading import Combinations, Question, combinations
from analytics.business.views import CHART_AXIS, CHART_OPTIONS, PERIODS, asked, filters_offered, list_behind
from analytics.costs.doubts import doubts
from analytics.costs.figures import Basis, cost_sums
from analytics.costs.forecast import LEAST_WEEKS
from analytics.costs.hardware import shown, use_of
from analytics.costs.outlook import Outlook, outlook
from analytics.costs.prices import GpuCost, Prices, prices
from analytics.costs.reading import CostRows, Spent, cost_by_day, cost_rows, gpus_of, hourly_rate, own_rows, spent
from analytics.costs.statistics import COST_BY_NAME, COST_STATISTICS, CostFigure, cost_figure
from analytics.costs.words import amount, change, detail, duration, money
from analytics.models import CostBasis, CostKind, Filling, HardwareReading
from chatbot.models import ModelUse

_COLOURS: Final = ("#7c3aed", "#a78bfa", "#0d9488", "#b45309", "#64748b")
#: Columns of the table by intent.
_BY_INTENT: Final = ("cost_conversation", "cost_resolved", "people_minutes")


@dataclass(frozen=True, slots=True, kw_only=True)
class CostTile:
    figure: CostFigure
    value: str
    detail: str
    change: str
    is_good: bool | None
    link: str


@require_safe
def costs_page(request: HttpRequest) -> HttpResponse:
    if not request.user.has_perm("analytics.view_conversationoutcome"):
        raise PermissionDenied
    question = asked(request.GET)
    priced, basis = prices(), CostBasis.stated()
    held = Basis(stated=basis, hourly=hourly_rate(priced, timezone.now()))
    counted, everything = combinations(Question(period=question.period)), cost_rows(question)
    gpus = gpus_of(question.period, priced)
    cost = spent(everything, question.filters, gpus, own_rows(question.period, priced))
    chosen = counted.only(question.filters)
    now = held.sums(chosen.sums(), cost)
    filling = Filling.objects.first()
    context = {
        **admin.site.each_context(request),
        "title": _("What it costs"),
        "question": question,
        "periods": PERIODS,
        "filters": filters_offered(counted, question.filters),
        "tiles": _tiles(
            now,
            cost_sums(Question(period=question.period.before(), filters=question.filters), priced, held),
            question,
            basis.currency,
        ),
        "days": json.dumps(_days(question, priced, basis.currency)),
        "options": json.dumps(_STACKED),
        "parts": _parts(cost, gpus, question, basis.currency),
        "intents": _intents(chosen, everything, gpus, held, question),
        "intent_titles": [COST_BY_NAME[name].title for name in _BY_INTENT],
        "contents": _contents(),
        "doubts": _doubts(CostRows(cost.rows.rows + cost.own.rows), priced, basis, question),
        "hardware": _hardware(question),
        "outlook": _outlook(outlook(priced), basis.currency),
        "definitions": COST_STATISTICS,
        "is_empty": not now["conversations"] and not now["cost_micros"],
        "counted_until": filling.counted_until if filling else None,
    }
    return TemplateResponse(request, "admin/analytics/costs.html", context)


_STACKED: Final = {**CHART_OPTIONS, "scales": {axis: {**CHART_AXIS, "stacked": True} for axis in ("x", "y")}}


def _tiles(now: Any, before: Any, question: Question, currency: str) -> list[CostTile]:
    tiles = []
    for statistic in COST_STATISTICS:
        current, earlier = cost_figure(statistic, now), cost_figure(statistic, before)
        changed, is_good = change(current, earlier)
        tiles.append(
            CostTile(
                figure=current,
                value=amount(current, currency),
                detail=detail(current),
                change=changed,
                is_good=is_good,
                link=_behind(statistic.behind, question),
            )
        )
    return tiles


def _behind(value: str, question: Question) -> str:
    return list_behind(f"cost={value}" if value else "", question)


def _days(question: Question, priced: Prices, currency: str) -> dict[str, Any]:
    days = cost_by_day(question, priced)
    shown = {
        "tokens": _("by token"),
        "gpus": _("GPU hours"),
        "desk": _("desk"),
        "intercom": _("Intercom"),
        "own": _("the team's trials"),
    }
    return {
        "labels": [f"{day:%m-%d}" for day in days],
        "datasets": [
            {
                "label": f"{title} ({currency})",
                "data": [round(getattr(day, name) / 1e6, 4) for day in days.values()],
                "backgroundColor": colour,
            }
            for (name, title), colour in zip(shown.items(), _COLOURS, strict=True)
        ],
    }


def _parts(cost: Spent, gpus: list[GpuCost], question: Question, currency: str) -> list[dict[str, Any]]:
    """One row for each thing that money or time went to."""
    rows: list[dict[str, Any]] = []
    whose = ((cost.rows.only(kind=CostKind.MODEL), _behind("model", question)), (cost.own, ""))
    for calls, link in whose:
        for pool, of_pool in calls.by("source").items():
            for use, part in of_pool.by("use").items():
                rows.append(
                    {
                        "title": _("Model: %(pool)s") % {"pool": pool or _("no pool named")},
                        "use": ModelUse(use).label if use else "",
                        "quantity": _("%(read)s tokens read, %(written)s written")
                        % {
                            "read": f"{part.total('tokens_read'):,.0f}",
                            "written": f"{part.total('tokens_written'):,.0f}",
                        },
                        "time": duration(part.total("seconds")),
                        "cost": money(part.total("micros") / 1e6, currency),
                        "link": link,
                    }
                )
    rows.extend(
        {
            "title": _("GPUs: %(pool)s") % {"pool": one.pool},
            "quantity": _("%(hours)s GPU hours paid for") % {"hours": f"{one.hours:,.1f}"},
            "time": "",
            "cost": money(cost.gpus[one.pool] / 1e6, currency),
            "link": _behind("model", question),
        }
        for one in gpus
    )
    people = {
        CostKind.DESK: (_("Desk: %(role)s"), _("%(count)s questions")),
        CostKind.INTERCOM: (_("Intercom: %(role)s"), _("%(count)s replies")),
    }
    for kind, (title, words) in people.items():
        for role, part in cost.rows.only(kind=kind).by("source").items():
            rows.append(
                {
                    "title": title % {"role": role or _("everybody else")},
                    "quantity": words % {"count": f"{part.total('uses'):,.0f}"},
                    "time": duration(part.total("seconds")),
                    "cost": money(part.total("micros") / 1e6, currency),
                    "link": _behind(kind.value, question),
                }
            )
    return rows


def _contents() -> list[tuple[str, str]]:
    """What the cost of the model holds, in words."""
    return [(str(use.label), str(_MEANINGS[use])) for use in ModelUse]


_MEANINGS: Final = {
    ModelUse.ANSWER: gettext_lazy("The draft of each turn, sent or not."),
    ModelUse.REWRITING: gettext_lazy("“And in blue?” made a whole question, so that the search finds something."),
    ModelUse.TRANSLATION: gettext_lazy("Messages and drafts in a colleague's language, and packets of handovers."),
    ModelUse.READING: gettext_lazy("Conversations that are over, read for their score."),
    ModelUse.TRIAL: gettext_lazy(
        "What the team tries in the admin and with commands: prompts, profiles, changes on evaluation sets, a pool's "
        "test. No conversation bears it."
    ),
    ModelUse.PROPOSAL: gettext_lazy(
        "Names and articles that the model proposes on the pages of topics and gaps. No conversation bears it."
    ),
}


def _intents(
    chosen: Combinations, everything: CostRows, gpus: list[GpuCost], held: Basis, question: Question
) -> list[dict[str, Any]]:
    found = []
    for intent, counted in list(chosen.by("intent").items())[:12]:
        cost = spent(everything, {**question.filters, "intent": intent}, gpus)
        both = held.sums(counted, cost)
        figures = [cost_figure(COST_BY_NAME[name], both) for name in _BY_INTENT]
        asked_for = Question(period=question.period, filters={**question.filters, "intent": intent})
        found.append(
            {
                "title": intent or _("none recognised"),
                "count": int(counted["conversations"]),
                "link": _behind("", asked_for),
                "figures": [{"value": amount(one, held.stated.currency), "is_early": one.is_early} for one in figures],
            }
        )
    return found


def _outlook(ahead: Outlook, currency: str) -> dict[str, Any]:
    cost, count = ahead.cost, ahead.conversations
    return {
        "ahead": ahead,
        "conversations": count and [f"{one:,.0f}" for one in (count.value, count.low, count.high)],
        "cost": cost and [money(one, currency) for one in (cost.value, cost.low, cost.high)],
        "gpus": money(ahead.gpus, currency) if ahead.gpus else "",
        "least": LEAST_WEEKS,
    }


def _hardware(question: Question) -> list[dict[str, Any]]:
    period = question.period
    begin = max(period.begin, period.end - timedelta(days=7))
    readings = HardwareReading.objects.filter(at__gte=begin, at__lt=period.end).select_related("pool")
    return [{"use": use, "shown": shown(use)} for use in use_of(readings.iterator())]


def _doubts(rows: CostRows, priced: Prices, basis: CostBasis, question: Question) -> list[dict[str, Any]]:
    return [
        {"doubt": one, "behind": _behind(one.behind, question) if one.behind else ""}
        for one in doubts(rows, priced, basis, question.period)
    ]
