"""Try before live: trials of changes with their results question by question, and the gates that ask for them."""

from typing import Any

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern, path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST
from unfold.admin import ModelAdmin
from unfold.decorators import display

from chatbot.admin import gate_pages, trial_pages
from chatbot.admin.read_only import ReadOnlyAdmin
from chatbot.models import ChangeTrial, Gate, GateOverride
from chatbot.trying.trials import cancel


@admin.register(ChangeTrial)
class ChangeTrialAdmin(ReadOnlyAdmin):
    list_display = ("subject", "kind", "question_set", "status_label", "effect", "created_at", "created_by")
    list_display_links = ("subject",)
    list_filter = ("status", "kind", "question_set")
    list_select_related = ("question_set", "created_by")
    change_form_template = "admin/change_trial.html"
    list_before_template = "admin/change_trials_explained.html"
    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("chatbot.add_changetrial")

    @display(
        description=gettext_lazy("status"),
        label={
            ChangeTrial.Status.WAITING: "info",
            ChangeTrial.Status.RUNNING: "info",
            ChangeTrial.Status.DONE: "success",
            ChangeTrial.Status.CANCELLED: "",
            ChangeTrial.Status.FAILED: "danger",
        },
    )
    def status_label(self, trial: ChangeTrial) -> tuple[str, str]:
        progress = f" {trial.done} / {trial.total}" if trial.is_open else ""
        return trial.status, f"{trial.get_status_display()}{progress}"

    @admin.display(description=gettext_lazy("effect"))
    def effect(self, trial: ChangeTrial) -> str:
        if not trial.summary:
            return ""
        words = {"better": trial.summary["better"], "worse": trial.summary["worse"]}
        return _("%(better)d better, %(worse)d worse") % words

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        return [
            path("gate/", view(self._gate), name="chatbot_changetrial_gate"),
            path("<int:trial_id>/cancel/", view(require_POST(self._cancel)), name="chatbot_changetrial_cancel"),
            *super().get_urls(),
        ]

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> Any:
        return trial_pages.start(request, self._context(request))

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> Any:
        trial = self.get_object(request, object_id)
        context = dict(extra_context or {})
        if isinstance(trial, ChangeTrial):
            context |= trial_pages.story_of(trial, request)
        return super().change_view(request, object_id, form_url, context)

    def _gate(self, request: HttpRequest) -> HttpResponse:
        return gate_pages.gate(request, self._context(request))

    def _cancel(self, request: HttpRequest, trial_id: int) -> HttpResponse:
        if not request.user.has_perm("chatbot.add_changetrial"):
            return HttpResponse(status=403)
        if cancel(get_object_or_404(ChangeTrial, pk=trial_id)):
            messages.success(request, _("The trial is cancelled; what was asked stays."))
        return redirect("admin:chatbot_changetrial_change", trial_id)

    def _context(self, request: HttpRequest) -> dict[str, Any]:
        return {**self.admin_site.each_context(request), "opts": self.opts}


@admin.register(Gate)
class GateAdmin(ModelAdmin):
    form = gate_pages.GateForm
    list_display = ("question_set", "guarded", "most_worse", "least_right", "is_on")
    list_select_related = ("question_set",)
    autocomplete_fields = ("question_set",)
    list_before_template = "admin/gates_explained.html"

    @admin.display(description=gettext_lazy("guards"))
    def guarded(self, gate: Gate) -> str:
        return ", ".join(gate_pages.kinds_in_words(gate.kinds))


@admin.register(GateOverride)
class GateOverrideAdmin(ReadOnlyAdmin):
    list_display = ("created_at", "created_by", "kind", "subject", "reason")
    list_filter = ("kind",)
    list_select_related = ("created_by",)
    fields = ("created_at", "created_by", "kind", "subject", "problem", "reason")
