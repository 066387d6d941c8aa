"""Prompts: what the model is told, version by version. Rows are added by the editor and never changed."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path
from django.views.decorators.http import require_POST

from chatbot.admin import prompt_pages
from chatbot.admin.read_only import ReadOnlyAdmin
from chatbot.models import PromptVersion


@admin.register(PromptVersion)
class PromptVersionAdmin(ReadOnlyAdmin):
    change_list_template = "admin/prompts.html"
    list_display = ("__str__",)

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        own = [
            path("write/<str:name>/", view(self.write_view), name="chatbot_promptversion_write"),
            path(
                "take-over/<str:name>/",
                view(require_POST(prompt_pages.taken_over)),
                name="chatbot_promptversion_take_over",
            ),
            path(
                "<int:version_id>/activate/",
                view(require_POST(self.activate_view)),
                name="chatbot_promptversion_activate",
            ),
        ]
        return [*own, *super().get_urls()]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        context = {**(extra_context or {}), **prompt_pages.overview(request), "subtitle": None}
        return super().changelist_view(request, context)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> Any:
        version = self.get_object(request, object_id)
        if not isinstance(version, PromptVersion) or not self.has_view_permission(request, version):
            return super().change_view(request, object_id, form_url, extra_context)
        return prompt_pages.version_page(request, self.admin_site.each_context(request), version)

    def write_view(self, request: HttpRequest, name: str) -> HttpResponse:
        return prompt_pages.write_page(request, self.admin_site.each_context(request), name)

    def activate_view(self, request: HttpRequest, version_id: int) -> HttpResponse:
        version = self.get_object(request, str(version_id))
        if not isinstance(version, PromptVersion):
            return HttpResponse(status=404)
        return prompt_pages.activated(request, version)
