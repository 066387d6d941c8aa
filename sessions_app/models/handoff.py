from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from sessions_app.models.conversation import Conversation
from sessions_app.reason_classes import ReasonClass


class Handoff(models.Model):
    """A conversation given to people, with everything the bot knew."""

    class Reason(models.TextChoices):
        CUSTOMER_ASKED = "customer_asked", _("the customer asked for a person")
        UNHAPPY = "unhappy", _("the customer is unhappy")
        BOT_FAILED = "bot_failed", _("the bot could not finish")
        REVIEW_REJECTED = "review_rejected", _("the reviewer rejected the draft")
        RULE = "rule", _("a rule of the team")
        OVERDUE = "overdue", _("nobody had time for it")
        COLLEAGUE = "colleague", _("a colleague took over")
        EXPERIMENT = "experiment", _("an experiment keeps the bot out")
        NOT_IN_SHARE = "not_in_share", _("the bot does not answer this customer yet")

    #: Such a conversation was never the bot's to hand over.
    NEVER_THE_BOTS = (Reason.EXPERIMENT, Reason.NOT_IN_SHARE)

    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="handoffs")
    reason = models.CharField(_("reason"), max_length=32, choices=Reason.choices)
    reason_class = models.CharField(
        _("class"), max_length=32, choices=ReasonClass.choices, default=ReasonClass.FAILURE, db_default="failure"
    )
    packet = models.JSONField(_("packet"), default=dict)
    created_at = models.DateTimeField(_("handed over"), default=timezone.now)

    class Meta:
        verbose_name = _("handover")
        verbose_name_plural = _("handovers")
        indexes = [models.Index(fields=["-created_at"], name="handoff_newest")]

    def __str__(self) -> str:
        return f"{self.get_reason_display()}, {self.created_at:%Y-%m-%d %H:%M}"
