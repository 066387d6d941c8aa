from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from sessions_app.models import Conversation


class ModelUse(models.TextChoices):
    """What a call of the model was for."""

    ANSWER = "answer", _("answers")  # a turn bears these itself
    REWRITING = "rewriting", _("follow-ups completed")
    TRANSLATION = "translation", _("translations for colleagues")
    READING = "reading", _("conversations read for their score")  # analytics keeps these
    TRIAL = "trial", _("trials: prompts, profiles, evaluation sets, pools")
    PROPOSAL = "proposal", _("names of topics, articles for gaps")


class ModelCall(models.Model):
    """A call of the model beside the answer that a turn bears: what it took, for what. Holds no text."""

    #: Empty: for the team itself, and no customer's.
    conversation = models.ForeignKey(
        Conversation, on_delete=models.CASCADE, null=True, related_name="model_calls", verbose_name=_("conversation")
    )
    use = models.CharField(_("what for"), max_length=12, choices=ModelUse.choices)
    pool = models.CharField(_("model pool"), max_length=64, blank=True)
    model = models.CharField(_("model"), max_length=300, blank=True)
    tokens_read = models.PositiveIntegerField(_("tokens read"), default=0)
    tokens_written = models.PositiveIntegerField(_("tokens written"), default=0)
    milliseconds = models.FloatField(_("model's time, ms"), default=0.0)
    at = models.DateTimeField(_("asked"), default=timezone.now)

    class Meta:
        verbose_name = _("call of a model")
        verbose_name_plural = _("calls of models")
        indexes = [
            models.Index(fields=["at"], name="model_call_at"),
        ]

    def __str__(self) -> str:
        return f"{self.get_use_display()}: {self.pool}"
