"""The page of "what if": traffic grows or servers are lost; how many GPUs and people keep the promises."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from analytics.costs.pools import PoolCapacity, capacities, places_of
from analytics.costs.what_if import LOOK_BACK, MOST, Answer, answer, desk_load, model_load, shortest_target
from analytics.costs.words import duration


class WhatIfForm(forms.Form):
    factor = forms.FloatField(label=_("Traffic, times"), min_value=0.0, max_value=100.0)
    servers = forms.IntegerField(label=_("GPUs now"), min_value=1, max_value=MOST)
    pool = forms.ChoiceField(label=_("Pool that is lost"), required=False)
    lost = forms.IntegerField(label=_("Further GPUs lost"), min_value=0, max_value=MOST)
    places = forms.IntegerField(label=_("Calls at a time on one"), min_value=1, max_value=1_000)
    slowdown = forms.FloatField(label=_("Slower for each further call, percent"), min_value=0.0, max_value=500.0)
    model_wait = forms.FloatField(label=_("99 of 100 calls wait at most, s"), min_value=0.0, max_value=600.0)
    people = forms.IntegerField(label=_("People at the desk now"), min_value=1, max_value=MOST)
    desk_wait = forms.FloatField(label=_("99 of 100 questions wait at most, min"), min_value=0.0, max_value=10_080.0)

    def __init__(self, *args: Any, pools: Sequence[PoolCapacity] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.pools = {pool.name: pool for pool in pools}
        self.fields["pool"].choices = [  # type: ignore[attr-defined]  # a ChoiceField
            ("", gettext("none")),
            *(
                (pool.name, gettext("%(pool)s: %(gpus)d GPUs") % {"pool": pool.name, "gpus": pool.gpus})
                for pool in pools
            ),
        ]

    def gpus_lost(self) -> int:
        """GPUs, those of the pool included."""
        pool = self.pools.get(self.cleaned_data.get("pool", ""))
        return int(self.cleaned_data.get("lost") or 0) + (pool.gpus if pool else 0)

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if self.gpus_lost() >= given.get("servers", MOST + 1):
            if given.get("pool"):
                self.add_error(
                    "pool", gettext("No GPU is left then: the bot would quote the best passage instead of writing.")
                )
            else:
                self.add_error("lost", gettext("At least one has to be left."))
        return given


def _starting_values(pools: Sequence[PoolCapacity]) -> dict[str, Any]:
    return {
        "factor": 2.0,
        "servers": min(MOST, max(1, sum(pool.gpus for pool in pools))),
        "pool": "",
        "lost": 0,
        "places": min(1_000, places_of(pools)),
        "slowdown": 5.0,
        "model_wait": 1.0,
        "people": 1,
        "desk_wait": shortest_target() / 60,
    }


@require_safe
def what_if_page(request: HttpRequest) -> HttpResponse:
    if not request.user.has_perm("analytics.view_conversationoutcome"):
        raise PermissionDenied
    pools = capacities()
    form = WhatIfForm({**_starting_values(pools), **request.GET.dict()}, pools=pools)
    lost = request.GET.get("pool", "")
    context = {
        **admin.site.each_context(request),
        "title": _("What if"),
        "form": form,
        "parts": [],
        "pools": [
            {"pool": pool, "mean": "–" if pool.seconds is None else f"{pool.seconds:.2f} s", "lost": pool.name == lost}
            for pool in pools
        ],
        "days": LOOK_BACK.days,
    }
    if form.is_valid() and request.GET:
        context["parts"] = _parts(form.cleaned_data, lost=form.gpus_lost())
    return TemplateResponse(request, "admin/analytics/what_if.html", context)


def _parts(asked: dict[str, Any], *, lost: int) -> list[dict[str, Any]]:
    calls, questions = model_load(without=asked["pool"]), desk_load()
    left = asked["servers"] - lost
    servers = answer(
        calls,
        factor=asked["factor"],
        promise=asked["model_wait"],
        have=left,
        places=asked["places"],
        slowdown=asked["slowdown"] / 100,
    )
    people = answer(questions, factor=asked["factor"], promise=60 * asked["desk_wait"], have=asked["people"])
    return [
        {
            "title": _("Model servers"),
            "column": _("GPUs"),
            "load": calls,
            "an_hour": f"{calls.an_hour * asked['factor']:,.0f}",
            "mean": duration(calls.mean) if calls.mean >= 10 else f"{calls.mean:.2f} s",
            "what": _("calls"),
            "have": left,
            **_judged(servers, left),
        },
        {
            "title": _("People at the desk"),
            "column": _("People"),
            "load": questions,
            "an_hour": f"{questions.an_hour * asked['factor']:,.0f}",
            "mean": duration(questions.mean),
            "what": _("questions"),
            "have": asked["people"],
            **_judged(people, asked["people"]),
        },
    ]


def _judged(found: Answer, have: int) -> dict[str, Any]:
    if found.needed is None:
        verdict = gettext("Not even %(most)d would keep the promise.") % {"most": MOST}
    elif found.needed <= have:
        verdict = gettext("With %(have)d the promise is kept; %(needed)d would do.") % {
            "have": have,
            "needed": found.needed,
        }
    else:
        verdict = gettext("With %(have)d the promise is broken; %(needed)d are needed.") % {
            "have": have,
            "needed": found.needed,
        }
    return {
        "verdict": verdict,
        "is_kept": found.needed is not None and found.needed <= have,
        "rows": [
            {
                "run": run,
                "utilisation": f"{run.utilisation:.0%}",
                "wait": gettext("longer and longer")
                if run.wait is None
                else (f"{run.wait:.2f} s" if run.wait < 10 else duration(run.wait)),
            }
            for run in found.runs
        ],
    }
