"""The survey in the admin: its switch and its times for each workspace, and what customers answered."""

from datetime import timedelta
from typing import Any

from django.contrib import admin
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from chatbot.admin.read_only import ReadOnlyAdmin
from chatbot.admin.word_rule import HistoryAdmin
from chatbot.models import Delivery, StandardMessage, Survey, SurveyInvitation, Workspace

#: Days over which the page counts who was asked.
COUNTED_DAYS = 30


@admin.register(Survey)
class SurveyAdmin(HistoryAdmin):
    """One row a workspace, made when somebody looks; with one workspace the list leads straight to it."""

    list_display = ("__str__", "is_on", "ask_after_minutes", "quiet_hours", "again_after_days", "open_days")
    list_select_related = ("workspace",)
    readonly_fields = ("workspace",)
    list_before_template = "admin/survey_explained.html"
    change_form_before_template = "admin/survey_explained.html"
    fieldsets = (
        (None, {"fields": ("workspace", "is_on")}),
        (_("When"), {"fields": ("ask_after_minutes", "quiet_hours")}),
        (_("How often"), {"fields": ("again_after_days", "open_days")}),
    )

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        for workspace in Workspace.objects.filter(survey=None):
            Survey.objects.get_or_create(workspace=workspace)
        alone = list(Survey.objects.values_list("pk", flat=True)[:2])
        if len(alone) == 1:
            return redirect("admin:chatbot_survey_change", alone[0])
        answer: HttpResponse = super().changelist_view(request, {**(extra_context or {}), **_shown()})
        return answer

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        survey = self.get_object(request, object_id)
        shown = _shown(survey.workspace.app_id if survey else "")
        answer: HttpResponse = super().change_view(request, object_id, form_url, {**(extra_context or {}), **shown})
        return answer

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Survey | None = None) -> bool:
        return False


def _shown(workspace: str = "") -> dict[str, Any]:
    """The words, as they are set now, and how many customers were asked lately; `workspace` "": of all of them."""
    kinds = (StandardMessage.Kind.SURVEY, StandardMessage.Kind.SURVEY_THANKS)
    asked = SurveyInvitation.objects.filter(
        delivery__status=Delivery.Status.SENT, asked_at__gte=timezone.now() - timedelta(days=COUNTED_DAYS)
    )
    if workspace:
        asked = asked.filter(conversation__workspace=workspace)
    return {
        "words": StandardMessage.objects.filter(kind__in=kinds).order_by("kind", "language"),
        "counted": asked.aggregate(asked=Count("pk"), answered=Count("pk", filter=Q(score__isnull=False))),
        "counted_days": COUNTED_DAYS,
    }


class Answered(admin.SimpleListFilter):
    """Promoters, passives and detractors, as the figure counts them; answers first, unless somebody asks for more."""

    title = _("answer")
    parameter_name = "answer"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [
            ("promoters", _("9 or 10")),
            ("passives", _("7 or 8")),
            ("detractors", _("0 to 6")),
            ("comment", _("with a comment")),
            ("none", _("none yet")),
            ("all", _("everybody who was asked")),
        ]

    def choices(self, changelist: Any) -> Any:
        found = list(super().choices(changelist))
        found[0]["display"] = _("answered")
        return found

    def queryset(self, request: HttpRequest, queryset: QuerySet[SurveyInvitation]) -> QuerySet[SurveyInvitation]:
        match self.value():
            case "promoters":
                return queryset.filter(score__gte=9)
            case "passives":
                return queryset.filter(score__in=(7, 8))
            case "detractors":
                return queryset.filter(score__lte=6)
            case "comment":
                return queryset.exclude(comment="")
            case "none":
                return queryset.filter(score=None)
            case "all":
                return queryset
        return queryset.exclude(score=None)


@admin.register(SurveyInvitation)
class SurveyInvitationAdmin(ReadOnlyAdmin):
    list_display = ("asked_at", "score_label", "short_comment", "conversation_link", "question", "answered_at")
    list_display_links = ("asked_at",)
    list_filter = (Answered, "asked_at", "conversation__workspace")
    list_select_related = ("conversation", "delivery")
    search_fields = ("comment", "conversation__external_id")
    list_per_page = 50
    show_full_result_count = False
    ordering = ("-asked_at", "-id")
    fields = ("conversation", "customer", "question", "asked_at", "score", "comment", "answered_at")
    readonly_fields = ("question",)

    @display(
        description=_("score given"),
        label={"promoter": "success", "passive": "info", "detractor": "danger", "none": "warning"},
    )
    def score_label(self, row: SurveyInvitation) -> tuple[str, str]:
        if row.score is None:
            return "none", "–"
        kind = "promoter" if row.score >= 9 else "detractor" if row.score <= 6 else "passive"
        return kind, str(row.score)

    @admin.display(description=_("comment"))
    def short_comment(self, row: SurveyInvitation) -> str:
        return row.comment[:90] + ("…" if len(row.comment) > 90 else "")

    @admin.display(description=_("question"))
    def question(self, row: SurveyInvitation) -> str:
        return row.delivery.get_status_display() + (f": {row.delivery.error}" if row.delivery.error else "")

    @admin.display(description=_("conversation"), ordering="conversation")
    def conversation_link(self, row: SurveyInvitation) -> str:
        address = reverse("admin:sessions_app_conversation_change", args=[row.conversation_id])
        return format_html('<a href="{}">{}</a>', address, row.conversation.external_id)
