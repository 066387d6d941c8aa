from typing import Any

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.core.validators import RegexValidator
from django.db import models, transaction
from django.utils.translation import gettext_lazy as _
from pgvector.django import HalfVectorField

from knowledge.conf import APPROVED_ANSWER_MAX_CHARACTERS, APPROVED_QUESTION_MAX_CHARACTERS
from knowledge.history import KeptRecords
from knowledge.models.article import check_attributes
from knowledge.models.embedder import Embedder
from knowledge.sameness import normalised
from knowledge.storable import storable_text


class ApprovedAnswer(models.Model):
    """A question, its variants, and the answer that a person has approved: it is sent as it is, without a model."""

    question = models.CharField(_("question"), max_length=APPROVED_QUESTION_MAX_CHARACTERS)
    variants = ArrayField(
        models.CharField(max_length=APPROVED_QUESTION_MAX_CHARACTERS),
        default=list,
        blank=True,
        verbose_name=_("other wordings"),
        help_text=_("One a line. Short, and each a whole question; the more ways of asking, the more is caught."),
    )
    answer = models.TextField(
        _("answer"),
        max_length=APPROVED_ANSWER_MAX_CHARACTERS,
        help_text=_("Markdown. Customers get it word for word."),
    )
    language = models.CharField(
        _("language"),
        max_length=20,
        default="en",
        validators=[RegexValidator(r"^[a-z]{2,3}(-[a-z0-9]{2,8})*$", _("Write a code such as en or zh-hans."))],
        help_text=_("A code such as en or zh-hans. Only questions in this language get it."),
    )
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
    is_on = models.BooleanField(_("in use"), default=True)
    expires_at = models.DateTimeField(
        _("expires"), null=True, blank=True, help_text=_("Not sent from then on; empty = does not expire.")
    )
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("owner"),
        help_text=_("Who keeps it true."),
    )
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    updated_at = models.DateTimeField(_("updated"), auto_now=True)
    history = KeptRecords(excluded_fields=["created_at", "updated_at"])

    class Meta:
        verbose_name = _("approved answer")
        verbose_name_plural = _("approved answers")
        ordering = ["question", "pk"]

    def __str__(self) -> str:
        return self.question

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.question, self.answer = storable_text(self.question).strip(), storable_text(self.answer)
        self.variants = list(dict.fromkeys(text for one in self.variants if (text := storable_text(one).strip())))
        self.language = self.language.strip().lower()
        with transaction.atomic():
            super().save(*args, **kwargs)
            self._keep_phrases()

    def _keep_phrases(self) -> None:
        """One row for each wording; those that stay keep their vectors."""
        wanted = {normalised(text): text for text in reversed([self.question, *self.variants]) if normalised(text)}
        kept = set(self.phrases.values_list("normalised", flat=True))
        self.phrases.exclude(normalised__in=wanted).delete()
        ApprovedPhrase.objects.bulk_create(
            ApprovedPhrase(answer=self, text=text, normalised=key) for key, text in wanted.items() if key not in kept
        )


class ApprovedPhrase(models.Model):
    """A wording of an approved answer's question. Made from the answer whenever that is saved."""

    answer = models.ForeignKey(ApprovedAnswer, on_delete=models.CASCADE, related_name="phrases", db_index=False)
    text = models.TextField()
    normalised = models.TextField()  #: see sameness.py; never ''

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["answer", "normalised"], name="knowledge_approvedphrase_once"),
        ]
        indexes = [models.Index(fields=["normalised"], name="knowledge_approvedphrase_words")]

    def __str__(self) -> str:
        return self.text


class ApprovedPhraseVector(models.Model):
    """One embedder's vector of one wording. Few enough to be compared one by one, which misses none."""

    phrase = models.ForeignKey(ApprovedPhrase, on_delete=models.CASCADE, related_name="vectors", db_index=False)
    embedder = models.ForeignKey(Embedder, on_delete=models.CASCADE, related_name="+", db_index=False)
    embedding = HalfVectorField()  #: L2-normalised

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["phrase", "embedder"], name="knowledge_approvedphrasevector_once")
        ]

    def __str__(self) -> str:
        return f"{self.phrase_id} by {self.embedder_id}"
