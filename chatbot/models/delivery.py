from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from sessions_app.models import Conversation, Message


class Delivery(models.Model):
    """The outbox: one call that must reach Intercom, effectively once."""

    class Kind(models.TextChoices):
        REPLY = "reply", _("answer")
        HOLDING = "holding", _("holding message")
        GREETING = "greeting", _("greeting")
        HANDOFF = "handoff", _("handover message")
        ASSIGN = "assign", _("assignment to a team")
        UNASSIGN = "unassign", _("taking it from a teammate")
        NOTE = "note", _("internal note")
        TAG = "tag", _("tag")
        SURVEY = "survey", _("question of the survey")
        SURVEY_THANKS = "survey_thanks", _("thanks for a survey's answer")
        CLOSE = "close", _("closing")

    class Status(models.TextChoices):
        PENDING = "pending", _("waiting")
        SENDING = "sending", _("on its way, outcome not known")
        SENT = "sent", _("sent")
        WITHHELD = "withheld", _("withheld")
        FAILED = "failed", _("refused")

    #: Kinds the customer sees: they stay silent once a person has taken over.
    PUBLIC = (Kind.REPLY, Kind.HOLDING, Kind.GREETING, Kind.HANDOFF, Kind.SURVEY, Kind.SURVEY_THANKS)
    #: Kinds of the survey, which may go into a closed conversation.
    OF_SURVEY = (Kind.SURVEY, Kind.SURVEY_THANKS, Kind.CLOSE)

    conversation = models.ForeignKey(
        Conversation, on_delete=models.CASCADE, related_name="deliveries", verbose_name=_("conversation")
    )
    turn = models.ForeignKey(
        "chatbot.Turn",
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="deliveries",
        verbose_name=_("turn"),
    )
    #: The colleague whose words they are, where they are not the bot's.
    written_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("written by"),
    )
    #: The newest message that the colleague had before them: whoever speaks after it has spoken meanwhile.
    after_message = models.ForeignKey(Message, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    #: What makes it the same call when it is asked for twice, for example "turn:17:reply".
    key = models.CharField(max_length=128, unique=True)
    kind = models.CharField(_("kind"), max_length=16, choices=Kind.choices)
    body = models.TextField(
        _("body"), blank=True, help_text=_("Safe HTML; for an assignment, the team's id; for a tag, its name.")
    )
    status = models.CharField(_("status"), max_length=16, choices=Status.choices, default=Status.PENDING)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    next_attempt_at = models.DateTimeField(_("next attempt"), default=timezone.now)
    error = models.TextField(_("what happened"), blank=True)
    external_id = models.CharField(_("part id"), max_length=128, blank=True)
    created_at = models.DateTimeField(_("created"), default=timezone.now)
    sent_at = models.DateTimeField(_("sent"), null=True, blank=True)

    class Meta:
        verbose_name = _("delivery")
        verbose_name_plural = _("deliveries")
        indexes = [
            models.Index(
                fields=["next_attempt_at"], name="delivery_open", condition=models.Q(status__in=["pending", "sending"])
            ),
            models.Index(fields=["conversation", "id"], name="delivery_in_order"),
            models.Index(fields=["id"], name="delivery_failed", condition=models.Q(status="failed")),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.get_status_display()}"
