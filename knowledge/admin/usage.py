"""How much articles are used, as a filter and two columns of their list."""

from collections.abc import Sequence
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from knowledge import usage
from knowledge.models import Article


class UsageFilter(admin.SimpleListFilter):
    title = _("use")
    parameter_name = "use"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Sequence[tuple[str, Any]]:
        return [
            ("unused30", _("never found in 30 days")),
            ("unused90", _("never found in 90 days")),
            ("uncited30", _("often found, never cited in 30 days")),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Article]) -> QuerySet[Article]:
        match self.value():
            case "unused30":
                return queryset.filter(pk__in=usage.never_found(days=30).values("pk"))
            case "unused90":
                return queryset.filter(pk__in=usage.never_found(days=90).values("pk"))
            case "uncited30":
                return queryset.filter(pk__in=usage.never_cited(days=30).values("pk"))
        return queryset
