"""Articles, the chunks made from them, and the vectors made from the chunks."""

from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _
from pgvector.django import HalfVectorField, SparseVectorField

from knowledge.conf import ARTICLE_MAX_CHARACTERS, TITLE_MAX_CHARACTERS
from knowledge.storable import storable_text


class Collection(models.Model):
    """A shelf of articles that is searched, imported and evaluated as one."""

    name = models.CharField(_("name"), max_length=200)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    class Meta:
        verbose_name = _("collection")
        verbose_name_plural = _("collections")
        ordering = ["name"]
        constraints = [models.UniqueConstraint(fields=["name"], name="knowledge_collection_name_once")]

    def __str__(self) -> str:
        return self.name


class ArticleStatus(models.TextChoices):
    DRAFT = "draft", _("draft")
    PUBLISHED = "published", _("published")
    ARCHIVED = "archived", _("archived")


class Visibility(models.TextChoices):
    PUBLIC = "public", _("public")
    INTERNAL = "internal", _("internal (staff only)")


def check_attributes(value: Any) -> None:
    """Audience attributes are a flat object of texts: each is a condition `attribute equals value`."""
    if not isinstance(value, dict) or not all(
        isinstance(key, str) and isinstance(text, str) for key, text in value.items()
    ):
        raise ValidationError(_('Write one flat object of texts, for example {"country": "de"}, or {} for everybody.'))


class Article(models.Model):
    """What the team knows, in Markdown. Only published, public articles of a customer's audience are ever quoted."""

    collection = models.ForeignKey(
        Collection, on_delete=models.CASCADE, related_name="articles", verbose_name=_("collection")
    )
    external_id = models.CharField(
        _("id"), max_length=500, help_text=_("Its name where it comes from; once a collection.")
    )
    title = models.CharField(_("title"), max_length=TITLE_MAX_CHARACTERS)
    body = models.TextField(_("body"), blank=True, max_length=ARTICLE_MAX_CHARACTERS, help_text=_("Markdown."))
    language = models.CharField(
        _("language"), max_length=20, blank=True, help_text=_("A code such as en or zh-hans; empty = not known.")
    )
    url = models.CharField(_("link"), max_length=2000, blank=True)
    status = models.CharField(_("status"), max_length=10, choices=ArticleStatus.choices, default=ArticleStatus.DRAFT)
    visibility = models.CharField(_("visibility"), max_length=10, choices=Visibility.choices, default=Visibility.PUBLIC)
    audience_tiers = ArrayField(
        models.CharField(max_length=100),
        default=list,
        blank=True,
        verbose_name=_("customer tiers"),
        help_text=_("Separated by commas; empty = everybody."),
    )
    audience_attributes = models.JSONField(
        _("customer attributes"),
        default=dict,
        blank=True,
        validators=[check_attributes],
        help_text=_('All must be equal, for example {"country": "de"}; {} = everybody.'),
    )
    #: SHA-256 of what its chunks were made from; empty = not indexed yet.
    content_hash = models.CharField(_("content hash"), max_length=64, blank=True, editable=False)
    indexed_at = models.DateTimeField(_("indexed"), null=True, blank=True, editable=False)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    updated_at = models.DateTimeField(_("updated"), auto_now=True)

    class Meta:
        verbose_name = _("article")
        verbose_name_plural = _("articles")
        ordering = ["collection_id", "external_id"]
        constraints = [
            models.UniqueConstraint(fields=["collection", "external_id"], name="knowledge_article_once_a_collection"),
            models.CheckConstraint(
                condition=models.Q(status__in=["draft", "published", "archived"]), name="knowledge_article_status_known"
            ),
            models.CheckConstraint(
                condition=models.Q(visibility__in=["public", "internal"]), name="knowledge_article_visibility_known"
            ),
        ]

    def __str__(self) -> str:
        return self.title

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.title = storable_text(self.title)
        self.body = storable_text(self.body)
        super().save(*args, **kwargs)


class Embedder(models.Model):
    """A model that makes vectors. Several stand side by side; exactly one answers searches."""

    #: Given by hand (see embedders.py), because the index that belongs to it carries it in its name and condition.
    id = models.PositiveSmallIntegerField(primary_key=True, editable=False)
    name = models.CharField(_("name"), max_length=100)
    dimensions = models.PositiveIntegerField(_("dimensions"))
    is_active = models.BooleanField(_("answers searches"), default=False)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    class Meta:
        verbose_name = _("embedder")
        verbose_name_plural = _("embedders")
        constraints = [
            models.UniqueConstraint(fields=["name"], name="knowledge_embedder_name_once"),
            models.UniqueConstraint(
                fields=["is_active"], condition=models.Q(is_active=True), name="knowledge_embedder_one_active"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Chunk(models.Model):
    """A piece of an article: `article.body[start:end] == text`. Replaced as a whole when the article changes.

    `collection`, `published`, `internal` and the audience repeat the article's, so that one search filters while it
    ranks. A trigger on the article keeps them equal in the same transaction, whoever writes it.
    """

    article = models.ForeignKey(Article, on_delete=models.CASCADE, related_name="chunks", db_index=False)
    position = models.PositiveIntegerField()
    heading_path = models.TextField(blank=True)  #: "Refunds > Annual plans"
    text = models.TextField()
    start = models.PositiveIntegerField()  #: characters
    end = models.PositiveIntegerField()  #: characters, exclusive
    language = models.CharField(max_length=20, blank=True)

    collection = models.ForeignKey(Collection, on_delete=models.CASCADE, related_name="+")
    published = models.BooleanField()
    internal = models.BooleanField()
    audience_tiers = ArrayField(models.CharField(max_length=100), default=list)
    audience_attributes = models.JSONField(default=dict)

    search_vector = SearchVectorField()
    #: BM25's share that does not depend on the question: one number a word, at the word's index (see lexical.py).
    term_weights = SparseVectorField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["article", "position"], name="knowledge_chunk_position_once"),
            models.CheckConstraint(condition=models.Q(end__gt=models.F("start")), name="knowledge_chunk_not_empty"),
        ]
        indexes = [GinIndex(fields=["search_vector"], name="knowledge_chunk_words", fastupdate=False)]

    def __str__(self) -> str:
        return f"{self.article_id} #{self.position}"


class ChunkVector(models.Model):
    """One embedder's vector of one chunk; each embedder has an HNSW index of its own (see embedders.py)."""

    chunk = models.ForeignKey(Chunk, on_delete=models.CASCADE, related_name="vectors", db_index=False)
    embedder = models.ForeignKey(Embedder, on_delete=models.CASCADE, related_name="vectors", db_index=False)
    embedding = HalfVectorField()  #: L2-normalised; its length is the embedder's `dimensions`

    class Meta:
        constraints = [models.UniqueConstraint(fields=["chunk", "embedder"], name="knowledge_chunkvector_once")]

    def __str__(self) -> str:
        return f"{self.chunk_id} by {self.embedder_id}"


class TermFrequency(models.Model):
    """In how many chunks of a collection a word stands; the empty word counts the chunks. Kept by triggers on Chunk."""

    collection = models.ForeignKey(Collection, on_delete=models.CASCADE, related_name="+", db_index=False)
    lexeme = models.TextField()
    chunks = models.BigIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["lexeme", "collection"], name="knowledge_termfrequency_once")]

    def __str__(self) -> str:
        return f"{self.lexeme}: {self.chunks}"
