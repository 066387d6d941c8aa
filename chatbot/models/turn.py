from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from sessions_app.models import Conversation, Message, ReviewItem


class Turn(models.Model):
    """The bot's handling of what a customer wrote in one go, with its whole trace."""

    class Outcome(models.TextChoices):
        RUNNING = "running", _("in work")
        ANSWERED = "answered", _("answered")
        HELD = "held", _("held for review")
        HANDED_OVER = "handed_over", _("handed over")
        SILENT = "silent", _("stayed silent")
        SUPERSEDED = "superseded", _("made obsolete by a newer message")

    conversation = models.ForeignKey(
        Conversation, on_delete=models.CASCADE, related_name="turns", verbose_name=_("conversation")
    )
    #: The newest of the messages this turn answers; with it the turn is unique.
    last_message = models.OneToOneField(Message, on_delete=models.CASCADE, related_name="turn")
    review_item = models.OneToOneField(
        ReviewItem,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="turn",
        verbose_name=_("draft for review"),
    )
    question = models.TextField(_("question"), blank=True)
    #: The same, personal data masked, in one line, and its meaning (`chatbot/pipeline/meaning.py`); empty where the
    #: turn ended before anything was masked.
    masked_question = models.TextField(blank=True, default="", db_default="", editable=False)
    meaning = models.BinaryField(null=True, editable=False)
    answer = models.TextField(_("draft or answer"), blank=True, help_text=_("Markdown."))
    outcome = models.CharField(_("outcome"), max_length=16, choices=Outcome.choices, default=Outcome.RUNNING)
    confidence = models.FloatField(_("confidence"), null=True, blank=True)
    threshold = models.FloatField(_("threshold"), null=True, blank=True)
    #: The guessed intent's name, "" if none fits; null probability: no model was active.
    intent = models.CharField(_("intent"), max_length=64, blank=True, default="", db_default="")
    intent_probability = models.FloatField(_("intent's probability"), null=True, blank=True)
    scenario = models.CharField(_("scenario"), max_length=20, blank=True, default="", db_default="")
    #: Name and version of the temperature profile.
    profile = models.CharField(_("profile"), max_length=80, blank=True, default="", db_default="")
    tokens_read = models.PositiveIntegerField(_("tokens read"), default=0, db_default=0)
    tokens_written = models.PositiveIntegerField(_("tokens written"), default=0, db_default=0)
    #: Whose tokens these are; "" where no model was asked.
    pool = models.CharField(_("model pool"), max_length=64, blank=True, default="", db_default="")
    model = models.CharField(_("model"), max_length=300, blank=True, default="", db_default="")
    reasons = models.JSONField(_("reasons"), default=list)
    #: Id of each experiment that the conversation takes part in -> its arm.
    arms = models.JSONField(_("experiments"), default=dict, db_default=models.Value({}, models.JSONField()))
    trace = models.JSONField(_("trace"), default=dict)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=1)
    due_at = models.DateTimeField(_("due"))
    started_at = models.DateTimeField(_("started"), default=timezone.now)
    finished_at = models.DateTimeField(_("decided"), null=True, blank=True)
    #: Milliseconds from due to decided, without the model's own time.
    own_milliseconds = models.FloatField(_("own time, ms"), null=True, blank=True)
    model_milliseconds = models.FloatField(_("model's time, ms"), null=True, blank=True)

    class Meta:
        verbose_name = _("turn")
        verbose_name_plural = _("turns")
        indexes = [
            models.Index(fields=["-started_at"], name="turn_newest"),
            models.Index(fields=["started_at"], name="turn_in_experiment", condition=~models.Q(arms={})),
        ]

    def __str__(self) -> str:
        return f"#{self.pk} {self.get_outcome_display()}"
