from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from chatbot.models.intent import EXAMPLE_CHARACTERS


class LabelSuggestion(models.Model):
    """A past message worth labelling, with how many others say nearly the same."""

    class Status(models.TextChoices):
        OPEN = "open", _("open")
        LABELLED = "labelled", _("labelled")
        DISMISSED = "dismissed", _("dismissed")

    text = models.CharField(_("text"), max_length=EXAMPLE_CHARACTERS)
    #: `example_key(text)`: dismissed words are not suggested again.
    key = models.CharField(max_length=EXAMPLE_CHARACTERS, unique=True)
    count = models.PositiveIntegerField(_("messages like this"), default=1)
    guess = models.CharField(_("guessed intent"), max_length=64, blank=True)
    probability = models.FloatField(_("how sure"), null=True)
    #: Higher is more worth labelling: rare certainty times frequency.
    worth = models.FloatField(_("worth"), default=0.0)
    status = models.CharField(_("status"), max_length=10, choices=Status.choices, default=Status.OPEN)
    found_at = models.DateTimeField(_("found"), default=timezone.now)

    class Meta:
        verbose_name = _("message worth labelling")
        verbose_name_plural = _("messages worth labelling")
        ordering = ["-worth", "id"]
        indexes = [models.Index(fields=["-worth"], name="suggestion_open", condition=models.Q(status="open"))]

    def __str__(self) -> str:
        return self.text
