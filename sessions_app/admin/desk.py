"""How the desk is set up, and what was done at it."""

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget, UnfoldAdminSelect2MultipleWidget

from sessions_app.admin.conversation import ShownOnly
from sessions_app.models import AuditEntry, Macro, ReviewItem, ReviewQueue
from sessions_app.queues import make_default
from sessions_app.reason_classes import ReasonClass


class ReviewQueueForm(forms.ModelForm):  # type: ignore[type-arg]  # subscripted only for the checker
    reason_classes = forms.MultipleChoiceField(
        label=_("reasons"),
        choices=ReasonClass.choices,
        required=False,
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
        help_text=_("None chosen: any reason."),
    )

    class Meta:
        model = ReviewQueue
        fields = (
            "name", "position", "is_default", "reason_classes", "scenarios", "languages", "members", "target_minutes",
            "overdue", "escalates_to", "intercom_team_id", "translates_into", "notes_translation",
        )  # fmt: skip
        widgets = {"members": UnfoldAdminSelect2MultipleWidget}

    def clean_is_default(self) -> bool:
        is_default = bool(self.cleaned_data["is_default"])
        if self.instance.pk and self.instance.is_default and not is_default:
            raise ValidationError(_("One queue must take the rest: choose another one there instead."))
        return is_default


@admin.register(ReviewQueue)
class ReviewQueueAdmin(ModelAdmin):
    form = ReviewQueueForm
    list_display = ("name", "position", "is_default", "waiting", "target_minutes", "overdue", "members_count")
    search_fields = ("name",)
    fieldsets = (
        (None, {"fields": ("name", "position", "is_default")}),
        (_("What lands here"), {"fields": ("reason_classes", "scenarios", "languages")}),
        (_("Who serves it"), {"fields": ("members", "intercom_team_id")}),
        (_("In which language"), {"fields": ("translates_into", "notes_translation")}),
        (_("How long it may take"), {"fields": ("target_minutes", "overdue", "escalates_to")}),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[ReviewQueue]:
        found: QuerySet[ReviewQueue] = super().get_queryset(request)
        return found.annotate(
            waiting_items=Count("items", filter=Q(items__status=ReviewItem.Status.WAITING), distinct=True),
            people=Count("members", distinct=True),
        )

    def save_model(self, request: HttpRequest, obj: ReviewQueue, form: Any, change: bool) -> None:
        wants_rest = obj.is_default
        obj.is_default = bool(change and ReviewQueue.objects.filter(pk=obj.pk, is_default=True).exists())
        super().save_model(request, obj, form, change)
        if wants_rest and not obj.is_default:
            make_default(obj)

    def has_delete_permission(self, request: HttpRequest, obj: ReviewQueue | None = None) -> bool:
        """What waits in a deleted queue goes to the default one, which therefore stays."""
        return super().has_delete_permission(request, obj) and (obj is None or not obj.is_default)

    def get_actions(self, request: HttpRequest) -> Any:
        return {name: action for name, action in super().get_actions(request).items() if name != "delete_selected"}

    @admin.display(description=_("waiting"))
    def waiting(self, queue: Any) -> int:
        return int(queue.waiting_items)

    @admin.display(description=_("members"))
    def members_count(self, queue: Any) -> str:
        return str(queue.people) if queue.people else str(_("everybody"))


@admin.register(Macro)
class MacroAdmin(ModelAdmin):
    list_display = ("name", "language", "text", "is_on")
    list_filter = ("language", "is_on")
    search_fields = ("name", "text")


@admin.register(AuditEntry)
class AuditEntryAdmin(ShownOnly, ModelAdmin):
    list_display = ("at", "who", "action", "question_link", "conversation_link", "shown_details")
    list_filter = ("action",)
    search_fields = ("user_name", "=item_id", "=conversation_id")
    show_full_result_count = False
    ordering = ("-id",)
    date_hierarchy = "at"

    @admin.display(description=_("who"), ordering="user_name")
    def who(self, entry: AuditEntry) -> str:
        return entry.user_name or str(_("the clock"))

    @admin.display(description=_("question"))
    def question_link(self, entry: AuditEntry) -> str:
        return self._link("desk:draft", entry.item_id)

    @admin.display(description=_("conversation"))
    def conversation_link(self, entry: AuditEntry) -> str:
        return self._link("admin:sessions_app_conversation_change", entry.conversation_id)

    @admin.display(description=_("details"))
    def shown_details(self, entry: AuditEntry) -> str:
        return ", ".join(f"{name}: {value}" for name, value in entry.details.items()) or "–"

    def _link(self, view: str, number: int | None) -> str:
        """What a line names may be gone: then the link says so."""
        if not number:
            return "–"
        return format_html('<a class="text-link" href="{}">{}</a>', reverse(view, args=[number]), number)
