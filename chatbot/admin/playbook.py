"""Playbooks: their steps in a row, checked together, and a preview of what they do with a message."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import TextField
from django.forms import BaseInlineFormSet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from unfold.admin import StackedInline
from unfold.decorators import action
from unfold.widgets import UnfoldAdminTextareaWidget

from chatbot.admin.team_choice import TeamChoice
from chatbot.admin.word_rule import HistoryAdmin
from chatbot.models import Playbook, PlaybookStep
from chatbot.playbooks.choosing import forget_recent_playbooks, plan_of, plans_by_id
from chatbot.playbooks.following import Taken, circle_in, follow

TAKEN_IN_WORDS: dict[Taken, Promise] = {
    Taken.TOLD: _("told to the model"),
    Taken.KNOWN: _("is there, so not asked"),
    Taken.ASKED: _("the customer is asked"),
    Taken.UNANSWERED: _("was asked and not answered; not asked twice"),
    Taken.HANDED_OFF: _("handed over"),
    Taken.WENT_ON: _("goes on with the other playbook"),
    Taken.MISSING: _("the other playbook is switched off; left out"),
}
#: Characters of a previewed message.
PREVIEW_CHARACTERS = 20_000


class StepFormSet(BaseInlineFormSet):  # type: ignore[type-arg]  # generic only for the type checker
    """What can be seen only when all steps stand together; each fault is said at the field that can mend it."""

    def clean(self) -> None:
        super().clean()
        forms = [form for form in self.forms if _is_kept(form)]
        if not forms:
            raise ValidationError(_("A playbook needs at least one step."))
        forms.sort(key=lambda form: form.cleaned_data.get("position") or 0)
        ended = ""
        for form in forms:
            step: PlaybookStep = form.instance
            if ended:
                form.add_error(
                    "kind", _("Never reached: the step before it ends the playbook (%(step)s).") % {"step": ended}
                )
                return
            if step.kind in (PlaybookStep.Kind.HAND_OFF, PlaybookStep.Kind.GO_ON):
                ended = str(step.get_kind_display())
            if step.kind == PlaybookStep.Kind.GO_ON and step.goes_to_id:
                self._refuse_circle(form, step)

    def _refuse_circle(self, form: Any, step: PlaybookStep) -> None:
        """Names the way, so that one sees where to cut it."""
        own = self.instance.pk or 0
        jumps = PlaybookStep.objects.filter(kind=PlaybookStep.Kind.GO_ON).exclude(playbook=own or None)
        edges: dict[int, list[int]] = {own: [step.goes_to_id or 0]}
        for start, target in jumps.values_list("playbook_id", "goes_to_id"):
            edges.setdefault(start, []).append(target)
        way = circle_in(own, edges)
        if way:
            names = dict(Playbook.objects.filter(pk__in=way).values_list("pk", "name"))
            names[own] = self.instance.name
            form.add_error(
                "goes_to",
                _("This goes round in a circle: %(way)s.") % {"way": " → ".join(names[number] for number in way)},
            )


def _is_kept(form: Any) -> bool:
    """A step that will be there once the form is saved; a faulty one says so itself."""
    data = getattr(form, "cleaned_data", {})
    return bool(data) and not data.get("DELETE")


class StepInline(TeamChoice, StackedInline):
    model = PlaybookStep
    formset = StepFormSet
    fk_name = "playbook"
    extra = 0
    min_num = 1
    ordering_field = "position"
    formfield_overrides = {TextField: {"widget": UnfoldAdminTextareaWidget(attrs={"rows": 3})}}
    fields = ("position", "kind", "text", ("pattern", "attribute"), ("team_id", "goes_to"))


@admin.register(Playbook)
class PlaybookAdmin(HistoryAdmin):
    list_display = ("name", "scenario", "language", "step_list", "is_on")
    list_filter = ("is_on", "scenario")
    list_editable = ("is_on",)
    search_fields = ("name", "description", "steps__text")
    inlines = (StepInline,)
    fields = ("name", "description", ("scenario", "language"), "is_on")
    actions_detail = ("preview",)

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).prefetch_related("steps")

    @admin.display(description=_("steps"))
    def step_list(self, playbook: Playbook) -> str:
        return " → ".join(str(step.get_kind_display()) for step in playbook.steps.all())

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        forget_recent_playbooks()

    @action(description=_("Preview"), url_path="preview", permissions=["view"], icon="experiment")
    def preview(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """What the playbook does with a message, step by step; stores and sends nothing."""
        playbook = self.get_object(request, str(object_id))
        context: dict[str, Any] = {
            **self.admin_site.each_context(request),
            "title": _("Preview of the playbook"),
            "playbook": playbook,
        }
        if isinstance(playbook, Playbook) and request.method == "POST":
            text = request.POST.get("text", "")[:PREVIEW_CHARACTERS]
            given = request.POST.get("attributes", "")[:2_000]
            pairs = (pair.partition("=") for pair in given.split(",") if "=" in pair)
            followed = follow(
                plan_of(playbook),
                plans_by_id(),
                said=[text],
                attributes={name.strip(): value.strip() for name, _equals, value in pairs},
            )
            context |= {
                "text": text,
                "attributes": given,
                "steps": [
                    {
                        "playbook": one.plan.name,
                        "kind": PlaybookStep.Kind(one.step.kind.value).label,
                        "text": one.step.text,
                        "taken": TAKEN_IN_WORDS[one.taken],
                        "ends": one.taken in (Taken.ASKED, Taken.HANDED_OFF),
                    }
                    for one in followed.taken
                ],
                "is_answered": followed.question is None and followed.hand_off is None,
            }
        return render(request, "admin/playbook_preview.html", context)
