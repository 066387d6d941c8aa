"""Search over everything, from any page of the admin (Ctrl+K): what the person may see, a few of each kind."""

from typing import Any, Final

from django.apps import apps
from django.contrib import admin
from django.db import OperationalError, connection, transaction
from django.db.models import Model
from django.http import HttpRequest
from django.urls import reverse
from unfold.dataclasses import SearchResult

#: What is looked through, and shown with which sign. Messages and turns are found through their conversation.
SEARCHED: Final = (
    ("sessions_app.Conversation", "forum"),
    ("knowledge.Article", "article"),
    ("knowledge.ApprovedAnswer", "verified"),
    ("chatbot.Intent", "label"),
    ("chatbot.TriggerRule", "alt_route"),
    ("chatbot.WordRule", "block"),
    ("chatbot.Playbook", "menu_book"),
    ("chatbot.Guidance", "tips_and_updates"),
    ("chatbot.TemperatureProfile", "thermostat"),
    ("sessions_app.ReviewQueue", "inbox"),
    ("sessions_app.Macro", "bolt"),
    ("auth.User", "person"),
)
#: Found of one kind at most; the list of that kind finds the others.
EACH: Final = 6
#: A kind that takes longer is left out.
MILLISECONDS: Final = 1_500
_TERM_CHARACTERS: Final = 100


def search_everything(request: HttpRequest, term: str) -> list[SearchResult]:
    """Unfold's callback."""
    term = term.replace("\x00", "").strip()[:_TERM_CHARACTERS]
    return [result for name, icon in SEARCHED for result in _found(request, term, apps.get_model(name), icon)]


def _found(request: HttpRequest, term: str, model: type[Model], icon: str) -> list[SearchResult]:
    page = admin.site.get_model_admin(model)
    if not term or not page.has_view_permission(request):
        return []
    try:
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute(f"SET LOCAL statement_timeout = {MILLISECONDS:d}")
            rows: Any = page.get_search_results(request, page.get_queryset(request), term)[0]
            found = list(rows.distinct()[:EACH] if rows.query.distinct else rows[:EACH])
    except OperationalError:
        return []
    address = f"admin:{model._meta.app_label}_{model._meta.model_name}_change"
    return [
        SearchResult(
            title=str(row), description=str(model._meta.verbose_name), link=reverse(address, args=[row.pk]), icon=icon
        )
        for row in found
    ]
