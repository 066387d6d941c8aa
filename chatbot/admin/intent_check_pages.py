"""One sampled message before a reviewer, and what all their labels say about the guessed intents."""

from typing import Any, Final

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from chatbot.learning.teaching import CannotTeach
from chatbot.models import Intent, IntentCheck
from chatbot.sampling.intent_accuracy import LEAST, PERIODS, intent_accuracy
from chatbot.sampling.intent_labelling import (
    Label,
    NoLabel,
    as_example,
    label_intent,
    masked_question,
    visible_intent_checks,
    waiting_checks,
)
from chatbot.steering import steering
from sessions_app.access import may
from sessions_app.errors import TooLate

LOOK: Final = "chatbot.view_intentcheck"
LABEL: Final = "chatbot.change_intentcheck"
ADD_EXAMPLE: Final = "chatbot.add_intentexample"
#: Colleagues who label at the same time start at different ones of so many.
_BESIDE_EACH_OTHER: Final = 8
_WORST: Final = 12


def label_view(request: HttpRequest) -> HttpResponse:
    """The next message that waits; above it the label given last, to change it or to make it an example."""
    user: Any = request.user
    if not may(user, LOOK):
        raise PermissionDenied
    first = list(_loaded(waiting_checks(user))[:_BESIDE_EACH_OTHER])
    check = first[user.pk % len(first)] if first else None
    last = _found(_loaded(visible_intent_checks(user)), request.GET.get("last", ""))
    return _page(request, check, last=last if last is not None and last.verdict else None)


def check_view(request: HttpRequest, object_id: str) -> HttpResponse:
    """One message; a POST labels it, or makes it an example."""
    user: Any = request.user
    if not may(user, LOOK):
        raise PermissionDenied
    check = _found(_loaded(visible_intent_checks(user)), object_id)
    if check is None:
        raise Http404
    if request.method != "POST":
        return _page(request, check)
    if not may(user, LABEL):
        raise PermissionDenied
    if request.POST.get("do") == "example":
        _made_example(request, check)
        return _next(check)
    try:
        label_intent(check.pk, _label(request, check), user=user)
    except NoLabel as error:
        return _page(request, check, problem=str(error), status=422)
    except TooLate as error:
        messages.warning(request, str(error))
    return _next(check)


@require_safe
def accuracy_view(request: HttpRequest) -> HttpResponse:
    if not may(request.user, LOOK):
        raise PermissionDenied
    asked = request.GET.get("days", "")
    days = int(asked) if asked in {str(period) for period in PERIODS} else PERIODS[-1]
    checks = visible_intent_checks(request.user)
    found = intent_accuracy(checks, days=days)
    enough = [line for line in found.lines if not line.is_early]
    context = {
        **admin.site.each_context(request),
        "title": _("Accuracy of intents"),
        "accuracy": found,
        "days": days,
        "periods": [(period, intent_accuracy(checks, days=period)) for period in PERIODS],
        "worst": enough[:_WORST],
        "early": [line for line in found.lines if line.is_early],
        "least": LEAST,
        "waiting": waiting_checks(request.user).count(),
        "percent": steering().intent_check_percent,
    }
    return TemplateResponse(request, "admin/intent_accuracy.html", context)


def _page(
    request: HttpRequest,
    check: IntentCheck | None,
    *,
    last: IntentCheck | None = None,
    problem: str = "",
    status: int = 200,
) -> HttpResponse:
    user: Any = request.user
    guessed = Intent.objects.filter(name=check.guess).first() if check is not None and check.guess else None
    context = {
        **admin.site.each_context(request),
        "title": _("What did the customer want?"),
        "check": check,
        "words": masked_question(check.turn) if check is not None else "",
        "description": guessed.description if guessed else "",
        "last": last,
        "last_words": masked_question(last.turn) if last is not None else "",
        "problem": problem,
        "typed": request.POST.get("intent", ""),
        "intents": Intent.objects.order_by("name").values_list("name", "description"),
        "waiting": waiting_checks(user).count(),
        "whole": intent_accuracy(visible_intent_checks(user), days=PERIODS[-1]).whole,
        "percent": steering().intent_check_percent,
        "may_label": may(user, LABEL),
        "may_add_example": may(user, LABEL) and may(user, ADD_EXAMPLE),
        "may_read": may(user, "chatbot.view_turn"),
    }
    return TemplateResponse(request, "admin/intent_check.html", context, status=status)


def _label(request: HttpRequest, check: IntentCheck) -> Label:
    """Raises `NoLabel` where the form says nothing."""
    match request.POST.get("label", ""):
        case "right":
            return Label(intent=check.guess)
        case "none":
            return Label()
        case "unclear":
            return Label(is_unclear=True)
        case "other" if name := " ".join(request.POST.get("intent", "").replace("\x00", "").split()):
            return Label(intent=name)
        case _:
            raise NoLabel(_("Say whether the guess was right, or choose what it should have been."))


def _made_example(request: HttpRequest, check: IntentCheck) -> None:
    if not may(request.user, ADD_EXAMPLE):
        raise PermissionDenied
    user: Any = request.user
    try:
        taught = as_example(check.pk, user=user)
    except CannotTeach as error:
        messages.warning(request, str(error))
    else:
        messages.success(request, format_html('<a href="{}">{}</a>', taught.link, taught.label))


def _next(check: IntentCheck) -> HttpResponse:
    return redirect(f"{reverse('admin:chatbot_intentcheck_label')}?last={check.pk}")


def _loaded(checks: Any) -> Any:
    return checks.select_related("turn__conversation__customer", "decided_by", "example")


def _found(checks: Any, number: str) -> IntentCheck | None:
    found: IntentCheck | None = (
        checks.filter(pk=int(number)).first() if number.isdecimal() and len(number) < 19 else None
    )
    return found
