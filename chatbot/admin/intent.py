"""Intents with their examples: typed, pasted, imported, labelled; and the trainings that learn them."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from unfold.admin import ModelAdmin, TabularInline
from unfold.decorators import action, display
from unfold.widgets import UnfoldAdminTextareaWidget

from chatbot.admin import intent_pages
from chatbot.intents.examples import LineStatus, add_examples, pasted
from chatbot.intents.training import LEAST_EXAMPLES
from chatbot.models import Intent, IntentExample, IntentModel

#: Refused lines of a paste that are named one by one.
NAMED_LINES = 10


class IntentForm(forms.ModelForm):  # type: ignore[type-arg]  # generic only for the type checker
    paste = forms.CharField(
        label=_("Add examples"),
        required=False,
        max_length=200_000,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 6}),
        help_text=_("One a line, as customers write, in any language. What is there already counts once."),
    )

    class Meta:
        model = Intent
        fields = ("name", "scenario", "description", "is_on")


class ExampleInline(TabularInline):
    model = IntentExample
    fields = ("text", "source", "created_at")
    readonly_fields = ("source", "created_at")
    extra = 0
    per_page = 50
    tab = False
    ordering = ("-pk",)


@admin.register(Intent)
class IntentAdmin(ModelAdmin):
    form = IntentForm
    list_display = ("name", "scenario", "example_count", "share_right", "is_on")
    list_filter = ("scenario", "is_on")
    list_editable = ("is_on",)
    search_fields = ("name", "description")
    list_per_page = 100
    inlines = (ExampleInline,)
    fields = ("name", "scenario", "description", "is_on", "paste")
    actions_list = ("train_now", "import_examples", "label_messages")

    def get_queryset(self, request: HttpRequest) -> "QuerySet[Intent]":
        queryset: QuerySet[Intent] = super().get_queryset(request)
        return queryset.annotate(count=Count("examples"))

    @display(description=_("examples"), ordering="count", label={"few": "warning", "enough": ""})
    def example_count(self, intent: Intent) -> tuple[str, str]:
        count = int(getattr(intent, "count", 0))
        if count < LEAST_EXAMPLES:
            return "few", _("%(count)d: too few, left out") % {"count": count}
        return "enough", str(count)

    @admin.display(description=_("recognised"))
    def share_right(self, intent: Intent) -> str:
        share = self._shares.get(intent.name)
        return "–" if share is None else f"{share:.0%}"

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        report = IntentModel.objects.filter(is_active=True).values_list("report", flat=True).first() or {}
        self._shares = {row["name"]: row["right"] for row in report.get("intents", [])}
        answer: HttpResponse = super().changelist_view(request, extra_context)
        return answer

    _shares: dict[str, float] = {}

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        rows = pasted(form.cleaned_data.get("paste", ""), form.instance)
        if not rows:
            return
        user = request.user if request.user.is_authenticated else None
        report = add_examples(rows, user=user, source=IntentExample.Source.TYPED)
        count = report.count(LineStatus.NEW)
        self.message_user(
            request,
            ngettext("%(count)d example added.", "%(count)d examples added.", count) % {"count": count},
        )
        refused = [line for line in report.lines if line.status == LineStatus.REFUSED]
        for line in refused[:NAMED_LINES]:
            text = _("Line %(line)d was not added: %(why)s.") % {"line": line.line, "why": line.why}
            self.message_user(request, text, messages.WARNING)
        if len(refused) > NAMED_LINES:
            text = _("%(count)d more lines were not added.") % {"count": len(refused) - NAMED_LINES}
            self.message_user(request, text, messages.WARNING)

    @action(description=_("Train"), url_path="train", permissions=["train"], icon="model_training")
    def train_now(self, request: HttpRequest) -> HttpResponse:
        return intent_pages.train_now(request, self.admin_site.each_context(request))

    @action(description=_("Import examples"), url_path="import", permissions=["import"], icon="upload")
    def import_examples(self, request: HttpRequest) -> HttpResponse:
        return intent_pages.import_page(request, self.admin_site.each_context(request))

    @action(description=_("Messages worth labelling"), url_path="label", permissions=["import"], icon="new_label")
    def label_messages(self, request: HttpRequest) -> HttpResponse:
        return intent_pages.label_page(request, self.admin_site.each_context(request))

    def has_import_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perms(("chatbot.add_intent", "chatbot.add_intentexample"))

    def has_train_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("chatbot.add_intentmodel")
