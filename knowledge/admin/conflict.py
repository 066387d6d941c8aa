"""Articles that were changed here by hand and at their source: both versions side by side, and a decision."""

from typing import Any

from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST
from unfold.admin import ModelAdmin

from knowledge import models
from knowledge.differences import difference, with_context
from knowledge.importing.storing import Importer, settle
from knowledge.tasks import enqueue_refresh


@admin.register(models.ArticleSource)
class ConflictAdmin(ModelAdmin):
    list_display = ("article", "place", "fields_in_words", "seen_at")
    list_select_related = ("article",)
    search_fields = ("article__title", "place", "external_id")
    ordering = ("seen_at",)
    actions = None

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_queryset(self, request: HttpRequest) -> QuerySet[models.ArticleSource]:
        queryset: QuerySet[models.ArticleSource] = super().get_queryset(request)
        return queryset.filter(theirs__isnull=False)

    def get_urls(self) -> list[URLPattern]:
        decide = self.admin_site.admin_view(require_POST(self.decide_view))
        return [path("<int:article_id>/decide/", decide, name="knowledge_articlesource_decide"), *super().get_urls()]

    @admin.display(description=gettext_lazy("changed on both sides"))
    def fields_in_words(self, source: models.ArticleSource) -> str:
        return ", ".join(_label(name) for name in source.conflict_fields)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        pk = int(object_id) if object_id.isascii() and object_id.isdigit() and len(object_id) < 19 else 0
        source = get_object_or_404(self.get_queryset(request).select_related("article"), pk=pk)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": _("Conflict"),
            "source": source,
            "changes": _changes(source),
            "may_write": request.user.has_perm("knowledge.change_article"),
        }
        return TemplateResponse(request, "admin/knowledge/articlesource/conflict.html", context)

    def decide_view(self, request: HttpRequest, article_id: int) -> HttpResponse:
        if not request.user.has_perm("knowledge.change_article"):
            raise PermissionDenied
        source = get_object_or_404(models.ArticleSource, pk=article_id)
        take_theirs = request.POST.get("decision") == "theirs"
        importer = Importer(
            reason=f"conflict settled: {'theirs' if take_theirs else 'ours'}",
            user=request.user if isinstance(request.user, User) else None,
        )
        settle(source, take_theirs=take_theirs, importer=importer)
        if take_theirs:
            enqueue_refresh([article_id])
            messages.success(request, _("The article says now what its source says."))
        else:
            messages.success(request, _("Ours is kept until the source changes again."))
        return HttpResponseRedirect(reverse("admin:knowledge_articlesource_changelist"))


def _label(name: str) -> str:
    return str(getattr(models.Article._meta.get_field(name), "verbose_name", name))


def _changes(source: models.ArticleSource) -> list[dict[str, Any]]:
    """Every field in which the source differs from the article, for the template of differences."""
    shown = []
    for name, theirs in (source.theirs or {}).items():
        ours = getattr(source.article, name)
        if ours == theirs:
            continue
        lines = with_context(difference(ours, theirs)) if name == "body" else []
        shown.append({"label": _label(name), "before": _words(ours), "after": _words(theirs), "lines": lines})
    return shown


def _words(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name} = {text}" for name, text in value.items())
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
