from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import path, reverse
from unfold.admin import ModelAdmin

from chatbot.models import PersonalDataRule, PersonalPattern
from chatbot.personal_data import forget_masking_policy, masking_policy
from chatbot.rules.masking.trying import TRY_CHARACTERS, tried


class _ForgetsPolicy(ModelAdmin):
    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        forget_masking_policy()

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        super().delete_model(request, obj)
        forget_masking_policy()


@admin.register(PersonalDataRule)
class PersonalDataRuleAdmin(_ForgetsPolicy):
    """One row for each kind, made by a migration: only the treatment changes."""

    list_display = ("type", "treatment")
    list_editable = ("treatment",)
    list_display_links = None
    list_before_template = "admin/personal_data_explained.html"
    ordering = ("id",)
    list_per_page = 50

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: PersonalDataRule | None = None) -> bool:
        return False

    def get_urls(self) -> list[Any]:
        return [
            path("try/", self.admin_site.admin_view(self.try_view), name="chatbot_personaldatarule_try"),
            *super().get_urls(),
        ]

    def try_view(self, request: HttpRequest) -> HttpResponse:
        """What the model would see of a text; nothing of it is stored."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        text = request.POST.get("text", "")[:TRY_CHARACTERS]
        context = {
            **self.admin_site.each_context(request),
            "title": PersonalDataRule._meta.verbose_name_plural,
            "opts": self.model._meta,
            "text": text,
            "limit": TRY_CHARACTERS,
            "tried": tried(text, masking_policy()) if text.strip() else None,
            "list_url": reverse("admin:chatbot_personaldatarule_changelist"),
        }
        return TemplateResponse(request, "admin/personal_data_try.html", context)


@admin.register(PersonalPattern)
class PersonalPatternAdmin(_ForgetsPolicy):
    list_display = ("name", "expression", "treatment", "is_on")
    list_filter = ("is_on", "treatment")
    search_fields = ("name", "expression")
