"""The trainings: progress, what each measured, and one click that activates it or rolls back to it."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST
from unfold.decorators import display

from chatbot.admin.gate_pages import refusal
from chatbot.admin.read_only import ReadOnlyAdmin
from chatbot.errors import GateNotPassed
from chatbot.intents.jobs import activate, deactivate
from chatbot.models import IntentModel

#: Intents that the report names as the weakest.
WEAKEST = 12
#: Seconds after which the page of a running training looks again.
REFRESH_SECONDS = 3


@admin.register(IntentModel)
class IntentModelAdmin(ReadOnlyAdmin):
    list_display = (
        "__str__",
        "created_at",
        "status_label",
        "accuracy",
        "found_outside",
        "example_count",
        "active_label",
    )
    list_display_links = ("__str__",)
    list_filter = ("status",)
    change_form_template = "admin/intent_model.html"
    show_full_result_count = False

    def get_queryset(self, request: HttpRequest) -> "QuerySet[IntentModel]":
        queryset: QuerySet[IntentModel] = super().get_queryset(request)
        return queryset.defer("data")

    @display(
        description=_("status"),
        label={
            IntentModel.Status.WAITING: "info",
            IntentModel.Status.RUNNING: "info",
            IntentModel.Status.READY: "success",
            IntentModel.Status.FAILED: "danger",
        },
    )
    def status_label(self, model: IntentModel) -> tuple[str, str]:
        running = f" {model.progress} %" if model.status == IntentModel.Status.RUNNING else ""
        return model.status, f"{model.get_status_display()}{running}"

    @admin.display(description=_("recognised"))
    def accuracy(self, model: IntentModel) -> str:
        return _percent(model.report.get("accuracy"))

    @admin.display(description=_("strangers found"))
    def found_outside(self, model: IntentModel) -> str:
        return _percent(model.report.get("out_of_scope_found"))

    @admin.display(description=_("examples"))
    def example_count(self, model: IntentModel) -> str:
        return str(model.report.get("examples", "–"))

    @display(description=_("active"), label={"yes": "success"})
    def active_label(self, model: IntentModel) -> tuple[str, Any] | None:
        return ("yes", _("active")) if model.is_active else None

    def get_urls(self) -> list[URLPattern]:
        switch = self.admin_site.admin_view(require_POST(self._switch))
        return [path("<int:version>/switch/", switch, name="chatbot_intentmodel_switch"), *super().get_urls()]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> Any:
        model = self.get_object(request, object_id)
        context = dict(extra_context or {})
        if isinstance(model, IntentModel):
            context["training"] = story_of(model)
            context["may_switch"] = self._may_switch(request)
            context["title"] = _("Training %(version)s") % {"version": model}
            context["subtitle"] = None
        return super().change_view(request, object_id, form_url, context)

    def _switch(self, request: HttpRequest, version: int) -> HttpResponse:
        if not self._may_switch(request):
            return HttpResponse(status=403)
        if request.POST.get("step") == "off":
            deactivate()
            messages.success(request, _("No model is active: messages have no intent."))
        else:
            try:
                activate(version)
            except IntentModel.DoesNotExist:
                messages.error(request, _("This version has no model any more; train again."))
            except GateNotPassed as error:
                messages.error(request, refusal(error))
            else:
                messages.success(request, _("Version %(version)d answers now.") % {"version": version})
        return redirect("admin:chatbot_intentmodel_change", version)

    def _may_switch(self, request: HttpRequest) -> bool:
        return request.user.has_perm("chatbot.change_intentmodel")


def story_of(model: IntentModel) -> dict[str, Any]:
    """What the page shows of one training."""
    report = model.report
    has_model = IntentModel.objects.filter(pk=model.pk, data__isnull=False).exists()
    newest_active = IntentModel.objects.filter(is_active=True).values_list("pk", flat=True).first()
    return {
        "model": model,
        "has_model": has_model,
        "is_open": model.status in (IntentModel.Status.WAITING, IntentModel.Status.RUNNING),
        "is_rollback": newest_active is not None and newest_active > model.pk,
        "refresh_seconds": REFRESH_SECONDS,
        "report": report,
        "figures": [
            (_("examples recognised when left out"), _percent(report.get("accuracy"))),
            (_("of them kept in scope, too"), _percent(report.get("in_scope_accuracy"))),
            (_("strangers found when their intent is left out"), _percent(report.get("out_of_scope_found"))),
            (_("examples learned"), str(report.get("examples", "–"))),
        ],
        "weakest": [{**row, "percent": f"{row['right']:.0%}"} for row in report.get("intents", [])[:WEAKEST]],
        "confusions": report.get("confusions", []),
        "table": list(zip(report.get("names", []), report["table"], strict=True)) if report.get("table") else [],
        "left_out": sorted(report.get("left_out", {}).items()),
    }


def _percent(value: float | None) -> str:
    return "–" if value is None else f"{value:.1%}"
