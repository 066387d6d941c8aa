"""Prompts: what the model is told, version by version."""

from django.contrib import admin

from chatbot.admin.read_only import ReadOnlyAdmin
from chatbot.models import PromptVersion


@admin.register(PromptVersion)
class PromptVersionAdmin(ReadOnlyAdmin):
    list_display = ("__str__", "is_active", "created_at", "created_by", "note")
