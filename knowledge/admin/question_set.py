"""Evaluation sets and their questions."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from unfold.admin import ModelAdmin
from unfold.widgets import UnfoldAdminTextareaWidget

from knowledge import models
from knowledge.admin.audience import AttributesField


@admin.register(models.QuestionSet)
class QuestionSetAdmin(ModelAdmin):
    list_display = ("name", "question_count", "description", "created_at")
    search_fields = ("name", "description")
    readonly_fields = ("question_list",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[models.QuestionSet]:
        queryset: QuerySet[models.QuestionSet] = super().get_queryset(request)
        return queryset.annotate(question_count=Count("questions"))

    def save_model(self, request: HttpRequest, obj: models.QuestionSet, form: Any, change: bool) -> None:
        if not change:
            obj.created_by = request.user if request.user.is_authenticated else None
        super().save_model(request, obj, form, change)

    @admin.display(description=_("questions"), ordering="question_count")
    def question_count(self, question_set: models.QuestionSet) -> int:
        return int(getattr(question_set, "question_count", 0))

    @admin.display(description=_("questions"))
    def question_list(self, question_set: models.QuestionSet) -> str:
        if not question_set.pk:
            return str(_("Save the set first, then add questions."))
        count = self.question_count(question_set)
        address = f"{reverse('admin:knowledge_knownquestion_changelist')}?question_set__id__exact={question_set.pk}"
        words = ngettext("%(count)d question", "%(count)d questions", count) % {"count": count}
        return format_html('<a class="underline" href="{}">{}</a>', address, words)


class KnownQuestionForm(forms.ModelForm):  # type: ignore[type-arg]  # generic only for the type checker
    attributes = AttributesField(
        label=_("Customer attributes"), required=False, help_text=_("One a line, for example: country = de.")
    )
    points = forms.CharField(
        label=_("Expected points"),
        required=False,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
        help_text=_("One a line: words or figures that a right answer must contain."),
    )

    class Meta:
        model = models.KnownQuestion
        fields = (
            "question_set", "question", "earlier", "expects", "articles", "points", "language", "tier", "attributes",
        )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if isinstance(self.initial.get("points"), list):
            self.initial["points"] = "\n".join(self.initial["points"])

    def clean_points(self) -> list[str]:
        points = [line.strip() for line in self.cleaned_data["points"].splitlines() if line.strip()]
        if len(points) > models.KnownQuestion.POINTS_MOST or any(len(one) > 500 for one in points):
            raise forms.ValidationError(
                _("At most %(most)d points of 500 characters each."), params={"most": models.KnownQuestion.POINTS_MOST}
            )
        return points


@admin.register(models.KnownQuestion)
class KnownQuestionAdmin(ModelAdmin):
    form = KnownQuestionForm
    list_display = ("short", "question_set", "expects", "rests_on", "language", "tier", "created_at")
    list_display_links = ("short",)
    list_filter = ("question_set", "expects", "language")
    search_fields = ("question",)
    list_select_related = ("question_set",)
    autocomplete_fields = ("articles",)
    show_full_result_count = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[models.KnownQuestion]:
        queryset: QuerySet[models.KnownQuestion] = super().get_queryset(request)
        return queryset.annotate(article_count=Count("articles"))

    @admin.display(description=_("question"), ordering="question")
    def short(self, question: models.KnownQuestion) -> str:
        return str(question)

    @admin.display(description=_("right articles"), ordering="article_count")
    def rests_on(self, question: models.KnownQuestion) -> int:
        return int(getattr(question, "article_count", 0))
