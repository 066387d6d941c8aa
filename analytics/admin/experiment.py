"""Experiments: written, started, read, stopped; kept for good once they have run."""

from datetime import timedelta
from typing import Any

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST
from unfold.decorators import display

from analytics.experiments.reading import Reading, read
from analytics.experiments.words import arm_titles, headline, row
from analytics.models import Filling
from chatbot.admin.gate_pages import refusal
from chatbot.admin.word_rule import HistoryAdmin
from chatbot.errors import ChangeUnusable, ExperimentRefused, GateNotPassed
from chatbot.experiments.acting import start, stop
from chatbot.models import Experiment


@admin.register(Experiment)
class ExperimentAdmin(HistoryAdmin):
    list_display = ("name", "lever", "percent", "state", "finding", "started_at", "started_by", "stopped_at")
    list_filter = ("lever",)
    list_select_related = ("started_by",)
    list_before_template = "admin/analytics/experiments_explained.html"
    change_form_template = "admin/analytics/experiment.html"
    history_list_display = ["started_at", "stopped_at", "conclusion"]
    fieldsets = (
        (None, {"fields": ("name", "why")}),
        (_("What is tried"), {"fields": ("lever", "prompt", "profile", "threshold", "share")}),
        (_("What decides"), {"fields": ("goal", "customers")}),
    )

    @admin.display(description=_("tried arm"), ordering="share")
    def percent(self, experiment: Experiment) -> str:
        return f"{experiment.share} %"

    @display(description=_("state"), label={"draft": "", "running": "info", "stopped": "success"})
    def state(self, experiment: Experiment) -> tuple[str, Any]:
        if experiment.is_draft:
            return "draft", _("not started")
        return ("running", _("running")) if experiment.is_running else ("stopped", _("stopped"))

    @admin.display(description=_("finding"))
    def finding(self, experiment: Experiment) -> str:
        """Of those that run; reading what is over is for its own page."""
        if not experiment.is_running:
            return experiment.conclusion
        reading = read(experiment)
        return gettext("It hurts.") if reading.hurts else headline(reading)[0]

    def save_model(self, request: HttpRequest, obj: Experiment, form: Any, change: bool) -> None:
        if not change:
            obj.created_by = request.user  # type: ignore[assignment]  # staff are users
        super().save_model(request, obj, form, change)

    def has_change_permission(self, request: HttpRequest, obj: Experiment | None = None) -> bool:
        """One that was started is what it was."""
        return super().has_change_permission(request, obj) and (obj is None or obj.is_draft)

    def has_delete_permission(self, request: HttpRequest, obj: Experiment | None = None) -> bool:
        return super().has_delete_permission(request, obj) and obj is not None and obj.is_draft

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        return [
            path("<int:experiment_id>/start/", view(require_POST(self._start)), name="chatbot_experiment_start"),
            path("<int:experiment_id>/stop/", view(require_POST(self._stop)), name="chatbot_experiment_stop"),
            *super().get_urls(),
        ]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> Any:
        experiment = self.get_object(request, object_id)
        context = dict(extra_context or {})
        if isinstance(experiment, Experiment):
            context["experiment"] = experiment
            context["may_act"] = request.user.has_perm("chatbot.change_experiment")
            if not experiment.is_draft:
                context |= story_of(experiment)
        return super().change_view(request, object_id, form_url, context)

    def _start(self, request: HttpRequest, experiment_id: int) -> HttpResponse:
        experiment = get_object_or_404(Experiment, pk=experiment_id)
        if not request.user.has_perm("chatbot.change_experiment"):
            return HttpResponse(status=403)
        try:
            start(experiment, by=request.user)  # type: ignore[arg-type]  # staff are users
        except GateNotPassed as error:
            messages.error(request, refusal(error))
        except (ExperimentRefused, ChangeUnusable) as error:
            messages.error(request, str(error))
        else:
            messages.success(request, gettext("It runs. Conversations that begin from now on take part."))
        return redirect("admin:chatbot_experiment_change", experiment_id)

    def _stop(self, request: HttpRequest, experiment_id: int) -> HttpResponse:
        experiment = get_object_or_404(Experiment, pk=experiment_id)
        if not request.user.has_perm("chatbot.change_experiment"):
            return HttpResponse(status=403)
        try:
            stop(experiment, by=request.user, conclusion=request.POST.get("conclusion", ""))  # type: ignore[arg-type]
        except ExperimentRefused as error:
            messages.error(request, str(error))
        else:
            messages.success(request, gettext("It is stopped; what was counted stays."))
        return redirect("admin:chatbot_experiment_change", experiment_id)


def story_of(experiment: Experiment) -> dict[str, Any]:
    reading = read(experiment)
    words, tone = headline(reading)
    control, tried = arm_titles(experiment)
    filling = Filling.objects.first()
    return {
        "headline": words,
        "tone": tone,
        "goal": row(reading.goal),
        "others": [row(one) for one in reading.others],
        "hurts": [one.statistic.title for one in reading.hurts],
        "is_suspicious": reading.is_suspicious,
        "arms": [(control, reading.customers["control"]), (tried, reading.customers["tried"])],
        "control_title": control,
        "tried_title": tried,
        "percent": min(100, round(100 * min(reading.customers.values()) / experiment.customers)),
        "ends": _planned_end(reading),
        "counted_until": filling.counted_until if filling else None,
    }


def _planned_end(reading: Reading) -> Any:
    """When the smaller arm has the planned size, if customers come as until now; None where nobody knows."""
    experiment, reached = reading.experiment, min(reading.customers.values())
    if not experiment.is_running or experiment.started_at is None or reached < 5 or reading.is_complete:
        return None
    passed = timezone.now() - experiment.started_at
    whole = passed * (experiment.customers / reached)
    return experiment.started_at + whole if whole < timedelta(days=3650) else None
