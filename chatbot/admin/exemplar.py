"""Examples of good answers for the model: written by hand, or kept from what reviewers approved."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget

from chatbot.admin.word_rule import HistoryAdmin
from chatbot.exemplars import forget_recent_exemplars, without_personal_data
from chatbot.models import Exemplar
from knowledge.admin.audience import AttributesField, audience_in_words


class ExemplarForm(forms.ModelForm):  # type: ignore[type-arg]  # generic only for the type checker
    audience_attributes = AttributesField(
        label=_("Customer attributes"),
        required=False,
        help_text=Exemplar._meta.get_field("audience_attributes").help_text,
    )

    class Meta:
        model = Exemplar
        fields = (
            "question",
            "answer",
            "is_on",
            "scenario",
            "language",
            "audience_tiers",
            "audience_attributes",
            "note",
        )
        widgets = {
            "question": UnfoldAdminTextareaWidget(attrs={"rows": 3}),
            "answer": UnfoldAdminTextareaWidget(attrs={"rows": 6}),
            "audience_tiers": UnfoldAdminTextInputWidget(attrs={"placeholder": "gold, silver"}),
        }

    def clean(self) -> dict[str, Any]:
        """Other customers' answers are written after it: personal data is taken out as it is stored."""
        cleaned = super().clean() or self.cleaned_data
        question, answer = cleaned.get("question") or "", cleaned.get("answer") or ""
        cleaned["question"], cleaned["answer"] = without_personal_data(question, answer)
        self.had_personal_data = (question, answer) != (cleaned["question"], cleaned["answer"])
        return cleaned

    had_personal_data = False


@admin.register(Exemplar)
class ExemplarAdmin(HistoryAdmin):
    form = ExemplarForm
    list_display = ("short_question", "scenario", "language", "audience", "approved_by", "is_on")
    list_display_links = ("short_question",)
    list_editable = ("is_on",)
    list_filter = ("is_on", "scenario", "language")
    list_select_related = ("approved_by",)
    search_fields = ("question", "answer", "note")
    list_before_template = "admin/exemplars_explained.html"
    history_list_display = ["is_on", "scenario"]
    fieldsets = (
        (None, {"fields": ("question", "answer", "is_on")}),
        (_("When it is shown"), {"fields": ("scenario", "language", "audience_tiers", "audience_attributes")}),
        (_("For colleagues"), {"fields": ("note",)}),
    )

    @admin.display(description=_("question"))
    def short_question(self, row: Exemplar) -> str:
        return row.question[:90] + ("…" if len(row.question) > 90 else "")

    @admin.display(description=_("for"))
    def audience(self, row: Exemplar) -> str:
        return audience_in_words(row.audience_tiers, row.audience_attributes)

    def save_model(self, request: HttpRequest, obj: Exemplar, form: Any, change: bool) -> None:
        if not change:
            obj.approved_by = request.user  # type: ignore[assignment]  # staff are users
        super().save_model(request, obj, form, change)
        forget_recent_exemplars()
        if getattr(form, "had_personal_data", False):
            text = _("Personal data was taken out: look at the example once more.")
            self.message_user(request, text, messages.WARNING)
