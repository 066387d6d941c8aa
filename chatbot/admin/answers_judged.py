"""What reviewers changed of drafts, and what they marked as wrong: where the knowledge needs work."""

from django.contrib import admin
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from chatbot.admin.read_only import ReadOnlyAdmin
from chatbot.models import AnswerEdit, AnswerMark


@admin.register(AnswerEdit)
class AnswerEditAdmin(ReadOnlyAdmin):
    list_display = ("created_at", "kind", "percent_kept", "short_question", "judged_by", "open_link")
    list_filter = ("kind",)
    list_select_related = ("item", "judged_by")
    search_fields = ("item__question", "item__answer")
    show_full_result_count = False
    ordering = ("-id",)

    @admin.display(description=_("kept of the draft's words"), ordering="kept")
    def percent_kept(self, edit: AnswerEdit) -> str:
        return f"{edit.kept:.0%}"

    @admin.display(description=_("question"))
    def short_question(self, edit: AnswerEdit) -> str:
        return edit.item.question[:90]

    @admin.display(description="")
    def open_link(self, edit: AnswerEdit) -> str:
        return format_html('<a href="{}">{}</a>', reverse("desk:draft", args=[edit.item_id]), _("open"))


@admin.register(AnswerMark)
class AnswerMarkAdmin(ReadOnlyAdmin):
    list_display = ("created_at", "short_reason", "marked_by", "is_corrected", "turn_link")
    list_select_related = ("delivery__turn", "marked_by")
    show_full_result_count = False
    ordering = ("-id",)

    @admin.display(description=_("why it is wrong"))
    def short_reason(self, mark: AnswerMark) -> str:
        return mark.reason[:120]

    @admin.display(description=_("correction"), boolean=True)
    def is_corrected(self, mark: AnswerMark) -> bool:
        return mark.correction_id is not None

    @admin.display(description=_("turn"))
    def turn_link(self, mark: AnswerMark) -> str:
        turn_id = mark.delivery.turn_id
        if turn_id is None:
            return "—"
        return format_html('<a href="{}">#{}</a>', reverse("admin:chatbot_turn_change", args=[turn_id]), turn_id)
