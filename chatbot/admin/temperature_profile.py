"""Profiles: how warm, how long and how strict the bot is; two of them side by side on one question."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action, display

from chatbot.admin import profile_pages
from chatbot.admin.word_rule import HistoryAdmin
from chatbot.models import TemperatureProfile
from chatbot.profiles.choosing import make_default


@admin.register(TemperatureProfile)
class TemperatureProfileAdmin(HistoryAdmin):
    list_display = (
        "name",
        "scenario",
        "default_label",
        "temperature",
        "top_p",
        "maximum_tokens",
        "threshold",
        "always_review",
        "version",
    )
    search_fields = ("name",)
    actions = ("make_the_default",)
    actions_list = ("compare",)
    history_list_display = ["version", "temperature", "top_p", "threshold", "always_review"]
    readonly_fields = ("version",)
    fieldsets = (
        (None, {"fields": ("name", "scenario", "is_default")}),
        (_("How it speaks"), {"fields": ("temperature", "top_p", "tone", "length")}),
        (_("How much"), {"fields": ("maximum_tokens", "passages", "reasoning_effort")}),
        (_("How sure it must be"), {"fields": ("threshold", "always_review")}),
        (_("Version"), {"fields": ("version",)}),
    )

    @display(description=_("default"), label={"yes": "success"})
    def default_label(self, profile: TemperatureProfile) -> tuple[str, Any] | None:
        return ("yes", _("default")) if profile.is_default else None

    @action(description=_("Make this the default"), permissions=["change"])
    def make_the_default(self, request: HttpRequest, queryset: "QuerySet[TemperatureProfile]") -> None:
        chosen = list(queryset[:2])
        if len(chosen) != 1:
            self.message_user(request, _("Choose exactly one profile."), messages.WARNING)
            return
        make_default(chosen[0].pk)
        text = _("“%(name)s” is the default now.") % {"name": chosen[0].name}
        self.message_user(request, text, messages.SUCCESS)

    @action(description=_("Compare two profiles"), url_path="compare", permissions=["view"], icon="compare_arrows")
    def compare(self, request: HttpRequest) -> HttpResponse:
        return profile_pages.compare(request, self.admin_site.each_context(request))

    def has_delete_permission(self, request: HttpRequest, obj: TemperatureProfile | None = None) -> bool:
        return (obj is None or not obj.is_default) and super().has_delete_permission(request, obj)

    def delete_queryset(self, request: HttpRequest, queryset: "QuerySet[TemperatureProfile]") -> None:
        if queryset.filter(is_default=True).exists():
            self.message_user(request, _("The default stays: make another one the default first."), messages.WARNING)
        super().delete_queryset(request, queryset.filter(is_default=False))
