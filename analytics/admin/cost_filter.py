"""Which conversations are behind a figure of the cost level."""

from typing import Any

from django.contrib import admin
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from analytics.models import ConversationOutcome, CostKind, CostLine

_LINES = {
    "model": Q(kind=CostKind.MODEL),
    "people": ~Q(kind=CostKind.MODEL),
    "desk": Q(kind=CostKind.DESK),
    "intercom": Q(kind=CostKind.INTERCOM),
    "unpriced": Q(unpriced_tokens__gt=0),
    "unrated": Q(unpriced_seconds__gt=0),
    "uncounted": Q(uncounted__gt=0),
    "odd": Q(odd__gt=0),
}


class CostFilter(admin.SimpleListFilter):
    title = _("cost")
    parameter_name = "cost"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [
            ("model", _("a model was asked")),
            ("people", _("people worked")),
            ("desk", _("people at the desk")),
            ("intercom", _("people in Intercom")),
            ("resolved", _("resolved by the bot")),
            ("unpriced", _("tokens without a price")),
            ("unrated", _("people's time without a rate")),
            ("uncounted", _("tokens not told by the server")),
            ("odd", _("times that run backwards")),
        ]

    def queryset(
        self, request: HttpRequest, queryset: "QuerySet[ConversationOutcome]"
    ) -> "QuerySet[ConversationOutcome]":
        value = self.value()
        if value == "resolved":
            return queryset.filter(Q(is_assumed=True) | Q(is_confirmed=True))
        if value in _LINES:
            return queryset.filter(Exists(CostLine.objects.filter(_LINES[value], outcome=OuterRef("pk"))))
        return queryset
