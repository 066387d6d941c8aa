"""Near-duplicates side by side: keep one, or say that both are needed."""

from typing import Any, Final

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST
from unfold.admin import ModelAdmin

from knowledge import duplicates, models
from knowledge.admin.audience import audience_in_words
from knowledge.differences import Kind, Line, difference, with_context
from knowledge.errors import PairDecided
from knowledge.usage import USAGE_DAYS, with_usage

_PAIRS_A_PAGE: Final = 10
#: Lines of an article's difference that one half of a pair shows.
_SHOWN_LINES: Final = 60
_BODY_CHARACTERS: Final = 20_000


@admin.register(models.DuplicatePair)
class DuplicatePairAdmin(ModelAdmin):
    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(require_POST(self.decide_view))
        return [path("<int:pair_id>/decide/", view, name="knowledge_duplicatepair_decide"), *super().get_urls()]

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        if not self.has_view_or_change_permission(request):
            raise PermissionDenied
        page = Paginator(duplicates.open_pairs(), _PAIRS_A_PAGE).get_page(request.GET.get("p"))
        pairs = list(page)
        ids = {one for pair in pairs for one in (pair.first_id, pair.second_id)}
        used = {one.pk: one for one in with_usage(models.Article.objects.filter(pk__in=ids)).defer("body")}
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": _("Near-duplicates"),
            "page": page,
            "pairs": [self._shown(pair, used) for pair in pairs],
            "waiting": duplicates.uncompared().count(),
            "days": USAGE_DAYS,
            "may_decide": self._may_decide(request),
        }
        return TemplateResponse(request, "admin/knowledge/duplicates.html", context)

    def change_view(self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None) -> Any:
        return HttpResponseRedirect(reverse("admin:knowledge_duplicatepair_changelist"))

    def decide_view(self, request: HttpRequest, pair_id: int) -> HttpResponse:
        if not self._may_decide(request):
            raise PermissionDenied
        keep = request.POST.get("keep", "")
        try:
            if keep == "both":
                duplicates.keep_both(pair_id, user=request.user)
                messages.success(request, _("Both are kept; the pair is not shown again."))
            else:
                pair = duplicates.keep_one(pair_id, int(keep), user=request.user)
                other = pair.second if pair.first_id == int(keep) else pair.first
                messages.success(request, _("“%s” is archived; it can be published again.") % other.title)
        except (PairDecided, models.DuplicatePair.DoesNotExist):
            messages.warning(request, _("Somebody has decided about this pair already."))
        except ValueError:
            messages.error(request, _("Choose one of the two articles, or both."))
        return HttpResponseRedirect(reverse("admin:knowledge_duplicatepair_changelist"))

    def _may_decide(self, request: HttpRequest) -> bool:
        return request.user.has_perm("knowledge.change_article")

    def _shown(self, pair: models.DuplicatePair, used: dict[int, Any]) -> dict[str, Any]:
        first, second = pair.first.body[:_BODY_CHARACTERS], pair.second.body[:_BODY_CHARACTERS]
        lines = with_context(difference(first, second), most=2 * _SHOWN_LINES)
        return {
            "pair": pair,
            "overlap": round(100 * pair.overlap),
            "similarity": round(100 * pair.similarity),
            "sides": [
                self._side(pair.first, used, lines, Kind.REMOVED),
                self._side(pair.second, used, lines, Kind.ADDED),
            ],
        }

    def _side(self, article: models.Article, used: dict[int, Any], lines: list[Line], own: Kind) -> dict[str, Any]:
        return {
            "article": article,
            "audience": audience_in_words(article.audience_tiers, article.audience_attributes),
            "found": getattr(used.get(article.pk), "found_lately", 0),
            "cited": getattr(used.get(article.pk), "cited_lately", 0),
            "lines": [line for line in lines if line.kind in (own, Kind.SAME, Kind.SKIPPED)][:_SHOWN_LINES],
        }
