"""The table of sensitive words: written, tried, imported, switched together, and brought back."""

from datetime import timedelta
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet, Sum
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from simple_history.admin import SimpleHistoryAdmin
from simple_history.utils import bulk_update_with_history
from unfold.admin import ModelAdmin
from unfold.decorators import action, display

from chatbot.admin import word_rule_pages
from chatbot.admin.gated_saving import GatedSaving
from chatbot.models import WordRule, WordRuleGroup
from chatbot.rules.matching.matcher import RuleAction
from chatbot.trying.rule_saving import saving_rules

#: Days over which the list counts hits.
COUNTED_DAYS = 30


class HistoryAdmin(SimpleHistoryAdmin, ModelAdmin):
    """Rows whose every change is kept, and can be taken back."""


@admin.register(WordRule)
class WordRuleAdmin(GatedSaving, HistoryAdmin):
    list_display = (
        "short_pattern",
        "kind",
        "action_label",
        "scope",
        "language",
        "category",
        "group",
        "recent",
        "is_on",
    )
    list_display_links = ("short_pattern",)
    list_filter = ("is_on", "action", "scope", "kind", "severity", "group", "category", "language")
    list_editable = ("is_on",)
    list_select_related = ("group",)
    list_per_page = 50
    search_fields = ("pattern", "note", "category")
    autocomplete_fields = ("group", "owner")
    show_full_result_count = False
    actions = ("switch_on", "switch_off")
    actions_list = ("try_all", "import_table", "export_table", "deleted")
    change_form_template = "admin/word_rule_change.html"
    add_form_template = "admin/word_rule_change.html"
    fieldsets = (
        (None, {"fields": ("pattern", "kind", "whole_word", "is_on")}),
        (_("What happens"), {"fields": ("action", "reply", "priority")}),
        (_("Where it applies"), {"fields": ("scope", "language", "active_from", "active_to")}),
        (_("For colleagues"), {"fields": ("category", "severity", "group", "owner", "note")}),
    )

    @admin.display(description=_("pattern"), ordering="pattern")
    def short_pattern(self, rule: WordRule) -> str:
        return rule.pattern[:60] + ("…" if len(rule.pattern) > 60 else "")

    @display(
        description=_("action"),
        ordering="action",
        label={
            RuleAction.BLOCK.value: "danger",
            RuleAction.HAND_OFF.value: "info",
            RuleAction.REVIEW.value: "warning",
            RuleAction.MASK.value: "warning",
            RuleAction.TAG.value: "",
        },
    )
    def action_label(self, rule: WordRule) -> tuple[str, str]:
        return rule.action, rule.get_action_display()

    @admin.display(description=_("hits, 30 days"))
    def recent(self, rule: WordRule) -> int:
        since = timezone.localdate() - timedelta(days=COUNTED_DAYS)
        return rule.hits.filter(day__gte=since).aggregate(total=Sum("count"))["total"] or 0

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        return {"owner": request.user.pk, **super().get_changeform_initial_data(request)}

    @action(description=_("Try the rules"), url_path="try", permissions=["view"], icon="experiment")
    def try_all(self, request: HttpRequest) -> HttpResponse:
        return word_rule_pages.try_all(request, self.admin_site.each_context(request))

    @action(description=_("Import"), url_path="import", permissions=["import"], icon="upload")
    def import_table(self, request: HttpRequest) -> HttpResponse:
        return word_rule_pages.import_page(request, self.admin_site.each_context(request))

    @action(description=_("Export"), url_path="export", permissions=["view"], icon="download")
    def export_table(self, request: HttpRequest) -> StreamingHttpResponse:
        return word_rule_pages.export_table(request)

    @action(description=_("Deleted rules"), url_path="deleted", permissions=["view"], icon="restore_from_trash")
    def deleted(self, request: HttpRequest) -> HttpResponse:
        return word_rule_pages.deleted_page(request, self.admin_site.each_context(request))

    def has_import_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perms(("chatbot.add_wordrule", "chatbot.change_wordrule"))

    def get_urls(self) -> list[URLPattern]:
        return [
            path("try-one/", self.admin_site.admin_view(self._try_one), name="chatbot_wordrule_try_one"),
            *super().get_urls(),
        ]

    def _try_one(self, request: HttpRequest) -> HttpResponse:
        if request.method != "POST" or not self.has_view_permission(request):
            raise PermissionDenied
        return word_rule_pages.try_one(request)

    @action(description=_("Switch on"), permissions=["change"])
    def switch_on(self, request: HttpRequest, queryset: "QuerySet[WordRule]") -> None:
        self._switch(request, queryset, is_on=True)

    @action(description=_("Switch off"), permissions=["change"])
    def switch_off(self, request: HttpRequest, queryset: "QuerySet[WordRule]") -> None:
        self._switch(request, queryset, is_on=False)

    def _switch(self, request: HttpRequest, queryset: "QuerySet[WordRule]", *, is_on: bool) -> None:
        changed = list(queryset.exclude(is_on=is_on))
        for rule in changed:
            rule.is_on = is_on
        with saving_rules(", ".join(map(str, changed[:5]))):
            bulk_update_with_history(changed, WordRule, ["is_on"], batch_size=500, default_user=request.user)
        count = len(changed)
        message = (
            ngettext("%(count)d rule is on now.", "%(count)d rules are on now.", count)
            if is_on
            else ngettext("%(count)d rule is off now.", "%(count)d rules are off now.", count)
        )
        self.message_user(request, message % {"count": count})


@admin.register(WordRuleGroup)
class WordRuleGroupAdmin(GatedSaving, HistoryAdmin):
    list_display = ("name", "is_on", "rule_count", "note")
    list_editable = ("is_on",)
    search_fields = ("name",)

    @admin.display(description=_("rules"))
    def rule_count(self, group: WordRuleGroup) -> int:
        return group.rules.count()
