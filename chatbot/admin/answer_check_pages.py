"""One sampled answer before a reviewer, and the scorecard of all of them."""

from typing import Any, Final

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from chatbot.admin.turn import story_of
from chatbot.models import AnswerCheck
from chatbot.reviewing import ANSWER_CHARACTERS, NOTE_CHARACTERS, AnswerTooLong, EmptyAnswer, SensitiveAnswer
from chatbot.sampling.judging import NoVerdict, Verdict, judge, visible_checks
from chatbot.sampling.scorecard import PERIODS, scorecard
from chatbot.tasks import enqueue_conversation_quietly
from knowledge.tasks import enqueue_approved_answer
from sessions_app.access import TAKE_OVER, may, visible_conversations
from sessions_app.errors import TooLate

LOOK: Final = "chatbot.view_answercheck"
CHECK: Final = "chatbot.change_answercheck"
#: The right that each lesson asks for, beside checking.
_RIGHTS: Final = {
    "approved": ("knowledge.add_approvedanswer", gettext_lazy("an approved answer, for everybody who asks this")),
    "article": ("knowledge.add_article", gettext_lazy("a draft of an article")),
    "exemplar": ("chatbot.add_exemplar", gettext_lazy("an example for the model")),
}


class CheckForm(forms.Form):
    verdict = forms.ChoiceField(
        label=gettext_lazy("Was the answer right?"),
        choices=[(value, label) for value, label in Verdict.choices if value],
        widget=forms.RadioSelect,
    )
    faults = forms.MultipleChoiceField(
        label=gettext_lazy("What is wrong with it?"),
        choices=AnswerCheck.Fault.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    note = forms.CharField(
        label=gettext_lazy("In your words"),
        required=False,
        max_length=NOTE_CHARACTERS,
        widget=forms.Textarea(attrs={"class": "short", "rows": 2}),
    )
    better = forms.CharField(
        label=gettext_lazy("What should the bot have said?"),
        required=False,
        max_length=ANSWER_CHARACTERS,
        widget=forms.Textarea(attrs={"class": "short", "rows": 5}),
    )
    lessons = forms.MultipleChoiceField(
        label=gettext_lazy("The better answer becomes"), required=False, widget=forms.CheckboxSelectMultiple
    )
    sends_correction = forms.BooleanField(
        label=gettext_lazy("Send it to the customer as a correction; the conversation is yours then"), required=False
    )
    is_warned = forms.BooleanField(
        label=gettext_lazy("Send it although rules for sensitive words match"), required=False
    )

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        lessons = [(name, words) for name, (right, words) in _RIGHTS.items() if may(user, right)]
        self.fields["lessons"].choices = lessons  # type: ignore[attr-defined]  # a field of choices
        if not lessons:
            del self.fields["lessons"]
        if not may(user, TAKE_OVER):
            del self.fields["sends_correction"], self.fields["is_warned"]


def check_view(request: HttpRequest, object_id: str) -> HttpResponse:
    """One answer with what it rests on, and the form for a word about it; what was checked is only shown."""
    user: Any = request.user
    if not may(user, LOOK):
        raise PermissionDenied
    found = visible_checks(user).select_related("turn__conversation__customer", "rule", "queue", "decided_by")
    check = found.filter(pk=int(object_id)).first() if object_id.isdecimal() and len(object_id) < 19 else None
    if check is None or not visible_conversations(user).filter(pk=check.turn.conversation_id).exists():
        raise Http404
    form = CheckForm(request.POST or None, user=user)
    if request.method == "POST":
        if not may(user, CHECK):
            raise PermissionDenied
        if form.is_valid() and _judged(request, check, form):
            following = found.filter(verdict=Verdict.WAITING).order_by("-id").first()
            if following is None:
                return redirect("admin:chatbot_answercheck_changelist")
            return redirect("admin:chatbot_answercheck_change", following.pk)
    context = {
        **admin.site.each_context(request),
        "title": _("Was this answer right?"),
        "check": check,
        "story": story_of(check.turn),
        "form": form,
        "may_check": may(user, CHECK),
        "faults": [AnswerCheck.Fault(fault).label for fault in check.faults if fault in AnswerCheck.Fault.values],
        "waiting": found.filter(verdict=Verdict.WAITING).count(),
    }
    status = 422 if request.method == "POST" else 200
    return TemplateResponse(request, "admin/answer_check.html", context, status=status)


def _judged(request: HttpRequest, check: AnswerCheck, form: CheckForm) -> bool:
    """Carries the form out, and tells what came of it; False if the form has to be filled in anew."""
    user: Any = request.user
    given = form.cleaned_data
    try:
        judged = judge(check.pk, user=user, **given)
    except SensitiveAnswer as error:
        form.add_error("is_warned", str(error))
        return False
    except (EmptyAnswer, AnswerTooLong) as error:
        form.add_error("better", str(error))
        return False
    except NoVerdict as error:
        form.add_error(None, str(error))
        return False
    except TooLate as error:
        messages.warning(request, str(error))
        return True
    messages.success(request, _("Kept: %(verdict)s.") % {"verdict": judged.check.get_verdict_display()})
    for taught in judged.taught:
        messages.success(request, format_html('<a href="{}">{}</a>', taught.link, taught.label))
        if "approvedanswer" in taught.link:
            enqueue_approved_answer(taught.key)
    for why in judged.refused:
        messages.warning(request, why)
    if judged.sends:
        enqueue_conversation_quietly(check.turn.conversation_id, seconds=0.0)
    return True


def scorecard_view(request: HttpRequest) -> HttpResponse:
    if not may(request.user, LOOK):
        raise PermissionDenied
    asked = request.GET.get("days", "")
    days = int(asked) if asked in {str(period) for period in PERIODS} else PERIODS[1]
    context = {
        **admin.site.each_context(request),
        "title": _("Scorecard"),
        "card": scorecard(visible_checks(request.user), days=days),
        "periods": PERIODS,
    }
    return TemplateResponse(request, "admin/scorecard.html", context)
