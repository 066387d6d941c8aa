from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from knowledge.models.article import Article


class DuplicatePair(models.Model):
    """Two articles that say nearly the same, and what a person decided about them. A decision is remembered."""

    class Decision(models.TextChoices):
        OPEN = "open", _("not decided")
        KEPT_FIRST = "kept_first", _("the first is kept")
        KEPT_SECOND = "kept_second", _("the second is kept")
        BOTH_NEEDED = "both_needed", _("both are needed")

    first = models.ForeignKey(Article, on_delete=models.CASCADE, related_name="+", verbose_name=_("first"))
    second = models.ForeignKey(Article, on_delete=models.CASCADE, related_name="+", verbose_name=_("second"))
    #: Cosine similarity of the articles' mean vectors, -1.0..1.0.
    similarity = models.FloatField(_("meaning"))
    #: Share of the runs of words that both have, 0.0..1.0.
    overlap = models.FloatField(_("words in common"))
    decision = models.CharField(_("decision"), max_length=12, choices=Decision.choices, default=Decision.OPEN)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("decided by"),
    )
    decided_at = models.DateTimeField(_("decided"), null=True, blank=True)
    found_at = models.DateTimeField(_("found"), auto_now_add=True)

    class Meta:
        verbose_name = _("pair of near-duplicates")
        verbose_name_plural = _("near-duplicates")
        ordering = ["-overlap", "-similarity", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["first", "second"], name="knowledge_duplicatepair_once"),
            models.CheckConstraint(
                condition=models.Q(first__lt=models.F("second")), name="knowledge_duplicatepair_ordered"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.first} / {self.second}"
