from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from unfold.admin import ModelAdmin

from chatbot.models import StandardMessage, Steering


@admin.register(Steering)
class SteeringAdmin(ModelAdmin):
    """One row, so the list leads straight to it."""

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, object] | None = None) -> HttpResponse:
        Steering.objects.get_or_create(pk=1)
        return redirect("admin:chatbot_steering_change", 1)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Steering | None = None) -> bool:
        return False


@admin.register(StandardMessage)
class StandardMessageAdmin(ModelAdmin):
    list_display = ("kind", "language", "text", "is_on")
    list_filter = ("kind", "language", "is_on")
    list_editable = ("is_on",)
