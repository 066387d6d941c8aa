from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin, TabularInline
from unfold.decorators import display

from sessions_app.models import Conversation, Customer, Handoff, Message, ReviewItem
from sessions_app.states import State


class ShownOnly:
    """Rows that conversations write, not people."""

    def has_add_permission(self, request: HttpRequest, *_: Any) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, *_: Any) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, *_: Any) -> bool:
        return False


class MessageInline(ShownOnly, TabularInline):
    model = Message
    fields = ("sent_at", "author", "author_name", "text")
    verbose_name_plural = _("messages")
    ordering = ("sent_at", "id")
    per_page = 50


@admin.register(Customer)
class CustomerAdmin(ShownOnly, ModelAdmin):
    list_display = ("__str__", "email", "tier", "workspace", "created_at")
    list_filter = ("tier", "workspace")
    search_fields = ("name", "email", "external_id")
    show_full_result_count = False


@admin.register(Conversation)
class ConversationAdmin(ShownOnly, ModelAdmin):
    list_display = ("external_id", "customer", "state_label", "language", "rating", "reply_due_at", "updated_at")
    list_filter = ("state", "language", "workspace", "rating")
    list_select_related = ("customer",)
    search_fields = ("external_id", "customer__name", "customer__email")
    inlines = (MessageInline,)
    show_full_result_count = False
    ordering = ("-updated_at",)
    fields = (
        "links", "customer", "state", "held_by", "language", "channel", "rating", "rating_remark", "assigned_admin_id",
        "assigned_team_id", "reply_due_at", "created_at", "updated_at", "workspace", "external_id",
    )  # fmt: skip
    readonly_fields = ("links",)

    @admin.display(description=_("look at"))
    def links(self, conversation: Conversation) -> str:
        """What belongs to it elsewhere."""
        lists = [
            (reverse("admin:chatbot_turn_changelist"), _("Turns")),
            (reverse("admin:sessions_app_handoff_changelist"), _("Handovers")),
            (reverse("admin:sessions_app_reviewitem_changelist"), _("questions for people")),
        ]
        found = [(f"{address}?conversation__id__exact={conversation.pk}", words) for address, words in lists]
        waiting = ReviewItem.objects.filter(conversation=conversation, status=ReviewItem.Status.WAITING).first()
        if waiting is not None:
            found.insert(0, (reverse("desk:draft", args=[waiting.pk]), _("It waits for a person: open it")))
        return format_html_join(" · ", '<a class="text-link" href="{}">{}</a>', found)

    @display(
        description=_("held by"),
        label={
            State.BOT: "success",
            State.REVIEW: "warning",
            State.PERSON: "info",
            State.CLOSED: "",
        },
    )
    def state_label(self, conversation: Conversation) -> tuple[str, str]:
        return conversation.state, conversation.get_state_display()


@admin.register(ReviewItem)
class ReviewItemAdmin(ShownOnly, ModelAdmin):
    list_display = (
        "id", "created_at", "short_question", "reason_class", "queue", "percent", "status", "decided_by", "decide_link",
    )  # fmt: skip
    list_filter = ("status", "kind", "queue", "reason_class")
    list_select_related = ("decided_by", "queue")
    search_fields = ("question", "conversation__external_id")
    show_full_result_count = False
    ordering = ("-id",)
    fields = (
        "decide_link", "conversation", "kind", "status", "queue", "reason_class", "scenario", "question", "draft",
        "answer", "percent", "needed", "decided_by", "decided_at", "decision_note", "created_at", "due_at",
        "snoozed_until", "assigned_to", "claimed_by", "claimed_until",
    )  # fmt: skip
    readonly_fields = ("decide_link", "percent", "needed")

    @admin.display(description=_("question"))
    def short_question(self, item: ReviewItem) -> str:
        return item.question[:90]

    @admin.display(description=_("confidence"), ordering="confidence")
    def percent(self, item: ReviewItem) -> str:
        return f"{item.confidence:.0%}" if item.kind == ReviewItem.Kind.DRAFT else "–"

    @admin.display(description=_("threshold"))
    def needed(self, item: ReviewItem) -> str:
        return f"{item.threshold:.0%}" if item.kind == ReviewItem.Kind.DRAFT else "–"

    @admin.display(description="")
    def decide_link(self, item: ReviewItem) -> str:
        return format_html(
            '<a class="text-link whitespace-nowrap" href="{}">{}</a>', reverse("desk:draft", args=[item.pk]), _("open")
        )


@admin.register(Handoff)
class HandoffAdmin(ShownOnly, ModelAdmin):
    list_display = ("created_at", "conversation", "reason")
    list_filter = ("reason",)
    list_select_related = ("conversation__customer",)
    show_full_result_count = False
    ordering = ("-id",)
