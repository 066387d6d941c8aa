"""Approved answers in the Django admin, with the past questions that each would have caught."""

from datetime import timedelta
from typing import Any, Final

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST
from unfold.admin import ModelAdmin
from unfold.decorators import display
from unfold.widgets import UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget

from knowledge import models
from knowledge.admin.audience import AttributesField, audience_in_words
from knowledge.admin.markdown_editor import MarkdownEditor
from knowledge.approved_catches import caught
from knowledge.conf import APPROVED_QUESTION_MAX_CHARACTERS
from knowledge.errors import EmbeddingUnavailable
from knowledge.past_questions import past_questions
from knowledge.sameness import normalised
from knowledge.tasks import enqueue_approved_answer

LOOKED_BACK_DAYS: Final = 30
#: Newest questions that are compared; what is older is not waited for.
LOOKED_AT_QUESTIONS: Final = 2_000
_SHOWN_QUESTIONS: Final = 100
_SHOWN_CHANGES: Final = 20


class LinesField(forms.CharField):
    """A list of texts, one a line; the array itself is what the model stores."""

    widget = UnfoldAdminTextareaWidget(attrs={"rows": 6})

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(value) if isinstance(value, list) else value

    def to_python(self, value: Any) -> list[str]:  # type: ignore[override]  # not a text, on purpose
        lines = [line.strip() for line in str(value or "").splitlines() if line.strip()]
        for number, line in enumerate(lines, start=1):
            if len(line) > APPROVED_QUESTION_MAX_CHARACTERS:
                raise forms.ValidationError(
                    _("Line %(number)d has more than %(most)d characters."),
                    params={"number": number, "most": APPROVED_QUESTION_MAX_CHARACTERS},
                )
        return lines

    def has_changed(self, initial: Any, data: Any) -> bool:
        return bool(super().has_changed(self.prepare_value(initial), data))


class ApprovedAnswerForm(ModelForm):  # type: ignore[type-arg]  # generic only for the type checker
    variants = LinesField(
        label=_("Other wordings"),
        required=False,
        help_text=models.ApprovedAnswer._meta.get_field("variants").help_text,
    )
    audience_attributes = AttributesField(
        label=_("Customer attributes"),
        required=False,
        help_text=models.ApprovedAnswer._meta.get_field("audience_attributes").help_text,
    )

    class Meta:
        model = models.ApprovedAnswer
        fields = [
            "question", "variants", "answer", "language", "audience_tiers", "audience_attributes",
            "is_on", "expires_at", "owner",
        ]  # fmt: skip
        widgets = {
            "answer": MarkdownEditor({"rows": 10, "data-small": ""}),
            "audience_tiers": UnfoldAdminTextInputWidget(attrs={"placeholder": "gold, silver"}),
        }

    def clean_question(self) -> str:
        question = str(self.cleaned_data["question"])
        if not normalised(question):
            raise forms.ValidationError(_("Write a question with at least one word."))
        return question

    def clean_language(self) -> str:
        return str(self.cleaned_data["language"]).strip().lower()


@admin.register(models.ApprovedAnswer)
class ApprovedAnswerAdmin(ModelAdmin):
    form = ApprovedAnswerForm
    list_before_template = "knowledge/approved_explained.html"
    list_display = ["question", "language", "audience", "state", "expires_at", "owner", "updated_at"]
    list_filter = ["is_on", "language", "owner"]
    list_select_related = ["owner"]
    search_fields = ["question", "answer"]
    readonly_fields = ["caught_questions", "created_at", "updated_at", "changes"]
    fieldsets = [
        (None, {"fields": ["question", "variants", "answer"]}),
        (_("Who gets it"), {"fields": ["language", "audience_tiers", "audience_attributes"]}),
        (_("How long it holds"), {"fields": ["is_on", "expires_at", "owner"]}),
        (_("What it would have caught"), {"fields": ["caught_questions"]}),
        (_("Dates"), {"fields": ["created_at", "updated_at", "changes"], "classes": ["collapse"]}),
    ]

    class Media:
        css = {"all": ("chatbot/pages.css", "knowledge/editor.css")}
        js = ("knowledge/caught.js",)

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(require_POST(self.caught_view))
        return [path("caught/", view, name="knowledge_approvedanswer_caught"), *super().get_urls()]

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        return {"owner": request.user.pk, **super().get_changeform_initial_data(request)}

    def save_model(
        self, request: HttpRequest, obj: models.ApprovedAnswer, form: "ModelForm[models.ApprovedAnswer]", change: bool
    ) -> None:
        super().save_model(request, obj, form, change)
        enqueue_approved_answer(obj.pk)

    @admin.display(description=_("for"))
    def audience(self, answer: models.ApprovedAnswer) -> str:
        return audience_in_words(answer.audience_tiers, answer.audience_attributes)

    @display(description=_("state"), label={"on": "success", "expired": "warning", "off": ""})
    def state(self, answer: models.ApprovedAnswer) -> tuple[str, Any]:
        if not answer.is_on:
            return "off", _("switched off")
        if answer.expires_at is not None and answer.expires_at <= timezone.now():
            return "expired", _("expired")
        return "on", _("in use")

    @admin.display(description=_("past questions"))
    def caught_questions(self, answer: models.ApprovedAnswer) -> SafeString:
        return render_to_string("knowledge/caught_frame.html", {"days": LOOKED_BACK_DAYS})

    @admin.display(description=_("changes"))
    def changes(self, answer: models.ApprovedAnswer) -> SafeString | str:
        """Who saved it when, and what differed; newest first."""
        versions = (
            [] if answer._state.adding else list(answer.history.select_related("history_user")[: _SHOWN_CHANGES + 1])
        )
        rows = []
        for version, before in zip(versions, [*versions[1:], None], strict=True):
            changed = version.diff_against(before).changed_fields if before is not None else []
            labels = ", ".join(str(getattr(answer._meta.get_field(name), "verbose_name", name)) for name in changed)
            when = date_format(timezone.localtime(version.history_date), "SHORT_DATETIME_FORMAT")
            rows.append((when, version.history_user or _("a program"), labels or _("first version")))
        return format_html_join("", "<p>{} · {} · {}</p>", rows[:_SHOWN_CHANGES]) or "–"

    def caught_view(self, request: HttpRequest) -> HttpResponse:
        """A fragment: what the answer in the form, saved or not, would have caught."""
        if not self.has_view_or_change_permission(request):
            raise PermissionDenied
        form = ApprovedAnswerForm({**request.POST.dict(), "answer": request.POST.get("answer") or "–"})
        context: dict[str, Any] = {"days": LOOKED_BACK_DAYS}
        if not form.is_valid():
            context["problem"] = _("Correct the fields above first.")
            return render(request, "knowledge/caught.html", context)
        questions = past_questions(timezone.now() - timedelta(days=LOOKED_BACK_DAYS), most=LOOKED_AT_QUESTIONS)
        try:
            found = caught(form.instance, questions)
        except EmbeddingUnavailable:
            context["problem"] = _("The embedding model does not answer now; try again later.")
            return render(request, "knowledge/caught.html", context)
        context |= {"found": found[:_SHOWN_QUESTIONS], "count": len(found), "looked_at": len(questions)}
        return render(request, "knowledge/caught.html", context)
