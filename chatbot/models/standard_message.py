from django.db import models
from django.utils.translation import gettext_lazy as _


class StandardMessage(models.Model):
    """A text the bot says word for word, one for each language."""

    class Kind(models.TextChoices):
        HOLDING = "holding", _("while a draft waits for review")
        GREETING = "greeting", _("when the customer only says hello")
        HANDOFF = "handoff", _("when a person takes over")
        OFFER = "offer", _("when the customer may choose: bot or person")
        SURVEY = "survey", _("when asking how likely a recommendation is")
        SURVEY_THANKS = "survey_thanks", _("after an answer to the survey")

    kind = models.CharField(_("said"), max_length=16, choices=Kind.choices)
    language = models.CharField(
        _("language"), max_length=16, default="en", help_text=_("en is used where the customer's language has no text.")
    )
    text = models.TextField(_("text"), max_length=2000)
    is_on = models.BooleanField(_("on"), default=True, help_text=_("Off: nothing is said."))

    class Meta:
        verbose_name = _("standard message")
        verbose_name_plural = _("standard messages")
        constraints = [models.UniqueConstraint(fields=["kind", "language"], name="standard_message_once_a_language")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} ({self.language})"
