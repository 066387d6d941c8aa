"""One click on a past turn: its question, masked, goes into an evaluation set."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _

from chatbot.kept_turns import keep_turn, to_keep
from chatbot.models import Turn
from knowledge.errors import QuestionRefused
from knowledge.models import KnownQuestion, QuestionSet
from knowledge.question_sets import set_named

MAY_KEEP = "knowledge.add_knownquestion"


def keep_context(request: HttpRequest, turn: Turn) -> dict[str, Any] | None:
    """What the page of a turn offers; None where there is nothing to keep, or no right to."""
    if not turn.question or not request.user.has_perm(MAY_KEEP):
        return None
    return {
        "question": to_keep(turn),
        "sets": list(QuestionSet.objects.values_list("name", flat=True)[:200]),
        "name": QuestionSet.objects.order_by("-pk").values_list("name", flat=True).first() or _("Past questions"),
        "already": list(
            QuestionSet.objects.filter(questions__origin=f"turn {turn.pk}").values_list("name", flat=True).distinct()
        ),
    }


def keep_view(request: HttpRequest, turn_id: int) -> HttpResponse:
    if not request.user.has_perm(MAY_KEEP) or not request.user.has_perm("chatbot.view_turn"):
        raise PermissionDenied
    turn = get_object_or_404(Turn.objects.select_related("conversation__customer"), pk=turn_id)
    articles = [int(one) for one in request.POST.getlist("article") if one.isdigit()]
    expects = KnownQuestion.Expects.ANSWER if articles else KnownQuestion.Expects.OPEN
    if request.POST.get("none"):
        articles, expects = [], KnownQuestion.Expects.NO_ANSWER
    try:
        row, is_new = keep_turn(
            turn, set_named(request.POST.get("set", ""), user=request.user), article_ids=articles, expects=expects
        )
    except QuestionRefused as error:
        messages.error(request, error.problem)
    else:
        said = _("The question is in “%(set)s” now.") if is_new else _("The question in “%(set)s” was completed.")
        messages.success(request, said % {"set": row.question_set.name})
    return redirect("admin:chatbot_turn_change", turn_id)
