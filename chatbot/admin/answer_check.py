"""Sampled answers in the admin: which are drawn, those that wait to be checked, and what came of it."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin
from unfold.decorators import display

from chatbot.admin.answer_check_pages import check_view, scorecard_view
from chatbot.admin.listed_choice import ListedChoice
from chatbot.admin.read_only import ReadOnlyAdmin
from chatbot.models import AnswerCheck, SamplingRule
from chatbot.sampling.drawing import forget_rules
from chatbot.sampling.judging import visible_checks


@admin.register(SamplingRule)
class SamplingRuleAdmin(ListedChoice, ModelAdmin):
    list_display = ("position", "name", "percent", "scenarios", "intents", "languages", "queue", "is_on")
    list_display_links = ("name",)
    list_editable = ("is_on",)
    list_select_related = ("queue",)
    list_before_template = "admin/sampling_explained.html"
    fieldsets = (
        (None, {"fields": ("name", "percent", "is_on", "position")}),
        (_("Which answers"), {"fields": ("scenarios", "intents", "languages")}),
        (_("Who checks them"), {"fields": ("queue",)}),
    )

    def save_model(self, request: HttpRequest, obj: SamplingRule, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        forget_rules()


class Checked(admin.SimpleListFilter):
    """What waits comes first, unless somebody asks for more."""

    title = _("verdict")
    parameter_name = "verdict"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("all", _("all")), *((value, label) for value, label in AnswerCheck.Verdict.choices if value)]

    def choices(self, changelist: Any) -> Any:
        found = list(super().choices(changelist))
        found[0]["display"] = AnswerCheck.Verdict.WAITING.label
        return found

    def queryset(self, request: HttpRequest, queryset: QuerySet[AnswerCheck]) -> QuerySet[AnswerCheck]:
        chosen = self.value()
        return queryset if chosen == "all" else queryset.filter(verdict=chosen or AnswerCheck.Verdict.WAITING)


@admin.register(AnswerCheck)
class AnswerCheckAdmin(ReadOnlyAdmin):
    list_display = ("drawn_at", "short_question", "verdict_label", "scenario", "queue", "decided_by")
    list_display_links = ("drawn_at", "short_question")
    list_filter = (Checked, "queue", "turn__scenario")
    list_select_related = ("turn", "queue", "decided_by")
    list_before_template = "admin/checks_explained.html"
    search_fields = ("turn__question", "turn__answer")
    show_full_result_count = False
    ordering = ("-id",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[AnswerCheck]:
        return visible_checks(request.user)

    def get_urls(self) -> list[URLPattern]:
        scorecard = self.admin_site.admin_view(scorecard_view)
        return [path("scorecard/", scorecard, name="chatbot_answercheck_scorecard"), *super().get_urls()]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        return check_view(request, object_id)

    @admin.display(description=_("question"))
    def short_question(self, check: AnswerCheck) -> str:
        return check.turn.question[:90] + ("…" if len(check.turn.question) > 90 else "")

    @admin.display(description=_("scenario"))
    def scenario(self, check: AnswerCheck) -> str:
        return check.turn.scenario or "–"

    @display(description=_("verdict"), label={"": "info", "right": "success", "wrong": "danger", "unclear": "warning"})
    def verdict_label(self, check: AnswerCheck) -> tuple[str, str]:
        return check.verdict, check.get_verdict_display()
