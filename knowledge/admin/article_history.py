"""An article's versions: who changed what, what differs, and back to an older one. Deleted articles have them, too."""

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from knowledge import models
from knowledge.admin.audience import audience_in_words
from knowledge.differences import Line, difference, with_context
from knowledge.errors import ArticleRefused
from knowledge.tasks import enqueue_refresh
from knowledge.versions import Change, changes_between, restore_article

_VERSIONS_A_PAGE = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownChange:
    """One field's change in words; `lines` where it is the body's."""

    label: str
    before: str
    after: str
    lines: list[Line]


class ArticleHistoryPages:
    """Mixed into the article's admin: replaces Django's page of log entries."""

    admin_site: Any
    opts: Any

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        own = [
            path("deleted/", view(self.deleted_view), name="knowledge_article_deleted"),
            path(
                "<int:article_id>/history/<int:version_id>/", view(self.version_view), name="knowledge_article_version"
            ),
            path(
                "<int:article_id>/history/<int:version_id>/restore/",
                view(require_POST(self.restore_view)),
                name="knowledge_article_restore",
            ),
        ]
        return [*own, *super().get_urls()]  # type: ignore[misc]

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        self._may_look(request)
        records = models.Article.history.filter(id=_number(object_id)).select_related("history_user")
        page = Paginator(records, _VERSIONS_A_PAGE).get_page(request.GET.get("p"))
        versions = list(page)
        if not versions:
            raise Http404
        oldest = records.filter(history_id__lt=versions[-1].history_id).first()
        rows = [
            {"version": version, "changes": [_label(one.field) for one in changes_between(before, version)]}
            for version, before in zip(versions, [*versions[1:], oldest], strict=True)
        ]
        return self._page(request, "admin/knowledge/article/history.html", article=versions[0], rows=rows, page=page)

    def version_view(self, request: HttpRequest, article_id: int, version_id: int) -> HttpResponse:
        self._may_look(request)
        version = _version(article_id, version_id)
        before = models.Article.history.filter(id=article_id, history_id__lt=version_id).first()
        now = models.Article.objects.filter(pk=article_id).first()
        since = changes_between(version, now) if now is not None else []
        return self._page(
            request, "admin/knowledge/article/version.html", article=version, before=before, now=now,
            changes=_shown(changes_between(before, version)), since=_shown(since),
            may_restore=self._may_write(request) and (now is None or bool(since)),
        )  # fmt: skip

    def restore_view(self, request: HttpRequest, article_id: int, version_id: int) -> HttpResponse:
        if not self._may_write(request):
            raise PermissionDenied
        version = _version(article_id, version_id)
        try:
            article = restore_article(version)
        except ArticleRefused as error:
            messages.error(request, str(error))
            return HttpResponseRedirect(reverse("admin:knowledge_article_version", args=[article_id, version_id]))
        if article.status == models.ArticleStatus.PUBLISHED:
            enqueue_refresh([article.pk])
        messages.success(request, _("The article is again as it was then; its history keeps what it was until now."))
        return HttpResponseRedirect(reverse("admin:knowledge_article_change", args=[article.pk]))

    def deleted_view(self, request: HttpRequest) -> HttpResponse:
        self._may_look(request)
        gone = models.Article.history.filter(history_type="-").exclude(id__in=models.Article.objects.values("pk"))
        newest = gone.order_by("id", "-history_id").distinct("id").values("history_id")
        rows = models.Article.history.filter(history_id__in=newest).select_related("history_user").defer("body")
        page = Paginator(rows, _VERSIONS_A_PAGE).get_page(request.GET.get("p"))
        return self._page(request, "admin/knowledge/article/deleted.html", page=page)

    def _page(self, request: HttpRequest, template: str, **context: Any) -> HttpResponse:
        return TemplateResponse(
            request, template, {**self.admin_site.each_context(request), "opts": self.opts, **context}
        )

    def _may_look(self, request: HttpRequest) -> None:
        if not self.has_view_or_change_permission(request):  # type: ignore[attr-defined]
            raise PermissionDenied

    def _may_write(self, request: HttpRequest) -> bool:
        return bool(self.has_change_permission(request))  # type: ignore[attr-defined]


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        raise Http404
    return int(text)


def _version(article_id: int, version_id: int) -> Any:
    version = models.Article.history.filter(id=article_id, history_id=version_id).select_related("history_user").first()
    if version is None:
        raise Http404
    return version


def _label(field: str) -> str:
    name = field.removesuffix("_id") if field == "collection_id" else field
    return str(models.Article._meta.get_field(name).verbose_name)  # type: ignore[union-attr]  # none is a relation back


def _shown(changes: list[Change]) -> list[ShownChange]:
    return [
        ShownChange(
            label=_label(change.field),
            before="" if change.field == "body" else _words(change.field, change.before),
            after="" if change.field == "body" else _words(change.field, change.after),
            lines=with_context(difference(change.before or "", change.after or "")) if change.field == "body" else [],
        )
        for change in changes
    ]


def _words(field: str, value: Any) -> str:
    if value is None:
        return ""
    match field:
        case "collection_id":
            kept = models.Collection.history.filter(id=value).first()
            return kept.name if kept is not None else f"#{value}"
        case "status":
            return str(models.ArticleStatus(value).label)
        case "visibility":
            return str(models.Visibility(value).label)
        case "audience_tiers":
            return audience_in_words(value, {})
        case "audience_attributes":
            return audience_in_words([], value)
    return str(value)
