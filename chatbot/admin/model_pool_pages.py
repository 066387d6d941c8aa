"""Tries one pool with a real call, and says what came back or what to do."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from chatbot.model_pools import TRIAL, try_pool
from chatbot.models import ModelPool


def trial_page(request: HttpRequest, row: ModelPool | None, context: dict[str, Any]) -> HttpResponse:
    """GET shows the button, POST makes the call, which takes as long as the pool's limits let it."""
    if row is None:
        raise Http404
    trial = try_pool(row) if request.method == "POST" else None
    return render(
        request,
        "admin/model_pool_trial.html",
        {
            **context,
            "title": _("Test %(name)s") % {"name": row.name},
            "pool": row,
            "question": TRIAL[0].content,
            "trial": trial,
            "other_name": trial is not None and trial.reply is not None and trial.reply.model != row.model_name,
        },
    )
