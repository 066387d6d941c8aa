"""What is behind the figures: one row a conversation."""

from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin

from analytics.admin.cost_filter import CostFilter
from analytics.models import ConversationOutcome


@admin.register(ConversationOutcome)
class ConversationOutcomeAdmin(ModelAdmin):
    """What is behind the figures: one row a conversation, read only."""

    list_display = (
        "conversation",
        "started_at",
        "language",
        "tier",
        "intent",
        "is_involved",
        "has_person",
        "is_first_contact",
        "rating",
        "open_conversation",
    )
    list_select_related = ("conversation__customer",)
    list_filter = (
        "started_at",
        "is_involved",
        "is_assumed",
        "is_confirmed",
        "is_verified",
        "is_durable",
        "is_first_contact",
        "has_person",
        "is_held",
        "is_handed_over",
        "handoff_reason",
        "has_odd_times",
        CostFilter,
        ("rating", admin.EmptyFieldListFilter),
        "rating",
        "language",
        "tier",
        "channel",
        "team",
        "intent",
        "profile",
        "workspace",
    )
    show_full_result_count = False
    ordering = ("-started_at",)

    @admin.display(description=_("conversation"))
    def open_conversation(self, row: ConversationOutcome) -> str:
        address = reverse("admin:sessions_app_conversation_change", args=[row.conversation_id])
        return format_html('<a class="underline" href="{}">{}</a>', address, gettext("read it"))

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: ConversationOutcome | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: ConversationOutcome | None = None) -> bool:
        return False
