"""The page of a change that a gate keeps back: what is missing, one click to try it, and a person's word."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from chatbot.errors import ChangeUnusable, GateNotPassed, TrialRefused
from chatbot.models import ChangeKind, Gate
from chatbot.tasks import enqueue_trial
from chatbot.trying.gates import OVERRIDE_HOURS, let_pass, standings, told_change
from chatbot.trying.trials import ask_for_trial

MAY_OVERRIDE = "chatbot.add_gateoverride"
#: Changes that go live by a click in the admin, and so can be kept back.
GUARDED = (
    ChangeKind.PROFILE,
    ChangeKind.PROMPT,
    ChangeKind.THRESHOLD,
    ChangeKind.CALIBRATION,
    ChangeKind.INTENTS,
    ChangeKind.EMBEDDER,
    ChangeKind.MODEL,
    ChangeKind.RULES,
)


class GateForm(forms.ModelForm):  # type: ignore[type-arg]  # generic only for the type checker
    kinds = forms.MultipleChoiceField(
        label=gettext_lazy("guards"),
        choices=[(kind.value, kind.label) for kind in GUARDED],
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("A change of these goes live only after it has passed."),
    )

    class Meta:
        model = Gate
        fields = ("question_set", "kinds", "most_worse", "least_right", "is_on")


def kinds_in_words(kinds: Iterable[str]) -> list[str]:
    return [str(ChangeKind(kind).label) for kind in kinds if kind in ChangeKind.values]


def refusal(error: GateNotPassed) -> SafeString:
    """The refusal with its link, for a message of the admin."""
    return format_html(
        '{} <a class="underline" href="{}">{}</a>', str(error), error.address, _("See what is missing, and try it")
    )


def gate(request: HttpRequest, context: dict[str, Any]) -> HttpResponse:
    if not request.user.has_perm("chatbot.view_changetrial"):
        raise PermissionDenied
    told = request.GET.get("change", "")
    try:
        change, subject = told_change(told)
    except ChangeUnusable as error:
        messages.error(request, str(error))
        return redirect("admin:chatbot_changetrial_changelist")
    shown: dict[str, Any] = {}
    if request.method == "POST" and request.POST.get("do") == "try":
        if not request.user.has_perm("chatbot.add_changetrial"):
            raise PermissionDenied
        _try_all(request, change, subject)
        return redirect(request.get_full_path())
    if request.method == "POST":
        if not request.user.has_perm(MAY_OVERRIDE):
            raise PermissionDenied
        reason = request.POST.get("reason", "")[:2000]
        try:
            let_pass(change, subject=subject, reason=reason, user=request.user)  # type: ignore[arg-type]  # staff are users
        except ValidationError as error:
            shown = {"problem": " ".join(error.messages), "reason": reason}
        else:
            messages.success(
                request,
                _("Noted. For %(hours)d hours the change may go live: do again what was refused.")
                % {"hours": OVERRIDE_HOURS},
            )
            return redirect(request.get_full_path())
    known = standings(change)
    return render(
        request,
        "admin/change_gate.html",
        {
            **context,
            "title": _("Gate"),
            "subject": subject,
            "kind": change.kind.label,
            "standings": known,
            "is_passed": all(not one.problem for one in known),
            "is_open": any(one.trial is not None and one.trial.is_open for one in known),
            "may_try": request.user.has_perm("chatbot.add_changetrial"),
            "may_override": request.user.has_perm(MAY_OVERRIDE),
            "hours": OVERRIDE_HOURS,
            **shown,
        },
        status=422 if shown else 200,
    )


def _try_all(request: HttpRequest, change: Any, subject: str) -> None:
    for standing in standings(change):
        if not standing.problem or (standing.trial is not None and standing.trial.is_open):
            continue
        try:
            trial = ask_for_trial(standing.gate.question_set, change, subject=subject, user=request.user)  # type: ignore[arg-type]  # staff are users
        except (ChangeUnusable, TrialRefused) as error:
            messages.error(request, str(error))
        else:
            enqueue_trial(trial.pk)
