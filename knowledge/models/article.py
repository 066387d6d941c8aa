from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

from knowledge.conf import ARTICLE_MAX_CHARACTERS, TITLE_MAX_CHARACTERS
from knowledge.history import KeptRecords
from knowledge.injection import injection_in
from knowledge.models.collection import Collection
from knowledge.storable import storable_text


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
        help_text=_("One a line, for example: country = de. All must be equal; empty = everybody."),
    )
    #: SHA-256 of what its chunks were made from; empty = not indexed yet.
    content_hash = models.CharField(_("content hash"), max_length=64, blank=True, editable=False)
    #: The content hash with which it was last compared with the others (see duplicates.py).
    compared_hash = models.CharField(max_length=64, blank=True, editable=False)
    indexed_at = models.DateTimeField(_("indexed"), null=True, blank=True, editable=False)
    #: Decided at each save, whoever writes the article: `knowledge.injection`.
    gives_orders = models.BooleanField(
        _("gives orders to the model"),
        default=False,
        editable=False,
        help_text=_("Passages with such words are not shown to a language model."),
    )
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    updated_at = models.DateTimeField(_("updated"), auto_now=True)
    history = KeptRecords(
        excluded_fields=["gives_orders", "content_hash", "compared_hash", "indexed_at", "created_at", "updated_at"]
    )

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
        self.gives_orders = injection_in(f"{self.title}\n{self.body}").is_suspicious
        if kwargs.get("update_fields") is not None and {"title", "body"} & set(kwargs["update_fields"]):
            kwargs["update_fields"] = {*kwargs["update_fields"], "gives_orders"}
        super().save(*args, **kwargs)
