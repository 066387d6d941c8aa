"""Guidance in plain words, with its conditions, and which pieces may contradict each other."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget

from chatbot.admin.word_rule import HistoryAdmin
from chatbot.models import Guidance, Scenario
from chatbot.profiles.conflicts import Kind, conflicts
from chatbot.profiles.guidance import piece_of

#: Pieces that are compared with each other; more would make the page slow.
COMPARED = 150

KINDS_IN_WORDS = {
    Kind.SUBJECT: _("have one subject: the first applies, the other gives way"),
    Kind.OPPOSITE: _("speak of the same thing, but one forbids it: both are given to the model"),
    Kind.TWICE: _("say nearly the same"),
}


class GuidanceForm(forms.ModelForm):  # type: ignore[type-arg]  # generic only for the type checker
    scenarios = forms.MultipleChoiceField(
        label=_("scenarios"),
        required=False,
        choices=Scenario.choices,
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
        help_text=_("None: all."),
    )

    class Meta:
        model = Guidance
        fields = (
            "text",
            "subject",
            "priority",
            "is_on",
            "scenarios",
            "intents",
            "languages",
            "customer_tiers",
            "note",
        )


@admin.register(Guidance)
class GuidanceAdmin(HistoryAdmin):
    form = GuidanceForm
    list_display = ("text", "subject", "priority", "conditions", "conflict_label", "is_on")
    list_display_links = ("text",)
    list_editable = ("is_on",)
    list_filter = ("is_on",)
    search_fields = ("text", "subject", "note")
    autocomplete_fields = ("intents",)
    list_before_template = "admin/guidance_conflicts.html"
    history_list_display = ["priority", "is_on"]
    fieldsets = (
        (None, {"fields": ("text", "subject", "priority", "is_on")}),
        (_("When it applies: all of these"), {"fields": ("scenarios", "intents", "languages", "customer_tiers")}),
        (_("For colleagues"), {"fields": ("note",)}),
    )

    @admin.display(description=_("applies when"))
    def conditions(self, guidance: Guidance) -> str:
        names = dict(Scenario.choices)
        words = [str(names.get(name, name)) for name in guidance.scenarios]
        words += [intent.name for intent in guidance.intents.all()]
        return ", ".join([*words, *guidance.languages, *guidance.customer_tiers]) or str(_("always"))

    @display(description=_("conflicts"), label={"some": "warning"})
    def conflict_label(self, guidance: Guidance) -> tuple[str, Any] | None:
        return ("some", _("look above")) if guidance.pk in self._in_conflict else None

    _in_conflict: frozenset[int] = frozenset()

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        rows = Guidance.objects.filter(is_on=True).prefetch_related("intents")[:COMPARED]
        found = conflicts([piece_of(row) for row in rows])
        self._in_conflict = frozenset(piece.id for one in found for piece in (one.first, one.second))
        shown = [{"first": one.first, "second": one.second, "words": KINDS_IN_WORDS[one.kind]} for one in found]
        answer: HttpResponse = super().changelist_view(request, {**(extra_context or {}), "conflicts": shown})
        return answer
