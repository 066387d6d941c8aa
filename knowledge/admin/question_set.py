"""Evaluation sets and their questions."""

from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html_join
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from unfold.admin import ModelAdmin
from unfold.widgets import UnfoldAdminTextareaWidget

from knowledge import models
from knowledge.admin.audience import AttributesField
from knowledge.admin.question_set_pages import export_view, import_view
from knowledge.conf import POINT_MAX_CHARACTERS


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
        words = ngettext("%(count)d question", "%(count)d questions", count) % {"count": count}
        links = (
            (f"{reverse('admin:knowledge_knownquestion_changelist')}?question_set__id__exact={question_set.pk}", words),
            (f"{reverse('admin:knowledge_knownquestion_add')}?question_set={question_set.pk}", _("Add a question")),
            (reverse("admin:knowledge_questionset_import", args=[question_set.pk]), _("Import CSV")),
            (reverse("admin:knowledge_questionset_export", args=[question_set.pk]), _("Export CSV")),
        )
        return format_html_join(" · ", '<a class="underline" href="{}">{}</a>', links)

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        return [
            path("<int:set_id>/export/", view(export_view), name="knowledge_questionset_export"),
            path("<int:set_id>/import/", view(self._import), name="knowledge_questionset_import"),
            *super().get_urls(),
        ]

    def _import(self, request: HttpRequest, set_id: int) -> HttpResponse:
        return import_view(request, self.admin_site.each_context(request), set_id)


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
        widgets: ClassVar[dict[str, Any]] = {
            "question": UnfoldAdminTextareaWidget(attrs={"rows": 3}),
            "earlier": UnfoldAdminTextareaWidget(attrs={"rows": 2}),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if isinstance(self.initial.get("points"), list):
            self.initial["points"] = "\n".join(self.initial["points"])

    def clean_points(self) -> list[str]:
        points = [line.strip() for line in self.cleaned_data["points"].splitlines() if line.strip()]
        if len(points) > models.KnownQuestion.POINTS_MOST or any(len(one) > POINT_MAX_CHARACTERS for one in points):
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
