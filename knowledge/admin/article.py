"""Articles in the Django admin. Saving enqueues the indexing; old chunks serve until it is done."""

from django.contrib import admin, messages
from django.db import transaction
from django.db.models import QuerySet
from django.forms import ModelForm
from django.http import HttpRequest
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from unfold.admin import ModelAdmin

from knowledge import models
from knowledge.rendering import safe_html
from knowledge.tasks import enqueue_refresh

#: Chunks shown on an article's page.
_SHOWN_CHUNKS = 50


@admin.register(models.Article)
class ArticleAdmin(ModelAdmin):
    list_display = ["title", "collection", "language", "status", "visibility", "audience", "updated_at", "indexed"]
    list_filter = ["status", "visibility", "collection", "language"]
    list_select_related = ["collection"]
    search_fields = ["title", "body", "external_id"]
    date_hierarchy = "updated_at"
    actions = ["publish", "draft", "archive"]
    readonly_fields = ["preview", "chunks_shown", "indexed_at", "created_at", "updated_at"]
    fieldsets = [
        (None, {"fields": ["collection", "external_id", "title", "body", "language", "url"]}),
        (_("Who sees it"), {"fields": ["status", "visibility", "audience_tiers", "audience_attributes"]}),
        (_("Preview"), {"fields": ["preview"], "classes": ["collapse"]}),
        (_("What is found"), {"fields": ["indexed_at", "chunks_shown"], "classes": ["collapse"]}),
        (_("Dates"), {"fields": ["created_at", "updated_at"], "classes": ["collapse"]}),
    ]

    def save_model(
        self, request: HttpRequest, obj: models.Article, form: "ModelForm[models.Article]", change: bool
    ) -> None:
        super().save_model(request, obj, form, change)
        if obj.status == models.ArticleStatus.PUBLISHED:
            enqueue_refresh([obj.pk])

    @admin.display(description=_("for"))
    def audience(self, article: models.Article) -> str:
        conditions = [f"{name}={value}" for name, value in sorted(article.audience_attributes.items())]
        return ", ".join([*article.audience_tiers, *conditions]) or str(_("everybody"))

    @admin.display(description=_("can be found"), boolean=True)
    def indexed(self, article: models.Article) -> bool:
        return article.status == models.ArticleStatus.PUBLISHED and article.indexed_at is not None

    @admin.display(description=_("preview"))
    def preview(self, article: models.Article) -> SafeString:
        return mark_safe(safe_html(article.body))  # noqa: S308  safe_html lets a few harmless tags through

    @admin.display(description=_("chunks"))
    def chunks_shown(self, article: models.Article) -> SafeString:
        if article._state.adding:
            return format_html("{}", _("Not indexed yet."))
        chunks = article.chunks.order_by("position")[:_SHOWN_CHUNKS].values_list("position", "heading_path", "text")
        rows = [(position + 1, heading, text) for position, heading, text in chunks]
        return format_html_join("", "<h4>{}. {}</h4><pre style='white-space: pre-wrap'>{}</pre>", rows) or format_html(
            "{}", _("Not indexed yet.")
        )

    @admin.action(description=_("Publish"))
    def publish(self, request: HttpRequest, queryset: QuerySet[models.Article]) -> None:
        ids = self._set_status(request, queryset, models.ArticleStatus.PUBLISHED)
        enqueue_refresh(ids)

    @admin.action(description=_("Take back to draft"))
    def draft(self, request: HttpRequest, queryset: QuerySet[models.Article]) -> None:
        self._set_status(request, queryset, models.ArticleStatus.DRAFT)

    @admin.action(description=_("Archive"))
    def archive(self, request: HttpRequest, queryset: QuerySet[models.Article]) -> None:
        self._set_status(request, queryset, models.ArticleStatus.ARCHIVED)

    def _set_status(
        self, request: HttpRequest, queryset: QuerySet[models.Article], status: models.ArticleStatus
    ) -> list[int]:
        """Ids of the articles whose status changed; tells the person how many."""
        with transaction.atomic():
            changed = list(queryset.exclude(status=status).select_for_update(of=("self",)))
            for article in changed:
                article.status = status
                article.save(update_fields=["status", "updated_at"])
        text = ngettext("%d article changed.", "%d articles changed.", len(changed)) % len(changed)
        self.message_user(request, text, messages.SUCCESS)
        return [article.pk for article in changed]
