"""One question through two profiles, side by side: the real stages, and nothing is stored or sent."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from chatbot.intercom.reply_html import reply_html
from chatbot.models import TemperatureProfile
from chatbot.pipeline.decide import REASONS_IN_WORDS, Action
from chatbot.pipeline.rehearsal import Rehearsal, rehearse
from chatbot.pipeline.tried import Tried
from knowledge.errors import KnowledgeError

QUESTION_CHARACTERS = 2_000
ACTIONS_IN_WORDS = {
    Action.ANSWER: gettext_lazy("would be sent at once"),
    Action.GREET: gettext_lazy("would be greeted"),
    Action.SAY: gettext_lazy("would get the words of a rule"),
    Action.ASK: gettext_lazy("would be asked back"),
    Action.HOLD: gettext_lazy("would wait for a person's review"),
    Action.HAND_OVER: gettext_lazy("would be handed over to a person"),
    Action.STAY_SILENT: gettext_lazy("would be left alone"),
}


def compare(request: HttpRequest, context: dict[str, Any]) -> HttpResponse:
    profiles = list(TemperatureProfile.objects.all())
    sent = request.POST if request.method == "POST" else request.GET
    question = sent.get("question", "")[:QUESTION_CHARACTERS].strip()
    chosen = [_chosen(profiles, sent.get(side, ""), place) for place, side in enumerate(("left", "right"))]
    shown: dict[str, Any] = {}
    if request.method == "POST":
        if not question:
            shown["problem"] = _("Write a question first.")
        else:
            try:
                shown["columns"] = [
                    _column(profile, rehearse(question, Tried(profile=profile))) for profile in chosen if profile
                ]
            except KnowledgeError as error:
                shown["problem"] = str(error)
    return render(
        request,
        "admin/profiles_compare.html",
        {
            **context,
            "title": _("Compare two profiles"),
            "profiles": profiles,
            "sides": [("left", _("One profile"), chosen[0]), ("right", _("The other"), chosen[1])],
            "question": question,
            **shown,
        },
        status=422 if shown.get("problem") else 200,
    )


def _chosen(profiles: list[TemperatureProfile], wanted: str, place: int) -> TemperatureProfile | None:
    found = next((profile for profile in profiles if str(profile.pk) == wanted), None)
    return found or (profiles[min(place, len(profiles) - 1)] if profiles else None)


def _column(profile: TemperatureProfile, rehearsal: Rehearsal) -> dict[str, Any]:
    return {"profile": profile, **rehearsal_in_words(rehearsal)}


def rehearsal_in_words(rehearsal: Rehearsal) -> dict[str, Any]:
    """What a page shows of a question that was tried."""
    thought = rehearsal.thought
    draft, decision = thought.draft, thought.decision
    return {
        "answer": mark_safe(reply_html(draft.text)),  # noqa: S308  # reply_html keeps a whitelist only
        "answerer": draft.answerer,
        "failure": draft.failure,
        "tokens": draft.reply.completion_tokens if draft.reply else None,
        "milliseconds": round(rehearsal.milliseconds),
        "confidence": f"{decision.confidence:.0%}",
        "threshold": f"{decision.threshold:.0%}",
        "action": ACTIONS_IN_WORDS[decision.action],
        "is_sent": decision.action == Action.ANSWER,
        "reasons": [str(REASONS_IN_WORDS[reason]) for reason in decision.reasons],
        "guidance": thought.voice.guidance if thought.voice else None,
        "is_told": draft.reply is not None,
        "intent": thought.understanding.intent,
    }
