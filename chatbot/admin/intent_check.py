"""Sampled messages in the admin: those that wait for a label, and those that have one."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from chatbot.admin.intent_check_pages import accuracy_view, check_view, label_view
from chatbot.admin.read_only import ReadOnlyAdmin
from chatbot.models import IntentCheck
from chatbot.sampling.intent_labelling import visible_intent_checks

NONE_FITS = _("belongs to no intent")


@admin.register(IntentCheck)
class IntentCheckAdmin(ReadOnlyAdmin):
    list_display = ("drawn_at", "guess_in_words", "verdict_label", "label_in_words", "decided_by", "decided_at")
    list_display_links = ("drawn_at", "guess_in_words")
    list_filter = ("verdict", "guess", "intent", "decided_by")
    list_select_related = ("decided_by",)
    list_before_template = "admin/intent_checks_explained.html"
    show_full_result_count = False
    ordering = ("-id",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[IntentCheck]:
        return visible_intent_checks(request.user)

    def get_urls(self) -> list[URLPattern]:
        protected = self.admin_site.admin_view
        return [
            path("label/", protected(label_view), name="chatbot_intentcheck_label"),
            path("accuracy/", protected(accuracy_view), name="chatbot_intentcheck_accuracy"),
            *super().get_urls(),
        ]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        return check_view(request, object_id)

    @admin.display(description=_("guessed intent"), ordering="guess")
    def guess_in_words(self, check: IntentCheck) -> str:
        return check.guess or str(NONE_FITS)

    @admin.display(description=_("right intent"), ordering="intent")
    def label_in_words(self, check: IntentCheck) -> str:
        if check.verdict not in (IntentCheck.Verdict.RIGHT, IntentCheck.Verdict.WRONG):
            return "–"
        return check.intent or str(NONE_FITS)

    @display(description=_("label"), label={"": "info", "right": "success", "wrong": "danger", "unclear": "warning"})
    def verdict_label(self, check: IntentCheck) -> tuple[str, str]:
        return check.verdict, check.get_verdict_display()
