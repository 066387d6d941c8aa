"""What is behind the figures: one row a conversation."""

from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin

from analytics.admin.cost_filter import CostFilter
from analytics.models import ConversationOutcome, ModelReading
from analytics.scoring.learning import weights_in_use
from analytics.scoring.score import parts
from analytics.scoring.signals import strengths


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
        "nps",
        "shown_score",
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
        "is_surveyed",
        ("nps", admin.EmptyFieldListFilter),
        ("score", admin.EmptyFieldListFilter),
        "is_angry",
        "is_thanked",
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
    readonly_fields = ("score_explained",)

    @admin.display(description=_("score"), ordering="score")
    def shown_score(self, row: ConversationOutcome) -> str:
        return "–" if row.score is None else f"{row.score:.0f}"

    @admin.display(description=_("why this score"))
    def score_explained(self, row: ConversationOutcome) -> str:
        """Each signal with the points that it cost or brought."""
        if row.score is None:
            return gettext("The conversation is not over yet.")
        found = parts(strengths(row), weights_in_use())
        lines = [
            (str(one.signal.title), f"{one.points:+.0f}", str(one.signal.definition))
            for one in found
            if abs(one.points) >= 0.5
        ]
        read = ModelReading.objects.filter(pk=row.pk, rating__isnull=False).first()
        if read is not None:
            told = {"model": read.model, "version": read.prompt, "why": read.reason or "–"}
            words = gettext("%(why)s (%(model)s, prompt v%(version)s)") % told
            lines.append((gettext("The model read:"), gettext("%(rating)d of 5") % {"rating": read.rating}, words))
        if not lines:
            return gettext("No signal speaks.")
        return format_html_join("", "<div><b>{} {}</b> <span>{}</span></div>", lines)

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
