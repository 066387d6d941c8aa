"""Pages around intents: import examples, label past messages, start a training."""

import secrets
from typing import Any

from django.contrib import messages
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from redis.exceptions import RedisError

from chatbot.intents.errors import TrainingRefused
from chatbot.intents.examples import FILE_BYTES, ImportReport, LineStatus, import_file
from chatbot.intents.jobs import ask_for_training
from chatbot.intents.labelled_files import FileUnusable
from chatbot.intents.suggestions import dismiss, label, refresh_suggestions
from chatbot.intents.training import LEAST_EXAMPLES
from chatbot.models import Intent, IntentModel, LabelSuggestion
from chatbot.tasks import enqueue_training
from knowledge.errors import EmbeddingUnavailable

#: Lines of a report that the page shows; refused ones first.
SHOWN_LINES = 500
#: Seconds between looking at a file and importing it.
KEPT_SECONDS = 3_600
SHOWN_SUGGESTIONS = 30


def train_now(request: HttpRequest, context: dict[str, Any]) -> HttpResponse:
    """Says what will be learned and what will not, and starts it."""
    if request.method == "POST":
        try:
            version = ask_for_training(request.user if request.user.is_authenticated else None).pk
        except TrainingRefused:
            messages.warning(request, _("A training waits or runs already."))
        else:
            enqueue_training(version)
            return redirect("admin:chatbot_intentmodel_change", version)
        return redirect("admin:chatbot_intentmodel_changelist")
    counts = {intent.name: intent.examples.count() for intent in Intent.objects.filter(is_on=True)}
    return render(
        request,
        "admin/intents_train.html",
        {
            **context,
            "title": _("Train the intents"),
            "learned": sum(1 for count in counts.values() if count >= LEAST_EXAMPLES),
            "examples": sum(count for count in counts.values() if count >= LEAST_EXAMPLES),
            "too_few": sorted((name, count) for name, count in counts.items() if count < LEAST_EXAMPLES),
            "least": LEAST_EXAMPLES,
            "active": IntentModel.objects.filter(is_active=True).first(),
        },
    )


# Import ---------------------------------------------------------------------------------------------------------------


def import_page(request: HttpRequest, context: dict[str, Any]) -> HttpResponse:
    """First a look at what a file would do, then the import."""
    shown: dict[str, Any] = {}
    user = request.user if request.user.is_authenticated else None
    if request.method == "POST":
        is_done = request.POST.get("step") == "do"
        try:
            content, key = _content(request, is_done=is_done)
            report = import_file(content, user=user, is_trial=not is_done)
            shown |= {"is_done": is_done, "key": key, **_report(report)}
        except FileUnusable as error:
            shown["problem"] = str(error)
    return render(
        request,
        "admin/intents_import.html",
        {**context, "title": _("Import examples"), **shown},
        status=422 if shown.get("problem") else 200,
    )


def _content(request: HttpRequest, *, is_done: bool) -> tuple[bytes, str]:
    """The file or the pasted lines that were sent, or those that were looked at before."""
    try:
        if is_done:
            content = cache.get(f"intents:{request.POST.get('key', '')[:64]}:{request.user.pk}")
            if content is None:
                raise FileUnusable(_("The file is no longer here; choose it once more."))
            return content, ""
        sent = request.FILES.get("file")
        pasted = request.POST.get("pasted", "")
        if sent is None and not pasted.strip():
            raise FileUnusable(_("Choose a file or paste some lines first."))
        content = sent.read(FILE_BYTES + 1) if sent else pasted.encode()
        key = secrets.token_urlsafe(16)
        cache.set(f"intents:{key}:{request.user.pk}", content, KEPT_SECONDS)
    except RedisError as error:
        raise FileUnusable(_("Redis is away, where the file would wait; try again soon.")) from error
    return content, key


def _report(report: ImportReport) -> dict[str, Any]:
    words = {
        LineStatus.NEW: _("new"),
        LineStatus.KNOWN: _("as it was"),
        LineStatus.REFUSED: _("refused"),
    }
    ordered = sorted(report.lines, key=lambda line: (line.status != LineStatus.REFUSED, line.line))
    return {
        "report": report,
        "counts": [
            (words[status], report.count(status), status == LineStatus.REFUSED and report.count(status) > 0)
            for status in LineStatus
        ],
        "lines": [(line, words[line.status], line.status == LineStatus.REFUSED) for line in ordered[:SHOWN_LINES]],
        "hidden": max(0, len(ordered) - SHOWN_LINES),
    }


# Labelling ------------------------------------------------------------------------------------------------------------


def label_page(request: HttpRequest, context: dict[str, Any]) -> HttpResponse:
    """The messages most worth labelling, each with one click to label or to put aside."""
    if request.method == "POST":
        return _labelled(request)
    waiting = LabelSuggestion.objects.filter(status=LabelSuggestion.Status.OPEN)
    return render(
        request,
        "admin/intents_label.html",
        {
            **context,
            "title": _("Messages worth labelling"),
            "suggestions": list(waiting[:SHOWN_SUGGESTIONS]),
            "total": waiting.count(),
            "intents": list(Intent.objects.order_by("name").values_list("pk", "name")),
            "has_model": IntentModel.objects.filter(is_active=True).exists(),
        },
    )


def _labelled(request: HttpRequest) -> HttpResponse:
    if request.POST.get("step") == "refresh":
        try:
            count = refresh_suggestions()
        except EmbeddingUnavailable as error:
            messages.error(request, str(error))
        else:
            messages.success(request, _("%(count)d suggestions now.") % {"count": count})
        return redirect(request.path)
    suggestion = get_object_or_404(LabelSuggestion, pk=request.POST.get("suggestion"))
    if request.POST.get("step") == "dismiss":
        dismiss(suggestion)
        return redirect(request.path)
    intent = Intent.objects.filter(pk=request.POST.get("intent") or 0).first()
    if intent is None:
        messages.warning(request, _("Choose an intent first."))
        return redirect(request.path)
    try:
        label(suggestion, intent, user=request.user if request.user.is_authenticated else None)
    except ValidationError as error:
        messages.warning(request, " ".join(error.messages))
    else:
        messages.success(request, _("Labelled as “%(intent)s”; the next training learns it.") % {"intent": intent.name})
    return redirect(request.path)
