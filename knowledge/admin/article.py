"""Articles in the Django admin. Saving enqueues the indexing; old chunks serve until it is done."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from unfold.admin import ModelAdmin
from unfold.decorators import action
from unfold.widgets import UnfoldAdminTextInputWidget

from knowledge import articles, models
from knowledge.admin import index_state
from knowledge.admin.article_history import ArticleHistoryPages
from knowledge.admin.audience import AttributesField, audience_in_words
from knowledge.admin.markdown_editor import MarkdownEditor, preview
from knowledge.admin.usage import UsageFilter
from knowledge.injection import SIGNS_IN_WORDS, injection_in
from knowledge.tasks import enqueue_refresh
from knowledge.usage import with_usage

#: Chunks shown on an article's page.
_SHOWN_CHUNKS = 50


class ArticleForm(ModelForm):  # type: ignore[type-arg]  # generic only for the type checker
    audience_attributes = AttributesField(
        label=_("Customer attributes"),
        required=False,
        help_text=models.Article._meta.get_field("audience_attributes").help_text,
    )

    class Meta:
        model = models.Article
        fields = [
            "title", "body", "status", "collection", "language", "url", "external_id",
            "visibility", "audience_tiers", "audience_attributes",
        ]  # fmt: skip
        widgets = {
            "body": MarkdownEditor(),
            "audience_tiers": UnfoldAdminTextInputWidget(attrs={"placeholder": "gold, silver"}),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "external_id" in self.fields:
            self.fields["external_id"].required = False

    def clean_url(self) -> str:
        url = str(self.cleaned_data["url"]).strip()
        if url and not url.lower().startswith(("https://", "http://")):
            raise forms.ValidationError(_("A link must start with https:// or http://."))
        return url

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        written = models.Article(
            external_id=cleaned.get("external_id") or "",
            language=cleaned.get("language") or "",
            title=cleaned.get("title") or "",
            body=cleaned.get("body") or "",
        )
        articles.complete(written)
        cleaned["external_id"], cleaned["language"] = written.external_id, written.language
        return dict(cleaned)


@admin.register(models.Article)
class ArticleAdmin(ArticleHistoryPages, ModelAdmin):
    form = ArticleForm
    list_display = [
        "title",
        "collection",
        "language",
        "status",
        "visibility",
        "audience",
        "use",
        "updated_at",
        "index_badge",
    ]
    list_filter = [UsageFilter, "status", "visibility", "collection", "language", "gives_orders"]
    list_select_related = ["collection", "indexing"]
    search_fields = ["title", "body", "external_id"]
    date_hierarchy = "updated_at"
    actions = ["publish", "draft", "archive"]
    actions_list = ["deleted_articles"]
    readonly_fields = ["index_badge", "chunks_shown", "indexed_at", "created_at", "updated_at", "last_change", "orders"]
    fieldsets = [
        (None, {"fields": ["title", "body"]}),
        (_("Where it stands"), {"fields": ["status", "index_badge", "collection", "language", "url", "external_id"]}),
        (_("Who sees it"), {"fields": ["visibility", "audience_tiers", "audience_attributes"]}),
        (_("What is found"), {"fields": ["orders", "indexed_at", "chunks_shown"], "classes": ["collapse"]}),
        (_("Dates"), {"fields": ["created_at", "updated_at", "last_change"], "classes": ["collapse"]}),
    ]

    class Media:
        css = {"all": ("chatbot/pages.css", "knowledge/editor.css")}
        js = ("knowledge/indexing.js",)

    def get_urls(self) -> list[URLPattern]:
        own = [
            path("preview/", self.admin_site.admin_view(preview), name="knowledge_markdown_preview"),
            path("indexing/", self.admin_site.admin_view(index_state.states), name="knowledge_article_indexing"),
        ]
        return [*own, *super().get_urls()]

    def get_queryset(self, request: HttpRequest) -> QuerySet[models.Article]:
        queryset: QuerySet[models.Article] = super().get_queryset(request)
        match = request.resolver_match
        return with_usage(queryset).defer("body") if match and str(match.url_name).endswith("_changelist") else queryset

    def save_model(
        self, request: HttpRequest, obj: models.Article, form: "ModelForm[models.Article]", change: bool
    ) -> None:
        super().save_model(request, obj, form, change)
        if obj.status == models.ArticleStatus.PUBLISHED:
            enqueue_refresh([obj.pk])

    @action(description=_("Deleted articles"), url_path="deleted-articles")
    def deleted_articles(self, request: HttpRequest) -> HttpResponseRedirect:
        return HttpResponseRedirect(reverse("admin:knowledge_article_deleted"))

    @admin.display(description=_("for"))
    def audience(self, article: models.Article) -> str:
        return audience_in_words(article.audience_tiers, article.audience_attributes)

    @admin.display(description=_("found / cited"), ordering="found_lately")
    def use(self, article: models.Article) -> str:
        """In the last 30 days."""
        return f"{getattr(article, 'found_lately', 0)} / {getattr(article, 'cited_lately', 0)}"

    @admin.display(description=_("search"))
    def index_badge(self, article: models.Article) -> SafeString:
        if article._state.adding:
            return format_html("{}", _("An article is indexed when it is published."))
        return index_state.badge(article)

    @admin.display(description=_("last changed by"))
    def last_change(self, article: models.Article) -> str:
        newest = article.history.select_related("history_user").first() if article.pk else None
        return str(newest.history_user or "–") if newest else "–"

    @admin.display(description=_("orders to the model"))
    def orders(self, article: models.Article) -> str:
        """Why passages of this article may not be shown to a language model."""
        found = injection_in(f"{article.title}\n{article.body}")
        if not found.is_suspicious:
            return str(_("None noticed."))
        return "; ".join(str(SIGNS_IN_WORDS[sign]) for sign in found.signs)

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
        enqueue_refresh(self._set_status(request, queryset, models.ArticleStatus.PUBLISHED))

    @admin.action(description=_("Take back to draft"))
    def draft(self, request: HttpRequest, queryset: QuerySet[models.Article]) -> None:
        self._set_status(request, queryset, models.ArticleStatus.DRAFT)

    @admin.action(description=_("Archive"))
    def archive(self, request: HttpRequest, queryset: QuerySet[models.Article]) -> None:
        self._set_status(request, queryset, models.ArticleStatus.ARCHIVED)

    def _set_status(
        self, request: HttpRequest, queryset: QuerySet[models.Article], status: models.ArticleStatus
    ) -> list[int]:
        changed = articles.set_status(list(queryset.values_list("pk", flat=True)), status)
        text = ngettext("%d article changed.", "%d articles changed.", len(changed)) % len(changed)
        self.message_user(request, text, messages.SUCCESS)
        return changed
