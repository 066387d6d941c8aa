from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from sessions_app.models import ReviewItem


class AnswerEdit(models.Model):
    """What a reviewer changed of a draft. The words stand in the item alone, so that erasing them there is enough."""

    class Kind(models.TextChoices):
        WORDING = "wording", _("wording")
        FACT = "fact", _("a fact")
        MISSING = "missing", _("something was missing")
        TONE = "tone", _("tone")

    item = models.OneToOneField(
        ReviewItem, on_delete=models.CASCADE, related_name="edit", verbose_name=_("question for people")
    )
    kind = models.CharField(_("what changed"), max_length=16, choices=Kind.choices)
    #: Who said what kind it is; empty: it was guessed from the words.
    judged_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("judged by"),
    )
    kept = models.FloatField(_("kept of the draft's words"), help_text=_("0 to 1."))
    created_at = models.DateTimeField(_("changed"), default=timezone.now)

    class Meta:
        verbose_name = _("edit of a draft")
        verbose_name_plural = _("edits of drafts")
        indexes = [models.Index(fields=["kind", "created_at"], name="answer_edit_kind")]

    def __str__(self) -> str:
        return f"#{self.item_id} {self.get_kind_display()}"
